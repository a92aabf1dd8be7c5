"""Policies in words: lever, time and values of one, and how it differs from another form of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.data import countries
from sim.model.jurisdictions import Jurisdictions
from sim.months import month_index, month_name
from sim.policies.families import Joinable

if TYPE_CHECKING:
    from sim.policies.base import LeverField

_SCALES = ("", "0-1", "-1 to 1", "share", "factor")
"""Said in place of a unit of numbers that have none."""
_TIMING = ("start", "end", "ramp_months", "strength", "enforcement")


def alike(policy: Any, other: Any) -> bool:
    """Tell whether two policies differ in the order of lists at most."""
    return type(policy) is type(other) and not _differing(policy, other)


def _differing(policy: Any, before: Any) -> list[tuple[str, Any, Any]]:
    """Return the fields of a lever in which two uses of it differ: name and both values."""
    pairs = ((name, getattr(policy, name), getattr(before, name)) for name in policy.lever_fields)
    return [one for one in pairs if _unordered(one[1]) != _unordered(one[2])]


def in_words(policy: Any, before: Any = None) -> str:
    """Return lever, timing and values of a policy.

    Of one that the reference has in another form, what differs.
    """
    if before is not None and type(before) is type(policy):
        return (
            f"{lever(policy)}, {timing(policy)}, as in the reference but for: "
            f"{values(policy, before)}."
        )
    doc = " ".join((type(policy).__doc__ or "").split("\n\n")[0].split())
    own = values(policy)
    return f"{lever(policy)}, {timing(policy)}. {doc}{f' Its values: {own}.' if own else ''}"


def lever(policy: Any) -> str:
    """Return what a policy is a use of: "Chip export control (lever L3)"."""
    kind = type(policy)
    paper = f", the paper's {kind.paper}" if kind.paper else ""
    return f"{kind.title} (lever {kind.lever}{paper})"


def values(policy: Any, before: Any = None) -> str:
    """Return the values that define a policy.

    Against another form of it: those that differ, with the value there.
    """
    if before is None:
        return "; ".join(
            f"{name}: {_printed(value, field)} ({field.description})"
            for name, value, field in _chosen(policy)
        )
    fields = policy.lever_fields
    return "; ".join(
        f"{name}: {_printed(value, fields[name])}{_instead_of(old, fields[name])} "
        f"({fields[name].description})"
        for name, value, old in _differing(policy, before)
    )


def _instead_of(old: Any, field: LeverField) -> str:
    """Return ", not ..." for the reference's value; yes and no say it by themselves."""
    return "" if isinstance(old, bool) else f", not {_printed(old, field)}"


def _printed(value: Any, field: LeverField) -> str:
    return "none" if value is None else f"{_named(value, field)}{_unit(field, value)}"


def timing(policy: Any) -> str:
    """Return from when to when a policy is in force, and how strongly."""
    when = f"from {wording.month(policy.start)}"
    if policy.end is not None:
        last = month_name(month_index(policy.end) - 1)
        when = (
            f"in {wording.month(last)}"
            if last == policy.start
            else f"{when} to {wording.month(last)}"
        )
    clauses = [when]
    if policy.ramp_months:
        clauses.append(f"phased in over {policy.ramp_months} months")
    if policy.strength != 1:
        clauses.append(f"at strength {wording.plain(policy.strength)}")
    if policy.enforcement != 1:
        clauses.append(f"enforced to {wording.plain(policy.enforcement)}")
    return ", ".join(clauses)


def _chosen(policy: Any) -> list[tuple[str, Any, LeverField]]:
    """Return name, value and field of what defines a policy.

    That is the lever's main fields, and those off the default; none that does nothing in this use.
    """
    kind, where = type(policy), Jurisdictions.of_tables()
    others = [
        name
        for name, field in kind.lever_fields.items()
        if name not in (*_TIMING, *kind.main, *policy.idle)
        and _unordered(getattr(policy, name)) != _unordered(field.default)
    ]
    main = [name for name in kind.main if name not in policy.idle]
    values = {name: getattr(policy, name) for name in (*main, *others)}
    if isinstance(policy, Joinable) and "allies" in values:
        codes = {where.countries[i] for i in policy.starters(where)}
        values["allies"] = tuple(code for code in values["allies"] if code not in codes)
    return [(name, value, kind.lever_fields[name]) for name, value in values.items()]


def _unordered(value: Any) -> Any:
    """Return a list of countries as a set, since their order says nothing."""
    return frozenset(value) if isinstance(value, tuple | list) else value


def _unit(field: LeverField, value: Any) -> str:
    unit = field.unit
    if not field.number or unit in _SCALES or unit.startswith("of the indicator"):
        return ""
    if value == 1 and unit in ("months", "utils"):
        unit = unit[:-1]
    return f" {unit}"


def _named(value: Any, field: LeverField) -> str:
    """Return a setting for a sentence: countries by name."""
    if field.kind != "countries":
        return shown(value)
    known = {country.code: country.name for country in countries()}
    return wording.listing(sorted(known.get(code, code) for code in value)) or "none"


def shown(value: Any) -> str:
    """Return a value of a policy as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return wording.plain(float(value))
    return (", ".join(value) or "none") if isinstance(value, tuple | list) else str(value)
