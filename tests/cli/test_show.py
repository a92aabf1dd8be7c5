"""``show`` and ``diff`` of scenarios, and what is listed of levers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import sim
from sim.model.law_fields import FIELDS
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.differences import differences
from sim.scenario.scenario import Scenario, load, load_with_origins
from sim.scenario.schema import as_text
from sim.vocabulary import PULLERS
from tests.cli.calling import call
from tests.scenario.written import write

# show


@pytest.mark.parametrize("name", sorted(library.scenarios()))
def test_what_show_prints_is_a_file_that_is_the_same_scenario(tmp_path: Path, name: str) -> None:
    printed = call("show", name).stdout
    again = load(write(tmp_path, printed))
    assert again == load(name)
    assert printed.startswith(f"# id {again.id}\n")


def test_what_show_prints_runs_to_the_same_bits_from_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of files, an assumption set, an override and --set are all in it."""
    there, empty = tmp_path / "there", tmp_path / "empty"
    (there / "assumptions").mkdir(parents=True)
    empty.mkdir()
    write(there, "name = 'own'\n[parameters]\nleak_hazard = 0.9\n", "assumptions/own")
    write(there, 'name = "base"\nextends = "p1-blanket"\nassumptions = "own"\n', "base")
    small = '[horizon]\nend = "2024-12"\n'
    mine = write(there, f'name = "mine"\nextends = "base"\nadopters = 3500\n{small}')
    over = write(there, '[policy.open-weight-control]\nstart = "2023-06"\n', "over")
    setting = "policy.open-weight-control.kyc_friction=0.123456789012345678"
    printed = call("show", mine, "--override", over, "--set", setting).stdout
    stated = load(mine, over, setting)
    assert stated.parameters["leak_hazard"] == 0.9
    monkeypatch.chdir(empty)
    shutil.rmtree(there)
    flat = load(write(empty, printed))
    assert flat == stated
    first, again = (
        {name: values.tobytes() for name, values in study.series("mine", study.outcomes()).items()}
        for study in (sim.run(scenario, seed=5, workers=1) for scenario in (stated, flat))
    )
    assert first == again


def test_show_says_which_file_gave_each_value(tmp_path: Path) -> None:
    write(
        tmp_path, 'name = "base"\nextends = "p1-blanket"\n[parameters]\nleak_hazard = 0.9\n', "base"
    )
    mine = write(
        tmp_path,
        'name = "mine"\nextends = "base"\nassumptions = "no-assumed-responses"\nadopters = 4000\n',
    )
    over = write(tmp_path, "[policy.open-weight-control]\nkyc = false\n", "over")
    arguments = (
        "show", mine, "--override", over, "--set", "crisis.x.month=2027-01",
        "--set", "crisis.x.origin=CN",
    )  # fmt: skip
    lines = call(*arguments).stdout.splitlines()
    for line in (
        f"adopters = 4000  # {mine}",
        f"leak_hazard = 0.9  # {tmp_path}/base.toml",
        "backfire = 0.0  # scenarios/assumptions/no-assumed-responses.toml",
        f"kyc = false  # {over}",
        "kyc_friction = 0.15  # scenarios/p1-blanket.toml",
        "kyc_refusal = 0.02  # default",
        'month = "2027-01"  # --set',
        "share = 1.0  # default",
        'end = "2030-12"  # default',
    ):
        assert line in lines, line
    content = json.loads(call(*arguments, "--json").stdout)
    assert Scenario.model_validate(tuples(content["scenario"])).id == content["id"]
    assert content["origins"]["policy.open-weight-control.kyc"] == str(over)
    assert content["origins"]["adopters"] == str(mine)


def tuples(value: object) -> object:
    """Content of JSON with its lists as tuples, as strict records want them."""
    if isinstance(value, dict):
        return {key: tuples(below) for key, below in value.items()}
    return tuple(value) if isinstance(value, list) else value


def test_every_value_of_a_scenario_has_an_origin() -> None:
    scenario, origins = load_with_origins("targeted-bundle")
    named = {key for key, _, _ in differences(Scenario(name="other"), scenario)}
    assert named <= set(origins)
    assert set(origins.values()) <= {
        "default",
        *(f"scenarios/{name}.toml" for name in library.scenarios()),
    }


def test_a_files_name_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    path = tmp_path / "x\nadopters = 9000\n#.toml"
    path.write_text('name = "mine"\nextends = "status-quo"\n')
    printed = call("show", path).stdout
    assert load(write(tmp_path, printed, "again")).adopters == load("status-quo").adopters


def test_show_prints_the_schema_without_a_scenario() -> None:
    result = call("show", "--schema")
    assert result.exit_code == 0
    assert result.stdout == as_text()


# diff


