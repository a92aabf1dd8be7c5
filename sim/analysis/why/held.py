"""Worlds by their content, in whichever study holds them, and what several questions share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import rubric
from sim.analysis.comparison import Floats
from sim.analysis.tables import headlines
from sim.sweep.design import Keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario


class Held:
    """The worlds of studies that share draws, replications and seed, found by what they hold.

    Parameters
    ----------
    studies
        Those that come first are asked first; None is left out.
    """

    def __init__(self, *studies: Study | None) -> None:
        self._places: dict[str, tuple[Study, str]] = {}
        for study in studies:
            for case in study.cases if study is not None else ():
                assert study is not None
                self._places.setdefault(case.scenario.id, (study, case.name))

    def means(self, scenario: Scenario, outcomes: Sequence[str], window: tuple[int, int]) -> Floats:
        """Return means of a world over the months of a window: array (pair, outcome).

        Raises
        ------
        KeyError
            If none of the studies has the world.
        """
        study, name = self._places[scenario.id]
        return study.means(name, outcomes, window)


def kept(study: Study) -> Keep:
    """Return what is kept of each run: the headline outcomes alone."""
    return Keep(outcomes=tuple(headlines(study)), countries="none")


def finite(values: Floats) -> Floats:
    """Return changes with nan for infinite ones: a level that leaves 0 has no percentage."""
    return np.where(np.isfinite(values), values, np.nan)


def named(study: Study, scenario: str, outcome: str) -> dict[str, str]:
    """Return the columns that say what a row is of."""
    return {
        "scenario": scenario,
        "title": study.titles[scenario],
        "outcome": outcome,
        "label": study.outcome(outcome).label,
    }


def summed_up(values: Floats, chance: Floats) -> dict[str, float]:
    """Return mean, median and both intervals of paired numbers.

    Parameters
    ----------
    values
        Array (pair,); nan where a run failed.
    chance
        What chance alone adds (`chance_alone`).
    """
    known = values[np.isfinite(values)]
    middle, (low, high) = rubric.median(known), rubric.interval(known)
    ends = rubric.interval(chance[np.isfinite(chance)])
    return {
        "mean": float(known.mean()) if len(known) else math.nan,
        "median": middle,
        "low": low,
        "high": high,
        "chance_low": middle + ends[0],
        "chance_high": middle + ends[1],
    }
