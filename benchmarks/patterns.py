"""Look for two patterns that nothing was fitted to and print what was found.

    python benchmarks/patterns.py [--draws 32] [--seed 0] [--workers 1]

T5: the share of Chinese releases is highest where US services are closed. Shares of consumer use by
bloc in the last half-year of the record, and again with equal access: every lab reaches everybody.
T8: a step of chip control raises the open activity of Chinese labs, noisily and with lags. Releases
generated under the status quo, and again with full control from 2026-01, pair by pair, with and
without assumed responses. None of these acts before July 2025, so T5 has one variant. Both by draws
of the shipped ensemble.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.draws import Floats, first, fixed, paths, span
from sim import data
from sim.months import month_index
from sim.scenario.scenario import load
from sim.sweep.design import STATED, WITHOUT_ASSUMED, Case

RESPONSES = {STATED: "with assumed responses", WITHOUT_ASSUMED: "without assumed responses"}
VARIANTS = tuple(RESPONSES)

SINCE, UNTIL = "2025-01", "2025-06"
"""The window of T5: the last half-year of the record."""
BLOCS = ("us_aligned", "third_country", "restricted", "cn")
ABROAD = 3
"""So many of them are abroad."""
CLOSED, OPENED = "restricted", "third_country"
EQUAL_ACCESS = {row.reach: 0.0 for row in data.serving() if isinstance(row.reach, str)}
"""Reach of 1 in every cell of serving.csv that names a parameter; the few cells that are known to
be 0 stay."""
ACCESSES: Mapping[str, Mapping[str, float]] = {"as stated": {}, "equal": EQUAL_ACCESS}

STEP, FULL = "policy.chips-2026-01.stringency", 1.0
STEP_FROM = month_index("2026-01")
YEAR = 12
CLEAR = 0.95
"""Share of draws that must agree before a pattern is said to show."""
SHARE, COUNT = "open share of releases of firms", "open notable models"


def shares_by_bloc(draws: int, seed: int, workers: int) -> dict[str, Floats]:
    """T5: Chinese share of consumer use by access: (draw, bloc)."""
    scenario = load("status-quo", settings=[f"horizon.end={UNTIL}"])
    outcomes = [f"cn_share_{bloc}_consumer" for bloc in BLOCS]
    case = Case(scenario.name, scenario, scenario.name)
    found = {}
    for access, reach in ACCESSES.items():
        path = paths([case], fixed(first(draws), reach), outcomes, seed, workers)[0]
        found[access] = path[:, month_index(SINCE) :].mean(axis=1)
    return found


def openness_after_the_step(
    draws: int, seed: int, workers: int
) -> dict[tuple[str, str], tuple[Floats, Floats]]:
    """T8: what is read without the step, and what the step changes: (draw, year after it)."""
    without = load("status-quo")
    step = load("status-quo", settings=[f"{STEP}={FULL}"])
    cases = [
        Case(name, scenario, "status-quo", variant)
        for variant in VARIANTS
        for name, scenario in (("status-quo", without), ("step", step))
    ]
    path = paths(cases, first(draws), ("open_releases_cn", "notable_open_cn"), seed, workers)
    years = path[:, :, STEP_FROM:].reshape(*path.shape[:2], -1, YEAR, path.shape[3])
    # The share is that of the last twelve months: at a year's end it is the year's.
    read = {SHARE: years[..., -1, 0], COUNT: years[..., 1].sum(axis=3)}
    return {
        (variant, what): (values[2 * i], values[2 * i + 1] - values[2 * i])
        for i, variant in enumerate(VARIANTS)
        for what, values in read.items()
    }


def chance(values: Floats) -> float:
    """Share of draws above 0."""
    return float((values > 0.0).mean())


def _blocs_table(found: Mapping[str, Floats]) -> Table:
    table = Table(title=f"T5: Chinese share of consumer use, {SINCE} to {UNTIL}")
    for heading in ("access", "bloc", "median", "5-95 %", "above third countries in"):
        table.add_column(heading)
    for access, shares in found.items():
        for i, bloc in enumerate(BLOCS):
            more = chance(shares[:, i] - shares[:, BLOCS.index(OPENED)])
            beyond = "" if bloc == OPENED else f"{100 * more:.0f} %"
            row = (access, bloc, *span(shares[:, i], signed=False), beyond)
            table.add_row(*row, end_section=i == len(BLOCS) - 1)
    return table


def _years_table(found: Mapping[tuple[str, str], tuple[Floats, Floats]]) -> Table:
    table = Table(
        title="T8: what full chip control from 2026-01 changes at Chinese labs, by year after it"
    )
    for heading in (
        "responses",
        "outcome",
        "year",
        "without",
        "changes by",
        "5-95 %",
        "up",
        "down",
    ):
        table.add_column(heading)
    for (variant, what), (without, changes) in found.items():
        for i, values in enumerate(changes.T):
            level, _ = span(without[:, i], signed=False)
            sides = (f"{100 * chance(side):.0f} %" for side in (values, -values))
            row = (variant, what, str(i + 1), level, *span(values), *sides)
            table.add_row(*row, end_section=i == changes.shape[1] - 1)
    return table


def blocs_said(found: Mapping[str, Floats]) -> Iterator[str]:
    """What T5 came to, in sentences."""
    closed, opened = BLOCS.index(CLOSED), BLOCS.index(OPENED)
    agree = {}
    for access, shares in found.items():
        highest = shares[:, closed] > np.delete(shares[:, :ABROAD], closed, axis=1).max(axis=1)
        agree[access] = float(highest.mean())
        median, ends = span(100.0 * (shares[:, closed] - shares[:, opened]), 1)
        yield (
            f"T5, access {access}: the Chinese share in restricted countries less that in third "
            f"countries is {median} points ({ends}); it is the highest abroad in "
            f"{100 * agree[access]:.0f} % of draws."
        )
    if agree["as stated"] < CLEAR:
        yield (
            f"T5 does not show: {100 * agree['as stated']:.0f} % of draws agree, and "
            f"{100 * CLEAR:.0f} % would have to."
        )
    elif agree["equal"] >= CLEAR:
        yield "T5 shows, with equal access as well: it does not rest on the access put in."
    else:
        yield "T5 shows with the access put in and not with equal access: the pattern is the input."


def years_said(found: Mapping[tuple[str, str], tuple[Floats, Floats]]) -> Iterator[str]:
    """What T8 came to, in sentences."""
    shows = {}
    for variant in VARIANTS:
        years = 100.0 * found[variant, SHARE][1]
        whole, means = years.mean(axis=1), years.mean(axis=0)
        shows[variant] = chance(whole) >= CLEAR
        median, ends = span(whole, 1)
        yield (
            f"T8, {RESPONSES[variant]}: over {len(means)} years the step changes the open share of "
            f"releases of Chinese firms by {median} points ({ends}), and raises it in "
            f"{100 * chance(whole):.0f} % of draws; means by year "
            f"{', '.join(f'{x:+.1f}' for x in means)}, the largest in year {means.argmax() + 1}."
        )
    if shows[WITHOUT_ASSUMED]:
        yield "T8 shows, without assumed responses as well."
    elif shows[STATED]:
        yield "T8 shows with assumed responses and not without them: it is an assumption."
    else:
        yield "T8 does not show, with assumed responses or without them."


def main() -> None:
    """Print tables, and what they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    console = Console(width=140)
    blocs = shares_by_bloc(asked.draws, asked.seed, asked.workers)
    years = openness_after_the_step(asked.draws, asked.seed, asked.workers)
    console.print(
        f"{asked.draws} draws of the shipped ensemble, seed {asked.seed}; 5-95 % holds chance and "
        f"parameters. A pattern shows if {100 * CLEAR:.0f} % of draws agree."
    )
    for table in (_blocs_table(blocs), _years_table(years)):
        console.print(table)
    for line in (*blocs_said(blocs), *years_said(years)):
        print(line)


if __name__ == "__main__":
    main()
