"""Misuse, compromise, audits and trust: which way each cause works inside its mechanism.

That some policy reduces misuse or exposure is a finding and stands in no test.
"""

from collections import Counter
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from sim.model.agents.auditor import Auditor
from sim.model.agents.malicious import Scene
from sim.model.kernels.misuse import KIND, ORIGIN, best_by_route
from sim.model.phases import misuse, respond
from sim.model.trust import exposure, meet_alarms, strike
from sim.model.world import World
from sim.scenario.scenario import Crisis, load
from sim.vocabulary import (
    API,
    CHANNELS,
    CLEAN,
    CN,
    DOMAINS,
    FLAGGED,
    GATED,
    MODES,
    OPEN_SOURCE,
    OPEN_WEIGHTS,
    ROUTES,
    UNAUDITED,
    US,
)

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


# compromise and audits


def programme_run(world_at, policy, months=48, lever="L7", **fields):
    """A world in which open releases are often compromised and audits begin in 2026."""
    return world_at(months, {"compromise": 0.3}, audits=policy(lever, **fields))


@pytest.mark.parametrize(
    ("fields", "of_compromised", "of_sound"),
    [
        ({"detect_prob": 1.0, "traceability": 1.0, "false_positive": 0.0}, FLAGGED, CLEAN),
        ({"detect_prob": 0.0, "traceability": 1.0, "false_positive": 0.0}, CLEAN, CLEAN),
        ({"detect_prob": 1.0, "traceability": 0.0, "false_positive": 0.0}, CLEAN, CLEAN),
        ({"detect_prob": 1.0, "traceability": 1.0, "false_positive": 1.0}, FLAGGED, FLAGGED),
    ],
)
def test_audits_find_what_their_power_and_traceability_let_them(
    world_at, policy, fields, of_compromised, of_sound
):
    c = programme_run(world_at, policy, **fields).catalogue
    found, compromised = c.column("public_finding"), c.column("compromised")
    audited = found != UNAUDITED
    assert set(found[audited & compromised].tolist()) == {of_compromised}
    assert set(found[audited & ~compromised].tolist()) == {of_sound}


def test_audits_keep_to_their_budget_and_their_lag(world_at, policy):
    for lag in (0, 4):
        world = programme_run(
            world_at, policy, months=42, budget=2.4e6, cost_per_audit=1e5, update_lag=lag
        )
        done = int((world.catalogue.column("public_finding") != UNAUDITED).sum())
        assert done == 2 * (6 - lag)
        assert world.auditors[0].done.sum() == 12


def test_audits_take_the_most_used_or_the_most_risky_first(world_at, policy):
    world = world_at(36)
    use, c = world.use_of_releases, world.catalogue
    opened = c.column("mode") >= OPEN_WEIGHTS
    programme = SimpleNamespace(priority="popularity")
    auditor = Auditor(world, "test", for_government=False)
    assert auditor.next_release(programme) == int(np.where(opened, use, 0.0).argmax())
    world.trust.risk[:] = (0.0, 1e6, 0.0)
    first = auditor.next_release(SimpleNamespace(priority="risk"))
    assert c.column("origin")[first] == CN
    assert first == int(np.where(opened & (c.column("origin") == CN), use, 0.0).argmax())
    auditor.done[:] = True
    assert auditor.next_release(programme) == -1


@pytest.mark.parametrize("lever", ["L6", "L7"])
def test_audits_may_begin_with_the_first_month(lever):
    setting = f"policy.audits={{lever='{lever}', start='2023-01'}}"
    world = World(load("status-quo", settings=[setting, "horizon.end=2024-12"]), rng=1)
    for _ in range(3):
        world.step()
    assert any(auditor.done.any() for auditor in world.auditors)


def test_government_suppliers_audit_what_their_governments_use(world_at):
    world = world_at(36)
    country = next(i for i, c in enumerate(world.countries) if c.code == "USA")
    first = Auditor(world, "test", for_government=True).next_release(
        SimpleNamespace(priority="popularity", countries=(country,))
    )
    adopters = [a for a in world.country_agents[country].adopters if a.channel == "government"]
    used = Counter((a.family, a.mode) for a in adopters if a.mode.startswith("open"))
    lab, mode = (
        world.labs[world.catalogue.columns.lab[first]].info.slug,
        world.catalogue[first].mode,
    )
    assert used[lab, mode] == max(used.values())


def test_what_an_audit_finds_belongs_to_the_release_and_not_to_its_row(world_at, release_by_hand):
    """One release more shifts all later rows: findings on the others stay what they were."""
    coin = SimpleNamespace(power=0.5, traceability=1.0, false_positive=0.5)
    findings = []
    for extra in (False, True):
        world = world_at(30)
        if extra:
            release_by_hand(world, lab=world.labs[world.slugs["meta"]])
        for _ in range(12):
            world.step()
        c, auditor = world.catalogue, world.auditors[0]
        labs = c.column("lab").tolist()
        findings.append({(lab, c.names[i]): auditor.examine(coin, i) for i, lab in enumerate(labs)})
    shared = [key for key in findings[0] if key in findings[1] and key[0] != world.slugs["meta"]]
    assert len(shared) > 200
    assert [key for key in shared if findings[0][key] != findings[1][key]] == []
    assert {findings[0][key] for key in shared} == {CLEAN, FLAGGED}


