"""How tests call the command line, and worlds that cost nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner, Result

import sim
from sim import data
from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.model.world import Series
from sim.months import month_name
from sim.scenario.scenario import Scenario

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
