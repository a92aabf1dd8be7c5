"""Paired differences with both their intervals, and flows of use between origins: rows of bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.messages import one_of
from sim.report import figure_data, sheet, style
from sim.report.asked import Asked
from sim.report.figure_data import COLUMNS
from sim.report.over_time import magnitude
from sim.report.style import SMALL, WIDTH, Pen
from sim.vocabulary import CHANNELS, ORIGINS, REGIONS

if TYPE_CHECKING:
    import pandas as pd

    from sim.model.outcomes import Outcome

_SAID = {"US": "US", "CN": "Chinese", "other": "other"}
_ORIGINS = tuple(origin.lower() for origin in ORIGINS[:2])


class Bar(NamedTuple):
    """A row: its name, its pen, what its marker stands at, and the levels of each interval.

    A heading has neither.
    """

    title: str
    pen: Pen
    marked: float = math.nan
    levels: tuple[Floats, ...] = ()


# Differences


def differences_frame(asked: Asked) -> pd.DataFrame:
    """Return the paired differences of each scenario from its reference over the months compared.

    Columns: scenario, title, against, outcome, unit, first_month, last_month, interval_holds, mean,
    p5, p25, p50, p75, p95 (printed unit of a difference) and pairs. One row for each interval of a
    scenario (`Asked.intervals`): with several runs in each draw one for chance and parameters and
    one for chance alone.
    """
    import pandas as pd

    if not asked.compared:
        raise ValueError(
            "kind 'differences' needs a scenario that is compared with another one; this study has "
            f"only {one_of([case.name for case in asked.cases])}"
        )
    return pd.DataFrame(
        [
            head | row
            for case in asked.compared
            for head, values in [_difference(asked, case.name)]
            for row in asked.rows(values)
        ]
    )


def _difference(asked: Asked, name: str) -> tuple[dict[str, Any], Floats]:
    """Return what names a paired difference, and the differences in their printed unit."""
    first, last = asked.compared_over(name)
    head = {
        "scenario": name,
        "title": asked.title(name),
        "against": asked.study.case(name).against,
        "outcome": asked.name,
        "unit": wording.unit(asked.outcome, of_difference=True),
        "first_month": first,
        "last_month": last,
    }
    found = asked.study.paired_differences(name, [asked.name])[asked.name]
    return head, found * wording.factor(asked.outcome)


@style.look()
def differences(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw one bar for each interval of each scenario, with the median and its ends in numbers."""
    bars = []
    references = list(dict.fromkeys(frame["against"]))
    for name in dict.fromkeys(frame["scenario"]):
        own = frame[frame["scenario"] == name]
        against = "" if len(references) == 1 else f" against {asked.title(own['against'].iloc[0])}"
        marked = float(own["p50"].iloc[0])
        bars.append(Bar(f"{asked.title(name)}{against}", asked.pens[name], marked, _levels(own)))
    whose = asked.title(references[0]) if len(references) == 1 else "the reference of each"
    title = f"{asked.outcome.label}: paired difference from {whose}"
    return _rows(asked, bars, title, f"{_key(asked, 'median')} {months_said(frame)}")


def _levels(own: pd.DataFrame) -> tuple[Floats, ...]:
    return tuple(own[list(COLUMNS)].to_numpy(float))


def _key(asked: Asked, marker: str) -> str:
    """Return how the bars are read."""
    if asked.study.pairs == 1:
        return "Marker: the one run."
    return f"Marker: {marker}; thick: 50 %, thin: 90 % of the {asked.study.unit}."


def months_said(frame: pd.DataFrame) -> str:
    """Return which months the means are of."""
    spans = {
        pair for pair in zip(frame["first_month"], frame["last_month"], strict=True) if pair[0]
    }
    if not spans:
        return "No month compared was kept."
    said = [
        wording.period(*span) if span[0] != span[1] else wording.month(span[0])
        for span in sorted(spans)
    ]
    return f"Means of {wording.listing(said)}."


# Flows


