"""How assumptions that were varied are told: their names and units, and where a verdict turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.analysis import rubric
from sim.analysis.why.break_evens import FLIPS, SEVERAL
from sim.model.parameters import PARAMETERS

if TYPE_CHECKING:
    from sim.policies.base import LeverField
    from sim.report.view import View

PLAIN = ("", "0-1")
"""Units that are not printed."""


def turns(view: View, row: Any) -> bool:
    """Tell whether a row of break-evens is a flip of a verdict that matters."""
    return row.found in (FLIPS, SEVERAL) and _matters(view, row)


def _matters(view: View, row: Any) -> bool:
    """Tell whether the change is beyond its floor at one end of the range at least."""
    floor = rubric.FLOOR[view.study.outcome(row.outcome).kind]
    return max(abs(row.at_low), abs(row.at_high)) >= floor


def reverses(view: View, row: Any) -> bool:
    """Tell whether a row of break-evens is a flip between two changes that both matter.

    Where there are several, the ends of the range do not say how far the change goes between them:
    it is taken for one.
    """
    several = row.found == SEVERAL or _matters_on_both_sides(view, row)
    return turns(view, row) and several


def _matters_on_both_sides(view: View, row: Any) -> bool:
    ends, floor = (row.at_low, row.at_high), rubric.FLOOR[view.study.outcome(row.outcome).kind]
    return max(ends) >= floor and min(ends) <= -floor


def words(view: View, path: str) -> str:
    """Return a number in words alone; a parameter has no others than its name and unit."""
    field = _field(view, path)
    return number(view, path) if field is None else field.description.split(";")[0]


def number(view: View, path: str) -> str:
    """Return a number in words, with the name that it has in files.

    Parameters
    ----------
    view
        Of the comparison that it was varied in.
    path
        Name of a parameter, or "policy.NAME.FIELD".
    """
    field = _field(view, path)
    if field is None:
        told = PARAMETERS[path].unit if path in PARAMETERS else ""
        return f"{path} ({told})" if told not in PLAIN else path
    return f"{words(view, path)} ({path.removeprefix('policy.')})"


def unit(view: View, path: str) -> str:
    """Return the unit that follows the value of a number; "" of a parameter, whose words say it."""
    field = _field(view, path)
    return "" if field is None or field.unit in PLAIN else f" {field.unit}"


def set_to(view: View, row: Any) -> float | None:
    """Return what a break-even's number is in the scenarios compared; None of what is drawn."""
    if not row.number.startswith("policy."):
        return None
    _, name, field = row.number.split(".")
    both = (view.study.scenario(one).policy.get(name) for one in (row.scenario, row.against))
    policy = next((one for one in both if one is not None), None)
    return None if policy is None else float(getattr(policy, field))


def _field(view: View, path: str) -> LeverField | None:
    """Return what is known of a policy's number; None of a parameter."""
    name, _, field = path.removeprefix("policy.").partition(".")
    policies = (case.scenario.policy for case in view.study.cases)
    policy = next((own[name] for own in policies if name in own), None)
    return None if policy is None else policy.lever_fields.get(field)


def compared(view: View, row: Any) -> str:
    """Return of which policy a break-even is, and against which other one if it compares two."""
    alone = row.against == view.study.case(row.scenario).against
    return row.title if alone else f"{row.title} against {row.against_title}"


def turning(
    view: View,
    row: Any,
    text: Callable[[float], str],
    named: Callable[[View, str], str] = number,
) -> str:
    """Return at which value a verdict turns, how sure that is and whether both sides matter.

    Parameters
    ----------
    view
        Of finished runs.
    row
        Of break-evens, with a crossing.
    text
        Prints a value of the assumption.
    named
        Says which assumption it is.
    """

    def end(x: float, edge: float) -> str:
        return text(x) if math.isfinite(x) else f"beyond {text(edge)}"

    # A table has no infinite numbers: an end beyond the values that were run is blank there.
    within = math.isfinite(row.low) or math.isfinite(row.high)
    ends_ = f"{end(row.low, row.range_low)} to {end(row.high, row.range_high)}"
    band = f" (5–95 %: {ends_})" if within else " (no 5–95 % within the range)"
    several = ", one of several such values" if row.found == SEVERAL else ""
    both = _matters_on_both_sides(view, row)
    small = "" if both else ", too small to matter on one side"
    value = f"{text(row.value)}{unit(view, row.number)}"
    return f"turns where {named(view, row.number)} is {value}{band}{several}{small}"
