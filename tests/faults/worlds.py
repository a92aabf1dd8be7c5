"""Worlds in which something goes wrong, and one that takes its time.

Workers import them from here.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from sim.scenario.scenario import Scenario
from tests.sweep.fake import Series, world

SECONDS = 0.02
"""What a run of `paced` takes: a chunk is then about a sixth of a second."""


def paced(scenario: Scenario, replication: int, seed: int, *, seconds: float = SECONDS) -> Series:
    """Take some time, so that a sweep is caught in the middle of its work."""
    time.sleep(seconds)
    return world(scenario, replication, seed)


def dies_once(scenario: Scenario, replication: int, seed: int, *, marker: str) -> Series:
    """Kill the worker in replication 11, the first time; a file remembers."""
    if replication == 11 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return paced(scenario, replication, seed)


def dies_always(scenario: Scenario, replication: int, seed: int) -> Series:
    """Kill the worker in replication 11 of the scenario with a policy."""
    if replication == 11 and scenario.policy:
        os.kill(os.getpid(), signal.SIGKILL)
    return paced(scenario, replication, seed)


def short_of_files(
    scenario: Scenario, replication: int, seed: int, *, marker: str, times: int = 10**6
) -> Series:
    """Have no file handle left in replication 11 of the scenario with a policy, so many times.

    A file remembers.
    """
    if replication == 11 and scenario.policy:
        with Path(marker).open("a+") as file:
            file.write("x")
            file.seek(0)
            if len(file.read()) <= times:
                raise OSError(errno.EMFILE, "Too many open files", "table.csv")
    return paced(scenario, replication, seed)


def always_short_of_files(scenario: Scenario, replication: int, seed: int) -> Series:
    """Have no file handle left in replication 11 of the scenario with a policy."""
    return short_of_files(scenario, replication, seed, marker=os.devnull)


def gathers(
    scenario: Scenario, replication: int, seed: int, *, place: str, wanted: int, after: int
) -> Series:
    """From replication `after` on wait until so many workers are at work at the same time, once."""
    here, gathered = Path(place), Path(place) / "gathered"
    mine = here / f"{os.getpid()}.busy"
    mine.touch()
    while replication >= after and not gathered.exists():
        if len(list(here.glob("*.busy"))) >= wanted:
            gathered.touch()
        time.sleep(SECONDS)
    mine.unlink()
    return world(scenario, replication, seed)


def loses_workers(
    scenario: Scenario, replication: int, seed: int, *, marker: str, times: int
) -> Series:
    """Kill the worker in replication 0, so many times; a file remembers."""
    if replication == 0:
        with Path(marker).open("a+") as file:
            file.write("x")
            file.seek(0)
            if len(file.read()) <= times:
                file.close()
                os.kill(os.getpid(), signal.SIGKILL)
    return paced(scenario, replication, seed)


def full(scenario: Scenario, replication: int, seed: int, *, seconds: float = SECONDS) -> Series:
    """Have no space left on the machine whose environment says so."""
    if os.environ.get("OPENSTAKES_TEST_FULL"):
        raise OSError(errno.ENOSPC, "No space left on device", "part")
    return paced(scenario, replication, seed, seconds=seconds)


def real_but_dies(scenario: Scenario, replication: int, seed: int) -> Series:
    """Run the model, except where `dies_always` would die."""
    from sim.model.world import World

    if replication == 11 and scenario.policy:
        os.kill(os.getpid(), signal.SIGKILL)
    series: Series = World(scenario, rng=seed, replication=replication).run()
    return series
