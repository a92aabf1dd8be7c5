"""The pictures over time, one function per picture.

Two forms are used throughout. `comparison` has one row per outcome: the level over time on the left, and, on the same
label, the paired difference from the reference over the months compared on the right. `plot` has one panel per policy
with the bands of policy and reference. The reference scenario is in every panel of both.

Every function takes a study and returns a `matplotlib.figure.Figure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.analysis import wording
from sim.messages import nearest, one_of
from sim.months import month_name
from sim.report import figure_data, style
from sim.report.style import BODY, INK, MUTED, SMALL, Pen
from sim.scenario.scenario import first_difference
from sim.vocabulary import ACTOR_KINDS, CHANNELS, PAYERS, REGIONS, ROUTE_KINDS

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome

ABROAD = REGIONS[1:5]  # abroad and its blocs
LAGS = ("lag_us_cn", "lag_us_cn_true", "lag_open_closed", "lag_open_closed_true")

FORECAST = "Conditional comparison under stated assumptions, not a forecast."

# Names of lines in the drawing. Names of scenarios never get into a drawing other than as outlines of letters.
REFERENCE_LINE, POLICY_LINE, START_LINE = "reference", "policy", "policy-start"

# Widths and heights in inches.
_LEFT, _TIME, _GAP, _DIFFERENCE, _VERDICT, _RIGHT = 0.62, 4.05, 0.34, 1.3, 1.5, 0.1
_HEAD, _TITLE, _AXIS, _FOOT = 0.5, 0.3, 0.42, 0.42
_LABEL, _FULL = 1.9, style.WIDTH - 0.16

_PAIRED = "Paired difference: mean, 50 %, 90 %"


# The two forms


@style.look()
def comparison(study: Study, outcomes: Sequence[str], *, steps: bool = False) -> Figure:
    """Draw one row per outcome: level over time, and paired difference from the reference.

    Parameters
    ----------
    study : Study
        Finished runs.
    outcomes : sequence of str
        Names of outcomes the study holds.
    steps : bool
        Draw levels as steps: a line that jumps at a policy's start does not rise in the month before.
    """
    scenarios = figure_data.names(study)
    pens = style.pens(scenarios, study.against)
    found = figure_data.paired(study, outcomes)
    labels = {name: style.wrapped(name, _LABEL, weight="bold") for name in scenarios}
    more = style.LINE * (max(map(len, labels.values())) - 1)
    tall = max(1.35, (0.215 + more) * len(scenarios))
    since = _since(study)
    block = _TITLE + tall + _AXIS
    over_time, footer = _over_time(study), _footer(study)
    head = _HEAD + style.LINE * (len(over_time) - 1)
    figure = style.canvas(head + block * len(outcomes) + _FOOT - 0.1 + style.LINE * (len(footer) - 1))
    label = max(style.text_width(line, weight="bold") for lines in labels.values() for line in lines) + 0.1
    room = style.WIDTH - _LEFT - _GAP - label - _VERDICT - _RIGHT
    wide = min(_TIME, room - _DIFFERENCE)
    difference_left = _LEFT + wide + _GAP + label
    difference = room - wide
    style.write_lines(figure, _LEFT, 0.25, over_time, size=SMALL, color=MUTED)
    style.write(figure, style.WIDTH - _RIGHT, 0.25, _PAIRED, size=SMALL, color=MUTED, ha="right")
    for i, outcome in enumerate(outcomes):
        top = head + i * block + _TITLE
        levels = {name: figure_data.bands(study, name, outcome) for name in scenarios}
        divisor, size = _magnitude(levels.values())
        levels = {name: values / divisor for name, values in levels.items()}
        title = figure_data.label(study.outcome(outcome), size)
        style.write(figure, 0.08, top - 0.1, title, size=10, weight="bold", va="bottom")
        axes = style.place(figure, _LEFT, top, wide, tall)
        _levels(axes, study, levels, pens, since, steps=steps)
        places = _labels(figure, axes, levels, pens, labels, top, tall)
        beside = style.place(figure, difference_left, top, difference, tall)
        cells = {name: found[name, outcome].over(divisor) for name in scenarios if name != study.against}
        _differences(beside, cells, places, pens)
        _verdicts(figure, cells, places, study.outcome(outcome), difference_left + difference + 0.1, top, tall)
    _write_footer(figure, footer)
    return figure


@style.look()
def plot(study: Study, outcome: str, scenarios: Sequence[str] | None = None) -> Figure:
    """Draw one outcome over time, one panel per policy, each with the reference scenario.

    Parameters
    ----------
    study : Study
        Finished runs.
    outcome : str
        Name of an outcome the study holds.
    scenarios : sequence of str, optional
        Scenarios to draw beside the reference; all by default.

    Returns
    -------
    matplotlib.figure.Figure
        Medians with 50 % and 90 % bands over replications.
    """
    known = figure_data.names(study)
    chosen = [name for name in (known if scenarios is None else scenarios) if name != study.against]
    missing = sorted(set(chosen) - set(known))
    if missing:
        raise ValueError(
            f"no scenario {missing[0]!r} in this study; it has {one_of(known)}{nearest(missing[0], known)}"
        )
    pens = style.pens(known, study.against)
    columns = min(3, max(1, len(chosen)))
    lines = max(1, -(-len(chosen) // columns))
    height = 2.1 if columns > 1 else 3.2
    levels = {name: figure_data.bands(study, name, outcome) for name in (study.against, *chosen)}
    divisor, size = _magnitude(levels.values())
    levels = {name: values / divisor for name, values in levels.items()}
    reference = levels[study.against]
    width = (style.WIDTH - 0.2) / columns
    heads = {name: style.wrapped(name, width - 0.55, BODY, "bold") for name in chosen or [study.against]}
    key = f"Black and grey: {study.against}; colour: the policy named above. Median, 50 % and 90 % bands"
    keys, footer = style.wrapped(key, _FULL), _footer(study)
    begin = 0.62 + style.LINE * (len(keys) - 1)
    above = 0.28 + style.LINE * (max(map(len, heads.values())) - 1)
    block = height + above + 0.34
    figure = style.canvas(begin + lines * block + 0.25 + style.LINE * (len(footer) - 1))
    style.write(figure, 0.08, 0.2, figure_data.label(study.outcome(outcome), size), size=10.5, weight="bold")
    style.write_lines(figure, 0.08, 0.4, keys, size=SMALL, color=MUTED)
    panels = []
    for i, name in enumerate(chosen or [study.against]):
        row, column = divmod(i, columns)
        left, top = 0.1 + column * width + 0.5, begin + row * block + above
        axes = style.place(figure, left, top, width - 1.1, height)
        _panel(axes, study, name, reference, levels[name], pens)
        first = top - 0.1 - style.LINE * (len(heads[name]) - 1)
        style.write_lines(figure, left, first, heads[name], size=BODY, weight="bold", color=pens[name].color)
        panels.append(axes)
    _same_limits(panels)
    for axes, name in zip(panels, chosen or [study.against], strict=True):
        _end_values(axes, study, name, reference, levels[name], pens, study.outcome(outcome))
    _write_footer(figure, footer)
    # Ticks are made when first drawn: draw them in this style, whatever the reader's settings are later.
    figure.draw_without_rendering()
    return figure


# Pictures of the report


def us_share(study: Study) -> Figure:
    """US share of use abroad, policy by policy with bands."""
    return plot(study, "us_share_abroad")


def cn_share(study: Study) -> Figure:
    """Chinese share of use abroad, policy by policy with bands."""
    return plot(study, "cn_share_abroad")


def us_share_by_bloc(study: Study) -> Figure:
    """US share of use by bloc of countries."""
    return comparison(study, figure_data.present(study, by_bloc("us")))


def cn_share_by_bloc(study: Study) -> Figure:
    """Chinese share of use by bloc of countries."""
    return comparison(study, figure_data.present(study, by_bloc("cn")))


def us_share_by_channel(study: Study) -> Figure:
    """US share of use outside both countries by channel."""
    return comparison(study, figure_data.present(study, by_channel("us")))


def cn_share_by_channel(study: Study) -> Figure:
    """Chinese share of use outside both countries by channel."""
    return comparison(study, figure_data.present(study, by_channel("cn")))


def misuse_by_actor(study: Study) -> Figure:
    """Expected harm by kind of actor."""
    return comparison(study, figure_data.present(study, by_actor()))


def misuse_by_route(study: Study) -> Figure:
    """Incidents by the route the actor took."""
    return comparison(study, figure_data.present(study, by_route()))


def lags(study: Study) -> Figure:
    """Capability lags in months, measured and true."""
    return comparison(study, figure_data.present(study, LAGS))


def costs(study: Study) -> Figure:
    """Cost of policy by who pays."""
    return comparison(study, figure_data.present(study, by_payer()), steps=True)


def by_bloc(origin: str) -> list[str]:
    """Return the names of the share of one origin in each bloc."""
    return [f"{origin}_share_{bloc}" for bloc in ABROAD]


def by_channel(origin: str) -> list[str]:
    """Return the names of the share of one origin abroad in each channel."""
    return [f"{origin}_share_abroad_{channel}" for channel in CHANNELS]


def by_actor() -> list[str]:
    """Return the names of expected harm by actor."""
    return [f"harm_{actor}" for actor in ACTOR_KINDS]


def by_route() -> list[str]:
    """Return the names of incidents by route."""
    return [f"incidents_{route}" for route in ROUTE_KINDS]


def by_payer() -> list[str]:
    """Return the names of the cost of policy by who pays."""
    return [f"cost_policy_{payer}" for payer in PAYERS]


def _magnitude(levels: Iterable[NDArray[np.float64]]) -> tuple[float, str]:
    """Return a divisor and its word, so that an axis shows millions and not a row of zeros."""
    largest = max((float(np.nanmax(np.abs(v))) for v in levels if np.isfinite(v).any()), default=0.0)
    return next(((limit, f"{word} ") for limit, word in wording.LARGE if largest >= limit), (1.0, ""))


# Parts of `comparison`


def _over_time(study: Study) -> list[str]:
    """Return the head of the left column in lines that leave room for that of the right one."""
    room = style.WIDTH - _LEFT - style.text_width(_PAIRED) - _RIGHT - 0.3
    return style.wrapped(f"Medians; grey: 50 % and 90 % bands of {study.against}", room)


def _since(study: Study) -> int:
    """Return the first month drawn: a January a year or more before the first policy, so that lines come apart."""
    first = min(starts(study), default=0)
    return max(0, (first - 12) // 12 * 12)


def _levels(
    axes: Axes,
    study: Study,
    levels: Mapping[str, NDArray[np.float64]],
    pens: Mapping[str, Pen],
    since: int,
    *,
    steps: bool,
) -> None:
    x = np.arange(since, levels[study.against].shape[1])
    _reference_bands(axes, x, levels[study.against][:, x], steps=steps)
    form = "steps-post" if steps else "default"
    for name in reversed(list(levels)):
        pen, line_id = pens[name], REFERENCE_LINE if name == study.against else POLICY_LINE
        line = levels[name][2, x]
        axes.plot(x, line, color=pen.color, linestyle=pen.dash, linewidth=pen.width, gid=line_id, drawstyle=form)
    _time_axis(axes, since, x[-1])
    _mark_starts(axes, study)


def _reference_bands(axes: Axes, x: NDArray[np.int_], levels: NDArray[np.float64], *, steps: bool = False) -> None:
    form: Literal["post"] | None = "post" if steps else None
    axes.fill_between(x, levels[0], levels[4], color=style.REFERENCE_90, linewidth=0, step=form)
    axes.fill_between(x, levels[1], levels[3], color=style.REFERENCE_50, linewidth=0, step=form)


def _time_axis(axes: Axes, first: int, last: int) -> None:
    """Label Januaries: each, or every second or third where the axis is too narrow for that."""
    wide = axes.get_position().width * style.WIDTH
    years = max(1.0, (last - first) / 12)
    januaries = range(first, last + 1, 12 * math.ceil(0.43 * years / wide))
    axes.set_xlim(first, last)
    axes.set_xticks(list(januaries), [month_name(m)[:4] for m in januaries])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.margins(y=0.06)
    if axes.dataLim.height == 0:
        middle = axes.dataLim.y0
        axes.set_ylim((-0.05, 1) if middle == 0 else (0.5 * middle, 1.5 * middle))


def starts(study: Study) -> list[int]:
    """Return the months in which the scenarios of a study begin to differ from the reference."""
    reference = next(s for s in study.scenarios if s.name == study.against)
    found = {first_difference(reference, s) for s in study.scenarios}
    return sorted(m for m in found if m is not None and 0 < m < reference.months)


def _mark_starts(axes: Axes, study: Study) -> None:
    for m in starts(study):
        axes.axvline(m, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), gid=START_LINE)


def _labels(
    figure: Figure,
    axes: Axes,
    levels: Mapping[str, NDArray[np.float64]],
    pens: Mapping[str, Pen],
    labels: Mapping[str, Sequence[str]],
    top: float,
    tall: float,
) -> dict[str, float]:
    """Write each scenario's name at the end of its line; return the height of each name, 0 to 1 from the bottom."""
    bottom, ceiling = axes.get_ylim()
    ends = {name: (_last(levels[name][2]) - bottom) / (ceiling - bottom) for name in levels}
    room = style.place(figure, axes.get_position().x1 * style.WIDTH, top, _GAP, tall)
    room.set_axis_off()
    room.set_xlim(0, 1)
    room.set_ylim(0, 1)
    more = style.LINE * (max(map(len, labels.values())) - 1) / tall
    edge = 0.03 + more / 2
    heights = style.spread(list(ends.values()), 0.19 / tall + more, edge, 1 - edge)
    places = dict(zip(ends, heights, strict=True))
    for name, place in places.items():
        pen = pens[name]
        room.plot([0, 0.25, 0.8], [ends[name], ends[name], place], color=pen.color, linewidth=0.7, clip_on=False)
        weight = "bold" if pen is style.REFERENCE else "normal"
        text = "\n".join(labels[name])
        room.text(0.92, place, text, color=pen.color, size=SMALL, va="center_baseline", weight=weight)
    return places


