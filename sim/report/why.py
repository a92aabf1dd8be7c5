"""Why, on the page: what parts of policies do, where verdicts flip, what results hang on.

All of it was found by `openstakes why`; every number stands in a CSV of DIR/why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis import rubric, wording
from sim.analysis.why import PARTS, Why
from sim.analysis.why.break_evens import FLIPS, NO_CROSSING, SEVERAL
from sim.analysis.why.parts import REST
from sim.analysis.why.shares import DUMMY, LUCK, NUMBER, REMAINDER
from sim.report import origin, sheet, style
from sim.report.assumptions import compared, number, turning, turns, unit
from sim.report.figure_data import Grid
from sim.report.style import FORECAST, INK, MUTED, SMALL, WIDTH, Pen
from sim.report.view import View, records

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.model.outcomes import Outcome
    from sim.scenario.scenario import Scenario

MOST_PANELS = 4
"""Outcomes in one picture: those whose change is largest by its floor."""
SMALLEST = 0.01
"""Fraction of a change from which the rest of a policy is named."""
MOST_NUMBERS = 3
"""Numbers named for one outcome."""


@dataclass(frozen=True)
class OfPolicy:
    """What is said of one policy: a picture of its parts ("" without one), and sentences."""

    scenario: str
    title: str
    slug: str
    source: str
    alt: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What the page says of why.

    Attributes
    ----------
    policies : tuple of OfPolicy
    whole : tuple of str
        Titles of policies that have no parts, if parts were asked for.
    flips : tuple of str
        A sentence for each break-even.
    steady : tuple of str
        A sentence for each assumption on what does not flip.
    varied : Grid or None
        What the variance is due to.
    files : dict of str to bytes
        Pictures, by name.
    """

    policies: tuple[OfPolicy, ...]
    whole: tuple[str, ...]
    flips: tuple[str, ...]
    steady: tuple[str, ...]
    varied: Grid | None
    files: dict[str, bytes]


def said(view: View, found: Why) -> Section:
    """Return what the page says of what was found."""
    files: dict[str, bytes] = {}
    policies: list[OfPolicy] = []
    whole: list[str] = []
    if found.parts is not None and found.leading is not None:
        for number, name in enumerate(view.policies, 1):
            own, top = (x[x["scenario"] == name] for x in (found.parts, found.leading))
            if len(own):
                policies.append(_of_policy(view, name, f"why-{number}", own, top, files))
            else:
                whole.append(view.title(name))
    flips, steady = _break_evens(view, found.break_evens)
    told = tuple(policies), tuple(whole), flips, steady
    return Section(*told, _variance(view, found.variance), files)


def file_names(scenarios: Iterable[Scenario]) -> list[str]:
    """Return the names of all pictures that a page on some scenarios may have here."""
    number = len(list(scenarios))
    return [f"figures/why-{i}.{end}" for i in range(1, number) for end in ("svg", "png")]


# Parts


def _of_policy(
    view: View,
    name: str,
    slug: str,
    own: pd.DataFrame,
    top: pd.DataFrame,
    files: dict[str, bytes],
) -> OfPolicy:
    title = view.title(name)
    rows = records(top)
    sentences = [_of_parts(view, row) for row in rows]
    if not rows:
        sentences = [
            f"Of no headline can be told that it changes under {title}: nothing to divide."
        ]
    source = ""
    if rows:
        figure = draw_parts(view, title, own, [row.outcome for row in rows])
        about = origin.metadata(view.study, "What each part of a policy contributes")
        drawing, bitmap = style.svg(figure, about), style.png(figure, about)
        files |= {f"figures/{slug}.svg": drawing, f"figures/{slug}.png": bitmap}
        source = style.embedded(drawing)
    alt = f"What each part of {title} contributes. All numbers are in why/{PARTS}."
    return OfPolicy(name, title, slug, source, alt, tuple(sentences))


def _of_parts(view: View, row: Any) -> str:
    """Say which parts most of a change comes from."""
    outcome = view.study.outcome(row.outcome)
    change = wording.change(row.total, outcome)
    ends = wording.change_interval(row.low, row.high, outcome)
    rest = ""
    if row.rest and abs(row.rest) >= SMALLEST:
        rest = f"; {wording.percent(row.rest, 0)} from {REST} of the policy"
    return f"{outcome.label}: {change} (5–95 %: {ends}). Of the mean change {made_by(row)}{rest}."


