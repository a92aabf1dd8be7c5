"""Compiled view of countries: what adopters bring to the choice, and what the law lays on them.

The equation stands at the top of :mod:`sim.model.kernels.choice`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.market import N_CHANNELS, N_MODES
from sim.model.kernels.numerics import kernel
from sim.vocabulary import CN, US

CAPACITY, CONCERN, INCOME = range(3)
"""Places in ``Choosers.traits``."""


class CountryTerms(NamedTuple):
    """What :func:`country_traits` reads: float64 arrays, weights in utils.

    Attributes
    ----------
    class_origin : int array (class,), origin of each class of labs
    log_access : array (country, class, channel)
    access_factor : array (channel,)
    alignment, capacity, income : array (country,): with the US and own capacity 0-1, factor on the
        price weight
    concern : array (country, channel), utils by unit of risk
    security : array (country, origin), trust in security 0-1
    taste : array (country, origin), utils
    risk : array (origin,), perceived without any audit
    alignment_weight, flagged : float
    friction : array (country, channel, way), utils
    log_price_factor : array (country, origin)
    price_weight : array (channel,), utils by unit of log price
    """

    class_origin: np.ndarray
    log_access: np.ndarray
    access_factor: np.ndarray
    alignment: np.ndarray
    concern: np.ndarray
    capacity: np.ndarray
    income: np.ndarray
    security: np.ndarray
    taste: np.ndarray
    risk: np.ndarray
    alignment_weight: float
    flagged: float
    friction: np.ndarray
    log_price_factor: np.ndarray
    price_weight: np.ndarray


class Choosers(NamedTuple):
    """What a month's choice reads of each country: float32 arrays.

    Attributes
    ----------
    traits : array (country, channel, 3), own capacity, concern, factor on the price weight
    offset : array (country, channel, way), utils of access, alignment, taste, disclosed risk,
        friction, price factor
    denial, friction : array (country, channel, way), utils
    fear : array (country, origin), utils lost by fear of a cut-off
    cover : array (country,), share of government use that private audits reach
    home, origin : int array (family,), country and origin of the lab
    lock_in : array (country, channel, origin), utils lost by leaving a family of an origin, beyond
        inertia
    zone : int array (country,), countries that all labs reach alike
    reach : array (zone, channel, slot), utils: log reach
    """

    traits: np.ndarray
    offset: np.ndarray
    denial: np.ndarray
    friction: np.ndarray
    fear: np.ndarray
    cover: np.ndarray
    home: np.ndarray
    origin: np.ndarray
    lock_in: np.ndarray
    zone: np.ndarray
    reach: np.ndarray


@kernel
def country_traits(terms):
    """What each country's adopters face: ``traits`` and ``offset`` of :class:`Choosers`.

    Parameters
    ----------
    terms : CountryTerms
    """
    # Arrays are taken out of the record once: inside the loop each access would cost a reference
    # count.
    class_origin, log_access, friction = terms.class_origin, terms.log_access, terms.friction
    capacity, concern, income = terms.capacity, terms.concern, terms.income
    taste, alignment, security, risk = terms.taste, terms.alignment, terms.security, terms.risk
    access_factor, price_weight = terms.access_factor, terms.price_weight
    log_price = terms.log_price_factor
    n, ways = log_access.shape[0], N_MODES * class_origin.size
    traits = np.empty((n, N_CHANNELS, 3), np.float32)
    offset = np.empty((n, N_CHANNELS, ways), np.float32)
    for c in range(n):
        for h in range(N_CHANNELS):
            traits[c, h, CAPACITY], traits[c, h, CONCERN] = capacity[c], concern[c, h]
            traits[c, h, INCOME] = income[c]
            for k in range(class_origin.size):
                o = class_origin[k]
                match = 1.0 if o == US else (-1.0 if o == CN else 0.0)
                x = (
                    taste[c, o]
                    + access_factor[h] * log_access[c, k, h]
                    + terms.alignment_weight * match * (alignment[c] - 0.5)
                )
                x -= (
                    concern[c, h] * (risk[o] + terms.flagged * (1.0 - security[c, o]))
                    + income[c] * price_weight[h] * log_price[c, o]
                )
                for way in range(N_MODES * k, N_MODES * (k + 1)):
                    offset[c, h, way] = x - friction[c, h, way]
    return traits, offset
