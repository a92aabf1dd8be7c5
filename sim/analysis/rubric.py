"""The rule that turns paired changes into a sign, and a sign into agreement with the paper.

There is one change for each pair of a draw of the uncertain numbers and a replication: scenario
less reference under the same random numbers, both averaged over the months compared. Of a share it
is in points (hundredths), of a level in percent of the reference's mean in that draw. So neither
draws whose levels are of other orders of magnitude nor one nearly empty replication decide.
A level that is itself a difference has no percent, since it may be near 0 or below it while both
sides of it are large: its change is in its unit, and has no floor and no sign.

A change of less than 0.5 points or 2 % is within the floor and matters to nobody; any other is
better or worse. The rule, in order:

1. `?` with fewer than 4 pairs, unless all lie within the floor;
2. `?` if more than 10 % of the pairs are better and more than 10 % are worse;
3. `0` if the median of the changes lies within the floor;
4. `+` or `-` by the side of the median, doubled if at least 90 % of the pairs are on that side and
   the median is large in itself: at least 5 points or 20 %.

Signs are read towards the goal: for an outcome of which less is better, a fall is `+`. An outcome
that is neither better nor worse when it moves is `higher` or `lower` in place of `+` and `-`.

A doubled sign asks for nine pairs in ten because a growing effect then never jumps: whatever the
changes do, if they do it gradually, `++` is reached from `+` alone, and `-` never follows on `+`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SCALE = {"share": "points", "level": "percent", "difference": "unit"}
"""What changes are measured in, by the kind of an outcome."""
FLOOR = {"share": 0.5, "level": 2.0, "difference": 0.0}
"""Smallest change that matters; 0 where none is known."""
LARGE = {"share": 5.0, "level": 20.0}
"""Smallest change that is large in itself: a judgement, as the paper's doubled signs are."""
SPLIT = 0.1
"""Share of the pairs up to which the other side does not count."""
AGREEMENT = 0.9
"""Share of the pairs from which a finding is clear."""
FEWEST = 4
"""Pairs from which there is a sign."""
INTERVAL = (0.05, 0.95)

SILENT = "paper silent"
"""The paper speaks of this policy and not of this factor."""
NOT_COMPARED = "not compared with the paper"
"""The paper speaks of other scenarios, or of another reference."""

Values = NDArray[np.floating[Any]]


class Chances(NamedTuple):
    """Shares of the pairs, 0 to 1: above the floor, below it, within it. They add up to 1."""

    higher: float
    lower: float
    floor: float


def changes(
    ours: Values, theirs: Values, draw: NDArray[np.integer[Any]], kind: str
) -> NDArray[np.float64]:
    """Return the change of each pair, in points, percent or the outcome's unit.

    Parameters
    ----------
    ours, theirs
        Scenario and reference, arrays (pair,) of finite numbers in the outcome's unit.
    draw
        Array (pair,): the draw that each pair is of, counted from 0.
    kind
        "share" (0 to 1): changes are in points. "level": in percent of the mean size of `theirs`
        over the pairs of the draw. "difference": in the outcome's unit.

    Returns
    -------
    ndarray of float64, shape (pair,)
        Where the reference of a whole draw is 0 there is no percentage: a level that stays at 0
        changes by 0, one that leaves it by infinity with its sign.
    """
    differences = np.asarray(ours - theirs, float)
    if kind == "share":
        return 100 * differences
    if kind == "difference":
        return differences
    size = (np.bincount(draw, np.abs(theirs)) / np.maximum(np.bincount(draw), 1))[draw]
    found = np.where(differences == 0, 0.0, np.copysign(np.inf, differences))
    return np.divide(100 * differences, size, out=found, where=size > 0)


def chances(found: Values, kind: str) -> Chances:
    """Return how many of the changes are above, below and within the floor; nan if there are none.

    A change of exactly the floor is not within it, and no change is.
    """
    if len(found) == 0:
        return Chances(math.nan, math.nan, math.nan)
    floor = FLOOR[kind]
    higher, lower = (side * found >= max(floor, math.ulp(0.0)) for side in (1, -1))
    sides = (higher, lower, ~(higher | lower))
    return Chances(*(float(np.mean(side)) for side in sides))


def median(found: Values) -> float:
    """Return the median change; nan if there is none, or if it lies between two infinities."""
    if len(found) == 0:
        return math.nan
    with np.errstate(invalid="ignore"):
        return float(np.median(found))


def interval(found: Values) -> tuple[float, float]:
    """Return the 5 % and 95 % points of the changes over pairs; nan if there are none.

    Where a change is infinite, there is nothing to interpolate between: the ends are changes then.
    """
    if len(found) == 0:
        return math.nan, math.nan
    if np.isfinite(found).all():
        low, high = np.quantile(found, INTERVAL)
    else:
        low = np.quantile(found, INTERVAL[0], method="lower")
        high = np.quantile(found, INTERVAL[1], method="higher")
    return float(low), float(high)


def sign(found: Values, kind: str, direction: int) -> str:
    """Return the sign of a finding: "++", "+", "0", "?", "-" or "--"; "higher" or "lower".

    A difference has none: "".

    Parameters
    ----------
    found
        The change of each pair (`changes`).
    kind
        "share" or "level", which chooses the floor and what is large, or "difference".
    direction
        +1 if more is better, -1 if less is better. 0 if a move is neither: what would have a plus
        or a minus is then "higher" or "lower", as the outcome itself moves.
    """
    if kind == "difference":
        return ""
    here, middle = chances(found, kind), median(found)
    if len(found) == 0 or (len(found) < FEWEST and here.floor < 1):
        return "?"
    if min(here.higher, here.lower) > SPLIT:
        return "?"
    if abs(middle) < FLOOR[kind]:
        return "0"
    if direction == 0:
        return "higher" if middle > 0 else "lower"
    large = max(here.higher, here.lower) >= AGREEMENT and abs(middle) >= LARGE[kind]
    return ("+" if middle * direction > 0 else "-") * (2 if large else 1)


def agreement(found: str, paper: str | None) -> str:
    """Return how a sign stands to the paper's.

    It "agrees", "disagrees", is "undecided", or the paper is `SILENT`.

    Only the direction counts: "--" in the paper and "-" here agree. A paper cell may allow two,
    such as "0/+".
    """
    if not paper:
        return SILENT
    if found == "?":
        return "undecided"
    return "agrees" if found[0] in {cell[0] for cell in paper.split("/")} else "disagrees"
