"""How stable the order of scenarios is: in which share of the pairs each is first, second, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from sim.analysis import wording
from sim.analysis.comparison import Floats
from sim.months import month_index, month_name
from sim.report import sheet, style
from sim.report.asked import Asked
from sim.report.maps import ink_on
from sim.report.style import SMALL, WIDTH

if TYPE_CHECKING:
    import pandas as pd

MOST = 24
"""Scenarios that can be ranked in one picture."""

_SHADE = LinearSegmentedColormap.from_list("ranks", ["#ffffff", "#9cc3e0", "#2f78b5", "#0b3563"])


def ranks_frame(asked: Asked) -> pd.DataFrame:
    """Return the share of pairs in which each scenario has each rank.

    In every pair of a draw and a replication the scenarios are put in order by their means over
    `Study.common_window`. Scenarios that are equal share their ranks: of two that are both best,
    each is first and second by half. Pairs in which one of them failed are left out.

    Columns: scenario, title, outcome, first_is ("highest", or "lowest" of an outcome of which less
    is better), rank (from 1), share (0-1, of the pairs; nan if there is none), first_month,
    last_month and pairs. Shares of a scenario, and of a rank, add up to 1.
    """
    import pandas as pd

    study, lowest = asked.study, asked.outcome.direction < 0
    if len(asked.cases) > MOST:
        raise ValueError(
            f"kind 'ranks' has room for {MOST} scenarios, not {len(asked.cases)}: name some with "
            "scenarios=[...]"
        )
    window = study.common_window()
    means = [study.means(case.name, [asked.name], window)[:, 0] for case in asked.cases]
    shares, pairs = rank_shares(np.array(means), lowest=lowest)
    kept = {m for case in asked.cases for m in study.months(case.name)}
    inside = sorted(m for m in kept if window[0] <= month_index(m) <= window[1])
    first, last = (inside[0], inside[-1]) if inside else map(month_name, window)
    return pd.DataFrame(
        [
            {
                "scenario": case.name,
                "title": asked.title(case.name),
                "outcome": asked.name,
                "first_is": "lowest" if lowest else "highest",
                "rank": rank,
                "share": float(share),
                "first_month": first,
                "last_month": last,
                "pairs": pairs,
            }
            for case, own in zip(asked.cases, shares, strict=True)
            for rank, share in enumerate(own, 1)
        ]
    )


def rank_shares(values: Floats, *, lowest: bool) -> tuple[Floats, int]:
    """Return the share of pairs in which each row has each rank, and how many pairs were complete.

    Parameters
    ----------
    values
        Array (scenario, pair); nan where a run failed.
    lowest
        Whether the lowest is first.

    Returns
    -------
    shares : ndarray of float64, shape (scenario, rank)
        Rows and columns add up to 1; nan if no pair is complete.
    pairs : int
    """
    whole = values[:, np.isfinite(values).all(axis=0)]
    whole = whole if lowest else -whole
    number, pairs = whole.shape
    if not pairs:
        return np.full((number, number), np.nan), 0
    found = np.zeros((number, number))
    for i, own in enumerate(whole):
        better, equal = (whole < own).sum(axis=0), (whole == own).sum(axis=0)
        for rank in range(number):
            there = (better <= rank) & (rank < better + equal)
            found[i, rank] = (there / equal).sum() / pairs
    return found, pairs


@style.look()
def ranks(asked: Asked, frame: pd.DataFrame) -> Figure:
    """Draw a table of shades: a row for each scenario, a column for each rank."""
    cases = list(dict.fromkeys(frame["scenario"]))
    pens = [asked.pens[name] for name in cases]
    column = sheet.names([asked.title(name) for name in cases], pens, 0.3)
    row = frame.iloc[0]
    title = f"{asked.outcome.label}: how often each scenario has each rank"
    if row["pairs"] > 1:
        key = f"Percent of {row['pairs']:,} {asked.study.unit} in which a scenario has the rank"
    else:
        key = "The order in the one run" if row["pairs"] else "No run finished in all scenarios"
    span = wording.period(row["first_month"], row["last_month"])
    key += f"; 1 is the {row['first_is']}. Means of {span}. Equal ones share their ranks."
    figure, top = sheet.sheet(title, key, asked.foot(), sheet.height(column) + sheet.AXIS)
    axes, middles = sheet.rows_axes(figure, column, top, 0.2)
    axes.grid(visible=False)
    axes.set_xlim(0.5, len(cases) + 0.5)
    axes.set_xticks(range(1, len(cases) + 1))
    axes.set_xlabel("Rank")
    shares = frame["share"].to_numpy().reshape(len(cases), len(cases))
    edges = np.concatenate([[0.0], np.cumsum([name.height for name in column])])
    axes.pcolormesh(
        np.arange(len(cases) + 1) + 0.5, edges, np.ma.masked_invalid(shares), cmap=_SHADE,
        vmin=0, vmax=1, edgecolors="white", linewidth=1.0, gid="ranks",
    )  # fmt: skip
    if axes.get_position().width * WIDTH / len(cases) > style.text_width("100") + 0.06:
        _write(axes, shares, middles)
    return sheet.settle(figure)


def _write(axes: Axes, shares: Floats, middles: list[float]) -> None:
    """Write the shares in percent; one that rounds to 0 is left out."""
    for own, middle in zip(shares, middles, strict=True):
        for rank, share in enumerate(own, 1):
            if share >= 0.005:
                axes.text(
                    rank, middle, wording.fixed(100 * share, 0), size=SMALL,
                    color=ink_on(_SHADE(share)[:3]), ha="center", va="center_baseline",
                )  # fmt: skip
