"""The command that fits the parameters to the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.exits import guarded, refuse, running
from sim.cli.options import Executor, Seed, Workers

FILES = ("ensemble.csv", "central.csv", "calibration.json", "calibration.md")


def calibrate(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the runs and for what was found.")
    ],
    seed: Seed = 0,
    workers: Workers = None,
    executor: Executor = "pool",
    until: Annotated[
        Literal["2023-12", "2024-06", "2024-12"] | None,
        typer.Option(
            show_default=False,
            help="Fit targets whose window ended by then, 50 draws, without a page.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few candidates: a try of all steps, no fit.")
    ] = False,
) -> None:
    """Fit the parameters to the record: an ensemble of draws, and a page on how well it fits.

    The same command on the same folder goes on where it stopped. It leaves ensemble.csv (a row for
    each draw), central.csv (the draw in the middle), calibration.json and calibration.md; with
    --until the draws and what they were made from, calibration.json.
    """
    with guarded(out):
        _need_sklearn()
        from sim.calibration.calibrate import OF_ORIGIN, QUICK, Sizes, calibrate
        from sim.calibration.likelihood import Observed
        from sim.calibration.origins import observable
        from sim.calibration.page import page
        from sim.calibration.record import central_csv, ensemble_csv, origin_record, record
        from sim.sweep.written import check, write

        names = FILES[::2] if until else FILES
        check(out, names)
        targets = [Observed(target) for target in observable(until)]
        sizes = QUICK if quick else OF_ORIGIN if until else Sizes()
        with running("calibrate", out) as progress:
            fit = calibrate(
                sizes,
                seed=seed,
                targets=targets,
                out=out,
                workers=workers,
                executor=executor,
                progress=progress,
            )
        if until:
            found, others = origin_record(fit, until, seed), {}
        else:
            found = record(fit, sizes, seed)
            others = {"central.csv": central_csv(fit), "calibration.md": page(found)}
        texts = {
            "ensemble.csv": ensemble_csv(fit.ensemble),
            "calibration.json": json.dumps(found, indent=1) + "\n",
            **others,
        }
        for path in write(out, {name: texts[name].encode() for name in names}):
            print(path)


def _need_sklearn() -> None:
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        refuse(
            "calibrate needs scikit-learn, which does not come with openstakes by itself: "
            "pip install 'openstakes[calibrate]'"
        )
