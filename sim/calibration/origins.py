"""Rolling origin: what ensembles fitted to less of the record foretold of the rest of it.

An ensemble of an origin is fitted to the targets whose window had ended by then. Its runs enter the
record of releases up to the origin and generate releases after it. Every later point of the record
is scored, beside what the record up to the origin would have said by itself. The structure of the
model and the ranges of its parameters were chosen with the whole record in sight. Cadences of labs,
notable models for each flagship and, in the fits, what labs lean to rest on the whole record of
releases. The scores are conditional on all of it, and policies after the origin are inputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import data
from sim.calibration.baselines import BASELINES, Forecast, Series
from sim.calibration.hindcast import SCENARIO, Reading, readings_of_record
from sim.calibration.likelihood import scaled
from sim.calibration.measures import Floats, Run
from sim.calibration.observed import observed
from sim.calibration.quantities import CUT, HALF_YEAR, QUANTITIES, Quantity
from sim.calibration.scores import FEWEST, covers, crps, verdict
from sim.calibration.simulate import one_case, one_month, run_all
from sim.model.parameters import PARAMETERS
from sim.months import month_index
from sim.sweep.design import Keep
from sim.sweep.execution import Progress
from sim.sweep.sampling import read_ensemble

if TYPE_CHECKING:
    from sim.model.records import Series as RunSeries
    from sim.scenario.scenario import Scenario
    from sim.sweep.draws import Draws

FITTED_UNTIL = ("2023-12", "2024-06", "2024-12")
HORIZONS = (6, 12, 18)
"""Months after the origin by which a window ends."""
STORED = Path(__file__).with_name("origins")

Row = dict[str, Any]
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])(?![0-9])")
_YEAR = re.compile(r"20[0-9]{2}")


def window_end(window: str) -> str:
    """Return the last month of a target's window, as the table of targets words it."""
    months, year = _MONTH.findall(window), _YEAR.findall(window)[-1]
    if months:
        return str(months[-1])
    ends = {"H1": "06", "mi": "07"}
    return f"{year}-{ends.get(window[:2], '12')}"


def observable(until: str | None) -> tuple[data.Target, ...]:
    """Return the targets, no paths, whose window ended by a month; all of them without one."""
    return tuple(
        target
        for target in data.targets()
        if target.role == "target" and (until is None or window_end(target.window) <= until)
    )


def stored(origin: str) -> Draws | None:
    """Return the ensemble of an origin; None if this version comes without.

    Raises
    ------
    ScenarioError
        If it is damaged.
    """
    path = STORED / f"{origin}.csv"
    return read_ensemble(path, f"origins/{path.name}", PARAMETERS) if path.exists() else None


def stored_ensembles() -> list[tuple[str, Draws]]:
    """Return the ensembles of the origins that this version comes with."""
    found = ((origin, stored(origin)) for origin in FITTED_UNTIL)
    return [(origin, ensemble) for origin, ensemble in found if ensemble is not None]


def readings_after(origin: str) -> tuple[Reading, ...]:
    """Return the windows of the record that begin after an origin and end by June 2025.

    Without windows of twelve months, which hold those of six once more, and without what follows
    from an input.
    """
    rows = ((QUANTITIES[reading.quantity], reading) for reading in readings_of_record())
    return tuple(
        reading
        for row, reading in rows
        if row.months == HALF_YEAR and not row.inputs and origin < reading.first
        if reading.last <= CUT
    )


def rolled(scenario: Scenario, luck: int, seed: int, *, origin: str) -> RunSeries:
    """Run a draw with releases generated after an origin, and read the later windows.

    Parameters
    ----------
    scenario, luck, seed
        As for `sim.calibration.hindcast.foretold`.
    origin
        Last month of the record that is entered.
    """
    from sim.model.world import World

    world = World(scenario, rng=seed, replication=luck)
    # Nothing that a world does before its first month depends on when releases are generated, as
    # long as that is a year away or more.
    world.handover = month_index(origin) + 1
    run, asked = Run(world.run(), world.p), readings_after(origin)
    values = [QUANTITIES[name].measure(run, first, last) for name, first, last in asked]
    return one_month(tuple(reading.key for reading in asked), CUT, values)


def foretold_from(
    origin: str,
    draws: Draws,
    seed: int = 0,
    *,
    out: Path | None = None,
    workers: int | None = None,
    executor: str = "pool",
    progress: Progress | None = None,
) -> Floats:
    """Run the ensemble of an origin.

    Parameters
    ----------
    origin
        One of `FITTED_UNTIL`.
    draws, seed, out, workers, executor, progress
        As for `sim.calibration.hindcast.hindcast`.

    Returns
    -------
    ndarray of float64, shape (draw, reading)
        In the order of `readings_after`, without draws whose run failed.

    Raises
    ------
    RunFailedError
        If every run failed; it names the first.
    """
    keep = Keep(months=(CUT,), countries="none")
    plan = one_case(f"from {origin}", SCENARIO, CUT, draws, seed, keep)
    options = {"workers": workers, "executor": executor, "out": out, "progress": progress}
    names = tuple(reading.key for reading in readings_after(origin))
    found = run_all(plan, names, partial(rolled, origin=origin), **options)[1][:, 0]
    whole: Floats = found[np.isfinite(found).all(axis=1)]
    return whole


