"""Months: text ``YYYY-MM`` at the edges, integers inside (0 is January 2023)."""

from __future__ import annotations

import re
from functools import lru_cache

FIRST_YEAR = 2023
MONTH_RULE = "([0-9]{4})-(0[1-9]|1[0-2])"
_MONTH = re.compile(MONTH_RULE)


@lru_cache(maxsize=4096)
def month_index(text: str) -> int:
    """Number of a month: ``"2026-01"`` gives 36.

    Raises
    ------
    ValueError
        If the text is no month.
    """
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a month; write YYYY-MM, for example 2026-01")
    return (int(match[1]) - FIRST_YEAR) * 12 + int(match[2]) - 1


def month_name(index: int) -> str:
    """Text of a month: 36 gives ``"2026-01"``."""
    return f"{FIRST_YEAR + index // 12:04d}-{index % 12 + 1:02d}"
