"""The numbers behind the pictures as frames for other programs and as tables for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.months import month_name
from sim.report.view import CHANCE, LEVELS, View, is_count

if TYPE_CHECKING:
    import pandas as pd

    from sim.model.outcomes import Outcome

COLUMNS = tuple(f"p{100 * level:g}" for level in LEVELS)
"""Columns of frames that hold the five levels."""


@dataclass(frozen=True)
class Grid:
    """A table of text for the page: a head line and rows, the first cells of each row naming it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


def label(outcome: Outcome, size: str = "") -> str:
    """Return an outcome's label with its unit, as it stands over pictures and tables."""
    mean = " (mean of 12 months)" if is_count(outcome) else ""
    return f"{outcome.label}, {size}{wording.unit(outcome)}{mean}"


def label_of_month(outcome: Outcome) -> str:
    """Return an outcome's label with its unit, for a picture of one month."""
    return f"{outcome.label}, {wording.unit(outcome)}"


def levels_frame(
    view: View, outcomes: Sequence[str], scenarios: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the levels of every month in printed units, a row per outcome, scenario and month.

    Where draws were run several times there is one more row for chance alone.
    """
    import pandas as pd

    frames = []
    chosen = view.names if scenarios is None else scenarios
    bands = view.bands(outcomes, chosen)
    for name in outcomes:
        for scenario in chosen:
            levels = bands[scenario, name]
            head = {
                "scenario": scenario,
                "outcome": name,
                "unit": wording.unit(view.study.outcome(name)),
            }
            months = view.study.months(scenario)
            for holds, own in _intervals(view, levels, view.chance(scenario, name)):
                columns = dict(zip(COLUMNS, own, strict=True))
                columns |= {"interval_holds": holds}
                frames.append(pd.DataFrame({**head, "month": months, **columns}))
    return pd.concat(frames, ignore_index=True)


def changes_frame(view: View, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return the paired differences from the reference, in the printed unit.

    There is one row per outcome and policy, and one more for chance alone where draws were run
    several times.
    """
    import pandas as pd

    found = view.paired(outcomes)
    rows = []
    for name in outcomes:
        unit = wording.unit(view.study.outcome(name), of_difference=True)
        for scenario in view.policies:
            first, last = (month_name(m) for m in view.study.window(scenario))
            cell = found[scenario, name]
            own = (scenario, view.against, name, unit, first, last)
            for holds, levels in _intervals(view, cell.levels, cell.chance):
                rows.append((*own, *levels, cell.word, holds))
    head = (
        "scenario",
        "against",
        "outcome",
        "unit",
        "first_month",
        "last_month",
        *COLUMNS,
        "word",
        "interval_holds",
    )
    return pd.DataFrame(rows, columns=list(head))


def _intervals(view: View, levels: Any, chance: Any) -> list[tuple[str, Any]]:
    """Return what each interval holds, and its levels."""
    found = [(view.study.interval_holds, levels)]
    return [*found, (CHANCE, chance)] if view.replicated else found


def year_ends(view: View) -> list[int]:
    """Return the month numbers of the Decembers of a study, and its last month."""
    months = view.reference.months
    ends = list(range(11, months, 12))
    return ends if ends and ends[-1] == months - 1 else [*ends, months - 1]


def printed(x: float, outcome: Outcome, beside: float | None = None) -> str:
    """Return a number that is in its printed unit, with the decimals of a larger one beside it."""
    k = wording.factor(outcome)
    return wording.number(x / k, outcome, None if beside is None else beside / k)


def year_end_grid(view: View, name: str) -> Grid:
    """Return the median and 90 % band of an outcome at year ends, one row per scenario."""
    ends, outcome, bands = year_ends(view), view.study.outcome(name), view.bands([name])
    rows = []
    for scenario in view.names:
        levels = bands[scenario, name]
        rows.append((view.title(scenario), *(_with_band(levels[:, m], outcome) for m in ends)))
    return Grid(("Scenario", *(month_name(m) for m in ends)), tuple(rows))


def _with_band(levels: Floats, outcome: Outcome) -> str:
    if not np.isfinite(levels[2]):
        return wording.NOT_AVAILABLE
    low, middle, high = (
        float(x) / wording.factor(outcome) for x in (levels[0], levels[2], levels[4])
    )
    return f"{wording.number(middle, outcome)} ({wording.interval(low, high, outcome)})"


def difference_grid(view: View, name: str) -> Grid:
    """Return the paired differences of an outcome over the months compared, one row per policy."""
    outcome, paired = view.study.outcome(name), view.paired([name])
    if view.study.pairs == 1:
        only = (printed(paired[scenario, name].median, outcome) for scenario in view.policies)
        single = zip(map(view.title, view.policies), map(wording.signed, only), strict=True)
        return Grid(("Scenario", "Difference"), tuple(single))
    rows = []
    for scenario in view.policies:
        row, levels = view.rows[scenario, name], np.array(paired[scenario, name].levels)
        rows.append(
            (
                view.title(scenario),
                wording.signed(_with_band(levels, outcome)),
                wording.change(row.median, outcome),
                wording.count(row.p_higher, row.pairs),
                wording.count(row.p_lower, row.pairs),
                f"{row.pairs}",
                wording.judgement(row.word, row.median, outcome),
                wording.period(row.first_month, row.last_month),
            )
        )
    of = " of the reference" if outcome.kind == "level" else ""
    change = f"Change, {wording.change_unit(outcome)}{of}"
    head = ("Scenario", "Median (5 to 95 %)", change, "Higher", "Lower", "Of")
    return Grid((*head, "In words", "Months compared"), tuple(rows))
