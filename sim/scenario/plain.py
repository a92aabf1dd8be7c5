"""Values of scripts, as a file would hold them.

numpy's numbers and arrays, ranges and paths become plain values.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from numbers import Integral, Real

from sim.messages import shown
from sim.scenario.toml import DEEPEST, MOST_VALUES, Key, dotted

ALLOWED = "must be text, true or false, a number, a list or a table"


def plain(value: object, problems: list[str], key: Key = ()) -> object:
    """Return a value as the tables, lists, texts and numbers that a file would hold.

    Numbers, arrays and texts of numpy, other arrays with ``tolist``, ranges, dates and paths are
    understood; None is kept.

    Parameters
    ----------
    value
        Anything.
    problems
        What is not understood is added here with its key path, and becomes None.
    key
        Path of the value.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        return str(text) if isinstance(text, str) else _refused(value, problems, key, ALLOWED)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            return _refused(value, problems, key, "must be a finite number")
    if isinstance(year := getattr(value, "year", None), int):
        # Dates of Python and pandas. A file may hold one too: what it was given for refuses it.
        return date(year, value.month, value.day)  # type: ignore[attr-defined]
    if len(key) > DEEPEST:
        return _refused(value, problems, key[:3], f"nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return {
            str(name): plain(below, problems, (*key, _text(name, problems, key)))
            for name, below in value.items()
        }
    if hasattr(value, "tolist"):
        if getattr(value, "size", 0) > MOST_VALUES:
            return _refused(value, problems, key, f"has more than {MOST_VALUES} values")
        found = value.tolist()
        same = type(found) is type(value)  # numpy's complex numbers of 128 bits are their own
        return _refused(value, problems, key, ALLOWED) if same else plain(found, problems, key)
    if isinstance(value, list | tuple | range):
        if key and key[-1].endswith("]"):
            return _refused(value, problems, key, "a list of lists is not used in these files")
        if value[MOST_VALUES:]:
            return _refused(value, problems, key, f"has more than {MOST_VALUES} values")
        return [
            plain(below, problems, (*key[:-1], f"{key[-1] if key else ''}[{i}]"))
            for i, below in enumerate(value)
        ]
    return _refused(value, problems, key, ALLOWED)


def _text(name: object, problems: list[str], key: Key) -> str:
    """Return the name of a value in a table; what is no text is a problem."""
    if not isinstance(name, str):
        problems.append(f"{dotted((*key, shown(name)))}: a key must be text")
    return str(name)


def _refused(value: object, problems: list[str], key: Key, words: str) -> object:
    """Say what is wrong with a value, and leave nothing in its place."""
    problems.append(f"{dotted(key)} = {shown(value)}: {words}")
    return None
