"""Break-evens: where verdicts flip is found exactly, bracketed by runs on both sides."""

import math

import numpy as np
import pytest

from sim.analysis.comparison import PairIndex
from sim.analysis.crossings import brackets, crossings
from sim.analysis.study import Study
from sim.analysis.why import break_evens
from sim.analysis.why.break_evens import FLIPS, NO_CROSSING, SEVERAL, UNKNOWN, Assumption
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.sweep import fake

PAIRS = PairIndex(1, 5)
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve(function, spread=0.0):
    around = spread * np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    return {value: function(value) + around for value in GRID}


def test_one_crossing_is_found_between_two_values_on_its_sides():
    (found,) = crossings(curve(lambda x: x - 0.4), PAIRS)
    assert found.value == pytest.approx(0.4)
    assert (found.left, found.right) == (0.25, 0.5)
    assert found.left_change < 0 < found.right_change
    assert found.low == found.high == pytest.approx(0.4)


def test_its_interval_is_that_of_the_samples_of_the_draws():
    (found,) = crossings(curve(lambda x: x - 0.4, spread=0.05), PAIRS)
    assert 0.3 - 1e-9 <= found.low < found.value < found.high <= 0.5 + 1e-9


def test_a_sample_without_a_crossing_has_it_beyond_the_values_that_were_run():
    """More than one sample in twenty stays on one side: an end that was not run is open."""
    (right,) = crossings(curve(lambda x: x - 0.9, spread=0.5), PAIRS)
    assert (right.low < 0.9, right.high) == (True, math.inf)
    (left,) = crossings(curve(lambda x: 0.1 - x, spread=0.5), PAIRS)
    assert (left.low, left.high > 0.1) == (-math.inf, True)
    (both,) = crossings(curve(lambda x: x - 0.5, spread=3.0), PAIRS)
    assert (both.low, both.high) == (-math.inf, math.inf)


def test_runs_of_a_draw_are_drawn_again_together():
    """Two draws that differ and hardly any luck: the interval is that of two, not of eight."""
    draws = PairIndex(2, 4)
    luck = 0.01 * np.array([-3.0, -1.0, 1.0, 3.0] * 2)
    apart = np.repeat([-0.2, 0.2], 4)
    (found,) = crossings({x: x - 0.5 + apart + luck for x in GRID}, draws)
    assert (found.low, found.high) == pytest.approx((0.3, 0.7), abs=0.02)


def test_one_pair_has_no_interval():
    (found,) = crossings({x: np.array([x - 0.4]) for x in GRID}, PairIndex(1, 1))
    assert found.value == pytest.approx(0.4)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    ("heights", "found"),
    [
        ([1.0, 1.0, 2.0], []),
        ([1.0, 0.0, 1.0], []),  # touches
        ([0.0, 1.0, 2.0], []),  # begins at 0
        ([1.0, -1.0, 1.0], [(0, 1), (1, 2)]),
        ([1.0, 0.0, 0.0, -1.0], [(0, 3)]),
        ([1.0, math.nan, -1.0], []),  # nothing is known between them
        ([1.0, math.nan, 1.0, -1.0], [(2, 3)]),
        ([math.nan] * 3, []),
    ],
)
def test_a_curve_crosses_where_it_stands_on_both_sides(heights, found):
    assert brackets(heights) == found


def test_a_value_at_which_the_curve_is_0_is_the_crossing():
    (found,) = crossings(curve(lambda x: x - 0.5), PAIRS)
    assert (found.value, found.left, found.right) == (0.5, 0.25, 0.75)


def test_runs_that_failed_leave_the_others():
    made = curve(lambda x: x - 0.4)
    made[0.25][0] = math.nan
    (found,) = crossings(made, PAIRS)
    assert found.value == found.low == found.high == pytest.approx(0.4)


def shaped(function):
    """A world whose alpha is moved by a function of what is enforced."""

    def world(scenario, replication, seed):
        found = fake.world(scenario, replication, seed)
        found.values[fake.START :, :2] -= fake.SHIFT * len(scenario.policy)
        for policy in scenario.policy.values():
            found.values[fake.START :, 0] += function(policy.enforcement)
        return found

    return world


SHAPES = {
    "one": lambda x: x - 0.7,
    "none": lambda x: x + 1,
    "several": lambda x: (x - 0.6) * (x - 0.9),
    "touching": lambda x: abs(x - 0.75),
}
ENFORCEMENT = Assumption("policy.audit-0.enforcement", "", "0-1", 0.5, 1.0, 1.0)


def searched(function, draws=({},), duels=()):
    names = ("audits", "others") if duels else ("audits",)
    reference = fake.scenario("status-quo")
    cases = [Case("status-quo", reference, "status-quo")]
    cases += [Case(name, fake.scenario(name, 1, adopters=6000), "status-quo") for name in names]
    plan = Design(tuple(cases), 6, 3, draws)
    world, asked = shaped(function), []
    study = Study(execute(plan, simulate=world, workers=1), plan, described=fake.DESCRIBED)

    def run(name, design):
        asked.append((name, design))
        return Study(execute(design, simulate=world, workers=1), design, described=fake.DESCRIBED)

    rows = break_evens.search(study, ENFORCEMENT, duels, run)
    return [row for row in rows if row["outcome"] == "alpha"], asked, study


