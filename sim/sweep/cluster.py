"""Executor on a dask cluster: one started on this machine, or one whose scheduler has an address.

The one that is started here is on the loopback.

Workers leave their parts in the results folder themselves, so all of them must see it under the
same path. Workers may join and leave while a sweep runs.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sim.messages import printable
from sim.sweep.executors import interrupts_held, main_module_hidden
from sim.sweep.faults import FAULTS
from sim.sweep.runner import (
    ATTEMPTS,
    LOOK,
    ClusterError,
    ClusterLostError,
    UnfitWorkerError,
    WorkerLostError,
)
from sim.sweep.runs import Chunk

CONNECT_SECONDS = 20

PER_THREAD = 4
"""Chunks in flight for each thread of a worker.

Adaptive clusters start workers for work of more than five seconds each that is waiting.
"""
FEWEST = 16
"""Chunks in flight on a cluster of few workers or none: what is waiting has it start some."""

R = TypeVar("R")


class _RefusedError(Exception):
    """What an unfit worker raised, or one whose machine was at fault, with its address."""

    def __init__(self, address: str, error: Exception) -> None:
        super().__init__(address, error)  # all of it, since it travels between processes
        self.address, self.error = address, error


@dataclass(slots=True)
class _Asked:
    """A task given to the cluster, where its answer goes, and who alone may do it, if not all."""

    task: Callable[[Chunk], Any]
    chunk: Chunk
    answer: Future[Any] = field(default_factory=Future)
    faults: int = 0
    only: list[str] = field(default_factory=list)


class DaskCluster:
    """Executor of dask workers.

    Dask gives a chunk whose worker died to another one, and gives it up when `ATTEMPTS` workers
    have died with it; a scheduler that was joined has a number of its own. A worker that leaves in
    good order, as `dask worker --lifetime` has it, is not held against its chunks. One that is
    unfit, or whose machine is at fault, is named on stderr and not used any more while there are
    others.

    Parameters
    ----------
    workers
        Number of processes on this machine.
    address
        Scheduler of a cluster to join instead. If it has no workers yet, chunks wait for them.

    Raises
    ------
    ClusterError
        If dask is not installed, or no scheduler answers at the address.
    """

    def __init__(self, workers: int, address: str | None = None) -> None:
        try:
            import dask
            import distributed
        except ImportError:
            raise ClusterError("dask is not installed: pip install 'openstakes[cluster]'") from None
        self._stack = ExitStack()
        settings = {
            "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
            "distributed.admin.tick.limit": "1h",
        }
        self._stack.enter_context(dask.config.set(settings))
        self._stack.enter_context(_quiet())
        try:
            if address is None:
                # A worker that is started again reads the main module too, so it stays hidden while
                # the cluster lives.
                self._stack.enter_context(main_module_hidden())
                with interrupts_held():
                    cluster = distributed.LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address=None,
                        scheduler_kwargs={
                            "dashboard_address": "127.0.0.1:0"
                        },  # of /health; 8787 may be taken
                        silence_logs=logging.CRITICAL,
                    )
                    self._stack.callback(cluster.close)
            self._client = distributed.Client(
                address or cluster,
                timeout=CONNECT_SECONDS,
                set_as_default=False,
                heartbeat_interval="5s",
            )
            self._stack.callback(self._client.close)
            self._threads: dict[str, int] = self._client.nthreads()
        except (OSError, RuntimeError, EOFError) as error:
            self._stack.close()
            what = (
                f"no dask scheduler answers at {address}"
                if address
                else "dask does not start on this machine"
            )
            raise ClusterError(f"{what}: {error}") from None
        except BaseException:
            self._stack.close()
            raise
        self._address = address
        self._asked: dict[Any, _Asked] = {}
        self._unfit: set[str] = set()
        self._looked = time.monotonic()
        self._say_waiting()

    @property
    def window(self) -> int:
        """Most chunks in flight, by the workers that there are now."""
        self._look()
        return max(FEWEST, PER_THREAD * sum(self._threads.values()))

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Give the task to a worker."""
        asked = _Asked(task, chunk)
        self._ask(asked)
        return asked.answer

    def release(self) -> None:
        """Leave the cluster."""
        self.shutdown(at_once=False)

    def shutdown(self, *, at_once: bool) -> None:
        """Leave the cluster, which forgets what it was given; one that was started here ends."""
        while not at_once and self._asked:
            wait([asked.answer for asked in list(self._asked.values())], LOOK)
            self._look()
        self._stack.close()

    def _ask(self, asked: _Asked) -> None:
        """Give a task to a worker that is not known to be unfit, or to any if none is left."""
        asked.only = sorted(self._threads.keys() - self._unfit) if self._unfit else []
        try:
            future = self._client.submit(
                _do, asked.task, asked.chunk, pure=False, retries=0, workers=asked.only or None
            )
        except Exception as error:  # noqa: BLE001  dask's own error for this is not public
            raise WorkerLostError(f"the cluster was lost: {error}") from None
        self._asked[future] = asked
        future.add_done_callback(self._settle)

    def _settle(self, future: Any) -> None:
        """Hand what became of a task to its answer, or to another worker."""
        asked = self._asked.get(future)
        if asked is None:  # asked anew meanwhile
            return
        try:
            if not self._asked_elsewhere(future, asked):
                _copy(future, asked.answer)
        except Exception as error:  # noqa: BLE001  a chunk without an answer would be waited for for ever
            asked.answer.set_exception(ClusterLostError(f"the cluster was lost: {error}"))
        self._asked.pop(future, None)

    def _asked_elsewhere(self, future: Any, asked: _Asked) -> bool:
        """Ask another worker in place of one that refused, if there is one; return whether.

        A chunk that has met `ATTEMPTS` faults of machines may be their cause: it is not tried on
        one machine after the other.
        """
        refused = future.exception() if future.status == "error" else None
        if not isinstance(refused, _RefusedError):
            return False
        asked.faults += isinstance(refused.error, FAULTS)
        self._threads = self._client.nthreads()
        if asked.faults >= ATTEMPTS or self._threads.keys() <= {*self._unfit, refused.address}:
            return False
        if refused.address not in self._unfit:
            self._unfit.add(refused.address)
            words = f"the worker at {refused.address} is not used any more: {refused.error}"
            print(printable(words), file=sys.stderr)
        self._ask(asked)
        return True

    def _look(self) -> None:
        """Find out which workers there are, at most once in `LOOK` seconds.

        Tasks that only workers may do that have left are given to others.
        """
        if time.monotonic() < self._looked + LOOK:
            return
        had = bool(self._threads)
        try:
            self._threads = self._client.nthreads()
        except (OSError, RuntimeError, TypeError, AttributeError):
            return  # a scheduler that is lost fails what it had in hand, too
        finally:
            self._looked = time.monotonic()
        if had:
            self._say_waiting()
        for future, asked in list(self._asked.items()):
            if asked.only and self._threads.keys().isdisjoint(asked.only):
                del self._asked[future]
                future.cancel()
                self._ask(asked)

    def _say_waiting(self) -> None:
        """Say that there are no workers; those of a cluster of our own are started again."""
        if not self._threads and self._address:
            words = f"waiting for workers: start some by: dask worker {self._address} --nthreads 1"
            print(words, file=sys.stderr)


def _do(task: Callable[[Chunk], R], chunk: Chunk) -> R:
    """Do a task in a worker; of what is not the chunk's fault, say whose it is."""
    from distributed import get_worker

    try:
        return task(chunk)
    except (UnfitWorkerError, *FAULTS) as error:
        raise _RefusedError(get_worker().address, error) from None


def _copy(future: Any, answer: Future[Any]) -> None:
    """Hand what became of a dask future to one of the standard library, as the runner knows it."""
    from distributed import KilledWorker

    if future.status == "cancelled":
        answer.set_exception(ClusterLostError("the cluster was lost"))
        return
    error = future.exception()
    if isinstance(error, KilledWorker):
        deaths = error.allowed_failures + 1
        error = WorkerLostError(f"{deaths} workers died with it", deaths)
    if isinstance(error, _RefusedError):
        error = error.error
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(future.result())


def _quiet() -> Any:
    """Keep dask's own log lines off the terminal: what matters of them arrives as errors."""
    stack = ExitStack()
    for name in sorted(logging.root.manager.loggerDict):
        if name.partition(".")[0] not in ("distributed", "tornado"):
            continue
        logger = logging.getLogger(name)
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
    return stack
