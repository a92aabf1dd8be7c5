"""What of a study is said first: the few findings that matter most, chosen by a stated rule.

Only what can be said aloud is chosen from: points of a share and percent of a level. An index, a
scale of 0 to 1 and the model's own units of harm or utility are left to the tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis import wording
from sim.report.cells import Cell
from sim.report.findings import Findings

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

MOST = 3
"""Findings that are chosen."""
NEWS = (wording.CLEAR, wording.LIKELY)
STILL = (wording.UNCHANGED, wording.LIKELY_UNCHANGED)
MIRRORS = {"us_share_abroad": "cn_share_abroad"}
"""Outcomes that tell one story from two sides: the second is said with the first, where both do."""

RULE = (
    "Chosen by a fixed rule, not by hand: the paper's factors before other measures, clear before "
    "likely, large before small (5 points of a share count as much as 20 % of a level), one for "
    "each factor before a second, the blanket control beside targeted measures, and what moves "
    "nothing last."
)


@dataclass(frozen=True)
class News:
    """One thing that is worth saying.

    Attributes
    ----------
    cells : tuple of Cell
        What it says, of one outcome; of several where nothing moves.
    duel : Cell or None
        Targeted measures minus the blanket control, where it compares the two.
    """

    cells: tuple[Cell, ...]
    duel: Cell | None = None

    @property
    def still(self) -> bool:
        """Whether it says that nothing moves."""
        return all(cell.word in STILL for cell in self.cells) and not _is_news(self.duel)

    @property
    def _rank(self) -> tuple[bool, bool, float]:
        told = [c for c in (*self.cells, self.duel) if c is not None and _is_news(c)]
        unsure = all(c.word != wording.CLEAR for c in told)
        most = max(c.strength for c in told if unsure or c.word == wording.CLEAR)
        return not self.cells[0].outcome.headline, unsure, -most

    def repeats(self, other: News) -> bool:
        """Tell whether both speak of the same policy and factor."""
        ours, theirs = ({(c.scenario, c.factor) for c in one.cells} for one in (self, other))
        return bool(ours & theirs)


def important(found: Findings) -> list[News]:
    """Return the findings to say first, at most `MOST`, the most important first.

    Parameters
    ----------
    found
        The findings of a study.

    Returns
    -------
    list of News
        Empty if nothing is likely and nothing surely stays as it is, as with few runs.
    """
    ranked = sorted(_moves(found), key=lambda news: news._rank)
    chosen: list[News] = []
    for news in ranked:
        if all(news.cells[0].factor != one.cells[0].factor for one in chosen):
            chosen.append(news)
    for news in ranked:
        if not any(news.repeats(one) for one in chosen):
            chosen.append(news)
    last = _still(found.headlines)
    return chosen[:MOST] if last is None else [*chosen[: MOST - 1], last]


def sayable(outcome: Outcome) -> bool:
    """Tell whether changes of an outcome are in points of a share or in percent of a level."""
    return outcome.kind == "level" or wording.is_percent(outcome)


def spoken(found: Findings) -> Iterator[list[Cell]]:
    """Yield what each factor is spoken of by: one cell per policy.

    That is the factor's own outcome; if its changes cannot be said aloud, the first of those beside
    it whose changes can.
    """
    for factor in dict.fromkeys(cell.factor for cell in found.headlines):
        own = [cell for cell in found.headlines if cell.factor == factor]
        for row in (own, *found.beside.get(factor, ())):
            if sayable(row[0].outcome):
                yield list(row)
                break


def mirror(found: Findings, cell: Cell) -> Cell | None:
    """Return the other side of what a cell tells, of the same policy; None if it has none."""
    name = MIRRORS.get(cell.outcome.name)
    beside = (c for row in found.beside.get(cell.factor, ()) for c in row)
    return next((c for c in beside if c.outcome.name == name and c.scenario == cell.scenario), None)


def _moves(found: Findings) -> Iterator[News]:
    """Yield what moves: duels where they tell more, else one policy."""
    for row in spoken(found):
        by_policy = {cell.scenario: cell for cell in row}
        told: set[str] = set()
        for duel in found.duels:
            pair = tuple(by_policy[name] for name in (duel.blanket, duel.targeted))
            if told & {duel.blanket, duel.targeted}:
                continue
            direct = next((c for c in duel.cells if c.outcome == row[0].outcome), None)
            both = all(_is_news(cell) for cell in pair)
            if direct is not None and (both or (_is_news(direct) and direct.word == wording.CLEAR)):
                told |= {duel.blanket, duel.targeted}
                yield News(pair, direct)
        for cell in row:
            other = mirror(found, cell)
            if cell.scenario in told:
                continue
            if _is_news(cell):
                yield News((cell,))
            elif other is not None and _is_news(other):
                yield News((other,))


def _still(headlines: Sequence[Cell]) -> News | None:
    """Return that a policy moves nothing, else that surely none moves a factor; else None."""
    policies = _all(headlines, "scenario", STILL)
    if policies:
        return News(tuple(policies))
    spoken_of = [cell for cell in headlines if sayable(cell.outcome)]
    factors = _all(spoken_of, "factor", (wording.UNCHANGED,))
    return News(tuple(factors)) if factors else None


def _all(headlines: Iterable[Cell], by: str, words: Sequence[str]) -> list[Cell]:
    """Return the cells of those scenarios or factors of which every cell has one of the words."""
    groups: dict[str, list[Cell]] = {}
    for cell in headlines:
        groups.setdefault(getattr(cell, by), []).append(cell)
    return [c for own in groups.values() if all(c.word in words for c in own) for c in own]


def _is_news(cell: Cell | None) -> bool:
    return cell is not None and cell.word in NEWS and math.isfinite(cell.median)