def test_diff_gives_path_both_values_and_both_files(tmp_path: Path) -> None:
    mine = write(
        tmp_path,
        'name = "mine"\nextends = "p1-blanket"\n[policy.open-weight-control]\nkyc_friction = 0.3\n',
    )
    content = json.loads(call("diff", "p1-blanket", mine, "--json").stdout)
    assert content["differences"] == [
        {
            "key": "policy.open-weight-control.kyc_friction",
            "a": 0.15,
            "b": 0.3,
            "a_from": "scenarios/p1-blanket.toml",
            "b_from": str(mine),
        }
    ]
    assert content["a"] == {"name": "p1-blanket", "id": load("p1-blanket").id}
    text = call("diff", "p1-blanket", mine).stdout
    assert "policy.open-weight-control.kyc_friction\n" in text
    assert "A  0.15, from scenarios/p1-blanket.toml\n" in text
    assert f"B  0.3, from {mine}\n" in text


def test_diff_is_the_same_the_other_way_round() -> None:
    there, back = (
        json.loads(call("diff", a, b, "--json").stdout)["differences"]
        for a, b in (("p1-blanket", "targeted-bundle"), ("targeted-bundle", "p1-blanket"))
    )
    assert there
    assert [(row["key"], row["a"], row["b"]) for row in there] == [
        (row["key"], row["b"], row["a"]) for row in back
    ]
    paths = {key for key, _, _ in differences(load("p1-blanket"), load("targeted-bundle"))}
    assert paths == {row["key"] for row in there}


def test_the_order_of_a_list_is_no_difference(tmp_path: Path) -> None:
    base = load("p1-blanket").policy["open-weight-control"].targets
    turned = f"policy.open-weight-control.targets={json.dumps(base[::-1])}"
    assert (
        json.loads(call("diff", "p1-blanket", "--set", turned, "--json").stdout)["differences"]
        == []
    )
    assert (
        "No difference but the order of lists" in call("diff", "p1-blanket", "--set", turned).stdout
    )
    fewer = f"policy.open-weight-control.targets={json.dumps(base[1:])}"
    (row,) = json.loads(call("diff", "p1-blanket", "--set", fewer, "--json").stdout)["differences"]
    assert row["key"] == "policy.open-weight-control.targets"


def test_changes_of_diff_are_changes_of_b() -> None:
    rows = json.loads(call("diff", "p1-blanket", "--set", "adopters=4000", "--json").stdout)[
        "differences"
    ]
    assert [(row["key"], row["a"], row["b"], row["b_from"]) for row in rows] == [
        ("adopters", 6000, 4000, "--set")
    ]
    assert "No difference." in call("diff", "p1-blanket", "p1-blanket").stdout


def test_diff_asks_for_something_to_differ_from() -> None:
    result = call("diff", "p1-blanket")
    assert result.exit_code == 2
    assert (
        "diff p1-blanket: needs a second scenario, or a change of the first with --set or "
        "--override" in result.stderr
    )
    assert result.stdout == ""


def test_diff_names_the_problems_of_both() -> None:
    result = call("diff", "p1-blankett", "status-qua")
    assert result.exit_code == 2
    assert "'p1-blanket'" in result.stderr
    assert "'status-quo'" in result.stderr


# a lever in full


def test_levers_are_listed_under_who_pulls_them_and_say_whether_allies_may_join() -> None:
    lines = call("list", "policies").stdout.splitlines()
    found: dict[str, str] = {}
    head = ""
    for line in lines[1:]:
        group, lever = ("", line.split()[0]) if line.startswith(" ") else (line.strip(), "")
        head = group or head
        if lever:
            found[lever] = head
            joins = "allied_coverage" in LEVERS[lever].model_fields
            assert ("may join" in line) == joins, lever
    assert found == {lever: cls.pulled_by for lever, cls in LEVERS.items()}
    order = list(dict.fromkeys(found.values()))
    assert order == [puller for puller in PULLERS if puller in order]


@pytest.fixture(scope="module")
def users() -> dict[str, list[str]]:
    """Names of the shipped scenarios by lever."""
    loaded = [(name, load(name).policy.values()) for name in library.scenarios()]
    return {
        lever: [name for name, policies in loaded if lever in {p.lever for p in policies}]
        for lever in LEVERS
    }


@pytest.mark.parametrize("lever", sorted(LEVERS))
def test_a_lever_is_listed_with_parameters_effects_and_scenarios(
    lever: str, users: dict[str, list[str]]
) -> None:
    row = json.loads(call("list", "policies", lever, "--json").stdout)
    fields = {field["name"]: field for field in row["fields"]}
    assert set(fields) == set(LEVERS[lever].model_fields)
    assert all(field["source"] and field["description"] for field in fields.values())
    assert row["writes"]
    assert row["writes"] == {name: FIELDS[name].meaning for name in row["writes"]}
    assert row["scenarios"] == users[lever]
    assert (row["pulled_by"], row["real"]) == (LEVERS[lever].pulled_by, LEVERS[lever].real)
    text = call("list", "policies", lever).stdout
    assert all(re.search(rf"^{name}: ", text, flags=re.MULTILINE) for name in fields)
    assert all(name in text for name in (*users[lever], *row["writes"]))
    assert max(map(len, text.splitlines())) <= 100
