"""``openstakes sweep`` on a folder: it goes on, extends, and does failed runs again."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.model.outcomes import OUTCOMES
from sim.scenario.scenario import Scenario
from tests.cli.sweeping import BAD, BASE, FRICTION, SWEPT, call, contents, fake_world, write
from tests.sweep import fake

pytestmark = pytest.mark.usefixtures("fake_sweep")


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
