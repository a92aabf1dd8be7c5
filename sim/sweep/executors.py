"""Executors on this machine: the caller's own process, and workers that end with it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, resource_tracker
from typing import TYPE_CHECKING, Any, TypeVar

from sim.model.kernels import notices
from sim.model.warming import warm
from sim.sweep.runner import Executor, WorkerLostError
from sim.sweep.runs import Chunk

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock

PRELOADED = ("sim.model.world", "pyarrow.parquet")
"""What the fork server imports once, so that each worker starts with it."""

R = TypeVar("R")


class InProcess:
    """Executor that works in the caller's own process, one chunk at a time."""

    window = 1

    def __init__(self) -> None:
        warm()

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Do the task now."""
        future: Future[R] = Future()
        try:
            future.set_result(task(chunk))
        except Exception as error:  # noqa: BLE001  handed on through the future
            future.set_exception(error)
        return future

    def release(self) -> None:
        """Nothing to end."""

    def shutdown(self, *, at_once: bool) -> None:
        """Nothing to end."""


class ProcessPool:
    """Executor of worker processes that end with their parent.

    Workers come from a fork server that has imported the model already: a worker then starts in a
    few hundredths of a second instead of one to two seconds of its own imports. The parent itself
    is never forked.

    Parameters
    ----------
    workers
        Number of processes.
    method
        "forkserver" or "spawn".
    """

    def __init__(self, workers: int, method: str = "forkserver") -> None:
        warm()
        context = multiprocessing.get_context(method)
        context.set_forkserver_preload(list(PRELOADED))
        self.window = 2 * workers
        heard, self._lifeline = context.Pipe(duplex=False)
        unsaid = {text: context.Lock() for text in notices.ALL}
        self._pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_enter_worker, initargs=(heard, unsaid)
        )
        self._heard = heard

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Give the task to a worker."""
        try:
            with main_module_hidden(), interrupts_held():
                return self._pool.submit(task, chunk)
        except (EOFError, ConnectionError):
            raise WorkerLostError("a worker process was ended in its start") from None

    def release(self) -> None:
        """End the workers."""
        self.shutdown(at_once=False)

    def shutdown(self, *, at_once: bool) -> None:
        """End the workers; `at_once` by cutting the line that keeps them alive."""
        if at_once:
            self._lifeline.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._lifeline.close()
        self._heard.close()


def _enter_worker(lifeline: connection.Connection, unsaid: dict[str, Lock]) -> None:
    """Prepare a worker: only the parent answers Ctrl-C.

    The worker ends with the parent or when the line is cut.

    What all workers would say is said by the first of them.
    """
    notices.share(unsaid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is imported stays: each full collection would look through all of it
    parent = multiprocessing.parent_process()
    watched: list[Any] = [lifeline] if parent is None else [lifeline, parent.sentinel]
    threading.Thread(target=_exit_when_cut, args=(watched,), daemon=True, name="watchdog").start()


def _exit_when_cut(watched: list[Any]) -> None:
    connection.wait(watched)
    os._exit(1)


@contextmanager
def main_module_hidden() -> Iterator[None]:
    """Keep workers from importing the caller's script again.

    Workers need nothing from it, and a script without an ``if __name__ == "__main__"`` guard would
    start the sweep again in each of them.
    """
    main: dict[str, Any] = vars(sys.modules["__main__"])
    kept = {name: main[name] for name in main if name in ("__spec__", "__file__")}
    main.pop("__file__", None)
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(kept)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started.

    It is raised at the end of the block, and never reaches them.

    A process, like a thread, begins with the signals blocked that its starter has blocked: Ctrl-C
    cannot hit a worker that is still reading its modules in. Here blocking is not enough, since
    another thread may take the signal.
    """
    caught: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and callable(handler)
    resource_tracker.ensure_running()  # its own start would unblock the signal
    if ours:
        signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:
            signal.signal(signal.SIGINT, handler)
        if caught:
            signal.raise_signal(signal.SIGINT)


def executor_factory(name: str, workers: int) -> Callable[[], Executor]:
    """Return what makes the executor of a name.

    Parameters
    ----------
    name
        "pool": processes on this machine, or this process if there is one worker. "dask": a cluster
        of `workers` processes on this machine. "dask:ADDRESS": the cluster whose scheduler is
        there.
    workers
        Number of worker processes; a cluster that is joined has its own.

    Raises
    ------
    ValueError
        If there is no such executor.
    """
    if name == "pool":
        return InProcess if workers == 1 else partial(ProcessPool, workers)
    kind, _, address = name.partition(":")
    if kind != "dask" or (address and not address.startswith(("tcp://", "tls://"))):
        raise ValueError(f"executor = {name!r}: must be pool, dask, or dask:tcp://HOST:PORT")
    from sim.sweep.cluster import DaskCluster

    return partial(DaskCluster, workers, address or None)
