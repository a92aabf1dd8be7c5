"""`openstakes run --profile`: every phase is named once, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from sim.cli import app
from sim.cli.profile import REST, Times, profile_of, watched
from sim.model.phases import PHASES
from sim.model.world import World
from sim.scenario.scenario import load

SHORT = ("--set", "adopters=3500", "--set", "horizon.end=2024-12")
NAMES = [phase.__name__ for phase in PHASES]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, ["run", "status-quo", *SHORT, *arguments])


@pytest.fixture(scope="module")
def short():
    return load("status-quo", settings=[text for text in SHORT if text != "--set"])


def test_json_has_every_phase_once_and_is_otherwise_the_same() -> None:
    without, timed = (json.loads(run("--json", *extra).stdout) for extra in ((), ("--profile",)))
    found = timed.pop("profile")
    assert timed == without
    assert list(found) == ["replication", "phases", "whole_run"]
    assert found["replication"] == 0
    assert list(found["phases"]) == [*NAMES, REST]
    for part in found["phases"].values():
        assert list(part) == ["wall_ms", "processor_ms", "share"]
        assert min(part.values()) >= 0.0
    assert sum(part["share"] for part in found["phases"].values()) == pytest.approx(1.0)


def test_text_goes_to_stderr_and_the_results_are_the_same(tmp_path: Path) -> None:
    """With several replications, and with a folder, too."""
    plain = run("--replications", "2", "--workers", "1")
    out = str(tmp_path / "results")
    for extra in ((), ("--out", out), ("--out", out)):  # the second time all runs are there
        timed = run("--replications", "2", "--workers", "1", "--profile", *extra)
        assert timed.exit_code == 0
        assert timed.stdout == plain.stdout
        told = timed.stderr.partition("Time of replication 0")[2].splitlines()[1:]
        rows = [
            line.split()[0]
            for line in told
            if line.strip() and not line.startswith(("report:", "brief:"))
        ]
        assert rows == ["Phase", *NAMES, REST, "whole"]


def test_a_watched_world_gives_the_same_bits(short) -> None:
    phases = World.phases
    world, times = watched(lambda: World(short, rng=3, replication=1))
    alone = World(short, rng=3, replication=1).run()
    np.testing.assert_array_equal(world.series().values, alone.values)
    np.testing.assert_array_equal(world.series().countries, alone.countries)
    assert list(times.parts) == [*NAMES, REST]
    assert World.phases is phases, "other worlds are watched too"


def test_what_is_timed_is_the_first_replication_of_the_seed(
    short, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    begin = World.__init__

    def noting(self, scenario, **given) -> None:
        made.append((scenario.id, given))
        begin(self, scenario, **given)

    monkeypatch.setattr(World, "__init__", noting)
    profile_of(short, 7)
    assert made == [(short.id, {"rng": 7})] * 2


def test_shares_are_of_processor_time() -> None:
    times = Times({"one": (100.0, 30.0), REST: (0.0, 10.0)})
    assert times.total == (100.0, 40.0)
    assert times.share("one") == 0.75


def test_runs_that_fail_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self) -> None:
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr(World, "step", fail)
    found = run("--profile", "--json")
    assert found.exit_code == 3
    assert "profile" not in json.loads(found.stdout)
    assert "--profile: not timed, since a run failed" in found.stderr
