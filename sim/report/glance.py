"""All headline changes at one glance: a panel for each factor, a bar for each policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import rubric, wording
from sim.analysis.comparison import chance_alone, changes
from sim.report import origin, sheet, style
from sim.report.cells import Cell, headlines
from sim.report.figure_data import COLUMNS
from sim.report.over_time import NO_INTERVAL
from sim.report.sheet import AXIS
from sim.report.style import FORECAST, SMALL, WIDTH
from sim.report.view import CHANCE, View, quantiles

if TYPE_CHECKING:
    import pandas as pd

_HEAD, _GAP, _ROW = 0.34, 0.1, 0.3
_NUMBER = 0.78
"""Room for a number at the right of a panel, in inches."""
_SIDES = 2
"""Panels beside each other."""


def glance_frame(view: View) -> pd.DataFrame:
    """Return the changes that are drawn: one row per policy, factor and kind of interval.

    Columns: scenario, title, against, factor, outcome, scale ("points" or "percent" of the
    reference), first_month, last_month, interval_holds ("chance and parameters" or "chance"), p5,
    p50, p95 and pairs. The row of chance alone is there where draws were run several times.
    """
    import pandas as pd

    rows = []
    for cell in headlines(view):
        head = {"scenario": cell.scenario, "title": view.title(cell.scenario)}
        head |= {"against": view.against, "factor": cell.factor, "outcome": cell.outcome.name}
        head |= {"scale": cell.scale, "first_month": cell.first_month}
        head |= {"last_month": cell.last_month}
        ends = (cell.low, cell.median, cell.high)
        for holds, levels in ((view.study.interval_holds, ends), (CHANCE, _chance(view, cell))):
            if levels:
                numbers = dict(zip(COLUMNS[::2], levels, strict=True))
                rows.append(head | {"interval_holds": holds} | numbers | {"pairs": cell.pairs})
    return pd.DataFrame(rows)


def _chance(view: View, cell: Cell) -> tuple[float, ...]:
    """Return ends and middle of the change by chance alone, () where it cannot be told."""
    study = view.study
    if not view.replicated or not math.isfinite(cell.median):
        return ()
    window, name = study.window(cell.scenario), cell.outcome.name
    ours, theirs = (study.means(one, [name], window)[:, 0] for one in (cell.scenario, view.against))
    found = changes(ours, theirs, cell.outcome.kind, study.pair_index)
    levels = quantiles(chance_alone(found, study.pair_index)) + cell.median
    return tuple(float(x) for x in levels[::2])


@style.look()
def glance(view: View) -> Figure:
    """Draw median and interval of every headline change, and the floor within which none matters.

    Parameters
    ----------
    view : View
        Of finished runs, with a scenario that is compared.
    """
    frame, found = glance_frame(view), headlines(view)
    factors = list(dict.fromkeys(cell.factor for cell in found))
    pens = style.pens(view.names, view.against)
    titles = [view.title(name) for name in view.policies]
    column = sheet.names(titles, [pens[name] for name in view.policies], _ROW)
    tall, left = sheet.height(column), 0.08 + sheet.widest(column) + 0.15
    block = _HEAD + tall + AXIS - 0.1
    lines = -(-len(factors) // _SIDES)
    title = f"Change from {view.title(view.against)}, factor by factor"
    figure, top = sheet.sheet(title, _key(view), _foot(view), block * lines)
    wide = (WIDTH - left - 0.1) / _SIDES
    for i, factor in enumerate(factors):
        line, side = divmod(i, _SIDES)
        begin = top + line * block + _HEAD
        if side == 0:
            sheet.write_names(figure, column, 0.08, begin)
        own = [cell for cell in found if cell.factor == factor]
        x = left + side * wide
        head = f"{own[0].name}, {wording.change_unit(own[0].outcome)}"
        style.write(figure, x, begin - 0.08, head, size=SMALL, weight="bold", va="bottom")
        axes = style.place(figure, x, begin, wide - _NUMBER - _GAP, tall)
        _panel(axes, own, frame[frame["factor"] == factor], column, view, pens)
        for cell, middle in zip(own, sheet.middles(column), strict=True):
            number = cell.change if math.isinf(cell.median) else _number(cell)
            where = (x + wide - _GAP, begin + middle)
            style.write(figure, *where, number, size=SMALL, ha="right", va="center_baseline")
    return sheet.settle(figure)


def _number(cell: Cell) -> str:
    return wording.change_number(cell.median, cell.outcome)


def _panel(axes: Axes, own: Sequence[Cell], frame: Any, column: Any, view: View, pens: Any) -> None:
    """Draw the bars of one factor."""
    floor, shown = rubric.FLOOR[own[0].outcome.kind], [0.0]
    axes.axvspan(-floor, floor, color="#ececec", linewidth=0, gid="floor")
    sheet.zero_line(axes)
    for cell, middle in zip(own, sheet.middles(column), strict=True):
        pen = pens[cell.scenario]
        for row in frame[frame["scenario"] == cell.scenario].itertuples():
            alone = row.interval_holds == CHANCE and view.study.draws > 1
            ends = [row.p5, row.p95]
            if not np.isfinite(ends).all():
                continue
            shown += ends
            if alone:
                axes.plot(ends, [middle + 0.09] * 2, color=pen.color, gid="chance", **style.CAPS)
            elif view.study.pairs > 1:
                axes.plot(ends, [middle] * 2, color=pen.color, linewidth=2.0, gid="interval")
        if math.isfinite(cell.median):
            axes.plot(
                [cell.median], [middle], color=pen.color, marker=pen.marker, markersize=5.5,
                mec="white", mew=0.8, gid="marker",
            )  # fmt: skip
    axes.set_ylim(sheet.height(column), 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    sheet.value_axis(axes, "", [*shown, -1.5 * floor, 1.5 * floor])


def _key(view: View) -> str:
    if view.study.pairs == 1:
        return "Marker: the one run. Grey: too small to matter."
    alone = " Pale, with caps: chance alone (90 %)." if view.replicated else ""
    return f"Marker: median; bar: 5 to 95 %.{alone} Grey: too small to matter."


def _foot(view: View) -> str:
    study = view.study
    made = f"{wording.sample(study.draws, study.replications)}."
    holds = f"Bars hold {study.interval_holds}." if study.pairs > 1 else NO_INTERVAL
    return " ".join([made, holds, FORECAST, origin.line(study)])
