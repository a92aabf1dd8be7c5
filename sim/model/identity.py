"""Identity: the permanent number of what a table names, by which its random draws are keyed.

It follows from the name and not from the row, so that a row more or less changes nobody else's
luck.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

import numpy as np


@cache
def identity(name: str) -> int:
    """Return the number of a name (a lab's slug, a country's code): 62 bits of its hash."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "little") >> 2


def identities(names: Iterable[str]) -> np.ndarray:
    """Return the number of each name: uint64 array."""
    return np.array([identity(name) for name in names], np.uint64)
