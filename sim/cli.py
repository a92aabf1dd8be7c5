"""The command ``openstakes``: results on stdout, progress and messages on stderr.

Exit status: 0 done, 1 failed, 2 bad input, 3 finished with failed runs, 130 interrupted. Everything is checked before
the first run, and bad input leaves nothing written. Modules are imported by the command that needs them.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from sim.progress import Report
    from sim.scenario import Scenario
    from sim.sweep.design import Design
    from sim.sweep.study import Study

FAILED, BAD_INPUT, RUNS_FAILED, INTERRUPTED = 1, 2, 3, 130
MOST_REPLICATIONS = 99_999
LARGEST_SEED = 2**63 - 1
LONGEST_NUMBER = len(str(MOST_REPLICATIONS))
MOST_WORKERS = 1024

app = typer.Typer(
    name="openstakes",
    epilog="Results are conditional comparisons under stated assumptions, not forecasts.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Settings = Annotated[
    list[str], typer.Option("--set", metavar="PATH=VALUE", help="Change a value, such as policy.NAME.strength=0.5.")
]
Overrides = Annotated[list[str], typer.Option("--override", metavar="FILE", help="Change the values that a file sets.")]
Replications = Annotated[int, typer.Option(min=1, max=MOST_REPLICATIONS, help="Runs of each scenario.")]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Root seed.")]
ExperimentReplications = Annotated[
    int | None,
    typer.Option(
        "--replications", min=1, max=MOST_REPLICATIONS, show_default="the experiment's", help="Runs of each world."
    ),
]
ExperimentSeed = Annotated[
    int | None, typer.Option("--seed", min=0, max=LARGEST_SEED, show_default="the experiment's", help="Root seed.")
]
OnError = Literal["record", "stop"]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, max=MOST_WORKERS, show_default="cores available", help="Worker processes; no effect on results."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder for results and report; the same results there are used again."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _known_executor(name: str) -> str:
    """Refuse an executor that does not exist, as other options are refused."""
    from sim.sweep.executors import executor_factory

    try:
        executor_factory(name, 1)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def _version(asked: bool) -> None:
    if asked:
        _print_version()
        raise typer.Exit()


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print version and place of the package."),
    ] = False,
) -> None:
    """Who gains and who loses, under which policy for open-weight AI? An agent-based model for comparing policies."""


@app.command()
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
    with _guarded(out):
        from sim.scenario import load

        checked = load(scenario, overrides, settings)
        _check_out(out)
        from sim.sweep import run as run_scenario

        with _running("run", out) as progress:
            study = run_scenario(
                checked, replications=replications, seed=seed, workers=workers, out=out, progress=progress
            )
        _finish(study, out, as_json=as_json)


@app.command()
def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios, or files.")],
    against: Annotated[str, typer.Option(help="The scenario that all are compared with.")] = "status-quo",
    replications: Replications = 32,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Compare scenarios with the status quo."""
    with _guarded(out):
        from sim.scenario import load

        loaded = _all_or_problems([(load, name) for name in (against, *scenarios)])
        _compare(loaded, replications, seed, workers, out, as_json=as_json)


@app.command()
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
    with _guarded(out):
        if Path(source).is_dir():
            from sim.sweep.folder import Folder

            plan, out = Folder.plan(source), Path(source) if out is None else out
            if seed is not None and seed != plan.seed:
                _refuse(f"--seed {seed}: {source} holds results of seed {plan.seed}; choose another folder")
            plan = replace(plan, replications=replications or plan.replications)
        else:
            from sim.experiment import load_experiment

            plan = load_experiment(source, replications=replications, seed=seed)[1]
        _check_out(out)
        if alone is not None:
            _run_alone(plan, alone)
        elif dry_run:
            _dry_run(plan, workers, out, as_json=as_json)
        elif out is None:
            _refuse("a sweep needs a folder for its results: --out DIR (or --dry-run to see its size)")
        else:
            _execute(plan, workers, out, executor=executor, on_error=on_error, csv=csv, as_json=as_json)


