"""Parts of a scenario: which there are, and what they contribute adds up in every pair."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.study import Study
from sim.analysis.why import parts
from sim.policies import LEVERS
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.sweep import fake


def test_a_bundle_has_its_policies_as_parts_and_a_policy_what_its_fields_bring_in():
    reference = load("status-quo")
    assert set(parts.cut(load("p1-blanket"), reference).parts) == {
        "denial to target countries",
        "the know-your-customer check",
        "cost and liability of labs",
    }
    bundle = load("targeted-bundle")
    own = [bundle.policy[name] for name in sorted(bundle.policy.keys() - reference.policy.keys())]
    assert parts.cut(bundle, reference).parts == tuple(type(policy).title for policy in own)


def test_without_a_part_a_policy_lacks_it_and_without_all_of_them_they_all_are_off():
    control = load("p1-blanket")
    found = parts.cut(control, load("status-quo"))
    bare = found.world(()).policy["open-weight-control"]
    assert (bare.targets, bare.kyc, bare.opening_cost) == ((), False, 0.0)
    check = found.world((found.parts.index("the know-your-customer check"),)).policy[
        "open-weight-control"
    ]
    assert (check.targets, check.kyc, check.opening_cost) == ((), True, 0.0)
    assert check.kyc_friction == control.policy["open-weight-control"].kyc_friction
    assert found.world(found.whole) is control


def test_a_policy_that_the_reference_has_too_goes_back_to_it():
    exempt, without = load("status-quo"), load("eu-no-exemption")
    assert parts.cut(without, exempt) is None  # one field, no parts
    bundle = load("targeted-bundle")
    back = parts.cut(exempt, bundle)  # what takes three policies away has them as parts
    assert len(back.parts) == 3
    assert back.world(()).policy == bundle.policy


def test_each_declared_part_can_be_off():
    declared = {
        (name, field.name): field
        for name, lever in LEVERS.items()
        for field in lever.lever_fields.values()
        if field.part
    }
    assert ("L1", "kyc") in declared
    for (name, field), known in declared.items():
        policy = LEVERS[name].model_validate({**LEVERS[name].example, field: known.off})
        assert not getattr(policy, field), (name, field)
        if known.allowed:
            assert known.allowed[0] <= known.off <= known.allowed[1], (name, field)


def subsets(number):
    whole = frozenset(range(number))
    single = [frozenset((i,)) for i in range(number)]
    return list(dict.fromkeys((frozenset(), *single, *(whole - one for one in single), whole)))


@given(st.integers(2, 5), st.randoms(use_true_random=False))
def test_rest_contributions_and_interaction_add_up_to_the_total_in_each_pair(number, random):
    # Whole numbers, so that sums are exact.
    changes = {
        chosen: np.array([random.randrange(-900, 900) * 6.0 for _ in range(4)])
        for chosen in subsets(number)
    }
    found = parts.measures(changes, number)
    by = {
        m: [v for name, _, v in found if name == m] for m in dict.fromkeys(m for m, _, _ in found)
    }
    total, rest, together = by["total"][0], by["rest"][0], by["interaction"][0]
    assert (total == rest + sum(by["first"]) + together).all()
    if number <= parts.SHAPLEY:
        assert np.allclose(rest + sum(by["share"]), total, rtol=0, atol=1e-9)
    for i in range(number):
        assert (by["last"][i] == total - changes[frozenset(range(number)) - {i}]).all()


def product(scenario, replication, seed):
    """Beta rises by an eighth for each policy, and by two more where all three are there."""
    found = fake.world(scenario, replication, seed)
    found.values[fake.START :, :2] -= fake.SHIFT * len(scenario.policy)
    names = {"audit-0": 1 / 8, "audit-1": 2 / 8, "audit-2": 4 / 8}
    rise = sum(names[name] for name in scenario.policy) + 2 / 8 * (len(scenario.policy) == 3)
    found.values[fake.START :, 1] += rise
    return found


def study_of(draws=({},), replications=4, policies=3, simulate=product):
    reference, other = fake.scenario("status-quo"), fake.scenario("three", policies)
    cases = (Case("status-quo", reference, "status-quo"), Case("three", other, "status-quo"))
    plan = Design(cases, replications, 3, draws)
    return Study(execute(plan, simulate=simulate, workers=1), plan, described=fake.DESCRIBED)


def contributions(study, simulate=product):
    found = parts.cuts(study)
    plan = parts.design(study, found)
    beside = Study(execute(plan, simulate=simulate, workers=1), plan, described=fake.DESCRIBED)
    return parts.contributions(study, beside, found), plan


def test_contributions_are_those_of_a_world_whose_parts_are_known():
    frame, plan = contributions(study_of())
    assert len(plan.cases) == 6 + 1 - 1  # none is the reference, all is the scenario
    beta = frame[frame["outcome"] == "beta"].set_index(["measure", "part"])["median"]
    titles = list(dict.fromkeys(frame.loc[frame["measure"] == "first", "part"]))
    assert beta["total", ""] == 100 * 9 / 8
    for title, eighths in zip(titles, (1, 2, 4), strict=True):
        assert beta["first", title] == 100 * eighths / 8
        assert beta["last", title] == 100 * (eighths + 2) / 8
        assert beta["share", title] == pytest.approx(100 * (eighths + 2 / 3) / 8)
    assert beta["interaction", ""] == 100 * 2 / 8
    assert ("rest", "the rest") not in beta


def test_both_intervals_stand_beside_each_part_where_draws_were_run_several_times():
    alone, _ = contributions(study_of())
    twice, _ = contributions(
        study_of(draws=({"leak_hazard": 0.2}, {"leak_hazard": 0.4}), replications=2)
    )
    assert twice[["low", "high", "chance_low", "chance_high"]].notna().all().all()
    assert set(twice["pairs"]) == {4}
    assert set(alone["pairs"]) == {4}


def test_a_sentence_names_the_fewest_parts_that_make_up_two_thirds():
    frame, _ = contributions(study_of())
    top = parts.leading(frame).set_index("outcome").loc["beta"]
    by = frame[(frame["outcome"] == "beta") & (frame["measure"] == "share")]
    largest = by.sort_values("mean", ascending=False)
    assert top["number"] == 2
    assert top["parts"] == "; ".join(largest["part"].iloc[:2])
    assert top["fraction"] == pytest.approx(largest["fraction"].iloc[:2].sum())
    assert top["interaction"] == pytest.approx(2 / 9)


def test_nothing_is_divided_that_is_within_the_floor_or_that_nobody_can_tell():
    """A median may be large while pairs lie on both sides: then no part is named as its cause."""
    frame, _ = contributions(study_of())
    assert set(frame.loc[frame["measure"] == "total", "sign"]) == {"higher", "0"}
    assert set(parts.leading(frame)["outcome"]) == {"beta"}

    def divided(scenario, replication, seed):
        found = product(scenario, replication, seed)
        found.values[fake.START :, 1] -= 3.0 * (replication == 3) * bool(scenario.policy)
        return found

    frame, _ = contributions(study_of(simulate=divided), divided)
    total = frame[(frame["outcome"] == "beta") & (frame["measure"] == "total")].iloc[0]
    assert total["median"] > 100
    assert total["sign"] == "?"
    assert parts.leading(frame).empty


def test_a_mean_on_the_other_side_of_0_than_the_median_is_not_divided():
    frame, _ = contributions(study_of())
    assert parts.leading(frame.assign(mean=-frame["mean"])).empty
    assert isinstance(parts.leading(pd.DataFrame(columns=frame.columns)), pd.DataFrame)
