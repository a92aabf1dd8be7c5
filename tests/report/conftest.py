"""A made-up study: the real statistics over made-up series.

So the report is tested without running the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim import report
from sim.analysis.countries import ORIGINS_RANKED, RANKED, MapShares, ranked
from sim.analysis.frames import csv_bytes
from sim.analysis.study import Study
from sim.data import countries
from sim.model.outcomes import OUTCOMES
from sim.report import pictures
from sim.report.pictures import EU_SLUG, PICTURES
from sim.report.view import View
from sim.scenario.scenario import Scenario, load
from sim.sweep.design import Case, Design
from tests.report.plots import sweep

MONTHS = 96
START = 36
HOSTILE = "</script><img src=x onerror=1>"
HOSTILE_QUESTION = "Does $a_b$ <b>cost</b> & `gain`? </style><script>document.title='x'</script>"

SHIPPED = (
    "status-quo",
    "p1-blanket",
    "p2-risk-assessment",
    "p3-government-audits",
    "p4-audit-repository",
    "targeted-bundle",
)

# Sizes of the made-up effects, by scenario in the order above, the hostile one last.
EFFECTS = {
    "us_share": (0, -2.2, -0.5, 0.0, 0.3, -0.1, 0.0),
    "cn_share": (0, 1.8, 0.4, 0.05, 0.6, 0.7, 0.0),
    "harm": (0, -0.4, -1.4, 0.0, -0.1, -1.5, 0.05),
    "cost": (0, 6.0, 3.0, 2.0, 1.0, 6.0, 2.0),
    "backdoor": (0, 0.3, 0.0, -0.9, -1.6, -2.2, -0.5),
    "": (0, -0.9, -0.2, 0.1, 0.15, 0.1, 0.3),
}


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Six shipped scenarios and one whose name no loader would accept."""
    hostile = Scenario.model_validate(
        {"name": "held", "question": HOSTILE_QUESTION, "policy": {"x": {"lever": "L7"}}}
    )
    reference = load("status-quo")
    hostile = hostile.model_copy(
        update={"name": HOSTILE, "policy": {**reference.policy, **hostile.policy}}
    )
    return (*(load(name) for name in SHIPPED), hostile)


class MadeUpStudy(Study):
    """Seven scenarios, sixteen replications, 96 months of made-up series."""

    no_report = ""

    def __init__(
        self,
        positions: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6),
        *,
        change: Callable[[Scenario], Scenario] = lambda scenario: scenario,
        draws: int = 1,
        replications: int = 16,
        seed: int = 7,
        twin: bool = True,
    ) -> None:
        everything = scenarios()
        self.positions = positions
        self.scenarios = [change(everything[i]) for i in positions]
        self.against = self.scenarios[0].name
        self._change = change
        self.draws = draws
        self.replications = replications
        self.seed = seed
        self._twin = twin
        self._given = OUTCOMES
        self._by_name = {s.name: i for i, s in enumerate(self.scenarios)}
        self.cases = [Case(s.name, s, self.against) for s in self.scenarios]
        self.design = Design((self.cases[0],), replications, seed)
        self._held: dict[tuple[str, str], np.ndarray] = {}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(OUTCOMES)

    @property
    def failures(self) -> list:
        return []

    @cached_property
    def without_assumed(self) -> Study | None:
        again = {"change": self._change, "replications": self.replications, "seed": 8}
        return type(self)(self.positions, **again, twin=False) if self._twin else None

    def _position(self, scenario: str) -> int:
        return self.positions[list(self._by_name).index(scenario)]

    def series(self, scenario: str, outcomes: list[str]) -> dict[str, np.ndarray]:
        return {outcome: self._made(scenario, outcome) for outcome in outcomes}

    def _made(self, scenario: str, outcome: str) -> np.ndarray:
        key = (scenario, outcome)
        if key not in self._held:
            self._held[key] = made_up(self._position(scenario), outcome, self.pairs, self.seed)
        return self._held[key]

    def means(self, scenario: str, outcomes: list[str], window: tuple[int, int]) -> np.ndarray:
        first, last = window
        columns = [
            self._made(scenario, o)[:, first : last + 1].mean(axis=1, dtype=float) for o in outcomes
        ]
        return np.array(columns).T

    def map_shares(self, scenario: str, channel: str = "all") -> MapShares:
        rng = np.random.default_rng(3)
        alignment = np.array([c.alignment for c in countries()])
        us = np.clip(0.35 + 0.5 * alignment + rng.normal(0, 0.05, len(alignment)), 0.02, 0.96)
        effect = EFFECTS["us_share"][self._position(scenario)]
        us = np.clip(us + 0.05 * effect * (1 - alignment), 0.01, 0.98)
        effective = 16 * 20 * rng.lognormal(0, 0.8, len(alignment))
        return MapShares(np.stack([us, (1 - us) * 0.8, (1 - us) * 0.2], axis=1), effective)

    def country_changes(self) -> pd.DataFrame:
        """Countries that differ by noise alone."""
        effective, rng = np.full(len(countries()), 200.0), np.random.default_rng(self.seed)
        rows = [
            {"scenario": case.name, "title": self.titles[case.name], "origin": origin}
            | row
            | {"first_month": "2030-12", "last_month": "2030-12"}
            for case in self.cases[1:]
            for origin in ORIGINS_RANKED
            for row in ranked(rng.normal(0, 1, (16, len(effective))), effective)
        ]
        return pd.DataFrame(rows, columns=list(RANKED))

    def csv_files(self, encoding: str = "utf-8", table=None) -> dict[str, bytes]:
        made = self.table() if table is None else table
        frames = {"table.csv": made, "rubric.csv": self.rubric()}
        return {name: csv_bytes(frame, encoding) for name, frame in frames.items()}


