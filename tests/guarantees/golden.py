"""Golden numbers: what the shipped scenarios gave when ``golden.json`` was written, and now."""

from __future__ import annotations

import hashlib
import json
import platform
from math import floor, log10
from pathlib import Path
from typing import Any

import numpy as np

from sim.model.outcomes import OUTCOMES
from sim.model.world import World
from sim.months import month_index
from sim.scenario import library
from sim.scenario.scenario import load

FILE = Path(__file__).with_name("golden.json")
CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"
SEED, REPLICATION = 1, 0
MONTHS = ("2026-12", "2030-12")
DIGITS = 10
HEADLINES = (
    *(name for name, outcome in OUTCOMES.items() if outcome.headline),
    "cn_share_abroad",
    "open_share_world",
    "use_world",
    "frontier_all",
    "lag_us_cn_true",
)


def environment() -> dict[str, str]:
    """What the last digits may depend on: processor level, Python (its `sum`), packages."""
    import numba
    from numpy._core import _multiarray_umath as core

    features = [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]
    return {
        "processor": " ".join((platform.machine(), *features)),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def measure(name: str, outcomes: list[str] | None = None) -> dict[str, Any]:
    """Run one scenario: digest of its series as float32, and headline values in full precision.

    Parameters
    ----------
    outcomes
        Series that the digest covers, so that a new outcome does not change it. Default: all.
    """
    scenario = load(name)
    world = World(scenario, rng=SEED, replication=REPLICATION)
    values: dict[str, dict[str, float]] = {}
    while world.running:
        world.step()
        for month in MONTHS:
            if world.month == month_index(month):
                values[month] = {key: world.observed[key] for key in HEADLINES}
    run = world.series()
    kept = sorted(run.names if outcomes is None else outcomes)
    columns = run.values[:, [run.names.index(key) for key in kept]]
    digest = hashlib.sha256(np.ascontiguousarray(columns, "<f4").tobytes())
    digest.update(np.ascontiguousarray(run.countries, "<f4").tobytes())
    return {"scenario": scenario.id, "digest": digest.hexdigest(), "values": values}


def measure_all() -> dict[str, Any]:
    """Golden numbers of all shipped scenarios."""
    return {
        "seed": SEED,
        "replication": REPLICATION,
        "environment": environment(),
        "outcomes": sorted(OUTCOMES),
        "scenarios": {name: measure(name) for name in library.scenarios()},
    }


def read() -> dict[str, Any]:
    """The golden numbers on file."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def short(golden: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that stand for all golden numbers together."""
    digests = {name: entry["digest"] for name, entry in golden["scenarios"].items()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:12]


def digits(before: dict[str, Any], now: dict[str, Any]) -> dict[str, int]:
    """Matching digits of one scenario's headline values, {"outcome in month": digits}.

    Fewest first.
    """
    found = {
        f"{key} in {month}": matching_digits(now["values"][month].get(key, 0.0), value)
        for month, values in before["values"].items()
        for key, value in values.items()
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def matching_digits(a: float, b: float) -> int:
    """Significant digits to which two numbers agree, at most 17."""
    if a == b:
        return 17
    scale = max(abs(a), abs(b))
    return max(0, min(17, floor(-log10(abs(a - b) / scale))))
