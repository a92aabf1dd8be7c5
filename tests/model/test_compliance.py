"""Compliance as a choice: every term in its direction, and what it leaves alone."""

from dataclasses import replace
from itertools import pairwise
from math import exp

import numpy as np
import pytest

from sim.model.compliance import Compliance, Motives
from sim.model.duties import covering
from sim.model.jurisdictions import Jurisdictions
from sim.model.law import Terms, law_of_month, terms_of_month, write_law
from sim.model.parameters import values
from sim.model.schedule import PolicySchedule
from sim.model.world import World
from sim.policies import LEVERS
from sim.policies.families import Rule
from sim.scenario.scenario import Structure, load
from tests.guarantees.test_pairing import assert_same_law, fields_of

MONTH = 40
USUAL = Motives(
    base=0.3,
    back_checks=0.1,
    whistle_blowers=0.1,
    audits=0.1,
    penalty=4.0,
    reputation=1.0,
    gain_spread=1.0,
)
RULES = [key for key, cls in LEVERS.items() if issubclass(cls, Rule)]
OWN = ("penalty", "back_checks", "whistle_blowers")


@pytest.fixture(scope="module")
def places():
    return Jurisdictions.of_tables()


def motives_of(places, policies, kind, parameters=None):
    """Why those of a kind obey the first of some policies."""
    named = [(f"p{i}", one) for i, one in enumerate(policies)]
    found = Compliance(values(parameters)).motives(places, terms_of_month(named, MONTH), MONTH)
    return found["p0"][kind]


def chosen(places, policies, parameters=None):
    """The law of named policies whose obedience is chosen."""
    compliance = Compliance(values(parameters))
    terms = compliance.obeyed(places, terms_of_month(policies, MONTH), MONTH)
    return write_law(places, terms, MONTH)


# the equation


@pytest.mark.parametrize(
    "term", ["base", "back_checks", "whistle_blowers", "audits", "penalty", "reputation"]
)
def test_more_obey_the_higher_each_term_of_the_stake(term):
    shares = [USUAL._replace(**{term: x}).share for x in (0.0, 0.2, 0.6, 1.0)]
    assert shares == sorted(set(shares))


@pytest.mark.parametrize(("penalty", "towards"), [(6.0, -1), (0.2, 1)])
def test_the_more_gains_differ_the_nearer_to_half_obey(penalty, towards):
    """More than half obey where the stake exceeds the median gain, less than half below it."""
    few = USUAL._replace(penalty=penalty, reputation=0.0)
    shares = [few._replace(gain_spread=spread).share for spread in (0.5, 1.0, 2.0)]
    assert [towards * (b - a) > 0 for a, b in pairwise(shares)] == [True] * 2
    assert all((share - 0.5) * towards < 0 for share in shares)


def test_half_obey_where_the_stake_is_the_median_gain_and_84_percent_a_spread_above():
    alone = Motives(0.5, 0.0, 0.0, 0.0, penalty=1.0, reputation=0.5, gain_spread=0.7)
    assert alone.share == pytest.approx(0.5)
    assert alone._replace(reputation=exp(0.7) - 0.5).share == pytest.approx(0.8413, abs=1e-4)


def test_a_breach_is_found_if_at_least_one_finds_it():
    assert USUAL.detection == pytest.approx(1.0 - 0.7 * 0.9**3)
    assert USUAL._replace(audits=1.0).detection == 1.0


def test_nobody_obeys_where_nothing_is_at_stake():
    nothing = Motives(0.0, 0.0, 0.0, 0.0, penalty=4.0, reputation=0.0, gain_spread=1.0)
    assert nothing.share == 0.0
    assert USUAL._replace(penalty=0.0, reputation=0.0).share == 0.0


# where terms come from


@pytest.mark.parametrize("key", RULES)
@pytest.mark.parametrize("field", OWN)
def test_every_field_of_a_rule_raises_the_share_who_obey_it(places, policy, key, field):
    for kind in policy(key).obeyed_by:
        low, high = (motives_of(places, [policy(key, **{field: x})], kind) for x in (0.1, 0.9))
        assert low.share < high.share


@pytest.mark.parametrize("key", RULES)
@pytest.mark.parametrize("term", ["detection", "reputation"])
def test_detection_and_reputation_are_of_the_kind_who_obey(places, policy, key, term):
    for kind in policy(key).obeyed_by:
        low, high = (
            motives_of(places, [policy(key)], kind, {f"{term}_{kind}": x}) for x in (0.1, 0.9)
        )
        assert low.share < high.share


