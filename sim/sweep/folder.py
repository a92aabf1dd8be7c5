"""A results folder: the store with files, a manifest and one writer at a time.

A folder belongs to one plan, and a plan may grow: more replications, draws or cases. What is
finished stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.sweep.belonging import (
    MANIFEST,
    PART,
    check_code,
    check_free,
    check_manifest,
    check_months,
    check_plan,
    check_replications,
    found_manifest,
    manifest_of,
    own_files,
)
from sim.sweep.design import Design
from sim.sweep.files import (
    file_in,
    one_of_writers,
    only_writer,
    read_as_ours,
    remove,
    unfinished,
    write_changed,
    write_first,
)
from sim.sweep.manifest import (
    designs_file,
    digest,
    environment,
    made_by,
    plan_table,
    read_design,
)
from sim.sweep.parts import (
    COUNTRIES,
    FORMAT,
    SERIES,
    DamagedPartError,
    Failure,
    Part,
    StoreError,
    hash_of,
)
from sim.sweep.store import Store

DESIGNS = "designs.parquet"

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
        self._environments: list[dict[str, str]] = []

    @classmethod
    def open(cls, root: str | os.PathLike[str]) -> tuple[Folder, Design]:
        """Return the results in a folder, every part checked, and their design.

        Raises
        ------
        StoreError
            If the folder holds no results, or damaged ones.
        """
        store = cls(root)
        manifest = found_manifest(store.root)
        design = store._read_design(manifest)
        damaged = {
            path.relative_to(store.root).as_posix(): words
            for path, words in store._enter_all(design)
        }
        known = store.parts.keys() | store.merged.keys()
        missing = [name for name in manifest["parts"] if name not in known]
        damaged |= {
            f"{SERIES}/{name}.parquet": "missing"
            for name in missing
            if f"{SERIES}/{name}.parquet" not in damaged
        }
        if damaged:
            listed = "; ".join(
                f"{name} is {words}" for name, words in sorted(damaged.items())[:MOST_SHOWN]
            )
            more = f"; and {len(damaged) - MOST_SHOWN} more" if len(damaged) > MOST_SHOWN else ""
            raise DamagedPartError(
                f"{root}: {listed}{more}. The same sweep into this folder replaces what is damaged"
            )
        store.lost = [Failure(**failure) for failure in manifest["lost"]]
        store._environments = manifest["environments"]
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
        return store._read_design(found_manifest(store.root))

    def look(self, design: Design) -> None:
        """Enter what the folder holds of a design, and write nothing.

        Raises
        ------
        StoreError
            If the folder belongs to something else.
        """
        self._claim(design)
        self._enter_all(design)

    @contextmanager
    def writing(self, design: Design) -> Iterator[None]:
        """Hold the folder as its only writer; at the end, however it comes, note what is finished.

        Nothing is changed before it is known that the folder is free or this design's. The
        manifest, by which the folder is ours, is written before anything else, so that a sweep that
        is killed at once leaves a folder of ours. Damaged parts are then removed, so that their
        runs are done again; each removal is told on stderr.

        Raises
        ------
        StoreError
            If another sweep is writing to it, or it holds something else, or links.
        """
        self._make()
        with only_writer(self.root):
            if self._claim(design) is None:
                print(f"{MANIFEST} was damaged: written anew from the parts", file=sys.stderr)
            damaged = self._enter_all(design)
            self._was_here()
            points = designs_file(design)
            self._write_manifest(design, points)
            for path, words in damaged:
                remove(self.root, path, f"was {words}: removed, and its runs done again")
                self.repaired.append(path.relative_to(self.root).as_posix())
            self._tidy()
            self._write_designs(points)
            try:
                yield
            finally:
                self._remove_unfinished()
                self._write_manifest(design, points)

    @contextmanager
    def sharing(self, design: Design) -> Iterator[None]:
        """Hold the folder as one of several that do a share of a design each, at the same time.

        Parts are named by their bytes, so two jobs that make the same one do no harm. Nothing is
        removed, since it may be another's. The manifest is written by whoever is first, and checked
        by the others; it is written again only if it lacks something that all of them would write:
        what the plan has gained, or this kind of machine. The next sweep without shares tidies up.

        Raises
        ------
        StoreError
            As for `writing`.
        """
        self._make()
        with one_of_writers(self.root):
            manifest = self._claim(design)
            self._enter_all(design)
            self._was_here()
            points = designs_file(design)
            if manifest == {}:
                write_first(self.root / MANIFEST, self._manifest_file(design, points))
                manifest = self._claim(design)
                self._was_here()
            mine = (plan_table(design), hash_of(points), self._environments)
            if not manifest or mine != tuple(
                manifest[key] for key in ("plan", "designs", "environments")
            ):
                self.lost = [Failure(**failure) for failure in manifest["lost"]] if manifest else []
                self._write_manifest(design, points)
            self._write_designs(points)
            yield

    @classmethod
    @contextmanager
    def rearranging(cls, root: str | os.PathLike[str]) -> Iterator[tuple[Folder, Design]]:
        """Open a folder as its only writer, for one that changes which parts hold its runs.

        Raises
        ------
        StoreError
            As for `open`, or if a sweep is writing to it.
        """
        cls.plan(root)  # refuses what holds no results, before anything is locked
        with only_writer(Path(root).absolute()):
            store, design = cls.open(root)
            store._tidy()
            try:
                yield store, design
            finally:
                store._write_manifest(design, store._designs())

    def check_free(self) -> None:
        """Refuse a folder that is not ours and not empty (see `check_free`)."""
        check_free(self.root)

    def fetch(self, kind: str, name: str) -> bytes:
        """Return the bytes of a part's file, unchecked."""
        path = file_in(self.root, f"{kind}/{name}.parquet")
        if path is None:
            raise DamagedPartError(f"{kind}/{name}.parquet is missing")
        return path.read_bytes()

    def enter(self, name: str, belongs: Callable[[Part], None] | None = None) -> Part:
        """Enter a series part (see `Store.enter`), unless other code made it."""

        def ours(part: Part) -> None:
            check_code(f"{self.root}: {SERIES}/{name}.parquet", part.made_by)
            if belongs is not None:
                belongs(part)

        return super().enter(name, ours)

    # What is in the folder

    def _place(self, kind: str, name: str) -> str:
        return f"{self.root}: {super()._place(kind, name)}"

    def _enter_all(self, design: Design) -> list[tuple[Path, str]]:
        """Enter every sound part of the folder; return the other files and what is wrong with each.

        Raises
        ------
        StoreError
            If a part belongs to another design or was made by other code.
        """

        def belongs(part: Part) -> None:
            check_plan(self.root, part, design)
            check_months(self._place(SERIES, part.name), part, design)

        damaged = []
        for kind in (COUNTRIES, SERIES):
            for path in own_files(self.root, kind):
                try:
                    if kind == COUNTRIES:
                        self.checked(kind, path.stem)
                    elif path.stem not in self.merged:
                        self.enter(path.stem, belongs)
                except DamagedPartError as error:
                    own = path.name in str(error)
                    damaged.append((path, "damaged" if own else f"of no use: {error}"))
        check_replications(self.root, self.finished, design)
        return damaged

    def _remove_unfinished(self) -> None:
        """Remove what a stopped writer left half-written; only the one writer may."""
        left = unfinished(self.root, re.compile("|".join(map(re.escape, (MANIFEST, DESIGNS)))))
        left += [
            path for kind in (SERIES, COUNTRIES) for path in unfinished(self.root / kind, PART)
        ]
        for path in left:
            remove(self.root, path, "was left unfinished by a command that was stopped: removed")

    def _tidy(self) -> None:
        """Remove what stopped writers left; only the one writer may.

        That is: parts that were merged into another one, country parts that no series part names,
        whose writer was stopped between the two, and unfinished files.
        """
        for path in own_files(self.root, SERIES):
            if path.stem in self.merged:
                remove(self.root, path, f"was merged into {self.merged[path.stem]}: removed")
        named = {part.countries for part in self.parts.values()}
        for path in own_files(self.root, COUNTRIES):
            if path.stem not in named:
                remove(self.root, path, "is named by no series part: removed")
        self._remove_unfinished()

    # Whose it is

    def _make(self) -> None:
        """Make the folder itself."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise StoreError(f"{self.root} is a file; results need a folder") from None

    def _claim(self, design: Design) -> dict[str, Any] | None:
        """Refuse a folder of something else.

        Return its manifest, {} if there is none, or None if it is damaged and cannot tell.
        """
        check_free(self.root)
        file_in(self.root, DESIGNS)  # refuses a link
        try:
            manifest = manifest_of(self.root)
        except DamagedPartError:
            return None
        if manifest is not None:
            check_manifest(self.root, manifest, design)
            self._environments = manifest["environments"]
        return manifest or {}

    def _was_here(self) -> None:
        """Note that results are made on a machine of this kind."""
        if environment() not in self._environments:
            self._environments = [*self._environments, environment()]

    def _manifest_file(self, design: Design, points: bytes) -> bytes:
        """Return the manifest of what has been entered; `points` is designs.parquet."""
        manifest = {
            "format": FORMAT,
            "made_by": made_by(),
            "environments": self._environments,
            "plan": plan_table(design),
            "designs": hash_of(points),
            "runs": design.runs,
            "finished": sum(len(part.runs) for part in self.parts.values()),
            "failed": len(self.failures()),
            "parts": sorted(self.parts),
            "lost": [asdict(failure) for failure in self.lost],
        }
        return (json.dumps({**manifest, "sha256": digest(manifest)}, indent=1) + "\n").encode()

    def _write_manifest(self, design: Design, points: bytes) -> None:
        write_changed(self.root, MANIFEST, self._manifest_file(design, points))

    def _write_designs(self, points: bytes) -> None:
        """Write the design points, and make the places of parts."""
        for kind in (SERIES, COUNTRIES):
            (self.root / kind).mkdir(exist_ok=True)
        write_changed(self.root, DESIGNS, points)

    def _designs(self) -> bytes:
        """Return the bytes of designs.parquet, unchecked."""
        path = file_in(self.root, DESIGNS)
        return b"" if path is None else path.read_bytes()

    def _read_design(self, manifest: Mapping[str, Any]) -> Design:
        data = self._designs()
        if hash_of(data) != manifest["designs"]:
            words = "damaged" if data else "missing"
            raise DamagedPartError(f"{self.root / DESIGNS} is {words}: give the same command again")
        with read_as_ours(f"{self.root / MANIFEST} or {DESIGNS}"):
            return read_design(manifest["plan"], data)


class AnyVersion(Folder):
    """A finished folder that any version of the model made, to be read and compared with another.

    Whoever adds runs to a folder needs the code that made it; whoever reads it need not.
    """

    def enter(self, name: str, belongs: Callable[[Part], None] | None = None) -> Part:
        """Enter a series part, whichever code made it."""
        return Store.enter(self, name, belongs)
