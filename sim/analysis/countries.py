"""Use by country: sums over runs, the shares that a map shows, changes and their ranks.

A pair holds four adopters or more of a country and a channel, so that the difference of one pair is
mostly luck. What is known of a country is the mean over pairs, and its interval is that of a mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.comparison import Floats, by_draw
from sim.analysis.rubric import FEWEST
from sim.messages import nearest, one_of
from sim.model.parameters import DEFAULTS
from sim.months import month_index
from sim.sweep.parts import USE
from sim.vocabulary import CHANNELS, ORIGINS, OTHER

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.paired import PairedResults
    from sim.analysis.results import Results
    from sim.scenario.scenario import Scenario
    from sim.sweep.parts import Part

ENOUGH = 100
"""Smallest pooled effective sample (adopters drawn) with which a country's figure is shown."""

SURE = 0.9
"""Chance with which the intervals of all countries hold at once."""

ORIGINS_RANKED = ORIGINS[:OTHER]
"""Origins whose shares are compared country by country."""

FINE = 2.0**32
"""Steps between 0 and 1 in which countries' use and shares are added up."""


RANKED = (
    "scenario", "title", "origin", "country", "name", "bloc", "mean", "low", "high", "rank",
    "above", "below", "sample", "effective_sample", "first_month", "last_month",
)  # fmt: skip


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
    mix = _mix(world)
    variance = (mix**2 / np.maximum(sample, np.finfo(float).tiny)).sum(axis=1)
    return MapShares(
        np.einsum("kco,c->ko", shares, mix), np.where((sample > 0).any(axis=1), 1 / variance, 0.0)
    )


def country_sums(results: Results, scenario: str) -> tuple[Floats, Floats, int]:
    """Return sums of use by country over a case's pairs (see `Study.country_sums`)."""
    table = panel = np.zeros(0)
    pairs = 0
    for part, rows in _country_parts(results, scenario):
        values, sample = results.store.countries(part)
        summed = _fine(values[rows]), sample[rows].sum(axis=0, dtype=np.float64)
        table, panel = summed if not pairs else (table + summed[0], panel + summed[1])
        pairs += len(rows)
    return table / FINE, panel, pairs


def family_sums(results: Results, scenario: str) -> tuple[Floats, int]:
    """Return sums of families' shares over a case's pairs, and the number of pairs.

    The sums are an array (moment, country, channel, family), empty if no families were kept.
    """
    table = np.zeros(0)
    pairs = 0
    for part, rows in _country_parts(results, scenario):
        summed = _fine(results.store.families(part)[rows])
        table = table + summed if pairs else summed
        pairs += len(rows)
    return table / FINE, pairs


def _country_parts(results: Results, scenario: str) -> Iterator[tuple[Part, list[int]]]:
    """Yield the parts with a case's countries, and its rows in each."""
    for part in results.store.of(results.points(scenario)):
        rows = results.rows(scenario, part)
        if part.countries and rows:
            yield part, rows


def _fine(values: NDArray[np.float32]) -> Floats:
    """Return the sum of runs in whole steps, which add up to the same in any order."""
    summed: Floats = np.rint(values.astype(np.float64) * FINE).sum(axis=0)
    return summed


