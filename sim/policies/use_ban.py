"""L8: ban on the import or use of foreign releases."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import fsum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim.months import month_index
from sim.policies.base import compliance_cost, own
from sim.policies.families import Joinable, Rule
from sim.vocabulary import CHANNELS, OFFERS, ORIGINS, Channel, Offer, Origin

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.law import Law
    from sim.model.randomness import Streams

DAYS_A_MONTH = 365.25 / 12.0
EVER = 9999
"""A month after every horizon."""


class UseBan(Joinable, Rule):
    """Users of some sectors in some countries may not use listed releases; the list is renewed.

    A release of the origins meant is on the list from the first renewal after it came out; of labs
    that are banned by name all releases are, from their first day. Who is bound leaves at once what
    is listed: a family and mode is barred where the release that it offers in the channel is on the
    list, and used by one of ``offers``. Who uses a service that is banned may go on with the same
    weights at another host, if these are not (``host_instead``). Writes: the probability that an
    adopter is bound, and the month of the list. Nothing changes elsewhere, and malicious actors do not obey.
    """

    lever: ClassVar[str] = "L8"
    title: ClassVar[str] = "Use ban on foreign releases"
    pulled_by: ClassVar[str] = "governments"
    real: ClassVar[str] = (
        "Bans of DeepSeek for public bodies in US states and agencies, Taiwan, Australia and "
        "Korea (January and February 2025); Public Law 119-60, sec. 1532 and 6604 (December "
        "2025) for the Department of Defense and its contractors. Proposed: No Adversarial AI "
        "Act (June 2025)."
    )
    not_modelled: ClassVar[str] = (
        "Penalties and inspection, unless compliance is chosen: else obedience is a share of "
        "users. Derivatives by others on "
        "barred weights. Malicious actors, who do not obey."
    )
    assumption: ClassVar[str] = "compliance"
    main: ClassVar[tuple[str, ...]] = ("origins", "sectors", "compliance", "compliance_private")
    phase: ClassVar[str] = "adopt"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "countries": ["USA", "CAN", "DEU", "FRA", "GBR", "ITA", "JPN"],
        "sectors": ["government", "enterprise"],
        "compliance": 0.9,
    }

    origins: tuple[Origin, ...] = own(
        ("CN",), "origins that are banned, if no labs are named", "", "No Adversarial AI Act 2025"
    )
    labs: tuple[str, ...] = own(
        (),
        "labs that are banned by name; if there are any, the ban is of them and not of origins",
        "labs",
        "bans of DeepSeek, 2025",
        kind="labs",
    )
    offers: tuple[Offer, ...] = own(
        OFFERS,
        "what of their releases is banned: services that the lab runs, weights that others serve, "
        "weights on machines of one's own",
        "",
        "Australia's direction of 2025 leaves weights free, the defence act of 2025 does not",
        min_length=1,
    )
    countries: tuple[str, ...] = own(
        ("USA",),
        "countries that ban",
        "country codes",
        "No Adversarial AI Act 2025",
        kind="countries",
    )
    sectors: tuple[Channel, ...] = own(
        ("government",),
        "channels that are bound",
        "",
        "No Adversarial AI Act 2025; S. 321 binds all",
    )
    compliance: float = own(
        0.8,
        "share of government users who obey",
        "0-1",
        "press on bans of 2025; judgement",
        allowed=(0.0, 1.0),
        likely=(0.3, 0.9),
    )
    compliance_private: float = own(
        0.2,
        "share of all other users who obey",
        "0-1",
        "press on bans of 2025; judgement",
        allowed=(0.0, 1.0),
        likely=(0.05, 0.4),
    )
    waiver_rate: float = own(
        0.05,
        "share of users with a waiver",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.3),
    )
    list_update_days: int = own(
        180,
        "days between two lists",
        "days",
        "No Adversarial AI Act 2025",
        allowed=(1, 3650),
        likely=(30, 365),
    )
    compliance_cost: float = compliance_cost(
        20e6,
        "cost of replacing and checking in the US whatever the sectors; elsewhere in proportion to "
        "GDP",
        likely=(1e6, 500e6),
    )

    @property
    def idle(self) -> tuple[str, ...]:
        """Origins and lists do nothing in a ban by name, nor does who obeys where nobody has to."""
        shares = {"government": "compliance", "private": "compliance_private"}
        unbound = (field for kind, field in shares.items() if kind not in self.obeyed_by)
        return (*(("origins", "list_update_days") if self.labs else ()), *unbound)

    @property
    def obeyed_by(self) -> tuple[str, ...]:
        """Users of the sectors have to obey."""
        return tuple(sorted({_kind(sector) for sector in self.sectors}))

    def obeyed(self, shares: Mapping[str, float]) -> Self:
        """Return the ban as it acts where these shares obey; sectors bear the cost alike."""
        bearing = [shares[_kind(sector)] for sector in set(self.sectors)]
        return self.model_copy(
            update={
                "enforcement": 1.0,
                "compliance": shares.get("government", 0.0),
                "compliance_private": shares.get("private", 0.0),
                "compliance_cost": self.compliance_cost * fsum(bearing) / max(1, len(bearing)),
            }
        )

    def listed(self, month: int) -> int:
        """Month of the list in force; a lab that is banned by name is on it for good."""
        if self.labs:
            return EVER
        start, every = month_index(self.start), max(1, round(self.list_update_days / DAYS_A_MONTH))
        return start + (month - start) // every * every

    def drawn(self, month: int, streams: Streams | None) -> Hashable:
        """The list in force."""
        return self.listed(month)

    def starters(self, where: Jurisdictions) -> tuple[int, ...]:
        """The countries listed."""
        return where.country_indices(self.countries)

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the ban into a month's law."""
        effect = self.effect(strength) * (1.0 - self.waiver_rate)
        banning = self.bound_countries(law, name)
        if self.labs:
            labs = [law.jurisdictions.labs.index(lab) for lab in set(self.labs)]
        else:
            labs = list(law.jurisdictions.labs_of(*map(ORIGINS.index, self.origins)))
        offers = sorted(map(OFFERS.index, set(self.offers)))
        for sector in sorted(set(self.sectors)):
            obey = self.compliance if sector == "government" else self.compliance_private
            place: dict[str, Any] = {
                "countries": banning,
                "labs": sorted(labs),
                "channels": [CHANNELS.index(sector)],
                "offers": None if len(offers) == len(OFFERS) else offers,
            }
            law.write(name, "use_ban", obey * effect, **place)
            law.write(name, "listed_until", float(self.listed(month) + 1), **place)
        law.spend(
            name,
            "adopters",
            self.compliance_cost * law.jurisdictions.economy(banning) * strength,
        )


def _kind(sector: str) -> str:
    return "government" if sector == "government" else "private"
