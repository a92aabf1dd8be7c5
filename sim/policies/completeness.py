"""What a lever has to say of itself and of its fields; listings, reports, draws and docs ask it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.messages import ScenarioError, one_of
from sim.vocabulary import PULLERS

if TYPE_CHECKING:
    from sim.policies.base import LeverField, Policy


class LeverError(ScenarioError):
    """A class of policies that does not say all that is asked of a lever.

    Listings, reports, draws and docs ask it.
    """

    def __init__(self, lever: type, missing: list[str]) -> None:
        where = f"{lever.__module__}: {lever.__qualname__}"
        *others, last = (f"{where}: {words}" for words in missing)
        super().__init__(
            [*others, f"{last}; a short lever that is complete: sim/policies/chip_control.py"]
        )


_LEVER = re.compile(r"[A-Z][A-Z0-9_]{0,31}")


def unsaid_by_lever(cls: type[Policy]) -> Iterator[str]:
    """Yield what a lever does not say of itself."""
    if not _LEVER.fullmatch(cls.lever):
        yield f"lever = {cls.lever!r}: must be capitals, digits and _, such as L15 or EU_GPAI"
    for name, words in _ASKED.items():
        if not getattr(cls, name, None):
            yield f"{name} is missing: {words}"
    for name in ("main", "example"):
        unknown = [field for field in getattr(cls, name, ()) if field not in cls.lever_fields]
        if unknown:
            yield f"{name} names {unknown[0]!r}, which is no field of the lever"
    if hasattr(cls, "pulled_by") and cls.pulled_by not in PULLERS:
        yield f"pulled_by = {cls.pulled_by!r}: must be {one_of(PULLERS)}"
    weighed = cls.lever_fields.get(getattr(cls, "assumption", ""))
    if getattr(cls, "assumption", "") and (weighed is None or weighed.likely is None):
        yield f"assumption = {cls.assumption!r}: must be a field with likely=(low, high)"
    # Python run with -OO takes docstrings out.
    if sys.flags.optimize < 2 and "Writes:" not in (vars(cls).get("__doc__") or ""):
        yield (
            'the docstring has no sentence that starts with "Writes:" '
            "and says what the lever writes into the law"
        )
    if cls.write.__qualname__ == "Policy.write":
        yield (
            "write(self, law, name, strength, month) is missing: "
            "it writes the policy into a month's law"
        )


_ASKED = {
    "title": "the lever in a few words",
    "pulled_by": f"who pulls it: {one_of(PULLERS)}",
    "real": "what exists of it in the world, with date and source",
    "not_modelled": "what of it the model leaves out",
    "assumption": "the field on whose value a finding about it rests most",
    "main": "the one to four fields that say what a use of it amounts to; reports name them",
    "phase": (
        "the phase of a month in which the example first changes something (openstakes list phases)"
    ),
    "example": "fields of a policy that shows what the lever does",
}


def unsaid_by_fields(cls: type[Policy]) -> Iterator[str]:
    """Yield what the fields of a class do not say."""
    for name, field in cls.lever_fields.items():
        if not (field.description and field.source):
            yield (
                f"{name} has no description or no source: "
                "write it as own(default, description, unit, source)"
            )
        elif field.number:
            yield from (f"{name} {words}" for words in _of_number(field))


def _of_number(field: LeverField) -> Iterator[str]:
    if not field.unit:
        yield 'has no unit, such as "0-1", "months" or "USD a year"'
    if field.allowed is None:
        yield "has no allowed=(lowest, highest): the values that a file may set"
        return
    if field.likely is None and "judgement" in field.source and field.default is not None:
        yield "rests on judgement and has no likely=(low, high): its 5-95 % range"
    least, most = field.allowed
    low, high = field.likely or field.allowed
    middle = low if field.default is None else field.default
    if not least <= low <= middle <= high <= most:
        yield f"= {field.default}: default, likely and allowed values must lie inside each other"
