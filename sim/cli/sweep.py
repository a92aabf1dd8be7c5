"""Commands that run a design: sweep and experiment."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.exits import FAILED, RUNS_FAILED, check_out, guarded, refuse, running
from sim.cli.options import (
    MOST_REPLICATIONS,
    Again,
    Alone,
    AtMost,
    Csv,
    DryRun,
    Excel,
    Executor,
    ExperimentDraws,
    ExperimentReplications,
    ExperimentSeed,
    Json,
    OnError,
    Out,
    Quick,
    ShareOf,
    UntilPrecision,
    Workers,
)
from sim.cli.outputs import encoding_of, files_of_report, finish, saying_the_cost
from sim.cli.precise import until_of_experiment

if TYPE_CHECKING:
    from sim.cli.precise import Until
    from sim.sweep.design import Design
    from sim.sweep.runs import RunId

CSV = "csv"
"""Where in a results folder --csv writes."""

LONGEST_NUMBER = len(str(MOST_REPLICATIONS))


def sweep(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR", help="An experiment's file or name, or results to go on with."
        ),
    ],
    draws: ExperimentDraws = None,
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    until_precision: UntilPrecision = [],  # noqa: B006  read, never changed
    at_most: AtMost = None,
    workers: Workers = None,
    executor: Executor = "pool",
    on_error: OnError = "record",
    again: Again = None,
    share: ShareOf = None,
    dry_run: DryRun = False,
    alone: Alone = None,
    csv: Csv = False,
    out: Out = None,
    excel: Excel = False,
    as_json: Json = False,
) -> None:
    """Run an experiment: scenarios x levers x uncertain numbers x replications.

    The same command on the same folder goes on where it stopped, or adds what the experiment has
    gained since.
    """
    with guarded(out):
        plan, out = _plan(source, draws, replications, seed, out)
        if until_precision and (share is not None or alone is not None or dry_run):
            refuse("--until-precision: not with --share, --alone or --dry-run")
        grows = until_of_experiment(until_precision, at_most, plan, out, source, replications, seed)
        check_out(out, partial(_files, plan, csv=csv))
        if share is not None:
            others = {"--alone": alone, "--dry-run": dry_run, "--csv": csv, "--excel": excel}
            _refuse_beside_share(share, others | {"--json": as_json})
            _run_share(share, plan, workers, out, executor=executor, on_error=on_error, again=again)
        elif alone is not None:
            _run_alone(plan, alone)
        elif dry_run:
            _dry_run(plan, workers, out, again, as_json=as_json)
        elif out is None:
            refuse(
                "a sweep needs a folder for its results: --out DIR (or --dry-run to see its size)"
            )
        else:
            carry_out(
                "sweep",
                plan,
                workers,
                out,
                executor=executor,
                on_error=on_error,
                again=again,
                grows=grows,
                csv=csv,
                encoding=encoding_of(excel, out),
                as_json=as_json,
            )


def experiment(
    name: Annotated[str, typer.Argument(help="Name of an experiment, or its file.")],
    draws: ExperimentDraws = None,
    quick: Quick = False,
    replications: ExperimentReplications = None,
    seed: ExperimentSeed = None,
    until_precision: UntilPrecision = [],  # noqa: B006  read, never changed
    at_most: AtMost = None,
    workers: Workers = None,
    out: Out = None,
    excel: Excel = False,
    as_json: Json = False,
) -> None:
    """Run a shipped experiment with its report."""
    with guarded(out):
        from sim.sweep.experiment import load_experiment

        number = draws_asked(draws, quick=quick)
        replications = 1 if quick and replications is None else replications
        plan = load_experiment(name, draws=number, replications=replications, seed=seed)[1]
        grows = until_of_experiment(until_precision, at_most, plan, out, name, replications, seed)
        check_out(out, partial(_files, plan, csv=False))
        encoding = encoding_of(excel, out)
        carry_out("experiment", plan, workers, out, grows=grows, encoding=encoding, as_json=as_json)


def draws_asked(draws: int | None, *, quick: bool) -> int | None:
    """Return the number of draws that the options ask for; None if they do not say."""
    from sim.sweep.design import OF_A_QUICK_LOOK

    if quick and draws is not None:
        refuse(f"--quick means --draws {OF_A_QUICK_LOOK}: give one of the two")
    return OF_A_QUICK_LOOK if quick else draws


def _plan(
    source: str, draws: int | None, replications: int | None, seed: int | None, out: Path | None
) -> tuple[Design, Path | None]:
    """Return what a results folder or an experiment asks for, and where its results go."""
    if Path(source).is_dir():
        from sim.sweep.folder import Folder

        plan = Folder.plan(source)
        if seed is not None and seed != plan.seed:
            refuse(
                f"--seed {seed}: {source} holds results of seed {plan.seed}; choose another folder"
            )
        if draws is not None and draws != len(plan.draws):
            refuse(
                f"--draws {draws}: {source} was made with {len(plan.draws)}; more are added by the "
                f"command that made it, with --draws {draws} and --out {source}"
            )
        plan = replace(plan, replications=replications or plan.replications)
        return plan, Path(source) if out is None else out
    from sim.sweep.experiment import load_experiment

    plan = load_experiment(source, draws=draws, replications=replications, seed=seed)[1]
    return plan, out


def _files(plan: Design, *, csv: bool) -> dict[str, list[str]]:
    """Return the names of the files for people that a design may come with, by their folder."""
    from sim.analysis.frames import TABLES

    return files_of_report(plan) | ({CSV: [f"{name}.csv" for name in TABLES]} if csv else {})


def carry_out(
    what: str,
    plan: Design,
    workers: int | None,
    out: Path | None,
    *,
    executor: str = "pool",
    on_error: OnError = "record",
    again: Again = None,
    grows: Until | None = None,
    csv: bool = False,
    encoding: str,
    as_json: bool,
) -> None:
    """Run a design for a command, print and write what was found.

    With `grows` larger ones are run after it, until medians are known as precisely as was asked.
    """
    from sim.analysis.study import Study
    from sim.sweep.execution import execute
    from sim.sweep.files import folder_in

    _print_settled(plan)
    if grows is not None and out is not None:
        plan = grows.begin(plan, out)

    def made(plan: Design) -> Study:
        with running(what, out) as progress:
            store = execute(
                plan,
                workers=workers,
                executor=executor,
                out=out,
                on_error=on_error,
                again=again,
                progress=saying_the_cost(progress, plan, workers, out),
            )
        return Study(store, plan)

    study = made(plan)
    while grows is not None and (larger := grows.next(study)) is not None:
        study = made(larger)
    if csv and out is not None and study.outcomes():
        folder_in(out, CSV)  # refuses a link
        for path in study.to_csv(out / CSV, encoding):
            print(path, file=sys.stderr)
    finish(study, out, encoding=encoding, as_json=as_json)


def _print_settled(plan: Design) -> None:
    """Print on stderr which parameters are not drawn, since a scenario or a lever sets them."""
    from sim.messages import one_of
    from sim.sweep.distributions import settled

    if found := settled(plan):
        print(
            f"note: not drawn, since a scenario or a lever sets them: {one_of(found)}",
            file=sys.stderr,
        )


def _refuse_beside_share(share: str, others: Mapping[str, object]) -> None:
    """Refuse what only a whole sweep can do, from other options by name."""
    if given := [name for name, value in others.items() if value]:
        refuse(
            f"--share {share}: not with {', '.join(given)}: a share only leaves its part of the "
            "runs; give the same command without --share when all shares are done"
        )


def _run_share(
    share: str,
    plan: Design,
    workers: int | None,
    out: Path | None,
    *,
    executor: str,
    on_error: OnError,
    again: Again,
) -> None:
    """Do a share of a design; say how it went and what finishes the sweep."""
    if out is None:
        refuse(f"--share {share}: all shares need the same folder for their results: --out DIR")
    from sim.sweep.execution import execute
    from sim.sweep.share import Share

    counts = (0, 0, 0)
    with running("sweep", out) as progress:

        def noted(finished: int, failed: int, total: int) -> None:
            nonlocal counts
            counts = finished, failed, total
            progress(finished, failed, total)

        execute(
            plan,
            workers=workers,
            executor=executor,
            out=out,
            on_error=on_error,
            again=again,
            progress=saying_the_cost(noted, plan, workers, out),
            share=Share.of_text(share),
        )
    finished, failed, total = counts
    print(f"share {share}: {finished} of {total} runs finished, {failed} failed", file=sys.stderr)
    print(
        f"when all shares are done: openstakes sweep {shlex.quote(str(out))} does what is missing "
        "and prints the results",
        file=sys.stderr,
    )
    if failed:
        raise typer.Exit(RUNS_FAILED)


def compact(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A results folder.")],
) -> None:
    """Merge the small files of a results folder into files of about 100 MB.

    What is read from it stays the same to the bit, and each new file lists those it is made of.
    """
    with guarded():
        from sim.sweep.compaction import compact as merge

        before, after = merge(folder)
        words = "nothing to merge" if before == after else f"{before:,} parts are now {after:,}"
        print(f"{folder}: {words}")


def _dry_run(
    plan: Design, workers: int | None, out: Path | None, again: Again, *, as_json: bool
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
    run = _run_of(plan, which)
    from sim.sweep.checks import check_series
    from sim.sweep.execution import simulate_world

    found = plan.run(run)
    try:
        series = simulate_world(found.scenario, run.luck, plan.seed)
        check_series(series)
    except Exception:  # noqa: BLE001  whatever the run raises is what the user asked to see
        traceback.print_exc()
        raise typer.Exit(FAILED) from None
    print(
        f"{found.case}, point {run.point}, {run.pair}, seed {plan.seed}: finished, "
        f"{len(series.months)} months"
    )


def _run_of(plan: Design, which: str) -> RunId:
    """Return the run of a design that `--alone` names."""
    from sim.messages import nearest
    from sim.sweep.runs import RunId

    point, *numbers = which.split(":")
    points = sorted({known for known, _ in plan.owners})
    if point not in points:
        refuse(f"--alone {which}: {point} is no design point of this sweep{nearest(point, points)}")
    ends = f"0 to {len(plan.draws) - 1} and replications 0 to {plan.replications - 1}"
    if len(numbers) != 2 or not all(x.isdecimal() and len(x) <= LONGEST_NUMBER for x in numbers):
        refuse(f"--alone {which}: must be POINT:DRAW:REPLICATION; this sweep has draws {ends}")
    run = RunId(point, *map(int, numbers))
    if not plan.asks_for(run):
        refuse(f"--alone {which}: no run of this sweep, which has draws {ends}")
    return run
