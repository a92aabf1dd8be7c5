"""Tables, numbers and frames of the generated pages, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

NOTE = (
    "<!-- Written by docs/build.py from the code. "
    "Do not edit: change the code and run `make docs`. -->"
)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [
        list(heads),
        ["---"] * len(heads),
        *([cell.replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(x: float) -> str:
    """A number with at most six digits, large ones with thousands apart."""
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if abs(x) >= 1e6:
        return f"{x:.4g}".replace("e+0", "e").replace("e+", "e")
    text = f"{x:,.4f}".rstrip("0").rstrip(".") if abs(x) >= 0.001 or x == 0 else f"{x:g}"
    return text.replace(",", " ").replace("-", "−")


def span(low: float, high: float) -> str:
    """A range in words."""
    return f"{number(low)} to {number(high)}"


def code(name: object) -> str:
    """A name in code type."""
    return f"`{name}`"


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join((NOTE, f"# {title}", *parts)) + "\n"
