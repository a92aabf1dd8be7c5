"""Execution: what a design asks for and the store lacks is run, chunk by chunk, on any executor."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.sweep.design import Chunk, Design, Keep, Run
from sim.sweep.executors import executor_factory
from sim.sweep.faults import FAULTS, MachineError, told_apart
from sim.sweep.forks import Forks
from sim.sweep.interrupt import outside_kernels
from sim.sweep.manifest import installed, made_by
from sim.sweep.parts import (
    SERIES,
    USE,
    DamagedPartError,
    Failure,
    Receipt,
    Series,
    StoreError,
    channel_names,
    country_codes,
    deposit,
)
from sim.sweep.runner import Executor, UnfitWorkerError, run_chunks
from sim.sweep.share import WHOLE, Share
from sim.sweep.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from sim.scenario.scenario import Scenario

Progress = Callable[[int, int, int], None]
"""Called with the runs finished, failed and in all."""

Simulate = Callable[["Scenario", int, int], Series]
"""A run: scenario, replication and root seed to its series."""

OnError = Literal["record", "stop"]
Again = Literal["failed"]

FEW_RUNS = 16
"""Up to so many runs the start of worker processes costs more than they save."""


class RunFailedError(RuntimeError):
    """A run failed in a sweep that was to stop then; `failure` names it and holds the traceback."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(
            f"{failure.scenario}, replication {failure.replication} failed: {failure.error}"
        )


def execute(
    plan: Design,
    *,
    workers: int | None = None,
    executor: str | Callable[[], Executor] = "pool",
    out: str | os.PathLike[str] | None = None,
    on_error: OnError = "record",
    again: Again | None = None,
    progress: Progress | None = None,
    simulate: Simulate | None = None,
    share: Share | None = None,
) -> Store:
    """Run what a design asks for and the store does not hold yet.

    Parameters
    ----------
    plan
        The design.
    workers, executor, out, on_error, again, progress
        As for `sweep`; `executor` may also be what makes one.
    simulate
        Importable function that makes a run. Default: `simulate_world`.
    share
        Do this share only, while other jobs may do others into the same folder.

    Raises
    ------
    StoreError
        If the folder cannot be used.
    ValueError
        If a value is not allowed.
    MachineError
        As for `compare`.
    RunFailedError
        If a run failed and `on_error` is "stop".
    """
    if again not in (None, "failed"):
        raise ValueError(
            f"again = {again!r}: must be 'failed', or None to leave failed runs as they are"
        )
    if workers is not None and workers < 1:
        raise ValueError(f"workers = {workers}: must be at least 1")
    if isinstance(executor, str):
        executor_factory(executor, 1)  # an unknown name is refused before anything is written
    store = _store(out)
    held = store.writing(plan) if share is None else store.sharing(plan)
    share = share or WHOLE
    with held, outside_kernels():
        if again:
            store.reopen_failed()
        tally = _Tally(store, plan, share, progress, stop=on_error == "stop")
        width = workers_for(tally.left) if workers is None else workers
        if tally.left:
            run_chunks(
                partial(
                    run_chunk_there,
                    driver=installed(),
                    made=made_by(),
                    seed=plan.seed,
                    keep=plan.keep,
                    folder=store.folder,
                    simulate=simulate or simulate_world,
                ),
                plan.chunks(store.finished, share),
                executor_factory(executor, width) if isinstance(executor, str) else executor,
                tally.done,
                tally.failed,
            )
    return store


def simulate_world(scenario: Scenario, replication: int, seed: int) -> Series:
    """Run one world and return its series."""
    from sim.model.world import World

    series: Series = World(scenario, rng=seed, replication=replication).run()
    return series


OF_THE_MODEL = simulate_world
"""The runs that may be forked: what another function makes is its own."""


def run_chunk_there(
    chunk: Chunk, *, driver: dict[str, str], folder: Path | None, **rest: Any
) -> Receipt:
    """Do `run_chunk` in a worker, which may be on another machine.

    One with other code or without the folder is refused.
    """
    if installed() != driver:
        raise UnfitWorkerError(
            f"a worker on {platform.node()} has other code or libraries: {installed()}; this is "
            f"{driver}"
        )
    if folder is not None and not (folder / SERIES).is_dir():
        raise UnfitWorkerError(
            f"a worker on {platform.node()} does not see {folder}: all workers need it under that "
            f"path"
        )
    return run_chunk(chunk, folder=folder, **rest)


