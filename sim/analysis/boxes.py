"""Scenario discovery: the box of levers and uncertain numbers in which most of a thing happens.

The patient rule induction method (PRIM; Friedman and Fisher 1999, Bryant and Lempert 2010): a box
around all points is peeled, each time of the slice whose loss makes what is left purest for its
size. Of the boxes on the way the one is taken that has the best harmonic mean of coverage (how many
of the cases of interest are inside) and density (how many of those inside are of interest).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis import rubric
from sim.analysis.grids import compared, is_number, lever_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sim.analysis.comparison import Floats
    from sim.analysis.study import Study

PEEL = 0.1
"""Share of the points that is peeled at a time."""
SMALLEST = 0.05
"""Share of all points that a box must hold."""
CHANCE = 0.05
"""Chance of a bound by luck, over all uncertain numbers, from which on it is dropped."""
FEWEST_DRAWS = 20
"""Draws from which uncertain numbers are looked at: with fewer, luck finds bounds among many."""
MOST_POINTS = 20_000
"""Pairs of cases that are looked at; of more, whole draws and replications are left out."""
RARE = 0.05
"""Share of the pairs from which a thing is of interest; if it is left out as rarely, it is not."""

COLUMNS = (
    "outcome", "side", "threshold", "unit", "everywhere", "coverage", "density", "inside",
    "points", "input", "at_least", "at_most", "values",
)  # fmt: skip


class Event(NamedTuple):
    """What is looked for: changes beyond a threshold on one side."""

    side: int
    threshold: float
    happens: NDArray[np.bool_]


def event(changes: Floats, kind: str, direction: int) -> Event | None:
    """Return what is worth looking for among changes, None if nothing is.

    It is the change for the worse that is large in itself (`sim.analysis.rubric.LARGE`), else that
    for the better, else one beyond the floor: the first that happens in at least one pair in twenty
    and not in all but so many.
    """
    for limit in (rubric.LARGE.get(kind), rubric.FLOOR[kind]):
        for side in (-direction or -1, direction or 1):
            if limit:
                happens = side * changes >= limit
                if RARE <= happens.mean() <= 1 - RARE:
                    return Event(side, limit, happens)
    return None


class Box(NamedTuple):
    """A box: for each input the lowest and the highest value inside, and which points are there."""

    low: Floats
    high: Floats
    inside: NDArray[np.bool_]


def inside(x: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Return which points, array (point, input), lie between two corners."""
    return np.asarray(((x >= low) & (x <= high)).all(axis=1))


