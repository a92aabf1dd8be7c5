"""The store: finished parts of a sweep, each an immutable Parquet file named by the SHA-256 of its bytes.

A chunk leaves two parts: its monthly series (one row per run and month, one float32 column per outcome) and its
country table (last month). The series part names the country part and says which runs it holds and which failed, so
the parts of a folder are its state. A part is read whole, its hash is compared with its name at every reading, and
only then is it parsed.

    DIR/manifest.json     what was run, with which code; once finished, the part of each chunk
    DIR/designs.parquet   the scenarios
    DIR/parts/HASH.parquet

The same classes serve a store without files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.sweep.design import Chunk, Design, chunk_key

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
ORIGINS = ("US", "CN", "other")


class StoreError(RuntimeError):
    """A results folder that cannot be used; the text says why and what to do."""


class DamagedPartError(StoreError):
    """A part whose bytes are not those that were written, or that is missing."""


class Series(Protocol):
    """What a run returns (see `sim.world.Series`)."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> NDArray[np.float32]: ...
    @property
    def countries(self) -> NDArray[np.float32]: ...
    @property
    def panel(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that raised, or whose worker died.

    Attributes
    ----------
    scenario, point : str
        Name and id of the scenario.
    replication, seed : int
        With the scenario they repeat the run.
    error, traceback : str
        What was raised, in one line and in full.
    """

    scenario: str
    point: str
    replication: int
    seed: int
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker sends back for a finished chunk; `payload` holds the parts' bytes if there is no folder."""

    chunk: str
    part: str
    finished: int
    failed: int
    payload: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a series part says of itself."""

    name: str
    countries: str
    point: str
    first: int
    stop: int
    seed: int
    failures: tuple[Failure, ...]

    @property
    def key(self) -> str:
        """Key of the chunk that left this part."""
        return chunk_key(self.point, self.first, self.stop)

    @property
    def replications(self) -> list[int]:
        """Replications whose runs the part holds, in the order of its rows."""
        failed = {failure.replication for failure in self.failures}
        return [replication for replication in range(self.first, self.stop) if replication not in failed]


# Writing a part, in a worker


def deposit(
    chunk: Chunk, runs: Sequence[tuple[int, Series]], failures: Sequence[Failure], seed: int, folder: Path | None
) -> Receipt:
    """Write the parts of a chunk into a folder, or with None pack them into the receipt."""
    countries = _countries_part(runs)
    about = {
        "point": chunk.scenario.id,
        "first": chunk.first,
        "stop": chunk.stop,
        "seed": seed,
        "countries": hash_of(countries),
        "failures": [asdict(failure) for failure in failures],
    }
    series = _series_part(runs, about)
    if folder is not None:
        for data in (countries, series):  # the series part last: it vouches for the other
            write_whole(folder / f"{hash_of(data)}.parquet", data)
    payload = () if folder is not None else (countries, series)
    return Receipt(chunk.key, hash_of(series), len(runs), len(failures), payload)


def _series_part(runs: Sequence[tuple[int, Series]], about: dict[str, Any]) -> bytes:
    import pyarrow as pa

    names = runs[0][1].names if runs else ()
    months = runs[0][1].values.shape[0] if runs else 0
    values = np.concatenate([series.values for _, series in runs]) if runs else np.zeros((0, 0), np.float32)
    columns = {
        "replication": np.repeat(np.array([replication for replication, _ in runs], np.int32), months),
        "month": np.tile(np.arange(months, dtype=np.int16), len(runs)),
        **{name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(names)},
    }
    return encode(pa.table(columns), names, about)


def _countries_part(runs: Sequence[tuple[int, Series]]) -> bytes:
    import pyarrow as pa

    shares = np.stack([series.countries for _, series in runs]) if runs else np.zeros((0, 0, 0, 3), np.float32)
    panel = np.stack([series.panel for _, series in runs]) if runs else np.zeros((0, 0, 0), np.int32)
    replications = np.array([replication for replication, _ in runs], np.int32)
    columns: dict[str, Any] = {"replication": np.repeat(replications, panel[0].size if runs else 0)}
    columns["country"] = np.indices(panel.shape, dtype=np.int16)[1].ravel()
    columns["channel"] = np.indices(panel.shape, dtype=np.int16)[2].ravel()
    for i, origin in enumerate(ORIGINS):
        columns[origin] = np.ascontiguousarray(shares[..., i]).ravel()
    columns["panel"] = panel.astype(np.int32).ravel()
    return encode(pa.table(columns), ORIGINS, {"shape": list(panel.shape)})


def encode(table: pa.Table, floats: Sequence[str], about: dict[str, Any]) -> bytes:
    """Return a table as the bytes of a Parquet file; equal tables give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        use_byte_stream_split=list(floats),
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"openstakes": json.dumps({"format": FORMAT, **about})})
    return bytes(sink.getvalue().to_pybytes())


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hex: the name of a part."""
    return hashlib.sha256(data).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, it is there whole or not at all."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with hidden.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# Reading


class Store:
    """Finished parts by chunk. This one keeps them in memory; `sim.sweep.folder.Folder` keeps them as files.

    Attributes
    ----------
    parts : dict of str to Part
        Series parts by the key of their chunk.
    lost : list of Failure
        Runs of chunks that left no part, since their worker died.
    """

    folder: Path | None = None
    """Where workers leave their parts; None if they send them back."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.lost: list[Failure] = []
        self._bytes: dict[str, bytes] = {}

    @contextmanager
    def writing(self, design: Design) -> Iterator[None]:
        """Hold the store for the one sweep that may write to it."""
        yield

    def accept(self, receipt: Receipt) -> None:
        """Enter a finished chunk."""
        self._bytes.update((hash_of(data), data) for data in receipt.payload)
        self.enter(receipt.part)

    def enter(self, name: str) -> None:
        """Enter a series part after checking it and the country part it names.

        Raises
        ------
        DamagedPartError
            If one of them is damaged or missing.
        """
        about = self._about(name)
        if "point" not in about:
            return  # a country part: its series part vouches for it
        self.checked(about["countries"])
        failures = tuple(Failure(**failure) for failure in about["failures"])
        own = {field: about[field] for field in ("countries", "point", "first", "stop", "seed")}
        part = Part(name, failures=failures, **own)
        self.parts[part.key] = part

    def checked(self, name: str) -> bytes:
        """Return the bytes of a part, whose hash is its name.

        Raises
        ------
        DamagedPartError
            If the bytes are other ones, or missing.
        """
        data = self.fetch(name)
        if hash_of(data) != name:
            raise DamagedPartError(f"part {name} is damaged: its bytes are not the ones written")
        return data

    def fetch(self, name: str) -> bytes:
        """Return the bytes kept under a name, unchecked."""
        return self._bytes[name]

    def of(self, point: str) -> Iterator[Part]:
        """Yield the parts of a design point, replications ascending."""
        yield from sorted((part for part in self.parts.values() if part.point == point), key=lambda part: part.first)

    def series(self, part: Part, outcomes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return outcomes of a part: arrays (run, month), runs as in `Part.replications`."""
        runs = len(part.replications)
        if runs == 0:
            return {outcome: np.zeros((0, 0), np.float32) for outcome in outcomes}
        table = self._file(part.name).read(columns=list(outcomes), use_threads=False)
        return {outcome: table.column(outcome).to_numpy().reshape(runs, -1) for outcome in outcomes}

    def outcomes(self, part: Part) -> tuple[str, ...]:
        """Return the names of the outcomes in a part; none if all its runs failed."""
        return tuple(self._file(part.name).schema_arrow.names[2:])

    def countries(self, part: Part) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return shares (run, country, channel, origin) and panel (run, country, channel) at the last month."""
        file = self._file(part.countries)
        shape = _about(file)["shape"]
        table = file.read(use_threads=False)
        shares = np.stack([table.column(origin).to_numpy().reshape(shape) for origin in ORIGINS], axis=-1)
        return shares, table.column("panel").to_numpy().reshape(shape)

    def failures(self) -> list[Failure]:
        """Return all runs that failed, by scenario and replication."""
        found = [failure for part in self.parts.values() for failure in part.failures] + self.lost
        return sorted(found, key=lambda failure: (failure.scenario, failure.point, failure.replication))

    def _about(self, name: str) -> dict[str, Any]:
        return _about(self._file(name))

    def _file(self, name: str) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        return pq.ParquetFile(pa.BufferReader(self.checked(name)), page_checksum_verification=True)


def _about(file: Any) -> dict[str, Any]:
    """Return what a part says of itself."""
    about: dict[str, Any] = json.loads(file.metadata.metadata[b"openstakes"])
    if about["format"] != FORMAT:
        raise StoreError(f"parts of format {about['format']} cannot be read; this version reads format {FORMAT}")
    return about
