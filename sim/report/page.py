"""The page: one HTML file without script and without requests, with its figures and tables beside it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.months import month_name
from sim.report import figure_data, findings, maps, pictures, prose, style
from sim.report.figure_data import Grid
from sim.report.figures import FORECAST
from sim.report.pictures import Picture

if TYPE_CHECKING:
    import jinja2

    from sim.analysis.study import Study

_NUMBERS = ("reference", "difference", "low", "high", "share", "relative", "d", "pairs")

QUESTION = "Who gains and who loses, under which policy for open-weight AI, while the US and China compete?"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content security policy of the page: nothing may be fetched and no script may run, wherever the page is opened."""


@dataclass(frozen=True)
class Shown:
    """A picture as it stands on the page."""

    picture: Picture
    number: int
    source: str
    alt: str
    grids: tuple[tuple[str, Grid], ...]
    definitions: Grid | None


@dataclass(frozen=True)
class Row:
    """One row of the rubric: a factor, its outcome and level under the reference, and one cell per policy."""

    factor: str
    label: str
    level: str
    cells: tuple[findings.Cell, ...]


def write_report(study: Study, out: Path, *, question: str | None = None) -> Path:
    """Write the report of a study into a folder.

    Parameters
    ----------
    study : Study
        Finished runs.
    out : Path
        Folder for report.html, findings.csv, figures/, scenarios/ and the tables of `Study.to_csv`.
    question : str, optional
        The question the comparison answers; by default that of the only policy, or the general one.

    Returns
    -------
    Path
        The page. The same study gives the same bytes.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    study.to_csv(out)
    _write_findings(study, out / "findings.csv")
    _write_scenarios(study, out)
    shown = [_show(study, picture, i, out / "figures") for i, picture in enumerate(pictures.drawable(study), 1)]
    _write_about(study, out / "figures")
    page = out / "report.html"
    page.write_text(_template().render(_context(study, shown, question, out)), encoding="utf-8")
    return page


def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sim.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


# What the page is made of


def _context(study: Study, shown: list[Shown], question: str | None, out: Path) -> dict[str, Any]:
    found = findings.cells(study)
    compared = prose.compared(study)
    return {
        "content_policy": POLICY,
        "title": _title(study),
        "question": question or _question(study),
        "forecast": FORECAST,
        "study": study,
        "compared": compared,
        "cells": found,
        "leading": findings.leading(found),
        "counts": findings.count_line(found) if found else "",
        "policies": findings.by_policy(study),
        "duels": findings.duels(study),
        "sides": findings.sides(study).sentences if found else [],
        "zero": _zero(study),
        "rubric": _rubric(found),
        "beside": _beside(study),
        "rule": prose.rule(study.unit),
        "legend": wording.legend(study.unit),
        "unit": study.unit,
        "single": study.pairs == 1,
        "uncalibrated": prose.UNCALIBRATED,
        "headlines": prose.headline_grid(study),
        "channels": prose.channels(study),
        "glossary": prose.GLOSSARY,
        "shown": shown,
        "assumed": prose.parameter_grid(study, assumed=True),
        "parameters": prose.parameter_grid(study, assumed=False),
        "policy_settings": prose.policy_grid(study),
        "enough": maps.ENOUGH,
        "few": prose.few(study),
        "limits": prose.limits(study),
        "command": prose.command(study),
        "versions": prose.versions(),
        "digest": hashlib.sha256((out / "table.csv").read_bytes()).hexdigest(),
        "scenario_files": [
            (s, prose.scenario_file(s), prose.scenario_text(s, prose.reference(study))) for s in study.scenarios
        ],
        "words": wording,
    }


def _title(study: Study) -> str:
    others = [s.name for s in study.scenarios if s.name != study.against]
    if not others:
        return f"{study.against} by itself"
    if len(others) == 1:
        return f"{others[0]} against {study.against}"
    return f"{len(others)} policy scenarios for open-weight AI against {study.against}"


def _question(study: Study) -> str:
    others = [s for s in study.scenarios if s.name != study.against]
    return others[0].question if len(others) == 1 and others[0].question else QUESTION


def _zero(study: Study) -> dict[str, Any] | None:
    """Return the cells that change when assumed responses are set to zero, or None if that was not run."""
    twin = study.without_assumed
    if twin is None:
        return None
    return {"changed": findings.changed(study, twin), "compared": findings.compared(study, twin)}


def _rubric(found: list[findings.Cell]) -> list[tuple[str, list[Row]]]:
    """Return the rows of the rubric under their groups: ideological, geopolitical, and what is shown beside them."""
    grouped: dict[str, list[Row]] = {
        "Ideological factors": [],
        "Geopolitical factors": [],
        "Beside the six factors": [],
    }
    for factor in dict.fromkeys(cell.factor for cell in found):
        cells = tuple(cell for cell in found if cell.factor == factor)
        outcome = cells[0].outcome
        place = 0 if factor in findings.IDEOLOGICAL else 1 if factor in findings.GEOPOLITICAL else 2
        level = wording.value(cells[0].reference, outcome)
        grouped[list(grouped)[place]].append(Row(cells[0].name, outcome.label, level, cells))
    return [(group, rows) for group, rows in grouped.items() if rows]


def _beside(study: Study) -> list[Row]:
    """Return a row for each outcome that stands beside a headline, in the order of the rubric."""
    found = findings.beside(study)
    order = [*findings.IDEOLOGICAL, *findings.GEOPOLITICAL, "other_misuse"]
    rows = [cells for factor in order for cells in found.get(factor, [])]
    return [Row(c[0].name, c[0].outcome.label, wording.value(c[0].reference, c[0].outcome), tuple(c)) for c in rows]


# Files beside the page


def _show(study: Study, picture: Picture, number: int, folder: Path) -> Shown:
    drawing = style.save(picture.draw(study), folder, picture.slug)
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")
    held = figure_data.present(study, picture.outcomes)
    if held:
        _write_numbers(study, held, folder / f"{picture.slug}.csv")
    definitions = prose.definition_grid(study, held) if held else None
    grids = tuple(pictures.grids(study, picture))
    if not held:
        _write_grid(grids[0][1], folder / f"{picture.slug}.csv")
    alt = f"Figure {number}: {picture.title}. All plotted numbers are in the tables under the figure."
    picture = replace(picture, caption=pictures.caption(study, picture))
    return Shown(picture, number, source, alt, grids, definitions)


def _write_findings(study: Study, path: Path) -> None:
    """Write every paired difference that the text and the rubric speak of, with its words."""
    twin = study.without_assumed
    parts = [
        ("headline", study.against, findings.cells(study)),
        ("beside", study.against, [c for rows in findings.beside(study).values() for row in rows for c in row]),
        ("headline, assumed responses at 0", study.against, [] if twin is None else findings.cells(twin)),
        *(("targeted against blanket", duel.blanket, list(duel.cells)) for duel in findings.duels(study)),
    ]
    head = ("part", "scenario", "against", "factor", "outcome", "unit", *_NUMBERS, "sign", "word", "paper", "agreement")
    rows: list[tuple[str, ...]] = [head]
    for part, against, cells in parts:
        for c in cells:
            numbers = (f"{float(getattr(c, name)):.9g}" for name in _NUMBERS)
            names = (part, c.scenario, against, c.factor, c.outcome.name, c.outcome.unit)
            rows.append((*names, *numbers, c.sign, c.rung, c.paper, c.agreement))
    _write_csv(rows, path)


def _write_numbers(study: Study, outcomes: list[str], path: Path) -> None:
    """Write the plotted levels of every month, in the printed unit."""
    levels = [f"p{100 * level:g}" for level in figure_data.LEVELS]
    _write_csv([("scenario", "outcome", "unit", "month", *levels), *_monthly(study, outcomes)], path)


def _monthly(study: Study, outcomes: list[str]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        unit = wording.unit(study.outcome(outcome))
        for name in figure_data.names(study):
            for m, levels in enumerate(figure_data.bands(study, name, outcome).T):
                yield (name, outcome, unit, month_name(m), *(f"{x:.6g}" for x in levels))


def _write_grid(grid: Grid, path: Path) -> None:
    _write_csv([grid.head, *grid.rows], path)


def _write_csv(rows: list[tuple[str, ...]], path: Path) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_cell(cell) for cell in row] for row in rows])
    path.write_text(text.getvalue(), encoding="utf-8")


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers and signs stay as they are."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text.strip("+-"):
        try:
            float(text)
        except ValueError:
            return f"'{text}"
    return text


def _write_about(study: Study, folder: Path) -> None:
    """Write what each figure shows, so that a figure that leaves the folder can be traced."""
    about = {
        "note": FORECAST,
        "against": study.against,
        "draws": study.draws,
        "replications": study.replications,
        "seed": study.seed,
        "scenarios": {s.name: s.id for s in study.scenarios},
        "versions": dict(prose.versions()),
        "figures": {
            p.slug: {
                "title": p.title,
                "outcomes": {o: _described(study, o) for o in figure_data.present(study, p.outcomes)},
            }
            for p in pictures.drawable(study)
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "about.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _described(study: Study, name: str) -> dict[str, str]:
    outcome = study.outcome(name)
    return {"label": outcome.label, "unit": wording.unit(outcome), "definition": outcome.definition}


def _write_scenarios(study: Study, out: Path) -> None:
    for scenario in study.scenarios:
        path = out / prose.scenario_file(scenario)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(scenario.as_toml(), encoding="utf-8")
