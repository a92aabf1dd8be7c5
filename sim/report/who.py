"""Who gains and who loses on the page: a line, a table and what is said of countries.

The picture is in `sim.report.who_figure`. Every number stands in who.csv or who-countries.csv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis import actors, wording
from sim.analysis.countries import RANKED
from sim.analysis.frames import csv_bytes
from sim.report.figure_data import Grid
from sim.report.view import View

FILES = CSV, COUNTRIES_CSV = ("who.csv", "who-countries.csv")

OF_USE = (actors.POWERS, *actors.LABS.values())
"""Groups whose rows are parts of one whole."""
NAMED = 4
"""Most actors that a line names on a side."""
FEW = 5
"""Most countries that a sentence names on a side."""
TOLD = (*OF_USE, actors.BUILT, actors.PEOPLE, actors.USERS, actors.CHANNEL, actors.COSTS,
        actors.MALICIOUS, actors.MISUSED)  # fmt: skip
"""Groups of the table; new derivatives stand beside the labs."""
SIDES = (actors.GAINS, actors.LOSES, wording.CANNOT_TELL)
"""Verdicts on those of whom there is something to say."""
HARM = {actors.GAINS: "less harm", actors.LOSES: "more harm"}
"""Verdicts on malicious actors and routes, which are read from everybody else's side."""


@dataclass(frozen=True)
class Who:
    """What is said of one policy."""

    scenario: str
    title: str
    line: str
    table: Grid
    unmoved: str
    countries: tuple[str, ...]


def of(view: View) -> list[Who]:
    """Return who gains and who loses under each policy, in the order of the study."""
    return [
        Who(
            name,
            view.title(name),
            line(view, name),
            table(view, name),
            unmoved(view, name),
            tuple(countries(view, name)),
        )
        for name in view.policies
    ]


def files(view: View, encoding: str) -> dict[str, bytes]:
    """Return the numbers by actor and by country as CSV: name and content of each."""
    import pandas as pd

    found = (view.actors, actors.COLUMNS), (view.country_changes, RANKED)
    frames = [pd.DataFrame(rows, columns=list(columns)) for rows, columns in found]
    return {n: csv_bytes(frame, encoding) for n, frame in zip(FILES, frames, strict=True)}


def rows_of(view: View, scenario: str, groups: Sequence[str]) -> list[Any]:
    """Return the rows of some groups of actors under a policy."""
    return [row for row in view.actors if row.scenario == scenario and row.group in groups]


def moved(row: Any) -> bool:
    """Whether there is something to say of an actor: it moved, or nobody can tell."""
    if row.group == actors.COSTS:
        return bool(row.word)
    if row.verdict:
        return bool(row.verdict != wording.UNCHANGED)
    return row.word not in (wording.UNCHANGED, wording.LIKELY_UNCHANGED)


def verdict(row: Any) -> str:
    """Return what is said of an actor: gains, loses, less harm; a direction if it is neither."""
    if row.verdict == wording.CANNOT_TELL:
        return str(row.verdict)
    if row.group in (actors.MALICIOUS, actors.MISUSED) and row.verdict in HARM:
        return f"{likely(row)}{HARM[row.verdict]}"
    if row.verdict == wording.UNCHANGED:
        return str(row.word)  # which may say that it is likely only
    if row.verdict:
        return f"{likely(row)}{row.verdict}"
    if row.group == actors.COSTS or row.sign not in ("higher", "lower"):
        return str(row.word)
    return f"{likely(row)}{wording.towards(row.median)}"


def likely(row: Any) -> str:
    """Return "likely " for an actor that moves, if fewer than nine runs in ten bear it out."""
    return "likely " if row.word == wording.LIKELY else ""


def by_verdict(view: View, scenario: str) -> dict[str, list[Any]]:
    """Return whose releases are used more and less, and of whom nobody can tell.

    Powers by use abroad, then labs by use in the world, the largest changes first.
    """
    own = rows_of(view, scenario, OF_USE)
    own.sort(key=lambda row: (row.group != actors.POWERS, -np.nan_to_num(abs(row.median))))
    return {side: [row for row in own if row.verdict == side] for side in SIDES}


