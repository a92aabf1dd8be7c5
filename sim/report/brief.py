"""The brief: the answer of a study on two printed pages, for a reader with five minutes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.analysis import rubric, wording
from sim.report import (
    against_data,
    aloud,
    cells,
    importance,
    limits,
    paper,
    reasons,
    reproduction,
)
from sim.report.cells import Cell, measured_alike
from sim.report.findings import Findings
from sim.report.style import FORECAST
from sim.report.view import View

if TYPE_CHECKING:
    from sim.analysis.why import Why

BRIEF, TEMPLATE = "brief.html", "brief.html.j2"

COLUMNS = 6
"""Most policies that stand as columns on paper; more stand as rows, with the factors as columns."""
CHINA = "China's share"
"""What the row beside the US share is called."""
SHORT = {
    "transparency": "openness of releases in use",
    "progress_specific": "value built on open weights",
    "progress_frontier": "growth of the best models",
    "power_distribution": "spread of use over labs",
    "chinese_misuse": "harm by Chinese state actors",
    "other_misuse": "harm by all other actors",
    "backdoors": "exposure to hidden compromise",
    "global_power": "US share of AI use abroad",
}
"""What each factor measures, in the few words that a matrix has room for."""
_CHINESE = "of AI use abroad"
SMALL = "small"
"""Said of a change that is within the floor."""

AGREEMENTS = {
    "agrees": "the paper agrees",
    "disagrees": "the paper disagrees",
    "undecided": "the paper gives a sign, this study none",
}
"""What each dot says to those who do not see it; where the paper is silent there is none."""

WIDTH = 100.0
"""Width of the drawing of a change: its middle is no change, its edges are large in itself."""


@dataclass(frozen=True)
class Square:
    """One cell of the matrix as it is printed."""

    cell: Cell

    @property
    def size(self) -> str:
        """The median change with its sign; the interval if nothing can be told."""
        cell = self.cell
        if cell.word == wording.CANNOT_TELL and cell.pairs > 1 and math.isfinite(cell.low):
            return aloud.interval(cell.low, cell.high)
        return aloud.change(cell.median)

    @property
    def unit(self) -> str:
        """Points or percent; "" where there is no number."""
        return wording.change_unit(self.cell.outcome) if math.isfinite(self.cell.median) else ""

    @property
    def said(self) -> str:
        """Better, worse, higher, lower or small, with likely before it; or cannot tell."""
        cell = self.cell
        if cell.word not in (*importance.NEWS, *importance.STILL):
            return cell.word
        meant = wording.goal(cell.median, cell.outcome) or wording.towards(cell.median)
        likely = cell.word in (wording.LIKELY, wording.LIKELY_UNCHANGED)
        return f"{'likely ' if likely else ''}{SMALL if cell.word in importance.STILL else meant}"

    @property
    def sure(self) -> str:
        """How many of the pairs bear it out."""
        return aloud.sure(self.cell)

    @property
    def look(self) -> str:
        """Class for its colour: better, worse, moved (neither) or still."""
        if self.cell.word not in importance.NEWS:
            return "still"
        return wording.goal(self.cell.median, self.cell.outcome) or "moved"

    @property
    def drawing(self) -> Drawing:
        """Bar and line of the change, in the scale of what is large in itself."""
        large = rubric.LARGE[self.cell.outcome.kind]
        ends = (self.cell.low, self.cell.median, self.cell.high)
        low, median, high = (_placed(x / large) for x in ends)
        left, right = sorted((WIDTH / 2, median))
        return Drawing(*(f"{x:.1f}" for x in (left, right - left, low, high)))


class Drawing(NamedTuple):
    """Where the bar of a median starts and how wide it is, and the ends of the interval."""

    start: str
    width: str
    low: str
    high: str


def _placed(strength: float) -> float:
    if math.isnan(strength):
        return WIDTH / 2
    return min(max(WIDTH / 2 * (1 + strength), 1.0), WIDTH - 1.0)


@dataclass(frozen=True)
class Factor:
    """One factor of the matrix: name, what it measures, level of the reference, a cell a policy."""

    name: str
    measures: str
    squares: tuple[Square, ...]

    @property
    def level(self) -> str:
        """The share under the reference; "" if it is no share or not the same for all policies."""
        own = [square.cell for square in self.squares]
        if (
            not measured_alike(own)
            or not wording.is_percent(own[0].outcome)
            or own[0].outcome.kind != "share"
        ):
            return ""
        return f"{aloud.two(100 * own[0].reference)} %"


def context(
    view: View, found: Findings, title: str, question: str, because: Why | None = None
) -> dict[str, Any]:
    """Return what the template of the brief is filled with.

    Parameters
    ----------
    view
        Of finished runs.
    found
        The findings on it.
    title, question
        Those of the report.
    because
        What `openstakes why` found on the same runs, if it was asked.
    """
    study = view.study
    news = [] if study.pairs == 1 else importance.important(found)
    return {
        "title": title,
        "question": question,
        "forecast": FORECAST,
        "reference": study.titles[study.against],
        "few": _few(view),
        "few_pairs": study.pairs == 1,
        "sample": wording.sample(study.draws, study.replications),
        "pairs": study.pairs,
        "alike": "luck" if study.draws == 1 else "uncertain numbers and luck",
        "seed": study.seed,
        "holds": study.interval_holds,
        **_policies(view, found),
        "duels": _duels(view, found),
        "factors": _factors(found),
        "wide": len(view.policies) <= COLUMNS,
        "agreements": AGREEMENTS,
        "paper": paper,
        "signed": any(cell.paper for cell in found.headlines),
        "half": any(cell.agreement == "undecided" for cell in found.headlines),
        "news": [
            (
                _head(one),
                aloud.sentence(view, found, one),
                [*aloud.hangs_on(view, found, one), *_leads(view, because, one)],
            )
            for one in news
        ],
        "rule": importance.RULE,
        "change": [] if study.pairs == 1 else aloud.would_change(view, found),
        "flips": [*reasons.steady(view, _told(news), because), *reasons.flips(view, because)],
        "because": because is not None,
        "asked": because is not None and because.break_evens is not None,
        "reasons": [] if study.pairs == 1 else reasons.reasons(view, _told(news), because),
        "data": against_data.tallies(study),
        "notes": against_data.notes(study),
        "versions": dict(reproduction.versions()),
    }


def _policies(view: View, found: Findings) -> dict[str, Any]:
    """Return what is said of each policy before any finding."""
    study = view.study
    described = {name: _first_sentence(study.scenario(name).description) for name in view.policies}
    periods = [policy.period for policy in found.policies]
    return {
        "policies": [view.title(name) for name in view.policies],
        "period": periods[0] if len(set(periods)) == 1 else "",
        "periods": periods,
        "also": [
            f"{view.title(policy.scenario)}: {policy.also_differs}"
            for policy in found.policies
            if policy.also_differs
        ],
        "described": [(view.title(name), said) for name, said in described.items() if said],
    }


def _first_sentence(text: str) -> str:
    """Return the first sentence of a description, "" of none."""
    found = re.match(r".+?[.!?](?=\s|$)", " ".join(text.split()))
    return found[0] if found else " ".join(text.split())


def _few(view: View) -> str:
    study = view.study
    if study.pairs == 1:
        return wording.SINGLE
    return (
        f"Few {study.unit} ({study.pairs}): run more before quoting." if limits.few(study) else ""
    )


def _told(news: Sequence[importance.News]) -> dict[str, list[str]]:
    """Return the outcomes of the important findings by the policies that they are of."""
    found: dict[str, list[str]] = {}
    for one in news:
        for cell in () if one.still else one.cells:
            found.setdefault(cell.scenario, []).append(cell.outcome.name)
    return found


def _leads(view: View, because: Why | None, news: importance.News) -> aloud.Sentence:
    """Return what the spread of the first finding of a sentence is due to."""
    if news.still:
        return []
    first = news.cells[0]
    text = reasons.leads(view, because, first.scenario, first.outcome.name)
    return [aloud.Said(f" {text}")] if text else []


def _duels(view: View, found: Findings) -> list[tuple[str, list[aloud.Sentence], str]]:
    """Return each blanket control: its title, how targeted policies do, whether any is worse."""
    parts = {aloud.DUEL: found.duels, aloud.OTHERS: found.others}
    told = []
    for blanket in dict.fromkeys(duel.blanket for duel in found.duels):
        own = [(x, part) for part, duels in parts.items() for x in duels if x.blanket == blanket]
        lines = [aloud.duel(view, found.headlines, *one) for one in own]
        told.append((view.title(blanket), lines, aloud.outdone([x for x, _ in own])))
    return told


def _head(news: importance.News) -> str:
    return "What does not move" if news.still else news.cells[0].name


def _factors(found: Findings) -> list[Factor]:
    """Return the rows of the matrix: the factors, and China's share beside the US share."""
    rows = []
    for factor in dict.fromkeys(cell.factor for cell in found.headlines):
        own = [cell for cell in found.headlines if cell.factor == factor]
        rows.append(_factor(own[0].name, SHORT.get(factor, own[0].outcome.label), own))
        others = [importance.mirror(found, cell) for cell in own]
        mirrored = [cell for cell in others if cell is not None]
        if mirrored:
            rows.append(_factor(CHINA, _CHINESE, mirrored))
    order = [*cells.IDEOLOGICAL, *cells.GEOPOLITICAL]
    return sorted(rows, key=lambda row: _place(order, row))


def _place(order: Sequence[str], row: Factor) -> int:
    factor = row.squares[0].cell.factor
    return order.index(factor) if factor in order else len(order)


def _factor(name: str, measures: str, own: Sequence[Cell]) -> Factor:
    return Factor(name, measures, tuple(Square(cell) for cell in own))
