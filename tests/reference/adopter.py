"""One agent per adopter, and the place it chooses in: utility written term by term."""

from __future__ import annotations

from collections import Counter
from math import inf, log
from typing import TYPE_CHECKING, NamedTuple

import mesa

from sim import data
from sim.model.parameters import by_channel
from sim.vocabulary import (
    API,
    CHANNELS,
    CN,
    DEVELOPER,
    DOWNLOADED,
    FLAGGED,
    GATED,
    HOSTED,
    MODES,
    OPEN_WEIGHTS,
    SERVICE,
    US,
)
from tests.reference.draws import (
    GOLDEN,
    MASK64,
    draw32,
    gumbel,
    identity,
    mix64,
    salt,
    taste,
    unit32,
)

if TYPE_CHECKING:
    from tests.reference.plain import PlainWorld


GOVERNMENT = CHANNELS.index("government")


class Slot(NamedTuple):
    """A family's releases in one mode: what adopters choose between."""

    family: int
    mode: int

    @property
    def number(self) -> int:
        return self.family * len(MODES) + self.mode


class Release(NamedTuple):
    """What the model's plain parts read of one row of the catalogue."""

    index: int
    month: int
    family: int
    origin: int
    mode: int
    capability: float
    log_price: float
    openness: float
    adaptable: float
    compromised: bool
    controlled: float
    mirrored: bool
    finding: int
    private: int
    clean_weight: float
    safeguard: int
    run: float


class Offer(NamedTuple):
    """A slot as one channel sees it in one month.

    Its best release, and the utils that all countries share.
    """

    slot: Slot
    release: Release
    log_price: float
    capability: float
    novelty: float
    openness: float
    price: float
    familiarity: float
    breadth: float
    audited: float


