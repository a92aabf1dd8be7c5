"""One adopter of the panel as an object, made on access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.model.kernels.choice import NONE
from sim.model.kernels.market import N_CHANNELS
from sim.vocabulary import CHANNELS, MODES

if TYPE_CHECKING:
    from sim.model.agents.adopters import Adopters


class AdopterView:
    """One adopter as an object; made on access, registered nowhere."""

    __slots__ = ("index", "population")

    def __init__(self, population: Adopters, index: int) -> None:
        self.population, self.index = population, index

    @property
    def cell(self) -> int:
        """Number of the adopter's country and channel."""
        return int(np.searchsorted(self.population.start, self.index, side="right")) - 1

    @property
    def country(self) -> str:
        """Country code."""
        return self.population.world.countries[self.cell // N_CHANNELS].code

    @property
    def channel(self) -> str:
        """Channel name."""
        return CHANNELS[self.cell % N_CHANNELS]

    @property
    def weight(self) -> float:
        """Use that the adopter stands for (share of its channel's world size)."""
        p, cell = self.population, self.cell
        use = p.size.flat[cell] * p.world.use.flat[cell]
        return float(use / (p.start[cell + 1] - p.start[cell]))

    @property
    def family(self) -> str | None:
        """Lab whose releases the adopter uses."""
        slot = int(self.population.choice[self.index])
        return None if slot == NONE else self.population.world.labs[slot // len(MODES)].info.slug

    @property
    def mode(self) -> str | None:
        """Release mode in use."""
        slot = int(self.population.choice[self.index])
        return None if slot == NONE else MODES[slot % len(MODES)]
