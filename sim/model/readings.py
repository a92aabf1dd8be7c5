"""What is measured each month: functions of the world that give the outcomes.

A function returns a number, or all of something that the month has counted anyway; what each number
means, and which cell it is, stands in the table of :mod:`sim.model.outcomes`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from sim.model.trust import exposure
from sim.vocabulary import (
    ABROAD,
    ACTOR_KINDS,
    CN,
    CONSUMER,
    DOMAINS,
    EU,
    GATED,
    MIX,
    ORIGINS,
    PAYERS,
    ROUTE_KINDS,
    UNAUDITED,
    US,
)

if TYPE_CHECKING:
    import numpy as np

    from sim.model.world import World

INCIDENTS = (
    *(("kind", name) for name in ACTOR_KINDS),
    *(("route", name) for name in ROUTE_KINDS),
    *(("domain", name) for name in DOMAINS),
    *(("origin", name) for name in ("us", "cn", "other", "no_model")),
)


# shares of use


def shares_of_use(world: World) -> np.ndarray:
    """Share of origins and of open releases in a region's use: (region, channel or mix, kind)."""
    return world.tally.region


def shares_of_eu_labs(world: World) -> np.ndarray:
    """Share of EU labs' releases in use in the EU, and elsewhere: (where, channel or mix)."""
    return world.tally.eu_labs


def people_using(world: World) -> np.ndarray:
    """Share of people 15-64 who use AI: (region,)."""
    return world.tally.people


def people_using_in(world: World) -> list[float]:
    """Share of people 15-64 who use AI in the Global North and in the rest of the world."""
    users = world.adopters.own_people * world.use[:, CONSUMER]
    halves = world.adopters.north_and_rest
    return [float(users.take(within).sum() / people) for within, people in halves]


def family_shares(world: World) -> np.ndarray:
    """Share of each lab's releases in the world's use, mix of channels: (family,)."""
    return world.tally.world[MIX]


def months_to_half_peak(world: World) -> list[int]:
    """Months from a family's first release to half of its peak share of use so far: (family,)."""
    return [curve.months_to_half_peak() for curve in world.history.curves]


# transparency


def openness_class(world: World) -> float:
    """Use-weighted openness of releases in use."""
    use = world.use_of_releases
    return float((use * world.catalogue.columns.openness[: len(use)]).sum())


def audited_share(world: World) -> float:
    """Share of use on publicly audited releases."""
    return world.audited_share()


def rationale_share(world: World) -> float:
    """Share of use on releases with a published rationale for their release mode."""
    use = world.use_of_releases
    return float(use[world.catalogue.columns.rationale[: len(use)]].sum())


def audited_or_documented_share(world: World) -> float:
    """Share of use on releases with a published audit or a published rationale."""
    use, c = world.use_of_releases, world.catalogue.columns
    n = len(use)
    return float(use[(c.public_finding[:n] > UNAUDITED) | c.documented[:n]].sum())


# progress


def application_value(world: World) -> list[float]:
    """Value of applications built on open weights, a year: all, by origin (1-3), by area (4-9)."""
    by_origin = world.derivatives.value
    blocs = [by_area[:EU] for by_area in by_origin]
    sums = (sum(chain(*blocs)), *map(sum, blocs), *map(sum, zip(*by_origin, strict=True)))
    return [12.0 * x for x in sums]


def frontier_growth(world: World) -> float:
    """Gain of the best release over twelve months."""
    path = world.frontier.paths["true"]["all"]
    return path[-1] - path[max(0, len(path) - 13)]


def best_capability(world: World, group: str) -> float:
    """Capability of a group's best release so far."""
    return world.frontier.best["true"][group]


def best_open_us(world: World) -> float:
    """Capability of the best open US release so far."""
    return world.frontier.best_open_of(US)


def capability_lag(world: World, reference: str, group: str) -> float:
    """Months since the reference's running best first exceeded the group's best."""
    return world.frontier.lag("true", reference, group)


def reviewed_lag(world: World, name: str) -> float:
    """A lag as the US government's last review found it."""
    indicators = world.us_government.indicators
    return indicators[name] if indicators else 0.0


def idea_share(world: World, origin: int) -> float:
    """Share of this month's efficiency gains (all labs) that came from one origin."""
    gains = world.counts.idea_gains
    total = sum(gains)
    return gains[origin] / total if total else 0.0


def safeguarded_share(world: World) -> float:
    """Share of use on releases that carry a safeguard which the law required."""
    use = world.use_of_releases
    return float(use[world.catalogue.columns.safeguard[: len(use)] > 0].sum())


def opened_share(world: World) -> list[float]:
    """Share of open releases among those of firms in the last twelve months: US, Chinese."""
    counts = world.releases.count_of_firms(12)
    return [opened / max(1, closed + opened) for closed, opened in (counts[US], counts[CN])]


def notable_releases(world: World) -> list[float]:
    """Notable models of the month by origin, and open ones among them: US, Chinese, other."""
    counts = world.releases.notable[-1]
    return [*(sum(counts[i : i + 2]) for i in (0, 2, 4)), *counts[1::2]]


def gated_share(world: World) -> float:
    """Share of use on gated releases."""
    if world.releases.gated == 0:
        return 0.0
    use = world.use_of_releases
    return float(use[world.catalogue.columns.mode[: len(use)] == GATED].sum())


