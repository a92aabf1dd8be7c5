"""L1: export control on open weights with know-your-customer checks (paper policy P1)."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, ClassVar

from sim.months import month_index
from sim.parameters import CHANNELS
from sim.policies import Policy, own

if TYPE_CHECKING:
    from sim.law import Law

_JUDGED = "judgement"


class OpenWeightControl(Policy):
    """Open weights of US labs (and of allies that join) may not go to target countries; every user passes a check.

    Writes: friction for all users of controlled open weights, denial for users in target countries (relieved once a
    mirror exists), control of publication (a controlled release reaches mirrors by leak only), a cost of opening to
    labs, refusals that users meet. It says nothing of what malicious actors or other labs make of that.
    """

    lever: ClassVar[str] = "L1"
    title: ClassVar[str] = "Export control on open weights"
    paper: ClassVar[str] = "P1"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "kyc_friction": 0.3}

    targets: tuple[str, ...] = own(
        ("CHN", "X-CHINA-SAR", "RUS", "IRN", "X-NORTH-KOREA", "BLR", "CUB", "SYR", "X-VENEZUELA"),
        "countries and groups that may not receive controlled weights",
        "country codes",
        "US Country Group D:5 and China; judgement",
        kind="countries",
        strict=False,
    )
    kyc: bool = own(True, "whether every user passes a check", "yes or no", "Wilson and Hine 2025")
    kyc_friction: float = own(
        0.15,
        "short-run loss of share of controlled open weights from the check",
        "0-1",
        _JUDGED,
        ge=0.0,
        le=0.9,
        low=0.0,
        high=0.3,
    )
    kyc_refusal: float = own(
        0.02, "share of honest users a month who fail or abandon the check", "0-1", "BIS licence refusals 2 %; judgement",
        ge=0.0, le=1.0, low=0.005, high=0.10,
    )  # fmt: skip
    reassurance: float = own(
        0.0,
        "value of checked supply to enterprise and government users",
        "utils",
        _JUDGED,
        ge=0.0,
        le=2.0,
        low=0.0,
        high=0.5,
    )
    denial: float = own(
        3.0, "loss of target users before a mirror exists", "utils", _JUDGED, ge=0.0, le=20.0, low=1.5, high=5.0
    )
    leakage: float = own(
        0.9,
        "share of controlled releases that ever reach mirrors",
        "0-1",
        "PGP episode; judgement",
        ge=0.0,
        le=1.0,
        low=0.6,
        high=1.0,
    )
    opening_cost: float = own(
        0.5,
        "cost and liability of an open release to a bound lab",
        "utils",
        _JUDGED,
        ge=0.0,
        le=10.0,
        low=0.0,
        high=1.0,
    )
    compliance_cost: float = own(
        20e6, "cost of the checks to each bound lab", "USD a year", _JUDGED, ge=0.0, le=1e11, low=2e6, high=100e6
    )
    allied_coverage: float = own(
        0.0,
        "share of other non-Chinese labs that apply the rule, most aligned first",
        "0-1",
        "scenario",
        ge=0.0,
        le=1.0,
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the control into a month's law."""
        from sim.law import OPEN, OTHER, US

        effect = strength * self.enforcement
        origins = (US, OTHER) if self.allied_coverage >= 1.0 else (US,)
        labs = law.terrain.bound_labs(self.allied_coverage)
        targets = law.terrain.country_indices(self.targets)
        if self.kyc:
            burden = -log(1.0 - self.kyc_friction * effect)
            law.write(name, "friction", burden, origins=origins, modes=OPEN)
            careful = [CHANNELS.index("enterprise"), CHANNELS.index("government")]
            law.write(name, "friction", -self.reassurance * effect, origins=origins, channels=careful, modes=OPEN)
            law.write(name, "alarm", self.kyc_refusal * effect, origins=origins)
        law.write(name, "denial", self.denial * effect, countries=targets, origins=origins, modes=OPEN)
        law.write(name, "controlled", effect, origins=origins)
        law.write(name, "containment", 1.0 - self.leakage, origins=origins)
        law.write(name, "opening_cost", self.opening_cost * effect, labs=labs)
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        if month == month_index(self.start):
            law.write(name, "alarm", effect, countries=targets, origins=origins)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))
