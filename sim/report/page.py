"""The page: one HTML file without script or requests, its figures and tables beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.analysis.countries import ENOUGH
from sim.analysis.frames import TABLES, csv_bytes
from sim.analysis.precision import undecided, undecided_sentences
from sim.report import against_data, cells, limits, pictures, prose, reproduction, style
from sim.report.cells import Cell
from sim.report.figure_data import Grid
from sim.report.findings import Findings, changed, in_both
from sim.report.pictures import Picture
from sim.report.standing import standing_grid
from sim.report.style import FORECAST
from sim.report.view import View
from sim.sweep.parts import hash_of
from sim.sweep.written import check, write

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario

_NUMBERS = (
    "reference", "difference", "median", "low", "high", "scale", "p_higher", "p_lower", "p_floor",
    "pairs", "sign", "word",
)  # fmt: skip

PAGE, ABOUT = "report.html", "figures/about.json"

QUESTION = (
    "Who gains and who loses, under which policy for open-weight AI, while the US and China "
    "compete?"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content security policy: nothing is fetched and no script runs, wherever the page is opened."""


@dataclass(frozen=True)
class Shown:
    """A picture as it stands on the page."""

    picture: Picture
    caption: str
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
    cells: tuple[Cell, ...]

    @property
    def level(self) -> str:
        """The outcome's level under the reference.

        "" if the cells are compared with different levels or months.
        """
        measured = {(cell.reference, cell.first_month, cell.last_month) for cell in self.cells}
        return self.cells[0].level if len(measured) == 1 else ""


