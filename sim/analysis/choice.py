"""Choosing between policies where nobody knows the truth: fronts, regret, what is acceptable.

All of it stands on the changes of the rubric (`sim.analysis.rubric`), pair by pair and read towards
the goal, so a *gain* is in points or in percent of the reference. Nothing here adds up one factor
with another but `firsts` and `order`, which do it by weights that the reader gives or by all of
them; what comes of it is an order, never a total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis import rubric as rule
from sim.analysis.comparison import Floats, by_draw
from sim.analysis.grids import compared, pair_changes
from sim.analysis.tables import headlines
from sim.messages import ScenarioError, nearest, one_of, shown

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

PREVENTS = ("chinese_misuse", "other_misuse")
"""Factors of harm prevented, one side of a front."""
KEEPS = ("transparency", "progress_specific", "global_power")
"""Factors of openness, progress and standing, the other side."""

WEIGHED = {
    "transparency": ("transparency",),
    "progress": ("progress_specific", "progress_frontier"),
    "power_distribution": ("power_distribution",),
    "chinese_misuse": ("chinese_misuse",),
    "backdoors": ("backdoors",),
    "global_power": ("global_power",),
}
"""The six factors of Wilson and Hine (2025), and those of the rubric that each is the mean of."""
STEPS = {"--": -2, "-": -1, "0": 0, "?": 0, "+": 1, "++": 2}
"""What a sign counts. What cannot be told counts for nothing."""
WEIGHTINGS = 4096
"""Weightings that stand for all: points spread evenly over those that add up to 1."""


class Gains(NamedTuple):
    """Changes of the headlines towards their goals.

    Attributes
    ----------
    factors : tuple of str
        Factors of the rubric.
    names : tuple of str
        Cases that are compared, without references.
    floors : ndarray of float64, shape (factor,)
        Smallest change that matters, in points or percent.
    values : ndarray of float64, shape (factor, case, pair)
        Positive if the case does better than its reference, in points or in percent of the
        reference; nan where a run of the two failed.
    """

    factors: tuple[str, ...]
    names: tuple[str, ...]
    floors: Floats
    values: Floats


def gains(study: Study) -> Gains:
    """Return the gains of every case, each over its own window, as `Study.rubric` has them."""
    factors = {
        name: factor for name, factor in headlines(study).items() if study.outcome(name).direction
    }
    outcomes = [study.outcome(name) for name in factors]
    cases = compared(study)
    found = pair_changes(study, list(factors))
    towards = np.array([outcome.direction for outcome in outcomes])
    values = np.array([(towards * found[case.name]).T for case in cases])
    values = values.reshape(len(cases), len(outcomes), study.pairs).swapaxes(0, 1)
    floors = np.array([rule.FLOOR[outcome.kind] for outcome in outcomes])
    return Gains(tuple(factors.values()), tuple(case.name for case in cases), floors, values)


# Fronts


def dominates(ours: Floats, theirs: Floats, floors: Floats) -> bool:
    """Tell whether one case is at least as good as another on all factors, and better on one.

    Parameters
    ----------
    ours, theirs
        Gains, arrays (factor, pair).
    floors
        Array (factor,).

    Returns
    -------
    bool
        Only what the 5-95 % interval of the differences between the two holds throughout counts:
        on every factor it does not reach a floor below 0, on one of them it lies a floor above 0.
    """
    with np.errstate(invalid="ignore"):
        difference = ours - theirs
    difference = difference[:, np.isfinite(difference).all(axis=0)]
    if difference.shape[1] < rule.FEWEST:
        return False
    low = np.quantile(difference, rule.INTERVAL[0], axis=1)
    return bool((low > -floors).all() and (low >= floors).any())


def front(
    study: Study, prevents: Sequence[str] = PREVENTS, keeps: Sequence[str] = KEEPS
) -> pd.DataFrame:
    """Return which cases no other surely beats on two factors, for each two of them.

    Parameters
    ----------
    prevents, keeps
        Factors; each of the first is set against each of the second.

    Returns
    -------
    DataFrame
        One row per two factors and case. Columns: prevents, keeps, scenario, title, the median, low
        and high (5 and 95 % points) of both gains (prevented, prevented_low, ...; kept, ...), front
        (whether it is on the front: no other case dominates it, see `dominates`) and dominated_by
        (titles of those that do).
    """
    import pandas as pd

    found, rows = gains(study), []
    for one in prevents:
        for other in keeps:
            if one not in found.factors or other not in found.factors:
                continue
            pick = [found.factors.index(one), found.factors.index(other)]
            values, floors = found.values[pick], found.floors[pick]
            for j, name in enumerate(found.names):
                beaten = [
                    study.titles[rival]
                    for k, rival in enumerate(found.names)
                    if k != j and dominates(values[:, k], values[:, j], floors)
                ]
                head = {"prevents": one, "keeps": other, "scenario": name}
                head |= {"title": study.titles[name]}
                sides = _levels("prevented", values[0, j]) | _levels("kept", values[1, j])
                ends = {"front": not beaten, "dominated_by": "; ".join(beaten)}
                rows.append(head | sides | ends)
    return pd.DataFrame(rows)


def _levels(name: str, values: Floats) -> dict[str, float]:
    there = values[~np.isnan(values)]
    low, high = rule.interval(there)
    return {name: rule.median(there), f"{name}_low": low, f"{name}_high": high}


# Regret, and what is acceptable


def regret(study: Study) -> pd.DataFrame:
    """Return how far each case stays behind the best one of each draw, factor by factor.

    Returns
    -------
    DataFrame
        One row per case and factor, a reference that all cases have in common included: to do
        nothing is a choice. Columns: scenario, title, one for each lever, factor, scale ("points"
        or "percent"), mean, high (95 % point) and largest of the regrets over pairs (the gain of
        the best case in the pair, 0 at least, less that of this one), and best (share of the pairs
        in which nothing does better by a floor or more). Pairs in which a case failed are left out.
    """
    import pandas as pd

    found = gains(study)
    whole = found.values[:, :, np.isfinite(found.values).all(axis=(0, 1))]
    best = np.maximum(whole.max(axis=1, initial=-np.inf), 0.0)
    gained = dict(zip(found.names, whole.swapaxes(0, 1), strict=True))
    if len(references := {study.case(name).against for name in found.names}) == 1:
        gained |= dict.fromkeys(references, np.zeros_like(best))
    rows = []
    for name, own in gained.items():
        for i, factor in enumerate(found.factors):
            lost = best[i] - own[i]
            numbers = [np.nan] * 4
            if lost.size:
                high = float(np.quantile(lost, rule.INTERVAL[1]))
                numbers = [lost.mean(), high, lost.max(), (lost < found.floors[i]).mean()]
            scale = "points" if found.floors[i] == rule.FLOOR["share"] else "percent"
            head = _head(study, name) | {"factor": factor, "scale": scale}
            names = ("mean", "high", "largest", "best")
            rows.append(head | dict(zip(names, map(float, numbers), strict=True)))
    return pd.DataFrame(rows)


def satisficing(study: Study) -> pd.DataFrame:
    """Return under how many draws each case is acceptable: worse on no factor, better on some.

    Better and worse are beyond the floor, as in the rubric, for the mean gain over the runs of a
    draw. No factor counts more than another.

    Returns
    -------
    DataFrame
        One row per case. Columns: scenario, title, one for each lever, not_worse (share of the
        draws in which no factor is worse), better (in which some factor is better), acceptable (in
        which both hold), factors_better and factors_worse (means over draws), draws. With one draw
        its replications stand in place of draws.
    """
    import pandas as pd

    found, rows = gains(study), []
    for j, name in enumerate(found.names):
        values = np.array([by_draw(own, study.pair_index) for own in found.values[:, j]])
        values = values[:, np.isfinite(values).all(axis=0)]
        better = (values >= found.floors[:, None]).sum(axis=0)
        worse = (values <= -found.floors[:, None]).sum(axis=0)
        shares = (worse == 0, better > 0, (worse == 0) & (better > 0), better, worse)
        names = ("not_worse", "better", "acceptable", "factors_better", "factors_worse")
        means = [float(x.mean()) if values.shape[1] else np.nan for x in shares]
        row = _head(study, name) | dict(zip(names, means, strict=True))
        rows.append(row | {"draws": values.shape[1]})
    return pd.DataFrame(rows)


def _head(study: Study, name: str) -> dict[str, Any]:
    levers = study.case(name).levers
    head: dict[str, Any] = {"scenario": name, "title": study.titles[name]}
    return head | {path: levers.get(path) for path in study.lever_paths}


# Weights


def firsts(rubric: pd.DataFrame) -> pd.DataFrame:
    """Return for how many of all weightings of the six factors each case is first, or last.

    Parameters
    ----------
    rubric
        As `Study.rubric` gives it. Signs count as in `STEPS`, factors as in `WEIGHED`; other misuse
        is not among the six.

    Returns
    -------
    DataFrame
        One row per case. Columns: scenario, title, first and last (shares of all weightings, which
        add up to 1 over cases; cases that are equal share them), and for each of the six factors
        its mean weight among the weightings that make the case first (nan if none does; one that
        does not matter has 1/6).
    """
    import pandas as pd
    from scipy.stats import qmc

    cases, steps = _steps(rubric)
    points = qmc.Sobol(len(WEIGHED), rng=np.random.default_rng(0)).random(WEIGHTINGS)
    weights = -np.log(np.clip(points, 2.0**-53, 1.0))
    weights /= weights.sum(axis=1, keepdims=True)
    totals = steps @ weights.T
    first, last = (_tied(side * totals) for side in (1, -1))
    rows = []
    for j, (name, title) in enumerate(cases):
        row = {"scenario": name, "title": title, "first": first[j].mean(), "last": last[j].mean()}
        counts = first[j].sum()
        means = first[j] @ weights / counts if counts else np.full(len(WEIGHED), np.nan)
        rows.append(row | dict(zip(WEIGHED, means.tolist(), strict=True)))
    return pd.DataFrame(rows)


def order(rubric: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the order of the cases under a reader's own weights.

    Parameters
    ----------
    rubric
        As for `firsts`.
    weights
        For each of the six factors (`WEIGHED`) how much it counts, 0 or more; those left out count
        for nothing.

    Returns
    -------
    DataFrame
        One row per case, the first one first: place (from 1; equal cases share theirs), scenario
        and title.

    Raises
    ------
    ScenarioError
        If a factor is unknown, or a weight negative, or all are 0.
    """
    import pandas as pd

    problems = [
        f"weights: no factor {shown(name)}{nearest(name, WEIGHED)}; there are {one_of(WEIGHED)}"
        for name in weights
        if name not in WEIGHED
    ]
    problems += [
        f"weights.{name} = {shown(x)}: must be a finite number, 0 or more"
        for name, x in weights.items()
        if not (isinstance(x, int | float) and 0 <= x < np.inf)
    ]
    if not problems and not any(weights.values()):
        problems.append("weights: at least one must be above 0")
    if problems:
        raise ScenarioError(problems)
    cases, steps = _steps(rubric)
    totals = steps @ np.array([float(weights.get(name, 0.0)) for name in WEIGHED])
    places = [1 + int((totals > own + _EQUAL).sum()) for own in totals]
    rows = [
        {"place": place, "scenario": name, "title": title}
        for place, (name, title) in zip(places, cases, strict=True)
    ]
    return pd.DataFrame(rows).sort_values("place", kind="stable", ignore_index=True)


_EQUAL = 1e-9


def _steps(rubric: pd.DataFrame) -> tuple[list[tuple[str, str]], Floats]:
    """Return names and titles of the cases, and what their signs count: (case, factor of six)."""
    titles = dict(zip(rubric["scenario"], rubric["title"], strict=True))
    signs = dict(
        zip(zip(rubric["scenario"], rubric["factor"], strict=True), rubric["sign"], strict=True)
    )
    steps = [
        [np.mean([STEPS[signs[name, part]] for part in parts]) for parts in WEIGHED.values()]
        for name in titles
    ]
    return list(titles.items()), np.array(steps, float).reshape(len(titles), len(WEIGHED))


def _tied(totals: Floats) -> Floats:
    """Return who is first under each weighting, array (case, weighting); equals share it."""
    there = totals >= totals.max(axis=0) - _EQUAL
    return there / there.sum(axis=0)
