"""Levers: what somebody decides, as values of scenario fields, and the cases they combine to.

A lever on a policy varies the compared scenarios that have the policy. A lever on any other field
sets the stage: it varies the reference too, and each case is compared with its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from math import isfinite, prod

from sim.messages import ScenarioError, nearest, shown
from sim.scenario.overlay import LABELS
from sim.scenario.problems import month_words
from sim.scenario.scenario import Scenario
from sim.scenario.toml import dotted
from sim.sweep.design import Case

MOST_CASES = 10_000
MOST_VALUES = 1000
ENOUGH = 20
"""Settings that cannot be used, after which no more are tried."""

SPAN = ("from", "to", "steps")
TEXTS = (*LABELS, "extends", "remove")

Value = str | bool | int | float
Loader = Callable[[str, Mapping[str, Value]], Scenario]
"""Gives a scenario of a name with values of levers, or raises ScenarioError."""


def by_path(
    table: object, own: tuple[str, ...], check: Callable[[object], object]
) -> dict[str, object]:
    """Return a table with nested tables as dotted paths, every value checked.

    ``policy.x.y`` may be written with or without quotes.

    Parameters
    ----------
    own
        Keys of a value that is itself a table.
    check
        Raises ValueError for a value that cannot be used.
    """
    if not isinstance(table, Mapping):
        raise ValueError("must be a table")
    paths: dict[str, object] = {}
    problems = []
    waiting: list[tuple[tuple[str, ...], object]] = [
        ((str(name),), value) for name, value in table.items()
    ]
    for key, value in waiting:  # grows while it is read
        path = ".".join(key)
        if isinstance(value, Mapping) and value and not set(value) & set(own):
            waiting.extend(((*key, str(name)), below) for name, below in value.items())
        elif path in paths:
            problems.append(f"{dotted(key)} is given twice")
        else:
            paths[path] = value
            try:
                check(value)
            except ValueError as error:
                problems.append(f"{dotted(key)} {error}")
    if problems:
        raise SeveralError(problems)
    return paths


class SeveralError(ValueError):
    """Several problems of one table."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def lever_values(given: object) -> list[Value]:
    """Return the values of a lever: a list, or evenly spaced ones, both ends included.

    Raises
    ------
    ValueError
        If they are neither.
    """
    if isinstance(given, Mapping):
        return _spaced(given)
    if not isinstance(given, list | tuple) or not 0 < len(given) <= MOST_VALUES:
        raise ValueError(
            f"= {shown(given)}: must be a list of 1 to {MOST_VALUES} values, or "
            f"{{ from = 0, to = 1, steps = 3 }}"
        )
    for value in given:
        if not isinstance(value, Value) or (isinstance(value, float) and not isfinite(value)):
            hint = f"; {month_words(value)} is text" if isinstance(value, date) else ""
            words = "must be text, true, false or a finite number"
            raise ValueError(f"has {shown(value)}: {words}{hint}")
    if len({text_of(value) for value in given}) < len(given):
        raise ValueError(f"= {shown(given)}: a value occurs twice")
    return list(given)


def _spaced(span: Mapping[str, object]) -> list[Value]:
    unknown = [key for key in span if key not in SPAN]
    if unknown:
        raise ValueError(
            f"has {shown(unknown[0])}: unknown key{nearest(unknown[0], SPAN)}; a span has from, "
            f"to, steps"
        )
    first, last, steps = (span.get(key) for key in SPAN)
    for key, end in (("from", first), ("to", last)):
        if isinstance(end, bool) or not isinstance(end, int | float) or not isfinite(end):
            raise ValueError(f"has {key} = {shown(end)}: must be a finite number")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= MOST_VALUES:
        raise ValueError(
            f"has steps = {shown(steps)}: must be a whole number from 2 to {MOST_VALUES}"
        )
    if first == last:
        raise ValueError(f"has from = to = {shown(first)}: the ends must differ")
    assert isinstance(first, int | float)
    assert isinstance(last, int | float)
    values = [first + (last - first) * i / (steps - 1) for i in range(steps)]
    if (
        isinstance(first, int)
        and isinstance(last, int)
        and all(value.is_integer() for value in map(float, values))
    ):
        return [int(value) for value in values]
    return [float(f"{value:.12g}") for value in values]


