"""A grid of cases: which levers matter, and where the sign of a change turns over.

A line is the cases that differ in one lever alone. Where the median change of a line goes from one
side of zero to the other there is a break-even: between two values that were run it is found by
a straight line, and its band is that of the same break-even when the pairs are drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis import rubric
from sim.analysis.comparison import Floats, changes
from sim.analysis.crossings import crossings, medians
from sim.analysis.windows import Window
from sim.analysis.wording import change_unit

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.sweep.design import Case


class Line(NamedTuple):
    """Cases that differ in one lever alone, by its value.

    Attributes
    ----------
    scenario : str
        Name of their scenario.
    others : dict
        Values of all other levers.
    cases : tuple of Case
        In the order of the lever's values.
    """

    scenario: str
    others: Mapping[str, Any]
    cases: tuple[Case, ...]


def is_number(value: object) -> bool:
    """Tell whether the value of a lever is a number, between which there are others."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def compared(study: Study) -> list[Case]:
    """Return the cases that have a reference beside themselves."""
    return [case for case in study.cases if case.name != case.against]


def cells(study: Study) -> list[Case]:
    """Return the compared cases, and with them a reference that is a case of the same scenario."""
    names = {case.scenario.name for case in compared(study)}
    return [case for case in study.cases if case.scenario.name in names]


def lever_values(study: Study) -> dict[str, list[Any]]:
    """Return the different values of each lever: numbers by size, others as they come."""
    found: dict[str, list[Any]] = {}
    for path in study.lever_paths:
        own = [case.levers[path] for case in study.cases if path in case.levers]
        different = list(dict.fromkeys(own))
        found[path] = sorted(different) if all(map(is_number, different)) else different
    return found


def lines(study: Study, path: str) -> list[Line]:
    """Return the lines of a lever: `cells` that differ in nothing else, two or more."""
    found: dict[tuple[Any, ...], list[Case]] = {}
    for case in cells(study):
        if path in case.levers:
            others = {key: value for key, value in case.levers.items() if key != path}
            found.setdefault((case.scenario.name, *others.items()), []).append(case)
    order = lever_values(study).get(path, [])
    return [
        Line(
            name,
            dict(others),
            tuple(sorted(cases, key=lambda case: order.index(case.levers[path]))),
        )
        for (name, *others), cases in found.items()
        if len(cases) > 1
    ]


# Which levers matter


