"""All adopters of the plain world, and what they choose between."""

from __future__ import annotations

from collections import Counter
from math import exp, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import data
from sim.model.parameters import by_channel
from sim.vocabulary import API, CHANNELS, CN, OPEN_WEIGHTS, US
from tests.reference.adopter import Adopter, Offer, Place, Release, Slot
from tests.reference.draws import neighbours, worth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.model.world import World
    from tests.reference.plain import PlainWorld

CONSUMER, MARKET, ENTERPRISE, DEVELOPER, GOVERNMENT = range(5)
LEAST_PER_PLACE = 4
MOST_ALIVE = 96
RETIRE_AFTER = 24
RETIRE_BELOW = 0.001
RENEWED = 3
CANDIDATES = 6
FLAGGED = 2


class Shelf(NamedTuple):
    """The slots on offer, as shared phases read them; the last two by channel."""

    slot: np.ndarray
    family: np.ndarray
    origin: np.ndarray
    mode: np.ndarray
    release: np.ndarray
    log_price: np.ndarray


class Panel:
    """All adopters, the places they live in, and what they choose between."""

    def __init__(self, world: PlainWorld, adopters: int, graph_from: int) -> None:
        self.world = world
        families, n = len(world.labs), len(world.countries)
        self.places = [Place(world, c, h) for c in range(n) for h in range(len(CHANNELS))]
        sizes = channel_sizes(world)
        for place in self.places:
            place.size = sizes[place.channel][place.country]
        self.adopters: list[Adopter] = []
        for place, each in zip(
            self.places, panel_sizes([place.size for place in self.places], adopters), strict=True
        ):
            place.adopters = [Adopter(world, place, i) for i in range(each)]
            self.adopters += place.adopters
        if adopters >= graph_from:
            key = world.streams("graph").key
            for number, a in enumerate(self.adopters):
                a.neighbours = [self.adopters[j] for j in neighbours(a.bits(key), number, adopters)]
        p = world.p
        start = {US: p.familiarity_us, CN: p.familiarity_cn}
        self.familiarity = [
            [start.get(lab.origin, p.familiarity_other) for lab in world.labs] for _ in CHANNELS
        ]
        self.country_share = [[0.0] * families for _ in range(n)]
        self.world_share = [[0.0] * families for _ in CHANNELS]
        self.derivative_share = [0.0] * families
        self.releases: list[Release] = []
        self.candidates: dict[Slot, list[int]] = {}
        self.newest: dict[Slot, int] = {}
        self.retired: dict[Slot, int] = {}
        self.recently_opened: Counter[int] = Counter()
        self.offers: list[list[Offer]] = [[] for _ in CHANNELS]
        self.mean_concern = [
            sum(place.concern * place.size for place in self.places if place.channel == h)
            for h in range(len(CHANNELS))
        ]
        # What shared phases read.
        self.size = np.array(sizes).T
        self.own_people = np.array([c.working_age_m for c in world.countries])
        north = data.group_named("Global-North").members
        northern = np.array([c.code in north for c in world.countries])
        self.north_and_rest = [
            (np.flatnonzero(x), self.own_people[x].sum()) for x in (northern, ~northern)
        ]
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
        """Slots on offer.

        Not those long not renewed and hardly used, nor the least used beyond the limit.
        A slot renewed in the last three months counts as used by all.
        """
        kept = sorted(
            slot for slot, month in self.newest.items() if month > self.retired.get(slot, -1000)
        )
        users = Counter(a.using for a in self.adopters)
        users.update(
            {slot: len(self) for slot in kept if self.newest[slot] >= self.world.month - RENEWED}
        )
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
        self.offers = [
            [o for o in row if h != DEVELOPER or o.slot.mode != API] for h, row in enumerate(shown)
        ]
        self.market = Shelf(
            np.array([slot.number for slot in slots]),
            np.array([slot.family for slot in slots]),
            np.array([offer.release.origin for offer in shown[0]]),
            np.array([slot.mode for slot in slots]),
            np.array([[offer.release.index for offer in row] for row in shown]),
            np.array([[offer.log_price for offer in row] for row in shown]),
        )

    def best_offer(self, slot: Slot, h: int) -> Offer:
        """The slot's best candidate in a channel.

        By capability, novelty, price and audits as the world sees them.
        """
        offers = [self.offer(slot, self.releases[r], h) for r in self.candidates[slot]]
        concern = self.mean_concern[h]
        return max(offers, key=lambda o: o.capability + o.novelty - o.price - concern * o.audited)

    def offer(self, slot: Slot, release: Release, h: int) -> Offer:
        """A release as a channel sees it."""
        world, p = self.world, self.world.p
        need = (
            p.capability_need
            + p.capability_need_growth * world.month / 12.0
            + by_channel(p, "need_offset")[h]
        )
        steepest = by_channel(p, "capability_factor")[h] * p.capability_weight
        capability = (
            4.0
            * steepest
            * p.capability_width
            * worth(
                (release.capability - need) / p.capability_width,
                world.scenario.structure.capability,
            )
        )
        age = world.month - release.month
        novelty = (
            by_channel(p, "novelty_factor")[h] * p.novelty_weight * exp(-age / p.novelty_months)
        )
        behind = max(0.0, world.frontier.level - release.capability)
        fallen = release.log_price - log(p.price_fall) * behind / p.price_points
        log_price = max(fallen, log(p.price_floor))
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
            p.flagged_effect
            if release.finding == FLAGGED
            else -p.clean_effect * release.clean_weight,
        )

    def price_weight(self, h: int) -> float:
        """Utils per log unit of price in a channel; in the market it may grow from 2025."""
        p = self.world.p
        growth = (
            1.0 + p.price_growth * max(0.0, self.world.month / 12.0 - 2.0) if h == MARKET else 1.0
        )
        return by_channel(p, "price_factor")[h] * p.price_weight * growth

    # what comes of it

    def learn(self) -> None:
        """Families become better known with use."""
        p = self.world.p
        for known, shares in zip(self.familiarity, self.world_share, strict=True):
            for f, share in enumerate(shares):
                known[f] += (
                    (p.familiarity_base + p.familiarity_use * share) * (1.0 - known[f]) / 12.0
                )

    def notice(self, family: int) -> None:
        """An open release that sets a record makes its family better known everywhere."""
        for known in self.familiarity:
            known[family] += self.world.p.familiarity_record * (1.0 - known[family])

    def country_shares(self) -> np.ndarray:
        """Share of each origin among a place's adopters: array (country, channel, origin)."""
        share = np.zeros((len(self.world.countries), len(CHANNELS), 3), np.float32)
        for place in self.places:
            users = Counter(
                self.world.labs[a.using.family].origin for a in place.adopters if a.using
            )
            share[place.country, place.channel] = [users[o] / len(place.adopters) for o in range(3)]
        return share

    def covered_use(self, cover: np.ndarray) -> np.ndarray:
        """Share of the world's government use under private audits, by the market's alternative."""
        government = CHANNELS.index("government")
        places = [place for place in self.places if place.channel == government]
        total = sum(place.weight for place in places)
        use = Counter()
        for place in places:
            for a in place.adopters:
                if a.using is not None:
                    use[a.using.number] += (
                        float(cover[place.country]) * place.weight / total / len(place.adopters)
                    )
        return np.array([use[number] for number in self.market.slot.tolist()])

    def per_cell(self) -> np.ndarray:
        """Adopters behind each figure: array (country, channel)."""
        return np.array([len(place.adopters) for place in self.places]).reshape(-1, len(CHANNELS))


