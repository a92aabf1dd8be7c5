"""Paired worlds: a policy changes nothing but what it causes.

Nothing before it starts, nothing at strength 0.

No test here says which way a policy moves an outcome: that is a finding.
"""

from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model.law import Law, law_of_month
from sim.model.law_fields import FIELDS
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.differences import first_difference
from sim.scenario.scenario import Crisis, load
from sim.vocabulary import PAYERS
from tests.guarantees.conftest import joining

PAIRS = list(combinations_with_replacement(LEVERS, 2))
NOTHING = {
    "strength-0": {"strength": 0.0},
    "after-the-horizon": {"start": "2041-01"},
    "before-the-first-month": {"start": "2021-01", "end": "2022-06"},
    "empty-window": {"start": "2026-03", "end": "2026-03"},
}
# What may change when malicious actors try more often: defence follows its own clock, and nothing
# else reads attempts.
MISUSE = ("incidents", "harm_", "cn_state_harm", "other_harm", "uplift_us_releases")


def moved(one, other):
    """Names of the series that are not equal to the last bit."""
    return [
        name
        for i, name in enumerate(one.names)
        if not np.array_equal(one.values[:, i], other.values[:, i])
    ]


def fields_of(law):
    """Every field of a law; records in a fixed order, without the name of their policy."""
    found = {}
    for name, spec in FIELDS.items():
        value = getattr(law, name)
        found[name] = sorted(repr(record) for record in value) if spec.combine == "list" else value
    return found


def assert_same_law(one, other):
    for name, value in fields_of(one).items():
        np.testing.assert_array_equal(value, fields_of(other)[name], err_msg=name)
    for payer in PAYERS:
        assert one.ledger(payer) == other.ledger(payer)


# until the start


@pytest.mark.parametrize("name", sorted(set(library.scenarios()) - {"status-quo"}))
def test_shipped_scenarios_equal_the_status_quo_until_they_differ(name, shipped, series_of):
    ours, theirs = series_of(shipped[name]), series_of(shipped["status-quo"])
    start = first_difference(shipped[name], shipped["status-quo"])
    assert start is not None
    np.testing.assert_array_equal(ours.values[:start], theirs.values[:start])
    assert moved(ours, theirs)


@pytest.mark.parametrize("key", LEVERS)
def test_a_lever_changes_something_and_nothing_before_its_start(
    key, policy, with_policies, status_quo, series_of
):
    for fields in ({"start": "2025-05"}, {"start": "2026-02", "ramp_months": 4}):
        scenario = with_policies({"added": policy(key, **fields)})
        start = first_difference(scenario, status_quo)
        ours, theirs = series_of(scenario), series_of(status_quo)
        np.testing.assert_array_equal(ours.values[:start], theirs.values[:start])
        assert moved(ours, theirs)


@pytest.mark.parametrize("key", LEVERS)
def test_a_lever_that_ends_equals_one_that_does_not_until_then(
    key, policy, with_policies, series_of
):
    lasting, ending = (
        with_policies({"added": policy(key, start="2025-08", end=end, **joining(key))})
        for end in (None, "2026-04")
    )
    end = first_difference(lasting, ending)
    assert end == 39
    np.testing.assert_array_equal(series_of(lasting).values[:end], series_of(ending).values[:end])
    assert moved(series_of(lasting), series_of(ending))


def test_a_crisis_changes_nothing_before_its_month(with_policies, status_quo, series_of):
    scenario = with_policies({}, crisis={"leak": Crisis(month="2025-11", origin="US", share=1.0)})
    ours, theirs = series_of(scenario), series_of(status_quo)
    np.testing.assert_array_equal(ours.values[:34], theirs.values[:34])
    assert "crisis_loss" in moved(ours, theirs)


# nothing at all


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("key", LEVERS)
def test_a_policy_without_force_changes_nothing(
    key, nothing, policy, with_policies, status_quo, series_of
):
    scenario = with_policies({"idle": policy(key, **NOTHING[nothing], **joining(key))})
    assert scenario.id != status_quo.id
    ours, theirs = series_of(scenario), series_of(status_quo)
    np.testing.assert_array_equal(ours.values, theirs.values)
    np.testing.assert_array_equal(ours.countries, theirs.countries)


