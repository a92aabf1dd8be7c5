"""Tables and numbers of the pages on the calibration and the hind-cast, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; no cell holds a bar."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(x: float) -> str:
    """Return a number with three digits, or all of those before the point."""
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}".replace("-", "−")


def span(low: float, high: float) -> str:
    """Return a range in words."""
    return f"{number(low)} to {number(high)}"
