"""Where a curve of medians crosses 0: bracketed on a few values, and how sure that is.

A curve has a value of an assumption across and, for each, one change per pair of a draw and a
replication; its height is their median. It crosses 0 between two values at which it stands on the
two sides of 0, whatever it is between them; one that only touches 0 does not cross.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.analysis import rubric
from sim.analysis.comparison import Floats, PairIndex

BOOTSTRAPS = 400
"""Samples of the draws, with repeats, of which each has crossings of its own."""

Curve = Mapping[float, Floats]
"""Changes, arrays (pair,), by the value of the assumption."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One crossing of 0.

    `value` lies between `left` and `right`, which were both run, at `left_change` and
    `right_change` (medians) on the two sides of 0. `low` and `high` are the 5 and 95 % points of
    the nearest crossing in samples of the draws; `sampled` is the share of samples that have one.
    """

    value: float
    left: float
    right: float
    left_change: float
    right_change: float
    low: float
    high: float
    sampled: float


def medians(curve: Curve) -> tuple[list[float], list[float]]:
    """Return the values of a curve in order, and its height at each; nan where no pair is known."""
    values = sorted(curve)
    heights = [rubric.median(x[~np.isnan(x)]) for x in (curve[value] for value in values)]
    return values, heights


def brackets(heights: list[float]) -> list[tuple[int, int]]:
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


def crossings(curve: Curve, pairs: PairIndex) -> list[Crossing]:
    """Return every crossing of a curve, from the lowest value on.

    Parameters
    ----------
    curve
        Changes by value.
    pairs
        Which pair is of which draw: draws are drawn again together with their replications, or with
        one draw the replications.
    """
    values, heights = medians(curve)
    found = brackets(heights)
    if not found:
        return []
    sampled = _sampled([curve[value] for value in values], pairs)
    others = [_places(values, list(map(float, row))) for row in sampled]
    result = []
    for i, j in found:
        zeros = [values[k] for k in range(i + 1, j)]
        value = (
            (zeros[0] + zeros[-1]) / 2
            if zeros
            else between(values[i], values[j], heights[i], heights[j])
        )
        near = [min(own, key=lambda x: abs(x - value)) for own in others if own]
        low, high = rubric.interval(np.array(near))
        share = len(near) / len(others)
        ends = (values[i], values[j], heights[i], heights[j])
        result.append(Crossing(value, *ends, low, high, share))
    return result


def _places(values: list[float], heights: list[float]) -> list[float]:
    """Return where a curve crosses 0, by straight lines."""
    return [between(values[i], values[j], heights[i], heights[j]) for i, j in brackets(heights)]


def _sampled(changes: list[Floats], pairs: PairIndex) -> Floats:
    """Return heights in samples of the draws, with repeats: array (sample, value).

    Draws with a run that failed are left out; a value without any run has no height.
    """
    tables = np.stack([pairs.folded(own) for own in changes])
    if pairs.draws == 1:
        tables = tables.transpose(0, 2, 1)
    known = ~np.isnan(tables).all(axis=(1, 2))
    whole = ~np.isnan(tables[known]).any(axis=(0, 2))
    heights = np.full((BOOTSTRAPS, len(tables)), np.nan)
    number = int(whole.sum())
    if number == 0:
        return heights
    rng = np.random.Generator(np.random.Philox(0))
    chosen = rng.integers(0, number, (BOOTSTRAPS, number))
    samples = tables[known][:, whole][:, chosen].reshape(int(known.sum()), BOOTSTRAPS, -1)
    with np.errstate(invalid="ignore"):
        heights[:, known] = np.median(samples, axis=2).T
    return heights
