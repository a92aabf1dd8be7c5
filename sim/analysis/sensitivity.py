"""Which uncertain numbers decide a finding: the PAWN index of each, from runs that are there.

PAWN (Pianosi and Wagener 2015, 2018) compares the distribution of a result with its distribution
where one number is held in a narrow part of its range: the distance of Kolmogorov and Smirnov
between the two, the median over the parts. It assumes nothing of how the result follows from the
number, and needs no runs but those of the sweep. Chance alone gives a distance as well, so numbers
that do nothing are put beside the others, twenty for each: what decides is larger than for all of
them, so that chance makes one of all numbers decide in about one finding of twenty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.choice import gains
from sim.analysis.comparison import Floats, by_draw
from sim.messages import ScenarioError

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

PARTS = 8
"""Parts of a number's range, of equally many draws each."""
FEWEST_DRAWS = 20 * PARTS
DUMMIES = 20
"""Numbers that do nothing, for each that is uncertain."""
MOST = 10
"""Numbers of each finding that are reported."""


def importance(study: Study, most: int = MOST) -> pd.DataFrame:
    """Return which uncertain numbers decide the gain on each factor, the strongest first.

    Parameters
    ----------
    study
        With at least `FEWEST_DRAWS` draws.
    most
        Numbers of each case and factor.

    Returns
    -------
    DataFrame
        Columns: scenario, title, factor, number (its name), pawn (0-1), floor (the largest of
        numbers that do nothing), decides (whether it is above that), rank_correlation (-1 to
        1, of number and gain) and draws.

    Raises
    ------
    ScenarioError
        If there are too few draws, or none of anything.
    """
    import pandas as pd

    numbers = study.design.draws
    if not numbers.names or len(numbers) < FEWEST_DRAWS:
        words = f"needs uncertain numbers and at least {FEWEST_DRAWS} draws, not {len(numbers)}"
        raise ScenarioError([f"which numbers decide: {words}"])
    found, rows = gains(study), []
    for j, name in enumerate(found.names):
        for i, factor in enumerate(found.factors):
            result = by_draw(found.values[i, j], study.pair_index)
            there = np.isfinite(result)
            values, y = numbers.values[there], result[there]
            index = np.array([pawn(x, y) for x in values.T])
            floor = nothing(y, DUMMIES * len(numbers.names))
            head = {"scenario": name, "title": study.titles[name], "factor": factor}
            for k in np.argsort(-index, kind="stable")[:most]:
                row = {"number": numbers.names[k], "pawn": index[k], "floor": floor}
                row |= {"decides": bool(index[k] > floor)}
                row |= {"rank_correlation": rank_correlation(values[:, k], y)}
                rows.append(head | row | {"draws": len(y)})
    return pd.DataFrame(rows)


def pawn(x: Floats, y: Floats) -> float:
    """Return the PAWN index of a number for a result: 0 if they have nothing to do, at most 1.

    Parameters
    ----------
    x, y
        Number and result, arrays (draw,).
    """
    points = np.unique(y)
    everywhere = np.searchsorted(np.sort(y), points, side="right") / len(y)
    distances = []
    for part in np.array_split(np.argsort(x, kind="stable"), PARTS):
        here = np.searchsorted(np.sort(y[part]), points, side="right") / len(part)
        distances.append(np.abs(here - everywhere).max())
    return float(np.median(distances))


def nothing(y: Floats, count: int) -> float:
    """Return the largest index of so many numbers that have nothing to do with a result."""
    rng = np.random.default_rng(0)
    return max(pawn(rng.random(len(y)), y) for _ in range(count))


def rank_correlation(x: Floats, y: Floats) -> float:
    """Return Spearman's correlation; 0 where one of the two is the same everywhere."""
    from scipy.stats import rankdata

    ranks = [rankdata(values) for values in (x, y)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])
