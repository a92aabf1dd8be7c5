"""What validation.md says of the patterns, from what `benchmarks/patterns.py` printed last."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRINTED = ROOT / "benchmarks" / "output" / "patterns.txt"
PAGE = ROOT / "docs" / "explanation" / "validation.md"
SECTION = re.compile(r"(?<=^### What was found\n\n).*?(?=^## )", re.MULTILINE | re.DOTALL)


def found() -> list[str]:
    """Return the sentences that were printed under the tables."""
    lines = PRINTED.read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if re.match(r"T\d\b", line)]
    if not said:
        raise SystemExit(f"{PRINTED.name} says nothing: run `python docs/record.py patterns`")
    return said


def validation() -> str:
    """Return the page of validation with the section as it should be."""
    section = "".join(f"* {line}\n" for line in found()) + "\n"
    return SECTION.sub(lambda _: section, PAGE.read_text(encoding="utf-8"), count=1)
