"""Parts of a sweep: immutable Parquet files, each named by the SHA-256 of its bytes.

A chunk leaves a series part (one row per run and month, one float32 column per outcome) and, unless
none are kept, a country part. The series part names the country part and says which runs it holds,
which failed and which code made it, so the parts of a folder are its state. A part is read whole,
its hash is compared with its name at every reading, and only then is it parsed.

    DIR/manifest.json            what is asked for, made by which code; once finished, the parts
    DIR/designs.parquet          one row per design point: case, levers, draw, uncertain numbers
    DIR/series/HASH.parquet      point, replication, month, outcomes
    DIR/countries/HASH.parquet   point, replication, month, country, channel, use, shares of
                                 origins, panel, and where they are kept shares of families
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.sweep.design import Keep, Run
from sim.sweep.files import DamagedPartError as DamagedPartError
from sim.sweep.files import StoreError as StoreError
from sim.sweep.files import file_in
from sim.sweep.files import write_whole as write_whole

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 2
USE = ("use", "US", "CN", "other")
SERIES, COUNTRIES = "series", "countries"
FAMILY = "family_"
"""Begins the names of columns of a country part that hold families' shares."""


class Series(Protocol):
    """What a run returns (see `sim.model.records.Series`)."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def months(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> NDArray[np.float32]: ...
    @property
    def moments(self) -> tuple[str, ...]: ...
    @property
    def countries(self) -> NDArray[np.float32]: ...
    @property
    def panel(self) -> NDArray[np.int64]: ...
    @property
    def families(self) -> NDArray[np.float32] | None: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that raised, or whose worker died.

    Attributes
    ----------
    scenario, point : str
        Name of the case and id of the design point.
    replication, seed : int
        With the point they repeat the run.
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
    """What a worker sends back for a finished chunk.

    `payload` holds the parts' bytes if there is no folder.
    """

    part: str
    finished: int
    failed: int
    payload: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return sum(map(len, self.payload))


@dataclass(frozen=True, slots=True)
class Part:
    """What a series part says of itself.

    Attributes
    ----------
    name, countries : str
        Hashes of the series part and of its country part ("" if none was kept).
    seed : int
        Root seed.
    made_by, keep : dict
        Code and libraries that made it, and what was kept of its runs.
    runs : tuple of (str, int)
        Design point and replication of each run in the part, in the order of its rows.
    months, moments : tuple of str
        Months of the series, and of the country part.
    failures : tuple of Failure
        Runs of the chunk that raised.
    """

    name: str
    countries: str
    seed: int
    made_by: dict[str, str]
    keep: dict[str, Any]
    runs: tuple[tuple[str, int], ...]
    months: tuple[str, ...]
    moments: tuple[str, ...]
    failures: tuple[Failure, ...]


class Source(NamedTuple):
    """A part that was merged into another one, which holds its runs in one piece.

    Attributes
    ----------
    part, countries : str
        Hashes of the series part and of its country part ("" if there was none).
    first, runs : int
        Its first run in the other part, and how many it had.
    merged : list of dict
        What was merged into it before, as the part's own list has it.
    """

    part: str
    countries: str
    first: int
    runs: int
    merged: list[dict[str, Any]]


def every_source(merged: Iterable[Mapping[str, Any]], first: int = 0) -> Iterator[Source]:
    """Yield every part that a part's list `merged` names, those merged earlier included."""
    for said in merged:
        older = said.get("merged", [])
        yield Source(said["part"], said["countries"], first, said["runs"], older)
        yield from every_source(older, first)
        first += said["runs"]


def deposit(
    runs: Sequence[tuple[Run, Series]],
    failures: Sequence[Failure],
    keep: Keep,
    seed: int,
    made_by: dict[str, str],
    folder: Path | None,
) -> Receipt:
    """Write the parts of a chunk into a folder, or with None pack them into the receipt."""
    head = runs[0][1] if runs else None
    moments = _moments(head, keep) if head else []
    countries = _countries_part(runs, moments, keep) if moments else b""
    months = keep.chosen(head.months) if head else []
    about = {
        "seed": seed,
        "made_by": made_by,
        "keep": keep.table(),
        "countries": hash_of(countries) if countries else "",
        "runs": [[run.point, run.replication] for run, _ in runs],
        "months": [head.months[i] for i in months] if head else [],
        "moments": [head.moments[i] for i in moments] if head else [],
        "failures": [asdict(failure) for failure in failures],
    }
    series = _series_part(runs, months, keep, about)
    if folder is None:
        return Receipt(
            hash_of(series),
            len(runs),
            len(failures),
            (countries, series) if countries else (series,),
        )
    if countries:
        leave(folder, COUNTRIES, countries)
    leave(folder, SERIES, series)  # last: it vouches for the other
    return Receipt(hash_of(series), len(runs), len(failures))


def leave(folder: Path, kind: str, data: bytes) -> None:
    """Write a part into a results folder, under the hash of its bytes."""
    name = f"{kind}/{hash_of(data)}.parquet"
    file_in(folder, name)  # refuses a link, whatever happened since the sweep began
    write_whole(folder / name, data)


