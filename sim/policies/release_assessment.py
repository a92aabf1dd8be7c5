"""L4: release risk assessment by developers, with independent assurance (paper policy P2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.policies.base import own
from sim.policies.families import Judging

if TYPE_CHECKING:
    from sim.model.law import Law


class ReleaseAssessment(Judging):
    """Before an open release above a floor, labs assess its risk and publish reasons for its mode.

    A release judged hazardous may not be open. Hazard is judged in each of ``domains`` by measured
    capability: it is *absolute* at ``hazard_margin`` above the domain's misuse threshold,
    *marginal* above that threshold and at ``delta`` above the best open release of any other
    origin. The judgement is right with ``assessor_accuracy``. Writes: an assessment that bound labs
    owe, with its delay and cost and the modes that it leaves.
    """

    lever: ClassVar[str] = "L4"
    title: ClassVar[str] = "Release risk assessment"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "None that binds. Voluntary: Meta's Frontier AI Framework (February 2025). Reported: "
        "Executive Order 14409 of June 2026, voluntary access for the government up to 30 days "
        "before a release. Wilson and Hine (2025) assess it as P2."
    )
    not_modelled: ClassVar[str] = (
        "Who assesses: independence is the accuracy of the judgement. Foresight of a bad "
        "result: labs count delay and cost. Academic and small labs, which owe nothing. "
        "Assessment of closed releases."
    )
    assumption: ClassVar[str] = "delta"
    paper: ClassVar[str] = "P2"
    main: ClassVar[tuple[str, ...]] = ("hazard_reference", "delay_months", "fallback")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "hazard_reference": "absolute"}

    delay_months: int = own(
        2, "months that an assessment takes", "months", "judgement", allowed=(0, 24), likely=(0, 6)
    )
    cost_per_release: float = own(
        2e6,
        "cost of an assessment with assurance",
        "USD",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(2e5, 10e6),
    )
    fallback: tuple[Literal["gated", "api"], ...] = own(
        ("gated", "api"), "release modes left to a hazardous release", "", "Wilson and Hine 2025"
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the duty to assess into a month's law."""
        from sim.vocabulary import MODES

        left = [MODES.index(mode) for mode in self.fallback]
        duties = {"delay": self.delay_months, "cost": self.cost_per_release}
        law.write(name, "assessments", self.assessment(law, name, strength, left, **duties))
