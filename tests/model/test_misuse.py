"""Misuse: which way each cause works on routes, attempts, defence and bans.

That some policy reduces misuse or exposure is a finding and stands in no test.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.model.agents.malicious import Scene
from sim.model.kernels.misuse import KIND, ORIGIN, best_by_route
from sim.model.phases import misuse
from sim.vocabulary import API, CN, DOMAINS, GATED, OPEN_WEIGHTS, ROUTES, US

NO_MODEL, STRIP, JAILBREAK, GATED_ROUTE, OWN_STATE = range(5)


def routes(kind, origin=None):
    return np.flatnonzero((kind == KIND) & ((origin is None) | (origin == ORIGIN)))


@pytest.fixture
def scenes(world_at):
    """Scenes of one world's month under other parameters; nothing else differs."""
    world = world_at(40)

    def look(**parameters):
        for name, value in parameters.items():
            setattr(world.p, name, value)
        return Scene(world)

    look.world = world
    return look


# routes


def test_dearer_stripping_is_chosen_less(scenes):
    cheap, dear = scenes(strip_cost=200.0), scenes(strip_cost=5000.0)
    poor = scenes.world.actors.budget < 1e4
    stripping = np.concatenate((routes(STRIP), routes(GATED_ROUTE)))
    before, after = (s.odds[poor][:, :, stripping].sum(axis=2) for s in (cheap, dear))
    assert (after <= before).all()
    assert after.sum() < 0.9 * before.sum()
    np.testing.assert_array_equal(cheap.chance, dear.chance)


def test_stronger_refusal_protects_the_services_that_refuse(scenes):
    weak, strong = scenes(refusal=0.5), scenes(refusal=0.99)
    protected, other = routes(JAILBREAK, US), routes(JAILBREAK, CN)
    assert (strong.chance[:, :, protected] <= weak.chance[:, :, protected]).all()
    assert strong.chance[:, :, protected].sum() < weak.chance[:, :, protected].sum()
    np.testing.assert_array_equal(strong.chance[:, :, other], weak.chance[:, :, other])
    assert strong.odds[:, :, protected].sum() < weak.odds[:, :, protected].sum()


@pytest.mark.parametrize("domain", range(len(DOMAINS)))
def test_a_higher_threshold_makes_its_domain_harder(scenes, domain):
    name = f"threshold_{DOMAINS[domain]}"
    before = Scene(scenes.world)
    after = scenes(**{name: getattr(scenes.world.p, name) + 10.0})
    others = np.arange(len(DOMAINS)) != domain
    assert (after.chance[:, domain] <= before.chance[:, domain]).all()
    assert after.chance[:, domain].sum() < before.chance[:, domain].sum()
    np.testing.assert_array_equal(after.chance[:, others], before.chance[:, others])


def test_more_skill_and_more_capable_releases_succeed_more(scenes):
    before = Scene(scenes.world)
    scenes.world.catalogue.columns.capability[:] += 5.0
    capable = Scene(scenes.world)
    scenes.world.actors.skill += 5.0
    skilled = Scene(scenes.world)
    with_model = np.flatnonzero(KIND != NO_MODEL)
    for less, more in ((before, capable), (capable, skilled)):
        assert (more.chance[:, :, with_model] >= less.chance[:, :, with_model]).all()
        assert more.chance.sum() > less.chance.sum()


def test_actors_take_the_best_route_the_more_the_more_they_weigh_success(scenes):
    found = []
    for weight in (0.0, 6.0, 500.0):
        scene = scenes(route_weight=weight, strip_cost=0.0)
        acting = scenes.world.actors.mix > 0.0
        expected = (scene.odds * scene.chance).sum(axis=2)[acting]
        best = scene.chance.max(axis=2)[acting]
        found.append(float((expected / best).mean()))
    assert found == sorted(found)
    assert found[-1] > 0.99


def test_control_of_publication_turns_stripping_into_gated_access():
    """One US release, open, controlled or mirrored, and one service."""

    def catalogue(controlled, mirrored):
        return {
            "origin": np.array([US, US]), "mode": np.array([OPEN_WEIGHTS, API]),
            "capability": np.array([150.0, 160.0]),
            "controlled": np.array([controlled, 0.0]), "mirrored": np.array([mirrored, False]),
            "safeguard": np.array([0, 0]),
        }  # fmt: skip

    def best(controlled, mirrored):
        rows, found = best_by_route.py_func(
            SimpleNamespace(**catalogue(controlled, mirrored)), 2, 1, 100.0
        )
        row, capability = rows[0], found[0]
        return {
            ROUTES[r]: (int(row[r]), float(capability[r]))
            for r in range(len(ROUTES))
            if row[r] >= 0
        }

    service = {"jailbreak_us": (1, 160.0)}
    assert best(0.0, True) == best(1.0, True) == {"strip_us": (0, 150.0), **service}
    assert best(1.0, False) == {"gated_us": (0, 150.0), **service}
    assert best(0.0, False) == {"strip_us": (0, 150.0), **service}


