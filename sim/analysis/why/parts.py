"""What the parts of a scenario contribute: each is put in alone, and taken out of the whole.

A scenario that changes several policies has these as its parts; one that changes a single policy
has what its fields bring in (`LeverField.part`). The change from the reference is, in every pair of
a draw and a replication, what is left without all parts (*rest*), what each part adds to that
(*first*), and what only comes of parts together (*interaction*). What is lost when a part is taken
out of the whole is its contribution *last*.

The one number shown of a part is its *share*. With two or three parts it is the Shapley value, the
mean over all orders in which the parts may come, so that rest and shares add up to the change. With
more parts it is the mean of first and last, which leaves a remainder.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from sim.analysis import rubric
from sim.analysis.comparison import Floats, chance_alone, changes
from sim.analysis.tables import headlines
from sim.analysis.why.held import Held, kept, named, summed_up
from sim.policies.base import Policy
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

Chosen = frozenset[int]
"""Parts that are in a world, by their places."""

SHAPLEY = 3
"""Most parts for which the worlds that are run give the Shapley value."""

MOST_PARTS = 24
"""Most parts of a scenario that are told apart."""

REST = "the rest"

OF = ("scenario", "title", "outcome", "label")
COLUMNS = (
    *OF, "part", "measure", "scale", "mean", "median", "low", "high", "chance_low", "chance_high",
    "sign", "fraction", "pairs",
)  # fmt: skip
"""Columns of what parts contribute."""
LEADING_COLUMNS = (
    *OF, "scale", "total", "low", "high", "parts", "number", "fraction", "rest", "interaction",
)  # fmt: skip
"""Columns of which parts make up most of a change."""


@dataclass(frozen=True)
class Cut:
    """A scenario cut into parts, each of which can be left out.

    Attributes
    ----------
    scenario, reference : Scenario
    parts : tuple of str
        What each part is, in words; no two alike.
    without : tuple of mapping of str to Policy or None
        What stands in place of policies, by their names, where a part is left out; None for
        nothing. Of parts that are fields of one policy it is the fields and their values.
    policy : str
        The policy that the parts are fields of, or "".
    """

    scenario: Scenario
    reference: Scenario
    parts: tuple[str, ...]
    without: tuple[dict[str, Any], ...]
    policy: str = ""

    @cached_property
    def whole(self) -> Chosen:
        """All parts."""
        return frozenset(range(len(self.parts)))

    def sets(self) -> list[Chosen]:
        """Return the sets of parts that are run: none, each alone, all but each, all."""
        single = [frozenset((i,)) for i in range(len(self.parts))]
        without = [self.whole - one for one in single]
        return list(dict.fromkeys((frozenset(), *single, *without, self.whole)))

    def world(self, chosen: Collection[int]) -> Scenario:
        """Return the scenario with some of its parts only.

        Raises
        ------
        ValidationError
            If a policy that is left out is named by one that stays.
        """
        changes = {
            name: value
            for i, own in enumerate(self.without)
            if i not in chosen
            for name, value in own.items()
        }
        if not changes:
            return self.scenario
        policies: dict[str, Any] = dict(self.scenario.policy)
        if self.policy:
            whole = policies[self.policy]
            changes = {self.policy: type(whole).model_validate({**dict(whole), **changes})}
        policies = {name: p for name, p in (policies | changes).items() if p is not None}
        own = {name: getattr(self.scenario, name) for name in type(self.scenario).model_fields}
        return Scenario.model_validate({**own, "policy": policies})

    def name(self, chosen: Collection[int]) -> str:
        """Return the name of a case with some of the parts."""
        there = ", ".join(self.parts[i] for i in sorted(chosen)) or "no part"
        return f"{self.scenario.name} with {there}"


def cut(scenario: Scenario, reference: Scenario) -> Cut | None:
    """Cut a scenario into the parts in which it differs from a reference.

    Parameters
    ----------
    scenario, reference
        Of equal horizons.

    Returns
    -------
    Cut or None
        None if there are less than two parts, or more than `MOST_PARTS`, or if they cannot be left
        out one by one, since they name each other.
    """
    ours, theirs = scenario.policy, reference.policy
    changed = [name for name in sorted({**ours, **theirs}) if ours.get(name) != theirs.get(name)]
    if len(changed) == 1 and changed[0] in ours:
        found = _by_field(scenario, reference, changed[0])
    else:
        titles = _titles({name: ours.get(name) or theirs[name] for name in changed})
        without = tuple({name: theirs.get(name)} for name in changed)
        found = Cut(scenario, reference, titles, without)
    if not 2 <= len(found.parts) <= MOST_PARTS:
        return None
    try:
        for chosen in found.sets():
            found.world(chosen)
    except ValidationError:
        return None
    return found


def _by_field(scenario: Scenario, reference: Scenario, name: str) -> Cut:
    """Cut a policy by what its fields bring in, where that is not in the reference's too."""
    policy, before = scenario.policy[name], reference.policy.get(name)
    same = before if type(before) is type(policy) else None
    parts, without = [], []
    for field in policy.lever_fields.values():
        if not field.part:
            continue
        off = field.off if same is None else getattr(same, field.name)
        if getattr(policy, field.name) != off:
            parts.append(field.part)
            without.append({field.name: off})
    return Cut(scenario, reference, tuple(parts), tuple(without), name)


