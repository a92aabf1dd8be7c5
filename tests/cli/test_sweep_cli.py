"""``openstakes sweep``: results on stdout, and nothing written that was not asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.scenario import library
from sim.scenario.scenario import Scenario
from sim.sweep.experiment import Experiment
from tests.analysis.tidy import read_tidy
from tests.cli.sweeping import BASE, FRICTION, SWEPT, call, contents, fake_world, write
from tests.sweep import fake

pytestmark = pytest.mark.usefixtures("fake_sweep")

# Results


def test_a_sweep_is_printed_case_by_case_and_stored() -> None:
    result = call(write(SWEPT), "--out", "results")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    for friction in ("0.1", "0.2"):
        said = f"know-your-customer friction {friction}"
        title = (
            f"Blanket control on open weights (adopters 4000, {said}) "
            "minus Status quo (adopters 4000)"
        )
        assert (
            f"{title}, mean of 4 months from 2027-12 to 2030-12, 2 draws of the uncertain numbers"
            in text
        )
    assert result.stdout.count("Global power (US)") == 3
    assert "percent of the reference in the same draw. 5-95 %: holds chance and parameters." in text
    assert "report: results/report.html" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 100
    study = sim.Study.open("results")
    assert (study.draws, study.replications, study.finished) == (2, 2, 12)
    assert study.outcomes() == [name for name in OUTCOMES if name in SWEPT["keep"]["outcomes"]]


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ("year-ends", "mean of 4 months from 2027-12 to 2030-12"),
        (["2026-01", "2028-06"], "2028-06 alone"),
        (["2026-01"], "no month compared was kept"),
    ],
)
def test_a_sweep_that_keeps_some_months_says_which_are_in_the_mean(
    months: str | list[str], said: str
) -> None:
    source = write(SWEPT | {"keep": SWEPT["keep"] | {"months": months}})
    text = " ".join(call(source, "--out", "results", "--csv").stdout.split())
    assert f"minus Status quo (adopters 4000), {said}, 2 draws" in text
    number = 4 if months == "year-ends" else len(months) - 1
    for name in ("table", "rubric"):
        frame = pd.read_csv(f"results/csv/{name}.csv")
        assert set(frame["months"]) == {number}
        assert frame.columns[frame.columns.get_loc("last_month") + 1] == "months"
    content = json.loads(call(source, "--out", "results", "--json").stdout)
    for row in content["rubric"]:
        window = [row["first_month"], row["last_month"]] if row["months"] else []
        assert content["windows"][row["scenario"]] == window


def test_json_has_cases_levers_windows_and_the_rubric() -> None:
    content = json.loads(call(write(SWEPT), "--out", "results", "--json").stdout)
    assert (content["seed"], content["draws"], content["replications"]) == (1, 2, 2)
    assert content["interval_holds"] == "chance and parameters"
    names = [scenario["name"] for scenario in content["scenarios"]]
    assert names == [
        "status-quo adopters=4000",
        *(f"p1-blanket adopters=4000 kyc_friction=0.{i}" for i in (1, 2)),
    ]
    assert content["scenarios"][1]["levers"] == {"adopters": 4000, FRICTION: 0.1}
    assert content["windows"] == {name: ["2027-12", "2030-12"] for name in names[1:]}
    assert {(row["scenario"], row["outcome"]) for row in content["rubric"]} == {
        (name, outcome) for name in names[1:] for outcome in ("us_share_abroad", "cn_state_harm")
    }
    assert content["failures"] == []


def test_python_and_the_command_mean_the_same() -> None:
    assert call(write(SWEPT), "--out", "results").exit_code == 0
    study, opened = sim.run_sweep(SWEPT), sim.Study.open("results")
    assert study.design == opened.design
    for case in study.cases:
        for outcome in study.outcomes():
            np.testing.assert_array_equal(
                study.values(case.name, outcome), opened.values(case.name, outcome)
            )


def test_plain_scenarios_get_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.report.write", lambda study, out, **_: Path(out) / "report.html")
    result = call(write(BASE), "--out", "results")
    assert result.exit_code == 0
    assert "report: results/report.html" in result.stderr


def test_a_sweep_of_the_reference_alone_is_printed_as_a_run() -> None:
    content = SWEPT | {"scenarios": ["status-quo"], "levers": {}}
    result = call(write(content), "--out", "one")
    assert result.exit_code == 0
    assert re.search(
        r"^Outcome +Unit +2023 +2027 +2030 +5-95 % in 2030 *$", result.stdout, flags=re.MULTILINE
    )
    assert "nan" not in result.stdout
    assert "5-95 %: over runs, holds chance and parameters.\n" in result.stdout
    found = json.loads(call("one", "--json").stdout)
    assert found["months"] == [f"{year}-12" for year in range(2023, 2031)]
    content["levers"] = {"adopters": [4000, 5000]}
    result = call(write(content), "--out", "two")
    assert [f"Status quo (adopters {n}), 2 draws" in result.stdout for n in (4000, 5000)] == [
        True,
        True,
    ]
    found = json.loads(call("two", "--json").stdout)
    assert list(found["cases"]) == ["status-quo adopters=4000", "status-quo adopters=5000"]


def test_of_many_cases_some_are_printed() -> None:
    content = BASE | {
        "levers": {FRICTION: {"from": 0.0, "to": 0.5, "steps": 13}},
        "replications": 1,
    }
    result = call(write(content), "--out", "results")
    assert result.exit_code == 0
    assert len(re.findall(r"minus\s+Status\s+quo", result.stdout)) == 10
    assert "And 3 more cases; --csv writes them all." in result.stdout


def test_without_outcomes_of_the_rubric_the_table_says_so() -> None:
    result = call(write(BASE | {"keep": {"outcomes": ["use_world"]}}), "--out", "results")
    assert result.exit_code == 0, result.output
    assert "No outcome of the rubric was kept" in result.stdout


def test_csv_is_written_beside_the_results() -> None:
    result = call(write(SWEPT), "--out", "results", "--csv")
    assert result.exit_code == 0
    for name in ("table", "rubric", "series", "runs", "countries"):
        assert f"results/csv/{name}.csv" in result.stderr
        assert Path(f"results/csv/{name}.csv").stat().st_size > 0
    assert call("results", "--csv").exit_code == 0


def test_a_users_table_in_the_place_of_ours_is_named_before_anything_is_run() -> None:
    call(write(SWEPT), "--out", "results", "--csv")
    Path("results/csv/table.csv").write_text("my notes")
    before = contents("results")
    result = call("results", "--csv", "--replications", "3")
    assert result.exit_code == 2
    assert (
        "results/csv: table.csv would be written over, and was not written by openstakes or has "
        "been changed" in result.stderr
    )
    assert contents("results") == before
    assert call("results", "--replications", "3").exit_code == 0
    assert Path("results/csv/table.csv").read_text() == "my notes"


def test_a_link_called_csv_that_appears_during_the_runs_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def linking(scenario: Scenario, replication: int, seed: int) -> fake.Series:
        if not Path("results/csv").is_symlink():
            Path("results/csv").symlink_to("../mine")
        return fake_world(scenario, replication, seed)

    Path("mine").mkdir()
    monkeypatch.setattr("sim.sweep.execution.simulate_world", linking)
    result = call(write(SWEPT), "--out", "results", "--csv", "--workers", "1")
    assert result.exit_code == 2
    assert "csv is a link, and links in a results folder are not followed" in result.stderr
    assert contents("mine") == {}


def test_excel_marks_every_csv_and_needs_a_folder() -> None:
    result = call(write(SWEPT), "--out", "results", "--csv", "--excel")
    assert result.exit_code == 0, result.output
    paths = sorted(Path("results").rglob("*.csv"))
    assert len(paths) == 5
    for path in paths:
        read_tidy(path, mark=True)
    refused = CliRunner().invoke(
        app.app, ["compare", "p1-blanket", "--excel"], prog_name="openstakes"
    )
    assert refused.exit_code == 2
    assert "--excel: no CSV is written without a folder" in refused.stderr


# Going on


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        (["sweep"], {"name": "mine", "extends": "p1-blanket", "policy": {}},
         "this is a scenario (it has extends, policy): openstakes compare 'my file.toml'"),
        (["compare"], BASE,
         ("this is an experiment (it has scenarios, replications, seed, also_without_assumed): "
          "openstakes sweep 'my file.toml'")),
        (["check"], SWEPT, "openstakes sweep 'my file.toml'"),
    ],
)  # fmt: skip
def test_a_file_of_the_other_kind_is_told_its_command_in_one_line(
    words: list[str], content: dict[str, Any], said: str
) -> None:
    file = write(content, "my file.toml")
    result = CliRunner().invoke(app.app, [*words, file], prog_name="openstakes")
    assert result.exit_code == 2
    assert result.stderr.count("my file.toml: ") == 1
    assert said in result.stderr
    assert "unknown key" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep", "p1-blanket"], "it is a scenario: openstakes compare p1-blanket"),
        (["compare", "four-policies"], "it is an experiment: openstakes sweep four-policies"),
    ],
)
def test_a_name_of_the_other_kind_is_told_its_command(words: list[str], said: str) -> None:
    result = CliRunner().invoke(app.app, words, prog_name="openstakes")
    assert result.exit_code == 2
    assert said in result.stderr


def test_keys_that_tell_scenarios_from_experiments_are_those_of_the_two_records() -> None:
    scenario, experiment = set(Scenario.model_fields), set(Experiment.model_fields)
    assert set(library.MARKS["experiment"]) == experiment - scenario
    # An assumption set has parameters too, and texts are everywhere.
    own = scenario - experiment - {"parameters", "description"}
    assert set(library.MARKS["scenario"]) == own | {"extends", "remove"}
