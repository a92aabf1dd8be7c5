"""L1: export control on open weights with know-your-customer checks (paper policy P1)."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, ClassVar

from sim.policies.base import anticipation_months, compliance_cost, own
from sim.policies.families import BindingLabs, Contestable
from sim.vocabulary import ENTERPRISE, GOVERNMENT, OPEN

if TYPE_CHECKING:
    from sim.model.law import Law

_JUDGED = "judgement"
CAREFUL = (ENTERPRISE, GOVERNMENT)


class OpenWeightControl(Contestable, BindingLabs):
    """US labs (and allies that join) deny target countries open weights; every user passes a check.

    Writes: friction for all users of controlled open weights, denial for users in target countries
    (relieved once a mirror exists), control of publication (a controlled release reaches mirrors by
    leak only), a cost of opening to labs, refusals that users meet. It says nothing of what
    malicious actors or other labs make of that.
    """

    lever: ClassVar[str] = "L1"
    title: ClassVar[str] = "Export control on open weights"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "None for published weights. The Framework for AI Diffusion (90 FR 4544, January 2025) "
        "left them free and was withdrawn before it applied; S. 321 (January 2025, proposed) "
        "would end exports of AI to China. Wilson and Hine (2025) assess such a control as P1."
    )
    not_modelled: ClassVar[str] = (
        "A floor of capability: every open release of a bound lab is controlled. Penalties, "
        "unless compliance is chosen. Closed services. Copies that honest users keep."
    )
    assumption: ClassVar[str] = "kyc_friction"
    paper: ClassVar[str] = "P1"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        **Contestable.idle_without,
        "kyc": ("kyc_friction", "kyc_refusal", "reassurance"),
    }
    main: ClassVar[tuple[str, ...]] = ("kyc", "kyc_friction", "targets")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "kyc_friction": 0.3}

    targets: tuple[str, ...] = own(
        ("CHN", "X-CHINA-SAR", "RUS", "IRN", "X-NORTH-KOREA", "BLR", "CUB", "SYR", "X-VENEZUELA"),
        "countries and groups that may not receive controlled weights",
        "country codes",
        "US Country Group D:5 and China; judgement",
        kind="countries",
        part="denial to target countries",
    )
    kyc: bool = own(
        True,
        "whether every user passes a check",
        "yes or no",
        "Wilson and Hine 2025",
        part="the know-your-customer check",
    )
    kyc_friction: float = own(
        0.15,
        "short-run loss of share of controlled open weights from the check",
        "0-1",
        _JUDGED,
        allowed=(0.0, 0.9),
        likely=(0.0, 0.3),
    )
    kyc_refusal: float = own(
        0.02,
        "share of honest users a month who fail or abandon the check",
        "0-1",
        "BIS licence refusals 2 %; judgement",
        allowed=(0.0, 1.0),
        likely=(0.005, 0.10),
    )
    reassurance: float = own(
        0.0,
        "value of checked supply to enterprise and government users",
        "utils",
        _JUDGED,
        allowed=(0.0, 2.0),
        likely=(0.0, 0.5),
    )
    denial: float = own(
        3.0,
        "loss of target users before a mirror exists",
        "utils",
        _JUDGED,
        allowed=(0.0, 20.0),
        likely=(1.5, 5.0),
    )
    leakage: float = own(
        0.9,
        "share of controlled releases that ever reach mirrors",
        "0-1",
        "PGP episode; judgement",
        allowed=(0.0, 1.0),
        likely=(0.6, 1.0),
    )
    opening_cost: float = own(
        0.5,
        "cost and liability of an open release to a bound lab",
        "utils",
        _JUDGED,
        allowed=(0.0, 10.0),
        likely=(0.0, 1.0),
        part="cost and liability of labs",
    )
    compliance_cost: float = compliance_cost(
        20e6, "cost of the checks to each bound lab", likely=(2e6, 100e6)
    )
    anticipation_months: int = anticipation_months()

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the control into a month's law."""
        effect = self.effect(strength)
        rise = max(0.0, effect - self.intensity(month - 1) * self.enforcement)
        labs = self.bound_labs(law, name)
        self._bind_users(law, name, effect, rise)
        law.write(name, "opening_cost", self.opening_cost * effect, labs=labs)
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))

    def _bind_users(self, law: Law, name: str, effect: float, rise: float) -> None:
        """What users of covered open weights meet: checks, denial, a cut-off as it tightens."""
        labs = self.covered_labs(law, name)
        targets = law.jurisdictions.country_indices(self.targets)
        if self.kyc:
            law.write(
                name, "friction", -log(1.0 - self.kyc_friction * effect), labs=labs, modes=OPEN
            )
            law.write(
                name,
                "friction",
                -self.reassurance * effect,
                labs=labs,
                channels=CAREFUL,
                modes=OPEN,
            )
            law.write(name, "alarm", self.kyc_refusal * effect, labs=labs, modes=OPEN)
        law.write(name, "denial", self.denial * effect, countries=targets, labs=labs, modes=OPEN)
        law.write(name, "controlled", effect, labs=labs)
        law.write(name, "containment", 1.0 - self.leakage, labs=labs)
        law.write(name, "alarm", rise, countries=targets, labs=labs, modes=OPEN)
