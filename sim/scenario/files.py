"""The files of a scenario: base, what extends it, overrides, assumptions, laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.messages import ScenarioError, nearest, shown
from sim.policies import LEVERS
from sim.scenario import library
from sim.scenario.overlay import (
    LABELS,
    Layer,
    combine,
    flatten,
    from_settings,
    lay,
    refuse,
    remove,
    spread,
)
from sim.scenario.problems import sentence
from sim.scenario.toml import dotted, read_toml
from sim.scenario.validation import parameter_problems

LONGEST_CHAIN = 8


def read_layer(
    name_or_path: str, overrides: Iterable[str], settings: Iterable[str] | Mapping[str, object]
) -> tuple[Layer, str, list[str]]:
    """Return the values of a scenario, each with its source, its file's name, and problems.

    Parameters
    ----------
    name_or_path, overrides, settings
        As for `sim.scenario.scenario.load`.

    Raises
    ------
    ScenarioError
        If a file cannot be read, or files and settings do not fit together.
    """
    path, beside = library.locate("scenario", name_or_path)
    layer = _chain(path, beside)
    layers = [_override(override) for override in overrides]
    set_layers, problems = from_settings(settings)
    combined, conflicts = combine([*layers, *set_layers])
    refuse(problems + conflicts)
    removed = combined.pop(("remove",), None)
    if removed is not None:
        refuse(remove(layer, removed.value, removed.source))
    problems = spread(combined, _policy_fields(lay(layer, combined)))
    layer = lay(layer, combined)
    return layer, library.label(path), problems + _assume(layer, beside)


def _chain(path: Path, beside: Path | None) -> Layer:
    """Return a file laid over all it extends, the base first."""
    tables: list[tuple[str, dict[str, Any]]] = []
    seen: list[Path] = []
    while True:
        file = library.label(path)
        table = read_toml(path, file)
        library.refuse_other("scenario", table, file)
        if path.resolve() in seen:
            raise ScenarioError(
                [f"{tables[-1][0]}: extends = {shown(tables[-1][1]['extends'])}: extends itself"]
            )
        if len(seen) == LONGEST_CHAIN:
            raise ScenarioError(
                [f"{tables[0][0]}: extends a chain of more than {LONGEST_CHAIN} files"]
            )
        seen.append(path.resolve())
        tables.append((file, table))
        if "extends" not in table:
            break
        base = table["extends"]
        if not isinstance(base, str):
            raise ScenarioError(
                [f"{file}: extends = {shown(base)}: must be the name of a scenario"]
            )
        try:
            path = library.find("scenario", base, beside)
        except ScenarioError as error:
            raise ScenarioError(
                [f"{file}: extends: {problem}" for problem in error.problems]
            ) from None
    layer: Layer = {}
    problems: list[str] = []
    for file, table in reversed(tables):
        own = {key: value for key, value in table.items() if key not in ("extends", "remove")}
        # A question belongs to the file that asks it.
        layer = {key: entry for key, entry in layer.items() if key[0] not in LABELS}
        problems.extend(remove(layer, table.get("remove", []), file))
        layer = lay(layer, flatten(own, file))
    refuse(problems)
    return layer


def _override(text: str) -> Layer:
    """Return the values of an override, a shipped one or a file.

    Name and texts say what the file is for, and are left out.
    """
    path, _ = library.locate("override", text)
    file = library.label(path)
    table = read_toml(path, file)
    if "extends" in table:
        raise ScenarioError([f"{file}: extends: an override only replaces values"])
    refuse(_name_problems(table, path, file) if "name" in table else [])
    return flatten({key: value for key, value in table.items() if key not in LABELS}, file)


def _policy_fields(layer: Layer) -> dict[str, tuple[str, ...]]:
    """Return the fields that each policy of a layer may have, by the policy's name.

    Those that the status quo has too are left out: what an override says of every policy is asked
    of a scenario's own measures, and would change what has happened.
    """
    status_quo = library.scenarios()[library.STATUS_QUO]
    held: Any = read_toml(status_quo, library.label(status_quo))["policy"]
    levers = {
        key[1]: entry.value
        for key, entry in layer.items()
        if key[0] == "policy"
        and key[2:] == ("lever",)
        and entry.value != held.get(key[1], {}).get("lever")
    }
    known = {
        name: LEVERS[lever]
        for name, lever in levers.items()
        if isinstance(lever, str) and lever in LEVERS
    }
    return {name: tuple(policy.model_fields) for name, policy in known.items()}


def _assume(layer: Layer, beside: Path | None) -> list[str]:
    """Add the values of the assumption set a layer names, in place; return the problems."""
    entry = layer.get(("assumptions",))
    # What is no text is refused with the other values.
    if entry is None or not isinstance(entry.value, str):
        return []
    try:
        path = library.find("assumptions", entry.value, beside)
    except ScenarioError as error:
        return [f"{entry.source}: {problem}" for problem in error.problems]
    file = library.label(path)
    assumed, problems = _assumed_values(path, file)
    for key, one in assumed.items():
        if key in layer and layer[key].value != one.value:
            problems.append(
                f"{layer[key].source}: {dotted(key)} = {shown(layer[key].value)}: "
                f"assumptions {entry.value!r} sets it to {shown(one.value)} ({file}); keep one of "
                f"the two"
            )
    layer.update(lay(assumed, layer))
    if path not in library.assumptions().values():
        # A scenario needs no other file: the name of a user's own set would say nothing elsewhere.
        del layer["assumptions",]
    return problems


def _assumed_values(path: Path, file: str) -> tuple[Layer, list[str]]:
    """Return the values of an assumption file and its problems.

    What its structure may say is checked with the scenario.
    """
    table = read_toml(path, file)
    known = (*LABELS, "parameters", "structure")
    problems = [
        f"{file}: {dotted((key,))}: unknown key{nearest(key, known)}"
        for key in table
        if key not in known
    ]
    problems.extend(_name_problems(table, path, file))
    found = parameter_problems(table.get("parameters", {}))
    problems.extend(f"{file}: {sentence(problem)}" for problem in found)
    values = {key: value for key, value in table.items() if key not in LABELS}
    return ({} if problems else flatten(values, file)), problems


def _name_problems(table: dict[str, object], path: Path, file: str) -> list[str]:
    """Return what is wrong with the name that an assumption set or override gives itself."""
    name = table.get("name")
    return (
        []
        if name == path.stem
        else [f"{file}: name = {shown(name)}: must be {path.stem!r}, the name of the file"]
    )
