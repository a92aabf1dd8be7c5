"""The guarantees of levers where compliance is chosen: the same tests on another status quo."""

import pytest

from sim.model.world import World
from sim.policies import LEVERS
from sim.scenario.differences import first_difference
from sim.scenario.scenario import Structure, load
from tests.guarantees.test_levers import (
    test_labs_do_not_foresee_an_end,
    test_labs_that_do_nothing_on_notice_are_as_if_surprised,
    test_notice_moves_labs_before_the_start_and_not_before_they_know,
    test_notice_of_what_never_comes_moves_nothing,
)
from tests.guarantees.test_pairing import (
    moved,
    test_a_policy_without_force_changes_nothing,
    test_two_policies_of_one_lever_commute_in_a_world,
)

__all__ = [
    "test_a_policy_without_force_changes_nothing",
    "test_labs_do_not_foresee_an_end",
    "test_labs_that_do_nothing_on_notice_are_as_if_surprised",
    "test_notice_moves_labs_before_the_start_and_not_before_they_know",
    "test_notice_of_what_never_comes_moves_nothing",
    "test_two_policies_of_one_lever_commute_in_a_world",
]


@pytest.fixture(scope="module")
def status_quo():
    """The short status quo in which who obeys weighs what breaking a rule gains."""
    usual = load("status-quo", settings=["horizon.end=2026-12"])
    return usual.model_copy(update={"structure": Structure(compliance="chosen")})


@pytest.fixture(scope="module")
def with_policies(status_quo):
    def add(policies, **content):
        return status_quo.model_copy(
            update={"policy": {**status_quo.policy, **policies}, **content}
        )

    return add


@pytest.mark.parametrize("audits", ["L6", "L7"])
@pytest.mark.parametrize("key", LEVERS)
def test_audits_commute_with_every_lever(key, audits, policy, with_policies, series_of):
    """They act on each other: audits raise the share who obey."""
    one, two = policy(key), policy(audits, strength=0.37)
    ours = series_of(with_policies({"a-first": one, "z-last": two}))
    theirs = series_of(with_policies({"a-first": two, "z-last": one}))
    assert moved(ours, theirs) == []


@pytest.mark.parametrize("key", ["L1", "L8", "L7"])
def test_a_run_that_goes_on_under_another_scenario_is_that_scenarios(
    key, policy, status_quo, with_policies, series_of
):
    other = with_policies({"rule": policy("L4"), "added": policy(key, start="2026-04")})
    base = with_policies({"rule": policy("L4")})
    world = World(base, rng=1)
    while world.month < first_difference(base, other) - 1:
        world.step()
    world.go_on_under(other)
    assert moved(world.run(), series_of(other)) == []
    assert moved(series_of(base), series_of(other)) != []
