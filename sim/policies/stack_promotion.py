"""L10: export promotion of the full US stack: chips, clouds and models together."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING, Any, ClassVar

from sim.policies.base import Policy, own
from sim.vocabulary import ENTERPRISE, GOVERNMENT, US

if TYPE_CHECKING:
    from sim.model.law import Law

CONTRACTS = (ENTERPRISE, GOVERNMENT)


class StackPromotion(Policy):
    """Partners get cheaper US services and financed infrastructure; contracts bind to the bundle.

    Writes: a factor on the price of US services, a higher ceiling of AI use, and a cost of leaving
    US families in enterprise and government contracts, all in partner countries. What users make of
    it when terms end is theirs. The government pays the part of the price that users do not, on
    what they come to use.
    """

    lever: ClassVar[str] = "L10"
    title: ClassVar[str] = "Export promotion of the US stack"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "American AI Exports Program (Executive Order 14320, July 2025; FR Doc. 2025-19674, "
        "October 2025). Reported: export credit for AI with more than 100 billion USD of room "
        "(May 2026)."
    )
    not_modelled: ClassVar[str] = (
        "Drift of alignment of partners. Subsidies of consumers and governments, which pay less "
        "too and are not billed. Default on loans beyond their subsidy element."
    )
    assumption: ClassVar[str] = "uptake_per_dollar"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        "financing": ("uptake_per_dollar", "uptake_most", "subsidy_element")
    }
    main: ClassVar[tuple[str, ...]] = ("subsidy", "bundle_lockin")
    phase: ClassVar[str] = "adopt"
    example: ClassVar[dict[str, Any]] = {"start": "2026-01", "subsidy": 0.4, "bundle_lockin": 2.0}

    partner_countries: tuple[str, ...] = own(
        (
            "IND",
            "IDN",
            "BRA",
            "MEX",
            "VNM",
            "THA",
            "MYS",
            "PHL",
            "SAU",
            "ARE",
            "KAZ",
            "NGA",
            "KEN",
            "ZAF",
            "EGY",
            "MAR",
        ),
        "countries offered the bundle",
        "country codes",
        "EO 14320, American AI Exports Program, names none; judgement",
        kind="countries",
    )
    subsidy: float = own(
        0.2,
        "share of the price of US services that is paid",
        "0-1",
        "judgement",
        allowed=(0.0, 0.95),
        likely=(0.0, 0.5),
        part="the subsidy",
    )
    financing: float = own(
        2e9,
        "loans and guarantees for infrastructure in all partner countries",
        "USD a year",
        "EO 14320; judgement",
        allowed=(0.0, 1e12),
        likely=(0.0, 20e9),
        part="finance of infrastructure",
    )
    uptake_per_dollar: float = own(
        0.09,
        "first rise of the ceiling of AI use in partner countries per USD a year and head",
        "logit",
        "judgement",
        allowed=(0.0, 3.0),
        likely=(0.0, 0.3),
    )
    uptake_most: float = own(
        1.0,
        "rise that no financing exceeds",
        "logit",
        "judgement",
        allowed=(0.01, 5.0),
        likely=(0.3, 2.0),
    )
    subsidy_element: float = own(
        0.05,
        "cost of a loan or guarantee to the government",
        "share",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.2),
    )
    bundle_lockin: float = own(
        1.0,
        "cost of leaving a family of the bundle",
        "utils",
        "judgement",
        allowed=(0.0, 20.0),
        likely=(0.0, 2.0),
        part="the cost of leaving",
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the programme into a month's law."""
        effect = self.effect(strength)
        partners = law.jurisdictions.country_indices(self.partner_countries)
        if not partners:
            return
        per_head = self.financing / sum(1e6 * law.jurisdictions.people_m[i] for i in partners)
        law.write(
            name, "price_factor", 1.0 - self.subsidy * effect, countries=partners, origins=[US]
        )
        rise = self.uptake_most * -expm1(-per_head * self.uptake_per_dollar / self.uptake_most)
        law.write(name, "uptake", rise * effect, countries=partners)
        law.write(
            name,
            "lock_in",
            self.bundle_lockin * effect,
            countries=partners,
            origins=[US],
            channels=CONTRACTS,
        )
        law.spend(name, "government", self.subsidy_element * self.financing * strength)
