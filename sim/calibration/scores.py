"""How well a distribution foretold a value: continuous ranked probability score, and coverage."""

from __future__ import annotations

from math import comb

import numpy as np

from sim.calibration.measures import Floats

INSIDE = 0.9
"""Part of a distribution whose interval should hold the value in as many cases."""
FEWEST = 20
"""Points below which nothing is said of which forecast is better."""
CONFIDENT = 0.05
"""Chance of what is seen, or of more, if neither forecast were better, below which one is."""

POINTS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
"""Quantiles that are told of a sample, by their names in tables."""


def quantiles(sample: Floats) -> dict[str, float]:
    """Return the quantiles of a sample by name; what is no number is left out."""
    known = sample[np.isfinite(sample)]
    found = np.quantile(known, list(POINTS.values()))
    return dict(zip(POINTS, found.tolist(), strict=True))


def crps(sample: Floats, value: float) -> float:
    """Return the continuous ranked probability score of a sample: 0 is best.

    The mean distance to the value less half the mean distance within the sample (Gneiting and
    Raftery 2007). Of a single point it is the distance.

    Parameters
    ----------
    sample
        Array (draw,), at least one.
    value
        What was observed, in the same unit.
    """
    ordered = np.sort(sample)
    n = len(ordered)
    # The sum of all distances within an ordered sample.
    within = 2.0 * float(((2.0 * np.arange(1, n + 1) - n - 1.0) * ordered).sum()) / n**2
    return float(np.abs(ordered - value).mean()) - 0.5 * within


def covers(sample: Floats, value: float, part: float = INSIDE) -> bool:
    """Return whether the middle part of a sample holds the value."""
    low, high = np.quantile(sample, [0.5 - 0.5 * part, 0.5 + 0.5 * part])
    return bool(low <= value <= high)


def chance_of(wins: int, cases: int) -> float:
    """Return the chance of so many wins or more, or of so few or fewer, by tossing a coin."""
    tail = max(wins, cases - wins)
    return min(1.0, 2.0 * sum(comb(cases, k) for k in range(tail, cases + 1)) / 2.0**cases)


def verdict(wins: int, cases: int) -> str:
    """Return what a number of wins over a baseline shows: "better", "worse", or why nothing."""
    if cases < FEWEST:
        return "too few"
    if chance_of(wins, cases) > CONFIDENT:
        return "not told apart"
    return "better" if 2 * wins > cases else "worse"
