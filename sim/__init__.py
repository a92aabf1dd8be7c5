"""Compare policies for open-weight AI while the United States and China compete: an agent-based model.

Importing this package is cheap: each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim import sweep
    from sim.outcomes import OUTCOMES
    from sim.parameters import PARAMETERS
    from sim.scenario import Scenario, load
    from sim.sweep import compare, run
    from sim.sweep.study import Study
    from sim.world import World

__version__ = "0.1.0"

_HOMES = {
    "OUTCOMES": "sim.outcomes",
    "PARAMETERS": "sim.parameters",
    "Scenario": "sim.scenario",
    "Study": "sim.sweep.study",
    "World": "sim.world",
    "compare": "sim.sweep",
    "load": "sim.scenario",
    "run": "sim.sweep",
    "sweep": "sim.sweep",
}

__all__ = ["OUTCOMES", "PARAMETERS", "Scenario", "Study", "World", "__version__", "compare", "load", "run", "sweep"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name) if name != "sweep" else import_module("sim.sweep")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
