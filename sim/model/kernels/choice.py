"""Compiled choice of AI releases: the month's market, random-utility reviews, shares.

Random utility with Gumbel noise keyed by (adopter, month, family, mode). The argmax of v + Gumbel is found as the
argmin of Exponential * exp(-v): the same draws and the same choice at the price of one logarithm.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from sim.model.kernels.numerics import (
    GOLDEN,
    draw32,
    exp32,
    exp64,
    f4,
    i4,
    i8,
    inline,
    kernel,
    log32,
    log64,
    logistic64,
    mix64,
    parallel_kernel,
    salt32,
    u8,
    unit32,
)
from sim.vocabulary import API, CHANNELS, CN, DEVELOPER, FLAGGED, GATED, GOVERNMENT, US

NONE = 255
MAX_ALIVE = 96
VECTOR = 8  # lists are filled up to a multiple of this, so that loops run in whole vector registers
NEIGHBOURS = 8
REWIRED = f4(0.1)
N_CHANNELS = len(CHANNELS)

BASE, OPENNESS, PRICE, RISK, RELIEF, EXPOSED, PRIVATE = range(7)
N_TERMS = 7
SLOT, WAY, ORIGIN, FAMILY = range(4)


class Market(NamedTuple):
    """The alternatives of one month: K slots (family, mode), each by its best release per channel."""

    slot: np.ndarray  # (K,) family * 4 + mode
    family: np.ndarray  # (K,)
    origin: np.ndarray  # (K,)
    mode: np.ndarray  # (K,)
    law_class: np.ndarray  # (K,) class of labs that the month's law treats alike
    release: np.ndarray  # (channel, K) row of the catalogue
    log_price: np.ndarray  # (channel, K)
    terms: np.ndarray  # (channel, 7, K): utils all countries share; of openness at full own capacity; lost to price;
    # audit part of perceived risk; share of a denial that is left; whether a supplier can cut the user off;
    # risk that a private finding shows to government users whose suppliers audit
    home_bonus: np.ndarray  # (channel, family) utils of one's own country's families


class Choosers(NamedTuple):
    """What a month's choice reads of each country; way is class of labs (see :class:`sim.model.law.Law`) * 4 + mode."""

    traits: np.ndarray  # (country, channel, 3): own capacity, concern, factor on price weight
    bar: np.ndarray  # (country, channel, way) utils: access, alignment, tastes, disclosed risk, friction, price factor
    wall: np.ndarray  # (country, channel, way) denial in utils
    lost: np.ndarray  # (country, channel, way) friction in utils
    fear: np.ndarray  # (country, origin) utils lost by fear of a cut-off
    cover: np.ndarray  # (country,) share of government use that private audits reach
    home: np.ndarray  # (family,) country of the lab
    origin: np.ndarray  # (family,) origin of the lab
    lock: np.ndarray  # (country, channel, origin) utils lost by leaving a family of an origin, beyond inertia


class Network(NamedTuple):
    """Installed base of last month, and tastes."""

    country: np.ndarray  # (country, family) share over the country's adopters
    world: np.ndarray  # (channel, family) share by use
    derivative: np.ndarray  # (family,) share of the derivative stock
    weights: np.ndarray  # (3,) network weight, scale, peer weight
    taste: np.ndarray  # (256,) exp(-taste) at equally likely tastes


@kernel
def face(
    class_origin,
    log_access,
    access_factor,
    alignment,
    concern,
    capacity,
    income,
    security,
    taste,
    risk,
    b_align,
    flagged,
    friction,
    log_price,
    slope,
):
    """What each country's adopters face: traits and bar of :class:`Choosers`."""
    n, ways = log_access.shape[0], 4 * class_origin.size
    traits, bar = np.empty((n, N_CHANNELS, 3), np.float32), np.empty((n, N_CHANNELS, ways), np.float32)
    for c in range(n):
        for h in range(N_CHANNELS):
            traits[c, h, 0], traits[c, h, 1], traits[c, h, 2] = capacity[c], concern[c, h], income[c]
            for k in range(class_origin.size):
                o = class_origin[k]
                match = 1.0 if o == US else (-1.0 if o == CN else 0.0)
                x = taste[c, o] + access_factor[h] * log_access[c, k, h] + b_align * match * (alignment[c] - 0.5)
                x -= (
                    concern[c, h] * (risk[o] + flagged * (1.0 - security[c, o]))
                    + income[c] * slope[h] * log_price[c, o]
                )
                for way in range(4 * k, 4 * k + 4):
                    bar[c, h, way] = x - friction[c, h, way]
    return traits, bar