def _last(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else 0.0


def _differences(
    axes: Axes, cells: Mapping[str, figure_data.Paired], places: Mapping[str, float], pens: Mapping[str, Pen]
) -> None:
    """Draw each policy's paired difference at the height of its name; the reference is the line at zero."""
    axes.axvline(0, color=INK, linewidth=1.4, gid="reference-zero")
    for name, cell in cells.items():
        low, lower, _, upper, high = cell.levels
        pen, y = pens[name], places[name]
        axes.plot([low, high], [y, y], color=pen.color, linewidth=1.1, solid_capstyle="butt")
        axes.plot([lower, upper], [y, y], color=pen.color, linewidth=3.6, solid_capstyle="butt")
        axes.plot([cell.mean], [y], color=pen.color, marker=pen.marker, markersize=5, mec="white", mew=0.8)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.06)
    _few_ticks(axes)


def _few_ticks(axes: Axes) -> None:
    """Put up to three labels under a narrow axis, two where they are long."""
    low, high = axes.get_xlim()
    letters = (axes.get_position().width * style.WIDTH + 0.2) / 0.1
    for most in (3, 2):
        locator = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])
        axes.xaxis.set_major_locator(locator)
        shown = [f"{x:g}" for x in locator.tick_values(low, high) if low <= x <= high]
        if len(shown) * (1 + max(len(text) for text in shown)) <= letters:
            return


