"""One measure for each observed quantity: how a run is read as its source reads the world.

A measure is a function of what a run left behind. Its docstring is its definition; the figure, its
range and its source stand in sim/data/targets.csv under the same id. Measures in months of 2025-07
and later rest on generated releases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim import data
from sim.months import month_index
from sim.vocabulary import CN, CONSUMER, ORIGINS, US

if TYPE_CHECKING:
    from sim.model.parameter_values import ParameterValues
    from sim.model.records import Series

Floats = NDArray[np.float64]

LAST_MONTH = "2025-09"
"""A run has to last until then to be measured."""
DOWNLOAD_GROWTH = 3.0
"""Factor a year by which the volume of open-model downloads grows (judgement, 2 to 5): months count
in a share of a year's downloads as much as their volume does."""


@dataclass(frozen=True)
class Run:
    """A run, as measures read it.

    Attributes
    ----------
    series : Series
        What it left behind.
    p : ParameterValues
        Its parameters.
    """

    series: Series
    p: ParameterValues

    def path(self, outcome: str, first: str, last: str) -> Floats:
        """Return an outcome by month, both ends included: array (month,).

        Raises
        ------
        ValueError
            If there is no such outcome, or the run ends earlier.
        """
        start, end = month_index(first), month_index(last)
        if end >= len(self.series.months):
            raise ValueError(f"the run ends in {self.series.months[-1]}, before {last}")
        column = self.series.names.index(outcome)
        return self.series.values[start : end + 1, column].astype(np.float64)

    def mean(self, outcome: str, first: str, last: str) -> float:
        """Return the mean of an outcome over months, both ends included."""
        return float(self.path(outcome, first, last).mean())

    def total(self, outcome: str, first: str, last: str) -> float:
        """Return the sum of an outcome over months, both ends included."""
        return float(self.path(outcome, first, last).sum())

    def at(self, outcome: str, month: str) -> float:
        """Return an outcome in a month."""
        return self.mean(outcome, month, month)

    def use(self, moment: str) -> Floats:
        """Return the share of people who use AI at a half-year's end: array (country,)."""
        place = self.series.moments.index(moment)
        return self.series.countries[place, :, CONSUMER, 0].astype(np.float64)


def c01(run: Run) -> float:
    """Slope of the best US release by month, 2023-03 to 2025-06, by least squares, a year."""
    path = run.path("frontier_us", "2023-03", "2025-06")
    return float(np.polyfit(np.arange(len(path)) / 12.0, path, 1)[0])


def c02(run: Run) -> float:
    """Mean lag of the best Chinese behind the best US release, 2023-01 to 2025-06."""
    return run.mean("lag_us_cn_true", "2023-01", "2025-06")


def c03(run: Run) -> float:
    """Mean lag of the best open behind the best closed release, 2023-01 to 2025-06."""
    return run.mean("lag_open_closed_true", "2023-01", "2025-06")


def c04(run: Run) -> float:
    """Yearly factor on the largest training run, which is a parameter."""
    return run.p.run_growth


def c05(run: Run) -> float:
    """Percent of people 15-64 who use AI, world, mean of the first half of 2025."""
    return 100.0 * run.mean("use_world", "2025-01", "2025-06")


def c07(run: Run) -> float:
    """Percentage points by which use in the Global North exceeds that elsewhere, same months."""
    north, south = (run.mean(f"use_{where}", "2025-01", "2025-06") for where in ("north", "south"))
    return 100.0 * (north - south)


def c08(run: Run) -> float:
    """Slope of the logit of use on log GDP per head over countries with a figure of their own.

    At the end of June 2025; the source has the mean of the half-year.
    """
    return income_regression(run.use("2025-06"))[0]


def c09(run: Run) -> float:
    """Standard deviation of the residuals of the same regression."""
    return income_regression(run.use("2025-06"))[1]


def c10(run: Run) -> float:
    """Open part of the notable models of US labs, unreleased ones included, 2023."""
    return open_part(run, "us", "2023-01", "2023-12")


def c11(run: Run) -> float:
    """Open part of the notable models of US labs, unreleased ones included, 2024."""
    return open_part(run, "us", "2024-01", "2024-12")


def c12(run: Run) -> float:
    """Open part of the notable models of Chinese labs, unreleased ones included, 2023 and 2024."""
    return open_part(run, "cn", "2023-01", "2024-12")


def c13(run: Run) -> float:
    """China's part of Nvidia chips in place by legal sales, September 2023."""
    return run.at("compute_share_cn", "2023-09")


def c14(run: Run) -> float:
    """China's part of Nvidia chips in place by legal sales, December 2024."""
    return run.at("compute_share_cn", "2024-12")


def c15(run: Run) -> float:
    """Chips in China, smuggled and Chinese-made ones included, over all chips, May 2025."""
    return clusters_part(run, "2025-05")


def c16(run: Run) -> float:
    """China's part of downloads of Chinese and US open models, twelve months to August 2025.

    Months weigh by their volume. The channel is that of language models, the source counts models
    of all types.
    """
    return downloads_part(run, "2024-09", "2025-08")


def c18(run: Run) -> float:
    """Part of Chinese releases in the world's router tokens, January 2025."""
    return run.at("cn_share_world_market", "2025-01")


