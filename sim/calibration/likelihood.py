"""How likely a simulated value makes an observed one: on which scale, and with which errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.calibration.measures import Floats
from sim.data import Target

TAIL = 1.6448536269514722
"""Standard deviations from the middle of a normal to its 95 % point."""
DISCREPANCY = 0.5
"""Standard deviation of the model's own error, in those of the observation (judgement): a model of
this kind is not trusted to half the width of the record's own uncertainty."""
LEAST = 1e-4
"""Least share, count or ratio whose logarithm is taken."""

BY_FACTORS = ("ratio", "count", "H100-equivalents")
"""Units that are compared by their logarithm."""


def scaled(values: Floats, unit: str) -> Floats:
    """Return values on the scale of a unit: shares by their logit, what has factors by its log."""
    if unit == "share":
        inside = np.clip(values, LEAST, 1.0 - LEAST)
        return np.log(inside / (1.0 - inside))
    if unit in BY_FACTORS:
        return np.log(np.maximum(values, LEAST))
    return values


def unscaled(values: Floats, unit: str) -> Floats:
    """Return values that stand on the scale of a unit in the unit itself."""
    if unit == "share":
        return 1.0 / (1.0 + np.exp(-values))
    return np.exp(values) if unit in BY_FACTORS else values


@dataclass(frozen=True)
class Observed:
    """A target on the scale on which it is compared.

    Shares are compared by their logit, ratios and counts by their logarithm, all else as it is. The
    range of the table is read as the 90 % interval of a normal with one width below the value and
    another above it.

    Parameters
    ----------
    target : Target
    at : float, optional
        Scaled value that was observed in place of the table's, with the same widths.
    discrepancy : float
        Standard deviation of the model's own error, in those of the observation.
    """

    target: Target
    at: float | None = None
    discrepancy: float = DISCREPANCY

    def scaled(self, values: Floats) -> Floats:
        """Return values of the measure on the scale."""
        return scaled(values, self.target.unit)

    def misfit(self, expected: Floats, variance: Floats | float = 0.0) -> Floats:
        """Return how many standard deviations scaled values lie from the observed one.

        Parameters
        ----------
        expected
            Scaled values.
        variance
            Of what is compared with the record beyond its error and the model's: the luck of the
            one world that was observed, and the error of the expectation itself.
        """
        value, below, above = self._widths()
        observed = value if self.at is None else self.at
        width = np.where(expected > observed, above, below)
        spread = np.sqrt(width**2 * (1.0 + self.discrepancy**2) + variance)
        misfit: Floats = (expected - observed) / spread
        return misfit

    def with_error(self, values: Floats, rng: np.random.Generator) -> Floats:
        """Return scaled values as a record would show them: with its error and the model's.

        Parameters
        ----------
        values
            Scaled values that the world had.
        rng
            Where errors are drawn from.
        """
        _, below, above = self._widths()
        lower = rng.random(values.shape) * (below + above) < above
        # Where the record shows too little, the value lies above it, on the side of that width.
        size = np.abs(rng.standard_normal(values.shape)) * (1.0 + self.discrepancy**2) ** 0.5
        return np.where(lower, values - above * size, values + below * size)

    def _widths(self) -> tuple[float, float, float]:
        """Return the value of the table and the standard deviations below and above it, scaled."""
        low, value, high = self.scaled(
            np.array([self.target.low, self.target.value, self.target.high])
        ).tolist()
        return value, (value - low) / TAIL, (high - value) / TAIL