def _moments(series: Series, keep: Keep) -> list[int]:
    """Return the positions of the moments at which countries are kept."""
    last = len(series.moments) - 1
    return [
        place
        for place, month in enumerate(series.moments)
        if keep.countries == "half-years"
        or (keep.countries == "year-ends" and (month.endswith("-12") or place == last))
        or (keep.countries == "last" and place == last)
    ]


def _series_part(
    runs: Sequence[tuple[Run, Series]], months: list[int], keep: Keep, about: dict[str, Any]
) -> bytes:
    import pyarrow as pa

    if not runs:
        nothing = {"point": pa.array([], pa.string()), "replication": pa.array([], pa.int32())}
        return encode([pa.table({**nothing, "month": pa.array([], pa.string())})], about)
    head = runs[0][1]
    names = head.names if keep.outcomes is None else keep.outcomes
    places = [head.names.index(name) for name in names]
    values = np.concatenate([series.values[months] for _, series in runs])
    columns: dict[str, Any] = {
        "point": _repeated([run.point for run, _ in runs], len(months)),
        "replication": np.repeat(
            np.array([run.replication for run, _ in runs], np.int32), len(months)
        ),
        "month": pa.array([head.months[i] for i in months] * len(runs)).dictionary_encode(),
        **{name: np.ascontiguousarray(values[:, i]) for name, i in zip(names, places, strict=True)},
    }
    return encode([pa.table(columns)], about)


def _families(series: Series) -> NDArray[np.float32]:
    if series.families is None:
        raise ValueError("the run has no shares of families, which are to be kept")
    return series.families


def _countries_part(runs: Sequence[tuple[Run, Series]], moments: list[int], keep: Keep) -> bytes:
    import pyarrow as pa

    head = runs[0][1]
    table = np.stack([series.countries[moments] for _, series in runs])
    panel = np.stack([np.broadcast_to(series.panel, table.shape[1:4]) for _, series in runs])
    cells = panel[0].size
    _, month, country, channel = (axis.ravel() for axis in np.indices(panel.shape, dtype=np.int16))
    columns: dict[str, Any] = {
        "point": _repeated([run.point for run, _ in runs], cells),
        "replication": np.repeat(np.array([run.replication for run, _ in runs], np.int32), cells),
        "month": pa.DictionaryArray.from_arrays(month, [head.moments[i] for i in moments]),
        "country": pa.DictionaryArray.from_arrays(country, list(country_codes(panel.shape[2]))),
        "channel": pa.DictionaryArray.from_arrays(channel, list(channel_names(panel.shape[3]))),
        **{name: np.ascontiguousarray(table[..., i]).ravel() for i, name in enumerate(USE)},
        "panel": panel.astype(np.int32).ravel(),
    }
    if keep.families:
        shares = np.stack([_families(series)[moments] for _, series in runs])
        for i, name in enumerate(family_names(shares.shape[-1])):
            columns[f"{FAMILY}{name}"] = np.ascontiguousarray(shares[..., i]).ravel()
    return encode([pa.table(columns)], {"shape": list(panel.shape)})


def country_codes(n: int) -> tuple[str, ...]:
    """Return the codes of the world's countries.

    Of another number of countries, as in tests, their positions.
    """
    from sim.data import countries

    codes = tuple(country.code for country in countries())
    return codes if len(codes) == n else tuple(str(i) for i in range(n))


def family_names(n: int) -> tuple[str, ...]:
    """Return the slugs of the labs, or positions as :func:`country_codes` does."""
    from sim.data import labs

    slugs = tuple(lab.slug for lab in labs())
    return slugs if len(slugs) == n else tuple(str(i) for i in range(n))


def channel_names(n: int) -> tuple[str, ...]:
    """Return the names of the channels."""
    from sim.vocabulary import CHANNELS

    return CHANNELS[:n]


def _repeated(texts: list[str], times: int) -> pa.Array:
    """Return each text so many times, as a dictionary column."""
    import pyarrow as pa

    different = list(dict.fromkeys(texts))
    places = np.array([different.index(text) for text in texts], np.int32)
    return pa.DictionaryArray.from_arrays(np.repeat(places, times), different)


def encode(tables: Iterable[pa.Table], about: dict[str, Any]) -> bytes:
    """Return tables with the same columns as the bytes of one Parquet file.

    Equal tables give equal bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    coming = iter(tables)
    first = next(coming)
    floats = [field.name for field in first.schema if field.type in (pa.float32(), pa.float64())]
    texts = [field.name for field in first.schema if pa.types.is_dictionary(field.type)]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        first.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        use_byte_stream_split=floats,
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        for table in chain((first,), coming):
            writer.write_table(table)
        writer.add_key_value_metadata({"openstakes": json.dumps({"format": FORMAT, **about})})
    return bytes(sink.getvalue().to_pybytes())


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hex: the name of a part."""
    return hashlib.sha256(data).hexdigest()
