"""Use by country: sums over all runs of a case, and the shares that a map shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.comparison import Floats
from sim.messages import nearest, one_of
from sim.model.parameters import DEFAULTS
from sim.sweep.parts import USE
from sim.vocabulary import CHANNELS

if TYPE_CHECKING:
    from sim.analysis.results import Results
    from sim.scenario.scenario import Scenario
    from sim.sweep.parts import Part

ENOUGH = 100
"""Smallest pooled effective sample (adopters drawn) with which a country's figure is shown."""

FINE = 2.0**32
"""Steps between 0 and 1 in which countries' use and shares are added up."""


class MapShares(NamedTuple):
    """Shares of use (country, origin) at the last month, and effective sample (country,)."""

    shares: Floats
    effective: Floats


def map_shares(results: Results, scenario: str, channel: str = "all") -> MapShares:
    """Return each country's shares of use at the last month (see `Study.map_shares`)."""
    if channel not in (*CHANNELS, "all"):
        known = [*CHANNELS, "all"]
        raise KeyError(
            f"no channel {channel!r}; there are {one_of(known)}{nearest(channel, known)}"
        )
    world = results.scenario(scenario)
    table, sample, pairs = country_sums(results, scenario)
    if not pairs:
        from sim.data import countries

        return MapShares(
            np.full((len(countries()), len(USE) - 1), np.nan), np.zeros(len(countries()))
        )
    shares, sample = table[-1, :, :, 1:] / pairs, sample[-1]
    if channel != "all":
        i = CHANNELS.index(channel)
        return MapShares(shares[:, i], sample[:, i])
    mix = np.array([_parameter(world, f"mix_{name}") for name in CHANNELS])
    mix /= mix.sum()
    variance = (mix**2 / np.maximum(sample, np.finfo(float).tiny)).sum(axis=1)
    return MapShares(
        np.einsum("kco,c->ko", shares, mix), np.where((sample > 0).any(axis=1), 1 / variance, 0.0)
    )


def country_sums(results: Results, scenario: str) -> tuple[Floats, Floats, int]:
    """Return sums of use by country over a case's pairs (see `Study.country_sums`)."""
    table = panel = np.zeros(0)
    pairs = 0
    for part, rows, times in _country_parts(results, scenario):
        values, sample = results.store.countries(part)
        summed = _fine(values[rows], times), sample[rows].sum(axis=0, dtype=np.float64)
        table, panel = summed if not pairs else (table + summed[0], panel + summed[1])
        pairs += int(times.sum())
    return table / FINE, panel, pairs


def family_sums(results: Results, scenario: str) -> tuple[Floats, int]:
    """Return sums of families' shares over a case's pairs, and the number of pairs.

    The sums are an array (moment, country, channel, family), empty if no families were kept.
    """
    table = np.zeros(0)
    pairs = 0
    for part, rows, times in _country_parts(results, scenario):
        summed = _fine(results.store.families(part)[rows], times)
        table = table + summed if pairs else summed
        pairs += int(times.sum())
    return table / FINE, pairs


def _country_parts(results: Results, scenario: str) -> Iterator[tuple[Part, list[int], Floats]]:
    """Yield parts with a case's countries: its rows, and how many draws share each."""
    draws = Counter(results.points(scenario))
    for part in results.store.of(list(draws)):
        rows = [row for row, (point, _) in enumerate(part.runs) if point in draws]
        if part.countries and rows:
            yield part, rows, np.array([draws[part.runs[row][0]] for row in rows], np.float64)


def _fine(values: NDArray[np.float32], times: Floats) -> Floats:
    """Return the sum of runs in whole steps, which add up to the same in any order."""
    steps = np.rint(values.astype(np.float64) * FINE)
    summed: Floats = (steps * times[:, None, None, None, None]).sum(axis=0)
    return summed


def _parameter(scenario: Scenario, name: str) -> float:
    return float(scenario.parameters.get(name, DEFAULTS[name]))
