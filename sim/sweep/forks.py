"""Forks: what several runs have in common is stepped through once, and they part where they must.

Two scenarios under the same random numbers share every bit until the first month in which a
difference can act. A chunk holds the runs of such scenarios; the first one of a pair is the trunk,
which leaves a copy of its world in memory at the months in which others part from it.
"""

from __future__ import annotations

import pickle  # noqa: TID251  copies of this process's own worlds, which never leave it
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.scenario.differences import first_difference, past_of

if TYPE_CHECKING:
    from sim.model.world import Series, World
    from sim.scenario.scenario import Scenario
    from sim.sweep.runs import Run


def parting_month(trunk: Scenario, other: Scenario) -> int:
    """Return the month (0 is January 2023) from which a scenario goes its own way, or the last."""
    first = first_difference(trunk, other)
    return trunk.months if first is None else first


@dataclass(slots=True)
class _Trunk:
    """The first run of a pair, and copies of its world by the month that comes next."""

    scenario: Scenario
    partings: list[int]
    left: int
    worlds: dict[int, bytes] = field(default_factory=dict)


class Forks:
    """Makes the runs of one chunk, each at most once; a run that fails fails alone.

    Parameters
    ----------
    runs
        In the order in which they are made.
    seed
        Root seed.
    families
        Whether shares of families are kept.
    """

    def __init__(self, runs: Iterable[Run], seed: int, *, families: bool = False) -> None:
        self.seed, self.families = seed, families
        self._trunks: dict[Hashable, _Trunk] = {}
        for run in runs:
            key = self._key(run)
            if key not in self._trunks:
                self._trunks[key] = _Trunk(run.scenario, [], 0)
            else:
                trunk = self._trunks[key]
                trunk.partings.append(parting_month(trunk.scenario, run.scenario))
            self._trunks[key].left += 1

    @staticmethod
    def _key(run: Run) -> Hashable:
        return run.id.luck, past_of(run.scenario)

    def make(self, run: Run) -> Series:
        """Return the series of a run, the same to the bit as those of a world of its own."""
        trunk = self._trunks[self._key(run)]
        trunk.left -= 1
        try:
            world = self._world(run, trunk)
            if run.scenario is trunk.scenario:
                for month in sorted({month for month in trunk.partings if month > 0}):
                    while world.running and world.month + 1 < month:
                        world.step()
                    trunk.worlds[month] = pickle.dumps(world, protocol=5)
            return world.run()
        finally:
            if not trunk.left:
                trunk.worlds.clear()

    def _world(self, run: Run, trunk: _Trunk) -> World:
        """Return a world that has gone as far as others have gone for it."""
        from sim.model.phases import keep_families
        from sim.model.world import World

        if run.scenario is not trunk.scenario:
            kept = trunk.worlds.get(parting_month(trunk.scenario, run.scenario))
            if kept is not None:
                copy: World = pickle.loads(kept)
                copy.go_on_under(run.scenario)
                return copy
        world = World(run.scenario, rng=self.seed, replication=run.id.luck)
        if self.families:
            world.phases = (*world.phases, keep_families)
        return world
