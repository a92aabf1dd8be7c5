"""Scripts may give numpy's numbers and arrays where files have numbers and lists.

Settings may be a dictionary.
"""

import array
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

from sim.messages import ScenarioError
from sim.scenario.plain import plain
from sim.scenario.scenario import load, load_with_origins
from sim.sweep.experiment import load_experiment

CONTROL = "policy.open-weight-control"
FRICTION, START = f"{CONTROL}.kyc_friction", f"{CONTROL}.start"
ANTICIPATION = f"{CONTROL}.anticipation_months"
BASE = {
    "name": "mine",
    "scenarios": ["p1-blanket"],
    "replications": 1,
    "also_without_assumed": False,
}


def problems_of(call, *given, **more):
    with pytest.raises(ScenarioError) as caught:
        call(*given, **more)
    return caught.value.problems


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.45), 0.45),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.bool_(True), True),
        (np.str_("2026-01"), "2026-01"),
        (np.array(0.25), 0.25),
        (np.linspace(0.0, 1.0, 3), [0.0, 0.5, 1.0]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.arange(3), [0, 1, 2]),
        (range(2, 5), [2, 3, 4]),
        ((np.int8(1), "x", None), [1, "x", None]),
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        (array.array("d", [0.5]), [0.5]),
        (Fraction(1, 4), 0.25),
        (Path("a") / "b.toml", "a/b.toml"),
        ({"a": {"b": np.int64(1)}}, {"a": {"b": 1}}),
    ],
    ids=repr,
)
def test_what_scripts_have_becomes_what_files_hold(value, expected):
    problems: list[str] = []
    found = plain(value, problems, ("x",))
    assert (problems, found, type(found)) == ([], expected, type(expected))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({1, 2}, "x = {1, 2}: must be text, true or false, a number, a list or a table"),
        (b"a", "x = b'a': must be text"),
        (1j, "x = 1j: must be text"),
        (np.complex64(1), "x = "),
        (np.clongdouble(1), "x = "),
        (pd.NaT, "x = NaT: must be text"),
        (np.zeros(1001), "x = array("),
        (range(10**30), f"x = range(0, {10**30}): has more than 1000 values"),
        ([0.5, {1}], "x[1] = {1}: must be text"),
        ({"a": {2: 0.5}}, "x.a.2: a key must be text"),
        (Fraction(10**400), "x = Fraction("),
        ([[0.5]], "x[0] = [0.5]: a list of lists is not used"),
        (object, "x = <class 'object'>: must be"),
    ],
    ids=repr,
)
def test_what_no_file_could_hold_is_refused_with_its_place(value, problem):
    problems: list[str] = []
    plain(value, problems, ("x",))
    assert [found.startswith(problem) for found in problems] == [True]


def test_a_table_that_holds_itself_is_refused():
    endless: dict[str, object] = {}
    endless["x"] = endless
    (problem,) = problems_of(load_experiment, BASE | {"levers": endless})
    assert "nested more than 6 deep" in problem
    lists: list[object] = []
    lists.append(lists)
    (problem,) = problems_of(load_experiment, BASE | {"levers": {FRICTION: lists}})
    assert "a list of lists is not used" in problem


def test_a_dictionary_experiment_takes_numpy_wherever_a_file_has_numbers_or_lists():
    plainly = {
        "levers": {
            FRICTION: [0.0, 0.15, 0.3],
            ANTICIPATION: [0, 6],
            "adopters": {"from": 4000, "to": 5000, "steps": 2},
        },
        "uncertainties": {
            "draws": 4,
            "numbers": {
                "leak_hazard": {"uniform": [0.25, 0.5]},
                "network_weight": {"choice": [0.5, 0.75]},
                "route_weight": {"log-uniform": [3, 12]},
            },
        },
        "keep": {"months": ["2027-12", "2030-12"], "outcomes": ["us_share_abroad"]},
        "seed": 3,
    }
    numpys = {
        "levers": {
            FRICTION: np.linspace(0.0, 0.3, 3),
            ANTICIPATION: range(0, 7, 6),
            "adopters": {"from": np.int64(4000), "to": np.int32(5000), "steps": np.int64(2)},
        },
        "uncertainties": {
            "draws": np.int64(4),
            "numbers": {
                "leak_hazard": {"uniform": np.array([0.25, 0.5], np.float32)},
                "network_weight": {"choice": (np.float32(0.5), np.float64(0.75))},
                "route_weight": {"log-uniform": range(3, 13, 9)},
            },
        },
        "keep": {
            "months": np.array(["2027-12", "2030-12"]),
            "outcomes": np.array(["us_share_abroad"]),
        },
    }
    expected = load_experiment(BASE | plainly)[1]
    assert (
        load_experiment(BASE | numpys, replications=np.int64(1), seed=np.uint16(3))[1] == expected
    )


