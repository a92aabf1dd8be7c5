"""Scenario files: laid over each other, checked, frozen, and the same after a round trip.

Every problem is named.
"""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest
import tomli_w
from pydantic import ValidationError

from sim.data import countries, groups
from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.policies import LEVERS
from sim.scenario.differences import differences, first_difference
from sim.scenario.scenario import (
    Crisis,
    Scenario,
    ScenarioError,
    is_shipped,
    load,
    month_index,
    month_name,
    parse,
)

HEAD = 'name = "mine"\nextends = "status-quo"\n'
CONTROL = '[policy.control]\nlever = "L1"\nstart = "2026-01"\n'


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(call, *arguments, **options) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        call(*arguments, **options)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    return caught.value.problems


def set_problems(*texts: str, base: str = "p1-blanket") -> list[str]:
    return problems(load, base, settings=texts)


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


# What is wrong is said, all at once


def test_all_problems_of_a_file_are_named_with_place_value_range_and_nearest_name(
    tmp_path: Path,
) -> None:
    text = (
        'name = "mine"\nadopterz = 5000\nhistory = "reply"\n[horizon]\nend = "2060-01"\n'
        "[parameters]\nleak_hazrd = 0.5\nleak_hazard = 1.5\n"
        '[policy.control]\nlever = "L1"\nstrength = 2\nkyc_frction = 0.1\n'
        'targets = ["CHN", "Russia"]\n'
        '[policy.other]\nlever = "L99"\n'
        '[policy.late]\nlever = "L7"\nstart = "2027-01"\nend = "2026-12"\n'
        '[policy.when]\nlever = "L7"\nstart = "January"\n'
    )
    found = problems(load, write(tmp_path, text))
    expected = [
        ("adopterz: unknown key", "'adopters'"),
        ("history = 'reply'", "did you mean 'replay'"),
        ("horizon.end = '2060-01'", "from 2024-12 to 2040-12"),
        ("parameters.leak_hazrd: unknown parameter", "did you mean 'leak_hazard'"),
        ("parameters.leak_hazard = 1.5", "from 0 to 1"),
        ("policy.control.strength = 2", "from 0 to 1"),
        ("policy.control.kyc_frction: unknown key", "did you mean 'kyc_friction'"),
        ("policy.control.targets: has 'Russia'", "did you mean 'RUS'"),
        ("policy.other.lever = 'L99'", "L1 (Export control on open weights)"),
        ("policy.late: end 2026-12 is before start 2027-01", ""),
        ("policy.when.start", "'January' is not a month"),
    ]
    assert len(found) == len(expected)
    assert all(problem.startswith(f"{tmp_path}/mine.toml: ") for problem in found)
    for start, part in expected:
        assert any(start in problem and part in problem for problem in found), (start, found)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("adopters=true", "whole number, from 3500 to 1000000"),
        ("adopters=6000.5", "whole number"),
        ("adopters=3499", "from 3500"),
        ("adopters=1000001", "to 1000000"),
        ("adopters=many", "whole number"),
        ("adopters=999999999999999999999999", "18 digits"),
        ("parameters.backfire=nan", "finite"),
        ("parameters.backfire=inf", "finite"),
        ("parameters.backfire=-inf", "finite"),
        ("parameters.backfire=true", "must be a number"),
        ("parameters.backfire=high", "must be a number"),
        ("parameters.backfire=-0.1", "from 0 to 3"),
        ("parameters=3", "must be a table"),
        ("backfire=0", "did you mean 'parameters.backfire'"),
        ("policy=3", "must be a table"),
        ("policy.x=3", "must be a table"),
        ("policy.X.lever=L1", "small letters"),
        ("policy.x.lever=3", "unknown lever"),
        ("policy.x.lever=[1, 2]", "unknown lever"),
        ("policy.x.lever.y=3", "unknown lever"),
        ("policy.open-weight-controll.strength=1", "did you mean 'open-weight-control'"),
        ("policy.open-weight-control.strength=true", "must be a number"),
        ("policy.open-weight-control.strength=nan", "finite"),
        ("policy.open-weight-control.kyc=1", "true or false"),
        ("policy.open-weight-control.ramp_months=1.5", "whole number, from 0 to 120"),
        ("policy.open-weight-control.start=2026-13", "is not a month"),
        ("policy.open-weight-control.start=2026-01-01", 'must be a month such as "2026-01"'),
        ("policy.open-weight-control.start=2026", 'must be a month such as "2026-01"'),
        ("policy.open-weight-control.end=2025-12", "before start"),
        ('policy.open-weight-control.targets=["PRK"]', "did you mean 'X-NORTH-KOREA'"),
        ("policy.open-weight-control.targets=CHN", 'must be a list such as ["CHN"]'),
        ("policy.open-weight-control.targets=[[1]]", "list of lists"),
        ("horizon.start=2022-01", "must be '2023-01'"),
        ("horizon.end=2024-11", "from 2024-12"),
        ("horizon.end=2030", 'must be a month such as "2026-01"'),
        ("horizon=3", "must be a table, such as [horizon]"),
        ("history=3", "must be one of replay, free"),
        ("name=Bad Name", "small letters"),
        ('name="../x"', "small letters"),
        ("assumptions=no-assumed-response", "did you mean 'no-assumed-responses'"),
        ("assumptions=3", "must be text"),
        ("crisis.x.month=2026-01", "origin: is missing"),
        ("crisis.x=3", "must be a table"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(text: str, part: str) -> None:
    found = set_problems(text)
    assert len(found) == 1
    assert found[0].startswith("--set: ")
    assert part in found[0]


COUNTRY_LISTS = [
    (lever, name)
    for lever, policy in LEVERS.items()
    for name, field in policy.lever_fields.items()
    if field.kind == "countries"
]


@pytest.mark.parametrize(("lever", "field"), COUNTRY_LISTS)
def test_a_list_of_countries_may_name_groups_and_then_holds_their_members(
    lever: str, field: str
) -> None:
    def listed(*items: str) -> tuple[str, ...]:
        around = load("status-quo").as_table()["policy"]
        made = Scenario.model_validate(
            {"name": "x", "policy": {**around, "x": {"lever": lever, field: items}}}
        )
        assert made.as_table()["policy"]["x"][field] == list(getattr(made.policy["x"], field))
        return getattr(made.policy["x"], field)

    european = tuple(country.code for country in countries() if country.eu)
    assert len(european) == 26
    assert listed("EU") == listed("eu") == listed("European_Union") == european
    (asean,) = (group.members for group in groups() if group.name == "ASEAN")
    assert listed("DEU", "EU", "asean") == (
        "DEU",
        *(code for code in european if code != "DEU"),
        *asean,
    )
    assert (
        listed("five eyes")
        == listed("Five-Eyes")
        == listed("FIVE_EYES")
        == ("AUS", "CAN", "GBR", "NZL", "USA")
    )
    assert listed("RUS", "BLR") == ("RUS", "BLR")


def test_a_name_close_to_a_group_gets_the_group_and_no_country() -> None:
    (problem,) = set_problems('policy.open-weight-control.targets=["EUU"]')
    assert "did you mean 'EU'?" in problem
    (problem,) = set_problems('policy.open-weight-control.targets=["Zanzibar"]')
    assert "Five-Eyes" in problem


@pytest.mark.parametrize(
    "name", sorted({field for policy in LEVERS.values() for field in policy.model_fields})
)
def test_values_outside_any_fields_range_are_refused(name: str) -> None:
    for lever, policy in LEVERS.items():
        if name not in policy.model_fields:
            continue
        low, high = policy.lever_fields[name].allowed or (None, None)
        for outside in [
            b + sign * max(1, abs(b)) for b, sign in ((low, -1), (high, 1)) if b is not None
        ]:
            value = int(outside) if policy.lever_fields[name].whole else float(outside)
            (problem,) = set_problems(f"policy.x.lever={lever}", f"policy.x.{name}={value}")
            assert f"policy.x.{name} = {value!r}: must be" in problem


@pytest.mark.parametrize("lever", sorted(LEVERS))
def test_the_countries_and_labs_of_a_levers_own_defaults_exist(lever: str) -> None:
    table = {
        name: field.default
        for name, field in LEVERS[lever].model_fields.items()
        if field.default is not None
    }
    others = load("status-quo").as_table()["policy"]  # an example may name them
    for parameters in (table, LEVERS[lever].example):
        made = Scenario.model_validate(
            {"name": "x", "policy": {**others, "x": {"lever": lever, **parameters}}}
        )
        assert made.policy["x"] == LEVERS[lever](**parameters)


def test_a_window_outside_the_horizon_is_allowed() -> None:
    scenario = load("p1-blanket", settings=["policy.open-weight-control.start=2039-01"])
    assert first_difference(load("status-quo"), scenario) is None


def test_what_was_changed_is_not_the_shipped_scenario() -> None:
    assert is_shipped(load("p1-blanket"))
    assert is_shipped(load("p1-blanket", settings=["adopters=3500"]))
    assert not is_shipped(load("p1-blanket", overrides=["high-allied-coverage"]))
    assert not is_shipped(load("p1-blanket").model_copy(update={"name": "mine"}))
    assert not is_shipped(load("p1-blanket").model_copy(update={"name": "p2-risk-assessment"}))


# The object


@pytest.mark.parametrize(
    "name", ["status-quo", "p1-blanket", "targeted-bundle", "p2-risk-assessment-absolute"]
)
def test_a_scenario_is_the_same_after_a_round_trip(name: str) -> None:
    changes = [
        "parameters.leak_hazard=0.1",
        "crisis.spring.month=2027-04",
        "crisis.spring.origin=CN",
        "history=free",
    ]
    scenario = load(name, settings=[*changes, "assumptions=no-assumed-responses"])
    again = parse(scenario.as_toml())
    assert again == scenario
    assert again.id == scenario.id
    assert Scenario.model_validate(scenario.as_table()) == scenario
    assert parse(again.as_toml()).as_toml() == scenario.as_toml()


def test_a_file_written_from_an_object_can_be_loaded(tmp_path: Path) -> None:
    scenario = load("p1-blanket", settings=["assumptions=no-assumed-responses"])
    assert load(write(tmp_path, scenario.as_toml())) == scenario


def test_the_id_does_not_depend_on_names_texts_or_order() -> None:
    scenario = load(
        "targeted-bundle", settings=["parameters.leak_hazard=0.7", "parameters.backfire=0.1"]
    )
    table = tomllib.loads(scenario.as_toml())
    random.Random(1).shuffle(parts := list(table.items()))
    shuffled = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in parts
    }
    shuffled["policy"] = {
        key: dict(reversed(value.items())) for key, value in shuffled["policy"].items()
    }
    shuffled |= {"name": "other", "title": "Other", "question": "Other?", "description": "Other."}
    shuffled |= {"modelled": ["This"], "not_modelled": ["That"], "sources": ["Somebody 2026"]}
    assert parse(tomli_w.dumps(shuffled)).id == scenario.id
    assert len(scenario.id) == 16
    assert int(scenario.id, 16) >= 0


