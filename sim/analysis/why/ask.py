"""Ask why: run what each question needs beside a finished comparison, and write what is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.frames import csv_bytes
from sim.analysis.study import Study
from sim.analysis.why import (
    ABOUT,
    BREAK_EVENS,
    FOLDER,
    LEADING,
    PARTS,
    TABLES,
    VARIANCE,
    Why,
    asked,
    break_evens,
    identity,
    parts,
    shares,
)
from sim.sweep.belonging import check_manifest, found_manifest, manifest_of
from sim.sweep.files import folder_in
from sim.sweep.folder import Folder
from sim.sweep.parts import StoreError
from sim.sweep.written import check, write

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.why.break_evens import Duel
    from sim.sweep.design import Design
    from sim.sweep.store import Store

Execute = Callable[["Design", Path], "Store"]
"""Runs what a results folder lacks of a design, and returns its store."""


def files() -> list[str]:
    """Return the names of the files for people that are written into DIR/why."""
    return [ABOUT, *(name for names in TABLES.values() for name in names)]


def ask(
    folder: Path,
    questions: Iterable[str],
    duels: Sequence[Duel],
    execute: Execute,
) -> int:
    """Answer questions about the comparison in a folder.

    What is finished stays if it is stopped, and the same call goes on.

    Parameters
    ----------
    folder
        Results of a comparison, all of whose runs are finished.
    questions
        Some of `TABLES`; they are asked in that order, since assumptions are chosen by the variance
        if it is known.
    duels
        Targeted measures against blanket controls of the study, whose break-evens are sought too.
    execute
        Runs a design into a folder.

    Returns
    -------
    int
        Runs that failed.

    Raises
    ------
    StoreError
        If DIR/why belongs to other results, or a file in it is a user's.
    """
    study, failed = Study.open(folder), 0
    place = folder / FOLDER
    if folder_in(folder, FOLDER) is not None:
        check(place, files())

    def run(name: str, design: Design) -> Study:
        nonlocal failed
        found = Study(execute(plan := _grown(design, place / name), place / name), plan)
        failed += len(found.failures)
        return found

    answers: dict[str, Callable[[Study, Run], Tables]] = {
        "parts": _parts,
        "variance": _variance,
        "break-evens": partial(_break_evens, folder=folder, duels=duels),
    }
    for question, answer in answers.items():
        if question in questions:
            tables = answer(study, run)
            known = {**asked(folder), question: identity(study.design)}
            about = json.dumps({"asked": known}, indent=1, sort_keys=True) + "\n"
            data = {name: csv_bytes(table) for name, table in tables.items()}
            write(place, {**data, ABOUT: about.encode()})
    return failed


def _grown(design: Design, out: Path) -> Design:
    """Return a design with the cases that its folder holds beside it: those of an earlier search.

    Raises
    ------
    StoreError
        If the folder holds results of another comparison.
    """
    if not out.is_dir() or manifest_of(out) is None:
        return design
    known = {case.name for case in design.cases}
    more = tuple(case for case in Folder.plan(out).cases if case.name not in known)
    grown = replace(design, cases=(*design.cases, *more))
    try:
        check_manifest(out, found_manifest(out), grown)
    except StoreError as error:
        raise StoreError(
            f"{str(error).removesuffix('; choose another folder')}; it is of an earlier state of "
            f"the comparison: move or remove {out}, and give the same command again"
        ) from None
    return grown


Run = Callable[[str, "Design"], Study]
Tables = dict[str, "pd.DataFrame"]


def _parts(study: Study, run: Run) -> Tables:
    found = parts.cuts(study)
    plan = parts.design(study, found)
    beside = None if plan is None else run("parts", plan)
    frame = parts.contributions(study, beside, found)
    return {PARTS: frame, LEADING: parts.leading(frame)}


def _variance(study: Study, run: Run) -> Tables:
    return {VARIANCE: shares.variance(run("variance", shares.design(study)), study)}


def _break_evens(study: Study, run: Run, *, folder: Path, duels: Sequence[Duel]) -> Tables:
    import pandas as pd

    known = Why.of(folder)
    chosen = break_evens.assumptions(study, None if known is None else known.variance)
    search = partial(break_evens.search, duels=duels, run=partial(_below, run))
    rows = [row for assumption in chosen for row in search(study, assumption)]
    return {BREAK_EVENS: pd.DataFrame(rows, columns=list(break_evens.COLUMNS))}


def _below(run: Run, name: str, design: Design) -> Study:
    return run(f"break-evens/{name}", design)
