"""Lines on stderr about what takes time and changes no result; each is written once by a process.

They are log messages of "openstakes": a program or notebook that uses the package sees them too,
unless it sets the logger otherwise. Warnings would not do: a program that turns warnings into
errors would have its run fail.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock

log = logging.getLogger("openstakes")

COMPILING = (
    "compiling the model's kernels, usually for half a minute; later runs on this machine need not"
)
UNKEPT = (
    "compiled code cannot be kept (%s), and is made again by each process; "
    "NUMBA_CACHE_DIR names another folder"
)

ALL = (COMPILING, UNKEPT)

_said: set[str] = set()


def share(unsaid: Mapping[str, Lock]) -> None:
    """Say in this process only what no other one has said.

    Parameters
    ----------
    unsaid
        A lock for each text in `ALL`, shared by processes that would all say it: the first one
        takes and keeps it.
    """
    log.addFilter(lambda record: unsaid[str(record.msg)].acquire(block=False))


def compiling() -> None:
    """Say that kernels are being compiled."""
    _once(COMPILING)


def unkept(error: Exception) -> None:
    """Say why compiled code cannot be read or kept."""
    _once(UNKEPT, f"{type(error).__name__}: {error}")


def said(text: str) -> bool:
    """Return whether this process has said one of the texts in `ALL`."""
    return text in _said


def _once(text: str, *values: str) -> None:
    if text not in _said:
        _said.add(text)
        log.warning(text, *values)
