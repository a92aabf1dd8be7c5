"""Where a curve of medians crosses 0: bracketed on a few values, and how sure that is.

A curve has a value of an assumption across and, for each, one change per pair of a draw and a
replication; its height is their median. It crosses 0 between two values at which it stands on the
two sides of 0, whatever it is between them; one that only touches 0 does not cross.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis import rubric
from sim.analysis.comparison import Floats, PairIndex
from sim.analysis.resampling import resamples

Curve = Mapping[float, Floats]
"""Changes, arrays (pair,), by the value of the assumption."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One crossing of 0.

    `value` lies between `left` and `right`, which were both run, at `left_change` and
    `right_change` (medians) on the two sides of 0. `low` and `high` are the 5 and 95 % points of
    the nearest crossing when pairs are drawn again (`sim.analysis.resampling`): infinite where that
    end lies beyond the values that were run, nan if there is nothing to draw from.
    """

    value: float
    left: float
    right: float
    left_change: float
    right_change: float
    low: float
    high: float


def medians(curve: Curve) -> tuple[list[float], list[float]]:
    """Return the values of a curve in order, and its height at each; nan where no pair is known."""
    values = sorted(curve)
    heights = [rubric.median(x[~np.isnan(x)]) for x in (curve[value] for value in values)]
    return values, heights


def brackets(heights: Sequence[float]) -> list[tuple[int, int]]:
    """Return the places between which a curve crosses 0.

    Parameters
    ----------
    heights
        Of the values in order. Heights of 0 belong to neither side: between the last one on one
        side and the first one on the other, all are 0. Nothing is said across one that is nan.
    """
    found = []
    before: int | None = None
    for place, height in enumerate(heights):
        if math.isnan(height):
            before = None
        elif height != 0.0:
            if before is not None and (heights[before] > 0) != (height > 0):
                found.append((before, place))
            before = place
    return found


def between(left: float, right: float, low: float, high: float) -> float:
    """Return where the line from (left, low) to (right, high) meets 0; the middle if unknown."""
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return (left + right) / 2
    return left + (right - left) * low / (low - high)


def _place(values: Sequence[float], heights: Sequence[float], bracket: tuple[int, int]) -> float:
    """Return where a curve crosses 0 in a bracket: the middle of where it is 0, else by a line."""
    i, j = bracket
    if j > i + 1:
        return (values[i + 1] + values[j - 1]) / 2
    return between(values[i], values[j], heights[i], heights[j])


def crossings(curve: Curve, pairs: PairIndex) -> list[Crossing]:
    """Return every crossing of a curve, from the lowest value on.

    Parameters
    ----------
    curve
        Changes by value.
    pairs
        Which pair is of which draw.
    """
    values, heights = medians(curve)
    found = brackets(heights)
    again = _again([curve[value] for value in values], pairs) if found else []
    result = []
    for i, j in found:
        value = _place(values, heights, (i, j))
        near = np.array([_nearest(value, heights[j], values, own) for own in again])
        low, high = rubric.interval(near[~np.isnan(near)])
        result.append(Crossing(value, values[i], values[j], heights[i], heights[j], low, high))
    return result


def _nearest(value: float, right: float, values: list[float], heights: Sequence[float]) -> float:
    """Return the crossing of a curve that is nearest to one whose right side has a given height.

    Of a curve that has none it lies beyond its values: to the left if all of it is on that side.
    """
    places = [_place(values, heights, bracket) for bracket in brackets(heights)]
    if places:
        return min(places, key=lambda x: abs(x - value))
    sides = {math.copysign(1.0, x) for x in heights if x != 0.0 and not math.isnan(x)}
    if len(sides) != 1:
        return math.nan
    return -math.inf if math.copysign(1.0, right) in sides else math.inf


def _again(changes: Sequence[Floats], pairs: PairIndex) -> list[list[float]]:
    """Return the heights of a curve each time that pairs are drawn again.

    Pairs with a run that failed are left out; a value without any run has no height.
    """
    table = np.stack(changes)
    known = ~np.isnan(table).all(axis=1)
    whole = np.array(~np.isnan(table[known]).any(axis=0))
    found = []
    for chosen in resamples(pairs, whole):
        heights = np.full(len(table), np.nan)
        with np.errstate(invalid="ignore"):
            heights[known] = np.median(table[known][:, chosen], axis=1)
        found.append([float(x) for x in heights])
    return found
