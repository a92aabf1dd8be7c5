"""The paired comparison of two cases: one difference for each pair of a draw and a replication.

Every draw meets the same replications, and replication k brings the same luck to all of them. Means over replications,
one for each draw, would so share their luck, and an interval over draws alone would leave it out. Pairs hold both what
nobody knows and luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One outcome of one scenario against the reference: a row of `Study.table`, less its names.

    `reference`, `difference`, `low` and `high` are in the outcome's unit, averaged over the months compared; `relative`
    is the mean difference over the reference, `inside_floor` the share of pairs whose difference does not matter;
    `pairs` counts the differences: pairs that finished in both.
    """

    reference: float
    difference: float
    low: float
    high: float
    share_same_sign: float
    inside_floor: float
    relative: float
    d: float
    sign: str
    pairs: int


def by_draw(values: Floats, draws: int) -> Floats:
    """Return the mean of each draw over its pairs that are not nan; with one draw, the values themselves."""
    if draws == 1:
        return values
    table = values.reshape(draws, -1)
    there = ~np.isnan(table)
    sums = np.where(there, table, 0.0).sum(axis=1)
    return np.divide(sums, there.sum(axis=1), out=np.full(draws, np.nan), where=there.any(axis=1))


def compared(
    ours: Floats, theirs: Floats, outcome: Outcome, replications: int, yardstick: Floats | None = None
) -> Comparison:
    """Compare window means (pair,); pairs with a missing run are left out.

    Floor and spread are those of `yardstick`, by default of `theirs`. With one replication all draws have the same
    luck: what is not inside the floor is then undecided.
    """
    measure = theirs if yardstick is None else yardstick
    both = np.isfinite(ours) & np.isfinite(theirs) & np.isfinite(measure)
    differences, reference, scale = (x[both] for x in (ours - theirs, theirs, measure))
    level, mean = (float(x.mean()) if len(x) else math.nan for x in (reference, differences))
    low, high = rubric.interval(differences)
    sign = rubric.sign(differences, scale, outcome.kind, outcome.direction, measure[both])
    inside = rubric.inside_floor(differences, scale, outcome.kind)
    if replications == 1 and inside < rubric.AGREEMENT:
        sign = "?"
    return Comparison(
        reference=level,
        difference=mean,
        low=low,
        high=high,
        share_same_sign=rubric.same_sign(differences),
        inside_floor=inside,
        relative=mean / abs(level) if level != 0 else math.nan,
        d=rubric.effect_size(differences, measure[both]),
        sign=sign,
        pairs=len(differences),
    )
