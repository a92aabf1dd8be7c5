"""What is wrong with a scenario's parameters and policies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from math import isfinite

from pydantic import ValidationError

from sim.messages import MOST_SHOWN, as_number, nearest, one_of, shown
from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.months import month_index
from sim.policies import LEVERS, lever_meant
from sim.policies.base import Policy
from sim.scenario.library import name_problem
from sim.scenario.members import expanded, membership_problems
from sim.scenario.overlay import EVERY_POLICY
from sim.scenario.problems import Problem, owners, range_words, validation_problems
from sim.vocabulary import CHANNELS

PROPORTIONS = ("mix", "criticality")
"""Parameters, one per channel, of which only the proportions count."""

LAST = 10_000
"""A month after every horizon."""

_DATED = re.compile(r"([a-z0-9-]+)-[0-9]{4}-[0-9]{2}")


def parameter_problems(parameters: object) -> list[Problem]:
    """Return the problems of a ``[parameters]`` table.

    These are unknown names, no numbers, values out of bounds.
    """
    if not isinstance(parameters, Mapping):
        return [(("parameters",), f"= {shown(parameters)}: must be a table of names and numbers")]
    problems: list[Problem] = []
    for name, value in parameters.items():
        key = ("parameters", name)
        if name not in PARAMETERS:
            hint = owners(name) or (nearest(name, PARAMETERS) if len(problems) < MOST_SHOWN else "")
            problems.append((key, f"unknown parameter{hint}"))
            continue
        low, high = PARAMETERS[name].bounds
        if isinstance(value, bool) or not isinstance(value, int | float):
            number = as_number(value) if isinstance(value, str) else ""
            hint = f"; write {number}, without quotes" if number else ""
            problems.append(
                (key, f"= {shown(value)}: must be a number, {range_words(low, high)}{hint}")
            )
        elif not (isfinite(value) and low <= value <= high):
            problems.append(
                (
                    key,
                    f"= {shown(value)}: must be {range_words(low, high)} ({PARAMETERS[name].unit})",
                )
            )
    problems.extend(_weight_problems({} if problems else parameters))
    return problems


def _weight_problems(parameters: Mapping[str, float]) -> Iterator[Problem]:
    """Yield the weights that are divided by their sum and are all 0."""
    for stem in PROPORTIONS:
        names = [f"{stem}_{channel}" for channel in CHANNELS]
        if not any(parameters.get(name, DEFAULTS[name]) for name in names):
            yield (
                ("parameters", names[0]),
                f"= 0: {', '.join(names)} are all 0; at least one must be above 0",
            )


def policy_from_table(
    name: str, table: object, names: Collection[str] = ()
) -> tuple[Policy | None, list[Problem]]:
    """Return the policy that a ``[policy.NAME]`` table describes, or None, and its problems.

    Parameters
    ----------
    name, table
        The table's name and content: ``lever`` and the lever's own fields.
    names
        Names of all policies of the scenario, to recognise a misspelt one.
    """
    key = ("policy", name)
    if key == EVERY_POLICY:
        return None, [(key, "only an override may speak of every policy")]
    if owners(name) and not isinstance(table, Mapping):
        return None, [(key, f"no policy, but a field: write policy.NAME.{name}{owners(name)}")]
    problem = name_problem(name)
    if problem:
        written = name.casefold().replace("_", "-")
        hint = nearest(name, [other for other in names if other != name])
        return None, [
            (key, f"{problem}{hint or ('' if name_problem(written) else f'; write {written}')}")
        ]
    if not isinstance(table, Mapping):
        return None, [
            (key, f"= {shown(table)}: must be a table with a lever, such as [policy.{name}]")
        ]
    fields = dict(table)
    lever = fields.pop("lever", None)
    if lever is None:
        meant = nearest(name, [other for other in names if other != name])
        return None, [(key, f"has no lever (one of {one_of(LEVERS)}){meant}")]
    if not isinstance(lever, str) or lever not in LEVERS:
        likely = lever_meant(lever) if isinstance(lever, str) else None
        if likely is not None:
            words = f"did you mean {likely!r} ({LEVERS[likely].title})?"
        else:
            known = ", ".join(f"{name} ({policy.title})" for name, policy in LEVERS.items())
            hint = nearest(lever, LEVERS).removeprefix("; ")
            words = f"{hint}; known: {known}".removeprefix("; ")
        return None, [((*key, "lever"), f"= {shown(lever)}: unknown lever; {words}")]
    model = LEVERS[lever]
    fields = expanded(model, fields)
    problems: list[Problem] = []
    policy = None
    try:
        policy = model.model_validate(fields, strict=True)
    except ValidationError as error:
        problems = validation_problems(error, model, key)
    problems.extend(membership_problems(key, model, fields))
    return (None if problems else policy), problems


def policies_from_table(table: object) -> tuple[dict[str, Policy], list[Problem]]:
    """Return the policies of a ``[policy]`` table and its problems.

    Policies that are objects pass.
    """
    if not isinstance(table, Mapping):
        return {}, [
            (("policy",), f"= {shown(table)}: must be a table of policies, such as [policy.NAME]")
        ]
    policies: dict[str, Policy] = {}
    problems: list[Problem] = []
    for name, value in table.items():
        if isinstance(value, Policy):
            policies[name] = value
            continue
        others = tuple(table) if len(problems) < MOST_SHOWN else ()
        policy, found = policy_from_table(name, _frozen(value), others)
        problems.extend(found)
        if policy is not None:
            policies[name] = policy
    return policies, [
        *problems,
        *overlap_problems(policies),
        *reference_problems(policies, tuple(table)),
    ]


def _frozen(value: object) -> object:
    """Return a table with its lists as tuples, as strict fields want them."""
    if not isinstance(value, Mapping):
        return value
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}


def series_of(policies: Mapping[str, Policy]) -> dict[tuple[str, str], list[str]]:
    """Return the names of policies by lever and series, the earliest first.

    Steps of one series (NAME-YYYY-MM, one lever) replace each other. Policies that are meant to act
    together have names of their own, and each is a series by itself. A
    series is keyed by NAME- with its dash, so a policy called NAME is none of its steps.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(policies, key=lambda name: (policies[name].start, name)):
        dated = _DATED.fullmatch(name)
        series = f"{dated[1]}-" if dated else name
        found.setdefault((policies[name].lever, series), []).append(name)
    return found


