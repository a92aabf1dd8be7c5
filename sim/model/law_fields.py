"""The fields of the law: what each means, over which axes, and how writes into it combine."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """One field of the law: its axes, default, how writes combine, unit and meaning.

    Rules that reach users, malicious actors and learners by way of a lab's releases have the axis
    *class*: labs that a law treats alike (see :class:`sim.model.law.Law`). Rules for labs
    themselves and bans of their releases have the axis *lab*, and *student* is who learns.
    """

    axes: tuple[str, ...]
    default: float
    combine: str
    unit: str
    meaning: str


FIELDS: dict[str, Field] = {
    "access": Field(
        ("country", "class", "channel"),
        1.0,
        "multiply",
        "0-1",
        "graded access to a lab's releases, on top of whom it serves",
    ),
    "friction": Field(
        ("country", "class", "channel", "mode"),
        0.0,
        "add",
        "utils",
        "burden on users of a lab's releases",
    ),
    "denial": Field(
        ("country", "class", "channel", "mode"),
        0.0,
        "add",
        "utils",
        "barrier that a mirror relieves",
    ),
    "use_ban": Field(
        ("country", "lab", "channel", "offer"),
        0.0,
        "max",
        "0-1",
        "probability that an adopter is banned from using a lab's releases by an offer",
    ),
    "listed_until": Field(
        ("country", "lab", "channel", "offer"),
        0.0,
        "max",
        "month",
        "releases before this month are on a ban's list, those of labs banned by name for good",
    ),
    "controlled": Field(
        ("class",), 0.0, "max", "0-1", "share of open weights that may not be published freely"
    ),
    "containment": Field(
        ("class",), 0.0, "max", "0-1", "share of controlled releases that never leak"
    ),
    "opening_cost": Field(
        ("lab",), 0.0, "add", "utils", "cost and liability of an open release to a lab"
    ),
    "open_stop": Field(
        ("lab",), 0.0, "max", "0-1", "probability that a lab may not bring an open release out"
    ),
    "compliance_cost": Field(("lab",), 0.0, "add", "USD a year", "cost of compliance to a lab"),
    "price_factor": Field(
        ("country", "origin"),
        1.0,
        "multiply",
        "factor",
        "factor on what users pay for services and weights alike; governments pay what is below 1",
    ),
    "lock_in": Field(
        ("country", "origin", "channel"),
        0.0,
        "add",
        "utils",
        "cost of leaving a family of an origin",
    ),
    "uptake": Field(("country",), 0.0, "add", "logit", "rise of the ceiling of AI use"),
    "disclosure": Field(
        ("lab",), 1.0, "multiply", "factor", "factor on data and code published with open weights"
    ),
    "stringency": Field((), 0.0, "max", "0-1", "chip export control on China"),
    "entity_listing": Field(
        ("lab",), 0.0, "max", "0-1", "chip export control on single Chinese labs"
    ),
    "remote_access": Field(
        ("lab",), 0.0, "max", "0-1", "share of chips rented abroad that a Chinese lab loses"
    ),
    "smuggling": Field((), 1.0, "multiply", "factor", "factor on the smuggled share of chips"),
    "import_refusal": Field(
        (), 0.0, "max", "0-1", "share of chips that may be sold to China and that China declines"
    ),
    "distillation_barrier": Field(
        ("student", "class"),
        1.0,
        "multiply",
        "factor",
        "factor on a lab's learning from another lab's services",
    ),
    "chip_support": Field(
        (), 1.0, "multiply", "factor a year", "factor on growth of chips made in China"
    ),
    "gate_pass": Field(
        ("class",), 1.0, "multiply", "factor", "factor on malicious actors passing checks of gates"
    ),
    "gate_leak": Field(
        ("class",), 1.0, "multiply", "factor", "factor on the hazard that gated weights leak"
    ),
    "account_pass": Field(
        ("country", "class"),
        1.0,
        "multiply",
        "factor",
        "factor on success of jailbreaks: accounts that pass checks",
    ),
    "takedown": Field(
        (), 0.0, "max", "a month", "share of malicious derivatives on hubs that is taken down"
    ),
    "remirroring": Field(
        (), 0.0, "max", "0-1", "share of what hubs take down that appears on mirrors"
    ),
    "scan": Field((), 0.0, "max", "0-1", "share of files on hubs that is scanned"),
    "reporting": Field((), 1.0, "multiply", "factor", "factor on incident reporting and sharing"),
    "defence": Field((), 0.0, "add", "a year", "funded growth of defence"),
    "alarm": Field(
        ("country", "class", "mode"),
        0.0,
        "add",
        "events a month",
        "refusals, cut-offs and failed checks per adopter",
    ),
    "assessments": Field((), 0.0, "list", "", "release assessments in force"),
    "compute_duties": Field(
        (), 0.0, "list", "", "duties for releases above a size of training run"
    ),
    "market_duties": Field(
        (),
        0.0,
        "list",
        "",
        "standing duties of labs that offer in the EU, and whether they may leave",
    ),
    "modifier_duties": Field(
        (), 0.0, "list", "", "duties of those who modify releases above a size of training run"
    ),
    "audits": Field((), 0.0, "list", "", "audit programmes in force"),
    "safeguards": Field((), 0.0, "list", "", "safeguards that open releases must carry"),
    "openings": Field((), 0.0, "list", "", "open releases of labs behind their closed ones"),
    "programmes": Field((), 0.0, "list", "", "public programmes that train open models"),
    "triggers": Field((), 0.0, "list", "", "indicators watched and policies they switch"),
}