# power


def spread(world: World) -> np.ndarray:
    """1 - HHI: (over labs or over countries of use, channel or mix)."""
    return 1.0 - world.tally.concentration


def labs_near_frontier(world: World) -> float:
    """Labs whose best release the frontier had not exceeded six months ago."""
    path = world.frontier.paths["true"]["all"]
    then = path[max(0, len(path) - 7)]
    return float(sum(lab.best_released >= then for lab in world.labs))


# misuse


def harm(world: World) -> list[float]:
    """Expected harm over all routes, a year: by kind of actor.

    The last is that by all but Chinese state actors.
    """
    expected = [world.scene.expected[kind] for kind in ACTOR_KINDS]
    return [12.0 * x for x in (*expected, sum(expected[1:]))]


def uplift_from_us(world: World) -> float:
    """Expected harm by Chinese state actors less that without releases of US origin, a year."""
    return 12.0 * world.scene.uplift_us["cn_state"]


def incidents(world: World) -> list[int]:
    """Incidents of the month: all, then by kind, route, domain and origin as in INCIDENTS."""
    counts = world.scene.count_incidents()
    return [len(world.scene.severity), *chain.from_iterable(counts)]


def incidents_reported(world: World) -> float:
    """Incidents of the month that are reported."""
    return len(world.scene.severity) * world.law.reporting


def harm_realised(world: World) -> float:
    """Harm of the incidents of the month, with its heavy tail."""
    return sum(world.scene.severity)


def stripped_derivatives(world: World) -> tuple[float, float]:
    """Share of the derivatives without safeguards that is on hubs, and on mirrors."""
    return world.hub.shares()


def defence(world: World) -> float:
    """Share of attempts that defence stops."""
    return 1.0 - world.scene.success_left


# backdoors


def backdoor_exposure(world: World) -> float:
    """Criticality-weighted share of use on compromised, undetected releases and derivatives."""
    return exposure(world)


def audits_found(world: World, what: str) -> float:
    """Findings published or passed on this month."""
    return world.counts.audits[what]


def crisis_loss(world: World) -> float:
    """Exposure that a crisis of the scenario turned into loss this month."""
    return world.counts.crisis_loss


# global power


def trust(world: World) -> np.ndarray:
    """Trust in US and in Chinese supply: mean over countries abroad, weighted by people.

    Abroad is outside the US and China.
    """
    people = world.people_abroad
    return (people * world.trust.supply.T[[US, CN]].copy()).sum(axis=1) / people.sum()


def dependence(world: World) -> float:
    """Share of the largest origin in use outside the US and China."""
    return max(world.tally.region[ABROAD, MIX, : len(ORIGINS)].tolist())


def derivative_shares(world: World) -> np.ndarray:
    """Share of each origin in the month's new derivatives."""
    flow = world.derivatives.flow
    return (flow * world.family_origin).sum(axis=1) / max(float(flow.sum()), 1e-12)


def derivative_shares_of_families(world: World) -> np.ndarray:
    """Share of each family in the month's new derivatives: (family,)."""
    flow = world.derivatives.flow
    return flow / max(float(flow.sum()), 1e-12)


def derivative_ratio(world: World) -> float:
    """New derivatives of Meta's releases per derivative of Alibaba's."""
    flow = world.derivatives.flow
    return float(flow[world.slugs["meta"]]) / max(float(flow[world.slugs["alibaba"]]), 1e-9)


# compute and cost


def compute_stock(world: World, where: str) -> float:
    """Chips installed."""
    return world.stock(where)


def compute_share(world: World, part: str) -> float:
    """China's share of installed Nvidia chips, or the smuggled share of its effective stock."""
    legal = world.chips.legal
    if part == "legal":
        return legal["CN"] / (legal["CN"] + legal["row"])
    return world.chips.smuggled / world.stock("cn")


def domestic_share(world: World) -> float:
    """Share of Chinese make in China's effective stock of chips."""
    return world.chips.domestic / world.stock("cn")


def policies_switched(world: World) -> float:
    """Triggers of the law whose switch is thrown."""
    return float(sum(trigger in world.us_government.thrown for trigger in world.law.triggers))


def policy_costs(world: World) -> list[list[float]]:
    """What policies cost each payer, a year: (charges, all; payer).

    Charges are one-off costs of the last 12 months for what agents did; all is these and the law's
    ledger.
    """
    recent, spared = world.ledger.by_payer(), sum(world.eu_market.spared(world.law).values())
    charges = [recent[payer] for payer in PAYERS]
    costs = [world.law.ledger(payer) + recent[payer] for payer in PAYERS]
    costs[PAYERS.index("labs")] -= spared
    return [charges, costs]


def eu_cost(world: World) -> list[float]:
    """What duties for offering in the EU cost labs, a year, by their home."""
    return world.eu_market.costs(world.law)


def services_withdrawn_eu(world: World) -> float:
    """Labs whose services have left the EU."""
    return float(len(world.eu_market.left))


def use_withdrawn_eu(world: World) -> float:
    """Share of use in the EU that services had when they left it."""
    return min(1.0, sum(lab.use for lab in world.eu_market.left.values()))
