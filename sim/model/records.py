"""Records of a world that belong to no single agent: parts of its state, and what a run leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.model.uptake import Curve
from sim.vocabulary import BLOCS, ORIGINS, PAYERS

MONTHS_OF_COSTS = 12


@dataclass(slots=True)
class Derivatives:
    """What developers build on open weights.

    Attributes
    ----------
    stock, tainted : array (family,)
        Derivatives by the family they build on, and those that carry an undetected compromise.
    flow : array (family,)
        Applications built this month.
    value : list of lists of float (origin, bloc)
        Value of the applications built this month.
    """

    stock: np.ndarray
    tainted: np.ndarray
    flow: np.ndarray
    value: list[list[float]]

    @classmethod
    def none(cls, families: int) -> Derivatives:
        """Nothing has been built yet."""
        value = [[0.0] * len(BLOCS) for _ in ORIGINS]
        return cls(np.zeros(families), np.zeros(families), np.zeros(families), value)

    def shares(self) -> np.ndarray:
        """Share of each family in the stock: array (family,); 0 while there is none."""
        total = self.stock.sum()
        return self.stock / total if total > 0.0 else np.zeros_like(self.stock)


@dataclass(slots=True)
class Ledger:
    """Money: what the law costs once, and what use earns.

    Attributes
    ----------
    one_off : list of (month, payer, USD)
        One-off costs of the last 12 months.
    usd_per_unit : float
        Revenue of a unit of use at full price, USD a year.
    """

    one_off: list[tuple[int, str, float]] = field(default_factory=list)
    usd_per_unit: float = 0.0

    def begin_month(self, month: int) -> None:
        """Forget costs older than 12 months."""
        self.one_off = [entry for entry in self.one_off if entry[0] > month - MONTHS_OF_COSTS]

    def by_payer(self) -> dict[str, float]:
        """One-off costs of the last 12 months by payer, USD."""
        costs = dict.fromkeys(PAYERS, 0.0)
        for _, payer, usd in self.one_off:
            costs[payer] += usd
        return costs


@dataclass(slots=True)
class MonthCounts:
    """What is counted in one month.

    Attributes
    ----------
    audits : dict of str to float
        Compromises found by audits ("detections"), false alarms, and compromised releases found by
        scans ("scanned").
    crisis_loss : float
        Exposure that a crisis turned into loss, share of critical use.
    idea_gains : list of float (origin,)
        Efficiency gained by all labs, by where it came from, OOM.
    """

    audits: dict[str, float] = field(
        default_factory=lambda: {"detections": 0.0, "false_alarms": 0.0, "scanned": 0.0}
    )
    crisis_loss: float = 0.0
    idea_gains: list[float] = field(default_factory=lambda: [0.0] * len(ORIGINS))


@dataclass(slots=True)
class History:
    """What was observed so far.

    Attributes
    ----------
    curves : list of Curve (family,)
    readings : array (outcome,)
        This month's outcomes, in the order of OUTCOMES.
    rows : list of float32 arrays (outcome,)
        The same of every month.
    half_years : list of float32 arrays (country, channel, 4)
        Use by country every June and December (see :func:`sim.model.uptake.use_by_country`).
    """

    curves: list[Curve]
    readings: np.ndarray = field(default_factory=lambda: np.zeros(0))
    rows: list[np.ndarray] = field(default_factory=list)
    half_years: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Series:
    """What a run leaves behind.

    Attributes
    ----------
    names, months : tuple of str
    values : float32 array (month, name)
    moments : tuple of str
        Every June and December so far, and the last month.
    countries : float32 array (moment, country, channel, 4)
        Use of AI (share of people, or of what the channel can take up), US, Chinese and other share
        of it.
    panel : int array (country, channel), adopters behind each of these
    """

    names: tuple[str, ...]
    months: tuple[str, ...]
    values: np.ndarray
    moments: tuple[str, ...]
    countries: np.ndarray
    panel: np.ndarray

    def __repr__(self) -> str:
        names, months = len(self.names), self.months
        return f"<Series of {names} outcomes, {months[0]} to {months[-1]}: .values[month, outcome]>"
