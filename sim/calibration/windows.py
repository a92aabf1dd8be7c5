"""Measures of a window: how a run is read from one month to another, both included."""

from __future__ import annotations

from functools import lru_cache
from math import log

import numpy as np

from sim import data
from sim.calibration.measures import Floats, Run, clusters_part, open_part, volume
from sim.months import month_index
from sim.vocabulary import ABROAD, AREAS_OF_REGION, CONSUMER

LEAST_SHARE = 0.01
"""Shares by country are cut at this and at 1 less it where their logit is taken: countries have a
few adopters each."""


def mean(run: Run, first: str, last: str, *, outcome: str) -> float:
    """Return the mean of an outcome over the window's months."""
    return run.mean(outcome, first, last)


def at_end(run: Run, _first: str, last: str, *, outcome: str) -> float:
    """Return an outcome in the window's last month."""
    return run.at(outcome, last)


def total(run: Run, first: str, last: str, *, outcome: str) -> float:
    """Return the sum of an outcome over the window's months."""
    return run.total(outcome, first, last)


def by_volume(run: Run, first: str, last: str, *, outcome: str) -> float:
    """Return the mean of an outcome over months that weigh by their volume of downloads."""
    return float(np.average(run.path(outcome, first, last), weights=volume(first, last)))


def openness(run: Run, first: str, last: str, *, origin: str) -> float:
    """Return the open part of an origin's notable models; nan where there is none."""
    return open_part(run, origin, first, last)


def clusters(run: Run, _first: str, last: str) -> float:
    """Return China's part of all chips in the window's last month."""
    return clusters_part(run, last)


def derivative_ratio(run: Run, first: str, last: str) -> float:
    """Return new derivatives of Meta's releases per new one of Alibaba's."""
    ours = run.mean("derivative_share_meta", first, last)
    return ours / max(run.mean("derivative_share_alibaba", first, last), 1e-9)


def chips_of(run: Run, _first: str, last: str, *, lab: str) -> float:
    """Return a lab's chips at the window's end: its part of US chips is that of December 2024."""
    point = next(
        p for p in data.record() if (p.quantity, p.last) == (f"chips-{lab}", month_index("2024-12"))
    )
    return point.value * run.at("compute_us", last) / run.at("compute_us", "2024-12")


def overtaking(run: Run, first: str, last: str) -> float:
    """Return the month, 0 for January 2023, in which China's cumulative downloads overtake.

    That is the first month of the window in which they are above those of US origin, having been
    at or below them in the month before; the month after the window if there is none.
    """
    weight = volume(first, last)
    lead = np.cumsum(
        weight
        * (
            run.path("cn_share_world_developer", first, last)
            - run.path("us_share_world_developer", first, last)
        )
    )
    crossed = np.flatnonzero((lead[1:] > 0.0) & (lead[:-1] <= 0.0))
    return float(month_index(first) + 1 + crossed[0] if len(crossed) else month_index(last) + 1)


def slope(run: Run, _first: str, last: str, *, origin: int, covariate: int) -> float:
    """Return a coefficient of an origin's share of consumers by country at the window's end."""
    place = run.series.moments.index(last)
    shares = run.series.countries[place, :, CONSUMER, 1 + origin].astype(np.float64)
    return slopes(shares)[covariate]


def slopes(shares: Floats) -> tuple[float, float]:
    """Regress the logit of a share by country on two covariates at once, by least squares.

    Over countries outside the US, China and the restricted bloc in which people live. The share is
    cut at `LEAST_SHARE` and at 1 less it.

    Parameters
    ----------
    shares
        Array (country,), 0 to 1.

    Returns
    -------
    income : float
        Logit by unit of the logarithm of GDP per head.
    alignment : float
        Logit by unit of alignment, from voting with China (0) to voting with the US (1).
    """
    kept, covariates = _covariates()
    inside = np.clip(shares[list(kept)], LEAST_SHARE, 1.0 - LEAST_SHARE)
    found = np.linalg.lstsq(covariates, np.log(inside / (1.0 - inside)), rcond=None)[0]
    return float(found[1]), float(found[2])


@lru_cache(maxsize=1)
def _covariates() -> tuple[tuple[int, ...], Floats]:
    """Return places of the countries of `slopes`, and array (country, 3): 1, income, alignment."""
    open_blocs = [bloc for bloc in AREAS_OF_REGION[ABROAD] if bloc != "restricted"]
    rows = [
        (i, 1.0, log(country.gdp_per_head), country.alignment)
        for i, country in enumerate(data.countries())
        if country.bloc in open_blocs and country.gdp_per_head
    ]
    return tuple(row[0] for row in rows), np.array([row[1:] for row in rows])
