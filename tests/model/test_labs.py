"""Compute, research, release mode and leak: which way each cause works inside its mechanism."""

import numpy as np
import pytest

from sim.model.agents.lab_records import Record
from sim.model.duties import Assessment
from sim.model.frontier import Frontier
from sim.model.phases import leak, research
from sim.vocabulary import API, CN, GATED, HOLD, OPEN, OPEN_SOURCE, OPEN_WEIGHTS, US

DRAWS = range(200, 500)


def named(world, slug):
    return world.labs[world.slugs[slug]]


def command(world, **fields):
    """Write values into the law of the present month for US labs."""
    for name, value in fields.items():
        setattr(
            world.law, name, np.where(world.law.class_origin == US, value, getattr(world.law, name))
        )


# the frontier


@pytest.mark.parametrize(
    "order", [(130.0, 120.0, 110.0), (110.0, 120.0, 130.0), (120.0, 110.0, 130.0)]
)
def test_a_lab_leads_over_the_best_open_release_of_another_lab(order):
    frontier = Frontier()
    for capability in order:
        frontier.enter(0, US, capability, capability, opened=True)
        frontier.enter(1, CN, capability - 15.0, capability - 15.0, opened=True)
    assert frontier.best_open() == frontier.best_open(excluding_lab=1) == 130.0
    assert frontier.best_open(excluding_lab=0) == 115.0


# compute


def test_without_elasticity_chinese_runs_do_not_follow_chips(world_at):
    world = world_at(24, {"compute_elasticity": 0.0})
    assert world.chips.gap < 0.0
    lab = named(world, "deepseek")
    assert lab.run_size() == world.chips.run_frontier + lab.offset


def test_runs_grow_with_revenue_and_no_faster_than_the_cap(world_at):
    world = world_at(20)
    lab, cap = named(world, "mistral"), world.p.reinvestment_cap / 12.0
    for change, expected in ((0.001, None), (1.0, cap), (-0.001, None), (-1.0, -cap)):
        lab.offset = 0.0
        lab.share_history[-13:] = [0.5] * 13
        lab.share_history[-1] = (
            0.5 + change if abs(change) < 0.5 else (0.999 if change > 0.0 else 0.0)
        )
        lab.reinvest()
        assert np.sign(lab.offset) == np.sign(change)
        assert expected is None or lab.offset == pytest.approx(expected)
        assert abs(lab.offset) <= cap + 1e-15


# research


def test_stronger_distillation_gives_chinese_labs_more_distilled_gain(world_at, origins):
    weak, strong = (world_at(24, {"distillation": k}) for k in (0.3, 0.9))
    assert (
        sum(x.distilled for x in origins(strong, CN))
        > sum(x.distilled for x in origins(weak, CN))
        > 0.0
    )
    assert all(x.distilled == 0.0 for x in origins(strong, US))


def test_distillation_reaches_others_by_its_own_parameter(world_at, origins):
    assert any(
        x.distilled > 0.0 for x in origins(world_at(24, {"distillation_elsewhere": 0.5}), US)
    )


def test_the_law_can_bar_distillation(world_at, origins, decree):
    world = world_at(24, bar=decree("distillation_barrier", 0.0, "2025-01"))
    held = {lab.index: lab.distilled for lab in origins(world, CN)}
    world.step()
    for lab in origins(world, CN):
        assert lab.gains["distilled"] == 0.0
        assert lab.distilled == pytest.approx(
            held[lab.index] * (1.0 - world.p.distilled_fade / 12.0)
        )


def test_scarcity_spurs_only_those_it_hits_and_only_where_assumed(world_at):
    world = world_at(25)
    assert world.chips.shortage > 0.0
    expected = world.p.scarcity_efficiency * world.chips.shortage / 12.0
    for lab in world.labs:
        assert lab.gains["scarcity"] == pytest.approx(expected if lab.origin == CN else 0.0)
    assert all(
        lab.gains["scarcity"] == 0.0 for lab in world_at(25, {"scarcity_efficiency": 0.0}).labs
    )


def test_labs_close_the_gap_to_public_ideas_and_remember_whose_they_are(world_at):
    world = world_at(20)
    best = max(lab.efficiency for lab in world.labs)
    world.ideas.spread((best + 1.0, CN))
    research(world)
    for lab in world.labs:
        gap = (
            best + 1.0 - (lab.efficiency - sum(lab.gains[k] for k in ("own", "public", "scarcity")))
        )
        assert lab.gains["public"] == pytest.approx(world.p.public_knowledge * gap / 12.0)
        assert lab.sources["public"] == CN


def test_a_more_open_release_teaches_more(world_at, release_by_hand):
    pools = []
    for parts in ((1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)):
        world = world_at(10)
        release_by_hand(world, parts=parts, efficiency=5.0)
        pools.append(world.ideas.pool(CN)[0])
    assert pools == sorted(set(pools))
    assert pools[-1] <= 5.0 - world.p.idea_embargo