@inline
def audited_risk(c, row, flagged, clean):
    """What a public audit adds to the perceived risk of a release."""
    return flagged if c.public_finding[row] == FLAGGED else -clean * c.clean_weight[row]


@kernel
def open_market(
    slots, candidates, month, frontier, familiarity, breadth, need, weights, channel_weights, concern, class_of, c
):
    """Find each slot's best release per channel and its utility that all countries share.

    Parameters
    ----------
    slots : int array (K,)
    candidates : int array (slots, R), newest releases of a slot, -1 where empty
    month : int
    frontier : float, best capability on offer
    familiarity : array (channel, family)
    breadth : array (family,) open releases in the last 12 months
    need : array (channel,) capability that tasks ask for
    weights : array, see :meth:`sim.model.agents.adopters.Adopters.open_market`
    channel_weights : array (channel, 5), factors of capability, openness, price, novelty, breadth
    concern : array (channel,), mean concern of the world's users
    class_of : int array (family,), class of labs that the law treats alike
    c : Columns of the catalogue

    Returns
    -------
    Market
    """
    n, n_family, depth = slots.size, familiarity.shape[1], candidates.shape[1]
    release, log_price = np.empty((N_CHANNELS, n), np.int64), np.empty((N_CHANNELS, n), np.float32)
    terms, home_bonus = np.empty((N_CHANNELS, N_TERMS, n), np.float32), np.empty((N_CHANNELS, n_family), np.float32)
    b_cap, width, b_open, b_price, nov_months, ln_fall, points, mirror_denial, clean, flagged, b_home = weights
    # Candidates of all slots stand side by side, in loops without branches: the compiler takes several at once.
    rows, origin, log_known = candidates[slots].ravel(), np.empty(n, np.int64), np.empty(n_family)
    age, capability, price, audited = np.zeros((4, rows.size))
    for i in range(rows.size):
        r = rows[i]
        if r >= 0:
            age[i], capability[i] = month - c.month[r], c.capability[r]
            price[i] = c.log_price[r] - ln_fall * max(0.0, frontier - c.capability[r]) / points
            audited[i] = audited_risk(c, r, flagged, clean)
    novelty, value, log_breadth = np.empty(rows.size), np.empty(rows.size), np.empty(n_family)
    for i in range(rows.size):
        novelty[i] = exp64(-age[i] / nov_months)
    for f in range(n_family):
        log_breadth[f] = log64(1.0 + breadth[f])
    for h in range(N_CHANNELS):
        f_cap, f_open, f_price, f_novelty, f_breadth = channel_weights[h]
        for f in range(n_family):
            log_known[f] = log64(familiarity[h, f] + 0.001)
            home_bonus[h, f] = b_home + log64(1.001) - log_known[f]
        for i in range(rows.size):
            value[i] = f_cap * 4.0 * b_cap * width * logistic64((capability[i] - need[h]) / width)
            value[i] += f_novelty * novelty[i]
            value[i] = value[i] - f_price * b_price * price[i] - concern[h] * audited[i]
        for k in range(n):
            family, mode = slots[k] // 4, slots[k] % 4
            best, best_value, best_price = -1, -1e300, 0.0
            for i in range(k * depth, (k + 1) * depth):
                if rows[i] >= 0 and value[i] > best_value:
                    best, best_value, best_price = rows[i], value[i], price[i]
            release[h, k], log_price[h, k], origin[k] = best, best_price, c.origin[best]
            shared = log_known[family]
            if mode != API:
                shared += f_breadth * log_breadth[family]
            terms[h, PRICE, k] = f_price * b_price * best_price
            terms[h, RISK, k] = audited_risk(c, best, flagged, clean)
            terms[h, BASE, k] = best_value + f_price * b_price * best_price + concern[h] * terms[h, RISK, k] + shared
            terms[h, OPENNESS, k] = f_open * b_open * c.openness[best]
            terms[h, RELIEF, k] = mirror_denial if c.mirrored[best] else 1.0
            terms[h, EXPOSED, k] = 1.0 if mode == API else (0.0 if c.mirrored[best] else c.controlled[best])
            if mode == GATED and not c.mirrored[best]:
                terms[h, EXPOSED, k] = 1.0
            hidden_flaw = c.private_finding[best] == FLAGGED and c.public_finding[best] != FLAGGED
            terms[h, PRIVATE, k] = flagged if hidden_flaw and h == GOVERNMENT else 0.0
    return Market(slots, slots // 4, origin, slots % 4, class_of[slots // 4], release, log_price, terms, home_bonus)


# Arrays go whole into these functions, with indices: a view of a row would cost a reference count per cell.
# Numba widens 32-bit arithmetic; lists are bytes, since a wider index would halve what a vector register looks up.


@inline
def fill_network(net, own, world, derivative, weights, home, home_bonus, c, h):
    """Utils of the installed base, and of one's own country's labs, for every family."""
    for f in range(derivative.size):
        net[f] = f4(0.5) * own[c, f] + f4(0.3) * world[h, f] + f4(0.2) * derivative[f]
    for f in range(net.size):
        net[f] = weights[0] * log32(f4(1) + weights[1] * net[f])
    for f in range(derivative.size):
        if home[f] == c:
            net[f] += home_bonus[h, f]


@kernel
def list_alternatives(market):
    """Alternatives on offer per channel, side by side: developers choose among weights only.

    Returns
    -------
    listed : int array (channel,), how many, filled up to whole vectors by alternatives that nobody takes
    lists : uint8 array (channel, 4, 96): slot, way, origin, family
    salts : uint32 array (channel, 96), of the slots
    terms : float32 array (channel, 7, 96), as in the market
    """
    listed = np.zeros(N_CHANNELS, np.int64)
    lists, salts = np.zeros((N_CHANNELS, 4, MAX_ALIVE), np.uint8), np.zeros((N_CHANNELS, MAX_ALIVE), np.uint32)
    terms = np.zeros((N_CHANNELS, N_TERMS, MAX_ALIVE), np.float32)
    terms[:, BASE] = -np.inf
    for h in range(N_CHANNELS):
        for k in range(market.slot.size):
            if h != DEVELOPER or market.mode[k] != API:
                at = listed[h]
                lists[h, SLOT, at], lists[h, WAY, at] = market.slot[k], market.law_class[k] * 4 + market.mode[k]
                lists[h, ORIGIN, at], lists[h, FAMILY, at] = market.origin[k], market.family[k]
                salts[h, at] = salt32(market.slot[k])
                for t in range(N_TERMS):
                    terms[h, t, at] = market.terms[h, t, k]
                listed[h] += 1
        listed[h] = -(-listed[h] // VECTOR) * VECTOR
    return listed, lists, salts, terms


@inline
def fill_row(v, size, terms, lists, net, traits, bar, wall, fear, cover, barred, c, h):
    """Utilities v[k] of one country and channel, before tastes, inertia and noise."""
    capacity, concern, income = traits[c, h, 0], traits[c, h, 1], traits[c, h, 2]
    for k in range(size):
        v[k] = (
            terms[h, BASE, k]
            + capacity * terms[h, OPENNESS, k]
            - concern * terms[h, RISK, k]
            - income * terms[h, PRICE, k]
        )
    for k in range(size):
        v[k] += bar[c, h, lists[h, WAY, k]] + net[lists[h, FAMILY, k]]
    if barred[c]:
        for k in range(size):
            way, origin = lists[h, WAY, k], lists[h, ORIGIN, k]
            v[k] -= wall[c, h, way] * terms[h, RELIEF, k] + fear[c, origin] * terms[h, EXPOSED, k]
            v[k] -= concern * cover[c] * terms[h, PRIVATE, k]


@inline
def meets_bars(wall, fear, cover):
    """Whether a country's adopters meet any denial, fear or private finding: bool array (country,)."""
    barred = np.zeros(wall.shape[0], np.bool_)
    for c in range(wall.shape[0]):
        met = cover[c] != 0
        for o in range(3):
            met |= fear[c, o] != 0
        for h in range(N_CHANNELS):
            for way in range(wall.shape[2]):
                met |= wall[c, h, way] != 0
        barred[c] = met
    return barred


@inline
def weigh(v, size):
    """Turn utilities into exp(best - v)."""
    a, b, c, d = v[0], v[0], v[0], v[0]
    for k in range(0, size - 3, 4):  # four running maxima, since one would wait for itself
        a, b, c, d = max(a, v[k]), max(b, v[k + 1]), max(c, v[k + 2]), max(d, v[k + 3])
    for k in range(size - size % 4, size):
        a = max(a, v[k])
    top = max(max(a, b), max(c, d))
    for k in range(size):
        v[k] = exp32(min(top - v[k], f4(60)))


@inline
def fill_stay(stay, inertia, lock, c, h):
    """exp(-cost of leaving a family) for every origin of the family, of one country and channel."""
    for o in range(3):
        stay[o] = exp32(-min(inertia[h] + lock[c, h, o], f4(60)))


@inline
def has_tastes(i, key, table, taste):
    """exp(-taste) of adopter i for every family, filled up to eights: eight share one hash, a byte each."""
    person = mix64(key + u8(i) * GOLDEN)
    for first in range(0, taste.size, 8):
        bits = mix64(person + u8(first) * GOLDEN)
        for f in range(8):
            taste[first + f] = table[(bits >> u8(8 * f)) & u8(255)]


@inline
def run_race(key, size, lists, salts, h, v, taste):
    """Alternative with the least Exponential * exp(-v): positive floats sort like integers, the low bits carry k."""
    best = i4(2147483647)
    for k in range(size):
        x = -log32(draw32(key, salts[h, k])) * v[k] * taste[lists[h, FAMILY, k]]
        best = min(best, i4((f4(x).view(i4) & i4(-128)) | i4(k)))
    return best & i4(127)


@inline
def ask_neighbours(i, before, peer, key, taste):
    """Neighbours on a small-world ring (8 of them, a tenth rewired) pull towards their families."""
    n = before.size
    push = exp32(-peer / f4(NEIGHBOURS))
    for e in range(NEIGHBOURS):
        x = mix64(key + u8(i * NEIGHBOURS + e) * GOLDEN)
        step = e - 4 if e < 4 else e - 3
        j = i8((x >> u8(8)) % u8(n)) if unit32(x) < REWIRED else (i + step) % n
        if before[j] != NONE:
            taste[before[j] // 4] *= push


@kernel
def choose(first, last, start, choice, before, counts, market, who, network, review, inertia, newcomers, keys, graph):
    """Reviews of the cells [first, last): updates ``choice`` (adopter) and ``counts`` (cell, slot) in place."""
    # Arrays are taken out of the records once: inside the loop each access would cost a reference count.
    bonus = market.home_bonus
    traits, bar, wall, fear, home = who.traits, who.bar, who.wall, who.fear, who.home
    origin, lock, stay = who.origin, who.lock, np.empty(3, np.float32)
    own, world, derivative, weights, table = (
        network.country,
        network.world,
        network.derivative,
        network.weights,
        network.taste,
    )
    listed, lists, salts, terms = list_alternatives(market)
    cover = who.cover
    barred = meets_bars(wall, fear, cover)
    v = np.empty(MAX_ALIVE, np.float32)
    net = np.zeros(
        -(-own.shape[1] // 32) * 32, np.float32
    )  # filled up: loops over families take four registers at once
    taste = np.empty(-(-own.shape[1] // 8) * 8, np.float32)
    largest = 0
    for cell in range(first, last):
        largest = max(largest, start[cell + 1] - start[cell])
    ids = np.empty(largest + 1, np.int64)
    for cell in range(first, last):
        c, h = cell // N_CHANNELS, cell % N_CHANNELS
        limit = newcomers + (f4(1) - newcomers) * review[h]
        n = 0
        for i in range(start[cell], start[cell + 1]):
            ids[n] = i
            n += 1 if (unit32(mix64(keys[0] + u8(i) * GOLDEN)) < limit or before[i] == NONE) else 0
        if n == 0:
            continue
        size = listed[h]
        if size == 0:  # nothing on offer: adopters stay without a choice
            continue
        fill_network(net, own, world, derivative, weights, home, bonus, c, h)
        fill_row(v, size, terms, lists, net, traits, bar, wall, fear, cover, barred, c, h)
        weigh(v, size)
        fill_stay(stay, inertia, lock, c, h)
        for q in range(n):
            i = ids[q]
            current = before[i]
            has_tastes(i, keys[1], table, taste)
            if current != NONE and unit32(mix64(keys[0] + u8(i) * GOLDEN)) >= newcomers:
                taste[current // 4] *= stay[origin[current // 4]]
            if graph:
                ask_neighbours(i, before, weights[2], keys[3], taste)
            new = lists[h, SLOT, run_race(mix64(keys[2] + u8(i) * GOLDEN), size, lists, salts, h, v, taste)]
            choice[i] = new
            if current != NONE:
                counts[cell, current] -= 1
            counts[cell, new] += 1


@parallel_kernel
def choose_parallel(
    blocks, start, choice, before, counts, market, who, network, review, inertia, newcomers, keys, graph
):
    """:func:`choose` over blocks of cells on several threads; cells never share a count, so the bits are the same."""
    for b in nb.prange(blocks.size - 1):
        choose(
            blocks[b],
            blocks[b + 1],
            start,
            choice,
            before,
            counts,
            market,
            who,
            network,
            review,
            inertia,
            newcomers,
            keys,
            graph,
        )
