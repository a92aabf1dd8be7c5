"""The command of the hind-cast: what it prints, what it leaves in a folder, and how it fails."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.calibration import hindcast as module
from sim.calibration import origins
from sim.calibration.predictions import record
from sim.calibration.quantities import QUANTITIES
from sim.cli.app import app
from sim.report.hindcast import page
from tests.calibration.made_hindcast import STAND_IN, made_up


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A stand-in for the shipped ensemble, and runs that cost nothing."""
    path = tmp_path / "calibrated.csv"
    rows = [STAND_IN.names, *STAND_IN.values.tolist()]
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(module, "ENSEMBLE", path)
    asked = []

    def fake(draws, seed, **options):
        asked.append((draws, seed, options["out"]))
        return replace(made_up(), seed=seed)

    monkeypatch.setattr(module, "hindcast", fake)
    monkeypatch.setattr(origins, "STORED", tmp_path / "origins")
    return asked


def test_the_command_prints_what_it_found(shipped):
    result = CliRunner().invoke(app, ["hindcast", "--json", "--seed", "7"])
    assert result.exit_code == 0, result.output
    expected = record(replace(made_up(), seed=7)) | {"skill": origins.skill([])}
    assert json.loads(result.stdout) == expected
    assert shipped[0][:2] == (STAND_IN, 7)
    words = CliRunner().invoke(app, ["hindcast"]).stdout
    assert "lag of the best" in words
    assert "2026-H2" in words
    assert "2025-H2" not in words


def test_the_command_leaves_page_picture_and_numbers_in_a_folder(shipped, tmp_path):
    out = tmp_path / "found"
    result = CliRunner().invoke(app, ["hindcast", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert shipped[0][2] == out / "runs"
    files = {path.name for path in out.iterdir()}
    assert files >= {"hindcast.json", "hindcast.md", "hindcast.svg"}
    text = (out / "hindcast.json").read_text(encoding="utf-8")
    assert json.loads(text) == record(made_up()) | {"skill": origins.skill([])}
    assert "nothing is scored" in (out / "hindcast.md").read_text(encoding="utf-8")
    assert "hindcast.svg" in (out / "hindcast.md").read_text(encoding="utf-8")


def test_the_command_scores_the_ensembles_of_the_origins(shipped, monkeypatch, tmp_path):
    (tmp_path / "origins").mkdir()
    (tmp_path / "origins" / "2024-12.csv").write_text("ceiling\n-5.5\n", encoding="utf-8")
    asked = origins.readings_after("2024-12")

    def fake(origin, draws, seed, **_):
        assert (origin, len(draws), seed) == ("2024-12", 1, 3)
        return np.full((4, len(asked)), 0.2)

    monkeypatch.setattr(origins, "foretold_from", fake)
    result = CliRunner().invoke(app, ["hindcast", "--json", "--seed", "3"])
    found = json.loads(result.stdout)["skill"]
    assert [(row["id"], row["first"], row["last"]) for row in found["points"]] == list(
        map(tuple, asked)
    )
    text = page(record(made_up()) | {"skill": found})
    assert "| 2023-12 | 3 | C10, C13, C21 |" in text
    assert "| all | last value |" in text
    assert "too few" in text
    assert f"{len(asked)} forecasts were made of {len(asked)} points" in text.replace("\n", " ")
    assert "| best US release (a) | 1 | 1 | " in text
    assert f"* (a) {QUANTITIES['best-us'].unfair}" in text


def test_the_command_changes_no_file_of_others(shipped, tmp_path):
    (tmp_path / "hindcast.md").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, ["hindcast", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "hindcast.md" in result.stderr
    assert shipped == []
    assert (tmp_path / "hindcast.md").read_text(encoding="utf-8") == "mine"


def test_the_command_says_that_runs_failed(shipped, monkeypatch):
    monkeypatch.setattr(module, "hindcast", lambda *_, **__: replace(made_up(), failed=2))
    result = CliRunner().invoke(app, ["hindcast"])
    assert result.exit_code == 3
    assert "2 of 24 runs failed" in result.stderr


def test_the_command_says_what_to_do_without_an_ensemble(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ENSEMBLE", tmp_path / "none.csv")
    result = CliRunner().invoke(app, ["hindcast"])
    assert result.exit_code == 2
    assert "openstakes calibrate" in result.stderr
