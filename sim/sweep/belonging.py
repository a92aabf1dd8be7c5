"""Whether what a results folder holds belongs to a design; what does not is refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sim.months import month_name
from sim.sweep.design import Design
from sim.sweep.files import read_as_ours
from sim.sweep.manifest import made_by, plan_table
from sim.sweep.parts import SERIES, Part, StoreError


def check_manifest(root: Path, manifest: Mapping[str, Any], design: Design) -> None:
    """Refuse a design that the folder's results cannot be part of."""
    check_code(str(root), manifest["made_by"])
    there, here = manifest["plan"], plan_table(design)
    for key in ("seed", "keep"):
        if there[key] != here[key]:
            differ = f"{_shown(there[key])} there, {_shown(here[key])} here"
            raise StoreError(
                f"{root} holds results with other {key} ({differ}); choose another folder"
            )
    ours = {(case["name"], case["variant"]): case["id"] for case in here["cases"]}
    for case in there["cases"]:
        name = case["name"], case["variant"]
        if ours.get(name) != case["id"]:
            what = "with another content" if name in ours else "which is not asked for"
            raise StoreError(
                f"{root} holds results of {case['name']!r}, {what}; choose another folder"
            )


def check_plan(root: Path, part: Part, design: Design) -> None:
    """Refuse a part with runs that the design does not ask for."""
    held = [*part.runs, *((failure.point, failure.replication) for failure in part.failures)]
    if part.seed != design.seed or part.keep != design.keep.table():
        words = "its seed is another, or other outcomes, months or countries were kept"
        raise StoreError(
            f"{root}: {SERIES}/{part.name}.parquet belongs to other results ({words}); "
            f"choose another folder"
        )
    if any(point not in design.owners for point, _ in held):
        words = (
            "a scenario or draw that is not asked for; more Sobol draws continue those before, "
            "a Latin hypercube of another size is another sample"
        )
        raise StoreError(
            f"{root}: {SERIES}/{part.name}.parquet belongs to other results ({words}); "
            f"choose another folder"
        )


def check_months(place: str, part: Part, design: Design) -> None:
    """Refuse a part with other months than the design keeps."""
    if part.runs:
        case = design.cases[design.owners[part.runs[0][0]][0]]
        months = [month_name(i) for i in range(case.scenario.months)]
        with read_as_ours(place):
            if list(part.months) != [months[i] for i in design.keep.chosen(months)]:
                raise ValueError(f"{len(part.months)} months that are not those of {case.name}")


def check_replications(root: Path, finished: Mapping[str, Collection[int]], design: Design) -> None:
    """Refuse a design with fewer replications than the folder holds."""
    most = max((max(held) for held in finished.values() if held), default=-1) + 1
    if most > design.replications:
        raise StoreError(
            f"{root} holds {most} replications, and {design.replications} are asked for; "
            f"ask for at least {most}, or choose another folder"
        )


def check_code(what: str, made: Mapping[str, str]) -> None:
    """Refuse what other code made: say which, which this is, and what to do."""
    if made != made_by():
        both = f"({_versions(made)}; this is {_versions(made_by())})"
        raise StoreError(
            f"{what} was made by other code {both}: choose another folder, or use that version"
        )


def _versions(made: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in made.items())


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
