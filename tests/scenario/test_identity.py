"""Scenarios as objects: round trips, ids, and where two of them differ."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest
import tomli_w
from pydantic import ValidationError

from sim.policies import LEVERS
from sim.scenario.differences import first_difference
from sim.scenario.scenario import (
    Crisis,
    Scenario,
    load,
    parse,
)
from tests.scenario.written import write

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
