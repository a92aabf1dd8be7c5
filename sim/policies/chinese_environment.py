"""E1: the policy environment of Chinese labs; a setting of the world rather than a US lever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sim.policies.base import Policy, own
from sim.vocabulary import CN, OPEN

if TYPE_CHECKING:
    from sim.model.law import Law


class ChineseEnvironment(Policy):
    """China supports chips, pushes labs to open or to close, may decline chips and hold back releases.

    ``open_stop`` ends open releases outright, of firms and of the academic fringe: what may not be
    open is a service. Weights that are out stay out.

    Writes: growth of chips made in China, the share of chips on sale that China declines, the cost
    (or reward) of opening to Chinese firms, how much data and code they publish with weights, the
    probability that a release may not be open, and what users in the US and aligned countries meet
    when they want Chinese releases. Chinese weights are on mirrors from the first day, which
    relieve most of a denial.
    """

    lever: ClassVar[str] = "E1"
    title: ClassVar[str] = "Chinese policy environment"
    pulled_by: ClassVar[str] = "China"
    real: ClassVar[str] = (
        "Support for open source in the AI+ initiative (August 2025); notices to firms and "
        "customs on chips (September 2025 and January 2026, reported); an order on trade "
        "secrets in force since June 2026 (reported)."
    )
    not_modelled: ClassVar[str] = (
        "Provinces and single ministries: one push for all firms. Weights that were open "
        "already, which stay on mirrors."
    )
    assumption: ClassVar[str] = "push_utils"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        "state_support": ("support_growth", "support_budget"),
        "openness_push": ("push_utils",),
        "commercial_close_pressure": ("close_utils", "secrecy"),
        "retaliation": ("retaliation_denial",),
    }
    main: ClassVar[tuple[str, ...]] = ("openness_push", "commercial_close_pressure")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "openness_push": -1.0,
        "commercial_close_pressure": 1.0,
    }

    state_support: float = own(
        0.0,
        "public support of domestic chips",
        "0-1",
        "scenario",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
        part="support of domestic chips",
    )
    support_growth: float = own(
        0.3,
        "further growth of domestic chips at full support",
        "a year",
        "judgement",
        allowed=(0.0, 5.0),
        likely=(0.1, 0.6),
    )
    support_budget: float = own(
        10e9,
        "cost of full support to the state",
        "USD a year",
        "Chinese chip funds: press reports; judgement",
        allowed=(0.0, 1e12),
        likely=(3e9, 30e9),
    )
    import_refusal: float = own(
        0.0,
        "share of chips that may be sold to China and that China declines",
        "0-1",
        "orders of 2025 and 2026: press reports; how much is bought is not known; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
        part="chips declined",
    )
    openness_push: float = own(
        0.0,
        "state push to open (above 0) or to close (below)",
        "-1 to 1",
        "State Council 2025 and trade-secret order 2026: both directions; scenario",
        allowed=(-1.0, 1.0),
        likely=(-1.0, 1.0),
        part="the state's push",
    )
    push_utils: float = own(
        1.0,
        "what a full push weighs in a lab's choice",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.3, 2.0),
    )
    commercial_close_pressure: float = own(
        0.0,
        "pressure of business to close",
        "0-1",
        "reports of 2026; scenario",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
        part="pressure of business to close",
    )
    close_utils: float = own(
        1.0,
        "what full pressure weighs in a lab's choice",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.3, 2.0),
    )
    secrecy: float = own(
        0.5,
        "share of data and code withheld from open releases at full pressure",
        "0-1",
        "trade-secret order of 2026 covers algorithms and data; judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 0.9),
    )
    open_stop: float = own(
        0.0,
        "probability that a Chinese release may not be open",
        "0-1",
        "reports of 2026 on state limits; scenario",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
        part="the stop of open releases",
    )
    retaliation: float = own(
        0.0,
        "share of supply to the US and aligned countries that is withheld",
        "0-1",
        "scenario",
        allowed=(0.0, 1.0),
        likely=(0.0, 1.0),
        part="retaliation",
    )
    retaliation_denial: float = own(
        3.0,
        "loss of users of open weights there at full retaliation, of which mirrors leave a part",
        "utils",
        "judgement, as for L1",
        allowed=(0.0, 20.0),
        likely=(1.5, 5.0),
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the environment into a month's law."""
        effect = self.effect(strength)
        firms = law.jurisdictions.firms(CN)
        law.write(
            name, "chip_support", (1.0 + self.support_growth) ** (self.state_support * effect)
        )
        law.write(name, "import_refusal", self.import_refusal * effect)
        pressure = self.commercial_close_pressure
        close = self.close_utils * pressure - self.push_utils * self.openness_push
        law.write(name, "opening_cost", close * effect, labs=firms)
        law.write(name, "disclosure", 1.0 - self.secrecy * pressure * effect, labs=firms)
        if self.open_stop > 0.0:
            stopped = law.jurisdictions.labs_of(CN)
            law.write(name, "open_stop", self.open_stop * effect, labs=stopped)
        if self.retaliation > 0.0:
            self._retaliate(law, name, effect * self.retaliation, month)
        law.spend(name, "government", self.support_budget * self.state_support * strength)

    def _retaliate(self, law: Law, name: str, effect: float, month: int) -> None:
        """Chinese services and weights are withheld from the US and aligned countries."""
        rise = max(0.0, effect - self.intensity(month - 1) * self.enforcement * self.retaliation)
        users = tuple(
            i for i, bloc in enumerate(law.jurisdictions.blocs) if bloc in ("US", "us_aligned")
        )
        law.write(name, "access", 1.0 - 0.99 * effect, countries=users, origins=[CN])
        law.write(
            name,
            "denial",
            self.retaliation_denial * effect,
            countries=users,
            origins=[CN],
            modes=OPEN,
        )
        law.write(name, "alarm", rise, countries=users, origins=[CN])
