"""The study: what a finished sweep says, scenario against reference, paired by replication.

Only the columns asked for are read, part by part, so memory depends on the question and not on the sweep.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import rubric
from sim.months import month_name
from sim.parameters import CHANNELS, PARAMETERS
from sim.sweep.design import STATED, WITHOUT_ASSUMED, Design
from sim.sweep.store import ORIGINS, Failure, Store

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.outcomes import Outcome
    from sim.scenario import Scenario

FIRST, LAST = 13, 60
"""Months after the start that are compared, the start itself being month 1."""


Floats = NDArray[np.float64]


class MapShares(NamedTuple):
    """Shares (country, origin) at the last month, pooled over replications, and effective sample (country,)."""

    shares: Floats
    effective: Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """One outcome of one scenario against the reference: a row of `Study.table`, less its names.

    `reference`, `difference`, `low` and `high` are in the outcome's unit, averaged over the months compared; `relative`
    is the mean difference over the reference; `pairs` counts the replications that finished in both.
    """

    reference: float
    difference: float
    low: float
    high: float
    share_same_sign: float
    relative: float
    d: float
    sign: str
    pairs: int


class Study:
    """Paired analysis of a sweep.

    Parameters
    ----------
    store, design
        Finished parts, and what was asked for.
    variant
        Which points of the design are meant: the scenarios as stated, or their twins without assumed responses.
    described
        What is known of each outcome. Default: `sim.outcomes.OUTCOMES`.

    Attributes
    ----------
    scenarios : list of Scenario
        The reference first.
    against : str
        Name of the reference.
    replications, seed : int
        As asked for. Replications that failed are nan in arrays and left out of statistics.
    """

    def __init__(
        self, store: Store, design: Design, *, variant: str = STATED, described: Mapping[str, Outcome] | None = None
    ) -> None:
        self.store = store
        self.design = design
        self.scenarios: list[Scenario] = [point.scenario for point in design.points if point.variant == variant]
        self.against = self.scenarios[0].name
        self.replications = design.replications
        self.seed = design.seed
        self._variant = variant
        self._given = described
        self._by_name = {scenario.name: scenario for scenario in self.scenarios}

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Study:
        """Return the study of a results folder, every part of which is checked.

        Raises
        ------
        StoreError
            If the folder holds no results, or damaged ones.
        """
        from sim.sweep.folder import Folder

        return cls(*Folder.open(folder))

    def __repr__(self) -> str:
        names = ", ".join(scenario.name for scenario in self.scenarios)
        return f"<Study of {names}; {self.replications} replications, seed {self.seed}>"

    # What there is

    @property
    def finished(self) -> int:
        """How many runs finished, of `design.runs`."""
        return sum(len(part.replications) for part in self.store.parts.values())

    @property
    def failures(self) -> list[Failure]:
        """Runs that failed, with scenario, replication, seed and traceback."""
        return self.store.failures()

    @cached_property
    def without_assumed(self) -> Study | None:
        """The same study with all assumed responses at 0, or None if that was not run."""
        if self._variant != STATED or all(point.variant != WITHOUT_ASSUMED for point in self.design.points):
            return None
        return Study(self.store, self.design, variant=WITHOUT_ASSUMED, described=self._given)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario by name.

        Raises
        ------
        KeyError
            If the study has none of that name.
        """
        if name not in self._by_name:
            raise KeyError(f"no scenario {name!r} in this study; it has {', '.join(self._by_name)}")
        return self._by_name[name]

    def outcomes(self) -> list[str]:
        """Return the names of the outcomes, in the order of the world's series."""
        return list(self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        for part in self.store.parts.values():
            if part.replications:
                return self.store.outcomes(part)
        return ()

    def outcome(self, name: str) -> Outcome:
        """Return what is known of an outcome: label, unit, kind, direction.

        Raises
        ------
        KeyError
            If there is no such outcome.
        """
        if self._given is None:
            from sim.outcomes import OUTCOMES

            self._given = OUTCOMES
        if name not in self._given:
            raise KeyError(f"no outcome {name!r}")
        return self._given[name]

    def _chosen(self, outcomes: Sequence[str] | None) -> list[str]:
        chosen = self.outcomes() if outcomes is None else [outcomes] if isinstance(outcomes, str) else list(outcomes)
        unknown = [name for name in chosen if name not in self._names]
        if unknown:
            raise KeyError(f"no outcome {unknown[0]!r} in this study")
        return chosen

    # Series

    def values(self, scenario: str, outcome: str) -> NDArray[np.float32]:
        """Return an outcome of a scenario: array (replication, month), nan for replications that failed."""
        (outcome,) = self._chosen([outcome])
        return self.series(self.scenario(scenario), [outcome])[outcome]

    def series(self, scenario: Scenario, outcomes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return several outcomes of a scenario, read together; arrays as in `values`."""
        shape = (self.replications, scenario.months)
        found = {name: np.full(shape, np.nan, np.float32) for name in outcomes}
        for part in self.store.of(scenario.id):
            if part.replications:
                for name, rows in self.store.series(part, outcomes).items():
                    found[name][part.replications] = rows
        return found

    def frame(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a tidy frame with columns scenario, replication, month ("YYYY-MM"), outcome and value.

        Names are categories. Replications that failed have no rows.
        """
        from sim.sweep.frames import tidy

        return tidy(self, self._chosen(outcomes))

    def summary(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return mean and 5, 25, 50, 75 and 95 % points over replications: one row per scenario, outcome and month."""
        from sim.sweep.frames import summary

        return summary(self, self._chosen(outcomes))

    # Paired comparison

    def window(self, scenario: str) -> tuple[int, int]:
        """Return the first and last month (0 = 2023-01) over which a scenario is compared with the reference.

        They are months 13 to 60 after the first difference between the two, cut at the horizon. Where the horizon ends
        before month 13, all months from the first difference on are taken. A scenario that never differs is compared
        over the whole horizon, and so is the reference with itself.
        """
        from sim.scenario import first_difference

        reference, other = self.scenario(self.against), self.scenario(scenario)
        last = min(reference.months, other.months) - 1
        start = first_difference(reference, other)
        if start is None:
            return 0, last
        first = start + FIRST - 1
        return (first, min(start + LAST - 1, last)) if first <= last else (min(start, last), last)

    def differences(self, scenario: str, outcome: str) -> Floats:
        """Return scenario minus reference by replication, each averaged over the window; nan where one failed."""
        chosen, window = self._chosen([outcome]), self.window(scenario)
        ours, theirs = (self._means(self.scenario(name), chosen, window) for name in (scenario, self.against))
        return (ours - theirs)[:, 0]

    def table(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per scenario (the reference left out) and outcome.

        Columns: scenario, outcome, unit, reference, difference, low, high (5 and 95 % points of the difference over
        replications), share_same_sign, relative, d, sign (read towards the goal), first_month, last_month, pairs.
        """
        import pandas as pd

        columns = ("scenario", "outcome", "unit", *Comparison.__slots__[:-1], "first_month", "last_month", "pairs")
        rows = []
        for name, outcome, found in self._comparisons(self._chosen(outcomes)):
            first, last = self.window(name)
            row = {"scenario": name, "outcome": outcome, "unit": self.outcome(outcome).unit}
            row |= {field: getattr(found, field) for field in Comparison.__slots__}
            rows.append(row | {"first_month": month_name(first), "last_month": month_name(last)})
        return pd.DataFrame(rows, columns=list(columns))

    def rubric(self) -> pd.DataFrame:
        """Return one row per scenario and factor of the rubric, with the paper's sign beside ours.

        Columns: scenario, factor, outcome, unit, reference, difference, low, high, share_same_sign, d, sign, paper,
        agreement (agrees, disagrees, paper silent, undecided) and sign_without_assumed: the sign when all assumed
        responses are 0, empty if that was not run.
        """
        import pandas as pd

        from sim.data import paper_signs

        factors = self._headlines()
        twin = self.without_assumed
        without = {} if twin is None else {row[:2]: row[2].sign for row in twin._comparisons(list(factors))}
        rows = []
        for name, outcome, found in self._comparisons(list(factors)):
            paper = paper_signs().get((name, factors[outcome]))
            row = {"scenario": name, "factor": factors[outcome], "outcome": outcome, "unit": self.outcome(outcome).unit}
            row |= {field: getattr(found, field) for field in Comparison.__slots__}
            row |= {"paper": paper or "", "agreement": rubric.agreement(found.sign, paper)}
            rows.append(row | {"sign_without_assumed": without.get((name, outcome), "")})
        columns = ["scenario", "factor", "outcome", "unit", "reference", "difference", "low", "high", "share_same_sign"]
        return pd.DataFrame(rows, columns=[*columns, "d", "sign", "paper", "agreement", "sign_without_assumed"])

    def _headlines(self) -> dict[str, str]:
        """Return the factor of each headline outcome, in the order of the rubric."""
        from sim.data import FACTORS

        known = {name: self.outcome(name) for name in self.outcomes()}
        found = {name: outcome.factor for name, outcome in known.items() if outcome.headline and outcome.factor}
        return dict(sorted(found.items(), key=lambda item: FACTORS.index(item[1])))

    def _comparisons(self, outcomes: list[str]) -> Iterator[tuple[str, str, Comparison]]:
        reference = self.scenarios[0]
        theirs: dict[tuple[int, int], Floats] = {}
        for scenario in self.scenarios[1:]:
            window = self.window(scenario.name)
            if window not in theirs:
                theirs[window] = self._means(reference, outcomes, window)
            ours = self._means(scenario, outcomes, window)
            for i, name in enumerate(outcomes):
                yield scenario.name, name, compared(ours[:, i], theirs[window][:, i], self.outcome(name))

    def _means(self, scenario: Scenario, outcomes: list[str], window: tuple[int, int]) -> Floats:
        """Return means over the months of a window: array (replication, outcome), nan for replications that failed."""
        found = np.full((self.replications, len(outcomes)), np.nan)
        first, last = window
        for part in self.store.of(scenario.id):
            if part.replications:
                series = self.store.series(part, outcomes)
                means = [rows[:, first : last + 1].mean(axis=1, dtype=np.float64) for rows in series.values()]
                found[part.replications] = np.array(means).T
        return found

    # Countries

    def map_shares(self, scenario: str, channel: str = "all") -> MapShares:
        """Return each country's shares of use by origin at the last month, pooled over replications.

        A country figure may be shown where the effective sample is at least 100: panel times replications for one
        channel, for the mix of channels (weights from the scenario's parameters) its variance-weighted equivalent.
        """
        world = self.scenario(scenario)
        parts = [self.store.countries(part) for part in self.store.of(world.id) if part.replications]
        if not parts:
            from sim.data import countries

            return MapShares(np.full((len(countries()), len(ORIGINS)), np.nan), np.zeros(len(countries())))
        shares = np.concatenate([shares for shares, _ in parts]).mean(axis=0, dtype=np.float64)
        sample = np.concatenate([panel for _, panel in parts]).sum(axis=0, dtype=np.float64)
        if channel != "all":
            i = CHANNELS.index(channel)
            return MapShares(shares[:, i], sample[:, i])
        mix = np.array([_parameter(world, f"mix_{name}") for name in CHANNELS])
        mix /= mix.sum()
        variance = (mix**2 / np.maximum(sample, np.finfo(float).tiny)).sum(axis=1)
        return MapShares(np.einsum("kco,c->ko", shares, mix), np.where((sample > 0).any(axis=1), 1 / variance, 0.0))

    # Out of the study

    def plot(self, outcome: str, scenarios: Sequence[str] | None = None) -> Figure:
        """Draw an outcome over time: median, 50 % and 90 % bands; the reference is always there."""
        from sim.report.figures import plot

        return plot(self, outcome, scenarios)

    def report(self, out: str | os.PathLike[str]) -> Path:
        """Write report.html, figures and tables into a folder and return the page's path."""
        from sim.report.html import write_report

        return Path(write_report(self, Path(out)))

    def to_csv(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write table.csv, rubric.csv and series.csv (the `summary`) into a folder and return their paths."""
        from sim.sweep.frames import to_csv

        return to_csv(self, Path(folder))

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write all series into one Parquet file: scenario, replication, month and a column for each outcome."""
        from sim.sweep.frames import to_parquet

        return to_parquet(self, Path(path))


def compared(ours: Floats, theirs: Floats, outcome: Outcome) -> Comparison:
    """Compare window means paired by replication; pairs with a missing run are left out."""
    both = np.isfinite(ours) & np.isfinite(theirs)
    reference, differences = theirs[both], (ours - theirs)[both]
    level, mean = (float(x.mean()) if len(x) else math.nan for x in (reference, differences))
    low, high = rubric.interval(differences)
    return Comparison(
        reference=level,
        difference=mean,
        low=low,
        high=high,
        share_same_sign=rubric.same_sign(differences),
        relative=mean / abs(level) if level != 0 else math.nan,
        d=rubric.effect_size(differences, reference),
        sign=rubric.sign(differences, reference, outcome.kind, outcome.direction),
        pairs=int(both.sum()),
    )


def _parameter(scenario: Scenario, name: str) -> Any:
    return scenario.parameters.get(name, PARAMETERS[name].value)
