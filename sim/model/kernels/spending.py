"""Compiled accounts of spending: what users take and pay, and what labs earn.

A user of alternative k of origin o in country c of the market channel takes

    tokens = (price[k] * law's factor on price[c, o]) ** -elasticity

of what one takes at the closed leader's price. At an elasticity of 0 all take the same; at 1 all
spend the same.
"""

from __future__ import annotations

import numpy as np

from sim.model.kernels.market import N_CHANNELS
from sim.model.kernels.numerics import exp64, kernel, piece
from sim.vocabulary import ENTERPRISE, MARKET, OPEN_WEIGHTS, ORIGINS


@piece
def tokens_by(log_price, log_factor, elasticity):
    """Tokens of a user by list price of the alternative, and the factor on it by (country, origin).

    Both are exactly 1 without elasticity.
    """
    by_price, by_law = np.empty(log_price.size), np.empty(log_factor.shape)
    for k in range(log_price.size):
        by_price[k] = exp64(-elasticity * float(log_price[k]))
    for c in range(log_factor.shape[0]):
        for o in range(log_factor.shape[1]):
            by_law[c, o] = exp64(-elasticity * float(log_factor[c, o]))
    return by_price, by_law


@kernel
def earn(market, slot_share, tokens, open_revenue, n_family):
    """Revenue of every family per unit of use.

    It is price times share, times tokens of a user, in market and enterprise channels.
    """
    revenue = np.zeros(n_family)
    for h in (MARKET, ENTERPRISE):
        for k in range(market.slot.size):
            part = open_revenue if market.mode[k] >= OPEN_WEIGHTS else 1.0
            revenue[market.family[k]] += (
                slot_share[h, k] * exp64(float(market.log_price[h, k])) * part * tokens[h]
            )
    return revenue


@kernel
def spend(market, panel, use, log_price_factor, elasticity):
    """What users pay per unit of use at full prices: array (country, origin).

    That is in market and enterprise channels.

    Parameters
    ----------
    use : array (country, channel), weight of use, by users
    log_price_factor : array (country, origin)
    elasticity : float, of tokens in the market channel
    """
    start, counts = panel.start, panel.counts
    by_price, by_law = tokens_by(market.log_price[MARKET], log_price_factor, elasticity)
    spent = np.zeros((use.shape[0], len(ORIGINS)))
    for h in (MARKET, ENTERPRISE):
        total = 0.0
        for c in range(use.shape[0]):
            total += use[c, h]
        for c in range(use.shape[0]):
            cell = c * N_CHANNELS + h
            each = use[c, h] / total / (start[cell + 1] - start[cell])
            for k in range(market.slot.size):
                count = counts[cell, market.slot[k]]
                if count > 0:
                    o = market.origin[k]
                    tokens = by_price[k] * by_law[c, o] if h == MARKET else 1.0
                    spent[c, o] += count * each * exp64(float(market.log_price[h, k])) * tokens
    return spent