# scores


def scored(origin: str, values: Floats) -> list[Row]:
    """Return how well later points were foretold: a row for each, on the scale of its unit.

    Parameters
    ----------
    origin
        One of `FITTED_UNTIL`.
    values
        Array (draw, reading), as `foretold_from` gives it.

    Returns
    -------
    list of dict
        ``crps`` and ``covered`` of the ensemble under "model" and of each baseline under its name;
        None where a baseline says nothing, or a single value: its score would be its distance,
        which a distribution beats by being one.
    """
    points = {
        (name, point.first, point.last): point.value
        for name, of_one in observed().items()
        for point in of_one
    }
    rows = []
    for reading, sample in zip(readings_after(origin), values.T, strict=True):
        row, first, last = QUANTITIES[reading.quantity], *map(month_index, reading[1:])
        value = points[reading.quantity, first, last]
        ahead = last - month_index(origin)
        forecasts = _baselines(row, origin, row.time(first, last))
        rows.append(
            {
                "origin": origin,
                "id": reading.quantity,
                "first": reading.first,
                "last": reading.last,
                "horizon": next(horizon for horizon in HORIZONS if ahead <= horizon),
                "observed": value,
                "model": _score(sample, value, row.unit),
                **{
                    name: _score(said.sample(), value, row.unit) if said and said.spread else None
                    for name, said in forecasts.items()
                },
            }
        )
    return rows


def _baselines(row: Quantity, origin: str, time: float) -> dict[str, Forecast | None]:
    """Return what the record up to an origin says of a quantity at a time."""
    seen = [p for p in observed()[row.id] if p.last <= month_index(origin)]
    if not seen:
        return dict.fromkeys(BASELINES)
    times = np.array([row.time(point.first, point.last) for point in seen])
    series = Series(times, np.array([point.value for point in seen]), row.unit)
    return {name: baseline(series, time) for name, baseline in BASELINES.items()}


def _score(sample: Floats, value: float, unit: str) -> Row:
    points, (there,) = scaled(sample, unit), scaled(np.array([value]), unit).tolist()
    return {"crps": crps(points, there), "covered": covers(points, there)}


def compared(rows: Sequence[Row]) -> list[Row]:
    """Return the ensembles against each baseline, over all points and by horizon.

    A point that several origins foretold is one case: the lower score is that of the lower mean
    over these origins, since what happened to it is the same luck for all of them.

    Returns
    -------
    list of dict
        ``horizon``: months, or None for all; ``points``: those of which the baseline gives a
        distribution; ``wins``: in how many the ensemble has the lower score; ``fair`` and
        ``fair_wins``: the same without quantities that are `Described.unfair`; ``verdict``: what
        the latter show; ``forecasts``: of the points, from all origins; ``model_covered`` and
        ``covered``: in how many of them the 90 % of each hold the value.
    """
    return [
        {"horizon": horizon, **row}
        for horizon in (None, *HORIZONS)
        for row in _against([one for one in rows if horizon in (None, one["horizon"])])
    ]


def by_quantity(rows: Sequence[Row]) -> list[Row]:
    """Return the ensembles against each baseline by quantity (``id``), as `compared` does."""
    return [
        {"id": name, "unfair": row.unfair, **against}
        for name, row in QUANTITIES.items()
        if (of_one := [one for one in rows if one["id"] == name])
        for against in _against(of_one)
    ]


def _against(rows: Sequence[Row]) -> Iterator[Row]:
    for name in BASELINES:
        both = [one for one in rows if one[name] is not None]
        ahead: dict[tuple[str, ...], float] = {}
        for one in both:
            point = one["id"], one["first"], one["last"]
            ahead[point] = ahead.get(point, 0.0) + one[name]["crps"] - one["model"]["crps"]
        fair = [lead > 0.0 for point, lead in ahead.items() if not QUANTITIES[point[0]].unfair]
        yield {
            "baseline": name,
            "points": len(ahead),
            "wins": sum(lead > 0.0 for lead in ahead.values()),
            "fair": len(fair),
            "fair_wins": sum(fair),
            "verdict": verdict(sum(fair), len(fair)),
            "forecasts": len(both),
            "model_covered": sum(one["model"]["covered"] for one in both),
            "covered": sum(one[name]["covered"] for one in both),
        }


def skill(rows: list[Row]) -> Row:
    """Return scores from all origins as tables of plain values.

    Parameters
    ----------
    rows
        What `scored` gave for each origin, put together; none if no ensemble is stored.

    Returns
    -------
    dict
        ``observable``: targets that each origin's ensemble was fitted to; ``distinct``: points
        that were foretold, each counted once; ``compared`` and ``by_quantity``: the ensembles
        against each baseline; ``points``: the rows.
    """
    return {
        "observable": {
            origin: [target.id for target in observable(origin) if target.mode != "input"]
            for origin in FITTED_UNTIL
        },
        "fewest": FEWEST,
        "distinct": len({(one["id"], one["first"], one["last"]) for one in rows}),
        "compared": compared(rows),
        "by_quantity": by_quantity(rows),
        "points": rows,
    }
