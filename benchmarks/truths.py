"""Find out whether the calibration finds the truth, of made-up records whose truth is known.

    python benchmarks/truths.py DIR [--truths 100] [--full 5] [--out results/truths]

DIR is what `openstakes calibrate --out DIR` left: emulators are trained on its runs, less those of
the truths. --full finds as many truths by the whole procedure too, which takes as long as so many
calibrations; the same command goes on where it stopped. What was found is written to
benchmarks/output/truths.json, of which `make docs` makes a section of the page on the
calibration.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from sim.calibration.calibrate import Sizes
from sim.calibration.coverage import Asked, coverage
from sim.calibration.record import digests
from sim.cli.exits import guarded, refuse, running
from sim.sweep.manifest import made_by

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "benchmarks" / "output" / "truths.json"


def finished_fit(folder: Path) -> dict[str, Any]:
    """Return the record of a fit of this version; anything else is refused."""
    path = folder / "calibration.json"
    if not path.is_file():
        refuse(f"{folder} holds no finished fit: openstakes calibrate --out {folder}")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if found["digests"] != digests():
        refuse(
            f"{path} is of other targets, ranges or blocks than this version has: fit anew in "
            "another folder, openstakes calibrate --out DIR"
        )
    return found


def rows(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What each set of truths shows, of quantities of a kind together."""
    sets = {
        f"{name}, {error} errors": found[name][error]["pooled"]
        for name in ("near", "far")
        for error in ("with", "without")
    }
    if found["full"]:
        sets["near, whole procedure"] = found["full"]["pooled"]
    for name, kinds in sets.items():
        for kind, one in kinds.items():
            if one:
                halves = (one[part] for part in ("inside50", "inside90"))
                cells = (f"{x['share']:.3f} [{x['low']:.3f}, {x['high']:.3f}]" for x in halves)
                yield name, kind, *cells, f"{one['u']:.3f}", one["ranks"]


def main() -> None:
    """Measure, store and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fit", type=Path, metavar="DIR")
    parser.add_argument("--truths", type=int, default=100)
    parser.add_argument("--full", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "truths")
    parser.add_argument("--workers", type=int, default=None)
    options = parser.parse_args()
    if options.truths < 2 or not 0 <= options.full <= options.truths:
        parser.error("--truths has to be at least 2, and --full from 0 to as many")
    try:
        with guarded(options.out):
            fit = finished_fit(options.fit)
            sizes = Sizes(**fit["sizes"] | {"waves": tuple(fit["sizes"]["waves"])})
            with running("coverage", options.out) as progress:
                found = coverage(
                    Asked(
                        sizes,
                        fit["seed"],
                        options.fit,
                        options.out,
                        options.truths,
                        options.full,
                        options.workers,
                        progress,
                    )
                )
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except ValueError as error:
        parser.error(str(error))
    head = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "made_by": made_by(),
        "fit": {name: fit[name] for name in ("made_by", "seed", "sizes", "digests", "ensemble")},
    }
    # Four digits are more than the truths can tell.
    short = json.loads(json.dumps(head | found), parse_float=lambda text: round(float(text), 4))
    OUTPUT.write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")
    shown = Table("truths", "quantities", "inside 50 %", "inside 90 %", "U", "ranks")
    for row in rows(found):
        shown.add_row(*row)
    console = Console(width=120)
    console.print(shown)
    console.print(f"least factor on the model's own error: {found['factor']}")


if __name__ == "__main__":
    main()
