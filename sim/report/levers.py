"""A sweep over levers: an outcome by the value of one lever, or by the values of two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import wording
from sim.messages import one_of
from sim.report import sheet, style
from sim.report.asked import Asked
from sim.report.figure_data import COLUMNS
from sim.report.intervals import months_said
from sim.report.maps import CHANGE, ink_on
from sim.report.over_time import magnitude
from sim.report.style import LINE, SMALL, WIDTH
from sim.report.view import CHANCE

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome
    from sim.sweep.design import Case

MOST_LINES, MOST_PANELS, MOST_VALUES = 24, 6, 40


class Group(NamedTuple):
    """Cases that differ in the levers asked for and in nothing else, under one name."""

    title: str
    cases: tuple[Case, ...]


def groups(asked: Asked) -> list[Group]:
    """Return the cases that have the levers, by scenario and by the values of all other levers."""
    found: dict[tuple[Any, ...], list[Case]] = {}
    for case in asked.cases:
        if all(path in case.levers for path in asked.levers):
            others = {k: v for k, v in case.levers.items() if k not in asked.levers}
            found.setdefault((case.scenario.name, *others.items()), []).append(case)
    if not found:
        raise ValueError(
            f"no scenario asked for has {one_of(asked.levers)}; there are "
            f"{one_of([case.name for case in asked.study.cases])}"
        )
    titles, named = asked.study.scenario_titles, asked.study.settings
    return [
        Group(f"{titles[name]} ({named(dict(others))})" if others else titles[name], tuple(cases))
        for (name, *others), cases in found.items()
    ]


def places(values: Sequence[Any]) -> dict[Any, float]:
    """Return where each value of a lever stands: numbers at themselves, else one after another."""
    different = list(dict.fromkeys(values))
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in different):
        return {value: float(value) for value in different}
    return {value: float(i) for i, value in enumerate(different)}


# One lever


def dose_frame(asked: Asked) -> pd.DataFrame:
    """Return the response to a lever: mean and intervals for each of its values.

    The response is the paired difference from the reference over the months compared; of cases that
    are compared with nothing but themselves, the level.

    Columns: line (the scenario, with the values of all other levers), scenario (name of the case),
    lever, value, response ("difference" or "level"), against, outcome, unit, first_month,
    last_month, interval_holds, mean, p5, p25, p50, p75, p95 (printed unit) and pairs. One row for
    each interval of a case (`Asked.intervals`).
    """
    import pandas as pd

    (path,) = asked.levers
    lines, study, k = groups(asked), asked.study, wording.factor(asked.outcome)
    if len(lines) > MOST_LINES:
        raise ValueError(
            f"kind 'dose' over {path!r} has {len(lines)} lines, one for each scenario and value of "
            f"other levers; {MOST_LINES} can be told apart: name some with scenarios=[...]"
        )
    differ = bool(asked.compared)
    rows = []
    for line in lines:
        for case in line.cases:
            if differ and case.against == case.name:
                continue
            first, last = asked.compared_over(case.name)
            head = {"line": line.title, "scenario": case.name, "lever": path}
            head |= {"value": case.levers[path], "response": "difference" if differ else "level"}
            head |= {"against": case.against, "outcome": asked.name}
            head |= {"unit": wording.unit(asked.outcome, of_difference=differ)}
            head |= {"first_month": first, "last_month": last}
            if differ:
                found = study.paired_differences(case.name, [asked.name])[asked.name]
            else:
                found = study.means(case.name, [asked.name], study.window(case.name))[:, 0]
            rows += [head | row for row in asked.rows(k * found)]
    return pd.DataFrame(rows)


@style.look()
def dose(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw one line for each scenario: the mean response and its intervals by value."""
    divisor, size = magnitude([frame[list(COLUMNS)].to_numpy(float)])
    lines = list(dict.fromkeys(frame["line"]))
    pens = [pen for name, pen in style.pens(["", *lines], "").items() if name]
    column = sheet.names(lines, pens, 0.3)
    tall = max(3.2, sheet.height(column))
    differ = frame["response"].iloc[0] == "difference"
    (path,) = asked.levers
    unit = f"{size}{wording.unit(asked.outcome, of_difference=differ)}"
    what = "paired difference from the reference" if differ else "level"
    key = f"Line: mean; thick: 50 %, thin: 90 % of the {asked.study.unit}."
    if asked.study.pairs == 1:
        key = "Line: the one run."
    elif set(frame["interval_holds"]) > {CHANCE}:
        key += " Pale, beside it: chance alone (90 %)."
    figure, top = sheet.sheet(
        f"{asked.outcome.label}, {what} by {asked.study.lever_labels[path]}, {unit}",
        f"{key} {months_said(frame)}",
        asked.foot(asked.ends()),
        tall + sheet.AXIS,
    )
    wide = WIDTH - 0.75 - sheet.widest(column) - 0.9
    axes = style.place(figure, 0.75, top, wide, tall)
    at = places(list(frame["value"]))
    span = max(at.values()) - min(at.values()) or 1.0
    for i, (line, pen) in enumerate(zip(lines, pens, strict=True)):
        aside = (i - (len(lines) - 1) / 2) * min(0.012, 0.08 / len(lines)) * span
        _line(axes, frame[frame["line"] == line], pen, at, aside, divisor, 0.006 * span)
    if differ:
        axes.axhline(0, color=style.INK, linewidth=1.2, gid="reference-zero")
    _lever_axis(axes, at, span)
    axes.set_xlabel(with_unit(asked.study, path))
    sheet.key_column(figure, column, 0.75 + wide + 0.25, top)
    return sheet.settle(figure)


