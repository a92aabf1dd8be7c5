"""Use by country: sums over all runs of a case, and the shares that a map shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.comparison import Floats
from sim.messages import nearest, one_of
from sim.model.parameters import DEFAULTS
from sim.sweep.parts import USE
from sim.vocabulary import CHANNELS

if TYPE_CHECKING:
    from sim.analysis.results import Results
    from sim.scenario.scenario import Scenario

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
    for part in results.store.of(results.points(scenario)):
        rows = results.rows(scenario, part)
        if part.countries and rows:
            values, sample = results.store.countries(part)
            # Whole numbers add up to the same in any order.
            fine = np.rint(values[rows].astype(np.float64) * FINE)
            summed = fine.sum(axis=0), sample[rows].sum(axis=0, dtype=np.float64)
            table, panel = summed if not pairs else (table + summed[0], panel + summed[1])
            pairs += len(rows)
    return table / FINE, panel, pairs


def _parameter(scenario: Scenario, name: str) -> float:
    return float(scenario.parameters.get(name, DEFAULTS[name]))
