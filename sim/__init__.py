"""An agent-based model: compare policies for open-weight AI while the US and China compete.

Importing this package is cheap: each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim import report
    from sim.api import Study, Workers, compare, run, run_sweep
    from sim.messages import ScenarioError
    from sim.model.outcomes import OUTCOMES
    from sim.model.parameters import PARAMETERS
    from sim.model.world import World
    from sim.scenario.differences import differences
    from sim.scenario.scenario import Scenario, load

__version__ = "0.2.0.dev0"

_HOMES = {
    "OUTCOMES": "sim.model.outcomes",
    "PARAMETERS": "sim.model.parameters",
    "Scenario": "sim.scenario.scenario",
    "ScenarioError": "sim.messages",
    "Study": "sim.api",
    "Workers": "sim.api",
    "World": "sim.model.world",
    "compare": "sim.api",
    "differences": "sim.scenario.differences",
    "load": "sim.scenario.scenario",
    "report": "sim.api",
    "run": "sim.api",
    "run_sweep": "sim.api",
}

__all__ = [
    "OUTCOMES",
    "PARAMETERS",
    "Scenario",
    "ScenarioError",
    "Study",
    "Workers",
    "World",
    "__version__",
    "compare",
    "differences",
    "load",
    "report",
    "run",
    "run_sweep",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
