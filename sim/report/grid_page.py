"""The page of a grid: any sweep with levers, or with some of its outcomes or months kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis import wording
from sim.analysis.boxes import FEWEST_DRAWS, MOST_POINTS, boxes
from sim.analysis.frames import csv_bytes
from sim.analysis.grids import (
    break_evens,
    by_weight,
    compared,
    lever_shares,
    lever_values,
    pair_changes,
)
from sim.analysis.precision import undecided, undecided_sentences
from sim.analysis.tables import headlines
from sim.report import grid_pictures, grid_words, limits, reproduction
from sim.report.figure_data import Grid
from sim.report.levers import value_text
from sim.report.page import PAGE, POLICY
from sim.report.style import FORECAST
from sim.report.templating import template
from sim.report.view import records
from sim.sweep.parts import hash_of
from sim.sweep.uncertainties import is_calibrated
from sim.sweep.written import check, write

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

MOST_OUTCOMES, MOST_ROWS = 8, 40
"""Outcomes with pictures, and cells in the table of the page."""

TABLES = ("table", "rubric", "levers", "break-evens", "boxes", "signs", "undecided")


def grid_files(study: Study) -> list[str]:
    """Return the names of all files that the page of a study may have, before anything is run."""
    from sim.model.outcomes import OUTCOMES

    kept = study.design.keep.outcomes or (*OUTCOMES, *study.outcomes())
    stems = [f"figures/{slug}" for slug in grid_pictures.slugs(kept)]
    figures = [f"{stem}{end}" for stem in stems for end in (".svg", ".png", ".csv")]
    tables = [f"{name}.csv" for name in TABLES]
    return [PAGE, *tables, *figures, *reproduction.file_names(study.scenarios)]


def write_grid(
    study: Study, out: Path, *, question: str | None = None, encoding: str = "utf-8"
) -> Path:
    """Write the page of a grid into a folder.

    Parameters
    ----------
    study : Study
        Finished runs of any sweep.
    out : Path
        Folder for report.html, its tables and figures/, scenarios/.
    question : str, optional
        The question the sweep answers; by default that of its scenario, if it has one only.
    encoding : str
        Of every CSV (`sim.analysis.frames.csv_bytes`).

    Returns
    -------
    Path
        The page. The same study gives the same bytes.

    Raises
    ------
    StoreError
        If a file would take the place of one that is not ours (see `sim.sweep.written`); nothing is
        written then.
    """
    check(out, grid_files(study))  # before any work
    found = _look(study)
    files = {
        f"{name}.csv": csv_bytes(frame, encoding, study.lever_paths)
        for name, frame in found.frames.items()
    }
    files |= reproduction.files(study)
    turning, box = found.frames["break-evens"], found.frames["boxes"]
    order, own = found.order, found.rows
    context: dict[str, Any] = {
        **_head(study, question),
        "short": _short(study, found, turning, box),
        "signs": grid_words.signs_grid(study, found.frames["signs"]) if len(own) else None,
        "cells": _cells(study, own, found.chosen),
        "cells_note": _cut(len(compared(study)), "cells", "table.csv"),
        "weights": _weights(study, found.moving, order),
        "turning": grid_words.turning_grid(study, turning),
        "turning_note": _turning_note(study),
        "turning_figure": grid_pictures.turning(study, own, turning, order, files, encoding),
        "quiet": found.quiet,
        "outcomes": [
            (
                study.outcome(name).label,
                grid_pictures.of_outcome(study, name, order, files, encoding),
            )
            for name in found.drawn
        ],
        "boxes": grid_words.box_sentences(study, box),
        "box_note": _box_note(study),
        "undecided": undecided_sentences(study, found.frames["undecided"]),
        "command": reproduction.command(study, encoding),
        "digest": hash_of(files["table.csv"]),
    }
    page = template("grid.html.j2").render(context)
    write(out, {**files, PAGE: page.encode()})
    return out / PAGE


class _Found(NamedTuple):
    """What was found in a grid: its tables, and what the page makes of them."""

    frames: dict[str, pd.DataFrame]
    chosen: list[str]
    quiet: list[str]
    drawn: list[str]
    rows: pd.DataFrame
    moving: pd.DataFrame
    order: list[str]


def _look(study: Study) -> _Found:
    """Return what is in a grid; of the table, only the rows of chosen outcomes are on the page."""
    chosen = (list(headlines(study)) or study.outcomes())[:MOST_OUTCOMES]
    table = study.table()
    own = table[table["outcome"].isin(chosen)]
    shares = lever_shares(study, own)
    quiet, drawn = _quiet(study, own, chosen)
    moving = shares[shares["outcome"].isin(drawn)]
    order = by_weight(moving) or study.lever_paths
    changes = pair_changes(study, chosen)
    frames = (
        table,
        study.rubric(),
        shares,
        break_evens(study, chosen, changes, order),
        boxes(study, chosen, changes),
        grid_words.signs_frame(own),
        undecided(study, records(own)),
    )
    named = dict(zip(TABLES, frames, strict=True))
    return _Found(named, chosen, quiet, drawn, own, moving, order)


def _head(study: Study, question: str | None) -> dict[str, Any]:
    """Return what stands on the page whatever was found."""
    scenarios = list({case.scenario.name: case.scenario for case in reversed(study.cases)}.values())
    scenarios.reverse()
    reference = study.scenario(study.against)
    asked = [s for s in scenarios if s.name != reference.name] or scenarios
    alone = asked[0].question if len(asked) == 1 else ""
    names = wording.listing([s.label for s in asked])
    against = study.titles[study.against]
    title = f"{names} against {against}" if compared(study) else names
    levers = len(study.lever_paths)
    number = {s.name: sum(case.scenario.name == s.name for case in study.cases) for s in scenarios}
    return {
        "kicker": "Page of a grid" if levers else "Page of a sweep",
        "title": f"{title}, over {wording.counted(levers, 'lever')}" if levers else title,
        "question": question or alone,
        "content_policy": POLICY,
        "forecast": FORECAST,
        "words": wording,
        "study": study,
        "reference": against,
        "few": limits.few(study),
        "intervals": limits.intervals(study),
        "limits": limits.limits(study),
        "rule": wording.rule(study.unit),
        "versions": reproduction.versions(),
        "scenarios": [(s, wording.counted(number[s.name], "case")) for s in scenarios],
        "levers": _levers(study),
        "drawn": _drawn(study),
        "kept": _kept(study),
        "beside": (
            "Beside this page: "
            f"{wording.listing([f'{name}.csv' for name in TABLES])}, figures/ (SVG, PNG and the "
            "plotted numbers), scenarios/. openstakes sweep DIR --csv also writes every run and "
            "every month."
        ),
    }


def _levers(study: Study) -> Grid:
    having = {
        path: dict.fromkeys(case.scenario.name for case in study.cases if path in case.levers)
        for path in study.lever_paths
    }
    rows = []
    for path, values in lever_values(study).items():
        shown = [value_text(value) for value in values]
        text = ", ".join(shown) if len(shown) <= 12 else f"{shown[0]} to {shown[-1]}"
        rows.append((path, f"{len(values)}", text, ", ".join(having[path])))
    return Grid(("Lever", "Values", "They are", "Of"), tuple(rows))


def _drawn(study: Study) -> str:
    names = study.design.draws.names
    if not names:
        return "No number is uncertain here: every parameter keeps its value."
    of = " of the calibrated ensemble" if is_calibrated(study.design) else ""
    listed = f" ({wording.listing(list(names))})" if len(names) <= 8 else ""
    return (
        f"Uncertain: {wording.counted(len(names), 'number')}{of}{listed}, in "
        f"{wording.sample(study.draws, study.replications)}. Every case meets the same draws."
    )


def _kept(study: Study) -> str:
    keep = study.design.keep
    outcomes = len(study.outcomes())
    months = keep.months if isinstance(keep.months, str) else f"{len(keep.months)} chosen"
    shown = min(outcomes, MOST_OUTCOMES)
    return (
        f"Kept of each run: {wording.counted(outcomes, 'outcome')}, months: {months}. Below are "
        f"those of the rubric, or else the first, at most {shown}; table.csv has all."
    )


def _short(study: Study, seen: _Found, turning: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """Return what the page found, in a few sentences."""
    cells = len(compared(study))
    cases = wording.counted(len(study.cases), "case")
    lines = [f"{cases}, {cells} of them compared with a reference."]
    lines += grid_words.ranges(study, seen.rows[seen.rows["outcome"].isin(seen.drawn)])
    if len(seen.moving):
        lines.append(grid_words.weights(study, seen.moving, seen.order))
    values = lever_values(study)
    # Between two values alone, where a sign turns over is a guess.
    for path in [path for path in seen.order[:2] if len(values[path]) > 2]:
        lines += grid_words.turning_in_short(study, turning, path)
    if len(turning) and not ((turning["crossings"] > 0) & (turning["beyond_floor"] > 0)).any():
        lines.append(
            "No crossing: along no lever does a change that matters go from one side of zero to "
            "the other."
        )
    return lines + grid_words.box_sentences(study, found)[:3]


def _weights(study: Study, shares: pd.DataFrame, order: Sequence[str]) -> Grid:
    if shares.empty:
        return Grid((), ())
    wide = shares.pivot(index="outcome", columns="lever", values="share")
    rows = tuple(
        (study.outcome(name).label, *(wording.percent(wide.loc[name, path], 0) for path in order))
        for name in dict.fromkeys(shares["outcome"])
    )
    return Grid(("Outcome", *(grid_words.named(study, path) for path in order)), rows)


def _turning_note(study: Study) -> str:
    again = "draws" if study.draws > 1 else "replications"
    return (
        "A line is the cells that differ in one lever alone. Between two cells the median change "
        f"is taken to be straight. The band is of the break-even when {again} are drawn again 400 "
        "times: it holds chance and what the sample leaves open, not the distance between cells. "
        f"At most {grid_words.MOST_LINES} rows; break-evens.csv has every line."
    )


def _box_note(study: Study) -> str:
    """Return how boxes were looked for; "" where there is no room to look in."""
    if not compared(study) or not (study.lever_paths or study.draws > 1):
        return ""
    inputs = ["levers"] if study.lever_paths else []
    numbers = study.draws >= FEWEST_DRAWS
    inputs += ["uncertain numbers"] if numbers else []
    few = (
        "" if numbers or study.draws == 1 else f", not at numbers: fewer than {FEWEST_DRAWS} draws"
    )
    return (
        f"Looked at {wording.listing(inputs) or 'nothing'}{few}, in at most {MOST_POINTS:,} pairs. "
        "What is looked for is a change for the worse that is large in itself, else one for the "
        "better, else one beyond the floor. Boxes are found by PRIM; a bound on an uncertain "
        "number is told only if luck would not give it among so many numbers. A box describes the "
        "runs; it is no cause."
    )


def _cells(study: Study, table: pd.DataFrame, chosen: Sequence[str]) -> Grid:
    """Return sign, median and interval of the first cells, a row for each case."""
    rows = {(row.scenario, row.outcome): row for row in records(table)}
    found = []
    for case in compared(study)[:MOST_ROWS]:
        texts = []
        for name in chosen:
            row, outcome = rows[case.name, name], study.outcome(name)
            ends = wording.change_interval(row.low, row.high, outcome)
            sign = f"{wording.symbol(row.sign)} " if row.sign else ""
            texts.append(f"{sign}{wording.change(row.median, outcome)} ({ends})")
        found.append((study.titles[case.name], *texts))
    heads = [study.outcome(name).label for name in chosen]
    return Grid(("Case", *heads), tuple(found))


def _cut(there: int, what: str, file: str) -> str:
    return (
        f"The first {MOST_ROWS} of {there:,} {what}; {file} has all." if there > MOST_ROWS else ""
    )


def _quiet(study: Study, table: pd.DataFrame, chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return lines on the outcomes that are not drawn, and the names of those that are."""
    if not compared(study):
        return [], list(chosen)
    signs = {name: set(own["sign"]) for name, own in table.groupby("outcome", sort=False)}
    known = {
        name: bool(np.isfinite(own["median"]).any())
        for name, own in table.groupby("outcome", sort=False)
    }
    still = [name for name in chosen if signs[name] == {"0"}]
    empty = [name for name in chosen if not known[name]]
    lines = []
    for names, what in (
        (still, "No material change in any cell"),
        (empty, "Nothing to compare, since no month compared was kept or no run finished"),
    ):
        if names:
            labels = wording.listing([study.outcome(name).label for name in names])
            lines.append(f"{what}: {labels}.")
    return lines, [name for name in chosen if name not in (*still, *empty)]
