"""A study as its report sees it: whatever the page needs of the study is read once and kept.

Pictures, tables and sentences are all made from a `View`, so that they cannot differ. Shares are in
percent and differences of shares in percentage points: the unit in which they are printed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric, wording
from sim.analysis.comparison import Floats, chance_alone
from sim.months import month_index

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.countries import MapShares
    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome
    from sim.scenario.scenario import Scenario

Cell = tuple[str, str]
"""Names of a scenario and an outcome."""

CHANCE = "chance"
"""What an interval holds that leaves parameters out; in the files `interval_holds`."""

LEVELS = (rubric.INTERVAL[0], 0.25, 0.5, 0.75, rubric.INTERVAL[1])
"""Ends of the 90 % band, ends of the 50 % band and the median."""


@dataclass(frozen=True)
class Paired:
    """The paired differences from the reference over the months compared, in the printed unit."""

    levels: tuple[float, ...]
    word: str
    chance: tuple[float, ...] = ()
    """Levels of chance alone, where draws were run several times."""

    @property
    def median(self) -> float:
        """The middle one."""
        return self.levels[2]

    def over(self, divisor: float) -> Paired:
        """Return the same in larger units."""
        levels, chance = (tuple(x / divisor for x in own) for own in (self.levels, self.chance))
        return replace(self, levels=levels, chance=chance)


@dataclass(frozen=True)
class View:
    """Whatever a report needs of a study, read when it is first asked for and kept.

    Parameters
    ----------
    study
        Finished runs. What is called a scenario here is a case: with levers, one for each value.
    """

    study: Study
    _bands: dict[Cell, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)
    _chance: dict[Cell, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)
    _ends: dict[Cell, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)
    _paired: dict[Cell, Paired] = field(default_factory=dict, init=False, repr=False, compare=False)
    _shares: dict[str, MapShares] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def against(self) -> str:
        """Name of the reference."""
        return self.study.against

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios, the reference first."""
        return (self.against, *self.policies)

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Names of the scenarios that are compared with the reference."""
        return tuple(policies(self.study))

    def title(self, name: str) -> str:
        """Return what people read in place of a scenario's name (`Results.titles`)."""
        return self.study.titles[name]

    @cached_property
    def reference(self) -> Scenario:
        """The scenario with which all others are compared."""
        return self.study.scenario(self.against)

    @cached_property
    def without_assumed(self) -> View | None:
        """The same with all assumed responses at 0, or None if that was not run."""
        twin = self.study.without_assumed
        return None if twin is None else View(twin)

    def present(self, outcomes: Sequence[str]) -> list[str]:
        """Return those of the outcomes that the study holds, in the order asked for."""
        return [name for name in outcomes if name in self._held]

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset(self.study.outcomes())

    @cached_property
    def table(self) -> pd.DataFrame:
        """Result of `Study.table`."""
        return self.study.table()

    @cached_property
    def rows(self) -> Mapping[Cell, Any]:
        """Rows of `table` by scenario and outcome, columns as attributes."""
        return {(row.scenario, row.outcome): row for row in records(self.table)}

    @cached_property
    def rubric(self) -> list[Any]:
        """Rows of `Study.rubric`, columns as attributes."""
        return records(self.study.rubric())

    @cached_property
    def chain(self) -> list[Any]:
        """Rows of `Study.chain`, columns as attributes."""
        return records(self.study.chain())

    @cached_property
    def actors(self) -> list[Any]:
        """Rows of `Study.actors`, columns as attributes."""
        return records(self.study.actors())

    @cached_property
    def country_changes(self) -> list[Any]:
        """Rows of `Study.country_changes`, columns as attributes."""
        return records(self.study.country_changes())

    def months(self, name: str) -> NDArray[np.int_]:
        """Return the months of a scenario that were kept (0 = 2023-01), in order."""
        return np.array([month_index(month) for month in self.study.months(name)], int)

    def bands(
        self, outcomes: Sequence[str], scenarios: Sequence[str] | None = None
    ) -> dict[Cell, Floats]:
        """Return the five levels of outcomes in each month that was kept.

        Counts of a month are small and noisy: they enter as means of the last twelve months.

        Parameters
        ----------
        outcomes
            Names of outcomes that the study holds.
        scenarios
            Names of scenarios. Default: all.

        Returns
        -------
        dict
            Array (`LEVELS`, month kept) of each scenario and outcome, printed unit.
        """
        chosen = self.names if scenarios is None else scenarios
        for scenario in chosen:
            missing = [
                name for name in dict.fromkeys(outcomes) if (scenario, name) not in self._bands
            ]
            for name, series in self.study.series(scenario, missing).items() if missing else ():
                outcome, values = self.study.outcome(name), series.astype(float)
                smooth = yearly(values) if is_count(outcome) else values
                levels, k = quantiles(smooth), wording.factor(outcome)
                self._bands[scenario, name] = levels * k
                if self.replicated:
                    around = quantiles(chance_alone(smooth, self.study.pair_index))
                    self._chance[scenario, name] = (around + levels[2]) * k
                self._ends[scenario, name] = values[:, -1] * k
        return {
            (scenario, name): self._bands[scenario, name]
            for scenario in chosen
            for name in outcomes
        }

    @property
    def replicated(self) -> bool:
        """Whether draws were run several times, so that chance alone can be told."""
        return self.study.draws > 1 and self.study.replications > 1

    def chance(self, scenario: str, outcome: str) -> Floats | None:
        """Return the levels of chance alone around the median: array (`LEVELS`, month kept).

        None if draws were not run several times.
        """
        self.bands([outcome], [scenario])
        return self._chance.get((scenario, outcome))

    def at_the_end(self, outcomes: Sequence[str]) -> dict[Cell, Floats]:
        """Return outcomes of each scenario in its last month: arrays (pair,), printed unit."""
        self.bands(outcomes)
        return {(one, name): self._ends[one, name] for one in self.names for name in outcomes}

    def paired(self, outcomes: Sequence[str]) -> dict[Cell, Paired]:
        """Return the paired differences of outcomes from the reference.

        Parameters
        ----------
        outcomes
            Names of outcomes that the study holds.

        Returns
        -------
        dict
            Those of each policy scenario and outcome, over the pairs of a draw and a replication.
        """
        cells = [(scenario, name) for scenario in self.policies for name in outcomes]
        missing = list(
            dict.fromkeys(name for scenario, name in cells if (scenario, name) not in self._paired)
        )
        for scenario in self.policies if missing else ():
            for name, pairs in self.study.paired_differences(scenario, missing).items():
                self._paired[scenario, name] = self._in_words(self.rows[scenario, name], pairs)
        return {cell: self._paired[cell] for cell in cells}

    def _in_words(self, row: Any, pairs: Floats) -> Paired:
        k, levels = wording.factor(self.study.outcome(row.outcome)), quantiles(pairs)
        word = row.word if self.study.pairs > 1 else ""
        found = Paired(tuple(map(float, levels * k)), word)
        if not self.replicated:
            return found
        around = quantiles(chance_alone(pairs, self.study.pair_index))
        return replace(found, chance=tuple(map(float, (around + levels[2]) * k)))

    def map_shares(self, scenario: str) -> MapShares:
        """Return shares of use by country (see `Study.map_shares`)."""
        if scenario not in self._shares:
            self._shares[scenario] = self.study.map_shares(scenario)
        return self._shares[scenario]


def policies(study: Study) -> list[str]:
    """Return the names of a study's scenarios but the reference."""
    return [case.name for case in study.cases if case.name != study.against]


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame, columns as attributes."""
    return list(frame.itertuples(index=False))


def quantiles(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the five levels over runs (first axis) that are not missing; nan if all are."""
    if np.isfinite(values).all():
        return np.asarray(np.quantile(values, LEVELS, axis=0), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(values, LEVELS, axis=0), dtype=float)


def is_count(outcome: Outcome) -> bool:
    """Tell whether an outcome counts events of a month."""
    return outcome.unit.endswith(" a month")


def yearly(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means of the last twelve months, of fewer at the start: array (run, month)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    ends = np.arange(1, values.shape[1] + 1)
    starts = np.maximum(ends - 12, 0)
    return np.asarray((total[:, ends] - total[:, starts]) / (ends - starts), dtype=float)
