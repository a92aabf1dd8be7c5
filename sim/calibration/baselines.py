"""Baselines: what the record alone would say of a later value.

All work on the scale on which a unit is compared (logit of shares, logarithm of ratios, counts and
chips), and give a normal there. Records are short: a baseline says how many points made it, and
leaves its spread open where they do not give one.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from sim.calibration.likelihood import scaled, unscaled
from sim.calibration.measures import Floats

BIN = 6.0
"""Months of a step of the autoregression and of the walk of the last value."""
FEWEST_FOR_TREND = 3
"""A line through fewer points has no residuals."""
PULL = 4.0
"""Pairs of steps by which the autoregression is drawn to a random walk: records have so few that
its coefficient would be noise without them (judgement)."""
QUANTILES = 99
"""Points of a baseline's distribution that are scored."""


class Series(NamedTuple):
    """What was observed of a quantity so far.

    Attributes
    ----------
    times : array (point,)
        Months, in order; 0 is January 2023.
    values : array (point,)
        In the unit.
    unit : str
    """

    times: Floats
    values: Floats
    unit: str


class Forecast(NamedTuple):
    """A normal on the scale of a unit.

    Attributes
    ----------
    points : int
        How many it was made from: points, or pairs of half-years of an autoregression.
    middle : float
    spread : float or None
        Standard deviation; None where the record gives none.
    unit : str
    """

    points: int
    middle: float
    spread: float | None
    unit: str

    @property
    def value(self) -> float:
        """Its median, in the unit."""
        return float(unscaled(np.array([self.middle]), self.unit)[0])

    def sample(self) -> Floats:
        """Return evenly spaced quantiles in the unit; one point if there is no spread."""
        if not self.spread:
            return np.array([self.value])
        normal = NormalDist(self.middle, self.spread)
        steps = [normal.inv_cdf((i + 0.5) / QUANTILES) for i in range(QUANTILES)]
        return unscaled(np.array(steps), self.unit)


def carry_forward(series: Series, time: float) -> Forecast:
    """Return the last value: a random walk, with the mean square of steps between half-years.

    Parameters
    ----------
    series
        At least one point.
    time
        Month that is asked for.
    """
    times, values = _by_half_year(series)
    last = float(scaled(series.values[-1:], series.unit)[0])
    steps = np.diff(values) ** 2 / (np.diff(times) / BIN)
    ahead = max(time - float(series.times[-1]), 0.0) / BIN
    spread = float(np.sqrt(steps.mean() * ahead)) if len(steps) else None
    return Forecast(len(series.times), last, spread, series.unit)


def trend(series: Series, time: float) -> Forecast | None:
    """Return the least-squares line: log or logistic by unit; None from fewer than three points.

    Its spread is that of a new point about the line.
    """
    n = len(series.times)
    if n < FEWEST_FOR_TREND or float(np.ptp(series.times)) == 0.0:
        return None
    values = scaled(series.values, series.unit)
    away = series.times - series.times.mean()
    slope = float((away * values).sum() / (away**2).sum())
    left = values - values.mean() - slope * away
    ahead = time - float(series.times.mean())
    variance = float((left**2).sum()) / (n - 2) * (1.0 + 1.0 / n + ahead**2 / (away**2).sum())
    return Forecast(n, float(values.mean()) + slope * ahead, float(np.sqrt(variance)), series.unit)


def autoregression(series: Series, time: float) -> Forecast | None:
    """Return a first-order autoregression between half-years; None without two that follow.

    Around the mean of the half-years. Its coefficient is the least-squares one, drawn to 1 by
    `PULL` pairs of steps of the record's own variance, between 0 and 1.
    """
    times, values = _by_half_year(series)
    follow = np.flatnonzero(np.round(np.diff(times) / BIN) == 1.0)
    if not len(follow):
        return None
    mean, variance = float(values.mean()), float(values.var())
    now, then = values[follow] - mean, values[follow + 1] - mean
    drawn = PULL * variance
    below = float((now**2).sum()) + drawn
    keep = min(max((float((now * then).sum()) + drawn) / below, 0.0), 1.0) if below else 1.0
    shock = float(((then - keep * now) ** 2).mean())
    ahead = max(time - float(times[-1]), 0.0) / BIN
    grown = (1.0 - keep ** (2.0 * ahead)) / (1.0 - keep**2) if keep < 1.0 else ahead
    middle = mean + keep**ahead * (float(values[-1]) - mean)
    return Forecast(len(follow), middle, float(np.sqrt(shock * grown)), series.unit)


BASELINES = {"carry_forward": carry_forward, "trend": trend, "ar1": autoregression}
"""Every baseline by its name in tables."""


def _by_half_year(series: Series) -> tuple[Floats, Floats]:
    """Return means of times and scaled values of the points in each half-year that has any."""
    place = np.floor(series.times / BIN)
    values = scaled(series.values, series.unit)
    bins: Sequence[float] = sorted(set(place.tolist()))
    times = np.array([series.times[place == one].mean() for one in bins])
    return times, np.array([values[place == one].mean() for one in bins])