class Place:
    """One country and channel: its adopters, and what they all see in an offer."""

    def __init__(self, world: PlainWorld, country: int, channel: int) -> None:
        self.world, self.country, self.channel = world, country, channel
        p, info = world.p, world.countries[country]
        wealth = [log(place.gdp_per_head) for place in world.countries]
        self.bloc, self.eu = info.bloc, info.eu
        self.areas = (info.bloc, "EU") if info.eu else (info.bloc,)
        self.capacity = p.capacity_floor + (1.0 - p.capacity_floor) * (
            wealth[country] - min(wealth)
        ) / (max(wealth) - min(wealth))
        self.income = min(max(1.0 + p.price_income * (9.5 - wealth[country]) / 1.5, 0.4), 2.0)
        self.alignment = info.alignment
        self.concern = (
            p.security_weight * info.alignment * by_channel(p, "security_factor")[channel]
        )
        self.taste_cn = p.taste_country_sd * world.streams("country taste").normal(
            identity(info.code)
        )
        self.review = by_channel(p, "review")[channel]
        self.inertia = by_channel(p, "inertia")[channel]
        self.access_factor = by_channel(p, "access_factor")[channel]
        self.size = self.volume = 0.0
        self.adopters: list[Adopter] = []
        self.month = -1
        self.offers: list[Offer] = []
        self.values: list[float] = []

    def look(self) -> list[tuple[Offer, float]]:
        """The month's offers with their utilities."""
        if self.month != self.world.month:
            self.month = self.world.month
            offers = self.world.panel.offers[self.channel]
            self.offers = [offer for offer in offers if self.reach(offer.slot) > -inf]
            self.values = [self.utility(offer) for offer in self.offers]
        return list(zip(self.offers, self.values, strict=True))

    def utility(self, offer: Offer) -> float:
        """Utility of an offer before the adopter's own taste, inertia, neighbours and noise."""
        world, p, law = self.world, self.world.p, self.world.by_lab
        release, c, h = offer.release, self.country, self.channel
        origin, mode, family = release.origin, offer.slot.mode, offer.slot.family

        access = self.access_factor * log(max(law["access"][c][family][h], 1e-9))
        match = p.alignment_weight * {US: 1.0, CN: -1.0}.get(origin, 0.0) * (self.alignment - 0.5)
        taste = self.taste_cn if origin == CN else 0.0
        price = self.income * (
            offer.price + world.panel.price_weight(h) * log(law["price_factor"][c][origin])
        )
        distrust = p.flagged_effect * (1.0 - float(world.trust.security[c, origin]))
        risk = self.concern * (float(world.trust.risk[origin]) + distrust + offer.audited)
        if h == GOVERNMENT and release.private == FLAGGED and release.finding != FLAGGED:
            risk += self.concern * float(world.tables.audit_cover[c]) * p.flagged_effect
        held = mode != API and release.mirrored
        can_be_cut_off = 0.0 if held else (1.0 if mode < OPEN_WEIGHTS else release.controlled)
        fear = p.reliability_weight * (1.0 - float(world.trust.supply[c, origin])) * can_be_cut_off
        at_home = world.labs[family].home == c
        familiarity = p.home_weight + log(1.0 + 0.001) if at_home else offer.familiarity
        return (
            offer.capability
            + offer.novelty
            + self.capacity * offer.openness
            - price
            + match
            + taste
            + access
            + self.reach(offer.slot)
            - risk
            - fear
            - self.burden(offer)
            + familiarity
            + offer.breadth
            + self.installed_base(family)
        )

    def reach(self, slot: Slot) -> float:
        """Log of the share of people here whom a lab serves: all limits of the table multiply.

        In the EU nobody is served by a lab that has left.
        """
        if self.eu and slot.mode == API and slot.family in self.world.eu_market.left:
            return -inf
        lab, country = self.world.labs[slot.family].info, self.world.countries[self.country]
        offer = "services" if slot.mode == API else "weights"
        places = {country.bloc, "everywhere", "home" if lab.home == country.code else "elsewhere"}
        total = 0.0
        for row in data.serving():
            bound = CHANNELS[self.channel] in row.channels and offer in row.offers
            if row.lab in (lab.slug, lab.origin) and row.place in places and bound:
                if isinstance(row.reach, str):
                    total += getattr(self.world.p, row.reach)
                else:
                    total += log(row.reach) if row.reach else -inf
        return total

    def burden(self, offer: Offer) -> float:
        """Friction, and a denial that a mirror relieves."""
        law, p = self.world.by_lab, self.world.p
        c, family, h, mode = self.country, offer.release.family, self.channel, offer.slot.mode
        friction = law["friction"][c][family][h][mode] + (p.gate_friction if mode == GATED else 0.0)
        relief = p.mirror_denial if offer.release.mirrored else 1.0
        return friction + law["denial"][c][family][h][mode] * relief

    def lock_in(self, family: int) -> float:
        """What the law adds to the cost of leaving a family."""
        return self.world.by_lab["lock_in"][self.country][self.world.labs[family].origin][
            self.channel
        ]

    def installed_base(self, family: int) -> float:
        """Pull of last month's users here and in the world's channel, and of derivatives."""
        world, p = self.world, self.world.p
        base = (
            0.5 * world.panel.country_share[self.country][family]
            + 0.3 * world.panel.world_share[self.channel][family]
            + 0.2 * world.panel.derivative_share[family]
        )
        return p.network_weight * log(1.0 + p.network_scale * base)

    @property
    def weight(self) -> float:
        """Use that the place stands for, as a share of the channel's world size."""
        return self.size * float(self.world.use[self.country, self.channel])


