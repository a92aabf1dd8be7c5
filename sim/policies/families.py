"""What several levers share.

Rules that somebody has to obey, measures that others join, controls that a court may end, rules by
which releases are judged.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, cast

from pydantic import field_validator

from sim.months import month_index
from sim.policies.base import Policy, anticipation_months, own
from sim.vocabulary import ORIGINS, OTHER, Domain, Origin

if TYPE_CHECKING:
    from sim.model.duties import Assessment
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.law import Law
    from sim.model.randomness import Streams


class Rule(Policy):
    """What somebody has to obey; who does is stated, or chosen (`sim.model.compliance`)."""

    seen_by_audits: ClassVar[bool] = True
    """Whether audits of open releases and of government products can show a breach."""

    penalty: float = own(
        4.0,
        "cost of a breach that is found; counts, as back_checks and whistle_blowers do, where "
        "compliance is chosen",
        "gains of breaking the rule (median)",
        "judgement; EU AI Act, Art. 101: fines to 3 % of turnover",
        allowed=(0.0, 1000.0),
        likely=(1.0, 15.0),
    )
    back_checks: float = own(
        0.0,
        "chance that back-checks find a breach",
        "0-1",
        "scenario; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.6),
    )
    whistle_blowers: float = own(
        0.0,
        "chance that somebody inside reports a breach",
        "0-1",
        "scenario; Dyck, Morse and Zingales 2007: 19 % of frauds found, by employees; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.4),
    )

    @property
    def obeyed_by(self) -> tuple[str, ...]:
        """Kinds of those who have to obey."""
        return ("firms",)

    def obeyed(self, shares: Mapping[str, float]) -> Self:
        """Return the policy as it acts where shares of those who are bound obey it, by kind.

        Who breaks a rule is not touched by it and has none of its standing cost.
        """
        (share,) = shares.values()
        cost = getattr(self, "compliance_cost", None)
        spared = {} if cost is None else {"compliance_cost": cost * share}
        return self.model_copy(update={"enforcement": share, **spared})


def allied_coverage(who: str) -> Any:
    """``allied_coverage``: others that apply the same rule, in order of alignment."""
    description = f"share of {who} that apply the rule, most aligned first, in whole ones"
    return own(0.0, description, "0-1", "scenario", allowed=(0.0, 1.0))


class Standing(NamedTuple):
    """How a measure that others may join stands in a month, beside its strength.

    Attributes
    ----------
    drawn : hashable
        What the lever draws or dates (see :meth:`Joinable.drawn`).
    followers : tuple of str
        Codes of the countries that have joined by mimicry, in the order in which they did.
    """

    drawn: Hashable
    followers: tuple[str, ...]


class Joinable(Policy):
    """A measure that governments of other countries may join.

    Those named join from its start, and so does a share of the US-aligned ones if it is a measure
    of the US; with ``mimicry`` others follow their peers.
    """

    allied_coverage: float = allied_coverage("US-aligned governments")
    allies: tuple[str, ...] = own(
        (),
        "countries and groups that join from the start, beside those of allied_coverage; China "
        "cannot",
        "country codes",
        "scenario",
        kind="countries",
    )
    mimicry: float = own(
        0.0,
        "hazard that a country outside the US and China joins once all its peers have",
        "a year",
        "diffusion of policies: Simmons, Dobbin and Garrett 2006, Shipan and Volden 2008; size: "
        "judgement",
        allowed=(0.0, 12.0),
        likely=(0.0, 0.5),
    )

    @field_validator("allies")
    @classmethod
    def _not_china(cls, allies: tuple[str, ...]) -> tuple[str, ...]:
        from sim.data import countries

        china = [c for c in countries() if c.bloc == "CN" and c.code in allies]
        if china:
            words = f"has {china[0].code!r} ({china[0].name}): China joins no measure of others"
            raise ValueError(f"{words}; name countries one by one, or a group without it")
        return allies

    def starters(self, where: Jurisdictions) -> tuple[int, ...]:
        """Countries whose measure it is: the US."""
        return where.bound_countries()

    def members(self, where: Jurisdictions, followers: Sequence[str] = ()) -> tuple[int, ...]:
        """Countries that have the measure: whose it is, and those that joined.

        The most aligned join a measure of the US only.
        """
        own, named = self.starters(where), where.country_indices((*self.allies, *followers))
        of_the_us = not set(own).isdisjoint(where.bound_countries())
        aligned = where.bound_countries(self.allied_coverage) if of_the_us else ()
        return tuple(sorted({*own, *aligned, *named}))

    def first_movers(self, where: Jurisdictions) -> tuple[int, ...]:
        """Countries whose peers may follow them."""
        return self.members(where)

    def state_key(self, month: int, streams: Streams | None) -> Standing:
        """What the lever draws, and who has joined by mimicry."""
        return Standing(self.drawn(month, streams), self.followers(month, streams))

    def drawn(self, month: int, streams: Streams | None) -> Hashable:
        """What the month's writes depend on besides strength and followers: see `state_key`."""
        return None

    def followers(self, month: int, streams: Streams | None) -> tuple[str, ...]:
        """Codes of countries that have joined by mimicry while the policy has been in force.

        Policies of one lever share the draws.
        """
        if streams is None or self.mimicry == 0.0 or self.intensity(month) == 0.0:
            return ()
        from sim.model.joining import followed
        from sim.model.jurisdictions import Jurisdictions

        where, luck = Jurisdictions.of_tables(), streams.about("joining", self.lever)
        age = month - month_index(self.start)
        joined = followed(where, self.first_movers(where), self.mimicry, luck)
        return tuple(code for code, since in joined if since <= age)

    def standing(self, law: Law, name: str) -> Standing:
        """How the policy, called ``name``, stands in a law."""
        return cast("Standing", law.states[name])

    def bound_countries(self, law: Law, name: str) -> tuple[int, ...]:
        """Countries that have the measure in a law."""
        return self.members(law.jurisdictions, self.standing(law, name).followers)

    def joined(self, law: Law, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Countries and labs that joined the measure of others, in a law."""
        own = self.starters(law.jurisdictions)
        return tuple(i for i in self.bound_countries(law, name) if i not in own), ()


class BindingLabs(Joinable, Rule):
    """A measure that binds labs: those of the US, and firms of other countries that join.

    A country that joins does so with the firms that are at home there; firms may join without
    their country.
    """

    allied_coverage: float = allied_coverage("other non-Chinese labs")
    allied_labs: tuple[str, ...] = own(
        (),
        "firms outside the US and China that join from the start by themselves",
        "labs",
        "scenario",
        kind="labs",
    )

    @field_validator("allied_labs")
    @classmethod
    def _other(cls, allied_labs: tuple[str, ...]) -> tuple[str, ...]:
        from sim.data import labs

        able = [lab.slug for lab in labs() if lab.origin == ORIGINS[OTHER]]
        for lab in labs():
            if lab.slug in allied_labs and lab.slug not in able:
                why = "is bound anyway" if lab.origin == "US" else "joins no measure of others"
                raise ValueError(
                    f"has {lab.slug!r}: a lab of {lab.origin} {why}; others: {', '.join(able)}"
                )
        return allied_labs

    def first_movers(self, where: Jurisdictions) -> tuple[int, ...]:
        """The US and countries that join by name: ``allied_coverage`` is of firms, not of theirs."""
        return tuple(sorted({*self.starters(where), *where.country_indices(self.allies)}))

    def bound_labs(self, law: Law, name: str) -> tuple[int, ...]:
        """Labs that the measure binds in a law."""
        return law.jurisdictions.bound_labs(*self._who(law, name))

    def covered_labs(self, law: Law, name: str) -> tuple[int, ...]:
        """Labs whose users it binds in a law."""
        return law.jurisdictions.covered_labs(*self._who(law, name))

    def joined(self, law: Law, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Countries that joined by name or mimicry, and all firms that joined, in a law."""
        where, (_, codes, _) = law.jurisdictions, self._who(law, name)
        own, us = self.starters(where), where.bound_labs()
        countries = tuple(i for i in where.country_indices(codes) if i not in own)
        return countries, tuple(i for i in self.bound_labs(law, name) if i not in us)

    def _who(self, law: Law, name: str) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
        countries = (*self.allies, *self.standing(law, name).followers)
        return self.allied_coverage, countries, self.allied_labs


class Contestable(Rule):
    """A control that a court may strike down or narrow.

    That happened to export control of published software.
    """

    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {"challenge_prob": ("challenge_relief",)}

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


class Judging(BindingLabs):
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
    anticipation_months: int = anticipation_months()

    def assessment(
        self, law: Law, name: str, strength: float, modes: Iterable[int], **duties: Any
    ) -> Assessment:
        """The assessment that bound labs owe; it leaves a hazardous release some modes.

        ``duties`` are its other duties.
        """
        from sim.model.duties import Assessment

        return Assessment(
            labs=self.bound_labs(law, name),
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
