"""Runs for the calibration: every measure of a candidate, on the engine of sweeps.

A candidate is a draw of parameters, and draws have luck of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.calibration.measures import LAST_MONTH, MEASURES, Floats, Run
from sim.data import targets
from sim.model.records import Series
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design, Keep
from sim.sweep.draws import Draws
from sim.sweep.execution import Progress, RunFailedError, Simulate, execute
from sim.sweep.store import Store

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario
    from sim.sweep.workers import Workers

NAMES = tuple(MEASURES)
FREE = {target.id for target in targets() if target.mode == "free"}


def measured(scenario: Scenario, luck: int, seed: int) -> Series:
    """Run a candidate in both histories and return its measures as the series of one month.

    Parameters
    ----------
    scenario
        The candidate: its parameters are those of the scenario.
    luck, seed
        As of any run.

    Raises
    ------
    ValueError
        If a measure is no finite number: the run fails, and its reason is kept.
    """
    from sim.model.world import World

    runs = {}
    for history in ("replay", "free"):
        world = World(scenario.model_copy(update={"history": history}), rng=seed, replication=luck)
        runs[history] = Run(world.run(), world.p)
    found = [
        measure(runs["free" if name in FREE else "replay"]) for name, measure in MEASURES.items()
    ]
    return one_month(NAMES, LAST_MONTH, found)


def one_month(names: tuple[str, ...], month: str, values: Sequence[float]) -> Series:
    """Return readings of a run as the series of one month, without a table by country."""
    nowhere = np.zeros((0, 1, 1, 4), np.float32)
    return Series(
        names, (month,), np.array([values], np.float32), (), nowhere, np.ones((1, 1), np.int64)
    )


def one_case(
    name: str, scenario: str, end: str, draws: Draws, seed: int, keep: Keep, replications: int = 1
) -> Design:
    """Return the design of one shipped scenario under draws, to the month `end`."""
    base = load(scenario, settings=[f"horizon.end={end}"])
    case = Case(base.name, base, base.name)
    return Design((case,), replications, seed, draws, keep, name=name)


def candidates(draws: Draws, replications: int, seed: int) -> Design:
    """Return the design of some candidates."""
    keep = Keep(months=(LAST_MONTH,), countries="none")
    return one_case("calibration", "status-quo", LAST_MONTH, draws, seed, keep, replications)


def simulate(
    draws: Draws,
    replications: int,
    seed: int,
    *,
    out: Path | None = None,
    workers: int | Workers | None = None,
    executor: str = "pool",
    progress: Progress | None = None,
) -> Floats:
    """Run candidates and return their measures.

    Parameters
    ----------
    draws
        Parameters of the candidates.
    replications, seed
        Runs of each candidate, and the root seed.
    out
        Folder in which finished runs are kept, so that what was stopped goes on. Default: none.
    workers, executor, progress
        As for `sim.run_sweep`.

    Returns
    -------
    ndarray of float64, shape (candidate, replication, measure)
        In the order of `MEASURES`; nan for runs that failed.

    Raises
    ------
    RunFailedError
        If every run failed; it names the first.
    """
    plan = candidates(draws, replications, seed)
    asked = {"workers": workers, "executor": executor, "out": out, "progress": progress}
    return run_all(plan, NAMES, measured, **asked)[1]


def run_all(
    plan: Design, names: tuple[str, ...], simulate: Simulate, **asked: Any
) -> tuple[Store, Floats]:
    """Run a plan of one case and return its readings (see `answers`) with what was run.

    Parameters
    ----------
    plan, simulate, asked
        As `sim.sweep.execution.execute` takes them.
    names
        Readings that are wanted.

    Raises
    ------
    RunFailedError
        If every run failed; it names the first.
    """
    store = execute(plan, simulate=simulate, **asked)
    found = answers(store, plan, names)
    if not np.isfinite(found).any():
        raise RunFailedError(store.failures()[0])
    return store, found


def answers(store: Store, plan: Design, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return readings of a plan of one case: array (draw, replication, name), nan if a run failed.

    Parameters
    ----------
    store, plan
        What was run. Each run left the series of one month.
    names
        Readings that are wanted.
    """
    found = np.full((len(plan.draws), plan.replications, len(names)), np.nan)
    for part in store.parts.values():
        if part.runs:
            readings = store.series(part, names)[:, 0]
            for run, row in zip(part.runs, readings, strict=True):
                found[run.draw, run.replication] = row
    return found
