"""Members of lists: codes of countries and slugs of labs, and what a wrong one may mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.messages import MOST_SHOWN, nearest, one_of, shown
from sim.policies.base import Policy
from sim.scenario.problems import Problem


def expanded(model: type[Policy], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a policy with members in place of the names of groups of countries.

    Each member is there once.
    """
    from sim.data import group_named

    found = dict(fields)
    for name, field in model.lever_fields.items():
        given = fields.get(name)
        if field.kind != "countries" or not isinstance(given, tuple | list):
            continue
        groups = [group_named(item) if isinstance(item, str) else None for item in given]
        if any(groups):
            codes = [
                group.members if group else (item,)
                for item, group in zip(given, groups, strict=True)
            ]
            found[name] = tuple(dict.fromkeys(code for members in codes for code in members))
    return found


def membership_problems(
    key: tuple[str, ...], model: type[Policy], fields: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield unknown country codes and lab names in the fields that hold them."""
    for name, field in model.lever_fields.items():
        given = fields.get(name)
        if field.kind not in ("countries", "labs") or not isinstance(given, tuple | list):
            continue
        known = _members(field.kind)
        wrong = [item for item in given if isinstance(item, str) and item not in known]
        for item in dict.fromkeys(wrong[:MOST_SHOWN]):
            yield (*key, name), f"has {shown(item)}: {member_problem(field.kind, item)}"


def member_problem(kind: str, item: str) -> str:
    """Return why text is no code of a country or name of a lab, or "".

    The kind is "countries" or "labs".
    """
    known = _members(kind)
    return "" if item in known else _nearest_member(kind, item, known)


def _members(kind: str) -> dict[str, tuple[str, ...]]:
    """Return codes of countries or slugs of labs and what else they may be called.

    That is names, and codes of a group.
    """
    from sim.data import countries, labs

    if kind == "countries":
        return {country.code: (country.name, *country.members) for country in countries()}
    return {lab.slug: (lab.name,) for lab in labs()}


def _of_the_other_kind(kind: str, item: str) -> str:
    """Return what to write for a lab where countries are asked, or countries where labs are."""
    from sim.data import group_named, labs

    if kind == "countries":
        homes = [lab.home for lab in labs() if item.casefold() in (lab.slug, lab.name.casefold())]
        return f"it is a lab; its home is {homes[0]}" if homes else ""
    group, codes = group_named(item), _members("countries")
    members = group.members if group else (item,) if item in codes else ()
    here = [lab.slug for lab in labs() if lab.home in members]
    many = "a group of countries" if group else "a country"
    return f"it is {many}; labs there: {one_of(here) or 'none'}" if members else ""


def _nearest_member(kind: str, item: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """Return what a wrong code may mean.

    Names, and codes of countries within a group, are understood.
    """
    from sim.data import group_named, groups

    what = "no country of the model" if kind == "countries" else "no lab of the model"
    for code, others in known.items():
        if item.casefold() in (code.casefold(), *(other.casefold() for other in others)):
            return f"{what}; did you mean {code!r} ({others[0]})?"
    if elsewhere := _of_the_other_kind(kind, item):
        return f"{what}; {elsewhere}"
    by_name = {others[0]: code for code, others in known.items()}
    hint = nearest(item, known) or nearest(item, by_name)
    for code, others in known.items():
        hint = hint.replace(f"{code!r}?", f"{code!r} ({others[0]})?")
    if kind != "countries":
        return f"{what}{hint or '; such as ' + one_of(list(known)[:3])}"
    group = group_named(item)
    # Only where one country is asked for: lists have had their groups replaced.
    if group is not None:
        return f"a group of countries; name one of them: {one_of(group.members)}"
    names = [group.name for group in groups()]
    hint = nearest(item, names) or hint
    few = f"; such as {one_of(list(known)[:3])}, or a group: {one_of(names)}"
    return f"{what}{hint or few}; openstakes list countries shows all"
