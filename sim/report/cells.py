"""The cells of the rubric and those beside them: a paired difference each, with its words.

Nothing is written by hand about a result: every word is chosen by a condition on the numbers that
makes it true.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.analysis import rubric, wording
from sim.report.view import View

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


@dataclass(frozen=True)
class Cell:
    """One paired difference: a scenario, a factor and its headline outcome."""

    scenario: str
    factor: str
    outcome: Outcome
    reference: float
    difference: float
    low: float
    high: float
    share: float
    inside: float
    d: float
    sign: str
    pairs: int
    unit: str
    first_month: str
    last_month: str
    paper: str = ""
    agreement: str = rubric.NOT_COMPARED

    @property
    def rung(self) -> str:
        """Word of the ladder."""
        return wording.rung(self.sign, self.share, rubric.slight(self.sign, self.inside))

    @property
    def level(self) -> str:
        """The reference's level over the months compared."""
        return wording.value(self.reference, self.outcome)

    @property
    def relative(self) -> float:
        """Difference over the size of the reference."""
        return self.difference / abs(self.reference) if self.reference != 0 else math.nan

    @property
    def judgement(self) -> str:
        """What the difference means for the goal."""
        return wording.judgement(self.rung, self.difference, self.outcome)

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
        return self.rung in wording.WITH_ENDS

    @property
    def move(self) -> str:
        """The finding in words that can be quoted alone: "less Chinese misuse (better)"."""
        more, less = FACTOR_MOVES.get(self.factor, (f"higher: {self.name}", f"lower: {self.name}"))
        if self.with_ends:
            return f"{self.name}: {self.rung}, {wording.between(self.low, self.high, self.outcome)}"
        if self.rung == wording.UNCHANGED:
            most = wording.percent(rubric.AGREEMENT, 0)
            return (
                f"{self.name}: {self.rung} ({most} {wording.within(self.reference, self.outcome)})"
            )
        return wording.said(
            self.rung, more if self.difference > 0 else less, self.difference, self.outcome
        )

    @property
    def head(self) -> str:
        """`move` as the beginning of a sentence."""
        return self.move[:1].upper() + self.move[1:]

    @property
    def group(self) -> str:
        """Where it stands on the page: gain, loss, likely, undecided, slight or unchanged.

        An outcome without a goal is neither gain nor loss where it is clear.
        """
        if self.rung == "clear":
            return {"+": "gain", "-": "loss"}.get(self.sign[0], "clear")
        named = {
            wording.UNCHANGED: "unchanged",
            wording.SLIGHT: "slight",
            wording.CANNOT_TELL: "undecided",
        }
        return named.get(self.rung, self.rung)

    @property
    def name(self) -> str:
        """Factor in words."""
        return FACTOR_NAMES.get(self.factor, self.factor)

    @property
    def evidence(self) -> str:
        """Interval, share of replications and relative change, in brackets after a number."""
        clauses = (
            []
            if self.with_ends
            else [f"5–95 %: {wording.interval(self.low, self.high, self.outcome)}"]
        )
        if self.outcome.kind == "level" and self.reference != 0 and math.isfinite(self.relative):
            clauses.append(f"{wording.relative(self.relative)} of the reference")
        if self.difference != 0 and math.isfinite(self.difference):
            counted = wording.count_of(self.share, self.pairs)
            clauses.append(f"{wording.towards(self.difference)} in {counted} {self.unit}")
        return "; ".join(clauses)

    @property
    def text(self) -> str:
        """The numbers of a finding: outcome, signed difference, evidence."""
        mean = "mean " if self.with_ends else ""
        evidence = f" ({self.evidence})" if self.evidence else ""
        return (
            f"{self.outcome.label}: "
            f"{mean}{wording.difference(self.difference, self.outcome)}{evidence}"
        )

    @property
    def paper_text(self) -> str:
        """The paper's sign and how this finding stands to it."""
        if not self.paper:
            return self.agreement
        return f"paper {wording.symbol(self.paper)}: {self.agreement}"


def headlines(view: View) -> list[Cell]:
    """Return the cells of the rubric: policies as in the study, factors as in the rubric."""
    found = []
    for row in view.rubric:
        outcome = view.study.outcome(row.outcome)
        cell = _cell(view.rows[row.scenario, row.outcome], row.factor, outcome, view.study.unit)
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
                _cell(view.rows[scenario, name], factor, view.study.outcome(name), view.study.unit)
                for scenario in view.policies
            ]
            for name in held
        ]
    return found


def _cell(row: Any, factor: str, outcome: Outcome, unit: str) -> Cell:
    return Cell(
        scenario=row.scenario,
        factor=factor,
        outcome=outcome,
        reference=float(row.reference),
        difference=float(row.difference),
        low=float(row.low),
        high=float(row.high),
        share=float(row.share_same_sign),
        inside=float(row.inside_floor),
        d=float(row.d),
        sign=row.sign,
        pairs=int(row.pairs),
        unit=unit,
        first_month=row.first_month,
        last_month=row.last_month,
    )


def leading(found: Sequence[Cell], most: int = 3) -> list[Cell]:
    """Return the clear findings with the largest effect size.

    The best and the worst come first, then other scenarios and factors.
    """
    ranked = sorted((c for c in found if c.rung == "clear"), key=lambda c: -abs(c.d))
    chosen: list[Cell] = []
    for group in ("gain", "loss"):
        chosen += [c for c in ranked if c.group == group][:1]
    for cell in ranked:
        if all(cell.scenario != c.scenario and cell.factor != c.factor for c in chosen):
            chosen.append(cell)
    return sorted(chosen[:most], key=lambda c: -abs(c.d))


def count_line(found: Sequence[Cell]) -> str:
    """Count the cells of the rubric on each rung of the ladder."""
    better, worse = (sum(c.group == group for c in found) for group in ("gain", "loss"))
    sides = f" ({better} better, {worse} worse)"
    counts = [
        f"{sum(c.rung == rung for c in found)} {rung}{sides if rung == 'clear' else ''}"
        for rung in wording.RUNGS
    ]
    policies = len({c.scenario for c in found})
    factors = len({c.factor for c in found})
    cells_ = (
        f"{wording.counted(policies, 'policy scenario')} by {wording.counted(factors, 'factor')}"
    )
    return f"Of {wording.counted(len(found), 'cell')} ({cells_}): {wording.listing(counts)}."