def test_whole_numbers_of_an_array_of_floats_fit_a_field_of_whole_numbers():
    plan = load_experiment(BASE | {"levers": {ANTICIPATION: np.linspace(0, 6, 3)}})[1]
    assert [
        case.scenario.policy["open-weight-control"].anticipation_months for case in plan.cases[1:]
    ] == [0, 3, 6]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"levers": {FRICTION: np.array([0.1, np.nan])}},
         f"levers.{FRICTION}[1] = nan: must be a finite number"),
        ({"levers": {FRICTION: np.ones((1, 2))}},
         f"levers.{FRICTION}[0] = [1.0, 1.0]: a list of lists is not used"),
        ({"levers": {FRICTION: [0.1, 1j]}},
         f"levers.{FRICTION}[1] = 1j: must be text, true or false, a number"),
        ({"levers": {START: [pd.Timestamp("2027-03-01")]}},
         (f"levers.{START} has 2027-03-01: must be text, true, false or a finite number; "
          'a month such as "2027-03" is text')),
        ({"scenarios": "p1-blanket"},
         """scenarios = 'p1-blanket': must be a list such as ["p1-blanket"]"""),
        ({"seed": np.float64(1.5)}, "seed = 1.5: must be a whole number"),
    ],
)  # fmt: skip
def test_hostile_values_of_a_dictionary_are_refused_with_their_place(content, problem):
    (found,) = problems_of(load_experiment, BASE | content)
    assert found.startswith(f"experiment: {problem}")


# Settings


def test_settings_may_be_a_dictionary_with_numpys_numbers():
    texts = [
        f"{FRICTION}=0.25",
        f"{START}=2027-01",
        "adopters=4000",
        "parameters.leak_hazard=0.5",
        f"{ANTICIPATION}=6",
    ]
    given = {
        FRICTION: np.float64(0.25),
        START: np.str_("2027-01"),
        "adopters": np.int64(4000),
        "parameters.leak_hazard": np.float32(0.5),
        ANTICIPATION: np.float64(6.0),
    }
    assert load("p1-blanket", settings=given) == load("p1-blanket", settings=texts)
    assert load_with_origins("p1-blanket", settings=given)[1][FRICTION] == "--set"
    assert load("p1-blanket", settings={"policy.*.strength": 0.5}) == load(
        "p1-blanket", settings="policy.*.strength=0.5"
    )