def run_chunk(
    chunk: Chunk,
    *,
    made: dict[str, str],
    seed: int,
    keep: Keep,
    folder: Path | None,
    simulate: Simulate,
) -> Receipt:
    """Do the runs of a chunk, leave their part and return its receipt.

    A run that raises is noted; the others go on.

    Raises
    ------
    MachineError
        If the machine is at fault: another time there may be memory or space enough, so nothing is
        noted for good.
    """
    runs: list[tuple[Run, Series]] = []
    failures, forks = [], Forks(chunk.runs, seed)
    for run in chunk.runs:
        try:
            with told_apart(f"{run.point}:{run.replication}"):
                series: Series = (
                    forks.make(run)
                    if simulate is OF_THE_MODEL
                    else simulate(run.scenario, run.replication, seed)
                )
            check_series(series, runs[0][1] if runs else None)
        except MachineError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a run raises is recorded and stops nothing
            failures.append(_failure(run, seed, error))
        else:
            runs.append((run, series))
    with told_apart():
        return deposit(runs, failures, keep, seed, made, folder)


def check_series(series: Series, first: Series | None = None) -> None:
    """Refuse what is no result.

    That is what is not finite, and arrays that do not fit their names or another run of the case.

    Raises
    ------
    ValueError
        With what does not fit, or the first month that is not finite and its outcomes.
    """
    if series.values.shape != (len(series.months), len(series.names)):
        raise ValueError(
            f"series of shape {series.values.shape} for {len(series.months)} months and "
            f"{len(series.names)} outcomes"
        )
    if series.countries.shape != (len(series.moments), *series.panel.shape, len(USE)):
        raise ValueError(
            f"country table of shape {series.countries.shape} for a panel of shape "
            f"{series.panel.shape}"
        )
    if first is not None and _form(series) != _form(first):
        raise ValueError("the run has other outcomes or months than the ones before it")
    _check_finite(series)


def _check_finite(series: Series) -> None:
    """Refuse series with nan or infinity.

    An outcome that means nothing yet is 0 by its definition.
    """
    finite = np.isfinite(series.values)
    if not finite.all():
        month = int(np.argmin(finite.all(axis=1)))
        names = [name for name, fine in zip(series.names, finite[month], strict=True) if not fine]
        more = f" and {len(names) - 1} more outcomes" if len(names) > 1 else ""
        value = series.values[month, series.names.index(names[0])]
        raise ValueError(
            f"outcome {names[0]} is {value} in {series.months[month]}{more}: no finite number"
        )
    if not np.isfinite(series.countries).all():
        moment, country, channel, use = np.argwhere(~np.isfinite(series.countries))[0]
        _, countries, channels, _ = series.countries.shape
        what = (
            f"{USE[use]} of country {country_codes(countries)[country]}, "
            f"channel {channel_names(channels)[channel]},"
        )
        value = series.countries[moment, country, channel, use]
        raise ValueError(f"{what} is {value} in {series.moments[moment]}: no finite number")


def _form(series: Series) -> tuple[Any, ...]:
    return series.names, series.months, series.moments, series.panel.shape


def _failure(run: Run, seed: int, error: BaseException) -> Failure:
    words = f"{type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return Failure(run.case, run.point, run.replication, seed, words, text)


class _Tally:
    """Counts finished and failed runs, enters finished chunks in the store and reports progress."""

    def __init__(
        self,
        store: Store,
        plan: Design,
        share: Share,
        progress: Progress | None,
        *,
        stop: bool,
    ) -> None:
        self._store, self._plan, self._progress, self._stop = store, plan, progress, stop
        self._finished = self._failed = self._runs = 0
        for point, replication in plan.asked(share):
            self._runs += 1
            if store.has_result((point, replication)):
                self._finished += 1
            elif replication in store.finished.get(point, ()):
                self._failed += 1
        self.left = self._runs - self._finished - self._failed
        self._report()

    def done(self, chunk: Chunk, receipt: Receipt) -> None:
        try:
            part = self._store.accept(receipt)
        except DamagedPartError as error:
            where = f"in {self._store.folder}: all workers need the same folder under that path"
            raise StoreError(
                f"a worker has written a part that is not sound {where} ({error})"
            ) from None
        self._finished += receipt.finished
        self._note(part.failures)

    def failed(self, chunk: Chunk, error: BaseException) -> None:
        if isinstance(error, StoreError):  # a worker cannot use the folder: no other could either
            raise error
        if isinstance(error, FAULTS):
            raise MachineError.of(error)
        lost = [_failure(run, self._plan.seed, error) for run in chunk.runs]
        self._store.lost.extend(lost)
        self._note(lost)

    def _note(self, failures: Sequence[Failure]) -> None:
        self._failed += len(failures)
        self._report()
        if failures and self._stop:
            raise RunFailedError(failures[0])

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self._finished, self._failed, self._runs)


def _store(out: str | os.PathLike[str] | None) -> Store:
    if out is None:
        return Store()
    from sim.sweep.folder import Folder

    return Folder(out)


def workers_for(runs: int) -> int:
    """Return the default number of workers for some runs."""
    if runs <= FEW_RUNS:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
