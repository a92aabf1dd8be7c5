"""What is allowed in a scenario and may still not be meant: windows that never act, rules that stand twice or alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sim.messages import one_of
from sim.months import month_index, month_name
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions


def notes(scenario: Scenario) -> list[str]:
    """Return what `openstakes check` points out in a valid scenario, a line each."""
    return [*_idle(scenario), *_twice(scenario), *_alone(scenario), *_withheld(scenario)]


def _idle(scenario: Scenario) -> Iterator[str]:
    """Policies and events that change nothing. The month before the first one counts: its law is the starting point."""
    last = scenario.horizon.end
    horizon = f"the horizon {scenario.horizon.start} to {last}"
    for name, policy in sorted(scenario.policy.items()):
        start, end = month_index(policy.start), month_index(policy.end) if policy.end else None
        window = f"policy.{name}: from {policy.start} to {policy.end or 'the end'}"
        if end == start:
            yield f"{window}: the window is empty; the policy changes nothing"
        elif start > month_index(last) or (end is not None and end <= -1):
            yield f"{window}: outside {horizon}; the policy changes nothing"
        elif policy.strength == 0.0:
            yield f"policy.{name}.strength = 0: the policy changes nothing"
    for name, event in sorted(scenario.crisis.items()):
        if not 0 <= month_index(event.month) <= month_index(last):
            yield f"crisis.{name}.month = {event.month}: outside {horizon}; the event never happens"


def _twice(scenario: Scenario) -> Iterator[str]:
    """Policies that are the same but for their names."""
    for (name, policy), (other, same) in combinations(sorted(scenario.policy.items()), 2):
        if policy == same:
            yield f"policy.{name} and policy.{other} are the same: both are in force"


def _alone(scenario: Scenario) -> Iterator[str]:
    """Policies whose allied coverage is too small for anybody to join."""
    policies = sorted(scenario.policy.items())
    asked = [(name, p, share) for name, p in policies if (share := getattr(p, "allied_coverage", 0.0)) > 0.0]
    if not asked:
        return
    from sim.model.law import law_of_month

    jurisdictions = _jurisdictions(scenario)
    for name, policy, share in asked:
        month, alone = month_index(policy.start), policy.model_copy(update={"allied_coverage": 0.0})
        joined, without = (law_of_month(jurisdictions, [(name, p)], month).writes for p in (policy, alone))
        if joined and joined == without:
            yield f"policy.{name}.allied_coverage = {share:g}: nobody joins"


def _withheld(scenario: Scenario) -> Iterator[str]:
    """Assessments that bind a lab together and leave no release mode in common: what they find is held back."""
    windows = [
        (month_index(p.start), month_index(p.end) if p.end else scenario.months) for p in scenario.policy.values()
    ]
    months = sorted({max(0, edge) for window in windows for edge in window if edge < scenario.months})
    if len(windows) < 2:
        return
    jurisdictions = _jurisdictions(scenario)
    said: set[tuple[str, ...]] = set()
    for month in months:
        for policies, labs in _without_mode(scenario, jurisdictions, month):
            if policies not in said:
                said.add(policies)
                yield (
                    f"from {month_name(month)} {' and '.join(policies)} leave {one_of(labs)} no mode in common for a "
                    "release judged hazardous: it is held back"
                )


def _jurisdictions(scenario: Scenario) -> Jurisdictions:
    """Who may be bound, as worlds under a scenario see it."""
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.parameters import values

    return Jurisdictions.of_tables(values(scenario.parameters))


def _without_mode(
    scenario: Scenario, jurisdictions: Jurisdictions, month: int
) -> Iterator[tuple[tuple[str, ...], Sequence[str]]]:
    """Yield policies, and the labs, for which the fallback modes of a month's assessments exclude each other."""
    from sim.model.law import law_of_month

    law = law_of_month(jurisdictions, sorted(scenario.policy.items()), month)
    duties = [(write.by, write.value) for write in law.writes if write.field == "assessments"]
    held: dict[tuple[str, ...], list[str]] = {}
    for index, lab in enumerate(jurisdictions.labs):
        binding = [(by, set(duty.modes)) for by, duty in duties if index in duty.labs]
        if binding and not set.intersection(*(modes for _, modes in binding)):
            held.setdefault(tuple(by for by, _ in binding), []).append(lab)
    yield from held.items()
