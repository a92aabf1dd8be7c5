"""Records of a world that belong to no single agent: parts of its state, and what a run leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.model.uptake import Curve
from sim.vocabulary import AREAS, ORIGINS, PAYERS

MONTHS_OF_COSTS = 12


@dataclass(slots=True)
class Derivatives:
    """What developers build on open weights.

    Attributes
    ----------
    stock, tainted : array (family,)
        Derivatives by the family they build on, and those that carry an undetected compromise.
    flow : array (family,)
        Derivatives that appear on hubs this month.
    waiting, waiting_tainted : array (family,)
        Derivatives that have begun and not appeared, and those that carry a compromise.
    value : list of lists of float (origin, area)
        Value of the applications built this month.
    """

    stock: np.ndarray
    tainted: np.ndarray
    flow: np.ndarray
    waiting: np.ndarray
    waiting_tainted: np.ndarray
    value: list[list[float]]

    @classmethod
    def none(cls, families: int) -> Derivatives:
        """Nothing has been built yet."""
        value = [[0.0] * len(AREAS) for _ in ORIGINS]
        stock, tainted, flow, waiting, waiting_tainted = np.zeros((5, families))
        return cls(stock, tainted, flow, waiting, waiting_tainted, value)

    def begin(self, made: np.ndarray, tainted: np.ndarray, months: float, keep: float) -> None:
        """A month: derivatives begin, and those appear whose time has come.

        Parameters
        ----------
        made, tainted : array (family,)
            Derivatives that begin this month, and those of them that carry a compromise.
        months : float
            Mean time from the choice of a base to the derivative.
        keep : float
            Share of the stock that a month leaves.
        """
        self.waiting += made
        self.waiting_tainted += tainted
        ready = 1.0 / (1.0 + months)
        self.flow = ready * self.waiting
        self.stock = keep * self.stock + self.flow
        self.tainted = keep * self.tainted + ready * self.waiting_tainted
        self.waiting *= 1.0 - ready
        self.waiting_tainted *= 1.0 - ready

    def mend(self, family: int, left: float) -> None:
        """Mend derivatives of a family that carry a compromise, but for a share that is left."""
        self.tainted[family] *= left
        self.waiting_tainted[family] *= left

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
    families : list of float32 arrays (country, channel, family)
        Shares of families in these months, if :func:`sim.model.phases.keep_families` runs.
    """

    curves: list[Curve]
    readings: np.ndarray = field(default_factory=lambda: np.zeros(0))
    rows: list[np.ndarray] = field(default_factory=list)
    half_years: list[np.ndarray] = field(default_factory=list)
    families: list[np.ndarray] = field(default_factory=list)


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
    families : float32 array (moment, country, channel, family) or None
        Share of each lab's releases in the use, if the world was asked to keep it.
    """

    names: tuple[str, ...]
    months: tuple[str, ...]
    values: np.ndarray
    moments: tuple[str, ...]
    countries: np.ndarray
    panel: np.ndarray
    families: np.ndarray | None = None

    def __repr__(self) -> str:
        names, months = len(self.names), self.months
        return f"<Series of {names} outcomes, {months[0]} to {months[-1]}: .values[month, outcome]>"
