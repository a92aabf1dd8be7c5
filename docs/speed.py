"""The README's section on speed, from what `make bench` measured last."""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.rounds import digits
from docs.tables import table

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "benchmarks" / "output" / "bench.json"
ROWS = {
    "run": "Run, 6,000 adopters",
    "plain_mesa_6000": "In plain Mesa",
    "first_result": "First result",
    "memory_1000000": "Memory, 1,000,000 adopters",
}
"""Figures that the README shows, and their names there."""
SECTION = re.compile(r"(?<=^## Speed\n\n).*?(?=^## )", re.MULTILINE | re.DOTALL)


def speed() -> str:
    """Return the section: a table, and the machine."""
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))
    missing = [key for key in ROWS if key not in measured["figures"]]
    if missing:
        raise SystemExit(f"{FIGURES.name} lacks {', '.join(missing)}: run `make bench`")
    figures = [measured["figures"][key] for key in ROWS]
    rows = zip(ROWS.values(), map(shown, figures), strict=True)
    machine = f"{measured['machine']['processor']}, Python {measured['machine']['python']}"
    source = f"`make bench`: [all figures]({FIGURES.relative_to(ROOT).as_posix()})"
    busy = " (on a busy machine)" if any("busy" in figure for figure in figures) else ""
    return f"{table(('', machine), rows)}\n\n{source}{busy}.\n\n"


def shown(figure: dict) -> str:
    """Return a figure as text."""
    value = digits(figure["value"])
    return f"× {value}" if figure["unit"] == "x" else f"{value} {figure['unit']}"


def readme() -> str:
    """Return the README with the section as it should be."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return SECTION.sub(lambda found: speed(), text, count=1)
