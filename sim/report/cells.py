"""The cells of the rubric and those beside them: a paired difference each, with its words.

Nothing is written by hand about a result: every word is chosen by a condition on the numbers that
makes it true.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.analysis import rubric, wording
from sim.analysis.comparison import Comparison
from sim.report.view import View
from sim.vocabulary import HOMES

if TYPE_CHECKING:
    from sim.model.outcomes import Outcome

FACTOR_NAMES = {
    "transparency": "Transparency",
    "progress_specific": "Progress in specific uses",
    "progress_frontier": "Progress at the frontier",
    "power_distribution": "Power distribution",
    "chinese_misuse": "Chinese misuse",
    "other_misuse": "Other misuse",
    "backdoors": "Backdoors",
    "global_power": "Global power (US)",
}
# What a rise and a fall of each factor's headline outcome are called, so that a quoted line cannot
# be read backwards.
FACTOR_MOVES = {
    "transparency": ("more transparency", "less transparency"),
    "progress_specific": ("more progress in specific uses", "less progress in specific uses"),
    "progress_frontier": ("faster progress at the frontier", "slower progress at the frontier"),
    "power_distribution": ("power spread more widely", "power less widely spread"),
    "chinese_misuse": ("more Chinese misuse", "less Chinese misuse"),
    "other_misuse": ("more other misuse", "less other misuse"),
    "backdoors": ("more exposure to backdoors", "less exposure to backdoors"),
    "global_power": ("more global power of the US", "less global power of the US"),
}
IDEOLOGICAL = ("transparency", "progress_specific", "progress_frontier", "power_distribution")
GEOPOLITICAL = ("chinese_misuse", "backdoors", "global_power")

# What is printed beside the headline of each factor, since one number does not tell it all.
BESIDE = {
    "transparency": ("audited_share", "rationale_share"),
    "progress_specific": (
        "application_value_us_base",
        "application_value_cn_base",
        "application_value_other_base",
    ),
    "progress_frontier": ("lag_us_cn", "lag_open_closed", "idea_share_us", "idea_share_cn"),
    "power_distribution": ("labs_near_frontier", "power_countries"),
    "chinese_misuse": ("uplift_us_releases",),
    "backdoors": ("audit_detections", "audit_false_alarms"),
    "global_power": ("cn_share_abroad", "derivative_share_us", "trust_us", "dependence_abroad"),
    "other_misuse": ("incidents", "incidents_reported"),
}

SAID_OF_EU = (
    "us_share_eu",
    "cn_share_eu",
    "open_share_eu",
    "eu_labs_in_eu",
    "eu_labs_outside_eu",
    "application_value_eu",
    "services_withdrawn_eu",
    "use_withdrawn_eu",
    *(f"cost_eu_{home}" for home in HOMES),
)
"""What is said of the EU where a scenario changes its duties."""
EU_LEVER = "EU_GPAI"


READING = "reading of its prose"
"""Said wherever a sign of the paper is compared: its scored table was not to be had."""
DOTS = {"agrees": "●", "disagrees": "○", "undecided": "◐"}
"""Marks of how a finding stands to the paper's sign."""


@dataclass(frozen=True)
class Cell:
    """One finding: a scenario, a factor and its headline outcome.

    Numbers and words are those of a `sim.analysis.comparison.Comparison`.
    """

    scenario: str
    factor: str
    outcome: Outcome
    unit: str
    first_month: str
    last_month: str
    reference: float
    difference: float
    median: float
    low: float
    high: float
    scale: str
    p_higher: float
    p_lower: float
    p_floor: float
    sign: str
    word: str
    pairs: int
    paper: str = ""
    agreement: str = rubric.NOT_COMPARED

    @property
    def level(self) -> str:
        """The reference's level over the months compared."""
        return wording.value(self.reference, self.outcome)

    @property
    def change(self) -> str:
        """The median change as printed."""
        return wording.change(self.median, self.outcome)

    @property
    def interval(self) -> str:
        """The ends of the change as printed."""
        return wording.change_interval(self.low, self.high, self.outcome)

    @property
    def strength(self) -> float:
        """Size of the median, where what is large in itself is 1: for a share and for a level."""
        return abs(self.median) / rubric.LARGE[self.outcome.kind]

    @property
    def judgement(self) -> str:
        """What the change means for the goal."""
        return wording.judgement(self.word, self.median, self.outcome)

    @property
    def verdict(self) -> str:
        """`judgement` for a table that names the factor.

        The ends of the interval follow where the word needs them.
        """
        ends = f": {wording.between(self.low, self.high, self.outcome)}" if self.with_ends else ""
        return f"{self.judgement}{ends}"

    @property
    def with_ends(self) -> bool:
        """Whether the ends of the interval are part of the words."""
        return self.word in wording.WITH_ENDS

    @property
    def move(self) -> str:
        """The finding in words that can be quoted alone: "less Chinese misuse (better)"."""
        more, less = FACTOR_MOVES.get(self.factor, (f"higher: {self.name}", f"lower: {self.name}"))
        if self.with_ends:
            return f"{self.name}: {self.verdict.replace(': ', ', ', 1)}"
        if self.word == wording.UNCHANGED:
            most = wording.percent(rubric.AGREEMENT, 0)
            return f"{self.name}: {self.word} ({most} within {wording.bound(self.outcome)})"
        return wording.said(self.word, more if self.median > 0 else less, self.median, self.outcome)

    @property
    def head(self) -> str:
        """`move` as the beginning of a sentence."""
        return self.move[:1].upper() + self.move[1:]

    @property
    def group(self) -> str:
        """Where it stands on the page: gain, loss, likely, undecided, mostly or unchanged.

        An outcome without a goal is neither gain nor loss where it is clear.
        """
        if self.word == wording.CLEAR:
            return {"+": "gain", "-": "loss"}.get(self.sign[0], "clear")
        named = {
            wording.UNCHANGED: "unchanged",
            wording.LIKELY_UNCHANGED: "mostly",
            wording.CANNOT_TELL: "undecided",
        }
        return named.get(self.word, self.word)

    @property
    def name(self) -> str:
        """Factor in words."""
        return FACTOR_NAMES.get(self.factor, self.factor)

    @property
    def sides(self) -> str:
        """How many pairs are on either side of the floor, better or worse, else higher or lower."""
        sides = [
            (
                wording.goal(side, self.outcome) or wording.towards(side),
                wording.count(p, self.pairs),
            )
            for side, p in ((1, self.p_higher), (-1, self.p_lower))
        ]
        (first, one), (second, other) = sorted(sides)
        return f"{first} in {one}, {second} in {other} of {self.pairs} {self.unit}"

    @property
    def evidence(self) -> str:
        """Interval and sides in brackets after a number; the mean where there is no percentage."""
        clauses = [] if self.with_ends else [f"5–95 %: {self.interval}"]
        if math.isinf(self.median):
            clauses.append(f"mean {wording.difference(self.difference, self.outcome)}")
        return "; ".join([*clauses, self.sides] if self.pairs else clauses)

    @property
    def text(self) -> str:
        """The numbers of a finding: outcome, median change, evidence."""
        median = "median " if self.with_ends else ""
        percent = math.isfinite(self.median) and self.outcome.kind == "level"
        of = " of the reference" if percent else ""
        return f"{self.outcome.label}: {median}{self.change}{of} ({self.evidence})"

    @property
    def paper_text(self) -> str:
        """The paper's sign and how this finding stands to it; "" where the paper is silent."""
        if not self.paper:
            return ""
        return f"paper {wording.symbol(self.paper)} ({READING}): {self.agreement}"

    @property
    def dot(self) -> str:
        """How it stands to the paper's sign, as one letter; "" where the paper is silent."""
        return DOTS.get(self.agreement, "")


