"""Overrides: by name, what they say of every policy, what two of them may not both say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.messages import ScenarioError
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.differences import differences
from sim.scenario.scenario import load, load_with_origins


def write(folder: Path, text: str, name: str = "override") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(*arguments, **options) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(*arguments, **options)
    return caught.value.problems


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with the shipped scenarios and one override."""
    top = tmp_path / "top"
    (top / "scenarios" / "overrides").mkdir(parents=True)
    for path in library.scenarios().values():
        (top / "scenarios" / path.name).write_bytes(path.read_bytes())
    write(
        top / "scenarios" / "overrides",
        'name = "half"\nquestion = "?"\n[policy."*"]\nstrength = 0.5\n',
        "half",
    )
    monkeypatch.setattr(library, "root", lambda: top)
    return top


@pytest.mark.usefixtures("shipped")
def test_a_shipped_override_is_found_by_name_and_keeps_its_texts_to_itself() -> None:
    scenario, origins = load_with_origins("p1-blanket", ["half"])
    plain = load("p1-blanket")
    assert scenario.policy["open-weight-control"].strength == 0.5
    held = load("status-quo").policy
    assert {name: scenario.policy[name] for name in held} == held
    assert (scenario.name, scenario.question) == (plain.name, plain.question)
    assert origins["policy.open-weight-control.strength"] == "scenarios/overrides/half.toml"
    assert origins["policy.open-weight-control.kyc"] == "scenarios/p1-blanket.toml"
    assert origins["policy.chips-2026-01.stringency"] == "scenarios/status-quo.toml"
    assert origins["policy.chips-2026-01.enforcement"] == "default"
    assert "did you mean 'half'" in problems("p1-blanket", ["halv"])[0]
    assert "small letters" in problems("p1-blanket", [" half"])[0]


def test_an_override_that_names_itself_names_its_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "other"\nadopters = 5000\n')
    assert "must be 'override', the name of the file" in problems("status-quo", [path])[0]


def test_every_policy_means_every_policy_that_has_the_field(tmp_path: Path) -> None:
    path = write(tmp_path, '[policy."*"]\nallied_coverage = 0.8\n')
    scenario = load("targeted-bundle", [path])
    own = scenario.policy.keys() - load("status-quo").policy.keys()
    having = {name for name in own if "allied_coverage" in type(scenario.policy[name]).model_fields}
    assert having
    assert having < set(scenario.policy)
    assert all(scenario.policy[name].allied_coverage == 0.8 for name in having)
    changed = {key for key, _, _ in differences(load("targeted-bundle"), scenario)}
    assert changed == {f"policy.{name}.allied_coverage" for name in having}


def test_every_policy_is_the_same_as_each_by_name() -> None:
    base = load("targeted-bundle")
    own = base.policy.keys() - load("status-quo").policy.keys()
    names = [name for name in own if "allied_coverage" in type(base.policy[name]).model_fields]
    by_name = load(
        "targeted-bundle", settings=[f"policy.{name}.allied_coverage=0.3" for name in names]
    )
    assert load("targeted-bundle", settings=["policy.*.allied_coverage=0.3"]) == by_name


def test_a_policy_that_an_override_adds_or_removes_counts(tmp_path: Path) -> None:
    text = (
        'remove = ["policy.open-weight-control"]\n'
        '[policy.new]\nlever = "L7"\n[policy."*"]\nstrength = 0.5\n'
    )
    scenario = load("p1-blanket", [write(tmp_path, text)])
    assert scenario.policy["new"] == LEVERS["L7"](strength=0.5)
    assert "open-weight-control" not in scenario.policy


