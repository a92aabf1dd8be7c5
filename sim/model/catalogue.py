"""The catalogue: every AI release of a world, one row each, in arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.model.kernels.upkeep import count_opened
from sim.months import month_name
from sim.vocabulary import MODES, ORIGINS

CANDIDATES = 6
NEVER = -1000
WEIGHTS_ALONE, BY_LICENCE, BY_CODE, BY_DATA = 0.4, 0.3, 0.2, 0.1
"""How far weights can be adapted: alone, and with a free licence, code and data; together 1
(judgement, each within 0.1 of its value)."""


class Columns(NamedTuple):
    """Arrays over releases; the first axis grows."""

    month: np.ndarray
    lab: np.ndarray
    draw: np.ndarray
    origin: np.ndarray
    mode: np.ndarray
    small: np.ndarray
    capability: np.ndarray
    underlying: np.ndarray
    measured: np.ndarray
    efficiency: np.ndarray
    run: np.ndarray  # log10 FLOP, 0 where unknown
    log_price: np.ndarray
    openness: np.ndarray
    weights: np.ndarray
    data: np.ndarray
    code: np.ndarray
    licence: np.ndarray
    adaptable: np.ndarray
    compromised: np.ndarray
    controlled: np.ndarray
    contained: np.ndarray
    mirrored: np.ndarray
    documented: np.ndarray
    rationale: np.ndarray
    public_finding: np.ndarray
    private_finding: np.ndarray
    clean_weight: np.ndarray
    safeguard: np.ndarray


_TYPES = {
    **dict.fromkeys(("month", "lab", "draw", "origin", "mode", "safeguard"), np.int64),
    **dict.fromkeys(
        ("small", "compromised", "contained", "mirrored", "documented", "rationale"), np.bool_
    ),
    **dict.fromkeys(("public_finding", "private_finding"), np.int8),
}


@dataclass(frozen=True, slots=True)
class Release:
    """One release as an object (a copy of its row)."""

    index: int
    name: str
    month: str
    origin: str
    mode: str
    capability: float
    openness: float


class Catalogue:
    """All releases so far, and for each slot (family, mode) its newest candidates.

    Attributes
    ----------
    columns : Columns
        Arrays with room to grow; rows up to ``len(self)`` are filled.
    candidates : int array (slots, 6)
        Newest releases of a slot, newest first, -1 where empty.
    newest : int array (slots,)
        Month of the newest release of a slot.
    """

    def __init__(self, families: int, room: int = 1024) -> None:
        self.names: list[str] = []
        self.columns = Columns(
            *(np.zeros(room, _TYPES.get(name, np.float64)) for name in Columns._fields)
        )
        self.candidates = np.full((families * len(MODES), CANDIDATES), -1, np.int64)
        self.newest = np.full(families * len(MODES), NEVER)
        # Capability and row of each slot's best candidate.
        self._best = [(-np.inf, -1)] * (families * len(MODES))

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Release:
        c = self.columns
        return Release(
            index,
            self.names[index],
            month_name(int(c.month[index])),
            ORIGINS[c.origin[index]],
            MODES[c.mode[index]],
            float(c.capability[index]),
            float(c.openness[index]),
        )

    def add(self, name: str, **row: float) -> int:
        """Add a release and make it the newest candidate of its slot; returns its row."""
        index = len(self.names)
        if index == len(self.columns.month):
            self.columns = Columns(
                *(np.concatenate((column, np.zeros_like(column))) for column in self.columns)
            )
        self.names.append(name)
        parts = row["weights"] + row["data"] + row["code"] + row["licence"]
        row["openness"] = parts / 4.0
        row["adaptable"] = row["weights"] * (
            WEIGHTS_ALONE
            + BY_LICENCE * row["licence"]
            + BY_CODE * row["code"]
            + BY_DATA * row["data"]
        )
        columns = self.columns
        for key, value in row.items():
            if value:  # what is 0 stands there
                getattr(columns, key)[index] = value
        slot = int(row["lab"]) * len(MODES) + int(row["mode"])
        self.newest[slot] = columns.month[index]
        self._offer(slot, index, row["capability"])
        return index

    def _offer(self, slot: int, index: int, capability: float) -> None:
        """Put a release first among its slot's candidates.

        The oldest goes, unless it is the most capable.
        """
        rows, last = self.candidates[slot], CANDIDATES - 1
        best, best_row = self._best[slot]
        if rows[last] == best_row:
            last -= 1
        rows[1 : last + 1] = rows[:last]
        rows[0] = index
        if capability >= best:
            self._best[slot] = capability, index

    def opened_since(self, month: int, families: int) -> np.ndarray:
        """Open releases of each family after a month."""
        c = self.columns
        return count_opened(month, (c.lab, c.mode, c.month), len(self), families)

    def column(self, name: str) -> np.ndarray:
        """One column, rows so far."""
        return getattr(self.columns, name)[: len(self)]
