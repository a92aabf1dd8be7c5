"""L4: release risk assessment by developers, with independent assurance (paper policy P2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.policies import Policy, allied_coverage, anticipation_months, own

if TYPE_CHECKING:
    from sim.law import Law


class ReleaseAssessment(Policy):
    """Before an open release above a floor, the lab assesses its risk and publishes the reasons for the release mode.

    A release judged hazardous may not be open. Hazard is *marginal* (measured capability above the best open release
    of any other origin by ``delta``) or *absolute* (measured capability above ``hazard_threshold``), in a domain whose
    misuse threshold the release has passed. The judgement is right with ``assessor_accuracy``.
    """

    lever: ClassVar[str] = "L4"
    title: ClassVar[str] = "Release risk assessment"
    paper: ClassVar[str] = "P2"
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "hazard_reference": "absolute"}

    capability_floor: float = own(
        150.0, "releases below are free", "index points", "judgement", ge=0.0, le=400.0, low=140.0, high=160.0
    )
    hazard_reference: Literal["marginal", "absolute"] = own(
        "marginal", "what a release is compared with", "", "Kapoor et al. 2024; scenario"
    )
    delta: float = own(
        6.0, "lead that counts as marginal risk", "index points", "judgement", ge=0.0, le=100.0, low=2.0, high=12.0
    )
    hazard_threshold: float = own(
        165.0,
        "level that counts as absolute risk",
        "index points",
        "judgement",
        ge=0.0,
        le=400.0,
        low=155.0,
        high=175.0,
    )
    domains: tuple[Literal["fraud", "influence", "military", "cyber", "chem_bio"], ...] = own(
        ("military", "cyber", "chem_bio"), "domains assessed", "", "Seger et al. 2023; judgement", strict=False
    )
    assessor_accuracy: float = own(
        0.8, "probability that the judgement is right", "0-1", "judgement", ge=0.0, le=1.0, low=0.5, high=0.95
    )
    delay_months: int = own(2, "months that an assessment takes", "months", "judgement", ge=0, le=24, low=0, high=6)
    cost_per_release: float = own(
        2e6, "cost of an assessment with assurance", "USD", "judgement", ge=0.0, le=1e10, low=2e5, high=10e6
    )
    fallback: tuple[Literal["gated", "api"], ...] = own(
        ("gated", "api"), "release modes left to a hazardous release", "", "Wilson and Hine 2025", strict=False
    )
    allied_coverage: float = allied_coverage("other non-Chinese labs")
    anticipation_months: int = anticipation_months()

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the duty to assess into a month's law."""
        from sim.law import MODES, Assessment

        law.write(
            name,
            "assessments",
            Assessment(
                labs=law.terrain.bound_labs(self.allied_coverage),
                floor=self.capability_floor,
                reference=self.hazard_reference,
                delta=self.delta,
                absolute=self.hazard_threshold,
                domains=tuple(self.domains),
                accuracy=self.assessor_accuracy,
                delay=self.delay_months,
                cost=self.cost_per_release,
                modes=tuple(sorted(MODES.index(mode) for mode in self.fallback)),
                strength=strength * self.enforcement,
            ),
        )
