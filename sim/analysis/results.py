"""What a finished sweep holds: cases, outcomes, and series by pair of draw and replication.

Only the columns asked for are read, part by part, so memory depends on the question and not on the
sweep. Which runs share a part depends on how the sweep went, so nothing here may depend on it, not
even the rounding of a sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.comparison import Floats, PairIndex
from sim.analysis.titles import Titled
from sim.messages import nearest, one_of
from sim.months import month_index, month_name
from sim.sweep.design import STATED, Case, Design
from sim.sweep.parts import Failure, Part
from sim.sweep.store import HELD, Store

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome
    from sim.scenario.scenario import Scenario

FEWEST_CASES = 8
"""Cases over which a batch is spread at least: what is worked out of one takes several times it."""


class Results(Titled):
    """The runs of a sweep, read by case and outcome; KeyError for one that is not there.

    Parameters
    ----------
    store, design
        Finished parts, and what was asked for.
    variant
        Which points of the design are meant: the scenarios as stated, or their twins without
        assumed responses.
    described
        What is known of each outcome. Default: `sim.model.outcomes.OUTCOMES`.

    Attributes
    ----------
    cases : list of Case
        Scenarios with their lever values, the reference first. Without levers a case has its
        scenario's name.
    scenarios : list of Scenario
        The scenario of each case.
    against : str
        Name of the reference.
    draws, replications, seed : int
        As asked for. Arrays have one row per pair of a draw and a replication (`pair_index`). Runs
        that failed are nan in arrays and left out of statistics.
    """

    def __init__(
        self,
        store: Store,
        design: Design,
        *,
        variant: str = STATED,
        described: Mapping[str, Outcome] | None = None,
    ) -> None:
        self.store = store
        self.design = design
        self._places = [i for i, case in enumerate(design.cases) if case.variant == variant]
        self.cases: list[Case] = [design.cases[i] for i in self._places]
        self.scenarios: list[Scenario] = [case.under({}) for case in self.cases]
        self.against = self.cases[0].name
        self.draws = len(design.draws)
        self.replications = design.replications
        self.seed = design.seed
        self._variant = variant
        self._given = described
        self._by_name = {case.name: i for i, case in enumerate(self.cases)}

    # What there is

    @property
    def finished(self) -> int:
        """How many runs finished, of `design.runs`."""
        return sum(len(part.runs) for part in self.store.parts.values())

    @property
    def pairs(self) -> int:
        """Number of paired differences behind each statistic: draws times replications."""
        return self.pair_index.count

    @property
    def pair_index(self) -> PairIndex:
        """Which row of an array is which draw and replication."""
        return PairIndex(self.draws, self.replications)

    @property
    def unit(self) -> str:
        """What statistics are taken over: "pairs", or with one draw "replications"."""
        return "pairs" if self.draws > 1 else "replications"

    @property
    def interval_holds(self) -> str:
        """What intervals hold: "chance" between runs, or with several draws parameters too."""
        return "chance and parameters" if self.draws > 1 else "chance"

    @property
    def failures(self) -> list[Failure]:
        """Runs that failed, with scenario, replication, seed and traceback."""
        return self.store.failures()

    def case(self, name: str) -> Case:
        """Return a case: a scenario with its lever values.

        Parameters
        ----------
        name
            Name of the case.

        Returns
        -------
        Case
            With `against`, the name of its reference.
        """
        return self.cases[self._place(name)]

    def scenario(self, name: str) -> Scenario:
        """Return the scenario of a case.

        Parameters
        ----------
        name
            Name of the case.

        Returns
        -------
        Scenario
            With the lever values of the case, and parameters as stated where they are not drawn.
        """
        return self.scenarios[self._place(name)]

    def _place(self, name: str) -> int:
        if name not in self._by_name:
            known = list(self._by_name)
            raise KeyError(
                f"no scenario {name!r} in this study; it has {one_of(known)}{nearest(name, known)}"
            )
        return self._by_name[name]

    def points(self, name: str) -> list[str]:
        """Return the ids of a case's design points.

        Parameters
        ----------
        name
            Name of the case.

        Returns
        -------
        list of str
            One for each draw; equal where draws make no difference to a case.
        """
        return self.design.points[self._places[self._place(name)]]

    def months(self, name: str) -> list[str]:
        """Return the months of a case that were kept.

        Parameters
        ----------
        name
            Name of the case.

        Returns
        -------
        list of str
            As "YYYY-MM", in order.
        """
        months = [month_name(i) for i in range(self.scenario(name).months)]
        return [months[i] for i in self.design.keep.chosen(months)]

    def outcomes(self) -> list[str]:
        """Return the names of the outcomes that were kept.

        Returns
        -------
        list of str
            In the order of the world's series; empty if no run finished.
        """
        return list(self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        for part in self.store.parts.values():
            if part.runs:
                return self.store.outcomes(part)
        return ()

    def outcome(self, name: str) -> Outcome:
        """Return what is known of an outcome.

        Parameters
        ----------
        name
            Name of an outcome (`openstakes list outcomes`).

        Returns
        -------
        Outcome
            With label, unit, measure, definition, kind ("share", "level" or "difference") and
            direction (+1 where more is better).

        Raises
        ------
        KeyError
            If there is no such outcome.
        """
        if self._given is None:
            from sim.model.outcomes import OUTCOMES

            self._given = OUTCOMES
        if name not in self._given:
            raise KeyError(f"no outcome {name!r}{nearest(name, self._given)}")
        return self._given[name]

    def _chosen(self, outcomes: Sequence[str] | None) -> list[str]:
        if isinstance(outcomes, str):
            outcomes = [outcomes]
        chosen = self.outcomes() if outcomes is None else list(outcomes)
        unknown = [name for name in chosen if name not in self._names]
        if unknown:
            raise KeyError(
                f"no outcome {unknown[0]!r} in this study{nearest(unknown[0], self._names)}"
            )
        return chosen

    # Series

    def values(self, scenario: str, outcome: str) -> NDArray[np.float32]:
        """Return an outcome of a case.

        Parameters
        ----------
        scenario
            Name of a case.
        outcome
            Name of an outcome that was kept.

        Returns
        -------
        ndarray of float32, shape (pair, month kept)
            In the outcome's unit; nan for runs that failed. `pair_index` tells draws from
            replications.
        """
        (outcome,) = self._chosen([outcome])
        return self.series(scenario, [outcome])[outcome]

    def batches(self, outcomes: Sequence[str]) -> Iterator[list[str]]:
        """Yield outcomes in batches that the store holds while one case after another is read.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept.

        Yields
        ------
        list of str
            Some of them, in their order.
        """
        months = max(len(self.months(case.name)) for case in self.cases)
        series = max(FEWEST_CASES, len(self.design.cases)) * self.design.pairs
        size = max(1, HELD // (np.dtype(np.float32).itemsize * series * months))
        for i in range(0, len(outcomes), size):
            yield list(outcomes[i : i + size])

    def series(self, scenario: str, outcomes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return several outcomes of a case, read together.

        Parameters
        ----------
        scenario
            Name of a case.
        outcomes
            Names of outcomes that were kept.

        Returns
        -------
        dict
            An array as in `values` for each outcome.
        """
        outcomes = self._chosen(outcomes)
        found = np.full(
            (len(outcomes), self.design.pairs, len(self.months(scenario))), np.nan, np.float32
        )
        for pairs, series in self.read(scenario, outcomes):
            found[:, pairs] = series.transpose(2, 0, 1)
        return dict(zip(outcomes, found, strict=True))

    def read(
        self, scenario: str, outcomes: Sequence[str]
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield a case's runs part by part.

        Parameters
        ----------
        scenario
            Name of a case.
        outcomes
            Names of outcomes that were kept.

        Yields
        ------
        pairs : list of int
            Which pairs the runs are of: rows of `values`.
        series : ndarray of float32, shape (run, month kept, outcome)
            In the outcomes' units.

        Raises
        ------
        StoreError
            If a part is damaged.
        """
        points, row_of = self.points(scenario), self.pair_index.row
        for part in self.store.of(points):
            rows = self.rows(scenario, part)
            pairs = [row_of(part.runs[row].draw, part.runs[row].replication) for row in rows]
            yield pairs, self.store.series(part, outcomes)[rows]

    def rows(self, scenario: str, part: Part) -> list[int]:
        """Return which runs of a part are a case's own.

        Parameters
        ----------
        scenario
            Name of a case.
        part
            A part of the store.

        Returns
        -------
        list of int
            Places in `part.runs`.
        """
        points = self.points(scenario)
        return [row for row, run in enumerate(part.runs) if points[run.draw] == run.point]

    def finished_pairs(self, scenario: str) -> NDArray[np.int32]:
        """Return the pairs of a case whose runs finished.

        Parameters
        ----------
        scenario
            Name of a case.

        Returns
        -------
        ndarray of int32, shape (finished pair,)
            Rows of `values`, in order.
        """
        row_of = self.pair_index.row
        done = (
            row_of(part.runs[row].draw, part.runs[row].replication)
            for part in self.store.of(self.points(scenario))
            for row in self.rows(scenario, part)
        )
        return np.array(sorted(done), np.int32)

    def means(self, scenario: str, outcomes: Sequence[str], window: tuple[int, int]) -> Floats:
        """Return means over the months of a window that were kept.

        Parameters
        ----------
        scenario
            Name of a case.
        outcomes
            Names of outcomes that were kept.
        window
            First and last month (0 = 2023-01), as from `Study.window`.

        Returns
        -------
        ndarray of float64, shape (pair, outcome)
            In the outcomes' units; nan for runs that failed, and everywhere if no month of the
            window was kept.
        """
        found = np.full((self.design.pairs, len(outcomes)), np.nan)
        inside = [
            i
            for i, month in enumerate(self.months(scenario))
            if window[0] <= month_index(month) <= window[1]
        ]
        if not inside:
            return found
        for pairs, series in self.read(scenario, outcomes):
            # Added month by month: the order in which numpy's mean adds depends on the shape of the
            # part.
            sums = np.add.accumulate(series[:, inside], axis=1, dtype=np.float64)[:, -1]
            found[pairs] = sums / len(inside)
        return found
