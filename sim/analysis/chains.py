"""Chains of causes in a study: what moved under a policy on the way to a headline.

The table of edges is the model's (`sim.model.chain`); what moved is decided by the rubric's rule,
outcome by outcome. A step is drawn where both of its ends moved, and moved as the edge says. A
chain says that the steps fit together, not how much of a headline each of them carries.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.analysis import wording
from sim.analysis.comparison import Comparison
from sim.analysis.tables import comparisons, headlines
from sim.model.chain import EDGES, NODES, Edge, stage

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.paired import PairedResults

MOST = 6
"""Most steps before a headline."""

COLUMNS = (
    "scenario", "title", "headline", "step", "outcome", "label", "unit", "phase", "why", "also",
    "reference", "difference", "median", "low", "high", "scale", "p_higher", "p_lower", "p_floor",
    "sign", "word", "interval_holds", "pairs",
)  # fmt: skip


class Step(NamedTuple):
    """An outcome that moved, and the edge that leads to it from the step before."""

    outcome: str
    edge: Edge | None


def chain(study: PairedResults) -> pd.DataFrame:
    """Return one row per step of each chain (see `PairedResults.chain`)."""
    import pandas as pd

    ends, kept = headlines(study), set(study.outcomes())
    known = [name for name in dict.fromkeys((*NODES, *ends)) if name in kept]
    found: dict[str, dict[str, Comparison]] = {}
    for name, outcome, compared in comparisons(study, known):
        found.setdefault(name, {})[outcome] = compared
    rows = []
    for name, by_outcome in found.items():
        moved = {
            outcome: one.median
            for outcome, one in by_outcome.items()
            if one.word in (wording.CLEAR, wording.LIKELY)
        }
        for headline in ends:
            steps = longest(headline, moved)
            for i, step in enumerate(steps, start=1):
                also = beside(steps, moved) if i == len(steps) else []
                head = {"headline": headline, "step": i, "also": " ".join(also)}
                rows.append(head | _row(study, name, step, by_outcome[step.outcome]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def longest(headline: str, moved: Mapping[str, float]) -> list[Step]:
    """Return the longest chain that ends in a headline; empty if the headline did not move.

    Parameters
    ----------
    headline
        Name of an outcome.
    moved
        The changes of the outcomes that moved, by name.

    Returns
    -------
    list of Step
        At most `MOST` steps and the headline, in the order of their stages. Steps of which the
        table says both ways may follow (sense 0) come in only where no other leads to the headline.
        Of chains of one length the first in the order of the table.
    """
    if headline not in moved:
        return []
    alone = [Step(headline, None)]
    sure = _best(alone, moved, [edge for edge in EDGES if edge.sense])
    return sure if len(sure) > 1 else _best(alone, moved, EDGES)


def _best(steps: list[Step], moved: Mapping[str, float], edges: Sequence[Edge]) -> list[Step]:
    """Return the longest chain that goes on backwards from the first of some steps."""
    first, best = steps[0].outcome, steps
    if len(steps) > MOST:
        return steps
    there = {step.outcome for step in steps}
    for edge in edges:
        if edge.downstream == first and edge.upstream not in there and _drawn(edge, moved):
            ahead = [Step(edge.upstream, None), Step(first, edge), *steps[1:]]
            best = max(best, _best(ahead, moved, edges), key=len)
    return best


def _drawn(edge: Edge, moved: Mapping[str, float]) -> bool:
    """Whether both ends moved as the edge says; feedbacks are not drawn."""
    if edge.upstream not in moved or stage(edge.upstream) > stage(edge.downstream):
        return False
    signs = [math.copysign(1, moved[name]) for name in (edge.upstream, edge.downstream)]
    return edge.sense in (0, signs[0] * signs[1])


def beside(steps: Sequence[Step], moved: Mapping[str, float]) -> list[str]:
    """Return what else moved and feeds the headline of a chain, as the table says for sure.

    Mirror images, which feed each other, say nothing new and are left out.
    """
    end, there = steps[-1].outcome, {step.outcome for step in steps}
    mirrors = {edge.downstream for edge in EDGES if edge.upstream == end}
    return [
        edge.upstream
        for edge in EDGES
        if edge.sense
        and edge.downstream == end
        and _drawn(edge, moved)
        and edge.upstream not in there | mirrors
    ]


def _row(study: PairedResults, name: str, step: Step, found: Comparison) -> dict[str, Any]:
    outcome = study.outcome(step.outcome)
    return {
        "scenario": name,
        "title": study.titles[name],
        "outcome": step.outcome,
        "label": outcome.label,
        "unit": outcome.unit,
        "phase": step.edge.phase if step.edge else "",
        "why": step.edge.text if step.edge else "",
        **{field: getattr(found, field) for field in Comparison.__slots__},
        "interval_holds": study.interval_holds,
    }