def change(view: View, row: Any) -> str:
    """Return an actor's change as printed."""
    return wording.change(row.median, known(view, row))


def interval(view: View, row: Any) -> str:
    """Return the ends of an actor's change as printed."""
    return wording.change_interval(row.low, row.high, known(view, row))


def known(view: View, row: Any) -> Any:
    """Return the outcome that tells how an actor's numbers are printed."""
    name = actors.OF_OTHERS[-1] if row.outcome == actors.OTHERS else row.outcome
    return view.study.outcome(name)


def line(view: View, scenario: str) -> str:
    """Return who gains and who loses use in a line.

    Parameters
    ----------
    view
        Of finished runs.
    scenario
        Name of a policy.

    Returns
    -------
    str
        As "Gains: China +1.4 points, likely Meta +0.6 points. Loses: the US −2.5 points. Cannot
        tell: Google." (see `by_verdict`); "Nobody gains or loses use beyond the floor." if so; ""
        if the study holds no shares.
    """
    said = []
    for side, there in by_verdict(view, scenario).items():
        names = [
            row.actor
            if side == wording.CANNOT_TELL
            else f"{likely(row)}{row.actor} {change(view, row)}"
            for row in there[:NAMED]
        ]
        more = len(there) - NAMED
        names += [f"{more} more"] if more > 0 else []
        said += [f"{side[:1].upper()}{side[1:]}: {', '.join(names)}."] if names else []
    nobody = "Nobody gains or loses use beyond the floor."
    return " ".join(said) or (nobody if rows_of(view, scenario, OF_USE) else "")


def table(view: View, scenario: str) -> Grid:
    """Return the actors of whom there is something to say, group by group."""
    derivatives = {row.actor: row for row in rows_of(view, scenario, [actors.DERIVATIVES])}
    cells = []
    for row in rows_of(view, scenario, TOLD):
        if not moved(row):
            continue
        beside = derivatives.get(row.actor) if row.group in actors.LABS.values() else None
        cells.append(
            (
                row.group,
                row.actor,
                change(view, row),
                interval(view, row),
                verdict(row),
                change(view, beside) if beside else "",
            )
        )
    head = ("Group", "Who", "Change", "5–95 %", "Verdict", "New derivatives on its releases")
    return Grid(head, tuple(cells), names=2)


def unmoved(view: View, scenario: str) -> str:
    """Return the actors that did not move, in one sentence; "" if all did."""
    names: dict[str, list[str]] = {}
    for row in rows_of(view, scenario, TOLD):
        if not moved(row) and row.group != actors.COSTS:
            names.setdefault(row.group, []).append(row.actor)
    groups = [f"{group}: {', '.join(own)}" for group, own in names.items()]
    return f"No material change. {'; '.join(groups)}." if groups else ""


def countries(view: View, scenario: str) -> list[str]:
    """Return a sentence for each origin on where its share of use moved, with ties as ties."""
    said = []
    for origin, whose in (("US", "US"), ("CN", "Chinese")):
        own = [r for r in view.country_changes if (r.scenario, r.origin) == (scenario, origin)]
        if not own:
            continue
        head = (
            f"Change of the {whose} share of use, {len(own)} countries with a large enough sample"
        )
        apart = [row for row in own if row.above or row.below]
        if not apart:
            said.append(f"{head}: none can be told apart from another; all tie.")
            continue
        ends = (
            ("highest", [row for row in own if row.below and not row.above]),
            ("lowest", [row for row in own[::-1] if row.above and not row.below]),
        )
        parts = [f"{word} in {_named(rows)}" for word, rows in ends if rows]
        said.append(f"{head}: {'; '.join(parts)}. Countries between them tie.")
    return said


def _named(rows: Sequence[Any]) -> str:
    names = [
        f"{row.name} ({wording.signed(wording.fixed(row.mean, 1))} points)" for row in rows[:FEW]
    ]
    more = len(rows) - FEW
    return ", ".join(names) + (f" and {more} more, which tie with them" if more > 0 else "")
