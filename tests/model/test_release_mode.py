"""Release mode: which way each cause moves what labs open, and what assessments bar."""

import numpy as np
import pytest

from sim.model.agents.lab_records import Record
from sim.model.duties import Assessment
from sim.vocabulary import API, GATED, HOLD, OPEN, OPEN_SOURCE, OPEN_WEIGHTS, US
from tests.model.labs import named

DRAWS = range(200, 500)


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
