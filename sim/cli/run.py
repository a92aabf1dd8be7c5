"""Commands that run worlds: run, compare, sweep, experiment; and the report of what was run."""

from __future__ import annotations

import sys
import traceback
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.exits import FAILED, RUNS_FAILED, all_or_problems, check_out, guarded, refuse, running
from sim.cli.options import (
    MOST_REPLICATIONS,
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
    from sim.scenario.scenario import Scenario
    from sim.sweep.design import Design

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
        from sim.scenario.scenario import load

        checked = load(scenario, overrides, settings)
        check_out(out)
        from sim.sweep import run as run_scenario

        with running("run", out) as progress:
            study = run_scenario(
                checked, replications=replications, seed=seed, workers=workers, out=out, progress=progress
            )
        _finish(study, out, as_json=as_json)


def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios, or files.")],
    against: Annotated[str, typer.Option(help="The scenario that all are compared with.")] = "status-quo",
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    replications: Replications = 32,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Compare scenarios with the status quo, which --set and --override do not change."""
    with guarded(out):
        from sim.scenario.scenario import load

        def changed(name: str) -> Scenario:
            return load(name, overrides, settings)

        loaded = all_or_problems([(load, against), *((changed, name) for name in scenarios)])
        _compare(loaded, replications, seed, workers, out, as_json=as_json)


def sweep(
    source: Annotated[
        str, typer.Argument(metavar="FILE|DIR", help="An experiment's file or name, or results to go on with.")
    ],
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    workers: Workers = None,
    executor: Annotated[
        str, typer.Option(metavar="NAME", callback=_known_executor, help="pool, dask or dask:tcp://HOST:PORT.")
    ] = "pool",
    on_error: Annotated[
        OnError, typer.Option(help="What a run that fails does: it is recorded, or stops the sweep.")
    ] = "record",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Time a few runs, print size, time and memory; write nothing.")
    ] = False,
    alone: Annotated[
        str | None, typer.Option(metavar="POINT:REPLICATION", help="Do this one run here and show what it raises.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Also write the results as CSV, in DIR/csv.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run an experiment: scenarios x levers x uncertain numbers x replications.

    The same command on the same folder goes on where it stopped, or adds what the experiment has gained since.
    """
    with guarded(out):
        if Path(source).is_dir():
            from sim.sweep.folder import Folder

            plan, out = Folder.plan(source), Path(source) if out is None else out
            if seed is not None and seed != plan.seed:
                refuse(f"--seed {seed}: {source} holds results of seed {plan.seed}; choose another folder")
            plan = replace(plan, replications=replications or plan.replications)
        else:
            from sim.sweep.experiment import load_experiment

            plan = load_experiment(source, replications=replications, seed=seed)[1]
        check_out(out)
        if alone is not None:
            _run_alone(plan, alone)
        elif dry_run:
            _dry_run(plan, workers, out, as_json=as_json)
        elif out is None:
            refuse("a sweep needs a folder for its results: --out DIR (or --dry-run to see its size)")
        else:
            _execute("sweep", plan, workers, out, executor=executor, on_error=on_error, csv=csv, as_json=as_json)


def experiment(
    name: Annotated[str, typer.Argument(help="Name of an experiment, or its file.")],
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run a shipped experiment with its report."""
    with guarded(out):
        from sim.sweep.experiment import load_experiment

        plan = load_experiment(name, replications=replications, seed=seed)[1]
        check_out(out)
        _execute("experiment", plan, workers, out, as_json=as_json)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that compare or experiment wrote.")],
) -> None:
    """Write the report of a results folder again."""
    with guarded(folder):
        if not (folder / "manifest.json").is_file():
            refuse(f"{folder}: holds no results: there is no manifest.json")
        from sim.analysis.study import Study

        study = Study.open(folder)
        finished, failed = study.finished, len(study.failures)
        if finished + failed < study.design.runs:
            done = f"{finished + failed} of {study.design.runs} runs are finished"
            refuse(f"{folder}: {done}; run the same command again to finish it")
        if not finished:
            refuse(f"{folder}: nothing to report: all {failed} runs failed")
        if study.no_report:
            refuse(f"{folder}: no report: {study.no_report}; openstakes sweep {folder} --csv writes tables")
        print(study.report(folder))


def _compare(
    scenarios: list[Scenario], replications: int, seed: int, workers: int | None, out: Path | None, *, as_json: bool
) -> None:
    """Compare the scenarios with the first one, print and write what was found."""
    reference, others = scenarios[0], [scenario for scenario in scenarios[1:] if scenario != scenarios[0]]
    if not others:
        refuse(f"nothing to compare: only the reference {reference.name!r} was given")
    check_out(out)
    from sim.sweep import compare as compare_scenarios

    with running("compare", out) as progress:
        study = compare_scenarios(
            others, reference, replications=replications, seed=seed, workers=workers, out=out, progress=progress
        )
    _finish(study, out, as_json=as_json)


def _execute(
    what: str,
    plan: Design,
    workers: int | None,
    out: Path | None,
    *,
    executor: str = "pool",
    on_error: OnError = "record",
    csv: bool = False,
    as_json: bool,
) -> None:
    """Run a design for a command, print and write what was found."""
    from sim.sweep import Study, execute

    with running(what, out) as progress:
        store = execute(plan, workers=workers, executor=executor, out=out, on_error=on_error, progress=progress)
    study = Study(store, plan)
    for name in store.repaired:
        print(f"{name} was damaged: removed, and its runs done again", file=sys.stderr)
    if csv and out is not None and study.outcomes():
        for path in study.to_csv(out / "csv"):
            print(path, file=sys.stderr)
    _finish(study, out, as_json=as_json)


def _dry_run(plan: Design, workers: int | None, out: Path | None, *, as_json: bool) -> None:
    """Print what a sweep will cost."""
    from sim.cli import terminal
    from sim.sweep.estimate import estimate
    from sim.sweep.folder import Folder
    from sim.sweep.store import Store

    store = Store()
    if out is not None and out.is_dir():
        store = Folder(out)
        store.look(plan)
    found = estimate(plan, store, workers)
    if as_json:
        terminal.print_json(asdict(found))
    else:
        terminal.print_estimate(found)


def _run_alone(plan: Design, which: str) -> None:
    """Do one run of a design in this process."""
    point, _, number = which.partition(":")
    if point not in plan.owners:
        from sim.messages import nearest

        refuse(f"--alone {which}: {point} is no design point of this sweep{nearest(point, plan.owners)}")
    if not (number.isdecimal() and len(number) <= LONGEST_NUMBER and int(number) < plan.replications):
        refuse(f"--alone {which}: must be POINT:REPLICATION with a replication from 0 to {plan.replications - 1}")
    from sim.sweep import simulate_world

    case, world = plan.world(point)
    try:
        series = simulate_world(world, int(number), plan.seed)
    except Exception:  # noqa: BLE001  whatever the run raises is what the user asked to see
        traceback.print_exc()
        raise typer.Exit(FAILED) from None
    print(f"{case.name}, point {point}, replication {number}, seed {plan.seed}: finished, {len(series.months)} months")


def _finish(study: Study, out: Path | None, *, as_json: bool) -> None:
    """Print the results, write the report, and end with status 3 if runs failed."""
    failures = study.failures
    alone = all(case.name == case.against for case in study.cases)
    page = study.report(out) if out is not None and not study.no_report else None
    from sim.cli import terminal

    if as_json:
        terminal.print_json(terminal.run_content(study) if alone else terminal.comparison_content(study))
    elif study.outcomes():
        (terminal.print_run if alone else terminal.print_comparison)(study)
    if page is not None:
        print(f"report: {page}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} of {study.design.runs} runs failed:", file=sys.stderr)
        for failure in failures[:10]:
            where = f"{failure.scenario}, replication {failure.replication} ({failure.point}:{failure.replication})"
            print(f"  {where}: {failure.error}", file=sys.stderr)
        if out is not None:
            again = f"openstakes sweep {out} --alone {failures[0].point}:{failures[0].replication}"
            print(f"each can be run alone, such as: {again}", file=sys.stderr)
        raise typer.Exit(RUNS_FAILED)
