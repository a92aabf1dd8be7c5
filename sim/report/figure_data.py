"""The numbers behind the pictures, in the unit in which they are printed.

Every picture is drawn from these functions and every table under a picture is written from them, so that the two cannot
differ. Shares are in percent, differences of shares in percentage points.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric, wording
from sim.months import month_name

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Ends of the 90 % band, ends of the 50 % band and the median."""
_COLUMNS = tuple(f"p{100 * level:g}" for level in LEVELS)


@dataclass(frozen=True)
class Paired:
    """A paired difference from the reference over the months compared, in its printed unit."""

    mean: float
    levels: tuple[float, ...]
    rung: str
    judgement: str

    def over(self, divisor: float) -> Paired:
        """Return the same in larger units."""
        return replace(self, mean=self.mean / divisor, levels=tuple(x / divisor for x in self.levels))


@dataclass(frozen=True)
class Grid:
    """A table of text for the page: a head line and rows, the first cells of each row naming it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


def names(study: Study) -> list[str]:
    """Return the scenarios' names, the reference first."""
    others = [s.name for s in study.scenarios if s.name != study.against]
    return [study.against, *others]


def present(study: Study, outcomes: Sequence[str]) -> list[str]:
    """Return those of the outcomes that the study holds, in the order asked for."""
    held = set(study.outcomes())
    return [o for o in outcomes if o in held]


def quantiles(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the five levels over replications (first axis), leaving out missing values; all missing gives nan."""
    if np.isfinite(values).all():
        return np.asarray(np.quantile(values, LEVELS, axis=0), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(values, LEVELS, axis=0), dtype=float)


def bands(study: Study, scenario: str, outcome: str) -> NDArray[np.float64]:
    """Return the five levels of an outcome in each month: array (5, months), printed unit.

    Counts of a month are small and noisy: they enter as means of the last twelve months.
    """
    values = np.asarray(study.values(scenario, outcome), dtype=float)
    if is_count(study.outcome(outcome)):
        values = yearly(values)
    return quantiles(values) * wording.factor(study.outcome(outcome))


def is_count(outcome: Outcome) -> bool:
    """Tell whether an outcome counts events of a month."""
    return outcome.unit.endswith(" a month")


def yearly(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means of the last twelve months, of fewer at the start: array (replication, month)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    ends = np.arange(1, values.shape[1] + 1)
    starts = np.maximum(ends - 12, 0)
    return np.asarray((total[:, ends] - total[:, starts]) / (ends - starts), dtype=float)


def label(outcome: Outcome, size: str = "") -> str:
    """Return an outcome's label with its unit, as it stands over pictures and tables."""
    mean = " (mean of 12 months)" if is_count(outcome) else ""
    return f"{outcome.label}, {size}{wording.unit(outcome)}{mean}"


def paired(study: Study, outcomes: Sequence[str]) -> dict[tuple[str, str], Paired]:
    """Return the paired differences of each policy scenario and outcome."""
    found = {}
    for row in records(study.table(list(outcomes))):
        outcome = study.outcome(row.outcome)
        word = rung(row)
        levels = quantiles(study.differences(row.scenario, row.outcome)) * wording.factor(outcome)
        found[row.scenario, row.outcome] = Paired(
            mean=float(row.difference) * wording.factor(outcome),
            levels=tuple(float(x) for x in levels),
            rung=word if study.pairs > 1 else "",
            judgement=wording.judgement(word, row.difference, outcome),
        )
    return found


def levels_frame(study: Study, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return the levels of every month, in the printed unit: one row per outcome, scenario and month."""
    import pandas as pd

    frames = []
    for name in outcomes:
        for scenario in names(study):
            levels = bands(study, scenario, name)
            head = {"scenario": scenario, "outcome": name, "unit": wording.unit(study.outcome(name))}
            months = [month_name(m) for m in range(levels.shape[1])]
            frames.append(pd.DataFrame({**head, "month": months, **dict(zip(_COLUMNS, levels, strict=True))}))
    return pd.concat(frames, ignore_index=True)


def changes_frame(study: Study, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return the paired differences from the reference, in the printed unit: one row per outcome and policy."""
    import pandas as pd

    found = paired(study, outcomes)
    rows = []
    for name in outcomes:
        unit = wording.unit(study.outcome(name), of_difference=True)
        for scenario in names(study)[1:]:
            first, last = (month_name(m) for m in study.window(scenario))
            cell = found[scenario, name]
            months = (first, last)
            rows.append((scenario, study.against, name, unit, *months, cell.mean, *cell.levels, cell.rung))
    head = ("scenario", "against", "outcome", "unit", "first_month", "last_month", "change", *_COLUMNS, "word")
    return pd.DataFrame(rows, columns=list(head))


def rung(row: Any) -> str:
    """Return the word of the ladder for a row of `Study.table`."""
    return wording.rung(row.sign, row.share_same_sign, rubric.slight(row.sign, row.inside_floor))


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame, columns as attributes."""
    return list(frame.itertuples(index=False))


def year_ends(study: Study) -> list[int]:
    """Return the month numbers of the Decembers of a study, and its last month."""
    months = study.scenarios[0].months
    ends = list(range(11, months, 12))
    return ends if ends and ends[-1] == months - 1 else [*ends, months - 1]


def printed(x: float, outcome: Outcome, beside: float | None = None) -> str:
    """Return a number that is already in its printed unit, with the decimals of a larger number beside it."""
    k = wording.factor(outcome)
    return wording.number(x / k, outcome, None if beside is None else beside / k)


def year_end_grid(study: Study, name: str) -> Grid:
    """Return the median and 90 % band of an outcome at year ends, one row per scenario."""
    ends, outcome = year_ends(study), study.outcome(name)
    rows = []
    for scenario in names(study):
        levels = bands(study, scenario, name)
        rows.append((scenario, *(_with_band(levels[:, m], outcome) for m in ends)))
    return Grid(("Scenario", *(month_name(m) for m in ends)), tuple(rows))


def _with_band(levels: NDArray[np.float64], outcome: Outcome) -> str:
    if not np.isfinite(levels[2]):
        return wording.NOT_AVAILABLE
    low, middle, high = (float(x) / wording.factor(outcome) for x in (levels[0], levels[2], levels[4]))
    return f"{wording.number(middle, outcome)} ({wording.interval(low, high, outcome)})"


def difference_grid(study: Study, name: str) -> Grid:
    """Return the paired differences of an outcome over the months compared, one row per policy."""
    outcome = study.outcome(name)
    if study.pairs == 1:
        found = records(study.table([name]))
        single = tuple((row.scenario, wording.difference(row.difference, outcome)) for row in found)
        return Grid(("Scenario", "Difference"), single)
    rows = [
        (
            row.scenario,
            wording.difference(row.difference, outcome),
            wording.interval(row.low, row.high, outcome),
            wording.count_of(row.share_same_sign, row.pairs),
            wording.judgement(rung(row), row.difference, outcome),
            wording.period(row.first_month, row.last_month),
        )
        for row in records(study.table([name]))
    ]
    return Grid(("Scenario", "Mean difference", "5–95 %", "Same sign", "In words", "Months compared"), tuple(rows))
