"""The command that says why: parts, break-evens and variance of a finished comparison."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.exits import RUNS_FAILED, guarded, refuse, running
from sim.cli.options import Workers
from sim.cli.outputs import files_of_report, finished_study, print_brief, saying_the_cost

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.sweep.design import Design
    from sim.sweep.store import Store


def why(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that compare or experiment wrote.")
    ],
    questions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[parts] [break-evens] [variance]", help="What is asked. Default: all three."
        ),
    ] = None,
    workers: Workers = None,
) -> None:
    """Say why: what each part of a policy does, what results hang on, where they flip.

    Runs what that takes under the same draws and seed, keeps it in DIR/why, and writes the report
    again. The same command goes on where it stopped.
    """
    with guarded(folder / "why"):
        from sim.analysis.why import TABLES
        from sim.messages import nearest, one_of
        from sim.sweep.written import check

        asked = questions or list(TABLES)
        for unknown in (name for name in asked if name not in TABLES):
            refuse(
                f"{unknown}: no such question{nearest(unknown, TABLES)}; known: {one_of(TABLES)}"
            )
        study = finished_study(folder)
        if all(case.name == case.against for case in study.cases):
            refuse(f"{folder}: one scenario, and nothing that it is compared with")
        if study.is_grid:
            refuse(
                f"{folder}: levers vary, or not all outcomes and months were kept: why asks about "
                f"whole scenarios, as compare and experiment run them"
            )
        check(folder, files_of_report(study.design)[""])
        failed = _ask(study, folder, asked, workers)
        from sim.report import write

        page = write(study, folder)
        print(page)
        print_brief(study, page)
        if failed:
            again = f"openstakes sweep {shlex.quote(str(folder / 'why'))}/NAME --again failed"
            print(f"{failed} runs failed and are left out; done again by: {again}", file=sys.stderr)
            raise typer.Exit(RUNS_FAILED)


def _ask(study: Study, folder: Path, questions: list[str], workers: int | None) -> int:
    """Ask, on worker processes that stay from one question to the next."""
    from sim.analysis.why.ask import ask
    from sim.report.duels import against_each_other
    from sim.sweep.execution import execute
    from sim.sweep.workers import Workers as Staying
    from sim.sweep.workers import processors

    with Staying(workers or processors()) as staying:

        def run(plan: Design, out: Path) -> Store:
            name = out.relative_to(folder).as_posix()
            with running(name, out) as progress:
                shown = saying_the_cost(progress, plan, staying.count, out)
                return execute(plan, workers=staying, out=out, progress=shown)

        return ask(folder, questions, against_each_other(study), run)
