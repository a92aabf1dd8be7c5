"""Targeted measures against the blanket control: who stands for which, and who does better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis import wording
from sim.analysis.comparison import compare
from sim.analysis.windows import Window, overlap
from sim.months import month_name
from sim.report.cells import Cell, cell_of
from sim.report.view import View
from sim.scenario.differences import first_difference, other_differences

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario

BLANKET = "P1"
TARGETED = ("P2", "P3", "P4")


@dataclass(frozen=True)
class Duel:
    """A targeted scenario against a blanket one, factor by factor; sentences have their titles."""

    targeted: str
    blanket: str
    period: str
    cells: tuple[Cell, ...]
    verdicts: tuple[str, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What qualifies it: other starts, and where both are worse than the reference."""


@dataclass(frozen=True)
class Sides:
    """Which scenarios stand for the blanket control and which for targeted measures.

    Attributes
    ----------
    titles : mapping of str to str
        What people read in place of the scenarios' names.
    blanket : tuple of str
        Scenarios that differ from the reference in the paper's P1 alone.
    targeted : tuple of str
        Scenarios that differ in the paper's P2, P3 or P4 alone, the one with most of them first.
    neither : tuple of (str, str)
        The others, with what they change besides.
    """

    titles: Mapping[str, str]
    blanket: tuple[str, ...]
    targeted: tuple[str, ...]
    neither: tuple[tuple[str, str], ...]

    @property
    def sentences(self) -> list[str]:
        """Who stands for what."""
        blanket, targeted = (
            wording.listing([self.titles[name] for name in names]) or "none"
            for names in (self.blanket, self.targeted)
        )
        measures = f"{', '.join(TARGETED[:-1])} or {TARGETED[-1]}"
        text = [
            (
                f"Blanket control means here a change of the paper's {BLANKET} and nothing else: "
                f"{blanket}."
            ),
            f"Targeted measures means a change of {measures} and nothing else: {targeted}.",
        ]
        if len(self.targeted) > 1 and self.blanket:
            text.append(
                f"Of these {self.titles[self.targeted[0]]} has the most measures of the paper and "
                "is the one compared first, unless only another of them starts in the same month "
                "as the blanket control."
            )
        if self.neither:
            others = [f"{self.titles[name]} ({why})" for name, why in self.neither]
            text.append(f"Neither: {wording.listing(others)}.")
        return text


def sides(study: Study) -> Sides:
    """Sort scenarios by the paper's policies that they change against the reference."""
    reference = study.scenario(study.against)
    blanket, targeted, neither = [], [], []
    for scenario in study.scenarios:
        if scenario.name == study.against:
            continue
        papers, others = _papers(scenario, reference)
        if others or not papers or papers > {BLANKET}:
            neither.append(
                (
                    scenario.name,
                    f"changes {wording.listing([*sorted(papers), *others]) or 'nothing'}",
                )
            )
        elif papers == {BLANKET}:
            blanket.append(scenario.name)
        else:
            targeted.append((scenario.name, len(papers)))
    ranked = sorted(targeted, key=lambda item: -item[1])
    return Sides(study.titles, tuple(blanket), tuple(name for name, _ in ranked), tuple(neither))


def _papers(scenario: Scenario, reference: Scenario) -> tuple[set[str], list[str]]:
    """Return the paper's policies in which two scenarios differ, and in words what else differs."""
    added = [p for name, p in sorted(scenario.policy.items()) if reference.policy.get(name) != p]
    dropped = [p for name, p in sorted(reference.policy.items()) if name not in scenario.policy]
    papers = {type(p).paper for p in added} - {""}
    levers = [type(p) for p in added if not type(p).paper] + [type(p) for p in dropped]
    others = list(dict.fromkeys(f"{lever.title} ({lever.lever})" for lever in levers))
    fields = dict.fromkeys(
        key.split(".")[0] for key, _, _ in other_differences(scenario, reference)
    )
    return papers, [
        *others,
        *({"crisis": "crisis events", "adopters": "the panel"}.get(f, f) for f in fields),
    ]


def duels(view: View, headlines: Sequence[Cell], found: Sides) -> list[Duel]:
    """Compare the targeted measures with each blanket control; none if either is missing.

    Parameters
    ----------
    view
        Of finished runs.
    headlines
        The cells of the rubric.
    found
        Which scenario stands for what.
    """
    if not found.targeted:
        return []
    made = [
        _duel(view, headlines, _counterpart(view, found.targeted, blanket), blanket)
        for blanket in found.blanket
    ]
    return [duel for duel in made if duel is not None]


def other_measures(
    view: View, headlines: Sequence[Cell], found: Sides, compared: Sequence[Duel]
) -> list[Duel]:
    """Compare every other targeted scenario with each blanket control.

    Parameters
    ----------
    view, headlines, found
        As of :func:`duels`.
    compared
        What that gave.
    """
    pairs = [
        (targeted, duel.blanket)
        for duel in compared
        for targeted in found.targeted
        if targeted != duel.targeted
    ]
    made = [_duel(view, headlines, *pair) for pair in pairs]
    return [duel for duel in made if duel is not None]