def read_releases(world: World) -> list[Release]:
    """The catalogue's rows as objects."""
    n, c = len(world.catalogue), world.catalogue.columns
    columns = (
        c.month, c.lab, c.origin, c.mode, c.capability, c.log_price, c.openness, c.adaptable,
        c.compromised, c.controlled, c.mirrored, c.public_finding, c.private_finding,
        c.clean_weight, c.safeguard, c.run,
    )  # fmt: skip
    return [
        Release(i, *row)
        for i, row in enumerate(zip(*(x[:n].tolist() for x in columns), strict=True))
    ]


def channel_sizes(world: World) -> list[list[float]]:
    """Size of each country in each channel: its share of the world's people, GDP or projects."""
    people = [c.working_age_m for c in world.countries]
    gdp = [c.gdp_usd_bn for c in world.countries]
    projects = [c.gdp_usd_bn**0.7 * c.people_m**0.3 for c in world.countries]
    return [[x / sum(column) for x in column] for column in (people, gdp, gdp, projects, gdp)]


def panel_sizes(sizes: Iterable[float], adopters: int) -> list[int]:
    """Adopters of each place: four, and a part of the rest by the square root of its size.

    Rounded by largest remainders.
    """
    roots = [sqrt(size) for size in sizes]
    spare = adopters - LEAST_PER_PLACE * len(roots)
    exact = [spare * root / sum(roots) for root in roots]
    each = [int(x) for x in exact]
    for i in sorted(range(len(each)), key=lambda i: each[i] - exact[i])[: spare - sum(each)]:
        each[i] += 1
    return [LEAST_PER_PLACE + n for n in each]
