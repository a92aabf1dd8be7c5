"""L12: rules for the platforms that host weights."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.policies.base import compliance_cost, own
from sim.policies.families import Rule
from sim.vocabulary import DEVELOPER, OPEN

if TYPE_CHECKING:
    from sim.model.law import Law


class HubRules(Rule):
    """Hubs check who downloads, take down derivatives without safeguards, and scan files.

    Writes: friction on all who download open weights, outside China, which has hubs of its own;
    takedowns of malicious derivatives and the part of them that appears on mirrors; scans, which
    find compromise in files and not in weights. Weights themselves stay on mirrors whatever hubs
    do.
    """

    lever: ClassVar[str] = "L12"
    title: ClassVar[str] = "Rules for hosting platforms"
    pulled_by: ClassVar[str] = "hosts"
    real: ClassVar[str] = (
        "No law: hubs set their own rules, such as click-through gates and scans of files "
        "(Protect AI 2025)."
    )
    not_modelled: ClassVar[str] = (
        "Hubs in China, which follow no such rules. Single hubs: all others are one. Scans of "
        "weights: what sits in the weights stays."
    )
    assumption: ClassVar[str] = "mirror_prob"
    main: ClassVar[tuple[str, ...]] = ("gating", "takedown_rate")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "gating": "identity",
        "takedown_rate": 0.5,
        "scan_coverage": 0.9,
    }

    gating: Literal["none", "click", "identity"] = own(
        "click", "what a download asks for", "", "scenario"
    )
    click_loss: float = own(
        0.01,
        "share of downloads lost to a click-through",
        "0-1",
        "judgement",
        allowed=(0.0, 0.9),
        likely=(0.0, 0.05),
    )
    identity_loss: float = own(
        0.1,
        "share of downloads lost to an identity check",
        "0-1",
        "judgement",
        allowed=(0.0, 0.9),
        likely=(0.03, 0.3),
    )
    takedown_rate: float = own(
        0.2,
        "share of derivatives without safeguards that is taken down",
        "a month",
        "judgement; NPR 2026 on their number",
        allowed=(0.0, 1.0),
        likely=(0.05, 0.6),
        part="take-downs",
    )
    mirror_prob: float = own(
        0.8,
        "probability that what is taken down appears on mirrors",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.3, 1.0),
    )
    scan_coverage: float = own(
        0.7,
        "share of files scanned",
        "0-1",
        "Protect AI 2025; judgement",
        allowed=(0.0, 1.0),
        likely=(0.3, 0.95),
        part="scans",
    )
    compliance_cost: float = compliance_cost(
        10e6, "cost to hubs, passed on to their users", likely=(2e6, 50e6)
    )

    @property
    def obeyed_by(self) -> tuple[str, ...]:
        """Hubs have to obey."""
        return ("hubs",)

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the rules into a month's law."""
        effect = self.effect(strength)
        lost = {"none": 0.0, "click": self.click_loss, "identity": self.identity_loss}[self.gating]
        law.write(
            name,
            "friction",
            -log(1.0 - lost * effect),
            countries=[i for i, bloc in enumerate(law.jurisdictions.blocs) if bloc != "CN"],
            channels=[DEVELOPER],
            modes=OPEN,
        )
        law.write(name, "takedown", self.takedown_rate * effect)
        law.write(name, "remirroring", self.mirror_prob)
        law.write(name, "scan", self.scan_coverage * effect)
        law.spend(name, "adopters", self.compliance_cost * strength)
