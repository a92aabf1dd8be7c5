"""How the text of a column is read, and which values it takes: what is not allowed is refused.

A reader raises a ValueError that says what is expected.
"""

from __future__ import annotations

import re
from functools import partial
from math import inf, isfinite
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from sim.months import month_name
from sim.vocabulary import ORIGINS

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_DATE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-(?:0[1-9]|[12]\d|3[01])")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Z]{3}|X(-[A-Z]+)+")


def _text(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError("text without blanks around it")
    return value


def _code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise ValueError("three capitals, or X- and capitals")
    return value


def _month(value: str) -> int:
    found = _MONTH.fullmatch(value)
    if not found:
        raise ValueError("a month such as 2023-01")
    return 12 * (int(found[1]) - 2023) + int(found[2]) - 1


def _day(value: str) -> str:
    if not _DATE.fullmatch(value):
        raise ValueError("a date such as 2025-06-30")
    return value


def _flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("one of 0, 1")
    return value == "1"


def _words(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else value


def _settings(value: str) -> tuple[tuple[str, str], ...]:
    pairs = [item.partition("=") for item in value.split()]
    if not all(_NAME.fullmatch(name) and text for name, _, text in pairs):
        raise ValueError("settings such as stringency=0.6 countries=ITA,KOR")
    return tuple((name, text) for name, _, text in pairs)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("lower-case letters, digits and _")
    return value


def _read_number(value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError("a number") from None
    if not (isfinite(number) and low <= number <= high):
        raise ValueError(f"a number from {low:g} to {high:g}")
    return number


def number(low: float = -inf, high: float = inf) -> BeforeValidator:
    """Return the reader of a finite number between two ends."""
    return BeforeValidator(partial(_read_number, low=low, high=high))


def maybe(low: float, high: float) -> BeforeValidator:
    """Return the reader of a number that may be missing."""
    return BeforeValidator(lambda value: _read_number(value, low, high) if value else None)


def whole(low: int, high: int) -> BeforeValidator:
    """Return the reader of a whole number between two ends."""

    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return BeforeValidator(read)


def one_of(*allowed: str) -> AfterValidator:
    """Return the check of a word against a list."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def some_of(*allowed: str) -> AfterValidator:
    """Return the check of one word or more against a list, none of them twice."""

    def check(words: tuple[str, ...]) -> tuple[str, ...]:
        if not words or len(set(words)) < len(words) or not set(words) <= set(allowed):
            raise ValueError(f"some of {' '.join(allowed)}, each once")
        return words

    return AfterValidator(check)


def _reach(value: str) -> float | str:
    """Read a known share, or the name of the parameter that stands for an unknown one."""
    if _NAME.fullmatch(value):
        return value
    try:
        return _read_number(value, 0, 1)
    except ValueError:
        raise ValueError("a number from 0 to 1, or the name of a parameter") from None


def _within(date: str, info: ValidationInfo) -> str:
    """Refuse a date outside its row's month."""
    month = month_name(info.data["month"]) if "month" in info.data else ""
    found = _DATE.fullmatch(date)
    if not found or found[1] != month:
        raise ValueError(f"a date within {month}")
    return date


Text = Annotated[str, AfterValidator(_text)]
Month = Annotated[int, BeforeValidator(_month)]
Day = Annotated[str, AfterValidator(_day)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Number = Annotated[float, number()]
Share = Annotated[float, number(0, 1)]
Tile = Annotated[int, whole(0, 99)]
Origin = Annotated[str, one_of(*ORIGINS)]


Code = Annotated[str, AfterValidator(_code)]
Name = Annotated[str, AfterValidator(_name)]
Settings = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_settings)]
Reach = Annotated[float | str, BeforeValidator(_reach)]
DayOfMonth = Annotated[str, AfterValidator(_within)]