def against_each_other(study: Study) -> list[tuple[str, str]]:
    """Return the targeted scenario that stands against each blanket one, and that one."""
    found, view = sides(study), View(study)
    if not found.targeted:
        return []
    return [(_counterpart(view, found.targeted, blanket), blanket) for blanket in found.blanket]


def _start(view: View, name: str) -> int | None:
    """Return the month in which a scenario begins to differ from the reference."""
    return first_difference(view.reference, view.study.scenario(name))


def _counterpart(view: View, targeted: Sequence[str], blanket: str) -> str:
    """Return the first of the targeted that starts with the blanket control, else the first."""
    start = _start(view, blanket)
    return next((name for name in targeted if _start(view, name) == start), targeted[0])


def _starts_differ(view: View, targeted: str, blanket: str) -> list[str]:
    """Say so if two scenarios start in different months: one has then had longer to act."""
    ours, theirs = (_start(view, name) for name in (targeted, blanket))
    if ours is None or theirs is None or ours == theirs:
        return []
    starts = [
        f"{view.title(name)} in {wording.month(month_name(month))}"
        for name, month in ((targeted, ours), (blanket, theirs))
    ]
    return [f"They start in different months: {', '.join(starts)}."]


def _duel(view: View, headlines: Sequence[Cell], targeted: str, blanket: str) -> Duel | None:
    """Compare two scenarios over the months their windows share; None if there are none."""
    contestants = targeted, blanket
    window = overlap([view.study.window(name) for name in contestants])
    if window is None:
        return None
    found = tuple(
        _direct(view, [cell for cell in headlines if cell.scenario == targeted], blanket, window)
    )
    verdicts = tuple(_verdict(cell) for cell in found)
    first, last = window
    period = wording.period(month_name(first), month_name(last))
    starts = _starts_differ(view, targeted, blanket)
    lose = _both_lose(headlines, contestants, view.title(view.against))
    sentences = [
        *starts,
        *_duel_sentences(view.title(targeted), view.title(blanket), found),
        *lose,
    ]
    return Duel(targeted, blanket, period, found, verdicts, tuple(sentences), (*starts, *lose))


def _direct(view: View, cells: Sequence[Cell], blanket: str, window: Window) -> list[Cell]:
    """Return cells of targeted minus blanket, by the same rule as every other cell."""
    if not cells:
        return []
    study, outcomes = view.study, [cell.outcome.name for cell in cells]
    ours, theirs = (study.means(name, outcomes, window) for name in (cells[0].scenario, blanket))
    first, last = window
    months = month_name(first), month_name(last)
    return [
        cell_of(
            compare(ours[:, i], theirs[:, i], cell.outcome, study.pair_index),
            cell.scenario,
            cell.factor,
            cell.outcome,
            study.unit,
            months,
        )
        for i, cell in enumerate(cells)
    ]


VERDICTS = (
    "better",
    "worse",
    "likely better",
    "likely worse",
    *(word.replace("change", "difference") for word in wording.RUNGS[2:]),
)


def _verdict(cell: Cell) -> str:
    meant = wording.goal(cell.median, cell.outcome)
    named = {wording.CLEAR: meant, wording.LIKELY: f"likely {meant}"}
    return named.get(cell.word, cell.word.replace("change", "difference"))


def _duel_sentences(targeted: str, blanket: str, found: Sequence[Cell]) -> list[str]:
    named = {verdict: [c.name for c in found if _verdict(c) == verdict] for verdict in VERDICTS}
    better, worse = len(named["better"]), len(named["worse"])
    changes = {c.name: f"{c.name} by {wording.change(c.median, c.outcome)}" for c in found}
    counts = [
        f"{verdict} on {len(names)} "
        f"({wording.listing([changes[n] if verdict in VERDICTS[:4] else n for n in names])})"
        for verdict, names in named.items()
        if names
    ]
    sentences = [f"{targeted} against {blanket}, over {len(found)} factors: {'; '.join(counts)}."]
    told = better + worse
    apart = (
        f"On the {told if told > 1 else 'one'} of {len(found)} factors "
        "where the two can be told apart clearly"
    )
    if better and worse:
        sentences.append(
            "Which does better depends on the factor; factors are not added up into one score."
        )
    elif better:
        sentences.append(f"{apart}, {targeted} does better than {blanket}.")
    elif worse:
        sentences.append(f"{apart}, {blanket} does better than {targeted}.")
    else:
        sentences.append("The two cannot be told apart clearly on any factor with these runs.")
    return sentences


def _both_lose(found: Sequence[Cell], pair: tuple[str, str], against: str) -> list[str]:
    """Say on which factors both scenarios are clearly worse than the reference.

    The better of two may be worse than it too.
    """
    losers = [c for c in found if c.scenario in pair and c.group == "loss"]
    named = [
        c.name for c in losers if c.scenario == pair[0] and c.factor in _factors(losers, pair[1])
    ]
    return (
        [f"Against {against} both are clearly worse on {wording.listing(named)}."] if named else []
    )


def _factors(found: Sequence[Cell], scenario: str) -> set[str]:
    return {c.factor for c in found if c.scenario == scenario}