def write_report(
    study: Study, out: Path, *, question: str | None = None, encoding: str = "utf-8"
) -> Path:
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
        If a file would take the place of one that is not ours (see `sim.sweep.written`); nothing is
        written then.
    """
    check(Path(out), report_files(study.scenarios))  # before any work
    view = View(study)
    # All that is drawn is read together: a part of the store is read whole, however little is asked
    # of it.
    outcomes = [name for picture in pictures.PICTURES for name in view.present(picture.outcomes)]
    view.bands(outcomes)
    view.paired(outcomes)
    drawable = pictures.drawable(view)
    found = Findings.of(view)
    files = study.csv_files(encoding) | {
        "findings.csv": csv_bytes(_findings_frame(view, found), encoding),
        "undecided.csv": csv_bytes(undecided(study, view.rows.values()), encoding),
        ABOUT: _about(view, drawable),
    }
    made_by = reproduction.command(study, encoding)
    files |= reproduction.files(study)
    shown = [_show(view, picture, i, files, encoding) for i, picture in enumerate(drawable, 1)]
    context = _context(view, found, shown, question, made_by, files["table.csv"])
    page = _template().render(context)
    write(Path(out), {**files, PAGE: page.encode()})
    return Path(out) / PAGE


def report_files(scenarios: Iterable[Scenario]) -> list[str]:
    """Return the names of all files that a report on some scenarios may have."""
    stems = [f"figures/{picture.slug}" for picture in pictures.PICTURES]
    figures = [f"{stem}{end}" for stem in stems for end in (".svg", ".png", ".csv", "-changes.csv")]
    tables = [f"{name}.csv" for name in TABLES]
    return [
        PAGE,
        "findings.csv",
        "undecided.csv",
        *tables,
        ABOUT,
        *figures,
        *reproduction.file_names(scenarios),
    ]


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


def _context(
    view: View,
    found: Findings,
    shown: list[Shown],
    question: str | None,
    made_by: str,
    table: bytes,
) -> dict[str, Any]:
    study, headlines = view.study, found.headlines
    return {
        "content_policy": POLICY,
        "title": _title(view),
        "question": question or _question(view),
        "forecast": FORECAST,
        "study": study,
        "titles": study.titles,
        "reference": study.titles[study.against],
        "introductions": prose.introductions(study),
        "cells": headlines,
        "leading": cells.leading(headlines),
        "counts": cells.count_line(headlines) if headlines else "",
        "policies": found.policies,
        "duels": found.duels,
        "sides": found.sides.sentences if headlines else [],
        "zero": _zero(found),
        "rubric": _rubric(headlines),
        "beside": _beside(found),
        "rule": wording.rule(study.unit),
        "unit": study.unit,
        "single": study.pairs == 1,
        "intervals": limits.intervals(study),
        "headlines": prose.headline_grid(study),
        "channels": prose.channels(study),
        "glossary": prose.GLOSSARY,
        "shown": shown,
        "assumed": prose.parameter_grid(study, assumed=True),
        "parameters": prose.parameter_grid(study, assumed=False),
        "policy_settings": prose.policy_grid(study),
        "enough": ENOUGH,
        "few": limits.few(study),
        "interpolated": wording.interpolated(study.pairs, study.unit),
        "standing": standing_grid(study),
        "data": against_data.standing(study),
        "undecided": undecided_sentences(study, undecided(study, view.rows.values())),
        "limits": limits.limits(study),
        "command": made_by,
        "versions": reproduction.versions(),
        "digest": hash_of(table),
        "scenario_files": [
            (s, reproduction.scenario_file(s), reproduction.scenario_text(s, view.reference))
            for s in study.scenarios
        ],
        "words": wording,
    }


def _title(view: View) -> str:
    against = view.title(view.against)
    if not view.policies:
        return f"{against} by itself"
    if len(view.policies) == 1:
        return f"{view.title(view.policies[0])} against {against}"
    return f"{len(view.policies)} policy scenarios for open-weight AI against {against}"


def _question(view: View) -> str:
    if len(view.policies) != 1:
        return QUESTION
    return view.study.scenario(view.policies[0]).question or QUESTION


def _zero(found: Findings) -> dict[str, Any] | None:
    """Return the cells that change with assumed responses at zero; None if that was not run."""
    twins = found.without_assumed
    if twins is None:
        return None
    return {
        "changed": changed(found.headlines, twins),
        "compared": len(in_both(found.headlines, twins)),
    }


def _rubric(found: Sequence[Cell]) -> list[tuple[str, list[Row]]]:
    """Return the rows of the rubric under their groups.

    These are ideological, geopolitical, and what is shown beside them.
    """
    grouped: dict[str, list[Row]] = {
        "Ideological factors": [],
        "Geopolitical factors": [],
        "Beside the six factors": [],
    }
    for factor in dict.fromkeys(cell.factor for cell in found):
        own = tuple(cell for cell in found if cell.factor == factor)
        outcome = own[0].outcome
        place = 0 if factor in cells.IDEOLOGICAL else 1 if factor in cells.GEOPOLITICAL else 2
        grouped[list(grouped)[place]].append(Row(own[0].name, outcome.label, own))
    return [(group, rows) for group, rows in grouped.items() if rows]


def _beside(found: Findings) -> list[Row]:
    """Return a row for each outcome that stands beside a headline, in the order of the rubric."""
    order = [*cells.IDEOLOGICAL, *cells.GEOPOLITICAL, "other_misuse"]
    rows = [own for factor in order for own in found.beside.get(factor, [])]
    return [Row(own[0].name, own[0].outcome.label, tuple(own)) for own in rows]


# Files beside the page


def _show(
    view: View, picture: Picture, number: int, files: dict[str, bytes], encoding: str
) -> Shown:
    """Return a picture as it stands on the page, and add its drawings and numbers to the files."""
    figure, name = picture.draw(view), f"figures/{picture.slug}"
    drawing = style.svg(figure)
    files |= {f"{name}.svg": drawing, f"{name}.png": style.png(figure)}
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")
    frames = pictures.frames(view, picture)
    files |= {f"figures/{stem}.csv": csv_bytes(frame, encoding) for stem, frame in frames.items()}
    held = pictures.shown(view, picture)
    return Shown(
        picture=picture,
        caption=pictures.caption(view, picture),
        number=number,
        source=source,
        alt=(
            f"Figure {number}: {picture.title}. "
            "All plotted numbers are in the tables under the figure."
        ),
        grids=tuple(pictures.grids(view, picture)),
        definitions=prose.definition_grid(view.study, held) if held else None,
        tables=", ".join(f"{stem}.csv" for stem in frames),
    )


def _findings_frame(view: View, found: Findings) -> pd.DataFrame:
    """Return every paired difference that the text and the rubric speak of, with its words."""
    import pandas as pd

    sections = [
        ("headline", view.against, found.headlines),
        (
            "beside",
            view.against,
            [c for rows in found.beside.values() for row in rows for c in row],
        ),
        ("headline, assumed responses at 0", view.against, found.without_assumed or ()),
        *(("targeted against blanket", duel.blanket, duel.cells) for duel in found.duels),
    ]
    head = [
        "part",
        "scenario",
        "title",
        "against",
        "factor",
        "outcome",
        "unit",
        *_NUMBERS,
        "interval_holds",
        "paper",
        "agreement",
    ]
    rows: list[tuple[Any, ...]] = []
    for section, against, own in sections:
        for c in own:
            title = view.title(c.scenario)
            names = (section, c.scenario, title, against, c.factor, c.outcome.name, c.outcome.unit)
            numbers = (getattr(c, name) for name in _NUMBERS)
            rows.append(
                (
                    *names,
                    *numbers,
                    view.study.interval_holds,
                    c.paper,
                    c.agreement,
                    c.first_month,
                    c.last_month,
                )
            )
    return pd.DataFrame(rows, columns=[*head, "first_month", "last_month"])


def _about(view: View, drawable: Iterable[Picture]) -> bytes:
    """Return as JSON what each figure shows: one that leaves the folder can be traced."""
    study = view.study
    about = {
        "note": FORECAST,
        "against": study.against,
        "draws": study.draws,
        "replications": study.replications,
        "interval_holds": study.interval_holds,
        "seed": study.seed,
        "scenarios": {s.name: s.id for s in study.scenarios},
        "titles": study.titles,
        "versions": dict(reproduction.versions()),
        "figures": {
            p.slug: {
                "title": p.title,
                "outcomes": {name: _described(study, name) for name in view.present(p.outcomes)},
            }
            for p in drawable
        },
    }
    return (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()


def _described(study: Study, name: str) -> dict[str, str]:
    outcome = study.outcome(name)
    return {"label": outcome.label, "unit": wording.unit(outcome), "definition": outcome.definition}
