"""Diffusion: adoption curves of families, and use of AI by country."""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import TYPE_CHECKING

import numpy as np

from sim import data
from sim.model.identity import identity
from sim.vocabulary import CHANNELS

if TYPE_CHECKING:
    from sim.model.world import World

HALF_YEAR = 6
"""Months between the moments at which use is kept by country."""


class Curve:
    """Adoption curve of one family: its share of the world's use (mix of channels), month by month.

    Attributes
    ----------
    launch : int or None
        Month of the family's first release; 0 for what came out before the first month.
    peak : float
        Highest share so far.
    half : int
        First month in which the share was at least half of that peak.
    """

    def __init__(self) -> None:
        self.launch: int | None = None
        self.share: list[float] = []
        self.peak, self.half = 0.0, 0

    def begin(self, month: int) -> None:
        """The family had a release."""
        if self.launch is None:
            self.launch = max(0, month)

    def add(self, share: float) -> None:
        """Add a month. The peak only grows, so the month that reached half of it only moves on."""
        self.share.append(share)
        if share > self.peak:
            self.peak = share
            while self.share[self.half] < 0.5 * share:
                self.half += 1

    def months_to_half_peak(self) -> int:
        """Months from the first release to half of the peak so far; 0 before any use.

        The path ends with the current month, so the figure can only grow, and the last month gives
        it for the whole run. Nothing is known of the time before the first month: older families
        count from there.
        """
        return self.half - self.launch if self.launch is not None and self.peak > 0.0 else 0


def use_by_country(world: World) -> np.ndarray:
    """Use of AI and shares of the origins in it: float32 array (country, channel, 4).

    The four are use, US, CN, other. Use is the share of people, or of what the channel can take up;
    in the developer channel it is 1.
    """
    return np.concatenate(
        (world.use[:, :, None], world.adopters.country_shares()), axis=2, dtype=np.float32
    )


@lru_cache(maxsize=1)
def log_gdp_per_head() -> tuple[float, ...]:
    """Logarithm of each country's GDP per head in USD: (country,).

    Where nobody lives it is the mean of the others.
    """
    found = [None if c.gdp_per_head is None else log(c.gdp_per_head) for c in data.countries()]
    known = [x for x in found if x is not None]
    return tuple(sum(known) / len(known) if x is None else x for x in found)


def use_ceiling(world: World) -> np.ndarray:
    """Ceiling of AI use without any policy, in logit: array (country, channel).

    It rises with GDP per head; a country with a figure of its own keeps its distance from the line,
    others draw one.
    """
    p, residual, draws = world.p, use_residuals(), world.streams("use ceiling")
    distance = [
        residual[c.code] if c.code in residual else p.ceiling_sd * draws.normal(identity(c.code))
        for c in world.countries
    ]
    base = [
        p.ceiling + p.income_elasticity * g + u
        for g, u in zip(log_gdp_per_head(), distance, strict=True)
    ]
    return np.repeat(np.array(base)[:, None], len(CHANNELS), axis=1)


@lru_cache(maxsize=1)
def use_residuals() -> dict[str, float]:
    """Residuals of logit(share that used AI in early 2025) on log GDP per head.

    They are of countries with a figure of their own: rows that carry a regional value are left out.
    Source: Microsoft AI Diffusion, H1 2025.
    """
    rows = [
        (c.code, log(c.gdp_per_head), log(c.ai_use_2025 / (1.0 - c.ai_use_2025)))
        for c in data.countries()
        if c.ai_use_2025 and c.gdp_per_head and not c.regional_value
    ]
    mx = sum(x for _, x, _ in rows) / len(rows)
    my = sum(y for _, _, y in rows) / len(rows)
    slope = sum((x - mx) * (y - my) for _, x, y in rows) / sum((x - mx) ** 2 for _, x, _ in rows)
    return {code: y - my - slope * (x - mx) for code, x, y in rows}
