"""The study: what a finished sweep says, case against reference, paired by draw and replication.

Only the columns asked for are read, part by part, so memory depends on the question and not on the sweep. Which runs
share a part depends on how the sweep went, so nothing here may depend on it, not even the rounding of a sum.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric
from sim.analysis.comparison import Comparison, Floats, by_draw, compared
from sim.messages import nearest, one_of
from sim.model.parameters import PARAMETERS
from sim.months import month_index, month_name
from sim.sweep.design import STATED, WITHOUT_ASSUMED, Case, Design
from sim.sweep.parts import USE, Failure
from sim.sweep.store import Store
from sim.vocabulary import CHANNELS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.model.outcomes import Outcome
    from sim.scenario.scenario import Scenario

FIRST, LAST = 13, 60
"""Months after the start that are compared, the start itself being month 1."""

PAPERS_REFERENCE = "status-quo"

FINE = 2.0**32
"""Steps between 0 and 1 in which countries' use and shares are added up."""


class MapShares(NamedTuple):
    """Shares (country, origin) at the last month, pooled over all runs, and effective sample (country,)."""

    shares: Floats
    effective: Floats


class Study:
    """Paired analysis of a sweep.

    Parameters
    ----------
    store, design
        Finished parts, and what was asked for.
    variant
        Which points of the design are meant: the scenarios as stated, or their twins without assumed responses.
    described
        What is known of each outcome. Default: `sim.model.outcomes.OUTCOMES`.

    Attributes
    ----------
    cases : list of Case
        Scenarios with their lever values, the reference first. Without levers a case has its scenario's name.
    scenarios : list of Scenario
        The scenario of each case.
    against : str
        Name of the reference.
    draws, replications, seed : int
        As asked for. Arrays have one row per pair of a draw and a replication, replications varying fastest. Runs that
        failed are nan in arrays and left out of statistics.
    """

    if TYPE_CHECKING:  # given by `sim.report`, which knows studies; a study knows no pictures

        def plot(self, outcome: str, scenarios: Sequence[str] | None = None) -> Figure:
            """Draw an outcome over time (see `sim.report.plot`)."""

    def __init__(
        self, store: Store, design: Design, *, variant: str = STATED, described: Mapping[str, Outcome] | None = None
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
        names = ", ".join(case.name for case in self.cases[:10]) + (" ..." if len(self.cases) > 10 else "")
        draws = f"{self.draws} draws, " if self.draws > 1 else ""
        times = f"{self.replications} replication{'' if self.replications == 1 else 's'}"
        return f"<Study of {names}; {draws}{times}, seed {self.seed}>"

    # What there is

    @property
    def finished(self) -> int:
        """How many runs finished, of `design.runs`."""
        return sum(len(part.runs) for part in self.store.parts.values())

    @property
    def pairs(self) -> int:
        """Number of paired differences behind each statistic: draws times replications."""
        return self.draws * self.replications

    @property
    def unit(self) -> str:
        """What statistics are taken over: "pairs" (of a draw and a replication), or "replications" of one draw."""
        return "pairs" if self.draws > 1 else "replications"

    @property
    def no_report(self) -> str:
        """Why there can be no report on this study, or "" if there can."""
        return self.unfit_for_report or ("" if self.outcomes() else "no run finished")

    @property
    def unfit_for_report(self) -> str:
        """Why no report was asked for, whatever is finished, or "": a page has room for a few whole scenarios."""
        if len(self.cases) == 1:
            return "there is one scenario, and nothing to compare it with"
        if any(case.levers for case in self.cases):
            return "its scenarios vary by levers"
        if self.design.keep.outcomes is not None or self.design.keep.months != "all":
            return "only some outcomes or months were kept"
        return ""

    @property
    def failures(self) -> list[Failure]:
        """Runs that failed, with scenario, replication, seed and traceback."""
        return self.store.failures()

    @cached_property
    def without_assumed(self) -> Study | None:
        """The same study with all assumed responses at 0, or None if that was not run."""
        if self._variant != STATED or all(case.variant != WITHOUT_ASSUMED for case in self.design.cases):
            return None
        return Study(self.store, self.design, variant=WITHOUT_ASSUMED, described=self._given)

    def scenario(self, name: str) -> Scenario:
        """Return the scenario of a case.

        Raises
        ------
        KeyError
            If the study has none of that name.
        """
        return self.scenarios[self._place(name)]

    def _place(self, name: str) -> int:
        if name not in self._by_name:
            known = list(self._by_name)
            raise KeyError(f"no scenario {name!r} in this study; it has {one_of(known)}{nearest(name, known)}")
        return self._by_name[name]

    def points(self, name: str) -> list[str]:
        """Return the ids of a case's design points, one for each draw."""
        return self.design.points[self._places[self._place(name)]]

    def months(self, name: str) -> list[str]:
        """Return the months of a case that were kept, as "YYYY-MM"."""
        months = [month_name(i) for i in range(self.scenario(name).months)]
        return [months[i] for i in self.design.keep.chosen(months)]

    def outcomes(self) -> list[str]:
        """Return the names of the outcomes, in the order of the world's series."""
        return list(self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        for part in self.store.parts.values():
            if part.runs:
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
            from sim.model.outcomes import OUTCOMES

            self._given = OUTCOMES
        if name not in self._given:
            raise KeyError(f"no outcome {name!r}{nearest(name, self._given)}")
        return self._given[name]

    def _chosen(self, outcomes: Sequence[str] | None) -> list[str]:
        chosen = self.outcomes() if outcomes is None else [outcomes] if isinstance(outcomes, str) else list(outcomes)
        unknown = [name for name in chosen if name not in self._names]
        if unknown:
            raise KeyError(f"no outcome {unknown[0]!r} in this study{nearest(unknown[0], self._names)}")
        return chosen

    # Series

    def values(self, scenario: str, outcome: str) -> NDArray[np.float32]:
        """Return an outcome of a case: array (pair, month kept), nan for runs that failed."""
        (outcome,) = self._chosen([outcome])
        return self.series(scenario, [outcome])[outcome]

    def series(self, scenario: str, outcomes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return several outcomes of a case, read together; arrays as in `values`."""
        found = np.full((len(outcomes), self.design.pairs, len(self.months(scenario))), np.nan, np.float32)
        for rows, series in self.read(scenario, outcomes):
            for run, pairs in rows:
                found[:, pairs] = series[run].T[:, None]
        return dict(zip(outcomes, found, strict=True))

    def read(
        self, scenario: str, outcomes: Sequence[str]
    ) -> Iterator[tuple[list[tuple[int, list[int]]], NDArray[np.float32]]]:
        """Yield a case's runs part by part: rows with the pairs each stands for, and series (row, month, outcome)."""
        points = self.points(scenario)
        draws: dict[str, list[int]] = {}
        for draw, point in enumerate(points):
            draws.setdefault(point, []).append(draw)
        for part in self.store.of(points):
            rows = [
                (row, [draw * self.replications + replication for draw in draws[point]])
                for row, (point, replication) in enumerate(part.runs)
                if point in draws
            ]
            yield rows, self.store.series(part, outcomes)

    def frame(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a tidy frame with columns scenario, draw, replication, month ("YYYY-MM"), outcome and value.

        Names are categories. Runs that failed have no rows.
        """
        from sim.analysis.frames import tidy

        return tidy(self, self._chosen(outcomes))

    def summary(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return mean and 5, 25, 50, 75 and 95 % points over runs: one row per scenario, outcome and month."""
        from sim.analysis.frames import summary

        return summary(self, self._chosen(outcomes))

    def runs(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per case, draw and replication that finished: the design beside the outcomes.

        Columns: scenario, point (id of the design point), draw, replication, one for each lever (its path), one for
        each uncertain number (its name) and one for each outcome: its mean over the same months in every row
        (`common_window`).
        """
        from sim.analysis.frames import runs

        return runs(self, self._chosen(outcomes))

    def countries(self) -> pd.DataFrame:
        """Return use by country: one row per scenario, month kept, country and channel, means over runs.

        Columns: scenario, month, country (ISO alpha-3), channel, use (0-1), US, CN, other (shares of use by origin)
        and panel (adopters behind the shares, all runs together).
        """
        from sim.analysis.frames import countries

        return countries(self)

    # Paired comparison

    def window(self, scenario: str) -> tuple[int, int]:
        """Return the first and last month (0 = 2023-01) over which a case is compared with its reference.

        They are months 13 to 60 after the first difference between the two, cut at the horizon. Where the horizon ends
        before month 13, all months from the first difference on are taken. A case that never differs is compared
        over the whole horizon, and so is a reference with itself.
        """
        from sim.scenario.scenario import first_difference

        case = self.cases[self._place(scenario)]
        reference, other = self.scenario(case.against), self.scenario(scenario)
        last = min(reference.months, other.months) - 1
        start = first_difference(reference, other)
        if start is None:
            return 0, last
        first = start + FIRST - 1
        return (first, min(start + LAST - 1, last)) if first <= last else (min(start, last), last)

    def other_differences(self, scenario: str) -> list[tuple[str, object, object]]:
        """Return in what a case differs from its reference beside policy: (key path, value, the reference's value).

        Parameters that are drawn are the same in both.
        """
        from sim.scenario.scenario import other_differences

        case = self.cases[self._place(scenario)]
        drawn = {f"parameters.{name}" for name in self.design.draws.names}
        found = other_differences(self.scenario(scenario), self.scenario(case.against))
        return [row for row in found if row[0] not in drawn]

    def common_window(self) -> tuple[int, int]:
        """Return the months in which all cases are compared with their references: the overlap of their windows.

        Where the windows do not overlap, from the first month of any to the last month of any.
        """
        compared = [case for case in self.cases if case.name != case.against]
        windows = [self.window(case.name) for case in compared or self.cases]
        first, last = max(w[0] for w in windows), min(w[1] for w in windows)
        return (first, last) if first <= last else (min(w[0] for w in windows), max(w[1] for w in windows))

    def differences(self, scenario: str, outcome: str) -> Floats:
        """Return case minus reference, each averaged over the window, by draw (with one draw, by replication).

        The difference of a draw is the mean over replications that finished in both; nan if there is none.
        """
        chosen, window = self._chosen([outcome]), self.window(scenario)
        case = self.cases[self._place(scenario)]
        ours, theirs = (self.means(name, chosen, window)[:, 0] for name in (scenario, case.against))
        return by_draw(ours - theirs, self.draws)

    def table(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per case (references left out) and outcome.

        Columns: scenario (name of the case), one for each lever, outcome, unit, reference, difference, low, high (5 and
        95 % points of the difference over pairs of a draw and a replication), share_same_sign, inside_floor (share of
        pairs that differ by too little to matter), relative, d, sign (read towards the goal), first_month, last_month,
        pairs.
        """
        import pandas as pd

        levers = list(dict.fromkeys(path for case in self.cases for path in case.levers))
        head = ("scenario", *levers, "outcome", "unit")
        columns = (*head, *Comparison.__slots__[:-1], "first_month", "last_month", "pairs")
        rows = []
        for name, outcome, found in self._comparisons(self._chosen(outcomes)):
            first, last = self.window(name)
            values = self.cases[self._place(name)].levers
            row: dict[str, Any] = {"scenario": name, **{path: values.get(path) for path in levers}}
            row |= {"outcome": outcome, "unit": self.outcome(outcome).unit}
            row |= {field: getattr(found, field) for field in Comparison.__slots__}
            rows.append(row | {"first_month": month_name(first), "last_month": month_name(last)})
        return pd.DataFrame(rows, columns=list(columns))

    def rubric(self) -> pd.DataFrame:
        """Return one row per scenario and factor of the rubric, with the paper's sign beside ours.

        The paper compares its policies with no new policy: its signs stand beside unchanged scenarios that are compared
        with an unchanged status quo and differ from it in policy alone, and nowhere else.

        Columns: scenario, factor, outcome, unit, reference, difference, low, high, share_same_sign, d, sign, paper,
        agreement (agrees, disagrees, paper silent, undecided), sign_without_assumed (the sign when all assumed
        responses are 0, empty if that was not run), first_month and last_month (the months compared, which are those
        of `reference` too) and also_differs (what beside policy differs from the reference, `other_differences`).
        """
        import pandas as pd

        from sim.data import paper_signs
        from sim.scenario.scenario import differences_in_words, is_shipped

        factors = self._headlines()
        twin = self.without_assumed
        without = {} if twin is None else {row[:2]: row[2].sign for row in twin._comparisons(list(factors))}
        shipped = {case.name for case in self.cases if is_shipped(case.scenario)}
        also = {case.name: differences_in_words(self.other_differences(case.name)) for case in self.cases}
        rows = []
        for name, outcome, found in self._comparisons(list(factors)):
            case = self.cases[self._place(name)]
            first, last = self.window(name)
            comparable = case.against == PAPERS_REFERENCE and {name, case.against} <= shipped and not also[name]
            paper = paper_signs().get((case.scenario.name, factors[outcome])) if comparable else None
            row = {"scenario": name, "factor": factors[outcome], "outcome": outcome, "unit": self.outcome(outcome).unit}
            row |= {field: getattr(found, field) for field in Comparison.__slots__}
            row |= {"paper": paper or "", "agreement": rubric.agreement(found.sign, paper)}
            row |= {"sign_without_assumed": without.get((name, outcome), "")}
            months = {"first_month": month_name(first), "last_month": month_name(last)}
            rows.append(row | months | {"also_differs": also[name]})
        columns = ["scenario", "factor", "outcome", "unit", "reference", "difference", "low", "high", "share_same_sign"]
        columns += [
            "d",
            "sign",
            "paper",
            "agreement",
            "sign_without_assumed",
            "first_month",
            "last_month",
            "also_differs",
        ]
        return pd.DataFrame(rows, columns=columns)

    def _headlines(self) -> dict[str, str]:
        """Return the factor of each headline outcome, in the order of the rubric."""
        from sim.vocabulary import FACTORS

        known = {name: self.outcome(name) for name in self.outcomes()}
        found = {name: outcome.factor for name, outcome in known.items() if outcome.headline and outcome.factor}
        return dict(sorted(found.items(), key=lambda item: FACTORS.index(item[1])))

    def _comparisons(self, outcomes: list[str]) -> Iterator[tuple[str, str, Comparison]]:
        against, theirs = "", dict[tuple[int, int], Floats]()  # means of one reference, by window
        for case in self.cases:
            if case.name == case.against:
                continue
            if case.against != against:
                against, theirs = case.against, {}
            window = self.window(case.name)
            if window not in theirs:
                theirs[window] = self.means(against, outcomes, window)
            ours = self.means(case.name, outcomes, window)
            for i, name in enumerate(outcomes):
                yield case.name, name, compared(ours[:, i], theirs[window][:, i], self.outcome(name), self.replications)

    def means(self, scenario: str, outcomes: Sequence[str], window: tuple[int, int]) -> Floats:
        """Return means over the months of a window that were kept: array (pair, outcome), nan for runs that failed."""
        found = np.full((self.design.pairs, len(outcomes)), np.nan)
        inside = [i for i, month in enumerate(self.months(scenario)) if window[0] <= month_index(month) <= window[1]]
        if not inside:
            return found
        for rows, series in self.read(scenario, outcomes):
            # Added month by month: the order in which numpy's mean adds depends on the shape of the part.
            means = np.add.accumulate(series[:, inside], axis=1, dtype=np.float64)[:, -1] / len(inside)
            for run, pairs in rows:
                found[pairs] = means[run]
        return found

    # Countries

    def map_shares(self, scenario: str, channel: str = "all") -> MapShares:
        """Return each country's shares of use by origin (US, CN, other) at the last month, pooled over runs.

        A country figure may be shown where the effective sample is at least 100: panel times replications for one
        channel, for the mix of channels (weights from the scenario's parameters) its variance-weighted equivalent.
        """
        world = self.scenario(scenario)
        table, sample, pairs = self.country_sums(scenario)
        if not pairs:
            from sim.data import countries

            return MapShares(np.full((len(countries()), len(USE) - 1), np.nan), np.zeros(len(countries())))
        shares, sample = table[-1, :, :, 1:] / pairs, sample[-1]
        if channel != "all":
            i = CHANNELS.index(channel)
            return MapShares(shares[:, i], sample[:, i])
        mix = np.array([_parameter(world, f"mix_{name}") for name in CHANNELS])
        mix /= mix.sum()
        variance = (mix**2 / np.maximum(sample, np.finfo(float).tiny)).sum(axis=1)
        return MapShares(np.einsum("kco,c->ko", shares, mix), np.where((sample > 0).any(axis=1), 1 / variance, 0.0))

    def country_sums(self, scenario: str) -> tuple[Floats, Floats, int]:
        """Return sums over a case's pairs: table (moment, country, channel, `USE`), panel, and number of pairs.

        Draws that share a world count each in the table; the panel counts its adopters once.
        """
        draws = Counter(self.points(scenario))
        table = panel = np.zeros(0)
        pairs = 0
        for part in self.store.of(list(draws)):
            rows = [row for row, (point, _) in enumerate(part.runs) if point in draws]
            if part.countries and rows:
                values, sample = self.store.countries(part)
                times = np.array([draws[part.runs[row][0]] for row in rows])
                # Whole numbers add up to the same in any order.
                fine = np.rint(values[rows].astype(np.float64) * FINE) * times[:, None, None, None, None]
                summed = fine.sum(axis=0), sample[rows].sum(axis=0, dtype=np.float64)
                table, panel = summed if not pairs else (table + summed[0], panel + summed[1])
                pairs += int(times.sum())
        return table / FINE, panel, pairs

    # Out of the study

    def to_csv(self, folder: str | os.PathLike[str], encoding: str = "utf-8") -> list[Path]:
        """Write table, rubric, series (the `summary`), runs and countries as CSV into a folder; return the paths.

        What is missing or not finite is blank. `encoding` "utf-8-sig" adds the mark by which Excel knows UTF-8.

        Raises
        ------
        StoreError
            If one of them would take the place of a file that this package did not write (see `sim.sweep.written`).
        """
        from sim.sweep.written import write

        return write(Path(folder), self.csv_files(encoding))

    def csv_files(self, encoding: str = "utf-8") -> dict[str, bytes]:
        """Return what `to_csv` writes: name and content of each file."""
        from sim.analysis.frames import csv_files

        return csv_files(self, encoding)

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write all series into one Parquet file: scenario, draw, replication, month and a column for each outcome."""
        from sim.analysis.frames import to_parquet

        return to_parquet(self, Path(path))


def _parameter(scenario: Scenario, name: str) -> Any:
    return scenario.parameters.get(name, PARAMETERS[name].value)
