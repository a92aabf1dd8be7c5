"""Compiled accounts of a month: uptake and shares of use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.market import N_CHANNELS, N_MODES
from sim.model.kernels.numerics import f4, kernel, logistic64, piece
from sim.model.kernels.spending import tokens_by
from sim.vocabulary import (
    AREAS,
    AREAS_OF_REGION,
    BLOCS,
    CONSUMER,
    EU,
    MARKET,
    MIX,
    OPEN_SHARE,
    OPEN_WEIGHTS,
    ORIGINS,
    REGIONS,
    SHARES,
    WORLD,
)

OVER_LABS, OVER_COUNTRIES = 0, 1
"""Rows of ``Tally.concentration``."""
IN_REGION = np.array([[area in areas for area in AREAS] for areas in AREAS_OF_REGION])
CHINA = BLOCS.index("CN")


@kernel
def spread_use(use, ceiling, growth, p, q):
    """One month of Bass uptake towards a moving ceiling, which a month's step reaches at most.

    Parameters
    ----------
    use : array (country, channel), share that uses AI, updated in place
    ceiling : array (country, channel), logit in this month
    growth, p, q : float, a year (growth is already in ``ceiling``)
    """
    for c in range(use.shape[0]):
        for h in range(use.shape[1]):
            top = logistic64(ceiling[c, h] + growth)
            u = use[c, h]
            step = (p + q * u / top) * (top - u) / 12.0
            use[c, h] = min(u + step, top) if top > u else max(u + step, top)


class Users(NamedTuple):
    """Whom a tally counts, and how they weigh.

    Attributes
    ----------
    use, size : array (country, channel), share that uses AI and size (people, GDP, projects)
    people : array (country,), millions aged 15-64
    bloc : int array (country,), order of BLOCS
    eu : bool array (country,), member of the EU
    at_home : bool array (family,), of a lab at home in the EU
    china : array (channel,), weight of China in the world's region (what hubs and routers see)
    mix : array (channel,), weights of the mix of channels
    families, classes : int, how many families and classes of labs there are
    log_price_factor : array (country, origin), log of the law's factor on prices
    elasticity : float, of tokens in the market channel
    """

    use: np.ndarray
    size: np.ndarray
    people: np.ndarray
    bloc: np.ndarray
    eu: np.ndarray
    at_home: np.ndarray
    china: np.ndarray
    mix: np.ndarray
    families: int
    classes: int
    log_price_factor: np.ndarray
    elasticity: float


class Tally(NamedTuple):
    """Shares of one month; ``abroad`` means outside the US and China.

    Attributes
    ----------
    country : float32 array (country, family), over a country's adopters
    world : float32 array (channel + 1, family), by use; the last row is the mix of channels
    slot : array (channel, K), share of the world's use
    eu : array (channel, K), part of that share which is use in the EU
    region : array (region, channel + 1, SHARES); the last channel is the mix
    use : array (country, channel), weight of use, by users
    tokens : array (channel,), of a user in the mean; 1 but in the market channel
    people : array (region,), share of people 15-64 that use AI (consumer)
    concentration : array (2, channel + 1), HHI over labs and over countries of use
    eu_labs : array (2, channel + 1), share of labs at home in the EU in use there and elsewhere
    adopters : int array (slot,), adopters of every slot, alive or not
    ways : array (country, way), share of a country's adopters by class of labs * 4 + mode
    """

    country: np.ndarray
    world: np.ndarray
    slot: np.ndarray
    eu: np.ndarray
    region: np.ndarray
    use: np.ndarray
    tokens: np.ndarray
    people: np.ndarray
    concentration: np.ndarray
    eu_labs: np.ndarray
    adopters: np.ndarray
    ways: np.ndarray

    @classmethod
    def empty(cls, countries: int, families: int) -> Tally:
        """Before the first month: nothing is used, nothing is counted."""
        return cls(
            country=np.zeros((countries, families), np.float32),
            world=np.zeros((N_CHANNELS + 1, families), np.float32),
            slot=np.zeros((N_CHANNELS, 0)),
            eu=np.zeros((N_CHANNELS, 0)),
            region=np.zeros((len(REGIONS), N_CHANNELS + 1, len(SHARES))),
            use=np.zeros((countries, N_CHANNELS)),
            tokens=np.ones(N_CHANNELS),
            people=np.zeros(len(REGIONS)),
            concentration=np.zeros((2, N_CHANNELS + 1)),
            eu_labs=np.zeros((2, N_CHANNELS + 1)),
            adopters=np.zeros(families * N_MODES, np.int64),
            ways=np.zeros((countries, len(ORIGINS) * N_MODES)),
        )


@piece
def sum_regions(parts, in_use, persons, china, mix):
    """Shares by region and channel (the last one the mix), share of people who use AI by region."""
    region = np.zeros((len(REGIONS), N_CHANNELS + 1, len(SHARES)))
    reach = np.empty(len(REGIONS))
    for r in range(len(REGIONS)):
        for h in range(N_CHANNELS):
            denominator = 0.0
            for b in range(len(AREAS)):
                if IN_REGION[r, b]:
                    w = china[h] if (b == CHINA and r == WORLD) else 1.0
                    denominator += w * parts[b, h, len(SHARES)]
                    for kind in range(len(SHARES)):
                        region[r, h, kind] += w * parts[b, h, kind]
            for kind in range(len(SHARES)):
                region[r, h, kind] /= denominator
                region[r, MIX, kind] += mix[h] * region[r, h, kind]
        a, d = 0.0, 0.0
        for b in range(len(AREAS)):
            if IN_REGION[r, b]:
                a += in_use[b]
                d += persons[b]
        reach[r] = a / d
    return region, reach


@piece
def count_eu(parts, within, market):
    """Use in the EU by channel and kind, from its use by alternative, into its row of ``parts``."""
    for h in range(N_CHANNELS):
        for k in range(market.slot.size):
            parts[EU, h, market.origin[k]] += within[h, k]
            if market.mode[k] >= OPEN_WEIGHTS:
                parts[EU, h, OPEN_SHARE] += within[h, k]


@piece
def share_eu_labs(slot, within, at_home, family, mix):
    """Share of labs at home in the EU in use there and elsewhere, by channel (the last the mix).

    Takes shares of the world's use by slot, and the EU's part of them.
    """
    shares = np.zeros((2, N_CHANNELS + 1))
    for h in range(N_CHANNELS):
        used, ours = np.zeros(2), np.zeros(2)
        for k in range(family.size):
            inside, outside = within[h, k], slot[h, k] - within[h, k]
            used[0] += inside
            used[1] += outside
            if at_home[family[k]]:
                ours[0] += inside
                ours[1] += outside
        for place in range(2):
            if used[place] > 0.0:
                shares[place, h] = ours[place] / used[place]
            shares[place, MIX] += mix[h] * shares[place, h]
    return shares


@piece
def share_world(slot, within, total, family, mix, n_family):
    """Divide use by slot, of the world and of the EU, by each channel's total, in place.

    Returns shares of families by channel (the last one the mix).
    """
    world = np.zeros((N_CHANNELS + 1, n_family), np.float32)
    for h in range(N_CHANNELS):
        for k in range(family.size):
            slot[h, k] /= total[h]
            within[h, k] /= total[h]
            world[h, family[k]] += f4(slot[h, k])
            world[MIX, family[k]] += f4(mix[h] * slot[h, k])
    return world


@piece
def sum_countries(values):
    """Sum of an array (country, channel) over countries."""
    total = np.zeros(N_CHANNELS)
    for c in range(values.shape[0]):
        for h in range(N_CHANNELS):
            total[h] += values[c, h]
    return total


@piece
def concentrate(world, weight, mix):
    """HHI over families and over countries of use, by channel (the last one the mix)."""
    n_country, n_family = weight.shape[0], world.shape[1]
    concentration = np.zeros((OVER_COUNTRIES + 1, N_CHANNELS + 1))
    for h in range(N_CHANNELS + 1):
        for f in range(n_family):
            share = float(world[h, f])
            concentration[OVER_LABS, h] += share * share
    part = sum_countries(weight)
    for c in range(n_country):
        mixed = 0.0
        for h in range(N_CHANNELS):
            share = weight[c, h] / part[h]
            concentration[OVER_COUNTRIES, h] += share * share
            mixed += mix[h] * weight[c, h] / part[h]
        concentration[OVER_COUNTRIES, MIX] += mixed * mixed
    return concentration


@piece
def count_people(people, use, bloc, eu):
    """People who use AI, and all people, by area."""
    in_use, persons = np.zeros(len(AREAS)), np.zeros(len(AREAS))
    for c in range(people.size):
        in_use[bloc[c]] += people[c] * use[c, CONSUMER]
        persons[bloc[c]] += people[c]
        if eu[c]:
            in_use[EU] += people[c] * use[c, CONSUMER]
            persons[EU] += people[c]
    return in_use, persons


@piece
def list_in_use(in_cell, slots, used):
    """List the alternatives that a cell uses first, in ``used``; return how many these are.

    Most are not in use, and a branch on each would be mispredicted.
    """
    found = 0
    for k in range(slots.size):
        used[found] = k
        found += 1 if in_cell[slots[k]] > 0 else 0
    return found


@piece
def count_use(market, panel, users):
    """Use by country, alternative and area, and adopters by slot and way, before they are shares.

    The last two arrays are each country's use by channel, by users and by volume.
    """
    start, counts, bloc, eu = panel.start, panel.counts, users.bloc, users.eu
    n_country, n = users.use.shape[0], market.slot.size
    slots = np.empty(n, np.uint64)  # an index that may be negative would be checked
    for k in range(n):
        slots[k] = market.slot[k]
    family, origin, mode, law_class = market.family, market.origin, market.mode, market.law_class
    used = np.empty(n, np.int64)
    country = np.zeros((n_country, users.families), np.float32)
    slot, within = np.zeros((N_CHANNELS, n)), np.zeros((N_CHANNELS, n))
    adopters_of = np.zeros(counts.shape[1], np.int64)
    ways = np.zeros((n_country, N_MODES * users.classes))
    parts = np.zeros((len(AREAS), N_CHANNELS, len(SHARES) + 1))
    weight, volume = np.empty((n_country, N_CHANNELS)), np.empty((n_country, N_CHANNELS))
    by_price, by_law = tokens_by(market.log_price[MARKET], users.log_price_factor, users.elasticity)
    for c in range(n_country):
        b, inside = bloc[c], eu[c]
        adopters = start[(c + 1) * N_CHANNELS] - start[c * N_CHANNELS]
        for h in range(N_CHANNELS):
            cell = c * N_CHANNELS + h
            weight[c, h] = users.size[c, h] * users.use[c, h]
            each = weight[c, h] / (start[cell + 1] - start[cell])
            more = 0.0
            for at in range(list_in_use(counts[cell], slots, used)):
                k = used[at]
                count = counts[cell, slots[k]]
                adopters_of[slots[k]] += count
                ways[c, law_class[k] * N_MODES + mode[k]] += count / adopters
                country[c, family[k]] += f4(count) / f4(adopters)
                lot = count * each
                if h == MARKET:
                    tokens = lot * by_price[k] * by_law[c, origin[k]]
                    more += tokens - lot
                    lot = tokens
                slot[h, k] += lot
                if inside:
                    within[h, k] += lot
                parts[b, h, origin[k]] += lot
                if mode[k] >= OPEN_WEIGHTS:
                    parts[b, h, OPEN_SHARE] += lot
            volume[c, h] = weight[c, h] + more
            parts[b, h, len(SHARES)] += volume[c, h]
            if inside:
                parts[EU, h, len(SHARES)] += volume[c, h]
    return country, slot, within, parts, adopters_of, ways, weight, volume


@kernel
def tally(market, panel, users):
    """Count who uses what, weighted by use.

    Parameters
    ----------
    market : sim.model.kernels.market.Market
    panel : sim.model.kernels.choice.Panel
    users : Users

    Returns
    -------
    Tally
    """
    country, slot, within, parts, adopters_of, ways, weight, volume = count_use(
        market, panel, users
    )
    count_eu(parts, within, market)
    total, family, mix = sum_countries(volume), market.family, users.mix
    world = share_world(slot, within, total, family, mix, users.families)
    in_use, persons = count_people(users.people, users.use, users.bloc, users.eu)
    region, reach = sum_regions(parts, in_use, persons, users.china, mix)
    return Tally(
        country,
        world,
        slot,
        within,
        region,
        weight,
        total / sum_countries(weight),
        reach,
        concentrate(world, volume, mix),
        share_eu_labs(slot, within, users.at_home, family, mix),
        adopters_of,
        ways,
    )


@kernel
def use_by_release(market, slot_share, mix, n):
    """Share of use (mix of channels) of the first n releases of the catalogue."""
    use = np.zeros(n)
    for h in range(N_CHANNELS):
        for k in range(market.slot.size):
            use[market.release[h, k]] += mix[h] * slot_share[h, k]
    return use


@kernel
def origin_shares(market, panel):
    """Share of each origin among the adopters of a cell: array (country, channel, origin)."""
    start, counts = panel.start, panel.counts
    n = (start.size - 1) // N_CHANNELS
    share = np.zeros((n, N_CHANNELS, len(ORIGINS)), np.float32)
    for cell in range(start.size - 1):
        adopters = left = start[cell + 1] - start[cell]
        for k in range(market.slot.size):
            count = counts[cell, market.slot[k]]
            if count > 0:
                share[cell // N_CHANNELS, cell % N_CHANNELS, market.origin[k]] += f4(count) / f4(
                    adopters
                )
                left -= count
                if left == 0:
                    break
    return share
