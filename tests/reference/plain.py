"""The slow, plain model: one mesa.Agent per adopter, Python floats, every equation written out.

It is what the compiled World is held to, and the model as one would write it in Mesa alone. The phases that the World
compiles (adopt, build, misuse) are written again here and call nothing compiled; the others are shared. At the end of
a phase the results are handed over as the arrays that shared parts read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import exp, log, sqrt
from typing import NamedTuple

import mesa
import numpy as np

from sim.agents.choice import Tally
from sim.law import API, CN, GATED, MODES, OPEN_WEIGHTS, US
from sim.parameters import CHANNELS, by_channel
from sim.phases import PHASES
from sim.world import World
from tests.reference.draws import draw32, gumbel, logistic, neighbours, nth, tastes, unit32
from tests.reference.misuse import misuse

CONSUMER, MARKET, ENTERPRISE, DEVELOPER, GOVERNMENT = range(5)
BLOCS = ("US", "CN", "us_aligned", "third_country", "restricted")
REGIONS = (BLOCS, BLOCS[2:], ("us_aligned",), ("third_country",), ("restricted",), ("US",), ("CN",))
LEAST_PER_PLACE = 4
MOST_ALIVE = 96
RETIRE_AFTER = 24
RETIRE_BELOW = 0.001
CANDIDATES = 6
FLAGGED = 2


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
    clean_weight: float


class Offer(NamedTuple):
    """A slot as one channel sees it in one month: its best release, and the utils that all countries share."""

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
        p, info = world.p, world.info[country]
        wealth = world.log_gdp_per_head
        self.bloc = info.bloc
        self.capacity = p.capacity_floor + (1.0 - p.capacity_floor) * (wealth[country] - min(wealth)) / (
            max(wealth) - min(wealth)
        )
        self.income = min(max(1.0 + p.price_income * (9.5 - wealth[country]) / 1.5, 0.4), 2.0)
        self.alignment = info.alignment
        self.concern = p.security_weight * info.alignment * by_channel(p, "security_factor")[channel]
        self.taste_cn = p.taste_country_sd * world.streams("country taste").normal(country)
        self.review = by_channel(p, "review")[channel]
        self.inertia = by_channel(p, "inertia")[channel]
        self.access_factor = by_channel(p, "access_factor")[channel]
        self.size = 0.0
        self.adopters: list[Adopter] = []
        self.month = -1
        self.offers: list[Offer] = []
        self.values: list[float] = []

    def look(self) -> list[tuple[Offer, float]]:
        """The month's offers with their utilities."""
        if self.month != self.world.month:
            self.month = self.world.month
            self.offers = self.world.panel.offers[self.channel]
            self.values = [self.utility(offer) for offer in self.offers]
        return list(zip(self.offers, self.values, strict=True))

    def utility(self, offer: Offer) -> float:
        """Utility of an offer before the adopter's own taste, inertia, neighbours and noise."""
        world, p, law = self.world, self.world.p, self.world.statute
        release, c, h = offer.release, self.country, self.channel
        origin, mode, family = release.origin, offer.slot.mode, offer.slot.family

        access = self.access_factor * log(max(law["access"][c][origin][h], 1e-9))
        match = p.alignment_weight * {US: 1.0, CN: -1.0}.get(origin, 0.0) * (self.alignment - 0.5)
        taste = self.taste_cn if origin == CN else 0.0
        price = self.income * (offer.price + world.panel.price_weight(h) * log(law["price_factor"][c][origin]))
        distrust = p.flagged_effect * (1.0 - float(world.security[c, origin]))
        risk = self.concern * (float(world.origin_risk[origin]) + distrust + offer.audited)
        can_be_cut_off = 1.0 if mode < OPEN_WEIGHTS else release.controlled
        fear = p.reliability_weight * (1.0 - float(world.supply[c, origin])) * can_be_cut_off
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
            - risk
            - fear
            - self.burden(offer)
            + familiarity
            + offer.breadth
            + self.installed_base(family)
        )

    def burden(self, offer: Offer) -> float:
        """Friction, and a denial that a mirror relieves."""
        law, p = self.world.statute, self.world.p
        c, origin, h, mode = self.country, offer.release.origin, self.channel, offer.slot.mode
        friction = law["friction"][c][origin][h][mode] + (p.gate_friction if mode == GATED else 0.0)
        relief = p.mirror_denial if offer.release.mirrored else 1.0
        return friction + law["denial"][c][origin][h][mode] * relief

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

    def __init__(self, model: PlainWorld, place: Place, number: int) -> None:
        super().__init__(model)
        self.place, self.number = place, number
        drawn = tastes(model.streams("taste").key, number, len(model.labs))
        self.tastes = [model.p.taste_family_sd * taste for taste in drawn]
        self.neighbours: list[Adopter] = []
        self.using: Slot | None = None
        self.before: Slot | None = None

    def remember(self) -> None:
        """Keep last month's choice: neighbours look at that, whoever reviews first."""
        self.before = self.using

    def review(self) -> None:
        """Take the best offer, if this is a month to choose."""
        if self.before is None or self.reviews():
            self.using = max(self.look(), key=lambda seen: seen[1])[0]

    def reviews(self) -> bool:
        """Whether the adopter looks round: as a newcomer, or with its channel's probability."""
        newcomers = self.model.p.newcomers
        return self.luck() < newcomers + (1.0 - newcomers) * self.place.review

    def luck(self) -> float:
        """The month's draw that decides on a review."""
        return unit32(nth(self.model.review_bits, self.number))

    def look(self) -> list[tuple[Slot, float]]:
        """Every slot on offer and its utility for this adopter."""
        settled = self.before is not None and self.luck() >= self.model.p.newcomers
        inertia = self.place.inertia if settled else 0.0
        peers = Counter(other.before.family for other in self.neighbours if other.before is not None)
        noise = nth(self.model.choice_bits, self.number)
        seen = []
        for offer, value in self.place.look():
            slot = offer.slot
            utility = value + self.tastes[slot.family] + gumbel(draw32(noise, slot.number))
            if inertia and slot.family != self.before.family:
                utility -= inertia
            if peers:
                utility += self.model.p.peer_weight * peers[slot.family] / len(self.neighbours)
            seen.append((slot, utility))
        return seen


