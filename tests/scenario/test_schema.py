"""The JSON schema of scenario files: current, and as strict as the program on each value."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.messages import ScenarioError
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.scenario import load, parse
from sim.scenario.schema import scenario_schema
from tests.cli.test_hostile import HOSTILE
from tests.scenario.validator import errors

SCHEMA = scenario_schema()
ONLY_THE_WHOLE_TELLS = {"extends itself", "many unknown removals", "many policies without a lever"}
Path = tuple[str, ...]


def problems_of(table: dict[str, Any]) -> list[str]:
    """What the program says of the file that holds a table."""
    try:
        parse(tomli_w.dumps(table), "file")
    except ScenarioError as error:
        return error.problems
    return []


def leaves() -> dict[Path, tuple[dict[str, Any], dict[str, Any]]]:
    """Every value that a file may set: key path -> (its schema, a smallest scenario around it)."""
    found: dict[Path, tuple[dict[str, Any], dict[str, Any]]] = {}
    top = SCHEMA["properties"]
    for name in ("title", "question", "description", "history", "adopters", "name"):
        found[(name,)] = (top[name], {"name": "mine"})
    for table in ("horizon", "structure", "parameters"):
        for name, schema in top[table]["properties"].items():
            found[table, name] = (schema, {"name": "mine"})
    for name, schema in top["crisis"]["additionalProperties"]["properties"].items():
        around = {"name": "mine", "crisis": {"x": {"month": "2027-01", "origin": "CN"}}}
        found["crisis", "x", name] = (schema, around)
    for lever in LEVERS:
        for name, schema in SCHEMA["$defs"][lever]["properties"].items():
            if name != "lever":
                around = {
                    "name": "mine",
                    "policy": {lever.lower().replace("_", "-"): {"lever": lever}},
                }
                found["policy", lever.lower().replace("_", "-"), name] = (schema, around)
    return {path: (resolved(schema), around) for path, (schema, around) in found.items()}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference written out."""
    named = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else {}
    items = {"items": resolved(schema["items"])} if "items" in schema else {}
    return {**named, **schema, **items}