def test_a_reform_never_leaks(status_quo, everything, series_of):
    levers, parameters, outcomes = dict(LEVERS), dict(PARAMETERS), dict(OUTCOMES)
    before = series_of(status_quo)
    world, undisturbed = World(everything, rng=1), World(status_quo, rng=1)
    while undisturbed.running:  # month by month beside each other
        world.step()
        undisturbed.step()
    np.testing.assert_array_equal(undisturbed.series().values, before.values)
    np.testing.assert_array_equal(World(status_quo, rng=1).run().values, before.values)
    assert (dict(LEVERS), dict(PARAMETERS), dict(OUTCOMES)) == (levers, parameters, outcomes)


# order


def two_of(pair, policy):
    """Two policies of a pair of levers that are never the same one; others join the first."""
    first, second = policy(pair[0], **joining(pair[0])), policy(pair[1])
    return first, second.model_copy(update={"strength": 0.37})


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_policies_commute_in_the_law(pair, policy, status_quo):
    jurisdictions = World(status_quo, rng=0).jurisdictions
    one, two = two_of(pair, policy)
    for month in (36, 40):
        law = law_of_month(jurisdictions, [("a", one), ("b", two)], month)
        assert_same_law(law, law_of_month(jurisdictions, [("b", two), ("a", one)], month))
        assert_same_law(law, law_of_month(jurisdictions, [("a", two), ("b", one)], month))


def test_policies_with_all_they_can_write_commute_in_the_law(policy, status_quo):
    """Three writes into one entry: a sum that depends on its order shows here."""
    jurisdictions = World(status_quo, rng=0).jurisdictions
    control, audits = policy("L1", kyc_friction=0.11, reassurance=0.7), policy("L6", burden=0.3)
    again = policy("L1", kyc_friction=0.23, reassurance=0.1)
    law = law_of_month(jurisdictions, [("a", control), ("b", audits), ("c", again)], 36)
    assert_same_law(
        law, law_of_month(jurisdictions, [("c", control), ("a", audits), ("b", again)], 36)
    )
    assert_same_law(
        law, law_of_month(jurisdictions, [("b", control), ("c", audits), ("a", again)], 36)
    )


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_policies_commute_in_a_world(pair, policy, with_policies, series_of):
    """Policies are read in order of their names: names are exchanged, so that the order flips."""
    one, two = two_of(pair, policy)
    ours = series_of(with_policies({"a-first": one, "z-last": two}))
    theirs = series_of(with_policies({"a-first": two, "z-last": one}))
    assert moved(ours, theirs) == []


DIFFERENT = {
    "L4": ({"fallback": ("gated",)}, {"fallback": ("api",)}),
    "L6": (
        {"detect_prob": 1.0},
        {"detect_prob": 0.0, "false_positive": 0.9, "public_results": True},
    ),
    "L7": ({"detect_prob": 1.0}, {"detect_prob": 0.0, "false_positive": 0.9}),
    "L9": (
        {"openness_class": "I", "cadence_months": 2},
        {"openness_class": "III", "gpu_count": 1000.0, "lag_target": 9},
    ),
    "L10": ({"subsidy": 0.1}, {"subsidy": 0.3, "bundle_lockin": 0.7}),
    "L11": ({"method": "data-filtering"}, {"method": "tamper-resistant", "cost_per_release": 3e7}),
    "L12": ({"takedown_rate": 0.3, "gating": "click"}, {"takedown_rate": 0.1, "mirror_prob": 1.0}),
    "L14": (
        {"error": 0.5, "strength": 0.5},
        {"switch_off": (), "switch_on": ("chips-2026-01",), "lasting": False},
    ),
}


@pytest.mark.parametrize("key", DIFFERENT)
def test_two_policies_of_one_lever_commute_in_a_world(key, policy, with_policies, series_of):
    """Two programmes share their auditor, two duties bind one release: names decide nothing."""
    low = (
        {"capability_floor": 100.0, "hazard_margin": -22.0, "assessor_accuracy": 1.0}
        if key == "L4"
        else {}
    )
    one, two = (policy(key, **low, **fields) for fields in DIFFERENT[key])
    ours = series_of(with_policies({"a-first": one, "z-last": two}))
    theirs = series_of(with_policies({"a-first": two, "z-last": one}))
    assert moved(ours, theirs) == []


