"""Findings as they are said aloud: short subjects, two digits, and what each of them hangs on.

A sentence is a row of `Said`, so that each number in it is known to be of a finding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis import wording
from sim.report.cells import Cell
from sim.report.duels import VERDICTS, Duel
from sim.report.findings import Changed, Findings, changed
from sim.report.importance import NEWS, STILL, News, mirror

if TYPE_CHECKING:
    from sim.analysis.wording import Measured
    from sim.report.view import View

SUBJECTS = {
    "openness_class": "the openness of releases in use",
    "audited_share": "the share of use on audited releases",
    "application_value": "the value of applications built on open weights",
    "frontier_growth": "the speed of frontier progress",
    "power_labs": "the spread of use over labs",
    "labs_near_frontier": "the number of labs near the frontier",
    "cn_state_harm": "harm by Chinese state actors",
    "other_harm": "harm by all other malicious actors",
    "backdoor_exposure": "exposure to hidden compromise",
    "us_share_abroad": "the US share of AI use abroad",
    "cn_share_abroad": "China's share of AI use abroad",
    "frontier_open_us": "the capability of the best open US release",
    "us_share_abroad_developer": "the US share of what developers abroad build on",
    "derivative_share_us": "the US share of the bases of newly adapted models",
}
"""What outcomes are called in a sentence; any other is called by its label."""

HEADLINE, BESIDE = "headline", "beside"
AT_ZERO, DUEL = "headline, assumed responses at 0", "targeted against blanket"
OTHERS = "other targeted against blanket"
"""Parts of findings.csv: where the numbers of a sentence stand."""

ASSUMED = "How labs, users and states respond is assumed where no published figure fixes it"
TOLD = 4
"""Findings that a line about assumed responses names."""


@dataclass(frozen=True)
class Said:
    """A piece of a sentence: plain text, a title, or numbers of the finding it names.

    Attributes
    ----------
    text : str
        What is printed.
    cell : Cell or None
        The finding whose numbers these are.
    part : str
        The part of findings.csv that has them.
    title : bool
        Whether it is the title of a scenario.
    """

    text: str
    cell: Cell | None = None
    part: str = ""
    title: bool = False


Sentence = list[Said]


def plain(sentence: Sentence) -> str:
    """Return a sentence as text alone."""
    return "".join(piece.text for piece in sentence)


# Numbers: at most two digits that mean something


def two(x: float, beside: float | None = None) -> str:
    """Return a number with two digits that mean something, and one decimal at most.

    Parameters
    ----------
    x
        The number.
    beside
        A number printed with it; both then get the decimals of the larger one.
    """
    if not math.isfinite(x):
        return wording.NOT_AVAILABLE
    short = float(f"{x:.1e}")
    size = max(abs(short), abs(beside) if beside is not None and math.isfinite(beside) else 0.0)
    text = wording.fixed(short, 0 if size >= 9.95 else 1)
    return text if text.strip("0.") else "0"


def change(x: float) -> str:
    """Return a signed change without its unit: "+4.3"; "from 0" where there is no percentage."""
    return "from 0" if math.isinf(x) else wording.signed(two(x))


def interval(low: float, high: float) -> str:
    """Return the ends of a change: "−4.4 to −2.4", "−43 to +16"."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return wording.NOT_AVAILABLE
    return f"{wording.signed(two(low, high))} to {wording.signed(two(high, low))}"


def sure(cell: Cell) -> str:
    """Return how many of the pairs bear out the word of a finding: "9 in 10", "3 of 4", "all 32".

    "" where nothing is said of it.
    """
    if cell.word not in (*NEWS, *STILL):
        return ""
    share = cell.p_floor if cell.word in STILL else max(cell.p_higher, cell.p_lower)
    if share == 1:
        return f"all {cell.pairs}"
    if cell.pairs < 10:
        return f"{wording.count(share, cell.pairs)} of {cell.pairs}"
    return f"{math.floor(10 * share + 1e-9)} in 10"


def _united(text: str, outcome: Measured) -> str:
    return text if text == wording.NOT_AVAILABLE else f"{text} {wording.change_unit(outcome)}"


def _part(cell: Cell) -> str:
    return HEADLINE if cell.outcome.headline else BESIDE


def _size(cell: Cell, part: str) -> Said:
    """Return size and interval of a finding whose direction a verb says."""
    return _with_ends(two(abs(cell.median)), cell, part)


def _signed(cell: Cell, part: str) -> Said:
    """Return signed change and interval of a finding."""
    return _with_ends(change(cell.median), cell, part)


