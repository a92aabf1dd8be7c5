"""L15: a lab that leads with closed releases opens one behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.months import month_index
from sim.policies.base import Policy, own
from sim.policies.public_models import OPENNESS

if TYPE_CHECKING:
    from sim.model.law import Law


class ClosedLabOpens(Policy):
    """Labs bring out open releases some points behind their best closed one.

    A decision of labs and no rule: the first one comes in the month in which the policy starts,
    further ones every ``cadence_months``. Each owes what the lab's own releases owe, and competes
    for developers and users as any other. It does not enter the record by which the lab decides on
    its own releases. One that may not be open is gated or held. Writes: the openings.
    """

    lever: ClassVar[str] = "L15"
    title: ClassVar[str] = "Open release by a closed lab"
    pulled_by: ClassVar[str] = "labs"
    real: ClassVar[str] = "OpenAI opened the weights of two releases on 5 August 2025 (reported)."
    not_modelled: ClassVar[str] = (
        "Why a lab opens: which labs do, and in which months, is the scenario's."
    )
    assumption: ClassVar[str] = "gap"
    main: ClassVar[tuple[str, ...]] = ("labs", "gap", "cadence_months")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {"start": "2025-08", "gap": 5.0, "cadence_months": 4}

    labs: tuple[str, ...] = own(
        ("openai",),
        "labs that open",
        "labs",
        "OpenAI, 5 August 2025: press reports",
        kind="labs",
        min_length=1,
    )
    gap: float = own(
        9.0,
        "points behind the lab's best closed release",
        "index points",
        "vendor's statement of August 2025: near the small variant of its flagship, which is "
        "small_gap; judgement",
        allowed=(0.0, 200.0),
        likely=(3.0, 15.0),
    )
    cadence_months: int = own(
        0, "months from one open release to the next, 0 for one alone", "months", "scenario",
        allowed=(0, 60),
    )  # fmt: skip
    openness_class: Literal["I", "II", "III"] = own(
        "III",
        "class of the Model Openness Framework that releases reach",
        "",
        "weights under Apache 2.0 without data, August 2025; White et al. 2024",
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the openings into a month's law."""
        from sim.model.duties import Opening

        for lab in sorted(map(law.jurisdictions.labs.index, set(self.labs))):
            law.write(
                name,
                "openings",
                Opening(
                    lab=lab,
                    gap=self.gap,
                    since=month_index(self.start),
                    cadence=self.cadence_months,
                    parts=OPENNESS[self.openness_class],
                    strength=self.effect(strength),
                ),
            )