class Panel:
    """All adopters, the places they live in, and what they choose between."""

    def __init__(self, world: PlainWorld, adopters: int, graph_from: int) -> None:
        self.world = world
        families, n = len(world.labs), len(world.info)
        self.places = [Place(world, c, h) for c in range(n) for h in range(len(CHANNELS))]
        sizes = channel_sizes(world)
        for place in self.places:
            place.size = sizes[place.channel][place.country]
        self.adopters: list[Adopter] = []
        for place, each in zip(self.places, panel_sizes([place.size for place in self.places], adopters), strict=True):
            place.adopters = [Adopter(world, place, len(self.adopters) + i) for i in range(each)]
            self.adopters += place.adopters
        if adopters >= graph_from:
            key = world.streams("graph").key
            for a in self.adopters:
                a.neighbours = [self.adopters[j] for j in neighbours(key, a.number, adopters)]
        p = world.p
        start = {US: p.familiarity_us, CN: p.familiarity_cn}
        self.familiarity = [[start.get(lab.origin, p.familiarity_other) for lab in world.labs] for _ in CHANNELS]
        self.country_share = [[1.0 / families] * families for _ in range(n)]
        self.world_share = [[1.0 / families] * families for _ in CHANNELS]
        self.derivative_share = [1.0 / families] * families
        self.releases: list[Release] = []
        self.candidates: dict[Slot, list[int]] = {}
        self.newest: dict[Slot, int] = {}
        self.retired: dict[Slot, int] = {}
        self.recently_opened: Counter[int] = Counter()
        self.offers: list[list[Offer]] = [[] for _ in CHANNELS]
        # What shared phases read.
        self.size = np.array(sizes).T
        self.own_people = np.array([c.working_age_m for c in world.info])
        self.market = Shelf(*([np.zeros(0, int)] * 6))

    def __len__(self) -> int:
        return len(self.adopters)

    def of(self, country: int) -> list[Adopter]:
        return [a for place in self.places if place.country == country for a in place.adopters]

    # what is on offer

    def read_catalogue(self) -> None:
        """Look through the catalogue; new releases join the six candidates of their slot."""
        seen = len(self.releases)
        self.releases = read_releases(self.world)
        for release in self.releases[seen:]:
            slot = Slot(release.family, release.mode)
            row = self.candidates.setdefault(slot, [])
            if len(row) == CANDIDATES:
                best = max(row, key=lambda r: self.releases[r].capability)
                row.pop(-2 if best == row[-1] else -1)
            row.insert(0, release.index)
            self.newest[slot] = release.month

    def alive(self) -> list[Slot]:
        """Slots on offer: not those long not renewed and hardly used, nor the least used beyond the limit."""
        kept = sorted(slot for slot, month in self.newest.items() if month > self.retired.get(slot, -1000))
        users = Counter(a.using for a in self.adopters)
        old = [slot for slot in kept if self.newest[slot] < self.world.month - RETIRE_AFTER]
        out = {slot for slot in old if users[slot] < RETIRE_BELOW * len(self)}
        kept = [slot for slot in kept if slot not in out]
        out |= set(sorted(kept, key=lambda slot: users[slot])[: max(0, len(kept) - MOST_ALIVE)])
        for slot in sorted(out):
            self.retired[slot] = self.newest[slot]
        for a in self.adopters:
            if a.using in out:
                a.using = None
        return [slot for slot in kept if slot not in out]

    def open_market(self) -> None:
        """Set out the month's offers in every channel."""
        self.read_catalogue()
        slots = self.alive()
        year = [r for r in self.releases if r.month > self.world.month - 12]
        self.recently_opened = Counter(r.family for r in year if r.mode >= OPEN_WEIGHTS)
        shown = [[self.best_offer(slot, h) for slot in slots] for h in range(len(CHANNELS))]
        self.offers = [[o for o in row if h != DEVELOPER or o.slot.mode != API] for h, row in enumerate(shown)]
        self.market = Shelf(
            np.array([slot.number for slot in slots]),
            np.array([slot.family for slot in slots]),
            np.array([offer.release.origin for offer in shown[0]]),
            np.array([slot.mode for slot in slots]),
            np.array([[offer.release.index for offer in row] for row in shown]),
            np.array([[offer.log_price for offer in row] for row in shown]),
        )

    def best_offer(self, slot: Slot, h: int) -> Offer:
        """The slot's best candidate in a channel, by capability, novelty and price."""
        offers = [self.offer(slot, self.releases[r], h) for r in self.candidates[slot]]
        return max(offers, key=lambda o: o.capability + o.novelty - o.price)

    def offer(self, slot: Slot, release: Release, h: int) -> Offer:
        """A release as a channel sees it."""
        world, p = self.world, self.world.p
        need = p.capability_need + p.capability_need_growth * world.month / 12.0 + by_channel(p, "need_offset")[h]
        steepest = by_channel(p, "capability_factor")[h] * p.capability_weight
        capability = 4.0 * steepest * p.capability_width * logistic((release.capability - need) / p.capability_width)
        age = world.month - release.month
        novelty = by_channel(p, "novelty_factor")[h] * p.novelty_weight * exp(-age / p.novelty_months)
        behind = max(0.0, world.frontier() - release.capability)
        log_price = release.log_price - log(p.price_fall) * behind / p.price_points
        breadth = 0.0
        if h == DEVELOPER and slot.mode != API and not world.labs[slot.family].fringe:
            breadth = p.breadth_weight * log(1.0 + self.recently_opened[slot.family])
        return Offer(
            slot,
            release,
            log_price,
            capability,
            novelty,
            by_channel(p, "openness_factor")[h] * p.openness_weight * release.openness,
            self.price_weight(h) * log_price,
            log(self.familiarity[h][slot.family] + 0.001),
            breadth,
            p.flagged_effect if release.finding == FLAGGED else -p.clean_effect * release.clean_weight,
        )

    def price_weight(self, h: int) -> float:
        """Utils per log unit of price in a channel; in the market it may grow from 2025."""
        p = self.world.p
        growth = 1.0 + p.price_growth * max(0.0, self.world.month / 12.0 - 2.0) if h == MARKET else 1.0
        return by_channel(p, "price_factor")[h] * p.price_weight * growth

    # what comes of it

    def learn(self) -> None:
        """Families become better known with use."""
        p = self.world.p
        for known, shares in zip(self.familiarity, self.world_share, strict=True):
            for f, share in enumerate(shares):
                known[f] += (p.familiarity_base + p.familiarity_use * share) * (1.0 - known[f]) / 12.0

    def notice(self, family: int) -> None:
        """An open release that sets a record makes its family better known everywhere."""
        for known in self.familiarity:
            known[family] += self.world.p.familiarity_record * (1.0 - known[family])

    def country_shares(self) -> np.ndarray:
        """Share of each origin among a place's adopters: array (country, channel, origin)."""
        share = np.zeros((len(self.world.info), len(CHANNELS), 3), np.float32)
        for place in self.places:
            users = Counter(self.world.labs[a.using.family].origin for a in place.adopters if a.using)
            share[place.country, place.channel] = [users[o] / len(place.adopters) for o in range(3)]
        return share

    def per_cell(self) -> np.ndarray:
        """Adopters behind each figure: array (country, channel)."""
        return np.array([len(place.adopters) for place in self.places]).reshape(-1, len(CHANNELS))


