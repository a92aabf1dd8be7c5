"""Execution: what a design asks for and the store lacks is run, chunk by chunk, on any executor."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sim.sweep.checks import check_series
from sim.sweep.design import BLOCK, Design, Keep
from sim.sweep.executors import executor_factory
from sim.sweep.faults import FAULTS, MachineError, told_apart
from sim.sweep.forks import Forks
from sim.sweep.interrupt import outside_kernels
from sim.sweep.manifest import installed, made_by
from sim.sweep.parts import (
    SERIES,
    DamagedPartError,
    Failure,
    Receipt,
    Series,
    StoreError,
    deposit,
)
from sim.sweep.runner import Executor, UnfitWorkerError, run_chunks
from sim.sweep.runs import Chunk, Run
from sim.sweep.share import WHOLE, Share
from sim.sweep.store import Store
from sim.sweep.workers import Workers, processors

if TYPE_CHECKING:
    from pathlib import Path

    from sim.scenario.scenario import Scenario

Progress = Callable[[int, int, int], None]
"""Called with the runs finished, failed and in all."""

Simulate = Callable[["Scenario", int, int], Series]
"""A run: scenario, luck (see `RunId.luck`) and root seed to its series."""

OnError = Literal["record", "stop"]
Again = Literal["failed"]

FEW_RUNS = 16
"""Up to so many runs the start of worker processes costs more than they save."""


class RunFailedError(RuntimeError):
    """A run failed in a sweep that was to stop then; `failure` names it and holds the traceback."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"{failure.scenario}, {failure.run.pair} failed: {failure.error}")


