"""A results folder: the store with files, a manifest and one writer at a time.

A folder belongs to one plan, and a plan may grow: more replications, draws or cases. What is
finished stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.messages import printable
from sim.sweep.belonging import (
    check_code,
    check_manifest,
    check_months,
    check_plan,
    check_replications,
)
from sim.sweep.design import Design
from sim.sweep.files import (
    file_in,
    folder_in,
    only_writer,
    read_as_ours,
    remove,
    unfinished,
    write_changed,
)
from sim.sweep.forms import ManifestForm
from sim.sweep.manifest import (
    designs_file,
    digest,
    environment,
    is_ours,
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

MANIFEST, DESIGNS = "manifest.json", "designs.parquet"
PART = re.compile(r"[0-9a-f]{64}\.parquet")

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
        manifest = store._found()
        design = store._read_design(manifest)
        damaged = {
            path.relative_to(store.root).as_posix(): words
            for path, words in store._enter_all(design)
        }
        missing = [name for name in manifest["parts"] if name not in store.parts]
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
        return store._read_design(store._found())

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
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise StoreError(f"{self.root} is a file; results need a folder") from None
        with only_writer(self.root):
            if not self._claim(design):
                print(f"{MANIFEST} was damaged: written anew from the parts", file=sys.stderr)
            damaged = self._enter_all(design)
            points = designs_file(design)
            self._write_manifest(design, points)
            for path, words in damaged:
                remove(self.root, path, f"was {words}: removed, and its runs done again")
                self.repaired.append(path.relative_to(self.root).as_posix())
            self._remove_orphans()
            self._remove_unfinished()
            for kind in (SERIES, COUNTRIES):
                (self.root / kind).mkdir(exist_ok=True)
            write_changed(self.root, DESIGNS, points)
            try:
                yield
            finally:
                self._remove_unfinished()
                self._write_manifest(design, points)

    def check_free(self) -> None:
        """Refuse a folder that is not ours and not empty.

        Ours is a folder with our own manifest.json, sound or damaged. A writer that was killed over
        its first file leaves nothing but that file, hidden and unfinished; it does not count.

        Raises
        ------
        StoreError
            If it holds anything else; hidden files count.
        """
        if file_in(self.root, MANIFEST) is not None:
            try:
                self._manifest()
            except DamagedPartError:
                return
        elif self.root.is_dir():
            left = {path.name for path in unfinished(self.root, re.compile(re.escape(MANIFEST)))}
            others = sorted(
                (path.name for path in self.root.iterdir()),
                key=lambda name: (name.startswith("."), name),
            )
            others = [name for name in others if name not in left]
            if others:
                hidden = "; hidden files count" if others[0].startswith(".") else ""
                raise StoreError(
                    f"{self.root} holds other files ({printable(others[0])}{hidden}) and no "
                    f"results; choose an empty or new folder{self._rescue()}"
                )

    def fetch(self, kind: str, name: str) -> bytes:
        """Return the bytes of a part's file, unchecked."""
        path = file_in(self.root, f"{kind}/{name}.parquet")
        if path is None:
            raise DamagedPartError(f"{kind}/{name}.parquet is missing")
        return path.read_bytes()

    def enter(self, name: str) -> Part:
        """Enter a series part (see `Store.enter`), unless other code made it."""
        part = super().enter(name)
        check_code(f"{self.root}: {SERIES}/{name}.parquet", part.made_by)
        return part

    # What is in the folder

    def _place(self, kind: str, name: str) -> str:
        return f"{self.root}: {super()._place(kind, name)}"

    def _found(self) -> dict[str, Any]:
        """Return the manifest of a folder that must have one."""
        manifest = self._manifest()
        if manifest is None:
            raise StoreError(
                f"{self.root} holds no results: there is no {MANIFEST}{self._rescue()}"
            )
        return manifest

    def _manifest(self) -> dict[str, Any] | None:
        """Return what the manifest says, None if there is none.

        Raises
        ------
        DamagedPartError
            If it is ours, but other bytes than were written. Writing replaces it: the parts say
            whose they are.
        StoreError
            If it is not ours, or of another format or form.
        """
        path = file_in(self.root, MANIFEST)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
        if not is_ours(data):
            raise StoreError(
                f"{self.root} holds no results: its {MANIFEST} is none of openstakes, or damaged "
                f"beyond recognition; choose an empty or new folder{self._rescue()}"
            )
        try:
            manifest: dict[str, Any] = json.loads(data)
            written = manifest.pop("sha256", None)
        except (ValueError, RecursionError):
            manifest, written = {}, None
        form = manifest.get("format", FORMAT)
        if isinstance(form, int) and form != FORMAT:
            raise StoreError(
                f"{self.root} holds results of format {form}; this version reads format {FORMAT}"
            )
        if written != digest(manifest):
            raise DamagedPartError(
                f"{path} is damaged: give the command that made these results again; "
                f"it writes {MANIFEST} anew, and finished parts are checked and kept"
            )
        with read_as_ours(str(path)):
            ManifestForm.model_validate(manifest)
        return manifest

    def _rescue(self) -> str:
        """Say how to save the parts of a folder that is not ours any more, if there are any."""
        if not self._own_files(SERIES):
            return ""
        return (
            f". If its {SERIES}/ is of openstakes: give the command that made it with a new "
            f"folder, stop it, copy {SERIES}/ and {COUNTRIES}/ there, and give it again; sound "
            "parts are kept"
        )

    def _own_files(self, kind: str) -> list[Path]:
        """Return the files of our own form in one of the two places of parts.

        Others are a user's and let be.
        """
        folder = folder_in(self.root, kind)
        names = [] if folder is None else sorted(os.listdir(folder))
        found = [file_in(self.root, f"{kind}/{name}") for name in names if PART.fullmatch(name)]
        return [path for path in found if path is not None]

    def _enter_all(self, design: Design) -> list[tuple[Path, str]]:
        """Enter every sound part of the folder; return the other files and what is wrong with each.

        Raises
        ------
        StoreError
            If a part belongs to another design or was made by other code.
        """
        damaged = []
        for kind in (COUNTRIES, SERIES):
            for path in self._own_files(kind):
                try:
                    if kind == COUNTRIES:
                        self.checked(kind, path.stem)
                    else:
                        part = self.enter(path.stem)
                        check_plan(self.root, part, design)
                        check_months(self._place(SERIES, part.name), part, design)
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

    def _remove_orphans(self) -> None:
        """Remove country parts that no series part names.

        Their writer was stopped between the two.
        """
        named = {part.countries for part in self.parts.values()}
        for path in self._own_files(COUNTRIES):
            if path.stem not in named:
                remove(self.root, path, "is named by no series part: removed")

    # Whose it is

    def _claim(self, design: Design) -> bool:
        """Refuse a folder of something else.

        Return False if its manifest, which would tell, is damaged.
        """
        self.check_free()
        file_in(self.root, DESIGNS)  # refuses a link
        try:
            manifest = self._manifest()
        except DamagedPartError:
            return False
        if manifest is not None:
            check_manifest(self.root, manifest, design)
            self._environments = manifest["environments"]
        return True

    def _write_manifest(self, design: Design, points: bytes) -> None:
        if environment() not in self._environments:
            self._environments = [*self._environments, environment()]
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
        write_changed(
            self.root,
            MANIFEST,
            (json.dumps({**manifest, "sha256": digest(manifest)}, indent=1) + "\n").encode(),
        )

    def _read_design(self, manifest: Mapping[str, Any]) -> Design:
        path = file_in(self.root, DESIGNS)
        data = b"" if path is None else path.read_bytes()
        if hash_of(data) != manifest["designs"]:
            words = "damaged" if data else "missing"
            raise DamagedPartError(f"{self.root / DESIGNS} is {words}: give the same command again")
        with read_as_ours(f"{self.root / MANIFEST} or {DESIGNS}"):
            return read_design(manifest["plan"], data)
