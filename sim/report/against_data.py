"""Where the model stands against data: targets, paths, and why the status quo moves to 2030."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import wording
from sim.calibration import baseline
from sim.calibration.met import (
    CRITERION,
    KINDS,
    OF_ONE_DRAW,
    counts,
    counts_of_one_draw,
    kind,
    stand,
)
from sim.calibration.record import shipped
from sim.model.outcomes import OUTCOMES
from sim.report.figure_data import Grid
from sim.scenario.scenario import load
from sim.sweep.uncertainties import is_calibrated

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome

Record = dict[str, Any]

TOLD = 3
"""Reasons of a movement that are told, the largest ones."""
AGREED = 0.75
"""Share of draws that must agree on the sign of a reason before it is told."""
_KEPT = (
    "id", "quantity", "unit", "window", "value", "low", "high", "q05", "q50", "q95", "in_range",
    "inside",
)  # fmt: skip
"""Columns of targets.csv after the kind."""
IMPOSED, INPUT_DRIVEN = "†", "‡"
NO_REASON = "none of the mechanisms that were switched off makes a part on whose sign draws agree"


@dataclass(frozen=True)
class Standing:
    """The section as the page prints it: sentences and tables."""

    given: str
    notes: list[str]
    counts: list[str]
    targets: Grid
    moves: list[str]
    reasons: Grid
    draws: int


def standing(study: Study) -> Standing:
    """Return where the model stands against data, for the page of a study.

    What the whole calibrated ensemble gives if the study's draws are of it, else what the central
    draw gives, which is what a run without draws takes.
    """
    record, moved = shipped(), baseline.shipped()
    ensemble, rows = is_calibrated(study.design), _rows(study)
    given = (
        f"the calibrated ensemble of {record['sizes']['draws']} draws (median, 5–95 % of chance "
        "and parameters)"
        if ensemble
        else f"the central draw of the calibration (median, 5–95 % of chance alone over "
        f"{record['sizes']['central']} replications)"
    )
    return Standing(
        given=given,
        notes=list(notes(study)),
        counts=[CRITERION, *counts(rows)] if ensemble else [OF_ONE_DRAW, *counts_of_one_draw(rows)],
        targets=_targets_grid(rows),
        moves=[_move(one, moved) for one in moved["movements"]],
        reasons=_reasons_grid(moved),
        draws=moved["draws"],
    )


@dataclass(frozen=True)
class Tally:
    """How many observed figures of a kind the model meets; `met` tells of each, the met first."""

    words: str
    met: tuple[bool, ...]
    missed: tuple[str, ...]


def tallies(study: Study) -> list[Tally]:
    """Return how many of each kind of observed figures are met (`sim.calibration.met.KINDS`).

    By the ensemble, if the study's draws are of it; else in how many the central draw's median
    lies in range.
    """
    ensemble, found = is_calibrated(study.design), []
    for name, words in KINDS.items():
        own = [one for one in _rows(study) if kind(one) == name]
        missed = [one for one in own if not (one["in_range"] and (one["inside"] or not ensemble))]
        met = [True] * (len(own) - len(missed)) + [False] * len(missed)
        found.append(Tally(words, tuple(met), tuple(map(_missed, missed))))
    return found


def _missed(one: Record) -> str:
    """Say by how much a figure is missed."""
    told = {key: _number(one[key]) for key in ("value", "low", "high", "q05", "q50", "q95")}
    record, model = f"{told['value']} in the record", f"{told['q05']} to {told['q95']} in the model"
    if one["inside"]:  # so it is the middle of the runs that is out
        model += f", whose middle, {told['q50']}, should lie in {told['low']} to {told['high']}"
    return f"{one['quantity']} ({record}, {model})"


# targets


def targets_frame(study: Study) -> pd.DataFrame:
    """Return the observed figures with what the model gives for each, a row each."""
    import pandas as pd

    return pd.DataFrame([{"kind": kind(one)} | {c: one[c] for c in _KEPT} for one in _rows(study)])


def _rows(study: Study) -> list[Record]:
    record = shipped()
    if is_calibrated(study.design):
        return list(record["targets"])
    measures = record["central"]["measures"]
    return [one | stand(one, np.array(measures[one["id"]])) for one in record["targets"]]


def _kind(one: Record) -> str:
    return f"imposed {IMPOSED}" if kind(one) == "imposed" else kind(one)


def _targets_grid(rows: list[Record]) -> Grid:
    head = (
        "Quantity, unit (window)",
        "Kind",
        "Record",
        "Range",
        "Model",
        "5–95 %",
        "In range",
        "Inside",
    )
    cells = [
        (
            f"{one['quantity']}, {one['unit']} ({one['window']})",
            _kind(one),
            _number(one["value"]),
            f"{_number(one['low'])} to {_number(one['high'])}",
            _number(one["q50"]),
            f"{_number(one['q05'])} to {_number(one['q95'])}",
            *("yes" if one[part] else "no" for part in ("in_range", "inside")),
        )
        for one in rows
    ]
    return Grid(head, tuple(cells))


def notes(study: Study) -> Iterator[str]:
    """Yield what the tables do not speak of: another reference."""
    if study.scenario(study.against).id != load("status-quo").id:
        yield (
            f"The reference of this study, {study.titles[study.against]}, is not the status quo as "
            "shipped, of which this section speaks."
        )


def _number(x: float) -> str:
    return f"{x:.3g}".replace("-", wording.MINUS)


# movements


def _told(one: Record) -> list[Record]:
    """Return the reasons of a movement that are told: the largest on whose sign draws agree."""
    agreed = [reason for reason in one["reasons"] if reason["agree"] >= AGREED]
    return sorted(agreed, key=lambda reason: -abs(reason["q50"]))[:TOLD]


def _move(one: Record, moved: Record) -> str:
    """Return how an outcome moves, and the mechanisms that make most of it, in a sentence."""
    outcome = OUTCOMES[one["outcome"]]
    ends = [
        f"{wording.value(one[at]['q50'], outcome)} in {wording.period(*moved[at])}"
        for at in ("start", "end")
    ]
    reasons = [
        f"{reason['mechanism']} ({wording.difference(reason['q50'], outcome)})"
        for reason in _told(one)
    ]
    why = f"largest parts: {'; '.join(reasons)}" if reasons else NO_REASON
    change = wording.difference(one["change"]["q50"], outcome)
    return (
        f"{_label(one)}: {ends[0]}, {ends[1]}; change {change} "
        f"({_ends(one['change'], outcome)}); {why}."
    )


def _reasons_grid(moved: Record) -> Grid:
    rows = []
    for one in moved["movements"]:
        outcome = OUTCOMES[one["outcome"]]
        for reason in _told(one):
            part = wording.difference(reason["q50"], outcome)
            agree = wording.percent(reason["agree"], 0)
            rows.append((_label(one), reason["mechanism"], part, _ends(reason, outcome), agree))
    head = ("Outcome", "Mechanism", "Part of the change", "5–95 %", "Draws that agree on its sign")
    return Grid(head, tuple(rows), names=2)


def _label(one: Record) -> str:
    return f"{OUTCOMES[one['outcome']].label}{f' {INPUT_DRIVEN}' if one['inputs'] else ''}"


def _ends(one: Record, outcome: Outcome) -> str:
    return wording.interval(one["q05"], one["q95"], outcome)
