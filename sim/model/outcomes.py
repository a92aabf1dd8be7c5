"""The table of outcomes: one row for each, with the function that gives it.

The functions stand in :mod:`sim.model.readings`. One that returns a number gives an outcome of its
own. Outcomes that are cells of something the month has counted anyway share a function that returns
all of it, and their rows say which cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from sim import data
from sim.model import readings
from sim.vocabulary import (
    ACTOR_KINDS,
    AREAS,
    CHANNELS,
    CN,
    HOMES,
    OPEN_SHARE,
    ORIGINS,
    OTHER,
    PAYERS,
    REGIONS,
    US,
)

if TYPE_CHECKING:
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
REGION_TEXT = {
    "world": "the world",
    "abroad": "countries outside the US and China",
    "us_aligned": "US-aligned countries",
    "third_country": "third countries",
    "restricted": "restricted countries",
    "us": "the US",
    "cn": "China",
    "eu": "the EU",
}
_ORIGIN_TEXTS = ((US, "us", "US"), (CN, "cn", "Chinese"), (OTHER, "other", "other"))
_MEASURE = {
    "consumer": "users, stock",
    "market": "tokens, flow",
    "enterprise": "workloads, stock",
    "developer": "projects, flow",
    "government": "workloads, stock",
    "all": "stated mix of channels",
}
_WITH_MIX = (*CHANNELS, "all")
_WHERE_EU = (("in_eu", "in the EU"), ("outside_eu", "outside the EU"))
_THROUGH = {**{channel: f"{channel} channel" for channel in CHANNELS}, "all": "mix of channels"}


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
        "share" (0 to 1, differences in points), "level", or "difference" of two levels, which has
        no percent.
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


def _share_rows() -> list[Outcome]:
    rows = []
    for k, kind, whose, what in (
        (US, "us", "US", "releases of US origin"),
        (CN, "cn", "Chinese", "releases of Chinese origin"),
        (OPEN_SHARE, "open", "Open", "open releases"),
    ):
        for (r, region), (h, channel) in product(enumerate(REGIONS), enumerate(_WITH_MIX)):
            where, through = REGION_TEXT[region], _THROUGH[channel]
            headline = kind == "us" and region == "abroad" and channel == "all"
            definition = f"Share of {what} in use in {where}, {through}"
            if region == "world":
                definition += "; China counts by its weight in hub downloads and router tokens"
            row = Outcome(
                f"{kind}_share_{region}" + _suffix(channel),
                f"{whose} share of use in {where}, {through}",
                "share of use",
                _MEASURE[channel],
                definition,
                readings.shares_of_use,
                direction=1 if headline else 0,
                kind="share",
                factor="global_power" if headline else None,
                headline=headline,
                cell=(r, h, k),
            )
            rows.append(row)
    return rows


def _eu_lab_rows() -> list[Outcome]:
    rows = []
    for (w, (name, where)), (h, channel) in product(enumerate(_WHERE_EU), enumerate(_WITH_MIX)):
        row = Outcome(
            f"eu_labs_{name}" + _suffix(channel),
            f"EU labs' share of use {where}, {_THROUGH[channel]}",
            "share of use",
            _MEASURE[channel],
            f"Share of releases of labs at home in the EU in use {where}, {_THROUGH[channel]}",
            readings.shares_of_eu_labs,
            kind="share",
            cell=(w, h),
        )
        rows.append(row)
    return rows


def _spread_rows(
    name: str, label: str, over: int, definition: str, headline_factor: str | None
) -> list[Outcome]:
    rows = []
    for h, channel in enumerate(_WITH_MIX):
        factor = headline_factor if channel == "all" else None
        row = Outcome(
            name + _suffix(channel),
            f"{label}, {_THROUGH[channel]}",
            "0-1",
            _MEASURE[channel],
            definition,
            readings.spread,
            direction=1 if factor else 0,
            kind="share",
            factor=factor,
            headline=bool(factor),
            cell=(over, h),
        )
        rows.append(row)
    return rows


def _suffix(channel: str) -> str:
    """What the name of an outcome ends in for a channel; nothing for the mix."""
    return "" if channel == "all" else f"_{channel}"


def _incident_rows() -> list[Outcome]:
    rows = [
        Outcome("incidents", "Misuse incidents", "incidents a month", "count, flow", "Successful misuse that would be reported", readings.incidents, cell=(0,)),
        Outcome("incidents_reported", "Reported incidents", "incidents a month", "count, flow", "Incidents times the law's factor on reporting", readings.incidents_reported),
    ]  # fmt: skip
    for i, (field, name) in enumerate(readings.INCIDENTS, start=1):
        link = {"kind": "by ", "domain": "of "}.get(field, "")
        text = f"Incidents {link}{WORDS[name]}"
        rows.append(
            Outcome(
                f"incidents_origin_{name}" if field == "origin" else f"incidents_{name}",
                text,
                "incidents a month",
                "count, flow",
                f"{text}: successful misuse of the month that would be reported",
                readings.incidents,
                cell=(i,),
            )
        )
    return rows


def _progress_rows() -> list[Outcome]:
    """Return the outcomes of openness, progress and its spread over labs and countries."""
    points, value = "index points", "units of value a year"
    return [
        Outcome("openness_class", "Openness of releases in use", "0-1", "mix of channels", "Use-weighted mean of the openness of weights, data, code and licence (after the Model Openness Framework)", readings.openness_class, 1, "share", "transparency", True),
        Outcome("audited_share", "Use on audited releases", "share of use", "mix of channels", "Share of use on releases with a published audit", readings.audited_share, 1, "share", "transparency"),
        Outcome("audited_or_documented_share", "Use on audited or documented releases", "share of use", "mix of channels", "Share of use on releases with a published audit or a published rationale for their release mode", readings.audited_or_documented_share, 1, "share", "transparency"),
        Outcome("rationale_share", "Use on releases with a rationale", "share of use", "mix of channels", "Share of use on releases whose release mode was explained in public", readings.rationale_share, 1, "share", "transparency"),
        Outcome("application_value", "Applications built on open weights", value, "value, flow", "Value of applications built a year; 1 is what all developers would make in a year at 120 index points with fully adaptable weights", readings.application_value, 1, "level", "progress_specific", True, (0,)),
        *(Outcome(f"application_value_{n}_base", f"Applications on {t} open weights", value, "value, flow", f"Value of applications built a year on open weights of {t} origin", readings.application_value, 0, "level", "progress_specific", cell=(1 + o,)) for o, n, t in _ORIGIN_TEXTS),
        *(Outcome(f"application_value_{b.lower()}", f"Applications built in {REGION_TEXT[b.lower()]}", value, "value, flow", f"Value of applications built a year in {REGION_TEXT[b.lower()]}", readings.application_value, 0, "level", "progress_specific", cell=(4 + i,)) for i, b in enumerate(AREAS)),
        Outcome("frontier_growth", "Frontier progress", f"{points} a year", "capability", "Gain of the best release of any lab over twelve months", readings.frontier_growth, 1, "level", "progress_frontier", True),
        *(Outcome(f"frontier_{n}", f"Best {t} release".replace("  ", " "), points, "capability, running best", f"Capability of the best {t} release so far".replace("  ", " "), partial(readings.best_capability, group=n), 0, "level", "progress_frontier") for n, t in (("us", "US"), ("cn", "Chinese"), ("open", "open"), ("closed", "closed"), ("all", ""))),
        Outcome("frontier_open_us", "Best open US release", points, "capability, running best", "Capability of the best US release so far with open weights", readings.best_open_us, 0, "level", "progress_frontier"),
        Outcome("lag_us_cn", "China's lag behind the US, as last measured", "months", "point-score method", "Months since the best US release first exceeded the best Chinese one, by measured scores, at the US government's last review", partial(readings.reviewed_lag, name="lag_us_cn"), 0, "level", "progress_frontier"),
        Outcome("lag_us_cn_true", "China's lag behind the US, by capability", "months", "point-score method", "Months since the best US release first exceeded the best Chinese one, by capability, without measurement error", partial(readings.capability_lag, reference="us", group="cn"), 0, "level", "progress_frontier"),
        Outcome("lag_open_closed", "Lag of open behind closed releases, as last measured", "months", "point-score method", "Months since the best closed release first exceeded the best open one, by measured scores, at the US government's last review", partial(readings.reviewed_lag, name="lag_open_closed"), 0, "level", "progress_frontier"),
        Outcome("lag_open_closed_true", "Lag of open behind closed releases, by capability", "months", "point-score method", "Months since the best closed release first exceeded the best open one, by capability, without measurement error", partial(readings.capability_lag, reference="closed", group="open"), 0, "level", "progress_frontier"),
        *(Outcome(f"open_releases_{n}", f"Open share of {t} releases", "share of releases", "releases, flow", f"Share of open ones among the releases of {t} firms in the last twelve months", readings.opened_share, 0, "share", "transparency", cell=(i,)) for i, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        *(Outcome(f"notable_releases_{n}", f"Notable {t} models", "models a month", "count, flow", f"Notable models of {t} labs in the month, unreleased ones included, as the record counts them; a generated flagship stands for as many as the lab's flagships did in the record", readings.notable_releases, cell=(o,)) for o, n, t in _ORIGIN_TEXTS),
        *(Outcome(f"notable_open_{n}", f"Open notable {t} models", "models a month", "count, flow", f"Notable models of {t} labs in the month whose weights are open", readings.notable_releases, cell=(len(ORIGINS) + o,)) for o, n, t in _ORIGIN_TEXTS),
        Outcome("gated_share", "Use on gated releases", "share of use", "mix of channels", "Share of use on weights that only vetted users may have", readings.gated_share, 0, "share", "transparency"),
        *(Outcome(f"idea_share_{n}", f"Algorithmic gains of {t} origin", "share of gains", "efficiency, flow", f"Share of all labs' efficiency gains of the month that came from {t} labs", partial(readings.idea_share, origin=o), 0, "share", "progress_frontier") for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        *_spread_rows("power_labs", "Spread of use over labs", 0, "1 - HHI over labs of the releases in use", "power_distribution"),
        *_spread_rows("power_countries", "Spread of use over countries", 1, "1 - HHI over the countries where AI is used", None),
        Outcome("labs_near_frontier", "Labs within six months of the frontier", "labs", "count", "Labs whose best release is at least the frontier of six months ago", readings.labs_near_frontier, 1, "level", "power_distribution"),
    ]  # fmt: skip


def _harm_rows() -> list[Outcome]:
    """Return the outcomes of misuse, safeguards and hidden compromise."""
    return [
        Outcome("cn_state_harm", "Harm by Chinese state actors", "units of harm a year", "expected", "Expected harm by Chinese state actors over all routes; 1 is a mean fraud incident that would be reported", readings.harm, -1, "level", "chinese_misuse", True, (ACTOR_KINDS.index("cn_state"),)),
        Outcome("uplift_us_releases", "Uplift of Chinese state actors from US releases", "units of harm a year", "expected", "Expected harm by Chinese state actors less what it would be without any release of US origin", readings.uplift_from_us, -1, "difference", "chinese_misuse"),
        Outcome("other_harm", "Harm by all other malicious actors", "units of harm a year", "expected", "Expected harm by other states, criminals and lone actors over all routes", readings.harm, -1, "level", "other_misuse", True, (len(ACTOR_KINDS),)),
        *(Outcome(f"harm_{k}", f"Harm by {WORDS[k]}", "units of harm a year", "expected", f"Expected harm by {WORDS[k]} over all routes", readings.harm, -1, cell=(i,)) for i, k in enumerate(ACTOR_KINDS)),
        *_incident_rows(),
        Outcome("harm_realised", "Harm of the month's incidents", "units of harm a month", "realised, flow", "Sum of the harm of the month's incidents, heavy-tailed", readings.harm_realised, -1),
        Outcome("safeguarded_share", "Use on releases with required safeguards", "share of use", "mix of channels", "Share of use on open releases that carry a safeguard required by law", readings.safeguarded_share, 0, "share"),
        *(Outcome(f"stripped_on_{n}", f"Stripped derivatives on {n}", "share of stripped derivatives", "stock", f"Share of the derivatives without safeguards that can be downloaded from {n}", readings.stripped_derivatives, 0, "share", cell=(i,)) for i, n in enumerate(("hubs", "mirrors"))),
        Outcome("defence", "Attempts stopped by defence", "share of attempts", "stock", "Share of otherwise successful attempts that defence stops", readings.defence, 1, "share"),
        Outcome("backdoor_exposure", "Exposure to hidden compromise", "share of critical use", "stock", "Use on compromised, undetected open releases and their derivatives, weighted by criticality", readings.backdoor_exposure, -1, "level", "backdoors", True),
        Outcome("audit_detections", "Compromises found by audits", "findings a month", "count, flow", "Compromised releases flagged by an audit", partial(readings.audits_found, what="detections"), 1, "level", "backdoors"),
        Outcome("audit_false_alarms", "False alarms of audits", "findings a month", "count, flow", "Sound releases flagged by an audit", partial(readings.audits_found, what="false_alarms"), -1, "level", "backdoors"),
        Outcome("scan_detections", "Compromises found by scans of files", "findings a month", "count, flow", "Compromised open releases whose files a hub's scan mended", partial(readings.audits_found, what="scanned"), 1, "level", "backdoors"),
        Outcome("crisis_loss", "Loss in crises", "share of critical use", "flow", "Exposure that a crisis event of the scenario turned into loss", readings.crisis_loss, -1),
    ]  # fmt: skip


def _power_rows() -> list[Outcome]:
    """Return the outcomes of shares of use, trust, derivatives and chips."""
    return [
        *_share_rows(),
        *_eu_lab_rows(),
        *(Outcome(f"use_{r}", f"People who use AI in {REGION_TEXT[r]}", "share of people 15-64", "users, stock", f"Share of people 15-64 who use AI in {REGION_TEXT[r]}", readings.people_using, 0, "share", cell=(i,)) for i, r in enumerate(REGIONS)),
        *(Outcome(f"use_{n}", f"People who use AI in the Global {t}", "share of people 15-64", "users, stock", f"Share of people 15-64 who use AI in the Global {t}, as Microsoft AI Diffusion draws it", readings.people_using_in, 0, "share", cell=(i,)) for i, (n, t) in enumerate((("north", "North"), ("south", "South")))),
        *(Outcome(f"trust_{n}", f"Trust in {t} supply", "0-1", "stock", f"Trust in the supply of {t} releases outside the US and China, weighted by people", readings.trust, 0, "share", "global_power", cell=(o,)) for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        Outcome("dependence_abroad", "Dependence on one origin abroad", "share of use", "mix of channels", "Share of the largest origin in use outside the US and China", readings.dependence, 0, "share", "global_power"),
        *(Outcome(f"derivative_share_{n}", f"New derivatives on {t} bases", "share of derivatives", "derivatives, flow", f"Share of the month's new derivatives that build on releases of {t} origin", readings.derivative_shares, 0, "share", "global_power", cell=(o,)) for o, n, t in ((US, "us", "US"), (CN, "cn", "Chinese"))),
        *(Outcome(f"derivative_share_{lab.slug}", f"New derivatives on {lab.name} releases", "share of derivatives", "derivatives, flow", f"Share of the month's new derivatives that build on {lab.name}'s releases", readings.derivative_shares_of_families, 0, "share", cell=(i,)) for i, lab in enumerate(data.labs())),
        Outcome("derivative_ratio_us_cn", "Meta derivatives per Alibaba derivative", "ratio", "derivatives, flow", "New derivatives of Meta's releases per new derivative of Alibaba's", readings.derivative_ratio),
        *(Outcome(f"compute_{n}", f"Chips in {t}", "H100-equivalents", "stock", d, partial(readings.compute_stock, where=n)) for n, t, d in (("us", "the US", "US share of the stock outside China"), ("cn", "China", "Legal, domestic and smuggled chips in China"))),
        Outcome("compute_share_cn", "China's share of installed Nvidia chips", "share of chips", "stock", "Legal Chinese stock over legal Chinese stock and the rest of the world's", partial(readings.compute_share, part="legal"), 0, "share"),
        Outcome("compute_smuggled", "Smuggled share of China's chips", "share of chips", "stock", "Smuggled over effective Chinese stock", partial(readings.compute_share, part="smuggled"), 0, "share"),
        Outcome("compute_domestic_cn", "Chinese-made share of China's chips", "share of chips", "stock", "Chinese-made over effective Chinese stock", readings.domestic_share, 0, "share"),
    ]  # fmt: skip


def _cost_rows() -> list[Outcome]:
    """Return the outcomes of what policies cost, services withdrawn and each lab's use."""
    return [
        Outcome("triggers_thrown", "Triggers thrown", "triggers", "count", "Monitors in force whose threshold was found crossed and acted upon", readings.policies_switched),
        *(Outcome(f"cost_charged_{w}", f"Charges of policies to {t}", "USD a year", "flow", f"What of the cost of policies to {t} follows from what agents do: one-off costs of the last 12 months for releases, audits and subsidised use, each at the price that the scenario sets. The rest is standing cost, an input", readings.policy_costs, cell=(0, i)) for i, (w, t) in enumerate((w, w.replace("_", " ")) for w in PAYERS)),
        *(Outcome(f"cost_policy_{w}", f"Cost of policies to {t}", "USD a year", "flow", f"What the policies in force cost {t}: standing costs and one-off costs of the last 12 months", readings.policy_costs, cell=(1, i)) for i, (w, t) in enumerate((w, w.replace("_", " ")) for w in PAYERS)),
        *(Outcome(f"cost_eu_{h}", f"Cost of EU duties to {t} labs", "USD a year", "flow", f"What duties for offering in the EU cost {t} labs: standing costs and those of releases of the last 12 months", readings.eu_cost, cell=(i,)) for i, (h, t) in enumerate(zip(HOMES, ("EU", "US", "Chinese", "other"), strict=True))),
        Outcome("services_withdrawn_eu", "Services withdrawn from the EU", "labs", "count", "Labs that have withdrawn their service from the EU, since it cost more than it earned there", readings.services_withdrawn_eu),
        Outcome("use_withdrawn_eu", "EU use of services that were withdrawn", "share of use", "mix of channels", "Share of use in the EU that withdrawn services had when they left", readings.use_withdrawn_eu, 0, "share"),
        *(Outcome(f"family_share_{lab.slug}", f"Use of {lab.name} releases", "share of use", "mix of channels", f"Share of {lab.name}'s releases in the world's use", readings.family_shares, 0, "share", cell=(i,)) for i, lab in enumerate(data.labs())),
        *(Outcome(f"months_to_half_peak_{lab.slug}", f"Months to half of peak, {lab.name}", "months", "mix of channels", f"Months from {lab.name}'s first release (from 2023-01 where that is older) to the first month in which its share of the world's use reached half of its highest so far; 0 before any use", readings.months_to_half_peak, cell=(i,)) for i, lab in enumerate(data.labs())),
    ]  # fmt: skip


def _table() -> dict[str, Outcome]:
    rows = [*_progress_rows(), *_harm_rows(), *_power_rows(), *_cost_rows()]
    return {row.name: row for row in rows}


OUTCOMES: dict[str, Outcome] = _table()
