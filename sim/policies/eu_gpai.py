"""EU_GPAI: duties under the EU AI Act, and the exemption of open-source releases.

The duties are those of general-purpose AI models.
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import model_validator

from sim.months import month_index
from sim.policies.base import anticipation_months, compliance_cost, large_modifications, own
from sim.policies.families import Rule
from sim.vocabulary import OPEN_SOURCE

if TYPE_CHECKING:
    from sim.model.law import Law


class EuGpai(Rule):
    """Releases in the EU owe documentation and a copyright policy; those of systemic risk owe more.

    All firms offer in the EU, so all are bound wherever they are; fringe labs are not. A firm from
    elsewhere may take its service out of the EU if it owes more than it earns there. Open-source
    releases (weights under a free licence) are exempt below the systemic threshold, unless they are
    monetised. Whoever in the EU modifies a release that owes duties with a large part of its
    compute becomes a provider; open modifications are exempt like open-source releases. Writes: two
    duties by training compute, a duty of modifiers in the EU, standing costs, and whether a
    firm may leave.
    """

    lever: ClassVar[str] = "EU_GPAI"
    title: ClassVar[str] = "EU duties of general-purpose AI"
    pulled_by: ClassVar[str] = "EU"
    real: ClassVar[str] = (
        "Regulation (EU) 2024/1689, Art. 51 to 55: duties since August 2025, fines from August "
        "2026; guidelines of the Commission (July 2025) on thresholds, exemption and modifiers."
    )
    not_modelled: ClassVar[str] = (
        "The code of practice and single duties: each step is one cost and one burden. Academic "
        "and small labs, which owe nothing."
    )
    assumption: ClassVar[str] = "systemic_flop"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        "withdrawal": ("review_months", "consumer_value", "fine_chance")
    }
    main: ClassVar[tuple[str, ...]] = ("open_exemption", "threshold_flop")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "open_exemption": False,
        "burden": 1.0,
        "compliance_cost": 50e6,
        "withdrawal": 1.0,
        "review_months": 4,
    }

    open_exemption: bool = own(
        True,
        "whether open-source releases are exempt",
        "yes or no",
        "AI Act, Art. 53(2); guidelines of July 2025",
    )
    monetised_exempt: bool = own(
        False,
        "whether the exemption holds for releases that earn money",
        "yes or no",
        "guidelines of July 2025",
    )
    threshold_flop: float = own(
        1e23,
        "training compute from which a release is general-purpose",
        "FLOP",
        "guidelines of July 2025",
        allowed=(1e20, 1e32),
        likely=(1e22, 1e24),
    )
    systemic_flop: float = own(
        1e25,
        "training compute from which risk is presumed systemic",
        "FLOP",
        "AI Act, Art. 51(2)",
        allowed=(1e20, 1e32),
        likely=(1e25, 1e27),
    )
    duties_cost: float = own(
        1e6,
        "documentation and copyright policy of a release",
        "USD a release",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(0.2e6, 5e6),
    )
    burden: float = own(
        0.1,
        "what these duties cost a lab beside money",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.0, 0.5),
    )
    systemic_cost: float = own(
        5e6,
        "evaluations, incident reports and security of a systemic release",
        "USD a release",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(1e6, 20e6),
    )
    systemic_liability: float = own(
        0.2,
        "further cost of opening a systemic release",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.0, 1.0),
    )
    modifier_fraction: float = own(
        0.33,
        "share of the base's compute from which a modification is bound",
        "0-1",
        "guidelines of July 2025",
        allowed=(1e-6, 1.0),
        likely=(0.05, 1.0),
    )
    modifier_loss: float = own(
        0.0,
        "share of bound modifications that are given up",
        "0-1",
        "the duty is to document the modification alone; judgement",
        allowed=(0.0, 0.99),
        likely=(0.0, 0.3),
    )
    compliance_cost: float = compliance_cost(1e6, "standing cost to each firm", likely=(0.1e6, 5e6))
    withdrawal: float = own(
        0.0,
        "probability that a lab which owes more in the EU than it earns there withdraws its "
        "service at a review",
        "0-1",
        "scenario; whether labs would is not known: judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
    )
    review_months: int = own(
        12,
        "months between a lab's reviews of whether its service stays in the EU",
        "months",
        "yearly budgets; judgement",
        allowed=(1, 60),
        likely=(6, 24),
    )
    consumer_value: float = own(
        10.0,
        "what a consumer of its service in the EU is worth to a lab at a review",
        "USD a year",
        "subscriptions over all users of the largest services, mid 2025; judgement",
        allowed=(0.0, 1000.0),
        likely=(2.0, 20.0),
    )
    fine_chance: float = own(
        0.0,
        "chance of a fine (the higher of 3 % of turnover and EUR 15 m) that a lab which stays "
        "reckons with",
        "a year",
        "scenario; AI Act, Art. 101; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.05),
    )
    anticipation_months: int = anticipation_months()

    @model_validator(mode="after")
    def _systemic_is_more(self) -> EuGpai:
        if self.systemic_flop < self.threshold_flop:
            raise ValueError(
                f"systemic_flop {self.systemic_flop!r} is below threshold_flop "
                f"{self.threshold_flop!r}"
            )
        return self

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the duties into a month's law."""
        from sim.model.duties import ComputeDuty, MarketDuty, ModifierDuty

        firms, systemic = law.jurisdictions.firms(), log10(self.systemic_flop)
        common: dict[str, Any] = {
            "labs": firms,
            "delay": 0,
            "refusal": 0.0,
            "documents": True,
            "strength": self.effect(strength),
            "eu": True,
        }
        base = ComputeDuty(
            floor=log10(self.threshold_flop),
            exempt_modes=(OPEN_SOURCE,) if self.open_exemption else (),
            exempt_below=systemic,
            monetised_exempt=self.monetised_exempt,
            cost=self.duties_cost,
            burden=self.burden,
            liability=0.0,
            **common,
        )
        risky = ComputeDuty(
            floor=systemic,
            exempt_modes=(),
            exempt_below=systemic,
            monetised_exempt=False,
            cost=self.systemic_cost,
            burden=0.0,
            liability=self.systemic_liability,
            **common,
        )
        law.write(name, "compute_duties", base)
        law.write(name, "compute_duties", risky)
        large = large_modifications(self.modifier_fraction)
        lost = large * self.modifier_loss * strength * self.enforcement
        if lost > 0.0:
            countries = tuple(i for i, member in enumerate(law.jurisdictions.eu) if member)
            floor = systemic if self.open_exemption else log10(self.threshold_flop)
            law.write(name, "modifier_duties", ModifierDuty(countries, floor, (), lost))
        presence = MarketDuty(
            labs=firms,
            cost=self.compliance_cost * strength,
            withdrawal=self.withdrawal * self.effect(strength),
            since=month_index(self.start),
            months=self.review_months,
            consumer_value=self.consumer_value,
            fine_chance=self.fine_chance * self.effect(strength),
        )
        law.write(name, "market_duties", presence)
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=firms)
        law.spend(name, "labs", self.compliance_cost * strength * len(firms))
