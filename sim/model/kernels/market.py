"""Compiled market: the month's alternatives, and what all countries see alike in them.

An alternative k is a slot, that is a family of releases f (a lab) in a mode m. It offers one
release per channel h: of its newest candidates r the one of highest

    value[r] = capability_factor[h] * capability * 4 * width
             * worth((capability of r - need[h]) / width)
             + novelty_factor[h] * novelty weight * exp(-age of r / novelty_months)
             - price_factor[h] * price weight * log price of r
             - mean concern[h] * audited risk of r

where worth(x) is the logistic of x, and below -1 the line that touches it there (``LOGISTIC``): of
releases that are too weak for a task, the weaker one is worth less by as much with each point. The
scenario may ask for the line that touches it at 0 throughout instead (``LINEAR``).

What a country's adopters add to it or take from it needs the terms apart. ``Market.terms`` holds
them for the release that is offered, each (channel, K), in the numbering below; those of price and
risk are positive where they deter.

    BASE      value + price + mean concern * audited risk                    utils
              + log(familiarity[h, f] + 0.001)
              + breadth_factor[h] * log(1 + open releases of f in 12 months) weights only
    OPENNESS  openness_factor[h] * openness weight * openness of r           utils at own capacity 1
    PRICE     price_factor[h] * price weight * log price of r                utils
    RISK      what a public audit adds to perceived risk                     utils at a concern of 1
    RELIEF    share of a denial left: ``mirror_denial`` once mirrored        0-1
    EXPOSED   whether a supplier can cut the user off                        0-1
    PRIVATE   risk that a private finding shows to covered government users  utils at a concern of 1
"""

from __future__ import annotations

from math import exp, inf
from typing import NamedTuple

import numpy as np

from sim.model.kernels.numerics import exp64, kernel, log64, logistic64, piece
from sim.vocabulary import API, CHANNELS, DEVELOPER, FLAGGED, GATED, GOVERNMENT, MODES

MAX_ALIVE = 96
VECTOR = 8  # lists are filled up to a multiple of this, so that loops run in whole vector registers
N_CHANNELS, N_MODES = len(CHANNELS), len(MODES)
BARELY_KNOWN = 0.001  # familiarity that a family has at least: keeps the logarithm finite
UNIT_SLOPE = 4.0  # a logistic is steepest at its centre, with a slope of 1/4
NOT_OFFERED = -1

BASE, OPENNESS, PRICE, RISK, RELIEF, EXPOSED, PRIVATE = range(7)
N_TERMS = 7
SLOT, WAY, ORIGIN, FAMILY = range(4)
"""Rows of the lists of alternatives; a way is class of labs (see :class:`sim.model.law.Law`) * 4 +
mode."""


class Bends(NamedTuple):
    """Where the worth of capability leaves the logistic for the lines that touch it there.

    Attributes
    ----------
    below, above : float, widths of the logistic from the need
    slope_below, slope_above : float, of the logistic there
    """

    below: float
    above: float
    slope_below: float
    slope_above: float


def bends(below: float, above: float) -> Bends:
    """Return bends with the slopes of the logistic there."""
    slopes = (exp(-x) / (1.0 + exp(-x)) ** 2 for x in (below, above))
    return Bends(below, above, *slopes)


LOGISTIC, LINEAR = bends(-1.0, inf), bends(0.0, 0.0)


class ChoiceWeights(NamedTuple):
    """Weights of the choice that hold in every channel.

    They are parameters of the model, see docs/model.md 7.8.

    Attributes
    ----------
    capability, openness, price, home : float, utils
        By unit of value, of openness at full own capacity, of log price, and for one's own
        country's families.
    width : float, index points
    bends : Bends, of the worth of capability
    novelty_months : float
    price_fall : float
        Fall of log price over ``price_points`` index points behind the frontier.
    price_points : float, index points
    price_floor : float, log of the least price against the closed leader's
    mirror_denial : float, share of a denial that a mirror leaves
    clean, flagged : float, utils at a concern of 1 that a clean audit takes from perceived risk,
        and a flag adds
    """

    capability: float
    width: float
    bends: Bends
    openness: float
    price: float
    novelty_months: float
    price_fall: float
    price_points: float
    price_floor: float
    mirror_denial: float
    clean: float
    flagged: float
    home: float


class ChannelFactors(NamedTuple):
    """Factors on the weights: float64 arrays (channel,).

    Novelty and breadth are weights themselves (utils).
    """

    capability: np.ndarray
    openness: np.ndarray
    price: np.ndarray
    novelty: np.ndarray
    breadth: np.ndarray


