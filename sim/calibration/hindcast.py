"""The hind-cast: the ensemble from 2023 to 2026 under the policies that were made.

Each draw is run once, with luck of its own, in two histories. In the replay the record of releases
is entered to June 2025 and releases are generated after it: its windows after June 2025 are the
predictions. In the other history releases are generated from 2023 on: what the record says of
releases is compared with that one, since the replay would be compared with itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import data
from sim.calibration.measures import LAST_MONTH, MEASURES, Floats, Run
from sim.calibration.observed import observed
from sim.calibration.quantities import CUT, END, HALF_YEARS, QUANTITIES
from sim.calibration.simulate import FREE, NAMES, one_case, run_all
from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.model.records import Series
from sim.months import month_name
from sim.scenario.library import root
from sim.scenario.scenario import Horizon
from sim.sweep.design import Design, Keep
from sim.sweep.draws import Draws
from sim.sweep.execution import Progress
from sim.sweep.sampling import read_ensemble
from sim.vocabulary import CONSUMER

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario
    from sim.sweep.store import Store

SCENARIO = "history-2023-2026"
ENSEMBLE = Path("scenarios") / "assumptions" / "calibrated.csv"
"""Place of the shipped ensemble, under the folder that holds the scenarios."""
LATER = tuple(month for month in HALF_YEARS if month > CUT)
"""Last months of the half-years that are predicted."""


class Reading(NamedTuple):
    """A quantity over a window."""

    quantity: str
    first: str
    last: str

    @property
    def key(self) -> str:
        """Its name among the readings of a run."""
        return " ".join(self)


@lru_cache(maxsize=1)
def readings() -> tuple[Reading, ...]:
    """Return what is read of each run: every window of each quantity, and those of the record."""
    of_windows = [
        Reading(name, *window) for name, row in QUANTITIES.items() for window in row.windows()
    ]
    return tuple(dict.fromkeys((*of_windows, *readings_of_record())))


def readings_of_record() -> tuple[Reading, ...]:
    """Return the windows of the record that a run can be read in: none before 2023."""
    return tuple(
        Reading(name, month_name(point.first), month_name(point.last))
        for name, points in observed().items()
        for point in points
        if point.first >= 0
    )


@dataclass(frozen=True)
class Hindcast:
    """What the draws gave.

    Attributes
    ----------
    measures : array (run, measure)
        Of the targets, in the order of `sim.calibration.simulate.NAMES`.
    values : array (run, reading)
        In the order of `readings`.
    consumers : array (run, half-year, country, 3 + family)
        At the ends of the half-years of `LATER`: use of AI among people, and in it the share of US
        origin, of Chinese origin, and of each family.
    draws : Draws
        The ensemble.
    failed, seed : int
        Draws whose run failed and which are left out, and the root seed.
    """

    measures: Floats
    values: Floats
    consumers: Floats
    draws: Draws
    failed: int
    seed: int


def shipped_ensemble() -> Draws:
    """Return the ensemble that this version comes with.

    Raises
    ------
    ScenarioError
        If it is missing or damaged.
    """
    path = root() / ENSEMBLE
    if not path.exists():
        problem = (
            f"the ensemble {ENSEMBLE} is missing from the package: install it anew, or write one "
            "with `openstakes calibrate --out DIR` and put its ensemble.csv there"
        )
        raise ScenarioError([problem])
    return read_ensemble(path, str(ENSEMBLE), PARAMETERS)


def foretold(scenario: Scenario, luck: int, seed: int) -> Series:
    """Run a draw in both histories and return its measures and readings as one month's series.

    Parameters
    ----------
    scenario
        The draw: its parameters are those of the scenario.
    luck, seed
        As of any run.

    Returns
    -------
    Series
        With the replay's tables by country and family for the half-years of `LATER`.

    Raises
    ------
    ValueError
        If a reading is no finite number: the run fails, and its reason is kept.
    """
    from sim.model.phases import keep_families
    from sim.model.world import World

    until_measured = {"history": "free", "horizon": Horizon(end=LAST_MONTH)}
    runs = []
    for history in (scenario, scenario.model_copy(update=until_measured)):
        world = World(history, rng=seed, replication=luck)
        world.phases = (*world.phases, keep_families)
        runs.append(Run(world.run(), world.p))
    replay, free = runs
    values = [measure(free if name in FREE else replay) for name, measure in MEASURES.items()]
    for quantity, first, last in readings():
        row = QUANTITIES[quantity]
        generated = row.generated and last <= CUT
        values.append(row.measure(free if generated else replay, first, last))
    series = replay.series
    later = [series.moments.index(month) for month in LATER]
    return replace(
        series,
        names=(*NAMES, *(reading.key for reading in readings())),
        months=(END,),
        values=np.array([values], np.float32),
        moments=LATER,
        countries=series.countries[later],
        families=None if series.families is None else series.families[later],
    )


def plan(draws: Draws, seed: int) -> Design:
    """Return the design of a hind-cast: each draw once."""
    keep = Keep(months=(END,), countries="half-years", families=True)
    return one_case("hindcast", SCENARIO, END, draws, seed, keep)


def hindcast(
    draws: Draws,
    seed: int = 0,
    *,
    out: Path | None = None,
    workers: int | None = None,
    executor: str = "pool",
    progress: Progress | None = None,
) -> Hindcast:
    """Run an ensemble from 2023 to 2026.

    Parameters
    ----------
    draws
        Parameters of each draw.
    seed
        Root seed.
    out
        Folder in which finished runs are kept, so that what was stopped goes on. Default: none.
    workers, executor, progress
        As for `sim.run_sweep`.

    Raises
    ------
    RunFailedError
        If every run failed; it names the first.
    """
    asked = plan(draws, seed)
    keys = tuple(reading.key for reading in readings())
    options = {"workers": workers, "executor": executor, "out": out, "progress": progress}
    store, values = run_all(asked, (*NAMES, *keys), foretold, **options)
    found = values[:, 0]
    whole = np.isfinite(found).all(axis=1)
    consumers = _consumers(store, asked)[whole]
    measures, values = found[whole][:, : len(NAMES)], found[whole][:, len(NAMES) :]
    return Hindcast(measures, values, consumers, draws, int((~whole).sum()), seed)


def _consumers(store: Store, asked: Design) -> Floats:
    """Return `Hindcast.consumers` of every draw; nan for runs that failed."""
    shape = (len(asked.draws), len(LATER), len(data.countries()), 3 + len(data.labs()))
    tables = np.full(shape, np.nan)
    for part in store.parts.values():
        if part.countries:
            use, families = store.countries(part)[0], store.families(part)
            found = np.concatenate((use[..., :3], families), axis=4)[:, :, :, CONSUMER]
            tables[[run.draw for run in part.runs]] = found
    return tables
