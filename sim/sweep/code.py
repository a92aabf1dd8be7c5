"""The code that decides a number, as a digest: results of one digest are results of one model.

What counts is the syntax of the modules that can change a number, and the rows of the tables they
read. Docstrings, comments, layout, the messages of errors and the head lines of tables (source,
licence) do not count, so that a reworded sentence refuses nobody's results.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]

DECIDES = (
    "vocabulary.py",
    "months.py",
    "data",
    "model",
    "policies",
    "scenario/scenario.py",
    "scenario/files.py",
    "scenario/overlay.py",
    "scenario/differences.py",
    "sweep/design.py",
    "sweep/draws.py",
    "sweep/levers.py",
    "sweep/distributions.py",
    "sweep/forks.py",
    "sweep/runs.py",
    "sweep/sampling.py",
)
"""Modules and folders that can change a number.

The model with its words, months and tables; how scenario files are laid over each other, and their
defaults; how levers and draws become worlds, and which months they share.
"""


@lru_cache(maxsize=4)
def code_digest(entries: tuple[str, ...] = DECIDES) -> str:
    """Return 16 hexadecimal digits of some code, the same on every Python.

    Parameters
    ----------
    entries
        Modules and folders of the package. Default: the code that decides a number.
    """
    digest = hashlib.sha256()
    for path in _files(entries):
        text = path.read_text(encoding="utf-8")
        name, said = (
            path.relative_to(PACKAGE).as_posix(),
            _program if path.suffix == ".py" else _rows,
        )
        digest.update(f"{name}\n{said(text)}".encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=256)
def _program(text: str) -> str:
    """Return what a module does, as one text."""
    words: list[str] = []
    _syntax(ast.parse(text), words)
    return "\n".join(words)


def _rows(text: str) -> str:
    """Return the rows of a table without its head."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Return a digest of the same files byte by byte.

    A worker makes it at once, to see whether it has the driver's.
    """
    digest = hashlib.sha256()
    for path in _files(DECIDES):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(PACKAGE).as_posix()} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]


def _files(entries: tuple[str, ...]) -> Iterator[Path]:
    for entry in entries:
        place = PACKAGE / entry
        if place.is_file():
            yield place
        else:
            yield from sorted(path for path in place.rglob("*") if path.suffix in (".py", ".csv"))


def _syntax(node: Any, words: list[str]) -> None:
    """Add a syntax tree to a list of words, without docstrings and without what an error says.

    ``ast.dump`` writes empty fields on some versions of Python and not on others; here they are
    left out.
    """
    if isinstance(node, list):
        for item in node:
            if not _is_text(item):
                _syntax(item, words)
    elif not isinstance(node, ast.AST):
        words.append(repr(node))
        return
    else:
        content = node.__dict__
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            content = {"exc": node.exc.func}
        words.append(type(node).__name__)
        for name in node._fields:
            value = content.get(name)
            if value is not None and value != [] and name != "ctx":
                words.append(name)
                _syntax(value, words)
    words.append(")")


def _is_text(node: Any) -> bool:
    """Whether a statement is a text that stands alone: a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
