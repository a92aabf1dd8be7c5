"""Words for what is wrong with an input: the value, what is allowed and the nearest valid name."""

from __future__ import annotations

import difflib
import heapq
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, time
from functools import lru_cache
from operator import index
from typing import Any

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST_SHOWN = 72  # the longest name with its quotes: two names never look alike in a message
MOST_SHOWN = 50
_MOST_COMPARED = 8
LARGEST_SEED = 2**63 - 1
"""Largest root seed: tables hold no larger whole number."""
_NUMBER = re.compile(r"(?P<number>[-+]?[0-9.,]+)\s*(?P<unit>%|[a-z]*)", re.IGNORECASE)
_UNITS = {
    "": 1.0,
    "%": 0.01,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
}


class ScenarioError(ValueError):
    """A scenario, override or experiment that cannot be used.

    Its text is the full message for people.

    Parameters
    ----------
    problems
        One line each: file, key path, value and what is allowed.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return self.problems[0]
        lines = [
            f"{len(self.problems)} problems:",
            *(f"  {problem}" for problem in self.problems[:MOST_SHOWN]),
        ]
        if len(self.problems) > MOST_SHOWN:
            lines.append(f"  and {len(self.problems) - MOST_SHOWN} more")
        return "\n".join(lines)


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return a whole number, Python's or numpy's, as an int.

    Raises
    ------
    ValueError
        If the value, which the message calls `name`, is anything else, true and false included, or
        out of bounds.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        span = span.replace(str(LARGEST_SEED), "2**63 - 1")
        raise ValueError(f"{name} = {shown(value)}: must be a whole number {span}")
    return number


def shown(value: object) -> str:
    """Return a value as one short printable line; control and bidi characters appear as escapes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    except ValueError:  # Python refuses to write out a number of thousands of digits
        text = "a very long number"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 4] + " ..."


def printable(text: str) -> str:
    """Return text with control, bidi and other unprintable characters as escapes.

    Line breaks stay.
    """
    parts = (
        part if part.isprintable() or part == "\n" else part.encode("unicode_escape").decode()
        for part in text
    )
    return "".join(parts)


def nearest(text: object, names: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the valid name closest to `text`, or "" if none is close."""
    word = str(text)[:100].casefold()
    candidates = {name.casefold(): name for name in names}
    likely = list(candidates)
    if len(likely) > _MOST_COMPARED:  # hundreds of long names would take difflib half a minute
        own = _pairs(word)
        likely = heapq.nlargest(
            _MOST_COMPARED, likely, key=lambda name: len(own & _pairs(name)) / (len(name) + 1)
        )
    found = difflib.get_close_matches(word, likely, n=1, cutoff=0.6)
    return f"; did you mean {candidates[found[0]]!r}?" if found else ""


@lru_cache(maxsize=4096)
def _pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters in a text."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def as_number(text: str) -> str:
    """Return how these files write a number, or "" if text is none.

    People may write it as 15%, 0,5, .5, 1,000,000 or 20 million.
    """
    found = _NUMBER.fullmatch(text.strip())
    factor = _UNITS.get(found["unit"].casefold()) if found else None
    if found is None or factor is None:
        return ""
    digits = found["number"]
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[-+]?[0-9]+,[0-9]+", digits):
        digits = digits.replace(",", ".")
    try:
        return f"{float(digits) * factor:.12g}"
    except ValueError:
        return ""


def one_of(names: Iterable[str]) -> str:
    """Return names as a short list in words, cut after twelve."""
    listed = list(names)
    words = ", ".join(listed[:12])
    return words + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def is_unsafe(text: str, *, lines: bool = False) -> bool:
    """Tell whether text holds control or bidi characters; `lines` allows line breaks and tabs."""
    allowed = "\n\t" if lines else ""
    return any(
        character not in allowed
        and (character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"))
        for character in text
    )