class Supply(NamedTuple):
    """What is on offer in a month, and what is known of it everywhere.

    Attributes
    ----------
    slots : int array (K,), family * 4 + mode
    salt : uint32 array (channel, K), of the draws about each slot: of its family where a family is
        one alternative
    candidates : int array (slots, R), newest releases of a slot, -1 where empty
    month : int
    frontier : float, index points of the best release
    familiarity : array (channel, family), 0-1
    breadth : array (family,), open releases in the last 12 months
    need : array (channel,), index points that tasks ask for
    concern : array (channel,), mean concern of the world's users
    class_of : int array (family,), class of labs that the month's law treats alike
    """

    slots: np.ndarray
    salt: np.ndarray
    candidates: np.ndarray
    month: int
    frontier: float
    familiarity: np.ndarray
    breadth: np.ndarray
    need: np.ndarray
    concern: np.ndarray
    class_of: np.ndarray


class Market(NamedTuple):
    """The alternatives of one month: K slots (family, mode), each by its best release per channel.

    Attributes
    ----------
    slot : int array (K,), family * 4 + mode
    salt : uint32 array (channel, K), of the draws about each slot: of its family where a family is
        one alternative
    family, origin, mode : int array (K,)
    law_class : int array (K,), class of labs that the month's law treats alike
    release : int array (channel, K), row of the catalogue
    log_price : float32 array (channel, K)
    terms : float32 array (channel, 7, K), see the module
    home_bonus : float32 array (channel, family), utils of one's own country's families
    """

    slot: np.ndarray
    salt: np.ndarray
    family: np.ndarray
    origin: np.ndarray
    mode: np.ndarray
    law_class: np.ndarray
    release: np.ndarray
    log_price: np.ndarray
    terms: np.ndarray
    home_bonus: np.ndarray


# Arrays go into these functions one by one: a record would cost a reference count for each of its
# arrays at every call.


@piece
def audited_risk(public, belief, row, flagged, clean):
    """What a public audit adds to the perceived risk of a release."""
    return flagged if public[row] == FLAGGED else -clean * belief[row]


@piece
def worth(x, at):
    """Value of capability: the logistic between two bends, and the lines that touch it there."""
    inner = logistic64(min(max(x, at.below), at.above))
    return inner + at.slope_below * min(x - at.below, 0.0) + at.slope_above * max(x - at.above, 0.0)


@piece
def fallen(capability, frontier, weights):
    """Fall of log price of a release behind the frontier."""
    return weights.price_fall * max(0.0, frontier - capability) / weights.price_points


@piece
def fill_known(log_known, home_bonus, familiarity, home, h):
    """Utils of familiarity, and what families of one's own country have beyond, in one channel."""
    for f in range(log_known.size):
        log_known[f] = log64(familiarity[h, f] + BARELY_KNOWN)
        home_bonus[h, f] = home + log64(1.0 + BARELY_KNOWN) - log_known[f]


@piece
def fill_terms(terms, slots, release, mirrored, controlled, public, private, weights, h):
    """Terms of a channel's alternatives that do not depend on how releases of a slot compare."""
    for k in range(slots.size):
        best, mode = release[h, k], slots[k] % N_MODES
        terms[h, RELIEF, k] = weights.mirror_denial if mirrored[best] else 1.0
        terms[h, EXPOSED, k] = 1.0 if mode == API else (0.0 if mirrored[best] else controlled[best])
        if mode == GATED and not mirrored[best]:
            terms[h, EXPOSED, k] = 1.0
        hidden_flaw = private[best] == FLAGGED and public[best] != FLAGGED
        terms[h, PRIVATE, k] = weights.flagged if hidden_flaw and h == GOVERNMENT else 0.0


@piece
def fill_value(value, capability, novelty, price, audited, weights, factors, need, concern, h):
    """Utils of all candidates in one channel, as slots compare them."""
    width, at, f_novelty = weights.width, weights.bends, factors.novelty[h]
    steep = factors.capability[h] * UNIT_SLOPE * weights.capability * width
    to_price = factors.price[h] * weights.price
    # One expression a step, in a loop of its own: the compiler takes several at once.
    for i in range(value.size):
        value[i] = steep * worth((capability[i] - need) / width, at)
        value[i] += f_novelty * novelty[i]
        value[i] = value[i] - to_price * price[i] - concern * audited[i]


