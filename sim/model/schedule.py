"""The docket: the policies of a scenario as they stand after what triggers switched on or off."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING

from sim.months import month_index, month_name

if TYPE_CHECKING:
    from sim.model.mandates import Trigger
    from sim.model.randomness import Streams
    from sim.policies.base import Policy

Standing = tuple[tuple[float, Hashable], ...]
"""Force and course of each policy in a month."""


class Docket:
    """Policies by name, and each one's force and course by month.

    A policy that is switched on begins in that month, with its own ramp; one that is switched off ends in it. Both are
    the policy itself with another start or end, so everything that follows from its window follows from the switch.

    Attributes
    ----------
    policies : tuple of (name, Policy), in order of name
    notice_given : bool
        Whether labs know of any policy before it starts.
    """

    def __init__(self, policies: Sequence[tuple[str, Policy]], months: int, streams: Streams) -> None:
        self.given = tuple(policies)
        self.policies = self.given
        self.months, self.streams = months, streams
        self.monitors = tuple((name, policy) for name, policy in policies if policy.trigger(1.0) is not None)
        self.standing = {name: True for name, _ in policies}
        self._plan()

    def _plan(self) -> None:
        # Force and course of every policy from the month before the first on.
        draws = self.streams
        self._schedule: list[Standing] = [
            tuple((policy.force(m, draws), policy.course(m, draws)) for _, policy in self.policies)
            for m in range(-1, self.months)
        ]
        self._announced = [p for _, p in self.policies if p.known_from < month_index(p.start)]
        self.notice_given = bool(self._announced)

    def standing_in(self, month: int) -> tuple[Standing, Standing]:
        """Force and course of all policies the month before and in a month: the law is made anew where they change."""
        return self._schedule[month], self._schedule[month + 1]

    def coming(self, now: int, month: int) -> list[Policy]:
        """Policies that labs know of now, which start after now and not after a month."""
        return [p for p in self._announced if p.comes and p.known_from <= now < month_index(p.start) <= month]

    def settle(self, month: int, thrown: Collection[Trigger]) -> bool:
        """Bring the policies to where the switches stand at the beginning of a month; returns whether any moved."""
        in_force = (policy.trigger(s) for _, policy in self.monitors if (s := policy.intensity(month)) > 0.0)
        orders = [order for order in in_force if order is not None]
        moved = False
        for place, (name, policy) in enumerate(self.given):
            if any(name == monitor for monitor, _ in self.monitors):
                continue  # a monitor is not switched by another
            waits = [order for order in orders if name in order.switch_on]
            stands = not waits or any(order in thrown for order in waits)
            stands &= not any(order in thrown for order in orders if name in order.switch_off)
            if stands != self.standing[name]:
                self.standing[name] = stands
                changed = _begun(policy, month) if stands else _ended(self.policies[place][1], month)
                self.policies = (*self.policies[:place], (name, changed), *self.policies[place + 1 :])
                moved = True
        if moved:
            self._plan()
        return moved


def _begun(policy: Policy, month: int) -> Policy:
    return policy.model_copy(update={"start": month_name(max(month, month_index(policy.start)))})


def _ended(policy: Policy, month: int) -> Policy:
    last = month if policy.end is None else min(month, month_index(policy.end))
    return policy.model_copy(update={"end": month_name(last)})
