"""Who gains, who loses and why, as the brief says it: a few lines for each policy that moves.

Numbers have two digits that mean something, and each names the table beside the page that has it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.analysis import actors, rubric, wording
from sim.analysis.why.break_evens import NO_CROSSING
from sim.report import aloud, assumptions, chain, who, why
from sim.report.view import View, records

if TYPE_CHECKING:
    from sim.analysis.why import Why
    from sim.model.outcomes import Outcome

MOST_FLIPS = 2
"""Break-evens that the brief names: those of the largest findings."""


STAYS = (
    "No assumption that was varied turns a finding over, from a change that matters to one that "
    "matters on the other side."
)
"""Said where no break-even is named."""


@dataclass(frozen=True)
class Number:
    """A change with the name of what changes, and where it stands.

    Attributes
    ----------
    name : str
        Of an actor, or the label of an outcome.
    change : str
        With its unit.
    file, outcome : str
        The table that has the number, and the outcome of its row there.
    likely : str
        "likely " if fewer than nine runs in ten bear it out, else "".
    """

    name: str
    change: str
    file: str
    outcome: str
    likely: str


@dataclass(frozen=True)
class Reasons:
    """What is said of one policy.

    Attributes
    ----------
    scenario, title : str
        Of the policy.
    gains, loses : tuple of Number
        Who is used more, and less.
    unsure : tuple of str
        Actors of whom nobody can tell.
    costs : tuple of Number
        What the policy costs each payer a year, at the prices that the scenario sets.
    chains : tuple of tuple of Number
        What moved on the way to each finding that the brief tells, that finding last.
    parts : str
        Which parts of the policy most of a change comes from; "" if that was not asked.
    """

    scenario: str
    title: str
    gains: tuple[Number, ...]
    loses: tuple[Number, ...]
    unsure: tuple[str, ...]
    costs: tuple[Number, ...]
    chains: tuple[tuple[Number, ...], ...]
    parts: str


def reasons(view: View, told: Mapping[str, Sequence[str]], because: Why | None) -> list[Reasons]:
    """Return what is said of each policy of which there is something to say.

    Parameters
    ----------
    view
        Of finished runs.
    told
        Outcomes of the findings that the brief tells, by the name of their policy: their reasons
        are given too.
    because
        What `openstakes why` found on the runs, if it was asked.
    """
    found = [_of_policy(view, name, told.get(name, ()), because) for name in view.policies]
    return [x for x in found if x.gains or x.loses or x.unsure or x.costs or x.chains]


def _of_policy(view: View, scenario: str, told: Sequence[str], because: Why | None) -> Reasons:
    use = who.by_verdict(view, scenario)
    named = {verdict: rows[: who.NAMED] for verdict, rows in use.items()}
    gains, loses = (
        tuple(_number(row.actor, row, who.known(view, row), who.CSV) for row in named[verdict])
        for verdict in (actors.GAINS, actors.LOSES)
    )
    return Reasons(
        scenario,
        view.title(scenario),
        gains,
        loses,
        tuple(row.actor for row in named[wording.CANNOT_TELL]),
        tuple(_cost(view, row) for row in who.rows_of(view, scenario, (actors.COSTS,)) if row.word),
        _chains(view, scenario, told),
        _parts(view, scenario, told, because),
    )


def _strength(median: float, outcome: Outcome) -> float:
    """Return the size of a change as a multiple of what is large in itself."""
    large = rubric.LARGE.get(outcome.kind, math.inf)
    return abs(median) / large if math.isfinite(median) else 0.0


def _chains(view: View, scenario: str, told: Sequence[str]) -> tuple[tuple[Number, ...], ...]:
    """Return the chains that end in findings that are told, in their order."""
    chains = {steps[-1].outcome: steps for steps in chain.rows_of(view, scenario) if len(steps) > 1}
    return tuple(
        tuple(_step(view, row) for row in chains[name])
        for name in dict.fromkeys(told)
        if name in chains
    )


def _step(view: View, row: Any) -> Number:
    outcome = view.study.outcome(row.outcome)
    step = _number(aloud.named(row.outcome, outcome.label), row, outcome, chain.CSV)
    if math.isinf(row.median):  # of what was 0 before there is no percentage
        return replace(step, change=f"+{aloud.short(row.difference)} {outcome.unit}, from 0")
    return step


def _cost(view: View, row: Any) -> Number:
    unit = view.study.outcome(row.outcome).unit
    spent = f"{wording.signed(aloud.short(row.difference))} {unit}"
    return Number(row.actor, spent, who.CSV, row.outcome, "")


def _number(name: str, row: Any, outcome: Outcome, file: str) -> Number:
    return Number(name, changed(row.median, outcome), file, row.outcome, who.likely(row))


def changed(median: float, outcome: Outcome) -> str:
    """Return a change with its unit, with two digits that mean something."""
    text = aloud.change(median)
    bare = text == wording.NOT_AVAILABLE or math.isinf(median)
    return text if bare else f"{text} {wording.change_unit(outcome)}"


def _parts(view: View, scenario: str, told: Sequence[str], because: Why | None) -> str:
    """Say which parts of a policy the finding that moves most, of those told, comes from."""
    if because is None or because.leading is None:
        return ""
    own = (row for row in records(because.leading) if row.scenario == scenario)
    rows = [row for row in own if row.outcome in told]
    if not rows:
        return ""
    row = max(rows, key=lambda row: _strength(row.total, view.study.outcome(row.outcome)))
    made_by = _split(because, row) or why.made_by(row)
    return f"Of the mean change in {aloud.named(row.outcome, row.label)} {made_by}."


def _split(because: Why, row: Any) -> str:
    """Return what share of a change each part of its policy has, the largest first."""
    if because.parts is None:
        return ""
    own = [
        part
        for part in records(because.parts)
        if (part.scenario, part.outcome) == (row.scenario, row.outcome)
        and part.measure in ("share", "rest")
        and wording.percent(part.fraction, 0) != wording.percent(0.0, 0)
    ]
    own.sort(key=lambda part: (part.measure == "rest", -part.fraction))
    told = [f"{wording.percent(part.fraction, 0)} comes from {part.part}" for part in own]
    return wording.listing(told)


def flips(view: View, because: Why | None) -> list[str]:
    """Return at which values of assumptions the largest findings turn, a sentence each.

    Only findings that matter on both sides: a change that becomes too small to matter is none.
    """
    if because is None or because.break_evens is None:
        return []
    rows = [row for row in records(because.break_evens) if assumptions.reverses(view, row)]

    def strength(row: Any) -> float:
        largest = max(abs(row.at_low), abs(row.at_high))
        return _strength(largest, view.study.outcome(row.outcome))

    told = [_flip(view, row) for row in sorted(rows, key=strength, reverse=True)[:MOST_FLIPS]]
    return told or [STAYS]


def steady(view: View, told: Mapping[str, Sequence[str]], because: Why | None) -> list[str]:
    """Return which findings that the brief tells keep their side, whatever an assumption is.

    Of each outcome the largest of them is said, and of that the assumption that moves it most
    stands for all that were varied.
    """
    if because is None or because.break_evens is None:
        return []
    kept: dict[str, list[Any]] = {}
    for scenario, outcomes in told.items():
        for name in dict.fromkeys(outcomes):
            own = [
                row
                for row in records(because.break_evens)
                if (row.scenario, row.outcome) == (scenario, name)
                and row.against == view.study.case(scenario).against
            ]
            if own and all(row.found == NO_CROSSING and row.at_low and row.at_high for row in own):
                kept[name] = max(kept.get(name, own), own, key=_largest)
    return [_steady(view, own) for own in list(kept.values())[:MOST_FLIPS]]


def _largest(own: Sequence[Any]) -> float:
    return max(abs(x) for row in own for x in (row.at_low, row.at_high))


def _steady(view: View, own: Sequence[Any]) -> str:
    row = max(own, key=lambda row: abs(row.at_high - row.at_low))
    outcome = view.study.outcome(row.outcome)
    low, high = (changed(x, outcome) for x in (row.at_low, row.at_high))
    unit, what = assumptions.unit(view, row.number), assumptions.words(view, row.number)
    ends = [f"{aloud.short(x)}{unit}" for x in (row.range_low, row.range_high)]
    of = f" (of {len(own)} assumptions that were varied, it moves most with this)"
    return (
        f"Under {row.title}, the median change in {aloud.named(row.outcome, row.label)} has the "
        f"same sign at all values that were run of the {what}: {low} at {ends[0]}, {high} at "
        f"{ends[1]}{_set_to(view, row)}{of if len(own) > 1 else ''}."
    )


def _flip(view: View, row: Any) -> str:
    subject = aloud.named(row.outcome, row.label)
    outcome = view.study.outcome(row.outcome)
    left, right = (changed(x, outcome) for x in (row.left_change, row.right_change))
    turns = assumptions.turning(view, row, aloud.short, assumptions.words)
    return (
        f"Under {assumptions.compared(view, row)}, the change in {subject} {turns}: {left} just "
        f"below it, {right} just above{_set_to(view, row)}."
    )


def _set_to(view: View, row: Any) -> str:
    """Say what an assumption is in the scenarios compared; "" of what is drawn."""
    now = assumptions.set_to(view, row)
    if now is None:
        return ""
    return f"; it is set to {aloud.short(now)}{assumptions.unit(view, row.number)}"


def leads(view: View, because: Why | None, scenario: str, outcome: str) -> str:
    """Return what the spread of a finding is due to most, as a sentence.

    "" if it is not known, or if nothing is above what a number without effect seems to have.
    """
    if because is None or because.variance is None:
        return ""
    from sim.analysis.why.shares import DUMMY, LUCK, NUMBER

    found = records(because.variance)
    own = [row for row in found if (row.scenario, row.outcome) == (scenario, outcome)]
    floor = max((row.share for row in own if row.kind == DUMMY), default=0.0)
    rows = [row for row in own if row.kind in (NUMBER, LUCK) and row.share > floor]
    if not rows:
        return ""
    top = max(rows, key=lambda row: row.share)
    cause = "luck" if top.kind == LUCK else assumptions.number(view, top.number)
    return (
        "Largest single cause of its spread, with every uncertain number over its whole range: "
        f"{cause}, {aloud.two(100 * top.share)} % of the variance."
    )
