"""What is wrong with a scenario's values: key paths, and sentences with the allowed range."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import pairwise
from math import inf, isfinite
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.messages import MOST_SHOWN, as_number, nearest, one_of, shown
from sim.model.parameters import PARAMETERS
from sim.months import month_index
from sim.policies import LEVERS, lever_meant
from sim.policies.base import LeverField, Policy
from sim.scenario.library import name_problem
from sim.scenario.overlay import EVERY_POLICY
from sim.scenario.toml import dotted
from sim.vocabulary import CHANNELS

Problem = tuple[tuple[str, ...], str]
"""Key path and what is wrong with the value there."""

PROPORTIONS = ("mix", "criticality")
"""Parameters, one per channel, of which only the proportions count."""

LAST = 10_000
"""A month after every horizon."""

_DATED = re.compile(r"([a-z0-9-]+)-[0-9]{4}-[0-9]{2}")
_NUMBERS = (
    "int_type",
    "float_type",
    "int_from_float",
    "int_parsing",
    "float_parsing",
    "int_parsing_size",
)
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")


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
        if not any(parameters.get(name, PARAMETERS[name].value) for name in names):
            yield (
                ("parameters", names[0]),
                f"= 0: {', '.join(names)} are all 0; at least one must be above 0",
            )


def overlap_problems(policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """Yield the dated steps that are in force before the step before them has ended.

    Steps of one series (NAME-YYYY-MM, one lever) replace each other. Policies that are meant to act
    together have names of their own.
    """
    series: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for name, policy in policies.items():
        dated = _DATED.fullmatch(name)
        if dated:
            end = month_index(policy.end) if policy.end else LAST
            series.setdefault((policy.lever, dated[1]), []).append(
                (month_index(policy.start), end, name)
            )
    for steps in series.values():
        steps.sort()
        for (_, end, earlier), (start, _, name) in pairwise(steps):
            if start < end:
                words = (
                    f"= {shown(policies[name].start)}: {earlier} is in force until "
                    f"{policies[earlier].end or 'the end'}"
                )
                yield (
                    ("policy", name, "start"),
                    f"{words}; end a dated step where the next of its series starts",
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
    fields = _expanded(model, fields)
    problems: list[Problem] = []
    policy = None
    try:
        policy = model.model_validate(fields, strict=True)
    except ValidationError as error:
        problems = validation_problems(error, model, key)
    problems.extend(_membership_problems(key, model, fields))
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


class ProblemsError(ValueError):
    """All that is wrong with a table of a scenario, kept apart.

    pydantic takes one error for a field.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(sentence(problem) for problem in problems))


def refuse_problems(problems: list[Problem]) -> None:
    """Raise ProblemsError if there are any problems."""
    if problems:
        raise ProblemsError(problems)


def validation_problems(
    error: ValidationError, model: type[BaseModel], key: tuple[str, ...] = ()
) -> list[Problem]:
    """Return pydantic's errors in the words of this program."""
    problems: list[Problem] = []
    for details in error.errors(include_url=False):
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, ProblemsError):
            problems.extend(cause.problems)
        else:
            problems.append(_described(details, model, key))
    return problems


def with_hints(problems: list[Problem], policies: object) -> list[Problem]:
    """Say where a value belongs that was written at the top of a file."""
    return [
        (path, f"unknown key{place}")
        if words.startswith("unknown key") and (place := _place(path[0], policies))
        else (path, words)
        for path, words in problems
    ]


def _place(key: str, policies: object) -> str:
    """Return where a key that stands at the top of a file belongs, or ""."""
    if key in PARAMETERS:
        return f"; did you mean 'parameters.{key}'?"
    if "." in key:
        return f"; a path is written without quotes: {key} = ..., above the first table of the file"
    tables = policies.items() if isinstance(policies, Mapping) else ()
    levers = {
        str(name): str(table.get("lever")) for name, table in tables if isinstance(table, Mapping)
    }
    fields = {name: LEVERS[lever].model_fields for name, lever in levers.items() if lever in LEVERS}
    having = [name for name in fields if key in fields[name]]
    if having:
        return f"; did you mean {one_of(f'policy.{name}.{key}' for name in having)}?"
    return owners(key)


def owners(field: str) -> str:
    """Return which levers a field belongs to, as the end of a sentence.

    "" if it is none of a lever's own.
    """
    having = [
        f"{lever} ({policy.title})"
        for lever, policy in LEVERS.items()
        if field in policy.model_fields
    ]
    return (
        f"; it belongs to {one_of(having)}" if having and field not in Policy.model_fields else ""
    )


def sentence(problem: Problem) -> str:
    """Return a problem as "path = value: words" or "path: words"."""
    path, words = problem
    return f"{dotted(path)} {words}" if words.startswith("= ") else f"{dotted(path)}: {words}"


