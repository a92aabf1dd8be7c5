"""How precisely a study knows a median change, and whether more runs would tell more.

Two things look alike and are not. The *interval* of a change holds what lies between pairs: luck
and numbers that nobody knows; it does not shrink as runs are added. The *precision* of its median
is how far the median hangs on the pairs that happened to be run; it shrinks with more of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import rubric, wording
from sim.analysis.grids import compared, pair_changes
from sim.analysis.resampling import resamples
from sim.analysis.tables import headlines

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.comparison import Floats, PairIndex
    from sim.analysis.study import Study

FEWEST = 8
"""Pairs, or with several draws draws, below which no precision is known."""
SURE = 1.645
"""Standard errors of a share within which it lies in nine samples of ten."""
MANY = 100_000
"""Pairs beyond which nobody would run them."""


def half_width(changes: Floats, pairs: PairIndex) -> float:
    """Return how well the median of changes is known: half of its 5-95 % over pairs drawn again.

    Parameters
    ----------
    changes
        Array (pair,): `sim.analysis.comparison.changes`; nan where a run failed.
    pairs
        Which pair is of which draw.

    Returns
    -------
    float
        In the unit of the changes; infinite with fewer than `FEWEST` draws (or replications).
    """
    there = ~np.isnan(changes)
    draw, replication = pairs.of(np.flatnonzero(there))
    if len(np.unique(draw if pairs.draws > 1 else replication)) < FEWEST:
        return math.inf
    with np.errstate(invalid="ignore"):
        medians = [float(np.median(changes[rows])) for rows in resamples(pairs, there)]
    low, high = rubric.interval(np.array(medians))
    return (high - low) / 2 if math.isfinite(high - low) else math.inf


def precision(study: Study, outcomes: Iterable[str]) -> pd.DataFrame:
    """Return how well the median change of each compared case and outcome is known.

    Returns
    -------
    DataFrame
        Columns: scenario (name of the case), outcome, unit (of changes), median, half_width
        (`half_width`) and pairs.
    """
    import pandas as pd

    names, rows = list(outcomes), []
    found = pair_changes(study, names)
    for case in compared(study):
        for i, name in enumerate(names):
            changes, outcome = found[case.name][:, i], study.outcome(name)
            known = changes[~np.isnan(changes)]
            row: dict[str, Any] = {
                "scenario": case.name,
                "outcome": name,
                "unit": wording.change_unit(outcome),
            }
            row |= {"median": rubric.median(known), "pairs": len(known)}
            rows.append(row | {"half_width": half_width(changes, study.pair_index)})
    columns = ["scenario", "outcome", "unit", "median", "half_width", "pairs"]
    return pd.DataFrame(rows, columns=columns)


# Findings that are undecided


def undecided(study: Study, table: Iterable[Any]) -> pd.DataFrame:
    """Return for each undecided factor of the rubric whether more runs would decide it.

    A finding is undecided while more than one pair in ten is on either side. The share of the
    smaller side is known the better the more pairs there are; if it is surely more than that,
    further pairs will be as divided.

    Parameters
    ----------
    study
        Finished runs.
    table
        Rows of `Study.table`, columns as attributes.

    Returns
    -------
    DataFrame
        Columns: scenario, outcome, smaller (share of the pairs on the smaller side), pairs, needed
        (pairs at which a share like this would be told from one in ten; nan if it is already) and
        help ("more runs", or "none": the pairs differ, and more would too).
    """
    import pandas as pd

    factors = list(headlines(study))
    rows = [
        _row(study, row)
        for row in table
        if row.outcome in factors and row.sign == "?" and row.pairs > 0
    ]
    columns = ["scenario", "outcome", "smaller", "pairs", "needed", "help"]
    return pd.DataFrame(rows, columns=columns)


def _row(study: Study, row: Any) -> dict[str, Any]:
    number = study.draws if study.draws > 1 else row.pairs
    smaller = min(row.p_higher, row.p_lower)
    away, least = smaller - rubric.SPLIT, rubric.SPLIT * (1 - rubric.SPLIT)
    needed = SURE**2 * max(smaller * (1 - smaller), least) / away**2 if away else math.inf
    decided = number >= FEWEST and away > 0 and needed <= number
    times = row.pairs / number
    head = {"scenario": row.scenario, "outcome": row.outcome, "smaller": smaller}
    return head | {
        "pairs": row.pairs,
        "needed": math.nan if decided else math.ceil(min(max(needed, FEWEST), MANY) * times),
        "help": "none" if decided else "more runs",
    }


def undecided_sentences(study: Study, found: pd.DataFrame, most: int = 12) -> list[str]:
    """Return what more runs would tell of undecided findings, in sentences."""
    lines = []
    for row in found.head(most).to_dict("records"):
        where = f"{study.outcome(row['outcome']).label}, {study.titles[row['scenario']]}"
        divided = f"{wording.percent(row['smaller'], 0)} of {row['pairs']:,} {study.unit}"
        if row["help"] == "none":
            lines.append(
                f"{where}: more runs would not help. {divided} are on the smaller side, surely "
                f"more than one in ten: the {study.unit} differ by {study.interval_holds}."
            )
        else:
            many = row["needed"] >= MANY
            about = f"more than {MANY:,}" if many else f"about {_rounded(row['needed']):,}"
            lines.append(
                f"{where}: {about} {study.unit} in all would tell it ({divided} are on the smaller "
                "side, which may be less than one in ten)."
            )
    left = len(found) - most
    return [*lines, *([f"And {left:,} more undecided findings."] if left > 0 else [])]


def _rounded(number: float) -> int:
    return int(float(f"{number:.2g}"))
