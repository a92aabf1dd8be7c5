"""What is measured: a row of the table per outcome, and a function that gives it.

An outcome of its own is a function that returns a number, and its row. Outcomes that are cells of
something the month has counted anyway share a function that returns all of it, and their rows say
which cell: it is read once a month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sim import data
from sim.model.trust import exposure
from sim.vocabulary import (
    ABROAD,
    ACTOR_KINDS,
    BLOCS,
    CHANNELS,
    CN,
    DOMAINS,
    GATED,
    MIX,
    OPEN_SHARE,
    ORIGINS,
    OTHER,
    PAYERS,
    REGIONS,
    ROUTE_KINDS,
    UNAUDITED,
    US,
)

if TYPE_CHECKING:
    import numpy as np

    from sim.model.world import World

WORDS = {
    "cn_state": "Chinese state actors",
    "other_state": "other states' actors",
    "criminal": "criminals",
    "lone": "extremist or lone actors",
    "none": "without an AI model",
    "strip": "with stripped open weights",
    "jailbreak": "with a jailbroken service",
    "gated": "with gated weights",
    "own_state": "with releases of the actor's own state",
    "fraud": "fraud and abuse",
    "influence": "influence operations",
    "military": "military and surveillance",
    "cyber": "cyber attacks",
    "chem_bio": "chemical and biological harm",
    "us": "with a US release",
    "cn": "with a Chinese release",
    "other": "with a release of other origin",
    "no_model": "without a release",
}
INCIDENTS = (
    *(("kind", name) for name in ACTOR_KINDS),
    *(("route", name) for name in ROUTE_KINDS),
    *(("domain", name) for name in DOMAINS),
    *(("origin", name) for name in ("us", "cn", "other", "no_model")),
)
_INCIDENT_NAMES = [name for _, name in INCIDENTS]
_COUNTED_FIELDS = attrgetter("kind", "route", "domain", "origin")
_REGION_TEXT = {
    "world": "the world",
    "abroad": "countries outside the US and China",
    "us_aligned": "US-aligned countries",
    "third_country": "third countries",
    "restricted": "restricted countries",
    "us": "the US",
    "cn": "China",
}
_MEASURE = {
    "consumer": "users, stock",
    "market": "tokens, flow",
    "enterprise": "workloads, stock",
    "developer": "projects, flow",
    "government": "workloads, stock",
    "all": "stated mix of channels",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One monthly series.

    Attributes
    ----------
    function : callable
        Takes the world; gives the number, or with a cell the table (array or list) in which it
        stands.
    direction : int
        +1 where more is better for the goal, -1 where less is, 0 where neither is meant.
    kind : str
        "share" (0 to 1, differences in points) or "level".
    factor : str or None
        Rubric factor; ``headline`` marks the outcome that stands for it.
    cell : tuple of int or None
        Where the outcome stands in the table that its function gives.
    """

    name: str
    label: str
    unit: str
    measure: str
    definition: str
    function: Callable[[World], Any]
    direction: int = 0
    kind: str = "level"
    factor: str | None = None
    headline: bool = False
    cell: tuple[int, ...] | None = None


# shares of use


def shares_of_use(world: World) -> np.ndarray:
    """Share of origins and of open releases in a region's use: (region, channel or mix, kind)."""
    return world.tally.region


def people_using(world: World) -> np.ndarray:
    """Share of people 15-64 who use AI: (region,)."""
    return world.tally.people


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
    """Value of applications built on open weights, a year: all, by origin (1-3), by bloc (4-8)."""
    by_origin = world.derivatives.value
    sums = (sum(chain(*by_origin)), *map(sum, by_origin), *map(sum, zip(*by_origin, strict=True)))
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
    counts = dict.fromkeys(_INCIDENT_NAMES, 0)  # no name occurs in two fields
    for name in chain.from_iterable(map(_COUNTED_FIELDS, world.scene.incidents)):
        counts[name] += 1
    return [len(world.scene.incidents), *counts.values()]


def incidents_reported(world: World) -> float:
    """Incidents of the month that are reported."""
    return len(world.scene.incidents) * world.law.reporting


def harm_realised(world: World) -> float:
    """Harm of the incidents of the month, with its heavy tail."""
    return sum(incident.harm for incident in world.scene.incidents)


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


def policy_cost(world: World) -> list[float]:
    """What policies cost each payer, a year.

    The law's ledger and one-off costs of the last 12 months.
    """
    recent = world.ledger.by_payer()
    return [world.law.ledger(payer) + recent[payer] for payer in PAYERS]


