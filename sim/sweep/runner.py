"""The runner: gives chunks to any executor, a bounded number at a time, and outlives the workers.

An executor needs `submit` and `shutdown` and returns futures with `add_done_callback`. The runner takes a *factory* of
executors, since a broken process pool cannot be revived. When a worker dies nobody knows which chunk killed it, so all
chunks in flight become suspects and are run one at a time; a chunk that kills its worker three times alone has failed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from sim.sweep.design import Chunk

ATTEMPTS = 3
"""Deaths of a worker on one chunk, run alone, after which the chunk has failed."""

PRELOADED = ("sim.world", "pyarrow.parquet")
"""What the fork server imports once, so that each worker starts with it."""

R = TypeVar("R")


class Executor(Protocol):
    """What the runner needs of an executor."""

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Start a task."""

    def shutdown(self, *, at_once: bool) -> None:
        """Wait for what is under way, or with `at_once` stop it, and end all workers."""


class InProcess:
    """Executor that works in the caller's own process, one chunk at a time."""

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Do the task now."""
        future: Future[R] = Future()
        try:
            future.set_result(task(chunk))
        except Exception as error:  # noqa: BLE001  handed on through the future
            future.set_exception(error)
        return future

    def shutdown(self, *, at_once: bool) -> None:
        """Nothing to end."""


class ProcessPool:
    """Executor of worker processes that end with their parent.

    Workers come from a fork server that has imported the model already: a worker then starts in a few hundredths of a
    second instead of one to two seconds of its own imports. The parent itself is never forked.
    """

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        heard, self._lifeline = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_enter_worker, initargs=(heard,))
        self._heard = heard

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Give the task to a worker."""
        with _main_module_hidden():
            return self._pool.submit(task, chunk)

    def shutdown(self, *, at_once: bool) -> None:
        """End the workers; `at_once` by cutting the line that keeps them alive."""
        if at_once:
            self._lifeline.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._lifeline.close()
        self._heard.close()


def _enter_worker(lifeline: connection.Connection) -> None:
    """Prepare a worker: only the parent answers Ctrl-C, and the worker ends with the parent or when the line is cut."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    watched: list[Any] = [lifeline] if parent is None else [lifeline, parent.sentinel]
    threading.Thread(target=_exit_when_cut, args=(watched,), daemon=True, name="watchdog").start()


def _exit_when_cut(watched: list[Any]) -> None:
    connection.wait(watched)
    os._exit(1)


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Keep workers from importing the caller's script again.

    Workers need nothing from it, and a script without an ``if __name__ == "__main__"`` guard would start the sweep
    again in each of them.
    """
    main: dict[str, Any] = vars(sys.modules["__main__"])
    kept = {name: main[name] for name in main if name in ("__spec__", "__file__")}
    main.pop("__file__", None)
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(kept)


@dataclass(slots=True)
class _Flight:
    """One executor and the chunks it has in hand."""

    executor: Executor
    landed: SimpleQueue[Future[Any]]
    aloft: dict[Future[Any], Chunk]

    @classmethod
    def start(cls, factory: Callable[[], Executor]) -> _Flight:
        return cls(factory(), SimpleQueue(), {})

    def launch(self, task: Callable[[Chunk], Any], queue: deque[Chunk], width: int) -> bool:
        """Submit chunks from the queue until `width` are in flight; return whether the executor still works."""
        while queue and len(self.aloft) < width:
            try:
                future = self.executor.submit(task, queue[0])
            except BrokenProcessPool:
                return False
            self.aloft[future] = queue.popleft()
            future.add_done_callback(self.landed.put)
        return True


def run_chunks(
    task: Callable[[Chunk], R],
    chunks: Iterable[Chunk],
    factory: Callable[[], Executor],
    on_done: Callable[[Chunk, R], None],
    on_fail: Callable[[Chunk, BaseException], None],
    *,
    window: int,
    attempts: int = ATTEMPTS,
) -> None:
    """Run a task on every chunk.

    Parameters
    ----------
    task
        Importable function of a chunk; what it returns travels back to this process, so it should be small.
    chunks
        In the order in which they are started.
    factory
        Called for an executor, and again each time one breaks.
    on_done, on_fail
        Called in this process, once for each chunk: with its result, or with what it raised.
    window
        Most chunks in flight.
    attempts
        Deaths of a worker alone with a chunk after which the chunk has failed.

    Raises
    ------
    KeyboardInterrupt
        When it arrives; workers are then stopped first. Whatever `on_done` and `on_fail` raise ends the sweep likewise.
    """
    todo, suspects, deaths = deque(chunks), deque[Chunk](), Counter[str]()
    flight = _Flight.start(factory)
    try:
        while todo or suspects or flight.aloft:
            alone = bool(suspects)
            works = flight.launch(task, suspects or todo, 1 if alone else window)
            lost: list[tuple[Chunk, BaseException]] = []
            if works:
                future = flight.landed.get()
                lost = _settle(future, flight.aloft.pop(future), on_done, on_fail)
            if lost or not works:
                flight.executor.shutdown(at_once=False)
                for future, chunk in flight.aloft.items():
                    lost += _settle(future, chunk, on_done, on_fail)
                flight = _Flight.start(factory)
            for chunk, error in lost:
                deaths[chunk.key] += alone
                if deaths[chunk.key] >= attempts:
                    on_fail(chunk, error)
                else:
                    suspects.append(chunk)
    except BaseException:
        flight.executor.shutdown(at_once=True)
        raise
    flight.executor.shutdown(at_once=False)


def _settle(
    future: Future[R],
    chunk: Chunk,
    on_done: Callable[[Chunk, R], None],
    on_fail: Callable[[Chunk, BaseException], None],
) -> list[tuple[Chunk, BaseException]]:
    """Report a finished future; return its chunk and error if its worker was lost."""
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        return [(chunk, error)]
    if error is None:
        on_done(chunk, future.result())
    else:
        on_fail(chunk, error)
    return []