def _line(
    axes: Axes, own: pd.DataFrame, pen: style.Pen, at: dict[Any, float], aside: float,
    divisor: float, beside: float,
) -> None:  # fmt: skip
    """Draw the means of one line, moved a little aside, and their intervals."""
    first = own[~own.duplicated("scenario")]
    x = np.array([at[value] for value in first["value"]]) + aside
    order = np.argsort(x, kind="stable")
    axes.plot(
        x[order], first["mean"].to_numpy()[order] / divisor, color=pen.color, linestyle=pen.dash,
        linewidth=pen.width, marker=pen.marker, markersize=5, mec="white", mew=0.8, gid="dose",
    )  # fmt: skip
    levels = first[list(COLUMNS)].to_numpy(float).T / divisor
    axes.vlines(x, levels[0], levels[4], color=pen.color, linewidth=1.1)
    axes.vlines(x, levels[1], levels[3], color=pen.color, linewidth=3.2)
    chance = own[own.duplicated("scenario")]
    if len(chance):
        x = np.array([at[value] for value in chance["value"]]) + aside + beside
        low, high = (chance[level].to_numpy(float) / divisor for level in (COLUMNS[0], COLUMNS[4]))
        axes.vlines(x, low, high, color=pen.color, linewidth=1.1, alpha=0.5)


def _lever_axis(axes: Axes, at: dict[Any, float], span: float) -> None:
    """Label the values of a lever, each where it stands, as many as there is room for."""
    texts = [value_text(value) for value in at]
    room = axes.get_position().width * WIDTH / (max(map(style.text_width, texts)) + 0.15)
    step = max(1, math.ceil(len(at) / room))
    ticks = sorted(zip(at.values(), texts, strict=True))[::step]
    axes.set_xticks([x for x, _ in ticks], [text for _, text in ticks])
    axes.set_xlim(min(at.values()) - 0.06 * span, max(at.values()) + 0.06 * span)


# Two levers


def heat_frame(asked: Asked) -> pd.DataFrame:
    """Return the change from the reference for each pair of values of two levers.

    Columns: panel (the scenario, with the values of all other levers), scenario (name of the case),
    one for each of the two levers, and outcome, median, low, high, scale, sign, word,
    interval_holds, first_month, last_month and pairs, all as in `Study.table`.
    """
    if asked.levers[0] == asked.levers[1]:
        raise ValueError(f"kind 'heat' needs two different levers, not {asked.levers[0]!r} twice")
    import pandas as pd

    table = asked.study.table([asked.name]).set_index("scenario")
    said = ["outcome", "median", "low", "high", "scale", "sign", "word", "interval_holds"]
    said += ["first_month", "last_month", "pairs"]
    rows = []
    for group in groups(asked):
        for case in group.cases:
            if case.name in table.index:
                head: dict[Any, Any] = {"panel": group.title, "scenario": case.name}
                head |= {path: case.levers[path] for path in asked.levers}
                rows.append(head | table.loc[case.name, said].to_dict())
    if not rows:
        raise ValueError("kind 'heat' needs cases that are compared with a reference (`against`)")
    found = pd.DataFrame(rows)
    values = [found[path].nunique() for path in asked.levers]
    if found["panel"].nunique() > MOST_PANELS or max(values) > MOST_VALUES:
        raise ValueError(
            f"kind 'heat' has room for {MOST_PANELS} scenarios (with other levers' values) and "
            f"{MOST_VALUES} values of a lever; there are {found['panel'].nunique()} and "
            f"{max(values)}: name some with scenarios=[...]"
        )
    return found


