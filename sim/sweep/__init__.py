"""Sweeps: a design (which worlds), a runner (any executor), a store (Parquet) and a study that only reads the store."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.interrupt import outside_kernels
from sim.sweep.design import Chunk, Design
from sim.sweep.runner import InProcess, ProcessPool, run_chunks
from sim.sweep.store import Failure, Receipt, Series, Store, StoreError, deposit

if TYPE_CHECKING:
    from pathlib import Path

    from sim.scenario import Scenario
    from sim.sweep.study import Study

__all__ = ["StoreError", "Study", "compare", "run", "sweep"]

Progress = Callable[[int, int, int], None]
"""Called with the runs finished, failed and in all."""

Simulate = Callable[["Scenario", int, int], Series]
"""A run: scenario, replication and root seed to its series."""

FEW_RUNS = 16
"""Up to so many runs the start of worker processes costs more than they save."""


def compare(
    scenarios: str | Scenario | Sequence[str | Scenario],
    against: str | Scenario = "status-quo",
    *,
    replications: int = 32,
    seed: int = 0,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    also_without_assumed: bool = True,
) -> Study:
    """Run scenarios and a reference under the same random numbers and compare them, replication by replication.

    Parameters
    ----------
    scenarios
        Names, files or scenarios. The reference may be among them.
    against
        The reference.
    replications
        Runs of each scenario.
    seed
        Root seed.
    workers
        Worker processes; 1 runs everything in this process. Default: as many as there are processors, 1 for few runs.
        The results are the same to the last bit.
    out
        Folder for the results; a folder that holds the same results already is used again, and completed if a sweep
        was stopped. Default: kept in memory.
    progress
        Called after each chunk with the runs finished, failed and in all.
    also_without_assumed
        Run everything once more with all assumed responses at 0, for `Study.without_assumed`.

    Returns
    -------
    Study
        Its `failures` name the runs that failed.

    Raises
    ------
    ScenarioError
        If a scenario cannot be used.
    StoreError
        If the folder cannot be used.
    """
    from sim.sweep.study import Study

    reference = _loaded(against)
    asked = [_loaded(scenario) for scenario in _several(scenarios)]
    others = [other for other in asked if (other.name, other.id) != (reference.name, reference.id)]
    plan = Design.of([reference, *others], replications, seed, also_without_assumed=also_without_assumed)
    return Study(sweep(plan, workers=workers, out=out, progress=progress), plan)


def run(
    scenario: str | Scenario,
    *,
    replications: int = 1,
    seed: int = 0,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Study:
    """Run one scenario. Parameters, result and errors as for `compare`."""
    from sim.sweep.study import Study

    plan = Design.of([_loaded(scenario)], replications, seed, also_without_assumed=False)
    return Study(sweep(plan, workers=workers, out=out, progress=progress), plan)


def sweep(
    plan: Design,
    *,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    simulate: Simulate | None = None,
) -> Store:
    """Run what a design asks for and the store does not hold yet.

    Parameters
    ----------
    plan
        The design.
    workers, out, progress
        As for `compare`.
    simulate
        Importable function that makes a run. Default: `simulate_world`.

    Raises
    ------
    StoreError
        If the folder cannot be used.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers = {workers}: must be at least 1")
    store = _store(out)
    with store.writing(plan), outside_kernels():
        todo = [chunk for chunk in plan.chunks() if chunk.key not in store.parts]
        tally = _Tally(store, plan, progress)
        width = _workers(todo) if workers is None else min(workers, max(1, len(todo)))
        run_chunks(
            partial(run_chunk, seed=plan.seed, folder=store.folder, simulate=simulate or simulate_world),
            todo,
            InProcess if width == 1 else partial(ProcessPool, width),
            tally.done,
            tally.failed,
            window=1 if width == 1 else 2 * width,
        )
    return store


def simulate_world(scenario: Scenario, replication: int, seed: int) -> Series:
    """Run one world and return its series."""
    from sim.world import World

    series: Series = World(scenario, rng=seed, replication=replication).run()
    return series


def run_chunk(chunk: Chunk, *, seed: int, folder: Path | None, simulate: Simulate) -> Receipt:
    """Do the runs of a chunk, leave their part and return its receipt; a run that raises is noted, the others go on."""
    runs: list[tuple[int, Series]] = []
    failures = []
    for replication in range(chunk.first, chunk.stop):
        try:
            series = simulate(chunk.scenario, replication, seed)
            _check(series, runs[0][1] if runs else None)
        except Exception as error:  # noqa: BLE001  whatever a run raises is recorded and stops nothing
            failures.append(_failure(chunk, replication, seed, error))
        else:
            runs.append((replication, series))
    return deposit(chunk, runs, failures, seed, folder)


def _check(series: Series, first: Series | None) -> None:
    """Refuse a run whose arrays do not fit its names or another run of the same scenario."""
    if series.values.ndim != 2 or series.values.shape[1] != len(series.names):
        raise ValueError(f"series of shape {series.values.shape} for {len(series.names)} outcomes")
    if series.countries.shape != (*series.panel.shape, 3):
        raise ValueError(f"country shares of shape {series.countries.shape} for a panel of shape {series.panel.shape}")
    if first is not None and _form(series) != _form(first):
        raise ValueError("the run has other outcomes or months than the ones before it")


def _form(series: Series) -> tuple[Any, ...]:
    return series.names, series.values.shape, series.panel.shape


def _failure(chunk: Chunk, replication: int, seed: int, error: BaseException) -> Failure:
    words = f"{type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return Failure(chunk.scenario.name, chunk.scenario.id, replication, seed, words, text)


class _Tally:
    """Counts finished and failed runs, enters finished chunks in the store and reports progress."""

    def __init__(self, store: Store, plan: Design, progress: Progress | None) -> None:
        self._store, self._plan, self._progress = store, plan, progress
        self._finished = sum(len(part.replications) for part in store.parts.values())
        self._failed = len(store.failures())
        self._report()

    def done(self, chunk: Chunk, receipt: Receipt) -> None:
        self._store.accept(receipt)
        self._finished += receipt.finished
        self._failed += receipt.failed
        self._report()

    def failed(self, chunk: Chunk, error: BaseException) -> None:
        for replication in range(chunk.first, chunk.stop):
            self._store.lost.append(_failure(chunk, replication, self._plan.seed, error))
        self._failed += chunk.size
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self._finished, self._failed, self._plan.runs)


def _store(out: str | os.PathLike[str] | None) -> Store:
    if out is None:
        return Store()
    from sim.sweep.folder import Folder

    return Folder(out)


def _workers(todo: Sequence[Chunk]) -> int:
    """Return the default number of workers for some chunks."""
    if sum(chunk.size for chunk in todo) <= FEW_RUNS:
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, len(todo))


def _several(scenarios: str | Scenario | Sequence[str | Scenario]) -> Sequence[str | Scenario]:
    from sim.scenario import Scenario

    return [scenarios] if isinstance(scenarios, str | Scenario) else scenarios


def _loaded(scenario: str | Scenario) -> Scenario:
    from sim.scenario import Scenario, load

    return scenario if isinstance(scenario, Scenario) else load(scenario)


def __getattr__(name: str) -> Any:
    """Give `Study`, whose module is read when it is first asked for."""
    if name == "Study":
        from sim.sweep.study import Study

        return Study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
