"""Malicious actors: states, criminals and lone actors who look for the cheapest route to harm."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import mesa
import numpy as np

from sim.model.identity import identities
from sim.model.kernels.misuse import (
    KIND,
    ORIGIN,
    Barriers,
    Harms,
    Offer,
    Seekers,
    best_by_route,
    weigh_barriers,
    weigh_routes,
)
from sim.vocabulary import (
    ACTOR_KINDS,
    DEVELOPER,
    DOMAINS,
    OPEN_WEIGHTS,
    ORIGINS,
    ROUTE_KINDS,
    ROUTES,
    WORLD,
)

if TYPE_CHECKING:
    from sim.model.world import World

SKILL_SD = 2.0
"""Standard deviation of skill within a kind (index points): judgement, 1-4."""
USE_AT_START = 0.1
"""Share of people who use AI at which the parameter ``attempts`` is meant."""
MOST_ATTEMPTS = 100.0
"""Most attempts of one actor in a month, 300 times those at the start: automation multiplies."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of malicious actor.

    Numbers are judgements: skill in index points, budget in USD a month.
    """

    name: str
    agents: int
    skill: float
    budget: float
    domains: tuple[float, ...]
    homes: tuple[str, ...]


ACTORS = (
    Kind("cn_state", 12, 8.0, 1e6, (0.0, 0.40, 0.23, 0.35, 0.02), ("CHN",)),
    Kind(
        "other_state",
        13,
        5.0,
        2e5,
        (0.10, 0.40, 0.18, 0.30, 0.02),
        ("RUS", "IRN", "X-NORTH-KOREA", "BLR", "X-VENEZUELA", "MMR"),
    ),
    Kind("criminal", 55, 0.0, 2e3, (0.70, 0.15, 0.0, 0.14, 0.01), ()),
    Kind("lone", 20, -6.0, 100.0, (0.30, 0.35, 0.10, 0.20, 0.05), ()),
)
SKILL_SCALE = 5.0
"""Index points of skill by which the log odds of knowing a route rise by 1: judgement, 3-10."""
# Log odds that an actor of skill 0 knows a route of a kind: judgement, half as much to twice as
# much in odds.
_KNOWN_OFFSET = {"strip": 0.0, "jailbreak": 1.5, "gated": -1.0}
_KIND = KIND.tolist()
_ORIGIN_NAMES = tuple(
    ORIGINS[o].lower() if o < len(ORIGINS) else "no_model" for o in ORIGIN.tolist()
)


class Incident(NamedTuple):
    """One misuse incident; without a release ``origin`` is "no_model" and ``release`` -1."""

    month: int
    actor: int
    kind: str
    domain: str
    route: str
    origin: str
    release: int
    harm: float


class MaliciousActor(mesa.Agent):
    """One actor: looks at the routes it knows, estimates success, decides, acts.

    All actors do so together: what they see is in :mod:`sim.model.kernels.misuse`, what they decide
    in :mod:`sim.model.kernels.attempts`, and what comes of it in :class:`Scene`.

    Parameters
    ----------
    draws : list of float
        Uniform draws: of skill, of budget, and of knowing each route.
    """

    def __init__(self, model: World, index: int, kind: Kind, home: int, draws: list[float]) -> None:
        super().__init__(model)
        self.index, self.kind, self.home = index, kind, home
        self.skill = kind.skill + SKILL_SD * _NORMAL.inv_cdf(draws[0])
        self.budget = kind.budget * exp(_NORMAL.inv_cdf(draws[1]))
        familiar = [self._familiarity(route) for route in ROUTE_KINDS]
        self.known = [u < familiar[k] for u, k in zip(draws[2:], _KIND, strict=True)]

    def _familiarity(self, route: str) -> float:
        """Probability of knowing one route of a kind."""
        if route == "own_state":
            return float(self.kind.name == "cn_state")
        return (
            1.0
            if route == "none"
            else 1.0 / (1.0 + exp(-(self.skill / SKILL_SCALE + _KNOWN_OFFSET[route])))
        )


class Actors:
    """What all malicious actors are, as arrays: skill, budget, domains, routes known, bans."""

    def __init__(self, actors: list[MaliciousActor]) -> None:
        self.kind = np.array([ACTOR_KINDS.index(a.kind.name) for a in actors])
        self.skill = np.array([a.skill for a in actors])
        self.budget = np.array([a.budget for a in actors])
        self.mix = np.array([a.kind.domains for a in actors])
        self.home = np.array([a.home for a in actors])
        self.known = np.array([a.known for a in actors])
        self.banned_until = np.zeros((len(actors), len(ROUTES)), np.int64)
        ends = np.cumsum([kind.agents for kind in ACTORS]).tolist()
        self.first_of_kind = [end - kind.agents for kind, end in zip(ACTORS, ends, strict=True)]


class Scene:
    """What all malicious actors face in one month, and what comes of it.

    Attributes
    ----------
    actor, domain, route : int arrays (incident,)
    severity : list of float (incident,)
        Harm of each, log-normal.
    """

    def __init__(self, world: World) -> None:
        p, actors = world.p, world.actors
        self.month = world.month
        self.harm = [getattr(p, f"harm_{d}") for d in DOMAINS]
        c, carried, law = world.catalogue.columns, world.safeguards, world.law
        rows, capability = best_by_route(
            c, len(world.catalogue), len(carried), p.no_model_capability
        )
        used = rows.take(carried.number_of, axis=0)
        self.releases = used.tolist()
        barriers = Barriers(
            # Without a release any class will do: the route is not on offer.
            law_class=law.class_of.take(c.lab.take(used)),
            refused=np.array([p.refusal, p.refusal_cn, p.refusal]),
            gate_pass=p.gate_pass * law.gate_pass,
            accounts=law.account_pass.take(actors.home, axis=0),
            barred=law.denial[:, :, DEVELOPER, OPEN_WEIGHTS].take(actors.home, axis=0),
            strip_cost=p.strip_cost * world.hub.search(),
            factor=carried.factor,
            budget=actors.budget,
        )
        passing, cost = weigh_barriers(barriers)
        known = actors.known & (actors.banned_until <= world.month)
        views = weigh_routes(
            Offer(
                capability.take(carried.number_of, axis=0), carried.withheld, p.no_model_capability
            ),
            passing,
            cost,
            Seekers(known, actors.skill, actors.mix),
            Harms(
                threshold=np.array([getattr(p, f"threshold_{d}") for d in DOMAINS]),
                slope=p.success_slope,
                weight=p.route_weight,
                harm=np.array(self.harm),
            ),
        )
        self.chance, self.odds, self.way = views.chance, views.odds, views.way
        self.success_left = 1.0 - p.defence_ceiling * (1.0 - exp(-world.defence))
        self.attempts_each = min(
            p.attempts
            * (world.tally.people[WORLD] / USE_AT_START) ** p.attempts_use_exponent
            * (1.0 + p.automation) ** (world.month / 12.0)
            / len(actors.skill),
            MOST_ATTEMPTS,
        )
        scale = self.attempts_each * self.success_left
        harm = views.expected, views.expected - views.without
        by_kind = np.add.reduceat(harm, actors.first_of_kind, axis=1) * scale
        self.expected, self.uplift_us = (
            dict(zip(ACTOR_KINDS, of_kind, strict=True)) for of_kind in by_kind.tolist()
        )
        self.detection, self.ban_months = p.detection, round(p.ban_months)
        self.severity_sd = p.severity_sd
        self.actor = self.domain = self.route = np.zeros(0, np.int64)
        self.severity: list[float] = []
        self._kind = actors.kind

    def carry_out(self, decided: tuple[np.ndarray, ...], actors: Actors) -> None:
        """Attempts that are noticed bar a route for a time; those that succeed are incidents.

        Parameters
        ----------
        decided : tuple of array
            As :func:`sim.model.kernels.attempts.decide` gives them.
        actors : Actors
        """
        actor, domain, route, noticed, luck = decided
        actors.banned_until[actor[noticed], route[noticed]] = self.month + 1 + self.ban_months
        done = luck < 1.0
        self.actor, self.domain, self.route = actor[done], domain[done], route[done]
        spread, normal = self.severity_sd, _NORMAL.inv_cdf
        # Given success, luck is uniform: it also draws the severity.
        self.severity = [
            self.harm[j] * exp(spread * normal(max(u, 1e-12)) - spread**2 / 2.0)
            for j, u in zip(self.domain.tolist(), luck[done].tolist(), strict=True)
        ]

    @property
    def incidents(self) -> list[Incident]:
        """The month's incidents as objects."""
        columns = (column.tolist() for column in (self.actor, self.domain, self.route))
        return [
            Incident(
                self.month,
                a,
                ACTOR_KINDS[self._kind[a]],
                DOMAINS[j],
                ROUTE_KINDS[_KIND[r]],
                _ORIGIN_NAMES[r],
                self.releases[int(self.way[a, j, r])][r],
                harm,
            )
            for a, j, r, harm in zip(*columns, self.severity, strict=True)
        ]

    def count_incidents(self) -> tuple[list[int], ...]:
        """Incidents by kind of actor, by kind of route, by domain, and by origin or no model."""
        return (
            np.bincount(self._kind[self.actor], minlength=len(ACTOR_KINDS)).tolist(),
            np.bincount(KIND[self.route], minlength=len(ROUTE_KINDS)).tolist(),
            np.bincount(self.domain, minlength=len(DOMAINS)).tolist(),
            np.bincount(ORIGIN[self.route], minlength=len(ORIGINS) + 1).tolist(),
        )


def recruit(world: World) -> list[MaliciousActor]:
    """All malicious actors; homes of criminals and lone actors are drawn by people.

    For these every country draws a waiting time that is the shorter the more people it has, and the
    first one is home: one country more takes some actors from the others and moves none between
    them.
    """
    codes = {c.code: i for i, c in enumerate(world.countries)}
    people = np.array([c.working_age_m for c in world.countries])
    n = sum(kind.agents for kind in ACTORS)
    waits = -np.log(world.streams("actor homes").uniforms(range(n), identities(codes)))
    times = np.divide(waits, people, out=np.full_like(waits, np.inf), where=people > 0.0)
    anywhere = times.argmin(axis=1).tolist()
    draws = world.streams("actors").uniforms(range(n), range(2 + len(ROUTES))).tolist()
    actors: list[MaliciousActor] = []
    for kind in ACTORS:
        named = [codes[code] for code in kind.homes if code in codes]
        for i in range(kind.agents):
            index = len(actors)
            home = named[i % len(named)] if named else anywhere[index]
            actors.append(MaliciousActor(world, index, kind, home, draws[index]))
    return actors