def flows_frame(asked: Asked) -> pd.DataFrame:
    """Return how much use moved from each origin to each other, by the smallest movement.

    In every pair the shares of the three origins before and after give what each lost and gained;
    what one lost goes to those that gained. With three origins that is the smallest movement that
    explains the change, and the only one: users may also have moved both ways, which no share
    shows. Before and after are the reference and the scenario over the months compared, or, if two
    months are asked for, these two months of each scenario.

    Other origins have what is left of 100 %.

    Columns: scenario, title, before, after (a scenario each, or a month each), source and target
    (origins), where (region and channel), unit (percentage points of use), interval_holds, mean,
    p5, p25, p50, p75, p95 and pairs. Means of a scenario add up to the whole movement.
    """
    import pandas as pd

    where = _place(asked)
    shares = [f"us_share_{where}", f"cn_share_{where}"]
    rows = []
    for case in asked.with_references if asked.months else asked.compared:
        if asked.months:
            before, after = asked.months
            sides = [
                np.stack([asked.at(case.name, name, month) for name in shares], axis=1)
                for month in (before, after)
            ]
        else:
            before, after = case.against, case.name
            window = asked.study.window(case.name)
            sides = [100 * asked.study.means(name, shares, window) for name in (before, after)]
        head = {"scenario": case.name, "title": asked.title(case.name)}
        head |= {"before": before, "after": after}
        moved = smallest_movement(*map(_with_others, sides))
        for i, source in enumerate(ORIGINS):
            for j, target in enumerate(ORIGINS):
                if i != j:
                    flow = {"source": source, "target": target, "where": where}
                    flow["unit"] = "percentage points"
                    rows.append(head | flow | asked.rows(moved[:, i, j])[0])
    if not rows:
        raise ValueError(
            "kind 'flows' needs a scenario that is compared with another one, or two months: "
            'month=("2026-01", "2030-12")'
        )
    return pd.DataFrame(rows)


def smallest_movement(before: Floats, after: Floats) -> Floats:
    """Return what moved from each of three origins to each other.

    Parameters
    ----------
    before, after
        Shares, arrays (pair, origin) whose rows have one sum.

    Returns
    -------
    ndarray of float64, shape (pair, source, target)
        Not negative. What a source lost is divided among those that gained, by what they gained;
        with three origins one side is a single one, so there is nothing to choose.
    """
    lost, gained = np.maximum(before - after, 0), np.maximum(after - before, 0)
    whole = gained.sum(axis=1)[:, None, None]
    moved = lost[:, :, None] * gained[:, None, :]
    nothing = np.where(np.isnan(whole), math.nan, np.zeros_like(moved))
    return np.divide(moved, whole, out=nothing, where=whole > 0)


def _with_others(shares: Floats) -> Floats:
    """Return shares in percent of US, Chinese and all other origins: array (pair, 3)."""
    return np.column_stack([shares, np.maximum(100 - shares.sum(axis=1), 0)])


def _place(asked: Asked) -> str:
    """Return region and channel of the outcome, as in its name."""
    origin, _, where = asked.name.partition("_share_")
    places = {f"{region}{end}" for region in REGIONS for end in ("", *(f"_{c}" for c in CHANNELS))}
    if origin not in _ORIGINS or where not in places:
        raise ValueError(
            "kind 'flows' needs the share of use of an origin, such as 'us_share_abroad', in place "
            f"of {asked.name!r}"
        )
    missing = [f"{o}_share_{where}" for o in _ORIGINS]
    missing = [name for name in missing if name not in asked.study.outcomes()]
    if missing:
        raise ValueError(
            f"kind 'flows' of {asked.name!r} needs {missing[0]!r} too, which this study did not "
            "keep (keep.outcomes of the experiment)"
        )
    return where


