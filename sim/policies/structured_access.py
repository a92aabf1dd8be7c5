"""STRUCTURED_ACCESS: above a floor, hazardous weights go to vetted users only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sim.policies.base import compliance_cost, own
from sim.policies.families import Judging
from sim.vocabulary import GATED

if TYPE_CHECKING:
    from sim.model.law import Law


class StructuredAccess(Judging):
    """Releases of US labs (and allies that join) that are judged hazardous may be gated, not open.

    Hazard is judged by domain, as under L4: *marginal* or *absolute*. Gates are run to a standard:
    better checks, fewer leaks, a burden on users. Writes: an assessment that leaves gated access
    only, and what users and malicious actors meet at the gates.
    """

    lever: ClassVar[str] = "STRUCTURED_ACCESS"
    title: ClassVar[str] = "Structured access to weights"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "No law. Asked for by Shevlane (2022) and Seger et al. (2023); Wilson and Hine (2025) "
        "name checks of academics as a middle way."
    )
    not_modelled: ClassVar[str] = (
        "Hosting as such: containment slows leaks. Different gates for different users. Gates "
        "of labs that are not bound, which stay as they were."
    )
    assumption: ClassVar[str] = "vetting"
    main: ClassVar[tuple[str, ...]] = ("hazard_reference", "vetting")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "hazard_reference": "absolute",
        "hazard_margin": 13.0,
        "vetting": 0.0,
        "access_friction": 0.0,
        "compliance_cost": 0.0,
    }

    vetting: float = own(
        0.5,
        "share of malicious actors stopped at the gate beside those whom any gate stops",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 0.8),
    )
    containment: float = own(
        0.5,
        "share of the hazard of leaks that hosting under control ends",
        "0-1",
        "Shevlane 2022; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.9),
    )
    access_friction: float = own(
        0.1,
        "burden of vetting on users of gated weights",
        "utils",
        "judgement",
        allowed=(0.0, 5.0),
        likely=(0.0, 0.5),
    )
    cost_per_release: float = own(
        0.5e6,
        "cost of the judgement on a release",
        "USD a release",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(0.1e6, 5e6),
    )
    compliance_cost: float = compliance_cost(
        3e6, "cost of running the gates to each bound lab", likely=(0.5e6, 20e6)
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the rule and the standard of the gates into a month's law."""
        effect = self.effect(strength)
        labs = self.bound_labs(law, name)
        duties = {"delay": 0, "cost": self.cost_per_release, "reasons": False}
        law.write(name, "assessments", self.assessment(law, name, strength, [GATED], **duties))
        gates = self.covered_labs(law, name)
        law.write(name, "gate_pass", 1.0 - self.vetting * effect, labs=gates)
        law.write(name, "gate_leak", 1.0 - self.containment * effect, labs=gates)
        law.write(name, "friction", self.access_friction * effect, labs=gates, modes=[GATED])
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))
