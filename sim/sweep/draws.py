"""Draws: values of uncertain numbers, which every case of a design meets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.messages import ScenarioError


class Draws(Sequence[Mapping[str, float]]):
    """Values of uncertain numbers: for each draw a mapping by name, all kept as one array.

    Parameters
    ----------
    names
        The uncertain numbers.
    values
        Array (draw, number).
    """

    def __init__(self, names: Iterable[str], values: NDArray[np.float64]) -> None:
        self.names = tuple(names)
        self.values = values

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, float]]) -> Draws:
        """Return draws given as mappings.

        Raises
        ------
        ScenarioError
            If there are none, or they do not hold the same numbers.
        """
        if isinstance(rows, Draws):
            return rows
        if not rows or any(row.keys() != rows[0].keys() for row in rows):
            raise ScenarioError(
                ["a design needs at least one draw, and every draw must hold the same numbers"]
            )
        names = tuple(rows[0])
        values = np.array([[row[name] for name in names] for row in rows], np.float64)
        return cls(names, values.reshape(len(rows), len(names)))

    def without(self, names: Collection[str]) -> Draws:
        """Return the same draws less some numbers."""
        left = [i for i, name in enumerate(self.names) if name not in names]
        return Draws((self.names[i] for i in left), self.values[:, left])

    def beside(self, others: Draws) -> Draws:
        """Return draws that hold the numbers of as many others too, draw by draw."""
        return Draws(
            (*self.names, *others.names), np.concatenate((self.values, others.values), axis=1)
        )

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, draw: Any) -> Any:
        if isinstance(draw, slice):
            return Draws(self.names, self.values[draw])
        return dict(zip(self.names, self.values[draw].tolist(), strict=True))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Draws)
            and self.names == other.names
            and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        return hash((self.names, len(self)))

    def __repr__(self) -> str:
        return f"<{len(self)} draws of {len(self.names)} numbers>"


CERTAIN = Draws((), np.zeros((1, 0)))
"""One draw, of nothing."""
