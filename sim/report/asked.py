"""What a reader asked to see of a study: the cases, months and levers of a plot, all known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import wording
from sim.analysis.comparison import Floats, chance_alone
from sim.messages import nearest, one_of
from sim.report import origin
from sim.report.figure_data import COLUMNS
from sim.report.over_time import NO_INTERVAL
from sim.report.style import FORECAST, Pen, pens
from sim.report.view import CHANCE, quantiles

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome
    from sim.sweep.design import Case

NONE = "none"
"""Said of what an interval holds where one run has none."""


@dataclass(frozen=True)
class Asked:
    """A question to a study, checked by `sim.report.kinds`.

    Attributes
    ----------
    study : Study
        Finished runs.
    name : str
        The outcome.
    cases : tuple of Case
        Those to show, in the order of the study.
    months : tuple of str
        Those asked for, as "YYYY-MM"; empty if none was.
    levers : tuple of str
        Key paths of those asked for; empty if none was.
    """

    study: Study
    name: str
    cases: tuple[Case, ...]
    months: tuple[str, ...] = ()
    levers: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What is known of the outcome."""
        return self.study.outcome(self.name)

    @property
    def pens(self) -> dict[str, Pen]:
        """The pen of each case of the study, shown or not: a case looks the same everywhere."""
        return pens([case.name for case in self.study.cases], self.study.against)

    @property
    def compared(self) -> list[Case]:
        """The cases that have a reference beside themselves."""
        return [case for case in self.cases if case.against != case.name]

    @property
    def with_references(self) -> list[Case]:
        """The cases, and before them the references of those that have one."""
        own = {case.name for case in self.cases}
        more = {case.against for case in self.compared} - own
        return [case for case in self.study.cases if case.name in own | more]

    def title(self, name: str) -> str:
        """Return what people read in place of the name of a case."""
        return self.study.titles[name]

    def month(self, case: str) -> str:
        """Return the month asked for, or the last one of a case that was kept."""
        kept = self.study.months(case)
        if not kept:
            raise ValueError(f"nothing to plot: no month of {case!r} was kept")
        return self.months[0] if self.months else kept[-1]

    def at(self, case: str, outcome: str, month: str) -> Floats:
        """Return an outcome of a case in a month: array (pair,), printed unit.

        Raises
        ------
        ValueError
            If the month was not kept.
        """
        kept = self.study.months(case)
        if month not in kept:
            held = one_of(kept) if len(kept) < 13 else f"{kept[0]} to {kept[-1]}"
            raise ValueError(
                f"no month {month!r} of {case!r} in this study; it has {held}{nearest(month, kept)}"
            )
        values = self.study.values(case, outcome)[:, kept.index(month)].astype(float)
        return values * wording.factor(self.study.outcome(outcome))

    def compared_over(self, case: str) -> tuple[str, str]:
        """Return the first and the last month that enter the means of a case; "" if none."""
        kept = self.study.months_compared(case)
        return (kept[0], kept[-1]) if kept else ("", "")

    def intervals(self, values: Floats) -> list[tuple[str, Floats]]:
        """Return the five levels of paired numbers, once for each kind of interval there is.

        Parameters
        ----------
        values
            Array (pair,); nan where a run failed.

        Returns
        -------
        list of (str, ndarray)
            What the interval holds, and the levels (`sim.report.view.LEVELS`). With several draws
            the first holds chance and parameters; where draws were run several times the second
            holds chance alone (`sim.analysis.comparison.chance_alone`), around the median of all.
            One number has no interval: its ends are nan.
        """
        known = values[np.isfinite(values)]
        if len(known) < 2:
            middle = float(known[0]) if len(known) else math.nan
            return [(NONE, np.array([math.nan, math.nan, middle, math.nan, math.nan]))]
        found = [(self.study.interval_holds, quantiles(known))]
        if self.study.draws > 1:
            rest = chance_alone(values, self.study.pair_index)
            if np.isfinite(rest).any():
                found.append((CHANCE, quantiles(rest) + found[0][1][2]))
        return found

    def rows(self, values: Floats) -> list[dict[str, Any]]:
        """Return columns for a frame: a row for each of the `intervals` of paired numbers."""
        known = values[np.isfinite(values)]
        mean = float(known.mean()) if len(known) else math.nan
        return [
            {"interval_holds": holds, "mean": mean}
            | dict(zip(COLUMNS, map(float, levels), strict=True))
            | {"pairs": len(known)}
            for holds, levels in self.intervals(values)
        ]

    def foot(self, *notes: str) -> str:
        """Return what stands under a picture: how often worlds were run, why runs differ, notes."""
        study = self.study
        ran = f"{wording.sample(study.draws, study.replications)}."
        why = f"Runs differ by {study.interval_holds}." if study.pairs > 1 else NO_INTERVAL
        return " ".join(note for note in (ran, why, *notes, FORECAST, origin.line(study)) if note)

    def ends(self) -> str:
        """Return a note on the ends of intervals over few pairs, else nothing."""
        study = self.study
        return wording.interpolated(study.pairs, study.unit, "of intervals")
