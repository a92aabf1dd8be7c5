"""What comes of a month's choices in the plain world: shares, revenue, applications."""

from __future__ import annotations

from collections import Counter
from math import exp
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.kernels.shares import Tally
from sim.vocabulary import CHANNELS, MODES, OPEN_WEIGHTS
from tests.reference.adopter import Slot
from tests.reference.panel import CONSUMER, DEVELOPER, ENTERPRISE, FLAGGED, MARKET

if TYPE_CHECKING:
    from tests.reference.adopter import Place
    from tests.reference.plain import PlainWorld

BLOCS = ("US", "CN", "us_aligned", "third_country", "restricted")
AREAS = (*BLOCS, "EU")
REGIONS = (BLOCS, BLOCS[2:], *((area,) for area in (*BLOCS[2:], "US", "CN", "EU")))


class Used(NamedTuple):
    """What is used in a month, in tokens."""

    slots: list[Counter]
    """By channel: of each slot."""
    slots_in_eu: list[Counter]
    parts: dict[tuple[str, int], list[float]]
    """By area and channel: of the three origins, and of open releases."""
    total: Counter
    """By area and channel: of all."""
    users: Counter
    """By channel: how many use it, whatever they use."""


def count(world: PlainWorld) -> None:
    """Shares of use after the month's reviews."""
    panel, families, channels = world.panel, len(world.labs), range(len(CHANNELS))
    slots = [
        Slot(number // len(MODES), number % len(MODES)) for number in panel.market.slot.tolist()
    ]
    holders = Counter(a.using for place in panel.places for a in place.adopters)
    own, ways = in_countries(world)
    used = volumes(world)
    slot_share = of_whole(used.slots, used, slots)
    world_share = of_families(world, slots, slot_share)
    panel.country_share, panel.world_share = own, world_share[: len(CHANNELS)]
    world.tally = Tally(
        country=np.array(own),
        world=np.array(world_share),
        slot=np.array(slot_share),
        eu=np.array(of_whole(used.slots_in_eu, used, slots)),
        region=np.array(in_regions(world, used)),
        use=np.array([place.weight for place in panel.places]).reshape(-1, len(CHANNELS)),
        tokens=np.array(
            [sum(used.total[bloc, h] for bloc in BLOCS) / used.users[h] for h in channels]
        ),
        people=np.array([people_using(world, areas) for areas in REGIONS]),
        concentration=np.array(
            [[sum(x * x for x in row) for row in world_share], country_concentration(world)]
        ),
        eu_labs=np.array(shares_of_eu_labs(world, slots, used)),
        ways=np.array(ways),
        adopters=np.array(
            [holders[Slot(f, m)] for f in range(families) for m in range(len(MODES))]
        ),
    )
    world.use_of_releases = of_releases(world, slot_share)


def in_countries(world: PlainWorld) -> tuple[list[list[float]], list[list[float]]]:
    """Shares of each country's adopters: who use a family, and a class of labs in a mode."""
    places, law = world.panel.places, world.law
    people = Counter(place.country for place in places for _ in place.adopters)
    own = [[0.0] * len(world.labs) for _ in world.countries]
    ways = [[0.0] * (len(MODES) * len(law.class_origin)) for _ in world.countries]
    for place in places:
        for slot, users in Counter(a.using for a in place.adopters if a.using).items():
            own[place.country][slot.family] += users / people[place.country]
        for a in place.adopters:
            if a.using is not None:
                way = int(law.class_of[a.using.family]) * len(MODES) + a.using.mode
                ways[place.country][way] += 1.0 / people[place.country]
    return own, ways


def volumes(world: PlainWorld) -> Used:
    """Count tokens, place by place, and leave in each place how many are used there."""
    channels = range(len(CHANNELS))
    parts = {(area, h): [0.0] * 4 for area in AREAS for h in channels}
    found = Used(
        [Counter() for _ in channels], [Counter() for _ in channels], parts, Counter(), Counter()
    )
    for place in world.panel.places:
        h, each, place.volume = place.channel, place.weight / len(place.adopters), place.weight
        found.users[h] += place.weight
        for slot, users in Counter(a.using for a in place.adopters if a.using).items():
            volume = users * each * tokens(world, place, slot)
            place.volume += volume - users * each
            found.slots[h][slot] += volume
            found.slots_in_eu[h][slot] += volume if "EU" in place.areas else 0.0
            for area in place.areas:
                parts[area, h][world.labs[slot.family].origin] += volume
                parts[area, h][3] += volume if slot.mode >= OPEN_WEIGHTS else 0.0
        for area in place.areas:
            found.total[area, h] += place.volume
    return found


def of_whole(part: list[Counter], used: Used, slots: list[Slot]) -> list[list[float]]:
    """By channel: some use of each slot, as a share of all use of the channel."""
    return [
        [some[slot] / sum(whole.values()) for slot in slots]
        for some, whole in zip(part, used.slots, strict=True)
    ]


def of_families(
    world: PlainWorld, slots: list[Slot], slot_share: list[list[float]]
) -> list[list[float]]:
    """By channel and for the mix: shares of families in the use of the world."""
    mixed = [
        sum(m * row[k] for m, row in zip(world.mix.tolist(), slot_share, strict=True))
        for k in range(len(slots))
    ]
    found = [[0.0] * len(world.labs) for _ in (*slot_share, mixed)]
    for row, shares in zip(found, [*slot_share, mixed], strict=True):
        for slot, share in zip(slots, shares, strict=True):
            row[slot.family] += share
    return found


def of_releases(world: PlainWorld, slot_share: list[list[float]]) -> np.ndarray:
    """Share of every release of the catalogue in the mix of the channels."""
    found = np.zeros(len(world.catalogue))
    for h, row in enumerate(slot_share):
        for release, share in zip(world.panel.market.release[h].tolist(), row, strict=True):
            found[release] += float(world.mix[h]) * share
    return found


def tokens(world: PlainWorld, place: Place, slot: Slot) -> float:
    """Tokens of a user of the market channel, of those at the closed leader's price.

    The same for all, or where the scenario's structure says so as many as the same money buys.
    """
    if place.channel != MARKET or world.scenario.structure.tokens == "fixed":
        return 1.0
    at = world.panel.market.slot.tolist().index(slot.number)
    factor = world.by_lab["price_factor"][place.country][world.labs[slot.family].origin]
    return 1.0 / (exp(float(world.panel.market.log_price[MARKET, at])) * factor)


def in_regions(world: PlainWorld, used: Used) -> list[list[list[float]]]:
    """By region, by channel and for the mix: shares of the origins and of open releases in use."""
    found = []
    for areas in REGIONS:
        row = [region_shares(world, areas, h, used) for h in range(len(CHANNELS))]
        mixed = [
            sum(m * x[kind] for m, x in zip(world.mix.tolist(), row, strict=True))
            for kind in range(4)
        ]
        found.append([*row, mixed])
    return found


def region_shares(world: PlainWorld, areas: tuple[str, ...], h: int, used: Used) -> list[float]:
    """Shares of the three origins and of open releases in a region's use.

    In the world China counts in part.
    """
    china = (1.0, world.p.china_tokens, 1.0, world.p.china_downloads, 1.0)[h]
    seen = {area: china if area == "CN" and areas == BLOCS else 1.0 for area in areas}
    use = sum(seen[area] * used.total[area, h] for area in areas)
    return [
        sum(seen[area] * used.parts[area, h][kind] for area in areas) / use for kind in range(4)
    ]


def shares_of_eu_labs(world: PlainWorld, slots: list[Slot], used: Used) -> list[list[float]]:
    """Share of labs whose home is a member of the EU in use there, and in use elsewhere."""
    ours = {slot for slot in slots if world.countries[world.labs[slot.family].home].eu}
    rows = []
    for inside in (True, False):
        shares = []
        for whole, part in zip(used.slots, used.slots_in_eu, strict=True):
            use = {slot: part[slot] if inside else whole[slot] - part[slot] for slot in slots}
            shares.append(sum(use[slot] for slot in ours) / sum(use.values()))
        mixed = sum(m * share for m, share in zip(world.mix.tolist(), shares, strict=True))
        rows.append([*shares, mixed])
    return rows


def people_using(world: PlainWorld, areas: tuple[str, ...]) -> float:
    """Share of a region's people who use AI."""
    here = [
        (i, info.working_age_m)
        for i, info in enumerate(world.countries)
        if info.bloc in areas or ("EU" in areas and info.eu)
    ]
    return sum(people * float(world.use[i, CONSUMER]) for i, people in here) / sum(
        people for _, people in here
    )


def country_concentration(world: PlainWorld) -> list[float]:
    """HHI over countries of use, by channel and for the mix."""
    columns = []
    for h in range(len(CHANNELS)):
        use = [place.volume for place in world.panel.places if place.channel == h]
        columns.append([x / sum(use) for x in use])
    mixed = [
        sum(m * x for m, x in zip(world.mix.tolist(), row, strict=True))
        for row in zip(*columns, strict=True)
    ]
    return [sum(x * x for x in column) for column in (*columns, mixed)]


def pay(world: PlainWorld) -> None:
    """Revenue: price times use in the market and enterprise channels, less the cost of the law.

    Of what is spent on hosted open weights a part reaches the lab. A lab that left the EU earns and
    owes nothing there.
    """
    p, market, gone = world.p, world.panel.market, set(world.eu_market.left)
    revenue, inside = [0.0] * len(world.labs), [0.0] * len(world.labs)
    for h in (MARKET, ENTERPRISE):
        for k, (family, mode) in enumerate(
            zip(market.family.tolist(), market.mode.tolist(), strict=True)
        ):
            kept = p.open_revenue if mode >= OPEN_WEIGHTS else 1.0
            each = kept * exp(float(market.log_price[h, k])) * float(world.tally.tokens[h])
            revenue[family] += float(world.tally.slot[h, k]) * each
            inside[family] += float(world.tally.eu[h, k]) * each
    if world.month <= 30:
        world.ledger.usd_per_unit = p.spend_2025_usd / max(sum(revenue) * world.world_use, 1e-9)
    unit = world.ledger.usd_per_unit * world.world_use
    if any(duty.withdrawal > 0.0 for duty in world.law.market_duties):
        world.eu_market.note(world, np.array(inside) * unit, np.array(revenue) * unit)
    standing, net = world.law.compliance_cost.tolist(), []
    for lab in world.labs:
        i, earned, cost = lab.index, revenue[lab.index], standing[lab.index] + 12.0 * lab.expense
        if i in gone:
            earned -= inside[i]
            cost -= sum(duty.cost for duty in world.law.market_duties if i in duty.labs)
        net.append(max(0.0, earned * unit - cost))
    for lab, x in zip(world.labs, net, strict=True):
        lab.share_history.append(x / (sum(net) or 1.0))
        lab.expense = 0.0
    if any(x < 1.0 for row in world.by_lab["price_factor"] for x in row):
        world.charge("government", subsidy(world) * unit / 12.0)


def subsidy(world: PlainWorld) -> float:
    """What users in market and enterprise channels are spared by prices below the full ones.

    Per unit of use.
    """
    paid = 0.0
    for h in (MARKET, ENTERPRISE):
        places = [place for place in world.panel.places if place.channel == h]
        prices = dict(
            zip(
                world.panel.market.slot.tolist(),
                world.panel.market.log_price[h].tolist(),
                strict=True,
            )
        )
        total = sum(place.weight for place in places)
        for place in places:
            for slot, users in Counter(a.using for a in place.adopters if a.using).items():
                factor = world.by_lab["price_factor"][place.country][world.labs[slot.family].origin]
                share = place.weight / total * users / len(place.adopters)
                spent = share * exp(prices[slot.number]) * tokens(world, place, slot)
                paid += max(0.0, 1.0 - factor) * spent
    return paid


def build(world: PlainWorld) -> None:
    """Developers build on open weights: the more capable and adaptable, the more.

    Friction keeps them from it.
    """
    p, panel = world.p, world.panel
    flow, tainted = [0.0] * len(world.labs), [0.0] * len(world.labs)
    value = [[0.0] * len(AREAS) for _ in range(3)]
    for place in panel.places:
        if place.channel != DEVELOPER:
            continue
        each = place.size * place.capacity / len(place.adopters)
        offers = {offer.slot: offer for offer in panel.offers[DEVELOPER]}
        for slot, users in Counter(a.using for a in place.adopters if a.using).items():
            base = offers[slot].release
            built = each * users * exp(-place.burden(offers[slot])) * base.adaptable
            lost = [
                duty.lost
                for duty in world.law.modifier_duties
                if place.country in duty.countries
                and base.run >= duty.floor
                and base.mode not in duty.exempt_modes
            ]
            built *= 1.0 - max(lost, default=0.0)
            hubs_see = p.china_downloads if place.bloc == "CN" else 1.0
            flow[slot.family] += hubs_see * built
            worth = exp(p.application_slope * (base.capability - p.application_reference))
            for area in place.areas:
                value[base.origin][AREAS.index(area)] += built * worth
    developers = world.panel.world_share[DEVELOPER]
    for offer, share in zip(panel.offers[DEVELOPER], slot_shares(world, DEVELOPER), strict=True):
        family = offer.slot.family
        if (
            offer.release.compromised
            and offer.release.finding != FLAGGED
            and developers[family] > 0.0
        ):
            tainted[family] += flow[family] * share / developers[family]
    keep = 1.0 - p.derivative_decay
    built = world.derivatives
    built.value = value
    for family in range(len(flow)):
        built.waiting[family] += flow[family]
        built.waiting_tainted[family] += tainted[family]
        appear = built.waiting[family] / (1.0 + p.derivative_months)
        hidden = built.waiting_tainted[family] / (1.0 + p.derivative_months)
        built.waiting[family] -= appear
        built.waiting_tainted[family] -= hidden
        built.flow[family] = appear
        built.stock[family] = keep * built.stock[family] + appear
        built.tainted[family] = keep * built.tainted[family] + hidden
    world.hub.host(float(sum(built.flow)), keep, world.law)


def slot_shares(world: PlainWorld, h: int) -> list[float]:
    """Share of each of a channel's offers in its use."""
    shares = dict(zip(world.panel.market.slot.tolist(), world.tally.slot[h].tolist(), strict=True))
    return [shares[offer.slot.number] for offer in world.panel.offers[h]]
