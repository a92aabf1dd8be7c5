"""Observed points of the quantities: from record.csv, or computed from the other tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from sim import data
from sim.calibration.quantities import CUT, HALF_YEARS, QUANTITIES, START
from sim.model.frontier import Frontier
from sim.months import month_index
from sim.vocabulary import CN, ORIGINS, US

LAST = month_index(CUT)
_BEST = "best-"
_ENDS = tuple(month_index(month) for month in HALF_YEARS if month <= CUT)


class Observation(NamedTuple):
    """An observed value of a quantity.

    Attributes
    ----------
    first, last : int
        Months of the window, both included; 0 is January 2023.
    value : float
        In the unit of the quantity.
    """

    first: int
    last: int
    value: float


Found = Iterator[tuple[str, Observation]]


@lru_cache(maxsize=1)
def observed() -> dict[str, tuple[Observation, ...]]:
    """Return the points of each quantity that has any, by its id, by the end of their windows."""
    record = ((p.quantity, Observation(p.first, p.last, p.value)) for p in data.record())
    found: dict[str, list[Observation]] = {}
    for name, point in chain(record, _scores(), _openness(), _chips(), _incidents()):
        found.setdefault(name, []).append(point)
    return {
        name: tuple(sorted(points, key=lambda point: (point.last, point.first)))
        for name, points in found.items()
    }


def users_by_country() -> dict[str, Observation]:
    """Return the share of people who used AI in the first half of 2025, by code of country.

    Only countries with a figure of their own.
    """
    return {
        country.code: Observation(LAST - 5, LAST, country.ai_use_2025)
        for country in data.countries()
        if country.ai_use_2025 is not None and not country.regional_value
    }


def _scores() -> Found:
    """Lags by half-year, and best scores at its end."""
    frontier, origin = Frontier(), {lab.slug: ORIGINS.index(lab.origin) for lab in data.labs()}
    rows = [row for row in data.releases() if row.capability is not None and row.mode != "hold"]
    lags: dict[str, list[float]] = {"lag-cn-us": [], "lag-open-closed": []}
    for month in range(month_index(START) - 1, LAST + 1):
        for place, row in enumerate(rows):
            if max(row.month, month_index(START) - 1) == month and row.capability is not None:
                score, opened = row.capability, row.mode.startswith("open_")
                frontier.enter(place, origin[row.lab], score, score, opened)
        frontier.close_month()
        if month >= 0:
            lags["lag-cn-us"].append(frontier.lag("true", "us", "cn"))
            lags["lag-open-closed"].append(frontier.lag("true", "closed", "open"))
    for last in _ENDS:
        for name, path in lags.items():
            mean = float(np.mean(path[last - 5 : last + 1]))
            yield name, Observation(last - 5, last, mean)
        for name in (name for name in QUANTITIES if name.startswith(_BEST)):
            best = frontier.paths["true"][name.removeprefix(_BEST)][last + 1]
            yield name, Observation(last - 5, last, best)


def _openness() -> Found:
    """Open part of notable models by half-year, and over twelve months."""
    for group in (ORIGINS[US], ORIGINS[CN]):
        rows = [row for row in data.releases() if row.notable and row.group == group]
        for last in _ENDS:
            for months, name in ((6, ""), (12, "-12m")):
                first = last + 1 - months
                opened = [row.weights > 0 for row in rows if first <= row.month <= last]
                if first >= month_index(START):
                    part = sum(opened) / len(opened)
                    yield f"openness-{group.lower()}{name}", Observation(first, last, part)


def _chips() -> Found:
    """China's part of Nvidia chips at quarter ends."""
    stock = {(row.owner, row.month): row.h100e for row in data.chip_stocks()}
    for owner, month in stock:
        if owner == "CN" and month <= LAST:
            cn, row = stock["CN", month], stock["rest_of_world", month]
            yield "chips-cn", Observation(month, month, cn / (cn + row))


def _incidents() -> Found:
    """Incidents over twelve months."""
    halves = [point for point in data.record() if point.quantity == "incidents"]
    for one, other in pairwise(halves):
        yield "incidents-12m", Observation(one.first, other.last, one.value + other.value)
