"""At which value of an assumption a verdict flips: bracketed on a coarse grid, then bisected.

A verdict is the side of 0 on which the median change of a headline lies, of a scenario against its
reference or of targeted measures against the blanket control. An assumption is a parameter, or an
uncertain number of a policy that is compared. It is set to values in its 5-95 % range in all worlds
that have it, while everything else is drawn, and luck falls, as in the study.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from sim.analysis import rubric, windows
from sim.analysis.comparison import by_draw, changes
from sim.analysis.crossings import Crossing, Curve, brackets, crossings, medians
from sim.analysis.tables import headlines
from sim.analysis.why.held import Held, kept, named
from sim.analysis.why.shares import NUMBER, drawn, uncertain_fields
from sim.model.parameters import PARAMETERS
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design
from sim.sweep.levers import text_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

MOST = 4
"""Assumptions that are varied."""
GRID = 5
"""Values of the first grid, both ends of the range included."""
HALVINGS = 3
"""Times that a bracket is halved: to a thirty-second of the range."""

FLIPS, NO_CROSSING, SEVERAL, UNKNOWN = "crossing", "no crossing", "several", "cannot tell"

Duel = tuple[str, str]
"""Names of targeted measures and of the blanket control."""
Run = Callable[[str, Design], "Study"]
"""Runs a design, which has a name of its own, and returns its study."""
Values = dict[str, list[float]]
"""Values at which scenarios are run, by their names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The change of an outcome of a scenario against another, by the value of an assumption."""

    scenario: str
    against: str
    outcome: str
    curve: Curve


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that is varied.

    Attributes
    ----------
    path : str
        Name of the parameter, or "policy.NAME.FIELD".
    description, unit : str
        What it is; the unit of a parameter says so.
    low, high, default : float
        Its 5-95 % range, and its central value.
    whole : bool
        Whether it is a whole number.
    """

    path: str
    description: str
    unit: str
    low: float
    high: float
    default: float
    whole: bool = False

    @property
    def slug(self) -> str:
        """The name of its folder of results."""
        return re.sub(r"[^A-Za-z0-9_-]", "-", self.path)

    def grid(self) -> list[float]:
        """Return the first values."""
        return self.allowed(np.linspace(self.low, self.high, GRID).tolist())

    def allowed(self, values: Sequence[float]) -> list[float]:
        """Return values, each once, as the number may have them."""
        made = [float(round(x)) if self.whole else float(f"{x:.12g}") for x in values]
        return sorted(set(made))

    def at(self, scenario: Scenario, value: float, theirs: Scenario) -> Scenario:
        """Return a scenario with a value of the number; itself if it does not have the number.

        A policy that the scenario shares with its reference is left as it is.
        """
        own = {name: getattr(scenario, name) for name in type(scenario).model_fields}
        if not self.path.startswith("policy."):
            parameters = {**scenario.parameters, self.path: value}
            return Scenario.model_validate({**own, "parameters": parameters})
        _, name, field = self.path.split(".")
        policy = scenario.policy.get(name)
        if policy is None or policy == theirs.policy.get(name):
            return scenario
        number = int(value) if self.whole else value
        changed = type(policy).model_validate({**dict(policy), field: number})
        return Scenario.model_validate({**own, "policy": {**scenario.policy, name: changed}})


def assumptions(study: Study, variance: pd.DataFrame | None) -> list[Assumption]:
    """Return the assumptions that matter most, the first one most.

    With `variance` they are the numbers with the largest share of the variance of any headline.
    Without, they are first those on which findings about the compared levers rest most by their own
    word (`Policy.assumption`), then the parameters whose ranks over the study's own draws go most
    with those of the changes of any headline; with few draws that is rough.
    """
    fields, allowed = uncertain_fields(study), drawn(study)
    if variance is not None and len(variance):
        own = variance[variance["kind"] == NUMBER]
        ranked = list(own.groupby("number")["share"].max().sort_values(ascending=False).index)
    else:
        ranked = [
            f"policy.{name}.{type(policy).assumption}"
            for case in study.cases
            for name, policy in case.scenario.policy.items()
        ]
        ranked = [path for path in ranked if path in fields] + _screened(study)
    return [_assumption(path, study) for path in dict.fromkeys(ranked) if path in allowed][:MOST]


