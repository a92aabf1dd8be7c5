"""Outcomes over time: one panel per policy, and the axes of time that all pictures share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.calibration.quantities import CUT
from sim.messages import nearest, one_of
from sim.months import month_index, month_name
from sim.report import figure_data, origin, style
from sim.report.style import BODY, FORECAST, INK, MUTED, SMALL, Pen
from sim.report.view import View
from sim.scenario.differences import first_difference

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

# Names of lines in the drawing. Names of scenarios never get into a drawing other than as outlines
# of letters.
REFERENCE_LINE, POLICY_LINE, START_LINE = "reference", "policy", "policy-start"
HANDOVER_LINE, CHANCE_LINE = "handover", "chance"

HANDOVER = month_index(CUT) + 1
"""First month of generated releases, where a world replays the record."""

GENERATED, START = "generated", "start"
"""Words at the handover and where a policy starts."""

MOST_CASES = 48
"""Scenarios that colour and dash together tell apart."""

NO_INTERVAL = "One run: no interval."

FULL = style.WIDTH - 0.16
"""Width of text over a whole picture, in inches."""


@style.look()
def plot(view: View, outcome: str, scenarios: Sequence[str] | None = None) -> Figure:
    """Draw one outcome over time, one panel per policy, each with the reference scenario.

    Parameters
    ----------
    view : View
        Of finished runs.
    outcome : str
        Name of an outcome the study holds.
    scenarios : sequence of str, optional
        Scenarios to draw beside the reference; all by default.

    Returns
    -------
    matplotlib.figure.Figure
        Medians with 50 % and 90 % bands over runs.
    """
    chosen = _chosen(view, scenarios)
    drawn = chosen or [view.against]
    pens = style.pens(view.names, view.against)
    columns = min(3, max(1, len(chosen)))
    lines = max(1, -(-len(chosen) // columns))
    height = 2.1 if columns > 1 else 3.2
    theirs = {name: view.study.case(name).against for name in drawn}
    bands = view.bands([outcome], list(dict.fromkeys([*theirs.values(), *drawn])))
    divisor, size = magnitude(bands.values())
    levels = {name: values / divisor for (name, _), values in bands.items()}
    chances = {name: view.chance(name, outcome) for name in levels}
    luck = {name: None if own is None else own / divisor for name, own in chances.items()}
    width = (style.WIDTH - 0.2) / columns
    heads = {name: style.wrapped(view.title(name), width - 0.55, BODY, "bold") for name in drawn}
    key = _key(view, list(theirs.values()))
    since = min(int(view.months(name)[0]) for name in drawn)
    keys, foot = style.wrapped(key, FULL), footer(view, drawn, since)
    begin = 0.62 + style.LINE * (len(keys) - 1)
    above = 0.28 + style.LINE * (max(map(len, heads.values())) - 1)
    block = height + above + 0.34
    figure = style.canvas(begin + lines * block + 0.25 + style.LINE * (len(foot) - 1))
    title = figure_data.label(view.study.outcome(outcome), size)
    style.write(figure, 0.08, 0.2, title, size=10.5, weight="bold")
    style.write_lines(figure, 0.08, 0.4, keys, size=SMALL, color=MUTED)
    panels = []
    for i, name in enumerate(drawn):
        row, column = divmod(i, columns)
        left, top = 0.1 + column * width + 0.5, begin + row * block + above
        axes = style.place(figure, left, top, width - 1.1, height)
        base, ours = ((levels[one], luck[one]) for one in (theirs[name], name))
        _panel(axes, view, name, base, ours, pens)
        first = top - 0.1 - style.LINE * (len(heads[name]) - 1)
        style.write_lines(
            figure, left, first, heads[name], size=BODY, weight="bold", color=pens[name].color
        )
        panels.append(axes)
    _same_limits(panels)
    for axes, name in zip(panels, drawn, strict=True):
        color = INK if theirs[name] == name else pens[name].color
        ends = {INK: levels[theirs[name]][2], color: levels[name][2]}
        _end_values(axes, ends, view.study.outcome(outcome))
    write_footer(figure, foot)
    # Ticks are made when first drawn: draw them in this style, whatever the reader's settings are
    # later.
    figure.draw_without_rendering()
    return figure


def _key(view: View, references: Sequence[str]) -> str:
    """Return how panels are read, of which these are the references."""
    one = len(set(references)) == 1
    grey = view.title(references[0]) if one else "the reference of each"
    bound = ". Median, 50 % and 90 % bands" if view.study.pairs > 1 else ""
    bound += "; dotted: chance alone (90 %)" if view.replicated else ""
    return f"Black and grey: {grey}; colour: the policy named above{bound}"


def _chosen(view: View, scenarios: Sequence[str] | None) -> list[str]:
    """Return the scenarios to draw beside the reference; refuse one that the study lacks."""
    known = view.names
    chosen = [name for name in (known if scenarios is None else scenarios) if name != view.against]
    missing = sorted(set(chosen) - set(known))
    if missing:
        raise ValueError(
            f"no scenario {missing[0]!r} in this study; it has "
            f"{one_of(known)}{nearest(missing[0], known)}"
        )
    return chosen


def _panel(
    axes: Axes,
    view: View,
    name: str,
    theirs: tuple[Floats, Floats | None],
    ours: tuple[Floats, Floats | None],
    pens: Mapping[str, Pen],
) -> None:
    """Draw the levels of a reference and a policy, each with those of chance alone."""
    (reference, their_luck), (levels, luck) = theirs, ours
    x = view.months(name)
    first, end = int(x[0]), int(x[-1])
    if first == end:  # a month alone is drawn as wide as it is
        x = np.array([first - 0.5, first + 0.5])
        reference, levels = (np.repeat(values, 2, axis=1) for values in (reference, levels))
        their_luck, luck = (
            None if own is None else np.repeat(own, 2, axis=1) for own in (their_luck, luck)
        )
    reference_bands(axes, x, reference)
    chance_lines(axes, x, their_luck, INK)
    axes.plot(x, reference[2], color=INK, linewidth=1.8, gid=REFERENCE_LINE)
    if name != view.study.case(name).against:
        # Both are the same until the policy acts; from there the policy lies on top.
        differ = np.flatnonzero(np.any(levels != reference, axis=0))
        since = max(0, int(differ[0]) - 1) if len(differ) else 0
        own, pen, levels = x[since:], pens[name], levels[:, since:]
        chance_lines(axes, own, None if luck is None else luck[:, since:], pen.color)
        axes.fill_between(own, levels[0], levels[4], facecolor=pen.color, linewidth=0, alpha=0.13)
        axes.fill_between(own, levels[1], levels[3], facecolor=pen.color, linewidth=0, alpha=0.3)
        for edge in (levels[0], levels[4]):
            axes.plot(own, edge, color=pen.color, linewidth=0.7, alpha=0.7)
        axes.plot(
            own, levels[2], color=pen.color, linestyle=pen.dash, linewidth=1.8, gid=POLICY_LINE
        )
    time_axis(axes, first, end)
    mark_starts(axes, view, [name])
    if hands_over(view, first) and end >= HANDOVER:
        mark_handover(axes)


def _same_limits(panels: Sequence[Axes]) -> None:
    ends = [axes.get_ylim() for axes in panels]
    for axes in panels:
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def _end_values(axes: Axes, lines: Mapping[str, Floats], outcome: Outcome) -> None:
    """Write the last medians at the line ends; lines go by their colour."""
    ends = [last(line) for line in lines.values()]
    low, high = axes.get_ylim()
    tall = axes.get_position().height * axes.figure.get_figure(root=True).get_size_inches()[1]
    heights = style.separated(ends, 0.17 * (high - low) / tall, low, high)
    first, end = axes.get_xlim()
    for value, height, color in zip(ends, heights, lines, strict=True):
        text = figure_data.printed(value, outcome)
        weight = "bold" if color == INK else "normal"
        where = (end + (end - first) * 1.5 / 95, height)
        axes.text(*where, text, color=color, size=SMALL, va="center_baseline", weight=weight)


# What all pictures over time share


def magnitude(levels: Iterable[Floats]) -> tuple[float, str]:
    """Return a divisor and its word, so that an axis shows millions and not a row of zeros."""
    largest = max(
        (float(np.nanmax(np.abs(v))) for v in levels if np.isfinite(v).any()), default=0.0
    )
    return next(
        ((limit, f"{word} ") for limit, word in wording.LARGE if largest >= limit), (1.0, "")
    )


def reference_bands(axes: Axes, x: NDArray[Any], levels: Floats, *, steps: bool = False) -> None:
    """Draw the 50 % and 90 % bands of the reference under the lines."""
    form: Literal["post"] | None = "post" if steps else None
    axes.fill_between(x, levels[0], levels[4], color=style.REFERENCE_90, linewidth=0, step=form)
    axes.fill_between(x, levels[1], levels[3], color=style.REFERENCE_50, linewidth=0, step=form)


def chance_lines(axes: Axes, x: NDArray[Any], levels: Floats | None, color: str) -> None:
    """Draw the ends of the 90 % band of chance alone as dotted lines, if it can be told."""
    for edge in () if levels is None else (levels[0], levels[4]):
        dots = (0, (1, 1.5))
        axes.plot(x, edge, color=color, linewidth=0.9, linestyle=dots, gid=CHANCE_LINE)


def time_axis(axes: Axes, first: int, last: int) -> None:
    """Label Januaries: each, or every second or third where the axis is too narrow for that.

    Without one, the first month is labelled; a month alone is drawn half a month to both sides.
    """
    wide = _width(axes)
    years = max(1.0, (last - first) / 12)
    januaries = range(-(-first // 12) * 12, last + 1, 12 * math.ceil(0.43 * years / wide))
    axes.set_xlim(*((first, last) if first < last else (first - 0.5, first + 0.5)))
    if len(januaries) and first < last:
        axes.set_xticks(list(januaries), [month_name(m)[:4] for m in januaries])
    else:
        axes.set_xticks([first], [month_name(first)])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.margins(y=0.06)
    if axes.dataLim.height == 0:
        middle = axes.dataLim.y0
        axes.set_ylim((-0.05, 1) if middle == 0 else (0.5 * middle, 1.5 * middle))


def starts(view: View, names: Sequence[str]) -> list[int]:
    """Return the months in which some scenarios of a study begin to differ from the reference."""
    study = view.study
    found = {
        first_difference(study.scenario(study.case(name).against), study.scenario(name))
        for name in names
    }
    return sorted(m for m in found if m is not None and 0 < m < view.reference.months)


def mark_starts(axes: Axes, view: View, names: Sequence[str]) -> None:
    """Draw a dotted line where each policy that is in a panel starts, with a word where it fits."""
    first, end = axes.get_xlim()
    wide = (style.text_width(START) + 0.08) * (end - first) / _width(axes)
    free = first
    for m in starts(view, names):
        axes.axvline(m, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), gid=START_LINE)
        for left in (m, m - wide):
            if free <= left <= end - wide:
                _word(axes, left + 0.1 * wide, START, line=1)
                free = left + wide
                break


def _width(axes: Axes) -> float:
    return float(axes.get_position().width * style.WIDTH)


def _word(axes: Axes, month: float, text: str, line: int) -> None:
    """Write a word at the top of a panel, so many lines down, with the month it is of."""
    tall = axes.get_position().height * axes.figure.get_figure(root=True).get_size_inches()[1]
    behind = {"facecolor": "white", "alpha": 0.8, "linewidth": 0.0, "pad": 0.5}
    axes.text(
        month, 1.0 - line * style.LINE / tall, text, transform=axes.get_xaxis_transform(),
        color=MUTED, size=SMALL, va="top", bbox=behind,
    )  # fmt: skip


def hands_over(view: View, since: int = 0) -> bool:
    """Tell whether generated releases take over from the record after the first month drawn."""
    return view.reference.history == "replay" and since < HANDOVER < view.reference.months


def mark_handover(axes: Axes) -> None:
    """Draw a thin dotted line, with its label, where generated releases take over."""
    axes.axvline(
        HANDOVER, color=MUTED, linewidth=0.6, linestyle=(0, (1, 3)), zorder=1.5, gid=HANDOVER_LINE
    )
    _word(axes, HANDOVER + 0.5, GENERATED, line=0)


def last(values: Floats) -> float:
    """Return the last number that is known, 0 if there is none."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else 0.0


