"""A fast world and its plain twin, stepped side by side.

And a scenario in which every rule has something to do.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.model.agents.malicious import Incident
from sim.model.duties import ModifierDuty
from sim.model.outcomes import OUTCOMES
from sim.model.world import World
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario.scenario import Crisis, Scenario, load
from sim.vocabulary import CHANNELS, CN, GATED, OPEN, OPEN_SOURCE, OPEN_WEIGHTS, US
from tests.reference.adopter import Slot
from tests.reference.plain import PlainWorld
from tests.reference.tally import count

NEAR_TIE = 5e-5
"""Utils.

The fast race keeps 16 bits of a single-precision number: steps of 1.5e-5; utilities are off by some
1e-6.
"""


class Remainder(Policy):
    """What else the law may say. Writes: the fields of the law that no lever writes yet."""

    lever: ClassVar[str] = "T2"
    title: ClassVar[str] = "Everything else"
    pulled_by: ClassVar[str] = "labs"
    real: ClassVar[str] = "None."
    not_modelled: ClassVar[str] = "The world."
    assumption: ClassVar[str] = "enforcement"
    main: ClassVar[tuple[str, ...]] = ("strength",)
    phase: ClassVar[str] = "law"
    example: ClassVar[dict] = {"start": "2026-01"}

    def write(self, law, name, strength, month):
        law.write(name, "access", 0.5, origins=(US,), channels=(0, 2))
        law.write(name, "access", 0.7, countries=(5, 6, 7))
        law.write(name, "price_factor", 1.5, origins=(CN,))
        law.write(name, "modifier_duties", ModifierDuty((3, 4, 30), 24.5, (), 0.3))
        law.write(
            name, "modifier_duties", ModifierDuty(tuple(range(20)), 24.0, (OPEN_SOURCE,), 0.2)
        )
        law.write(name, "price_factor", 0.8, countries=(3, 4))
        law.write(
            name, "denial", 1.2, countries=tuple(range(0, 166, 4)), modes=(GATED, OPEN_WEIGHTS)
        )
        law.write(name, "friction", 0.2, channels=(4,), modes=OPEN)
        law.write(name, "reporting", 1.3)
        law.write(name, "defence", 0.2)
        law.write(name, "lock_in", 0.8, countries=tuple(range(0, 166, 5)), origins=(CN,))
        law.write(name, "uptake", 0.4, countries=(8, 9))
        law.write(name, "distillation_barrier", 0.5, origins=(US,))
        law.write(name, "chip_support", 1.2)
        law.write(name, "disclosure", 0.5, labs=(1, 4))
        law.write(name, "gate_pass", 0.9, origins=(CN,))
        law.write(name, "gate_leak", 0.5)
        law.write(name, "account_pass", 0.7, countries=tuple(range(0, 166, 2)), origins=(US,))
        law.write(name, "alarm", 0.3, origins=(CN,), countries=tuple(range(0, 166, 3)))
        law.write(name, "alarm", 0.2, labs=(11, 14, 23), countries=tuple(range(0, 166, 2)))


def small(name: str = "status-quo") -> Scenario:
    """A shipped scenario with the least panel and the shortest horizon."""
    return load(name, settings=["adopters=3500", "horizon.end=2024-12"])


EVERY_TERM = {
    "alignment_weight": 0.8,
    "automation": 0.15,
    "china_tokens": 0.2,
    "compromise": 0.3,
    "compromise_premium": 0.2,
    "credulity": 0.5,
    "detection": 0.4,
    "price_growth": 1.5,
    "price_factor_developer": 0.3,
    "openness_factor_consumer": 0.4,
    "access_factor_developer": 0.4,
    "host_instead": 0.5,
    "own_service_developer": 0.2,
    "other_host_developer": 0.5,
    "inertia_developer": 0.6,
    "trust_penalty": 0.15,
    "theft_hazard": 0.05,
    "leak_hazard": 0.2,
    "fringe_cn": 20.0,
}
"""Parameters none of which is at a value that ends a term."""


def controls_and_checks() -> dict[str, Policy]:
    """Who may have chips and weights, and what is looked at before a release and after it."""
    return {
        "chips": LEVERS["L3"](start="2023-02", stringency=0.9),
        "listing": LEVERS["L3"](
            start="2023-06",
            end="2023-12",
            labs=("deepseek", "moonshot"),
            stringency=1.0,
            strength=0.97,
        ),
        "rent": LEVERS["L3"](start="2023-04", stringency=0.0, remote_access=0.6),
        "control": LEVERS["L1"](
            start="2023-03",
            kyc_friction=0.4,
            reassurance=0.3,
            strength=0.7,
            leakage=0.5,
            allied_coverage=0.4,
        ),
        "assessment": LEVERS["L4"](
            start="2023-01",
            hazard_reference="absolute",
            hazard_margin=0.0,
            domains=("fraud", "influence"),
            capability_floor=0.0,
            delay_months=1,
            allied_coverage=1.0,
        ),
        "suppliers": LEVERS["L6"](start="2023-02", audits_a_year=60.0, false_positive=0.1),
    }


def bans() -> dict[str, Policy]:
    """Who may not use what: of origins, of labs, of services and of hosts; what China declines."""
    return {
        "ban": LEVERS["L8"](
            start="2023-02",
            sectors=CHANNELS,
            countries=("USA", "DEU", "JPN", "KEN"),
            compliance_private=0.6,
            allied_coverage=0.3,
            list_update_days=90,
        ),
        "named ban": LEVERS["L8"](
            start="2023-04", labs=("meta", "deepseek"), countries=("USA", "BRA"), compliance=1.0
        ),
        "app ban": LEVERS["L8"](
            start="2023-03",
            labs=("alibaba", "mistral", "meta"),
            countries=("USA", "IND", "CHN", "FRA"),
            offers=("service",),
            sectors=CHANNELS,
            compliance=0.9,
            compliance_private=0.9,
        ),
        "hosts' ban": LEVERS["L8"](
            start="2023-05",
            countries=("IND", "GBR", "CHN"),
            origins=("US", "CN"),
            offers=("hosted", "downloaded"),
            sectors=CHANNELS,
            compliance_private=0.5,
        ),
        "declined": LEVERS["E1"](start="2023-02", import_refusal=0.4),
    }


def other_measures() -> dict[str, Policy]:
    """On services and their pupils, hubs, safeguards and duties; what states give."""
    return {
        "gates": LEVERS["L2"](
            start="2023-02", shock_prob=0.9, shock_months=1.5, refusal=0.3, allied_coverage=0.6
        ),
        "teachers": LEVERS["L13"](start="2023-02", sanction_prob=0.6, allied_coverage=0.4),
        "repository": LEVERS["L7"](
            start="2023-02", budget=5e6, detect_prob=0.9, false_positive=0.1, priority="risk"
        ),
        "promotion": LEVERS["L10"](start="2023-03", bundle_lockin=1.5),
        "hubs": LEVERS["L12"](
            start="2023-03", gating="identity", takedown_rate=0.4, mirror_prob=0.5
        ),
        "tamper": LEVERS["L11"](start="2023-02", strip_cost_multiplier=20.0, allied_coverage=1.0),
        "filters": LEVERS["L11"](
            start="2023-06",
            method="data-filtering",
            domains=("cyber", "fraud"),
            strip_cost_multiplier=30.0,
            allied_coverage=1.0,
        ),
        "eu": LEVERS["EU_GPAI"](
            start="2023-03", withdrawal=1.0, review_months=3, compliance_cost=2e8, end="2024-01"
        ),
        "public": LEVERS["L9"](start="2023-02", cadence_months=3),
        "remainder": Remainder(start="2023-02"),
    }


def everything() -> Scenario:
    """Generated releases, every lever from early on, no parameter at a value that ends a term."""
    plain = small()
    fields = {
        "history": "free",
        "parameters": dict(EVERY_TERM),
        "policy": {**plain.policy, **controls_and_checks(), **bans(), **other_measures()},
        "crisis": {"breach": Crisis(month="2023-09", origin="CN", share=0.5)},
    }
    return plain.model_copy(update=fields)


class Pair:
    """The same world twice, fast and plain.

    Attributes
    ----------
    ties : list of (month, adopter, gap)
        Choices that differ, and by how many utils the plain adopter prefers its own.
    incidents : list of Incident
        Those of the fast world so far.
    """

    def __init__(self, scenario: Scenario, seed: int = 1, **plain: int) -> None:
        self.fast = World(scenario, rng=seed)
        self.plain = PlainWorld(scenario, rng=seed, **plain)
        self.ties: list[tuple[int, int, float]] = []
        self.incidents: list[Incident] = []

    def step(self) -> None:
        """One month of both."""
        self.fast.step()
        self.plain.step()
        self.incidents += self.fast.scene.incidents
        differ = np.flatnonzero(self.fast.adopters.choice != self.slots()).tolist()
        self.ties += [(self.fast.month, i, self.gap(i)) for i in differ]
        for i in differ:
            # Taken over, so that one near tie does not show again in the shares of later months.
            number = int(self.fast.adopters.choice[i])
            self.plain.panel.adopters[i].using = Slot(number // 4, number % 4)
        if differ:
            count(self.plain)

    def slots(self) -> np.ndarray:
        """What the plain adopters use, in the fast world's numbers."""
        return np.array([a.using.number for a in self.plain.panel.adopters])

    def gap(self, i: int) -> float:
        """Utils between the plain adopter's choice and the fast one's."""
        adopter, number = self.plain.panel.adopters[i], int(self.fast.adopters.choice[i])
        seen = dict(adopter.look())
        return abs(seen[adopter.using] - seen[Slot(number // 4, number % 4)])

    def kind(self, name: str) -> str:
        """Kind of an outcome: "share" or "level"."""
        return OUTCOMES[name].kind

    def difference(self, name: str) -> float:
        """Difference of an outcome this month: shares in points of 1, levels relative."""
        ours, theirs = self.fast.observed[name], self.plain.observed[name]
        return abs(ours - theirs) / (1.0 if self.kind(name) == "share" else max(abs(theirs), 1e-9))
