"""Runs of scenarios under draws of the shipped ensemble, each with the same luck in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.calibration.hindcast import shipped_ensemble
from sim.sweep.design import Case, Design, Keep
from sim.sweep.draws import Draws
from sim.sweep.execution import execute

Floats = NDArray[np.float64]


def first(number: int) -> Draws:
    """The first draws of the shipped ensemble."""
    draws = shipped_ensemble()[:number]
    if len(draws) < number:
        raise SystemExit(f"--draws {number}: the shipped ensemble has {len(draws)}")
    return draws


def fixed(draws: Draws, values: Mapping[str, float]) -> Draws:
    """The same draws with some numbers at one value each."""
    table = draws.values.copy()
    for name, value in values.items():
        table[:, draws.names.index(name)] = value
    return Draws(draws.names, table)


def paths(
    cases: Sequence[Case], draws: Draws, outcomes: Sequence[str], seed: int, workers: int
) -> Floats:
    """Outcomes of each case by month, a run for each draw: (case, draw, month, outcome)."""
    plan = Design(tuple(cases), 1, seed, draws, Keep(tuple(outcomes), countries="none"))
    store = execute(plan, workers=workers, on_error="stop")
    shape = (len(plan.cases), len(draws), cases[0].scenario.months, len(outcomes))
    found = np.full(shape, np.nan)
    for part in store.parts.values():
        for run, series in zip(part.runs, store.series(part, outcomes), strict=True):
            for case, points in enumerate(plan.points):
                if points[run.draw] == run.point:
                    found[case, run.draw] = series
    return found


def span(values: Floats, digits: int = 3, *, signed: bool = True) -> tuple[str, str]:
    """Median, and 5 to 95 %, as text."""
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    form = f"{'+' if signed else ''}.{digits}f"
    return f"{middle:{form}}", f"{low:{form}} to {high:{form}}"
