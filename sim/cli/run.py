"""Commands that run worlds: run, compare, sweep, experiment; and the report of what was run."""

from __future__ import annotations

import shlex
import sys
import traceback
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.exits import FAILED, RUNS_FAILED, all_or_problems, check_out, guarded, refuse, running
from sim.cli.options import (
    MOST_REPLICATIONS,
    Again,
    Excel,
    ExperimentReplications,
    ExperimentSeed,
    Json,
    OnError,
    Out,
    Overrides,
    Replications,
    Seed,
    Settings,
    Workers,
)

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.scenario.overlay import Layer
    from sim.scenario.scenario import Scenario
    from sim.sweep.design import Design

CSV = "csv"
"""Where in a results folder --csv writes."""

LONGEST_NUMBER = len(str(MOST_REPLICATIONS))


def _known_executor(name: str) -> str:
    """Refuse an executor that does not exist, as other options are refused."""
    from sim.sweep.executors import executor_factory

    try:
        executor_factory(name, 1)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def run(
    scenario: Annotated[str, typer.Argument(help="Name of a scenario, or a file.")],
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    replications: Replications = 1,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run one scenario and print its headline outcomes."""
    with guarded(out):
        from sim.scenario.scenario import load_with_layer

        checked, layer = load_with_layer(scenario, overrides, settings)
        check_out(out)
        _print_notes([(checked, layer)])
        from sim.api import run as run_scenario

        with running("run", out) as progress:
            study = run_scenario(
                checked,
                replications=replications,
                seed=seed,
                workers=workers,
                out=out,
                progress=progress,
            )
        _finish(study, out, as_json=as_json)


def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios, or files.")],
    against: Annotated[
        str, typer.Option(help="The scenario that all are compared with.")
    ] = "status-quo",
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    replications: Replications = 32,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = None,
    excel: Excel = False,
    as_json: Json = False,
) -> None:
    """Compare scenarios with the status quo, which --set and --override do not change."""
    with guarded(out):
        from sim.scenario.scenario import load_with_layer

        def changed(name: str) -> tuple[Scenario, Layer]:
            return load_with_layer(name, overrides, settings)

        loaded = all_or_problems(
            [(load_with_layer, against), *((changed, name) for name in scenarios)]
        )
        _compare(
            loaded,
            replications,
            seed,
            workers,
            out,
            encoding=_encoding(excel, out),
            as_json=as_json,
        )


def sweep(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR", help="An experiment's file or name, or results to go on with."
        ),
    ],
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    workers: Workers = None,
    executor: Annotated[
        str,
        typer.Option(
            metavar="NAME", callback=_known_executor, help="pool, dask or dask:tcp://HOST:PORT."
        ),
    ] = "pool",
    on_error: Annotated[
        OnError,
        typer.Option(help="What a run that fails does: it is recorded, or stops the sweep."),
    ] = "record",
    again: Annotated[
        Again | None,
        typer.Option(help="Also do runs again that are recorded as failed.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Time a few runs, print size, time and memory; write nothing."
        ),
    ] = False,
    alone: Annotated[
        str | None,
        typer.Option(
            metavar="POINT:REPLICATION", help="Do this one run here and show what it raises."
        ),
    ] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write the results as CSV, in DIR/csv.")
    ] = False,
    out: Out = None,
    excel: Excel = False,
    as_json: Json = False,
) -> None:
    """Run an experiment: scenarios x levers x uncertain numbers x replications.

    The same command on the same folder goes on where it stopped, or adds what the experiment has
    gained since.
    """
    with guarded(out):
        plan, out = _plan(source, replications, seed, out)
        check_out(out, partial(_files, plan, csv=csv))
        if alone is not None:
            _run_alone(plan, alone)
        elif dry_run:
            _dry_run(plan, workers, out, again, as_json=as_json)
        elif out is None:
            refuse(
                "a sweep needs a folder for its results: --out DIR (or --dry-run to see its size)"
            )
        else:
            _execute(
                "sweep",
                plan,
                workers,
                out,
                executor=executor,
                on_error=on_error,
                again=again,
                csv=csv,
                encoding=_encoding(excel, out),
                as_json=as_json,
            )


def _plan(
    source: str, replications: int | None, seed: int | None, out: Path | None
) -> tuple[Design, Path | None]:
    """Return what a results folder or an experiment asks for, and where its results go."""
    if Path(source).is_dir():
        from sim.sweep.folder import Folder

        plan = Folder.plan(source)
        if seed is not None and seed != plan.seed:
            refuse(
                f"--seed {seed}: {source} holds results of seed {plan.seed}; choose another folder"
            )
        return replace(plan, replications=replications or plan.replications), Path(
            source
        ) if out is None else out
    from sim.sweep.experiment import load_experiment

    return load_experiment(source, replications=replications, seed=seed)[1], out


def experiment(
    name: Annotated[str, typer.Argument(help="Name of an experiment, or its file.")],
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    workers: Workers = None,
    out: Out = None,
    excel: Excel = False,
    as_json: Json = False,
) -> None:
    """Run a shipped experiment with its report."""
    with guarded(out):
        from sim.sweep.experiment import load_experiment

        plan = load_experiment(name, replications=replications, seed=seed)[1]
        check_out(out, partial(_files, plan, csv=False))
        _execute("experiment", plan, workers, out, encoding=_encoding(excel, out), as_json=as_json)


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that compare or experiment wrote.")
    ],
    excel: Excel = False,
) -> None:
    """Write the report of a results folder again."""
    with guarded(folder):
        from sim.analysis.study import Study

        study = Study.open(folder)
        finished, failed = study.finished, len(study.failures)
        if finished + failed < study.design.runs:
            done = f"{finished + failed} of {study.design.runs} runs are finished"
            refuse(f"{folder}: {done}; run the same command again to finish it")
        if not finished:
            refuse(f"{folder}: nothing to report: all {failed} runs failed")
        if study.no_report:
            tables = f"openstakes sweep {shlex.quote(str(folder))} --csv"
            refuse(f"{folder}: no report: {study.no_report}; {tables} writes tables")
        from sim.report import write

        print(write(study, folder, encoding=_encoding(excel, folder)))


def _encoding(excel: bool, out: Path | None) -> str:
    """Return the encoding of CSV files."""
    if excel and out is None:
        refuse("--excel: no CSV is written without a folder: --out DIR")
    return "utf-8-sig" if excel else "utf-8"


def _print_notes(loaded: list[tuple[Scenario, Layer]]) -> None:
    """Print on stderr what may not be meant in scenarios that are about to run.

    Few people give `check` first.
    """
    from sim.messages import one_of
    from sim.scenario.warnings import notes

    said: dict[str, dict[str, None]] = {}
    for scenario, layer in loaded:
        for note in notes(scenario, layer):
            said.setdefault(note, {})[scenario.name] = None
    for note, names in said.items():
        print(f"note: {one_of(names)}: {note}", file=sys.stderr)


def _compare(
    loaded: list[tuple[Scenario, Layer]],
    replications: int,
    seed: int,
    workers: int | None,
    out: Path | None,
    *,
    encoding: str,
    as_json: bool,
) -> None:
    """Compare scenarios with the first one, each read with its layers; print and write results."""
    reference, *rest = (scenario for scenario, _ in loaded)
    others = [scenario for scenario in rest if scenario != reference]
    if not others:
        refuse(f"nothing to compare: only the reference {reference.name!r} was given")
    check_out(out, partial(_report_files, [scenario for scenario, _ in loaded]))
    _print_notes(loaded)
    from sim.api import compare as compare_scenarios

    with running("compare", out) as progress:
        study = compare_scenarios(
            others,
            reference,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            progress=progress,
        )
    _finish(study, out, encoding=encoding, as_json=as_json)


def _execute(
    what: str,
    plan: Design,
    workers: int | None,
    out: Path | None,
    *,
    executor: str = "pool",
    on_error: OnError = "record",
    again: Again | None = None,
    csv: bool = False,
    encoding: str,
    as_json: bool,
) -> None:
    """Run a design for a command, print and write what was found."""
    from sim.analysis.study import Study
    from sim.sweep.execution import execute
    from sim.sweep.files import folder_in

    with running(what, out) as progress:
        store = execute(
            plan,
            workers=workers,
            executor=executor,
            out=out,
            on_error=on_error,
            again=again,
            progress=progress,
        )
    study = Study(store, plan)
    if csv and out is not None and study.outcomes():
        folder_in(out, CSV)  # refuses a link
        for path in study.to_csv(out / CSV, encoding):
            print(path, file=sys.stderr)
    _finish(study, out, encoding=encoding, as_json=as_json)


def _files(plan: Design, *, csv: bool) -> dict[str, list[str]]:
    """Return the names of the files for people that a design may come with, by their folder."""
    from sim.analysis.frames import TABLES
    from sim.analysis.study import Study
    from sim.sweep.store import Store

    study = Study(Store(), plan)
    report = {} if study.unfit_for_report else _report_files(study.scenarios)
    return report | ({CSV: [f"{name}.csv" for name in TABLES]} if csv else {})


def _report_files(scenarios: list[Scenario]) -> dict[str, list[str]]:
    from sim.report.page import report_files

    return {"": report_files(scenarios)}


def _dry_run(
    plan: Design, workers: int | None, out: Path | None, again: Again | None, *, as_json: bool
) -> None:
    """Print what a sweep will cost."""
    from sim.cli import results, terminal
    from sim.sweep.estimate import estimate
    from sim.sweep.folder import Folder
    from sim.sweep.store import Store

    store = Store()
    if out is not None and out.is_dir():
        store = Folder(out)
        store.look(plan)
    if again:
        store.reopen_failed()
    found = estimate(plan, store, workers)
    if as_json:
        terminal.print_json(asdict(found))
    else:
        results.print_estimate(found)


def _run_alone(plan: Design, which: str) -> None:
    """Do one run of a design in this process."""
    point, _, number = which.partition(":")
    if point not in plan.owners:
        from sim.messages import nearest

        refuse(
            f"--alone {which}: {point} is no design point of this "
            f"sweep{nearest(point, plan.owners)}"
        )
    if not (
        number.isdecimal() and len(number) <= LONGEST_NUMBER and int(number) < plan.replications
    ):
        refuse(
            f"--alone {which}: must be POINT:REPLICATION with a replication from 0 to "
            f"{plan.replications - 1}"
        )
    from sim.sweep.execution import check_series, simulate_world

    case, world = plan.world(point)
    try:
        series = simulate_world(world, int(number), plan.seed)
        check_series(series)
    except Exception:  # noqa: BLE001  whatever the run raises is what the user asked to see
        traceback.print_exc()
        raise typer.Exit(FAILED) from None
    print(
        f"{case.name}, point {point}, replication {number}, seed {plan.seed}: finished, "
        f"{len(series.months)} months"
    )


def _finish(study: Study, out: Path | None, *, encoding: str = "utf-8", as_json: bool) -> None:
    """Print the results, write the report, and end with status 3 if runs failed."""
    failures = study.failures
    single = all(case.name == case.against for case in study.cases)
    page = None
    if out is not None and not study.no_report:
        from sim.report import write

        page = write(study, out, encoding=encoding)
    from sim.cli import results, terminal

    if as_json:
        terminal.print_json(
            results.run_content(study) if single else results.comparison_content(study)
        )
    elif study.outcomes():
        (results.print_run if single else results.print_comparison)(study)
    if page is not None:
        print(f"report: {page}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} of {study.design.runs} runs failed:", file=sys.stderr)
        for failure in failures[:10]:
            run = f"{failure.point}:{failure.replication}"
            where = f"{failure.scenario}, replication {failure.replication} ({run})"
            print(f"  {where}: {failure.error}", file=sys.stderr)
        if out is not None:
            sweep = f"openstakes sweep {shlex.quote(str(out))}"
            alone = f"{sweep} --alone {failures[0].point}:{failures[0].replication}"
            print(f"each can be run alone, such as: {alone}", file=sys.stderr)
            print(f"all of them are done again by: {sweep} --again failed", file=sys.stderr)
        raise typer.Exit(RUNS_FAILED)
