"""Findings in words, made from the numbers of a study by the ladder of `sim.analysis.wording`.

Nothing here is written by hand about a result: every sentence is chosen by a condition on the numbers that makes it
true, and every number in it stands in the study's tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import rubric, wording
from sim.analysis.comparison import compare
from sim.months import month_name
from sim.report import figure_data
from sim.scenario.scenario import differences_in_words, other_differences

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.model.outcomes import Outcome
    from sim.scenario.scenario import Scenario

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
# What a rise and a fall of each factor's headline outcome are called, so that a quoted line cannot be read backwards.
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
    inside: float
    d: float
    sign: str
    pairs: int
    unit: str
    first_month: str
    last_month: str
    paper: str = ""
    agreement: str = "paper silent"

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
        """`judgement` for a table that names the factor, with the ends where the word needs them."""
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
            return f"{self.name}: {self.rung} ({most} {wording.within(self.reference, self.outcome)})"
        return wording.said(self.rung, more if self.difference > 0 else less, self.difference, self.outcome)

    @property
    def head(self) -> str:
        """`move` as the beginning of a sentence."""
        return self.move[:1].upper() + self.move[1:]

    @property
    def group(self) -> str:
        """Where the finding stands on the page: gain, loss, likely, undecided, slight or unchanged."""
        if self.rung == "clear":
            return "gain" if self.sign.startswith("+") else "loss"
        named = {wording.UNCHANGED: "unchanged", wording.SLIGHT: "slight", wording.CANNOT_TELL: "undecided"}
        return named.get(self.rung, self.rung)

    @property
    def name(self) -> str:
        """Factor in words."""
        return FACTOR_NAMES.get(self.factor, self.factor)

    @property
    def evidence(self) -> str:
        """Interval, share of replications and relative change, in brackets after a number."""
        parts = [] if self.with_ends else [f"5–95 %: {wording.interval(self.low, self.high, self.outcome)}"]
        if self.outcome.kind == "level" and self.reference != 0 and math.isfinite(self.relative):
            parts.append(f"{wording.relative(self.relative)} of the reference")
        if self.difference != 0 and math.isfinite(self.difference):
            counted = wording.count_of(self.share, self.pairs)
            parts.append(f"{wording.towards(self.difference)} in {counted} {self.unit}")
        return "; ".join(parts)

    @property
    def text(self) -> str:
        """The numbers of a finding: outcome, signed difference, evidence."""
        mean = "mean " if self.with_ends else ""
        evidence = f" ({self.evidence})" if self.evidence else ""
        return f"{self.outcome.label}: {mean}{wording.difference(self.difference, self.outcome)}{evidence}"

    @property
    def paper_text(self) -> str:
        """The paper's sign and how this finding stands to it."""
        return "paper silent" if not self.paper else f"paper {wording.symbol(self.paper)}: {self.agreement}"


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
    of = {(row.scenario, row.outcome): row for row in figure_data.records(table)}
    found = []
    for row in figure_data.records(frame):
        cell = _cell(of[row.scenario, row.outcome], row.factor, study.outcome(row.outcome), study.unit)
        found.append(replace(cell, paper=row.paper, agreement=row.agreement))
    return found