def _verdicts(
    figure: Figure,
    cells: Mapping[str, figure_data.Paired],
    places: Mapping[str, float],
    outcome: Outcome,
    left: float,
    top: float,
    tall: float,
) -> None:
    largest = max((abs(cell.mean) for cell in cells.values() if np.isfinite(cell.mean)), default=0.0)
    for name, cell in cells.items():
        number = wording.signed(figure_data.printed(cell.mean, outcome, largest))
        y = top + (1 - places[name]) * tall
        word = {wording.UNCHANGED: "not material", wording.SLIGHT: "small"}.get(cell.rung, cell.rung)
        style.write(figure, left + 0.55, y, number, size=SMALL, va="center_baseline", ha="right")
        style.write(figure, left + 0.65, y, word, size=SMALL, va="center_baseline", color=MUTED)


# Parts of `plot`


def _panel(
    axes: Axes,
    study: Study,
    name: str,
    reference: NDArray[np.float64],
    levels: NDArray[np.float64],
    pens: Mapping[str, Pen],
) -> None:
    x = np.arange(reference.shape[1])
    _reference_bands(axes, x, reference)
    axes.plot(x, reference[2], color=INK, linewidth=1.8, gid=REFERENCE_LINE)
    if name != study.against:
        # Both are the same until the policy acts; from there the policy lies on top.
        differ = np.flatnonzero(np.any(levels != reference, axis=0))
        own = x[max(0, differ[0] - 1) :] if len(differ) else x
        pen, levels = pens[name], levels[:, own]
        axes.fill_between(own, levels[0], levels[4], facecolor=pen.color, linewidth=0, alpha=0.13)
        axes.fill_between(own, levels[1], levels[3], facecolor=pen.color, linewidth=0, alpha=0.3)
        for edge in (levels[0], levels[4]):
            axes.plot(own, edge, color=pen.color, linewidth=0.7, alpha=0.7)
        axes.plot(own, levels[2], color=pen.color, linestyle=pen.dash, linewidth=1.8, gid=POLICY_LINE)
    _time_axis(axes, 0, x[-1])
    _mark_starts(axes, study)


