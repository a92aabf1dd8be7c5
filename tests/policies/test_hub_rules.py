"""Rules for hubs: friction on all, takedowns and mirrors, scans of files."""

import numpy as np
import pytest

from sim.model.agents.malicious import Scene
from sim.model.hubs import Hub, scan_files
from sim.vocabulary import DEVELOPER, OPEN_WEIGHTS, US


class Rules:
    def __init__(self, takedown, remirroring):
        self.takedown, self.remirroring = takedown, remirroring


def hosted(takedown, remirroring, months=24, keep=0.93):
    hub = Hub()
    for _ in range(months):
        hub.host(1.0, keep, Rules(takedown, remirroring))
    return hub


def test_without_takedowns_everything_is_on_hubs_and_stripping_costs_what_it_did():
    hub = hosted(0.0, 0.8)
    assert hub.shares() == (1.0, 0.0)
    assert hub.search() == Hub().search() == 1.0


@pytest.mark.parametrize("takedown", [0.1, 0.5])
def test_stripped_derivatives_move_to_mirrors_and_what_does_not_is_gone(takedown):
    """Closed form of the steady state: a hub keeps 1 - t of what it had and of what is new."""
    keep = 0.93
    hub = hosted(takedown, 0.6, months=400, keep=keep)
    made = 1.0 / (1.0 - keep)
    stays = (1.0 - takedown) / (1.0 - keep * (1.0 - takedown))
    moved = takedown * 0.6 * (1.0 + keep * stays) / (1.0 - keep)
    assert hub.made == pytest.approx(made)
    assert hub.shares() == (pytest.approx(stays / made), pytest.approx(moved / made))
    assert hub.search() == pytest.approx(made / (stays + moved))


def test_the_more_appears_on_mirrors_the_less_a_takedown_costs_anybody():
    costs = [hosted(0.5, mirrored).search() for mirrored in (0.3, 0.8, 1.0)]
    assert costs[0] > costs[1] > costs[2] == pytest.approx(1.0)
    assert hosted(1.0, 0.0).search() == 100.0


def test_takedowns_make_stripping_dearer_for_those_who_count_their_money(world_at, policy):
    worlds = [world_at(50)] + [
        world_at(
            50,
            hubs=policy("L12", gating="none", takedown_rate=0.9, mirror_prob=x, scan_coverage=0.0),
        )
        for x in (1.0, 0.3)
    ]
    searches = [world.hub.search() for world in worlds]
    assert searches[0] == 1.0
    assert searches[1] == pytest.approx(1.0)
    assert searches[2] > 1.5
    strip = slice(1, 4)
    poor = worlds[0].actors.budget < 1e4
    world = worlds[2]
    dear = Scene(world).odds[poor][:, :, strip].sum()
    world.hub = Hub()
    assert dear < Scene(world).odds[poor][:, :, strip].sum()
    assert worlds[2].observed["stripped_on_mirrors"] > 0.0


def test_checks_on_hubs_burden_every_origins_downloads_outside_china_alone(world_at, policy):
    world = world_at(37, hubs=policy("L12", gating="identity", identity_loss=0.2))
    friction = world.law.friction
    inside = np.array([c.bloc == "CN" for c in world.countries])
    assert (friction[inside] == 0.0).all()
    np.testing.assert_allclose(friction[~inside][:, :, DEVELOPER, OPEN_WEIGHTS:], -np.log(0.8))
    assert (np.delete(friction, DEVELOPER, axis=2) == 0.0).all()
    clicks = world_at(37, hubs=policy("L12", gating="click")).law.friction
    none = world_at(37, hubs=policy("L12", gating="none")).law.friction
    assert none.max() == 0.0 < clicks.max() < friction.max()


def test_scans_mend_files_and_never_weights(world_at):
    world = world_at(40, {"compromise": 0.5, "file_level": 0.5})
    c = world.catalogue.columns
    n = len(world.catalogue)
    before = c.compromised[:n].copy()
    found = []
    for coverage in (0.3, 1.0):
        world.law.scan = coverage
        found.append(scan_files(world))
    left = c.compromised[:n]
    assert 0 < found[0] < sum(found)
    assert not (left & ~before).any()
    assert left.sum() == before.sum() - sum(found)
    assert 0.3 < sum(found) / before.sum() < 0.7
    assert scan_files(world) == 0, "what a scan misses sits in weights"
    world.p.file_level = 0.0
    c.compromised[:n] = before
    assert scan_files(world) == 0


def test_a_scan_mends_derivatives_too(world_at):
    world = world_at(40, {"compromise": 1.0, "file_level": 1.0})
    assert world.derivatives.tainted.sum() > 0.0
    world.law.scan = 1.0
    stock = world.derivatives.tainted.sum()
    assert scan_files(world) > 0
    assert world.derivatives.tainted.sum() < stock


def test_hub_rules_do_not_hide_us_weights_from_mirrors(world_at, policy):
    world = world_at(50, hubs=policy("L12", gating="identity"))
    c = world.catalogue
    opened = (c.column("mode") >= OPEN_WEIGHTS) & (c.column("origin") == US)
    assert c.column("mirrored")[opened].all()
