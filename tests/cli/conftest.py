"""Worlds that cost nothing, and reports without drawing: pictures have tests of their own."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pytest
from matplotlib.figure import Figure

from tests.cli import calling, sweeping
from tests.sweep import fake as fake_model


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture is an empty one."""

    def saved(figure: Figure, file: IO[bytes], **_: Any) -> None:
        file.write(b"<svg></svg>")

    monkeypatch.setattr(Figure, "savefig", saved)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a comparison cost nothing."""
    monkeypatch.setattr("sim.sweep.execution.simulate_world", calling.fake_world)


@pytest.fixture
def fake_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Runs of a sweep cost nothing and get no page; the folder is an empty one."""
    monkeypatch.setattr("sim.sweep.execution.simulate_world", sweeping.fake_world)
    monkeypatch.setattr("sim.report.write", lambda study, out, **_: Path(out) / "report.html")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _never(fake_sweep: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is begun fails the test."""
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake_model.never)
