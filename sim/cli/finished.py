"""More ways to ask a finished folder: another reference, or an older version of the model."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.exits import refuse

if TYPE_CHECKING:
    from sim.analysis.study import Study

VERSUS = "versus.csv"


def compared_with(study: Study, name: str, folder: Path) -> tuple[Study, Path]:
    """Return a study in which all are compared with one scenario, and the folder of its report."""
    try:
        found = study.compared_with(name)
    except KeyError as error:
        refuse(f"--against {name}: {error.args[0]}")
    from sim.sweep.files import folder_in

    place = f"against-{folder_name(found)}"
    folder_in(folder, place)  # refuses a link
    return found, folder / place


def folder_name(study: Study) -> str:
    """Return a name for a folder that says which case is the reference.

    That of a case with levers ends in the id of its world, since not every value of a lever can
    stand in a name.
    """
    case = study.case(study.against)
    if not case.levers:
        return case.name
    plain = re.sub(r"[^a-z0-9.=_-]+", "_", case.name)
    return f"{plain[:80]}-{case.scenario.id[:8]}"


def print_versus(study: Study, folder: Path, old: Path, encoding: str) -> None:
    """Print what an older folder gives differently, and write it into the newer one."""
    from sim.analysis.frames import csv_bytes
    from sim.analysis.versus import opened, versus
    from sim.cli import results
    from sim.sweep.written import check, write

    check(folder, [VERSUS])
    before = opened(old)
    found = versus(study, before)
    write(folder, {VERSUS: csv_bytes(found, encoding)})
    results.print_versus(found, folder, old)
    print(f"table: {folder / VERSUS}", file=sys.stderr)