def execute(
    plan: Design,
    *,
    workers: int | Workers | None = None,
    executor: str | Callable[[], Executor] = "pool",
    out: str | os.PathLike[str] | None = None,
    on_error: OnError = "record",
    again: Again | None = None,
    progress: Progress | None = None,
    arrived: Callable[[Store], None] | None = None,
    simulate: Simulate | None = None,
    share: Share | None = None,
) -> Store:
    """Run what a design asks for and the store does not hold yet.

    Parameters
    ----------
    plan
        The design.
    workers, executor, out, on_error, again, progress
        As for `run_sweep`; `executor` may also be what makes one.
    arrived
        Called after each chunk with the store, in which its runs are.
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
    _check(workers, executor, again)
    kept = workers if isinstance(workers, Workers) and simulate is None and out is None else None
    store = kept.recall(plan) if kept else _store(out)
    held = store.writing(plan) if share is None else store.sharing(plan)
    share = share or WHOLE
    with held, outside_kernels():
        if again:
            store.reopen_failed()
        tally = _Tally(store, plan, share, progress, arrived, kept, stop=on_error == "stop")
        left = tally.left
        width = workers.count if isinstance(workers, Workers) else workers or workers_for(left)
        # What stays in this machine's memory is compared with no other code, and to read all of
        # the code takes a quarter of a second.
        passing = store.folder is None and executor == "pool"
        if left:
            run_chunks(
                partial(
                    run_chunk_there,
                    driver={} if passing else installed(),
                    made={} if passing else made_by(),
                    seed=plan.seed,
                    keep=plan.keep,
                    folder=store.folder,
                    simulate=simulate or simulate_world,
                ),
                plan.chunks(store.finished, share, block_of(left, width) if out is None else BLOCK),
                _factory(workers, executor, width),
                tally.done,
                tally.failed,
            )
    return store


def _check(
    workers: int | Workers | None, executor: str | Callable[[], Executor], again: Again | None
) -> None:
    """Refuse what `execute` cannot do, before anything is written."""
    if again not in (None, "failed"):
        raise ValueError(
            f"again = {again!r}: must be 'failed', or None to leave failed runs as they are"
        )
    if isinstance(workers, Workers):
        if executor != "pool":
            raise ValueError(f"executor = {executor!r}: workers that stay are a pool of their own")
    elif workers is not None and workers < 1:
        raise ValueError(f"workers = {workers}: must be at least 1")
    if isinstance(executor, str):
        executor_factory(executor, 1)


def _factory(
    workers: int | Workers | None, executor: str | Callable[[], Executor], width: int
) -> Callable[[], Executor]:
    """Return what makes executors."""
    if isinstance(workers, Workers):
        return workers.executor
    return executor_factory(executor, width) if isinstance(executor, str) else executor


def simulate_world(scenario: Scenario, luck: int, seed: int) -> Series:
    """Run one world and return its series."""
    from sim.model.world import World

    series: Series = World(scenario, rng=seed, replication=luck).run()
    return series


OF_THE_MODEL = simulate_world
"""The runs that may be forked: what another function makes is its own."""


def run_chunk_there(
    chunk: Chunk, *, driver: dict[str, str], folder: Path | None, **rest: Any
) -> tuple[Receipt, ...]:
    """Do `run_chunk` in a worker, which may be on another machine.

    One with other code or without the folder is refused; `driver` is empty where it is this one.
    """
    if driver and installed() != driver:
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
) -> tuple[Receipt, ...]:
    """Do the runs of a chunk, leave their parts and return the receipts.

    A run that raises is noted; the others go on. In a folder, where each file costs time, a chunk
    leaves one part; in memory each case has its own, which serves where the others are not asked
    for.

    Raises
    ------
    MachineError
        If the machine is at fault: another time there may be memory or space enough, so nothing is
        noted for good.
    """
    runs: list[tuple[Run, Series]] = []
    failures, forks = [], Forks(chunk.runs, seed, families=keep.families)
    for run in chunk.runs:
        try:
            with told_apart(str(run.id)):
                series: Series = (
                    forks.make(run)
                    if simulate is OF_THE_MODEL
                    else simulate(run.scenario, run.id.luck, seed)
                )
            check_series(series, runs[0][1] if runs else None)
        except MachineError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a run raises is recorded and stops nothing
            failures.append(_failure(run, seed, error))
        else:
            runs.append((run, series))
    cases = dict.fromkeys(run.case for run in chunk.runs)
    with told_apart():
        if folder is not None:
            return (deposit(runs, failures, keep, seed, made, folder),)
        return tuple(
            deposit(
                [(run, series) for run, series in runs if run.case == case],
                [failure for failure in failures if failure.scenario == case],
                keep,
                seed,
                made,
                None,
            )
            for case in cases
        )


def _failure(run: Run, seed: int, error: BaseException) -> Failure:
    words = f"{type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return Failure(run.case, *run.id, seed, words, text)


class _Tally:
    """Counts finished and failed runs, enters finished chunks in the store and reports progress."""

    def __init__(
        self,
        store: Store,
        plan: Design,
        share: Share,
        progress: Progress | None,
        arrived: Callable[[Store], None] | None,
        kept: Workers | None,
        *,
        stop: bool,
    ) -> None:
        self._store, self._plan, self._stop = store, plan, stop
        self._progress, self._arrived, self._kept = progress, arrived, kept
        self._finished = self._failed = self._runs = 0
        for run in plan.asked(share):
            self._runs += 1
            if store.has_result(run):
                self._finished += 1
            elif run in store.finished:
                self._failed += 1
        self.left = self._runs - self._finished - self._failed
        self._report()

    def done(self, chunk: Chunk, receipts: tuple[Receipt, ...]) -> None:
        """Take the parts that a worker has written for a chunk into the store, and count its runs.

        Raises
        ------
        StoreError
            If a part is not sound.
        RunFailedError
            If a run of it failed, and the sweep is to stop then.
        """
        failures: list[Failure] = []
        for receipt in receipts:
            try:
                part = self._store.accept(receipt)
            except DamagedPartError as error:
                where = f"in {self._store.folder}: all workers need the same folder under that path"
                raise StoreError(
                    f"a worker has written a part that is not sound {where} ({error})"
                ) from None
            if self._kept:
                self._kept.remember(part, receipt)
            self._finished += receipt.finished
            failures += part.failures
        self._note(failures)

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
        if self._arrived is not None:
            self._arrived(self._store)


def _store(out: str | os.PathLike[str] | None) -> Store:
    if out is None:
        return Store()
    from sim.sweep.folder import Folder

    return Folder(out)


def workers_for(runs: int) -> int:
    """Return the default number of workers for some runs."""
    if runs <= FEW_RUNS:
        return 1
    return processors()


def block_of(runs: int, width: int) -> int:
    """Return the runs of a full chunk that is kept in memory.

    Each worker gets at least four chunks if there are so many runs: few runs arrive one by one.
    """
    return min(BLOCK, max(1, runs // (4 * width)))
