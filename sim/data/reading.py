"""How tables are read: into records, so that every complaint names file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

FOLDER = Path(__file__).parent

_T = TypeVar("_T")


class DataError(ValueError):
    """A table of facts is missing, damaged or inconsistent."""


def head_lines(table: str) -> tuple[str, ...]:
    """Return the comment lines at the head of a table, without their ``#``.

    Parameters
    ----------
    table : str
        Name of the table, one of :data:`TABLES`.
    """
    return tuple(line[1:].strip() for line in _lines(table) if line.startswith("#"))


def _lines(table: str) -> list[str]:
    path = FOLDER / f"{table}.csv"
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise DataError(f"{table}.csv is missing from {FOLDER}") from None
    except UnicodeDecodeError:
        raise DataError(f"{table}.csv is not UTF-8 text") from None


def read(
    table: str, row: type[_T], checks: Mapping[str, Callable[[str], None]] | None = None
) -> tuple[_T, ...]:
    """Read a table into records, one per line.

    Parameters
    ----------
    table
        Name of the table.
    row
        Its record (`sim.data.rows`); the header must hold its fields in their order.
    checks
        By column: what refuses a text that no row of another table answers to, by a ValueError that
        says what is expected.

    Raises
    ------
    DataError
        With file, line and column, if the table is missing or damaged.
    """
    columns = tuple(field.name for field in fields(row))  # type: ignore[arg-type]
    lines = _lines(table)
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(lines[first:], strict=True)
    records: list[_T] = []
    try:
        header = tuple(next(reader, ()))
        if header != columns:
            raise DataError(
                f"{table}.csv, line {first + 1}: expected the columns {', '.join(columns)}; got "
                f"{', '.join(header)}"
            )
        for texts in reader:
            place = f"{table}.csv, line {first + reader.line_num}"
            if len(texts) != len(columns):
                raise DataError(f"{place}: expected {len(columns)} fields, got {len(texts)}")
            by_column = dict(zip(columns, texts, strict=True))
            _check(place, checks or {}, by_column)
            records.append(_record(place, row, by_column))
    except csv.Error as error:
        raise DataError(f"{table}.csv, line {first + reader.line_num}: {error}") from None
    if not records:
        raise DataError(f"{table}.csv has no rows")
    return tuple(records)


def _check(place: str, checks: Mapping[str, Callable[[str], None]], texts: dict[str, str]) -> None:
    for column, check in checks.items():
        try:
            check(texts[column])
        except ValueError as error:
            raise _refused(place, column, str(error), texts[column]) from None


def _refused(place: str, column: str, expected: str, text: str) -> DataError:
    return DataError(f"{place}, column {column}: expected {expected}, got {text!r}")


def known(what: str, words: Container[str]) -> Callable[[str], None]:
    """Return the check of a column whose words are keys of another table.

    Parameters
    ----------
    what
        What is expected, for people: ``codes of countries.csv``.
    words
        The keys.
    """

    def check(text: str) -> None:
        if not all(word in words for word in text.split()):
            raise ValueError(what)

    return check


def _record(place: str, row: type[_T], texts: dict[str, str]) -> _T:
    try:
        return row(**texts)
    except ValidationError as error:
        first = error.errors()[0]
    expected = str(first["ctx"]["error"])  # every column's own reader says what it takes
    if not first["loc"]:
        raise DataError(f"{place}: expected {expected}")
    column = str(first["loc"][0])
    raise _refused(place, column, expected, texts[column])


def unique(table: str, what: str, keys: Sequence[object]) -> None:
    """Refuse a table in which a key appears twice."""
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise DataError(f"{table}.csv: {what} {key!r} appears more than once")
        seen.add(key)
