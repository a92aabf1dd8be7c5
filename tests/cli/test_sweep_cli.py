"""``openstakes sweep``: results on stdout, one message for bad input.

Nothing is written that was not asked for.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w
from typer.testing import CliRunner, Result

import sim
from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.scenario import library
from sim.scenario.scenario import Scenario
from sim.sweep.experiment import Experiment
from tests.analysis.tidy import read_tidy
from tests.sweep import fake

FRICTION = "policy.open-weight-control.kyc_friction"
BASE: dict[str, Any] = {
    "name": "mine",
    "question": "Where does it turn over?",
    "scenarios": ["p1-blanket"],
    "replications": 2,
    "seed": 1,
    "also_without_assumed": False,
}
SWEPT = BASE | {
    "levers": {FRICTION: [0.1, 0.2], "adopters": [4000]},
    "uncertainties": {"draws": 2, "method": "sobol", "numbers": {"leak_hazard": "range"}},
    "keep": {"outcomes": ["us_share_abroad", "cn_state_harm", "incidents"], "months": "year-ends"},
}
BAD = 0.123


def fake_world(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    """Series with the model's outcomes that cost nothing.

    They depend on scenario, replication and seed.
    """
    if scenario.parameters.get("leak_hazard") == BAD and replication == 1:
        raise ZeroDivisionError("made to fail")
    found = fake.world(scenario, replication, seed)
    names = tuple(OUTCOMES)
    values = (
        np.random.default_rng([seed, replication])
        .random((scenario.months, len(names)))
        .astype(np.float32)
    )
    values[36:] += 0.1 * len(scenario.policy)
    return fake.Series(names, found.months, values, found.moments, found.countries, found.panel)


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake_world)
    monkeypatch.setattr("sim.report.write", lambda study, out, **_: Path(out) / "report.html")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.never)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app.app, ["sweep", *map(str, arguments)], prog_name="openstakes")


def write(content: dict[str, Any], name: str = "experiment.toml") -> str:
    Path(name).write_text(tomli_w.dumps(content))
    return name


def contents(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


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


@pytest.mark.usefixtures("_never")
def test_the_same_command_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as running:
        running.setattr("sim.sweep.execution.simulate_world", fake_world)
        first = call(write(SWEPT), "--out", "results")
    before = contents("results")
    again = call("experiment.toml", "--out", "results")
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert contents("results") == before


def test_a_folder_is_enough_to_go_on() -> None:
    call(write(SWEPT), "--out", "results", "--replications", "1")
    Path("experiment.toml").unlink()
    result = call("results", "--replications", "3")
    assert result.exit_code == 0, result.output
    assert sim.Study.open("results").finished == 18
    assert call("results").exit_code == 0
    assert sim.Study.open("results").finished == 18
    result = call("results", "--replications", "2")
    assert result.exit_code == 2
    assert (
        "holds 3 replications, and 2 are asked for; ask for at least 3, or choose another folder"
        in result.stderr
    )
    result = call("results", "--seed", "5")
    assert result.exit_code == 2
    assert "--seed 5: results holds results of seed 1; choose another folder" in result.stderr


def test_more_levers_and_draws_extend_a_folder() -> None:
    call(write(SWEPT), "--out", "results")
    more = SWEPT | {"levers": {FRICTION: [0.1, 0.2, 0.3], "adopters": [4000]}}
    more["uncertainties"] = SWEPT["uncertainties"] | {"draws": 4}
    result = call(write(more), "--out", "results")
    assert result.exit_code == 0, result.output
    assert sim.Study.open("results").finished == 4 * 4 * 2


@pytest.mark.usefixtures("_never")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 2}, "other seed (1 there, 2 here)"),
        ({"keep": {"months": "year-ends"}}, "other keep"),
        ({"levers": {FRICTION: [0.1], "adopters": [4000]}},
         "kyc_friction=0.2', which is not asked for"),
        ({"uncertainties": SWEPT["uncertainties"] | {"method": "latin-hypercube"}},
         "a scenario or draw that is not asked for; more Sobol draws continue those before"),
    ],
)  # fmt: skip
def test_results_of_something_else_are_not_mixed_in(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    with monkeypatch.context() as running:
        running.setattr("sim.sweep.execution.simulate_world", fake_world)
        call(write(SWEPT), "--out", "results")
    before = contents("results")
    for options in ([], ["--dry-run"]):
        result = call(write(SWEPT | changes), "--out", "results", *options)
        assert result.exit_code == 2
        assert words in result.stderr
        assert "Traceback" not in result.stderr
        assert contents("results") == before


def test_a_damaged_manifest_is_made_again_by_the_same_command() -> None:
    call(write(SWEPT), "--out", "results")
    before = contents("results")
    manifest = Path("results/manifest.json")
    manifest.write_bytes(manifest.read_bytes()[:-40])
    result = call("results")
    assert result.exit_code == 1
    assert (
        "manifest.json is damaged: give the command that made these results again" in result.stderr
    )
    assert call("experiment.toml", "--out", "results").exit_code == 0
    assert contents("results") == before


# Failed runs


def failing() -> str:
    return write(BASE | {"levers": {"parameters.leak_hazard": [BAD]}, "replications": 3})


def test_failed_runs_are_named_and_can_be_run_alone() -> None:
    result = call(failing(), "--out", "my results")
    assert result.exit_code == 3
    assert "2 of 6 runs failed" in result.stderr
    assert "p1-blanket leak_hazard=0.123, replication 1" in result.stderr
    assert "openstakes sweep 'my results' --again failed\n" in result.stderr
    (again,) = re.findall(r"openstakes sweep ('my results' --alone \w+:0:1)", result.stderr)
    before = contents("my results")
    result = call(*shlex.split(again))
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: made to fail" in result.stderr
    result = call(*shlex.split(again.replace(":0:1", ":0:2")))
    assert result.exit_code == 0
    assert re.search(
        r"leak_hazard=0\.123, point \w{16}, replication 2, seed 1: finished, 96 months",
        result.stdout,
    )
    assert contents("my results") == before


def test_failed_runs_are_done_again_when_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(failing(), "--out", "results").exit_code == 3
    before = contents("results")
    assert call("results").exit_code == 3
    assert contents("results") == before

    def mended(scenario: Scenario, replication: int, seed: int) -> fake.Series:
        made.append(replication)
        sound = {name: value for name, value in scenario.parameters.items() if value != BAD}
        return fake_world(scenario.model_copy(update={"parameters": sound}), replication, seed)

    made: list[int] = []
    monkeypatch.setattr("sim.sweep.execution.simulate_world", mended)
    dry = json.loads(call("results", "--again", "failed", "--dry-run", "--json").stdout)
    assert (dry["runs"], dry["finished"]) == (6, 4)
    assert contents("results") == before
    made.clear()
    result = call("results", "--again", "failed")
    assert result.exit_code == 0, result.stderr
    assert made == [1, 1]
    after = contents("results")
    assert {
        name: after[name] for name in before if name.endswith(".parquet")
    }.items() <= before.items()
    assert call("results").exit_code == 0
    assert made == [1, 1]
    assert call("results", "--again", "all").exit_code == 2


def test_alone_names_what_is_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflows(scenario: Scenario, replication: int, seed: int) -> fake.Series:
        found = fake_world(scenario, replication, seed)
        found.values[12, 0] = np.inf
        return found

    monkeypatch.setattr("sim.sweep.execution.simulate_world", overflows)
    result = call(write(BASE), "--alone", f"{sim.load('p1-blanket').id}:0:1")
    assert result.exit_code == 1
    assert f"outcome {next(iter(OUTCOMES))} is inf in 2024-01" in result.stderr
    assert result.stdout == ""


def test_a_failed_run_may_stop_the_sweep() -> None:
    result = call(failing(), "--out", "results", "--on-error", "stop")
    assert result.exit_code == 1
    assert (
        "status-quo leak_hazard=0.123, replication 1 failed: ZeroDivisionError: made to fail"
        in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_alone_needs_no_folder_and_writes_nothing() -> None:
    point = sim.load("p1-blanket").id
    result = call(write(BASE), "--alone", f"{point}:0:1")
    assert result.exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["experiment.toml"]


# Bad input and dry runs


@pytest.mark.usefixtures("_never")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument"),
        (["experiment.toml"], "a sweep needs a folder for its results: --out DIR (or --dry-run"),
        (["experiment.toml", "--out", "experiment.toml"], "is a file"),
        (["experiment.toml", "--out", "foreign"], "holds other files (note.txt) and no results"),
        (
            ["experiment.toml", "--out", "new", "--executor", "pol"],
            "executor = 'pol': must be pool, dask, or dask:tcp",
        ),
        (["experiment.toml", "--out", "new", "--on-error", "ask"], "--on-error"),
        (["experiment.toml", "--out", "new", "--workers", "0"], "--workers"),
        (["experiment.toml", "--out", "new", "--replications", "0"], "--replications"),
        (
            ["experiment.toml", "--alone", "0123456789abcdef:0:0"],
            "is no design point of this sweep",
        ),
        (["experiment.toml", "--alone", "POINT:0:2"], "has draws 0 to 0 and replications 0 to 1"),
        (["experiment.toml", "--alone", "POINT:1:0"], "has draws 0 to 0 and replications 0 to 1"),
        (["experiment.toml", "--alone", "POINT"], "must be POINT:DRAW:REPLICATION"),
        (["experiment.toml", "--alone", "POINT:0"], "must be POINT:DRAW:REPLICATION"),
        (["experiment.toml", "--alone", f"POINT:0:{'9' * 5000}"], "must be POINT:DRAW:REPLICATION"),
        (["experiment.toml", "--alone", "POINT:0:-1"], "must be POINT:DRAW:REPLICATION"),
        (["four-policie"], "did you mean 'four-policies'"),
        (["none.toml"], "none.toml: cannot be read: No such file"),
        (["foreign"], "foreign holds no results: there is no manifest.json"),
        (["wrong.toml", "--out", "new"], "2 problems:"),
        (["unequal.toml", "--out", "new"], "'short' ends 2027-12, 'status-quo' ends 2030-12"),
    ],
)
def test_bad_input_gives_one_message_status_2_and_nothing_written(
    arguments: list[str], words: str
) -> None:
    write(BASE)
    write(BASE | {"levers": {"adopters": [1]}, "keep": {"outcomes": ["no_such"]}}, "wrong.toml")
    write({"name": "short", "extends": "p1-blanket", "horizon": {"end": "2027-12"}}, "short.toml")
    write(BASE | {"scenarios": ["short"]}, "unequal.toml")
    Path("foreign").mkdir()
    Path("foreign/note.txt").write_text("mine")
    before = contents(".")
    point = sim.load("p1-blanket").id
    result = call(*(text.replace("POINT", point) for text in arguments))
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert contents(".") == before
    assert not Path("new").exists()


def test_a_dry_run_says_the_size_and_writes_nothing() -> None:
    result = call(write(SWEPT), "--dry-run", "--out", "results", "--workers", "3")
    assert result.exit_code == 0, result.output
    assert "3 cases x 2 draws x 2 replications: 6 different worlds, 12 runs\n" in result.stdout
    assert re.search(r"with 3 workers: \d+\.\d s to start, then \d+\.\d\d s a run", result.stdout)
    for word in ("time", "disk", "memory"):
        assert re.search(rf"^{word} +\d", result.stdout, flags=re.MULTILINE)
    assert sorted(path.name for path in Path().iterdir()) == ["experiment.toml"]


def test_a_dry_run_counts_what_is_finished() -> None:
    call(write(SWEPT), "--out", "results")
    before = contents("results")
    result = call("experiment.toml", "--dry-run", "--out", "results", "--replications", "5")
    assert "30 runs, 12 of them finished" in result.stdout
    found = json.loads(call("results", "--dry-run", "--replications", "5", "--json").stdout)
    assert (found["points"], found["runs"], found["finished"]) == (6, 30, 12)
    assert found["sample_failed"] == 0
    assert contents("results") == before


def test_a_dry_run_says_that_runs_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.never)
    result = call(write(BASE), "--dry-run")
    assert result.exit_code == 0
    assert "2 of the 2 sample runs failed" in result.stdout


def said_before_it_ran(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What a command says on stderr before its first run."""

    def world(*given: Any) -> fake.Series:
        print("a run", file=sys.stderr)
        return fake_world(*given)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", world)
    words = [*map(str, arguments), "--workers", "1"]
    result = CliRunner().invoke(app.app, words, prog_name="openstakes")
    assert result.exit_code == 0, result.output
    return result.stderr.partition("a run\n")[0]