AUDITED = [
    ("L4", "firms", "L7", True),
    ("L4", "firms", "L6", True),
    ("EU_GPAI", "firms", "L7", True),
    ("L12", "hubs", "L7", True),
    ("L8", "government", "L6", True),
    ("L8", "government", "L7", False),
    ("L8", "private", "L6", False),
    ("L8", "private", "L7", False),
    ("L2", "firms", "L7", False),
    ("L3", "firms", "L7", False),
    ("L13", "firms", "L7", False),
]


@pytest.mark.parametrize(("key", "kind", "audits", "seen"), AUDITED)
def test_audits_raise_detection_of_what_they_can_see(places, policy, key, kind, audits, seen):
    rule = policy(key)
    without = motives_of(places, [rule], kind)
    under = motives_of(places, [rule, policy(audits)], kind)
    assert without.audits == 0.0
    assert (under.share > without.share) == seen
    assert (under.audits > 0.0) == seen


def test_audits_count_by_their_number_their_strength_and_their_power(places, policy):
    rule = policy("L4")

    def found(parameters=None, **fields):
        return motives_of(places, [rule, policy("L7", **fields)], "firms", parameters).audits

    one_a_month = 12.0 * policy("L7").cost_per_audit
    assert found(budget=one_a_month) == pytest.approx(values().audit_detection)
    assert found(budget=one_a_month) < found(budget=4.0 * one_a_month) < 1.0
    assert found(budget=one_a_month, strength=0.5) < found(budget=one_a_month)
    assert found({"audit_detection": 0.2}, budget=one_a_month) == pytest.approx(0.2)
    assert found(budget=one_a_month, start="2027-01") == 0.0  # not in force yet


def test_programmes_of_audits_add_up(places, policy):
    rule, public, suppliers = policy("L4"), policy("L7"), policy("L6")
    alone = [motives_of(places, [rule, one], "firms").audits for one in (public, suppliers)]
    both = motives_of(places, [rule, public, suppliers], "firms").audits
    assert 1.0 - both == pytest.approx((1.0 - alone[0]) * (1.0 - alone[1]))


# the law


@pytest.mark.parametrize("key", [key for key in RULES if key != "L8"])
def test_the_share_stands_in_place_of_enforcement_and_scales_the_standing_cost(places, policy, key):
    rule = policy(key, enforcement=0.123)
    share = motives_of(places, [rule], rule.obeyed_by[0]).share
    stated = policy(key, enforcement=share)
    if "compliance_cost" in type(rule).model_fields:
        stated = stated.model_copy(update={"compliance_cost": rule.compliance_cost * share})
    assert 0.5 < share < 1.0
    assert_same_law(chosen(places, [("x", rule)]), law_of_month(places, [("x", stated)], MONTH))


def test_of_a_ban_government_and_other_users_choose_apart(places, policy):
    ban = policy("L8", enforcement=0.1, compliance=0.1, compliance_private=0.9)
    shares = {kind: motives_of(places, [ban], kind).share for kind in ("government", "private")}
    assert shares["government"] == pytest.approx(0.8, abs=0.01)  # as L8 states by default
    assert shares["private"] == pytest.approx(0.2, abs=0.01)
    stated = policy(
        "L8", compliance=shares["government"], compliance_private=shares["private"],
        compliance_cost=ban.compliance_cost * sum(shares.values()) / 2.0,
    )  # fmt: skip
    assert_same_law(chosen(places, [("x", ban)]), law_of_month(places, [("x", stated)], MONTH))
    assert policy("L8", sectors=("enterprise", "market")).obeyed_by == ("private",)


@pytest.mark.parametrize("key", [key for key in LEVERS if key not in RULES])
def test_programmes_ask_nobody_to_obey(places, policy, key):
    named = [("x", policy(key, enforcement=0.6))]
    assert policy(key).obeyed_by == ()
    assert_same_law(chosen(places, named), law_of_month(places, named, MONTH))


@pytest.mark.parametrize("key", RULES)
def test_where_compliance_is_stated_the_fields_of_the_choice_change_nothing(places, policy, key):
    other = policy(key, penalty=9.0, back_checks=0.5, whistle_blowers=0.3)
    laws = [law_of_month(places, [("x", one)], MONTH) for one in (policy(key), other)]
    assert_same_law(*laws)


