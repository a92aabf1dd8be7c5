"""Compiled weighing of misuse routes: every malicious actor, domain and route of one month."""

from __future__ import annotations

import numpy as np

from sim.agents.kernels import GOLDEN, exp64, inline, kernel, logistic64, mix64, u8, unit64

ROUTES = (
    "none",
    "strip_us", "strip_cn", "strip_other",
    "jailbreak_us", "jailbreak_cn", "jailbreak_other",
    "gated_us", "gated_cn", "gated_other",
    "own_state",
)  # fmt: skip
KINDS_OF_ROUTE = ("none", "strip", "jailbreak", "gated", "own_state")
KIND = np.array([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4])
ORIGIN = np.array([3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1])
STRIP, JAILBREAK, GATED_ROUTE, OWN_STATE = 1, 2, 3, 4
ROUTES_OF_KIND = np.array([0, 1, 4, 7, 10])
DOMAINS = ("fraud", "influence", "military", "cyber", "chem_bio")


@inline
def take_route(a, j, capability, passing, cost, known, skill, threshold, slope, weight, chance, odds):
    """Fill ``chance`` (success) and ``odds`` (probability) of the routes of actor a in domain j.

    Returns
    -------
    expected, without : float
        Expected success, and the same without the routes over releases of US origin.
    """
    n = capability.size
    top = -1e300
    for r in range(n):
        odds[a, j, r] = -1e300
        if known[a, r] and capability[r] > -1e8:
            chance[a, j, r] = logistic64((capability[r] + skill[a] - threshold[j]) / slope) * passing[a, r]
            odds[a, j, r] = weight * chance[a, j, r] - cost[a, r]
            top = max(top, odds[a, j, r])
    total, other, success, other_success = 0.0, 0.0, 0.0, 0.0
    for r in range(n):
        if odds[a, j, r] > -1e299:
            odd = exp64(max(odds[a, j, r] - top, -690.0))
            total += odd
            success += odd * chance[a, j, r]
            if ORIGIN[r] != 0:
                other += odd
                other_success += odd * chance[a, j, r]
            odds[a, j, r] = odd
        else:
            odds[a, j, r] = 0.0
    for r in range(n):
        odds[a, j, r] /= total
    return success / total, other_success / other


@kernel
def best_by_route(c, n, no_model):
    """Row (-1: none) and capability (-1e9: none) of the best release on each route, from the first n catalogue rows."""
    row = np.full(KIND.size, -1)
    best = np.full(KIND.size, -1e9)
    best[0] = no_model
    for r in range(n):
        o = c.origin[r]
        free = c.mirrored[r] or (c.mode[r] >= 2 and c.controlled[r] == 0.0)
        kind = STRIP if free else (JAILBREAK if c.mode[r] == 0 else GATED_ROUTE)
        for way in (kind, JAILBREAK if c.mode[r] == 0 else kind, OWN_STATE if o == 1 else kind):
            route = ROUTES_OF_KIND[way] + (o if way != OWN_STATE else 0)
            if c.capability[r] > best[route]:
                row[route], best[route] = r, c.capability[r]
    return row, best


@kernel
def weigh_barriers(refused, gate_pass, barred, strip_cost, budget):
    """Share of success left after refusals and checks, and cost in utils: two arrays (actor, route).

    Parameters
    ----------
    refused, strip_cost : array (origin,)
    gate_pass : float
    barred : array (actor, origin), denial at the actor's home in utils
    budget : array (actor,), USD a month
    """
    n = budget.size
    passing, cost = np.ones((n, KIND.size)), np.zeros((n, KIND.size))
    for a in range(n):
        for o in range(3):
            passing[a, ROUTES_OF_KIND[JAILBREAK] + o] = 1.0 - refused[o]
            passing[a, ROUTES_OF_KIND[GATED_ROUTE] + o] = gate_pass * exp64(-barred[a, o])
            price = min(3.0, strip_cost[o] / budget[a])
            cost[a, ROUTES_OF_KIND[STRIP] + o] = price
            cost[a, ROUTES_OF_KIND[GATED_ROUTE] + o] = price
    return passing, cost


@kernel
def weigh_routes(capability, passing, cost, known, skill, mix, threshold, slope, weight, harm):
    """Success, choice probability and expected harm of every route.

    Parameters
    ----------
    capability : array (route,), index points of the best release on the route, -1e9 where there is none
    passing : array (actor, route), share of expected success left after refusals and checks
    cost : array (actor, route), utils
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
    """
    n, d, r = mix.shape[0], mix.shape[1], capability.size
    chance, odds = np.zeros((n, d, r)), np.zeros((n, d, r))
    expected, without = np.zeros(n), np.zeros(n)
    for a in range(n):
        for j in range(d):
            if mix[a, j] > 0.0:
                hit, spared = take_route(
                    a, j, capability, passing, cost, known, skill, threshold, slope, weight, chance, odds
                )
                expected[a] += mix[a, j] * harm[j] * hit
                without[a] += mix[a, j] * harm[j] * spared
    return chance, odds, expected, without


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
    count : int array (actor,), Poisson by inversion
    draws : array (actor, attempt, 4), numbers in (0, 1)
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
    draws = np.empty((n, max(1, count.max()), 4))
    for a in range(n):
        person = mix64(key + u8(a) * GOLDEN)
        for k in range(count[a]):
            for q in range(4):
                draws[a, k, q] = unit64(mix64(person + u8(4 * k + q + 1) * GOLDEN))
    return count, draws
