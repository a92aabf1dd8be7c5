"""Commands that run and compare scenarios, and the report of what was run."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.exits import FAILED, all_or_problems, check_out, guarded, refuse, running
from sim.cli.finished import compared_with, print_versus
from sim.cli.options import (
    AtMost,
    ComparedReplications,
    Draws,
    Excel,
    Json,
    Out,
    Overrides,
    Profile,
    Quick,
    Replications,
    Seed,
    Settings,
    UntilPrecision,
    Workers,
)
from sim.cli.outputs import encoding_of, files_of_report, finish, finished_study, print_brief
from sim.cli.precise import until
from sim.cli.sweep import carry_out, draws_asked
from sim.messages import printable

if TYPE_CHECKING:
    from sim.scenario.overlay import Layer
    from sim.scenario.scenario import Scenario
    from sim.sweep.design import Design


def run(
    scenario: Annotated[str, typer.Argument(help="Name of a scenario, or a file.")],
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    replications: Replications = 1,
    seed: Seed = 0,
    workers: Workers = None,
    out: Out = None,
    profile: Profile = False,
    as_json: Json = False,
) -> None:
    """Run one scenario and print its headline outcomes."""
    with guarded(out):
        from sim.scenario.scenario import load_with_layer
        from sim.sweep.design import Design

        checked, layer = load_with_layer(scenario, overrides, settings)
        plan = Design.of([checked], replications, seed, also_without_assumed=False)
        check_out(out, partial(files_of_report, plan))
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
        times = None
        if profile and study.failures:
            print("--profile: not timed, since a run failed", file=sys.stderr)
        elif profile:
            from sim.cli.profile import profile_of

            times = profile_of(checked, seed)
        finish(study, out, as_json=as_json, times=times)


def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios, or files.")],
    against: Annotated[
        str, typer.Option(help="The scenario that all are compared with.")
    ] = "status-quo",
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    draws: Draws = None,
    quick: Quick = False,
    replications: ComparedReplications = None,
    seed: Seed = 0,
    until_precision: UntilPrecision = [],  # noqa: B006
    at_most: AtMost = None,
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
        encoding = encoding_of(excel, out)
        number = draws_asked(draws, quick=quick)

        def larger(size: int) -> Design:
            return (
                _comparison(loaded, size, 0, seed)
                if number == 0
                else _comparison(loaded, replications, size, seed)
            )

        plan = _comparison(loaded, replications, number, seed)
        grows = until(until_precision, at_most, plan, out, larger)
        check_out(out, partial(files_of_report, plan))
        _print_notes(loaded)
        carry_out("compare", plan, workers, out, grows=grows, encoding=encoding, as_json=as_json)


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that compare or experiment wrote.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Compare all with this scenario, into DIR/against-NAME; nothing is run.",
            show_default=False,
        ),
    ] = None,
    versus: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD",
            help="List what this older folder of the same question gives differently, into "
            "DIR/versus.csv.",
            show_default=False,
        ),
    ] = None,
    excel: Excel = False,
) -> None:
    """Write the report and the brief of a results folder again."""
    with guarded(folder):
        study = finished_study(folder)
        encoding = encoding_of(excel, folder)
        if versus is not None:
            if against is not None:
                refuse("--versus and --against: give one of the two")
            print_versus(study, folder, versus, encoding)
            return
        from sim.report import write

        if against is not None:
            study, folder = compared_with(study, against, folder)
        page = write(study, folder, encoding=encoding)
        print(page)
        print_brief(study, page)


def warm() -> None:
    """Compile the model ahead of its first run on this machine."""
    with guarded():
        import time

        from sim.cli.progress import compile_ahead
        from sim.model.kernels.folders import folders, kept_whole

        before, start = kept_whole(), time.monotonic()
        compile_ahead()
        place = kept_whole()
        if place is None:
            tried = " or ".join(str(folder.parent) for folder in folders())
            print(
                printable(
                    f"compiled code cannot be kept in {tried}, and is made again by each process; "
                    f"NUMBA_CACHE_DIR names another folder"
                ),
                file=sys.stderr,
            )
            raise typer.Exit(FAILED)
        took = "" if before else f", compiled in {time.monotonic() - start:.0f} s"
        print(printable(f"{'nothing to do: ' if before else ''}compiled code is in {place}{took}"))


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


def _comparison(
    loaded: list[tuple[Scenario, Layer]], replications: int | None, draws: int | None, seed: int
) -> Design:
    """Return the design that compares scenarios with the first one, each read with its layers."""
    reference, *rest = (scenario for scenario, _ in loaded)
    others = [scenario for scenario in rest if scenario != reference]
    if not others:
        refuse(f"nothing to compare: only the reference {reference.name!r} was given")
    from sim.sweep.design import DRAWS
    from sim.sweep.uncertainties import comparison

    number = DRAWS if draws is None else draws
    return comparison([reference, *others], replications, number, seed, also_without_assumed=True)
