"""The command explain: final values are the law's, the steps to them what each policy changes."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.analysis.explanation import Row, explain, field_row
from sim.cli import app
from sim.messages import ScenarioError
from sim.model.law import Law, law_of_month
from sim.model.law_fields import FIELDS
from sim.model.world import World
from sim.months import month_index
from sim.policies import LEVERS
from sim.scenario.scenario import Scenario, load
from sim.vocabulary import CHANNELS, MODES, OFFERS, ORIGINS
from tests.reference.misuse import by_lab

MONTH = "2026-03"


@lru_cache
def everything() -> Scenario:
    """Every lever with its example, twice, once with allies who join, beside the status quo."""
    allies = [{}, {"allied_coverage": 0.5, "allies": ["FRA", "ARE"]}]
    policies = {
        f"{lever.lower().replace('_', '-')}-{n}": {
            "lever": lever,
            **cls.example,
            "start": "2026-01",
            **allies["allied_coverage" in cls.model_fields and n],
        }
        for lever, cls in LEVERS.items()
        for n in (0, 1)
    }
    table = load("status-quo").as_table()
    return Scenario.model_validate(
        tuples(table | {"name": "everything", "policy": table["policy"] | policies})
    )


def tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: tuples(below) for key, below in value.items()}
    return tuple(value) if isinstance(value, list) else value


def law_of(scenario: Scenario, *left_out: str) -> Law:
    """The law of the month, without some policies."""
    policies = [
        (name, policy) for name, policy in sorted(scenario.policy.items()) if name not in left_out
    ]
    return law_of_month(World(scenario, rng=0).jurisdictions, policies, month_index(MONTH))


@lru_cache
def whole_law() -> Law:
    return law_of(everything())


def filled(law: Law, row: Row, chosen: dict[str, int], what: str) -> np.ndarray:
    """An array of a field, put together from the parts of its explanation.

    By lab where the law is by class.
    """
    jurisdictions = law.jurisdictions
    names = {
        "country": jurisdictions.countries, "origin": ORIGINS, "channel": CHANNELS, "mode": MODES,
        "lab": jurisdictions.labs, "student": jurisdictions.labs, "offer": OFFERS,
    }  # fmt: skip
    axes = FIELDS[row["field"]].axes
    array = np.full(
        [jurisdictions.sizes["lab" if axis == "class" else axis] for axis in axes], np.nan
    )
    for part in row["parts"]:
        where, place = dict(part["where"]), []
        if "class" in axes and "origin" in where:
            origins = [ORIGINS.index(name) for name in where.pop("origin")]
            where["lab"] = [jurisdictions.labs[i] for i in jurisdictions.labs_of(*origins)]
        for axis in ("lab" if axis == "class" else axis for axis in axes):
            picked = [chosen[axis]] if axis in chosen else None
            place.append(
                picked or [names[axis].index(name) for name in where.get(axis, names[axis])]
            )
        assert np.isnan(array[np.ix_(*place)]).all(), "two parts speak of one entry"
        array[np.ix_(*place)] = part[what]
    return array


@pytest.mark.parametrize("name", [name for name, spec in FIELDS.items() if spec.combine != "list"])
def test_with_every_policy_the_explained_values_are_the_laws(name: str) -> None:
    law = whole_law()
    held = by_lab(law, name)
    assert held.dtype.kind in "fib"
    row = field_row(law, name, {})
    np.testing.assert_array_equal(filled(law, row, {}, "value"), held)
    np.testing.assert_array_equal(
        filled(law, row, {}, "default"), by_lab(Law(law.jurisdictions).combine(), name)
    )
    chosen = {"country": 17, "lab": 25, "origin": law.jurisdictions.lab_origins[25]}
    one = filled(law, field_row(law, name, chosen), chosen, "value")
    axes = ["lab" if axis == "class" else axis for axis in FIELDS[name].axes]
    place = np.ix_(
        *(
            [chosen[axis]] if axis in chosen else range(law.jurisdictions.sizes[axis])
            for axis in axes
        )
    )
    np.testing.assert_array_equal(one[place], held[place])
    assert np.isnan(one).sum() == held.size - held[place].size


@pytest.mark.parametrize("name", list(FIELDS))
def test_steps_lead_from_the_default_to_the_value(name: str) -> None:
    law = whole_law()
    for part in field_row(law, name, {})["parts"]:
        if FIELDS[name].combine == "list":
            assert [change["after"] for change in part["changes"]] == part["value"]
            continue
        value = part["default"]
        for change in part["changes"]:
            assert change["before"] == value
            assert FIELDS[name].combine not in ("add", "multiply") or change["after"] != value
            value = change["after"]
        assert value == part["value"]


def test_every_write_is_explained_and_nothing_else() -> None:
    law = whole_law()
    for name, spec in FIELDS.items():
        explained = {
            change["by"] for part in field_row(law, name, {})["parts"] for change in part["changes"]
        }
        written = {write.by for write in law.writes if write.field == name}
        assert explained <= written
        if spec.combine not in ("add", "multiply"):
            assert explained == written


@pytest.mark.parametrize("name", [name for name, spec in FIELDS.items() if spec.combine == "add"])
def test_where_writes_add_the_changes_of_a_policy_are_what_the_law_lacks_without_it(
    name: str,
) -> None:
    law = whole_law()
    row = field_row(law, name, {})
    for policy in sorted({write.by for write in law.writes if write.field == name}):
        parts = [
            part
            | {"own": sum(c["after"] - c["before"] for c in part["changes"] if c["by"] == policy)}
            for part in row["parts"]
        ]
        own = filled(law, row | {"parts": parts}, {}, "own")
        lacking = by_lab(law, name) - by_lab(law_of(everything(), policy), name)
        np.testing.assert_allclose(own, lacking, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, spec in FIELDS.items() if spec.combine == "list"])
def test_records_that_do_not_bind_a_lab_or_country_are_left_out(name: str) -> None:
    law = whole_law()
    records = getattr(law, name)
    assert len(field_row(law, name, {})["parts"][0]["value"]) == len(records)
    for axis, many in (("lab", "labs"), ("country", "countries")):
        for index in range(law.jurisdictions.sizes[axis]):
            whose = [
                getattr(r, many) if hasattr(r, many) else (getattr(r, axis, index),)
                for r in records
            ]
            bound = [indices for indices in whose if index in indices]
            assert len(field_row(law, name, {axis: index})["parts"][0]["changes"]) == len(bound)


def test_a_maximum_that_others_exceed_is_shown_as_no_change() -> None:
    scenario = load("status-quo", settings=["policy.weak.lever=L3", "policy.weak.stringency=0.1"])
    (part,) = field_row(law_of(scenario), "stringency", {})["parts"]
    changes = {change["by"]: (change["before"], change["after"]) for change in part["changes"]}
    assert part["value"] == 0.6
    assert {
        before == after for by, (before, after) in changes.items() if by == "chips-2026-01"
    } == {False}
    assert set(changes) == {"weak", "chips-2026-01"}


def test_the_explained_law_is_the_one_the_world_reads() -> None:
    """Also under a ramp, and in the months around a start and an end."""
    changes = ["policy.open-weight-control.ramp_months=6", "policy.open-weight-control.end=2026-05"]
    scenario = load("p1-blanket", settings=changes)
    values = {}
    for month in ("2025-12", "2026-01", "2026-04", "2026-05"):
        row = explain(scenario, month, country="KEN", family="meta")
        (part,) = next(field for field in row["fields"] if field["field"] == "opening_cost")[
            "parts"
        ]
        values[month] = part["value"]
        in_force = "open-weight-control" in [policy["policy"] for policy in row["policies"]]
        assert in_force == bool(part["changes"]) == (part["value"] > 0.0)
        assert in_force == any(entry["policy"] == "open-weight-control" for entry in row["ledger"])
    assert values["2025-12"] == values["2026-05"] == 0.0
    assert 0.0 < values["2026-01"] < values["2026-04"] < 0.5


def test_a_country_and_a_family_narrow_the_law() -> None:
    def parts(field: str, **chosen: str) -> list[Row]:
        row = explain(load("p1-blanket"), "2026-03", **chosen)
        return next(entry for entry in row["fields"] if entry["field"] == field)["parts"]

    assert [part["value"] for part in parts("denial", country="KEN")] == [0.0]
    assert {part["value"] for part in parts("denial", country="CHN")} == {0.0, 3.0}
    assert {part["value"] for part in parts("denial", country="CHN", family="alibaba")} == {0.0}
    assert {part["value"] for part in parts("controlled", family="meta")} == {1.0}
    assert {part["value"] for part in parts("controlled", family="alibaba")} == {0.0}


def test_labs_that_join_are_named_and_those_of_an_origin_are_one() -> None:
    words = ["explain", "p1-blanket", "--override", "high-allied-coverage", "--month", "2027-06"]
    text = CliRunner().invoke(app.app, words, prog_name="openstakes").stdout
    assert "freely (0-1)\n  lab all US labs, mistral, cohere, lg, ai21, stability: 1\n" in text
    assert (
        "to a lab (utils)\n  lab all US firms, mistral, cohere, lg, ai21, stability: 0.5\n" in text
    )
    assert "Input, standing cost to labs: " in text
    assert "Standing costs are inputs, set by the scenario." in text


def test_the_command_prints_changes_and_json() -> None:
    def call(*arguments: str) -> str:
        words = ["explain", "p1-blanket", "--month", "2026-03", "--country", "CHN", *arguments]
        result = CliRunner().invoke(app.app, words, prog_name="openstakes")
        assert result.exit_code == 0, result.output
        return result.stdout

    text = call()
    assert (
        "denial: barrier that a mirror relieves (utils)\n  origin US; mode open_weights, "
        "open_source: 3\n" in text
    )
    assert "    open-weight-control: 0 to 3\n  elsewhere: 0\n" in text
    assert "exempt_modes open_source" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
    row = json.loads(call("--json"))
    assert [field["field"] for field in row["fields"]] == list(FIELDS)
    assert row["id"] == load("p1-blanket").id
    assert (
        "denial: barrier that a mirror relieves (utils)\n  origin US; mode open_weights, "
        "open_source: 1.5\n" in call("--set", "policy.open-weight-control.strength=0.5")
    )


@pytest.mark.parametrize(
    ("month", "country", "family", "part"),
    [
        ("2031-01", None, None,
         "--month 2031-01: outside the horizon of status-quo, 2023-01 to 2030-12"),
        ("2022-12", None, None, "outside the horizon"),
        ("June", None, None, "'June' is not a month"),
        ("2027-06", "Kenya", None, "did you mean 'KEN' (Kenya)?"),
        ("2027-06", "ZZZ", None, "no country of the model"),
        ("2027-06", None, "Meta AI", "no lab of the model"),
        ("2027-06", None, "us", "no lab of the model"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused(
    month: str, country: str | None, family: str | None, part: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        explain(load("status-quo"), month, country, family)
    assert part in str(caught.value)


CHOSEN = ("structure.compliance=chosen", "policy.open-weight-control.whistle_blowers=0.2")


def test_who_obeys_and_why_is_explained_where_that_is_chosen() -> None:
    row = explain(load("p1-blanket", settings=CHOSEN), MONTH)
    (of,) = [one for one in row["policies"] if one["policy"] == "open-weight-control"]
    (firms,) = of["obeyed"]
    assert firms["by"] == "firms"
    assert (firms["whistle_blowers"], firms["audits"], firms["penalty"]) == (0.2, 0.0, 4.0)
    assert firms["detection"] == 1.0 - (1.0 - firms["base"]) * (1.0 - 0.2)
    (controlled,) = [field for field in row["fields"] if field["field"] == "controlled"]
    assert max(part["value"] for part in controlled["parts"]) == firms["share"] < 1.0
    stated = explain(load("p1-blanket", settings=CHOSEN[1:]), MONTH)
    assert [one["obeyed"] for one in stated["policies"]] == [[]] * len(stated["policies"])


def test_the_command_prints_who_obeys_with_the_terms_that_count() -> None:
    sets = [word for change in CHOSEN for word in ("--set", change)]
    said = CliRunner().invoke(app.app, ["explain", "p1-blanket", "--month", MONTH, *sets])
    words = " ".join(said.stdout.split())
    assert said.exit_code == 0, said.stderr
    assert "of firms: detection 0.464 (base 0.33, whistle-blowers 0.2) x penalty 4" in words
    assert "audits" not in words.split("open-weight-control: L1")[1].split("gains of")[0]
