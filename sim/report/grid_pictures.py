"""The pictures of a grid's page: for each outcome those that its levers and cases allow."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.frames import csv_bytes
from sim.analysis.grids import compared, lever_values
from sim.report import break_even, style
from sim.report.asked import Asked
from sim.report.kinds import KINDS
from sim.report.levers import MOST_PANELS
from sim.report.over_time import MOST_CASES
from sim.report.ranks import MOST as MOST_RANKED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.study import Study
    from sim.sweep.design import Case

MOST_VALUES, MOST_LINES = 12, 6
"""Values of a lever, and lines or panels, in one picture."""

BREAK_EVEN = "break-even"
DRAWN = ("heat", "dose", "differences", "ranks", "bands", "ecdf")
"""Kinds of pictures of an outcome; `sim.report.kinds` draws them."""


@dataclass(frozen=True)
class Picture:
    """A picture as it stands on the page."""

    slug: str
    source: str
    alt: str
    note: str


def slugs(outcomes: Sequence[str]) -> list[str]:
    """Return the names that pictures of outcomes may have."""
    return [BREAK_EVEN, *(f"{kind}-{name}" for kind in DRAWN for name in outcomes)]


def of_outcome(
    study: Study, outcome: str, order: Sequence[str], files: dict[str, bytes], encoding: str
) -> list[Picture]:
    """Return the pictures of an outcome, and add them and their numbers to the files.

    Parameters
    ----------
    study
        Finished runs.
    outcome
        Its name.
    order
        Key paths of the levers, the one first that matters most.
    files
        Files of the report.
    encoding
        Of CSV files.
    """
    found = []
    for kind, cases, levers, note in _asked_for(study, outcome, order):
        asked = Asked(study, outcome, tuple(cases), (), levers)
        frame = KINDS[kind].frame(asked)
        drawing = KINDS[kind].draw(asked, frame)
        alt = f"{study.outcome(outcome).label}: {kind}. Its numbers are in the CSV beside it."
        found.append(kept(f"{kind}-{outcome}", drawing, frame, alt, note, files, encoding))
    return found


def turning(
    study: Study,
    table: pd.DataFrame,
    found: pd.DataFrame,
    order: Sequence[str],
    files: dict[str, bytes],
    encoding: str,
) -> Picture | None:
    """Return the picture of break-even lines over two levers; None if no line has one."""
    levers = break_even.turning_levers(study, order)
    if levers is None:
        return None
    frame = break_even.nodes_frame(study, table, found, levers)
    if frame.empty:
        return None
    note = f"At most {break_even.MOST_PANELS} panels; break-evens.csv has every line."
    alt = "Break-even lines over two levers. Their numbers are in the table below and in the CSV."
    drawing = break_even.draw(study, frame, levers)
    return kept(BREAK_EVEN, drawing, frame, alt, note, files, encoding)


def kept(
    slug: str,
    figure: Figure,
    frame: pd.DataFrame,
    alt: str,
    note: str,
    files: dict[str, bytes],
    encoding: str,
) -> Picture:
    """Return a picture, and add its drawings and its numbers to the files."""
    drawing = style.svg(figure)
    files[f"figures/{slug}.svg"], files[f"figures/{slug}.png"] = drawing, style.png(figure)
    files[f"figures/{slug}.csv"] = csv_bytes(frame, encoding)
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")
    return Picture(slug, source, alt, note)


def _asked_for(
    study: Study, outcome: str, order: Sequence[str]
) -> list[tuple[str, Sequence[Case], tuple[str, ...], str]]:
    """Return kind, cases, levers and a note on what is left out, of each picture."""
    found: list[tuple[str, Sequence[Case], tuple[str, ...], str]] = []
    others = compared(study)
    if others and len(order) > 1:
        levers = (order[0], order[1])
        found.append(("heat", *_chosen(study, levers, MOST_PANELS)))
    if order:
        found.append(("dose", *_chosen(study, (order[0],), MOST_LINES)))
    elif others:
        cut = _cut(len(study.cases), MOST_CASES, "scenarios")
        found.append(("differences", study.cases[:MOST_CASES], (), cut))
    elif study.design.keep.months == "all":
        found.append(("bands", study.cases[:MOST_CASES], (), ""))
    if not others and not order:
        found.append(("ecdf", study.cases[:MOST_CASES], (), ""))
    if len(study.cases) > 2:
        found.append(("ranks", *_ranked(study, outcome)))
    return found


def _chosen(
    study: Study, levers: tuple[str, ...], most: int
) -> tuple[list[Case], tuple[str, ...], str]:
    """Return the cases drawn over some levers: so many values of each, and so many lines."""
    values = {path: own for path, own in lever_values(study).items() if path in levers}
    shown = {path: _spread(own, MOST_VALUES) for path, own in values.items()}
    lines: dict[tuple[Any, ...], list[Case]] = {}
    for case in compared(study) or study.cases:
        if all(path in case.levers for path in levers):
            rest = ((path, value) for path, value in case.levers.items() if path not in levers)
            lines.setdefault((case.scenario.name, *rest), []).append(case)
    drawn = _spread(list(lines), most)
    cases = [
        case
        for line in drawn
        for case in lines[line]
        if all(case.levers[path] in shown[path] for path in levers)
    ]
    notes = [_cut(len(lines), len(drawn), "combinations of scenario and other levers")]
    notes += [
        _cut(len(own), len(shown[path]), f"values of {path.split('.')[-1]}")
        for path, own in values.items()
    ]
    return cases, levers, " ".join(filter(None, notes))


def _ranked(study: Study, outcome: str) -> tuple[list[Case], tuple[str, ...], str]:
    """Return the cases that are ranked: all, or those with the highest and the lowest means."""
    cases = study.cases
    if len(cases) <= MOST_RANKED:
        return list(cases), (), ""
    window = study.common_window()
    means = [float(np.nanmean(study.means(case.name, [outcome], window)[:, 0])) for case in cases]
    order = np.argsort(means, kind="stable")
    half = MOST_RANKED // 2
    ends = {*order[:half].tolist(), *order[-half:].tolist()}
    note = f"{_cut(len(cases), MOST_RANKED, 'cases')} They are the {half} with the highest and the "
    return [case for i, case in enumerate(cases) if i in ends], (), f"{note}{half} with the lowest."


def _spread(values: Sequence[Any], most: int) -> list[Any]:
    """Return so many of the values, evenly spread, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


def _cut(there: int, shown: int, what: str) -> str:
    return f"{min(shown, there):,} of {there:,} {what} are drawn." if there > shown else ""
