"""Plain misuse: what each malicious actor sees in each route, and how often it tries."""

from __future__ import annotations

from math import exp, inf
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.agents.malicious import ACTORS, Incident
from sim.model.law_fields import FIELDS
from sim.vocabulary import API, CN, OPEN_WEIGHTS, ORIGINS, US
from tests.reference.draws import logistic, nth, poisson, unit64

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.model.agents.malicious import MaliciousActor
    from sim.model.law import Law
    from tests.reference.adopter import Release
    from tests.reference.plain import PlainWorld

DEVELOPER = 3
DOMAINS = ("fraud", "influence", "military", "cyber", "chem_bio")
NOWHERE = -1e9


class Route(NamedTuple):
    """A way to harm: its kind, and the origin of the releases it uses (None: no model)."""

    kind: str
    origin: int | None


ROUTES = (
    Route("none", None),
    *(
        Route(kind, origin)
        for kind in ("strip", "jailbreak", "gated")
        for origin in range(len(ORIGINS))
    ),
    Route("own_state", CN),
)


class View(NamedTuple):
    """What one actor expects of its routes in one domain."""

    chance: list[float]
    odds: list[float]
    success: float
    without_us: float
    way: list[int]


def routes_of(release: Release) -> set[Route]:
    """The routes on which a release can be used."""
    routes = set()
    if release.mirrored or (release.mode >= OPEN_WEIGHTS and release.controlled == 0.0):
        routes.add(Route("strip", release.origin))
    elif release.mode != API:
        routes.add(Route("gated", release.origin))
    if release.mode == API:
        routes.add(Route("jailbreak", release.origin))
    if release.origin == CN:
        routes.add(Route("own_state", CN))
    return routes


def best_by_route(
    releases: Iterable[Release], no_model: float, classes: int = 1
) -> list[list[tuple[int, float]]]:
    """Index and capability of the best release on each route, by the class of its safeguard."""
    best = [dict.fromkeys(ROUTES, (-1, NOWHERE)) for _ in range(classes)]
    best[0][ROUTES[0]] = -1, no_model
    for release in releases:
        for route in routes_of(release):
            carried = best[release.safeguard if route.kind in ("strip", "gated") else 0]
            if release.capability > carried[route][1]:
                carried[route] = release.index, release.capability
    return [[carried[route] for route in ROUTES] for carried in best]


def passing(
    route: Route,
    lab: int,
    refused: list[float],
    accounts: list[float],
    gate_pass: list[float],
    barred: list[float],
) -> float:
    """Share of success left after refusals of a lab's service, or after the checks of its gates.

    ``refused`` by origin, all else by lab.
    """
    if route.kind == "jailbreak":
        return (1.0 - refused[route.origin]) * accounts[lab]
    if route.kind == "gated":
        return gate_pass[lab] * exp(-barred[lab])
    return 1.0


def by_lab(law: Law, name: str) -> np.ndarray:
    """A field of the law with one entry for every lab, where it has one for every class of labs."""
    axes, value = FIELDS[name].axes, np.asarray(getattr(law, name))
    return value.take(law.class_of, axis=axes.index("class")) if "class" in axes else value


def cost(route: Route, strip_cost: float, factor: float, budget: float) -> float:
    """Utils that stripping safeguards costs an actor; gated weights carry them too.

    The cap is on the usual cost.
    """
    return factor * min(3.0, strip_cost / budget) if route.kind in ("strip", "gated") else 0.0


def worth(capability: float, in_context: float, no_model: float) -> float:
    """Points of a release if only a part of its advantage over no model is supplied in context."""
    return capability - (1.0 - in_context) * max(0.0, capability - no_model)


def weigh(
    capability: list[list[float]],
    left: list[list[float]],
    costs: list[list[float]],
    known: list[bool],
    ability: float,
    slope: float,
    weight: float,
) -> View:
    """Logit over the known routes by expected success net of cost.

    Each route is used in the way that nets most.

    Capability, share left and costs by way and route; ability is skill less the domain's threshold.
    """
    chance, values, way = [], [], []
    for r in range(len(ROUTES)):
        ways = [w for w in range(len(costs)) if known[r] and capability[w][r] > NOWHERE]
        success = [logistic((capability[w][r] + ability) / slope) * left[w][r] for w in ways]
        net = [weight * s - costs[w][r] for w, s in zip(ways, success, strict=True)]
        best = max(range(len(ways)), key=net.__getitem__, default=None)
        chance.append(0.0 if best is None else success[best])
        values.append(-inf if best is None else net[best])
        way.append(0 if best is None else ways[best])
    powers = [exp(value - max(values)) for value in values]
    odds = [power / sum(powers) for power in powers]
    elsewhere = [i for i, route in enumerate(ROUTES) if route.origin != US]
    success = sum(q * s for q, s in zip(odds, chance, strict=True))
    without_us = sum(odds[i] * chance[i] for i in elsewhere) / sum(odds[i] for i in elsewhere)
    return View(chance, odds, success, without_us, way)