class Shelf(NamedTuple):
    """The slots on offer, as shared phases read them; the last two by channel."""

    slot: np.ndarray
    family: np.ndarray
    origin: np.ndarray
    mode: np.ndarray
    release: np.ndarray
    log_price: np.ndarray


def read_releases(world: World) -> list[Release]:
    """The catalogue's rows as objects."""
    n, c = len(world.catalogue), world.catalogue.columns
    columns = (
        c.month, c.lab, c.origin, c.mode, c.capability, c.log_price, c.openness, c.adaptable, c.compromised, c.controlled,
        c.mirrored, c.public_finding, c.clean_weight,
    )  # fmt: skip
    return [Release(i, *row) for i, row in enumerate(zip(*(x[:n].tolist() for x in columns), strict=True))]


def channel_sizes(world: World) -> list[list[float]]:
    """Size of each country in each channel: its share of the world's people, GDP or projects."""
    people = [c.working_age_m for c in world.info]
    gdp = [c.gdp_usd_bn for c in world.info]
    projects = [c.gdp_usd_bn**0.7 * c.people_m**0.3 for c in world.info]
    return [[x / sum(column) for x in column] for column in (people, gdp, gdp, projects, gdp)]


def panel_sizes(sizes: Iterable[float], adopters: int) -> list[int]:
    """Adopters of each place: four, and a part of the rest by the square root of its size (largest remainders)."""
    roots = [sqrt(size) for size in sizes]
    spare = adopters - LEAST_PER_PLACE * len(roots)
    exact = [spare * root / sum(roots) for root in roots]
    each = [int(x) for x in exact]
    for i in sorted(range(len(each)), key=lambda i: each[i] - exact[i])[: spare - sum(each)]:
        each[i] += 1
    return [LEAST_PER_PLACE + n for n in each]