def made_by(row: Any) -> str:
    """Return how much of a mean change comes from which parts: a row of `parts.leading`."""
    parts, share = row.parts.split("; "), wording.percent(row.fraction, 0)
    whole = wording.percent(1, 0)
    much = share if share == whole or row.fraction < 1 else f"more than all ({share})"
    against = "; what is left works against it" if much != share else ""
    together = " together" if len(parts) > 1 else ""
    return f"{much} comes from {wording.listing(parts)}{together}{against}"


@style.look()
def draw_parts(view: View, title: str, frame: pd.DataFrame, outcomes: Sequence[str]) -> Figure:
    """Draw a bar for each part of a scenario: its share of the median change, with intervals."""
    weight = {}
    for name in outcomes:
        total = frame[(frame["outcome"] == name) & (frame["measure"] == "total")].iloc[0]
        floor = rubric.FLOOR[view.study.outcome(name).kind] or 1.0
        weight[name] = abs(total["median"]) / floor
    chosen = sorted(weight, key=lambda name: -weight[name])[:MOST_PANELS]
    panels = [(name, _bars(frame[frame["outcome"] == name])) for name in outcomes if name in chosen]
    key = (
        "Bar: share of the part, median over runs. Thin line: 5–95 %; thick: chance alone, where "
        "draws were run several times. Triangles: the part alone (pointing right), and what is "
        "lost without it (left)."
    )
    heights = [0.27 * len(bars) + 0.3 + sheet.AXIS for _, bars in panels]
    figure, top = sheet.sheet(
        f"What each part of {title} contributes", key, _foot(view), sum(heights)
    )
    widest = max(style.text_width(bar.label) for _, bars in panels for bar in bars)
    left = 0.08 + min(widest, 2.6) + 0.2
    for (name, bars), height in zip(panels, heights, strict=True):
        outcome = view.study.outcome(name)
        style.write(figure, 0.08, top + 0.17, outcome.label, size=SMALL, weight="bold")
        axes = style.place(figure, left, top + 0.25, WIDTH - left - 1.9, 0.27 * len(bars))
        _panel(figure, axes, bars, outcome, top + 0.25)
        top += height
    return sheet.settle(figure)


@dataclass(frozen=True)
class Bar:
    """One row of a panel."""

    label: str
    pen: Pen
    row: Any
    alone: tuple[float, float] | None


def _bars(own: pd.DataFrame) -> list[Bar]:
    """Return the rows of a panel: the whole, its parts, what is left."""
    by = {measure: records(own[own["measure"] == measure]) for measure in own["measure"].unique()}
    parts = by["share"]
    pens = style.pens([row.part for row in parts], "")
    bars = [Bar("all together", style.REFERENCE, by["total"][0], None)]
    for row, first, last in zip(parts, by["first"], by["last"], strict=True):
        bars.append(Bar(row.part, pens[row.part], row, (first.median, last.median)))
    grey = Pen(MUTED, "-", "o", 1.6)
    bars += [Bar(REST, grey, row, None) for row in by.get("rest", [])]
    return [*bars, Bar("interaction, within the shares", grey, by["interaction"][0], None)]


