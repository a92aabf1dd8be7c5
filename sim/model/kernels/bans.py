"""Use bans: adopters who are bound leave what is on the list and take the best of the rest."""

from __future__ import annotations

import numpy as np

from sim.model.kernels.choice import (
    MAX_ALIVE,
    N_CHANNELS,
    NONE,
    SLOT,
    ask_neighbours,
    fill_network,
    fill_row,
    fill_stay,
    has_tastes,
    list_alternatives,
    meets_bars,
    run_race,
    weigh,
)
from sim.model.kernels.numerics import GOLDEN, f4, kernel, mix64, u8, unit32
from sim.vocabulary import API, CN, DEVELOPER, OTHER, US

NEVER = f4(1e30)  # exp(-utility) of what may not be taken


@kernel
def obey(start, choice, before, counts, market, who, network, inertia, newcomers, keys, graph, share, listed, month):
    """Choices of a month that a ban forbids are made again without what it forbids; nobody is left without a choice.

    Runs after :func:`sim.model.kernels.choice.choose` with the same draws. Changes ``choice`` and ``counts`` in place.

    Parameters
    ----------
    share : array (country, origin, channel), probability that an adopter is bound, by a draw per adopter
    listed : array (country, origin, channel), month before which a release must be out to be on the list
    month : int array (channel, K), month of the release of each alternative
    keys : uint64 array (5,), of review, taste, choice, graph and ban
    """
    traits, bar, wall, fear, home, cover = who.traits, who.bar, who.wall, who.fear, who.home, who.cover
    own, world, derivative = network.country, network.world, network.derivative
    size_of, lists, salts, terms = list_alternatives(market)
    barred = meets_bars(wall, fear, cover)
    v, w, net = np.empty(MAX_ALIVE, np.float32), np.empty(MAX_ALIVE, np.float32), np.empty(own.shape[1], np.float32)
    taste, stay = np.empty(-(-own.shape[1] // 8) * 8, np.float32), np.empty(3, np.float32)
    for cell in range(start.size - 1):
        c, h = cell // N_CHANNELS, cell % N_CHANNELS
        if share[c, US, h] <= 0.0 and share[c, CN, h] <= 0.0 and share[c, OTHER, h] <= 0.0:
            continue
        limit, forbidden, real = np.zeros(NONE + 1), np.zeros(MAX_ALIVE), 0
        for k in range(market.slot.size):
            if h != DEVELOPER or market.mode[k] != API:
                o = market.origin[k]
                if month[h, k] < listed[c, o, h]:
                    limit[market.slot[k]] = forbidden[real] = share[c, o, h]
                real += 1
        size = size_of[h]
        fill_network(net, own, world, derivative, network.weights, home, market.home_bonus, c, h)
        fill_row(v, size, terms, lists, net, traits, bar, wall, fear, cover, barred, c, h)
        weigh(v, size)
        fill_stay(stay, inertia, who.lock, c, h)
        for i in range(start[cell], start[cell + 1]):
            bound = unit32(mix64(keys[4] + u8(i) * GOLDEN))
            current = choice[i]
            if current == NONE or bound >= limit[current]:
                continue
            left = 0
            for k in range(size):
                out = k < real and bound < forbidden[k]
                w[k] = NEVER if out else v[k]
                left += 1 if k < real and not out else 0
            if left == 0:
                continue
            has_tastes(i, keys[1], network.taste, taste)
            if before[i] != NONE and unit32(mix64(keys[0] + u8(i) * GOLDEN)) >= newcomers:
                taste[before[i] // 4] *= stay[who.origin[before[i] // 4]]
            if graph:
                ask_neighbours(i, before, network.weights[2], keys[3], taste)
            new = lists[h, SLOT, run_race(mix64(keys[2] + u8(i) * GOLDEN), size, lists, salts, h, w, taste)]
            choice[i] = new
            counts[cell, current] -= 1
            counts[cell, new] += 1
