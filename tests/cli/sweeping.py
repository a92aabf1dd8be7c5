"""How tests call ``openstakes sweep``, and an experiment for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from typer.testing import CliRunner, Result

from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.scenario.scenario import Scenario
from tests.sweep import fake

FRICTION = "policy.open-weight-control.kyc_friction"


BASE: dict[str, Any] = {
    "name": "mine",
    "question": "Where does it turn over?",
    "scenarios": ["p1-blanket"],
    "replications": 2,
    "seed": 1,
    "also_without_assumed": False,
}


SWEPT = BASE | {
    "levers": {FRICTION: [0.1, 0.2], "adopters": [4000]},
    "uncertainties": {"draws": 2, "method": "sobol", "numbers": {"leak_hazard": "range"}},
    "keep": {"outcomes": ["us_share_abroad", "cn_state_harm", "incidents"], "months": "year-ends"},
}


BAD = 0.123


def fake_world(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    """Series with the model's outcomes that cost nothing.

    They depend on scenario, replication and seed.
    """
    if scenario.parameters.get("leak_hazard") == BAD and replication == 1:
        raise ZeroDivisionError("made to fail")
    found = fake.world(scenario, replication, seed)
    names = tuple(OUTCOMES)
    values = (
        np.random.default_rng([seed, replication])
        .random((scenario.months, len(names)))
        .astype(np.float32)
    )
    values[36:] += 0.1 * len(scenario.policy)
    return fake.Series(names, found.months, values, found.moments, found.countries, found.panel)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app.app, ["sweep", *map(str, arguments)], prog_name="openstakes")


def write(content: dict[str, Any], name: str = "experiment.toml") -> str:
    Path(name).write_text(tomli_w.dumps(content))
    return name


def contents(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