def _assumption(path: str, study: Study) -> Assumption:
    if path in PARAMETERS:
        known = PARAMETERS[path]
        return Assumption(path, "", known.unit, known.low, known.high, known.median)
    field = uncertain_fields(study)[path]
    assert field.likely is not None
    low, high = map(float, field.likely)
    return Assumption(
        path, field.description, field.unit, low, high, float(field.default), field.whole
    )


def _screened(study: Study) -> list[str]:
    """Return the drawn parameters by how far their ranks go with those of any change."""
    draws = study.design.draws
    if len(draws) < 8:
        return []
    inputs = rankdata(draws.values, axis=0)
    best = np.zeros(len(draws.names))
    for case in study.cases:
        if case.name == case.against:
            continue
        for values in study.paired_differences(case.name, list(headlines(study))).values():
            means = by_draw(values, study.pair_index)
            if not np.isfinite(means).all() or not np.ptp(means):
                continue
            ranks = rankdata(means)
            spread = inputs.std(axis=0) * ranks.std()
            together = ((inputs - inputs.mean(axis=0)) * (ranks - ranks.mean())[:, None]).mean(0)
            best = np.maximum(best, np.divide(abs(together), spread, out=np.zeros_like(best),
                                              where=spread > 0))  # fmt: skip
    return [draws.names[i] for i in np.argsort(-best, kind="stable")]


@dataclass(frozen=True)
class Search:
    """What is asked of one assumption.

    Parameters
    ----------
    study
        The study asked about.
    assumption
        What is varied.
    duels
        Targeted measures against blanket controls.
    """

    study: Study
    assumption: Assumption
    duels: Sequence[Duel]

    def world(self, name: str, value: float) -> Scenario:
        """Return the world of a case at a value."""
        case = self.study.case(name)
        return self.assumption.at(case.scenario, value, self.study.scenario(case.against))

    def varied(self) -> list[str]:
        """Return the scenarios whose worlds, or whose reference's, have the assumption."""
        low = self.assumption.low
        return [
            case.name
            for case in self.study.cases
            if case.name != case.against and self.world(case.name, low) is not case.scenario
        ]

    def design(self, values: Values) -> Design | None:
        """Return the worlds at values that the study does not hold, under its other draws.

        None if it holds all of them.
        """
        cases: dict[str, Case] = {}
        study, path = self.study, self.assumption.path
        held = {case.scenario.id for case in study.cases}
        for name, own in values.items():
            for one in (study.case(name).against, name):
                for value in own:
                    world = self.world(one, value)
                    if world is study.scenario(one):
                        continue
                    if path in study.design.draws.names or world.id not in held:
                        words = f"{one} {path}={text_of(value)}"
                        cases[words] = Case(words, world, words)
        if not cases:
            return None
        draws = study.design.draws.without([path])
        return Design(tuple(cases.values()), study.replications, study.seed, draws, kept(study))

    def curves(self, held: Held, values: Values) -> list[Verdict]:
        """Return the curve of every verdict on scenarios that were run at values."""
        study = self.study
        sides = [(name, study.case(name).against) for name in values]
        sides += [duel for duel in self.duels if not set(duel).isdisjoint(values)]
        found: list[Verdict] = []
        for name, against in sides:
            window = study.window(name)
            if (name, against) in self.duels:
                shared = windows.overlap([window, study.window(against)])
                if shared is None:
                    continue
                window = shared
            own = [set(values[one]) for one in (name, against) if one in values]
            found += self._verdicts(held, name, against, window, sorted(set.intersection(*own)))
        return found

    def _verdicts(
        self, held: Held, name: str, against: str, window: windows.Window, values: list[float]
    ) -> Iterator[Verdict]:
        """Yield the curve of each headline for one scenario against another."""
        outcomes = list(headlines(self.study))
        means = {
            value: [held.means(self.world(x, value), outcomes, window) for x in (name, against)]
            for value in values
        }
        for column, outcome in enumerate(outcomes):
            kind = self.study.outcome(outcome).kind
            curve = {
                value: changes(ours[:, column], theirs[:, column], kind, self.study.pair_index)
                for value, (ours, theirs) in means.items()
            }
            yield Verdict(name, against, outcome, curve)


