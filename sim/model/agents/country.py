"""Countries: third-country adopters and their government, as they meet other countries' law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.vocabulary import CHANNELS, ORIGINS

if TYPE_CHECKING:
    from sim import data
    from sim.model.agents.adopter_view import AdopterView
    from sim.model.world import World


class Country(mesa.Agent):
    """One country (or regional group).

    Its use, trust and adopters live in the world's arrays at ``index``.
    """

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
        return dict(zip(ORIGINS, self.model.trust.supply[self.index].tolist(), strict=True))

    @property
    def adopters(self) -> list[AdopterView]:
        """The country's part of the panel."""
        return self.model.adopters.of(self.index)

    def hear(self, origin: int, lab: int) -> None:
        """A compromise of a family in use became known: trust in its origin's security falls."""
        world = self.model
        reliance = float(world.tally.country[self.index, lab])
        world.trust.security[self.index, origin] *= 1.0 - world.p.trust_penalty * reliance
