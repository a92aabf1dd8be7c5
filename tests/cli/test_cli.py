"""The command line: results on stdout, messages on stderr, stated exit codes.

Nothing is written for bad input.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import sim
from sim import data
from sim.analysis import wording
from sim.analysis.study import Study
from sim.cli import app
from sim.cli.listing import KINDS
from sim.cli.progress import Pace, PlainLines, shown_on_stderr
from sim.messages import ScenarioError
from sim.model.outcomes import OUTCOMES
from sim.model.world import Series
from sim.months import month_name
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.scenario import Scenario, load
from sim.sweep.design import Design
from sim.sweep.experiment import load_experiment
from sim.sweep.store import Store

ROOT = Path(sim.__file__).parents[1]
SMALL = 'name = "{name}"\nextends = "{base}"\nadopters = 3500\n[horizon]\nend = "2024-12"\n'


def fake_world(scenario: Scenario, replication: int, seed: int) -> Series:
    """Series that depend on scenario, replication and seed, and cost nothing."""
    if scenario.parameters.get("leak_hazard") == 0.123 and replication == 1:
        raise ZeroDivisionError("made to fail")
    names = tuple(OUTCOMES)
    noise = np.random.default_rng([seed, replication]).random((scenario.months, len(names)))
    values = noise + (scenario.name != "status-quo") * 0.1
    number = len(data.countries())
    countries = np.full((1, number, 5, 4), 1 / 3, np.float32)
    months = tuple(month_name(i) for i in range(scenario.months))
    panel = np.full((number, 5), 40)
    return Series(names, months, values.astype(np.float32), months[-1:], countries, panel)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake_world)


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a sweep was started")

    monkeypatch.setattr("sim.api.run_sweep", refuse)


def chance(replications: int) -> tuple[str, ...]:
    """Options of a comparison at the central values."""
    return "--draws", "0", "--replications", str(replications)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(
        app.app, [str(argument) for argument in arguments], prog_name="openstakes"
    )


def command(
    *arguments: object, cwd: Path = ROOT, **options: Any
) -> subprocess.CompletedProcess[str]:
    text = [sys.executable, "-m", "sim", *(str(argument) for argument in arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        text, cwd=cwd, env=environment, capture_output=True, text=True, check=False, **options
    )


# Starting


def test_help_needs_none_of_the_heavy_modules() -> None:
    code = (
        "import sim.cli.app, sys; "
        "print(sorted({'pydantic', 'rich', 'numpy', 'pandas', 'mesa'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_python_that_strips_descriptions_is_said() -> None:
    for option, said in (("-O", False), ("-OO", True)):
        start = [sys.executable, option, "-m", "sim", "--version"]
        done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("openstakes ")
        assert ("takes out the descriptions" in done.stderr) == said, option


def test_help_comes_at_once_and_names_every_command() -> None:
    code = (
        "import sys; from sim.cli.app import main\n"
        "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    slow = {"numpy", "pandas", "mesa", "numba", "matplotlib", "pyarrow", "pydantic", "scipy"}
    assert not slow & set(done.stderr.split()), (
        "help needs none of these, and they take long to import"
    )
    for name in (
        "run", "compare", "experiment", "report", "warm", "check", "show", "diff", "explain",
        "list",
    ):  # fmt: skip
        assert re.search(rf"^  {name} +[A-Z]", done.stdout, flags=re.MULTILINE)
    assert "not forecasts" in done.stdout


def test_the_version_comes_with_the_place_of_the_package() -> None:
    done = command("--version")
    assert done.stdout == f"openstakes {sim.__version__} ({ROOT / 'sim'})\n"
    assert done.stderr == ""


def test_another_owner_of_the_package_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.metadata.packages_distributions", lambda: {"sim": ["openstakes", "simsim"]}
    )
    result = call("--version")
    assert result.exit_code == 0
    assert "also belongs to simsim" in result.stderr


def test_the_public_names_are_there_when_asked_for() -> None:
    assert set(sim.__all__) <= set(dir(sim))
    for name in sim.__all__:
        assert getattr(sim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'wrold'"):
        _ = sim.wrold


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
    result = call(
        "compare",
        "p1-blanket",
        "--draws",
        "0",
        "--replications",
        "1",
        "--out",
        tmp_path / ("n" * 300),
    )
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


# check and list


def test_check_tells_good_files_from_bad_ones(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(SMALL.format(name="good", base="p1-blanket"))
    bad.write_text('name = "bad"\nadopters = 1\nhistory = 2\n')
    result = call("check", "status-quo", good)
    assert result.exit_code == 0
    assert f"{good}: ok, good, id " in result.stdout
    result = call("check", good, bad)
    assert result.exit_code == 2
    assert "2 problems" in result.stderr
    assert "good.toml: ok" in result.stdout


def test_check_calls_nothing_ok_whose_law_cannot_be_written(tmp_path, monkeypatch) -> None:
    """A law that was made before is kept, so the policy is one of its own."""

    def misspelt(self, law, name, strength, month):
        law.write(name, "price_factr", 0.5)

    monkeypatch.setattr(LEVERS["L1"], "write", misspelt)
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\nextends = "p1-blanket"\n'
        "[policy.open-weight-control]\nkyc_friction = 0.1234\n"
    )
    result = call("check", file)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "did you mean 'price_factor'?" in result.stderr


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_listed_as_text_and_as_json(kind: str) -> None:
    result = call("list", kind)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= 100
    rows = json.loads(call("list", kind, "--json").stdout)
    for row in rows[:3]:
        assert row["name"] in result.stdout
        detail = json.loads(call("list", kind, row["name"], "--json").stdout)
        assert detail["name"] == row["name"]
        assert call("list", kind, row["name"]).exit_code == 0


def test_a_listed_scenario_prints_as_a_file_that_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    path.write_text(call("list", "scenarios", "targeted-bundle").stdout)
    assert load(path) == load("targeted-bundle")


def test_a_lever_is_listed_with_its_fields() -> None:
    detail = json.loads(call("list", "policies", "L1", "--json").stdout)
    assert detail["name"] == "open-weight-control"
    fields = {field["name"]: field for field in detail["fields"]}
    assert fields["kyc_friction"]["largest"] == 0.9
    assert fields["kyc_friction"]["source"]


# Running


@pytest.mark.usefixtures("fake")
def test_run_prints_headline_outcomes_on_stdout_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("run", "status-quo", "--replications", "3", "--set", "adopters=4000")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "US share of use" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    content = json.loads(
        call("run", "status-quo", "--replications", "3", "--seed", "4", "--json").stdout
    )
    assert (content["seed"], content["replications"]) == (4, 3)
    assert content["scenarios"][0]["name"] == "status-quo"
    assert len(content["months"]) == 96
    assert set(content["outcomes"]) == set(OUTCOMES)
    assert len(content["outcomes"]["us_share_abroad"]["mean"]) == 96
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("fake")
def test_compare_prints_each_factor_in_order_with_change_interval_and_sign() -> None:
    result = call("compare", "p1-blanket", "targeted-bundle", *chance(4))
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 100
    titles = re.findall(
        r"^(.+) minus Status quo, mean of 2027-01 to 2030-12, 4\s+replications", result.stdout, re.M
    )
    assert titles == [load(name).title for name in ("p1-blanket", "targeted-bundle")]
    rows = re.findall(
        r"^(\w[\w :()]+?) +([\d.,]+) +([+−\d]\S*) (points|%) +(\S+) to (\S+)"
        r" +(\d+) % +(\d+) % (\S+)",
        result.stdout,
        flags=re.MULTILINE,
    )
    factors = [row[0].split()[0] for row in rows]  # the rest may be on the next line
    assert len(factors) == 16
    assert factors[:8] == factors[8:]
    assert factors[0] == "Transparency"
    assert factors[7] == "Global"
    assert [row[3] for row in rows[:2]] == ["points", "%"]
    assert all(int(row[6]) + int(row[7]) <= 100 for row in rows)
    assert {row[8] for row in rows} <= {"++", "+", "0", "?", "−", "−−"}
    assert "not forecasts" in result.stdout
    said = " ".join(result.stdout.split())
    assert " ".join(wording.rule("replications")) in said
    assert "in percent of the reference. 5-95 %: holds chance." in said
    assert "None assumed: the sign with every assumed response at 0." in said
    assert len(re.findall(r"(silent|agrees) *$", result.stdout, flags=re.MULTILINE)) == 16


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(("replications", "said"), [(1, False), (4, True), (20, False)])
def test_with_few_replications_the_ends_of_an_interval_are_called_interpolated(
    replications: int, said: bool
) -> None:
    for words in (("run", "p1-blanket"), ("compare", "p1-blanket", "--draws", "0")):
        text = call(*words, "--replications", str(replications)).stdout
        assert ("are interpolated between them" in " ".join(text.split())) == said


@pytest.mark.usefixtures("fake")
def test_a_scenario_of_ones_own_is_not_compared_with_the_paper(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('name = "mine"\nextends = "p1-blanket"\n')
    text = call("compare", str(own), *chance(4)).stdout
    assert len(re.findall("not compared *$", text, flags=re.MULTILINE)) == 8
    assert "silent" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.usefixtures("fake")
def test_the_table_of_a_run_breaks_no_number_and_no_year() -> None:
    text = call("run", "status-quo", "--replications", "3").stdout
    assert re.search(
        r"^Outcome +Unit +2023 +2027 +2030 +5-95 % in 2030 *$", text, flags=re.MULTILINE
    )
    assert (
        len(re.findall(r"( +\d+\.\d+){3} +\d+\.\d+ to \d+\.\d+ *$", text, flags=re.MULTILINE)) == 8
    )
    assert "5-95 %: over runs, holds chance.\n" in text


@pytest.mark.usefixtures("fake")
def test_one_replication_gets_no_signs() -> None:
    text = call("compare", "p1-blanket", *chance(1)).stdout
    assert "One replication shows no chance variation: no words are given. Run at least 8." in text
    assert not re.search(r"5-95|undecided|disagrees|Sign", text)
    assert ", 1 replication\n" in text
    assert "5-95" not in call("run", "p1-blanket", "--replications", "1").stdout


@pytest.mark.usefixtures("fake")
def test_compare_as_json_has_the_rubric() -> None:
    content = json.loads(call("compare", "p1-blanket", *chance(4), "--json").stdout)
    assert [scenario["name"] for scenario in content["scenarios"]] == ["status-quo", "p1-blanket"]
    assert content["windows"] == {"p1-blanket": ["2027-01", "2030-12"]}
    assert content["interval_holds"] == "chance"
    first = content["rubric"][0]
    assert (first["factor"], first["scale"]) == ("transparency", "points")
    assert first["p_better"] + first["p_worse"] + first["p_floor"] == pytest.approx(1)
    assert len(content["rubric"]) == 8
    assert content["failures"] == []


@pytest.mark.usefixtures("fake")
def test_the_reference_may_be_listed_too() -> None:
    content = json.loads(call("compare", "status-quo", "p1-blanket", *chance(2), "--json").stdout)
    assert [scenario["name"] for scenario in content["scenarios"]] == ["status-quo", "p1-blanket"]


@pytest.mark.usefixtures("fake")
def test_failed_runs_give_status_3_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "failing.toml"
    path.write_text('name = "failing"\nextends = "p1-blanket"\n[parameters]\nleak_hazard = 0.123\n')
    result = call("compare", path, *chance(4))
    assert result.exit_code == 3
    point = re.search(
        r"failing, replication 1 \(([0-9a-f]{16}):0:1\): ZeroDivisionError: made to fail",
        result.stderr,
    )
    assert point, result.stderr
    assert "failing minus Status quo" in result.stdout
    result = call("run", path, "--replications", "4")
    assert result.exit_code == 3
    assert "Global power" not in result.stdout
    assert "US share of use" in result.stdout
    assert "nan" not in result.stdout
    result = call("compare", path, *chance(4), "--json")
    assert result.exit_code == 3
    assert {failure["replication"] for failure in json.loads(result.stdout)["failures"]} == {1}


@pytest.mark.parametrize("command", ["run", "compare"])
def test_where_all_runs_failed_json_has_the_failures_and_the_status_is_3(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fails(*arguments: Any) -> None:
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr("sim.sweep.execution.simulate_world", fails)
    result = call(command, "p1-blanket", "--replications", "2", "--workers", "1", "--json")
    assert result.exit_code == 3, result.exception
    content = json.loads(result.stdout)
    assert {failure["error"] for failure in content["failures"]} == {
        "ZeroDivisionError: made to fail"
    }
    assert not content.get("outcomes")
    assert not content.get("rubric")
    assert "runs failed" in result.stderr


def test_a_study_without_a_finished_run_has_empty_frames() -> None:
    plan = Design.of([sim.load("status-quo")], 2, 0, also_without_assumed=False)
    study = Study(Store(), plan)
    for frame in (
        study.frame,
        study.summary,
        study.runs,
        study.countries,
        study.table,
        study.rubric,
    ):
        assert len(frame()) == 0
        assert "scenario" in frame().columns


@pytest.mark.usefixtures("fake")
def test_an_interrupt_gives_status_130_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.sweep.execution.simulate_world", interrupt)
    result = call(
        "compare",
        "p1-blanket",
        "--draws",
        "0",
        "--replications",
        "1",
        "--out",
        tmp_path / "results",
    )
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    assert list(tmp_path.rglob(".*.tmp")) == []


@pytest.mark.usefixtures("fake")
def test_a_full_disk_gives_status_1_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device", "part")

    monkeypatch.setattr("sim.sweep.execution.deposit", full)
    result = call(
        "compare",
        "p1-blanket",
        "--draws",
        "0",
        "--replications",
        "1",
        "--out",
        tmp_path / "results",
    )
    assert result.exit_code == 1
    assert (
        "No space left on device: part: a fault of the machine, which is no result" in result.stderr
    )
    assert (
        f"kept in {tmp_path / 'results'}, and the same command goes on from there" in result.stderr
    )
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("fake")
def test_results_of_something_else_are_not_mixed_in(tmp_path: Path) -> None:
    out = tmp_path / "results"
    assert call("run", "p1-blanket", "--replications", "2", "--out", out).exit_code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    result = call("run", "p1-blanket", "--replications", "2", "--seed", "1", "--out", out)
    assert result.exit_code == 2
    assert "other seed (0 there, 1 here)" in result.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_small_comparison_of_real_worlds(tmp_path: Path) -> None:
    for name, base in (("base", "status-quo"), ("control", "p1-blanket")):
        (tmp_path / f"{name}.toml").write_text(SMALL.format(name=name, base=base))
    before = sorted(tmp_path.iterdir())
    done = command(
        "compare",
        "control.toml",
        "--against",
        "base.toml",
        "--draws",
        "0",
        "--replications",
        "1",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    # A slow machine may show progress, a new one that it compiles; notes say which policies start
    # after the short horizon.
    known = ("compare: ", "cost: ", "note: ", "compiling the model's kernels")
    assert all(line.startswith(known) for line in done.stderr.splitlines())
    assert "control minus base" in done.stdout
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("fake")
def test_the_report_of_a_folder_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def report(study: Study, out: Path, *, encoding: str) -> Path:
        assert encoding == "utf-8"
        written.append(([scenario.name for scenario in study.scenarios], out))
        return out / "report.html"

    monkeypatch.setattr("sim.report.write", report)
    out = tmp_path / "results"
    assert call("compare", "p1-blanket", *chance(2), "--out", out).exit_code == 0
    result = call("report", out)
    assert result.exit_code == 0
    assert result.stdout == f"{out}/report.html\n"
    assert result.stderr.splitlines()[-1] == f"brief: {out}/brief.html"
    assert written == [(["status-quo", "p1-blanket"], out)] * 2


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("stop", [0, 5])
def test_an_unfinished_folder_gets_no_report(
    stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    def interrupted(*arguments: Any) -> Series:
        nonlocal begun
        begun += 1
        if begun > stop:
            raise KeyboardInterrupt
        return fake_world(*arguments)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", interrupted)
    out = tmp_path / "results"
    assert (
        call(
            "compare",
            "p1-blanket",
            "--draws",
            "0",
            "--replications",
            "6",
            "--workers",
            "1",
            "--out",
            out,
        ).exit_code
        == 130
    )
    result = call("report", out)
    assert result.exit_code == 2
    assert re.fullmatch(
        rf"{out}: \d+ of 24 runs are finished; run the same command again to finish it\n",
        result.stderr,
    )
    assert not (out / "report.html").exists()


@pytest.mark.usefixtures("fake")
def test_a_damaged_folder_gives_status_1(tmp_path: Path) -> None:
    out = tmp_path / "results"
    assert call("run", "p1-blanket", "--replications", "2", "--out", out).exit_code == 0
    part = sorted(out.glob("series/*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    result = call("report", out)
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_leaves_no_half_written_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SMALL.format(name="base", base="status-quo"))
    arguments = [
        sys.executable, "-m", "sim", "run", "base.toml", "--replications", "500",
        "--out", "results",
    ]  # fmt: skip
    process = subprocess.Popen(
        [*arguments, "--workers", "1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        # Whoever started the tests may have Ctrl-C ignored, and that would be inherited.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    deadline = (
        time.monotonic() + 60
    )  # a busy machine; usually two parts are there after a few seconds
    # The first part counts when its worker has reported it, which is before that worker writes a
    # second one.
    while (
        len(list(tmp_path.glob("results/series/[!.]*.parquet"))) < 2 and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=15)
    assert process.returncode == 130
    assert b"interrupted" in message
    assert b"Traceback" not in message
    assert list(tmp_path.rglob(".*.tmp")) == []
    manifest = json.loads((tmp_path / "results" / "manifest.json").read_text())
    assert 0 < manifest["finished"] < 500


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


# Progress


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_off_a_terminal_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    lines = PlainLines("compare", clock)
    for second in range(26):
        clock.now = second
        lines(finished=2 * second, failed=0, total=100)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "compare: 20/100 runs, 2.0 a second, 40 s left",
        "compare: 40/100 runs, 2.0 a second, 30 s left",
    ]


def test_no_time_left_is_given_before_a_tenth_of_the_runs() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(50)
    clock.now = 2.0
    pace.note(54)
    assert pace.words(54, 100) == "2.0 a second"
    pace.note(55)
    assert pace.words(55, 100) == "2.5 a second, 18 s left"


def test_runs_found_finished_do_not_count_for_the_rate() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(50)
    clock.now = 5.0
    pace.note(60)
    assert pace.rate == 2.0


def test_progress_on_a_terminal_goes_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown_on_stderr("compare") as show:
        show(0, 0, 4)
        show(3, 1, 4)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "4/4" in captured.err


def test_problems_are_counted_and_cut() -> None:
    assert str(ScenarioError(["one"])) == "one"
    text = str(ScenarioError(f"problem {i}" for i in range(60)))
    assert text.startswith("60 problems:\n")
    assert text.endswith("and 10 more")


@pytest.mark.usefixtures("fake")
def test_settings_and_overrides_change_what_is_compared_and_not_the_reference() -> None:
    wording = ("compare", "p1-blanket", *chance(2), "--json")
    plain = {row["name"]: row["id"] for row in json.loads(call(*wording).stdout)["scenarios"]}
    for change in (
        ("--override", "high-allied-coverage"),
        ("--set", "policy.open-weight-control.strength=0.5"),
    ):
        found = {
            row["name"]: row["id"]
            for row in json.loads(call(*wording, *change).stdout)["scenarios"]
        }
        assert found["status-quo"] == plain["status-quo"]
        assert found["p1-blanket"] != plain["p1-blanket"]


@pytest.mark.usefixtures("fake")
def test_progress_is_named_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    named = []

    @contextmanager
    def shown(what: str) -> Iterator[Any]:
        named.append(what)
        yield lambda *_: None

    monkeypatch.setattr("sim.cli.progress.shown_on_stderr", shown)
    assert call("run", "status-quo").exit_code == 0
    assert call("compare", "p1-blanket", *chance(2)).exit_code == 0
    assert call("experiment", "four-policies", "--draws", "1").exit_code == 0
    assert named == ["run", "compare", "experiment"]


# Start-up


def test_warm_says_where_compiled_code_is_or_why_it_is_nowhere(tmp_path: Path) -> None:
    from sim.model.kernels.folders import MARK, folders

    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    start = [sys.executable, "-m", "sim", "warm"]

    def warmed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            start, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    place = tmp_path / "kept" / folders()[0].name
    place.mkdir(parents=True)
    (place / MARK).touch()
    done = warmed()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"nothing to do: compiled code is in {place}\n"
    (tmp_path / "file").touch()
    environment["NUMBA_CACHE_DIR"] = str(tmp_path / "file")
    done = warmed()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"compiled code cannot be kept in {tmp_path / 'file'}" in done.stderr
    assert "NUMBA_CACHE_DIR" in done.stderr


def test_compiling_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim.cli import progress

    times = iter([0.0, 4.0, 11.0, 11.0, 15.0])
    monkeypatch.setattr("sim.model.kernels.folders.kept_whole", lambda: None)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    monkeypatch.setattr("sim.model.warming.warm", lambda report: [report(n, 15) for n in (1, 2, 3)])
    progress.compile_ahead()
    assert capsys.readouterr().err == "compile: 2/15 kernels\n"


def test_numbers_in_json_are_finite_and_lists_of_them_take_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from numpy import float32, nan

    from sim.cli.terminal import print_json

    content = {
        "a": [1.5, nan, 2.0], "b": [0.1, 1e-300], "c": {}, "d": [], "e": (1, True, None),
        "f": [{"x": float32(0.5)}, [float("inf"), "y"]], 3: nan,
    }  # fmt: skip
    print_json(content)
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "a": [1.5, None, 2.0], "b": [0.1, 1e-300], "c": {}, "d": [], "e": [1, True, None],
        "f": [{"x": 0.5}, [None, "y"]], "3": None,
    }  # fmt: skip
    assert ' "a": [1.5, null, 2.0],\n' in printed


def test_collections_wait_until_the_first_runs_are_done() -> None:
    import gc

    from sim.cli.exits import running

    assert gc.isenabled()
    with running("run", None) as progress:
        progress(0, 0, 2)
        assert not gc.isenabled()
        progress(1, 0, 2)
        assert gc.isenabled()
    with pytest.raises(RuntimeError), running("run", None):
        raise RuntimeError
    assert gc.isenabled()


def test_what_the_first_runs_leave_does_not_outlive_the_next_ones() -> None:
    import gc
    import weakref

    from sim.cli.exits import running

    class Left:
        def __init__(self) -> None:
            self.itself = self

    before = []
    for block in range(3):
        with running("run", None) as progress:
            assert all(one() is None for one in before)
            left = Left()
            before.append(weakref.ref(left))
            del left
            progress(1, 0, 1)
            assert gc.get_freeze_count() > 0, block
    gc.unfreeze()
