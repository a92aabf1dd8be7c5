"""L13: measures against distillation of closed services."""

from __future__ import annotations

from collections.abc import Hashable
from math import log
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import field_validator

from sim import data
from sim.model.identity import identity
from sim.months import month_index
from sim.policies.base import compliance_cost, own
from sim.policies.families import BindingLabs, labs_of_origin
from sim.vocabulary import API, CN, ORIGINS

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.randomness import Streams


class AntiDistillation(BindingLabs):
    """US labs (and allies that join) detect and stop Chinese labs that learn from their services.

    All Chinese firms are meant, or ``labs`` by name, as on a blacklist. Accounts may be checked,
    which keeps those who were stopped from coming back and burdens everybody else; a lab that is
    caught may be sanctioned for a time. Writes: barriers to learning by student and teacher,
    friction and failed checks for users of these services, malicious accounts turned away, costs.
    """

    lever: ClassVar[str] = "L13"
    title: ClassVar[str] = "Measures against distillation"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "Reported: 16 million exchanges through 24,000 accounts, a vendor's claim of 2026. "
        "Proposed: H.R. 8283 (April 2026), a list of those who extract models, with sanctions."
    )
    not_modelled: ClassVar[str] = (
        "Who distils by open releases: only learning from services is stopped. Students who "
        "hide better as detection grows. What a sanction does beside learning."
    )
    assumption: ClassVar[str] = "detect_prob"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        "account_kyc": ("kyc_cut", "kyc_friction", "kyc_refusal", "account_check"),
        "sanction_prob": ("sanction_months", "sanction_cut"),
    }
    main: ClassVar[tuple[str, ...]] = ("detect_prob", "account_kyc", "sanction_prob")
    phase: ClassVar[str] = "research"
    seen_by_audits: ClassVar[bool] = False
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "detect_prob": 0.8,
        "sanction_prob": 0.3,
    }

    detect_prob: float = own(
        0.5,
        "share of such use that is detected and stopped",
        "0-1",
        "16 million exchanges through 24,000 accounts found, vendor's claim 2026; judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 0.8),
        part="detection",
    )
    account_kyc: bool = own(
        True,
        "whether every account is checked",
        "yes or no",
        "scenario",
        part="checks of accounts",
    )
    kyc_cut: float = own(
        0.3,
        "share of the remaining use that checks of accounts end",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.6),
    )
    kyc_friction: float = own(
        0.03,
        "short-run loss of share of checked services",
        "0-1",
        "judgement",
        allowed=(0.0, 0.9),
        likely=(0.0, 0.1),
    )
    kyc_refusal: float = own(
        0.005,
        "share of honest users a month who fail or abandon the check",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.02),
    )
    account_check: float = own(
        0.2,
        "share of malicious accounts turned away by the check",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.6),
    )
    sanction_prob: float = own(
        0.1,
        "probability a year that a lab is sanctioned",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.4),
        part="sanctions",
    )
    sanction_months: int = own(
        12, "length of a sanction", "months", "judgement", allowed=(0, 96), likely=(6, 36)
    )
    sanction_cut: float = own(
        0.6,
        "share of the remaining use that a sanction ends",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 0.9),
    )
    labs: tuple[str, ...] = own(
        (),
        "Chinese labs that are stopped and may be sanctioned; if none is named, all Chinese firms",
        "labs",
        "bill H.R. 8283 of April 2026; scenario",
        kind="labs",
    )
    compliance_cost: float = compliance_cost(
        5e6, "cost of detection to each bound lab", likely=(0.5e6, 30e6)
    )

    @field_validator("labs")
    @classmethod
    def _chinese(cls, labs: tuple[str, ...]) -> tuple[str, ...]:
        return labs_of_origin(labs, "CN")

    def drawn(self, month: int, streams: Streams | None) -> Hashable:
        """Who is under sanction, by slug."""
        if self.sanction_prob == 0.0:
            return ()
        return tuple(
            lab.slug
            for lab in data.labs()
            if lab.origin == ORIGINS[CN]
            and lab.slug in (self.labs or (lab.slug,))
            and self.sanctioned(lab.slug, month, streams)
        )

    def sanctioned(self, lab: str, month: int, streams: Streams | None) -> bool:
        """Whether a lab is under sanction: one began in one of the last months.

        That is drawn by lab (its slug) and month.
        """
        if streams is None:
            return False
        luck = streams("sanction").uniform
        for begun in range(
            max(month - self.sanction_months + 1, month_index(self.start)), month + 1
        ):
            likely = self.sanction_prob * self.intensity(begun) * self.enforcement
            if luck(identity(lab), begun + 1) < 1.0 - (1.0 - likely) ** (1.0 / 12.0):
                return True
        return False

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write barriers and checks into a month's law."""
        effect = self.effect(strength)
        where = law.jurisdictions
        sanctioned = cast("tuple[str, ...]", self.standing(law, name).drawn)
        labs = self.bound_labs(law, name)
        learners = sorted(map(where.labs.index, set(self.labs))) or where.firms(CN)
        caught = [lab for lab in learners if where.labs[lab] in sanctioned]
        services = self.covered_labs(law, name)
        left = 1.0 - self.detect_prob * effect
        if self.account_kyc:
            left *= 1.0 - self.kyc_cut * effect
            law.write(
                name, "friction", -log(1.0 - self.kyc_friction * effect), labs=services, modes=[API]
            )
            law.write(name, "alarm", self.kyc_refusal * effect, labs=services, modes=[API])
            law.write(name, "account_pass", 1.0 - self.account_check * effect, labs=services)
        law.write(name, "distillation_barrier", left, labs=services, students=learners)
        if caught:
            law.write(
                name,
                "distillation_barrier",
                1.0 - self.sanction_cut,
                labs=services,
                students=caught,
            )
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))