def search(
    study: Study, assumption: Assumption, duels: Sequence[Duel], run: Run
) -> list[dict[str, Any]]:
    """Run an assumption over its range and close in on each crossing; return what was found.

    Parameters
    ----------
    study
        The study asked about.
    assumption
        What is varied.
    duels
        Targeted measures against blanket controls of the study.
    run
        Runs the worlds of a design; those that were run before are kept.

    Returns
    -------
    list of dict
        Rows of `COLUMNS`: one for each crossing of a verdict, or one that says that there is none.
    """
    asked = Search(study, assumption, duels)
    values = {name: assumption.grid() for name in asked.varied()}
    verdicts = asked.curves(_held(asked, values, run), values) if values else []
    for _ in range(HALVINGS):
        more = _halved(assumption, verdicts, values)
        if more == values:
            break
        values = more
        verdicts = asked.curves(_held(asked, values, run), values)
    return [row for verdict in verdicts for row in _rows(study, assumption, verdict)]


def _held(asked: Search, values: Values, run: Run) -> Held:
    """Return the worlds at some values, after those that are missing were run."""
    plan = asked.design(values)
    return Held(run(asked.assumption.slug, plan) if plan else None, asked.study)


def _halved(assumption: Assumption, verdicts: Sequence[Verdict], values: Values) -> Values:
    """Return the values of each scenario, and beside them the middle of each of its brackets."""
    more = {name: list(own) for name, own in values.items()}
    for verdict in verdicts:
        points, heights = medians(verdict.curve)
        for i, j in brackets(heights):
            # Where 0 itself was met, it is closed in on from both sides.
            middles = {(points[i] + points[i + 1]) / 2, (points[j - 1] + points[j]) / 2}
            for name in (verdict.scenario, verdict.against):
                if name in more:
                    more[name].extend(middles)
    return {name: assumption.allowed(own) for name, own in more.items()}


def _rows(study: Study, assumption: Assumption, verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Yield what was found of one verdict: a row for each crossing, or one that there is none."""
    values, heights = medians(verdict.curve)
    found = crossings(verdict.curve, study.pair_index)
    said = FLIPS if len(found) == 1 else SEVERAL if found else NO_CROSSING
    if not found and any(map(math.isnan, heights)):
        said = UNKNOWN
    head = {
        **named(study, verdict.scenario, verdict.outcome),
        "against": verdict.against,
        "against_title": study.titles[verdict.against],
        "number": assumption.path,
        "description": assumption.description,
        "unit": assumption.unit,
        "range_low": assumption.low,
        "range_high": assumption.high,
        "default": assumption.default,
        "scale": rubric.SCALE[study.outcome(verdict.outcome).kind],
        "found": said,
        "at_low": heights[0],
        "at_high": heights[-1],
        "values": len(values),
    }
    for one in found:
        yield head | {name: getattr(one, name) for name in Crossing.__slots__}
    if not found:
        yield head | dict.fromkeys(Crossing.__slots__, math.nan)


COLUMNS = (
    "scenario", "title", "outcome", "label", "against", "against_title", "number", "description",
    "unit", "range_low", "range_high", "default", "scale", "found", "at_low", "at_high", "values",
    *Crossing.__slots__,
)  # fmt: skip
"""Columns of what is found.

scenario, title, outcome, label and against (the reference, or the blanket control) name the
verdict; number, description, unit, range_low, range_high and default the assumption. found is
"crossing", "no crossing", "several" (a row each) or "cannot tell" (a median is not known); at_low
and at_high are the medians at the ends of the range, in the scale of `Study.table`; values is how
many values were run. The rest is of the `Crossing`, blank if there is none.
"""
