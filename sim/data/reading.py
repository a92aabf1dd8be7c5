"""How tables are read: field by field, so that every complaint names file, line and column."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parent

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_DATE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-(?:0[1-9]|[12]\d|3[01])")
_T = TypeVar("_T")


class DataError(ValueError):
    """A table of facts is missing, damaged or inconsistent."""


class Row:
    """One line of a table, read field by field; every complaint names file, line and column."""

    __slots__ = ("_fields", "_line", "_table")

    def __init__(self, table: str, line: int, fields: dict[str, str]) -> None:
        self._table = table
        self._line = line
        self._fields = fields

    def fail(self, column: str, expected: str) -> DataError:
        return DataError(
            f"{self._table}.csv, line {self._line}, column {column}: expected {expected}, got {self._fields[column]!r}"
        )

    def text(self, column: str) -> str:
        value = self._fields[column]
        if not value or value != value.strip():
            raise self.fail(column, "text without blanks around it")
        return value

    def one_of(self, column: str, allowed: tuple[str, ...]) -> str:
        value = self._fields[column]
        if value not in allowed:
            raise self.fail(column, f"one of {', '.join(allowed)}")
        return value

    def number(self, column: str, low: float = -math.inf, high: float = math.inf) -> float:
        try:
            value = float(self._fields[column])
        except ValueError:
            raise self.fail(column, "a number") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise self.fail(column, f"a number from {low:g} to {high:g}")
        return value

    def maybe(self, column: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        return self.number(column, low, high) if self._fields[column] else None

    def whole(self, column: str, low: int, high: int) -> int:
        value = self._fields[column]
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise self.fail(column, f"a whole number from {low} to {high}")
        return int(value)

    def flag(self, column: str) -> bool:
        return self.one_of(column, ("0", "1")) == "1"

    def words(self, column: str) -> tuple[str, ...]:
        return tuple(self._fields[column].split())

    def month(self, column: str) -> int:
        found = _MONTH.fullmatch(self._fields[column])
        if not found:
            raise self.fail(column, "a month such as 2023-01")
        return 12 * (int(found[1]) - 2023) + int(found[2]) - 1

    def day(self, column: str) -> str:
        if not _DATE.fullmatch(self._fields[column]):
            raise self.fail(column, "a date such as 2025-06-30")
        return self._fields[column]

    def date(self, column: str, month_column: str) -> str:
        found = _DATE.fullmatch(self._fields[column])
        if not found or found[1] != self._fields[month_column]:
            raise self.fail(column, f"a date within {self._fields[month_column]}")
        return self._fields[column]


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


def read(table: str, columns: tuple[str, ...], build: Callable[[Row], _T]) -> tuple[_T, ...]:
    """Read a table, check its header against ``columns`` and build one record per line."""
    lines = _lines(table)
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(lines[first:], strict=True)
    records: list[_T] = []
    try:
        header = tuple(next(reader, ()))
        if header != columns:
            raise DataError(
                f"{table}.csv, line {first + 1}: expected the columns {', '.join(columns)}; got {', '.join(header)}"
            )
        for fields in reader:
            line = first + reader.line_num
            if len(fields) != len(columns):
                raise DataError(f"{table}.csv, line {line}: expected {len(columns)} fields, got {len(fields)}")
            records.append(build(Row(table, line, dict(zip(columns, fields, strict=True)))))
    except csv.Error as error:
        raise DataError(f"{table}.csv, line {first + reader.line_num}: {error}") from None
    if not records:
        raise DataError(f"{table}.csv has no rows")
    return tuple(records)


def unique(table: str, what: str, keys: list[object]) -> None:
    """Refuse a table in which a key appears twice."""
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise DataError(f"{table}.csv: {what} {key!r} appears more than once")
        seen.add(key)
