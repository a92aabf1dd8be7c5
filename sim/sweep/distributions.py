"""Uncertain numbers: what may be uncertain, by which law, and draws checked against their cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from sim.messages import nearest, shown
from sim.model.parameters import PARAMETERS
from sim.scenario.problems import range_words
from sim.scenario.toml import dotted
from sim.sweep.design import Case, Design
from sim.sweep.draws import Draws
from sim.sweep.sampling import (
    Choice,
    Law,
    LogUniform,
    Range,
    Uniform,
    of_whole_numbers,
    parameter_range,
)

EVERY = "*"
LAWS = ("uniform", "log-uniform", "choice")
FORMS = "{ uniform = [low, high] }, { log-uniform = [low, high] } or { choice = [...] }"
MOST_CHOICES = 1000


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be uncertain.

    The values allowed, and its 5, 50 and 95 % points if it states them.
    """

    bounds: tuple[float, float]
    range: Range | None
    whole: bool = False


def known_numbers(cases: Iterable[Case]) -> dict[str, Number]:
    """Return what may be uncertain by name: parameters, and the numbers of cases' policies."""
    found = {
        name: Number(parameter.bounds, parameter_range(name))
        for name, parameter in PARAMETERS.items()
    }
    for case in cases:
        for name, policy in case.scenario.policy.items():
            for field in policy.lever_fields.values():
                path = f"policy.{name}.{field.name}"
                if path in found or field.allowed is None or field.default is None:
                    continue
                points = None
                if field.likely:
                    low, high = map(float, field.likely)
                    points = Range(low, float(field.default), high, field.allowed)
                found[path] = Number(field.allowed, points, field.whole)
    return found


def check_form(given: object) -> None:
    """Refuse what is no law.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    if given == "range":
        return
    if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in LAWS:
        raise ValueError(f'= {shown(given)}: must be "range", {FORMS}')
    ((name, values),) = given.items()
    if not isinstance(values, list | tuple) or not all(map(_is_number, values)):
        raise ValueError(f"has {name} = {shown(values)}: must be a list of finite numbers")
    if name == "choice":
        if not 0 < len(values) <= MOST_CHOICES:
            raise ValueError(
                f"has choice = {shown(values)}: must be a list of 1 to {MOST_CHOICES} numbers"
            )
    elif len(values) != 2 or not values[0] < values[1]:
        raise ValueError(
            f"has {name} = {shown(values)}: must be [low, high], the low end below the high end"
        )
    elif name == "log-uniform" and values[0] <= 0:
        raise ValueError(f"has log-uniform = {shown(values)}: both ends must be above 0")


def laws(
    numbers: Mapping[str, object], known: Mapping[str, Number]
) -> tuple[dict[str, Law], list[str]]:
    """Return the law of each uncertain number by name, in the order of the names, and problems.

    Parameters
    ----------
    numbers
        "range" or a table for each name (see `check_form`); ``"*" = "range"`` stands for all
        parameters.
    known
        What may be uncertain.
    """
    found: dict[str, Law] = {}
    problems = []
    if EVERY in numbers:
        if numbers[EVERY] != "range":
            problems.append(f'uncertainties.numbers."*" = {shown(numbers[EVERY])}: must be "range"')
        found.update({name: parameter_range(name) for name in PARAMETERS})
    for name, given in numbers.items():
        if name == EVERY:
            continue
        key = dotted(("uncertainties", "numbers", name))
        if name not in known:
            problems.append(f"{key}: unknown{nearest(name, known)}")
            continue
        bounds, whole = known[name].bounds, known[name].whole
        law = known[name].range if given == "range" else _law(given)
        if law is None:
            problems.append(f"{key}: states no range; write {FORMS}")
            continue
        stated = law.values if isinstance(law, Choice) else (law.low, law.high)
        low, high = min(stated), max(stated)
        if given != "range" and not bounds[0] <= low <= high <= bounds[1]:
            problems.append(
                f"{key} takes values from {low:.6g} to {high:.6g}: must be {range_words(*bounds)}"
            )
        if given != "range" and whole:
            fractions = [value for value in stated if not value.is_integer()]
            problems.extend(
                f"{key} has {value!r}: must be a whole number" for value in fractions[:1]
            )
        found[name] = of_whole_numbers(law) if whole and not isinstance(law, Choice) else law
    return dict(sorted(found.items())), problems


def _law(given: object) -> Uniform | LogUniform | Choice:
    assert isinstance(given, Mapping)
    ((name, values),) = given.items()
    if name == "choice":
        return Choice(tuple(map(float, values)))
    low, high = map(float, values)
    return LogUniform(low, high) if name == "log-uniform" else Uniform(low, high)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def draw_problems(
    draws: Draws, known: Mapping[str, Number], cases: Iterable[Case]
) -> Iterator[str]:
    """Yield numbers that are drawn and set as well, and drawn values that are not allowed."""
    for column, name in enumerate(draws.names):
        low, high = float(draws.values[:, column].min()), float(draws.values[:, column].max())
        bounds = known[name].bounds
        if not bounds[0] <= low <= high <= bounds[1]:
            yield (
                f"uncertainties: {name} takes values from {low:.6g} to {high:.6g}: "
                f"must be {range_words(*bounds)}"
            )
    for name, case_name in numbers_set(cases).items():
        if name in draws.names:
            yield f"{name} is uncertain, and set by case {case_name!r} too; keep one of the two"


def settled(design: Design) -> list[str]:
    """Return parameters that a sweep over uncertain numbers does not draw, since a case sets them.

    They are set by a scenario or a lever.
    """
    if not design.draws.names:
        return []
    return [name for name in sorted(numbers_set(design.cases)) if name in PARAMETERS]


def numbers_set(cases: Iterable[Case]) -> dict[str, str]:
    """Return the numbers that cases set themselves, and the first case that does.

    They are the levers, by their paths, and the parameters that scenarios give a value of their
    own, by their names, as in draws.
    """
    found: dict[str, str] = {}
    for case in cases:
        for path in (*case.levers, *case.scenario.parameters):
            found.setdefault(path.removeprefix("parameters."), case.name)
    return found
