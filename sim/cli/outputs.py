"""What a command that ran worlds leaves: results printed, a report, and its status."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.exits import RUNS_FAILED, refuse
from sim.messages import printable

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.cli.profile import Times
    from sim.sweep.design import Design
    from sim.sweep.execution import Progress
    from sim.sweep.parts import Failure


def encoding_of(excel: bool, out: Path | None) -> str:
    """Return the encoding of CSV files."""
    if excel and out is None:
        refuse("--excel: no CSV is written without a folder: --out DIR")
    from sim.analysis.frames import EXCEL

    return EXCEL if excel else "utf-8"


def files_of_report(plan: Design) -> dict[str, list[str]]:
    """Return the names of the files of a report on a design, by their folder."""
    from sim.analysis.study import Study
    from sim.report import files
    from sim.sweep.store import Store

    return {"": files(Study(Store(), plan))}


def finish(
    study: Study,
    out: Path | None,
    *,
    encoding: str = "utf-8",
    as_json: bool,
    times: Times | None = None,
) -> None:
    """Print the results, write the report, and end with status 3 if runs failed.

    `times` says where the time of a run went, if that was asked for.
    """
    failures = study.failures
    single = all(case.name == case.against for case in study.cases)
    page = None
    if out is not None and not study.no_report:
        from sim.report import write

        page = write(study, out, encoding=encoding)
    from sim.cli import results, terminal

    if as_json:
        content = results.run_content(study) if single else results.comparison_content(study)
        terminal.print_json(content | ({"profile": times.content()} if times else {}))
    elif study.outcomes():
        (results.print_run if single else results.print_comparison)(study)
    if times and not as_json:
        from sim.cli.profile import print_profile

        print_profile(times)
    if page is not None:
        print(f"report: {page}", file=sys.stderr)
        print_brief(study, page)
    if failures:
        _print_failures(failures, study.design.runs, out)
        raise typer.Exit(RUNS_FAILED)


def print_brief(study: Study, page: Path) -> None:
    """Print on stderr, as the file to open, the brief beside a report; a grid has none."""
    if study.is_grid:
        return
    from sim.report.brief import BRIEF

    print(f"brief: {page.with_name(BRIEF)}", file=sys.stderr)


def _print_failures(failures: list[Failure], runs: int, out: Path | None) -> None:
    """Print on stderr which runs failed, and how they are done again."""
    print(f"{len(failures)} of {runs} runs failed:", file=sys.stderr)
    for failure in failures[:10]:
        where = f"{failure.scenario}, {failure.run.pair} ({failure.run})"
        print(f"  {where}: {failure.error}", file=sys.stderr)
    if out is not None:
        sweep = f"openstakes sweep {shlex.quote(str(out))}"
        alone = f"{sweep} --alone {failures[0].run}"
        print(f"each can be run alone, such as: {alone}", file=sys.stderr)
        print(f"all of them are done again by: {sweep} --again failed", file=sys.stderr)


def saying_the_cost(
    progress: Progress, plan: Design, workers: int | None, out: Path | None
) -> Progress:
    """Return the function that shows progress, and before it says on stderr what runs will cost.

    The first call comes when it is known what is finished already, and before anything is run.
    """
    said = False

    def show(finished: int, failed: int, total: int) -> None:
        nonlocal said
        done = finished + failed
        if not said and done < total:
            from sim.cli.results import cost_line
            from sim.sweep.estimate import outlook

            found = outlook(plan, total - done, workers)
            print(printable(cost_line(found, total - done, done, out)), file=sys.stderr)
        said = True
        progress(finished, failed, total)

    return show


def finished_study(folder: Path) -> Study:
    """Return the study of a folder whose runs are all finished."""
    from sim.analysis.study import Study

    study = Study.open(folder)
    finished, failed = study.finished, len(study.failures)
    if finished + failed < study.design.runs:
        done = f"{finished + failed} of {study.design.runs} runs are finished"
        refuse(f"{folder}: {done}; run the same command again to finish it")
    if not finished:
        refuse(f"{folder}: nothing to report: all {failed} runs failed")
    return study
