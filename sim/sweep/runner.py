"""The runner: gives chunks to any executor, a bounded number at a time, and outlives the workers.

The runner takes a *factory* of executors, since a broken process pool cannot be revived. When a
worker dies nobody knows which chunk killed it, so all chunks in flight become suspects and are run
one at a time; a chunk that kills its worker three times alone has failed. So has one that meets a
fault of the machine three times: it is tried alone too, in new workers, where there is the most
memory and the fewest files are open.

That a worker dies proves nothing against the chunk it had: batch jobs end at their walltime,
machines are taken away. A chunk that kills its worker does so again on a worker that has nothing
else to do, within the second or two that it runs; that a walltime falls into these seconds each
time is a matter of (seconds of a chunk / lifetime of a worker) to the power of the deaths. So only
deaths alone count, and a cluster that is lost as a whole counts against nobody.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from sim.sweep.faults import FAULTS, MachineError
from sim.sweep.files import StoreError
from sim.sweep.runs import Chunk

ATTEMPTS = 3
"""Deaths of a worker on one chunk, or faults of the machine, after which it has failed.

Deaths count that happened while the chunk ran alone.
"""

LOOK = 1.0
"""Seconds after which the executor is asked anew how many chunks it takes, if none has finished."""

PAUSE = 1.0
"""Seconds before processes that were ended in their start are started again.

A machine that ended them for want of memory needs a moment, and a fork server that is just being
ended is still taken for one that runs.
"""

R = TypeVar("R")


class WorkerLostError(BrokenExecutor):
    """A worker died with a chunk in hand, or as many as `deaths` one after the other.

    Executors that have no error of their own for this raise this one.
    """

    def __init__(self, words: str, deaths: int = 1) -> None:
        super().__init__(words)
        self.deaths = deaths


class UnfitWorkerError(StoreError):
    """A worker that cannot work for this sweep, while others may."""


class ClusterError(RuntimeError):
    """A cluster that cannot be used; the text says why and what to do."""


class ClusterLostError(MachineError):
    """A cluster that has worked is gone.

    To the runner also: with a chunk in hand, which is then at fault as little as any other.
    """

    def __init__(self, words: str, advice: str = "start it again", run: str = "") -> None:
        super().__init__(words, advice, run)


class Executor(Protocol):
    """What the runner needs of an executor."""

    @property
    def window(self) -> int:
        """Most chunks in flight, at least 1; it may change while the executor works."""

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Start a task."""

    def release(self) -> None:
        """End the workers, since nothing more is to be done; those that are kept stay."""

    def shutdown(self, *, at_once: bool) -> None:
        """Wait for what is under way, or with `at_once` stop it, and end all workers."""


