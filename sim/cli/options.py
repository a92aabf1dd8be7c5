"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.messages import LARGEST_SEED

MOST_REPLICATIONS = 99_999
MOST_DRAWS = 100_000
MOST_WORKERS = 1024

Settings = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change a value, such as policy.NAME.strength=0.5."
    ),
]
Overrides = Annotated[
    list[str],
    typer.Option(
        "--override", metavar="FILE", help="Change the values that a file, or a shipped name, sets."
    ),
]
Replications = Annotated[
    int, typer.Option(min=1, max=MOST_REPLICATIONS, help="Runs of each scenario.")
]
ComparedReplications = Annotated[
    int | None,
    typer.Option(
        "--replications",
        min=1,
        max=MOST_REPLICATIONS,
        show_default="1, with --draws 0 32",
        help="Runs of each scenario, under each draw.",
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=MOST_DRAWS,
        show_default="32",
        help="Sets of parameter values from the calibrated ensemble; 0: the central values alone.",
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="A first look: --draws 4, each run once.")]
ExperimentDraws = Annotated[
    int | None,
    typer.Option(
        "--draws",
        min=1,
        max=MOST_DRAWS,
        show_default="the experiment's",
        help="Sets of values of uncertain numbers; for an experiment that has none, from the "
        "calibrated ensemble, each run once.",
    ),
]
UntilPrecision = Annotated[
    list[str],
    typer.Option(
        "--until-precision",
        metavar="OUTCOME=NUMBER",
        help="Double the draws (without draws, the replications) until the median change of every "
        "scenario is known to ± so many points or percent.",
    ),
]
AtMost = Annotated[
    int | None,
    typer.Option(
        min=1, max=MOST_DRAWS, show_default="128", help="Where --until-precision stops growing."
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Root seed.")]
ExperimentReplications = Annotated[
    int | None,
    typer.Option(
        "--replications",
        min=1,
        max=MOST_REPLICATIONS,
        show_default="the experiment's",
        help="Runs of each world, under each draw.",
    ),
]
ExperimentSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", min=0, max=LARGEST_SEED, show_default="the experiment's", help="Root seed."
    ),
]


def _known_executor(name: str) -> str:
    """Refuse an executor that does not exist, as other options are refused."""
    from sim.sweep.executors import executor_factory

    try:
        executor_factory(name, 1)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return name


Executor = Annotated[
    str,
    typer.Option(
        metavar="NAME", callback=_known_executor, help="pool, dask or dask:tcp://HOST:PORT."
    ),
]


def _known_share(text: str | None) -> str | None:
    """Refuse what is no share, as other options are refused."""
    from sim.sweep.share import Share

    try:
        return None if text is None else str(Share.of_text(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


ShareOf = Annotated[
    str | None,
    typer.Option(
        "--share",
        metavar="I/N",
        callback=_known_share,
        help="Do the I-th of N shares only; independent jobs with other I fill the same folder.",
    ),
]
OnError = Annotated[
    Literal["record", "stop"],
    typer.Option(help="What a run that fails does: it is recorded, or stops the sweep."),
]
Again = Annotated[
    Literal["failed"] | None,
    typer.Option(help="Also do runs again that are recorded as failed.", show_default=False),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Time a few runs, print size, time and memory; write nothing."),
]
Alone = Annotated[
    str | None,
    typer.Option(
        metavar="POINT:DRAW:REPLICATION", help="Do this one run here and show what it raises."
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Also write the results as CSV, in DIR/csv.")]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_WORKERS,
        show_default="cores available",
        help="Worker processes; no effect on results.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder for results and report; the same results there are used again."
    ),
]
Excel = Annotated[
    bool, typer.Option("--excel", help="Write CSV with the mark (BOM) by which Excel knows UTF-8.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Profile = Annotated[
    bool,
    typer.Option("--profile", help="Make the first run once more and print its time by phase."),
]