def with_value(around: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """A copy of a scenario with one value set."""
    table: dict[str, Any] = json.loads(json.dumps(around))
    place = table
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value
    return table


def wrong(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema forbids: out of range, not finite, of another type, not in the list."""
    others: dict[str, list[Any]] = {
        "number": [float("nan"), float("inf"), float("-inf"), True, "1", "", [1.0], {"x": 1}],
        "integer": [float("nan"), float("inf"), True, "1", 1.5, [1], {"x": 1}],
        "boolean": [0, 1, 0.0, "true", [True]],
        "string": [1, 0.5, True, ["a"], {"x": "a"}],
        "array": [1, "CHN", True, {"x": 1}],
    }
    kind = schema.get("type", "string")
    choices: list[st.SearchStrategy[Any]] = [st.sampled_from(others[kind])]
    if kind in ("number", "integer"):
        number = st.floats if kind == "number" else st.integers
        far = 1e60 if kind == "number" else 2**62
        step = (
            1
            if kind == "integer"
            else 1e-6 * max(1.0, abs(schema.get("minimum", 0)), abs(schema.get("maximum", 0)))
        )
        if "minimum" in schema:
            choices.append(number(max_value=schema["minimum"] - step, min_value=-far))
        if "maximum" in schema:
            choices.append(number(min_value=schema["maximum"] + step, max_value=far))
    elif kind == "array":
        choices.append(st.sampled_from([["no such thing"], [1], ["CHN", "<b>"]]))
    elif {"enum", "const", "pattern"} & set(schema):
        texts = ["no such thing", "2026-13", "2026-1", "../x", "x" * 300, "Replay"]
        choices.append(st.sampled_from([text for text in texts if errors(text, schema, SCHEMA)]))
    return st.one_of(choices)


def right(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.sampled_from(
            ["2027-01", "2029-12"] if "[0-9]{4}" in schema["pattern"] else ["mine", "x-1"]
        )
    if schema["type"] == "array":
        return st.lists(right(schema["items"]), min_size=1, max_size=3, unique=True)
    if schema["type"] in ("number", "integer"):
        low, high = schema.get("minimum", -1e6), schema.get("maximum", 1e12)
        return (
            st.integers(int(low), int(high))
            if schema["type"] == "integer"
            else st.floats(low, high)
        )
    return st.booleans() if schema["type"] == "boolean" else st.sampled_from(["", "Why?"])


ONLY_THE_PROGRAM_TELLS = {
    ("policy", "l3", "labs"), ("policy", "l9", "labs"), ("policy", "l13", "labs"),
    ("policy", "l14", "switch_on"), ("policy", "l14", "switch_off"),
    *((*path[:2], field) for path in leaves() for field in ("allies", "allied_labs")),
    ("policy", "eu-gpai", "threshold_flop"), ("policy", "eu-gpai", "systemic_flop"),
}  # fmt: skip
"""Names of other policies, of labs of one origin, of who may join; and two thresholds of which one
is the higher."""
LEAVES = {path: leaf for path, leaf in leaves().items() if path not in ONLY_THE_PROGRAM_TELLS}


@pytest.mark.parametrize("name", sorted(library.scenarios()))
def test_every_shipped_scenario_fits_the_schema_as_written_and_resolved(name: str) -> None:
    written = tomllib.loads(library.scenarios()[name].read_text(encoding="utf-8"))
    assert errors(written, SCHEMA, SCHEMA) == []
    assert errors(tomllib.loads(load(name).as_toml()), SCHEMA, SCHEMA) == []


@pytest.mark.parametrize("what", sorted(set(HOSTILE) - ONLY_THE_WHOLE_TELLS))
def test_a_hostile_file_does_not_fit_the_schema(what: str) -> None:
    """Unless it is no TOML at all, or what is wrong with it is its text.

    The schema does not speak of characters.
    """
    try:
        table = tomllib.loads(HOSTILE[what].decode())
    except (ValueError, RecursionError):
        return
    texts = {
        "control character",
        "escape sequence",
        "bidi in text",
        "line separator",
        "only a table",
    }
    if what not in texts:
        assert errors(table, SCHEMA, SCHEMA), what


def test_the_schema_speaks_of_every_lever_and_field() -> None:
    for lever, policy in LEVERS.items():
        assert set(SCHEMA["$defs"][lever]["properties"]) == {"lever", *policy.model_fields}
        assert (
            errors(
                {"name": "x", "policy": {"x": {"lever": lever, **policy.example}}}, SCHEMA, SCHEMA
            )
            == []
        )


@given(st.data())
@settings(max_examples=600)
def test_a_wrong_value_is_refused_by_schema_and_program_with_its_key_path(
    data: st.DataObject,
) -> None:
    path = data.draw(st.sampled_from(sorted(LEAVES)))
    schema, around = LEAVES[path]
    table = with_value(around, path, data.draw(wrong(schema)))
    assert errors(table, SCHEMA, SCHEMA), table
    found = problems_of(table)
    assert found, table
    assert all(problem.startswith("file: ") for problem in found)
    assert any(".".join(path) in problem for problem in found), found


@given(st.data())
@settings(max_examples=600)
def test_a_right_value_is_taken_by_schema_and_program(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(LEAVES)))
    schema, around = LEAVES[path]
    table = with_value(around, path, data.draw(right(schema)))
    assert errors(table, SCHEMA, SCHEMA) == [], table
    assert problems_of(table) == [], table


@given(st.data())
@settings(max_examples=200)
def test_an_unknown_key_is_refused_by_schema_and_program_wherever_it_stands(
    data: st.DataObject,
) -> None:
    path = data.draw(st.sampled_from(sorted(path for path in LEAVES if path != ("name",))))
    _, around = LEAVES[path]
    name = data.draw(
        st.sampled_from(
            [path[-1] + "x", path[-1][:-1], path[-1].upper(), "zzz", "__class__", "$ref"]
        )
    )
    if (*path[:-1], name) in LEAVES:
        return
    table = with_value(around, (*path[:-1], name), 1)
    assert errors(table, SCHEMA, SCHEMA), table
    assert any(name in problem for problem in problems_of(table)), table