def _with_ends(text: str, cell: Cell, part: str) -> Said:
    return Said(f"{_united(text, cell.outcome)} ({interval(cell.low, cell.high)})", cell, part)


def short(x: float) -> str:
    """Return a number that was set, with two digits that mean something: "0.15", "32 million"."""
    return wording.plain(float(f"{x:.1e}")) if math.isfinite(x) else wording.NOT_AVAILABLE


# Sentences


def named(outcome: str, label: str) -> str:
    """Return what an outcome is called in a sentence."""
    return SUBJECTS.get(outcome, label)


def subject(cell: Cell) -> str:
    """Return what a finding speaks of, as the subject of a sentence."""
    return named(cell.outcome.name, cell.outcome.label)


def sentence(view: View, found: Findings, news: News) -> Sentence:
    """Return one of the important findings as a sentence with its numbers."""
    if news.still:
        return _still(view, news.cells, found.headlines)
    said: Sentence = []
    for i, cell in enumerate(news.cells):
        said.append(Said("Under " if i == 0 else "; under "))
        said.append(Said(view.title(cell.scenario), title=True))
        said.append(Said(f" {subject(cell) if i == 0 else 'it'} "))
        said += _does(cell)
    said.append(Said(". "))
    if news.duel is not None:
        said += _compared(view, news.duel, news.cells)
    said += _mirrored(found, news.cells)
    return said


def _does(cell: Cell) -> Sentence:
    likely = "likely " if cell.word in (wording.LIKELY, wording.LIKELY_UNCHANGED) else ""
    if cell.word in NEWS:
        verb = "rises" if cell.median > 0 else "falls"
        return [Said(f"{likely}{verb} by "), _size(cell, _part(cell))]
    if cell.word in STILL:
        return [Said(f"{likely}does not change materially: "), _signed(cell, _part(cell))]
    return [Said("may rise or fall: "), _signed(cell, _part(cell))]


def _compared(view: View, duel: Cell, cells: Sequence[Cell]) -> Sentence:
    ours = _title(view, duel.scenario)
    if duel.word in NEWS:
        meant = wording.goal(duel.median, duel.outcome)
        likely = "likely " if duel.word == wording.LIKELY else ""
        does = f"does {likely}{meant}" if meant else f"is {likely}{wording.towards(duel.median)}"
        return [Said("Of the two, "), ours, Said(f" {does}: "), _signed(duel, DUEL), Said(". ")]
    verdict = (
        "The two do not differ materially: "
        if duel.word in STILL
        else "Which of the two does better cannot be told: "
    )
    other = next(cell.scenario for cell in cells if cell.scenario != duel.scenario)
    less = [ours, Said(" minus "), _title(view, other), Said(" is ")]
    return [Said(verdict), *less, _signed(duel, DUEL), Said(". ")]


def _mirrored(found: Findings, cells: Sequence[Cell]) -> Sentence:
    others = [other for other in (mirror(found, cell) for cell in cells) if other is not None]
    if not others:
        return []
    name = subject(others[0])
    numbers = [_signed(other, BESIDE) for other in others]
    joined = [piece for number in numbers for piece in (Said(" and "), number)][1:]
    order = ", in the same order." if len(others) > 1 else "."
    return [Said(f"{name[:1].upper()}{name[1:]} changes by "), *joined, Said(order)]


def _still(view: View, cells: Sequence[Cell], headlines: Sequence[Cell]) -> Sentence:
    """Say that nothing moves, with the widest ends of all that does not."""
    policies = list(dict.fromkeys(cell.scenario for cell in cells))
    factors = list(dict.fromkeys(cell.name for cell in cells))
    everywhere = len(policies) == len({cell.scenario for cell in headlines})
    everything = len(factors) == len({cell.factor for cell in headlines})
    likely = "likely " if any(c.word == wording.LIKELY_UNCHANGED for c in cells) else ""
    what = "any factor" if everything else wording.listing(factors)
    if everywhere and len(policies) > 1:
        said = [Said(f"No policy {likely}moves {what} materially")]
    else:
        named = [piece for name in policies for piece in (Said(" and "), _title(view, name))][1:]
        verb = "does" if len(policies) == 1 else "do"
        said = [*named, Said(f" {likely}{verb} not move {what} materially")]
    ends = _widest(cells)
    within = Said(": over these factors 5–95 % of the runs stay within ")
    return [*said, *([within, *ends] if ends else []), Said(".")]


def _title(view: View, name: str) -> Said:
    return Said(view.title(name), title=True)


