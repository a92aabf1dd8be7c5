"""Countries: third-country adopters and their government, as they meet other countries' law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.parameters import CHANNELS

if TYPE_CHECKING:
    from sim import data
    from sim.agents.adopters import AdopterView
    from sim.world import World


class Country(mesa.Agent):
    """One country (or regional group). Its use, trust and adopters live in the world's arrays at ``index``."""

    def __init__(self, model: World, index: int, info: data.Country) -> None:
        super().__init__(model)
        self.index, self.info = index, info

    @property
    def use(self) -> dict[str, float]:
        """Share that uses AI, by channel."""
        return dict(zip(CHANNELS, self.model.use[self.index].tolist(), strict=True))

    @property
    def trust(self) -> dict[str, float]:
        """Trust in each origin's supply, 0 to 1."""
        return dict(zip(("US", "CN", "other"), self.model.supply[self.index].tolist(), strict=True))

    @property
    def adopters(self) -> list[AdopterView]:
        """The country's part of the panel."""
        return self.model.adopters.of(self.index)

    def meet(self, origin: int, alarm: float) -> None:
        """Refusals, cut-offs or failed checks hit those who use the origin: trust in its supply falls."""
        world = self.model
        reliance = min(1.0, float((world.tally.country[self.index] * world.family_origin[origin]).sum()))
        world.supply[self.index, origin] *= 1.0 - min(1.0, world.p.trust_penalty * alarm * reliance)
