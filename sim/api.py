"""What scripts call: runs, comparisons and sweeps, each of which returns a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sim import report  # gives `Study` its method `plot`
from sim.analysis.study import Study
from sim.scenario.scenario import Scenario, given
from sim.sweep.design import DRAWS, Design
from sim.sweep.execution import Again, OnError, Progress, execute
from sim.sweep.experiment import load_experiment
from sim.sweep.store import Store
from sim.sweep.uncertainties import comparison
from sim.sweep.workers import Workers

__all__ = ["Study", "Workers", "compare", "report", "run", "run_sweep"]

Arrived = Callable[[Study], None]
"""Called with the study of what is finished so far."""


def compare(
    scenarios: str | Scenario | Sequence[str | Scenario],
    against: str | Scenario = "status-quo",
    *,
    draws: int = DRAWS,
    replications: int | None = None,
    seed: int = 0,
    workers: int | Workers | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    arrived: Arrived | None = None,
    also_without_assumed: bool = True,
) -> Study:
    """Run scenarios and a reference under the same random numbers and compare them.

    Parameters
    ----------
    scenarios
        Names, files or scenarios. The reference may be among them.
    against
        The reference.
    draws
        Run all scenarios under the first so many draws of the calibrated ensemble: sets of values
        of uncertain parameters, each with luck of its own. Parameters that one of the scenarios
        sets itself are not drawn. 0: every parameter keeps its central value, so that differences
        show chance alone.
    replications
        Runs of each scenario, under each draw; replication k of all of them has the same random
        numbers. Default: 1, without draws 32.
    seed
        Root seed, 0 to 2**63 - 1.
    workers
        Worker processes; 1 runs everything in this process. Default: as many as there are
        processors, 1 for few runs. `Workers` stay between calls, and what they have run is not run
        again. The results are the same to the last bit.
    out
        Folder for the results; a folder that holds the same results already is used again, and
        completed if a sweep was stopped. Default: kept in memory.
    progress
        Called after each chunk with the runs finished, failed and in all.
    arrived
        Called after each chunk with the study of what is finished so far. What it raises ends the
        comparison.
    also_without_assumed
        Run everything once more with all assumed responses at 0, for `Study.without_assumed`.

    Returns
    -------
    Study
        Its `failures` name the runs that failed.

    Raises
    ------
    ScenarioError
        If a scenario cannot be used, or the ensemble has not so many draws.
    StoreError
        If the folder cannot be used.
    MachineError
        If a fault of the machine, such as a full disk, met the same runs three times. What is
        finished stays in `out`.
    """
    reference = given(against)
    asked = [given(scenario) for scenario in _several(scenarios)]
    others = [other for other in asked if (other.name, other.id) != (reference.name, reference.id)]
    plan = comparison(
        [reference, *others], replications, draws, seed, also_without_assumed=also_without_assumed
    )
    return _study(plan, arrived, workers=workers, out=out, progress=progress)


def run(
    scenario: str | Scenario,
    *,
    replications: int = 1,
    seed: int = 0,
    workers: int | Workers | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    arrived: Arrived | None = None,
) -> Study:
    """Run one scenario.

    Parameters
    ----------
    scenario
        Name, file or scenario.
    replications
        Number of runs; replication k has the same random numbers whatever the scenario.
    seed
        Root seed, 0 to 2**63 - 1.
    workers, out, progress, arrived
        As for `compare`.

    Returns
    -------
    Study
        Of one case, which is its own reference. Its `failures` name the runs that failed.

    Raises
    ------
    ScenarioError
        If the scenario cannot be used.
    StoreError
        If the folder cannot be used.
    MachineError
        As for `compare`.
    """
    plan = Design.of([given(scenario)], replications, seed, also_without_assumed=False)
    return _study(plan, arrived, workers=workers, out=out, progress=progress)


def run_sweep(
    experiment: str | os.PathLike[str] | Mapping[str, Any],
    *,
    draws: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | Workers | None = None,
    executor: str = "pool",
    out: str | os.PathLike[str] | None = None,
    on_error: OnError = "record",
    again: Again | None = None,
    progress: Progress | None = None,
    arrived: Arrived | None = None,
) -> Study:
    """Run an experiment: scenarios x levers x uncertain numbers x replications.

    Parameters
    ----------
    experiment
        Name of a shipped experiment, a file, or the tables that a file would hold (see
        `sim.sweep.experiment`).
    draws
        Draws of the uncertain numbers, in place of those of the experiment. Of an experiment that
        has none all cases run under so many draws of the calibrated ensemble, each once unless
        `replications` says otherwise.
    replications, seed
        In place of those of the experiment.
    workers
        As for `compare`.
    executor
        "pool"; "dask" for a cluster on this machine; "dask:tcp://HOST:PORT" to join one that sees
        `out`.
    out
        Folder for the results. What it holds of the experiment already is used again, and what is
        missing is run: a sweep that was stopped is completed, one with more replications, draws or
        cases is extended.
    on_error
        "record": a run that fails is recorded and the others go on. "stop": it ends the sweep.
    again
        "failed": also do the runs that `out` holds as failed once more. Default: they stay failed.
    progress, arrived
        As for `compare`.

    Returns
    -------
    Study
        Its `failures` name the runs that failed.

    Raises
    ------
    ScenarioError
        If the experiment or one of its scenarios cannot be used.
    StoreError
        If the folder cannot be used.
    MachineError
        As for `compare`.
    RunFailedError
        If a run failed and `on_error` is "stop".
    """
    plan = load_experiment(experiment, draws=draws, replications=replications, seed=seed)[1]
    return _study(
        plan,
        arrived,
        workers=workers,
        executor=executor,
        out=out,
        on_error=on_error,
        again=again,
        progress=progress,
    )


def _study(plan: Design, arrived: Arrived | None, **rest: Any) -> Study:
    """Run what a design asks for and return its study; tell of each study on the way."""

    def tell(store: Store) -> None:
        if arrived is not None:
            arrived(Study(store, plan))

    return Study(execute(plan, arrived=tell, **rest), plan)


def _several(scenarios: str | Scenario | Sequence[str | Scenario]) -> Sequence[str | Scenario]:
    return [scenarios] if isinstance(scenarios, str | Scenario) else scenarios
