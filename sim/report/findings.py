"""Findings in words, made from the numbers of a study by the ladder of `sim.report.words`.

Nothing here is written by hand about a result: every sentence is chosen by a condition on the numbers that makes it
true, and every number in it stands in the study's tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.months import month_name
from sim.report import plotted, words
from sim.sweep.comparison import compared as compare_means

if TYPE_CHECKING:
    from sim.outcomes import Outcome
    from sim.scenario import Scenario
    from sim.sweep.study import Study

FACTOR_NAMES = {
    "transparency": "Transparency",
    "progress_specific": "Progress: specific uses",
    "progress_frontier": "Progress: frontier",
    "power_distribution": "Power distribution",
    "chinese_misuse": "Chinese misuse",
    "other_misuse": "Other misuse",
    "backdoors": "Backdoors",
    "global_power": "Global power (US)",
}
IDEOLOGICAL = ("transparency", "progress_specific", "progress_frontier", "power_distribution")
GEOPOLITICAL = ("chinese_misuse", "backdoors", "global_power")

# What is printed beside the headline of each factor, since one number does not tell it all.
BESIDE = {
    "transparency": ("audited_share", "rationale_share"),
    "progress_specific": ("application_value_us_base", "application_value_cn_base", "application_value_other_base"),
    "progress_frontier": ("lag_us_cn", "lag_open_closed", "idea_share_us", "idea_share_cn"),
    "power_distribution": ("labs_near_frontier", "power_countries"),
    "chinese_misuse": ("uplift_us_releases",),
    "backdoors": ("audit_detections", "audit_false_alarms"),
    "global_power": ("cn_share_abroad", "derivative_share_us", "trust_us", "dependence_abroad"),
    "other_misuse": ("incidents", "incidents_reported"),
}

BLANKET = "P1"
TARGETED = ("P2", "P3", "P4")


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
    d: float
    sign: str
    pairs: int
    unit: str
    paper: str = ""
    agreement: str = "paper silent"

    @property
    def rung(self) -> str:
        """Word of the ladder."""
        return words.rung(self.sign, self.share)

    @property
    def relative(self) -> float:
        """Difference over the size of the reference."""
        return self.difference / abs(self.reference) if self.reference != 0 else math.nan

    @property
    def judgement(self) -> str:
        """What the difference means for the goal."""
        return words.judgement(self.sign, self.share, self.difference, self.outcome)

    @property
    def group(self) -> str:
        """Where the finding stands on the page: gain, loss, likely, undecided or unchanged."""
        if self.rung == "clear":
            return "gain" if self.sign.startswith("+") else "loss"
        return {"no material change": "unchanged"}.get(self.rung, self.rung)

    @property
    def name(self) -> str:
        """Factor in words."""
        return FACTOR_NAMES.get(self.factor, self.factor)

    @property
    def evidence(self) -> str:
        """Interval, share of replications and relative change, in brackets after a number."""
        parts = [f"5–95 %: {words.interval(self.low, self.high, self.outcome)}"]
        if self.outcome.kind == "level" and self.reference != 0 and math.isfinite(self.relative):
            parts.append(f"{words.relative(self.relative)} of the reference")
        if self.difference != 0 and math.isfinite(self.difference):
            counted = words.count_of(self.share, self.pairs)
            parts.append(f"{words.towards(self.difference)} in {counted} {self.unit}")
        return "; ".join(parts)

    @property
    def text(self) -> str:
        """The finding without its scenario: outcome, signed difference, evidence."""
        return f"{self.outcome.label}: {words.difference(self.difference, self.outcome)} ({self.evidence})"

    @property
    def paper_text(self) -> str:
        """The paper's sign and how this finding stands to it."""
        return "paper silent" if not self.paper else f"paper {words.symbol(self.paper)}: {self.agreement}"


@dataclass(frozen=True)
class PolicyFindings:
    """All findings on one policy."""

    scenario: str
    period: str
    cells: tuple[Cell, ...]
    paper: tuple[str, ...]
    summary: str
    uplift: Cell | None

    def of(self, group: str) -> list[Cell]:
        """Return the cells of one group."""
        return [cell for cell in self.cells if cell.group == group]


@dataclass(frozen=True)
class Duel:
    """A targeted scenario against a blanket one, factor by factor."""

    targeted: str
    blanket: str
    period: str
    cells: tuple[Cell, ...]
    verdicts: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A cell that reads otherwise when assumed responses are set to zero."""

    before: Cell
    after: Cell


def cells(study: Study) -> list[Cell]:
    """Return the cells of a study's rubric, policies in the order of the study, factors in that of the rubric."""
    frame = study.rubric()
    table = study.table(list(dict.fromkeys(frame["outcome"])))
    pairs = {(row.scenario, row.outcome): int(row.pairs) for row in plotted.records(table)}
    return [
        _cell(row, study.outcome(row.outcome), pairs[row.scenario, row.outcome], study.unit)
        for row in plotted.records(frame)
    ]


