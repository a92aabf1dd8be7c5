"""How an outcome is spread over runs in one month, scenario by scenario: ridgelines and ECDFs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.report import sheet, style
from sim.report.asked import Asked
from sim.report.over_time import magnitude

if TYPE_CHECKING:
    import pandas as pd

    from sim.model.outcomes import Outcome

STEPS = 200
"""Most steps of an empirical distribution, and points of a density."""
_BINS = 400
_SPREAD = 1.349
"""Quartiles of a normal distribution are so many standard deviations apart."""


def _per_case(asked: Asked, columns: Any) -> pd.DataFrame:
    """Return one frame: for each case, what `columns` makes of its values in the month."""
    import pandas as pd

    frames = []
    for case in asked.with_references:
        month = asked.month(case.name)
        values = asked.at(case.name, asked.name, month)
        head = head_of(case.name, asked.title(case.name), asked.name, asked.outcome, month)
        found = columns(values)
        frames.append(pd.DataFrame(head | found))
    return pd.concat(frames, ignore_index=True)


def head_of(case: str, title: str, name: str, outcome: Outcome, month: str) -> dict[str, str]:
    """Return the columns that name a scenario's distribution of an outcome in a month."""
    unit = wording.unit(outcome)
    head = {"scenario": case, "title": title, "outcome": name, "unit": unit}
    return head | {"month": month}


def ecdf_frame(asked: Asked) -> pd.DataFrame:
    """Return the steps of the empirical distribution of each scenario in a month.

    Columns: scenario, title, outcome, unit, month, value (printed unit), share (0-1, of the runs at
    or below the value) and runs. With more than `STEPS` runs only every so many-th run is a step.
    A scenario of which no run finished has one row without numbers.
    """
    return _per_case(asked, ecdf_steps)


def ecdf_steps(values: Floats) -> dict[str, Any]:
    """Return value, share and runs of the steps of some numbers, nan among them left out."""
    ordered = np.sort(values[np.isfinite(values)])
    if not len(ordered):
        return {"value": [math.nan], "share": [math.nan], "runs": [0]}
    share = np.arange(1, min(len(ordered), STEPS) + 1) / min(len(ordered), STEPS)
    # The smallest value that so large a share of the runs does not exceed: one of the runs.
    place = np.ceil(share * len(ordered) - 1e-9).astype(int) - 1
    return {"value": ordered[place], "share": share, "runs": len(ordered)}


def ridge_frame(asked: Asked) -> pd.DataFrame:
    """Return the density of each scenario in a month.

    Columns: scenario, title, outcome, unit, month, value (printed unit), density (per unit;
    Gaussian kernel of Silverman's width, cut at the smallest and the largest run; nan where all
    runs agree or there is one), p5, p50 and p95 of the runs, and runs. A scenario of which no run
    finished has one row without numbers.
    """
    return _per_case(asked, _density)


def _density(values: Floats) -> dict[str, Any]:
    ordered = np.sort(values[np.isfinite(values)])
    if not len(ordered):
        none = [math.nan]
        return dict.fromkeys(("value", "density", "p5", "p50", "p95"), none) | {"runs": [0]}
    low, middle, high = np.quantile(ordered, (0.05, 0.5, 0.95))
    if len(ordered) == 1:
        low = high = math.nan
    about = {"p5": low, "p50": middle, "p95": high, "runs": len(ordered)}
    first, last = ordered[0], ordered[-1]
    step = (last - first) / _BINS
    if not step > 1e-12 * max(abs(first), abs(last)):
        return {"value": [middle], "density": [math.nan]} | about
    quartiles = np.quantile(ordered, (0.25, 0.75))
    spread = min(ordered.std(), (quartiles[1] - quartiles[0]) / _SPREAD or math.inf)
    width = max(0.9 * spread * len(ordered) ** -0.2, step)
    counts, edges = np.histogram(ordered, bins=_BINS, range=(first, last))
    grid = np.linspace(first, last, STEPS)
    away = (grid[:, None] - (edges[:-1] + edges[1:]) / 2) / width
    kernel = np.exp(-0.5 * away**2) / (width * math.sqrt(2 * math.pi))
    return {"value": grid, "density": (kernel * counts).sum(axis=1) / len(ordered)} | about


def _title(asked: Asked, frame: pd.DataFrame, size: str) -> str:
    months = [wording.month(month) for month in dict.fromkeys(frame["month"])]
    unit = f"{size}{wording.unit(asked.outcome)}"
    return f"{asked.outcome.label}, {unit}: {wording.listing(months)}"


def _scaled(frame: pd.DataFrame) -> tuple[float, str]:
    return magnitude([frame["value"].to_numpy(float)])


def _finite(values: Any) -> list[float]:
    return [float(x) for x in values if math.isfinite(x)]