class PlainScene:
    """What all malicious actors face in one month, and what comes of it."""

    def __init__(self, world: PlainWorld) -> None:
        p = world.p
        best = best_by_route(world.panel.releases, p.no_model_capability, len(world.safeguards))
        # A way: what weights carry, its factor on cost, and what can be supplied in context of
        # filtered domains.
        self.ways = []
        for k, carried in enumerate(world.safeguards.carried):
            self.ways.append((k, carried.strip_factor, dict(carried.filtered)))
            if carried.filtered:
                self.ways.append((k, carried.strip_factor * carried.relearn_factor, {}))
        self.releases = [[row for row, _ in best[k]] for k, _, _ in self.ways]
        self.capability = [[capability for _, capability in best[k]] for k, _, _ in self.ways]
        self.lab = [[world.panel.releases[row].family for row in rows] for rows in self.releases]
        self.harm = [getattr(p, f"harm_{domain}") for domain in DOMAINS]
        self.month = world.month
        self.success_left = 1.0 - p.defence_ceiling * (1.0 - exp(-world.defence))
        growth = (float(world.tally.people[0]) / 0.1) ** p.attempts_use_exponent * (
            1.0 + p.automation
        ) ** (world.month / 12.0)
        self.attempts_each = p.attempts * growth / len(world.malicious)
        self.detection, self.severity_sd = p.detection, p.severity_sd
        self.ban_months = round(p.ban_months)
        self.incidents: list[Incident] = []
        self.expected = dict.fromkeys((kind.name for kind in ACTORS), 0.0)
        self.uplift_us = dict(self.expected)
        shape = len(world.malicious), len(DOMAINS), len(ROUTES)
        self.chance, self.odds, self.way = np.zeros(shape), np.zeros(shape), np.zeros(shape, int)
        for actor in world.malicious:
            self.look(world, actor)

    @property
    def severity(self) -> list[float]:
        """Harm of the month's incidents."""
        return [incident.harm for incident in self.incidents]

    def count_incidents(self) -> list[list[int]]:
        """Incidents by kind of actor, by kind of route, by domain, and by origin or no model."""
        names = {
            "kind": [kind.name for kind in ACTORS],
            "route": ["none", "strip", "jailbreak", "gated", "own_state"],
            "domain": DOMAINS,
            "origin": [*(origin.lower() for origin in ORIGINS), "no_model"],
        }
        return [
            [sum(getattr(i, field) == one for i in self.incidents) for one in ones]
            for field, ones in names.items()
        ]

    def look(self, world: PlainWorld, actor: MaliciousActor) -> None:
        """One actor's view of its routes in every domain it is active in."""
        p, law = world.p, world.law
        refused = [p.refusal, p.refusal_cn, p.refusal]
        barred = by_lab(law, "denial")[actor.home, :, DEVELOPER, OPEN_WEIGHTS].tolist()
        strip_cost = p.strip_cost * world.hub.search()
        accounts = by_lab(law, "account_pass")[actor.home].tolist()
        gate_pass = [p.gate_pass * factor for factor in by_lab(law, "gate_pass").tolist()]
        left = [
            [
                passing(r, lab, refused, accounts, gate_pass, barred)
                for r, lab in zip(ROUTES, labs, strict=True)
            ]
            for labs in self.lab
        ]
        costs = [
            [cost(route, strip_cost, factor, actor.budget) for route in ROUTES]
            for _, factor, _ in self.ways
        ]
        banned_until = world.actors.banned_until[actor.index].tolist()
        known = [
            knows and until <= world.month
            for knows, until in zip(actor.known, banned_until, strict=True)
        ]
        attempts = self.attempts_each * self.success_left
        for j, (domain, share) in enumerate(zip(DOMAINS, actor.kind.domains, strict=True)):
            if share > 0.0:
                ability = actor.skill - getattr(p, f"threshold_{domain}")
                there = [
                    [worth(x, filtered.get(domain, 1.0), p.no_model_capability) for x in capability]
                    for capability, (_, _, filtered) in zip(self.capability, self.ways, strict=True)
                ]
                view = weigh(there, left, costs, known, ability, p.success_slope, p.route_weight)
                self.chance[actor.index, j], self.odds[actor.index, j] = view.chance, view.odds
                self.way[actor.index, j] = view.way
                self.expected[actor.kind.name] += attempts * share * self.harm[j] * view.success
                self.uplift_us[actor.kind.name] += (
                    attempts * share * self.harm[j] * (view.success - view.without_us)
                )


