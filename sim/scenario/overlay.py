"""Scenario tables laid over each other: flat key paths that remember the file of each value."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sim.messages import ScenarioError, is_unsafe, nearest, shown
from sim.scenario.plain import ALLOWED, plain
from sim.scenario.toml import LONGEST_LINE, Key, content_problems, dotted

LABELS = ("name", "title", "question", "description", "modelled", "not_modelled", "sources")
"""Texts for people: they belong to the file that says them, and do not change a run."""

EVERY_POLICY = ("policy", "*")
"""In an override: every policy of the scenario whose lever has the field.

Not those that the status quo has too.
"""

EXACT = 2.0**53
"""Floats below it hold every whole number."""

_REMOVABLE = ("policy", "parameters", "crisis", "assumptions")


@dataclass(frozen=True)
class Entry:
    """One value and the file (or ``--set``) that gave it.

    For a policy's lever also the one it replaced.
    """

    value: object
    source: str
    instead_of: Entry | None = None


Layer = dict[Key, Entry]
"""Values by key path.

An empty table is a value of its own, so that ``[policy.x]`` alone is not lost.
"""


def flatten(table: Mapping[str, object], source: str) -> Layer:
    """Return a nested table as a layer."""
    layer: Layer = {}
    waiting: list[tuple[Key, object]] = [((name,), value) for name, value in table.items()]
    for key, value in waiting:  # grows while it is read
        if isinstance(value, dict) and value:
            waiting.extend(((*key, name), below) for name, below in value.items())
        else:
            layer[key] = Entry(value, source)
    return layer


def nest(layer: Layer) -> dict[str, object]:
    """Return a layer as nested tables, lists as tuples."""
    table: dict[str, object] = {}
    for key, entry in layer.items():
        place: dict[str, object] = table
        for name in key[:-1]:
            below = place.setdefault(name, {})
            assert isinstance(below, dict)
            place = below
        if isinstance(entry.value, dict):
            place.setdefault(key[-1], {})
        else:
            place[key[-1]] = tuple(entry.value) if isinstance(entry.value, list) else entry.value
    return table


def lay(below: Layer, above: Layer) -> Layer:
    """Return `below` covered by `above`: a value replaces the value or table at its path.

    A policy whose lever changes starts afresh, since the fields of another lever mean nothing to
    it.
    """
    merged = dict(below)
    above = dict(above)
    for key, entry in above.items():
        known = below.get(key)
        if known is not None and len(key) == 3 and key[0] == "policy" and key[2] == "lever":
            if known.value != entry.value:
                _drop(merged, key[:2])
            above[key] = replace(
                entry, instead_of=known if known.value != entry.value else known.instead_of
            )
    tables = {key[:length] for key in merged for length in range(1, len(key))}
    for key, entry in above.items():
        for length in range(1, len(key)):
            merged.pop(key[:length], None)
            tables.add(key[:length])
        if key in tables:
            if entry.value == {}:
                continue
            _drop(merged, key)
        merged[key] = entry
    return merged


def remove(layer: Layer, items: object, source: str) -> list[str]:
    """Take ``remove = ["policy.x"]`` out of a layer, in place; return the problems."""
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        return [
            (
                f"{source}: remove = {shown(items)}: must be a list of texts, such as "
                '["policy.chips-2023-11"]'
            )
        ]
    problems = []
    for item in items:
        key = tuple(item.split(".", 1))
        if key[0] not in _REMOVABLE or not any(_covers(key, other) for other in layer):
            known = {".".join(other[:2]) for other in layer if other[0] in _REMOVABLE}
            problems.append(
                f"{source}: remove: {shown(item)} is not in the "
                f"scenario{nearest(item, sorted(known))}"
            )
        else:
            _drop(layer, key)
    return problems


def from_settings(settings: Iterable[str] | Mapping[str, object]) -> tuple[list[Layer], list[str]]:
    """Return one layer for each setting and the problems.

    Parameters
    ----------
    settings
        Texts ``path=value``, of which the value is read as TOML, else taken as text; or values by
        path, as scripts have them (`sim.scenario.plain`).
    """
    layers: list[Layer] = []
    problems: list[str] = []
    for written, key, value in (
        _valued(settings, problems) if isinstance(settings, Mapping) else _parsed(settings)
    ):
        if not all(key):
            problems.append(
                f"--set {shown(written)}: must be written path=value, such as "
                f"policy.NAME.strength=0.5"
            )
        elif len(written) > LONGEST_LINE or len(key) > 4 or is_unsafe(written):
            problems.append(
                f"--set {shown(written)}: too long, too deep or with control or bidi characters"
            )
        else:
            table = _table(key, value)
            problems.extend(f"--set: {problem}" for problem in content_problems(table))
            layers.append(flatten(table, "--set"))
    return layers, problems


def _parsed(settings: Iterable[str]) -> Iterator[tuple[str, Key, object]]:
    """Yield each text ``path=value`` with its key path and its value."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        value = _value(text.strip()) if len(setting) <= LONGEST_LINE else text
        yield setting, _path(path) if equals else ("",), value


