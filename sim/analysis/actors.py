"""Who gains and who loses: paired differences by actor.

Each row reads an outcome from one actor's side, by the rubric's rule: the verdict on an actor and
the sign of the same change in the rubric never differ.

Shares are mirror images: what one lab or origin loses others gain, and their changes add up to 0.
Value built and harm done are nobody's share. No outcome measures what users of chatbots, markets,
enterprises or governments gain (quality for its price), so that for them only whose releases they
take is given, which is neither a gain nor a loss. Costs are inputs (`sim.analysis.inputs`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim import data
from sim.analysis import inputs, rubric, wording
from sim.analysis.comparison import Comparison, Floats, chance_alone, changes, compare
from sim.model.outcomes import REGION_TEXT, WORDS
from sim.vocabulary import ACTOR_KINDS, AREAS, CHANNELS, PAYERS, ROUTE_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.paired import PairedResults
    from sim.model.outcomes import Outcome

GAINS, LOSES = "gains", "loses"

POWERS = "Use abroad by origin of the release"
LABS = {"US": "US labs", "CN": "Chinese labs", "other": "Other labs"}
DERIVATIVES = "New derivatives by lab"
BUILT = "Applications built, by bloc"
PEOPLE = "People who use AI, by bloc"
USERS = "Users"
CHANNEL = "US share of use abroad, by channel"
COSTS = "Costs"
MALICIOUS = "Malicious actors"
MISUSED = "Misuse by route"

OTHERS = "other_share_abroad"
OF_OTHERS = ("us_share_abroad", "cn_share_abroad")
"""What is left of use abroad once two outcomes are taken from it is no outcome of its own."""
WHERE = tuple(area.lower() for area in AREAS)

COLUMNS = (
    "scenario", "title", "group", "actor", "outcome", "unit", "reference", "difference", "median",
    "low", "high", "p25", "p75", "chance_low", "chance_high", "scale", "p_better", "p_worse",
    "p_floor", "sign", "word", "verdict", "input", "interval_holds", "first_month", "last_month",
    "pairs",
)  # fmt: skip


class Actor(NamedTuple):
    """An actor as an outcome shows it.

    Attributes
    ----------
    group, name, outcome : str
    side : int
        +1 if more of the outcome is a gain to the actor, -1 if it is a loss (of harm: to all
        others), 0 if it is neither.
    """

    group: str
    name: str
    outcome: str
    side: int


def everybody() -> Iterator[Actor]:
    """Yield every actor of the table, group by group."""
    yield Actor(POWERS, "the US", "us_share_abroad", 1)
    yield Actor(POWERS, "China", "cn_share_abroad", 1)
    yield Actor(POWERS, "other origins", OTHERS, 1)
    for origin, group in LABS.items():
        for lab in data.labs():
            if lab.origin == origin:
                yield Actor(group, lab.name, f"family_share_{lab.slug}", 1)
    for lab in data.labs():
        yield Actor(DERIVATIVES, lab.name, f"derivative_share_{lab.slug}", 1)
    for group, stem in ((BUILT, "application_value"), (PEOPLE, "use")):
        for bloc in WHERE:
            yield Actor(group, REGION_TEXT[bloc], f"{stem}_{bloc}", 1)
    yield Actor(USERS, "developers: value that they build", "application_value", 1)
    yield Actor(USERS, "people who use AI", "use_world", 1)
    yield Actor(USERS, "critical users: exposure", "backdoor_exposure", -1)
    for channel in CHANNELS:
        yield Actor(CHANNEL, channel, f"us_share_abroad_{channel}", 0)
    for payer in PAYERS:
        yield Actor(COSTS, payer.replace("_", " "), f"cost_policy_{payer}", 0)
    for kind in ACTOR_KINDS:
        yield Actor(MALICIOUS, WORDS[kind], f"harm_{kind}", -1)
    for route in ROUTE_KINDS:
        yield Actor(MISUSED, WORDS[route], f"incidents_{route}", -1)


def actors(study: PairedResults) -> pd.DataFrame:
    """Return one row per case, group and actor (see `PairedResults.actors`)."""
    import pandas as pd

    rows = [
        row
        for case in study.cases
        if case.name != case.against
        for row in _of_case(study, case.name, case.against)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_case(study: PairedResults, name: str, against: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one case."""
    kept, window = set(study.outcomes()), study.window(name)
    outcomes = list(dict.fromkeys(actor.outcome for actor in everybody() if actor.outcome in kept))
    typed, months = inputs.typed_in(study, name, outcomes), study.months_compared(name)
    ours, theirs = (_means(study, case, outcomes, window) for case in (name, against))
    for actor in everybody():
        if actor.outcome not in ours:
            continue
        known = study.outcome(OF_OTHERS[-1] if actor.outcome == OTHERS else actor.outcome)
        sides = ours[actor.outcome], theirs[actor.outcome]
        yield {
            "scenario": name,
            "title": study.titles[name],
            "unit": known.unit,
            **_row(study, actor, replace(known, direction=actor.side), sides),
            "interval_holds": study.interval_holds,
            "first_month": months[0] if months else "",
            "last_month": months[-1] if months else "",
            **_cost(typed.get(actor.outcome)),
        }