@style.look()
def heat(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw a map of cells for each scenario: sign, median and interval of the change."""
    across, up = (_Axis.of(asked.study, path, frame) for path in asked.levers)
    axis = across, up
    panels = list(dict.fromkeys(frame["panel"]))
    left = 0.45 + max(map(style.text_width, up.texts))
    wide, high = (WIDTH - left - 0.1) / len(across.values), 2 * LINE + 0.14
    heads = [style.wrapped(name, WIDTH - 0.2, style.BODY, "bold") for name in panels]
    blocks = [LINE * len(head) + high * len(up.values) + sheet.AXIS + 0.15 for head in heads]
    texts = [_cell(row, asked.outcome) for row in frame.itertuples()]
    fits = [max(style.text_width(text[i]) for text in texts) + 0.08 < wide for i in (0, 1)]
    key = "Sign towards the goal and median of the change; "
    key += "under them its 5 and 95 % points." if all(fits) else "its interval is in the frame."
    if style.text_width(up.label) > high * len(up.values):
        key += f" Up: {up.label}."
        up = up._replace(label="")
        axis = across, up
    cells = len(across.values) * len(up.values) * len(panels)
    blank = " Blank: not run." if len(frame) < cells else ""
    figure, top = sheet.sheet(
        f"{asked.outcome.label}: change from the reference, {wording.change_unit(asked.outcome)}",
        f"{'The one run.' if asked.study.pairs == 1 else key} {months_said(frame)}{blank}",
        asked.foot(asked.ends()),
        sum(blocks),
    )
    known = frame["median"].abs()[np.isfinite(frame["median"])]
    end = float(known.max()) if len(known) and known.max() > 0 else 1.0
    for name, head, block in zip(panels, heads, blocks, strict=True):
        style.write_lines(figure, 0.08, top + 0.08, head, size=style.BODY, weight="bold")
        below, size = top + LINE * len(head) + 0.04, (wide * len(across.values), high)
        axes = style.place(figure, left, below, size[0], high * len(up.values))
        own = [i for i, panel in enumerate(frame["panel"]) if panel == name]
        _cells(axes, frame.iloc[own], axis, end)
        if fits[0]:
            _write(axes, frame.iloc[own], axis, [texts[i][: 1 + fits[1]] for i in own], end)
        top += block
    return sheet.settle(figure)


class _Axis(NamedTuple):
    """A lever as an axis: its path, its label, its values in order, and each as text."""

    path: str
    label: str
    values: list[Any]
    texts: list[str]

    @classmethod
    def of(cls, study: Study, path: str, frame: pd.DataFrame) -> _Axis:
        at = places(list(frame[path]))
        values = sorted(at, key=lambda value: at[value])
        return cls(path, with_unit(study, path), values, [value_text(value) for value in values])


def with_unit(study: Study, path: str) -> str:
    """Return the label of a lever, with the unit of a policy's field that has one."""
    label, (first, *inner) = study.lever_labels[path], path.split(".")
    if first == "policy":
        name, field = inner
        having = (case.scenario.policy[name] for case in study.cases if path in case.levers)
        known = next(having).lever_fields.get(field)
        if known is not None and known.unit:
            return f"{label}, {known.unit}"
    return label


def value_text(value: Any) -> str:
    """Return the value of a lever as it stands on an axis."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return wording.plain(float(value)) if number else str(value)


def _cell(row: Any, outcome: Outcome) -> tuple[str, str]:
    """Return sign and median of a cell, and its interval."""
    median = wording.change_number(row.median, outcome) if math.isfinite(row.median) else "none"
    sign = f"{wording.symbol(row.sign)}   " if row.sign and row.pairs > 1 else ""
    ends = wording.change_interval(row.low, row.high, outcome) if row.pairs > 1 else ""
    return f"{sign}{median}", "" if ends == wording.NOT_AVAILABLE else ends


def _where(frame: pd.DataFrame, axis: tuple[_Axis, _Axis]) -> list[tuple[int, int]]:
    """Return the column and the row of each cell."""
    pairs = zip(*(frame[own.path] for own in axis), strict=True)
    return [(axis[0].values.index(x), axis[1].values.index(y)) for x, y in pairs]


def _cells(axes: Axes, frame: pd.DataFrame, axis: tuple[_Axis, _Axis], end: float) -> None:
    """Colour the cells by the median change, and label both axes."""
    across, up = axis
    values = np.full((len(up.values), len(across.values)), np.nan)
    for (x, y), median in zip(_where(frame, axis), frame["median"], strict=True):
        values[y, x] = median if math.isfinite(median) else math.nan
    axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=CHANGE, vmin=-end, vmax=end, edgecolors="white",
        linewidth=1.0, gid="heat",
    )  # fmt: skip
    room = axes.get_position().width * WIDTH / (max(map(style.text_width, across.texts)) + 0.12)
    ticks = range(0, len(across.texts), max(1, math.ceil(len(across.texts) / room)))
    axes.set_xticks([x + 0.5 for x in ticks], [across.texts[x] for x in ticks])
    axes.set_yticks([y + 0.5 for y in range(len(up.texts))], up.texts)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(across.label)
    axes.set_ylabel(up.label)


def _write(
    axes: Axes,
    frame: pd.DataFrame,
    axis: tuple[_Axis, _Axis],
    texts: Sequence[tuple[str, ...]],
    end: float,
) -> None:
    """Write sign and median into each cell, and its interval under them where there is room."""
    cells = zip(_where(frame, axis), frame["median"], texts, strict=True)
    for (x, y), median, lines in cells:
        known = math.isfinite(median)
        ink = ink_on(CHANGE(0.5 + median / (2 * end))[:3]) if known else style.MUTED
        lines = tuple(line for line in lines if line)
        for i, line in enumerate(lines):
            height = y + (0.5 if len(lines) == 1 else (0.7, 0.27)[i])
            weight = "bold" if i == 0 else "normal"
            axes.text(
                x + 0.5, height, line, size=SMALL, color=ink, ha="center", va="center_baseline",
                weight=weight,
            )  # fmt: skip
