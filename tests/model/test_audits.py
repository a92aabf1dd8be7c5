"""Compromise, audits and crises: which way each cause works inside its mechanism."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from sim.model.agents.auditor import Auditor
from sim.model.trust import exposure, strike
from sim.model.world import World
from sim.scenario.scenario import Crisis, load
from sim.vocabulary import CHANNELS, CLEAN, CN, FLAGGED, MODES, OPEN_WEIGHTS, UNAUDITED, US


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
