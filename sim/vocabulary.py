"""The fixed words of the model, each defined once: who, what, where.

A tuple names the members of an axis in the order in which arrays hold them; the constants beside it
are the indices of its members. A ``Literal`` is the type of a field of a scenario that takes one of
the words. Nothing here needs numpy, so that scenario files can be read without it.
"""

from __future__ import annotations

from typing import Literal, get_args

Origin = Literal["US", "CN", "other"]
ORIGINS: tuple[str, ...] = get_args(Origin)
"""Where a lab and its releases come from."""
US, CN, OTHER = range(3)
NO_ORIGIN = len(ORIGINS)
"""In place of an origin: no release is used."""

MODES = ("api", "gated", "open_weights", "open_source")
"""How a release comes out: as a service, as weights behind a gate, as open weights, with data and
code as well."""
API, GATED, OPEN_WEIGHTS, OPEN_SOURCE = range(4)
OPEN = (OPEN_WEIGHTS, OPEN_SOURCE)
WEIGHTS = (GATED, *OPEN)
HOLD = -1
"""In place of a mode: a release that is held back."""

Offer = Literal["service", "hosted", "downloaded"]
OFFERS: tuple[str, ...] = get_args(Offer)
"""How a release is used: as a service that its lab runs, by its app or interface; as weights that
somebody else serves; as weights on machines of one's own."""
SERVICE, HOSTED, DOWNLOADED = range(3)

RECORDED_MODES = ("hold", "api", "open_weights", "open_source")
"""Modes that the record of releases tells apart."""

Channel = Literal["consumer", "market", "enterprise", "developer", "government"]
CHANNELS: tuple[str, ...] = get_args(Channel)
"""Who uses a release, and how the use is measured."""
CONSUMER, MARKET, ENTERPRISE, DEVELOPER, GOVERNMENT = range(5)
MIX = len(CHANNELS)
"""After the channels, in tables that hold their mix as well."""

BLOCS = ("US", "CN", "us_aligned", "third_country", "restricted")
"""Groups of countries, none in two."""
AREAS = (*BLOCS, "EU")
"""Where use is counted: the blocs, and the EU, whose members are in a bloc as well."""
EU = AREAS.index("EU")

REGIONS = ("world", "abroad", "us_aligned", "third_country", "restricted", "us", "cn", "eu")
"""Where outcomes are measured; ``abroad`` is outside the US and China."""
WORLD, ABROAD = 0, 1
IN_EU = REGIONS.index("eu")
AREAS_OF_REGION = (BLOCS, BLOCS[2:], *((area,) for area in (*BLOCS[2:], "US", "CN", "EU")))
"""The areas of each region."""

SHARES = ("us", "cn", "other", "open")
"""What a share of use is counted for: three origins, and open releases of any origin."""
OPEN_SHARE = SHARES.index("open")

FINDINGS = ("unaudited", "clean", "flagged")
"""What an audit found in a release."""
UNAUDITED, CLEAN, FLAGGED = range(3)

SUPPLIERS = "government suppliers"
"""The auditor of what governments use."""

Domain = Literal["fraud", "influence", "military", "cyber", "chem_bio"]
DOMAINS: tuple[str, ...] = get_args(Domain)
"""Domains of misuse."""

ACTOR_KINDS = ("cn_state", "other_state", "criminal", "lone")
"""Kinds of malicious actors."""

ROUTE_KINDS = ("none", "strip", "jailbreak", "gated", "own_state")
"""How a malicious actor comes by what it uses."""
NO_MODEL, STRIP, JAILBREAK, GATED_ROUTE, OWN_STATE = range(5)

KIND_OF_ROUTE = (
    NO_MODEL,
    *(kind for kind in (STRIP, JAILBREAK, GATED_ROUTE) for _ in ORIGINS),
    OWN_STATE,
)
ORIGIN_OF_ROUTE = (NO_ORIGIN, *(US, CN, OTHER) * 3, CN)
ROUTES = tuple(
    ROUTE_KINDS[kind]
    if kind in (NO_MODEL, OWN_STATE)
    else f"{ROUTE_KINDS[kind]}_{ORIGINS[origin].lower()}"
    for kind, origin in zip(KIND_OF_ROUTE, ORIGIN_OF_ROUTE, strict=True)
)
"""Kinds of route by the origin of the release that is used."""

PAYERS = ("labs", "government", "adopters", "chip_makers")
"""Who bears what a policy costs."""

PULLERS = ("US government", "governments", "allies", "EU", "China", "labs", "hosts")
"""Who pulls a lever; "governments" where a field says which. What allies do they do by joining a
lever of others."""

HOMES = ("eu", "us", "cn", "other")
"""Whose labs pay for duties of the EU: those at home in it, all others by origin."""

FACTORS = (
    "transparency",
    "progress_specific",
    "progress_frontier",
    "power_distribution",
    "chinese_misuse",
    "other_misuse",
    "backdoors",
    "global_power",
)
"""Rows of the rubric of Wilson and Hine (2025), and misuse by others beside them."""

SIGNS = ("--", "-", "-/0", "0", "0/+", "+", "++")
"""Signs of the rubric, from worst to best."""