class _Queue:
    """Chunks to be run, made as they are needed: a large sweep never holds them all."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._coming: Iterator[Chunk] = iter(chunks)
        self._ready: deque[Chunk] = deque()

    def __bool__(self) -> bool:
        if not self._ready:
            self._ready.extend(islice(self._coming, 1))
        return bool(self._ready)

    @property
    def first(self) -> Chunk:
        """The next chunk; ask whether there is one before."""
        return self._ready[0]

    def pop(self) -> Chunk:
        """Take the next chunk."""
        return self._ready.popleft()

    def add(self, chunk: Chunk) -> None:
        """Add a chunk at the end of those that are ready."""
        self._ready.append(chunk)


@dataclass(slots=True)
class _Flight:
    """One executor and the chunks it has in hand."""

    executor: Executor
    landed: SimpleQueue[Future[Any]]
    aloft: dict[Future[Any], Chunk]

    @classmethod
    def start(cls, factory: Callable[[], Executor]) -> _Flight:
        return cls(factory(), SimpleQueue(), {})

    def launch(self, task: Callable[[Chunk], Any], queue: _Queue, most: int) -> bool:
        """Submit chunks from the queue until so many are in flight.

        Return whether the executor still works.
        """
        while queue and len(self.aloft) < most:
            try:
                future = self.executor.submit(task, queue.first)
            except BrokenExecutor:
                return False
            self.aloft[future] = queue.pop()
            future.add_done_callback(self.landed.put)
        return True

    def next(self) -> tuple[Future[Any], Chunk] | None:
        """Wait for a finished future; return it and its chunk, or None after a while."""
        try:
            future = self.landed.get(timeout=LOOK)
        except Empty:
            return None
        return future, self.aloft.pop(future)


def run_chunks(
    task: Callable[[Chunk], R],
    chunks: Iterable[Chunk],
    factory: Callable[[], Executor],
    on_done: Callable[[Chunk, R], None],
    on_fail: Callable[[Chunk, BaseException], None],
) -> None:
    """Run a task on every chunk.

    Parameters
    ----------
    task
        Importable function of a chunk; what it returns travels back to this process, so it should
        be small.
    chunks
        In the order in which they are started.
    factory
        Called for an executor, and again each time one breaks.
    on_done, on_fail
        Called in this process, once for each chunk: with its result, or with what it raised.

    Raises
    ------
    KeyboardInterrupt
        When it arrives; workers are then stopped first. Whatever `on_done` and `on_fail` raise ends
        the sweep likewise.
    ClusterLostError
        If a cluster that has worked is gone.
    MachineError
        If no worker process lives through its start.
    """
    todo, suspects, tries, broken = _Queue(chunks), _Queue(()), Counter[int](), 0
    flight, alone = _Flight.start(factory), False
    try:
        while todo or suspects or flight.aloft:
            if not flight.aloft:
                alone = bool(suspects)
            works = flight.launch(
                task, suspects if alone else todo, 1 if alone else flight.executor.window
            )
            lost: list[tuple[Chunk, BaseException]] = []
            if works and (landed := flight.next()):
                lost = _settle(*landed, on_done, on_fail)
            if works and not lost:
                continue
            flight.executor.shutdown(at_once=False)
            for future, chunk in flight.aloft.items():
                lost += _settle(future, chunk, on_done, on_fail)
            broken = 0 if works else broken + 1
            if broken >= ATTEMPTS:
                raise MachineError(
                    "worker processes were ended in their start", "see whether memory is short"
                )
            if broken:
                time.sleep(PAUSE)
            for chunk, error in lost:
                if isinstance(error, ClusterLostError):
                    todo.add(chunk)
                    continue
                tries[chunk.number] += _blame(error, alone=alone)
                if tries[chunk.number] >= ATTEMPTS:
                    on_fail(chunk, error)
                else:
                    suspects.add(chunk)
            flight = _restarted(factory)
    except BaseException:
        flight.executor.shutdown(at_once=True)
        raise
    flight.executor.release()


def _blame(error: BaseException, *, alone: bool) -> int:
    """Return how many of its tries a lost chunk has used up."""
    if isinstance(error, FAULTS):
        return 1
    deaths = error.deaths if isinstance(error, WorkerLostError) else 1
    return deaths if alone else 0


def _restarted(factory: Callable[[], Executor]) -> _Flight:
    """Start an executor in place of one that broke."""
    try:
        return _Flight.start(factory)
    except ClusterError as error:
        raise ClusterLostError(f"the cluster was lost: {error}") from None


def _settle(
    future: Future[R],
    chunk: Chunk,
    on_done: Callable[[Chunk, R], None],
    on_fail: Callable[[Chunk, BaseException], None],
) -> list[tuple[Chunk, BaseException]]:
    """Report a finished future.

    Return its chunk and error if its worker was lost or the machine was at fault.
    """
    error = CancelledError() if future.cancelled() else future.exception()
    if isinstance(error, (BrokenExecutor, CancelledError, *FAULTS)):
        return [(chunk, error)]
    if error is None:
        on_done(chunk, future.result())
    else:
        on_fail(chunk, error)
    return []
