"""Files of scenarios: extension, removal, assumptions, overrides and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.policies import LEVERS
from sim.scenario.differences import differences
from sim.scenario.scenario import (
    ScenarioError,
    load,
    month_index,
    month_name,
    parse,
)
from tests.scenario.written import problems, set_problems, write

HEAD = 'name = "mine"\nextends = "status-quo"\n'


CONTROL = '[policy.control]\nlever = "L1"\nstart = "2026-01"\n'


# Months


def test_months_are_counted_from_2023() -> None:
    assert month_index("2023-01") == 0
    assert month_index("2026-01") == 36
    assert month_index("2022-10") == -3
    names = ["2022-10", "2023-01", "2026-01", "2030-12"]
    assert [month_name(index) for index in (-3, 0, 36, 95)] == names
    assert load("status-quo").months == 96


# What a file may do


def test_a_file_extends_another_and_keeps_its_own_words(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, HEAD + 'question = "Why?"\n' + CONTROL))
    assert scenario.question == "Why?"
    assert scenario.description == scenario.title == ""
    assert scenario.label == scenario.name
    assert (scenario.modelled, scenario.not_modelled, scenario.sources) == ((), (), ())
    assert set(scenario.policy) == {*load("status-quo").policy, "control"}
    assert scenario.policy["control"].lever == "L1"


def test_a_title_and_notes_are_read_and_written_again(tmp_path: Path) -> None:
    notes = 'title = "A check"\nmodelled = ["This", "That"]\nsources = ["Somebody 2026"]\n'
    scenario = load(write(tmp_path, HEAD + notes + CONTROL))
    assert scenario.label == "A check"
    assert scenario.modelled == ("This", "That")
    assert parse(scenario.as_toml()) == scenario


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f'title = "{"x" * 49}"', "48"),
        ('title = " A check"', "must not begin or end with a blank"),
        ('title = "A\\nB"', "control or bidi characters are not allowed"),
        ('sources = "Somebody 2026"', "sources"),
        ("modelled = [1]", "modelled"),
    ],
)
def test_a_title_or_note_that_cannot_be_printed_is_refused(
    tmp_path: Path, line: str, words: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write(tmp_path, HEAD + line + "\n" + CONTROL))
    (problem,) = caught.value.problems
    assert words in problem


def test_a_field_of_an_inherited_policy_can_be_changed(tmp_path: Path) -> None:
    text = (
        'name = "mine"\nextends = "p1-blanket"\n[policy.open-weight-control]\nkyc_friction = 0.3\n'
    )
    scenario = load(write(tmp_path, text))
    assert scenario.policy["open-weight-control"].kyc_friction == 0.3
    assert [key for key, _, _ in differences(load("p1-blanket"), scenario)] == [
        "policy.open-weight-control.kyc_friction"
    ]


def test_another_lever_starts_the_policy_afresh(tmp_path: Path) -> None:
    text = (
        'name = "mine"\nextends = "p1-blanket"\n'
        '[policy.open-weight-control]\nlever = "L7"\nbudget = 1e6\n'
    )
    assert load(write(tmp_path, text)).policy["open-weight-control"] == LEVERS["L7"](budget=1e6)


def test_remove_takes_out_what_was_inherited(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, HEAD + 'remove = ["policy.chips-2026-01"]\n'))
    assert set(load("status-quo").policy) - set(scenario.policy) == {"chips-2026-01"}
    (problem,) = problems(load, write(tmp_path, HEAD + 'remove = ["policy.chips-2026-02"]\n'))
    assert "policy.chips-2026-02" in problem
    assert "did you mean 'policy.chips-2026-01'" in problem
    assert "must be a list" in problems(load, write(tmp_path, HEAD + "remove = 3\n"))[0]


def test_a_neighbouring_file_can_be_extended(tmp_path: Path) -> None:
    write(tmp_path, 'name = "base"\nextends = "p1-blanket"\nadopters = 4000\n', "base")
    scenario = load(write(tmp_path, 'name = "mine"\nextends = "base"\n'))
    assert scenario.adopters == 4000
    assert scenario.id == load("p1-blanket", settings=["adopters=4000"]).id


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 'name = "a"\nextends = "b"\n', "a")
    write(tmp_path, 'name = "b"\nextends = "a"\n', "b")
    (problem,) = problems(load, tmp_path / "a.toml")
    assert "extends itself" in problem


@pytest.mark.parametrize(("length", "fine"), [(8, True), (9, False)])
def test_a_chain_has_at_most_eight_files(tmp_path: Path, length: int, *, fine: bool) -> None:
    write(tmp_path, 'name = "s0"\n', "s0")
    for i in range(1, length):
        write(tmp_path, f'name = "s{i}"\nextends = "s{i - 1}"\n', f"s{i}")
    last = tmp_path / f"s{length - 1}.toml"
    if fine:
        assert load(last).name == "s7"
    else:
        assert "more than 8" in problems(load, last)[0]


@pytest.mark.parametrize(
    "base", ['"../status-quo"', '"status-quo.toml"', '"/etc/passwd"', "3", '["status-quo"]']
)
def test_extends_is_a_name_and_no_path(tmp_path: Path, base: str) -> None:
    (problem,) = problems(load, write(tmp_path, f'name = "mine"\nextends = {base}\n'))
    assert "mine.toml: extends" in problem


def test_assumptions_go_under_the_scenarios_own_parameters(tmp_path: Path) -> None:
    text = HEAD + 'assumptions = "no-assumed-responses"\n[parameters]\n'
    assumed = {name: 0.0 for name, p in PARAMETERS.items() if p.assumed and DEFAULTS[name] != 0.0}
    scenario = load(write(tmp_path, text + "leak_hazard = 0.7\n"))
    assert scenario.parameters == {**assumed, "leak_hazard": 0.7}
    assert load(write(tmp_path, text + "backfire = 0\n")).parameters == assumed
    (problem,) = problems(load, write(tmp_path, text + "backfire = 0.2\n"))
    assert problem.startswith(f"{tmp_path}/mine.toml: parameters.backfire = 0.2")
    assert "scenarios/assumptions/no-assumed-responses.toml" in problem


def test_assumptions_may_stand_beside_a_users_file(tmp_path: Path) -> None:
    (tmp_path / "assumptions").mkdir()
    path = write(tmp_path, HEAD + 'assumptions = "leaky"\n')
    write(tmp_path / "assumptions", 'name = "leaky"\n[parameters]\nleak_hazard = 0.9\n', "leaky")
    assert load(path).parameters == {"leak_hazard": 0.9}
    write(
        tmp_path / "assumptions", 'name = "other"\nx = 1\n[parameters]\nleak_hazrd = 0.9\n', "leaky"
    )
    found = problems(load, path)
    assert len(found) == 3
    assert any("did you mean 'leak_hazard'" in problem for problem in found)
    assert "does not exist" in problems(load, write(tmp_path, HEAD + 'assumptions = "leakyy"\n'))[0]


def test_parameters_at_their_start_values_are_left_out() -> None:
    value = DEFAULTS["leak_hazard"]
    assert load("status-quo", settings=[f"parameters.leak_hazard={value}"]) == load("status-quo")


# Overrides


def test_overrides_and_settings_replace_values(tmp_path: Path) -> None:
    override = write(
        tmp_path, "adopters = 5000\n[policy.open-weight-control]\nstrength = 0.5\n", "override"
    )
    scenario = load(
        "p1-blanket", [override], ["history=free", "policy.open-weight-control.end = 2028-06"]
    )
    policy = scenario.policy["open-weight-control"]
    assert (scenario.adopters, scenario.history) == (5000, "free")
    assert (policy.strength, policy.end) == (0.5, "2028-06")


def test_a_setting_is_read_as_toml_else_as_text() -> None:
    def value(text: str) -> object:
        return load("p1-blanket", settings=[f"policy.open-weight-control.{text}"]).policy[
            "open-weight-control"
        ]

    assert value("strength=1e-1").strength == 0.1
    assert value("kyc=false").kyc is False
    assert value('targets=["CHN"]').targets == ("CHN",)
    assert value("start=2027-03").start == "2027-03"
    assert load("p1-blanket", settings=["question=Does it help?"]).question == "Does it help?"
    assert (
        "policy.open-weight-control"
        not in load("p1-blanket", settings=['remove=["policy.open-weight-control"]']).policy
    )


def test_two_overrides_may_not_set_one_key(tmp_path: Path) -> None:
    a, b = write(tmp_path, "adopters = 5000\n", "a"), write(tmp_path, "adopters = 5000\n", "b")
    (problem,) = problems(load, "status-quo", [a, b])
    assert "b.toml: adopters = 5000" in problem
    assert "a.toml" in problem
    assert "already set" in problems(load, "status-quo", [a], ["adopters=4000"])[0]
    table = 'policy.x={lever="L7"}'
    assert "already set" in set_problems(table, "policy.x.lever=L7")[0]
    assert "already set" in set_problems("policy.x=3", "policy.x.lever=L7")[0]
    assert "already set" in set_problems("policy.x.lever=L7", "policy.x=3")[0]
    assert (
        load("status-quo", settings=[table, "policy.x.start=2027-01"]).policy["x"].start
        == "2027-01"
    )


@pytest.mark.parametrize(
    "text",
    ["", "=3", "adopters", "a..b=3", ".=1", "a.b.c.d.e=1", "x=" + "1" * 3000, "adopters=\u202e1"],
)
def test_a_setting_that_is_no_setting_is_refused(text: str) -> None:
    assert len(set_problems(text)) == 1


def test_an_override_cannot_extend(tmp_path: Path) -> None:
    assert (
        "extends" in problems(load, "status-quo", [write(tmp_path, 'extends = "p1-blanket"\n')])[0]
    )
    assert "override 'p1-blanket' does not exist" in problems(load, "status-quo", ["p1-blanket"])[0]
