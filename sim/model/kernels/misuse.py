"""Compiled weighing of misuse routes: every malicious actor, domain and route of one month."""

from __future__ import annotations

import numpy as np

from sim.model.kernels.numerics import GOLDEN, exp64, inline, kernel, logistic64, mix64, u8, unit64
from sim.vocabulary import (
    API,
    CN,
    GATED_ROUTE,
    JAILBREAK,
    KIND_OF_ROUTE,
    OPEN_WEIGHTS,
    ORIGIN_OF_ROUTE,
    ORIGINS,
    OWN_STATE,
    ROUTE_KINDS,
    STRIP,
    US,
)

KIND, ORIGIN = np.array(KIND_OF_ROUTE), np.array(ORIGIN_OF_ROUTE)
ROUTES_OF_KIND = np.array([KIND_OF_ROUTE.index(kind) for kind in range(len(ROUTE_KINDS))])


@kernel
def best_by_route(origin, mode, capability, controlled, mirrored, safeguard, n, classes, no_model):
    """Row (-1: none) and capability (-1e9: none) of the best release on each route: two arrays (class, route).

    Open and gated weights are told apart by the class of safeguard they carry; all else stands in class 0.
    """
    row = np.full((classes, KIND.size), -1)
    best = np.full((classes, KIND.size), -1e9)
    best[0, 0] = no_model
    for r in range(n):
        o = origin[r]
        free = mirrored[r] or (mode[r] >= OPEN_WEIGHTS and controlled[r] == 0.0)
        kind = STRIP if free else (JAILBREAK if mode[r] == API else GATED_ROUTE)
        for way in (kind, JAILBREAK if mode[r] == API else kind, OWN_STATE if o == CN else kind):
            route = ROUTES_OF_KIND[way] + (o if way != OWN_STATE else 0)
            k = safeguard[r] if way in (STRIP, GATED_ROUTE) else 0
            if capability[r] > best[k, route]:
                row[k, route], best[k, route] = r, capability[r]
    return row, best


@kernel
def weigh_barriers(law_class, refused, accounts, gate_pass, barred, strip_cost, factor, budget):
    """Share of success left after refusals and checks, and cost in utils: both (way, actor, route).

    Parameters
    ----------
    law_class : int array (way, route), class of labs whose release the route uses
    refused : array (origin,)
    gate_pass : array (class,)
    accounts : array (actor, class), share of an actor's accounts that services let stand
    barred : array (actor, class), denial at the actor's home in utils
    strip_cost : float, USD
    factor : array (way,), on the cost of stripping: what safeguards and the way round them add
    budget : array (actor,), USD a month
    """
    n = budget.size
    passing, cost = np.ones((factor.size, n, KIND.size)), np.zeros((factor.size, n, KIND.size))
    for o in range(len(ORIGINS)):
        strip, jailbreak, gated = ROUTES_OF_KIND[STRIP : GATED_ROUTE + 1] + o
        for w in range(factor.size):
            service, gate = law_class[w, jailbreak], law_class[w, gated]
            for a in range(n):
                passing[w, a, jailbreak] = (1.0 - refused[o]) * accounts[a, service]
                passing[w, a, gated] = gate_pass[gate] * exp64(-barred[a, gate])
                cost[w, a, strip] = cost[w, a, gated] = factor[w] * min(3.0, strip_cost / budget[a])
    return passing, cost


