"""What a sweep will cost: a few of its runs are timed and measured, then multiplied."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from functools import partial

from sim.sweep import execution
from sim.sweep.design import Design, Keep
from sim.sweep.execution import Simulate, run_chunk, workers_for
from sim.sweep.executors import ProcessPool
from sim.sweep.faults import MachineError
from sim.sweep.manifest import made_by
from sim.sweep.parts import Receipt
from sim.sweep.runs import Chunk, RunId
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
    startup : float
        Seconds until a new worker process has done its first run, less the time of a run.
    seconds_per_run, seconds : float
        Timed on the sample; for all runs left on all workers, with their start.
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
    startup: float
    seconds_per_run: float
    seconds: float
    bytes_per_run: float
    bytes: float
    worker_memory: float


def estimate(
    plan: Design, store: Store, workers: int | None = None, simulate: Simulate | None = None
) -> Estimate:
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
    worlds = list(plan.owners)
    chosen = dict.fromkeys(worlds[i * (len(worlds) - 1) // (SAMPLE - 1)] for i in range(SAMPLE))
    seconds, size, failed = [], [], 0
    make = partial(_run, seed=plan.seed, keep=plan.keep, simulate=simulate)
    first = _chunk(plan, worlds[0])
    make(first)  # warms up and is not counted
    for world in chosen:
        chunk = _chunk(plan, world)
        start = time.perf_counter()
        (receipt,) = make(chunk)
        seconds.append(time.perf_counter() - start)
        size.append(receipt.size)
        failed += receipt.failed
    finished = len(store.finished)
    left = plan.runs - finished
    width = workers_for(left) if workers is None else workers
    each, disk = sum(seconds) / len(seconds), sum(size) / len(size)
    startup = max(0.0, _seconds_in_a_new_worker(make, first) - each) if left else 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return Estimate(
        cases=len(plan.cases),
        draws=len(plan.draws),
        replications=plan.replications,
        points=len(worlds),
        runs=plan.runs,
        finished=finished,
        workers=width,
        sample=len(seconds),
        sample_failed=failed,
        startup=startup,
        seconds_per_run=each,
        seconds=startup + each * left / width,
        bytes_per_run=disk,
        bytes=disk * left,
        worker_memory=float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit),
    )


def _chunk(plan: Design, world: tuple[str, int]) -> Chunk:
    """Return the first replication of a design point under a draw, alone."""
    return Chunk(0, (plan.run(RunId(*world, 0)),))


def _run(chunk: Chunk, *, seed: int, keep: Keep, simulate: Simulate | None) -> tuple[Receipt, ...]:
    """Do the run of a chunk and store nothing."""
    simulate = simulate or execution.simulate_world
    return run_chunk(chunk, made=made_by(), seed=seed, keep=keep, folder=None, simulate=simulate)


def _seconds_in_a_new_worker(make: Callable[[Chunk], tuple[Receipt, ...]], chunk: Chunk) -> float:
    """Return how long a worker process takes from nothing to the end of a first run."""
    start = time.perf_counter()
    pool = ProcessPool(1)
    try:
        pool.submit(make, chunk).result()
        return time.perf_counter() - start
    except BrokenExecutor as error:
        raise MachineError(
            f"a worker process was ended ({error})", "see whether memory is short"
        ) from None
    finally:
        pool.shutdown(at_once=True)
