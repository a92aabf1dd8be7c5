"""The paired comparison of two cases: one difference for each pair of a draw and a replication.

Each pair has luck of its own, so pairs are independent. They hold both what nobody knows and luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

Floats = NDArray[np.float64]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class PairIndex:
    """Which row of an array (pair, ...) is which draw and replication: replications vary fastest.

    This is the only place that knows it.
    """

    draws: int
    replications: int

    @property
    def count(self) -> int:
        """Number of pairs."""
        return self.draws * self.replications

    def row(self, draw: int, replication: int) -> int:
        """Return the row of a pair."""
        return draw * self.replications + replication

    def of(
        self, rows: NDArray[np.integer[Any]]
    ) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
        """Return draws and replications of rows, arrays of the same shape."""
        draw, replication = np.divmod(rows, self.replications)
        return draw, replication

    def folded(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Return an array (pair, ...) as (draw, replication, ...)."""
        return values.reshape(self.draws, self.replications, *values.shape[1:])


@dataclass(frozen=True, slots=True)
class Comparison:
    """One outcome of one scenario against the reference: a row of `Study.table`, less its names.

    `reference`, `difference`, `low` and `high` are in the outcome's unit, averaged over the months
    compared; `relative` is the mean difference over the reference, `inside_floor` the share of
    pairs whose difference does not matter; `pairs` counts the differences: pairs that finished in
    both.
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


def by_draw(values: Floats, pairs: PairIndex) -> Floats:
    """Return the mean of each draw over its replications; with one draw, the values.

    Parameters
    ----------
    values
        Array (pair,).
    pairs
        Which pair is of which draw.

    Returns
    -------
    ndarray of float64, shape (draw,) or, with one draw, (replication,)
        In the unit of the values; nan for a draw without any.
    """
    if pairs.draws == 1:
        return values
    table = pairs.folded(values)
    there = ~np.isnan(table)
    sums = np.where(there, table, 0.0).sum(axis=1)
    return np.divide(
        sums, there.sum(axis=1), out=np.full(pairs.draws, np.nan), where=there.any(axis=1)
    )


def compare(
    ours: Floats,
    theirs: Floats,
    outcome: Outcome,
    yardstick: Floats | None = None,
) -> Comparison:
    """Compare window means; pairs with a missing run are left out.

    Parameters
    ----------
    ours, theirs
        Arrays (pair,), in the outcome's unit, nan where a run failed.
    outcome
        Its kind chooses the floor, its direction the sense of the sign.
    yardstick
        Array (pair,) that floor and standard deviation are taken from. Default: `theirs`.

    Returns
    -------
    Comparison
        `reference` is the mean of `theirs`.
    """
    measure = theirs if yardstick is None else yardstick
    both = np.isfinite(ours) & np.isfinite(theirs) & np.isfinite(measure)
    differences, reference, scale = (x[both] for x in (ours - theirs, theirs, measure))
    level, mean = (float(x.mean()) if len(x) else math.nan for x in (reference, differences))
    low, high = rubric.interval(differences)
    sign = rubric.sign(differences, scale, outcome.kind, outcome.direction, measure[both])
    return Comparison(
        reference=level,
        difference=mean,
        low=low,
        high=high,
        share_same_sign=rubric.same_sign(differences),
        inside_floor=rubric.inside_floor(differences, scale, outcome.kind),
        relative=mean / abs(level) if level != 0 else math.nan,
        d=rubric.effect_size(differences, measure[both]),
        sign=sign,
        pairs=len(differences),
    )
