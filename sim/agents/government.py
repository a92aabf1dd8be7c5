"""Governments: they measure, imperfectly and with a lag, what they would act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.law import CN

if TYPE_CHECKING:
    from sim.world import World


class Government(mesa.Agent):
    """The US, Chinese or EU government.

    Attributes
    ----------
    indicators : dict
        What the last review found; None before the first one.
    """

    def __init__(self, model: World, name: str) -> None:
        super().__init__(model)
        self.name = name
        self.indicators: dict[str, float] | None = None

    def measure(self, capability: float, origin: int, lab: int, draw: int) -> float:
        """A release's capability as evaluators measure it: true value, bias by origin, noise."""
        p = self.model.p
        bias = p.measurement_bias_cn if origin == CN else 0.0
        return capability + bias + p.measurement_noise * self.model.streams("measurement").normal(lab, draw)

    def review(self, month: int) -> None:
        """Look at measured gaps every few months; between reviews the last finding stands."""
        world = self.model
        if self.indicators is None or month % round(world.p.review_months) == 0:
            self.indicators = {
                "lag_us_cn": world.lag("measured", "us", "cn"),
                "lag_open_closed": world.lag("measured", "closed", "open"),
            }
