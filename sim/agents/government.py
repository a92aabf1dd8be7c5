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
        """Look at incidents, gaps and share every few months."""
        world = self.model
        if month % round(world.p.review_months) == 0:
            world_row = world.observed
            self.indicators = {
                name: world_row[name]
                for name in ("incidents_reported", "lag_open_closed", "lag_us_cn", "us_share_abroad")
            }
