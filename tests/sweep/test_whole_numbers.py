"""The input recorded is the input run: whole numbers are drawn so, files keep every digit."""

import csv
from collections import Counter
from math import log

import pandas as pd
import pytest

from sim.analysis.study import Study
from sim.messages import ScenarioError
from sim.policies import LEVERS
from sim.sweep.execution import execute
from sim.sweep.experiment import load_experiment
from sim.sweep.sampling import LogUniform, Range, Uniform, of_whole_numbers
from tests.sweep import fake

LAG, LEVEL = "policy.audit-repository.update_lag", "policy.audit-repository.strength"
BASE = {
    "name": "lags",
    "scenarios": ["p4-audit-repository"],
    "replications": 1,
    "also_without_assumed": False,
}


def design(numbers, draws=60, **more):
    return load_experiment(BASE | {"uncertainties": {"draws": draws, "numbers": numbers}} | more)[1]


def refused(**content):
    with pytest.raises(ScenarioError) as caught:
        load_experiment(BASE | content)
    return caught.value.problems


def ranges_of_whole_numbers():
    for lever, model in LEVERS.items():
        for name, field in model.lever_fields.items():
            if field.whole and field.likely:
                low, high = field.likely
                yield pytest.param(
                    Range(low, field.default, high, field.allowed), id=f"{lever} {name}"
                )


def test_every_whole_number_of_a_uniform_range_is_drawn_equally_often():
    drawn = Counter(draw[LAG] for draw in design({LAG: {"uniform": [0, 5]}}).draws)
    assert drawn == dict.fromkeys([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 10)


def test_a_log_uniform_whole_number_has_the_chance_of_the_span_that_it_begins():
    law, steps = of_whole_numbers(LogUniform(1.0, 9.0)), 100_000
    found = Counter(law((i + 0.5) / steps) for i in range(steps))
    assert found.keys() == set(range(1, 10))
    for n, times in found.items():
        assert times / steps == pytest.approx(log((n + 1) / n) / log(10), abs=2 / steps)


@pytest.mark.parametrize("law", list(ranges_of_whole_numbers()))
def test_a_range_in_whole_numbers_meets_its_three_points(law):
    whole = of_whole_numbers(law)
    assert [whole(p) for p in (0.05, 0.5, 0.95)] == [law.low, law.median, law.high]
    values = [whole((i + 0.5) / 1000) for i in range(1000)]
    assert values == sorted(values)
    assert all(value.is_integer() and law.bounds[0] <= value <= law.bounds[1] for value in values)


@pytest.mark.parametrize(
    ("law", "ends"),
    [
        (Uniform(0.0, 5.0), (0.0, 5.0)),
        (LogUniform(1.0, 4.0), (1.0, 4.0)),
        (Range(0.0, 2.0, 6.0, (0.0, 7.0)), (0.0, 7.0)),
    ],
)
def test_the_ends_of_a_law_of_whole_numbers_are_reached_and_never_passed(law, ends):
    whole = of_whole_numbers(law)
    assert (whole(2.0**-53), whole(1 - 2.0**-53)) == ends


@pytest.mark.parametrize(
    "given",
    ["range", {"uniform": [0, 9]}, {"log-uniform": [1, 9]}, {"choice": [0, 2.0, 7]}],
    ids=str,
)
def test_the_whole_number_that_is_recorded_is_the_one_that_is_run(given):
    plan = design({LAG: given, LEVEL: {"uniform": [0.5, 1.0]}})
    case = plan.cases[1]
    for draw in plan.draws:
        policy = case.under(draw).policy["audit-repository"]
        assert (policy.update_lag, policy.strength) == (draw[LAG], draw[LEVEL])
        assert type(policy.update_lag) is int
    assert len(set(plan.points[1])) == 60


@pytest.mark.parametrize(
    ("given", "fraction"),
    [
        ({"uniform": [0.5, 4]}, 0.5),
        ({"log-uniform": [1, 4.5]}, 4.5),
        ({"choice": [1, 2.5, 3]}, 2.5),
    ],
)
def test_fractions_of_a_whole_number_are_refused_with_their_place(given, fraction):
    found = refused(uncertainties={"draws": 4, "numbers": {LAG: given}})
    assert found == [
        f"experiment: uncertainties.numbers.{LAG} has {fraction}: must be a whole number"
    ]


def test_a_fraction_in_an_ensemble_is_refused_with_line_and_column(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "draws.csv").write_text(f"{LEVEL},{LAG}\n0.5,2\n0.5,2.0\n0.5,2.5\n0.5,3e0\n")
    (found,) = refused(uncertainties={"ensemble": "draws.csv"})
    assert found.startswith("experiment: draws.csv: line 4, ")
    assert LAG in found
    assert found.endswith(": must be a whole number")
    (tmp_path / "draws.csv").write_text(f"{LEVEL},{LAG}\n0.5,2\n0.5,2.0\n")
    plan = load_experiment(BASE | {"uncertainties": {"ensemble": "draws.csv"}})[1]
    assert plan.points[1][0] == plan.points[1][1]


def test_a_span_that_gives_fractions_of_a_whole_number_is_refused_for_those():
    found = refused(levers={LAG: {"from": 0, "to": 3, "steps": 3}})
    assert found == [
        f"experiment: levers: {LAG} = 1.5: must be a whole number, from 0 to 24 (months)"
    ]
    for span in ({"from": 0.0, "to": 6.0, "steps": 3}, [0.0, 3, 6.0]):
        plan = load_experiment(BASE | {"levers": {LAG: span}})[1]
        policies = [case.scenario.policy["audit-repository"] for case in plan.cases[1:]]
        assert [policy.update_lag for policy in policies] == [0, 3, 6]


def test_points_of_runs_csv_read_back_as_an_ensemble_are_the_same_points(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    numbers = {"leak_hazard": "range", "network_weight": {"uniform": [0.4, 0.8]}, LAG: "range"}
    levers = {LEVEL: [1 / 3, 0.7]}
    plan = design(numbers, draws=16, levers=levers)
    study = Study(execute(plan, workers=1, simulate=fake.responds), plan, described=fake.DESCRIBED)
    study.to_csv("csv")
    runs = pd.read_csv("csv/runs.csv", dtype=str)
    one = runs[runs["scenario"] == plan.cases[1].name]
    with open("again.csv", "w", newline="") as file:
        csv.writer(file).writerows([sorted(numbers), *one[sorted(numbers)].to_numpy()])
    settings = [float(text) for text in dict.fromkeys(runs[LEVEL].dropna())]
    content = {"uncertainties": {"ensemble": "again.csv"}, "levers": {LEVEL: settings}}
    again = load_experiment(BASE | content)[1]
    assert again.points == plan.points
    assert one["point"].tolist() == plan.points[1]
    table = pd.read_csv("csv/table.csv", dtype=str)
    assert set(table[LEVEL].astype(float)) == set(levers[LEVEL])
