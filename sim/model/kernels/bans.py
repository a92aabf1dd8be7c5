"""Use bans: adopters who are bound leave what is on the list and take the best of the rest.

A ban is of offers: the service of a lab, weights that others serve, weights on one's own machines.
An adopter of a channel has one *way* of using open weights, by a draw: the lab's own service and
nothing else; that service, or else another host; another host; machines of its own. What is served
only is a service to all; who uses services uses hosts for weights that their lab does not serve.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.choice import (
    N_ORIGINS,
    NONE,
    add_reach,
    ask_neighbours,
    begin_row,
    fill_network,
    fill_row,
    fill_stay,
    meets_bars,
    run_race,
    take_tastes,
    weigh,
)
from sim.model.kernels.market import MAX_ALIVE, N_CHANNELS, N_MODES, SLOT, list_alternatives
from sim.model.kernels.numerics import GOLDEN, f4, kernel, mix64, piece, u8, unit32
from sim.vocabulary import API, DEVELOPER, DOWNLOADED, GATED, HOSTED, SERVICE

SERVICE_ALONE, SERVICE_OR_HOST, HOST, OWN_MACHINES = range(4)
"""Ways of using open weights."""
N_WAYS = 4
NEVER = f4(1e30)  # exp(-utility) of what may not be taken


class BanTerms(NamedTuple):
    """Whom a ban binds, and what is on its list.

    Attributes
    ----------
    cells : int array, those in which any use is banned
    share : array (country, lab, channel, offer), probability that an adopter is bound, by a draw
        per adopter
    listed : array (country, lab, channel, offer), month before which a release must be out to be on
        the list
    month : int array (channel, K), month of the release of each alternative
    ways : array (channel, 3), draws of the way of use below which an adopter uses the lab's service
        and nothing else, that service or a host, and any of these or a host alone
    way_key : uint64, key of these draws
    """

    cells: np.ndarray
    share: np.ndarray
    listed: np.ndarray
    month: np.ndarray
    ways: np.ndarray
    way_key: np.uint64


@piece
def fill_barred(barred, mode, service, hosted, downloaded):
    """Share of adopters that a ban of offers bars from a release of a mode, by their way of use."""
    barred[SERVICE_ALONE] = barred[SERVICE_OR_HOST] = service
    barred[HOST] = barred[OWN_MACHINES] = service
    if mode != API:
        barred[HOST], barred[OWN_MACHINES] = hosted, downloaded
        if mode == GATED:
            barred[SERVICE_ALONE] = barred[SERVICE_OR_HOST] = hosted
        else:
            barred[SERVICE_OR_HOST] = min(service, hosted)


@piece
def fill_limits(limit, forbidden, barred, market, ban, base, z, c, h):
    """Share of adopters by way of use that may not use each slot, nor take each alternative.

    What does not reach them, nobody can take: there ``base`` is minus infinity in their zone z.
    Returns how many alternatives there are.
    """
    real = 0
    limit[:], forbidden[:] = 0.0, 0.0
    for k in range(market.slot.size):
        if h != DEVELOPER or market.mode[k] != API:
            lab, out = market.family[k], ban.month[h, k]
            share, listed = ban.share, ban.listed
            fill_barred(
                barred,
                market.mode[k],
                share[c, lab, h, SERVICE] if out < listed[c, lab, h, SERVICE] else 0.0,
                share[c, lab, h, HOSTED] if out < listed[c, lab, h, HOSTED] else 0.0,
                share[c, lab, h, DOWNLOADED] if out < listed[c, lab, h, DOWNLOADED] else 0.0,
            )
            for way in range(N_WAYS):
                limit[way, market.slot[k]] = forbidden[way, real] = barred[way]
                if base[z, h, real] == -np.inf:
                    forbidden[way, real] = 1.0
            real += 1
    return real


@piece
def way_of(draw, ways, h):
    """Way in which an adopter of a channel uses open weights."""
    way = SERVICE_ALONE
    while way < OWN_MACHINES and draw >= ways[h, way]:
        way += 1
    return way


@kernel
def obey(panel, market, who, network, terms, ban):
    """Choices of a month that a ban forbids are made again without what it forbids.

    Nobody is left without a choice. Runs after :func:`sim.model.kernels.choice.choose` with the
    same records, and so with the same draws. Changes ``choice`` and ``counts`` of the panel in
    place.

    Parameters
    ----------
    panel, market, who, network, terms
        As in :func:`sim.model.kernels.choice.choose`.
    ban : BanTerms
    """
    start, cell_key, counts = panel.start, panel.key, panel.counts
    choice, before = panel.choice, panel.before
    traits, offset, denial = who.traits, who.offset, who.denial
    fear, cover, home, zone = who.fear, who.cover, who.home, who.zone
    own, world, derivative = network.country, network.world, network.derivative
    weight, scale, bonus = network.weight, network.scale, market.home_bonus
    families = own.shape[1]
    size_of, lists, salts, shared = list_alternatives(market)
    base = add_reach(shared, lists, size_of, who.reach)
    v, w = np.empty(MAX_ALIVE, np.float32), np.empty(MAX_ALIVE, np.float32)
    net, stay = np.empty(families, np.float32), np.empty(N_ORIGINS, np.float32)
    taste = np.empty(panel.taste.shape[1], np.float32)
    limit, forbidden = np.zeros((N_WAYS, NONE + 1)), np.zeros((N_WAYS, MAX_ALIVE))
    excluded = np.zeros(N_WAYS)
    for cell in ban.cells:
        c, h = cell // N_CHANNELS, cell % N_CHANNELS
        z, size = zone[c], size_of[h]
        real = fill_limits(limit, forbidden, excluded, market, ban, base, z, c, h)
        fill_network(net, own, world, derivative, weight, scale, home, bonus, c, h)
        bar = meets_bars(denial, fear, cover, c)
        begin_row(v, size, base, z, h)
        fill_row(v, size, shared, lists, net, traits, offset, denial, fear, cover, bar, c, h)
        if not weigh(v, size):
            continue
        fill_stay(stay, terms.inertia, who.lock_in, c, h)
        for i in range(start[cell], start[cell + 1]):
            person = cell_key[cell] + u8(i - start[cell]) * GOLDEN
            bound = unit32(mix64(terms.ban_key + person))
            way = way_of(unit32(mix64(ban.way_key + person)), ban.ways, h)
            current = choice[i]
            if current == NONE or bound >= limit[way, current]:
                continue
            left = 0
            for k in range(size):
                out = k < real and bound < forbidden[way, k]
                w[k] = NEVER if out else v[k]
                left += 1 if k < real and not out else 0
            if left == 0:
                continue
            take_tastes(i, panel.taste, terms.levels, taste)
            if before[i] != NONE and unit32(mix64(terms.review_key + person)) >= terms.newcomers:
                taste[before[i] // N_MODES] *= stay[who.origin[before[i] // N_MODES]]
            if terms.graph:
                ask_neighbours(i, mix64(terms.graph_key + person), before, network.peer, taste)
            won = run_race(mix64(terms.choice_key + person), size, lists, salts, h, w, taste)
            new = lists[h, SLOT, won]
            choice[i] = new
            counts[cell, current] -= 1
            counts[cell, new] += 1
