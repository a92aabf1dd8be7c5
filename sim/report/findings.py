"""Findings in words, made from the numbers of a study by the ladder of `sim.analysis.wording`.

Nothing here is written by hand about a result: every sentence is chosen by a condition on the
numbers that makes it true, and every number in it stands in the study's tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis import rubric, wording
from sim.months import month_name
from sim.report import cells
from sim.report.cells import READING, Cell
from sim.report.duels import Duel, Sides, duels, other_measures, sides
from sim.report.view import View
from sim.scenario.differences import differences_in_words

if TYPE_CHECKING:
    from sim.analysis.study import Study

_NOT_COMPARED = (
    "Not compared with the paper: its signs are for its own policies against the status quo, as "
    "they are shipped."
)


@dataclass(frozen=True)
class PolicyFindings:
    """All findings on one policy."""

    scenario: str
    period: str
    also_differs: str
    cells: tuple[Cell, ...]
    paper: tuple[str, ...]
    summary: str
    uplift: Cell | None
    eu: tuple[Cell, ...]

    @property
    def moves(self) -> bool:
        """Whether there is more to say than that nothing changes."""
        return bool(self.eu) or any(cell.sign != "0" for cell in self.cells)

    @property
    def still(self) -> str:
        """One line on the factors that do not change, "" if all do."""
        said = [
            f"{text} on {wording.listing([cell.name for cell in self.of(group)])}"
            for group, text in (
                ("unchanged", wording.UNCHANGED),
                ("mostly", wording.LIKELY_UNCHANGED),
            )
            if self.of(group)
        ]
        line = "; ".join(said)
        return f"{line[:1].upper()}{line[1:]}." if line else ""

    def of(self, group: str) -> list[Cell]:
        """Return the cells of one group."""
        return [cell for cell in self.cells if cell.group == group]


@dataclass(frozen=True)
class Changed:
    """A cell that reads otherwise when assumed responses are set to zero."""

    before: Cell
    after: Cell


@dataclass(frozen=True)
class Findings:
    """Everything that is said of a study's numbers, made once for a page.

    Attributes
    ----------
    headlines : tuple of Cell
        The cells of the rubric, policies in the order of the study, factors in that of the rubric.
    beside : mapping of str to list of list of Cell
        What is printed beside each factor's headline: by factor, one list of cells per outcome.
    policies : tuple of PolicyFindings
        In the order of the study.
    sides : Sides
        Which scenarios stand for the blanket control and which for targeted measures.
    duels : tuple of Duel
        Targeted measures against each blanket control.
    others : tuple of Duel
        Every other targeted scenario against it.
    without_assumed : tuple of Cell or None
        `headlines` with all assumed responses at 0; None if that was not run.
    """

    headlines: tuple[Cell, ...]
    beside: Mapping[str, list[list[Cell]]]
    policies: tuple[PolicyFindings, ...]
    sides: Sides
    duels: tuple[Duel, ...]
    others: tuple[Duel, ...]
    without_assumed: tuple[Cell, ...] | None

    @classmethod
    def of(cls, view: View) -> Findings:
        """Return the findings on a study.

        Parameters
        ----------
        view
            Of finished runs.
        """
        headlines, beside, found = cells.headlines(view), cells.beside(view), sides(view.study)
        twin, compared = view.without_assumed, duels(view, headlines, found)
        return cls(
            headlines=tuple(headlines),
            beside=beside,
            policies=tuple(by_policy(view, headlines, beside)),
            sides=found,
            duels=tuple(compared),
            others=tuple(other_measures(view, headlines, found, compared)),
            without_assumed=None if twin is None else tuple(cells.headlines(twin)),
        )


# Findings by policy


def by_policy(
    view: View, headlines: Sequence[Cell], beside: Mapping[str, Sequence[Sequence[Cell]]]
) -> list[PolicyFindings]:
    """Return the findings on each policy, in the order of the study."""
    uplift = {c.scenario: c for row in beside.get("chinese_misuse", []) for c in row}
    result = []
    for name in view.policies:
        own = tuple(cell for cell in headlines if cell.scenario == name)
        first, last = view.study.window(name)
        period = wording.period(month_name(first), month_name(last))
        also = also_differs(view.study, name)
        paper, summary, eu = tuple(_paper(own)), _summary(own), tuple(cells.in_eu(view, name))
        result.append(PolicyFindings(name, period, also, own, paper, summary, uplift.get(name), eu))
    return result


def also_differs(study: Study, scenario: str) -> str:
    """Return as a sentence what beside policy a case differs in from its reference.

    "" if nothing does.
    """
    case = study.case(scenario)
    found = differences_in_words(study.other_differences(scenario))
    if not found:
        return ""
    policies = study.scenario(scenario).policy != study.scenario(case.against).policy
    return (
        f"{'Not only a policy differs' if policies else 'No policy differs, but'}: "
        f"{found} (in {study.titles[case.against]})."
    )


def _summary(own: Sequence[Cell]) -> str:
    counts = [
        (sum(cell.group == group for cell in own), text)
        for group, text in (
            ("gain", "clearly better"),
            ("loss", "clearly worse"),
            ("likely", "likely, not clear,"),
            ("undecided", wording.CANNOT_TELL),
            ("mostly", wording.LIKELY_UNCHANGED),
            ("unchanged", wording.UNCHANGED),
        )
    ]
    said = [f"{text} on {n}" for n, text in counts if n]
    return f"Of {len(own)} factors: {'; '.join(said)}."


def _paper(own: Sequence[Cell]) -> list[str]:
    """Say on which factors the paper's sign agrees, disagrees, or is undecided here.

    Of a scenario or a reference that is not the paper's: that nothing is compared.
    """
    if all(c.agreement == rubric.NOT_COMPARED for c in own):
        return [_NOT_COMPARED]
    sentences = []
    for agreement, verb in (
        ("agrees", "The sign agrees with the paper's"),
        ("disagrees", "The sign disagrees with the paper's"),
        ("undecided", "The study is undecided (?) where the paper gives a sign"),
    ):
        there = [c for c in own if c.agreement == agreement]
        named = [
            f"{c.name} (paper {wording.symbol(c.paper)}, here {wording.symbol(c.sign)})"
            for c in there
        ]
        if named:
            sentences.append(f"{verb} ({READING}) on {wording.listing(named)}.")
    return sentences or ["The paper gives no sign for this scenario."]


# Assumed responses at zero


def changed(stated: Sequence[Cell], zero: Sequence[Cell]) -> list[Changed]:
    """Return the cells whose sign (better, worse, 0, ?) changes with assumed responses at zero.

    A sign reads better, worse, 0 or ?; one that only gets stronger or weaker has not changed. Cells
    that the second study lacks are left out.
    """
    return [
        Changed(before, after)
        for before, after in in_both(stated, zero)
        if before.sign[0] != after.sign[0]
    ]


def in_both(stated: Sequence[Cell], zero: Sequence[Cell]) -> list[tuple[Cell, Cell]]:
    """Return the cells that both studies have, each with its twin."""
    twins = {(cell.scenario, cell.factor): cell for cell in zero}
    found = [(cell, twins.get((cell.scenario, cell.factor))) for cell in stated]
    return [(cell, twin) for cell, twin in found if twin is not None]
