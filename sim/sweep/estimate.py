"""What a sweep will cost: known roughly at once, or from a few of its runs, timed and measured."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from functools import partial

from sim.months import month_name
from sim.sweep import execution
from sim.sweep.design import Design, Keep
from sim.sweep.execution import Simulate, run_chunk, workers_for
from sim.sweep.executors import ProcessPool
from sim.sweep.faults import MachineError
from sim.sweep.manifest import made_by
from sim.sweep.parts import Receipt
from sim.sweep.runs import Chunk, RunId
from sim.sweep.store import Store
from sim.vocabulary import CHANNELS, ORIGINS

SAMPLE = 4

# Of a run on the machine on which `make bench` was last recorded, in seconds of its processor.
SECONDS_A_MONTH = 3.3e-3
SECONDS_A_MONTH_AND_ADOPTER = 1e-7
SECONDS_TO_START = 4.0
LOOP = 50_000
SECONDS_OF_LOOP = 2.9e-3
"""A loop of Python, by which this machine is compared with that one."""

# On disk, parts compressed.
BYTES_A_NUMBER = 1.5
BYTES_A_COLUMN = 20
"""Of what a part of several runs says of each of its columns, for each of them."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Time and disk of the runs that are left, from what runs take in general: nothing is run.

    Attributes
    ----------
    workers : int
        Worker processes meant.
    seconds : float
        With their start, on this machine if nothing else uses it.
    bytes : float
        Disk.
    """

    workers: int
    seconds: float
    bytes: float


def outlook(plan: Design, left: int, workers: int | None = None) -> Outlook:
    """Return about what the runs of a design that are left will cost, in a few milliseconds.

    Parameters
    ----------
    plan
        The design.
    left
        Runs that are not finished.
    workers
        Worker processes. Default: as for the sweep.
    """
    width = workers_for(left) if workers is None else workers
    each = [
        scenario.months * (SECONDS_A_MONTH + SECONDS_A_MONTH_AND_ADOPTER * scenario.adopters)
        for scenario in (case.scenario for case in plan.cases)
    ]
    busy = SECONDS_TO_START + left * sum(each) / len(each) / min(width, max(left, 1))
    return Outlook(width, busy * _slowness(), left * _bytes_of_a_run(plan))


def _slowness() -> float:
    """Return how many times as long this machine takes for a loop of Python as the usual one."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        sum(i * i for i in range(LOOP))
        times.append(time.perf_counter() - start)
    return min(times) / SECONDS_OF_LOOP


def _bytes_of_a_run(plan: Design) -> float:
    """Return about how much disk a run takes: by the numbers that are kept of it."""
    from sim.data import countries, labs
    from sim.model.outcomes import OUTCOMES

    keep, months = plan.keep, plan.cases[0].scenario.months
    outcomes = len(OUTCOMES) if keep.outcomes is None else len(keep.outcomes)
    kept = len(keep.chosen([month_name(i) for i in range(months)]))
    moments = {"none": 0, "last": 1, "year-ends": months // 12, "half-years": months // 6}
    shares = len(ORIGINS) + 1 + (len(labs()) if keep.families else 0)
    places = moments[keep.countries] * len(countries()) * len(CHANNELS)
    return outcomes * (BYTES_A_COLUMN + BYTES_A_NUMBER * kept) + BYTES_A_NUMBER * places * shares


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
