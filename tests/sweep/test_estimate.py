"""What runs will cost, told at once: about what they take, and by what is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.scenario.scenario import load
from sim.sweep import estimate
from sim.sweep.design import Design, Keep
from sim.sweep.estimate import SECONDS_TO_START, outlook

KEEP_FEW = Keep(("incidents",), "year-ends", "none")


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "_slowness", lambda: 1.0)


def plan(*settings: str, keep: Keep | None = None) -> Design:
    scenarios = [load(name, settings=settings) for name in ("status-quo", "p1-blanket")]
    found = Design.of(scenarios, 16, 0, also_without_assumed=True)
    return replace(found, keep=keep) if keep else found


def test_runs_cost_about_what_was_measured() -> None:
    """96 usual runs took 36 s in one process and left 5.9 MB."""
    found = outlook(plan(), 96, 1)
    assert found.seconds == pytest.approx(36, rel=0.25)
    assert found.bytes == pytest.approx(5.9e6, rel=0.25)


def test_time_follows_what_is_asked_for_and_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(design: Design, runs: int, workers: int) -> float:
        return outlook(design, runs, workers).seconds - SECONDS_TO_START

    usual = busy(plan(), 64, 1)
    assert busy(plan(), 64, 4) == pytest.approx(usual / 4)
    assert busy(plan(), 16, 1) == pytest.approx(usual / 4)
    assert busy(plan(), 2, 64) == pytest.approx(busy(plan(), 2, 2)), "no more workers than runs"
    assert busy(plan("horizon.end=2026-12"), 64, 1) == pytest.approx(usual / 2)
    assert busy(plan("adopters=1000000"), 64, 1) > 20 * usual
    monkeypatch.setattr(estimate, "_slowness", lambda: 3.0)
    assert outlook(plan(), 64, 1).seconds == pytest.approx(3 * (usual + SECONDS_TO_START))


def test_disk_follows_what_is_kept() -> None:
    everything = outlook(plan(), 64).bytes
    assert outlook(plan(), 32).bytes == pytest.approx(everything / 2)
    assert outlook(plan(keep=KEEP_FEW), 64).bytes < everything / 100
    half_years = Keep(countries="half-years")
    more = outlook(plan(keep=half_years), 64).bytes
    assert more > everything
    assert outlook(plan(keep=replace(half_years, families=True)), 64).bytes > 2 * more
