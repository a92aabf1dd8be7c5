"""Compiled choice of AI releases: random-utility reviews of alternatives, an adopter at a time.

Adopter i of country c and channel h takes the alternative k of the month of the highest utility u
(docs/model.md 7.8). k is a family f in a mode; o is the origin of what it offers, w its way (class
of labs and mode). All terms are in utils:

    u = terms[h, BASE, k]                       value, novelty, familiarity, breadth Market.terms
      + log reach[zone of c, h, slot]           whom the lab serves                  Choosers.reach
      + capacity[c] * terms[h, OPENNESS, k]     openness to those with own capacity  Choosers.traits
      - income[c] * terms[h, PRICE, k]          log price                            Choosers.traits
      - concern[c, h] * terms[h, RISK, k]       what a public audit says             Choosers.traits
      + offset[c, h, w]                         :func:`~countries.country_traits`    Choosers.offset
            = access_factor[h] * log access[c, class, h] + taste[c, o]
            + alignment weight * match[o] * (alignment[c] - 0.5)
            - concern[c, h] * (risk[o] + flagged * (1 - trust in security[c, o]))
            - income[c] * price weight[h] * log price factor[c, o] - friction[c, h, w]
      + net[f]                                  :func:`fill_network`                 Network
            = weight * log(1 + scale * (0.5 own country + 0.3 world + 0.2 derivatives))
            + home_bonus[h, f] at home
      - denial[c, h, w] * terms[h, RELIEF, k]   barriers that a mirror relieves      Choosers.denial
      - fear[c, o] * terms[h, EXPOSED, k]       distrust of a supply that can stop   Choosers.fear
      - concern[c, h] * cover[c] * terms[h, PRIVATE, k]  private findings            Choosers.cover
      + taste[i, f]                             :func:`draw_tastes`                  Panel.taste
      - inertia[h] - lock_in[c, h, o of the family left]  if the family changes  :func:`fill_stay`
      + peer weight / 8 for each neighbour in f :func:`ask_neighbours`               Network.peer
      + Gumbel, keyed by (adopter, month, slot) :func:`run_race`

The argmax of v + Gumbel is found as the argmin of Exponential * exp(-v): the same draws and the
same choice at the price of one logarithm. So what an adopter adds to the utility of a family is a
factor exp(-utils) on it.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from sim.model.kernels.countries import CAPACITY, CONCERN, INCOME
from sim.model.kernels.market import (
    BASE,
    EXPOSED,
    FAMILY,
    MAX_ALIVE,
    N_CHANNELS,
    N_MODES,
    OPENNESS,
    ORIGIN,
    PRICE,
    PRIVATE,
    RELIEF,
    RISK,
    SLOT,
    WAY,
    list_alternatives,
)
from sim.model.kernels.numerics import (
    GOLDEN,
    bits32,
    draw32,
    exp32,
    f4,
    i4,
    i8,
    inline,
    kernel,
    log32,
    mix64,
    parallel_kernel,
    piece,
    u4,
    u8,
    unit32,
)
from sim.vocabulary import ORIGINS

NONE = 255  # in place of a slot: an adopter without a choice
NEIGHBOURS = 8
REWIRED = f4(0.1)  # share of neighbours from anywhere in the panel: judgement, 0.05-0.3
# Parts of the installed base: judgement.
OWN_COUNTRY, WHOLE_WORLD, DERIVATIVES = f4(0.5), f4(0.3), f4(0.2)
# Differences are cut here, far inside the range of a single-precision exponential.
LARGEST_UTIL = f4(60)
N_ORIGINS = len(ORIGINS)
# The low seven bits of a score carry the alternative's place.
PLACE_BITS, SCORE_BITS = i4(127), i4(-128)


class Network(NamedTuple):
    """Installed base of last month.

    Attributes
    ----------
    country : float32 array (country, family), share over the country's adopters
    world : float32 array (channel, family), share by use
    derivative : float32 array (family,), share of the derivative stock
    weight, scale, peer : float32, utils by log unit, factor on shares, utils if all neighbours are
        in a family
    """

    country: np.ndarray
    world: np.ndarray
    derivative: np.ndarray
    weight: np.float32
    scale: np.float32
    peer: np.float32


class Panel(NamedTuple):
    """The adopters, cell by cell; ``choice`` and ``counts`` are changed in place.

    Attributes
    ----------
    start : int array (cell + 1,), first adopter of every cell
    key : uint64 array (cell,), of the cell's draws; an adopter's own follow from it and its number
        within the cell
    choice, before : uint8 array (adopter,), slot in use now and at the end of last month, 255 for
        none
    counts : int16 array (cell, slot), adopters; the largest panel has cells of 13,000
    taste : uint8 array (adopter, family), level of taste, as :func:`draw_tastes` gives it
    """

    start: np.ndarray
    key: np.ndarray
    choice: np.ndarray
    before: np.ndarray
    counts: np.ndarray
    taste: np.ndarray


class ReviewTerms(NamedTuple):
    """Who reviews, and what holds back who does.

    Attributes
    ----------
    review : float32 array (channel,), probability a month
    inertia : float32 array (channel,), utils
    newcomers : float32, share that chooses without inertia
    graph : bool, whether adopters have neighbours
    review_key, choice_key, graph_key, ban_key : uint64, keys of the month's draws
    levels : float32 array (256,), exp(-taste) at equally likely tastes
    """

    review: np.ndarray
    inertia: np.ndarray
    newcomers: np.float32
    graph: bool
    review_key: np.uint64
    choice_key: np.uint64
    graph_key: np.uint64
    ban_key: np.uint64
    levels: np.ndarray


# Arrays go into these functions whole and one by one: a view of a row, or an array taken out of a
# record, would cost a reference count per cell. Numba widens 32-bit arithmetic; lists are bytes,
# since a wider index would halve what a vector register looks up.


@piece
def fill_network(net, own, world, derivative, weight, scale, home, home_bonus, c, h):
    """Utils of the installed base, and of one's own country's labs, for every family."""
    for f in range(derivative.size):
        net[f] = OWN_COUNTRY * own[c, f] + WHOLE_WORLD * world[h, f] + DERIVATIVES * derivative[f]
    for f in range(net.size):
        net[f] = weight * log32(f4(1) + scale * net[f])
    for f in range(derivative.size):
        if home[f] == c:
            net[f] += home_bonus[h, f]


@piece
def add_reach(terms, lists, listed, reach):
    """BASE of every alternative with the log of its lab's reach: float32 array (zone, channel, 96).

    All countries of a zone share it, so that reach costs the loops over cells nothing.
    """
    base = np.empty((reach.shape[0], N_CHANNELS, MAX_ALIVE), np.float32)
    for z in range(reach.shape[0]):
        for h in range(N_CHANNELS):
            for k in range(listed[h]):
                base[z, h, k] = terms[h, BASE, k] + reach[z, h, lists[h, SLOT, k]]
    return base


@piece
def begin_row(v, size, base, z, h):
    """Begin utilities v[k] of one zone and channel with BASE and reach, as in :func:`add_reach`.

    Among the many arrays of :func:`fill_row` this one would keep all their references counted.
    """
    for k in range(size):
        v[k] = base[z, h, k]


@piece
def fill_row(v, size, terms, lists, net, traits, offset, denial, fear, cover, bar, c, h):
    """Add what else the utilities of one country and channel are, but tastes, inertia and noise.

    ``bar`` is that of :func:`meets_bars`.
    """
    capacity, concern, income = traits[c, h, CAPACITY], traits[c, h, CONCERN], traits[c, h, INCOME]
    for k in range(size):
        v[k] = (
            v[k]
            + capacity * terms[h, OPENNESS, k]
            - concern * terms[h, RISK, k]
            - income * terms[h, PRICE, k]
        )
    for k in range(size):
        v[k] += offset[c, h, lists[h, WAY, k]] + net[lists[h, FAMILY, k]]
    if bar:
        for k in range(size):
            way, origin = lists[h, WAY, k], lists[h, ORIGIN, k]
            v[k] -= denial[c, h, way] * terms[h, RELIEF, k] + fear[c, origin] * terms[h, EXPOSED, k]
            v[k] -= concern * cover[c] * terms[h, PRIVATE, k]


@piece
def meets_bars(denial, fear, cover, c):
    """Whether adopters of country c meet denial, fear or private findings."""
    met = cover[c] != 0
    for o in range(N_ORIGINS):
        met |= fear[c, o] != 0
    for h in range(N_CHANNELS):
        for way in range(denial.shape[2]):
            met |= denial[c, h, way] != 0
    return met


@piece
def weigh(v, size):
    """Turn utilities into exp(best - v); False if nobody serves here."""
    a, b, c, d = v[0], v[0], v[0], v[0]
    for k in range(0, size - 3, 4):  # four running maxima, since one would wait for itself
        a, b, c, d = max(a, v[k]), max(b, v[k + 1]), max(c, v[k + 2]), max(d, v[k + 3])
    for k in range(size - size % 4, size):
        a = max(a, v[k])
    top = max(max(a, b), max(c, d))
    if top == -np.inf:
        return False
    for k in range(size):
        v[k] = exp32(min(top - v[k], LARGEST_UTIL))
    return True


@piece
def fill_stay(stay, inertia, lock_in, c, h):
    """exp(-cost of leaving a family) for every origin of the family, of one country and channel."""
    for o in range(N_ORIGINS):
        stay[o] = exp32(-min(inertia[h] + lock_in[c, h, o], LARGEST_UTIL))


@kernel
def draw_tastes(start, cell_key, taste_key, salts):
    """Draw the level of taste of every adopter for every family, once and for all.

    Parameters
    ----------
    start, cell_key
        As in :class:`Panel`.
    taste_key : uint64, key of the draws
    salts : uint32 array (family,)

    Returns
    -------
    uint8 array (adopter, family), filled up to a multiple of 8 families with zeros
        One of 256 equally likely levels each. Levels and no values, which would take four times
        the memory.
    """
    drawn = np.zeros((start[-1], -(-salts.size // 8) * 8), np.uint8)
    for cell in range(start.size - 1):
        for i in range(start[cell], start[cell + 1]):
            person = mix64(taste_key + (cell_key[cell] + u8(i - start[cell]) * GOLDEN))
            for f in range(salts.size):
                drawn[i, f] = bits32(person, salts[f]) >> u4(24)
    return drawn


@inline
def take_tastes(i, tastes, levels, taste):
    """exp(-taste) of adopter i for every family."""
    for f in range(taste.size):
        taste[f] = levels[tastes[i, f]]


@inline
def run_race(key, size, lists, salts, h, v, taste):
    """Alternative with the least Exponential * exp(-v).

    Positive floats sort like integers; the low bits carry k.
    """
    best = i4(2147483647)
    for k in range(size):
        x = -log32(draw32(key, salts[h, k])) * v[k] * taste[lists[h, FAMILY, k]]
        best = min(best, i4((f4(x).view(i4) & SCORE_BITS) | i4(k)))
    return best & PLACE_BITS


@piece
def ask_neighbours(i, person, before, peer, taste):
    """Neighbours on a small-world ring (8 of them, a tenth rewired) pull towards their families."""
    n = before.size
    push = exp32(-peer / f4(NEIGHBOURS))
    for e in range(NEIGHBOURS):
        x = mix64(person + u8(e) * GOLDEN)
        step = e - 4 if e < 4 else e - 3
        j = i8((x >> u8(8)) % u8(n)) if unit32(x) < REWIRED else (i + step) % n
        if before[j] != NONE:
            taste[before[j] // N_MODES] *= push


@piece
def find_reviewers(ids, first, last, cell_key, review_key, limit, before):
    """Fill in who of a cell's adopters reviews this month; returns how many do."""
    n = 0
    for i in range(first, last):
        ids[n] = i
        person = cell_key + u8(i - first) * GOLDEN
        n += 1 if (unit32(mix64(review_key + person)) < limit or before[i] == NONE) else 0
    return n