@app.command()
def experiment(
    name: Annotated[str, typer.Argument(help="Name of an experiment, or its file.")],
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run a shipped experiment with its report."""
    with _guarded(out):
        from sim.experiment import load_experiment

        plan = load_experiment(name, replications=replications, seed=seed)[1]
        _check_out(out)
        _execute(plan, workers, out, as_json=as_json)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that compare or experiment wrote.")],
) -> None:
    """Write the report of a results folder again."""
    with _guarded(folder):
        if not (folder / "manifest.json").is_file():
            _refuse(f"{folder}: holds no results: there is no manifest.json")
        from sim.sweep.study import Study

        study = Study.open(folder)
        finished, failed = study.finished, len(study.failures)
        if finished + failed < study.design.runs:
            done = f"{finished + failed} of {study.design.runs} runs are finished"
            _refuse(f"{folder}: {done}; run the same command again to finish it")
        if not finished:
            _refuse(f"{folder}: nothing to report: all {failed} runs failed")
        if study.no_report:
            _refuse(f"{folder}: no report: {study.no_report}; openstakes sweep {folder} --csv writes tables")
        print(study.report(folder))


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names of scenarios.")],
) -> None:
    """Check scenario files and print every problem."""
    with _guarded():
        from sim.problems import ScenarioError
        from sim.scenario import load

        bad = False
        for file in files:
            try:
                scenario = load(file)
            except ScenarioError as error:
                bad = True
                print(error, file=sys.stderr)
            else:
                print(f"{file}: ok, {scenario.name}, id {scenario.id}")
        if bad:
            raise typer.Exit(BAD_INPUT)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="scenarios, policies, parameters, outcomes, phases or experiments.")],
    name: Annotated[str | None, typer.Argument(help="One of them, to see it in full.")] = None,
    as_json: Json = False,
) -> None:
    """List what there is to choose from."""
    with _guarded():
        from sim.listing import rows

        found = rows(kind, name)
        from sim import terminal

        if as_json:
            terminal.print_json(found if name is None else found[0])
        elif name is None:
            terminal.print_rows(kind, found)
        else:
            terminal.print_row(found[0])


def main() -> NoReturn:
    """Run the command with the arguments of the process."""
    try:
        app(prog_name="openstakes")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read stdout has enough; keep Python from failing once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    sys.exit(0)


def _compare(
    scenarios: list[Scenario], replications: int, seed: int, workers: int | None, out: Path | None, *, as_json: bool
) -> None:
    """Compare the scenarios with the first one, print and write what was found."""
    reference, others = scenarios[0], [scenario for scenario in scenarios[1:] if scenario != scenarios[0]]
    if not others:
        _refuse(f"nothing to compare: only the reference {reference.name!r} was given")
    _check_out(out)
    from sim.sweep import compare as compare_scenarios

    with _running("compare", out) as progress:
        study = compare_scenarios(
            others, reference, replications=replications, seed=seed, workers=workers, out=out, progress=progress
        )
    _finish(study, out, as_json=as_json)


def _execute(
    plan: Design,
    workers: int | None,
    out: Path | None,
    *,
    executor: str = "pool",
    on_error: OnError = "record",
    csv: bool = False,
    as_json: bool,
) -> None:
    """Run a design, print and write what was found."""
    from sim.sweep import Study, execute

    with _running("sweep", out) as progress:
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
    from sim import terminal
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
        from sim.problems import nearest

        _refuse(f"--alone {which}: {point} is no design point of this sweep{nearest(point, plan.owners)}")
    if not (number.isdecimal() and len(number) <= LONGEST_NUMBER and int(number) < plan.replications):
        _refuse(f"--alone {which}: must be POINT:REPLICATION with a replication from 0 to {plan.replications - 1}")
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
    from sim import terminal

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


def _check_out(out: Path | None) -> None:
    """Refuse a results folder that cannot be written, or that holds something else."""
    if out is None:
        return
    place = out.absolute()
    try:
        if place.is_dir():
            from sim.sweep.folder import foreign

            other = foreign(place)
            if other:
                _refuse(f"--out {out}: holds other files ({other}) and no results; choose an empty or new folder")
        while not os.path.lexists(place):
            place = place.parent
        if not place.is_dir():
            _refuse(f"--out {out}: {place} is a file; results need a folder")
        if not os.access(place, os.W_OK | os.X_OK):
            _refuse(f"--out {out}: no permission to write in {place}")
    except (OSError, ValueError) as error:
        _refuse(f"--out {out}: {error.strerror if isinstance(error, OSError) else error}")


def _all_or_problems(calls: list[tuple[Any, str]]) -> list[Any]:
    """Return what each call gives, or raise all their problems together."""
    from sim.problems import ScenarioError

    results: list[Any] = []
    problems: list[str] = []
    for call, argument in calls:
        try:
            results.append(call(argument))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return results


@contextmanager
def _guarded(out: Path | None = None) -> Iterator[None]:
    """Turn what a user can cause into one message and an exit status."""
    from sim.problems import ScenarioError

    try:
        yield
    except ScenarioError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        kept = f"; finished runs are kept in {out}, and the same command goes on from there" if out else ""
        print(f"interrupted{kept}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        kept = f"; finished runs are kept in {out}, and the same command goes on from there" if out else ""
        print(f"failed: {error.strerror or error}{where}{kept}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    except RuntimeError as error:
        from sim.sweep import ClusterError, RunFailedError
        from sim.sweep.store import DamagedPartError, StoreError

        if not isinstance(error, StoreError | RunFailedError | ClusterError):
            raise
        print(error, file=sys.stderr)
        failed = isinstance(error, DamagedPartError | RunFailedError)
        raise typer.Exit(FAILED if failed else BAD_INPUT) from None


@contextmanager
def _running(what: str, out: Path | None) -> Iterator[Report]:
    """Yield the function that shows progress; a folder that fails before the first report of it is bad input."""
    from sim.progress import shown_on_stderr

    begun = False
    with shown_on_stderr(what) as show:

        def progress(finished: int, failed: int, total: int) -> None:
            nonlocal begun
            begun = True
            show(finished, failed, total)

        try:
            yield progress
        except OSError as error:
            if begun or out is None:
                raise
            _refuse(f"--out {out}: {error.strerror or error}")


def _refuse(message: str) -> NoReturn:
    from sim.problems import printable

    print(printable(message), file=sys.stderr)
    raise typer.Exit(BAD_INPUT)


def _print_version() -> None:
    """Print version and package path; warn if another distribution has a package of the same name."""
    from importlib.metadata import packages_distributions

    from sim import __version__

    print(f"openstakes {__version__} ({Path(__file__).resolve().parent})")
    others = sorted({name for name in packages_distributions().get("sim", []) if name.lower() != "openstakes"})
    if others:
        print(
            f"warning: the package name 'sim' also belongs to {', '.join(others)}; one may hide the other",
            file=sys.stderr,
        )
