"""What a command that ran worlds leaves: results printed, a report, and its status."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.exits import RUNS_FAILED, refuse

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.cli.profile import Times
    from sim.sweep.design import Design
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
    if failures:
        _print_failures(failures, study.design.runs, out)
        raise typer.Exit(RUNS_FAILED)


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