def range_words(low: float | None, high: float | None) -> str:
    """Return a closed range in words; None and infinity mean no bound."""
    low = None if low in (None, -inf) else low
    high = None if high in (None, inf) else high
    if low is not None and high is not None:
        return f"from {low:.12g} to {high:.12g}"
    if low is not None:
        return f"at least {low:.12g}"
    return f"at most {high:.12g}" if high is not None else "any finite number"


def _described(details: ErrorDetails, model: type[BaseModel], key: tuple[str, ...]) -> Problem:
    """Return one pydantic error as a key path and a sentence."""
    holder, field = _field_at(model, details["loc"])
    # A union adds the name of the branch to the path; list positions are kept, since they say which
    # item.
    *around, last = (str(part) for part in details["loc"] or ("",))
    path = (*key, *(part for part in around if part.isdigit() or _is_key(part)))
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        elsewhere = owners(last) if issubclass(holder, Policy) else ""
        return (*path, last), f"unknown key{elsewhere or nearest(last, holder.model_fields)}"
    path = (*path, last) if last.isdigit() or _is_key(last) else path
    if kind == "missing":
        return path, f"is missing{_allowed(field)}"
    given = "" if isinstance(value, Mapping | BaseModel) else f"= {shown(value)}: "
    if kind in _NUMBERS or kind in _BOUNDS or kind.startswith(("int_", "float_")):
        whole = (
            "a whole number" if kind.startswith("int") else "a number" if kind in _NUMBERS else ""
        )
        words = range_words(*_bounds(field)) if field else ""
        number = as_number(value) if isinstance(value, str) else ""
        hint = f"; write {number}, without quotes" if number else ""
        return (
            path,
            (
                f"{given}must be "
                f"{', '.join(part for part in (whole, words) if part)}{_unit(field)}{hint}"
            ),
        )
    if kind in ("literal_error", "enum"):
        known = field.choices if field else ()
        if len(known) == 1:
            return path, f"{given}must be {known[0]!r}"
        return (
            path,
            (
                f"{given}must be one of "
                f"{one_of(known) or details['ctx']['expected']}{nearest(value, known)}"
            ),
        )
    plain = {
        "string_type": "must be text",
        "bool_type": "must be true or false",
        "tuple_type": "must be a list",
        "list_type": "must be a list",
        "dict_type": "must be a table",
        "model_type": "must be a table",
        "model_attributes_type": "must be a table",
    }
    if kind == "string_type" and isinstance(value, date):
        return path, f'{given}must be text; a month is written "{value:%Y-%m}"'
    if kind == "value_error":
        words = str(details["ctx"]["error"])
        return path, words if words.startswith(shown(value)) else given + words
    return path, given + plain.get(kind, details["msg"][:1].lower() + details["msg"][1:])


def _is_key(part: str) -> bool:
    return part.replace("_", "").replace("-", "").isalnum()


def _field_at(
    model: type[BaseModel], place: tuple[str | int, ...]
) -> tuple[type[BaseModel], LeverField | None]:
    """Return the model and field that a pydantic path ends in.

    The field is None for an unknown key.
    """
    field: LeverField | None = None
    for part in place:
        if part in model.model_fields:
            info = model.model_fields[str(part)]
            field = LeverField.of(str(part), info)
            inner = [
                item
                for item in (info.annotation, *get_args(info.annotation))
                if isinstance(item, type)
            ]
            model = next((item for item in inner if issubclass(item, BaseModel)), model)
    return model, field


def _unit(field: LeverField | None) -> str:
    return f" ({field.unit})" if field and field.unit else ""


def _bounds(field: LeverField) -> tuple[float | None, float | None]:
    return field.allowed or (None, None)


def _allowed(field: LeverField | None) -> str:
    return (
        f": a value {range_words(*field.allowed)}{_unit(field)}" if field and field.allowed else ""
    )


def _expanded(model: type[Policy], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a policy with members in place of the names of groups of countries.

    Each member is there once.
    """
    from sim.data import group_named

    expanded = dict(fields)
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
            expanded[name] = tuple(dict.fromkeys(code for members in codes for code in members))
    return expanded


def _membership_problems(
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


def _nearest_member(kind: str, item: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """Return what a wrong code may mean.

    Names, and codes of countries within a group, are understood.
    """
    from sim.data import group_named, groups

    what = "no country of the model" if kind == "countries" else "no lab of the model"
    for code, others in known.items():
        if item.casefold() in (code.casefold(), *(other.casefold() for other in others)):
            return f"{what}; did you mean {code!r} ({others[0]})?"
    by_name = {others[0]: code for code, others in known.items()}
    hint = nearest(item, known) or nearest(item, by_name)
    if kind != "countries":
        return f"{what}{hint or '; such as ' + one_of(list(known)[:3])}"
    group = group_named(item)
    if (
        group is not None
    ):  # only where one country is asked for: lists have had their groups replaced
        return f"a group of countries; name one of them: {one_of(group.members)}"
    names = [group.name for group in groups()]
    hint = nearest(item, names) or hint
    few = f"; such as {one_of(list(known)[:3])}, or a group: {one_of(names)}"
    return f"{what}{hint or few}; openstakes list countries shows all"
