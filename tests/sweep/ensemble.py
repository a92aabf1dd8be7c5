"""A made-up ensemble in the place of the shipped one, so that no test depends on its numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.scenario import library
from sim.sweep.draws import Draws
from sim.sweep.sampling import parameter_range, sample

NAMES = ("leak_hazard", "network_weight", "theft_hazard")


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, draws: int = 32) -> Draws:
    """Let the calibrated ensemble be one from ranges of a few parameters; return its draws."""
    made = sample({name: parameter_range(name) for name in NAMES}, draws, "latin-hypercube", 5)
    file = folder / "calibrated.csv"
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([NAMES, *made.values.tolist()])
    monkeypatch.setattr(library, "ensembles", lambda: {"calibrated": file})
    return made