def beside(study: Study) -> dict[str, list[list[Cell]]]:
    """Return what is printed beside each factor's headline: by factor, one list of cells per outcome."""
    found: dict[str, list[list[Cell]]] = {}
    for factor, outcomes in BESIDE.items():
        held = figure_data.present(study, outcomes)
        if not held or len(study.scenarios) == 1:
            continue
        rows = figure_data.records(study.table(held))
        found[factor] = [
            [_cell(row, factor, study.outcome(o), study.unit) for row in rows if row.outcome == o] for o in held
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


# Findings by policy


def by_policy(study: Study) -> list[PolicyFindings]:
    """Return the findings on each policy, in the order of the study."""
    found = cells(study)
    uplift = {c.scenario: c for row in beside(study).get("chinese_misuse", []) for c in row}
    result = []
    for name in figure_data.names(study)[1:]:
        own = tuple(cell for cell in found if cell.scenario == name)
        first, last = study.window(name)
        period = wording.period(month_name(first), month_name(last))
        also = also_differs(study, name)
        result.append(PolicyFindings(name, period, also, own, tuple(_paper(own)), _summary(own), uplift.get(name)))
    return result


def also_differs(study: Study, scenario: str) -> str:
    """Return what beside policy a case differs in from its reference, as a sentence; "" if nothing does."""
    case = next(case for case in study.cases if case.name == scenario)
    found = differences_in_words(study.other_differences(scenario))
    if not found:
        return ""
    policies = study.scenario(scenario).policy != study.scenario(case.against).policy
    return f"{'Not only a policy differs' if policies else 'No policy differs, but'}: {found} (in {case.against})."


def _summary(own: Sequence[Cell]) -> str:
    counts = [
        (sum(cell.group == group for cell in own), text)
        for group, text in (
            ("gain", "clearly better"),
            ("loss", "clearly worse"),
            ("likely", "likely, not clear,"),
            ("undecided", wording.CANNOT_TELL),
            ("slight", wording.SLIGHT),
            ("unchanged", wording.UNCHANGED),
        )
    ]
    parts = [f"{text} on {n}" for n, text in counts if n]
    return f"Of {len(own)} factors: {'; '.join(parts)}."


def _paper(own: Sequence[Cell]) -> list[str]:
    """Say on which factors the paper's sign agrees, disagrees, is undecided here, or is silent."""
    sentences = []
    for agreement, verb in (
        ("agrees", "The sign agrees with the paper's on"),
        ("disagrees", "The sign disagrees with the paper's on"),
        ("undecided", "The paper gives a sign and this study is undecided (?) on"),
    ):
        there = [c for c in own if c.agreement == agreement]
        named = [f"{c.name} (paper {wording.symbol(c.paper)}, here {wording.symbol(c.sign)})" for c in there]
        if named:
            sentences.append(f"{verb} {wording.listing(named)}.")
    silent = [c.name for c in own if c.agreement == "paper silent"]
    if len(silent) == len(own):
        return ["The paper gives no sign for this scenario."]
    if silent:
        sentences.append(f"The paper is silent on {wording.listing(silent)}.")
    return sentences


def leading(found: Sequence[Cell], most: int = 3) -> list[Cell]:
    """Return the clear findings with the largest effect size: the best, the worst, then other scenarios and factors."""
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
    sides = f" ({sum(c.group == 'gain' for c in found)} better, {sum(c.group == 'loss' for c in found)} worse)"
    counts = [
        f"{sum(c.rung == rung for c in found)} {rung}{sides if rung == 'clear' else ''}" for rung in wording.RUNGS
    ]
    policies = len({c.scenario for c in found})
    factors = len({c.factor for c in found})
    cells_ = f"{wording.counted(policies, 'policy scenario')} by {wording.counted(factors, 'factor')}"
    return f"Of {wording.counted(len(found), 'cell')} ({cells_}): {wording.listing(counts)}."


# Targeted measures against the blanket control


@dataclass(frozen=True)
class Sides:
    """Which scenarios of a study stand for the blanket control, which for targeted measures, and why the others do not.

    Attributes
    ----------
    blanket : tuple of str
        Scenarios that differ from the reference in the paper's P1 alone.
    targeted : tuple of str
        Scenarios that differ in the paper's P2, P3 or P4 alone, the one with most of them first.
    neither : tuple of (str, str)
        The others, with what they change besides.
    """

    blanket: tuple[str, ...]
    targeted: tuple[str, ...]
    neither: tuple[tuple[str, str], ...]

    @property
    def sentences(self) -> list[str]:
        """Who stands for what."""
        blanket, targeted = (wording.listing(list(names)) or "none" for names in (self.blanket, self.targeted))
        measures = f"{', '.join(TARGETED[:-1])} or {TARGETED[-1]}"
        text = [
            f"Blanket control means here a change of the paper's {BLANKET} and nothing else: {blanket}.",
            f"Targeted measures means a change of {measures} and nothing else: {targeted}.",
        ]
        if len(self.targeted) > 1 and self.blanket:
            text.append(f"Of these {self.targeted[0]} has the most measures of the paper and is the one compared.")
        if self.neither:
            others = [f"{name} ({why})" for name, why in self.neither]
            text.append(f"Neither: {wording.listing(others)}.")
        return text


def sides(study: Study) -> Sides:
    """Sort the scenarios of a study by the paper's policies that they change against the reference."""
    reference = study.scenario(study.against)
    blanket, targeted, neither = [], [], []
    for scenario in study.scenarios:
        if scenario.name == study.against:
            continue
        papers, others = _papers(scenario, reference)
        if others or not papers or papers > {BLANKET}:
            neither.append((scenario.name, f"changes {wording.listing([*sorted(papers), *others]) or 'nothing'}"))
        elif papers == {BLANKET}:
            blanket.append(scenario.name)
        else:
            targeted.append((scenario.name, len(papers)))
    ranked = sorted(targeted, key=lambda item: -item[1])
    return Sides(tuple(blanket), tuple(name for name, _ in ranked), tuple(neither))


def _papers(scenario: Scenario, reference: Scenario) -> tuple[set[str], list[str]]:
    """Return the paper's policies in which two scenarios differ, and in words what else differs."""
    added = [p for name, p in sorted(scenario.policy.items()) if reference.policy.get(name) != p]
    dropped = [p for name, p in sorted(reference.policy.items()) if name not in scenario.policy]
    papers = {type(p).paper for p in added} - {""}
    levers = [type(p) for p in added if not type(p).paper] + [type(p) for p in dropped]
    others = list(dict.fromkeys(f"{kind.title} ({kind.lever})" for kind in levers))
    fields = dict.fromkeys(key.split(".")[0] for key, _, _ in other_differences(scenario, reference))
    return papers, [*others, *({"crisis": "crisis events", "adopters": "the panel"}.get(f, f) for f in fields)]


def duels(study: Study) -> list[Duel]:
    """Compare the targeted measures with each blanket control directly, paired; none if either is missing."""
    found = sides(study)
    if not found.targeted:
        return []
    made = [_duel(study, found.targeted[0], blanket) for blanket in found.blanket]
    return [duel for duel in made if duel is not None]


def _duel(study: Study, targeted: str, blanket: str) -> Duel | None:
    """Compare two scenarios over the months in which both are compared with the reference; None if there are none."""
    pair = targeted, blanket
    windows = [study.window(name) for name in pair]
    first, last = max(w[0] for w in windows), min(w[1] for w in windows)
    if first > last:
        return None
    rows = [cell for cell in cells(study) if cell.scenario == targeted]
    found = tuple(_direct(study, cell, blanket, first, last) for cell in rows)
    verdicts = tuple(_verdict(cell) for cell in found)
    period = wording.period(month_name(first), month_name(last))
    sentences = [*_duel_sentences(targeted, blanket, found), *_both_lose(cells(study), pair, study.against)]
    return Duel(targeted, blanket, period, found, verdicts, tuple(sentences))


def _direct(study: Study, cell: Cell, blanket: str, first: int, last: int) -> Cell:
    """Return a cell whose difference is targeted minus blanket, by the same rule as every other cell."""
    name = cell.outcome.name
    ours, theirs, reference = (
        np.asarray(study.values(scenario, name), dtype=float)[:, first : last + 1].mean(axis=1)
        for scenario in (cell.scenario, blanket, study.against)
    )
    found = compare(ours, theirs, cell.outcome, study.replications, reference)
    return Cell(
        scenario=cell.scenario,
        factor=cell.factor,
        outcome=cell.outcome,
        reference=found.reference,
        difference=found.difference,
        low=found.low,
        high=found.high,
        share=found.share_same_sign,
        inside=found.inside_floor,
        d=found.d,
        sign=found.sign,
        pairs=found.pairs,
        unit=study.unit,
        first_month=month_name(first),
        last_month=month_name(last),
    )


UNCHANGED = "no material difference"
VERDICTS = ("better", "worse", "likely better", "likely worse", wording.CANNOT_TELL, wording.SLIGHT, UNCHANGED)


def _verdict(cell: Cell) -> str:
    if cell.rung == wording.UNCHANGED:
        return UNCHANGED
    meant = wording.goal(cell.difference, cell.outcome)
    return {"clear": meant, "likely": f"likely {meant}"}.get(cell.rung, cell.rung)


def _duel_sentences(targeted: str, blanket: str, found: Sequence[Cell]) -> list[str]:
    named = {verdict: [c.name for c in found if _verdict(c) == verdict] for verdict in VERDICTS}
    better, worse = len(named["better"]), len(named["worse"])
    parts = [f"{verdict} on {len(names)} ({wording.listing(names)})" for verdict, names in named.items() if names]
    sentences = [f"{targeted} against {blanket}, over {len(found)} factors: {'; '.join(parts)}."]
    told = better + worse
    apart = f"On the {told if told > 1 else 'one'} of {len(found)} factors where the two can be told apart clearly"
    if better and worse:
        sentences.append("Which does better depends on the factor; factors are not added up into one score.")
    elif better:
        sentences.append(f"{apart}, {targeted} does better than {blanket}.")
    elif worse:
        sentences.append(f"{apart}, {blanket} does better than {targeted}.")
    else:
        sentences.append("The two cannot be told apart clearly on any factor with these runs.")
    return sentences


def _both_lose(found: Sequence[Cell], pair: tuple[str, str], against: str) -> list[str]:
    """Say on which factors both scenarios are clearly worse than the reference: the better of two may be that too."""
    losers = [c for c in found if c.scenario in pair and c.group == "loss"]
    named = [c.name for c in losers if c.scenario == pair[0] and c.factor in _factors(losers, pair[1])]
    return [f"Against {against} both are clearly worse on {wording.listing(named)}."] if named else []


def _factors(found: Sequence[Cell], scenario: str) -> set[str]:
    return {c.factor for c in found if c.scenario == scenario}


# Assumed responses at zero


def changed(study: Study, zero: Study) -> list[Changed]:
    """Return the cells whose sign reads otherwise (better, worse, 0 or ?) in the study with assumed responses at zero.

    A sign that only gets stronger or weaker has not changed. Cells that the second study lacks are left out.
    """
    other = {(cell.scenario, cell.factor): cell for cell in cells(zero)}
    pairs = [(cell, other.get((cell.scenario, cell.factor))) for cell in cells(study)]
    return [Changed(a, b) for a, b in pairs if b is not None and a.sign[0] != b.sign[0]]


def compared(study: Study, zero: Study) -> int:
    """Return how many cells both studies have."""
    other = {(cell.scenario, cell.factor) for cell in cells(zero)}
    return sum((cell.scenario, cell.factor) in other for cell in cells(study))
