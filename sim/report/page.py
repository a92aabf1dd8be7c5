"""The page: one HTML file without script and without requests, with its figures and tables beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.analysis.frames import TABLES, csv_bytes
from sim.report import figure_data, findings, maps, pictures, prose, style
from sim.report.figure_data import Grid
from sim.report.figures import FORECAST
from sim.report.pictures import Picture
from sim.sweep.parts import hash_of
from sim.sweep.written import check, write

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario

_NUMBERS = ("reference", "difference", "low", "high", "share", "relative", "d", "pairs")

PAGE, ABOUT = "report.html", "figures/about.json"

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
    tables: str


@dataclass(frozen=True)
class Row:
    """One row of the rubric: a factor, its outcome and one cell per policy."""

    factor: str
    label: str
    cells: tuple[findings.Cell, ...]

    @property
    def level(self) -> str:
        """The outcome's level under the reference; "" if the cells are compared with different levels or months."""
        compared = {(cell.reference, cell.first_month, cell.last_month) for cell in self.cells}
        return self.cells[0].level if len(compared) == 1 else ""


def write_report(study: Study, out: Path, *, question: str | None = None, encoding: str = "utf-8") -> Path:
    """Write the report of a study into a folder.

    Parameters
    ----------
    study : Study
        Finished runs.
    out : Path
        Folder for report.html, findings.csv, figures/, scenarios/ and the tables of `Study.to_csv`.
    question : str, optional
        The question the comparison answers; by default that of the only policy, or the general one.
    encoding : str
        Of every CSV (`sim.analysis.frames.csv_bytes`).

    Returns
    -------
    Path
        The page. The same study gives the same bytes.

    Raises
    ------
    StoreError
        If a file would take the place of one that is not ours (see `sim.sweep.written`); nothing is written then.
    """
    check(Path(out), report_files(study.scenarios))  # before any work
    files = study.csv_files(encoding) | {
        "findings.csv": csv_bytes(_findings_frame(study), encoding),
        ABOUT: _about(study),
    }
    files |= {prose.scenario_file(scenario): scenario.as_toml().encode() for scenario in study.scenarios}
    drawn = enumerate(pictures.drawable(study), 1)
    shown = [_show(study, picture, i, files, encoding) for i, picture in drawn]
    page = _template().render(_context(study, shown, question, files["table.csv"]))
    write(Path(out), {**files, PAGE: page.encode()})
    return Path(out) / PAGE


def report_files(scenarios: Iterable[Scenario]) -> list[str]:
    """Return the names of all files that a report on some scenarios may have."""
    stems = [f"figures/{picture.slug}" for picture in pictures.PICTURES]
    figures = [f"{stem}{end}" for stem in stems for end in (".svg", ".png", ".csv", "-changes.csv")]
    tables = [f"{name}.csv" for name in TABLES]
    return [PAGE, "findings.csv", *tables, ABOUT, *figures, *(prose.scenario_file(s) for s in scenarios)]


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


def _context(study: Study, shown: list[Shown], question: str | None, table: bytes) -> dict[str, Any]:
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
        "digest": hash_of(table),
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
        grouped[list(grouped)[place]].append(Row(cells[0].name, outcome.label, cells))
    return [(group, rows) for group, rows in grouped.items() if rows]


def _beside(study: Study) -> list[Row]:
    """Return a row for each outcome that stands beside a headline, in the order of the rubric."""
    found = findings.beside(study)
    order = [*findings.IDEOLOGICAL, *findings.GEOPOLITICAL, "other_misuse"]
    rows = [cells for factor in order for cells in found.get(factor, [])]
    return [Row(c[0].name, c[0].outcome.label, tuple(c)) for c in rows]


# Files beside the page


def _show(study: Study, picture: Picture, number: int, files: dict[str, bytes], encoding: str) -> Shown:
    """Return a picture as it stands on the page, and add its drawings and numbers to the files."""
    figure, name = picture.draw(study), f"figures/{picture.slug}"
    drawing = style.svg(figure)
    files |= {f"{name}.svg": drawing, f"{name}.png": style.png(figure)}
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")
    frames = pictures.frames(study, picture)
    files |= {f"figures/{stem}.csv": csv_bytes(frame, encoding) for stem, frame in frames.items()}
    held = figure_data.present(study, picture.outcomes)
    definitions = prose.definition_grid(study, held) if held else None
    grids = tuple(pictures.grids(study, picture))
    alt = f"Figure {number}: {picture.title}. All plotted numbers are in the tables under the figure."
    picture = replace(picture, caption=pictures.caption(study, picture))
    named = ", ".join(f"{stem}.csv" for stem in frames)
    return Shown(picture, number, source, alt, grids, definitions, named)


def _findings_frame(study: Study) -> pd.DataFrame:
    """Return every paired difference that the text and the rubric speak of, with its words."""
    import pandas as pd

    twin = study.without_assumed
    parts = [
        ("headline", study.against, findings.cells(study)),
        ("beside", study.against, [c for rows in findings.beside(study).values() for row in rows for c in row]),
        ("headline, assumed responses at 0", study.against, [] if twin is None else findings.cells(twin)),
        *(("targeted against blanket", duel.blanket, list(duel.cells)) for duel in findings.duels(study)),
    ]
    head = ["part", "scenario", "against", "factor", "outcome", "unit", *_NUMBERS, "sign", "word", "paper", "agreement"]
    rows: list[tuple[Any, ...]] = []
    for part, against, cells in parts:
        for c in cells:
            names = (part, c.scenario, against, c.factor, c.outcome.name, c.outcome.unit)
            numbers = (getattr(c, name) for name in _NUMBERS)
            rows.append((*names, *numbers, c.sign, c.rung, c.paper, c.agreement, c.first_month, c.last_month))
    return pd.DataFrame(rows, columns=[*head, "first_month", "last_month"])


def _about(study: Study) -> bytes:
    """Return as JSON what each figure shows, so that a figure that leaves the folder can be traced."""
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
    return (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()


def _described(study: Study, name: str) -> dict[str, str]:
    outcome = study.outcome(name)
    return {"label": outcome.label, "unit": wording.unit(outcome), "definition": outcome.definition}
