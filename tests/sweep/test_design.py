"""A design point is named by its resolved scenario; chunks hold every unfinished run once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.messages import ScenarioError
from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.scenario.scenario import load
from sim.sweep.design import (
    ASSUMED_OFF,
    BLOCK,
    MOST_FORKED,
    MOST_POINTS,
    STATED,
    WITHOUT_ASSUMED,
    Case,
    Design,
    Draws,
    Keep,
    with_twins,
)
from sim.sweep.forks import past_of
from sim.sweep.manifest import designs_file, plan_table, read_design
from sim.sweep.runs import MOST_REPLICATIONS, RunId
from tests.sweep import fake


def two(draws=({},), replications=3, **content):
    reference, other = fake.scenario("status-quo", **content), fake.scenario("audits", 1, **content)
    cases = (Case("status-quo", reference, "status-quo"), Case("audits", other, "status-quo"))
    return Design(cases, replications, 3, Draws.of(draws))


# Identity


def test_a_point_is_the_id_that_the_same_settings_give():
    friction = "policy.open-weight-control.kyc_friction"
    case = Case(
        "p1 kyc_friction=0.25", load("p1-blanket", settings=[f"{friction}=0.25"]), "status-quo"
    )
    draw = {"leak_hazard": 0.125, "policy.open-weight-control.leakage": 0.75}
    same = load(
        "p1-blanket",
        settings=[f"{friction}=0.25", *(f"{name}={value}" for name, value in settings(draw))],
    )
    assert case.under(draw) == same
    assert Design(
        (Case("status-quo", load("status-quo"), "status-quo"), case), 1, 0, Draws.of([draw])
    ).points[1] == [same.id]


def settings(draw):
    return [
        (name if name.startswith("policy.") else f"parameters.{name}", value)
        for name, value in draw.items()
    ]


@given(st.sampled_from(sorted(PARAMETERS)), st.floats(0, 1))
def test_every_parameter_drawn_is_the_parameter_set(name, where):
    parameter = PARAMETERS[name]
    value = parameter.low + where * (parameter.high - parameter.low)
    case = Case("status-quo", fake.scenario("status-quo"), "status-quo")
    assert case.under({name: value}).id == fake.scenario("status-quo", parameters={name: value}).id


def test_the_start_value_drawn_is_the_scenario_itself():
    case = Case("audits", fake.scenario("audits", 1), "audits")
    assert case.under({"leak_hazard": DEFAULTS["leak_hazard"]}).id == case.scenario.id
    assert case.under({}) is case.scenario


def test_numbers_of_a_policy_apply_only_where_the_policy_is():
    plan = two([{"policy.audit-0.detect_prob": 0.5}])
    reference, audits = (case.under(plan.draws[0]) for case in plan.cases)
    assert reference == plan.cases[0].scenario
    assert audits.policy["audit-0"].detect_prob == 0.5
    assert audits.id != plan.cases[1].scenario.id
    chips = Case(
        "chips",
        fake.scenario("chips", policy={"audit-0": {"lever": "L3", "start": "2026-01"}}),
        "chips",
    )
    assert chips.under(plan.draws[0]) == chips.scenario  # a policy of that name, with another lever


def test_a_field_of_a_policy_that_is_unset_is_set_by_a_draw():
    case = Case("safe", load("safe-open"), "safe")
    path = "policy.release-safeguards.capability_tax"
    assert case.scenario.policy["release-safeguards"].capability_tax is None
    assert case.under({path: 0.05}).policy["release-safeguards"].capability_tax == 0.05


def test_a_whole_number_of_a_policy_is_never_rounded():
    case = Case("audits", fake.scenario("audits", 1), "audits")
    assert case.under({"policy.audit-0.update_lag": 3.0}).policy["audit-0"].update_lag == 3
    with pytest.raises(
        ScenarioError, match=r"policy\.audit-0\.update_lag = 2\.6: must be a whole number"
    ):
        case.under({"policy.audit-0.update_lag": 2.6})


@pytest.mark.parametrize(
    "draw", [{"leak_hazard": 2.0}, {"no_such": 1.0}, {"policy.audit-0.detect_prob": -0.1}]
)
def test_a_draw_that_a_scenario_may_not_have_is_refused_in_words(draw):
    case = Case("audits", fake.scenario("audits", 1), "audits")
    with pytest.raises(ScenarioError, match="case 'audits' under the draw"):
        case.under(draw)


def test_the_twin_has_every_assumed_response_at_0_whatever_is_drawn():
    assert (
        ASSUMED_OFF.keys()
        == {name for name, parameter in PARAMETERS.items() if parameter.assumed}
        != set()
    )
    own = fake.scenario("a", parameters={"distillation": 0.3})
    case, twin = with_twins((Case("a", own, "a"),))
    assert (case.variant, twin.variant) == (STATED, WITHOUT_ASSUMED)
    expected = {"distillation": 0.3, **{n: 0.0 for n in ASSUMED_OFF if DEFAULTS[n] != 0}}
    assert twin.under({}).parameters == expected
    assumed = next(iter(ASSUMED_OFF))
    assert twin.under({assumed: PARAMETERS[assumed].high}).parameters == expected
    assert case.under({assumed: PARAMETERS[assumed].high}).id != case.scenario.id


def test_equal_worlds_are_one_point_of_the_first_case():
    twin = Design((Case("a", fake.scenario("a"), "a"), Case("b", fake.scenario("b"), "a")), 3)
    assert twin.points[0] == twin.points[1]
    assert twin.runs == 3
    assert {run.case for chunk in twin.chunks() for run in chunk.runs} == {"a"}


def test_a_run_is_found_by_its_point_draw_and_replication():
    plan = two([{"leak_hazard": 0.1}, {"leak_hazard": 0.2}])
    point = plan.points[1][1]
    run = plan.run(RunId(point, 1, 0))
    assert (run.case, run.scenario.parameters["leak_hazard"]) == ("audits", 0.2)
    assert run.scenario.id == point
    assert str(run.id) == f"{point}:1:0"
    with pytest.raises(KeyError):
        plan.run(RunId(point, 0, 0))
    asked = [RunId(point, 1, 0), RunId(point, 0, 0), RunId(point, 1, 99), RunId("0" * 16, 1, 0)]
    assert [plan.asks_for(run) for run in asked] == [True, False, False, False]


# Luck


def test_every_pair_has_luck_of_its_own_and_the_first_draw_has_that_of_no_draws():
    plan = two([{"leak_hazard": 0.1}, {"leak_hazard": 0.2}, {"leak_hazard": 0.3}], replications=4)
    luck = {}
    for run in plan.asked():
        luck.setdefault((run.draw, run.replication), set()).add(run.luck)
    assert len(luck) == plan.pairs == 12
    assert all(len(found) == 1 for found in luck.values()), "cases of a pair share its luck"
    assert len(set.union(*luck.values())) == 12
    assert [RunId("a", 0, k).luck for k in range(4)] == [0, 1, 2, 3]
    ends = RunId("a", 6, MOST_REPLICATIONS - 1).luck, RunId("a", 7, 0).luck
    assert ends == (6 * 100_000 + 99_998, 700_000), "written in the page on random numbers"


def test_worlds_that_are_equal_under_two_draws_are_run_in_each():
    path = "policy.audit-0.enforcement"
    plan = two([{path: 0.25}, {path: 0.75}], replications=2)
    assert len(set(plan.points[0])) == 1, "the reference has no such policy"
    assert plan.runs == 2 * 2 * 2
    assert {run[1:] for run in plan.asked() if run.point == plan.points[0][0]} == {
        (draw, replication) for draw in range(2) for replication in range(2)
    }


# Chunks


@given(
    cases=st.integers(1, 3),
    draws=st.integers(1, 5),
    replications=st.integers(1, 20),
    finished=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 19))),
)
def test_chunks_hold_every_run_that_is_not_finished_once(cases, draws, replications, finished):
    known = tuple(Case(f"s{i}", fake.scenario(f"s{i}", i), "s0") for i in range(cases))
    plan = Design(
        known, replications, 0, Draws.of([{"leak_hazard": (i + 1) / 8} for i in range(draws)])
    )
    done = {
        RunId(plan.points[case][draw], draw, replication)
        for case, draw, replication in finished
        if case < cases and draw < draws
    }
    chunks = list(plan.chunks(done))
    runs = [run.id for chunk in chunks for run in chunk.runs]
    wanted = [
        RunId(point, draw, r)
        for ids in plan.points
        for draw, point in enumerate(ids)
        for r in range(replications)
    ]
    assert sorted(runs) == sorted(run for run in wanted if run not in done)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert 1 <= len(chunk.runs) <= max(BLOCK, MOST_FORKED)
        assert len({past_of(run.scenario) for run in chunk.runs if draws == 1}) <= 1
        for run in chunk.runs:
            assert run.scenario.id == run.id.point


def test_every_case_meets_all_draws_once_before_any_twice():
    plan = two([{"leak_hazard": (i + 1) / 32} for i in range(BLOCK)], replications=2)
    chunks = list(plan.chunks())
    for chunk, replication in zip(chunks, (0, 0, 1, 1), strict=True):
        assert {run.id.replication for run in chunk.runs} == {replication}
        assert [run.case for run in chunk.runs] == ["status-quo", "audits"] * (BLOCK // 2)


# Draws and what is kept


def test_draws_are_mappings_in_an_array():
    rows = [{"a": 1.0, "b": 2.0}, {"b": 4.0, "a": 3.0}]
    draws = Draws.of(rows)
    assert list(draws) == [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}]
    assert list(draws[:1]) == [{"a": 1.0, "b": 2.0}]
    assert draws == Draws.of(rows)
    assert draws != Draws.of(rows[:1])
    assert list(Draws.of([{}])) == [{}]
    for wrong in ([], [{"a": 1.0}, {"b": 1.0}]):
        with pytest.raises(ScenarioError, match="draw"):
            Draws.of(wrong)


MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("months", "chosen"),
    [
        ("all", list(range(24))),
        ("year-ends", [11, 23]),
        (("2023-02", "2024-12"), [1, 23]),
    ],
)
def test_months_to_keep(months, chosen):
    assert Keep(months=months).chosen(MONTHS) == chosen


def test_the_last_month_is_a_year_end_too():
    assert Keep(months="year-ends").chosen(MONTHS[:18]) == [11, 17]


# What is refused


@pytest.mark.parametrize(
    "wrong", [{"replications": 0}, {"replications": 1.5}, {"replications": 100_000}]
)
def test_replications_out_of_range_are_refused(wrong):
    with pytest.raises(
        ScenarioError, match=r"replications = .*must be a whole number from 1 to 99999"
    ):
        two(**wrong)


@pytest.mark.parametrize("seed", [-1, True, 2**63, 0.5])
def test_seeds_out_of_range_are_refused(seed):
    with pytest.raises(ScenarioError, match="seed = "):
        Design((Case("a", fake.scenario("a"), "a"),), 1, seed)


def test_scenarios_that_cannot_be_compared_are_refused_all_at_once():
    short = fake.scenario("short", 1, horizon={"end": "2027-12"})
    cases = (
        Case("a", fake.scenario("a"), "a"),
        Case("a", fake.scenario("a", 1), "a"),
        Case("short", short, "a"),
        Case("lost", fake.scenario("lost"), "b"),
    )
    with pytest.raises(ScenarioError) as caught:
        Design(cases, 1)
    assert caught.value.problems == [
        "scenario 'a' occurs twice; save one of them as a file with another name",
        "scenario 'short' ends 2027-12, 'a' ends 2030-12; only equal horizons can be compared",
        "scenario 'lost' is compared with 'b', which is not in the design",
    ]


def test_too_many_worlds_are_refused_before_any_is_named(monkeypatch):
    monkeypatch.setattr(Case, "under", None)
    draws = Draws(["leak_hazard"], np.zeros((MOST_POINTS // 2 + 1, 1)))
    with pytest.raises(
        ScenarioError, match=f"2 cases x {len(draws)} draws are more than {MOST_POINTS} worlds"
    ):
        Design(two().cases, 1, 0, draws)


# On disk


def test_a_design_is_read_back_with_its_points_and_without_naming_them_again(monkeypatch):
    draws = [{"leak_hazard": 1 / 3, "policy.audit-0.detect_prob": 0.1 * i} for i in range(3)]
    cases = with_twins(two().cases)
    plan = Design(
        cases, 2, 5, Draws.of(draws), Keep(("alpha",), ("2027-01",), "none"), "name", "question?"
    )
    table, file, points = plan_table(plan), designs_file(plan), plan.points
    assert designs_file(plan) == file
    monkeypatch.setattr(Case, "under", None)
    read = read_design(table, file)
    assert read == plan
    assert read.points == points


def test_designs_are_one_row_for_each_case_and_draw(monkeypatch):
    import io

    import pandas as pd

    monkeypatch.setattr("sim.sweep.manifest.ROWS", 4)  # several row groups
    scenario = fake.scenario("audits", 1)
    levers = (
        {"policy.audit-0.strength": 0.5, "policy.audit-0.priority": "risk"},
        {"policy.audit-0.strength": 1},
    )
    cases = (
        Case("status-quo", fake.scenario("status-quo"), "status-quo"),
        *(
            Case(f"audits {i}", scenario, "status-quo", levers=lever)
            for i, lever in enumerate(levers)
        ),
    )
    plan = Design(cases, 2, 5, Draws.of([{"leak_hazard": i / 8} for i in range(3)]))
    table = pd.read_parquet(io.BytesIO(designs_file(plan)))
    assert list(table.columns) == [
        "point", "case", "scenario", "variant", "draw", "policy.audit-0.strength",
        "policy.audit-0.priority", "draw.leak_hazard",
    ]  # fmt: skip
    assert table["point"].tolist() == [point for ids in plan.points for point in ids]
    assert table["case"].tolist() == [case.name for case in cases for _ in range(3)]
    assert table["draw"].tolist() == [0, 1, 2] * 3
    assert table["policy.audit-0.strength"].tolist()[3:] == [0.5] * 3 + [1.0] * 3
    assert table["policy.audit-0.strength"].isna().sum() == 3
    assert table["policy.audit-0.priority"].tolist()[3:6] == ["risk"] * 3
    assert table["draw.leak_hazard"].tolist() == [0, 0.125, 0.25] * 3
