"""Levels over time and, beside them, paired differences from the reference: one row per outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.report import figure_data, style
from sim.report.over_time import (
    CHANCE_LINE,
    POLICY_LINE,
    REFERENCE_LINE,
    chance_lines,
    footer,
    hands_over,
    last,
    magnitude,
    mark_handover,
    mark_starts,
    reference_bands,
    starts,
    time_axis,
    write_footer,
)
from sim.report.style import INK, MUTED, SMALL, Pen
from sim.report.view import Paired, View

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

# Widths and heights in inches.
_LEFT, _TIME, _GAP, _DIFFERENCE, _VERDICT, _RIGHT = 0.62, 3.6, 0.34, 1.1, 2.45, 0.1
_HEAD, _TITLE, _AXIS, _FOOT = 0.5, 0.3, 0.42, 0.42
_LABEL = 1.9
_APART = 0.06

_PAIRED = "Paired difference: median, 50 %, 90 %"


@style.look()
def comparison(view: View, outcomes: Sequence[str], *, steps: bool = False) -> Figure:
    """Draw one row per outcome: level over time, and paired difference from the reference.

    Parameters
    ----------
    view : View
        Of finished runs.
    outcomes : sequence of str
        Names of outcomes the study holds.
    steps : bool
        Draw levels as steps: a line that jumps at a policy's start does not rise in the month
        before.
    """
    scenarios = view.names
    pens = style.pens(scenarios, view.against)
    found, bands = view.paired(outcomes), view.bands(outcomes)
    labels = {name: style.wrapped(view.title(name), _LABEL, weight="bold") for name in scenarios}
    more = style.LINE * (max(map(len, labels.values())) - 1)
    tall = max(1.35, (0.215 + more) * len(scenarios))
    since = _since(view)
    block = _TITLE + tall + _AXIS
    over_time, foot = _over_time(view), footer(view, scenarios, since)
    head = _HEAD + style.LINE * (len(over_time) - 1)
    figure = style.canvas(head + block * len(outcomes) + _FOOT - 0.1 + style.LINE * (len(foot) - 1))
    label = (
        max(style.text_width(line, weight="bold") for lines in labels.values() for line in lines)
        + 0.1
    )
    room = style.WIDTH - _LEFT - _GAP - label - _VERDICT - _RIGHT
    wide = min(_TIME, room - _DIFFERENCE)
    difference_left = _LEFT + wide + _GAP + label
    difference = room - wide
    style.write_lines(figure, _LEFT, 0.25, over_time, size=SMALL, color=MUTED)
    style.write(figure, style.WIDTH - _RIGHT, 0.25, _PAIRED, size=SMALL, color=MUTED, ha="right")
    for i, outcome in enumerate(outcomes):
        top = head + i * block + _TITLE
        levels = {name: bands[name, outcome] for name in scenarios}
        divisor, size = magnitude(levels.values())
        levels = {name: values / divisor for name, values in levels.items()}
        title = figure_data.label(view.study.outcome(outcome), size)
        style.write(figure, 0.08, top - 0.1, title, size=10, weight="bold", va="bottom")
        axes = style.place(figure, _LEFT, top, wide, tall)
        luck = view.chance(view.against, outcome)
        _levels(axes, view, levels, pens, since, steps=steps)
        if luck is not None:
            months = np.arange(since, luck.shape[1])
            chance_lines(axes, months, luck[:, since:] / divisor, INK)
        places = _labels(figure, axes, levels, pens, labels, top, tall)
        beside = style.place(figure, difference_left, top, difference, tall)
        cells = {
            name: found[name, outcome].over(divisor) for name in scenarios if name != view.against
        }
        _differences(beside, cells, places, pens)
        _verdicts(
            figure,
            cells,
            places,
            view.study.outcome(outcome),
            difference_left + difference + 0.1,
            top,
            tall,
        )
    write_footer(figure, foot)
    return figure


def _over_time(view: View) -> list[str]:
    """Return the head of the left column in lines that leave room for that of the right one."""
    room = style.WIDTH - _LEFT - style.text_width(_PAIRED) - _RIGHT - 0.3
    return style.wrapped(f"Medians; grey: 50 % and 90 % bands of {view.title(view.against)}", room)


def _since(view: View) -> int:
    """Return the first month drawn: a January a year or more before the first policy.

    From there lines come apart.
    """
    first = min(starts(view, view.names), default=0)
    return max(0, (first - 12) // 12 * 12)


def _levels(
    axes: Axes,
    view: View,
    levels: Mapping[str, Floats],
    pens: Mapping[str, Pen],
    since: int,
    *,
    steps: bool,
) -> None:
    x = np.arange(since, levels[view.against].shape[1])
    reference_bands(axes, x, levels[view.against][:, x], steps=steps)
    form = "steps-post" if steps else "default"
    for name in reversed(list(levels)):
        pen, line_id = pens[name], REFERENCE_LINE if name == view.against else POLICY_LINE
        line = levels[name][2, x]
        axes.plot(
            x,
            line,
            color=pen.color,
            linestyle=pen.dash,
            linewidth=pen.width,
            gid=line_id,
            drawstyle=form,
        )
    time_axis(axes, since, x[-1])
    mark_starts(axes, view, list(levels))
    if hands_over(view, since):
        mark_handover(axes)


def _labels(
    figure: Figure,
    axes: Axes,
    levels: Mapping[str, Floats],
    pens: Mapping[str, Pen],
    labels: Mapping[str, Sequence[str]],
    top: float,
    tall: float,
) -> dict[str, float]:
    """Write each scenario's title at the end of its line.

    Return the height of each title by name, 0 to 1 from the bottom.
    """
    bottom, ceiling = axes.get_ylim()
    ends = {name: (last(levels[name][2]) - bottom) / (ceiling - bottom) for name in levels}
    room = style.place(figure, axes.get_position().x1 * style.WIDTH, top, _GAP, tall)
    room.set_axis_off()
    room.set_xlim(0, 1)
    room.set_ylim(0, 1)
    more = style.LINE * (max(map(len, labels.values())) - 1) / tall
    edge = 0.03 + more / 2
    heights = style.separated(list(ends.values()), 0.19 / tall + more, edge, 1 - edge)
    places = dict(zip(ends, heights, strict=True))
    for name, place in places.items():
        pen = pens[name]
        room.plot(
            [0, 0.25, 0.8],
            [ends[name], ends[name], place],
            color=pen.color,
            linewidth=0.7,
            clip_on=False,
        )
        weight = "bold" if pen is style.REFERENCE else "normal"
        text = "\n".join(labels[name])
        room.text(
            0.92, place, text, color=pen.color, size=SMALL, va="center_baseline", weight=weight
        )
    return places


def _differences(
    axes: Axes, cells: Mapping[str, Paired], places: Mapping[str, float], pens: Mapping[str, Pen]
) -> None:
    """Draw each policy's paired difference at the height of its title.

    The reference is the line at zero.
    """
    axes.axvline(0, color=INK, linewidth=1.4, gid="reference-zero")
    for name, cell in cells.items():
        low, lower, middle, upper, high = cell.levels
        pen, y = pens[name], places[name]
        axes.plot([low, high], [y, y], color=pen.color, linewidth=1.1, solid_capstyle="butt")
        axes.plot([lower, upper], [y, y], color=pen.color, linewidth=3.6, solid_capstyle="butt")
        axes.plot(
            [middle], [y], color=pen.color, marker=pen.marker, markersize=5, mec="white", mew=0.8
        )
        if cell.chance:
            under = y - 0.075 / _tall(axes)
            ends = [cell.chance[0], cell.chance[-1]]
            axes.plot(ends, [under] * 2, color=pen.color, gid=CHANCE_LINE, **style.CAPS)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.06)
    _few_ticks(axes)


def _tall(axes: Axes) -> float:
    """Return the height of axes in inches."""
    figure = axes.figure.get_figure(root=True)
    return float(axes.get_position().height * figure.get_size_inches()[1])


def _few_ticks(axes: Axes) -> None:
    """Put up to three labels under a narrow axis, fewer where they would touch."""
    low, high = axes.get_xlim()
    inches = axes.get_position().width * style.WIDTH / (high - low)
    for most in (3, 2, 1):
        locator = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])
        axes.xaxis.set_major_locator(locator)
        ticks = [x for x in locator.tick_values(low, high) if low <= x <= high]
        widest = max(
            map(style.text_width, axes.xaxis.get_major_formatter().format_ticks(ticks)), default=0
        )
        if all((after - x) * inches >= widest + _APART for x, after in pairwise(ticks)):
            return


def _verdicts(
    figure: Figure,
    cells: Mapping[str, Paired],
    places: Mapping[str, float],
    outcome: Outcome,
    left: float,
    top: float,
    tall: float,
) -> None:
    largest = max(
        (abs(cell.median) for cell in cells.values() if np.isfinite(cell.median)), default=0.0
    )
    for name, cell in cells.items():
        number = wording.signed(figure_data.printed(cell.median, outcome, largest))
        y = top + (1 - places[name]) * tall
        style.write(figure, left + 0.55, y, number, size=SMALL, va="center_baseline", ha="right")
        style.write(
            figure, left + 0.65, y, cell.word, size=SMALL, va="center_baseline", color=MUTED
        )