def test_the_cost_stands_in_one_line_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    known = re.compile(
        r"cost: (\d+) runs( left of \d+)?, about \d+ s with 1 worker(?:, \d+ [kM]B in (\w+))?\n"
    )
    file = write(SWEPT)
    for arguments, groups in (
        (("sweep", file, "--out", "results"), ("12", None, "results")),
        (
            ("sweep", file, "--out", "results", "--replications", 5),
            ("18", " left of 30", "results"),
        ),
        (("sweep", file, "--out", "shares", "--share", "1/1"), ("12", None, "shares")),
        (("experiment", file), ("12", None, None)),
        (("compare", "p1-blanket", "--draws", 0, "--replications", 2), ("8", None, None)),
    ):
        said = known.fullmatch(said_before_it_ran(monkeypatch, *arguments))
        assert said, arguments
        assert said.groups() == groups
    again = said_before_it_ran(monkeypatch, "sweep", "results")
    assert "cost" not in again, "all is finished"


def test_levers_are_crossed_with_draws_of_the_ensemble() -> None:
    lever = "policy.open-weight-control.kyc_friction"
    content = BASE | {"scenarios": ["p1-blanket"], "levers": {lever: [0.0, 0.1, 0.2]}}
    result = call(write(content), "--draws", "3", "--out", "results", "--workers", "1")
    assert result.exit_code == 0, result.output
    study = sim.Study.open("results")
    frame = study.runs(["us_share_abroad"])
    controlled = frame[frame["scenario"] != study.against]
    assert sorted(zip(controlled[lever], controlled["draw"], strict=True)) == [
        (value, draw) for value in (0.0, 0.1, 0.2) for draw in range(3)
    ]
    (hazards,) = {tuple(rows) for _, rows in frame.groupby("scenario")["leak_hazard"]}
    assert len(set(hazards)) == 3, "every case meets the same draws"


def test_one_of_a_thing_is_no_plural() -> None:
    text = call(
        write(BASE | {"scenarios": ["status-quo"], "replications": 1}),
        "--dry-run",
        "--workers",
        "1",
    ).stdout
    assert "1 case x 1 draw x 1 replication: 1 different world, 1 run\n" in text
    assert "with 1 worker:" in text
    assert not re.search(r"\b1 (cases|draws|replications|different worlds|runs|workers)\b", text)
