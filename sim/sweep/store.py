"""The store: what a sweep has finished, and the one way to read it.

A part is read whole, its hash is compared with its name whenever its bytes are read, and only then
is it parsed; series that were read last are held (`HELD`). The same class serves without files;
`sim.sweep.folder.Folder` keeps parts as files.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import prod
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.sweep.design import Design
from sim.sweep.files import read_as_ours
from sim.sweep.forms import check_countries, check_series
from sim.sweep.parts import (
    COUNTRIES,
    FAMILY,
    FORMAT,
    KEYS,
    SERIES,
    USE,
    DamagedPartError,
    Failure,
    Part,
    Receipt,
    StoreError,
    every_source,
    hash_of,
)
from sim.sweep.runs import RunId

HELD = 256_000_000
"""Bytes of series that a store holds after it read them.

A part has runs of many cases, which are asked for one after another.
"""


class Store:
    """Finished parts. This one keeps them in memory; `sim.sweep.folder.Folder` keeps them as files.

    Attributes
    ----------
    parts : dict of str to Part
        Series parts by name.
    finished : set of RunId
        Runs that are done, failed ones included.
    lost : list of Failure
        Runs of chunks that left no part, since their worker died.
    merged : dict of str to str
        Name of the part that holds the runs of a part that was merged into it, by that part's name.
    repaired : list of str
        Damaged files that were removed, whose runs are done again.
    """

    folder: Path | None = None
    """Where workers leave their parts; None if they send them back."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.finished: set[RunId] = set()
        self.lost: list[Failure] = []
        self.merged: dict[str, str] = {}
        self.repaired: list[str] = []
        self._bytes: dict[str, bytes] = {}
        self._failed: set[RunId] = set()
        self._holding: defaultdict[str, list[str]] = defaultdict(list)
        self._said: dict[str, Any] = {}
        self._forms: dict[tuple[str, ...], Any] = {}
        self._held: OrderedDict[tuple[str, ...], NDArray[np.float32]] = OrderedDict()

    @contextmanager
    def writing(self, design: Design) -> Iterator[None]:
        """Hold the store for the one sweep that may write to it."""
        yield

    def sharing(self, design: Design) -> AbstractContextManager[None]:
        """Hold the store for one of several sweeps that do a share each; they need files."""
        raise ValueError("a share of a sweep needs a folder that it fills together with others")

    def accept(self, receipt: Receipt) -> Part:
        """Enter a finished chunk."""
        self._bytes.update((hash_of(data), data) for data in receipt.payload)
        return self.enter(receipt.part)

    def enter(self, name: str, belongs: Callable[[Part], None] | None = None) -> Part:
        """Enter a series part after checking it and the country part it names.

        `belongs` is called before anything of the part counts; what it raises refuses the part.

        Raises
        ------
        DamagedPartError
            If one of them is damaged or missing, or a run has a result in another part too: a
            worker that a stopped sweep had left behind may have finished while the next sweep did
            its runs again.
        StoreError
            If one of them is whole but not of the form of a part.
        """
        file, about = self.file(SERIES, name)
        with read_as_ours(self._place(SERIES, name)):
            check_series(file, about)
        shape = self._checked_shape(about) if about["countries"] else []
        with read_as_ours(self._place(SERIES, name)):
            form = (file.schema_arrow.names[len(KEYS) :], about["moments"], shape)
            if about["runs"] and form != self._forms.setdefault(tuple(about["months"]), form):
                raise ValueError("other outcomes, moments or countries than in the parts before it")
        part = Part(
            name,
            about["countries"],
            about["seed"],
            self._once(about["made_by"]),
            self._once(about["keep"]),
            tuple(RunId(intern(point), *pair) for point, *pair in about["runs"]),
            self._once(tuple(about["months"])),
            self._once(tuple(about["moments"])),
            tuple(Failure(**failure) for failure in about["failures"]),
        )
        if belongs is not None:
            belongs(part)
        older = [source.part for source in every_source(about.get("merged", ()))]
        self._take_over([self.parts[held] for held in older if held in self.parts], part)
        self.merged.update(dict.fromkeys(older, name))
        self.parts[name] = part
        failed = [failure.run for failure in part.failures if not self.has_result(failure.run)]
        self.finished.update(part.runs, failed)
        self._failed.difference_update(part.runs)
        self._failed.update(failed)
        for point in dict.fromkeys(run.point for run in part.runs):
            self._holding[point].append(name)
        return part

    def _checked_shape(self, about: dict[str, Any]) -> list[int]:
        """Check the country part of a series part; return its numbers of countries and channels."""
        file, found = self.file(COUNTRIES, about["countries"])
        with read_as_ours(self._place(COUNTRIES, about["countries"])):
            check_countries(file, found)
            runs, moments, *shape = found["shape"]
            if (runs, moments) != (len(about["runs"]), len(about["moments"])):
                raise ValueError(
                    f"{runs} runs and {moments} moments, which is not what its series part says"
                )
        return list(shape)

    def _place(self, kind: str, name: str) -> str:
        """Return what a part is called in messages."""
        return f"{kind}/{name}.parquet"

    def _take_over(self, older: Sequence[Part], part: Part) -> None:
        """Let a part that was merged from older ones take their place."""
        theirs = {run for held in older for run in held.runs}
        if any(self.has_result(run) and run not in theirs for run in part.runs) or (
            theirs and not theirs.issubset(part.runs)
        ):
            raise DamagedPartError("its runs are in another part too")
        for held in older:
            del self.parts[held.name]
            self.finished.difference_update(held.runs)
            for point in dict.fromkeys(run.point for run in held.runs):
                self._holding[point].remove(held.name)

    def has_result(self, run: RunId) -> bool:
        """Return whether a run has finished and not failed."""
        return run in self.finished and run not in self._failed

    def _once(self, content: Any) -> Any:
        """Return content as the first part that said it has it.

        A large sweep then holds it once.
        """
        return self._said.setdefault(json.dumps(content), content)

    def checked(self, kind: str, name: str) -> bytes:
        """Return the bytes of a part, whose hash is its name.

        Raises
        ------
        DamagedPartError
            If the bytes are other ones, or missing.
        """
        data = self.fetch(kind, name)
        if hash_of(data) != name:
            raise DamagedPartError(
                f"{kind}/{name}.parquet is damaged: its bytes are not the ones written"
            )
        return data

    def fetch(self, kind: str, name: str) -> bytes:
        """Return the bytes kept under a name, unchecked."""
        return self._bytes[name]

    def of(self, points: Sequence[str]) -> Iterator[Part]:
        """Yield the parts that hold runs of some design points."""
        names = dict.fromkeys(name for point in points for name in self._holding.get(point, ()))
        yield from (self.parts[name] for name in names)

    def series(self, part: Part, outcomes: Sequence[str]) -> NDArray[np.float32]:
        """Return outcomes of a part: array (run, month, outcome), runs and months as in `Part`.

        It is not to be written to: what was read last is held (`HELD`).
        """
        key = (part.name, *outcomes)
        if key not in self._held:
            self._held[key] = self._series(part, outcomes)
            while len(self._held) > 1 and sum(x.nbytes for x in self._held.values()) > HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]

    def _series(self, part: Part, outcomes: Sequence[str]) -> NDArray[np.float32]:
        file = self.file(SERIES, part.name)[0]
        with read_as_ours(self._place(SERIES, part.name)):
            table = file.read(columns=list(outcomes), use_threads=False)
        # Perhaps none: a study may keep no headline.
        values = np.empty((table.num_rows, len(outcomes)), np.float32)
        for i, outcome in enumerate(outcomes):
            values[:, i] = table.column(outcome)
        values.flags.writeable = False
        return values.reshape(len(part.runs), len(part.months), len(outcomes))

    def outcomes(self, part: Part) -> tuple[str, ...]:
        """Return the names of the outcomes in a part; none if all its runs failed."""
        return tuple(self.file(SERIES, part.name)[0].schema_arrow.names[len(KEYS) :])

    def countries(self, part: Part) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return countries' use and their panel.

        Axes of use: run, moment, country, channel, `USE`; of the panel: run, ..., channel.
        """
        file, about = self.file(COUNTRIES, part.countries)
        with read_as_ours(self._place(COUNTRIES, part.countries)):
            table = file.read(columns=[*USE, "panel"], use_threads=False)
        shape = about["shape"]
        use = np.stack([table.column(name).to_numpy() for name in USE], axis=-1)
        panel = table.column("panel").to_numpy()
        return use.reshape(*shape, len(USE)), panel.reshape(shape)

    def families(self, part: Part) -> NDArray[np.float32]:
        """Return families' shares of use: array (run, moment, country, channel, family).

        There are no families if none were kept.
        """
        file, about = self.file(COUNTRIES, part.countries)
        with read_as_ours(self._place(COUNTRIES, part.countries)):
            names = [name for name in file.schema_arrow.names if name.startswith(FAMILY)]
            table = file.read(columns=names, use_threads=False)
        shares = np.empty((prod(about["shape"]), len(names)), np.float32)
        for i, name in enumerate(names):
            shares[:, i] = table.column(name)
        return shares.reshape(*about["shape"], len(names))

    def failures(self) -> list[Failure]:
        """Return all runs that failed, by case and run.

        A failure stands until its run has a result.

        Parts are never rewritten: a run that is done again and finishes is in a part of its own,
        which supersedes the record of its failure wherever that is. So nothing is lost at any
        moment, and the parts may be read in any order. A run that failed each time is named once.
        """
        recorded = [failure for _, part in sorted(self.parts.items()) for failure in part.failures]
        latest = {failure.run: failure for failure in (*recorded, *self.lost)}
        found = [failure for run, failure in latest.items() if not self.has_result(run)]
        return sorted(found, key=lambda failure: (failure.scenario, failure.run))

    def reopen_failed(self) -> None:
        """Count the runs that failed as not done, so that a sweep does them again."""
        self.finished.difference_update(failure.run for failure in self.failures())

    def file(self, kind: str, name: str) -> tuple[Any, dict[str, Any]]:
        """Return a checked part, ready to be read, and what it says of itself."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        data = self.checked(kind, name)
        with read_as_ours(self._place(kind, name)):
            file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
            about: dict[str, Any] = json.loads(file.metadata.metadata[b"openstakes"])
            form = int(about["format"])
        if form != FORMAT:
            raise StoreError(
                f"{self._place(kind, name)} is of format {form}, and this version reads format "
                f"{FORMAT}: choose another folder, or use the version that made it"
            )
        return file, about