def changes(study: PairedResults) -> pd.DataFrame:
    """Return how shares of use change country by country (see `PairedResults.country_changes`)."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for case in study.cases:
        if case.name == case.against:
            continue
        window = study.window(case.name)
        ours, theirs = (shares_by_pair(study, name, window) for name in (case.name, case.against))
        effective = np.minimum(
            *(map_shares(study, name).effective for name in (case.name, case.against))
        )
        if ours.shares.shape != theirs.shares.shape or not ours.shares.shape[1]:
            continue  # one of the two kept no countries
        moved = ours.shares - theirs.shares
        for i, origin in enumerate(ORIGINS_RANKED):
            head = {"scenario": case.name, "title": study.titles[case.name], "origin": origin}
            units = [by_draw(column, study.pair_index) for column in moved[:, :, i].T]
            tail = {"first_month": ours.months[0], "last_month": ours.months[-1]}
            found = ranked(100 * np.array(units).T, effective)
            rows.extend(head | row | tail for row in found)
    return pd.DataFrame(rows, columns=list(RANKED))


class PairShares(NamedTuple):
    """Shares of use (pair, country, `ORIGINS_RANKED`), mix of channels, and the months averaged."""

    shares: Floats
    months: tuple[str, ...]


def shares_by_pair(results: Results, scenario: str, window: tuple[int, int]) -> PairShares:
    """Return each pair's shares of use by country: means over the months kept in a window.

    If none of these was kept, those of the last month that was.

    Parameters
    ----------
    results
        Finished runs.
    scenario
        Name of a case.
    window
        First and last month (0 = 2023-01).

    Returns
    -------
    PairShares
        0 to 1; nan for runs that failed. Without countries if none were kept.
    """
    mix, row_of = _mix(results.scenario(scenario)), results.pair_index.row
    found = np.full((results.design.pairs, 0, len(ORIGINS_RANKED)), np.nan)
    months: tuple[str, ...] = ("",)
    for part, rows in _country_parts(results, scenario):
        inside = [
            i
            for i, month in enumerate(part.moments)
            if window[0] <= month_index(month) <= window[1]
        ]
        places = inside or [len(part.moments) - 1]
        months = tuple(part.moments[i] for i in places)
        values, _ = results.store.countries(part)
        kept = values[rows][:, places, :, :, 1 : 1 + len(ORIGINS_RANKED)]
        shares = np.einsum("rkco,c->rko", kept.mean(axis=1, dtype=float), mix)
        if not found.shape[1]:
            found = np.full((results.design.pairs, *shares.shape[1:]), np.nan)
        found[[row_of(part.runs[row].draw, part.runs[row].replication) for row in rows]] = shares
    return PairShares(found, months)


def ranked(moved: Floats, effective: Floats) -> list[dict[str, Any]]:
    """Return mean change, interval and rank of the countries with a sample large enough.

    Intervals are those of means (Student's t over draws, or replications with one draw), wide
    enough that all of them hold at once with a chance of `SURE`. A country's rank is one more than
    the number of countries whose interval lies wholly above its own: those that cannot be told
    apart share it.

    Parameters
    ----------
    moved
        Array (draw, country): changes, in points; nan where there is none.
    effective
        Array (country,): effective sample.

    Returns
    -------
    list of dict
        In the order of their changes, the highest first. `above` and `below` count the countries
        whose intervals lie wholly above and below.
    """
    from scipy.special import stdtrit

    from sim.data import countries

    number = np.isfinite(moved).sum(axis=0)
    shown = np.flatnonzero((effective >= ENOUGH) & (number >= FEWEST))
    if not shown.size:
        return []
    kept, number = moved[:, shown], number[shown]
    mean = np.nanmean(kept, axis=0)
    wide = stdtrit(number - 1, 1 - (1 - SURE) / 2 / shown.size)
    half = wide * np.nanstd(kept, axis=0, ddof=1) / np.sqrt(number)
    low, high, known = mean - half, mean + half, countries()
    rows = []
    for i in np.argsort(-mean, kind="stable"):
        country = known[shown[i]]
        above, below = int((low > high[i]).sum()), int((high < low[i]).sum())
        rows.append(
            {
                "country": country.code,
                "name": country.name,
                "bloc": country.bloc,
                "mean": float(mean[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                "rank": above + 1,
                "above": above,
                "below": below,
                "sample": int(number[i]),
                "effective_sample": float(effective[shown[i]]),
            }
        )
    return rows


def _mix(scenario: Scenario) -> Floats:
    """Return the weights of the channels in their mix."""
    mix = np.array([_parameter(scenario, f"mix_{name}") for name in CHANNELS])
    return np.asarray(mix / mix.sum())


def _parameter(scenario: Scenario, name: str) -> float:
    return float(scenario.parameters.get(name, DEFAULTS[name]))
