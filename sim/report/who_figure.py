"""The picture of who gains and who loses: a bar for each actor, winners to the right.

Shares, value and harm have an axis each, that of harm turned round, so that better is to the right
everywhere. A filled triangle points to where an actor goes; a ring cannot be told, a dot does not
move beyond the floor: shapes say what colours repeat.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis import actors, rubric, wording
from sim.report import origin, sheet, style, who
from sim.report.style import INK, MUTED, SMALL, WIDTH, Pen
from sim.report.view import View

MOST_LABS = 12
"""Labs that are drawn, the largest changes; who.csv has all."""
MOST_DRAWN = 8
"""Policies that have a picture."""
ROW = 0.24
"""Height of a row in inches."""

_WORDS, _RIGHT = 1.75, 3.7
"""Width of the column of verdicts, and with it that of numbers, in inches."""
_GAIN, _LOSS = "#0072b2", "#c24e00"
_MARKS = {
    actors.GAINS: (">", _GAIN, _GAIN),
    actors.LOSES: ("<", _LOSS, _LOSS),
    wording.CANNOT_TELL: ("o", "white", MUTED),
    wording.UNCHANGED: (".", MUTED, MUTED),
}
"""Marker, face and edge of each verdict."""


class Block(NamedTuple):
    """Rows on one axis, with its label; an axis that is turned round has less to the right."""

    label: str
    rows: list[Any]
    turned: bool = False


def blocks(view: View, scenario: str) -> list[Block]:
    """Return what is drawn for a policy, block by block; those without rows are left out."""
    shares = who.rows_of(view, scenario, who.OF_USE)
    labs = [row for row in shares if row.group != actors.POWERS]
    kept = sorted(labs, key=lambda row: -abs(row.median))[:MOST_LABS]
    drawn = [row for row in shares if row.group == actors.POWERS or row in kept]
    users = who.rows_of(view, scenario, [actors.USERS])
    built = who.rows_of(view, scenario, [actors.BUILT])
    value = [row for row in users if row.scale == "percent" and row.outcome.startswith("appl")]
    harm = [row for row in users if row.outcome == "backdoor_exposure"]
    harm += who.rows_of(view, scenario, [actors.MALICIOUS])
    found = [
        Block("points of a share: more to the right", drawn),
        Block("% of the reference: more value to the right", [*built, *value]),
        Block("% of the reference, axis turned round: less harm to the right", harm, turned=True),
    ]
    return [block for block in found if block.rows]


@style.look()
def draw(view: View, scenario: str) -> Figure:
    """Draw the actors of one policy.

    Parameters
    ----------
    view
        Of finished runs.
    scenario
        Name of a policy.
    """
    found = blocks(view, scenario)
    columns = [_names(block) for block in found]
    body = sum(sheet.height(column) + sheet.AXIS + 0.12 for column in columns)
    figure, top = sheet.sheet(
        f"Who gains and who loses: {view.title(scenario)} against {view.title(view.against)}",
        _key(view, found),
        f"Intervals hold {view.study.interval_holds}. {style.FORECAST} {origin.line(view.study)}",
        body,
    )
    wide = max(map(sheet.widest, columns), default=0.0)
    for block, column in zip(found, columns, strict=True):
        _block(view, figure, block, column, top, wide)
        top += sheet.height(column) + sheet.AXIS + 0.12
    return sheet.settle(figure)


def _names(block: Block) -> list[sheet.Name]:
    """Return the column of names: a heading before each group, its actors indented."""
    titles, pens, group = [], [], ""
    head = style.REFERENCE
    plain = Pen(INK, "-", "o", 1.0)
    for row in block.rows:
        if row.group != group:
            group = row.group
            titles.append(group)
            pens.append(head)
        titles.append(f"   {row.actor}")
        pens.append(plain)
    return sheet.names(titles, pens, ROW)


def _key(view: View, found: Sequence[Block]) -> str:
    if view.study.pairs == 1:
        return "Marker: the one run."
    chance = any(math.isfinite(row.chance_low) for block in found for row in block.rows)
    return (
        f"Triangle: gains (right) or loses (left); ring: cannot tell; dot: no material change. "
        f"Marker: median; thick: 50 %, thin: 90 % of the {view.study.unit}."
        + (" Pale, with caps: chance alone (90 %)." if chance else "")
    )


def _block(
    view: View, figure: Figure, block: Block, column: list[sheet.Name], top: float, wide: float
) -> None:
    """Draw the rows of one block: names left, bars in the middle, numbers right."""
    sheet.write_names(figure, column, 0.08, top)
    left, right, tall = 0.08 + wide + 0.2, _RIGHT, sheet.height(column)
    axes = style.place(figure, left, top, WIDTH - left - right, tall)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    sheet.zero_line(axes)
    for edge in (-1, 1):
        floor = rubric.FLOOR[who.known(view, block.rows[0]).kind]
        axes.axvline(edge * floor, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    drawn, places = [0.0], iter(zip(column, sheet.middles(column), strict=True))
    for row in block.rows:
        name, middle = next(places)
        if name.pen is style.REFERENCE:
            name, middle = next(places)
        drawn += _bar(axes, row, middle)
        said = f"{who.change(view, row)} ({who.interval(view, row)})"
        where = top + middle
        centred: dict[str, Any] = {"size": SMALL, "va": "center_baseline"}
        style.write(figure, WIDTH - _WORDS - 0.1, where, said, ha="right", **centred)
        style.write(figure, WIDTH - _WORDS, where, who.verdict(row), color=MUTED, **centred)
    sheet.value_axis(axes, block.label, drawn)
    if block.turned:
        axes.invert_xaxis()


def _bar(axes: Axes, row: Any, y: float) -> list[float]:
    """Draw the intervals and the marker of one actor; returns the numbers that were drawn."""
    marker, face, edge = _MARKS.get(row.verdict, _MARKS[wording.UNCHANGED])
    for low, high, width in ((row.low, row.high, 1.2), (row.p25, row.p75, 3.8)):
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([low, high], [y, y], color=edge, linewidth=width, gid="interval")
    if math.isfinite(row.chance_low):
        axes.plot(
            [row.chance_low, row.chance_high], [y + 0.07] * 2, color=edge, linewidth=1.0,
            alpha=0.6, marker="|", markersize=5, gid="chance",
        )  # fmt: skip
    if math.isfinite(row.median):
        axes.plot(
            [row.median], [y], marker=marker, markersize=7, mfc=face, mec=edge, mew=1.2,
            gid="marker",
        )  # fmt: skip
    ends = (row.low, row.median, row.high, row.chance_low, row.chance_high)
    return [float(x) for x in ends if math.isfinite(x)]


def file_names(policies: int) -> list[str]:
    """Return the names of the pictures of so many policies."""
    return [f"{stem(i)}{end}" for i in range(policies) for end in (".svg", ".png")]


def stem(place: int) -> str:
    """Return the name of a policy's picture, less its ending; names of policies are in no path."""
    return f"figures/who-{place + 1}"


def drawn(view: View) -> list[int]:
    """Return the places of the policies that have a picture: those that move most actors."""
    moving = Counter(
        row.scenario for row in view.actors if row.verdict in (actors.GAINS, actors.LOSES)
    )
    order = sorted(range(len(view.policies)), key=lambda i: -moving[view.policies[i]])
    return sorted(order[:MOST_DRAWN])


def files(view: View) -> dict[str, bytes]:
    """Return the pictures of policies: name and content of each."""
    found: dict[str, bytes] = {}
    for i in drawn(view):
        figure = draw(view, view.policies[i])
        about = origin.metadata(view.study, "Who gains and who loses")
        drawing, bitmap = style.svg(figure, about), style.png(figure, about)
        found |= {f"{stem(i)}.svg": drawing, f"{stem(i)}.png": bitmap}
    return found


def context(view: View, files: dict[str, bytes]) -> dict[str, Any]:
    """Return what the page needs for its part on who gains and who loses."""
    figures = {i: style.embedded(files[f"{stem(i)}.svg"]) for i in drawn(view)}
    return {
        "who": who.of(view),
        "who_figures": figures,
        "who_not_drawn": len(view.policies) - len(figures),
        "who_files": who.FILES,
    }
