"""Where the values of a scenario came from, and in what two scenarios differ: the commands show and diff."""

from __future__ import annotations

from typing import Any

from sim.scenario import Scenario, differences

Origins = dict[str, str]
"""The file (or ``--set``, or "default") that gave a value, by key path."""


def annotated(scenario: Scenario, origins: Origins) -> str:
    """Return a scenario as a file that needs no other, its id and the source of each value as comments."""
    table = scenario.as_table()
    lines = [f"# id {scenario.id}"]
    for name, value in table.items():
        if not isinstance(value, dict):
            lines.append(_line(name, value, origins[name]))
    for name, value in table.items():
        if not isinstance(value, dict):
            continue
        tables = {name: value} if name in ("horizon", "parameters") else {f"{name}.{key}": value[key] for key in value}
        for head, below in tables.items():
            lines += ["", f"[{head}]", *(_line(key, item, origins[f"{head}.{key}"]) for key, item in below.items())]
    return "\n".join(lines) + "\n"


def compared(a: tuple[Scenario, Origins], b: tuple[Scenario, Origins]) -> list[dict[str, Any]]:
    """Return one row for each key path in which two scenarios differ: both values (None: absent) and their sources."""
    return [
        {"key": key, "a": left, "b": right, "a_from": a[1].get(key), "b_from": b[1].get(key)}
        for key, left, right in differences(a[0], b[0])
    ]


def _line(name: str, value: object, source: str) -> str:
    """Return ``name = value  # source`` as TOML; the value may take several lines."""
    import tomli_w

    return f"{tomli_w.dumps({name: value}, multiline_strings=True).rstrip()}  # {source}"


def as_json(scenario: Scenario, origins: Origins) -> dict[str, Any]:
    """Return a scenario, its id and the source of each value as plain content."""
    return {"id": scenario.id, "scenario": scenario.as_table(), "origins": origins}
