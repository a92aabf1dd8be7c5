"""L6: government AI suppliers audit components built on open models (paper policy P3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.policies.base import own
from sim.policies.families import Joinable
from sim.vocabulary import GOVERNMENT, SUPPLIERS

if TYPE_CHECKING:
    from sim.model.law import Law


class SupplierAudits(Joinable):
    """Suppliers of the US government (and allies that join) audit open releases in their products.

    Writes: an audit programme whose findings reach government users only (unless
    ``public_results``), and a burden on open releases in that channel.
    """

    lever: ClassVar[str] = "L6"
    title: ClassVar[str] = "Audits of government AI products"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "No such duty is in the timeline of policy. Wilson and Hine (2025) assess it as P3."
    )
    not_modelled: ClassVar[str] = (
        "What suppliers do beside audits: government users leave what is flagged by their own "
        "choice. Components that cannot be traced are not found by other means."
    )
    assumption: ClassVar[str] = "detect_prob"
    paper: ClassVar[str] = "P3"
    main: ClassVar[tuple[str, ...]] = ("audits_a_year", "coverage", "public_results")
    phase: ClassVar[str] = "audit"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "audits_a_year": 48.0}

    audits_a_year: float = own(
        24.0,
        "releases audited by suppliers of the US; others that join add theirs in proportion to GDP",
        "a year",
        "judgement",
        allowed=(0.0, 2000.0),
        likely=(12.0, 60.0),
    )
    cost_per_audit: float = own(
        150_000.0,
        "cost of an audit",
        "USD",
        "OSTIF 2025: 60,000; judgement",
        allowed=(0.0, 1e8),
        likely=(50e3, 500e3),
    )
    coverage: float = own(
        0.8,
        "share of government use that the audits reach",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.5, 0.95),
    )
    traceability: float = own(
        0.8,
        "share of components whose base can be traced",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.4, 0.95),
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
    public_results: bool = own(
        False, "whether findings are published", "yes or no", "Wilson and Hine 2025"
    )
    burden: float = own(
        0.1,
        "cost of audits to government users of open releases",
        "utils",
        "judgement",
        allowed=(0.0, 5.0),
        likely=(0.0, 0.3),
    )
    priority: Literal["popularity", "risk"] = own(
        "popularity",
        "which releases come first; counts where more are in use than are audited",
        "",
        "scenario",
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the audit programme into a month's law."""
        from sim.model.duties import AuditProgramme
        from sim.vocabulary import OPEN

        effect = self.effect(strength)
        countries = self.bound_countries(law, name)
        audits = self.audits_a_year * law.jurisdictions.economy(countries)
        law.write(
            name,
            "friction",
            self.burden * effect,
            countries=countries,
            channels=[GOVERNMENT],
            modes=OPEN,
        )
        law.write(
            name,
            "audits",
            AuditProgramme(
                auditor=SUPPLIERS,
                countries=countries,
                audits_a_month=audits / 12.0 * effect,
                priority=self.priority,
                power=self.detect_prob,
                traceability=self.traceability,
                false_positive=self.false_positive,
                coverage=self.coverage * effect,
                public=self.public_results,
                update_lag=0,
                cost=self.cost_per_audit,
            ),
        )