def _titles(policies: dict[str, Policy]) -> tuple[str, ...]:
    """Return policies in words, told apart by their names where they are of one lever."""
    seen = Counter(type(policy).title for policy in policies.values())
    return tuple(
        type(policy).title if seen[type(policy).title] == 1 else f"{type(policy).title} ({name})"
        for name, policy in policies.items()
    )


def cuts(study: Study) -> list[Cut]:
    """Return the scenarios of a study that can be cut, each against its reference."""
    found = [
        cut(case.scenario, study.scenario(case.against))
        for case in study.cases
        if case.name != case.against
    ]
    return [one for one in found if one is not None]


def design(study: Study, found: Sequence[Cut]) -> Design | None:
    """Return the worlds that are to be run beside those of a study; None if it holds all of them.

    Draws, replications and seed are those of the study, so that all of it is paired.
    """
    held = {case.scenario.id for case in study.cases}
    cases: dict[str, Case] = {}
    for one in found:
        for chosen in one.sets():
            world = one.world(chosen)
            if world.id not in held:
                name = one.name(chosen)
                cases.setdefault(world.id, Case(name, world, name))
    if not cases:
        return None
    return Design(
        tuple(cases.values()), study.replications, study.seed, study.design.draws, kept(study)
    )


def contributions(study: Study, beside: Study | None, found: Sequence[Cut]) -> pd.DataFrame:
    """Return what each part contributes to each headline outcome.

    Parameters
    ----------
    study
        Of the scenarios and their references.
    beside
        Of the worlds of `design`; None if there were none to run.
    found
        The scenarios that were cut.

    Returns
    -------
    DataFrame
        One row per scenario, outcome and measure of a part: columns scenario, title, outcome,
        label, part, measure ("total", "rest", "first", "last", "share" or "interaction"), scale
        (as in `Study.table`), mean, median, low and high (5 and 95 % points over pairs),
        chance_low and chance_high (the same of chance alone around the median; nan where no draw
        was run twice), sign ("higher", "lower", "0" or "?", by the rule of the rubric), fraction
        (the mean by that of the total) and pairs.
    """
    import pandas as pd

    held = Held(study, beside)
    rows = [row for one in found for row in _rows(study, held, one)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(study: Study, held: Held, one: Cut) -> Iterator[dict[str, Any]]:
    """Yield the rows of one scenario."""
    outcomes, name = list(headlines(study)), one.scenario.name
    window = study.window(name)
    theirs = held.means(one.reference, outcomes, window)
    ours = {chosen: held.means(one.world(chosen), outcomes, window) for chosen in one.sets()}
    for column, outcome in enumerate(outcomes):
        known = study.outcome(outcome)
        changes = _changes({k: v[:, column] for k, v in ours.items()}, theirs[:, column], study,
                           known.kind)  # fmt: skip
        measured = measures(changes, len(one.parts))
        mean = float(np.nanmean(measured[0][2])) if np.isfinite(measured[0][2]).any() else math.nan
        for measure, part, values in measured:
            if measure == "rest" and not np.nan_to_num(values).any():
                continue
            numbers = summed_up(values, chance_alone(values, study.pair_index))
            yield {
                **named(study, name, outcome),
                "part": REST if measure == "rest" else "" if part is None else one.parts[part],
                "measure": measure,
                "scale": rubric.SCALE[known.kind],
                **numbers,
                "sign": rubric.sign(values[np.isfinite(values)], known.kind, 0),
                "fraction": numbers["mean"] / mean if mean else math.nan,
                "pairs": int(np.isfinite(values).sum()),
            }


def _changes(
    ours: dict[Chosen, Floats], theirs: Floats, study: Study, kind: str
) -> dict[Chosen, Floats]:
    """Return the change of each world in each pair; nan in all where one is not finite."""
    found = {x: changes(own, theirs, kind, study.pair_index) for x, own in ours.items()}
    there = np.isfinite(list(found.values())).all(axis=0)
    return {chosen: np.where(there, x, np.nan) for chosen, x in found.items()}


def measures(changes: dict[Chosen, Floats], parts: int) -> list[tuple[str, int | None, Floats]]:
    """Return what each part contributes in each pair.

    Parameters
    ----------
    changes
        The change from the reference by the parts that are in a world, arrays (pair,): no part,
        each alone, all but each, all.
    parts
        How many there are, at least two.

    Returns
    -------
    list of (str, int or None, ndarray)
        Measure, place of the part, and array (pair,). The total is rest, contributions first and
        interaction; with two or three parts it is rest and shares too.
    """
    whole = frozenset(range(parts))
    total, rest = changes[whole], changes[frozenset()]
    first = [changes[frozenset((i,))] - rest for i in range(parts)]
    last = [total - changes[whole - {i}] for i in range(parts)]
    together = total - rest - np.sum(first, axis=0)
    share = [(a + b) / 2 for a, b in zip(first, last, strict=True)]
    if parts == SHAPLEY:
        middle = [
            sum(changes[frozenset((i, j))] - changes[frozenset((j,))] for j in whole - {i}) / 2
            for i in range(parts)
        ]
        share = [(a + m + b) / 3 for a, m, b in zip(first, middle, last, strict=True)]
    found: list[tuple[str, int | None, Floats]] = [("total", None, total), ("rest", None, rest)]
    for measure, own in (("first", first), ("last", last), ("share", share)):
        found += [(measure, i, values) for i, values in enumerate(own)]
    return [*found, ("interaction", None, together)]


ENOUGH = 2 / 3
"""Parts are named until they make up so much of the change."""


def leading(frame: pd.DataFrame) -> pd.DataFrame:
    """Return which parts make up most of each change: what is said of them in a sentence.

    Parameters
    ----------
    frame
        The `contributions`.

    Returns
    -------
    DataFrame
        One row per scenario and outcome of which the rubric tells that it changes, and in which
        sense: a part of what nobody can tell explains nothing, nor does one of a mean on the other
        side of 0 than the median. Columns scenario, title, outcome, label, scale, total (the
        median) with low and high, parts (those of the largest shares, until they make up two thirds
        of the mean joined by "; "), number (of these parts), fraction (of the mean change that is
        theirs; over 1 where others work against them), rest and interaction (fractions too).
    """
    import pandas as pd

    rows = []
    for _, own in frame.groupby(["scenario", "outcome"], sort=False):
        total = own[own["measure"] == "total"].iloc[0]
        shares = own[own["measure"] == "share"].sort_values("fraction", ascending=False,
                                                            kind="stable")  # fmt: skip
        told = total["sign"] in ("higher", "lower") and total["mean"] * total["median"] > 0
        if not told or not np.isfinite(shares["fraction"]).all():
            continue
        made = shares["fraction"].cumsum()
        number = int((made < ENOUGH).sum()) + 1
        number = min(number, int((shares["fraction"] > 0).sum()) or 1)
        other = {m: own.loc[own["measure"] == m, "fraction"].sum() for m in ("rest", "interaction")}
        rows.append(
            {
                **{key: total[key] for key in (*OF, "scale")},
                "total": total["median"],
                "low": total["low"],
                "high": total["high"],
                "parts": "; ".join(shares["part"].iloc[:number]),
                "number": number,
                "fraction": made.iloc[number - 1],
                **other,
            }
        )
    return pd.DataFrame(rows, columns=list(LEADING_COLUMNS))
