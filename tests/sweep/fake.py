"""A tiny world for the tests of the sweep.

Its series depend on the scenario, the replication and the seed only.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.model.parameters import DEFAULTS
from sim.months import month_name
from sim.scenario.scenario import Scenario

NAMES = ("alpha", "beta", "gamma")
SHIFT = 0.25
START = 36


@dataclass(frozen=True)
class Outcome:
    """What a study asks of an outcome."""

    unit: str = "points"
    kind: str = "level"
    direction: int = 1
    factor: str | None = None
    headline: bool = False
    label: str = "A made-up number"
    measure: str = "level in the month"
    definition: str = "Noise, and a shift for each policy."


DESCRIBED = {
    "alpha": Outcome(factor="transparency", headline=True),
    "beta": Outcome(kind="share", direction=-1, factor="chinese_misuse", headline=True),
    "gamma": Outcome(direction=0),
}


@dataclass(frozen=True)
class Series:
    """What a world returns."""

    names: tuple[str, ...]
    months: tuple[str, ...]
    values: np.ndarray
    moments: tuple[str, ...]
    countries: np.ndarray
    panel: np.ndarray
    families: np.ndarray | None = None


def scenario(name: str, policies: int = 0, **content) -> Scenario:
    """A scenario with so many policies from 2026-01 on; each lifts alpha and beta by SHIFT."""
    levers = {f"audit-{i}": {"lever": "L7", "start": "2026-01"} for i in range(policies)}
    return Scenario.model_validate(
        {"name": name, "horizon": {"end": "2030-12"}, "policy": levers, **content}
    )


def world(scenario: Scenario, replication: int, seed: int) -> Series:
    """Noise of the replication plus the shift of the policies.

    In eighths, so that differences are exact.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, replication]))
    values = rng.integers(0, 80, (scenario.months, len(NAMES))).astype(np.float32) / 8
    values[START:, :2] += SHIFT * len(scenario.policy)
    months = tuple(month_name(i) for i in range(scenario.months))
    moments = tuple(month for month in months if month.endswith("-12"))
    countries = rng.random((len(moments), 4, 5, 4)).astype(np.float32)
    return Series(NAMES, months, values, moments, countries, np.full((4, 5), 4))


def responds(scenario: Scenario, replication: int, seed: int) -> Series:
    """Alpha rises with what the policies audit and with one parameter, beta with that only."""
    found = world(scenario, replication, seed)
    found.values[START:, :2] -= SHIFT * len(scenario.policy)
    hazard = scenario.parameters.get("leak_hazard", DEFAULTS["leak_hazard"])
    found.values[START:, 0] += sum(policy.enforcement for policy in scenario.policy.values()) * (
        1 + hazard
    )
    found.values[:, 1] += hazard
    return found


def never(scenario: Scenario, replication: int, seed: int) -> Series:
    """Raise: a finished run was asked for again."""
    raise AssertionError(f"{scenario.name}, replication {replication} was run again")


def fails_sometimes(scenario: Scenario, replication: int, seed: int) -> Series:
    """Raise in replication 5 of any scenario with a policy."""
    if replication == 5 and scenario.policy:
        raise ValueError("five is right out")
    return world(scenario, replication, seed)


def misshapen(scenario: Scenario, replication: int, seed: int) -> Series:
    """Return an array that does not fit its names in replication 1."""
    found = world(scenario, replication, seed)
    return found if replication != 1 else replace(found, names=NAMES[:2])


def dies_once(scenario: Scenario, replication: int, seed: int) -> Series:
    """Kill the worker in replication 3, the first time.

    The description names the file that remembers.
    """
    marker = Path(scenario.description)
    if replication == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return world(scenario, replication, seed)


def dies_always(scenario: Scenario, replication: int, seed: int) -> Series:
    """Kill the worker in replication 3 of any scenario with a policy."""
    if replication == 3 and scenario.policy:
        os.kill(os.getpid(), signal.SIGKILL)
    return world(scenario, replication, seed)


def slow(scenario: Scenario, replication: int, seed: int) -> Series:
    """Note the worker's process in the folder the description names, and take half a second."""
    (Path(scenario.description) / str(os.getpid())).touch()
    time.sleep(0.5)
    return world(scenario, replication, seed)