def beside(study: Study) -> dict[str, list[list[Cell]]]:
    """Return what is printed beside each factor's headline: by factor, one list of cells per outcome."""
    found: dict[str, list[list[Cell]]] = {}
    for factor, outcomes in BESIDE.items():
        held = plotted.present(study, outcomes)
        if not held or len(study.scenarios) == 1:
            continue
        rows = plotted.records(study.table(held))
        found[factor] = [
            [_beside(row, factor, study.outcome(o), study.unit) for row in rows if row.outcome == o] for o in held
        ]
    return found


def _beside(row: Any, factor: str, outcome: Outcome, unit: str) -> Cell:
    return Cell(
        scenario=row.scenario,
        factor=factor,
        outcome=outcome,
        reference=float(row.reference),
        difference=float(row.difference),
        low=float(row.low),
        high=float(row.high),
        share=float(row.share_same_sign),
        d=float(row.d),
        sign=row.sign,
        pairs=int(row.pairs),
        unit=unit,
    )


def _cell(row: Any, outcome: Outcome, pairs: int, unit: str) -> Cell:
    paper = row.paper if isinstance(row.paper, str) else ""
    return Cell(
        scenario=row.scenario,
        factor=row.factor,
        outcome=outcome,
        reference=float(row.reference),
        difference=float(row.difference),
        low=float(row.low),
        high=float(row.high),
        share=float(row.share_same_sign),
        d=float(row.d),
        sign=row.sign,
        pairs=pairs,
        unit=unit,
        paper=paper,
        agreement=row.agreement,
    )


# Findings by policy


def by_policy(study: Study) -> list[PolicyFindings]:
    """Return the findings on each policy, in the order of the study."""
    found = cells(study)
    uplift = {c.scenario: c for row in beside(study).get("chinese_misuse", []) for c in row}
    result = []
    for name in plotted.names(study)[1:]:
        own = tuple(cell for cell in found if cell.scenario == name)
        first, last = study.window(name)
        period = words.period(month_name(first), month_name(last))
        result.append(PolicyFindings(name, period, own, tuple(_paper(own)), _summary(own), uplift.get(name)))
    return result


def _summary(own: Sequence[Cell]) -> str:
    counts = [
        (sum(cell.group == group for cell in own), text)
        for group, text in (
            ("gain", "clear gain"),
            ("loss", "clear loss"),
            ("likely", "likely"),
            ("undecided", "undecided"),
            ("unchanged", "no material change"),
        )
    ]
    parts = [f"{text} on {n}" for n, text in counts if n]
    return f"Of {len(own)} factors: {', '.join(parts)}."


def _paper(own: Sequence[Cell]) -> list[str]:
    """Say on which factors the paper's sign agrees, disagrees, is undecided here, or is silent."""
    sentences = []
    for agreement, verb in (
        ("agrees", "The sign agrees with the paper's on"),
        ("disagrees", "It disagrees on"),
        ("undecided", "The paper gives a sign that is undecided here on"),
    ):
        there = [c for c in own if c.agreement == agreement]
        named = [f"{c.name} (paper {words.symbol(c.paper)}, here {words.symbol(c.sign)})" for c in there]
        if named:
            sentences.append(f"{verb} {words.listing(named)}.")
    silent = [c.name for c in own if c.agreement == "paper silent"]
    if len(silent) == len(own):
        return ["The paper gives no sign for this scenario."]
    if silent:
        sentences.append(f"The paper is silent on {words.listing(silent)}.")
    return sentences


def leading(found: Sequence[Cell], most: int = 3) -> list[Cell]:
    """Return the clear findings with the largest effect size: the strongest gain and loss, then other policies."""
    ranked = sorted((c for c in found if c.rung == "clear"), key=lambda c: -abs(c.d))
    chosen: list[Cell] = []
    for group in ("gain", "loss"):
        chosen += [c for c in ranked if c.group == group][:1]
    for cell in ranked:
        if len(chosen) < most and cell.scenario not in {c.scenario for c in chosen}:
            chosen.append(cell)
    return sorted(chosen[:most], key=lambda c: -abs(c.d))


def count_line(found: Sequence[Cell]) -> str:
    """Count the cells of the rubric on each rung of the ladder."""
    counts = [f"{sum(c.rung == rung for c in found)} {rung}" for rung in words.RUNGS]
    policies = len({c.scenario for c in found})
    factors = len({c.factor for c in found})
    return f"Of {len(found)} cells ({_count(policies, 'policy scenario')}, {factors} factors): {words.listing(counts)}."


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


# Targeted measures against the blanket control


def papers(scenario: Scenario, reference: Scenario) -> set[str]:
    """Return the paper's policies that a scenario adds to the reference: "P1" to "P4"."""
    added = [policy for name, policy in scenario.policy.items() if reference.policy.get(name) != policy]
    return {type(policy).paper for policy in added} - {""}


