"""Allied coverage: rules bind the labs that joined.

They reach users, actors and students by these labs' releases.
"""

from itertools import pairwise

import numpy as np
import pytest

from sim.model.agents.malicious import Scene
from sim.model.kernels.misuse import KIND, ORIGIN
from sim.model.law import law_of_month
from sim.model.law_fields import FIELDS
from sim.vocabulary import (
    API,
    CHANNELS,
    CN,
    GATED,
    GATED_ROUTE,
    JAILBREAK,
    MODES,
    OPEN_WEIGHTS,
    OTHER,
    US,
)

FOR_USERS = ("L1", "L2", "L13", "STRUCTURED_ACCESS")
BY_CLASS = [name for name, spec in FIELDS.items() if "class" in spec.axes]
DEVELOPER = CHANNELS.index("developer")
JOINED, OUT = "ai21", "tii"
"""The most and the least aligned firm of other origin."""


def by_lab(law, name):
    """A field with its labs in front: array (lab, ...)."""
    axis = FIELDS[name].axes.index("class")
    return np.moveaxis(getattr(law, name).take(law.class_of, axis=axis), axis, 0)


def law_under(jurisdictions, policy, key, **fields):
    return law_of_month(jurisdictions, [("x", policy(key, **fields))], 36)


def ways(world, *slugs):
    """Columns of ``tally.ways`` for users of these labs' classes and adopters of the labs."""
    labs = [world.slugs[slug] for slug in slugs]
    slots = [lab * len(MODES) + mode for lab in labs for mode in range(len(MODES))]
    return sorted({int(world.law.class_of[lab]) for lab in labs}), slots


@pytest.fixture(scope="module")
def jurisdictions(world_at):
    return world_at(0).jurisdictions


# the law


@pytest.mark.parametrize("key", FOR_USERS)
@pytest.mark.parametrize("coverage", [0.2, 0.5, 1.0])
def test_labs_that_joined_stand_under_the_rules_of_us_labs_and_others_under_none(
    key, coverage, jurisdictions, policy
):
    law, free = (
        law_under(jurisdictions, policy, key, allied_coverage=coverage),
        law_of_month(jurisdictions, [], 36),
    )
    joined = [
        i for i in jurisdictions.bound_labs(coverage) if jurisdictions.lab_origins[i] == OTHER
    ]
    out = [
        i
        for i, origin in enumerate(jurisdictions.lab_origins)
        if origin == CN or (origin == OTHER and i not in joined)
    ]
    assert len(joined) == round(6 * coverage)
    written = [name for name in BY_CLASS if any(write.field == name for write in law.writes)]
    assert written
    for name in written:
        value, default = by_lab(law, name), by_lab(free, name)
        np.testing.assert_array_equal(value[out], default[out])
        meta = jurisdictions.labs.index("meta")
        for lab in (*joined, jurisdictions.labs.index("us_fringe")):
            if FIELDS[name].combine == "multiply":  # access differs before the law
                np.testing.assert_allclose(value[lab] * default[meta], value[meta] * default[lab])
            else:
                np.testing.assert_array_equal(value[lab], value[meta])


