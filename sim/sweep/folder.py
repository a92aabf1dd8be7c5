"""A results folder: the store with files, a manifest and one writer at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.sweep.design import Design, DesignPoint
from sim.sweep.store import FORMAT, DamagedPartError, Failure, Store, StoreError, encode, hash_of, write_whole

LIBRARIES = ("mesa", "numba", "numpy")
"""What a run's numbers may depend on besides the code."""

NOT_MODEL = (
    "analysis/",
    "cli.py",
    "experiment.py",
    "interrupt.py",
    "library/",
    "listing.py",
    "__main__.py",
    "progress.py",
    "report/",
    "rubric.py",
    "sweep/frames.py",
    "sweep/study.py",
    "terminal.py",
)
"""Parts of the package that only read results."""


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
        self.folder = self.root / "parts"

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
        store._enter_all(design)
        missing = [key for key in manifest["parts"] if key not in store.parts]
        if missing:
            raise DamagedPartError(
                f"{root}: the parts of {len(missing)} finished chunks are missing, first {missing[0]}"
            )
        store.lost = [Failure(**failure) for failure in manifest["lost"]]
        return store, design

    def fetch(self, name: str) -> bytes:
        """Return the bytes of a part's file, unchecked."""
        assert self.folder is not None
        try:
            return (self.folder / f"{name}.parquet").read_bytes()
        except FileNotFoundError:
            raise DamagedPartError(f"part {name} is missing") from None

    @contextmanager
    def writing(self, design: Design) -> Iterator[None]:
        """Hold the folder as its only writer; at the end, however it comes, note what is finished.

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
            self._enter_all(design)
            try:
                yield
            finally:
                self._remove_unfinished()
                self._write_manifest(design)

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
            kind = manifest["format"]
        except (ValueError, KeyError, TypeError):
            raise StoreError(f"{self._manifest_file} is damaged") from None
        if kind != FORMAT:
            raise StoreError(f"{self.root} holds results of format {kind}; this version reads format {FORMAT}")
        return manifest

    def _enter_all(self, design: Design) -> None:
        """Enter every part of the folder.

        Raises
        ------
        DamagedPartError
            Naming every damaged part.
        """
        assert self.folder is not None
        problems = []
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                self.enter(path.stem)
            except DamagedPartError as error:
                problems.append(str(error))
        if problems:
            raise DamagedPartError(f"{self.root}: " + "; ".join(dict.fromkeys(problems)))
        expected = {chunk.key for chunk in design.chunks()}
        for part in self.parts.values():
            if part.key not in expected or part.seed != design.seed:
                raise StoreError(f"{self.root}: part {part.name} belongs to other results")

    def _remove_unfinished(self) -> None:
        """Remove what a stopped writer left half-written; only the one writer may."""
        for path in self.root.rglob(".*.tmp"):
            path.unlink(missing_ok=True)

    # Whose it is

    def _claim(self, design: Design) -> None:
        """Take an empty folder for a design, or check that the folder is this design's."""
        if self._manifest_file.exists():
            self._compare(self._manifest(), design)
        else:
            others = sorted(path.name for path in self.root.iterdir() if not path.name.startswith("."))
            if others:
                raise StoreError(f"{self.root} holds other files ({others[0]}) and no results; choose an empty folder")
            self._write_manifest(design)
        if not self._designs_file.exists():
            write_whole(self._designs_file, _designs(design))
        assert self.folder is not None
        self.folder.mkdir(exist_ok=True)

    def _compare(self, manifest: dict[str, Any], design: Design) -> None:
        there = {**manifest["design"], **manifest["made_by"]}
        here = {**identity(design), **made_by()}
        differ = [f"{key} {there.get(key)} there, {here[key]} here" for key in here if there.get(key) != here[key]]
        if differ:
            raise StoreError(
                f"{self.root} holds results of something else ({'; '.join(differ)}); choose another folder or delete it"
            )

    def _write_manifest(self, design: Design) -> None:
        manifest = {
            "format": FORMAT,
            "design": identity(design),
            "made_by": made_by(),
            "designs": hash_of(_designs(design)),
            "runs": design.runs,
            "finished": sum(len(part.replications) for part in self.parts.values()),
            "failed": len(self.failures()),
            "parts": {key: self.parts[key].name for key in sorted(self.parts)},
            "lost": [asdict(failure) for failure in self.lost],
        }
        data = (json.dumps(manifest, indent=1) + "\n").encode()
        if not self._manifest_file.exists() or self._manifest_file.read_bytes() != data:
            write_whole(self._manifest_file, data)

    def _read_design(self, manifest: dict[str, Any]) -> Design:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from sim.scenario import Scenario

        try:
            data = self._designs_file.read_bytes()
        except FileNotFoundError:
            raise DamagedPartError(f"{self._designs_file} is missing") from None
        if hash_of(data) != manifest["designs"]:
            raise DamagedPartError(f"{self._designs_file} is damaged: its bytes are not the ones written")
        rows = pq.read_table(pa.BufferReader(data)).to_pylist()
        points = tuple(DesignPoint(Scenario.model_validate(json.loads(row["content"])), row["variant"]) for row in rows)
        return Design(points, manifest["design"]["replications"], manifest["design"]["seed"])


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


def _designs(design: Design) -> bytes:
    """Return the scenarios of a design as the bytes of a Parquet file."""
    import pyarrow as pa

    rows = [
        {
            "scenario": point.scenario.name,
            "variant": point.variant,
            "point": point.id,
            "content": json.dumps(point.scenario.as_table(), sort_keys=True),
        }
        for point in design.points
    ]
    return encode(pa.Table.from_pylist(rows), (), {})


def identity(design: Design) -> dict[str, Any]:
    """Return what makes two designs the same: seed, replications and scenarios, texts for people left out."""
    scenarios = [[point.scenario.name, point.variant, point.id] for point in design.points]
    digest = hashlib.sha256(json.dumps(scenarios).encode()).hexdigest()[:16]
    return {"seed": design.seed, "replications": design.replications, "scenarios": digest}


def made_by() -> dict[str, str]:
    """Return what a run's numbers may depend on besides the design: code and libraries."""
    from sim import __version__

    return {"openstakes": __version__, "code": _code(), **{name: version(name) for name in LIBRARIES}}


def _code() -> str:
    """Return 16 hex digits of the source of the model and its tables."""
    package = Path(__file__).parents[1]
    files = [path for pattern in ("*.py", "*.csv") for path in package.rglob(pattern)]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(package).as_posix(), path) for path in files):
        if not name.startswith(NOT_MODEL):
            data = path.read_bytes()
            digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]
