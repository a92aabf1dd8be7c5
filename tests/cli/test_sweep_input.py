"""``openstakes sweep``: bad input, dry runs, and its cost in words."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from tests.cli.sweeping import BASE, SWEPT, call, contents, fake_world, write
from tests.sweep import fake

pytestmark = pytest.mark.usefixtures("fake_sweep")


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