def footer(view: View, names: Sequence[str], since: int = 0) -> list[str]:
    """Return when policies start, how many runs there are and that it is no forecast, in lines.

    The policies are those of the scenarios that are drawn; `since` is the first month drawn.
    """
    months = [month_name(m) for m in starts(view, names) if m >= since]
    begin = (
        f"Dotted: policies start ({wording.listing([wording.month(m) for m in months])}). "
        if months
        else ""
    )
    if hands_over(view, since):
        begin += f"From {wording.month(month_name(HANDOVER))} on releases are generated. "
    study = view.study
    runs = f"{wording.sample(study.draws, study.replications)}."
    holds = f"Bands and whiskers hold {study.interval_holds}" if study.pairs > 1 else NO_INTERVAL
    if study.pairs > 1:
        holds += f"; {style.CHANCE}." if view.replicated else "."
    ends = wording.interpolated(study.pairs, study.unit, "of 90 % bands and of whiskers")
    notes = (runs, holds, ends, FORECAST, origin.line(study))
    return style.wrapped(f"{begin}{' '.join(note for note in notes if note)}", FULL)


def write_footer(figure: Figure, lines: Sequence[str]) -> None:
    """Write lines at the foot of a picture."""
    bottom = figure.get_size_inches()[1] - 0.1
    style.write_lines(
        figure, 0.08, bottom - style.LINE * (len(lines) - 1), lines, size=SMALL, color=MUTED
    )
