"""The chain of causes on the page: what moved under a policy on the way to a headline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.analysis.chains import COLUMNS
from sim.analysis.frames import csv_bytes
from sim.report.view import View

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

CSV = "chain.csv"


@dataclass(frozen=True)
class Box:
    """One outcome of a chain as it is printed."""

    outcome: str
    label: str
    change: str
    interval: str
    sure: str
    why: str
    headline: bool


@dataclass(frozen=True)
class Chain:
    """A row of boxes, and what else moved and feeds its end."""

    boxes: tuple[Box, ...]
    also: str


@dataclass(frozen=True)
class PolicyChains:
    """All chains of a policy, and its headlines that moved with nothing before them."""

    scenario: str
    title: str
    chains: tuple[Chain, ...]
    alone: tuple[Box, ...]


def chains(view: View) -> list[PolicyChains]:
    """Return the chains of each policy, in the order of the study.

    A chain that is only the beginning of another one is left out.
    """
    rows = {name: rows_of(view, name) for name in view.policies}
    return [_of_policy(view, name, own) for name, own in rows.items()]


def files(view: View, encoding: str) -> dict[str, bytes]:
    """Return the numbers of all chains as CSV: name and content."""
    import pandas as pd

    return {CSV: csv_bytes(pd.DataFrame(view.chain, columns=list(COLUMNS)), encoding)}


def rows_of(view: View, scenario: str) -> list[list[Any]]:
    """Return the rows of each chain of a policy, the longest chains first."""
    own = [row for row in view.chain if row.scenario == scenario]
    found = [list(steps) for _, steps in groupby(own, key=lambda row: row.headline)]
    return sorted(found, key=len, reverse=True)


def _of_policy(view: View, scenario: str, found: Sequence[Sequence[Any]]) -> PolicyChains:
    names = [[row.outcome for row in steps] for steps in found]
    inner = [any(other[: len(own)] == own and other != own for other in names) for own in names]
    kept = [steps for steps, inside in zip(found, inner, strict=True) if not inside]
    ends = {steps[-1].outcome for steps in found}
    return PolicyChains(
        scenario,
        view.title(scenario),
        tuple(
            Chain(tuple(_box(view, row, ends) for row in steps), _also(view, scenario, steps[-1]))
            for steps in kept
            if len(steps) > 1
        ),
        tuple(_box(view, steps[0], ends) for steps in kept if len(steps) == 1),
    )


def _box(view: View, row: Any, ends: set[str]) -> Box:
    outcome = view.study.outcome(row.outcome)
    interval = wording.change_interval(row.low, row.high, outcome)
    side = max(row.p_higher, row.p_lower)
    sure = f"{wording.towards(row.median)} in {wording.count(side, row.pairs)} of {row.pairs}"
    return Box(
        row.outcome,
        outcome.label,
        change_of(row, outcome),
        interval if interval != wording.NOT_AVAILABLE else "",
        f"{row.word}: {sure} {view.study.unit}",
        row.why,
        row.outcome in ends,
    )


def change_of(row: Any, outcome: Outcome) -> str:
    """Return a change as printed; of what was 0 before, which has no percentage, the mean."""
    if math.isinf(row.median):
        return f"from 0, mean {wording.difference(row.difference, outcome)}"
    return wording.change(row.median, outcome)


def _also(view: View, scenario: str, end: Any) -> str:
    """Return as a sentence what else moved and feeds the end of a chain, "" if nothing does."""
    said = []
    for name in end.also.split():
        outcome, row = view.study.outcome(name), view.rows[scenario, name]
        said.append(f"{outcome.label} ({change_of(row, outcome)})")
    label = view.study.outcome(end.outcome).label
    return f"Also feeding {label}: {wording.listing(said)}." if said else ""