class Adopter(mesa.Agent):
    """One user of AI releases: reviews at times, looks at what is on offer, takes the best.

    Attributes
    ----------
    using, before : Slot or None
        What it uses, and what it used at the end of last month.
    """

    def __init__(self, model: PlainWorld, place: Place, ordinal: int) -> None:
        super().__init__(model)
        self.place = place
        cell = identity(f"{model.countries[place.country].code} {CHANNELS[place.channel]}")
        self.identity = cell + ordinal * GOLDEN
        own = self.bits(model.streams("taste").key)
        self.tastes = [model.p.taste_family_sd * taste(own, lab.info.slug) for lab in model.labs]
        self.neighbours: list[Adopter] = []
        self.using: Slot | None = None
        self.before: Slot | None = None

    def bits(self, key: int) -> int:
        """The adopter's own 64 bits of a stream."""
        return mix64((key + self.identity) & MASK64)

    def remember(self) -> None:
        """Keep last month's choice: neighbours look at that, whoever reviews first.

        Who is not served any more has none.
        """
        if self.using is not None and self.place.reach(self.using) == -inf:
            self.using = None
        self.before = self.using

    def review(self) -> None:
        """Take the best offer that is not forbidden.

        If this is a month to choose, or what one uses is forbidden.
        """
        seen = (
            self.look()
            if self.before is None or self.reviews() or self.is_forbidden(self.before)
            else []
        )
        allowed = [one for one in seen if not self.is_forbidden(one[0])]
        if allowed or (seen and (self.before is None or self.reviews())):
            self.using = max(allowed or seen, key=lambda one: one[1])[0]

    def is_forbidden(self, slot: Slot) -> bool:
        """Whether a ban binds this adopter and lists what the slot offers."""
        place, law = self.place, self.model.by_lab
        bans = law["use_ban"][place.country]
        if not any(any(lab[place.channel]) for lab in bans):
            return False
        release = next(offer.release for offer, _ in place.look() if offer.slot == slot)
        lists = law["listed_until"][place.country][slot.family][place.channel]
        bound = unit32(self.bits(self.model.streams("bound by ban").key))
        return all(
            release.month < lists[way] and bound < bans[slot.family][place.channel][way]
            for way in self.ways_of_using(slot.mode)
        )

    def ways_of_using(self, mode: int) -> tuple[int, ...]:
        """Offers by which this adopter would use a release of a mode.

        The lab's service, weights at another host, weights on its own machines.
        """
        p, channel = self.model.p, self.place.channel
        if mode == API:
            return (SERVICE,)
        luck = unit32(self.bits(self.model.streams("way of use").key))
        service = by_channel(p, "own_service")[channel]
        hosted = (1.0 - service) * by_channel(p, "other_host")[channel]
        if luck < service:
            if mode == GATED:
                return (HOSTED,)
            return (SERVICE,) if luck < service * (1.0 - p.host_instead) else (SERVICE, HOSTED)
        return (HOSTED,) if luck < service + hosted else (DOWNLOADED,)

    def reviews(self) -> bool:
        """Whether the adopter looks round: as a newcomer, or with its channel's probability."""
        newcomers = self.model.p.newcomers
        return self.luck() < newcomers + (1.0 - newcomers) * self.place.review

    def draws_of(self, slot: Slot) -> int:
        """Salt of the draws about a slot: of its family, but for developers of the slot itself."""
        family = self.model.labs[slot.family].info.slug
        return salt(f"{family} {MODES[slot.mode]}" if self.place.channel == DEVELOPER else family)

    def luck(self) -> float:
        """The month's draw that decides on a review."""
        return unit32(self.bits(self.model.review_bits))

    def look(self) -> list[tuple[Slot, float]]:
        """Every slot on offer and its utility for this adopter."""
        settled = self.before is not None and self.luck() >= self.model.p.newcomers
        inertia = self.place.inertia if settled else 0.0
        peers = Counter(
            other.before.family for other in self.neighbours if other.before is not None
        )
        noise = self.bits(self.model.choice_bits)
        seen = []
        for offer, value in self.place.look():
            slot = offer.slot
            utility = value + self.tastes[slot.family] + gumbel(draw32(noise, self.draws_of(slot)))
            if settled and slot.family != self.before.family:
                utility -= inertia + self.place.lock_in(self.before.family)
            if peers:
                utility += self.model.p.peer_weight * peers[slot.family] / len(self.neighbours)
            seen.append((slot, utility))
        return seen
