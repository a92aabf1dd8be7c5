"""The rule that turns paired differences into a sign, and a sign into agreement with the paper.

For one outcome, D holds one difference per pair of a draw of the uncertain numbers and a
replication: policy minus reference under the same random numbers, both averaged over the months
compared. The reference's own values over the same pairs give the yardstick of noise.

The rule, in order:

1. `0` if at least 90 % of the pairs lie inside the floor (below 2 % of the reference, or below 0.5
   points for a share), or if |d| < 0.2;
2. `?` if fewer than 90 % of the pairs have the sign of the mean difference;
3. `+` or `-`, doubled if |d| > 0.8; for an outcome without a goal `higher` or `lower`.

So `0` has two reasons, and the words of a report keep them apart (`slight`): the difference is
immaterial, or it may be material and is small against the spread between runs.

Here d is the mean difference over the reference's standard deviation. Signs are read towards the
goal: for an outcome of which less is better, a fall is `+`. An outcome that is neither better nor
worse when it moves has no `+` and no `-`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOOR_RELATIVE = 0.02
FLOOR_SHARE = 0.005
AGREEMENT = 0.9
SMALL = 0.2
LARGE = 0.8
INTERVAL = (0.05, 0.95)

SILENT = "paper silent"
"""The paper speaks of this policy and not of this factor."""
NOT_COMPARED = "not compared with the paper"
"""The paper speaks of other scenarios, or of another reference."""

Values = NDArray[np.floating[Any]]


def effect_size(differences: Values, reference: Values) -> float:
    """Return d: the mean difference over the standard deviation of the reference (ddof = 1).

    Where the reference does not vary, d is 0 if the mean difference is 0 and infinite with its sign
    otherwise. With fewer than two values there is no spread and d is nan.
    """
    if len(reference) < 2:
        return math.nan
    mean, sd = float(np.mean(differences)), float(np.std(reference, ddof=1))
    if sd == 0:
        return 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return mean / sd


def interval(differences: Values) -> tuple[float, float]:
    """Return the 5 % and 95 % points of the differences over pairs; nan if there are none."""
    if len(differences) == 0:
        return math.nan, math.nan
    low, high = np.quantile(differences, INTERVAL)
    return float(low), float(high)


def same_sign(differences: Values) -> float:
    """Return the share of pairs with the sign of the mean difference; 0 if the mean is 0."""
    if len(differences) == 0:
        return math.nan
    mean = np.mean(differences)
    return float(np.mean(np.sign(differences) == np.sign(mean))) if mean != 0 else 0.0


def bound(level: float, kind: str) -> float:
    """Return the floor at a level: 0.5 points for a "share", 2 % of the level for a "level".

    The level is that of the reference.
    """
    return FLOOR_SHARE if kind == "share" else FLOOR_RELATIVE * abs(level)


def slight(sign: str, inside: float) -> bool:
    """Tell whether a `0` rests on the spread alone.

    It does if fewer pairs lie inside the floor than `inside_floor` asks for.
    """
    return sign == "0" and inside < AGREEMENT


def inside_floor(differences: Values, reference: Values, kind: str) -> float:
    """Return the share of pairs whose difference is too small to matter.

    Parameters
    ----------
    differences, reference
        One value for each pair of a draw and a replication.
    kind
        "share" (0 to 1; floor 0.5 percentage points) or "level" (floor 2 % of the reference in that
        pair).
    """
    if len(differences) == 0:
        return math.nan
    floor = FLOOR_SHARE if kind == "share" else FLOOR_RELATIVE * np.abs(reference)
    return float(np.mean((np.abs(differences) < floor) | (differences == 0)))


def sign(
    differences: Values,
    reference: Values,
    kind: str,
    direction: int,
    yardstick: Values | None = None,
) -> str:
    """Return the sign of a finding: "++", "+", "0", "?", "-" or "--"; "higher" or "lower".

    Parameters
    ----------
    differences, reference
        One value for each pair.
    kind
        "share" or "level", which chooses the floor.
    direction
        +1 if more is better, -1 if less is better. 0 if a move is neither: what would have a plus
        or a minus is then "higher" or "lower", as the outcome itself moves.
    yardstick
        The reference's values over draws and replications, whose standard deviation d is measured
        in. Default: `reference`.

    Notes
    -----
    One replication cannot show that a sign repeats: beyond the floor it gives "?", and so does
    none.
    """
    if len(differences) == 0:
        return "?"
    d = effect_size(differences, reference if yardstick is None else yardstick)
    if inside_floor(differences, reference, kind) >= AGREEMENT or abs(d) < SMALL:
        return "0"
    if math.isnan(d) or same_sign(differences) < AGREEMENT:
        return "?"
    if direction == 0:
        return "higher" if d > 0 else "lower"
    return ("+" if d * direction > 0 else "-") * (2 if abs(d) > LARGE else 1)


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
