"""Worker processes that stay between comparisons, and the runs they have made."""

from __future__ import annotations

import os
from collections import OrderedDict
from types import TracebackType
from typing import Self

from sim.messages import whole
from sim.sweep.design import Design
from sim.sweep.executors import InProcess, ProcessPool
from sim.sweep.parts import Part, Receipt
from sim.sweep.runner import Executor
from sim.sweep.store import Store

MOST_BYTES = 256 * 2**20
"""Most bytes of runs that are kept; those used longest ago go first."""


class Workers:
    """Worker processes that stay, and the runs they have made.

    Comparisons that are given the same workers start at once, and a world that was run before under
    the same seed is not run again: a reference is run once for all that is compared with it. Give
    them to `compare`, `run` or `run_sweep` in place of a number; they end with the `with` block::

        with sim.Workers() as workers:
            for friction in (0.05, 0.15, 0.3):
                control = sim.load(
                    "p1-blanket", settings=[f"policy.open-weight-control.kyc_friction={friction}"]
                )
                study = sim.compare(control, replications=8, workers=workers)

    Results are the same to the last bit as those of new workers. Runs are kept in memory, 256 MB at
    most, if no folder is given.

    Parameters
    ----------
    count
        Number of processes, at least 1; 1 runs everything in the caller's process. Default: as many
        as there are processors.

    Raises
    ------
    ValueError
        If the number is no whole number from 1 on.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = processors() if count is None else whole("workers", count, 1, 100_000)
        self._pool: _StayingPool | None = None
        self._kept: OrderedDict[str, tuple[Part, Receipt]] = OrderedDict()
        if self.count > 1:
            self._pool = _StayingPool(self.count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and forget all runs; used again, they start anew."""
        self._kept.clear()
        if self._pool is not None and not self._pool.ended:
            self._pool.shutdown(at_once=True)

    # What the execution of a design asks for

    def executor(self) -> Executor:
        """Return what runs chunks: the processes that are there, or new ones where they ended."""
        if self._pool is None:
            return InProcess()
        if self._pool.ended:
            self._pool = _StayingPool(self.count)
        return self._pool

    def recall(self, design: Design) -> Store:
        """Return a store that holds what is kept of a design."""
        store, table = Store(), design.keep.table()
        for name, (part, receipt) in list(self._kept.items()):
            if (
                part.seed == design.seed
                and part.keep == table
                and all(map(design.asks_for, part.runs))
            ):
                self._kept.move_to_end(name)
                store.accept(receipt)
        return store

    def remember(self, part: Part, receipt: Receipt) -> None:
        """Keep the runs of a part; runs that failed are done again another time."""
        if part.failures:
            return
        self._kept[part.name] = part, receipt
        while sum(kept.size for _, kept in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)


class _StayingPool(ProcessPool):
    """A pool whose workers stay when a sweep has all it asked for."""

    ended = False

    def release(self) -> None:
        """Stay: another sweep may come."""

    def shutdown(self, *, at_once: bool) -> None:
        """End the workers."""
        self.ended = True
        super().shutdown(at_once=at_once)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