def test_closed_releases_teach_nobody(world_at, release_by_hand):
    world = world_at(10)
    before = [world.ideas.pool(origin) for origin in (US, CN)]
    release_by_hand(world, mode=API, efficiency=5.0)
    release_by_hand(world, mode=GATED, efficiency=5.0)
    assert [world.ideas.pool(origin) for origin in (US, CN)] == before


def test_distilled_gains_are_not_published_again(world_at, release_by_hand):
    world = world_at(10)
    lab = named(world, "deepseek")
    lab.distilled, before = 3.0, world.ideas.pool(US)
    release_by_hand(world, lab=lab, capability=lab.capability())
    assert world.ideas.pool(US)[0] <= max(before[0], lab.efficiency)


def test_ideas_of_a_controlled_release_reach_china_with_its_mirror(world_at, release_by_hand):
    world = world_at(10, {"leak_hazard": 0.0})
    command(world, controlled=1.0)
    row = release_by_hand(world, efficiency=5.0)
    assert world.ideas.pool(US)[0] > 3.0 > world.ideas.pool(CN)[0]
    world.releases.mirror(row)
    assert world.ideas.pool(CN) == world.ideas.pool(US)


# release mode


def opened(lab, capability=150.0):
    """Draws for which a lab would open a release of this capability."""
    return {
        draw
        for draw in DRAWS
        if lab.decide_mode(capability, draw, lab.owes(draw, False, lab.model.law)) in OPEN
    }


def test_a_larger_lead_closes(world_at):
    lab = named(world_at(30), "meta")
    best = lab.model.frontier.best_open(excluding_lab=lab.index)
    behind, level, ahead = (opened(lab, best + x) for x in (-20.0, 0.0, 20.0))
    assert behind > level > ahead


def test_the_rival_of_a_lab_is_never_itself(world_at):
    world = world_at(34)
    c = world.catalogue
    opened_rows = c.column("mode") >= OPEN_WEIGHTS
    for lab in world.labs:
        others = opened_rows & (c.column("lab") != lab.index)
        assert (
            world.frontier.best_open(excluding_lab=lab.index)
            == c.column("capability")[others].max()
        )


def test_a_larger_market_closes(world_at):
    world = world_at(30)
    lab = named(world, "alibaba")
    small = opened(lab)
    world.world_use *= 3.0
    assert opened(lab) < small


@pytest.mark.parametrize(("field", "value"), [("opening_cost", 1.5), ("friction", 1.5)])
def test_costs_and_friction_of_opening_close_those_they_bind(world_at, decree, field, value):
    worlds = world_at(30), world_at(30)
    place = {"labs": (worlds[0].slugs["meta"],)} if field == "opening_cost" else {"origins": (US,)}
    bound = world_at(30, burden=decree(field, value, **place))
    assert opened(named(bound, "meta")) < opened(named(worlds[0], "meta"))
    assert opened(named(bound, "alibaba")) == opened(named(worlds[1], "alibaba"))


def test_delay_costs_utility_where_it_is_felt(world_at):
    world = world_at(30)
    lab = named(world, "meta")
    world.law.assessments = (duty(lab, margin=400.0, delay=6),)
    world.p.delay_cost = 0.0
    free = opened(lab)
    world.p.delay_cost = 0.5
    assert opened(lab) < free


def test_state_push_and_backfire_open_chinese_labs_only(world_at):
    for name, other in (("alibaba", "meta"), ("tencent", "google")):
        world = world_at(30)
        before = {slug: opened(named(world, slug)) for slug in (name, other)}
        world.p.state_push += 1.0
        pushed = opened(named(world, name))
        world.backfire += 1.0
        assert before[name] < pushed < opened(named(world, name))
        assert opened(named(world, other)) == before[other]


def test_a_control_that_stands_adds_no_backfire_when_other_laws_change(world_at, policy):
    control = policy("L1", start="2026-01")
    alone = world_at(50, control=control)
    among = world_at(50, control=control, rules=policy("L12", start="2026-06", ramp_months=6))
    assert alone.backfire == among.backfire > world_at(50).backfire


def test_leaning_is_the_labs_own_record(world_at):
    world = world_at(30)
    lab = named(world, "meta")
    leanings = []
    for month, mode, times in (
        (20, "api", 0),
        (20, "open_source", 6),
        (20, "open_weights", 30),
        (20, "api", 6),
        (1, "api", 50),
    ):
        lab.record = Record()
        for _ in range(times):
            lab.remember(month, mode, None)
        leanings.append(lab.leaning())
    nothing, some, many, closed, long_ago = leanings
    assert nothing == pytest.approx(long_ago)
    assert closed < nothing < some < many