def lever_shares(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return how much of the variance between cells each lever explains by itself.

    Parameters
    ----------
    study
        Finished runs.
    table
        Rows of `Study.table`: the outcomes meant.

    Returns
    -------
    DataFrame
        Columns: outcome, lever (its path), values (how many it has), share (0-1, of the variance
        of the median change over the cells of each scenario, that between the means of the
        lever's values; 0 if nothing varies) and cells. What the shares of an outcome leave to 1
        is levers acting together, and what chance leaves in the medians.
    """
    import pandas as pd

    values, name_of = lever_values(study), {case.name: case.scenario.name for case in study.cases}
    rows = []
    for outcome, own in table.groupby("outcome", sort=False):
        cells = own[np.isfinite(own["median"])]
        total, by_lever = 0.0, dict.fromkeys(values, 0.0)
        for _, group in cells.groupby(cells["scenario"].map(name_of), sort=False):
            from_mean = group["median"] - group["median"].mean()
            total += float((from_mean**2).sum())
            for path in values:
                parts = from_mean.groupby(group[path].map(str), sort=False)
                by_lever[path] += float((parts.mean() ** 2 * parts.size()).sum())
        rows += [
            (outcome, path, len(values[path]), part / total if total else 0.0, len(cells))
            for path, part in by_lever.items()
        ]
    return pd.DataFrame(rows, columns=["outcome", "lever", "values", "share", "cells"])


def by_weight(shares: pd.DataFrame) -> list[str]:
    """Return the levers, the one first that explains most on average over outcomes."""
    if shares.empty:
        return []
    means = shares.groupby("lever", sort=False)["share"].mean()
    return list(means.sort_values(ascending=False, kind="stable").index)


# Where the sign turns over


def pair_changes(study: Study, outcomes: Sequence[str]) -> dict[str, Floats]:
    """Return the changes of each of the `cells` from its reference, pair by pair.

    Returns
    -------
    dict
        Array (pair, outcome) by the name of the case: in points, percent or the unit of an
        outcome; nan where a run failed.
    """
    known: dict[tuple[str, Window], Floats] = {}
    found = {}
    for case in cells(study):
        window = study.window(case.name)
        if (case.against, window) not in known:
            if next(iter(known), ("",))[0] != case.against:
                known.clear()  # cases of one reference follow each other: one is kept at a time
            known[case.against, window] = study.means(case.against, outcomes, window)
        ours, theirs = study.means(case.name, outcomes, window), known[case.against, window]
        found[case.name] = np.stack(
            [
                changes(ours[:, i], theirs[:, i], study.outcome(name).kind, study.pair_index)
                for i, name in enumerate(outcomes)
            ],
            axis=1,
        )
    return found


def break_evens(
    study: Study, outcomes: Sequence[str], found: Mapping[str, Floats], levers: Sequence[str]
) -> pd.DataFrame:
    """Return for each line of each lever where the median change turns over, or that it does not.

    Parameters
    ----------
    study
        Finished runs.
    outcomes
        Names of outcomes.
    found
        Their `pair_changes`.
    levers
        Key paths; those with values that are no numbers are left out.

    Returns
    -------
    DataFrame
        Columns: outcome, unit (of changes), lever, scenario (name), others (values of all other
        levers), first_value, last_value, median_first, median_last (the median change at them),
        beyond_floor (on how many sides of zero the median of some cell is beyond the floor, 0 to
        2), crossings (how many), break_even (the value of the lever, if there is one crossing),
        low, high (its 5 and 95 % points when pairs, or with several draws the draws, are drawn
        again; infinite where that end lies beyond the values that were run; nan for one run),
        beyond_grid (which ends are: "low", "high", "both" or "") and pairs.
    """
    import pandas as pd

    values, rows = lever_values(study), []
    for path in levers:
        if all(map(is_number, values[path])):
            for line in lines(study, path):
                rows += [
                    _turn(study, line, path, i, name, found) for i, name in enumerate(outcomes)
                ]
    return pd.DataFrame(rows, columns=list(BREAK_EVEN_COLUMNS))


def _turn(
    study: Study, line: Line, path: str, i: int, name: str, found: Mapping[str, Floats]
) -> dict[str, Any]:
    """Return a row of `break_evens`: a line and the i-th outcome."""
    outcome, floor = study.outcome(name), rubric.FLOOR[study.outcome(name).kind]
    curve = {float(case.levers[path]): found[case.name][:, i] for case in line.cases}
    x, heights = medians(curve)
    at, y = crossings(curve, study.pair_index), np.array(heights)
    only = at[0] if len(at) == 1 else None
    low, high = (only.low, only.high) if only else (math.nan, math.nan)
    sides = (side * y >= max(floor, math.ulp(0.0)) for side in (1, -1))
    return {
        "outcome": name,
        "unit": change_unit(outcome),
        "lever": path,
        "scenario": line.scenario,
        "others": study.settings(line.others),
        "first_value": x[0],
        "last_value": x[-1],
        "median_first": y[0],
        "median_last": y[-1],
        "beyond_floor": sum(int(side.any()) for side in sides),
        "crossings": len(at),
        "break_even": only.value if only else math.nan,
        "low": low,
        "high": high,
        "beyond_grid": "both" if np.isinf([low, high]).all() else _beyond(low, high),
        "pairs": int((~np.isnan([*curve.values()]).any(axis=0)).sum()),
    }


def _beyond(low: float, high: float) -> str:
    return "low" if np.isinf(low) else "high" if np.isinf(high) else ""


BREAK_EVEN_COLUMNS = (
    "outcome", "unit", "lever", "scenario", "others", "first_value", "last_value", "median_first",
    "median_last", "beyond_floor", "crossings", "break_even", "low", "high", "beyond_grid", "pairs",
)  # fmt: skip
