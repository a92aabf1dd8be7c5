"""Finished worlds are freed: runs leave nothing behind in memory."""

import gc
import weakref
from pathlib import Path

import pytest

from sim.model.world import World
from sim.scenario.scenario import load


def test_a_finished_world_is_freed():
    short = load("status-quo", settings=["horizon.end=2024-12"])
    world = World(short, rng=1)
    series = world.run()
    gone = [
        weakref.ref(x) for x in (world, world.adopters, world.catalogue, world.labs[0], world.law)
    ]
    del world
    gc.collect()
    assert [reference() for reference in gone] == [None] * len(gone)
    assert series.values.shape[0] == 24


def test_ten_runs_leave_no_object_behind():
    short = load("status-quo", settings=["horizon.end=2024-12"])

    def objects(runs):
        for seed in range(runs):
            World(short, rng=seed).run()
        gc.collect()
        return len(gc.get_objects())

    before = objects(2)
    assert objects(10) - before < 30


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="reads memory in use as Linux gives it"
)
def test_thirty_runs_do_not_grow_memory():
    """Counted from the thirtieth run on: until then the allocator settles."""
    short = load("status-quo", settings=["horizon.end=2024-12"])

    def megabytes(runs):
        for seed in range(runs):
            World(short, rng=seed).run()
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    before = megabytes(30)
    assert megabytes(30) - before < 5.0