@kernel
def open_market(supply, weights, factors, c):
    """Find each slot's best release per channel and its terms of utility that all countries share.

    Parameters
    ----------
    supply : Supply
    weights : ChoiceWeights
    factors : ChannelFactors
    c : sim.model.catalogue.Columns

    Returns
    -------
    Market
    """
    slots, origin_of, openness_of = supply.slots, c.origin, c.openness
    public, private = c.public_finding, c.private_finding
    mirrored, controlled = c.mirrored, c.controlled
    belief, month, capability_of, price_of = c.clean_weight, c.month, c.capability, c.log_price
    n, n_family, depth = slots.size, supply.breadth.size, supply.candidates.shape[1]
    release, log_price = np.empty((N_CHANNELS, n), np.int64), np.empty((N_CHANNELS, n), np.float32)
    terms = np.empty((N_CHANNELS, N_TERMS, n), np.float32)
    home_bonus = np.empty((N_CHANNELS, n_family), np.float32)
    # Candidates stand side by side, in loops without branches: the compiler takes several at once.
    count = n * depth
    rows, origin, log_known = np.empty(count, np.int64), np.empty(n, np.int64), np.empty(n_family)
    age, capability = np.zeros(count), np.zeros(count)
    price, audited = np.zeros(count), np.zeros(count)
    for i in range(count):
        rows[i] = r = supply.candidates[slots[i // depth], i % depth]
        if r >= 0:
            age[i], capability[i] = supply.month - month[r], capability_of[r]
            price[i] = max(
                price_of[r] - fallen(capability_of[r], supply.frontier, weights),
                weights.price_floor,
            )
            audited[i] = audited_risk(public, belief, r, weights.flagged, weights.clean)
    novelty, value, log_breadth = np.empty(count), np.empty(count), np.empty(n_family)
    for i in range(count):
        novelty[i] = exp64(-age[i] / weights.novelty_months)
    for f in range(n_family):
        log_breadth[f] = log64(1.0 + supply.breadth[f])
    for h in range(N_CHANNELS):
        need, concern = supply.need[h], supply.concern[h]
        f_price, f_open, f_breadth = factors.price[h], factors.openness[h], factors.breadth[h]
        fill_known(log_known, home_bonus, supply.familiarity, weights.home, h)
        fill_value(value, capability, novelty, price, audited, weights, factors, need, concern, h)
        for k in range(n):
            family, mode = slots[k] // N_MODES, slots[k] % N_MODES
            best, best_value, best_price = NOT_OFFERED, -1e300, 0.0
            for i in range(k * depth, (k + 1) * depth):
                if rows[i] >= 0 and value[i] > best_value:
                    best, best_value, best_price = rows[i], value[i], price[i]
            release[h, k], log_price[h, k], origin[k] = best, best_price, origin_of[best]
            known = log_known[family] + (f_breadth * log_breadth[family] if mode != API else 0.0)
            terms[h, PRICE, k] = to_price = f_price * weights.price * best_price
            terms[h, RISK, k] = audited_risk(public, belief, best, weights.flagged, weights.clean)
            terms[h, BASE, k] = best_value + to_price + concern * terms[h, RISK, k] + known
            terms[h, OPENNESS, k] = f_open * weights.openness * openness_of[best]
        fill_terms(terms, slots, release, mirrored, controlled, public, private, weights, h)
    families, modes, classes = np.empty_like(slots), np.empty_like(slots), np.empty_like(slots)
    for k in range(n):
        families[k], modes[k] = slots[k] // N_MODES, slots[k] % N_MODES
        classes[k] = supply.class_of[families[k]]
    return Market(
        slots, supply.salt, families, origin, modes, classes, release, log_price, terms, home_bonus
    )


@piece
def list_alternatives(market):
    """Alternatives on offer per channel, side by side: developers choose among weights only.

    Returns
    -------
    listed : int array (channel,), how many, filled up to whole vectors by alternatives that nobody
        takes
    lists : uint8 array (channel, 4, 96): slot, way, origin, family
    salts : uint32 array (channel, 96), of the slots
    terms : float32 array (channel, 7, 96), as in the market
    """
    listed = np.zeros(N_CHANNELS, np.int64)
    lists = np.zeros((N_CHANNELS, 4, MAX_ALIVE), np.uint8)
    salts = np.zeros((N_CHANNELS, MAX_ALIVE), np.uint32)
    terms = np.zeros((N_CHANNELS, N_TERMS, MAX_ALIVE), np.float32)
    terms[:, BASE] = -np.inf
    for h in range(N_CHANNELS):
        for k in range(market.slot.size):
            if h != DEVELOPER or market.mode[k] != API:
                at = listed[h]
                lists[h, SLOT, at] = market.slot[k]
                lists[h, WAY, at] = market.law_class[k] * N_MODES + market.mode[k]
                lists[h, ORIGIN, at], lists[h, FAMILY, at] = market.origin[k], market.family[k]
                salts[h, at] = market.salt[h, k]
                for t in range(N_TERMS):
                    terms[h, t, at] = market.terms[h, t, k]
                listed[h] += 1
        listed[h] = -(-listed[h] // VECTOR) * VECTOR
    return listed, lists, salts, terms
