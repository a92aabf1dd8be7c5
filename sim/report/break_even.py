"""Break-even lines: where, over two levers, the sign of a change turns over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import wording
from sim.analysis.grids import is_number, lever_values, lines
from sim.report import sheet, style
from sim.report.levers import places, value_text, with_unit
from sim.report.style import LINE, MUTED, SMALL, WIDTH
from sim.report.view import records

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

MOST_PANELS = 8
REFERENCE = "ref."
"""Stands for a sign where the reference is itself a cell."""
TALL = 2.1
"""Height of a panel in inches."""


def nodes_frame(
    study: Study, table: pd.DataFrame, turning: pd.DataFrame, levers: tuple[str, str]
) -> pd.DataFrame:
    """Return the cells and the break-evens of panels: what `draw` draws.

    Parameters
    ----------
    study
        Finished runs.
    table
        Rows of `Study.table`.
    turning
        Rows of `sim.analysis.grids.break_evens`.
    levers
        The lever along which signs turn over, which has numbers, and the one across.

    Returns
    -------
    DataFrame
        Of outcomes and scenarios (with the values of all other levers) that have at least one
        break-even, and a cell beyond the floor, a row for each cell: outcome, panel, across and
        along (values of the levers), sign and median; and the break_even, low and high of the
        cell's line. At most `MOST_PANELS` panels.
    """
    import pandas as pd

    along, across = levers
    signs = {(row.scenario, row.outcome): row for row in records(table)}
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    told = turning[(turning["lever"] == along) & (turning["beyond_floor"] > 0)]
    at = {(row.outcome, row.scenario, row.others): row for row in records(told)}
    for line in lines(study, along):
        if across not in line.others:
            continue
        rest = study.settings({k: v for k, v in line.others.items() if k != across})
        for outcome in dict.fromkeys(told["outcome"]):
            turn = at.get((outcome, line.scenario, study.settings(line.others)))
            ends = ("break_even", "low", "high")
            where = {end: getattr(turn, end) if turn else math.nan for end in ends}
            head = {"outcome": outcome, "scenario": line.scenario, "others": rest}
            head |= {"across": line.others[across]}
            for case in line.cases:
                cell = signs.get((case.name, outcome))
                row = head | {"along": case.levers[along]}
                row |= {
                    "sign": cell.sign if cell else REFERENCE,
                    "median": cell.median if cell else 0,
                }
                found.setdefault((outcome, line.scenario, rest), []).append(row | where)
    drawn = [rows for rows in found.values() if any(not math.isnan(r["break_even"]) for r in rows)]
    return pd.DataFrame([row for rows in drawn[:MOST_PANELS] for row in rows])


def turning_levers(study: Study, order: Sequence[str]) -> tuple[str, str] | None:
    """Return the lever along which break-evens are drawn and the one across; None without two."""
    values = lever_values(study)
    chosen = list(order[:2])
    if len(chosen) < 2:
        return None
    along = [path for path in chosen if all(map(is_number, values[path]))]
    # The one with more values has the finer break-evens.
    along.sort(key=lambda path: -len(values[path]))
    if not along:
        return None
    return along[0], next(path for path in chosen if path != along[0])


@style.look()
def draw(study: Study, frame: pd.DataFrame, levers: tuple[str, str]) -> Figure:
    """Draw a panel for each outcome: signs of the cells, and the line between them with its band.

    Parameters
    ----------
    study
        Finished runs.
    frame
        Result of `nodes_frame`, not empty.
    levers
        As for it.
    """
    along, across = levers
    panels = list(frame.groupby(["outcome", "scenario", "others"], sort=False))
    wide = (WIDTH - 0.2) / 2
    block = TALL + sheet.AXIS + 2 * LINE + 0.25
    again = "draws" if study.draws > 1 else "replications"
    key = (
        f"Signs are of the cells that were run, towards the goal. Line: where the median change "
        f"turns over, between two cells by a straight line; bars: its 5 and 95 % points when "
        f"{again} are drawn again, open where they leave the grid. No point: no crossing there."
    )
    figure, top = sheet.sheet(
        f"Where the sign turns over along {study.lever_labels[along]}",
        key,
        f"{wording.sample(study.draws, study.replications)}. {style.FORECAST}",
        block * math.ceil(len(panels) / 2),
    )
    for i, ((outcome, _, others), own) in enumerate(panels):
        left, down = 0.1 + (i % 2) * wide, top + (i // 2) * block
        title = f"{study.outcome(str(outcome)).label}{f', {others}' if others else ''}"
        lines_ = style.wrapped(title, wide - 0.2, SMALL, "bold")[:2]
        style.write_lines(figure, left, down + 0.14, lines_, size=SMALL, weight="bold")
        axes = style.place(figure, left + 0.6, down + 2 * LINE + 0.1, wide - 0.8, TALL)
        _panel(axes, own)
        axes.set_xlabel(with_unit(study, across))
        axes.set_ylabel(with_unit(study, along))
    return sheet.settle(figure)


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    """Draw the signs of one panel, and the break-even of each of its lines."""
    at = places(list(own["across"]))
    y = own["along"].to_numpy(float)
    span = y.max() - y.min()
    x = np.array([at[value] for value in own["across"]])
    for here, there, sign in zip(x, y, own["sign"], strict=True):
        axes.text(
            here, there, wording.symbol(sign), size=style.BODY, color=MUTED, ha="center",
            va="center_baseline",
        )  # fmt: skip
    turns = own[~own["across"].duplicated()]
    turns = turns[np.isfinite(turns["break_even"])]
    places_ = np.array([at[value] for value in turns["across"]])
    order = np.argsort(places_)
    middle = turns["break_even"].to_numpy(float)
    pen = style.pens(["", "line"], "")["line"]
    axes.plot(
        places_[order], middle[order], color=pen.color, marker="o", markersize=5, mec="white",
        mew=0.8, linewidth=pen.width, gid="break-even",
    )  # fmt: skip
    low, high = (turns[end].to_numpy(float) for end in ("low", "high"))
    edge = 0.08 * span
    bottom = np.where(np.isneginf(low), y.min() - edge, low)
    axes.vlines(
        places_, bottom, np.where(np.isposinf(high), y.max() + edge, high), color=pen.color,
        linewidth=1.1,
    )  # fmt: skip
    axes.set_ylim(y.min() - edge, y.max() + edge)
    room = 0.12 * (max(at.values()) - min(at.values()) or 1.0)
    axes.set_xlim(min(at.values()) - room, max(at.values()) + room)
    ticks = sorted(at.items(), key=lambda item: item[1])
    ticks = ticks[:: max(1, math.ceil(len(ticks) / 7))]
    axes.set_xticks([place for _, place in ticks], [value_text(value) for value, _ in ticks])
    axes.grid(visible=False)