def text_of(value: Value) -> str:
    """Return a lever's value as it stands in the name of a case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def make_cases(
    scenarios: Sequence[str], against: str, levers: Mapping[str, Sequence[Value]], load: Loader
) -> tuple[tuple[Case, ...], list[str]]:
    """Return reference and compared scenarios under all combinations of levers, and problems.

    Parameters
    ----------
    scenarios, against
        Names of the compared scenarios and of the reference, which may be among them.
    levers
        Values by path.
    load
        Reads a scenario.
    """
    scenarios = [name for name in scenarios if name != against]
    found = _Loaded(load)
    plain = {name: found(name, {}) for name in (against, *scenarios)}
    having = {name: set(scenario.policy) if scenario else set() for name, scenario in plain.items()}
    found.problems.extend(_lever_problems(levers, [having[name] for name in scenarios]))
    own = {name: _own_levers(levers, having[name] if name != against else set()) for name in plain}
    stage = {path: values for path, values in levers.items() if not path.startswith("policy.")}
    count = prod(map(len, stage.values())) * sum(
        prod(map(len, own[name].values())) for name in plain
    )
    if count > MOST_CASES:
        found.problems.append(f"levers make {count} cases; at most {MOST_CASES}")
    elif all(plain.values()):
        for name in plain:  # each value by itself, so that each problem is said once
            for path, values in (stage | own[name]).items():
                for value in values:
                    found(name, {path: value})
    if found.problems:
        return (), found.problems
    cases = []
    short = short_names(levers)
    for setting in _combinations(stage):
        reference = _case_name(against, setting, short)
        for name in plain:
            for choice in _combinations(own[name]):
                changes = setting | choice
                scenario = found(name, changes)
                if scenario is not None:
                    cases.append(
                        Case(_case_name(name, changes, short), scenario, reference, levers=changes)
                    )
    return (() if found.problems else tuple(cases)), found.problems


class _Loaded:
    """Scenarios under lever values, each read once, and problems of those that cannot be used."""

    def __init__(self, load: Loader) -> None:
        self.problems: list[str] = []
        self._load = load
        self._known: dict[tuple[object, ...], Scenario | None] = {}
        self._failed = 0

    def __call__(self, name: str, changes: Mapping[str, Value]) -> Scenario | None:
        key = (name, json.dumps(changes))
        if key not in self._known and self._failed < ENOUGH:
            try:
                self._known[key] = self._load(name, changes)
            except ScenarioError as error:
                self._known[key] = None
                self._failed += 1
                self.problems.extend(
                    problem for problem in error.problems if problem not in self.problems
                )
        return self._known.get(key)


def _own_levers(
    levers: Mapping[str, Sequence[Value]], policies: set[str]
) -> dict[str, Sequence[Value]]:
    """Return the levers on policies that a scenario has."""
    parts = {path: path.split(".") for path in levers}
    return {
        path: levers[path]
        for path, part in parts.items()
        if part[0] == "policy" and len(part) == 3 and part[1] in policies
    }


def _lever_problems(
    levers: Mapping[str, Sequence[Value]], having: Iterable[set[str]]
) -> Iterator[str]:
    """Yield levers that could not change anything."""
    policies = sorted(set().union(*having))
    for path in levers:
        key, parts = dotted(("levers", path)), path.split(".")
        if parts[0] == "policy" and len(parts) != 3:
            yield f"{key}: a lever on a policy is written policy.NAME.FIELD"
        elif parts[0] == "policy" and parts[1] not in policies:
            yield (
                f"{key}: no compared scenario has a policy "
                f"{shown(parts[1])}{nearest(parts[1], policies)}"
            )
        elif parts[0] in TEXTS:
            yield f"{key}: cannot be a lever"


def _combinations(levers: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Yield every combination of lever values, the last lever varying fastest."""
    for values in product(*levers.values()):
        yield dict(zip(levers, values, strict=True))


def short_names(levers: Iterable[str]) -> dict[str, str]:
    """Return the end of each lever's path, as much of it as no other lever's path ends in."""
    paths = [f".{path}" for path in levers]
    return {path[1:]: _own_end(path, paths) for path in paths}


def _own_end(path: str, paths: Sequence[str]) -> str:
    parts = path.split(".")
    for at in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[at:])
        if sum(other.endswith(f".{end}") for other in paths) == 1:
            return end
    return path[1:]


def _case_name(scenario: str, changes: Mapping[str, Value], short: Mapping[str, str]) -> str:
    return " ".join(
        [scenario, *(f"{short[path]}={text_of(value)}" for path, value in changes.items())]
    )
