"""The sheet that plots of distributions share: head, key, foot, and a column of wrapped names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.report import style
from sim.report.over_time import FULL, write_footer
from sim.report.style import INK, LINE, MUTED, SMALL, WIDTH, Pen

LABEL = 2.7
"""Widest column of names, in inches."""
AXIS = 0.5
"""Height of an axis with its numbers and its label, in inches."""


class Name(NamedTuple):
    """A name in a column: its lines, its pen, and the height it takes in inches."""

    lines: list[str]
    pen: Pen
    height: float


def sheet(title: str, key: str, foot: str, body: float) -> tuple[Figure, float]:
    """Return a figure with head and foot, and where its body begins, in inches from the top.

    Parameters
    ----------
    title, key, foot
        What is shown, how to read it, and what holds for all of it. They are wrapped.
    body
        Height between them, axes and their labels included, in inches.
    """
    heads = style.wrapped(title, FULL, 10.5, "bold")
    keys, feet = style.wrapped(key, FULL), style.wrapped(foot, FULL)
    first = 0.22 + 0.19 * len(heads)
    top = first + LINE * len(keys) + 0.06
    figure = style.canvas(top + body + 0.15 + LINE * len(feet))
    for i, line in enumerate(heads):
        style.write(figure, 0.08, 0.22 + 0.19 * i, line, size=10.5, weight="bold")
    style.write_lines(figure, 0.08, first + 0.02, keys, size=SMALL, color=MUTED)
    write_footer(figure, feet)
    return figure, top


def names(titles: Sequence[str], pens: Sequence[Pen], least: float) -> list[Name]:
    """Return names in lines, each at least so high."""
    found = []
    for title, pen in zip(titles, pens, strict=True):
        lines = style.wrapped(title, LABEL, weight="bold")
        found.append(Name(lines, pen, max(least, LINE * len(lines) + 0.1)))
    return found


def widest(column: Sequence[Name]) -> float:
    """Return the width of a column of names in inches."""
    return max(style.text_width(line, weight="bold") for name in column for line in name.lines)


def middles(column: Sequence[Name]) -> list[float]:
    """Return the middle of each name, in inches from the top of the column."""
    found, top = [], 0.0
    for name in column:
        found.append(top + name.height / 2)
        top += name.height
    return found


def height(column: Sequence[Name]) -> float:
    """Return the height of a column of names in inches."""
    return sum(name.height for name in column)


def write_names(figure: Figure, column: Sequence[Name], left: float, top: float) -> None:
    """Write a column of names at inches from the top left corner, each in its colour."""
    for name, middle in zip(column, middles(column), strict=True):
        first = top + middle - LINE * (len(name.lines) - 1) / 2
        weight = "bold" if name.pen is style.REFERENCE else "normal"
        for i, line in enumerate(name.lines):
            where = (left, first + i * LINE)
            style.write(
                figure, *where, line, size=SMALL, color=name.pen.color, weight=weight,
                va="center_baseline",
            )  # fmt: skip


def key_column(figure: Figure, column: Sequence[Name], left: float, top: float) -> None:
    """Write a column of names, before each a piece of its line with its marker."""
    tall = height(column)
    axes = style.place(figure, left, top, 0.4, tall)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(tall, 0)
    for name, middle in zip(column, middles(column), strict=True):
        pen = name.pen
        axes.plot(
            [0, 0.5, 1], [middle] * 3, color=pen.color, linestyle=pen.dash, linewidth=pen.width,
            marker=pen.marker, markersize=5, markevery=[1], mec="white", mew=0.8,
        )  # fmt: skip
    write_names(figure, column, left + 0.5, top)


def rows_axes(
    figure: Figure, column: Sequence[Name], top: float, right: float
) -> tuple[Axes, list[float]]:
    """Write names at the left and return axes beside them, with the height of each row.

    Heights are in inches from the top, as the axes' own: a name and its row stand on one line.

    Parameters
    ----------
    right
        What is kept free at the right, in inches.
    """
    write_names(figure, column, 0.08, top)
    left, tall = 0.08 + widest(column) + 0.2, height(column)
    axes = style.place(figure, left, top, WIDTH - left - right, tall)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    return axes, middles(column)


def value_axis(axes: Axes, label: str, values: Sequence[float]) -> None:
    """Label the axis of values, with room to both sides of the numbers that are drawn on it."""
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    room = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel(label)


def settle(figure: Figure) -> Figure:
    """Make ticks now, in the report's style, whatever the reader's settings are later."""
    figure.draw_without_rendering()
    return figure


def zero_line(axes: Axes) -> None:
    """Draw the line at no difference."""
    axes.axvline(0, color=INK, linewidth=1.2, gid="reference-zero")
