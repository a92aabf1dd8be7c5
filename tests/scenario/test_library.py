"""Shipped files are found by name, in a checkout and in a wheel; a name is never a path."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from sim.data import policy_timeline
from sim.messages import ScenarioError, shown
from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.scenario import library
from sim.scenario.differences import first_difference
from sim.scenario.scenario import load
from sim.scenario.toml import read_toml
from sim.sweep.experiment import load_experiment

SCENARIOS = {
    "status-quo", "p1-blanket", "p2-risk-assessment", "p2-risk-assessment-absolute",
    "p3-government-audits", "p4-audit-repository", "p3-p4-audits", "targeted-bundle", "open-push",
    "safe-open", "monitor-and-trigger",
}  # fmt: skip


def test_the_shipped_files_are_found() -> None:
    assert set(library.scenarios()) >= SCENARIOS
    assert "no-assumed-responses" in library.assumptions()
    assert {"four-policies", "where-it-turns"} <= set(library.experiments())
    found = [
        *library.scenarios().values(),
        *library.assumptions().values(),
        *library.experiments().values(),
    ]
    assert all(path.is_file() for path in found)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_shipped_scenario_is_valid_named_as_its_file_and_explained(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.title
    assert not scenario.title.endswith((".", "?"))
    assert scenario.question.endswith("?")
    assert scenario.description
    first = first_difference(load("status-quo"), scenario)
    assert first == (None if name == "status-quo" else 36)


def test_shipped_scenarios_have_different_titles() -> None:
    titles = [load(name).title for name in library.scenarios()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    "name", ["status-quo", "p1-blanket", "p2-risk-assessment", "p3-government-audits",
             "p4-audit-repository", "targeted-bundle", "eu-exemption", "eu-no-exemption"],
)  # fmt: skip
def test_the_scenarios_that_are_quoted_most_say_what_they_hold_and_rest_on(name: str) -> None:
    scenario = load(name)
    assert scenario.modelled
    assert scenario.not_modelled
    assert scenario.sources


def test_shipped_scenarios_are_different_worlds() -> None:
    ids = [load(name).id for name in library.scenarios()]
    assert len(set(ids)) == len(ids)


def test_policies_of_the_four_scenarios_are_those_of_the_paper() -> None:
    def papers(name: str) -> set[str]:
        added = set(load(name).policy) - set(load("status-quo").policy)
        return {load(name).policy[policy].paper for policy in added}

    assert papers("p1-blanket") == {"P1"}
    assert papers("p2-risk-assessment") == papers("p2-risk-assessment-absolute") == {"P2"}
    assert papers("p3-government-audits") == {"P3"}
    assert papers("p4-audit-repository") == {"P4"}
    assert papers("p3-p4-audits") == {"P3", "P4"}
    assert papers("targeted-bundle") == {"P2", "P3", "P4"}


def test_the_steps_of_the_status_quo_are_those_of_the_timeline() -> None:
    """Each policy is one row, with its month and settings and no others; and the reverse."""
    tables = read_toml(library.scenarios()["status-quo"], "file")["policy"]
    steps = {step.policy: step for step in policy_timeline() if step.policy}
    assert list(tables) == list(steps)
    for name, table in tables.items():
        step = steps[name]
        assert (table.pop("lever"), table.pop("start")) == (step.lever, step.date[:7]), name
        table.pop("end", None)
        assert table.keys() == {field for field, _ in step.settings}, name
        for field, text in step.settings:
            assert table[field] == as_in_file(text, table[field]), (name, field)


def as_in_file(text: str, like: object) -> object:
    """A setting of the timeline as the scenario file writes it."""
    if isinstance(like, bool):
        return {"true": True, "false": False}[text]
    if isinstance(like, list):
        return text.split(",")
    return float(text) if isinstance(like, int | float) else text


def test_a_step_of_the_status_quo_ends_where_the_next_of_its_series_begins() -> None:
    series: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
    for name, policy in load("status-quo").policy.items():
        kind = re.sub(r"-[0-9]{4}-[0-9]{2}$", "", name)
        series.setdefault((policy.lever, kind), []).append((policy.start, policy.end))
    assert len(series["L3", "chips"]) == 10
    for steps in series.values():
        assert [end for _, end in steps] == [*(start for start, _ in steps[1:]), None]


def test_the_status_quo_names_the_row_of_each_step() -> None:
    text = library.scenarios()["status-quo"].read_text(encoding="utf-8")
    for step in policy_timeline():
        if step.policy:
            above = text.split(f"\n[policy.{step.policy}]\n")[0].split("\n\n")[-1]
            words = " ".join(above.replace("# ", "").split())
            assert words.startswith(f"{step.date}, {step.actor}: {step.event} ({step.source})")


def test_the_status_quo_is_policy_to_january_2026_and_no_later() -> None:
    steps = policy_timeline()
    assert steps[-1].date <= "2026-01-31"
    assert all(policy.start <= "2026-01" for policy in load("status-quo").policy.values())


def test_no_assumed_responses_sets_all_assumed_parameters_to_zero_and_no_other() -> None:
    path = library.assumptions()["no-assumed-responses"]
    assumed = {name: 0.0 for name, parameter in PARAMETERS.items() if parameter.assumed}
    assert read_toml(path, "file")["parameters"] == assumed
    moved = {name: 0.0 for name in assumed if DEFAULTS[name] != 0.0}
    assert load("status-quo", settings=["assumptions=no-assumed-responses"]).parameters == moved


def test_a_shipped_experiment_finds_scenarios_beside_it_and_a_shipped_scenario_does_not() -> None:
    path, beside = library.locate("experiment", "four-policies")
    assert beside == path.parent
    assert library.locate("scenario", "status-quo")[1] is None


@pytest.mark.parametrize("name", sorted(library.experiments()))
def test_a_shipped_experiment_is_valid_and_explained(name: str) -> None:
    experiment, design = load_experiment(name)
    assert experiment.name == name
    assert experiment.question.endswith("?")
    named = list(dict.fromkeys(case.scenario.name for case in design.cases))
    assert named == [experiment.against, *experiment.scenarios]
    assert "Question" in (library.experiments()[name].parent / "README.md").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "../scenarios/status-quo", "/etc/passwd", "status-quo.toml", "", ".", "Status-Quo",
        "a" * 65, "x\0y", "con:",
    ],
)  # fmt: skip
def test_a_name_is_never_a_path(text: str) -> None:
    with pytest.raises(ScenarioError, match="a name is small letters"):
        library.find("scenario", text)


TAKEN = (
    *(
        "null", "nan", "inf", "infinity", "true", "false", "none", "na", "n-a", "yes", "no", "on",
        "off",
    ),
    *("0", "2030", "007", "2026-01", "2026-01-31", "1-2", "1e3", "12e-4", "0x10", "0b1", "0o7"),
    *("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9"),
)  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_that_other_programs_read_as_something_else_is_refused(
    name: str, tmp_path: Path
) -> None:
    said = "other programs read this as a number"
    policy = {"lever": "L7", "start": "2026-01"}
    crisis = {"month": "2027-01", "origin": "US"}
    for table in (
        {"name": name},
        {"name": "x", "policy": {name: policy}},
        {"name": "x", "crisis": {name: crisis}},
    ):
        (tmp_path / "mine.toml").write_text(tomli_w.dumps(table))
        with pytest.raises(ScenarioError, match=said) as refused:
            load(tmp_path / "mine.toml")
        assert len(refused.value.problems) == 1
        assert name in str(refused.value)
    with pytest.raises(ScenarioError, match=said):
        load_experiment({"name": name, "scenarios": ["p1-blanket"]})
    with pytest.raises(ScenarioError, match=said):
        library.find("assumptions", name)


@pytest.mark.parametrize(
    "name", ["p1-2026", "null-policy", "4e", "e4", "0xg", "com10", "con-1", "nano", "x2030"]
)
def test_a_name_with_a_word_in_it_is_allowed(name: str) -> None:
    assert library.name_problem(name) == ""


@given(
    st.one_of(
        st.from_regex(r"[a-z0-9-]{1,6}", fullmatch=True),
        st.sampled_from(TAKEN),
        st.text(max_size=70),
    )
)
def test_the_schema_allows_the_names_that_a_file_may_have(name: str) -> None:
    assert bool(re.search(library.NAME_PATTERN.replace("$", r"\Z"), name)) == library.is_name(name)


def test_the_longest_names_stay_different_in_messages() -> None:
    names = ["a" * 63 + end for end in "bc"]
    assert [shown(name) for name in names] == [f"'{name}'" for name in names]


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'p1-blanket'"):
        library.find("scenario", "p1-blankett")
    with pytest.raises(ScenarioError, match=r"known: .*four-policies"):
        library.find("experiment", "zzz")


def test_shipped_names_come_before_a_users_neighbouring_files(tmp_path: Path) -> None:
    (tmp_path / "status-quo.toml").write_text("")
    (tmp_path / "mine.toml").write_text("")
    assert library.find("scenario", "status-quo", tmp_path) == library.scenarios()["status-quo"]
    assert library.find("scenario", "mine", tmp_path) == tmp_path / "mine.toml"


def test_files_with_other_names_are_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name in ("good.toml", "Bad.toml", "bad name.toml", "<b>.toml", "note.txt"):
        (folder / name).write_text("")
    monkeypatch.setattr(library, "root", lambda: tmp_path)
    assert list(library.scenarios()) == ["good"]


def test_an_installed_package_has_its_library_inside(tmp_path: Path) -> None:
    package = tmp_path / "sim"
    (package / "library" / "scenarios").mkdir(parents=True)
    (package / "library" / "scenarios" / "shipped.toml").write_text("")
    (package / "scenario").mkdir()
    module = Path(shutil.copy(library.__file__, package / "scenario" / "library.py"))
    spec = importlib.util.spec_from_file_location("library_of_a_wheel", module)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert list(installed.scenarios()) == ["shipped"]
    assert installed.label(installed.scenarios()["shipped"]) == "scenarios/shipped.toml"
