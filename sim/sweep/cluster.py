"""Executor on a dask cluster: one started on this machine, or one whose scheduler has an address.

The one that is started here is on the loopback.

Workers leave their parts in the results folder themselves, so all of them must see it under the
same path.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack
from typing import Any, TypeVar

from sim.sweep.design import Chunk
from sim.sweep.executors import interrupts_held, main_module_hidden
from sim.sweep.runner import ATTEMPTS, ClusterError, WorkerLostError

CONNECT_SECONDS = 20

R = TypeVar("R")


class DaskCluster:
    """Executor of dask workers.

    Dask gives a chunk whose worker died to another one, and gives it up when `ATTEMPTS` workers
    have died with it.

    Parameters
    ----------
    workers
        Number of processes on this machine.
    address
        Scheduler of a cluster to join instead.

    Raises
    ------
    ClusterError
        If dask is not installed, or no scheduler with workers answers at the address.
    """

    deaths = ATTEMPTS

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
            threads = sum(self._client.nthreads().values())
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
        if not threads:
            self._stack.close()
            raise ClusterError(f"the dask scheduler at {address} has no workers")
        self.window = 2 * threads
        self._answers: dict[Any, Future[Any]] = {}

    def submit(self, task: Callable[[Chunk], R], chunk: Chunk, /) -> Future[R]:
        """Give the task to a worker."""
        asked = self._client.submit(task, chunk, pure=False, retries=0)
        answer: Future[R] = Future()
        self._answers[asked] = answer

        def settle(future: Any) -> None:
            self._answers.pop(future, None)
            try:
                _copy(future, answer)
            except Exception as error:  # noqa: BLE001  a chunk without an answer would be waited for for ever
                answer.set_exception(WorkerLostError(f"the cluster was lost: {error}"))

        asked.add_done_callback(settle)
        return answer

    def release(self) -> None:
        """Leave the cluster."""
        self.shutdown(at_once=False)

    def shutdown(self, *, at_once: bool) -> None:
        """Leave the cluster, which forgets what it was given; one that was started here ends."""
        if not at_once:
            wait(list(self._answers.values()))
        self._stack.close()


def _copy(future: Any, answer: Future[Any]) -> None:
    """Hand what became of a dask future to one of the standard library, as the runner knows it."""
    from distributed import KilledWorker

    if future.status == "cancelled":
        answer.set_exception(WorkerLostError("the cluster was lost"))
        return
    error = future.exception()
    if isinstance(error, KilledWorker):
        error = WorkerLostError(f"{ATTEMPTS} workers died with it")
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