def overlap_problems(policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """Yield the dated steps that are in force before the step before them has ended."""
    for names in series_of(policies).values():
        for earlier, name in pairwise(names):
            end = policies[earlier].end
            if month_index(policies[name].start) < (month_index(end) if end else LAST):
                words = (
                    f"= {shown(policies[name].start)}: {earlier} is in force until "
                    f"{policies[earlier].end or 'the end'}"
                )
                yield (
                    ("policy", name, "start"),
                    f"{words}; end a dated step where the next of its series starts",
                )


def reference_problems(policies: Mapping[str, Policy], names: Collection[str]) -> list[Problem]:
    """Return the names of policies, in fields that hold such, that cannot be meant.

    No policy of the scenario has the name, or the one that has is a monitor.

    Parameters
    ----------
    policies
        Those that are sound, by name.
    names
        Names of all, sound or not.
    """
    problems: list[Problem] = []
    for name, policy in policies.items():
        for key, field in policy.lever_fields.items():
            if field.kind != "policies":
                continue
            for other in getattr(policy, key):
                path = ("policy", name, key)
                if other not in names:
                    hint = nearest(other, names) or f"; policies: {one_of(sorted(names))}"
                    problems.append((path, f"has {shown(other)}: no policy of the scenario{hint}"))
                elif other in policies and policies[other].trigger(1.0) is not None:
                    problems.append(
                        (path, f"has {shown(other)}: a monitor cannot switch a monitor")
                    )
    return problems