def c19(run: Run) -> float:
    """Part of Chinese releases in the world's router tokens, June 2025."""
    return run.at("cn_share_world_market", "2025-06")


def c21(run: Run) -> float:
    """Reported misuse incidents of 2023."""
    return run.total("incidents_reported", "2023-01", "2023-12")


def c22(run: Run) -> float:
    """Reported misuse incidents of 2024."""
    return run.total("incidents_reported", "2024-01", "2024-12")


def c23(run: Run) -> float:
    """New derivatives of Meta's releases per new one of Alibaba's, as hubs see them, June 2024."""
    return run.at("derivative_ratio_us_cn", "2024-06")


def c24(run: Run) -> float:
    """New derivatives of Meta's releases per new one of Alibaba's, December 2024."""
    return run.at("derivative_ratio_us_cn", "2024-12")


def c25(run: Run) -> float:
    """Part of closed releases in the world's router tokens, mean of May to July 2025."""
    return 1.0 - run.mean("open_share_world_market", "2025-05", "2025-07")


def c26(run: Run) -> float:
    """Part of open releases in the world's enterprise workloads, mean of 2024."""
    return run.mean("open_share_world_enterprise", "2024-01", "2024-12")


def c27(run: Run) -> float:
    """Return the best US release at the end of June 2025, in index points."""
    return run.mean("frontier_us", "2025-06", "2025-06")


def enterprise_2023(run: Run) -> float:
    """Part of open releases in the world's enterprise workloads, mean of 2023."""
    return run.mean("open_share_world_enterprise", "2023-01", "2023-12")


def router_2024_11(run: Run) -> float:
    """Part of Chinese releases in the world's router tokens, November 2024."""
    return run.at("cn_share_world_market", "2024-11")


def qwen_2024_01(run: Run) -> float:
    """Part of Alibaba's releases in new derivatives, January 2024."""
    return run.at("derivative_share_alibaba", "2024-01")


def openness_2025(run: Run) -> float:
    """Open part of the notable models of US labs, unreleased ones included, first half of 2025."""
    return open_part(run, "us", "2025-01", "2025-06")


def open_part(run: Run, origin: str, first: str, last: str) -> float:
    """Return the open part of the notable models of an origin over months; nan where none is."""
    models = run.total(f"notable_releases_{origin}", first, last)
    return run.total(f"notable_open_{origin}", first, last) / models if models else float("nan")


def clusters_part(run: Run, month: str) -> float:
    """Return China's part of all chips in a month, smuggled and Chinese-made ones included."""
    china = run.at("compute_cn", month)
    return china / (china + run.at("compute_us", month) / run.p.us_stock_share)


def volume(first: str, last: str) -> Floats:
    """Return the volume of downloads by month, both ends included, 1 in the first: (month,)."""
    months = np.arange(month_index(last) + 1 - month_index(first))
    growth: Floats = DOWNLOAD_GROWTH ** (months / 12.0)
    return growth


def downloads_part(run: Run, first: str, last: str) -> float:
    """Return China's part of downloads of Chinese and US models over months, by volume."""
    cn, us = (
        run.path(f"{ORIGINS[k].lower()}_share_world_developer", first, last) for k in (CN, US)
    )
    weight = volume(first, last)
    return float((weight * cn).sum() / (weight * (cn + us)).sum())


def income_regression(use: Floats) -> tuple[float, float]:
    """Regress the logit of use on log GDP per head, over countries with a figure of their own.

    Parameters
    ----------
    use
        Share of people who use AI: array (country,), between 0 and 1.

    Returns
    -------
    slope : float, logit by log unit
    spread : float, standard deviation of the residuals, logit
    """
    kept = [
        i
        for i, country in enumerate(data.countries())
        if country.ai_use_2025 and country.gdp_per_head and not country.regional_value
    ]
    x = np.array([log(data.countries()[i].gdp_per_head or 1.0) for i in kept])
    y = np.log(use[kept] / (1.0 - use[kept]))
    slope, start = np.polyfit(x, y, 1)
    return float(slope), float((y - start - slope * x).std(ddof=2))


MEASURES: dict[str, Callable[[Run], float]] = {
    "C01": c01, "C02": c02, "C03": c03, "C04": c04, "C05": c05, "C07": c07, "C08": c08,
    "C09": c09, "C10": c10, "C11": c11, "C12": c12, "C13": c13, "C14": c14, "C15": c15,
    "C16": c16, "C18": c18, "C19": c19, "C21": c21, "C22": c22, "C23": c23, "C24": c24,
    "C25": c25, "C26": c26, "C27": c27,
    "enterprise-2023": enterprise_2023, "enterprise-2024": c26, "router-2024-11": router_2024_11,
    "qwen-2024-01": qwen_2024_01, "openness-2025": openness_2025,
}  # fmt: skip
"""Measure of each row of the table of targets, by its id."""


def distance(target: data.Target, value: float) -> float:
    """Return how far a value lies from a target, in halves of the target's range.

    Up to 1 it is in range; the side of the range on which it lies is its unit.
    """
    side = target.high - target.value if value > target.value else target.value - target.low
    return abs(value - target.value) / side