def _share_rows() -> list[Outcome]:
    rows = []
    for k, kind in ((US, "us"), (CN, "cn"), (OPEN_SHARE, "open")):
        what = (
            "open releases"
            if kind == "open"
            else f"releases of {'US' if kind == 'us' else 'Chinese'} origin"
        )
        for r, region in enumerate(REGIONS):
            for h, channel in enumerate((*CHANNELS, "all")):
                suffix = "" if channel == "all" else f"_{channel}"
                where = _REGION_TEXT[region]
                through = "mix of channels" if channel == "all" else f"{channel} channel"
                headline = kind == "us" and region == "abroad" and channel == "all"
                rows.append(
                    Outcome(
                        f"{kind}_share_{region}{suffix}",
                        f"{'Open' if kind == 'open' else 'US' if kind == 'us' else 'Chinese'} "
                        f"share of use in {where}, {through}",
                        "share of use",
                        _MEASURE[channel],
                        f"Share of {what} in use in {where}, {through}"
                        + (
                            "; China counts by its weight in hub downloads and router tokens"
                            if region == "world"
                            else ""
                        ),
                        shares_of_use,
                        direction=1 if headline else 0,
                        kind="share",
                        factor="global_power" if headline else None,
                        headline=headline,
                        cell=(r, h, k),
                    )
                )
    return rows


def _spread_rows(
    name: str, label: str, over: int, definition: str, headline_factor: str | None
) -> list[Outcome]:
    rows = []
    for h, channel in enumerate((*CHANNELS, "all")):
        everything = channel == "all"
        rows.append(
            Outcome(
                name if everything else f"{name}_{channel}",
                f"{label}, {'mix of channels' if everything else channel + ' channel'}",
                "0-1",
                _MEASURE[channel],
                definition,
                spread,
                direction=1 if everything and headline_factor else 0,
                kind="share",
                factor=headline_factor if everything else None,
                headline=bool(everything and headline_factor),
                cell=(over, h),
            )
        )
    return rows


def _incident_rows() -> list[Outcome]:
    rows = [
        Outcome("incidents", "Misuse incidents", "incidents a month", "count, flow", "Successful misuse that would be reported", incidents, cell=(0,)),
        Outcome("incidents_reported", "Reported incidents", "incidents a month", "count, flow", "Incidents times the law's factor on reporting", incidents_reported),
    ]  # fmt: skip
    for i, (field, name) in enumerate(INCIDENTS, start=1):
        link = {"kind": "by ", "domain": "of "}.get(field, "")
        text = f"Incidents {link}{WORDS[name]}"
        rows.append(
            Outcome(
                f"incidents_origin_{name}" if field == "origin" else f"incidents_{name}",
                text,
                "incidents a month",
                "count, flow",
                f"{text}: successful misuse of the month that would be reported",
                incidents,
                cell=(i,),
            )
        )
    return rows


