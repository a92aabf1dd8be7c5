"""Compare policies for open-weight AI while the United States and China compete: an agent-based model.

Importing this package is cheap: each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim import sweep
    from sim.analysis.study import Study
    from sim.model.outcomes import OUTCOMES
    from sim.model.parameters import PARAMETERS
    from sim.model.world import World
    from sim.scenario.scenario import Scenario, load
    from sim.sweep import compare, run

__version__ = "0.1.0"

_HOMES = {
    "OUTCOMES": "sim.model.outcomes",
    "PARAMETERS": "sim.model.parameters",
    "Scenario": "sim.scenario.scenario",
    "Study": "sim.analysis.study",
    "World": "sim.model.world",
    "compare": "sim.sweep",
    "load": "sim.scenario.scenario",
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