def peel(x: Floats, happens: NDArray[np.bool_]) -> Box:
    """Return the box of points in which most of a thing happens.

    Parameters
    ----------
    x
        Array (point, input).
    happens
        Array (point,): the points of interest, of which there is at least one.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    here = np.ones(len(x), bool)
    best, most = Box(low, high, here), _quality(here, happens)
    while (slimmer := _slimmer(x, happens, here)) is not None:
        here, j, above = slimmer
        low, high = low.copy(), high.copy()
        if above:
            low[j] = x[here, j].min()
        else:
            high[j] = x[here, j].max()
        if (quality := _quality(here, happens)) > most:
            best, most = Box(low, high, here), quality
    return best


def _quality(here: NDArray[np.bool_], happens: NDArray[np.bool_]) -> float:
    both = float((here & happens).sum())
    return 2 * both / float(here.sum() + happens.sum())


def _slimmer(
    x: Floats, happens: NDArray[np.bool_], here: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], int, bool] | None:
    """Return the points left by the peeling that purifies most for what it takes; None at the end.

    With them the input that is peeled, and whether what is above stays. Inputs with few values lose
    at least one of them.
    """
    rows = np.flatnonzero(here)
    own, hits = x[rows], happens[rows].astype(float)
    least, density, best = max(1, SMALLEST * len(x)), hits.mean(), 0.0
    chosen: tuple[NDArray[np.bool_], int, bool] | None = None
    lower = np.quantile(own, PEEL, axis=0, method="lower")
    upper = np.quantile(own, 1 - PEEL, axis=0, method="higher")
    for above, keep in ((True, own > lower), (False, own < upper)):
        left = keep.sum(axis=0)
        purity = np.divide(hits @ keep, left, out=np.zeros(len(left)), where=left > 0)
        gain = np.where(left >= least, (purity - density) / (len(rows) - left), 0.0)
        j = int(np.argmax(gain))
        if gain[j] > best:
            best, left_over = float(gain[j]), np.zeros(len(x), bool)
            left_over[rows[keep[:, j]]] = True
            chosen = left_over, j, above
    return chosen


def pruned(
    x: Floats, happens: NDArray[np.bool_], draw: NDArray[np.intp], box: Box, uncertain: int
) -> Box:
    """Return a box without the bounds on uncertain numbers that luck would give as well.

    The points of a draw are no independent evidence of its numbers, so draws are counted in place
    of points. A bound stays if so many hits inside, at the density without the bound, have a chance
    of at most `CHANCE` over all uncertain numbers.

    Parameters
    ----------
    x, happens
        As for `peel`.
    draw
        Array (point,): the draw of each.
    box
        Its result.
    uncertain
        How many of the inputs, the last ones, are uncertain numbers.
    """
    low, high = box.low.copy(), box.high.copy()
    ends = x.min(axis=0), x.max(axis=0)
    while True:
        bound = [
            j
            for j in range(x.shape[1] - uncertain, x.shape[1])
            if low[j] > ends[0][j] or high[j] < ends[1][j]
        ]
        here = inside(x, low, high)
        chances = [_by_luck(x, happens, draw, (low, high), j, ends, here) for j in bound]
        if not bound or max(chances) <= CHANCE / uncertain:
            return Box(low, high, here)
        j = bound[int(np.argmax(chances))]
        low[j], high[j] = ends[0][j], ends[1][j]


def _by_luck(
    x: Floats,
    happens: NDArray[np.bool_],
    draw: NDArray[np.intp],
    corners: tuple[Floats, Floats],
    j: int,
    ends: tuple[Floats, Floats],
    here: NDArray[np.bool_],
) -> float:
    """Return how probably a box is as pure if the bound on one input means nothing."""
    from scipy.special import bdtrc

    low, high = corners[0].copy(), corners[1].copy()
    low[j], high[j] = ends[0][j], ends[1][j]
    without = float(happens[inside(x, low, high)].mean())
    number = len(np.unique(draw[here]))
    hits = math.floor(number * float(happens[here].mean()) + 1e-9)
    return float(bdtrc(hits - 1, number, without)) if hits else 1.0


def boxes(study: Study, outcomes: Sequence[str], changes: Mapping[str, Floats]) -> pd.DataFrame:
    """Return for each outcome the box of levers and uncertain numbers in which it mostly changes.

    Parameters
    ----------
    study
        Finished runs, with levers or draws of numbers.
    outcomes
        Names of outcomes.
    changes
        Their `sim.analysis.grids.pair_changes`.

    Returns
    -------
    DataFrame
        A row for each bound of a box; an outcome whose changes are all alike, or have no box with a
        bound, has no row. Columns: outcome, side ("higher" or "lower"), threshold, unit (the
        change looked for), everywhere (share of all pairs in which it happens), coverage (share of
        those inside the box), density (share of the inside in which it happens), inside (share of
        all pairs), points (pairs looked at), input (path of a lever, or name of a number), at_least
        and at_most (of numbers; nan where it has no such bound) and values (of a lever, those
        inside).
    """
    import pandas as pd

    from sim.analysis.wording import change_unit

    paths = lever_values(study)
    numbers = study.design.draws.names if study.draws >= FEWEST_DRAWS else ()
    x, draw, names, pairs = _points(study, paths, numbers)
    rows = []
    for i, name in enumerate(outcomes):
        outcome = study.outcome(name)
        y = np.concatenate([changes[case][pairs, i] for case in names]) if names else np.zeros(0)
        known = np.isfinite(y)
        found = event(y[known], outcome.kind, outcome.direction) if known.any() else None
        if found is None or not x.shape[1]:
            continue
        own = x[known]
        box = pruned(own, found.happens, draw[known], peel(own, found.happens), len(numbers))
        here, happens = box.inside, found.happens
        head: dict[str, Any] = {"outcome": name, "side": "higher" if found.side > 0 else "lower"}
        head |= {"threshold": found.threshold, "unit": change_unit(outcome)}
        head |= {"everywhere": float(happens.mean())}
        head |= {"coverage": float((here & happens).sum() / happens.sum())}
        head |= {"density": float(happens[here].mean()), "inside": float(here.mean())}
        head |= {"points": len(own)}
        ends = own.min(axis=0), own.max(axis=0)
        for j, (key, values) in enumerate({**paths, **dict.fromkeys(numbers)}.items()):
            bounds = box.low[j] > ends[0][j], box.high[j] < ends[1][j]
            if any(bounds):
                rows.append(head | {"input": key} | _bound(box.low[j], box.high[j], bounds, values))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _bound(
    low: float, high: float, bounds: tuple[Any, Any], values: list[Any] | None
) -> dict[str, Any]:
    """Return a bound as it stands in the frame; of a lever with the values inside."""
    row: dict[str, Any] = {"at_least": np.nan, "at_most": np.nan, "values": ""}
    if values is None or all(map(is_number, values)):
        row |= {"at_least": low if bounds[0] else np.nan, "at_most": high if bounds[1] else np.nan}
    if values is not None:
        places = _places(values)
        row["values"] = ", ".join(str(value) for value in values if low <= places[value] <= high)
    return row


def _places(values: list[Any]) -> dict[Any, float]:
    """Return where each value of a lever stands: numbers at themselves, others in their order."""
    if all(map(is_number, values)):
        return {value: float(value) for value in values}
    return {value: float(i) for i, value in enumerate(values)}


def _points(
    study: Study, paths: Mapping[str, list[Any]], numbers: Sequence[str]
) -> tuple[Floats, NDArray[np.intp], list[str], NDArray[np.intp]]:
    """Return the inputs of each point, its draw, the cases, and the pairs that are taken of each.

    Only cases that have all levers have a place in the space of them.
    """
    cases = [case for case in compared(study) if all(path in case.levers for path in paths)]
    step = max(1, math.ceil(len(cases) * study.pairs / MOST_POINTS))
    pairs = np.arange(0, study.pairs, step)
    draw, _ = study.pair_index.of(pairs)
    at = {path: _places(values) for path, values in paths.items()}
    own = np.array([[at[path][case.levers[path]] for path in paths] for case in cases])
    columns = [study.design.draws.names.index(name) for name in numbers]
    drawn = study.design.draws.values[draw][:, columns]
    x = np.hstack(
        (
            np.repeat(own.reshape(len(cases), len(paths)), len(pairs), axis=0),
            np.tile(drawn, (len(cases), 1)),
        )
    )
    return x, np.tile(draw, len(cases)), [case.name for case in cases], pairs
