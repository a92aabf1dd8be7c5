"""The page: one HTML file without script or requests, its figures and tables beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.analysis.countries import ENOUGH
from sim.analysis.frames import TABLES, csv_bytes
from sim.analysis.precision import undecided, undecided_sentences
from sim.analysis.why import Why
from sim.report import (
    against_data,
    aloud,
    brief,
    cells,
    chain,
    limits,
    matrix,
    origin,
    paper,
    pictures,
    prose,
    reproduction,
    style,
    who,
    who_figure,
    why,
)
from sim.report.figure_data import Grid
from sim.report.findings import Findings, changed, in_both
from sim.report.pictures import Picture
from sim.report.sections import parts
from sim.report.standing import standing_grid
from sim.report.style import FORECAST
from sim.report.templating import template
from sim.report.view import View
from sim.sweep.parts import hash_of
from sim.sweep.written import check, write

if TYPE_CHECKING:
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
    files: tuple[str, ...]


def write_report(
    study: Study, out: Path, *, question: str | None = None, encoding: str = "utf-8"
) -> Path:
    """Write the report of a study into a folder.

    Parameters
    ----------
    study : Study
        Finished runs.
    out : Path
        Folder for report.html, brief.html, findings.csv, targets.csv, figures/, scenarios/ and the
        tables of `Study.to_csv`.
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
    files = study.csv_files(encoding, view.table) | {
        "findings.csv": csv_bytes(_findings_frame(view, found), encoding),
        "undecided.csv": csv_bytes(undecided(study, view.rows.values()), encoding),
        ABOUT: _about(view, drawable),
    }
    files |= chain.files(view, encoding) | who.files(view, encoding) | who_figure.files(view)
    made_by = reproduction.command(study, encoding)
    files |= reproduction.files(study)
    shown = [_show(view, picture, i, files, encoding) for i, picture in enumerate(drawable, 1)]
    files["targets.csv"] = csv_bytes(against_data.targets_frame(study), encoding)
    context = _context(view, found, shown, question, made_by, files)
    because = Why.of(Path(out))
    context["why"] = None if because is None else why.said(view, because)
    files |= context["why"].files if because else {}
    short = brief.context(view, found, context["title"], context["question"], because)
    pages = {
        brief.BRIEF: template(brief.TEMPLATE).render(short, content_policy=POLICY),
        PAGE: template("report.html.j2").render(context),
    }
    write(Path(out), files | {name: page.encode() for name, page in pages.items()})
    return Path(out) / PAGE


def report_files(scenarios: Iterable[Scenario]) -> list[str]:
    """Return the names of all files that a report on some scenarios may have."""
    scenarios = list(scenarios)
    stems = [f"figures/{picture.slug}" for picture in pictures.PICTURES]
    figures = [f"{stem}{end}" for stem in stems for end in (".svg", ".png", ".csv", "-changes.csv")]
    tables = [f"{name}.csv" for name in TABLES]
    return [
        PAGE,
        brief.BRIEF,
        "findings.csv",
        "targets.csv",
        "undecided.csv",
        *tables,
        ABOUT,
        *figures,
        chain.CSV,
        *who.FILES,
        *who_figure.file_names(len(scenarios) - 1),
        *reproduction.file_names(scenarios),
        *why.file_names(scenarios),
    ]


# What the page is made of


def _context(
    view: View,
    found: Findings,
    shown: list[Shown],
    question: str | None,
    made_by: str,
    files: dict[str, bytes],
) -> dict[str, Any]:
    study, headlines = view.study, found.headlines
    return {
        "content_policy": POLICY,
        "parts": parts(),
        "title": _title(view),
        "question": question or _question(view),
        "forecast": FORECAST,
        "citation": origin.citation(),
        "study": study,
        "titles": study.titles,
        "reference": study.titles[study.against],
        "introductions": prose.introductions(study),
        "cells": headlines,
        "counts": cells.count_line(headlines) if headlines else "",
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
        "words": wording,
        "chains": chain.chains(view),
        **_answer(view, found),
        **who_figure.context(view, files),
        **_made(view, made_by, files["table.csv"]),
    }


def _answer(view: View, found: Findings) -> dict[str, Any]:
    """Return what the page needs for its answer: policies, pairs of them and the paper's rubric."""
    headlines = found.headlines
    quiet = [policy.scenario for policy in found.policies if not policy.moves]
    return {
        "policies": found.policies,
        "telling": [policy for policy in found.policies if policy.moves],
        "quiet": matrix.still(view, quiet),
        "duels": found.duels,
        "others": found.others,
        "one_by_one": [
            aloud.plain(aloud.duel(view, headlines, duel, aloud.OTHERS)) for duel in found.others
        ],
        "sides": found.sides.sentences if headlines else [],
        "zero": _zero(found),
        "matrix": matrix.short(view, found),
        "paper": paper,
        "rubric": matrix.rubric(headlines),
        "beside": matrix.beside(found),
    }


def _made(view: View, made_by: str, table: bytes) -> dict[str, Any]:
    """Return what the page needs for its part on how to reproduce it."""
    return {
        "command": made_by,
        "versions": reproduction.versions(),
        "digest": hash_of(table),
        "scenario_files": [
            (s, reproduction.scenario_file(s), reproduction.scenario_text(s, view.reference))
            for s in view.study.scenarios
        ],
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


# Files beside the page


def _show(
    view: View, picture: Picture, number: int, files: dict[str, bytes], encoding: str
) -> Shown:
    """Return a picture as it stands on the page, and add its drawings and numbers to the files."""
    figure, form = picture.draw(view), picture.form
    about = origin.metadata(view.study, picture.title)
    drawing = style.svg(figure, about)
    made = {f"{picture.slug}.svg": drawing, f"{picture.slug}.png": style.png(figure, about)}
    frames = form.frames(view, picture)
    made |= {f"{stem}.csv": csv_bytes(frame, encoding) for stem, frame in frames.items()}
    files |= {f"figures/{name}": content for name, content in made.items()}
    held = pictures.shown(view, picture)
    return Shown(
        picture=picture,
        caption=form.caption(view, picture),
        number=number,
        source=style.embedded(drawing),
        alt=(
            f"Figure {number}: {picture.title}. "
            "All plotted numbers are in the annex and in the files named under the figure."
        ),
        grids=tuple(form.grids(view, picture)),
        definitions=prose.definition_grid(view.study, held) if held else None,
        files=tuple(made),
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
        *((aloud.DUEL, duel.blanket, duel.cells) for duel in found.duels),
        *((aloud.OTHERS, duel.blanket, duel.cells) for duel in found.others),
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
        "citation": origin.citation(),
        "scenarios_hash": origin.scenarios_hash(study),
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
