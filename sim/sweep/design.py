"""The design of a sweep: which worlds are run, how often, and the chunks in which they are run.

A run is a (design point, replication) under one root seed, and its random numbers depend on the root seed, the
replication and the decision only. So neither the order of the runs, nor their number, nor who runs them can change one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.parameters import PARAMETERS

if TYPE_CHECKING:
    from sim.scenario import Scenario

STATED = "as stated"
WITHOUT_ASSUMED = "no assumed responses"
BLOCK = 8
"""Replications in a full chunk: about a second of work, so that little is lost with a worker and progress is seen."""


@dataclass(frozen=True, slots=True)
class DesignPoint:
    """A world to be run.

    Attributes
    ----------
    scenario : Scenario
        The validated scenario.
    variant : str
        `STATED`, or `WITHOUT_ASSUMED` for the twin with all assumed responses at 0.
    """

    scenario: Scenario
    variant: str = STATED

    @property
    def id(self) -> str:
        """The scenario's id: 16 hex digits of its content."""
        return self.scenario.id


@dataclass(frozen=True, slots=True)
class Chunk:
    """The runs of one scenario with replications `first` to `stop - 1`: what a worker does in one go."""

    scenario: Scenario
    first: int
    stop: int

    @property
    def key(self) -> str:
        """Name of the chunk, the same in every process."""
        return chunk_key(self.scenario.id, self.first, self.stop)

    @property
    def size(self) -> int:
        """Number of runs."""
        return self.stop - self.first


def chunk_key(point: str, first: int, stop: int) -> str:
    """Return the name of the chunk of a design point with replications `first` to `stop - 1`."""
    return f"{point}-{first:05d}-{stop:05d}"


@dataclass(frozen=True, slots=True)
class Design:
    """The worlds of a sweep.

    Attributes
    ----------
    points : tuple of DesignPoint
        The first is the reference. Two points may hold the same world; it is then run once.
    replications : int
        Runs of each world, with the same random numbers across worlds.
    seed : int
        Root seed, 0 to 2**63 - 1.
    """

    points: tuple[DesignPoint, ...]
    replications: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a design needs at least one scenario")
        if not _whole(self.replications) or not 1 <= self.replications <= 99_999:
            raise ValueError(f"replications = {self.replications!r}: must be a whole number from 1 to 99999")
        if not _whole(self.seed) or not 0 <= self.seed < 2**63:
            raise ValueError(f"seed = {self.seed!r}: must be a whole number from 0 to 2**63 - 1")
        names = sorted((point.scenario.name, point.variant) for point in self.points)
        twice = [name for (name, variant), other in pairwise(names) if (name, variant) == other]
        if twice:
            raise ValueError(f"scenario {twice[0]!r} occurs twice; give one of them another name")

    @classmethod
    def of(cls, scenarios: Sequence[Scenario], replications: int, seed: int, *, also_without_assumed: bool) -> Design:
        """Return the design of a comparison of scenarios, the reference first.

        With `also_without_assumed` each scenario, the reference included, has a twin with all assumed responses at 0.
        """
        points = [DesignPoint(scenario) for scenario in scenarios]
        if also_without_assumed:
            points += [DesignPoint(without_assumed(scenario), WITHOUT_ASSUMED) for scenario in scenarios]
        return cls(tuple(points), replications, seed)

    def worlds(self) -> dict[str, Scenario]:
        """Return the different worlds by id, in the order of the points."""
        found: dict[str, Scenario] = {}
        for point in self.points:
            found.setdefault(point.id, point.scenario)
        return found

    def chunks(self) -> list[Chunk]:
        """Return the chunk plan: all worlds' first replications, then all worlds' next ones.

        It depends on the design alone, and a sweep stopped half-way has the same replications of every world.
        """
        edges = [*range(0, self.replications, BLOCK), self.replications]
        return [Chunk(world, first, stop) for first, stop in pairwise(edges) for world in self.worlds().values()]

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.worlds()) * self.replications


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def without_assumed(scenario: Scenario) -> Scenario:
    """Return the scenario under its own name with every assumed response at 0."""
    off = {name: 0.0 for name, parameter in PARAMETERS.items() if parameter.assumed}
    return type(scenario).model_validate({**scenario.as_table(), "parameters": {**scenario.parameters, **off}})