def contestants(study: Study) -> tuple[str, str] | None:
    """Return the scenario with most targeted measures and the one with the blanket control alone, or None."""
    reference = next(s for s in study.scenarios if s.name == study.against)
    sets = {s.name: papers(s, reference) for s in study.scenarios if s.name != study.against}
    blanket = [name for name, found in sets.items() if found == {BLANKET}]
    targeted = [name for name, found in sets.items() if found and found <= set(TARGETED)]
    if not blanket or not targeted:
        return None
    return max(targeted, key=lambda name: len(sets[name])), blanket[0]


def duel(study: Study) -> Duel | None:
    """Compare targeted measures with the blanket control directly, paired; None if one is missing."""
    pair = contestants(study)
    if pair is None:
        return None
    targeted, blanket = pair
    windows = [study.window(name) for name in pair]
    first, last = max(w[0] for w in windows), min(w[1] for w in windows)
    if first > last:
        return None
    rows = [cell for cell in cells(study) if cell.scenario == targeted]
    found = tuple(_direct(study, cell, blanket, first, last) for cell in rows)
    verdicts = tuple(_verdict(cell) for cell in found)
    period = words.period(month_name(first), month_name(last))
    sentences = [*_duel_sentences(targeted, blanket, found), *_both_lose(cells(study), pair, study.against)]
    return Duel(targeted, blanket, period, found, verdicts, tuple(sentences))


def _direct(study: Study, cell: Cell, blanket: str, first: int, last: int) -> Cell:
    """Return a cell whose difference is targeted minus blanket, by the same rule as every other cell."""
    name = cell.outcome.name
    ours, theirs, reference = (
        np.asarray(study.values(scenario, name), dtype=float)[:, first : last + 1].mean(axis=1)
        for scenario in (cell.scenario, blanket, study.against)
    )
    found = compare_means(ours, theirs, cell.outcome, study.replications, reference)
    return Cell(
        scenario=cell.scenario,
        factor=cell.factor,
        outcome=cell.outcome,
        reference=found.reference,
        difference=found.difference,
        low=found.low,
        high=found.high,
        share=found.share_same_sign,
        d=found.d,
        sign=found.sign,
        pairs=found.pairs,
        unit=study.unit,
    )


def _verdict(cell: Cell) -> str:
    if cell.rung == "clear":
        return "better" if cell.sign.startswith("+") else "worse"
    if cell.rung == "likely":
        return f"undecided, likely {'better' if cell.difference * cell.outcome.direction > 0 else 'worse'}"
    return "no material difference" if cell.rung == "no material change" else "undecided"


def _duel_sentences(targeted: str, blanket: str, found: Sequence[Cell]) -> list[str]:
    named = {
        key: [c.name for c in found if _verdict(c).split(",")[0] == key]
        for key in ("better", "worse", "no material difference", "undecided")
    }
    better, worse = len(named["better"]), len(named["worse"])
    parts = [f"{key}: {len(names)}{f' ({words.listing(names)})' if names else ''}" for key, names in named.items()]
    sentences = [f"Counting factors, {targeted} against {blanket}: {'; '.join(parts)}."]
    if better and worse:
        sentences.append("It depends on the goal: the factors are not added up into one score.")
    elif better:
        sentences.append("On every factor on which the two can be told apart, the targeted measures do better.")
    elif worse:
        sentences.append("On every factor on which the two can be told apart, the blanket control does better.")
    else:
        sentences.append("The two cannot be told apart on any factor with these replications.")
    return sentences


def _both_lose(found: Sequence[Cell], pair: tuple[str, str], against: str) -> list[str]:
    """Say on which factors both scenarios lose clearly against the reference: the better of two may still be a loss."""
    losers = [c for c in found if c.scenario in pair and c.group == "loss"]
    named = [c.name for c in losers if c.scenario == pair[0] and c.factor in _factors(losers, pair[1])]
    return [f"Against {against} both lose clearly on {words.listing(named)}."] if named else []


def _factors(found: Sequence[Cell], scenario: str) -> set[str]:
    return {c.factor for c in found if c.scenario == scenario}


# Assumed responses at zero


def changed(study: Study, zero: Study) -> list[Changed]:
    """Return the cells whose sign reads otherwise (gain, loss, 0 or ?) in the study with assumed responses at zero.

    A sign that only gets stronger or weaker has not changed. Cells that the second study lacks are left out.
    """
    other = {(cell.scenario, cell.factor): cell for cell in cells(zero)}
    pairs = [(cell, other.get((cell.scenario, cell.factor))) for cell in cells(study)]
    return [Changed(a, b) for a, b in pairs if b is not None and a.sign[0] != b.sign[0]]


def compared(study: Study, zero: Study) -> int:
    """Return how many cells both studies have."""
    other = {(cell.scenario, cell.factor) for cell in cells(zero)}
    return sum((cell.scenario, cell.factor) in other for cell in cells(study))