@kernel
def choose(first, last, panel, market, who, network, terms):
    """Reviews of the cells [first, last): updates ``choice`` and ``counts`` of the panel in place.

    Parameters
    ----------
    first, last : int
    panel : Panel
    market : sim.model.kernels.market.Market
    who : sim.model.kernels.countries.Choosers
    network : Network
    terms : ReviewTerms
    """
    # Arrays are taken out of the records once: inside the loop each access would cost a reference
    # count.
    start, cell_key, counts = panel.start, panel.key, panel.counts
    choice, before = panel.choice, panel.before
    origin, lock_in, inertia = who.origin, who.lock_in, terms.inertia
    newcomers, graph, graph_key = terms.newcomers, terms.graph, terms.graph_key
    review_key, choice_key, tastes = terms.review_key, terms.choice_key, panel.taste
    traits, offset, denial = who.traits, who.offset, who.denial
    fear, cover, home, zone = who.fear, who.cover, who.home, who.zone
    own, world, derivative = network.country, network.world, network.derivative
    weight, scale, bonus = network.weight, network.scale, market.home_bonus
    peer, review, families = network.peer, terms.review, own.shape[1]
    levels = terms.levels
    listed, lists, salts, shared = list_alternatives(market)
    base = add_reach(shared, lists, listed, who.reach)
    bar = np.empty(denial.shape[0], np.bool_)
    for c in range(bar.size):
        bar[c] = meets_bars(denial, fear, cover, c)
    v, stay = np.empty(MAX_ALIVE, np.float32), np.empty(N_ORIGINS, np.float32)
    # Filled up: loops over families take four registers at once.
    net = np.zeros(-(-families // 32) * 32, np.float32)
    taste = np.empty(tastes.shape[1], np.float32)
    largest = 0
    for cell in range(first, last):
        largest = max(largest, start[cell + 1] - start[cell])
    ids = np.empty(largest + 1, np.int64)
    for cell in range(first, last):
        c, h = cell // N_CHANNELS, cell % N_CHANNELS
        limit, size = newcomers + (f4(1) - newcomers) * review[h], listed[h]
        begin, end, key = start[cell], start[cell + 1], cell_key[cell]
        n = find_reviewers(ids, begin, end, key, review_key, limit, before)
        if n == 0 or size == 0:
            continue
        fill_network(net, own, world, derivative, weight, scale, home, bonus, c, h)
        begin_row(v, size, base, zone[c], h)
        fill_row(v, size, shared, lists, net, traits, offset, denial, fear, cover, bar[c], c, h)
        if not weigh(v, size):  # with nothing on offer adopters stay without a choice
            continue
        fill_stay(stay, inertia, lock_in, c, h)
        for q in range(n):
            i = ids[q]
            current, person = before[i], key + u8(i - begin) * GOLDEN
            take_tastes(i, tastes, levels, taste)
            if current != NONE and unit32(mix64(review_key + person)) >= newcomers:
                taste[current // N_MODES] *= stay[origin[current // N_MODES]]
            if graph:
                ask_neighbours(i, mix64(graph_key + person), before, peer, taste)
            won = run_race(mix64(choice_key + person), size, lists, salts, h, v, taste)
            new = lists[h, SLOT, won]
            choice[i] = new
            if current != NONE:
                counts[cell, current] -= 1
            counts[cell, new] += 1


@parallel_kernel
def choose_parallel(blocks, panel, market, who, network, terms):
    """:func:`choose` over blocks of cells on several threads.

    Cells never share a count, so the bits are the same.
    """
    for b in nb.prange(blocks.size - 1):
        choose(blocks[b], blocks[b + 1], panel, market, who, network, terms)