@style.look()
def flows(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw one bar for each flow that is not 0 in every pair, under the name of its scenario."""
    bars = []
    for name in dict.fromkeys(frame["scenario"]):
        pen, own = asked.pens[name], frame[frame["scenario"] == name]
        lost = ": no pair of runs finished" if own["mean"].isna().all() else ": nothing moves"
        own = own[own["mean"] > 0]
        nothing = "" if len(own) else lost
        bars.append(Bar(f"{asked.title(name)}{nothing}", pen))
        for i in range(len(own)):
            row = own.iloc[[i]]
            title = f"   {_SAID[row['source'].iloc[0]]} to {_SAID[row['target'].iloc[0]]}"
            bars.append(Bar(title, pen, float(row["mean"].iloc[0]), _levels(row)))
    place = asked.outcome.label.partition(" share of ")[2]
    if asked.months:
        between = " and ".join(map(wording.month, asked.months))
    else:
        between = "the reference and the scenario, means over the months compared"
    title = f"What moves from one origin to another between {between}: {place}"
    key = (
        f"{_key(asked, 'mean')} The smallest movement that gives the shares of each pair: net, not "
        "gross."
    )
    return _rows(asked, bars, title, key)


# Rows of bars


def _rows(asked: Asked, bars: Sequence[Bar], title: str, key: str) -> Figure:
    """Draw bars in rows under each other, with their names at the left and numbers at the right."""
    divisor, size = magnitude([levels for bar in bars for levels in bar.levels])
    unit = f"{size}{wording.unit(asked.outcome, of_difference=True)}"
    if any(len(bar.levels) > 1 for bar in bars):
        key += " Pale, with caps: chance alone (90 %)."
    column = sheet.names([bar.title for bar in bars], [bar.pen for bar in bars], 0.32)
    tall = sheet.height(column) + sheet.AXIS
    figure, top = sheet.sheet(f"{title}, {unit}", key, asked.foot(asked.ends()), tall)
    drawn = [0.0, *(float(x) for bar in bars for own in bar.levels for x in own / divisor)]
    drawn = [x for x in drawn if math.isfinite(x)]
    numbers = [_numbers(bar, asked.outcome, divisor, max(map(abs, drawn))) for bar in bars]
    axes, middles = sheet.rows_axes(figure, column, top, 0.25 + max(map(style.text_width, numbers)))
    sheet.zero_line(axes)
    for bar, middle, text in zip(bars, middles, numbers, strict=True):
        if bar.levels:
            _bar(axes, bar, middle, divisor)
        style.write(
            figure, WIDTH - 0.1, top + middle, text, size=SMALL, va="center_baseline", ha="right"
        )
    sheet.value_axis(axes, unit, drawn)
    return sheet.settle(figure)


def _bar(axes: Axes, bar: Bar, middle: float, divisor: float) -> None:
    """Draw the interval of all pairs, and under it that of chance alone where there is one."""
    pen, several = bar.pen, len(bar.levels) > 1
    y = middle - (0.05 if several else 0.0)
    low, lower, _, upper, high = bar.levels[0] / divisor
    axes.plot([low, high], [y, y], color=pen.color, linewidth=1.2, gid="interval")
    axes.plot([lower, upper], [y, y], color=pen.color, linewidth=3.8)
    axes.plot(
        [bar.marked / divisor], [y], color=pen.color, marker=pen.marker, markersize=5.5,
        mec="white", mew=0.8, gid="marker",
    )  # fmt: skip
    if several:
        under, ends = middle + 0.08, [bar.levels[1][0] / divisor, bar.levels[1][4] / divisor]
        axes.plot(ends, [under] * 2, color=pen.color, gid="chance", **style.CAPS)


def _numbers(bar: Bar, outcome: Outcome, divisor: float, largest: float) -> str:
    """Return what is marked and the ends of the interval as text, "" for a heading."""
    if not bar.levels:
        return ""
    middle, low, high = (
        wording.signed(figure_data.printed(float(x) / divisor, outcome, largest))
        for x in (bar.marked, bar.levels[0][0], bar.levels[0][4])
    )
    return f"{middle} ({low} to {high})" if math.isfinite(bar.levels[0][0]) else middle
