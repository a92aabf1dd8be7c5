"""Switch off each mechanism and show what it does to every target and path.

    python benchmarks/ablation.py [--draws 16] [--seed 0] [--workers 2]

Draws are the first of the shipped ensemble. Each is run once as it is and once without each
mechanism (benchmarks/mechanisms.py), under the same luck, in the history that each target asks for;
the last rows change a form of an equation instead. A cell is the median over draws of the change in
a target, in halves of its range: at 1 the mechanism alone moves it by the distance from its value
to an end. A cell is empty where so few draws agree in the sign of the change that luck would make
as many agree in more than one case of twenty, or where the median is below 0.05.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from math import comb

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.draws import first, fixed
from benchmarks.mechanisms import MECHANISMS
from sim import data
from sim.calibration.measures import Floats
from sim.calibration.simulate import NAMES, answers, candidates, measured
from sim.scenario.scenario import Structure
from sim.sweep.draws import Draws
from sim.sweep.execution import execute
from sim.sweep.workers import Workers

FORMS = {
    "capability in a line": Structure(capability="linear"),
    "tokens answer to price": Structure(tokens="elastic"),
}
USUAL = Structure()
LEAST_SHOWN = 0.05


def run(draws: Draws, structure: Structure, seed: int, workers: Workers) -> Floats:
    """Return the measures of draws: array (draw, measure), nan where a run failed."""
    plan = candidates(draws, 1, seed)
    case = plan.cases[0]
    other = case.scenario.model_copy(update={"structure": structure})
    plan = replace(plan, cases=(replace(case, scenario=other),))
    return answers(execute(plan, workers=workers, simulate=measured), plan, NAMES)[:, 0]


def rows(draws: Draws, seed: int, workers: Workers) -> Iterator[tuple[str, str, Floats]]:
    """Yield the name of each row, its section of the model's page, and the measures of the draws.

    The first row has everything on.
    """
    yield "", "", run(draws, USUAL, seed, workers)
    for mechanism in MECHANISMS:
        off = fixed(draws, mechanism.neutral)
        yield mechanism.name, mechanism.section, run(off, USUAL, seed, workers)
    for name, structure in FORMS.items():
        yield name, "7.8", run(draws, structure, seed, workers)


def least_agreeing(draws: int) -> int:
    """Return how many of so many draws have to agree in sign: fewer do in 5 % of fair coins."""
    tail = 0.0
    for count in range(draws, draws // 2, -1):
        tail += 2.0 * comb(draws, count) / 2.0**draws
        if tail > 0.05:
            return count + 1
    return draws // 2 + 1


def change(usual: Floats, off: Floats, half: float) -> float | None:
    """Return the median change of a measure over draws, in halves of its range.

    Parameters
    ----------
    usual, off
        The measure by draw, with the mechanism and without.
    half
        Half of the target's range.

    Returns
    -------
    float or None
        None where too few draws agree in its sign (`least_agreeing`), or it is below `LEAST_SHOWN`.
    """
    moved = (off - usual)[np.isfinite(off - usual)] / half
    agree = max(int((moved > 0.0).sum()), int((moved < 0.0).sum()))
    middle = float(np.median(moved)) if len(moved) else 0.0
    if agree < least_agreeing(len(moved)) or abs(middle) < LEAST_SHOWN:
        return None
    return middle


def changes(usual: Floats, off: Floats) -> list[float | None]:
    """Return the change of every target and path, in the order of `NAMES`."""
    half = {target.id: 0.5 * (target.high - target.low) for target in data.targets()}
    return [change(usual[:, k], off[:, k], half[name]) for k, name in enumerate(NAMES)]


def shown(x: float | None) -> str:
    """Return a cell: two digits at most."""
    if x is None:
        return ""
    return f"{x:+.1f}" if abs(x) < 9.95 else f"{x:+.0f}"


def headed(title: str) -> Table:
    """Return the empty table: a column for each target and path."""
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("without", "section"):
        table.add_column(heading, no_wrap=True)
    for name in NAMES:
        folded = name.replace("-", "\n", 1).replace("enterprise", "enter\nprise")
        table.add_column(folded.replace("openness", "open\nness"), justify="right", min_width=4)
    return table


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    draws = first(options.draws)
    if len(draws) < 6:
        raise SystemExit("ablation: --draws must be at least 6: of fewer no sign can be told")
    table = headed(f"Change without a mechanism, {len(draws)} draws, seed {options.seed}")
    still, failed, total = [], 0, 1 + len(MECHANISMS) + len(FORMS)
    usual = np.zeros(0)
    with Workers(options.workers) as workers:
        for number, (name, section, found) in enumerate(rows(draws, options.seed, workers)):
            print(f"{number + 1} of {total}: {name or 'everything on'}", file=sys.stderr)
            failed += int((~np.isfinite(found).all(axis=1)).sum())
            if number == 0:
                usual = found
                continue
            cells = changes(usual, found)
            if all(cell is None for cell in cells):
                still.append(name)
            else:
                table.add_row(name, section, *map(shown, cells))
    console = Console(width=240)
    console.print(table)
    console.print(f"No change told from luck: {', '.join(still) or 'none'}.")
    console.print(f"{failed} of {total * len(draws)} runs failed and are left out.")
    for target in data.targets():
        console.print(f"{target.id}: {target.quantity} ({target.window}), {target.unit}")


if __name__ == "__main__":
    main()
