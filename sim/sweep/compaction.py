"""Compaction: the small parts of a finished sweep become few files, with the same runs to the bit.

A merged part is a part like any other with more runs in it; it lists the parts it was made of, and
takes their place wherever it is found beside them. So a compaction that is killed at any moment
leaves a sound folder, and a hash that was cited before can be resolved: the bytes it stands for are
made again from the merged part.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from sim.sweep.design import Design
from sim.sweep.files import remove
from sim.sweep.folder import Folder
from sim.sweep.parts import (
    COUNTRIES,
    SERIES,
    DamagedPartError,
    Part,
    Source,
    StoreError,
    encode,
    every_source,
    hash_of,
    leave,
)
from sim.sweep.runs import RunId

if TYPE_CHECKING:
    import pyarrow as pa

FULL = 100_000_000
"""Bytes of a file after which no more is merged into it."""
TOGETHER = 64
"""Parts whose rows are held in memory, and stored as one group of rows, at a time."""


def compact(root: str | os.PathLike[str], full: int = FULL) -> tuple[int, int]:
    """Merge the small parts of a results folder; each file that is removed is named on stderr.

    Parameters
    ----------
    root
        The folder.
    full
        Bytes of a file after which no more is merged into it.

    Returns
    -------
    tuple of int
        Number of series parts before and after.

    Raises
    ------
    StoreError
        If the folder holds no results, or damaged ones, or a sweep is writing to it.
    """
    with Folder.rearranging(root) as (store, design):
        before = len(store.parts)
        for parts in _bins(store, design, full):
            _merge(store, parts)
        return before, len(store.parts)


def resolve(root: str | os.PathLike[str], name: str) -> bytes:
    """Return the bytes of a part by its hash, whether it is a file or was merged into another one.

    Parameters
    ----------
    root
        A results folder.
    name
        SHA-256 of a series or country part, in hex.

    Raises
    ------
    StoreError
        If the folder holds no results, or damaged ones, or no runs of such a part.
    """
    store, _ = Folder.open(root)
    for part in store.parts.values():
        if name in (part.name, part.countries):
            return store.checked(SERIES if name == part.name else COUNTRIES, name)
    for holder in sorted(set(store.merged.values()) & store.parts.keys()):
        about = store.file(SERIES, holder)[1]
        for source in every_source(about["merged"]):
            if name in (source.part, source.countries):
                make = _series_again if name == source.part else _countries_again
                data = make(store, store.parts[holder], source)
                if hash_of(data) != name:
                    raise DamagedPartError(f"{name} is not what {holder} was made of")
                return data
    raise StoreError(f"{root} holds no part {name}, nor one that it was merged into")


def _bins(store: Folder, design: Design, full: int) -> Iterator[list[Part]]:
    """Yield parts that become one: with runs of the same cases, in the order of the design.

    Whoever reads one case then reads little else. Parts that record failures stay as they are.
    """
    alike = defaultdict(list)
    for part in store.parts.values():
        size = _size(store, part)
        if not part.failures and size < full / 2:
            cases = tuple(sorted({design.owners[run[:2]] for run in part.runs}))
            place = (part.runs[0].replication, part.runs[0].draw, part.name)
            alike[cases, part.months, part.moments].append((place, size, part))
    for found in alike.values():
        together, filled = [], 0
        for _, size, part in sorted(found, key=lambda item: item[0]):
            together.append(part)
            filled += size
            if filled >= full:
                yield together
                together, filled = [], 0
        if len(together) > 1:
            yield together


def _size(store: Folder, part: Part) -> int:
    """Return the bytes of the larger file of a part."""
    names = {SERIES: part.name, COUNTRIES: part.countries}
    files = [store.root / kind / f"{name}.parquet" for kind, name in names.items() if name]
    return max(file.stat().st_size for file in files)


def _merge(store: Folder, parts: Sequence[Part]) -> None:
    """Write one part in place of several, and then remove their files."""
    merged = []
    for part in parts:
        said = {"part": part.name, "countries": part.countries, "runs": len(part.runs)}
        older = store.file(SERIES, part.name)[1].get("merged")
        merged.append({**said, "merged": older} if older else said)
    countries = ""
    if parts[0].countries:
        names = [part.countries for part in parts]
        shape = store.file(COUNTRIES, names[0])[1]["shape"][1:]
        runs = sum(len(part.runs) for part in parts)
        countries = _left(
            store, COUNTRIES, encode(_read(store, COUNTRIES, names), {"shape": [runs, *shape]})
        )
    about = _about(parts[0], [run for part in parts for run in part.runs], countries, merged)
    tables = _read(store, SERIES, [part.name for part in parts])
    name = _left(store, SERIES, encode(tables, about))  # last: it vouches for the other
    store.enter(name)  # reads the files again, and takes the place of the parts
    for part in parts:
        for kind, old in ((SERIES, part.name), (COUNTRIES, part.countries)):
            if old:
                words = f"was merged into {name if kind == SERIES else countries}: removed"
                remove(store.root, store.root / kind / f"{old}.parquet", words)


def _left(store: Folder, kind: str, data: bytes) -> str:
    """Write a part and return its name."""
    leave(store.root, kind, data)
    return hash_of(data)


def _about(
    part: Part,
    runs: Sequence[RunId],
    countries: str,
    merged: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what a series part says of itself, as `sim.sweep.parts.deposit` has it."""
    about = {
        "seed": part.seed,
        "made_by": part.made_by,
        "keep": part.keep,
        "countries": countries,
        "runs": [list(run) for run in runs],
        "months": list(part.months),
        "moments": list(part.moments),
        "failures": [],
    }
    return {**about, "merged": list(merged)} if merged else about


def _read(store: Folder, kind: str, names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of parts, of some parts at a time."""
    import pyarrow as pa

    for first in range(0, len(names), TOGETHER):
        several = names[first : first + TOGETHER]
        yield _ready(pa.concat_tables(store.file(kind, name)[0].read() for name in several))


def _ready(table: pa.Table) -> pa.Table:
    """Return rows as a worker has them when it writes them: in one piece, texts by number."""
    import pyarrow as pa

    table = table.combine_chunks()  # pages of a file end where pieces do
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(i, field.name, table.column(i).dictionary_encode())
    return table


def _series_again(store: Folder, holder: Part, source: Source) -> bytes:
    """Return the bytes of a series part that was merged into another one."""
    runs = holder.runs[source.first : source.first + source.runs]
    rows = _rows_of(store, SERIES, holder.name, source, len(holder.months))
    return encode(rows, _about(holder, runs, source.countries, source.merged))


def _countries_again(store: Folder, holder: Part, source: Source) -> bytes:
    """Return the bytes of a country part that was merged into another one."""
    shape = store.file(COUNTRIES, holder.countries)[1]["shape"][1:]
    rows = _rows_of(store, COUNTRIES, holder.countries, source, prod(shape))
    return encode(rows, {"shape": [source.runs, *shape]})


def _rows_of(
    store: Folder, kind: str, name: str, source: Source, rows_of_run: int
) -> Iterator[pa.Table]:
    """Yield the rows of a part that was merged into the part `name`, in the groups it had."""
    table = store.file(kind, name)[0].read()
    older = source.merged or [{"runs": source.runs}]
    first = source.first
    for i in range(0, len(older), TOGETHER):
        runs = sum(said["runs"] for said in older[i : i + TOGETHER])
        yield _ready(table.slice(first * rows_of_run, runs * rows_of_run))
        first += runs