@pytest.mark.parametrize(
    ("base", "texts", "part"),
    [
        ("p1-blanket", ["policy.*.strenth=0.5"],
         "changed by name; did you mean 'strength'"),
        ("status-quo", ["policy.*.allied_coverage=0.5"],
         "policy.*.allied_coverage: no policy of the scenario has"),
        ("p1-blanket", ["policy.*.lever=L1"],
         "policy.*.lever: no policy of the scenario has such a field"),
        ("p1-blanket", ["policy.*=0.5"], "policy.*: must be a table of plain fields"),
        ("p1-blanket", ["policy.*={}"], "policy.*: must be a table of plain fields"),
        ("p1-blanket", ["policy.*.kyc.x=1"], "policy.*.kyc.x: must be a table of plain fields"),
        ("p1-blanket", ["policy.*.kyc_friction=2"],
         "policy.open-weight-control.kyc_friction = 2: must be from 0 to 0.9"),
        ("p1-blanket", ["policy.*.kyc=false", "policy.open-weight-control.kyc=true"],
         "policy.open-weight-control.kyc = true: already set to false"),
        ("p1-blanket", ["policy.*.kyc=false", "policy.*.kyc=true"],
         "policy.*.kyc = true: already set to false"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_every_policy_is_refused(
    base: str, texts: list[str], part: str
) -> None:
    found = problems(base, settings=texts)
    assert len(found) == 1
    assert part in found[0]
    assert found[0].startswith("--set: ")


def test_a_scenario_itself_speaks_of_policies_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'name = "mine"\nextends = "p1-blanket"\n[policy."*"]\nstrength = 0.5\n', "mine"
    )
    (problem,) = problems(path)
    assert problem.endswith("policy.*: only an override may speak of every policy")


def test_overrides_come_to_the_same_in_any_order(tmp_path: Path) -> None:
    files = [
        write(tmp_path, '[policy."*"]\nallied_coverage = 0.8\n', "a"),
        write(tmp_path, "adopters = 5000\n[policy.open-weight-control]\nkyc = false\n", "b"),
        write(tmp_path, '[policy.new]\nlever = "L6"\n', "c"),
    ]
    scenarios = [
        load("p1-blanket", [files[i] for i in order]) for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2))
    ]
    assert len({scenario.id for scenario in scenarios}) == 1
    assert scenarios[0].policy["new"].allied_coverage == 0.8


def test_a_conflict_is_found_behind_an_empty_table(tmp_path: Path) -> None:
    files = [
        write(tmp_path, text, f"f{i}")
        for i, text in enumerate(("[policy.x]\n", '[policy.x]\nlever = "L7"\n'))
    ]
    assert load("status-quo", files).policy["x"] == LEVERS["L7"]()
    other = write(tmp_path, '[policy.x]\nlever = "L6"\n', "other")
    assert "already set to 'L7'" in problems("status-quo", [*files, other])[0]


def test_a_policy_that_is_not_there_cannot_be_removed() -> None:
    assert (
        "did you mean 'policy.open-weight-control'"
        in problems("p1-blanket", settings=['remove=["policy.open-weight-controls"]'])[0]
    )


@pytest.mark.parametrize("name", sorted(library.overrides()))
def test_a_shipped_override_says_why_and_fits_some_scenario(name: str) -> None:
    from sim.scenario.toml import read_toml

    table = read_toml(library.overrides()[name], name)
    assert table["name"] == name
    assert str(table["question"]).endswith("?")
    fitting = 0
    refused: list[str] = []
    for scenario in library.scenarios():
        try:
            fitting += load(scenario, [name]).id != load(scenario).id
        except ScenarioError as error:
            refused.extend(error.problems)
    assert fitting
    assert all("no policy of the scenario has such a field" in problem for problem in refused)


def test_one_override_and_one_setting_need_no_list(tmp_path: Path) -> None:
    alone = load("p1-blanket", overrides="high-allied-coverage", settings="adopters=4000")
    assert alone == load(
        "p1-blanket", overrides=["high-allied-coverage"], settings=["adopters=4000"]
    )
    assert alone.adopters == 4000
    assert alone.policy != load("p1-blanket").policy
    path = tmp_path / "fewer.toml"
    path.write_text("adopters = 4500\n")
    assert load("p1-blanket", overrides=path).adopters == 4500