def test_all_who_are_sure_to_be_found_and_to_lose_by_it_obey(places, policy):
    """Then the law is that of full enforcement."""
    for key in RULES:
        if key != "L8":
            sure = [("x", policy(key, penalty=1000.0, back_checks=1.0))]
            full, stated = chosen(places, sure), law_of_month(places, sure, MONTH)
            for name, value in fields_of(stated).items():
                if isinstance(value, np.ndarray):
                    np.testing.assert_allclose(fields_of(full)[name], value, rtol=1e-9)


@pytest.mark.parametrize("audits", ["L6", "L7"])
@pytest.mark.parametrize("key", RULES)
def test_the_order_of_policies_decides_nothing(places, policy, key, audits):
    three = policy(key), policy(audits), policy(audits, strength=0.37)
    laws = [chosen(places, list(zip(names, three, strict=True))) for names in ("abc", "cab", "bca")]
    backwards = chosen(places, list(zip("abc", three, strict=True))[::-1])
    for other in (*laws[1:], backwards):
        assert_same_law(laws[0], other)


def test_runs_of_other_parameters_do_not_share_a_law(places, policy):
    named = [("x", policy("L1"))]
    less, more = (chosen(places, named, {"detection_firms": x}) for x in (0.1, 0.9))
    assert less.controlled.max() < more.controlled.max()
    assert_same_law(less, chosen(places, named, {"detection_firms": 0.1}))


# the world


def world_of(scenario, months, **policies):
    made = scenario(**policies)
    world = World(made.model_copy(update={"structure": Structure(compliance="chosen")}), rng=1)
    while world.month < months - 1:
        world.step()
    return world


def test_who_obeys_obeys_whatever_raises_detection_further(scenario, policy):
    """One draw for each release: a larger share holds all of a smaller one."""
    bound = []
    for told in (0.0, 0.9):
        world = world_of(scenario, 38, licence=policy("L5", whistle_blowers=told))
        lab = world.labs[world.law.compute_duties[0].labs[0]]
        duties = [replace(duty, floor=0.0) for duty in world.law.compute_duties]
        bound.append({n for n in range(2000) if any(covering(duties, lab, n, 26.0).values())})
    assert bound[0] < bound[1]


def test_a_monitor_that_switches_audits_on_moves_who_obeys_from_then_on(policy, world_at):
    monitor = policy("L14", switch_off=(), switch_on=("repository",))
    policies = [
        ("monitor", monitor), ("repository", policy("L7", start="2026-01")), ("rule", policy("L4"))
    ]  # fmt: skip
    world = world_at(1)
    schedule = PolicySchedule(policies, 60, world.streams, Compliance(world.p))
    places, order = world.jurisdictions, monitor.trigger(1.0)
    schedule.renews(38, ())
    assert schedule.motives(places, 38)["rule"]["firms"].audits == 0.0
    before = schedule.law(places, 38).assessments[0].strength
    assert schedule.renews(39, (order,))
    assert schedule.motives(places, 39)["rule"]["firms"].audits > 0.0
    assert schedule.law(places, 39).assessments[0].strength > before


def test_labs_that_know_of_a_rule_expect_that_share_to_obey(scenario, policy):
    rule = policy("L1", start="2026-06", anticipation_months=6)
    world = world_of(scenario, 38, rule=rule)  # February 2026
    expected = world.prospect(41)
    while world.month < 41:
        world.step()
    np.testing.assert_array_equal(expected.controlled, world.law.controlled)
    assert 0.0 < world.law.controlled.max() < 1.0


def test_what_is_drawn_of_the_state_is_as_stated(places, policy):
    """A cut-off or sanction is an act of the state, which nobody is asked to obey."""
    terms = Terms("x", policy("L2", enforcement=0.5), 1.0, 0.4)
    (obeyed,) = Compliance(values()).obeyed(places, [terms], MONTH)
    assert (obeyed.strength, obeyed.state) == (1.0, 0.4)
    assert obeyed.policy.enforcement != 0.5


def test_usual_scenarios_state_who_obeys():
    world = World(load("p1-blanket"), rng=1)
    assert world.schedule.compliance is None
    assert world.schedule.motives(world.jurisdictions, 5) == {}