def _panel(figure: Figure, axes: Axes, bars: list[Bar], outcome: Outcome, top: float) -> None:
    """Draw the bars of one outcome on axes whose top is so many inches from the figure's."""
    axes.set_ylim(len(bars), 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
    sheet.zero_line(axes)
    drawn = [0.0]
    for i, bar in enumerate(bars):
        y, row, colour = i + 0.5, bar.row, bar.pen.color
        drawn += [row.median, row.low, row.high, *(bar.alone or ())]
        axes.barh([y], [row.median], height=0.52, color=colour, alpha=0.5, gid="share")
        axes.plot([row.low, row.high], [y, y], color=INK, linewidth=1.0, gid="interval")
        if math.isfinite(row.chance_low):
            axes.plot([row.chance_low, row.chance_high], [y, y], color=INK, linewidth=2.4)
        for x, marker in zip(bar.alone or (), (">", "<"), strict=False):
            axes.plot([x], [y], marker=marker, markersize=5, mfc="white", mec=colour, mew=1.0)
        middle = top + 0.27 * y
        weight = "bold" if i == 0 else "normal"
        label = style.wrapped(bar.label, 2.6)[0]
        style.write(figure, 0.08, middle, label, size=SMALL, color=colour, weight=weight,
                    va="center_baseline")  # fmt: skip
        ends = wording.change_interval(row.low, row.high, outcome)
        words = f"{wording.change_number(row.median, outcome)} ({ends})"
        style.write(
            figure, WIDTH - 0.1, middle, words, size=SMALL, va="center_baseline", ha="right"
        )
    unit = {"share": "points", "level": "% of the reference"}.get(outcome.kind, outcome.unit)
    sheet.value_axis(axes, unit, [x for x in drawn if math.isfinite(x)])


def _foot(view: View) -> str:
    ran = wording.sample(view.study.draws, view.study.replications)
    return (
        f"{ran}. Runs differ by {view.study.interval_holds}. Numbers: why/{PARTS}. {FORECAST} "
        f"{origin.line(view.study)}"
    )


# Break-evens


def _break_evens(view: View, frame: pd.DataFrame | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return sentences on verdicts that flip, and on those that do not."""
    if frame is None or not len(frame):
        return (), ()
    flips, steady = [], []
    for path in dict.fromkeys(frame["number"]):
        own = records(frame[frame["number"] == path])
        crossing = [row for row in own if row.found in (FLIPS, SEVERAL)]
        told = [row for row in crossing if turns(view, row)]
        flips += [_flip(view, row) for row in told]
        counted = [
            (sum(row.found == NO_CROSSING for row in own), "keep their side"),
            (len({(r.scenario, r.against, r.outcome) for r in crossing if r not in told}),
             "change sides within the floor, which is no material change"),
            (sum(row.found not in (FLIPS, SEVERAL, NO_CROSSING) for row in own), "cannot be told"),
        ]  # fmt: skip
        words = [f"{n} {text}" for n, text in counted if n]
        total = len({(row.scenario, row.against, row.outcome) for row in own})
        steady.append(
            f"{number(view, path)}, from {wording.plain(own[0].range_low)} to "
            f"{wording.plain(own[0].range_high)}{unit(view, path)}: of "
            f"{wording.counted(total, 'verdict')}, {wording.listing(words) or 'all flip'}."
        )
    return tuple(flips), tuple(steady)


def _flip(view: View, row: Any) -> str:
    """Say where a verdict flips."""
    outcome = view.study.outcome(row.outcome)
    return (
        f"{outcome.label} under {compared(view, row)} {turning(view, row, wording.plain)}: "
        f"{wording.change(row.left_change, outcome)} at {wording.plain(row.left)}, "
        f"{wording.change(row.right_change, outcome)} at {wording.plain(row.right)}, both run."
    )


# Variance


def _variance(view: View, frame: pd.DataFrame | None) -> Grid | None:
    """Return what the variance is due to, a row per policy and headline."""
    if frame is None or not len(frame):
        return None
    rows = []
    for _, own in frame.groupby(["scenario", "outcome"], sort=False):
        name, outcome = own["scenario"].iloc[0], own["outcome"].iloc[0]
        share = dict(zip(own["kind"], own["share"], strict=True))
        numbers = records(own[own["kind"] == NUMBER])[:MOST_NUMBERS]
        said_ = [f"{number(view, r.number)} {wording.percent(r.share, 0)}" for r in numbers]
        rows.append(
            (
                view.title(name),
                view.study.outcome(outcome).label,
                wording.listing(said_) or "none above the floor",
                *(wording.percent(max(0.0, share[k]), 0) for k in (LUCK, REMAINDER, DUMMY)),
            )
        )
    head = ("Scenario", "Outcome", "Numbers", "Luck", "Not told apart", "Floor (dummy)")
    return Grid(head, tuple(rows), names=2)