def made_up(position: int, outcome: str, pairs: int, seed: int) -> np.ndarray:
    """Return a random walk per pair, with an effect from 2026-01 on.

    Until then it is the same for all scenarios.
    """
    word = int(hashlib.sha256(outcome.encode()).hexdigest()[:8], 16)
    rng = np.random.default_rng([word, seed])
    t = np.arange(MONTHS)
    walk = np.cumsum(rng.normal(0, 0.01, (pairs, MONTHS)), axis=1)
    base = 0.25 + 0.5 * rng.random() + 0.35 * (rng.random() - 0.5) * t / MONTHS + walk
    group = next((key for key in EFFECTS if key and key in outcome), "")
    effect = 0.03 * EFFECTS[group][position] * rng.uniform(0.6, 1.4, (pairs, 1))
    own = np.random.default_rng([word, seed, position]).normal(0, 0.003, (pairs, MONTHS))
    wander = np.cumsum(own * (t >= START), axis=1) * (position > 0)
    changed = base + np.clip((t - START) / 30, 0, 1) * effect + wander
    if OUTCOMES[outcome].kind == "share":
        return np.clip(changed, 0.001, 0.999).astype(np.float32)
    size = 1e6 if OUTCOMES[outcome].unit.startswith("USD") else 10.0 ** (word % 4 - 1)
    return (size * np.exp(2.5 * changed)).astype(np.float32)


DRAWN = tuple(picture for picture in PICTURES if picture.slug != EU_SLUG)
"""Pictures of the page below: no duty of the EU differs in it."""


@dataclass(frozen=True)
class Page:
    """A written report."""

    study: MadeUpStudy
    folder: Path

    @property
    def text(self) -> str:
        return (self.folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def make():
    """Return the class, for tests that need a study of their own."""
    return MadeUpStudy


@pytest.fixture(scope="session")
def study() -> MadeUpStudy:
    return MadeUpStudy()


@pytest.fixture(scope="session")
def view(study) -> View:
    return View(study)


@pytest.fixture
def no_bitmaps(monkeypatch):
    """Draw pictures as SVG alone: the page shows these, and its tests look at both."""
    drawn = Figure.savefig

    def saved(figure, file, *, format, **others):  # noqa: A002  as matplotlib calls it
        if format == "svg":
            drawn(figure, file, format=format, **others)

    monkeypatch.setattr(Figure, "savefig", saved)


@pytest.fixture
def few_pictures(monkeypatch):
    """Leave one picture of each form."""
    kept = tuple(p for p in PICTURES if p.slug in ("us-share", "misuse-routes", "cn-change-map"))
    monkeypatch.setattr(pictures, "PICTURES", kept)


@pytest.fixture(scope="session")
def three() -> MadeUpStudy:
    """Status quo, blanket control and targeted bundle."""
    return MadeUpStudy((0, 1, 5), twin=False)


@pytest.fixture(scope="session")
def grid() -> Study:
    """Two levers in full, under some draws."""
    return sweep()


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Page:
    """The report on status quo, blanket control, targeted bundle and the hostile-named scenario."""
    made = MadeUpStudy((0, 1, 5, 6))
    folder = tmp_path_factory.mktemp("report")
    report.write(made, folder)
    return Page(made, folder)
