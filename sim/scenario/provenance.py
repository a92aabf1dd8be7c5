"""Where a scenario's values came from, where two scenarios differ: the commands show and diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.scenario.differences import differences
from sim.scenario.scenario import Scenario

Origins = dict[str, str]
"""The file (or ``--set``, or "default") that gave a value, by key path."""


def annotated(scenario: Scenario, origins: Origins) -> str:
    """Return a scenario as a file that needs no other.

    Its id and the source of each value are comments.
    """
    return "\n".join([f"# id {scenario.id}", *_lines("", scenario.as_table(), origins)]) + "\n"


def compared(a: tuple[Scenario, Origins], b: tuple[Scenario, Origins]) -> list[dict[str, Any]]:
    """Return a row for each key path in which two scenarios differ: both values and sources.

    A value that is absent is None.
    """
    return [
        {"key": key, "a": left, "b": right, "a_from": a[1].get(key), "b_from": b[1].get(key)}
        for key, left, right in differences(a[0], b[0])
    ]


def _lines(head: str, table: Mapping[str, Any], origins: Origins) -> Iterator[str]:
    """Yield a table as lines of TOML, ``name = value  # source``.

    A value may take several lines.
    """
    import tomli_w

    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    if head and (plain or not table):
        yield from ("", f"[{head}]")
    paths = {name: f"{head}.{name}" if head else name for name in table}
    for name, value in plain.items():
        written = tomli_w.dumps({name: value}, multiline_strings=True).rstrip()
        yield f"{written}  # {origins[paths[name]]}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _lines(paths[name], value, origins)
