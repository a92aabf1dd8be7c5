"""In what two scenarios differ, and from which month on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from sim.model.parameters import DEFAULTS
from sim.months import month_index
from sim.policies.base import Policy
from sim.scenario.overlay import LABELS, flatten
from sim.scenario.scenario import Scenario, policy_table
from sim.scenario.toml import dotted


def differences(a: Scenario, b: Scenario) -> list[tuple[str, object, object]]:
    """Return (key path, value in `a`, value in `b`) wherever two scenarios differ.

    None stands for absent. The order of a list means nothing in a scenario, and is no difference.
    """
    tables = [flatten(scenario.as_table(), "") for scenario in (a, b)]
    values = [{dotted(key): entry.value for key, entry in table.items()} for table in tables]
    keys = sorted(set(values[0]) | set(values[1]))
    pairs = [(key, values[0].get(key), values[1].get(key)) for key in keys]
    return [
        (key, left, right)
        for key, left, right in pairs
        if not _alike(left, right) and key not in LABELS
    ]


def _alike(left: object, right: object) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return set(left) == set(right)
    return left == right


def other_differences(a: Scenario, b: Scenario) -> list[tuple[str, object, object]]:
    """Return the `differences` of two scenarios that are no policy's.

    A parameter that is not set has its default. Where there are any, a comparison of the two
    shows more than what a policy does.
    """
    found = [row for row in differences(a, b) if not row[0].startswith("policy.")]
    return [(key, _set(key, left), _set(key, right)) for key, left, right in found]


def _set(key: str, value: object) -> object:
    table, _, name = key.partition(".")
    return DEFAULTS[name] if value is None and table == "parameters" else value


def differences_in_words(rows: Iterable[tuple[str, object, object]]) -> str:
    """Return differences as one line.

    Such as "parameters.leak_hazard 0.4 against 0.6; history free against replay".
    """
    return "; ".join(
        f"{key} {_in_words(left)} against {_in_words(right)}" for key, left, right in rows
    )


def _in_words(value: object) -> str:
    return "none" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def past_of(scenario: Scenario) -> Hashable:
    """Return what acts from the first month on: scenarios that differ in it share nothing."""
    parameters = tuple(scenario.parameters.items())
    return scenario.history, scenario.structure, scenario.adopters, parameters


def first_difference(a: Scenario, b: Scenario) -> int | None:
    """Return the month index from which two scenarios may differ.

    It is the earliest start of a policy or month of a crisis that is not the same in both; a policy
    of which only the end differs counts from the earlier end. Differing parameters, history,
    structure or panel count from the first month. It is None if they never differ within the
    horizon.
    """
    if past_of(a) != past_of(b):
        return 0
    months = [
        _policy_difference(a.policy.get(name), b.policy.get(name))
        for name in {**a.policy, **b.policy}
        if a.policy.get(name) != b.policy.get(name)
    ]
    for name in {**a.crisis, **b.crisis}:
        events = [scenario.crisis[name] for scenario in (a, b) if name in scenario.crisis]
        if len(events) == 1 or events[0] != events[1]:
            months.append(min(month_index(event.month) for event in events))
    first = max(0, min(months, default=a.months))
    return first if first < min(a.months, b.months) else None


def _policy_difference(a: Policy | None, b: Policy | None) -> int:
    """Return the first month in which two versions of a policy, or one and its absence, may differ.

    Labs may act on a policy before it starts, if the scenario says that they know of it.
    """
    present = [policy for policy in (a, b) if policy is not None]
    if a is not None and type(a) is type(b):
        tables = [policy_table(policy) for policy in present]
        ends = [table.pop("end", None) for table in tables]
        if tables[0] == tables[1]:
            end = min(month_index(end) for end in ends if end is not None)
            # Where it ends no later than it starts, one of the two never comes into force.
            return end if end > month_index(a.start) else a.known_from
    return min(policy.known_from for policy in present)
