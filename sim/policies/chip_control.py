"""L3: chip export control on China, one table per dated step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from sim.policies.base import anticipation_months, compliance_cost, own
from sim.policies.families import Contestable, labs_of_origin
from sim.vocabulary import CN

if TYPE_CHECKING:
    from sim.model.law import Law


class ChipControl(Contestable):
    """Restricts sales of AI chips to China; of several steps in force the strictest counts.

    With ``labs`` it binds these alone, as an entry in a list of entities does: their own legal chips
    fall behind while others in China go on buying. Chips rented abroad are out of its reach but for
    ``remote_access``. Writes: stringency, for all of China or for single labs; the share of rented
    chips that is lost; a factor on the smuggled share of the Chinese stock.
    """

    lever: ClassVar[str] = "L3"
    title: ClassVar[str] = "Chip export control"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "In force since October 2022 (87 FR 62186), in dated steps; since January 2026 licences "
        "for the H200 and weaker chips are judged case by case, with volume capped at half of "
        "US sales (91 FR 1684)."
    )
    not_modelled: ClassVar[str] = (
        "Single chips and single licences: a step is one number. Chips of makers other than "
        "Nvidia in the legal stock. What chip makers do with what they lose."
    )
    assumption: ClassVar[str] = "stringency"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        **Contestable.idle_without,
        "stringency": ("stringency", "anticipation_months"),
    }
    main: ClassVar[tuple[str, ...]] = ("stringency",)
    phase: ClassVar[str] = "compute"
    seen_by_audits: ClassVar[bool] = False
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "stringency": 1.0}

    stringency: float = own(
        0.75,
        "0.5 restricts the best chips only, 1 ends legal growth",
        "0-1",
        "dated steps: sim/data/policy_timeline.csv; judgement",
        allowed=(0.0, 1.0),
        likely=(0.5, 1.0),
    )
    smuggling: float = own(
        1.0,
        "factor on the smuggled share of chips",
        "factor",
        "Grunewald and Fist, CNAS 2025: share 1-40 %; judgement",
        allowed=(0.0, 10.0),
        likely=(0.3, 2.0),
    )
    labs: tuple[str, ...] = own(
        (),
        "Chinese labs that are listed; if there are any, stringency and remote_access bind them alone",
        "labs",
        "entity listings of 2025 and 2026; scenario",
        kind="labs",
    )
    remote_access: float = own(
        0.0,
        "share of chips rented abroad that Chinese labs lose",
        "0-1",
        "Remote Access Security Act, passed by the House in January 2026; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
    )
    compliance_cost: float = compliance_cost(0.0, "cost to US chip makers", likely=(0.0, 5e9))
    anticipation_months: int = anticipation_months()

    @field_validator("labs")
    @classmethod
    def _chinese(cls, labs: tuple[str, ...]) -> tuple[str, ...]:
        return labs_of_origin(labs, "CN")

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the step into a month's law."""
        effect = self.effect(strength)
        labs = sorted(map(law.jurisdictions.labs.index, set(self.labs)))
        if labs:
            law.write(name, "entity_listing", self.stringency * effect, labs=labs)
        else:
            law.write(name, "stringency", self.stringency * effect)
        if self.remote_access > 0.0:
            renting = labs or law.jurisdictions.labs_of(CN)
            law.write(name, "remote_access", self.remote_access * effect, labs=renting)
        law.write(name, "smuggling", self.smuggling**effect)
        law.spend(name, "chip_makers", self.compliance_cost * strength)