@pytest.mark.parametrize(
    "change",
    [
        "adopters=7000",
        "history=free",
        "horizon.end=2031-12",
        "parameters.leak_hazard=0.51",
        "policy.open-weight-control.strength=0.99",
        "policy.x.lever=L7",
        'crisis.x={month = "2027-01", origin = "CN"}',
    ],
)
def test_the_id_depends_on_everything_else(change: str) -> None:
    assert load("p1-blanket", settings=[change]).id != load("p1-blanket").id


def test_the_id_follows_a_copy_with_changes() -> None:
    scenario = load("status-quo")
    before = scenario.id
    assert scenario.model_copy(update={"adopters": 7000}).id != before


def test_zero_has_one_id_and_whole_numbers_are_numbers() -> None:
    ids = {
        load("status-quo", settings=[f"parameters.backfire={zero}"]).id
        for zero in ("0", "0.0", "-0.0")
    }
    assert len(ids) == 1


def test_a_scenario_is_frozen_and_checked_when_made_by_hand() -> None:
    scenario = Scenario(
        name="mine",
        policy={"x": {"lever": "L7", "start": "2027-01"}},
        parameters={"leak_hazard": 0.2},
    )
    assert scenario.policy["x"] == LEVERS["L7"](start="2027-01")
    with pytest.raises(ValidationError, match="frozen"):
        scenario.adopters = 7000
    for wrong in (
        {"policy": {"x": {"lever": "L0"}}},
        {"parameters": {"leak": 1}},
        {"name": "A"},
        {"zzz": 1},
    ):
        with pytest.raises(ValidationError):
            Scenario.model_validate({"name": "mine", **wrong})


