"""What several levers share: controls that a court may end, rules by which releases are judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.months import month_index
from sim.policies.base import Policy, allied_coverage, anticipation_months, own
from sim.vocabulary import Domain, Origin

if TYPE_CHECKING:
    from sim.model.duties import Assessment
    from sim.model.law import Law
    from sim.model.randomness import Streams


class Contestable(Policy):
    """A control that a court may strike down or narrow.

    That happened to export control of published software.
    """

    challenge_prob: float = own(
        0.0,
        "probability a year that a court relaxes the control",
        "0-1",
        "Bernstein v. DOJ, 9th Cir., 6 May 1999: 0.05-0.2; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.2),
    )
    challenge_relief: float = own(
        0.5,
        "share of the control that a ruling ends",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 1.0),
    )

    def strength_in_force(self, month: int, streams: Streams | None) -> float:
        """Strength in a month, less what a court has ended since the start."""
        strength = self.intensity(month)
        if strength == 0.0 or streams is None or not self.ruled(month, streams):
            return strength
        return strength * (1.0 - self.challenge_relief)

    def ruled(self, month: int, streams: Streams) -> bool:
        """Whether a court has ruled since the start; controls of a lever share a month's draw."""
        hazard = 1.0 - (1.0 - self.challenge_prob) ** (1.0 / 12.0)
        luck = streams.about("legal challenge to", self.lever).uniform
        return hazard > 0.0 and any(
            luck(m + 1) < hazard for m in range(month_index(self.start), month + 1)
        )


class Judging(Policy):
    """A rule by which releases are judged before they come out.

    It says which are hazardous, and how often that is seen.
    """

    telling: ClassVar[dict[str, Any]] = {
        "hazard_reference": "absolute",
        "capability_floor": 0.0,
        "hazard_margin": -50.0,
    }

    capability_floor: float = own(
        150.0,
        "releases below are free",
        "index points",
        "judgement",
        allowed=(0.0, 400.0),
        likely=(140.0, 160.0),
    )
    hazard_reference: Literal["marginal", "absolute"] = own(
        "marginal",
        "what a release is compared with once it has passed the misuse threshold of a domain: the "
        "best open release of "
        "any other origin, or that threshold",
        "",
        "Kapoor et al. 2024; scenario",
    )
    delta: float = own(
        6.0,
        "lead over the best open release of any other origin that counts as marginal risk",
        "index points",
        "judgement",
        allowed=(0.0, 100.0),
        likely=(2.0, 12.0),
    )
    hazard_margin: float = own(
        23.0,
        "points above the misuse threshold of a domain that count as absolute risk",
        "index points",
        "judgement",
        allowed=(-100.0, 200.0),
        likely=(13.0, 33.0),
    )
    domains: tuple[Domain, ...] = own(
        ("military", "cyber", "chem_bio"),
        "domains assessed; the one of the lowest threshold decides, if that is above the floor",
        "",
        "Seger et al. 2023; judgement",
    )
    assessor_accuracy: float = own(
        0.8,
        "probability that the judgement is right",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.5, 0.95),
    )
    allied_coverage: float = allied_coverage("other non-Chinese labs")
    anticipation_months: int = anticipation_months()

    def assessment(
        self, law: Law, strength: float, modes: Iterable[int], **duties: Any
    ) -> Assessment:
        """The assessment that bound labs owe; it leaves a hazardous release some modes.

        ``duties`` are its other duties.
        """
        from sim.model.duties import Assessment

        return Assessment(
            labs=law.jurisdictions.bound_labs(self.allied_coverage),
            floor=self.capability_floor,
            reference=self.hazard_reference,
            delta=self.delta,
            margin=self.hazard_margin,
            domains=tuple(self.domains),
            accuracy=self.assessor_accuracy,
            modes=tuple(sorted(modes)),
            strength=self.effect(strength),
            **duties,
        )


def labs_of_origin(labs: tuple[str, ...], origin: Origin) -> tuple[str, ...]:
    """Return the labs that a field names, if all of them are of an origin.

    Raises
    ------
    ValueError
        If one is not.
    """
    from sim.data import labs as known

    at_home = [lab.slug for lab in known() if lab.origin == origin]
    foreign = [lab.slug for lab in known() if lab.slug in labs and lab.origin != origin]
    if foreign:
        adjective = {"US": "US", "CN": "Chinese"}.get(origin, origin)
        raise ValueError(
            f"{foreign[0]} is no {adjective} lab; {adjective} labs: {', '.join(at_home)}"
        )
    return labs
