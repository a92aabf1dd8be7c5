"""L7: public repository of audits of widely used open models (paper policy P4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.policies.base import Policy, own

if TYPE_CHECKING:
    from sim.model.law import Law


class AuditRepository(Policy):
    """The government pays for audits of open releases of any origin and publishes the results.

    Writes: a public audit programme. What users make of a clean or flagged result is theirs to
    decide.
    """

    lever: ClassVar[str] = "L7"
    title: ClassVar[str] = "Public audit repository"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "None for models. Public audits of shared code exist (OSTIF: 50 audits for just under 3 "
        "million USD). Wilson and Hine (2025) assess it as P4."
    )
    not_modelled: ClassVar[str] = (
        "Closed releases, which are not audited. Effects of news on trust beyond what a "
        "disclosed compromise does."
    )
    assumption: ClassVar[str] = "detect_prob"
    paper: ClassVar[str] = "P4"
    main: ClassVar[tuple[str, ...]] = ("budget", "detect_prob")
    phase: ClassVar[str] = "audit"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "budget": 10e6}

    budget: float = own(
        2.88e6,
        "spending on audits",
        "USD a year",
        "four audits a month at 60,000 USD; judgement",
        allowed=(0.0, 1e10),
        likely=(1e6, 20e6),
    )
    cost_per_audit: float = own(
        60_000.0,
        "cost of an audit",
        "USD",
        "OSTIF 2025",
        allowed=(1000.0, 1e8),
        likely=(50e3, 500e3),
    )
    priority: Literal["popularity", "risk"] = own(
        "popularity", "which releases come first", "", "scenario"
    )
    traceability: float = own(
        0.9,
        "share of components whose base can be traced",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.5, 1.0),
    )
    detect_prob: float = own(
        0.6,
        "probability that a traced compromise is found",
        "0-1",
        "Bullwinkel et al. 2026; judgement",
        allowed=(0.0, 1.0),
        likely=(0.3, 0.9),
    )
    false_positive: float = own(
        0.05,
        "probability that a sound release is flagged",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.1),
    )
    update_lag: int = own(
        1, "months from audit to publication", "months", "judgement", allowed=(0, 24), likely=(0, 6)
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the audit programme into a month's law."""
        from sim.model.duties import AuditProgramme

        effect = self.effect(strength)
        law.write(
            name,
            "audits",
            AuditProgramme(
                auditor="public repository",
                countries=tuple(range(law.jurisdictions.sizes["country"])),
                audits_a_month=self.budget / self.cost_per_audit / 12.0 * effect,
                priority=self.priority,
                power=self.detect_prob,
                traceability=self.traceability,
                false_positive=self.false_positive,
                coverage=1.0,
                public=True,
                update_lag=self.update_lag,
                cost=0.0,  # the government pays a budget
            ),
        )
        law.spend(name, "government", self.budget * strength)