# the phases that the World compiles


def adopt(world: PlainWorld) -> None:
    """Use spreads; adopters review; shares are counted."""
    spread_use(world)
    names = ("access", "friction", "denial", "price_factor")
    world.statute = {name: getattr(world.law, name).tolist() for name in names}
    world.review_bits = world.streams("review").bits(world.month)
    world.choice_bits = world.streams("choice").bits(world.month)
    world.panel.derivative_share = [float(x) for x in world.derivative_shares()]
    world.panel.open_market()
    adopters = world.agents_by_type[Adopter]
    adopters.do("remember")
    adopters.do("review")
    count(world)
    world.panel.learn()
    pay(world)


def spread_use(world: PlainWorld) -> None:
    """A month of Bass uptake towards each place's ceiling; developers are counted by projects, not by use."""
    p = world.p
    growth = p.ceiling_growth * (world.month / 12.0 - 2.5)
    for place in world.panel.places:
        at = place.country, place.channel
        use, ceiling = float(world.use[at]), logistic(float(world.use_ceiling[at]) + growth)
        change = (p.bass_p + p.bass_q * use / ceiling) * (ceiling - use) / 12.0
        world.use[at] = 1.0 if place.channel == DEVELOPER else max(0.0, use + change)
    people = [info.working_age_m for info in world.info]
    world.world_use = sum(n * float(use) for n, use in zip(people, world.use[:, CONSUMER], strict=True)) / sum(people)