@kernel
def weigh_routes(capability, withheld, no_model, passing, cost, known, skill, mix, threshold, slope, weight, harm):
    """Success, choice probability and expected harm of every route, each used in the way that suits the actor best.

    A way is a class of safeguard and what is done about it: strip it, or strip it and teach filtered knowledge again.

    Parameters
    ----------
    capability : array (way, route), index points of the best release, -1e9 where there is none
    withheld : array (way, domain), share of its points above ``no_model`` that filtered data takes from a release
    no_model : float, index points
    passing : array (way, actor, route), share of expected success left after refusals and checks
    cost : array (way, actor, route), utils
    known : bool array (actor, route), routes that the actor knows and is not banned from
    skill : array (actor,), index points
    mix : array (actor, domain), share of attempts
    threshold, harm : array (domain,)
    slope, weight : float

    Returns
    -------
    chance : array (actor, domain, route), expected success before defence
    odds : array (actor, domain, route), probability that the route is taken
    expected : array (actor,), expected harm of one attempt before defence
    without : array (actor,), the same without releases of US origin
    way : int8 array (actor, domain, route), the way in which the route is used
    """
    # Inside, actors stand last and inner loops have no branches: the compiler takes several actors at once.
    n, d = mix.shape
    ways = cost.shape[0]
    shape = d, KIND.size, n
    chance, odds, taken = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int8)
    usable, left, price = np.zeros(shape[1:]), np.zeros((ways, KIND.size, n)), np.full((ways, KIND.size, n), 1e300)
    for a in range(n):
        for k in range(KIND.size):
            if known[a, k]:
                usable[k, a] = 1.0
                for w in range(ways):
                    left[w, k, a], price[w, k, a] = passing[w, a, k], cost[w, a, k]
    expected, without = np.zeros(n), np.zeros(n)
    on_offer = np.zeros(KIND.size)
    for w in range(ways):
        for k in range(KIND.size):
            on_offer[k] += 1.0 if capability[w, k] > -1e8 else 0.0
    offered = np.flatnonzero(on_offer)
    for j in range(d):
        top = np.full(n, -1e300)
        for r in offered:
            met = 0
            for w in range(ways):
                points = capability[w, r]
                if points <= -1e8:
                    continue
                points -= withheld[w, j] * max(0.0, points - no_model)
                met += 1
                if met == 1:
                    for a in range(n):
                        chance[j, r, a] = logistic64((points + skill[a] - threshold[j]) / slope) * left[w, r, a]
                        odds[j, r, a] = weight * chance[j, r, a] - price[w, r, a]
                    if w > 0:
                        taken[j, r] = w
                    continue
                for a in range(n):
                    likely = logistic64((points + skill[a] - threshold[j]) / slope) * left[w, r, a]
                    value = weight * likely - price[w, r, a]
                    if value > odds[j, r, a]:
                        chance[j, r, a], odds[j, r, a], taken[j, r, a] = likely, value, w
            for a in range(n):
                top[a] = max(top[a], odds[j, r, a])
        total, other, success, other_success = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        for r in offered:
            elsewhere = 0.0 if ORIGIN[r] == US else 1.0
            for a in range(n):
                odd = exp64(max(odds[j, r, a] - top[a], -690.0)) * usable[r, a]
                odds[j, r, a] = odd
                total[a] += odd
                other[a] += elsewhere * odd
                success[a] += odd * chance[j, r, a]
                other_success[a] += elsewhere * odd * chance[j, r, a]
        for r in offered:
            for a in range(n):
                odds[j, r, a] /= total[a]
        for a in range(n):
            expected[a] += mix[a, j] * harm[j] * (success[a] / total[a])
            without[a] += mix[a, j] * harm[j] * (other_success[a] / other[a])
            if mix[a, j] == 0.0:
                chance[j, :, a] = odds[j, :, a] = 0.0
    return chance.transpose(2, 0, 1), odds.transpose(2, 0, 1), expected, without, taken.transpose(2, 0, 1)


@kernel
def draw_attempts(key, mean, n):
    """Attempts of a month: who tries, and four draws for each attempt.

    Parameters
    ----------
    key : uint64, of the month
    mean : float, expected attempts of every actor
    n : int, actors

    Returns
    -------
    who : int array (attempt,), actors in order; the attempts of each are Poisson, by inversion
    draws : array (attempt, 4), numbers in (0, 1)
    """
    count = np.zeros(n, np.int64)
    none = exp64(-mean)
    for a in range(n):
        u = unit64(mix64(key + u8(a) * GOLDEN))
        p, total, k = none, none, 0
        while u > total and p > 0.0:
            k += 1
            p *= mean / k
            total += p
        count[a] = k
    who, draws = np.repeat(np.arange(n), count), np.empty((count.sum(), 4))
    i = 0
    for a in range(n):
        person = mix64(key + u8(a) * GOLDEN)
        for k in range(count[a]):
            for q in range(4):
                draws[i, q] = unit64(mix64(person + u8(4 * k + q + 1) * GOLDEN))
            i += 1
    return who, draws


@inline
def pick(weights, u):
    """Index drawn with the given weights, which sum to 1; the heaviest where rounding leaves none."""
    for i in range(weights.size):
        u -= weights[i]
        if u < 0.0:
            return i
    return np.argmax(weights)


@kernel
def pick_each(weights, draws):
    """Index drawn with the given weights for every draw."""
    return np.array([pick(weights, u) for u in draws])


@kernel
def decide(who, draws, mix, odds, chance, success_left, detection):
    """Domain and route of every attempt, and whether it is noticed or succeeds; those that do neither are left out.

    Parameters
    ----------
    who : int array (attempt,)
    draws : array (attempt, 4), of domain, route, detection and success
    mix : array (actor, domain)
    odds, chance : array (actor, domain, route)
    success_left : float, share of successes that defence leaves
    detection : float, probability that a jailbreak is noticed

    Returns
    -------
    who, domain, route : int array (attempt,)
    noticed : bool array (attempt,)
    luck : array (attempt,), draw of success over its probability: below 1 on success, and uniform given success
    """
    n = who.size
    actor, domain, route = np.empty_like(who), np.empty_like(who), np.empty_like(who)
    noticed, luck = np.empty(n, np.bool_), np.empty(n)
    k = 0
    for i in range(n):
        a = who[i]
        j = pick(mix[a], draws[i, 0])
        r = pick(odds[a, j], draws[i, 1])
        actor[k], domain[k], route[k] = a, j, r
        noticed[k] = KIND[r] == JAILBREAK and draws[i, 2] < detection
        luck[k] = draws[i, 3] / (chance[a, j, r] * success_left)
        if noticed[k] or luck[k] < 1.0:
            k += 1
    return actor[:k], domain[:k], route[:k], noticed[:k], luck[:k]