def test_a_crossing_of_a_world_is_found_to_the_digit_and_run_on_both_sides():
    (row,), asked, study = searched(SHAPES["one"])
    assert row["found"] == FLIPS
    assert row["value"] == pytest.approx(0.7, abs=1e-6)
    assert [row["low"], row["high"]] == pytest.approx([0.7, 0.7], abs=1e-6)
    assert row["left_change"] < 0 < row["right_change"]
    assert row["right"] - row["left"] == pytest.approx(0.5 / 32)
    last = asked[-1][1]
    ran = {case.scenario.policy["audit-0"].enforcement for case in last.cases}
    assert {row["left"], row["right"]} <= ran
    assert (last.seed, last.replications, last.draws) == (3, 6, study.design.draws)
    assert all(case.scenario.policy for case in last.cases)  # the reference is not run again


@pytest.mark.parametrize("shape", ["none", "touching"])
def test_no_crossing_is_said_so(shape):
    (row,), asked, _ = searched(SHAPES[shape])
    assert row["found"] == NO_CROSSING
    assert math.isnan(row["value"])
    assert len(asked) == 1  # nothing to halve


def test_several_crossings_are_listed():
    rows, _, _ = searched(SHAPES["several"])
    assert {row["found"] for row in rows} == {SEVERAL}
    assert [row["value"] for row in rows] == pytest.approx([0.6, 0.9], abs=2e-3)


def test_where_0_is_met_it_is_closed_in_on_from_both_sides():
    (row,), _, _ = searched(lambda x: round((x - 0.75) * 8) / 8)
    assert row["found"] == FLIPS
    assert row["left"] < row["value"] < row["right"]
    assert row["left_change"] < 0 < row["right_change"]
    assert row["right"] - row["left"] <= 0.125 + 0.5 / 16  # 0 from 11/16 to 13/16


def test_a_median_that_is_not_known_is_said_so():
    def world(scenario, replication, seed):
        if any(policy.enforcement == 0.75 for policy in scenario.policy.values()):
            raise ValueError("out of order")
        return shaped(SHAPES["none"])(scenario, replication, seed)

    plan = Design(
        (
            Case("status-quo", fake.scenario("status-quo"), "status-quo"),
            Case("audits", fake.scenario("audits", 1), "status-quo"),
        ),
        3,
        3,
    )
    study = Study(execute(plan, simulate=world, workers=1), plan, described=fake.DESCRIBED)

    def run(_, design):
        return Study(execute(design, simulate=world, workers=1), design, described=fake.DESCRIBED)

    rows = break_evens.search(study, ENFORCEMENT, (), run)
    assert {row["found"] for row in rows if row["outcome"] == "alpha"} == {UNKNOWN}


def test_a_parameter_is_set_in_all_worlds_and_drawn_in_none():
    def world(scenario, replication, seed):
        found = fake.responds(scenario, replication, seed)
        # A policy alone moves alpha by 1 + hazard: what is left is hazard less 0.4.
        found.values[fake.START :, 0] -= 1.4 * bool(scenario.policy)
        return found

    assumption = Assumption("leak_hazard", "", "a year", 0.0, 1.0, 0.6)
    draws = [{"leak_hazard": x, "network_weight": 0.5} for x in (0.1, 0.9, 0.4)]
    plan = Design(
        (
            Case("status-quo", fake.scenario("status-quo"), "status-quo"),
            Case("audits", fake.scenario("audits", 1), "status-quo"),
        ),
        2,
        3,
        draws,
    )
    study = Study(execute(plan, simulate=world, workers=1), plan, described=fake.DESCRIBED)
    asked = []

    def run(_, design):
        asked.append(design)
        return Study(execute(design, simulate=world, workers=1), design, described=fake.DESCRIBED)

    rows = break_evens.search(study, assumption, (), run)
    (row,) = [row for row in rows if row["outcome"] == "alpha"]
    assert asked[0].draws.names == ("network_weight",)
    assert len(asked[0].draws) == 3
    assert len({case.scenario.parameters.get("leak_hazard") for case in asked[0].cases}) == 5
    assert row["found"] == FLIPS
    assert row["value"] == pytest.approx(0.4, abs=1e-6)


def test_a_duel_is_asked_beside_the_verdicts_on_each():
    rows, _, _ = searched(SHAPES["one"], duels=(("others", "audits"),))
    assert {(row["scenario"], row["against"]) for row in rows} == {
        ("audits", "status-quo"),
        ("others", "status-quo"),
        ("others", "audits"),
    }


def test_the_levers_own_assumption_comes_first_without_known_variance():
    _, _, study = searched(SHAPES["one"])
    chosen = break_evens.assumptions(study, None)
    lever = type(study.scenario("audits").policy["audit-0"])
    assert chosen[0].path == f"policy.audit-0.{lever.assumption}"
    assert len(chosen) <= break_evens.MOST


def test_known_variance_chooses_what_has_most_of_it():
    import pandas as pd

    _, _, study = searched(SHAPES["one"])
    rows = [
        ("number", "leak_hazard", 0.3),
        ("number", "network_weight", 0.5),
        ("number", "leak_hazard", 0.6),
        ("luck", "", 0.9),
    ]
    frame = pd.DataFrame(rows, columns=["kind", "number", "share"])
    chosen = break_evens.assumptions(study, frame)
    assert [one.path for one in chosen] == ["leak_hazard", "network_weight"]
