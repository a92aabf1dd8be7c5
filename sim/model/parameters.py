"""Every number of the model about the world, and its values in one world.

The numbers stand in sim/data/parameters.csv. ``low``, ``median`` and ``high`` of a parameter are
meant as its 5, 50 and 95 % points before the calibration. Unless its scenario says otherwise, a run
takes the central draw of the calibration (sim/data/central.csv), and the median of what no target
speaks of. A source that starts with "judgement" marks a number that no published figure fixes.
Parameters with ``assumed`` are assumed responses (scarcity spurs efficiency, backfire, state push,
hedging): findings are always computed with all of them at 0 as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.data import Parameter, central, parameters
from sim.model.parameter_values import ParameterValues
from sim.vocabulary import CHANNELS

__all__ = [
    "DEFAULTS",
    "LAST_YEAR",
    "PARAMETERS",
    "Parameter",
    "ParameterValues",
    "by_channel",
    "values",
]

LAST_YEAR = 2030
"""Growth that changes from year to year is stated up to here, and keeps its last value after it."""

PARAMETERS: dict[str, Parameter] = {parameter.name: parameter for parameter in parameters()}
DEFAULTS: dict[str, float] = {name: p.median for name, p in PARAMETERS.items()} | central()
"""Value of each parameter unless a scenario sets another."""


def values(changes: Mapping[str, float] | None = None) -> ParameterValues:
    """Return all parameters as attributes, with ``changes`` in place of their defaults.

    Raises
    ------
    KeyError
        If a name in ``changes`` is no parameter.
    """
    changes = dict(changes or {})
    unknown = sorted(set(changes) - set(PARAMETERS))
    if unknown:
        raise KeyError(f"unknown parameters: {', '.join(unknown)}")
    found = ParameterValues()
    vars(found).update({name: float(x) for name, x in (DEFAULTS | changes).items()})
    return found


def by_channel(parameters: ParameterValues, name: str) -> list[float]:
    """Return the five values of a parameter that has one per channel, in channel order."""
    return [getattr(parameters, f"{name}_{channel}") for channel in CHANNELS]