def _same_limits(panels: Sequence[Axes]) -> None:
    ends = [axes.get_ylim() for axes in panels]
    for axes in panels:
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def _end_values(
    axes: Axes,
    study: Study,
    name: str,
    reference: NDArray[np.float64],
    levels: NDArray[np.float64],
    pens: Mapping[str, Pen],
    outcome: Outcome,
) -> None:
    """Write the last medians at the line ends, in the colours of the lines."""
    drawn = {study.against: reference[2]} | {name: levels[2]}
    ends = {who: _last(line) for who, line in drawn.items()}
    low, high = axes.get_ylim()
    tall = axes.get_position().height * axes.figure.get_figure(root=True).get_size_inches()[1]
    heights = style.spread(list(ends.values()), 0.17 * (high - low) / tall, low, high)
    for (who, end), height in zip(ends.items(), heights, strict=True):
        text = figure_data.printed(end, outcome)
        where = (axes.get_xlim()[1] + 1.5, height)
        weight = "bold" if who == study.against else "normal"
        axes.text(*where, text, color=pens[who].color, size=SMALL, va="center_baseline", weight=weight)


def _footer(study: Study) -> list[str]:
    """Return when policies start, how many runs there are and that it is no forecast, in lines."""
    months = [month_name(m) for m in starts(study)]
    begin = f"Dotted: policies start ({wording.listing([wording.month(m) for m in months])}). " if months else ""
    draws = f"{wording.counted(study.draws, 'draw')} of " if study.draws > 1 else ""
    return style.wrapped(f"{begin}{draws}{wording.counted(study.replications, 'replication')}. {FORECAST}", _FULL)


def _write_footer(figure: Figure, lines: Sequence[str]) -> None:
    last = figure.get_size_inches()[1] - 0.1
    style.write_lines(figure, 0.08, last - style.LINE * (len(lines) - 1), lines, size=SMALL, color=MUTED)