@pytest.mark.parametrize("key", FOR_USERS)
def test_more_coverage_binds_more_and_no_lab_less(key, jurisdictions, policy):
    laws = [
        law_under(jurisdictions, policy, key, allied_coverage=x)
        for x in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    for name in BY_CLASS:
        sign = -1.0 if FIELDS[name].combine == "multiply" else 1.0
        values = [sign * by_lab(law, name) for law in laws]
        for less, more in pairwise(values):
            assert (more >= less).all(), name
    reached = [{i for name in BY_CLASS for i in changed(law, jurisdictions, name)} for law in laws]
    for less, more in pairwise(reached):
        assert less < more


def changed(law, jurisdictions, name):
    """Labs whose entries of a field differ from the default."""
    value, default = by_lab(law, name), by_lab(law_of_month(jurisdictions, [], 36), name)
    return np.flatnonzero((value != default).reshape(len(value), -1).any(axis=1)).tolist()


def test_a_class_that_splits_an_origin_changes_no_number(world_at, decree):
    """A write of nothing to one lab of an origin: other tables, the same world."""
    plain = world_at(40)
    split = world_at(40, nothing=decree("friction", 0.0, "2023-01", labs=(25,)))
    assert split.law.class_origin.tolist() == [0, 1, 2, 2]
    assert split.observed == plain.observed
    np.testing.assert_array_equal(split.adopters.choice, plain.adopters.choice)


# users


def test_users_of_labs_that_joined_alone_meet_the_checks(world_at, policy):
    """The burden on what a lab offers, in use and in the reach that labs look at."""
    worlds = [
        world_at(40, control=policy("L1", allied_coverage=x, kyc_friction=0.5)) for x in (0.0, 0.5)
    ]
    lost = [[world.reach_lost(lab.index) for lab in world.labs] for world in worlds]
    joined = set(worlds[1].jurisdictions.bound_labs(0.5)) - set(
        worlds[0].jurisdictions.bound_labs(0.0)
    )
    for lab in worlds[1].labs:
        assert (lost[1][lab.index] > lost[0][lab.index]) == (lab.index in joined)
    use = [world.tally.world[DEVELOPER].astype(float) for world in worlds]
    assert use[1][sorted(joined)].sum() < use[0][sorted(joined)].sum()
    who = worlds[1].adopters.who
    for slug, burden in ((JOINED, np.log(2.0)), (OUT, 0.0), ("alibaba", 0.0)):
        way = int(worlds[1].law.class_of[worlds[1].slugs[slug]]) * len(MODES) + OPEN_WEIGHTS
        np.testing.assert_allclose(who.friction[:, :, way], burden, rtol=1e-6)


def test_gates_before_services_cost_the_labs_that_joined_their_users(world_at, policy):
    fields = {"scope": "all", "refusal": 0.9, "delay_months": 10.0, "shock_prob": 0.0}
    alone, allied = (
        world_at(48, gates=policy("L2", **fields, allied_coverage=x)) for x in (0.0, 0.5)
    )
    slots = {slug: ways(alone, slug)[1][API] for slug in ("ai21", "mistral", "cohere", "tii", "lg")}
    used = [
        {slug: int(world.tally.adopters[slot]) for slug, slot in slots.items()}
        for world in (alone, allied)
    ]
    joined = {alone.labs[i].info.slug for i in alone.jurisdictions.bound_labs(0.5)}
    assert {"ai21", "mistral"} <= joined
    assert not joined & {"tii", "lg"}
    assert sum(used[1][slug] for slug in joined & set(slots)) < sum(
        used[0][slug] for slug in joined & set(slots)
    )
    assert sum(used[1][slug] for slug in ("tii", "lg")) >= sum(
        used[0][slug] for slug in ("tii", "lg")
    )


@pytest.mark.parametrize(("slug", "origin"), [("meta", US), ("alibaba", CN), ("mistral", OTHER)])
def test_trust_in_an_origin_falls_by_the_share_of_users_who_meet_an_alarm(
    world_at, decree, slug, origin
):
    """One lab of an origin is alarmed: its users count, those of the others do not."""
    labs = world_at(0).slugs
    world = world_at(
        36, refusals=decree("alarm", 0.5, "2025-12", labs=(labs[slug],), modes=(OPEN_WEIGHTS,))
    )
    slot = labs[slug] * len(MODES) + OPEN_WEIGHTS
    people = np.add.reduceat(
        np.diff(world.adopters.start), np.arange(0, len(world.countries) * 5, 5)
    )
    counts = world.adopters.counts[:, slot].reshape(-1, 5).sum(axis=1)
    assert counts.any()
    np.testing.assert_allclose(
        world.trust.supply[:, origin], 1.0 - world.p.trust_penalty * 0.5 * counts / people
    )
    assert (np.delete(world.trust.supply, origin, axis=1) == 1.0).all()


def test_an_alarm_of_a_whole_origin_is_the_same_however_its_labs_are_told_apart(world_at, decree):
    alarm = decree("alarm", 0.5, "2025-12", origins=(OTHER,))
    whole = world_at(36, a=alarm)
    split = world_at(36, a=alarm, b=decree("gate_leak", 1.0, "2025-12", labs=(23, 25)))
    assert len(split.law.class_origin) == 4
    np.testing.assert_allclose(split.trust.supply, whole.trust.supply, rtol=1e-14)
    assert whole.trust.supply[:, OTHER].min() < 1.0


# releases


def test_weights_of_labs_that_joined_alone_are_controlled(world_at, policy, release_by_hand):
    world = world_at(38, control=policy("L1", allied_coverage=0.5, leakage=1.0))
    for slug, controlled in (("meta", True), (JOINED, True), (OUT, False), ("alibaba", False)):
        row = release_by_hand(world, lab=world.labs[world.slugs[slug]])
        assert bool(world.catalogue.columns.controlled[row]) == controlled, slug
        assert bool(world.catalogue.columns.mirrored[row]) != controlled, slug


def test_gated_weights_of_labs_that_joined_leak_more_slowly(world_at, policy, release_by_hand):
    rule = policy("STRUCTURED_ACCESS", allied_coverage=0.5, containment=1.0)
    world = world_at(38, {"leak_hazard": 1.0}, rule=rule)
    rows = {
        slug: release_by_hand(world, mode=GATED, lab=world.labs[world.slugs[slug]])
        for slug in (JOINED, OUT)
    }
    world.step()
    assert world.catalogue.columns.mirrored[[rows[JOINED], rows[OUT]]].tolist() == [False, True]


def test_backfire_counts_control_of_us_labs_and_not_of_allies(world_at, policy, decree):
    alone, allied = (
        world_at(37, control=policy("L1", allied_coverage=x)).backfire for x in (0.0, 1.0)
    )
    assert alone == allied > world_at(37).backfire
    some = {labs: decree("controlled", 1.0, "2026-01", labs=labs) for labs in ((3, 4), (23, 25))}
    assert world_at(37, control=some[3, 4]).backfire == alone
    assert world_at(37, control=some[23, 25]).backfire == world_at(37).backfire


# misuse


def route(kind, origin=OTHER):
    return int(np.flatnonzero((kind == KIND) & (origin == ORIGIN))[0])


@pytest.mark.parametrize(
    ("key", "fields", "mode", "kind"),
    [
        ("L2", {"scope": "all", "account_check": 0.5, "shock_prob": 0.0}, API, JAILBREAK),
        ("L13", {"account_check": 0.5}, API, JAILBREAK),
        ("STRUCTURED_ACCESS", {"vetting": 0.5}, GATED, GATED_ROUTE),
    ],
)
def test_actors_meet_the_barriers_of_the_lab_whose_release_they_use(
    world_at, policy, release_by_hand, key, fields, mode, kind
):
    chances = {}
    for slug in (JOINED, OUT):
        for coverage in (0.0, 0.5):
            world = world_at(
                38, {"leak_hazard": 0.0}, rule=policy(key, **fields, allied_coverage=coverage)
            )
            release_by_hand(world, mode=mode, capability=170.0, lab=world.labs[world.slugs[slug]])
            chances[slug, coverage] = Scene(world).chance[:, :, route(kind)]
    assert chances[JOINED, 0.0].max() > 0.0
    np.testing.assert_allclose(chances[JOINED, 0.5], 0.5 * chances[JOINED, 0.0])
    np.testing.assert_array_equal(chances[OUT, 0.5], chances[OUT, 0.0])


def test_denial_at_home_bars_gates_of_labs_that_joined(world_at, policy, release_by_hand):
    """The checks of a gate keep out whom a control denies weights of this lab."""
    found = {}
    for slug in (JOINED, OUT):
        world = world_at(
            38,
            {"leak_hazard": 0.0},
            control=policy("L1", allied_coverage=0.5, kyc=False, denial=4.0),
        )
        release_by_hand(world, mode=GATED, capability=170.0, lab=world.labs[world.slugs[slug]])
        found[slug] = Scene(world).chance[:, :, route(GATED_ROUTE)]
    targets = world.jurisdictions.country_indices(policy("L1").targets)
    denied = np.isin(world.actors.home, targets)
    assert found[OUT][denied].max() > 0.0
    np.testing.assert_allclose(found[JOINED][denied], np.exp(-4.0) * found[OUT][denied])
    np.testing.assert_array_equal(found[JOINED][~denied], found[OUT][~denied])


# cut-offs


def cut_off(policy, **fields):
    """Gates that do nothing but cut services off, in every month, for a part of it."""
    fields = {"scope": "all", "shock_months": 0.6, **fields}
    nothing = {"refusal": 0.0, "delay_months": 0.0, "account_check": 0.0, "distillation_cut": 0.0}
    return policy("L2", start="2025-08", shock_prob=1.0, **nothing, **fields)


def test_a_cut_off_stops_jailbreaks_of_those_in_scope_for_its_part_of_the_month(world_at, policy):
    unlearned = {"distillation": 0.0}  # otherwise Chinese releases lack what labs did not learn
    plain, off = (
        world_at(32, unlearned),
        world_at(32, unlearned, gates=cut_off(policy, scope="countries", countries=("CHN", "RUS"))),
    )
    inside = np.isin(plain.actors.home, plain.jurisdictions.country_indices(("CHN", "RUS")))
    ours, theirs = (world.scene.chance[:, :, route(JAILBREAK, US)] for world in (off, plain))
    assert theirs[inside].max() > 0.0
    np.testing.assert_allclose(ours[inside], 0.4 * theirs[inside])
    np.testing.assert_array_equal(ours[~inside], theirs[~inside])
    others = np.flatnonzero(np.arange(len(KIND)) != route(JAILBREAK, US))
    np.testing.assert_array_equal(off.scene.chance[:, :, others], plain.scene.chance[:, :, others])


def test_a_month_of_cut_off_leaves_no_jailbreak(world_at, policy):
    world = world_at(33, gates=cut_off(policy, shock_months=3.0))
    assert (world.scene.chance[:, :, route(JAILBREAK, US)] == 0.0).all()
    assert not [i for i in world.scene.incidents if (i.route, i.origin) == ("jailbreak", "us")]
    assert np.isfinite(list(world.observed.values())).all()


@pytest.mark.parametrize(("countries", "left"), [(("CHN",), 0.4), (("RUS", "KEN"), 1.0)])
def test_a_cut_off_stops_learning_of_chinese_labs_whose_home_is_in_scope(
    countries, left, world_at, policy
):
    world = world_at(32, gates=cut_off(policy, scope="countries", countries=countries))
    barrier = by_lab(world.law, "distillation_barrier")  # teacher first
    for student in world.labs:
        bound = student.origin == CN and not student.fringe
        np.testing.assert_allclose(barrier[:11, student.index], left if bound else 1.0)
    assert (barrier[11:] == 1.0).all()


def test_gates_end_their_share_of_learning_as_far_as_they_are_in_force(world_at, policy):
    for strength in (0.5, 1.0):
        world = world_at(
            32,
            gates=policy(
                "L2", start="2025-01", distillation_cut=0.4, shock_prob=0.0, strength=strength
            ),
        )
        us = by_lab(world.law, "distillation_barrier")[:11]
        assert us.min() == pytest.approx(1.0 - 0.4 * strength)


def test_what_a_cut_off_labs_learn_falls(world_at, policy):
    plain, off = world_at(32), world_at(32, gates=cut_off(policy))
    pairs = [
        (one.gains["distilled"], two.gains["distilled"])
        for one, two in zip(plain.labs, off.labs, strict=True)
    ]
    assert all(two <= one for one, two in pairs)
    assert any(two < 0.9 * one for one, two in pairs)


def test_a_student_behind_barriers_turns_to_labs_that_did_not_join(world_at, policy):
    """Measures against distillation spare services of labs outside, also of the same origin."""
    rule = policy("L13", start="2025-12", detect_prob=1.0, allied_coverage=0.5)
    world = world_at(36, rule=rule)
    law, student = world.law, next(lab for lab in world.labs if lab.origin == CN and not lab.fringe)
    barrier = by_lab(law, "distillation_barrier")[:, student.index]
    assert barrier[world.slugs["meta"]] == barrier[world.slugs[JOINED]] == 0.0
    assert barrier[world.slugs[OUT]] == barrier[world.slugs["alibaba"]] == 1.0
    ranking = [
        (200.0, OTHER, world.slugs[JOINED]),
        (190.0, OTHER, world.slugs[OUT]),
        (100.0, CN, student.index),
    ]
    world.releases.teachers[0] = ranking
    assert world.releases.teacher(student, 100.0) == (190.0, OTHER, 1.0)