def test_a_lab_without_a_record_leans_as_the_labs_of_its_origin(world_at):
    world = world_at(30)
    lab, others = named(world, "apple"), [x for x in world.labs if x.origin == US]
    found = []
    for mode in ("api", "open_weights"):
        for other in others:
            other.record = Record()
            if other is not lab:
                for _ in range(5):
                    other.remember(20, mode, None)
        found.append(lab.leaning())
        assert found[-1] == pytest.approx(others[0].leaning(), abs=1.5)
    closed, opened = found
    assert closed < 0.0 < opened


def test_the_licence_follows_the_record_too(world_at):
    lab = named(world_at(30), "meta")
    free = []
    for mode in ("open_weights", "open_source"):
        lab.record = Record()
        for _ in range(20):
            lab.remember(20, mode, None)
        modes = [
            lab.decide_mode(100.0, draw, lab.owes(draw, False, lab.model.law)) for draw in DRAWS
        ]
        free.append(
            modes.count(OPEN_SOURCE) / max(1, modes.count(OPEN_SOURCE) + modes.count(OPEN_WEIGHTS))
        )
    assert free[0] < 0.2 < 0.8 < free[1]


def duty(lab, **fields):
    """An assessment that binds one lab, always right."""
    known = {
        "labs": (lab.index,), "floor": 0.0, "reference": "absolute", "delta": 6.0, "margin": 0.0,
        "domains": ("military",), "accuracy": 1.0, "delay": 0, "cost": 1e6,
        "modes": (API, GATED), "strength": 1.0,
    }  # fmt: skip
    return Assessment(**{**known, **fields})


def drafted(world, lab, *duties, capability=160.0):
    """Drafts of one lab for many draws under some duties, by draw.

    Opened ones only where nothing binds.
    """
    world.law.assessments = duties
    lab.drafts = []
    for draw in DRAWS:
        lab._draft(world.month, draw, False, capability, capability)
    return lab.drafts


@pytest.mark.parametrize(
    ("fields", "capability", "stays_open"),
    [
        ({}, 160.0, False),  # above the threshold of its domain
        ({"margin": 28.0}, 160.0, True),  # not far enough above it
        ({"domains": ("fraud",), "margin": 28.0}, 160.0, False),  # far enough above that of another
        ({"domains": ("chem_bio", "fraud"), "margin": 28.0}, 160.0, False),  # one domain is enough
        ({"floor": 170.0}, 160.0, True),  # below the floor: not assessed at all
        ({"domains": ("chem_bio",)}, 160.0, True),  # its domain is out of reach
        ({"reference": "marginal", "delta": -500.0}, 160.0, False),  # adds much
        ({"reference": "marginal", "delta": 500.0}, 160.0, True),  # adds little
        # its domain is out of reach, then within reach
        ({"reference": "marginal", "delta": 10.0, "domains": ("chem_bio",)}, 160.0, True),
        ({"reference": "marginal", "delta": 10.0, "domains": ("chem_bio",)}, 179.0, False),
        ({"accuracy": 0.0}, 160.0, True),  # always wrong
        ({"strength": 0.0}, 160.0, True),  # binds nobody
        ({"labs": ()}, 160.0, True),  # binds others
    ],
)
def test_what_an_assessment_bars(world_at, fields, capability, stays_open):
    world = world_at(30, {"measurement_noise": 0.0})
    lab = named(world, "meta")
    free = [draft.mode for draft in drafted(world, lab, capability=capability)]
    bound = drafted(world, lab, duty(lab, **fields), capability=capability)
    for before, draft in zip(free, bound, strict=True):
        if before not in OPEN or stays_open:
            assert draft.mode == before
        else:
            assert draft.mode in (API, GATED)
    assert any(mode in OPEN for mode in free)


def test_assessed_releases_are_documented_late_and_paid_for(world_at):
    world = world_at(30)
    lab = named(world, "meta")
    drafts = drafted(world, lab, duty(lab, margin=400.0, delay=2))
    opened_ones = [draft for draft in drafts if draft.mode in OPEN]
    assert {draft.month for draft in opened_ones} == {world.month + 2}
    assert all(draft.documented for draft in opened_ones)
    assert all(
        draft.month == world.month and not draft.documented for draft in drafts if draft.mode == API
    )
    assert sum(usd for _, payer, usd in world.ledger.one_off if payer == "labs") == 1e6 * len(
        opened_ones
    )


def test_what_two_assessments_allow_is_what_both_allow(world_at):
    """Allowed modes intersect: gated here and service there leaves nothing, in whatever order."""
    world = world_at(30, {"measurement_noise": 0.0})
    lab = named(world, "meta")
    free = [draft.mode for draft in drafted(world, lab)]
    one, two = duty(lab, modes=(GATED,)), duty(lab, modes=(API,))
    for duties in ((one, two), (two, one)):
        modes = {
            draft.mode
            for before, draft in zip(free, drafted(world, lab, *duties), strict=True)
            if before in OPEN
        }
        assert modes == {HOLD}


# leak


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
