"""The paired comparison of two cases: one difference for each pair of a draw and a replication.

Each pair has luck of its own, so pairs are independent. They hold both what nobody knows and luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric, wording

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

    `reference` and `difference` are means in the outcome's unit over the months compared. `median`,
    `low` and `high` are of the changes (`sim.analysis.rubric.changes`), in points, percent or the
    unit as `scale` says; `p_higher`, `p_lower` and `p_floor` are the shares of pairs above, below
    and within the floor. `word` says `sign` in a word. `pairs` counts the pairs that finished in
    both.
    """

    reference: float
    difference: float
    median: float
    low: float
    high: float
    scale: str
    p_higher: float
    p_lower: float
    p_floor: float
    sign: str
    word: str
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


def chance_alone(values: Floats, pairs: PairIndex) -> Floats:
    """Return what chance alone adds to paired numbers.

    That is what is left of each number less the mean of its draw, widened by sqrt(n / (n - 1)) for
    the n runs that gave that mean.

    Parameters
    ----------
    values
        Array (pair, ...); nan where a run failed.
    pairs
        Which pair is of which draw.

    Returns
    -------
    ndarray of float64, shape of `values`
        nan for a draw of which fewer than two runs finished.
    """
    table = pairs.folded(values)
    there = np.isfinite(table)
    number = there.sum(axis=1, keepdims=True)
    known = np.where(there, table, 0.0)
    rest = known - known.sum(axis=1, keepdims=True) / np.maximum(number, 1)
    rest *= np.sqrt(number / np.maximum(number - 1, 1))
    found = np.where(there & (number > 1), rest, np.nan)
    return np.asarray(found.reshape(values.shape), dtype=float)


def changes(ours: Floats, theirs: Floats, kind: str, pairs: PairIndex) -> Floats:
    """Return the change of each pair, in points, percent or the unit (`sim.analysis.rubric`).

    Parameters
    ----------
    ours, theirs, pairs
        As for `compare`.
    kind
        Of the outcome.

    Returns
    -------
    ndarray of float64, shape (pair,)
        nan where one of the two runs failed.
    """
    both = np.isfinite(ours) & np.isfinite(theirs)
    draw, _ = pairs.of(np.flatnonzero(both))
    found = np.full(len(both), np.nan)
    found[both] = rubric.changes(ours[both], theirs[both], draw, kind)
    return found


def compare(ours: Floats, theirs: Floats, outcome: Outcome, pairs: PairIndex) -> Comparison:
    """Compare window means; pairs with a missing run are left out.

    Parameters
    ----------
    ours, theirs
        Arrays (pair,), in the outcome's unit, nan where a run failed.
    outcome
        Its kind chooses the scale and the floor, its direction the sense of the sign.
    pairs
        Which pair is of which draw.

    Returns
    -------
    Comparison
        Numbers are nan, and the sign is "?", if no pair finished.
    """
    both = np.isfinite(ours) & np.isfinite(theirs)
    found = changes(ours, theirs, outcome.kind, pairs)[both]
    level, mean = (
        float(x.mean()) if len(found) else math.nan for x in (theirs[both], (ours - theirs)[both])
    )
    low, high = rubric.interval(found)
    chances = rubric.chances(found, outcome.kind)
    sign = rubric.sign(found, outcome.kind, outcome.direction)
    return Comparison(
        reference=level,
        difference=mean,
        median=rubric.median(found),
        low=low,
        high=high,
        scale=rubric.SCALE[outcome.kind],
        p_higher=chances.higher,
        p_lower=chances.lower,
        p_floor=chances.floor,
        sign=sign,
        word=wording.word(sign, chances),
        pairs=len(found),
    )
