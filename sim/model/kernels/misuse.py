"""Compiled weighing of misuse routes: every malicious actor, domain and route of one month.

Actor a makes attempts in domain j on a route r, a kind of route with the origin of the release that
is used (docs/model.md 7.10). On each route it takes the way w that suits it best: a class of
safeguard, and what is done about it.

    points  = capability[w, r] - withheld[w, j] * max(0, capability[w, r] - no_model)   index points
    success = passing[w, a, r] * logistic((points + skill[a] - threshold[j]) / slope)   probability
    value   = weight * success - cost[w, a, r]                                          utils
    chance[a, j, r], way[a, j, r]   success and way of the way of highest value
    odds[a, j, r] = exp(value) / sum of exp(value) over the routes that a knows         probability
    passing = (1 - refused[o]) * accounts[a, class of labs]                  jailbreak
            | gate_pass[class of labs] * exp(-barred[a, class of labs])      gated weights
            | 1                                                              other routes
    cost    = factor[w] * min(3, strip_cost / budget[a])                     strip, gated weights
            | 0                                                              other routes
    expected[a] = sum over j of mix[a, j] * harm[j] * sum over r of odds * chance
    without[a]  = the same over the routes that use no release of US origin

The last two are in units of harm an attempt.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.numerics import exp64, kernel, logistic64, piece
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
NO_RELEASE, NO_POINTS = -1, -1e9  # row and capability on a route without a release
SOME_POINTS = -1e8  # capability above this is of a release
DEAREST = (
    3.0  # utils: stripping costs no more, since whoever cannot pay can find help; judgement, 2-5
)
LEAST_LOG = -690.0  # odds are cut here, inside the range of the exponential


class Barriers(NamedTuple):
    """What stands between actors and releases.

    Attributes
    ----------
    law_class : int array (way, route), class of labs whose release the route uses
    refused : array (origin,), share of requests that services refuse
    gate_pass : array (class,), share of actors that pass the checks of gates
    accounts : array (actor, class), share of an actor's accounts that services let stand
    barred : array (actor, class), denial at the actor's home in utils
    strip_cost : float, USD
    factor : array (way,), on the cost of stripping: what safeguards and the way round them add
    budget : array (actor,), USD a month
    """

    law_class: np.ndarray
    refused: np.ndarray
    gate_pass: np.ndarray
    accounts: np.ndarray
    barred: np.ndarray
    strip_cost: float
    factor: np.ndarray
    budget: np.ndarray


class Offer(NamedTuple):
    """The best release on each route.

    Attributes
    ----------
    capability : array (way, route), index points, -1e9 where there is none
    withheld : array (way, domain), share of its points above ``no_model`` that filtered data takes
        from a release
    no_model : float, index points that an actor is worth without a release
    """

    capability: np.ndarray
    withheld: np.ndarray
    no_model: float


class Seekers(NamedTuple):
    """Malicious actors.

    Attributes
    ----------
    known : bool array (actor, route), routes that the actor knows and is not banned from
    skill : array (actor,), index points
    mix : array (actor, domain), share of attempts
    """

    known: np.ndarray
    skill: np.ndarray
    mix: np.ndarray


class Harms(NamedTuple):
    """What misuse takes and does.

    Attributes
    ----------
    threshold : array (domain,), index points at which half of the attempts succeed
    slope : float, index points
    weight : float, utils of certain success
    harm : array (domain,), mean of an incident
    """

    threshold: np.ndarray
    slope: float
    weight: float
    harm: np.ndarray


class Views(NamedTuple):
    """How actors see their routes.

    Attributes
    ----------
    chance : array (actor, domain, route), expected success before defence
    odds : array (actor, domain, route), probability that the route is taken
    expected : array (actor,), expected harm of one attempt before defence
    without : array (actor,), the same without releases of US origin
    way : int8 array (actor, domain, route), the way in which the route is used
    """

    chance: np.ndarray
    odds: np.ndarray
    expected: np.ndarray
    without: np.ndarray
    way: np.ndarray


@kernel
def best_by_route(c, n, classes, no_model):
    """Row and capability of the best release on each route: two arrays (class, route).

    Where there is none they are -1 and -1e9. Open and gated weights are told apart by the class of
    safeguard they carry; all else stands in class 0.

    Parameters
    ----------
    c : sim.model.catalogue.Columns
    n : int, releases so far
    classes : int, classes of safeguards
    no_model : float, index points
    """
    row = np.full((classes, KIND.size), NO_RELEASE)
    best = np.full((classes, KIND.size), NO_POINTS)
    best[0, 0] = no_model
    origin, mode, capability, controlled = c.origin, c.mode, c.capability, c.controlled
    mirrored, safeguard = c.mirrored, c.safeguard
    for r in range(n):
        o = origin[r]
        free = mirrored[r] or (mode[r] >= OPEN_WEIGHTS and controlled[r] == 0.0)
        kind = STRIP if free else (JAILBREAK if mode[r] == API else GATED_ROUTE)
        for use in (kind, JAILBREAK if mode[r] == API else kind, OWN_STATE if o == CN else kind):
            route = ROUTES_OF_KIND[use] + (o if use != OWN_STATE else 0)
            k = safeguard[r] if use in (STRIP, GATED_ROUTE) else 0
            if capability[r] > best[k, route]:
                row[k, route], best[k, route] = r, capability[r]
    return row, best


@kernel
def weigh_barriers(barriers):
    """Share of success left after refusals and checks, and cost in utils: both (way, actor, route).

    Parameters
    ----------
    barriers : Barriers
    """
    law_class, refused, accounts = barriers.law_class, barriers.refused, barriers.accounts
    gate_pass, barred = barriers.gate_pass, barriers.barred
    factor, budget = barriers.factor, barriers.budget
    n = budget.size
    passing, cost = np.ones((factor.size, n, KIND.size)), np.zeros((factor.size, n, KIND.size))
    for o in range(len(ORIGINS)):
        strip, jailbreak, gated = ROUTES_OF_KIND[STRIP : GATED_ROUTE + 1] + o
        for w in range(factor.size):
            service, gate = law_class[w, jailbreak], law_class[w, gated]
            for a in range(n):
                passing[w, a, jailbreak] = (1.0 - refused[o]) * accounts[a, service]
                passing[w, a, gated] = gate_pass[gate] * exp64(-barred[a, gate])
                cost[w, a, strip] = cost[w, a, gated] = factor[w] * min(
                    DEAREST, barriers.strip_cost / budget[a]
                )
    return passing, cost


@piece
def value_routes(offer, offered, left, price, skill, harms, chance, odds, taken, j):
    """Fill in chance, value (in ``odds``) and way of every route in one domain.

    Returns the highest value by actor.
    """
    capability, withheld, n = offer.capability, offer.withheld, skill.size
    threshold, slope, weight = harms.threshold[j], harms.slope, harms.weight
    top, likely, value = np.empty(n), np.empty(n), np.empty(n)
    for a in range(n):
        top[a] = -1e300
    for r in offered:
        for a in range(n):
            odds[j, r, a] = -np.inf
        for w in range(capability.shape[0]):
            points = capability[w, r]
            if points <= SOME_POINTS:
                continue
            points -= withheld[w, j] * max(0.0, points - offer.no_model)
            for a in range(n):
                likely[a] = logistic64((points + skill[a] - threshold) / slope) * left[w, r, a]
                value[a] = weight * likely[a] - price[w, r, a]
            for a in range(n):
                if value[a] > odds[j, r, a]:
                    chance[j, r, a], odds[j, r, a], taken[j, r, a] = likely[a], value[a], w
        for a in range(n):
            top[a] = max(top[a], odds[j, r, a])
    return top


@piece
def share_odds(offered, usable, top, chance, odds, expected, without, mix, harm, j):
    """Turn values of one domain into odds, in place; add its harm to what is expected."""
    n = top.size
    total, other, success, other_success = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for r in offered:
        elsewhere = 0.0 if ORIGIN[r] == US else 1.0
        for a in range(n):
            odd = exp64(max(odds[j, r, a] - top[a], LEAST_LOG)) * usable[r, a]
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
            for r in range(KIND.size):
                chance[j, r, a] = odds[j, r, a] = 0.0


@kernel
def fill_views(offer, passing, cost, seekers, harms):
    """Do :func:`weigh_routes`; arrays of the views have actors last."""
    # Inner loops have no branches: the compiler takes several actors at once.
    known, (n, domains), ways = seekers.known, seekers.mix.shape, cost.shape[0]
    shape = domains, KIND.size, n
    chance, odds, taken = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int8)
    usable, left = np.zeros(shape[1:]), np.zeros((ways, KIND.size, n))
    price = np.empty((ways, KIND.size, n))
    for w in range(ways):
        for k in range(KIND.size):
            for a in range(n):
                price[w, k, a] = 1e300
    for a in range(n):
        for k in range(KIND.size):
            if known[a, k]:
                usable[k, a] = 1.0
                for w in range(ways):
                    left[w, k, a], price[w, k, a] = passing[w, a, k], cost[w, a, k]
    expected, without = np.zeros(n), np.zeros(n)
    on_offer = np.empty(KIND.size, np.int64)
    offers = 0
    for k in range(KIND.size):
        met = False
        for w in range(ways):
            met |= offer.capability[w, k] > SOME_POINTS
        if met:
            on_offer[offers] = k
            offers += 1
    offered = on_offer[:offers]
    for j in range(domains):
        top = value_routes(
            offer, offered, left, price, seekers.skill, harms, chance, odds, taken, j
        )
        share_odds(
            offered, usable, top, chance, odds, expected, without, seekers.mix, harms.harm, j
        )
    return chance, odds, expected, without, taken


def weigh_routes(
    offer: Offer, passing: np.ndarray, cost: np.ndarray, seekers: Seekers, harms: Harms
) -> Views:
    """Success, choice probability and expected harm of every route.

    Each is used in the way that suits the actor best. A way is a class of safeguard and what is
    done about it: strip it, or strip it and teach filtered knowledge again.

    Parameters
    ----------
    offer : Offer
    passing : array (way, actor, route), share of expected success left after refusals and checks
    cost : array (way, actor, route), utils
    seekers : Seekers
    harms : Harms

    Returns
    -------
    Views
    """
    # Compiled code for other views of an array takes seconds to make.
    chance, odds, expected, without, way = fill_views(offer, passing, cost, seekers, harms)
    actors_first = 2, 0, 1
    return Views(
        chance.transpose(actors_first),
        odds.transpose(actors_first),
        expected,
        without,
        way.transpose(actors_first),
    )
