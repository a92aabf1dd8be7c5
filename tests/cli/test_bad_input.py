"""Bad input: one message, status 2, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import library
from sim.sweep.experiment import load_experiment
from tests.cli.calling import SMALL, call, chance, command


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a sweep was started")

    monkeypatch.setattr("sim.api.run_sweep", refuse)


# Bad input: one message, status 2, nothing written


BAD = {
    "unknown command": (["comparee"], "Did you mean 'compare'"),
    "unknown scenario": (["run", "p1-blankett"], "did you mean 'p1-blanket'"),
    "two unknown scenarios": (
        ["compare", "p1-blankett", "p3-p4-audit"],
        "did you mean 'p3-p4-audits'",
    ),
    "unknown reference": (
        ["compare", "p1-blanket", "--against", "status"],
        "scenario 'status' does not exist",
    ),
    "unknown experiment": (["experiment", "four-policy"], "did you mean 'four-policies'"),
    "missing file": (["compare", "missing.toml"], "missing.toml: cannot be read: No such file"),
    "unknown lever": (["run", "status-quo", "--set", "policy.x.lever=L99"], "unknown lever"),
    "unknown key": (["run", "status-quo", "--set", "adopter=5000"], "did you mean 'adopters'"),
    "unknown country": (
        ["run", "p1-blanket", "--set", 'policy.open-weight-control.targets=["China"]'],
        "did you mean 'CHN'",
    ),
    "out of range": (
        ["run", "p1-blanket", "--set", "policy.open-weight-control.strength=1.2"],
        "must be from 0 to 1",
    ),
    "end before start": (
        ["run", "p1-blanket", "--set", "policy.open-weight-control.end=2025-01"],
        "before start",
    ),
    "no setting": (["run", "status-quo", "--set", "adopters"], "path=value"),
    "missing override": (
        ["run", "status-quo", "--override", "none.toml"],
        "none.toml: cannot be read",
    ),
    "unknown override": (
        ["run", "status-quo", "--override", "p1-blanket"],
        "override 'p1-blanket' does not exist",
    ),
    "no replications": (
        ["compare", "p1-blanket", *chance(0)],
        "--replications",
    ),
    "negative replications": (["run", "status-quo", "--replications", "-3"], "--replications"),
    "too many replications": (["run", "status-quo", "--replications", "100000"], "--replications"),
    "replications in words": (["run", "status-quo", "--replications", "many"], "--replications"),
    "negative seed": (["run", "status-quo", "--seed", "-1"], "--seed"),
    "huge seed": (["run", "status-quo", "--seed", str(2**63)], "--seed"),
    "no workers": (["run", "status-quo", "--workers", "0"], "--workers"),
    "unknown option": (["run", "status-quo", "--replication", "3"], "--replications"),
    "no scenario": (["compare"], "Missing argument"),
    "only the reference": (["compare", "status-quo"], "nothing to compare"),
    "the same twice": (["compare", "p1-blanket", "p1-blanket"], "occurs twice"),
    "out is a file": (["compare", "p1-blanket", "--out", "a-file"], "is a file"),
    "out below a file": (["compare", "p1-blanket", "--out", "a-file/x/y"], "is a file"),
    "out is foreign": (
        ["compare", "p1-blanket", "--out", "foreign"],
        "holds other files (note.txt)",
    ),
    "out with NUL": (["compare", "p1-blanket", "--out", "a\0b"], "--out"),
    "report of nothing": (["report", "foreign"], "no manifest.json"),
    "report of a missing folder": (["report", "missing"], "no manifest.json"),
    "unknown list": (["list", "policy"], "did you mean 'policies'"),
    "unknown item": (["list", "scenarios", "p1-blankett"], "did you mean 'p1-blanket'"),
    "unknown lever in a list": (["list", "policies", "L99"], "known: open-weight-control"),
    "check of a missing file": (["check", "none.toml"], "none.toml: cannot be read"),
}


@pytest.mark.usefixtures("no_run")
@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_input_gives_one_message_status_2_and_nothing_written(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, part = BAD[what]
    (tmp_path / "a-file").write_text("")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "note.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert part in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("no_run")
def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = call("compare", "p1-blanket", "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert "no permission to write" in result.stderr


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    result = call("compare", "p1-blanket", *chance(1), "--out", tmp_path / ("n" * 300))
    assert result.exit_code == 2
    assert "File name too long" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_run")
def test_scenarios_of_different_horizons_are_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(SMALL.format(name="short", base="p1-blanket"))
    result = call("compare", path)
    assert result.exit_code == 2
    assert "'short' ends 2024-12, 'status-quo' ends 2030-12" in result.stderr


def test_bad_input_in_a_real_process_leaves_an_empty_folder_empty(tmp_path: Path) -> None:
    done = command("compare", "p1-blankett", "--out", "results", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "scenario 'p1-blankett' does not exist; did you mean 'p1-blanket'?\n"
    assert list(tmp_path.iterdir()) == []


# Experiments


def write_experiment(folder: Path, **changes: object) -> Path:
    import tomli_w

    content = {
        "name": "mine",
        "question": "What?",
        "scenarios": ["p1-blanket"],
        "replications": 2,
        "seed": 1,
    }
    path = folder / "experiment.toml"
    path.write_text(
        tomli_w.dumps(
            {key: value for key, value in (content | changes).items() if value is not None}
        )
    )
    return path


@pytest.mark.usefixtures("fake")
def test_an_experiment_runs_as_the_comparison_it_names(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, scenarios=["p1-blanket", "neighbour"])
    (tmp_path / "neighbour.toml").write_text(
        'name = "neighbour"\nextends = "p3-p4-audits"\nquestion = "Why?"\n'
    )
    content = json.loads(call("experiment", path, "--json").stdout)
    assert [scenario["name"] for scenario in content["scenarios"]] == [
        "status-quo",
        "p1-blanket",
        "neighbour",
    ]
    assert (content["replications"], content["seed"]) == (2, 1)
    content = json.loads(call("experiment", path, "--replications", "3", "--json").stdout)
    assert content["replications"] == 3
    direct = json.loads(call("compare", "p1-blanket", *chance(2), "--seed", "1", "--json").stdout)
    path = write_experiment(tmp_path)
    assert json.loads(call("experiment", path, "--json").stdout)["rubric"] == direct["rubric"]


@pytest.mark.usefixtures("no_run")
@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"scenarios": ["p1-blankett"]}, "did you mean 'p1-blanket'"),
        ({"scenarios": []}, "scenarios"),
        ({"scenarios": None}, "scenarios: is missing"),
        ({"scenarios": ["../p1-blanket"]}, "small letters"),
        ({"scenarios": ["p1-blanket", "p1-blanket"]}, "more than once"),
        ({"replications": 0}, "replications = 0: must be from 1 to 99999"),
        ({"seed": -1}, "seed = -1: must be from 0"),
        ({"against": "nothing"}, "scenario 'nothing' does not exist"),
        ({"replication": 3}, "did you mean 'replications'"),
        ({"name": "Mine"}, "small letters"),
    ],
)
def test_a_bad_experiment_is_refused(tmp_path: Path, changes: dict[str, object], part: str) -> None:
    result = call("experiment", write_experiment(tmp_path, **changes))
    assert result.exit_code == 2
    assert part in result.stderr


def test_every_shipped_experiment_passes_the_same_checks() -> None:
    for name in library.experiments():
        assert load_experiment(name)[0].name == name
