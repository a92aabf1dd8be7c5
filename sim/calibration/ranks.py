"""Ranks of truths among draws, and what they show: intervals that hold too few, or a U shape.

Arrays of ranks are (truth, quantity); a rank is the share of draws below the truth.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from sim.calibration.measures import Floats
from sim.calibration.scores import INSIDE

SURE = 1.959963984540054
"""Standard deviations on either side of the 95 % intervals of shares."""
U_SHAPED = 0.01
"""Chance of ranks as far from the middle as those seen, or further, below which they are U-shaped
(by Bonferroni where quantities are looked at one by one)."""
BINS = 10


def rank(sample: Floats, value: Floats | float) -> Floats:
    """Return the share of a sample, along its first axis, that lies below values; ties are cut."""
    known = np.isfinite(sample).sum(axis=0)
    below: Floats = ((sample < value).sum(axis=0) + 0.5 * (sample == value).sum(axis=0)) / known
    return below


def binomial(share: float, cases: float) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's formula."""
    square = SURE**2 / cases
    middle = (share + 0.5 * square) / (1.0 + square)
    half = SURE / (1.0 + square) * (share * (1.0 - share) / cases + 0.25 * square / cases) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def inside(ranks: Floats, part: float) -> dict[str, Any]:
    """Return the share of truths inside the middle part of the draws, with its interval.

    Quantities of one truth hang together. Where the shares of truths differ by more than chance,
    the interval counts as many fewer cases (design effect).
    """
    held = np.abs(ranks - 0.5) <= 0.5 * part
    share, cases = float(held.mean()), float(held.size)
    chance = share * (1.0 - share) / held.shape[1]
    if chance > 0.0 and len(held) > 1:
        cases /= max(1.0, float(held.mean(axis=1).var(ddof=1)) / chance)
    low, high = binomial(share, cases)
    return {"share": share, "low": low, "high": high}


def u_shape(ranks: Floats) -> float:
    """Return the chance of ranks as far from the middle as these, or further, if all were even.

    The mean squared distance from 1/2 is 1/12 of even ranks, with the variance 1/180. Truths are
    independent; of the quantities of one truth the spread between truths says how far they are.
    """
    squares = (ranks - 0.5) ** 2
    variance = 1.0 / (180.0 * squares.shape[1])
    if squares.shape[1] > 1 and len(squares) > 1:
        variance = max(variance, float(squares.mean(axis=1).var(ddof=1)))
    away = (float(squares.mean()) - 1.0 / 12.0) / (variance / len(squares)) ** 0.5
    return 1.0 - NormalDist().cdf(away)


def shown(ranks: Floats) -> dict[str, Any]:
    """Return what ranks show: shares inside 50 and 90 %, the test for a U, the histogram."""
    counts = np.histogram(ranks, BINS, (0.0, 1.0))[0]
    return {
        "inside50": inside(ranks, 0.5),
        "inside90": inside(ranks, INSIDE),
        "u": u_shape(ranks),
        "ranks": " ".join(map(str, counts.tolist())),
    }
