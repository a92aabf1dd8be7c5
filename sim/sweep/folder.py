"""A results folder: the store with files, a manifest and one writer at a time.

A folder belongs to one plan, and a plan may grow: more replications, draws or cases. What is finished stays as it is.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.sweep.design import Design
from sim.sweep.manifest import designs_file, digest, environment, made_by, plan_table, read_design
from sim.sweep.parts import COUNTRIES, FORMAT, SERIES, DamagedPartError, Failure, Part, StoreError, hash_of, write_whole
from sim.sweep.store import Store

MOST_SHOWN = 12


class Folder(Store):
    """Finished parts in a folder.

    Parameters
    ----------
    root : Path
        The folder, which need not exist.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        super().__init__()
        self.root = Path(root).absolute()
        self.folder = self.root

    @classmethod
    def open(cls, root: str | os.PathLike[str]) -> tuple[Folder, Design]:
        """Return the results in a folder, every part checked, and their design.

        Raises
        ------
        StoreError
            If the folder holds no results, or damaged ones.
        """
        store = cls(root)
        if not store._manifest_file.is_file():
            raise StoreError(f"{root} holds no results: there is no manifest.json")
        manifest = store._manifest()
        design = store._read_design(manifest)
        damaged = {path.relative_to(store.root).as_posix(): words for path, words in store._enter_all(design)}
        missing = [name for name in manifest["parts"] if name not in store.parts]
        damaged |= {
            f"{SERIES}/{name}.parquet": "missing" for name in missing if f"{SERIES}/{name}.parquet" not in damaged
        }
        if damaged:
            listed = "; ".join(f"{name} is {words}" for name, words in sorted(damaged.items())[:MOST_SHOWN])
            more = f"; and {len(damaged) - MOST_SHOWN} more" if len(damaged) > MOST_SHOWN else ""
            raise DamagedPartError(f"{root}: {listed}{more}. The same sweep into this folder replaces what is damaged")
        store.lost = [Failure(**failure) for failure in manifest["lost"]]
        return store, design

    @classmethod
    def plan(cls, root: str | os.PathLike[str]) -> Design:
        """Return the design of a results folder, whatever state its parts are in.

        Raises
        ------
        StoreError
            If the folder holds no results, or its manifest or designs are damaged.
        """
        store = cls(root)
        if not store._manifest_file.is_file():
            raise StoreError(f"{root} holds no results: there is no manifest.json")
        return store._read_design(store._manifest())

    def look(self, design: Design) -> None:
        """Enter what the folder holds of a design, and write nothing.

        Raises
        ------
        StoreError
            If the folder belongs to something else.
        """
        if self._manifest_file.exists():
            self._compare(self._manifest(), design)
        self._enter_all(design)

    @contextmanager
    def writing(self, design: Design) -> Iterator[None]:
        """Hold the folder as its only writer; at the end, however it comes, note what is finished.

        Damaged parts are removed, so that their runs are done again.

        Raises
        ------
        StoreError
            If another sweep is writing to it, or it belongs to something else.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise StoreError(f"{self.root} is a file; results need a folder") from None
        with _only_writer(self.root):
            self._claim(design)
            self._remove_unfinished()
            for path, _ in self._enter_all(design):
                path.unlink(missing_ok=True)
                self.repaired.append(path.relative_to(self.root).as_posix())
            self._remove_orphans()
            designs = self._write_designs(design)
            self._write_manifest(design, designs)
            try:
                yield
            finally:
                self._remove_unfinished()
                self._write_manifest(design, designs)

    def fetch(self, kind: str, name: str) -> bytes:
        """Return the bytes of a part's file, unchecked."""
        try:
            return (self.root / kind / f"{name}.parquet").read_bytes()
        except FileNotFoundError:
            raise DamagedPartError(f"{kind}/{name}.parquet is missing") from None

    def enter(self, name: str) -> Part:
        """Enter a series part (see `Store.enter`), unless other code made it."""
        part = super().enter(name)
        if part.made_by != made_by():
            raise StoreError(f"{self.root}: {SERIES}/{name}.parquet {_other_code(part.made_by)}")
        return part

    # What is in the folder

    @property
    def _manifest_file(self) -> Path:
        return self.root / "manifest.json"

    @property
    def _designs_file(self) -> Path:
        return self.root / "designs.parquet"

    def _manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads(self._manifest_file.read_bytes())
            kind, written = manifest["format"], manifest.pop("sha256", None)
        except (ValueError, KeyError, TypeError, AttributeError):
            kind = written = None
        if isinstance(kind, int) and kind != FORMAT:
            raise StoreError(f"{self.root} holds results of format {kind}; this version reads format {FORMAT}")
        if kind is None or written != digest(manifest):
            raise DamagedPartError(
                f"{self._manifest_file} is damaged: delete it and give the same command again; "
                "finished parts are checked and kept"
            )
        return manifest

    def _enter_all(self, design: Design) -> list[tuple[Path, str]]:
        """Enter every sound part of the folder; return the other files and what is wrong with each.

        Raises
        ------
        StoreError
            If a part belongs to another design or was made by other code.
        """
        damaged = []
        for kind in (COUNTRIES, SERIES):
            for path in sorted((self.root / kind).glob("*.parquet")):
                try:
                    if kind == COUNTRIES:
                        self.checked(kind, path.stem)
                    else:
                        self._check_plan(self.enter(path.stem), design)
                except DamagedPartError as error:
                    own = path.name in str(error)
                    damaged.append((path, "damaged" if own else f"of no use: {error}"))
        self._check_replications(design)
        return damaged

    def _check_plan(self, part: Part, design: Design) -> None:
        """Refuse a part with runs that the design does not ask for."""
        held = [*part.runs, *((failure.point, failure.replication) for failure in part.failures)]
        if part.seed != design.seed or part.keep != design.keep.table():
            words = "its seed is another, or other outcomes, months or countries were kept"
            raise StoreError(
                f"{self.root}: {SERIES}/{part.name}.parquet belongs to other results ({words}); choose another folder"
            )
        if any(point not in design.owners for point, _ in held):
            words = (
                "a scenario or draw that is not asked for; more Sobol draws continue those before, "
                "a Latin hypercube of another size is another sample"
            )
            raise StoreError(
                f"{self.root}: {SERIES}/{part.name}.parquet belongs to other results ({words}); choose another folder"
            )

    def _check_replications(self, design: Design) -> None:
        """Refuse a design with fewer replications than the folder holds."""
        most = max((max(held) for held in self.finished.values() if held), default=-1) + 1
        if most > design.replications:
            raise StoreError(
                f"{self.root} holds {most} replications, and {design.replications} are asked for; "
                f"ask for at least {most}, or choose another folder"
            )

    def _remove_unfinished(self) -> None:
        """Remove what a stopped writer left half-written; only the one writer may."""
        for path in self.root.rglob(".*.tmp"):
            path.unlink(missing_ok=True)

    def _remove_orphans(self) -> None:
        """Remove country parts that no series part names: their writer was stopped between the two."""
        named = {part.countries for part in self.parts.values()}
        for path in (self.root / COUNTRIES).glob("*.parquet"):
            if path.stem not in named:
                path.unlink()

    # Whose it is

    def _claim(self, design: Design) -> None:
        """Take an empty folder for a design, or check that the folder is this design's."""
        if self._manifest_file.exists():
            self._compare(self._manifest(), design)
        else:
            other = foreign(self.root)
            if other:
                raise StoreError(f"{self.root} holds other files ({other}) and no results; choose an empty folder")
        for kind in (SERIES, COUNTRIES):
            (self.root / kind).mkdir(exist_ok=True)

    def _compare(self, manifest: Mapping[str, Any], design: Design) -> None:
        """Refuse a design that the folder's results cannot be part of."""
        if manifest["made_by"] != made_by():
            raise StoreError(f"{self.root} {_other_code(manifest['made_by'])}")
        there, here = manifest["plan"], plan_table(design)
        for key in ("seed", "keep"):
            if there[key] != here[key]:
                differ = f"{_shown(there[key])} there, {_shown(here[key])} here"
                raise StoreError(f"{self.root} holds results with other {key} ({differ}); choose another folder")
        ours = {(case["name"], case["variant"]): case["id"] for case in here["cases"]}
        for case in there["cases"]:
            name = case["name"], case["variant"]
            if ours.get(name) != case["id"]:
                what = "with another content" if name in ours else "which is not asked for"
                raise StoreError(f"{self.root} holds results of {case['name']!r}, {what}; choose another folder")

    def _write_designs(self, design: Design) -> str:
        """Write the design points and return the hash of the file."""
        points = designs_file(design)
        if not self._designs_file.exists() or self._designs_file.read_bytes() != points:
            write_whole(self._designs_file, points)
        return hash_of(points)

    def _write_manifest(self, design: Design, designs: str) -> None:
        made = [environment()]
        if self._manifest_file.exists():
            made = self._manifest()["environments"]
            made += [environment()] if environment() not in made else []
        manifest = {
            "format": FORMAT,
            "made_by": made_by(),
            "environments": made,
            "plan": plan_table(design),
            "designs": designs,
            "runs": design.runs,
            "finished": sum(len(part.runs) for part in self.parts.values()),
            "failed": len(self.failures()),
            "parts": sorted(self.parts),
            "lost": [asdict(failure) for failure in self.lost],
        }
        data = (json.dumps({**manifest, "sha256": digest(manifest)}, indent=1) + "\n").encode()
        if not self._manifest_file.exists() or self._manifest_file.read_bytes() != data:
            write_whole(self._manifest_file, data)

    def _read_design(self, manifest: Mapping[str, Any]) -> Design:
        try:
            data = self._designs_file.read_bytes()
        except FileNotFoundError:
            data = b""
        if hash_of(data) != manifest["designs"]:
            words = "damaged" if data else "missing"
            raise DamagedPartError(f"{self._designs_file} is {words}: give the same command again")
        return read_design(manifest["plan"], data)


def foreign(root: Path) -> str:
    """Return the name of a file in a folder that holds files and no results, or ""."""
    held = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    return "" if not held or "manifest.json" in held or SERIES in held else held[0]


@contextmanager
def _only_writer(root: Path) -> Iterator[None]:
    """Hold the lock on a folder; it is free again when the process ends, however it ends."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"another sweep is writing to {root}; wait for it or choose another folder") from None
        yield
    finally:
        os.close(handle)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _other_code(made: Mapping[str, str]) -> str:
    """Say which code made something, which this is, and what to do."""
    both = f"({_versions(made)}; this is {_versions(made_by())})"
    return f"was made by other code {both}: choose another folder, or use that version"


def _versions(made: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in made.items())
