"""How the headline outcomes are spread over runs in the last month, scenario by scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.analysis import wording
from sim.model.outcomes import OUTCOMES
from sim.months import month_name
from sim.report import distributions, figure_data, origin, sheet, style
from sim.report.over_time import NO_INTERVAL
from sim.report.sheet import AXIS
from sim.report.style import FORECAST, SMALL, WIDTH
from sim.report.view import View
from sim.vocabulary import FACTORS

if TYPE_CHECKING:
    import pandas as pd

HEADLINES = tuple(
    name for f in FACTORS for name, outcome in OUTCOMES.items()
    if outcome.headline and outcome.factor == f
)  # fmt: skip
"""Outcomes that stand for the factors, in the order of the rubric."""
_TALL = 1.7
_SIDES = 3


def spread_frame(view: View, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return the steps of the distribution of each outcome and scenario in its last month.

    Columns are those of `sim.report.distributions.ecdf_frame`.
    """
    import pandas as pd

    ends, frames = view.at_the_end(outcomes), []
    for name in outcomes:
        for scenario in view.names:
            month = month_name(int(view.months(scenario)[-1]))
            head = distributions.head_of(
                scenario, view.title(scenario), name, view.study.outcome(name), month
            )
            found = distributions.ecdf_steps(ends[scenario, name])
            frames.append(pd.DataFrame(head | found))
    return pd.concat(frames, ignore_index=True)


@style.look()
def spread(view: View, outcomes: Sequence[str]) -> Figure:
    """Draw one panel of steps for each outcome: which share of the runs is at or below a value.

    Parameters
    ----------
    view : View
        Of finished runs.
    outcomes : sequence of str
        Names of outcomes the study holds.
    """
    frame, pens = spread_frame(view, outcomes), style.pens(view.names, view.against)
    column = sheet.names(
        [view.title(name) for name in view.names], [pens[name] for name in view.names], 0.24
    )
    wide = (WIDTH - 0.1) / _SIDES
    heads = {}
    for name in outcomes:
        label = figure_data.label_of_month(view.study.outcome(name))
        heads[name] = style.wrapped(label, wide - 0.2, SMALL, "bold")
    above = 0.2 + style.LINE * max(map(len, heads.values()))
    block = above + _TALL + AXIS - 0.15
    lines, side = divmod(len(outcomes), _SIDES)  # the key takes the place after the last panel
    column_top, column_left = lines * block + above, 0.1 + side * wide + 0.05
    months = [wording.month(month) for month in dict.fromkeys(frame["month"])]
    title = f"Headline outcomes over runs, {wording.listing(months)}"
    key = "Share of the runs at or below a value: levels of each scenario, not differences"
    body = lines * block + max(block if side else 0.0, above + sheet.height(column))
    figure, top = sheet.sheet(title, key, _foot(view), body)
    for i, name in enumerate(outcomes):
        line, side = divmod(i, _SIDES)
        x, y = 0.1 + side * wide, top + line * block + above
        first = y - 0.1 - style.LINE * (len(heads[name]) - 1)
        style.write_lines(figure, x, first, heads[name], size=SMALL, weight="bold")
        axes = style.place(figure, x + 0.5, y, wide - 0.75, _TALL)
        own = frame[frame["outcome"] == name]
        distributions.steps(axes, own, pens)
    sheet.key_column(figure, column, column_left, top + column_top)
    return sheet.settle(figure)


def _foot(view: View) -> str:
    study = view.study
    made = f"{wording.sample(study.draws, study.replications)}."
    why = f"Runs differ by {study.interval_holds}." if study.pairs > 1 else NO_INTERVAL
    return " ".join([made, why, FORECAST, origin.line(study)])
