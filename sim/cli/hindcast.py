"""The command that runs the ensemble from 2023 to 2026, and holds it against the record."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from sim.cli.exits import RUNS_FAILED, guarded, running
from sim.cli.options import Executor, Json, Out, Seed, Workers

FILES = ("hindcast.json", "hindcast.md", "hindcast.svg")


def hindcast(
    out: Out = None,
    seed: Seed = 0,
    workers: Workers = None,
    executor: Executor = "pool",
    as_json: Json = False,
) -> None:
    """Run the calibrated ensemble from 2023 to 2026 and hold it against the record.

    Prints what it gives after June 2025, beside what the record alone would say. Ensembles that
    were fitted to less of the record are scored by what they foretold of the rest. With --out it
    leaves hindcast.json, hindcast.md and hindcast.svg, and goes on where it stopped.
    """
    with guarded(out):
        from sim.calibration import hindcast as runs
        from sim.calibration import origins
        from sim.calibration.predictions import record
        from sim.cli.terminal import print_json
        from sim.sweep.written import check, write

        draws = runs.shipped_ensemble()
        if out:
            check(out, FILES)
        options: dict[str, Any] = {"workers": workers, "executor": executor}
        with running("hindcast", out) as progress:
            place = out / "runs" if out else None
            found = runs.hindcast(draws, seed, out=place, progress=progress, **options)
        skill = []
        for origin, ensemble in origins.stored_ensembles():
            with running(f"from {origin}", out) as progress:
                place = out / f"from-{origin}" if out else None
                values = origins.foretold_from(
                    origin, ensemble, seed, out=place, progress=progress, **options
                )
            skill += origins.scored(origin, values)
        content = record(found) | {"skill": origins.skill(skill)}
        if as_json:
            print_json(content)
        if out:
            from sim.report.hindcast import page, picture

            text = json.dumps(content, indent=1) + "\n"
            files = (text.encode(), page(content).encode(), picture(content))
            for path in write(out, dict(zip(FILES, files, strict=True))):
                print(path, file=sys.stderr if as_json else sys.stdout)
        elif not as_json:
            _print(content)
        if found.failed:
            print(f"{found.failed} of {len(found.draws)} runs failed", file=sys.stderr)
            raise typer.Exit(RUNS_FAILED)


def _print(content: dict[str, Any]) -> None:
    """Print the predictions of the last windows that are no country's."""
    from sim.cli.terminal import console, new_table, print_table
    from sim.report.hindcast import PREDICTED, prediction_rows

    table = new_table(PREDICTED, right=(3, 4, 5, 6), whole=(1, 3, 4, 5, 6))
    last = [one for one in content["predictions"] if one["last"] == content["last"]]
    for row in prediction_rows(content | {"predictions": last}):
        table.add_row(*row)
    print_table(console(), table)
    print("† follows from an input more than from the model; ‡ not blind to later figures")