def test_private_audits_stay_private(world_at, policy):
    fields = {"detect_prob": 1.0, "traceability": 1.0}
    world = programme_run(world_at, policy, lever="L6", **fields)
    assert (world.catalogue.column("public_finding") == UNAUDITED).all()
    assert (world.catalogue.column("private_finding") == FLAGGED).any()
    assert (world.trust.security == 1.0).all()
    public = programme_run(world_at, policy, lever="L6", public_results=True, **fields)
    assert (public.catalogue.column("public_finding") == FLAGGED).any()
    assert public.trust.security.min() < 1.0


def used_open_release(world, origin):
    """The most used open release of an origin, and its family."""
    c, n = world.catalogue, len(world.use_of_releases)
    wanted = (c.column("mode")[:n] >= OPEN_WEIGHTS) & (c.column("origin")[:n] == origin)
    row = int(np.where(wanted, world.use_of_releases, 0.0).argmax())
    assert world.use_of_releases[row] > 0.01
    return row


@pytest.mark.parametrize("origin", [US, CN])
def test_findings_move_users_whatever_the_origin(world_at, origin):
    """A clean public audit draws the concerned, a finding drives them away."""
    afresh = {f"review_{x}": 1.0 for x in ("enterprise", "government")}
    afresh |= {f"inertia_{x}": 0.0 for x in ("enterprise", "government")}
    used = []
    for finding, weight in ((FLAGGED, 0.0), (UNAUDITED, 0.0), (CLEAN, 1.0)):
        world = world_at(36, {**afresh, "clean_effect": 2.0})
        c, row = world.catalogue.columns, used_open_release(world, origin)
        lab = world.labs[c.lab[row]]
        lab.next_flagship, lab.drafts = 999, []  # no new release takes the audited one's place
        same = (c.lab == c.lab[row]) & (c.mode == c.mode[row])
        c.public_finding[same], c.clean_weight[same] = finding, weight
        world.step()
        slot = world.market.slot == c.lab[row] * 4 + c.mode[row]
        used.append(float(world.tally.slot[[2, 4]][:, slot].sum()))
    assert used[0] < used[1] < used[2]


def test_a_disclosed_compromise_costs_its_origin_the_trust_of_its_users(world_at):
    world = world_at(30)
    row = used_open_release(world, CN)
    world.derivatives.tainted[:] = 1.0
    world.releases.disclose(row)
    reliance = world.tally.country[:, world.catalogue.columns.lab[row]]
    assert (reliance > 0.0).any()
    assert (reliance == 0.0).any()
    np.testing.assert_allclose(world.trust.security[:, CN], 1.0 - world.p.trust_penalty * reliance)
    np.testing.assert_array_equal(world.trust.security[:, US], 1.0)
    mended = world.catalogue.columns.lab[row]
    assert world.derivatives.tainted[mended] < 1.0
    assert (
        np.delete(world.derivatives.tainted, mended).sum() == len(world.derivatives.tainted) - 1.0
    )


def test_exposure_counts_hidden_compromise_alone(world_at):
    world = world_at(30, {"compromise": 0.0})
    assert exposure(world) == 0.0
    row = used_open_release(world, CN)
    c = world.catalogue.columns
    c.compromised[row] = True
    hidden = exposure(world)
    assert hidden > 0.0
    assert exposure(world, CN) == hidden
    assert exposure(world, US) == 0.0
    c.public_finding[row] = CLEAN
    assert exposure(world) == hidden
    c.public_finding[row] = FLAGGED
    assert exposure(world) == 0.0


def test_a_higher_premium_compromises_chinese_releases_more_and_no_others(world_at):
    plain, premium = (world_at(58, {"compromise_premium": x}) for x in (0.0, 0.5))
    columns = [w.catalogue.column("compromised") for w in (plain, premium)]
    origins = [w.catalogue.column("origin") for w in (plain, premium)]
    assert columns[1][origins[1] == CN].mean() > columns[0][origins[0] == CN].mean()
    later = [
        dict(zip(w.catalogue.names, w.catalogue.column("compromised").tolist(), strict=True))
        for w in (plain, premium)
    ]
    us = [
        name for name, o in zip(plain.catalogue.names, origins[0].tolist(), strict=True) if o != CN
    ]
    assert [name for name in us if name in later[1] and later[0][name] != later[1][name]] == []


