"""Run and compare: results on stdout, messages on stderr, stated exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.analysis import wording
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES
from sim.scenario.scenario import load
from sim.sweep.design import Design
from sim.sweep.store import Store
from tests.cli.calling import SMALL, call, chance, command


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


def test_a_small_comparison_of_real_worlds(tmp_path: Path) -> None:
    for name, base in (("base", "status-quo"), ("control", "p1-blanket")):
        (tmp_path / f"{name}.toml").write_text(SMALL.format(name=name, base=base))
    before = sorted(tmp_path.iterdir())
    done = command(
        "compare",
        "control.toml",
        "--against",
        "base.toml",
        *chance(1),
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
