"""Sentences on the tables of an experiment: numbers and directions as they stand in its CSV files.

Directions come from the column `sign`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from docs.tables import code, table
from sim.analysis.wording import MINUS, fixed, signed
from sim.model.outcomes import OUTCOMES
from sim.vocabulary import FACTORS

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
BETTER, WORSE, HIGHER, LOWER = "better", "worse", "higher", "lower"
UNKNOWN, EVEN = "cannot tell", "no material change"
WORDS = {
    "++": BETTER, "+": BETTER, "0": EVEN, "?": UNKNOWN, "-": WORSE, "--": WORSE, "higher": HIGHER,
    "lower": LOWER,
}  # fmt: skip
"""The word of each sign."""
Row = dict[str, str]


@lru_cache
def rows(name: str, file: str) -> tuple[Row, ...]:
    """The rows of a table that belongs to an experiment."""
    path = EXPERIMENTS / name / "expected" / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def label(factor: str) -> str:
    """A factor as it stands in a sentence."""
    first, _, rest = factor.partition("_")
    return (
        f"{first} ({rest})"
        if first == "progress"
        else factor.replace("_", " ").replace("chinese", "Chinese")
    )


def listed(parts: Iterable[str]) -> str:
    """Several in a row: a, b and c."""
    found = list(parts)
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def effect(row: Row) -> str:
    """The size of a change with its interval; what leaves 0 has no percentage."""
    if not all(row[key] for key in ("median", "low", "high")):
        return "from none in some draws"
    unit = {"points": "points", "percent": "%"}.get(row["scale"], row.get("unit", ""))
    middle, low, high = (fixed(float(row[key]), 1) for key in ("median", "low", "high"))
    return f"{signed(middle)} {unit}, {low} to {high}"


def titled(row: Row) -> str:
    """The title of a case."""
    return row.get("title") or row["scenario"]


def by_word(found: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the word of their sign."""
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(WORDS[row["sign"]], []).append(row)
    return groups


def across(found: Sequence[Row], subject: str) -> str:
    """One outcome under several cases, in a sentence."""
    groups = by_word(found)
    said = [
        f"{word} under " + listed(f"{titled(row)} ({effect(row)})" for row in groups[word])
        for word in (BETTER, WORSE, HIGHER, LOWER)
        if word in groups
    ]
    if UNKNOWN in groups:
        said.append(f"{UNKNOWN} under {listed(map(titled, groups[UNKNOWN]))}")
    if EVEN in groups:
        said.append(f"{EVEN} under {others(map(titled, groups[EVEN]), len(found))}")
    return f"{subject}: {'; '.join(said)}."


def others(names: Iterable[str], of_all: int) -> str:
    """The names of up to two, else how many there are."""
    there = list(names)
    if len(there) < 3:
        return listed(there)
    return f"all {len(there)}" if len(there) == of_all else f"the other {len(there)}"


def alone(found: Sequence[Row], subject: str) -> str:
    """One case on several factors, in a sentence."""
    groups = by_word(found)
    said = [
        f"{word} on " + listed(f"{label(row['factor'])} ({effect(row)})" for row in groups[word])
        for word in (BETTER, WORSE)
        if word in groups
    ]
    if UNKNOWN in groups:
        said.append(f"{UNKNOWN} on {listed(label(row['factor']) for row in groups[UNKNOWN])}")
    if EVEN in groups:
        names = [label(row["factor"]) for row in groups[EVEN]]
        said.append(f"{EVEN} on {others(names, len(found))}")
    return f"{subject}: {'; '.join(said)}."


def of(found: Iterable[Row], **values: str) -> list[Row]:
    """Rows whose columns have these values."""
    return [row for row in found if all(row[key] == value for key, value in values.items())]


def signs_table(name: str) -> str:
    """Every sign of an experiment: a row for each case, a column for each factor."""
    found = rows(name, "rubric")
    signs = {(row["scenario"], row["factor"]): row["sign"] for row in found}
    titles = {row["scenario"]: titled(row) for row in found}
    cells = [
        (title, *(code(signs[case, factor].replace("-", MINUS)) for factor in FACTORS))
        for case, title in titles.items()
    ]
    return table(("", *(label(factor) for factor in FACTORS)), cells)


def outcome_lines(name: str, names: Sequence[str] = ()) -> Iterator[str]:
    """A sentence on each outcome of an experiment's table that has a sign."""
    found = rows(name, "table")
    for outcome in names or dict.fromkeys(row["outcome"] for row in found):
        there = [row for row in of(found, outcome=outcome) if row["sign"]]
        if there:
            yield across(there, OUTCOMES[outcome].label)


def count(number: int, of_all: int) -> str:
    """So many of so many."""
    return f"{number} of {of_all}"
