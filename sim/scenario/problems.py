"""Problems of a scenario's values: key paths, and sentences with what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from math import inf
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.messages import as_number, nearest, one_of, shown
from sim.model.parameters import PARAMETERS
from sim.policies import LEVERS
from sim.policies.base import LeverField, Policy
from sim.scenario.toml import dotted

Problem = tuple[tuple[str, ...], str]
"""Key path and what is wrong with the value there."""

MONTH_WORDS = 'a month such as "2026-01"'

_NUMBERS = (
    "int_type",
    "float_type",
    "int_from_float",
    "int_parsing",
    "float_parsing",
    "int_parsing_size",
)
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")


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


def validation_problems(
    error: ValidationError, model: type[BaseModel], key: tuple[str, ...] = ()
) -> list[Problem]:
    """Return pydantic's errors in the words of this program."""
    problems: list[Problem] = []
    found = error.errors(include_url=False)
    for details in found:
        inside = (other["loc"][: len(details["loc"])] for other in found if other is not details)
        if details["type"] == "too_short" and details["loc"] in inside:
            continue  # a wrong item is left out before items are counted
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
    table = f"must be a table, such as [{dotted(path)}]"
    plain = {
        "string_type": f"must be {month_words(value)}" if _is_month(field) else "must be text",
        "bool_type": "must be true or false",
        "tuple_type": f"must be a list{_example(value, field)}",
        "list_type": f"must be a list{_example(value, field)}",
        "too_short": f"must name at least one{_example(value, field)}",
        "dict_type": table,
        "model_type": table,
        "model_attributes_type": table,
    }
    if kind == "value_error":
        words = str(details["ctx"]["error"])
        return path, words if words.startswith(shown(value)) else given + words
    return path, given + plain.get(kind, details["msg"][:1].lower() + details["msg"][1:])


def month_words(value: object) -> str:
    """Return what a month is, with an example: the month of a date, if one was given."""
    return f'a month such as "{value:%Y-%m}"' if isinstance(value, date) else MONTH_WORDS


def _is_month(field: LeverField | None) -> bool:
    return field is not None and field.unit == "YYYY-MM"


def _example(value: object, field: LeverField | None) -> str:
    """Return a list that may have been meant: of the text given, or of what the field takes."""
    known = field.default if field and isinstance(field.default, tuple) else ()
    items = [value] if isinstance(value, str) else [*known, *(field.choices if field else ())]
    return f" such as [{json.dumps(items[0], ensure_ascii=False)}]" if items else ""


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