@style.look()
def ecdf(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw one line of steps for each scenario: which share of the runs is at or below a value."""
    _, size = _scaled(frame)
    cases = list(dict.fromkeys(frame["scenario"]))
    column = sheet.names(
        [_named(asked, frame, name) for name in cases], [asked.pens[name] for name in cases], 0.24
    )
    tall = max(3.2, sheet.height(column))
    key = "Share of the runs at or below a value"
    figure, top = sheet.sheet(_title(asked, frame, size), key, asked.foot(), tall + sheet.AXIS)
    wide = style.WIDTH - 0.6 - sheet.widest(column) - 0.9
    axes = style.place(figure, 0.6, top, wide, tall)
    steps(axes, frame, asked.pens)
    axes.set_xlabel(f"{size}{wording.unit(asked.outcome)}")
    sheet.key_column(figure, column, 0.6 + wide + 0.25, top)
    return sheet.settle(figure)


def steps(axes: Axes, frame: pd.DataFrame, pens: Mapping[str, style.Pen]) -> None:
    """Draw the distributions of a frame (`ecdf_frame`) in large units if its values are large."""
    divisor, size = _scaled(frame)
    low, high = _ends(frame, divisor)
    for name in reversed(list(dict.fromkeys(frame["scenario"]))):
        own, pen = frame[frame["scenario"] == name], pens[name]
        known = own[np.isfinite(own["value"])]
        x = [low, *known["value"] / divisor, high] if len(known) else []
        y = [0.0, *known["share"], 1.0] if len(known) else []
        axes.plot(
            x, y, color=pen.color, linestyle=pen.dash, linewidth=pen.width,
            drawstyle="steps-post", gid="ecdf",
        )  # fmt: skip
    sheet.value_axis(axes, size.strip(), [low, high])
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])


def _named(asked: Asked, frame: pd.DataFrame, name: str) -> str:
    runs = frame.loc[frame["scenario"] == name, "runs"].iloc[0]
    return asked.title(name) if runs else f"{asked.title(name)}: no run finished"


def _ends(frame: pd.DataFrame, divisor: float) -> tuple[float, float]:
    """Return the ends of the axis: the values with some room, so that lines begin and end flat."""
    known = _finite(frame["value"] / divisor) or [0.0]
    room = 0.04 * (max(known) - min(known)) or 0.1 * abs(max(known)) or 1.0
    return min(known) - room, max(known) + room


@style.look()
def ridgeline(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw one ridge for each scenario, with median and the middle 90 % of its runs under it."""
    divisor, size = _scaled(frame)
    cases = list(dict.fromkeys(frame["scenario"]))
    column = sheet.names(
        [_named(asked, frame, name) for name in cases], [asked.pens[name] for name in cases], 0.55
    )
    key = (
        "Density over runs, each scaled to its row and cut at the smallest and the largest run; "
        "marker: median; bar: 5 to 95 %; an upright line: all runs agree"
    )
    if asked.study.pairs == 1:
        key = "An upright line: the one run"
    figure, top = sheet.sheet(
        _title(asked, frame, size), key, asked.foot(asked.ends()), sheet.height(column) + sheet.AXIS
    )
    axes, middles = sheet.rows_axes(figure, column, top, 0.3)
    for name, row, middle in zip(cases, column, middles, strict=True):
        own = frame[(frame["scenario"] == name) & np.isfinite(frame["value"])]
        if len(own):
            _ridge(axes, own, middle + 0.4 * row.height, 0.72 * row.height, row.pen, divisor)
    unit = f"{size}{wording.unit(asked.outcome)}"
    sheet.value_axis(axes, unit, _finite(frame["value"] / divisor))
    return sheet.settle(figure)


def _ridge(
    axes: Any, own: pd.DataFrame, foot: float, tall: float, pen: style.Pen, divisor: float
) -> None:
    """Draw one ridge above its foot."""
    x, density = own["value"].to_numpy() / divisor, own["density"].to_numpy()
    low, middle, high = (float(own[level].iloc[0]) / divisor for level in ("p5", "p50", "p95"))
    if np.isfinite(density).all():
        y = foot - tall * density / density.max()
        axes.fill_between(x, foot, y, facecolor=pen.color, alpha=0.25, linewidth=0)
        axes.plot(x, y, color=pen.color, linewidth=1.2, gid="ridge")
    else:
        axes.plot(
            [middle, middle], [foot, foot - tall], color=pen.color, linewidth=1.2, gid="ridge"
        )
    axes.plot([low, high], [foot, foot], color=pen.color, linewidth=2.2, solid_capstyle="butt")
    axes.plot(
        [middle], [foot], color=pen.color, marker=pen.marker, markersize=5.5, mec="white", mew=0.8
    )
