"""Whose a results folder is, and whether what it holds belongs to a design; else it is refused."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sim.messages import printable
from sim.months import month_name
from sim.sweep.design import Design
from sim.sweep.files import file_in, folder_in, read_as_ours
from sim.sweep.manifest import is_ours, made_by, plan_table, read_manifest
from sim.sweep.parts import COUNTRIES, SERIES, DamagedPartError, Part, StoreError
from sim.sweep.runs import RunId

MANIFEST = "manifest.json"
PART = re.compile(r"[0-9a-f]{64}\.parquet")
FIRST_FILE = re.compile(r"\.manifest\.json\.[0-9a-f]{8}\.tmp")
"""What a writer that was killed over the manifest leaves in a folder that was empty."""


def check_free(root: Path) -> None:
    """Refuse a folder that is not ours and not empty.

    Ours is a folder with our own manifest.json, sound or damaged. A writer that was killed over its
    first file leaves nothing but that file, hidden and unfinished; it does not count.

    Raises
    ------
    StoreError
        If it holds anything else; hidden files count.
    """
    # Listed first: another job may be making the folder, and writes its manifest before the rest.
    listed = sorted(
        (path.name for path in root.iterdir()) if root.is_dir() else (),
        key=lambda name: (name.startswith("."), name),
    )
    try:
        manifest = manifest_of(root)
    except DamagedPartError:
        return
    others = [name for name in listed if not FIRST_FILE.fullmatch(name)]
    if manifest is None and others:
        hidden = "; hidden files count" if others[0].startswith(".") else ""
        raise StoreError(
            f"{root} holds other files ({printable(others[0])}{hidden}) and no results; choose an "
            f"empty or new folder{_rescue(root)}"
        )


def found_manifest(root: Path) -> dict[str, Any]:
    """Return the manifest of a folder that must have one. Errors as for `manifest_of`."""
    manifest = manifest_of(root)
    if manifest is None:
        raise StoreError(f"{root} holds no results: there is no {MANIFEST}{_rescue(root)}")
    return manifest


def manifest_of(root: Path) -> dict[str, Any] | None:
    """Return what a folder's manifest says, None if there is none.

    Raises
    ------
    DamagedPartError
        If it is ours, but other bytes than were written. Writing replaces it: the parts say whose
        they are.
    StoreError
        If it is not ours, or of another format or form.
    """
    path = file_in(root, MANIFEST)
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
    if not is_ours(data):
        raise StoreError(
            f"{root} holds no results: its {MANIFEST} is none of openstakes, or damaged beyond "
            f"recognition; choose an empty or new folder{_rescue(root)}"
        )
    return read_manifest(path, data)


def _rescue(root: Path) -> str:
    """Say how to save the parts of a folder that is not ours any more, if there are any."""
    if not own_files(root, SERIES):
        return ""
    return (
        f". If its {SERIES}/ is of openstakes: give the command that made it with a new folder, "
        f"stop it, copy {SERIES}/ and {COUNTRIES}/ there, and give it again; sound parts are kept"
    )


def own_files(root: Path, kind: str) -> list[Path]:
    """Return the files of our own form in one of the two places of parts.

    Others are a user's and let be.
    """
    folder = folder_in(root, kind)
    names = [] if folder is None else sorted(os.listdir(folder))
    found = [file_in(root, f"{kind}/{name}") for name in names if PART.fullmatch(name)]
    return [path for path in found if path is not None]


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
    held = [*part.runs, *(failure.run for failure in part.failures)]
    if part.seed != design.seed or part.keep != design.keep.table():
        words = "its seed is another, or other outcomes, months or countries were kept"
        raise StoreError(
            f"{root}: {SERIES}/{part.name}.parquet belongs to other results ({words}); "
            f"choose another folder"
        )
    if any(run[:2] not in design.owners for run in held):
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
        case = design.cases[design.owners[part.runs[0][:2]]]
        months = [month_name(i) for i in range(case.scenario.months)]
        with read_as_ours(place):
            if list(part.months) != [months[i] for i in design.keep.chosen(months)]:
                raise ValueError(f"{len(part.months)} months that are not those of {case.name}")


def check_replications(root: Path, finished: Collection[RunId], design: Design) -> None:
    """Refuse a design with fewer replications than the folder holds."""
    most = max((run.replication for run in finished), default=-1) + 1
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
