"""L5: registration, licence or liability for releases above a threshold of training compute."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any, ClassVar

from sim.policies.base import anticipation_months, compliance_cost, large_modifications, own
from sim.policies.families import BindingLabs, allied_coverage
from sim.vocabulary import OPEN

if TYPE_CHECKING:
    from sim.model.law import Law


class ComputeLicence(BindingLabs):
    """US labs (and allies that join) register releases of large runs; opening one needs a licence.

    Whoever modifies a release of that size, whatever its origin, with a large part of its compute
    becomes a provider and owes the same. Writes: a duty by training compute (cost, liability of
    opening, delay, refusal), a duty of modifiers in bound countries, standing costs. Labs near the
    threshold may train below it.
    """

    lever: ClassVar[str] = "L5"
    title: ClassVar[str] = "Licence above a compute threshold"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "SB 1047 of California (10^26 operations; vetoed in 2024); the EU's thresholds of 10^23 "
        "and 10^25 FLOP (lever EU_GPAI)."
    )
    not_modelled: ClassVar[str] = (
        "Money that a liable lab pays: liability is a cost of opening in its choice. Labs that "
        "move abroad. Modifiers who choose another base: a part of large modifications is given "
        "up."
    )
    assumption: ClassVar[str] = "liability"
    main: ClassVar[tuple[str, ...]] = ("threshold_flop", "liability", "refusal")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "threshold_flop": 1e25,
        "liability": 2.0,
        "refusal": 0.3,
    }

    threshold_flop: float = own(
        1e26,
        "training compute from which a release is bound",
        "FLOP",
        "SB 1047; EU 1e23, 1e25",
        allowed=(1e20, 1e32),
        likely=(1e23, 1e27),
    )
    open_exemption: bool = own(
        False, "whether open releases are free of the duty", "yes or no", "scenario"
    )
    modifier_fraction: float = own(
        0.33,
        "share of the base's compute from which a modification is bound",
        "0-1",
        "EU GPAI guidelines, July 2025",
        allowed=(1e-6, 1.0),
        likely=(0.05, 1.0),
    )
    modifier_loss: float = own(
        0.3,
        "share of bound modifications that are given up",
        "0-1",
        "judgement",
        allowed=(0.0, 0.99),
        likely=(0.0, 0.6),
    )
    duties_cost: float = own(
        10e6,
        "tests, filing and reporting of a bound release",
        "USD a release",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(1e6, 50e6),
    )
    burden: float = own(
        0.0,
        "what the duty costs a lab beside money, in any mode; counts where open releases are "
        "exempt, else it cancels",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.0, 0.5),
    )
    liability: float = own(
        0.5,
        "further cost of opening: weights cannot be recalled",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.0, 2.0),
    )
    licence_months: int = own(
        2,
        "months that a licence to open takes",
        "months",
        "BIS processing 2023-2025; judgement",
        allowed=(0, 24),
        likely=(1, 6),
    )
    refusal: float = own(
        0.02,
        "share of licences to open refused",
        "0-1",
        "BIS: 2 % to 30 %; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.30),
    )
    compliance_cost: float = compliance_cost(
        2e6, "standing cost to each bound lab", likely=(0.2e6, 10e6)
    )
    allied_coverage: float = allied_coverage("other non-Chinese labs and US-aligned governments")
    anticipation_months: int = anticipation_months()

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the duties into a month's law."""
        from sim.model.duties import ComputeDuty, ModifierDuty

        effect = self.effect(strength)
        labs = self.bound_labs(law, name)
        exempt = OPEN if self.open_exemption else ()
        duty = ComputeDuty(
            labs=labs,
            floor=log10(self.threshold_flop),
            exempt_modes=exempt,
            exempt_below=99.0,
            monetised_exempt=True,
            cost=self.duties_cost,
            burden=self.burden,
            liability=self.liability,
            delay=self.licence_months,
            refusal=self.refusal,
            documents=False,
            strength=effect,
        )
        law.write(name, "compute_duties", duty)
        lost = large_modifications(self.modifier_fraction) * self.modifier_loss * effect
        countries = self.bound_countries(law, name)
        law.write(name, "modifier_duties", ModifierDuty(countries, duty.floor, exempt, lost))
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))
