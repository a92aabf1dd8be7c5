"""Values of scenarios: what is allowed, and every problem of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.data import countries, groups
from sim.policies import LEVERS
from sim.scenario.differences import first_difference
from sim.scenario.scenario import (
    Scenario,
    is_shipped,
    load,
)
from tests.scenario.written import problems, set_problems, write


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