def _table() -> dict[str, Outcome]:
    points, index_year = "index points", "units of value a year"
    rows = [
        Outcome("openness_class", "Openness of releases in use", "0-1", "mix of channels", "Use-weighted mean of the openness of weights, data, code and licence (after the Model Openness Framework)", openness_class, 1, "share", "transparency", True),
        Outcome("audited_share", "Use on audited releases", "share of use", "mix of channels", "Share of use on releases with a published audit", audited_share, 1, "share", "transparency"),
        Outcome("audited_or_documented_share", "Use on audited or documented releases", "share of use", "mix of channels", "Share of use on releases with a published audit or a published rationale for their release mode", audited_or_documented_share, 1, "share", "transparency"),
        Outcome("rationale_share", "Use on releases with a rationale", "share of use", "mix of channels", "Share of use on releases whose release mode was explained in public", rationale_share, 1, "share", "transparency"),
        Outcome("application_value", "Applications built on open weights", index_year, "value, flow", "Value of applications built a year; 1 is what all developers would make in a year at 120 index points with fully adaptable weights", application_value, 1, "level", "progress_specific", True, (0,)),
        *(Outcome(f"application_value_{n}_base", f"Applications on {t} open weights", index_year, "value, flow", f"Value of applications built a year on open weights of {t} origin", application_value, 0, "level", "progress_specific", cell=(1 + o,)) for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"), (OTHER, "other", "other"))),
        *(Outcome(f"application_value_{b.lower()}", f"Applications built in {_REGION_TEXT[b.lower()]}", index_year, "value, flow", f"Value of applications built a year in {_REGION_TEXT[b.lower()]}", application_value, 0, "level", "progress_specific", cell=(4 + i,)) for i, b in enumerate(BLOCS)),
        Outcome("frontier_growth", "Frontier progress", f"{points} a year", "capability", "Gain of the best release of any lab over twelve months", frontier_growth, 1, "level", "progress_frontier", True),
        *(Outcome(f"frontier_{n}", f"Best {t} release".replace("  ", " "), points, "capability, running best", f"Capability of the best {t} release so far".replace("  ", " "), partial(best_capability, group=n), 0, "level", "progress_frontier") for n, t in (("us", "US"), ("cn", "Chinese"), ("open", "open"), ("closed", "closed"), ("all", ""))),
        Outcome("frontier_open_us", "Best open US release", points, "capability, running best", "Capability of the best US release so far with open weights", best_open_us, 0, "level", "progress_frontier"),
        Outcome("lag_us_cn", "China's lag behind the US, as last measured", "months", "point-score method", "Months since the best US release first exceeded the best Chinese one, by measured scores, at the US government's last review", partial(reviewed_lag, name="lag_us_cn"), 0, "level", "progress_frontier"),
        Outcome("lag_us_cn_true", "China's lag behind the US, true", "months", "point-score method", "Months since the best US release first exceeded the best Chinese one, by true capability", partial(capability_lag, reference="us", group="cn"), 0, "level", "progress_frontier"),
        Outcome("lag_open_closed", "Lag of open behind closed releases, as last measured", "months", "point-score method", "Months since the best closed release first exceeded the best open one, by measured scores, at the US government's last review", partial(reviewed_lag, name="lag_open_closed"), 0, "level", "progress_frontier"),
        Outcome("lag_open_closed_true", "Lag of open behind closed releases, true", "months", "point-score method", "Months since the best closed release first exceeded the best open one, by true capability", partial(capability_lag, reference="closed", group="open"), 0, "level", "progress_frontier"),
        *(Outcome(f"open_releases_{n}", f"Open share of {t} releases", "share of releases", "releases, flow", f"Share of open ones among the releases of {t} firms in the last twelve months", opened_share, 0, "share", "transparency", cell=(i,)) for i, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        Outcome("gated_share", "Use on gated releases", "share of use", "mix of channels", "Share of use on weights that only vetted users may have", gated_share, 0, "share", "transparency"),
        *(Outcome(f"idea_share_{n}", f"Algorithmic gains of {t} origin", "share of gains", "efficiency, flow", f"Share of all labs' efficiency gains of the month that came from {t} labs", partial(idea_share, origin=o), 0, "share", "progress_frontier") for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        *_spread_rows("power_labs", "Spread of use over labs", 0, "1 - HHI over labs of the releases in use", "power_distribution"),
        *_spread_rows("power_countries", "Spread of use over countries", 1, "1 - HHI over the countries where AI is used", None),
        Outcome("labs_near_frontier", "Labs within six months of the frontier", "labs", "count", "Labs whose best release is at least the frontier of six months ago", labs_near_frontier, 1, "level", "power_distribution"),
        Outcome("cn_state_harm", "Harm by Chinese state actors", "units of harm a year", "expected", "Expected harm by Chinese state actors over all routes; 1 is a mean fraud incident that would be reported", harm, -1, "level", "chinese_misuse", True, (ACTOR_KINDS.index("cn_state"),)),
        Outcome("uplift_us_releases", "Uplift of Chinese state actors from US releases", "units of harm a year", "expected", "Expected harm by Chinese state actors less what it would be without any release of US origin", uplift_from_us, -1, "level", "chinese_misuse"),
        Outcome("other_harm", "Harm by all other malicious actors", "units of harm a year", "expected", "Expected harm by other states, criminals and lone actors over all routes", harm, -1, "level", "other_misuse", True, (len(ACTOR_KINDS),)),
        *(Outcome(f"harm_{k}", f"Harm by {WORDS[k]}", "units of harm a year", "expected", f"Expected harm by {WORDS[k]} over all routes", harm, -1, cell=(i,)) for i, k in enumerate(ACTOR_KINDS)),
        *_incident_rows(),
        Outcome("harm_realised", "Harm of the month's incidents", "units of harm a month", "realised, flow", "Sum of the harm of the month's incidents, heavy-tailed", harm_realised, -1),
        Outcome("safeguarded_share", "Use on releases with required safeguards", "share of use", "mix of channels", "Share of use on open releases that carry a safeguard required by law", safeguarded_share, 0, "share"),
        *(Outcome(f"stripped_on_{n}", f"Stripped derivatives on {n}", "share of stripped derivatives", "stock", f"Share of the derivatives without safeguards that can be downloaded from {n}", stripped_derivatives, 0, "share", cell=(i,)) for i, n in enumerate(("hubs", "mirrors"))),
        Outcome("defence", "Attempts stopped by defence", "share of attempts", "stock", "Share of otherwise successful attempts that defence stops", defence, 1, "share"),
        Outcome("backdoor_exposure", "Exposure to hidden compromise", "share of critical use", "stock", "Use on compromised, undetected open releases and their derivatives, weighted by criticality", backdoor_exposure, -1, "level", "backdoors", True),
        Outcome("audit_detections", "Compromises found by audits", "findings a month", "count, flow", "Compromised releases flagged by an audit", partial(audits_found, what="detections"), 1, "level", "backdoors"),
        Outcome("audit_false_alarms", "False alarms of audits", "findings a month", "count, flow", "Sound releases flagged by an audit", partial(audits_found, what="false_alarms"), -1, "level", "backdoors"),
        Outcome("scan_detections", "Compromises found by scans of files", "findings a month", "count, flow", "Compromised open releases whose files a hub's scan mended", partial(audits_found, what="scanned"), 1, "level", "backdoors"),
        Outcome("crisis_loss", "Loss in crises", "share of critical use", "flow", "Exposure that a crisis event of the scenario turned into loss", crisis_loss, -1),
        *_share_rows(),
        *(Outcome(f"use_{r}", f"People who use AI in {_REGION_TEXT[r]}", "share of people 15-64", "users, stock", f"Share of people 15-64 who use AI in {_REGION_TEXT[r]}", people_using, 0, "share", cell=(i,)) for i, r in enumerate(REGIONS)),
        *(Outcome(f"trust_{n}", f"Trust in {t} supply", "0-1", "stock", f"Trust in the supply of {t} releases outside the US and China, weighted by people", trust, 0, "share", "global_power", cell=(o,)) for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        Outcome("dependence_abroad", "Dependence on one origin abroad", "share of use", "mix of channels", "Share of the largest origin in use outside the US and China", dependence, 0, "share", "global_power"),
        *(Outcome(f"derivative_share_{n}", f"New derivatives on {t} bases", "share of derivatives", "derivatives, flow", f"Share of the month's new derivatives that build on releases of {t} origin", derivative_shares, 0, "share", "global_power", cell=(o,)) for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        Outcome("derivative_ratio_us_cn", "Meta derivatives per Alibaba derivative", "ratio", "derivatives, flow", "New derivatives of Meta's releases per new derivative of Alibaba's", derivative_ratio),
        *(Outcome(f"compute_{n}", f"Chips in {t}", "H100-equivalents", "stock", d, partial(compute_stock, where=n)) for n, t, d in (("us", "the US", "US share of the stock outside China"), ("cn", "China", "Legal, domestic and smuggled chips in China"))),
        Outcome("compute_share_cn", "China's share of installed Nvidia chips", "share of chips", "stock", "Legal Chinese stock over legal Chinese stock and the rest of the world's", partial(compute_share, part="legal"), 0, "share"),
        Outcome("compute_smuggled", "Smuggled share of China's chips", "share of chips", "stock", "Smuggled over effective Chinese stock", partial(compute_share, part="smuggled"), 0, "share"),
        Outcome("compute_domestic_cn", "Chinese-made share of China's chips", "share of chips", "stock", "Chinese-made over effective Chinese stock", domestic_share, 0, "share"),
        Outcome("triggers_thrown", "Triggers thrown", "triggers", "count", "Monitors in force whose threshold was found crossed and acted upon", policies_switched),
        *(Outcome(f"cost_policy_{w}", f"Cost of policies to {t}", "USD a year", "flow", f"What the policies in force cost {t}: standing costs and one-off costs of the last 12 months", policy_cost, -1, cell=(i,)) for i, (w, t) in enumerate((w, w.replace("_", " ")) for w in PAYERS)),
        *(Outcome(f"family_share_{lab.slug}", f"Use of {lab.name} releases", "share of use", "mix of channels", f"Share of {lab.name}'s releases in the world's use", family_shares, 0, "share", cell=(i,)) for i, lab in enumerate(data.labs())),
        *(Outcome(f"months_to_half_peak_{lab.slug}", f"Months to half of peak, {lab.name}", "months", "mix of channels", f"Months from {lab.name}'s first release (from 2023-01 where that is older) to the first month in which its share of the world's use reached half of its highest so far; 0 before any use", months_to_half_peak, cell=(i,)) for i, lab in enumerate(data.labs())),
    ]  # fmt: skip
    return {row.name: row for row in rows}


OUTCOMES: dict[str, Outcome] = _table()