def _valued(
    settings: Mapping[str, object], problems: list[str]
) -> Iterator[tuple[str, Key, object]]:
    """Yield the path of each value, its key path and the value as a file would hold it.

    A value that a file cannot hold is a problem.
    """
    for path, given in settings.items():
        found: list[str] = []
        value = plain(given, found, (str(path),))
        if value is None and not found:
            found.append(f"{dotted((str(path),))} = None: {ALLOWED}")
        problems.extend(f"--set: {problem}" for problem in found)
        if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
            value = int(value)  # arithmetic makes floats; a field of fractions takes both
        if not found:
            yield str(path), _path(str(path)), value


def _path(text: str) -> Key:
    return tuple(part.strip() for part in text.strip().split("."))


def combine(layers: Iterable[Layer]) -> tuple[Layer, list[str]]:
    """Return several overrides as one layer.

    Two that set the same key are a problem, whatever they say.
    """
    values: Layer = {}
    empty: Layer = {}
    below: dict[Key, Entry] = {}
    problems = []
    for layer in layers:
        own = {key: entry for key, entry in layer.items() if entry.value != {}}
        empty.update({key: entry for key, entry in layer.items() if entry.value == {}})
        for key, entry in own.items():
            above = (key[:length] for length in range(1, len(key) + 1))
            earlier = next((values[short] for short in above if short in values), below.get(key))
            if earlier is not None:
                problems.append(_set_twice(key, entry, earlier))
        values.update(own)
        below.update(
            {key[:length]: entry for key, entry in own.items() for length in range(1, len(key))}
        )
    return lay(empty, values), problems


def spread(override: Layer, policies: Mapping[str, Collection[str]]) -> list[str]:
    """Write what an override says of every policy into each that has the field, in place.

    That is its table ``[policy."*"]``.

    Parameters
    ----------
    override
        Values to be laid over a scenario.
    policies
        Fields of each policy of the scenario that is meant.

    Returns
    -------
    list of str
        Problems: no policy has the field, or the override sets it for one policy by name as well.
    """
    problems = []
    for key in [key for key in override if key[:2] == EVERY_POLICY]:
        entry = override.pop(key)
        if len(key) != 3:
            problems.append(
                f"{entry.source}: {dotted(key)}: must be a table of plain fields, such as strength "
                f"= 0.5"
            )
            continue
        having = [name for name, fields in policies.items() if key[2] in fields]
        if not having:
            hint = nearest(
                key[-1], sorted({field for fields in policies.values() for field in fields})
            )
            problems.append(
                f"{entry.source}: {dotted(key)}: no policy of the scenario has such a field "
                f"beside those of the status quo, which are changed by name{hint}"
            )
        for own in [("policy", name, key[2]) for name in having]:
            if own in override:
                problems.append(_set_twice(own, override[own], entry))
            override[own] = entry
    return problems


def sources(layer: Layer) -> dict[Key, str]:
    """Return where each value, and the last value of each table, came from."""
    found: dict[Key, str] = {}
    for key, entry in layer.items():
        for length in range(1, len(key) + 1):
            found[key[:length]] = entry.source
    return found


def refuse(problems: list[str]) -> None:
    """Raise ScenarioError if there are problems."""
    if problems:
        raise ScenarioError(problems)


def _set_twice(key: Key, entry: Entry, earlier: Entry) -> str:
    return (
        f"{entry.source}: {dotted(key)} = {shown(entry.value)}: already set to "
        f"{shown(earlier.value)} by {earlier.source}; two overrides may not set one key"
    )


def _covers(short: Key, long: Key) -> bool:
    return long[: len(short)] == short


def _drop(layer: Layer, key: Key) -> None:
    """Remove a key path and everything below it."""
    for other in [other for other in layer if _covers(key, other)]:
        del layer[other]


def _table(key: Key, value: object) -> dict[str, object]:
    table = {key[-1]: value}
    for name in reversed(key[:-1]):
        table = {name: table}
    return table


def _value(text: str) -> object:
    """Return a value as TOML reads it, else the text itself."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"]
