"""Governments: they measure, imperfectly and with a lag, what they would act on."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import mesa

from sim.model.identity import identity
from sim.model.outcomes import OUTCOMES
from sim.vocabulary import CN

if TYPE_CHECKING:
    from sim.model.duties import Trigger
    from sim.model.world import World

INDICATORS = {
    "incidents": "incidents_reported",
    "open-closed-gap": None,
    "uplift": "uplift_us_releases",
    "us-share": "us_share_abroad",
}
"""What triggers may watch, in the order of their draws, and the outcome it is; None: the gap by
measured scores."""
COLUMNS = {name: column for column, name in enumerate(OUTCOMES)}


class Government(mesa.Agent):
    """The US, Chinese or EU government.

    Attributes
    ----------
    indicators : dict
        What the last review found; None before the first one.
    thrown : dict
        Triggers of the law whose switch is thrown, with the month since when.
    """

    def __init__(self, model: World, name: str) -> None:
        super().__init__(model)
        self.name = name
        self.indicators: dict[str, float] | None = None
        self.thrown: dict[Trigger, int] = {}

    def measure(self, capability: float, origin: int, lab: int, draw: int) -> float:
        """A release's capability as evaluators measure it.

        True value, bias by origin, noise by lab (its identity).
        """
        p = self.model.p
        bias = p.measurement_bias_cn if origin == CN else 0.0
        noise = self.model.streams("measurement").normal(lab, draw)
        return capability + bias + p.measurement_noise * noise

    def review(self, month: int) -> None:
        """Look at measured gaps every few months; between reviews the last finding stands."""
        world = self.model
        if self.indicators is None or month % round(world.p.review_months) == 0:
            self.indicators = {
                "lag_us_cn": world.frontier.lag("measured", "us", "cn"),
                "lag_open_closed": world.frontier.lag("measured", "closed", "open"),
            }

    def watch(self, trigger: Trigger, month: int) -> None:
        """Review a trigger's indicator when due; throw its switch, or take it back, by the find."""
        if (month - trigger.since) % trigger.review_months:
            return
        found = self.gauge(trigger, month)
        above, threshold = trigger.when == "above", trigger.threshold
        crossed = found > threshold if above else found < threshold
        if crossed:
            luck = self.model.streams("trigger").uniform(identity(trigger.indicator), month, 1)
            if luck < trigger.will:
                self.thrown.setdefault(trigger, month)
        elif not trigger.lasting:
            self.thrown.pop(trigger, None)

    def gauge(self, trigger: Trigger, month: int) -> float:
        """An indicator as a review finds it.

        Mean over the months since the last one, old, with a relative error.
        """
        world = self.model
        last = month - max(1, trigger.lag_months)  # a month is on record when it is over
        months = [m for m in range(last - trigger.review_months + 1, last + 1) if m >= 0]
        if not months:
            return nan
        true = sum(self.indicator(trigger.indicator, m) for m in months) / len(months)
        luck = world.streams("trigger").normal(identity(trigger.indicator), month, 0)
        return true * (1.0 + trigger.error * luck)

    def indicator(self, name: str, month: int) -> float:
        """What stood on record for an indicator at the end of a past month."""
        world, outcome = self.model, INDICATORS[name]
        if outcome is None:
            return world.frontier.lag("measured", "closed", "open", month)
        return float(world.history.rows[month][COLUMNS[outcome]])
