"""Runs: which one each is, and so what luck it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

MOST_REPLICATIONS = 99_999


class RunId(NamedTuple):
    """Which run: a design point, the number of its draw and a replication.

    Written POINT:DRAW:REPLICATION.
    """

    point: str
    draw: int
    replication: int

    def __str__(self) -> str:
        return ":".join(map(str, self))

    @property
    def pair(self) -> str:
        """Draw and replication in words; a design without draws has draw 0 alone."""
        draw = f"draw {self.draw}, " if self.draw else ""
        return f"{draw}replication {self.replication}"

    @property
    def luck(self) -> int:
        """What a world takes as its replication, so that each pair has luck of its own.

        That of draw 0 is the replication itself: a design without draws is one draw of nothing.
        """
        return self.draw * (MOST_REPLICATIONS + 1) + self.replication


@dataclass(frozen=True, slots=True)
class Run:
    """One run: a world, and which draw and replication choose its random numbers."""

    id: RunId
    case: str
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a worker does in one go: runs of cases that start alike and end together."""

    number: int
    runs: tuple[Run, ...]
