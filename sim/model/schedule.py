"""The schedule: the policies of a scenario as they stand after what triggers switched on or off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sim.model.law import Law, Terms, terms_of, write_law
from sim.months import month_index, month_name

if TYPE_CHECKING:
    from sim.model.compliance import Compliance, Motives
    from sim.model.duties import Trigger
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.randomness import Streams
    from sim.policies.base import Policy


class PolicySchedule:
    """Policies by name, and each one's strength in force and state key by month.

    A policy that is switched on begins in that month, with its own ramp; one that is switched off
    ends in it. Both are the policy itself with another start or end, so everything that follows
    from its window follows from the switch.

    Attributes
    ----------
    policies : tuple of (name, Policy), in order of name
    monitors : tuple of (name, Policy)
        Those that switch others.
    notice_given : bool
        Whether labs know of any policy before it starts.
    switched_on : dict of str to bool
        Whether each policy's switch is on.
    compliance : Compliance or None
        Who obeys, where that is chosen and not stated.
    """

    def __init__(
        self,
        policies: Sequence[tuple[str, Policy]],
        months: int,
        streams: Streams,
        compliance: Compliance | None = None,
    ) -> None:
        self.given = tuple(policies)
        self.policies = self.given
        self.months, self.streams, self.compliance = months, streams, compliance
        self.monitors = tuple(
            (name, policy) for name, policy in policies if policy.trigger(1.0) is not None
        )
        self.switched_on = {name: True for name, _ in policies}
        self._switches: list[tuple[str, bool, int]] = []
        self._last: tuple[tuple[Terms, ...], tuple[Terms, ...]] | None = None
        self._expected: tuple[int, dict[int, Law]] = (-1, {})
        self._plan()

    def replaced(self, policies: Sequence[tuple[str, Policy]], months: int) -> PolicySchedule:
        """Return the schedule of other policies, before any difference has acted.

        What triggers have switched so far is switched there too.
        """
        other = PolicySchedule(policies, months, self.streams, self.compliance)
        for name, stands, month in self._switches:
            if name in other.switched_on:
                other._turn(name, stands, month)
        other._plan()
        return other

    def _turn(self, name: str, stands: bool, month: int) -> None:
        """Begin or end a policy in a month."""
        self._switches.append((name, stands, month))
        self.switched_on[name], given = stands, dict(self.given)[name]
        standing = dict(self.policies)
        standing[name] = _begun(given, month) if stands else _ended(standing[name], month)
        self.policies = tuple(standing.items())

    def _plan(self) -> None:
        months = range(-1, self.months)  # from the month before the first one on
        courses = [self._course(name, policy, months) for name, policy in self.policies]
        self._by_month = list(zip(*courses, strict=True)) if courses else [()] * len(months)
        self._announced = [p for _, p in self.policies if p.known_from < month_index(p.start)]
        self.notice_given = bool(self._announced)

    def _course(self, name: str, policy: Policy, months: range) -> list[Terms]:
        """How one policy stands in each month; outside its window it stands idle."""
        idle, first = Terms(name, policy, 0.0, None), month_index(policy.start)
        last = months.stop if policy.end is None else month_index(policy.end)
        return [
            terms_of(name, policy, month, self.streams) if first <= month < last else idle
            for month in months
        ]

    def terms(self, month: int) -> tuple[tuple[Terms, ...], tuple[Terms, ...]]:
        """How all policies stand the month before and in a month.

        The law is made anew where they change.
        """
        return self._by_month[month], self._by_month[month + 1]

    def law(self, jurisdictions: Jurisdictions, month: int) -> Law:
        """The law that the policies write in a month."""
        return self._write(jurisdictions, self.terms(month)[1], month)

    def motives(self, jurisdictions: Jurisdictions, month: int) -> dict[str, dict[str, Motives]]:
        """Why rules are obeyed in a month, where that is chosen: by policy and kind of who does."""
        if self.compliance is None:
            return {}
        return self.compliance.motives(jurisdictions, self.terms(month)[1], month)

    def _write(self, jurisdictions: Jurisdictions, terms: Sequence[Terms], month: int) -> Law:
        """The law of policies that stand so."""
        if self.compliance is not None:
            terms = self.compliance.obeyed(jurisdictions, terms, month)
        return write_law(jurisdictions, terms, month)

    def renews(self, month: int, thrown: Collection[Trigger]) -> bool:
        """Bring the policies up to a month; whether its law is to be made anew.

        It is where a strength or state has changed.
        """
        switched = bool(self.monitors) and self.switch(month, thrown)
        last, self._last = self._last, self.terms(month)
        return switched or self._last != last

    def expected_law(self, jurisdictions: Jurisdictions, now: int, month: int) -> Law | None:
        """The law that labs expect of a coming month: that of now with what is announced.

        None if nothing is announced. They foresee its start, neither its end nor how courts will
        rule, what else will be drawn or who will follow.
        """
        coming = self.coming(now, month)
        if not coming:
            return None
        if self._expected[0] != now:
            self._expected = (now, {})
        laws = self._expected[1]
        if month not in laws:
            terms = [
                one._replace(
                    strength=one.policy.planned(month), state=one.policy.state_key(month, None)
                )
                if one.policy in coming
                else one
                for one in self.terms(now)[1]
            ]
            laws[month] = self._write(jurisdictions, terms, month)
        return laws[month]

    def coming(self, now: int, month: int) -> list[Policy]:
        """Policies that labs know of now, which start after now and not after a month."""
        return [
            p
            for p in self._announced
            if p.comes and p.known_from <= now < month_index(p.start) <= month
        ]

    def switch(self, month: int, thrown: Collection[Trigger]) -> bool:
        """Bring the policies to where the switches stand at the beginning of a month.

        Returns whether any moved.
        """
        in_force = (
            policy.trigger(s) for _, policy in self.monitors if (s := policy.intensity(month)) > 0.0
        )
        orders = [order for order in in_force if order is not None]
        moved = False
        for name, _ in self.given:
            if any(name == monitor for monitor, _ in self.monitors):
                continue  # a monitor is not switched by another
            waits = [order for order in orders if name in order.switch_on]
            stands = not waits or any(order in thrown for order in waits)
            stands &= not any(order in thrown for order in orders if name in order.switch_off)
            if stands != self.switched_on[name]:
                self._turn(name, stands, month)
                moved = True
        if moved:
            self._plan()
        return moved


def _begun(policy: Policy, month: int) -> Policy:
    return policy.model_copy(update={"start": month_name(max(month, month_index(policy.start)))})


def _ended(policy: Policy, month: int) -> Policy:
    last = month if policy.end is None else min(month, month_index(policy.end))
    return policy.model_copy(update={"end": month_name(last)})