# Differences


def test_the_first_difference_is_the_earliest_start_of_what_differs() -> None:
    base = load("p1-blanket")
    name = "policy.open-weight-control"

    def first(*texts: str) -> int | None:
        changed = load("p1-blanket", settings=texts)
        assert first_difference(base, changed) == first_difference(changed, base)
        return first_difference(base, changed)

    assert first() is None
    assert first("question=Other?", "name=other") is None
    assert first("parameters.leak_hazard=0.4") == 0
    assert first("history=free") == 0
    assert first("adopters=7000") == 0
    assert first(f"{name}.strength=0.5") == 36
    assert first(f"{name}.start=2025-06") == 29
    assert first(f"{name}.start=2027-01") == 36
    assert first(f"{name}.end=2028-01") == 60
    assert first("policy.chips-2022-10.stringency=1.0") == 0
    assert first("policy.x.lever=L7", "policy.x.start=2029-01", f"{name}.end=2029-06") == 72
    assert first("crisis.x.month=2027-02", "crisis.x.origin=US") == 49
    assert first("policy.x.lever=L7", "policy.x.start=2031-01") is None
    assert first("horizon.end=2031-12") is None


def test_a_crisis_has_a_share() -> None:
    assert Crisis(month="2027-01", origin="CN").share == 1.0


def test_a_scenario_is_checked_once_when_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers and each of its policies."""
    from sim.scenario import scenario as module
    from sim.scenario import validation

    checked: list[str] = []
    parameters, policy = module.parameter_problems, validation.policy_from_table

    def parameters_counted(table: object) -> object:
        checked.append("parameters")
        return parameters(table)

    def policy_counted(name: str, table: object, names: tuple[str, ...]) -> object:
        checked.append(name)
        return policy(name, table, names)

    monkeypatch.setattr(module, "parameter_problems", parameters_counted)
    monkeypatch.setattr(validation, "policy_from_table", policy_counted)
    loaded = load("targeted-bundle", settings="parameters.leak_hazard=0.4")
    assert len(loaded.policy) > 5
    assert sorted(checked) == sorted(["parameters", *loaded.policy])


def test_all_problems_of_a_file_are_said_at_once_numbers_and_policies_first() -> None:
    found = set_problems(
        "horizon.end=2050-01",
        "parameters.leak_hazard=2",
        "policy.open-weight-control.kyc_friction=5",
    )
    assert [problem.split(" = ")[0] for problem in found] == [
        "--set: parameters.leak_hazard",
        "--set: policy.open-weight-control.kyc_friction",
        "--set: horizon.end",
    ]
