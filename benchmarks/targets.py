"""Score the model against the calibration targets and print the table.

    python benchmarks/targets.py [--replications 16] [--seed 0] [--set parameter=value ...]

Targets of mode "replay" use the replayed history, those of mode "free" releases generated from 2023
on; what is imposed is shown as a check. Each row is the median over replications, and how far it
lies from the target: up to 1 it is in range. The spread is that of chance alone. Paths are looked
at and not fitted. Nothing is fitted here.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np
from rich.console import Console
from rich.table import Table

from sim import data
from sim.calibration.measures import LAST_MONTH, MEASURES, Run, distance
from sim.calibration.met import OF_ONE_DRAW, counts_of_one_draw, stand
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.scenario.scenario import Scenario, load


def measured(scenario: Scenario, seed: int, replications: int) -> dict[str, list[float]]:
    """Every measure by replication, each in the history that its target asks for."""
    free = scenario.model_copy(update={"history": "free"})
    found: dict[str, list[float]] = {target.id: [] for target in data.targets()}
    for replication in range(replications):
        runs = {}
        for history, one in (("replay", scenario), ("free", free)):
            world = World(one, rng=seed, replication=replication)
            runs[history] = Run(world.run(), world.p)
        for target in data.targets():
            run = runs["free" if target.mode == "free" else "replay"]
            found[target.id].append(MEASURES[target.id](run))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="parameter=value")
    options = parser.parse_args()
    settings = [f"parameters.{s}" if s.split("=")[0] in PARAMETERS else s for s in options.set]
    scenario = load("status-quo", settings=(*settings, f"horizon.end={LAST_MONTH}"))
    found = measured(scenario, options.seed, options.replications)
    table = Table(
        title=f"Calibration targets, {options.replications} replications, seed {options.seed}; "
        "defaults of the model, 5-95 % holds chance"
    )
    heads = ("id", "quantity", "mode", "target", "range", "median", "5-95 %", "in range", "inside")
    for heading in (*heads, "distance"):
        right = heading in ("target", "median", "distance")
        table.add_column(heading, justify="right" if right else "left")
    rows = []
    for t in data.targets():
        row = asdict(t) | stand(asdict(t), np.array(found[t.id]))
        rows.append(row)
        table.add_row(
            t.id,
            t.quantity,
            t.mode if t.role == "target" else f"{t.mode}, {t.role}",
            f"{t.value:g}",
            f"{t.low:g} to {t.high:g}",
            f"{row['q50']:.3g}",
            f"{row['q05']:.3g} to {row['q95']:.3g}",
            *("yes" if row[part] else "no" for part in ("in_range", "inside")),
            f"{distance(t, row['q50']):.1f}",
        )
    console = Console(width=160)
    console.print(table)
    for line in (OF_ONE_DRAW, *counts_of_one_draw(rows)):
        console.print(line)


if __name__ == "__main__":
    main()