def _means(
    study: PairedResults, name: str, outcomes: list[str], window: tuple[int, int]
) -> dict[str, Floats]:
    """Return a case's means by outcome, and what is left of use abroad for other origins."""
    found = dict(zip(outcomes, study.means(name, outcomes, window).T, strict=True))
    if set(OF_OTHERS) <= set(found):
        found[OTHERS] = 1 - sum(found[one] for one in OF_OTHERS)
    return found


def _row(
    study: PairedResults, actor: Actor, known: Outcome, sides: tuple[Floats, Floats]
) -> dict[str, Any]:
    found = compare(*sides, known, study.pair_index)
    moved = changes(*sides, known.kind, study.pair_index)
    better, worse = {1: (found.p_higher, found.p_lower), -1: (found.p_lower, found.p_higher)}.get(
        actor.side, (math.nan, math.nan)
    )
    finite = moved[np.isfinite(moved)]
    quarter, three = np.quantile(finite, (0.25, 0.75)) if len(finite) else (math.nan, math.nan)
    rest = chance_alone(moved, study.pair_index)
    rest = rest[np.isfinite(rest)] if study.draws > 1 else rest[:0]
    ends = np.quantile(rest, rubric.INTERVAL) + found.median if len(rest) else (math.nan,) * 2
    return {
        "group": actor.group,
        "actor": actor.name,
        "outcome": actor.outcome,
        **{field: getattr(found, field) for field in Comparison.__slots__},
        "p25": float(quarter),
        "p75": float(three),
        "chance_low": float(ends[0]),
        "chance_high": float(ends[1]),
        "p_better": better,
        "p_worse": worse,
        "verdict": verdict(found, actor.side),
    }


def _cost(typed: str | None) -> dict[str, str]:
    """Return what is said of a cost in place of a sign; of another outcome that it is no input."""
    if typed is None:
        return {"input": ""}
    return {"input": typed, "sign": "", "word": inputs.WORDS[typed]}


def verdict(found: Comparison, side: int) -> str:
    """Return who gains or loses.

    Parameters
    ----------
    found
        The comparison, its sign read from the actor's side.
    side
        0 if a move is neither a gain nor a loss.

    Returns
    -------
    str
        By the rubric's sign "gains", "loses", "no material change" or "cannot tell"; "" for side 0.
        Whether it is clear or likely is the word of the comparison.
    """
    if side == 0:
        return ""
    if found.sign == "0":
        return wording.UNCHANGED
    if found.sign == "?":
        return wording.CANNOT_TELL
    return GAINS if found.sign.startswith("+") else LOSES
