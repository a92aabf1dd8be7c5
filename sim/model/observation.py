"""How the table of outcomes is read each month, by a world and by Mesa's data collector."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from sim.model.outcomes import OUTCOMES

if TYPE_CHECKING:
    from sim.model.world import World

_OWN = {row.name: row.function for row in OUTCOMES.values() if row.cell is None}
_TABLES = tuple(dict.fromkeys(row.function for row in OUTCOMES.values() if row.cell is not None))


def measure(world: World) -> np.ndarray:
    """Every outcome of the month in the order of OUTCOMES, float64; a function is called once."""
    own = [function(world) for function in _OWN.values()]
    tables = [np.asarray(function(world)) for function in _TABLES]
    read = np.concatenate((own, *tables), axis=None)
    return read[_places(tuple([table.shape for table in tables]))]


@lru_cache(maxsize=1)
def _places(shapes: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """Where each outcome stands when outcomes of their own and all tables are laid end to end."""
    places = {name: i for i, name in enumerate(_OWN)}
    first = len(_OWN)
    for function, shape in zip(_TABLES, shapes, strict=True):
        for row in OUTCOMES.values():
            if row.function is function and row.cell is not None:
                places[row.name] = first + int(np.ravel_multi_index(row.cell, shape))
        first += prod(shape)
    return np.array([places[name] for name in OUTCOMES])


def _reading(column: int) -> Callable[[World], float]:
    """A reporter of one outcome.

    Some of Mesa's data collectors call plain functions only, no partial ones.
    """

    def read(world: World) -> float:
        return world.history.readings.item(column)

    return read


REPORTERS: dict[str, str | Callable[[World], float]] = {
    "month": "month_text",
    "seed": "seed",
    **{
        name: _reading(column)
        for column, (name, row) in enumerate(OUTCOMES.items())
        if row.headline
    },
}
"""What Mesa's data collector keeps of each month."""
