"""Leaks and mirrors: which controlled and closed releases get out, and when."""

import numpy as np
import pytest

from sim.model.phases import leak
from sim.vocabulary import API, GATED, OPEN_WEIGHTS, US
from tests.model.labs import command


def gated_release(world, release_by_hand, controlled):
    if controlled:
        command(world, controlled=1.0)
    return release_by_hand(world, mode=OPEN_WEIGHTS if controlled else GATED)


@pytest.mark.parametrize("controlled", [True, False])
def test_certain_leaks_reach_mirrors_the_next_month(world_at, release_by_hand, controlled):
    world = world_at(20, {"leak_hazard": 1.0})
    row = gated_release(world, release_by_hand, controlled)
    assert not world.catalogue.columns.mirrored[row]
    world.step()
    assert world.catalogue.columns.mirrored[row]


@pytest.mark.parametrize("controlled", [True, False])
def test_without_hazard_nothing_leaks(world_at, release_by_hand, controlled):
    world = world_at(20, {"leak_hazard": 0.0, "theft_hazard": 0.0})
    row = gated_release(world, release_by_hand, controlled)
    while world.month < 22:
        world.step()
    assert not world.catalogue.columns.mirrored[row]
    assert world.releases.leaks == {}


def test_weights_are_free_once_the_control_ends(world_at, release_by_hand):
    world = world_at(20, {"leak_hazard": 0.0})
    row = gated_release(world, release_by_hand, controlled=True)
    world.step()
    assert not world.catalogue.columns.mirrored[row]
    command(world, controlled=0.0)
    world.step()
    assert world.catalogue.columns.mirrored[row]


def test_held_releases_are_the_controlled_ones_on_no_mirror(world_at, release_by_hand, decree):
    control = decree("controlled", 0.7, "2024-01", origins=(US,))
    world = world_at(
        20, {"leak_hazard": 0.2}, control=control, keep=decree("containment", 0.3, "2024-01")
    )
    for _ in range(60):
        release_by_hand(world)
    found = []
    for _ in range(8):
        c = world.catalogue
        held = np.flatnonzero((c.column("controlled") > 0.0) & ~c.column("mirrored")).tolist()
        assert world.ideas.held() == held
        found.append(len(held))
        world.step()
    assert found[0] > found[-1] > 0


def test_contained_releases_never_leak(world_at, release_by_hand):
    world = world_at(20, {"leak_hazard": 1.0})
    command(world, controlled=1.0, containment=1.0)
    row = release_by_hand(world)
    assert world.catalogue.columns.contained[row]
    world.step()
    assert not world.catalogue.columns.mirrored[row]


def test_leaks_wait_as_long_as_their_hazard_says(world_at, release_by_hand):
    world = world_at(20, {"leak_hazard": 0.25, "theft_hazard": 0.0})
    command(world, controlled=1.0)
    rows = {release_by_hand(world) for _ in range(400)}
    waits = [
        month - world.month
        for month, due in world.releases.leaks.items()
        for row in due
        if row in rows
    ]
    assert len(waits) == 400
    assert min(waits) == 1
    assert np.mean(waits) == pytest.approx(4.0, rel=0.15)


def test_free_weights_are_mirrored_at_once_and_closed_ones_are_not(world_at, release_by_hand):
    world = world_at(20)
    free, closed = release_by_hand(world), release_by_hand(world, mode=API)
    assert world.catalogue.columns.mirrored[[free, closed]].tolist() == [True, False]
    world.releases.mirror(closed)
    leak(world)
    assert world.catalogue.columns.mirrored[closed]