def _widest(cells: Sequence[Cell]) -> Sentence:
    said: Sentence = []
    for kind, of in (("share", "points"), ("level", "%")):
        own = [c for c in cells if c.outcome.kind == kind and math.isfinite(c.low + c.high)]
        if own:
            low, high = min(own, key=lambda c: c.low), max(own, key=lambda c: c.high)
            ends = [two(low.low, high.high), two(high.high, low.low)]
            said += [
                Said(" and " if said else ""),
                Said(wording.signed(ends[0]), low, HEADLINE),
                Said(" to "),
                Said(f"{wording.signed(ends[1])} {of}", high, HEADLINE),
            ]
    return said


def duel(view: View, headlines: Sequence[Cell], found: Duel, part: str) -> Sentence:
    """Return where a targeted side does better or worse than the blanket one, as a sentence.

    It says too on which factors nobody can tell, if the targeted side moves none by itself, and
    what qualifies the comparison. ``part`` is that of findings.csv with its numbers.
    """
    told: list[Sentence] = []
    for verdict in (*VERDICTS[:4], wording.CANNOT_TELL):
        own = [c for c, given in zip(found.cells, found.verdicts, strict=True) if given == verdict]
        named = [
            [Said(cell.name)]
            if verdict == wording.CANNOT_TELL
            else [Said(f"{cell.name}, "), _signed(cell, part)]
            for cell in own
        ]
        told += [[Said(f"{verdict} on "), *_joined(named, " and ")]] if own else []
    none = [Said("no difference on any factor matters, or likely none does")]
    title = [_title(view, found.targeted), Said(f"{_idle(view, headlines, found.targeted)}: ")]
    return [*title, *(_joined(told, "; ") or none), Said(" ".join((".", *found.notes)))]


def _idle(view: View, headlines: Sequence[Cell], scenario: str) -> str:
    """Say in brackets if a policy moves no factor by itself."""
    alone = {cell.word for cell in headlines if cell.scenario == scenario}
    if not alone or not alone <= set(STILL):
        return ""
    likely = "likely " if wording.LIKELY_UNCHANGED in alone else ""
    return f" (against {view.title(view.against)} it {likely}moves no factor materially)"


def _joined(parts: Sequence[Sentence], between: str) -> Sentence:
    return [piece for part in parts for piece in (Said(between), *part)][1:]


def outdone(duels: Sequence[Duel]) -> str:
    """Return on which factors any of several targeted sides does worse than the blanket one."""
    worse = [
        cell.name
        for found in duels
        for cell, given in zip(found.cells, found.verdicts, strict=True)
        if given in ("worse", "likely worse")
    ]
    said = wording.listing(list(dict.fromkeys(worse)))
    on = f"Some are worse, or likely worse, on {said}" if said else "None is worse on any factor"
    return f"{on}; on factors that are not named no difference matters, or likely none does."


# What findings hang on


def hangs_on(view: View, found: Findings, news: News) -> Sentence:
    """Say whether a finding leans on assumed responses; nothing where that was not run."""
    own = [cell for cell in news.cells if cell.outcome.headline]
    if found.without_assumed is None or not own:
        return []
    flips = changed(own, found.without_assumed)
    if not flips:
        return [
            Said("Holds without assumed responses: with all of them at 0 no sign here changes.")
        ]
    return [Said("Hangs on assumed responses. With all of them at 0: "), *_listed(view, flips)]


def _listed(view: View, flips: Sequence[Changed]) -> Sentence:
    said: Sentence = []
    for one in flips[:TOLD]:
        said += [
            Said("; " if said else ""),
            _title(view, one.before.scenario),
            Said(f", {one.before.name}: {one.before.judgement} becomes {one.after.judgement}, "),
            _signed(one.after, AT_ZERO),
        ]
    more = len(flips) - TOLD
    return [*said, Said(f"; and {more} more, in the report." if more > 0 else ".")]


def would_change(view: View, found: Findings) -> list[Sentence]:
    """Return what the study itself knows of what would change its findings, a line each."""
    lines: list[Sentence] = []
    if found.without_assumed is None:
        lines.append([Said("The study was not run with assumed responses at 0.")])
    elif flips := changed(found.headlines, found.without_assumed):
        lines.append([Said(f"{ASSUMED}. With all such responses at 0 these findings change: ")])
        lines[-1] += _listed(view, flips)
    else:
        lines.append([Said(f"{ASSUMED}. With all such responses at 0 no sign changes.")])
    return lines
