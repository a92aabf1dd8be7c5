"""What a sweep will cost: a few of its runs are timed and measured, then multiplied."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass

from sim.sweep import Simulate, run_chunk, simulate_world, workers_for
from sim.sweep.design import Chunk, Design, Run
from sim.sweep.store import Store

SAMPLE = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """Size, time, disk and memory of a sweep on this machine.

    Attributes
    ----------
    cases, draws, replications, points, runs, finished : int
        Size of the design; `finished` runs are in the store already.
    workers : int
        Worker processes meant.
    sample, sample_failed : int
        Runs timed, and how many of them failed.
    seconds_per_run, seconds : float
        Timed on the sample; for all runs left on all workers.
    bytes_per_run, bytes : float
        Disk, for one run and for all that are left.
    worker_memory : float
        Peak resident memory of a process that makes runs, bytes.
    """

    cases: int
    draws: int
    replications: int
    points: int
    runs: int
    finished: int
    workers: int
    sample: int
    sample_failed: int
    seconds_per_run: float
    seconds: float
    bytes_per_run: float
    bytes: float
    worker_memory: float


def estimate(plan: Design, store: Store, workers: int | None = None, simulate: Simulate | None = None) -> Estimate:
    """Run up to four of a design's runs, spread over it, and estimate the rest; nothing is stored.

    Parameters
    ----------
    plan, store
        The design, and what is finished of it.
    workers
        Worker processes. Default: as for the sweep.
    simulate
        As for `sim.sweep.execute`.
    """
    points = list(plan.owners)
    chosen = dict.fromkeys(points[i * (len(points) - 1) // (SAMPLE - 1)] for i in range(SAMPLE))
    seconds, size, failed = [], [], 0
    for i, point in enumerate([points[0], *chosen]):  # the first warms up and is not counted
        case, world = plan.world(point)
        chunk = Chunk(0, (Run(point, case.name, world, 0),))
        start = time.perf_counter()
        receipt = run_chunk(
            chunk,
            seed=plan.seed,
            keep=plan.keep,
            folder=None,
            simulate=simulate or simulate_world,
        )
        if i:
            seconds.append(time.perf_counter() - start)
            size.append(sum(map(len, receipt.payload)))
            failed += receipt.failed
    finished = sum(len(store.finished[point]) for point in points if point in store.finished)
    left = plan.runs - finished
    width = workers_for(left) if workers is None else workers
    each, disk = sum(seconds) / len(seconds), sum(size) / len(size)
    unit = 1 if sys.platform == "darwin" else 1024
    return Estimate(
        cases=len(plan.cases),
        draws=len(plan.draws),
        replications=plan.replications,
        points=len(points),
        runs=plan.runs,
        finished=finished,
        workers=width,
        sample=len(seconds),
        sample_failed=failed,
        seconds_per_run=each,
        seconds=each * left / width,
        bytes_per_run=disk,
        bytes=disk * left,
        worker_memory=float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit),
    )