def test_lists_of_a_dictionary_of_settings_may_be_arrays():
    path = "policy.release-assessment.domains"
    given = {path: np.array(["cyber", "military"])}
    assert load("p2-risk-assessment", settings=given) == load(
        "p2-risk-assessment", settings=f'{path}=["cyber", "military"]'
    )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({FRICTION: 2}, f"--set: {FRICTION} = 2: must be from 0 to 0.9 (0-1)"),
        (
            {f"{CONTROL}.kyc_frictoin": 0.2},
            f"--set: {CONTROL}.kyc_frictoin: unknown key; did you mean 'kyc_friction'?",
        ),
        *(
            ({START: given}, f'--set: {START} = 2027-03-01: must be a month such as "2027-03"')
            for given in (
                date(2027, 3, 1),
                datetime(2027, 3, 1, 12),
                pd.Timestamp("2027-03-01"),
                np.datetime64("2027-03"),
            )
        ),
        ({START: 2027}, f'--set: {START} = 2027: must be a month such as "2026-01"'),
        ({FRICTION: date(2027, 3, 1)}, f"--set: {FRICTION} = 2027-03-01: must be a number"),
        ({FRICTION: "0.2"}, f"--set: {FRICTION} = '0.2': must be a number"),
        ({FRICTION: np.nan}, f"--set: {FRICTION} = nan: must be a finite number"),
        ({FRICTION: None}, f"--set: {FRICTION} = None: must be text, true or false, a number"),
        ({FRICTION: 1j}, f"--set: {FRICTION} = 1j: must be text, true or false, a number"),
        (
            {ANTICIPATION: 2.5},
            f"--set: {ANTICIPATION} = 2.5: must be a whole number, from 0 to 36 (months)",
        ),
        ({"adopters": 10**400}, "--set: adopters = "),
        ({"": 1}, "--set '': must be written path=value"),
        ({"a.b.c.d.e": 1}, "--set 'a.b.c.d.e': too long, too deep"),
        ({"x\x00": 1}, "--set 'x\\x00': too long, too deep or with control or bidi characters"),
        ({3: 1}, "--set: 3: unknown key"),
    ],
    ids=str,
)
def test_settings_of_a_dictionary_are_read_with_the_same_suspicion(settings, problem):
    found = problems_of(load, "p1-blanket", settings=settings)
    assert any(line.startswith(problem) for line in found), found


# A user's own files


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder to work in, with scenario files of the user's in a folder below."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for name, extends in (("my-control", "p1-blanket"), ("my-base", "status-quo")):
        text = tomli_w.dumps({"name": name, "extends": extends, "adopters": 4000})
        (tmp_path / "mine" / f"{name}.toml").write_text(text)
    return tmp_path


def test_a_dictionary_experiment_may_name_the_users_own_files(own):
    content = BASE | {"against": "mine/my-base.toml", "levers": {FRICTION: [0.1, 0.2]}}
    plan = load_experiment(
        content | {"scenarios": [Path("mine") / "my-control.toml", "mine/my-base.toml"]}
    )[1]
    assert [(case.name, case.against) for case in plan.cases] == [
        ("my-base", "my-base"),
        ("my-control kyc_friction=0.1", "my-base"),
        ("my-control kyc_friction=0.2", "my-base"),
    ]
    assert plan.cases[0].scenario == load("mine/my-base.toml")
    assert plan.cases[1].scenario == load("mine/my-control.toml", settings={FRICTION: 0.1})


def test_what_is_wrong_with_a_users_own_file_is_said(own):
    found = problems_of(load_experiment, BASE | {"scenarios": ["mine/none.toml"]})
    assert found == ["experiment: mine/none.toml: cannot be read: No such file or directory"]
    (own / "bad.toml").write_text('name = "bad"\nextends = "p1-blanket"\nadopters = 1\n')
    found = problems_of(load_experiment, BASE | {"scenarios": ["bad.toml"]})
    assert found == ["experiment: bad.toml: adopters = 1: must be from 3500 to 1000000 (adopters)"]


def test_two_scenarios_of_one_name_are_never_taken_for_one(own):
    (own / "my-control.toml").write_text('name = "my-control"\nextends = "status-quo"\n')
    (own / "fake.toml").write_text('name = "status-quo"\nextends = "p1-blanket"\n')
    found = problems_of(
        load_experiment,
        BASE | {"scenarios": ["mine/my-control.toml"], "against": "my-control.toml"},
    )
    words = "are both called 'my-control'; give one of them another name"
    assert found == [f"experiment: 'mine/my-control.toml' and 'my-control.toml' {words}"]
    (found,) = problems_of(load_experiment, BASE | {"scenarios": ["fake.toml"]})
    assert found.startswith("experiment: 'fake.toml' and 'status-quo' are both called 'status-quo'")


def test_a_file_names_scenarios_and_not_paths(own):
    (own / "e.toml").write_text(tomli_w.dumps(BASE | {"scenarios": ["mine/my-control.toml"]}))
    (found,) = problems_of(load_experiment, "e.toml")
    assert found.startswith("e.toml: scenarios")