def test_chinese_state_actors_alone_have_their_own_states_releases(world_at):
    world = world_at(30)
    own = routes(OWN_STATE)
    state = np.array([actor.kind.name == "cn_state" for actor in world.malicious])
    assert (world.scene.odds[~state][:, :, own] == 0.0).all()
    assert world.scene.odds[state][:, :, own].sum() > 0.0
    assert world.catalogue.columns.origin[world.scene.releases[0][own[0]]] == CN


def test_checks_hold_back_actors_whose_home_is_denied(world_at, decree, release_by_hand):
    gate, found = routes(GATED_ROUTE, US), []
    for bar in ({}, {"bar": decree("denial", 3.0, origins=(US,))}):
        world = world_at(30, {"leak_hazard": 0.0}, **bar)
        release_by_hand(world, mode=GATED, capability=180.0)
        world.step()
        found.append(world.scene.chance[:, :, gate])
    acting = world.actors.mix > 0.0
    knows = acting & world.actors.known[:, gate]
    assert (found[0][knows] > 0.0).all()
    np.testing.assert_allclose(found[1], found[0] * np.exp(-3.0))


# attempts, defence, bans


def test_expected_harm_is_proportional_to_attempts_and_to_what_defence_leaves(scenes):
    before, twice = scenes(attempts=31.0), scenes(attempts=62.0)
    for kind in before.expected:
        assert twice.expected[kind] == pytest.approx(2.0 * before.expected[kind])
    scenes.world.defence += 1.0
    after = scenes(attempts=31.0)
    assert after.success_left < before.success_left
    for kind in before.expected:
        assert after.expected[kind] / before.expected[kind] == pytest.approx(
            after.success_left / before.success_left
        )


def test_attempts_follow_use_and_automation(scenes):
    before = scenes(automation=0.0)
    assert scenes(automation=0.1).attempts_each > before.attempts_each
    people = scenes.world.tally.people
    people[0] *= 2.0
    assert scenes(automation=0.0, attempts_use_exponent=1.0).attempts_each > before.attempts_each
    people[0] /= 2.0


def test_defence_stops_no_more_than_its_ceiling(scenes):
    scenes.world.defence = 1e6
    assert scenes(defence_ceiling=0.4).success_left == pytest.approx(0.6)
    scenes.world.defence = 0.0
    assert scenes().success_left == 1.0


def test_funding_and_reporting_speed_defence(world_at, decree):
    plain = world_at(36)
    for field, value in (("defence", 0.5), ("reporting", 2.0)):
        assert world_at(36, law=decree(field, value, "2025-01")).defence > plain.defence


def test_detection_bars_a_route_for_a_time(world_at):
    world = world_at(20, {"detection": 1.0, "ban_months": 3.0, "attempts": 2000.0})
    jailbroken = [(i.actor, i.route) for i in world.scene.incidents if i.route == "jailbreak"]
    assert jailbroken
    banned = world.actors.banned_until > world.month
    assert banned.any()
    assert set(KIND[np.flatnonzero(banned.any(axis=0))].tolist()) == {JAILBREAK}
    assert world.actors.banned_until.max() == world.month + 1 + 3
    world.p.detection = 0.0
    for _ in range(4):
        misuse(world)
        assert not (
            world.scene.odds.sum(axis=1)[world.actors.banned_until > world.month] > 0.0
        ).any()
        world.month += 1
    assert not (world.actors.banned_until > world.month).any()


def test_harm_of_incidents_has_the_stated_mean_and_tail(world_at):
    world, harms = world_at(0, {"attempts": 3000.0, "severity_sd": 1.0}), []
    for _ in range(30):
        world.step()
        harms += [i.harm for i in world.scene.incidents if i.domain == "fraud"]
    fraud = np.array(harms)
    assert len(fraud) > 10_000
    assert fraud.mean() == pytest.approx(world.p.harm_fraud, rel=0.1)
    assert np.log(fraud).std() == pytest.approx(1.0, rel=0.05)


def test_incidents_are_as_many_as_the_chances_say(world_at):
    world = world_at(30, {"attempts": 3000.0, "detection": 0.0})
    scene = world.scene
    expected = (
        scene.attempts_each
        * scene.success_left
        * (world.actors.mix * (scene.odds * scene.chance).sum(axis=2)).sum()
    )
    assert len(world.scene.incidents) == pytest.approx(expected, abs=4.0 * expected**0.5)
