"""Over which months a case is compared with its reference."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

FIRST, LAST = 13, 60
"""Months after the start that are compared, the start itself being month 1."""

Window = tuple[int, int]
"""First and last month (0 = 2023-01)."""


def window(reference: Scenario, other: Scenario) -> Window:
    """Return the months over which a scenario is compared (see `Study.window`)."""
    from sim.scenario.differences import first_difference

    last = min(reference.months, other.months) - 1
    start = first_difference(reference, other)
    if start is None:
        return 0, last
    first = start + FIRST - 1
    return (first, min(start + LAST - 1, last)) if first <= last else (min(start, last), last)


def overlap(windows: Collection[Window]) -> Window | None:
    """Return the months that all windows hold, or None if there is none."""
    first, last = max(first for first, _ in windows), min(last for _, last in windows)
    return (first, last) if first <= last else None


def span(windows: Collection[Window]) -> Window:
    """Return all months from the first of any window to the last of any."""
    return min(first for first, _ in windows), max(last for _, last in windows)
