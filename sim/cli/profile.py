"""Where the time of a run goes: `openstakes run --profile`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sim.model.world import World
    from sim.scenario.scenario import Scenario

REST = "rest"
"""Name of what belongs to no phase: making the world, and Mesa's collector."""


class Times(NamedTuple):
    """Milliseconds of a run's parts, by the clock and by the processor.

    Attributes
    ----------
    parts : dict of str to (float, float)
        By name of the phase, in order, and `REST`; the processor's may be more than the clock's
        where several threads work.
    """

    parts: dict[str, tuple[float, float]]

    @property
    def total(self) -> tuple[float, float]:
        """The whole run's."""
        wall, processor = zip(*self.parts.values(), strict=True)
        return sum(wall), sum(processor)

    def share(self, name: str) -> float:
        """The part's share of the run's processor time."""
        return self.parts[name][1] / self.total[1]

    def content(self) -> dict[str, Any]:
        """As plain content."""
        parts = {
            name: {"wall_ms": wall, "processor_ms": processor, "share": self.share(name)}
            for name, (wall, processor) in self.parts.items()
        }
        wall, processor = self.total
        whole = {"wall_ms": wall, "processor_ms": processor}
        return {"replication": 0, "phases": parts, "whole_run": whole}


class _Stopwatch:
    """Adds up what calls take by name."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, float]] = {}

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return what does the work and enters its time under a name."""

        def timed(*arguments: Any) -> Any:
            wall, processor = time.perf_counter(), time.process_time()
            try:
                return work(*arguments)
            finally:
                before = self.spent.get(name, (0.0, 0.0))
                self.spent[name] = (
                    before[0] + 1000.0 * (time.perf_counter() - wall),
                    before[1] + 1000.0 * (time.process_time() - processor),
                )

        return timed


def watched(make: Callable[[], World]) -> tuple[World, Times]:
    """Make a world, run it to its end and return both it and where its time went.

    The world itself is not changed but for `World.phases` of this one object.
    """
    watch = _Stopwatch()

    def whole() -> World:
        world = make()
        phases: Any = tuple(watch.timed(phase.__name__, phase) for phase in world.phases)
        world.phases = phases
        world.run()
        return world

    world = watch.timed(REST, whole)()
    wall, processor = watch.spent.pop(REST)
    of_phases = Times(watch.spent).total
    rest = {REST: (max(0.0, wall - of_phases[0]), max(0.0, processor - of_phases[1]))}
    return world, Times(watch.spent | rest)


def profile_of(scenario: Scenario, seed: int) -> Times:
    """Return where the time of a scenario's first replication goes.

    It is run twice, and timed the second time: when all compiled code is loaded.
    """
    from sim.model.world import World

    World(scenario, rng=seed).run()
    return watched(lambda: World(scenario, rng=seed))[1]


def print_profile(times: Times) -> None:
    """Print on stderr where the time of a run went."""
    from rich.console import Console

    from sim.cli.terminal import new_table, print_table

    table = new_table(("Phase", "ms", "Processor ms", "Share"), right=(1, 2, 3))
    for name, (wall, processor) in times.parts.items():
        table.add_row(name, f"{wall:.1f}", f"{processor:.1f}", f"{times.share(name):.0%}")
    wall, processor = times.total
    table.add_row("whole run", f"{wall:.1f}", f"{processor:.1f}", "")
    screen = Console(file=sys.stderr, markup=False, highlight=False, width=100)
    screen.print("Time of replication 0, run once more when all compiled code is loaded")
    print_table(screen, table)
