"""Scenarios and runs that the guarantees share; each run is made once in a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.model.world import Series, World
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario import library
from sim.scenario.scenario import Crisis, Scenario, load

ROOT = Path(__file__).resolve().parents[2]


def lever(key: str, **fields: Any) -> Policy:
    """The lever's example with other fields; a new lever is found by itself."""
    return LEVERS[key].model_validate({**LEVERS[key].example, **fields})


JOINING = {"allies": ("FRA", "KOR"), "allied_labs": ("cohere",), "mimicry": 4.0}


def joining(key: str) -> dict[str, Any]:
    """Who joins a measure of a lever: by name, and by mimicry; nothing where nobody can."""
    return {name: value for name, value in JOINING.items() if name in LEVERS[key].model_fields}


@pytest.fixture(scope="session")
def policy() -> Callable[..., Policy]:
    return lever


@pytest.fixture(scope="session")
def status_quo() -> Scenario:
    """The status quo to the end of 2026: a year after the levers' examples start."""
    return load("status-quo", settings=["horizon.end=2026-12"])


@pytest.fixture(scope="session")
def with_policies(status_quo) -> Callable[..., Scenario]:
    """The short status quo with policies added by name."""

    def add(policies: dict[str, Policy], **content: Any) -> Scenario:
        return status_quo.model_copy(
            update={"policy": {**status_quo.policy, **policies}, **content}
        )

    return add


@pytest.fixture(scope="session")
def everything(with_policies) -> Scenario:
    """A short scenario in which every lever and a crisis are in force."""
    crisis = {"leak": Crisis(month="2026-06", origin="CN", share=0.5)}
    return with_policies(
        {f"every-{key.lower().replace('_', '-')}": lever(key) for key in LEVERS},
        name="everything",
        crisis=crisis,
    )


@pytest.fixture(scope="session")
def shipped() -> dict[str, Scenario]:
    """All scenarios of the library, over their full horizon."""
    return {name: load(name) for name in library.scenarios()}


@pytest.fixture(scope="session")
def series_of() -> Callable[..., Series]:
    """The series of a scenario, seed and replication."""
    kept: dict[tuple[str, int, int], Series] = {}

    def run(scenario: Scenario, seed: int = 1, replication: int = 0) -> Series:
        key = (scenario.id, seed, replication)
        if key not in kept:
            kept[key] = World(scenario, rng=seed, replication=replication).run()
        return kept[key]

    return run


@pytest.fixture(scope="session")
def fresh() -> Callable[..., dict[str, str]]:
    """Fingerprints of a scenario run in a process of its own, under other environment variables."""

    def run(scenario: Scenario, **variables: str) -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.guarantees.state"],
            input=scenario.as_toml(),
            env={**os.environ, **variables},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
