"""L9: public money for open models made at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import field_validator

from sim.policies.base import Policy, own
from sim.policies.families import labs_of_origin

if TYPE_CHECKING:
    from sim.model.law import Law

# Weights, data, code and licence that a class of the Model Openness Framework asks for.
OPENNESS = {"I": (1.0, 1.0, 1.0, 1.0), "II": (1.0, 0.3, 1.0, 1.0), "III": (1.0, 0.1, 0.3, 1.0)}


class PublicModels(Policy):
    """The government pays for chips on which US labs train models that have to be open.

    Writes: a programme at each of ``labs`` (the academic and small ones unless the scenario says
    otherwise) with as many chips as ``gpu_count`` and ``budget`` allow. What adopters, builders and
    malicious actors make of its releases is theirs.
    """

    lever: ClassVar[str] = "L9"
    title: ClassVar[str] = "Public funding of open models"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "152 million USD for fully open models by the National Science Foundation and Nvidia "
        "(August 2025). Asked for: the ATOM Project (2025), several labs with 10,000 chips and "
        "more each. Reported: Nvidia, 26 billion USD for open models over five years (March "
        "2026)."
    )
    not_modelled: ClassVar[str] = (
        "Data: money buys chips, with power, hosting and staff in their price. The other "
        "releases of a funded lab, which stay as they were. Private money: the payer is the "
        "government."
    )
    assumption: ClassVar[str] = "gpu_cost"
    main: ClassVar[tuple[str, ...]] = ("budget", "gpu_count", "openness_class")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2025-09",
        "budget": 5e9,
        "gpu_count": 250_000.0,
        "openness_class": "I",
        "cadence_months": 3,
    }

    budget: float = own(
        250e6,
        "spending at most",
        "USD a year",
        "NSF and NVIDIA 2025: 152 million in all; judgement",
        allowed=(0.0, 1e11),
        likely=(30e6, 5e9),
    )
    gpu_count: float = own(
        10_000.0,
        "chips at most",
        "H100-equivalents",
        "ATOM Project 2025: 10,000 and more a lab",
        allowed=(0.0, 1e7),
        likely=(1000.0, 100_000.0),
    )
    gpu_cost: float = own(
        20_000.0,
        "cost of a chip with power, hosting and staff",
        "USD a year",
        "cloud prices of about 2 USD an hour; judgement",
        allowed=(100.0, 1e6),
        likely=(12_000.0, 35_000.0),
    )
    openness_class: Literal["I", "II", "III"] = own(
        "II",
        "class of the Model Openness Framework that releases must reach",
        "",
        "White et al. 2024",
    )
    lag_target: int = own(
        6,
        "months behind the frontier that are near enough",
        "months",
        "judgement",
        allowed=(0, 60),
        likely=(0, 12),
    )
    cadence_months: int = own(
        9, "months that a model takes", "months", "judgement", allowed=(1, 36), likely=(6, 12)
    )
    labs: tuple[str, ...] = own(
        ("us_fringe",),
        "US labs that share the money",
        "labs",
        "scenario",
        kind="labs",
        min_length=1,
    )

    @field_validator("labs")
    @classmethod
    def _domestic(cls, labs: tuple[str, ...]) -> tuple[str, ...]:
        return labs_of_origin(labs, "US")

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the programmes into a month's law."""
        from sim.model.duties import Programme

        chips = min(self.gpu_count, self.budget / self.gpu_cost)
        labs = [law.jurisdictions.labs.index(lab) for lab in sorted(set(self.labs))]
        for lab in labs:
            law.write(
                name,
                "programmes",
                Programme(
                    lab=lab,
                    compute=chips * strength * self.enforcement / len(labs),
                    parts=OPENNESS[self.openness_class],
                    lag_target=self.lag_target,
                    cadence=self.cadence_months,
                ),
            )
        law.spend(name, "government", chips * self.gpu_cost * strength)
