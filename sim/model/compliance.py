"""Compliance as a choice: who is bound by a rule obeys it where breaking it would not pay.

A scenario asks for it by ``compliance = "chosen"`` in its structure. Whoever is bound would gain
something by breaking the rule, and gains differ: they are lognormal with median 1, which is the
unit, and log sd ``gain_spread``. One obeys if what is at stake is more than that (Becker 1968)::

    stake = detection * penalty + reputation
    share who obey = Phi(log(stake) / gain_spread), 0 where nothing is at stake

``detection`` is the chance that at least one of four finds a breach: the ordinary course of things,
back-checks, whistle-blowers, audits. The share stands in place of what the policy states.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, log
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.model.law import Terms, write_law
from sim.vocabulary import SUPPLIERS

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.law import Law
    from sim.model.parameters import ParameterValues

AUDITED_BY = {"firms": "all", "hubs": "all", "government": SUPPLIERS}
"""Which audits see who breaks a rule, if any can: all see releases, whose makers and hosts owe it;
those of government suppliers see what governments use; nobody audits private users."""


class Motives(NamedTuple):
    """Why those of one kind who are bound by a rule obey it.

    Attributes
    ----------
    base, back_checks, whistle_blowers, audits : float
        Chance that a breach is found in the ordinary course of things, and by each of the others.
    penalty, reputation : float, median gains
        What a breach that is found costs, and what obeying is worth found or not.
    gain_spread : float
        Log sd of the gain from breaking the rule.
    """

    base: float
    back_checks: float
    whistle_blowers: float
    audits: float
    penalty: float
    reputation: float
    gain_spread: float

    @property
    def detection(self) -> float:
        """Chance that a breach is found."""
        missed = (1.0 - self.base) * (1.0 - self.back_checks)
        return 1.0 - missed * (1.0 - self.whistle_blowers) * (1.0 - self.audits)

    @property
    def share(self) -> float:
        """Share who obey."""
        stake = self.detection * self.penalty + self.reputation
        return NormalDist().cdf(log(stake) / self.gain_spread) if stake > 0.0 else 0.0


class Compliance:
    """Who obeys the rules of a world, by its parameters."""

    def __init__(self, p: ParameterValues) -> None:
        self.p = p

    def motives(
        self, jurisdictions: Jurisdictions, terms: Iterable[Terms], month: int
    ) -> dict[str, dict[str, Motives]]:
        """Motives in a month, by the name of each policy in force and the kind of who obeys it.

        Audits are those of policies that nobody has to obey, so that no policy waits for another.
        """
        in_force = [one for one in terms if one.strength > 0.0]
        rules = [one for one in in_force if one.policy.obeyed_by]
        if not rules:
            return {}
        others = [one for one in in_force if not one.policy.obeyed_by]
        audits = write_law(jurisdictions, others, month)
        return {
            one.name: {kind: self._of(one.policy, kind, audits) for kind in one.policy.obeyed_by}
            for one in rules
        }

    def _of(self, policy: Any, kind: str, law: Law) -> Motives:
        audits_a_month = fsum(
            programme.audits_a_month
            for programme in law.audits
            if policy.seen_by_audits and AUDITED_BY.get(kind) in ("all", programme.auditor)
        )
        return Motives(
            base=getattr(self.p, f"detection_{kind}"),
            back_checks=policy.back_checks,
            whistle_blowers=policy.whistle_blowers,
            audits=1.0 - (1.0 - self.p.audit_detection) ** audits_a_month,
            penalty=policy.penalty,
            reputation=getattr(self.p, f"reputation_{kind}"),
            gain_spread=self.p.gain_spread,
        )

    def obeyed(
        self, jurisdictions: Jurisdictions, terms: Iterable[Terms], month: int
    ) -> tuple[Terms, ...]:
        """How policies stand in a month once it is chosen who obeys them.

        The shares are in the policies themselves, so that runs share a law only where they agree.
        """
        terms = tuple(terms)
        found = self.motives(jurisdictions, terms, month)
        return tuple(
            one._replace(
                policy=one.policy.obeyed(
                    {kind: motives.share for kind, motives in found[one.name].items()}
                )
            )
            if one.name in found
            else one
            for one in terms
        )
