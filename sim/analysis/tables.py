"""The tables of a study: every paired comparison, and the rubric beside the paper's signs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sim.analysis import inputs
from sim.analysis import rubric as rule
from sim.analysis.comparison import Comparison, Floats, compare
from sim.analysis.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.paired import PairedResults

PAPERS_REFERENCE = "status-quo"

RUBRIC_COLUMNS = (
    "scenario", "title", "factor", "outcome", "unit", "reference", "difference", "median", "low",
    "high", "scale", "p_better", "p_worse", "p_floor", "sign", "word", "interval_holds", "paper",
    "agreement", "sign_without_assumed", "first_month", "last_month", "months", "also_differs",
)  # fmt: skip


def comparisons(study: PairedResults, outcomes: list[str]) -> Iterator[tuple[str, str, Comparison]]:
    """Yield case, outcome and comparison for each case but references, case by case."""
    cases = [case for case in study.cases if case.name != case.against]
    found: list[list[Comparison]] = [[] for _ in cases]
    for batch in study.batches(outcomes):
        against, theirs = "", dict[Window, Floats]()  # means of one reference, by window
        for case, own in zip(cases, found, strict=True):
            if case.against != against:
                against, theirs = case.against, {}
            window = study.window(case.name)
            if window not in theirs:
                theirs[window] = study.means(against, batch, window)
            ours = study.means(case.name, batch, window)
            own += [
                compare(ours[:, i], theirs[window][:, i], study.outcome(name), study.pair_index)
                for i, name in enumerate(batch)
            ]
    for case, own in zip(cases, found, strict=True):
        for outcome, row in zip(outcomes, own, strict=True):
            yield case.name, outcome, row


def table(study: PairedResults, outcomes: list[str]) -> pd.DataFrame:
    """Return one row per case and outcome (see `Study.table`)."""
    import pandas as pd

    levers = study.lever_paths
    head = ("scenario", "title", *levers, "outcome", "unit")
    months = ("first_month", "last_month", "months")
    columns = (*head, *Comparison.__slots__[:-1], "input", "interval_holds", *months, "pairs")
    rows = []
    typed_in = {case.name: inputs.typed_in(study, case.name, outcomes) for case in study.cases}
    months_of = {case.name: _months(study, case.name) for case in study.cases}
    for name, outcome, found in comparisons(study, outcomes):
        values, typed = study.case(name).levers, typed_in[name].get(outcome)
        row: dict[str, Any] = {"scenario": name, "title": study.titles[name]}
        row |= {path: values.get(path) for path in levers}
        row |= {"outcome": outcome, "unit": study.outcome(outcome).unit}
        row |= _numbers(study, found) | months_of[name] | {"input": typed or ""}
        unsigned = {} if typed is None else {"sign": "", "word": inputs.WORDS[typed]}
        rows.append(row | unsigned)
    return pd.DataFrame(rows, columns=list(columns))


def _numbers(study: PairedResults, found: Comparison) -> dict[str, Any]:
    numbers = {field: getattr(found, field) for field in Comparison.__slots__}
    return numbers | {"interval_holds": study.interval_holds}


def _towards_goal(found: Comparison, direction: int) -> dict[str, float]:
    """Return which shares of pairs are better and worse; nan if a move is neither."""
    sides = {1: (found.p_higher, found.p_lower), -1: (found.p_lower, found.p_higher)}
    return dict(zip(("p_better", "p_worse"), sides.get(direction, (math.nan,) * 2), strict=True))


def _months(study: PairedResults, name: str) -> dict[str, str | int]:
    kept = study.months_compared(name)
    first, last = (kept[0], kept[-1]) if kept else ("", "")
    return {"first_month": first, "last_month": last, "months": len(kept)}


def rubric(study: PairedResults) -> pd.DataFrame:
    """Return one row per scenario and factor (see `Study.rubric`)."""
    import pandas as pd

    from sim.data import paper_signs
    from sim.scenario.differences import differences_in_words
    from sim.scenario.scenario import is_shipped

    factors = headlines(study)
    twin = study.without_assumed
    without = (
        {} if twin is None else {row[:2]: row[2].sign for row in comparisons(twin, list(factors))}
    )
    shipped = {case.name for case in study.cases if is_shipped(case.scenario)}
    also = {
        case.name: differences_in_words(study.other_differences(case.name)) for case in study.cases
    }
    rows = []
    for name, outcome, found in comparisons(study, list(factors)):
        case = study.case(name)
        comparable = (
            case.against == PAPERS_REFERENCE and {name, case.against} <= shipped and not also[name]
        )
        paper = paper_signs().get((case.scenario.name, factors[outcome])) if comparable else None
        stands = rule.agreement(found.sign, paper) if comparable else rule.NOT_COMPARED
        row: dict[str, Any] = {
            "scenario": name,
            "title": study.titles[name],
            "factor": factors[outcome],
            "outcome": outcome,
            "unit": study.outcome(outcome).unit,
        }
        row |= _numbers(study, found) | _months(study, name)
        row |= _towards_goal(found, study.outcome(outcome).direction)
        row |= {"paper": paper or "", "agreement": stands}
        rows.append(
            row
            | {"sign_without_assumed": without.get((name, outcome), ""), "also_differs": also[name]}
        )
    return pd.DataFrame(rows, columns=list(RUBRIC_COLUMNS))


def headlines(study: PairedResults) -> dict[str, str]:
    """Return the factor of each headline outcome, in the order of the rubric."""
    from sim.vocabulary import FACTORS

    known = {name: study.outcome(name) for name in study.outcomes()}
    found = {
        name: outcome.factor
        for name, outcome in known.items()
        if outcome.headline and outcome.factor
    }
    return dict(sorted(found.items(), key=lambda item: FACTORS.index(item[1])))