def attempts(key: int, actor: int, mean: float) -> list[list[float]]:
    """Four draws for each of an actor's attempts in a month."""
    own = nth(key, actor)
    return [
        [unit64(nth(own, 4 * k + q + 1)) for q in range(4)]
        for k in range(poisson(mean, unit64(own)))
    ]


def pick(weights: Sequence[float], u: float) -> int:
    """Index of the weight on which u falls when they lie end to end.

    The heaviest where u lies beyond them all.
    """
    for i, weight in enumerate(weights):
        u -= weight
        if u < 0.0:
            return i
    return max(range(len(weights)), key=weights.__getitem__)


def decide(
    actor: MaliciousActor, draws: list[float], scene: PlainScene
) -> tuple[int, int, bool, float]:
    """Domain and route of an attempt, if it is noticed, and its draw of success over its chance."""
    domain = pick(actor.kind.domains, draws[0])
    route = pick(scene.odds[actor.index, domain].tolist(), draws[1])
    noticed = ROUTES[route].kind == "jailbreak" and draws[2] < scene.detection
    chance = float(scene.chance[actor.index, domain, route]) * scene.success_left
    return domain, route, noticed, draws[3] / chance if chance > 0.0 else inf


def act(
    actor: MaliciousActor, domain: int, route: int, noticed: bool, luck: float, scene: PlainScene
) -> None:
    """Carry out one attempt.

    Noticed it bars the route for a time, and with success it becomes an incident.
    """
    if noticed:
        actor.model.actors.banned_until[actor.index, route] = scene.month + 1 + scene.ban_months
    if luck < 1.0:  # and uniform below it, so that it also draws the severity
        spread, origin = scene.severity_sd, ROUTES[route].origin
        incident = Incident(
            month=scene.month,
            actor=actor.index,
            kind=actor.kind.name,
            domain=DOMAINS[domain],
            route=ROUTES[route].kind,
            origin="no_model" if origin is None else ORIGINS[origin].lower(),
            release=scene.releases[int(scene.way[actor.index, domain, route])][route],
            harm=scene.harm[domain]
            * exp(spread * NormalDist().inv_cdf(max(luck, 1e-12)) - spread**2 / 2.0),
        )
        scene.incidents.append(incident)


def misuse(world: PlainWorld) -> None:
    """Malicious actors look at their routes, estimate success, and act."""
    scene = world.scene = PlainScene(world)
    key = world.streams("attempts").bits(world.month)
    for actor in world.malicious:
        for draws in attempts(key, actor.index, scene.attempts_each):
            act(actor, *decide(actor, draws, scene), scene)
    p, law = world.p, world.law
    world.defence += p.defence_growth * defenders_speed(world) / 12.0 + law.defence / 12.0


def defenders_speed(world: PlainWorld) -> float:
    """Speed of defence (1 under the law of 2023).

    From access of defenders to open weights, reporting, audits.
    """
    lost = 0.0
    used = [float(share) for share in world.tally.world[DEVELOPER]]
    burden = sum(
        by_lab(world.law, name)[:, :, DEVELOPER, OPEN_WEIGHTS] for name in ("friction", "denial")
    ).tolist()
    for origin in range(3):
        labs = [lab.index for lab in world.labs if lab.origin == origin and used[lab.index] > 0.0]
        for lab in labs:
            share = (
                float(world.tally.region[0, DEVELOPER, origin])
                * used[lab]
                / sum(used[i] for i in labs)
            )
            for place in world.panel.places:
                if place.channel == DEVELOPER:
                    lost += share * place.size * (1.0 - exp(-burden[place.country][lab]))
    return (
        (1.0 - lost) * world.law.reporting * (1.0 + world.p.defence_audits * world.audited_share())
    )
