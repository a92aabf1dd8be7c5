"""A world from its first month to its last."""

from __future__ import annotations

import pytest

from sim.model.world import World
from sim.scenario.scenario import load


def test_a_step_after_the_end_says_that_the_world_has_ended_and_changes_nothing() -> None:
    world = World(load("status-quo", settings=["horizon.end=2024-12", "adopters=3500"]), rng=0)
    series = world.run()
    with pytest.raises(
        RuntimeError, match=r"2024-12 is the last month of its horizon.*a later horizon\.end"
    ):
        world.step()
    assert (world.month, world.running) == (23, False)
    assert (world.series().values == series.values).all()
