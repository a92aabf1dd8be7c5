"""--until-precision: a sweep grows in batches until medians are known as precisely as was asked."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.exits import refuse
from sim.messages import nearest

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.sweep.design import Design

AT_MOST = 128
"""Draws of each case, or without draws replications, unless said otherwise."""


@dataclass(frozen=True)
class Until:
    """How precisely medians are to be known, and how a design grows.

    It doubles, so that whether it is precise enough is asked at the same sizes however the work
    was shared out, stopped and gone on with.

    Attributes
    ----------
    targets : mapping of str to float
        Half-width of the interval of the median by outcome (`sim.analysis.precision.half_width`).
    at_most : int
        Draws, or replications, beyond which it does not grow.
    larger : callable
        Returns the design with so many draws, or replications.
    """

    targets: Mapping[str, float]
    at_most: int
    larger: Callable[[int], Design]

    def begin(self, plan: Design, out: Path) -> Design:
        """Return the design to begin with: the one asked for, or what the folder grew to."""
        from sim.sweep.belonging import MANIFEST
        from sim.sweep.folder import Folder

        sizes = [size_of(plan)]
        while 2 * sizes[-1] <= self.at_most:
            sizes.append(2 * sizes[-1])
        self.larger(sizes[-1])  # what cannot grow so far is refused before anything is run
        held = size_of(Folder.plan(out)) if (out / MANIFEST).is_file() else 0
        return self.larger(held) if held in sizes[1:] else plan

    def next(self, study: Study) -> Design | None:
        """Return the next larger design, None if all medians are known or there is none.

        Say on stderr how far it is.
        """
        from sim.analysis.precision import precision
        from sim.report.view import records

        found = precision(study, self.targets)
        widest = found.loc[found.groupby("outcome")["half_width"].idxmax()]
        wide = [row for row in records(widest) if row.half_width > self.targets[row.outcome]]
        here = size_of(study.design)
        what = "draws" if study.design.draws.names else "replications"
        for row in wide:
            asked = f"{self.targets[row.outcome]:g} {row.unit}"
            known = "not known yet" if math.isinf(row.half_width) else f"to ±{row.half_width:.2g}"
            _say(f"{here} {what}: median {row.outcome} of {row.scenario} {known}, asked ±{asked}")
        if not wide:
            _say(f"{here} {what}: every median asked for is known as precisely as asked")
        elif 2 * here > self.at_most:
            _say(
                f"not precise enough, and {2 * here} {what} are more than --at-most {self.at_most}"
            )
        else:
            return self.larger(2 * here)
        return None


def size_of(plan: Design) -> int:
    """Return what grows: draws, or without uncertain numbers replications."""
    return len(plan.draws) if plan.draws.names else plan.replications


def until(
    texts: Sequence[str],
    at_most: int | None,
    plan: Design,
    out: Path | None,
    larger: Callable[[int], Design] | None,
) -> Until | None:
    """Return what --until-precision asks for; None if it was not given."""
    if not texts or larger is None:
        if at_most is not None:
            refuse("--at-most: only with --until-precision, whose growth it ends")
        return None
    if out is None:
        refuse("--until-precision: a sweep that grows needs a folder for its results: --out DIR")
    from sim.model.outcomes import OUTCOMES

    kept = plan.keep.outcomes or tuple(OUTCOMES)
    targets: dict[str, float] = {}
    for text in texts:
        name, _, width = text.partition("=")
        if name not in kept:
            refuse(f"--until-precision {text}: no outcome {name!r} is kept{nearest(name, kept)}")
        try:
            targets[name] = float(width)
        except ValueError:
            targets[name] = math.nan
        if not (math.isfinite(targets[name]) and targets[name] > 0):
            refuse(
                f"--until-precision {text}: must be OUTCOME=NUMBER, a positive number of points or "
                "percent, such as us_share_abroad=0.5"
            )
    most = AT_MOST if at_most is None else at_most
    if most < size_of(plan):
        refuse(f"--at-most {most}: the sweep begins with {size_of(plan)}; ask for at least as many")
    return Until(targets, most, larger)


def _say(text: str) -> None:
    from sim.messages import printable

    print(printable(text), file=sys.stderr)


def larger_experiment(
    source: str, plan: Design, replications: int | None, seed: int | None
) -> Callable[[int], Design]:
    """Return what makes the design of an experiment with so many draws, or replications.

    Parameters
    ----------
    source
        The experiment's name or file, or a results folder.
    plan
        Its design.
    replications, seed
        In place of those of the experiment.
    """
    if not plan.draws.names:
        return lambda number: replace(plan, replications=number)
    if Path(source).is_dir():
        refuse(
            f"--until-precision: {source} holds its draws and no law to take more from; give the "
            f"experiment's file with --out {source}"
        )
    from sim.sweep.experiment import load_experiment

    asked = load_experiment(source)[0].uncertainties
    if asked is not None and asked.numbers and asked.method == "latin-hypercube":
        refuse(
            "--until-precision: a Latin hypercube of another size is another sample; "
            'method = "sobol" continues the draws before'
        )
    return lambda number: load_experiment(
        source, draws=number, replications=replications, seed=seed
    )[1]


def until_of_experiment(
    texts: Sequence[str],
    at_most: int | None,
    plan: Design,
    out: Path | None,
    source: str,
    replications: int | None,
    seed: int | None,
) -> Until | None:
    """Return what --until-precision asks for of an experiment; None if it was not given."""
    larger = larger_experiment(source, plan, replications, seed) if texts else None
    return until(texts, at_most, plan, out, larger)
