"""What a grid says, in sentences: which levers matter, where signs turn over, in which boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import wording
from sim.report.figure_data import Grid
from sim.report.view import records

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

WORDS = {
    "++": "much better", "+": "better", "higher": "higher", "0": "no material change",
    "lower": "lower", "-": "worse", "--": "much worse", "?": "cannot tell",
}  # fmt: skip
ORDER = tuple(WORDS)
MOST_LINES = 60
"""Rows of break-evens on the page; break-evens.csv has all lines."""


def named(study: Study, path: str) -> str:
    """Return what people read in place of the path of a lever, or of the name of a number."""
    return study.lever_labels.get(path, path)


def ranges(study: Study, table: pd.DataFrame, most: int = 4) -> list[str]:
    """Return how far the median changes of each outcome go over the cells, and their signs."""
    found = []
    for name, own in list(table.groupby("outcome", sort=False))[:most]:
        outcome = study.outcome(str(name))
        known = own["median"][np.isfinite(own["median"])]
        between = wording.between(float(known.min()), float(known.max()), outcome)
        counts = [f"{WORDS[s]} in {n}" for s in ORDER if (n := int((own["sign"] == s).sum()))]
        signs = f"; of {len(own)} cells {', '.join(counts)}" if counts else ""
        found.append(f"{outcome.label}: median changes {between}{signs}.")
    return found


def weights(study: Study, shares: pd.DataFrame, order: list[str]) -> str:
    """Return which levers explain most of the variance between cells, the first one first."""
    if shares.empty:
        return ""
    by_lever = shares.groupby("lever")["share"]
    listed = []
    for path in order:
        own = by_lever.get_group(path)
        ends = dict.fromkeys(wording.percent(x, 0) for x in (own.min(), own.max()))
        listed.append(f"{named(study, path)} {' to '.join(ends)}")
    return (
        "Of the variance of median changes between cells, levers by themselves explain, over the "
        f"outcomes below: {wording.listing(listed)}; the rest is levers acting together, "
        "and what chance leaves in the medians."
    )


def turning_sentence(study: Study, row: Any) -> str:
    """Return where a line turns over, with the band, or that it does not."""
    outcome = study.outcome(row.outcome)
    first, last = (wording.plain(x) for x in (row.first_value, row.last_value))
    ends = (
        f"{wording.change(row.median_first, outcome)} at {first}, "
        f"{wording.change(row.median_last, outcome)} at {last}"
    )
    if row.crossings == 0:
        return f"no crossing ({ends})"
    if row.crossings > 1:
        return f"{row.crossings} crossings ({ends})"
    band = f" (5–95 %: {_band_end(row.low, first, last)} to {_band_end(row.high, first, last)})"
    band = "" if math.isnan(row.low) else band
    small = "; no cell beyond the floor" if row.beyond_floor == 0 else ""
    small = small or ("; too small to matter on one side" if row.beyond_floor == 1 else "")
    where = f"{named(study, row.lever)} = {_band_end(row.break_even, first, last)}"
    return f"{where}{band}{small} ({ends})"


def line_title(study: Study, row: Any) -> str:
    """Return what people read in place of a line of a lever: its scenario, and other levers."""
    return f"{study.scenario_titles[row.scenario]}{f' ({row.others})' if row.others else ''}"


def _band_end(x: float, first: str, last: str) -> str:
    if math.isinf(x):
        return f"beyond {last if x > 0 else first}"
    return wording.plain(float(f"{x:.2g}"))


def turning_grid(study: Study, turning: pd.DataFrame) -> Grid:
    """Return the break-evens as a table: a row for each line that crosses, one for all others.

    Outcomes of which no cell is beyond the floor are left out.
    """
    rows = []
    for (name, lever), own in turning.groupby(["outcome", "lever"], sort=False):
        if not own["beyond_floor"].any():
            continue
        outcome = study.outcome(str(name))
        head = (outcome.label, named(study, str(lever)))
        crossing = own[own["crossings"] > 0]
        rows += [
            (*head, line_title(study, row), text)
            for row in records(crossing)
            for text in [turning_sentence(study, row)]
        ]
        others = own[own["crossings"] == 0]
        if len(others):
            ends = others[["median_first", "median_last"]].to_numpy()
            between = wording.between(float(ends.min()), float(ends.max()), outcome)
            which = f"{'the other ' if len(crossing) else 'all '}{len(others)}"
            rows.append((*head, which, f"no crossing (medians at both ends: {between})"))
    return Grid(("Outcome", "Along", "Line", "Turns over at"), tuple(rows[:MOST_LINES]), names=3)


def turning_in_short(study: Study, turning: pd.DataFrame, lever: str, most: int = 6) -> list[str]:
    """Return a sentence for each line of a lever with one break-even that matters."""
    told = turning[
        (turning["lever"] == lever) & (turning["crossings"] == 1) & (turning["beyond_floor"] > 0)
    ]
    told = told.sort_values("beyond_floor", ascending=False, kind="stable").head(most)
    return [
        f"{study.outcome(row.outcome).label}, {line_title(study, row)}: the sign turns over at "
        f"{turning_sentence(study, row)}."
        for row in records(told)
    ]


def box_sentences(study: Study, boxes: pd.DataFrame) -> list[str]:
    """Return each box in words, with its coverage and density."""
    found = []
    for name, rows in boxes.groupby("outcome", sort=False):
        outcome, first = study.outcome(str(name)), rows.iloc[0]
        moves = "rises" if first["side"] == "higher" else "falls"
        by = f"{first['threshold']:g} {first['unit']}"
        bounds = wording.listing([_bound(study, row) for row in records(rows)])
        found.append(
            f"{outcome.label} {moves} by at least {by} mostly where {bounds}: "
            f"{wording.percent(first['coverage'], 0)} of such pairs lie there (coverage), and "
            f"{wording.percent(first['density'], 0)} of the pairs there are such (density), "
            f"against {wording.percent(first['everywhere'], 0)} everywhere."
        )
    return found


def _bound(study: Study, row: Any) -> str:
    name = named(study, row.input)
    if math.isnan(row.at_least) and math.isnan(row.at_most):
        return f"{name} is one of {row.values}"
    low, high = (wording.plain(x) for x in (row.at_least, row.at_most))
    if math.isnan(row.at_most):
        return f"{name} is at least {low}"
    if math.isnan(row.at_least):
        return f"{name} is at most {high}"
    return f"{name} is {low} to {high}"


def signs_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many cells have each sign: columns outcome, sign and cells, none left out."""
    import pandas as pd

    rows = [
        (outcome, sign, int((own["sign"] == sign).sum()))
        for outcome, own in table.groupby("outcome", sort=False)
        for sign in ORDER
    ]
    return pd.DataFrame(rows, columns=["outcome", "sign", "cells"])


def signs_grid(study: Study, signs: pd.DataFrame) -> Grid:
    """Return the same as a table, signs that no cell has left out."""
    wide = signs.pivot(index="outcome", columns="sign", values="cells")
    shown = [sign for sign in ORDER if wide[sign].sum()]
    rows = tuple(
        (study.outcome(name).label, *(f"{wide.loc[name, sign]}" for sign in shown))
        for name in dict.fromkeys(signs["outcome"])
    )
    return Grid(("Outcome", *map(wording.symbol, shown)), rows)