def headlines(view: View) -> list[Cell]:
    """Return the cells of the rubric: policies as in the study, factors as in the rubric."""
    found = []
    for row in view.rubric:
        outcome = view.study.outcome(row.outcome)
        cell = _of_row(view, row.scenario, row.factor, outcome)
        found.append(replace(cell, paper=row.paper, agreement=row.agreement))
    return found


def beside(view: View) -> dict[str, list[list[Cell]]]:
    """Return what stands beside each headline: by factor, one list of cells per outcome."""
    found: dict[str, list[list[Cell]]] = {}
    for factor, outcomes in BESIDE.items():
        held = view.present(outcomes)
        if not held or not view.policies:
            continue
        found[factor] = [
            [
                _of_row(view, scenario, factor, view.study.outcome(name))
                for scenario in view.policies
            ]
            for name in held
        ]
    return found


def in_eu(view: View, scenario: str) -> list[Cell]:
    """Return what a scenario does in the EU; nothing if it leaves the duties there as they are."""
    if not changes_eu(view, scenario):
        return []
    return [
        _of_row(view, scenario, "", view.study.outcome(name)) for name in view.present(SAID_OF_EU)
    ]


def changes_eu(view: View, scenario: str) -> bool:
    """Tell whether a scenario has other duties in the EU than the reference."""
    ours, theirs = (
        {name: p for name, p in one.policy.items() if p.lever == EU_LEVER}
        for one in (view.study.scenario(scenario), view.reference)
    )
    return ours != theirs


def _of_row(view: View, scenario: str, factor: str, outcome: Outcome) -> Cell:
    row = view.rows[scenario, outcome.name]
    return cell_of(
        row, scenario, factor, outcome, view.study.unit, (row.first_month, row.last_month)
    )


def cell_of(
    found: Comparison,
    scenario: str,
    factor: str,
    outcome: Outcome,
    unit: str,
    months: tuple[str, str],
) -> Cell:
    """Return a comparison as a finding.

    Parameters
    ----------
    found
        The comparison, or a row of `Study.table`, which has the same numbers.
    scenario, factor, outcome
        What it is of.
    unit
        "pairs" or "replications".
    months
        The first and the last month in the means.
    """
    first, last = months
    numbers = {field: getattr(found, field) for field in Comparison.__slots__}
    return Cell(scenario, factor, outcome, unit, first, last, **numbers)


def measured_alike(found: Sequence[Cell]) -> bool:
    """Tell whether cells are compared with one level of the reference, over the same months."""
    return len({(cell.reference, cell.first_month, cell.last_month) for cell in found}) == 1


def count_line(found: Sequence[Cell]) -> str:
    """Count the cells of the rubric by their words."""
    better, worse = (sum(c.group == group for c in found) for group in ("gain", "loss"))
    sides = f" ({better} better, {worse} worse)"
    counts = [
        f"{sum(c.word == word for c in found)} {word}{sides if word == wording.CLEAR else ''}"
        for word in wording.RUNGS
    ]
    policies = len({c.scenario for c in found})
    factors = len({c.factor for c in found})
    cells_ = (
        f"{wording.counted(policies, 'policy scenario')} by {wording.counted(factors, 'factor')}"
    )
    return f"Of {wording.counted(len(found), 'cell')} ({cells_}): {wording.listing(counts)}."
