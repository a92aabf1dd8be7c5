"""Malicious actors: states, criminals and lone actors who look for the cheapest route to harm."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import mesa
import numpy as np

from sim.agents.routes import (
    DOMAINS,
    JAILBREAK,
    KIND,
    KINDS_OF_ROUTE,
    ORIGIN,
    ROUTES,
    best_by_route,
    weigh_barriers,
    weigh_routes,
)
from sim.law import OPEN_WEIGHTS, ORIGINS
from sim.parameters import CHANNELS

if TYPE_CHECKING:
    from sim.world import World

DEVELOPER = CHANNELS.index("developer")
SKILL_SD = 2.0
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of malicious actor. Numbers are judgements: skill in index points, budget in USD a month."""

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
_KNOWN_OFFSET = {"none": 99.0, "strip": 0.0, "jailbreak": 1.5, "gated": -1.0, "own_state": 99.0}


class Incident(NamedTuple):
    """One misuse incident; ``origin`` is "no_model" and ``release`` -1 where no release was used."""

    month: int
    actor: int
    kind: str
    domain: str
    route: str
    origin: str
    release: int
    harm: float


class MaliciousActor(mesa.Agent):
    """One actor: looks at the routes it knows, estimates success, decides, acts."""

    def __init__(self, model: World, index: int, kind: Kind, home: int) -> None:
        super().__init__(model)
        self.index, self.kind, self.home = index, kind, home
        ability = model.streams("actors")
        self.skill = kind.skill + SKILL_SD * ability.normal(index, 0)
        self.budget = kind.budget * exp(ability.normal(index, 1))
        self.known = [self._knows(ability.uniform(index, 2 + r), KINDS_OF_ROUTE[KIND[r]]) for r in range(len(ROUTES))]

    def _knows(self, draw: float, route: str) -> bool:
        if route == "own_state":
            return self.kind.name == "cn_state"
        return draw < 1.0 / (1.0 + exp(-(self.skill / 5.0 + _KNOWN_OFFSET[route])))

    def act(self, month: int, draws: list[list[float]], scene: Scene) -> None:
        """Carry out the month's attempts, four draws each; successful ones become incidents."""
        for u_domain, u_route, u_caught, u_success in draws:
            domain = _pick(self.kind.domains, u_domain)
            route = _pick(scene.odds[self.index, domain].tolist(), u_route)
            if KIND[route] == JAILBREAK and u_caught < scene.detection:
                self.model.actors.banned_until[self.index, route] = month + 1 + scene.ban_months
            left = u_success / (scene.chance[self.index, domain, route] * scene.success_left)
            if left < 1.0:
                # Given success, left is uniform: it also draws the severity.
                scene.incidents.append(self.cause(month, domain, route, scene, left))

    def cause(self, month: int, domain: int, route: int, scene: Scene, u: float) -> Incident:
        """An incident with a log-normal harm."""
        spread = scene.severity_sd
        harm = scene.harm[domain] * exp(spread * _NORMAL.inv_cdf(max(u, 1e-12)) - spread**2 / 2.0)
        origin = ORIGINS[ORIGIN[route]].lower() if ORIGIN[route] < 3 else "no_model"
        return Incident(
            month,
            self.index,
            self.kind.name,
            DOMAINS[domain],
            KINDS_OF_ROUTE[KIND[route]],
            origin,
            scene.release[route],
            harm,
        )


def _pick(weights: list[float] | tuple[float, ...], u: float) -> int:
    """Index drawn with the given weights (which sum to 1)."""
    for i, w in enumerate(weights):
        u -= w
        if u < 0.0:
            return i
    return max(range(len(weights)), key=weights.__getitem__)


class Actors:
    """What all malicious actors are, as arrays: skill, budget, domains, routes known, bans."""

    def __init__(self, actors: list[MaliciousActor]) -> None:
        self.skill = np.array([a.skill for a in actors])
        self.budget = np.array([a.budget for a in actors])
        self.mix = np.array([a.kind.domains for a in actors])
        self.home = np.array([a.home for a in actors])
        self.known = np.array([a.known for a in actors])
        self.banned_until = np.zeros((len(actors), len(ROUTES)), np.int64)
        self.of_kind = {kind.name: np.array([a.kind is kind for a in actors]) for kind in ACTORS}


class Scene:
    """What all malicious actors face in one month, and what comes of it."""

    def __init__(self, world: World) -> None:
        p, actors = world.p, world.actors
        self.harm = [getattr(p, f"harm_{d}") for d in DOMAINS]
        rows, capability = best_by_route(world.catalogue.columns, len(world.catalogue), p.no_model_capability)
        self.release = rows.tolist()
        refused = np.array([p.refusal, p.refusal_cn, p.refusal])
        barred = world.law.denial[actors.home, :, DEVELOPER, OPEN_WEIGHTS]
        passing, cost = weigh_barriers(refused, p.gate_pass, barred, p.strip_cost * world.law.strip_cost, actors.budget)
        self.chance, self.odds, expected, without = weigh_routes(
            capability,
            passing,
            cost,
            actors.known & (actors.banned_until <= world.month),
            actors.skill,
            actors.mix,
            np.array([getattr(p, f"threshold_{d}") for d in DOMAINS]),
            p.success_slope,
            p.route_weight,
            np.array(self.harm),
        )
        self.success_left = 1.0 - p.defence_ceiling * (1.0 - exp(-world.defence))
        self.attempts_each = (
            p.attempts
            * (world.tally.people[0] / 0.1) ** p.attempts_use_exponent
            * (1.0 + p.automation) ** (world.month / 12.0)
            / len(actors.skill)
        )
        scale = self.attempts_each * self.success_left
        self.expected = {name: float(expected[kind].sum()) * scale for name, kind in actors.of_kind.items()}
        self.uplift_us = {
            name: float((expected - without)[kind].sum()) * scale for name, kind in actors.of_kind.items()
        }
        self.detection, self.ban_months = p.detection, round(p.ban_months)
        self.severity_sd = p.severity_sd
        self.incidents: list[Incident] = []


def recruit(world: World) -> list[MaliciousActor]:
    """All malicious actors; homes of criminals and lone actors are drawn by people."""
    homes = world.streams("actor homes")
    people = [c.working_age_m for c in world.countries]
    weights = [x / sum(people) for x in people]
    codes = {c.code: i for i, c in enumerate(world.countries)}
    actors: list[MaliciousActor] = []
    for kind in ACTORS:
        named = [codes[code] for code in kind.homes if code in codes]
        for n in range(kind.agents):
            index = len(actors)
            home = named[n % len(named)] if named else _pick(weights, homes.uniform(index))
            actors.append(MaliciousActor(world, index, kind, home))
    return actors