def count(world: PlainWorld) -> None:
    """Shares of use after the month's reviews."""
    panel, families, channels = world.panel, len(world.labs), len(CHANNELS)
    slots = [Slot(number // len(MODES), number % len(MODES)) for number in panel.market.slot.tolist()]
    china = (1.0, world.p.china_tokens, 1.0, world.p.china_downloads, 1.0)
    own = [[0.0] * families for _ in world.info]
    people = Counter(place.country for place in panel.places for _ in place.adopters)
    used = [Counter() for _ in CHANNELS]
    parts = {(bloc, h): [0.0] * 4 for bloc in BLOCS for h in range(channels)}
    total = Counter()
    for place in panel.places:
        h, each = place.channel, place.weight / len(place.adopters)
        total[place.bloc, h] += place.weight
        for slot, users in Counter(a.using for a in place.adopters).items():
            own[place.country][slot.family] += users / people[place.country]
            used[h][slot] += users * each
            parts[place.bloc, h][world.labs[slot.family].origin] += users * each
            parts[place.bloc, h][3] += users * each if slot.mode >= OPEN_WEIGHTS else 0.0

    slot_share = [[used[h][slot] / sum(used[h].values()) for slot in slots] for h in range(channels)]
    mixed = [sum(m * row[k] for m, row in zip(world.mix.tolist(), slot_share, strict=True)) for k in range(len(slots))]
    world_share = [[0.0] * families for _ in range(channels + 1)]
    for row, shares in zip(world_share, [*slot_share, mixed], strict=True):
        for slot, share in zip(slots, shares, strict=True):
            row[slot.family] += share
    panel.country_share, panel.world_share = own, world_share[:channels]

    region = [[region_shares(blocs, h, parts, total, china) for h in range(channels)] for blocs in REGIONS]
    for row in region:
        row.append([sum(m * x[kind] for m, x in zip(world.mix.tolist(), row, strict=True)) for kind in range(4)])
    world.tally = Tally(
        country=np.array(own),
        world=np.array(world_share),
        slot=np.array(slot_share),
        region=np.array(region),
        use=np.array([place.weight for place in panel.places]).reshape(-1, channels),
        people=np.array([people_using(world, blocs) for blocs in REGIONS]),
        concentration=np.array([[sum(x * x for x in row) for row in world_share], country_concentration(world)]),
    )
    world.use_of_releases = np.zeros(len(world.catalogue))
    for h, row in enumerate(slot_share):
        for release, share in zip(panel.market.release[h].tolist(), row, strict=True):
            world.use_of_releases[release] += float(world.mix[h]) * share


def region_shares(
    blocs: tuple[str, ...], h: int, parts: dict[tuple[str, int], list[float]], total: Counter, china: tuple[float, ...]
) -> list[float]:
    """Shares of the three origins and of open releases in a region's use; in the world China counts in part."""
    seen = {bloc: china[h] if bloc == "CN" and blocs == BLOCS else 1.0 for bloc in blocs}
    use = sum(seen[bloc] * total[bloc, h] for bloc in blocs)
    return [sum(seen[bloc] * parts[bloc, h][kind] for bloc in blocs) / use for kind in range(4)]


def people_using(world: PlainWorld, blocs: tuple[str, ...]) -> float:
    """Share of a region's people who use AI."""
    here = [(i, info.working_age_m) for i, info in enumerate(world.info) if info.bloc in blocs]
    return sum(people * float(world.use[i, CONSUMER]) for i, people in here) / sum(people for _, people in here)


def country_concentration(world: PlainWorld) -> list[float]:
    """HHI over countries of use, by channel and for the mix."""
    columns = []
    for h in range(len(CHANNELS)):
        use = [place.weight for place in world.panel.places if place.channel == h]
        columns.append([x / sum(use) for x in use])
    mixed = [sum(m * x for m, x in zip(world.mix.tolist(), row, strict=True)) for row in zip(*columns, strict=True)]
    return [sum(x * x for x in column) for column in (*columns, mixed)]


def pay(world: PlainWorld) -> None:
    """Revenue: price times use in the market and enterprise channels (a part of it for hosted open weights), less the cost of the law."""
    p, market = world.p, world.panel.market
    revenue = [0.0] * len(world.labs)
    for h in (MARKET, ENTERPRISE):
        for k, (family, mode) in enumerate(zip(market.family.tolist(), market.mode.tolist(), strict=True)):
            kept = p.open_revenue if mode >= OPEN_WEIGHTS else 1.0
            revenue[family] += kept * float(world.tally.slot[h, k]) * exp(float(market.log_price[h, k]))
    if world.month <= 30:
        world.usd_per_unit = p.spend_2025_usd / max(sum(revenue) * world.world_use, 1e-9)
    unit = world.usd_per_unit * world.world_use
    standing = world.law.compliance_cost.tolist()
    net = [max(0.0, revenue[lab.index] * unit - standing[lab.index] - 12.0 * lab.expense) for lab in world.labs]
    for lab, x in zip(world.labs, net, strict=True):
        lab.share_history.append(x / (sum(net) or 1.0))
        lab.expense = 0.0


def build(world: PlainWorld) -> None:
    """Developers build on open weights: the more capable and adaptable, the more; friction keeps them from it."""
    p, panel = world.p, world.panel
    flow, tainted = [0.0] * len(world.labs), [0.0] * len(world.labs)
    value = [[0.0] * len(BLOCS) for _ in range(3)]
    for place in panel.places:
        if place.channel != DEVELOPER:
            continue
        each = place.size * place.capacity / len(place.adopters)
        offers = {offer.slot: offer for offer in panel.offers[DEVELOPER]}
        for slot, users in Counter(a.using for a in place.adopters).items():
            base = offers[slot].release
            built = each * users * exp(-place.burden(offers[slot])) * base.adaptable
            flow[slot.family] += built
            worth = exp(p.application_slope * (base.capability - p.application_reference))
            value[base.origin][BLOCS.index(place.bloc)] += built * worth
    developers = world.panel.world_share[DEVELOPER]
    for offer, share in zip(panel.offers[DEVELOPER], slot_shares(world, DEVELOPER), strict=True):
        family = offer.slot.family
        if offer.release.compromised and offer.release.finding != FLAGGED and developers[family] > 0.0:
            tainted[family] += flow[family] * share / developers[family]
    keep = 1.0 - p.derivative_decay
    world.derivatives = np.array([keep * float(old) + new for old, new in zip(world.derivatives, flow, strict=True)])
    world.tainted = np.array([keep * float(old) + new for old, new in zip(world.tainted, tainted, strict=True)])
    world.derivative_flow, world.application_value = np.array(flow), value


def slot_shares(world: PlainWorld, h: int) -> list[float]:
    """Share of each of a channel's offers in its use."""
    shares = dict(zip(world.panel.market.slot.tolist(), world.tally.slot[h].tolist(), strict=True))
    return [shares[offer.slot.number] for offer in world.panel.offers[h]]


PLAIN = {phase.__name__: phase for phase in (adopt, build, misuse)}


class PlainWorld(World):
    """The World with one agent per adopter and nothing compiled.

    Parameters
    ----------
    graph_from : int
        Adopters from which neighbours on a graph count.
    """

    phases = tuple(PLAIN.get(phase.__name__, phase) for phase in PHASES)

    def __init__(
        self, scenario: str = "status-quo", *, rng: int = 0, replication: int = 0, graph_from: int = 20_000
    ) -> None:
        super().__init__(scenario, rng=rng, replication=replication)
        self.statute: dict[str, list] = {}
        self.review_bits = self.choice_bits = 0
        self.panel = self.adopters = Panel(self, self.scenario.adopters, graph_from)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