def test_a_crisis_turns_hidden_exposure_of_one_origin_into_loss_and_knowledge(world_at):
    world = world_at(58, {"compromise": 0.3})
    mine, others = exposure(world, CN), exposure(world, US)
    assert mine > 0.0
    before, c = world.trust.security[:, CN].copy(), world.catalogue.columns
    struck = c.compromised & (c.origin == CN) & (c.public_finding != FLAGGED)
    users = np.isin(world.adopters.choice // len(MODES), c.lab[struck])
    used = np.logical_or.reduceat(users, world.adopters.start[: -1 : len(CHANNELS)])
    strike(world, "CN", 0.5)
    assert world.counts.crisis_loss == pytest.approx(0.5 * mine)
    assert exposure(world, CN) == 0.0
    assert exposure(world, US) == pytest.approx(others)
    after = world.trust.security[:, CN]
    assert (after[used] < before[used]).all(), "whose family was struck trusts less"
    assert (after[~used] == before[~used]).all()
    assert 0 < used.sum() < len(used)


def test_a_crisis_strikes_in_its_month_and_no_other(scenario):
    from sim.model.world import World

    crisis = {"leak": Crisis(month="2024-03", origin="US", share=1.0)}
    world = World(scenario({"compromise": 0.5}).model_copy(update={"crisis": crisis}), rng=1)
    world.run()
    run = world.series()
    losses = run.values[:, run.names.index("crisis_loss")]
    assert np.flatnonzero(losses).tolist() == [14]


# trust


def alarm(world, country, origin, mode, events):
    """Users of one origin and mode in one country meet so many refusals, once."""
    default = world.law.alarm
    world.law.alarm = np.zeros_like(default)
    world.law.alarm[country, origin, mode] = events
    meet_alarms(world)
    world.law.alarm = default


def test_alarm_costs_trust_where_the_origin_is_used_and_trust_heals_by_half(world_at):
    world = world_at(30)
    country = next(i for i, c in enumerate(world.countries) if c.bloc == "us_aligned")
    alarm(world, country, US, API, 5.0)
    fallen = float(world.trust.supply[country, US])
    assert fallen < 1.0
    assert world.trust.supply[country, CN] == 1.0
    alarm(world, country, US, API, 5.0)
    assert world.trust.supply[country, US] < fallen
    depth = 1.0 - world.trust.supply[country, US]
    for _ in range(round(world.p.trust_half_life)):
        respond(world)
    assert 1.0 - world.trust.supply[country, US] == pytest.approx(depth / 2.0)


def test_nobody_loses_trust_in_what_they_do_not_use(world_at):
    world = world_at(30)
    world.tally.ways[5] = 0.0
    world.tally.ways[5, CN * 4 + OPEN_SOURCE] = 1.0
    alarm(world, 5, US, OPEN_SOURCE, 100.0)
    alarm(world, 5, CN, API, 100.0)
    assert world.trust.supply[5, US] == 1.0
    assert world.trust.supply[5, CN] == 1.0
    alarm(world, 5, CN, OPEN_SOURCE, 1.0)
    assert world.trust.supply[5, CN] == pytest.approx(1.0 - world.p.trust_penalty)
    alarm(world, 5, CN, OPEN_SOURCE, 1e6)
    assert world.trust.supply[5, CN] == 0.0


def test_alarm_comes_through_the_law_alone(world_at, decree):
    calm = world_at(36)
    assert (calm.trust.supply == 1.0).all()
    alarmed = world_at(36, refusals=decree("alarm", 1.0, origins=(US,)))
    assert (alarmed.trust.supply[:, US] < 1.0).any()
    assert (alarmed.trust.supply[:, CN] == 1.0).all()


def test_evaluators_err_by_their_bias_and_noise(world_at):
    world = world_at(1, {"measurement_bias_cn": 4.0, "measurement_noise": 2.0})
    measured = {
        origin: np.array(
            [world.us_government.measure(100.0, origin, 3, draw) for draw in range(2000)]
        )
        for origin in (US, CN)
    }
    assert measured[US].mean() == pytest.approx(100.0, abs=0.2)
    assert measured[US].std() == pytest.approx(2.0, rel=0.1)
    np.testing.assert_allclose(measured[CN] - measured[US], 4.0)


def test_governments_look_at_their_own_pace(world_at):
    world = world_at(1, {"review_months": 6.0})
    seen = []
    for _ in range(24):
        world.step()
        seen.append(dict(world.us_government.indicators))
    changes = [month for month, (a, b) in enumerate(pairwise(seen), start=2) if a != b]
    assert changes
    assert all(month % 6 == 0 for month in changes)


def test_open_source_carries_more_than_open_weights(world_at):
    world = world_at(58)
    c = world.catalogue
    firms = np.array([not lab.fringe for lab in world.labs])[c.column("lab")] & (
        c.column("month") >= 30
    )
    mean = [
        c.column("openness")[firms & (c.column("mode") == mode)].mean()
        for mode in (OPEN_WEIGHTS, OPEN_SOURCE)
    ]
    assert 0.0 < mean[0] < mean[1] <= 1.0
    assert (c.column("openness")[c.column("mode") == GATED] < mean[0]).all()
