"""Compiled attempts at misuse: how many, by whom, at what, by which route, with what result."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.misuse import KIND
from sim.model.kernels.numerics import GOLDEN, exp64, inline, kernel, mix64, u8, unit64
from sim.vocabulary import JAILBREAK

DOMAIN_DRAW, ROUTE_DRAW, DETECTION_DRAW, SUCCESS_DRAW = range(4)
N_DRAWS = 4


class Attempts(NamedTuple):
    """Attempts of a month.

    Attributes
    ----------
    who : int array (attempt,), actors in order
    draws : array (attempt, 4), numbers in (0, 1): of domain, route, detection and success
    """

    who: np.ndarray
    draws: np.ndarray


class Prospects(NamedTuple):
    """What decides on an attempt.

    Attributes
    ----------
    mix : array (actor, domain), share of attempts
    odds, chance : array (actor, domain, route)
    success_left : float, share of successes that defence leaves
    detection : float, probability that a jailbreak is noticed
    """

    mix: np.ndarray
    odds: np.ndarray
    chance: np.ndarray
    success_left: float
    detection: float


@kernel
def draw_attempts(key, mean, n):
    """Draw the attempts of a month: who tries, and four numbers for each attempt.

    Parameters
    ----------
    key : uint64, of the month
    mean : float, expected attempts of every actor
    n : int, actors

    Returns
    -------
    Attempts
        Those of each actor are Poisson, by inversion.
    """
    count, attempts = np.zeros(n, np.int64), 0
    none = exp64(-mean)
    for a in range(n):
        u = unit64(mix64(key + u8(a) * GOLDEN))
        p, total, k = none, none, 0
        while u > total and p > 0.0:
            k += 1
            p *= mean / k
            total += p
        count[a] = k
        attempts += k
    who, draws = np.empty(attempts, np.int64), np.empty((attempts, N_DRAWS))
    i = 0
    for a in range(n):
        person = mix64(key + u8(a) * GOLDEN)
        for k in range(count[a]):
            who[i] = a
            for q in range(N_DRAWS):
                draws[i, q] = unit64(mix64(person + u8(N_DRAWS * k + q + 1) * GOLDEN))
            i += 1
    return Attempts(who, draws)


@inline
def pick(weights, u):
    """Index drawn with weights that sum to 1; the heaviest where rounding leaves none."""
    for i in range(weights.size):
        u -= weights[i]
        if u < 0.0:
            return i
    return np.argmax(weights)


@kernel
def decide(attempts, prospects):
    """Domain and route of every attempt, and whether it is noticed or succeeds.

    Those that do neither are left out.

    Parameters
    ----------
    attempts : Attempts
    prospects : Prospects

    Returns
    -------
    who, domain, route : int array (attempt,)
    noticed : bool array (attempt,)
    luck : array (attempt,), draw of success over its probability: below 1 on success, and uniform
        given success
    """
    who, draws, mix = attempts.who, attempts.draws, prospects.mix
    odds, chance = prospects.odds, prospects.chance
    n = who.size
    actor, domain, route = np.empty_like(who), np.empty_like(who), np.empty_like(who)
    noticed, luck = np.empty(n, np.bool_), np.empty(n)
    k = 0
    for i in range(n):
        a = who[i]
        j = pick(mix[a], draws[i, DOMAIN_DRAW])
        r = pick(odds[a, j], draws[i, ROUTE_DRAW])
        actor[k], domain[k], route[k] = a, j, r
        noticed[k] = KIND[r] == JAILBREAK and draws[i, DETECTION_DRAW] < prospects.detection
        luck[k] = draws[i, SUCCESS_DRAW] / (chance[a, j, r] * prospects.success_left)
        if noticed[k] or luck[k] < 1.0:
            k += 1
    return actor[:k], domain[:k], route[:k], noticed[:k], luck[:k]