@lru_cache
def some_jurisdictions():
    return World(load("status-quo", settings=["horizon.end=2024-12"]), rng=0).jurisdictions


places = st.one_of(st.none(), st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
numbers = st.floats(0.01, 3.0)
additions = st.tuples(st.sampled_from(("p", "q", "r")), places, numbers)


@settings(max_examples=40)
@given(st.lists(additions, max_size=6), st.randoms(use_true_random=False))
def test_writes_commute_whatever_they_are(writes, shuffler):
    jurisdictions = some_jurisdictions()
    shuffled = shuffler.sample(writes, len(writes))
    laws = []
    for order in (writes, shuffled):
        law = Law(jurisdictions)
        for by, labs, value in order:
            law.write(by, "friction", value, labs=labs)
            law.write(by, "distillation_barrier", value, labs=labs, students=labs)
            law.write(by, "controlled", min(value, 1.0), labs=labs)
            law.write(by, "price_factor", value, origins=labs)
            law.spend(by, "labs", value)
        laws.append(law.combine())
    assert_same_law(*laws)


# nothing else


def test_more_attempts_disturb_misuse_alone(status_quo, series_of):
    """The draws of one decision do not depend on another: minimally different worlds."""
    more = status_quo.model_copy(update={"parameters": {"attempts": 62.0}})
    changed = moved(series_of(more), series_of(status_quo))
    assert "incidents" in changed
    assert [name for name in changed if not name.startswith(MISUSE)] == []


def test_more_compromise_disturbs_exposure_alone(status_quo, series_of):
    more = status_quo.model_copy(update={"parameters": {"compromise": 0.09}})
    assert moved(series_of(more), series_of(status_quo)) == ["backdoor_exposure"]


def test_a_delay_moves_a_release_and_redraws_nothing(policy, shipped):
    """A duty under which nothing is hazardous delays releases; they stay drawn as they were."""
    duty = policy(
        "L4",
        hazard_reference="marginal",
        delta=100.0,
        assessor_accuracy=1.0,
        capability_floor=100.0,
        delay_months=3,
    )
    often = shipped["status-quo"].model_copy(update={"parameters": {"compromise": 0.3}})
    worlds = [
        World(often, rng=1),
        World(often.model_copy(update={"policy": {**often.policy, "duty": duty}}), rng=1),
    ]
    tables = []
    for world in worlds:
        world.run()
        c = world.catalogue
        rows = zip(
            c.names, c.column("month").tolist(), c.column("compromised").tolist(), strict=True
        )
        tables.append({name: (month, hit) for name, month, hit in rows if month >= world.handover})
    delayed = [
        name for name in tables[1] if name in tables[0] and tables[1][name][0] != tables[0][name][0]
    ]
    assert len(delayed) > 20
    assert [name for name in delayed if tables[0][name][1] != tables[1][name][1]] == []


@pytest.mark.parametrize("key", ["L1", "L4"])
def test_paired_differences_vary_less_than_unpaired_ones(
    key, policy, with_policies, status_quo, series_of
):
    """Common random numbers: a replication's luck is the same under every policy."""
    scenario = with_policies({"added": policy(key)})
    names = (
        "us_share_abroad",
        "openness_class",
        "application_value",
        "cn_state_harm",
        "power_labs",
        "frontier_growth",
    )
    ours, theirs = [], []
    for replication in range(20):
        for runs, kind in ((ours, scenario), (theirs, status_quo)):
            run = series_of(kind, replication=replication)
            columns = [run.names.index(name) for name in names]
            runs.append(np.asarray(run.values[-6:, columns], float).mean(axis=0))
    paired = np.subtract(ours, theirs)
    unpaired = np.subtract(ours, np.roll(theirs, 1, axis=0))
    ratio = np.var(unpaired, axis=0) / np.var(paired, axis=0)
    assert (ratio > 1.2).all(), dict(zip(names, ratio.round(2), strict=True))
    assert np.median(ratio) > 3.0
