"""Neutral values are allowed, stand on the model's page, and switch something off."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mechanisms import MECHANISMS
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.scenario.scenario import load
from sim.vocabulary import CHANNELS
from tests.marks import slow
from tests.model.test_parameters import POLICIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "model.md"
PARTS = 4
"""Tests that the mechanisms are spread over, so that none is slow."""


@lru_cache(maxsize=1)
def running() -> dict[str, float]:
    """Parameters at which every mechanism is at work: off the middle where that is neutral."""
    neutral = {name: x for m in MECHANISMS for name, x in m.neutral.items()}
    found = {
        name: p.high if neutral.get(name) == p.median else p.median
        for name, p in PARAMETERS.items()
    }
    # With more secrecy nobody is so far behind what is public that he learns from it.
    return found | {"secrecy_months": PARAMETERS["secrecy_months"].low}


def series(**changes: float) -> np.ndarray:
    """Generated releases and every lever in force."""
    values = running() | changes
    settings = (
        *POLICIES,
        "horizon.end=2026-03",
        "history=free",
        "adopters=3500",
        *(f"parameters.{name}={value!r}" for name, value in values.items()),
    )
    return World(load("status-quo", settings=settings), rng=1).run().values


@lru_cache(maxsize=1)
def unchanged() -> np.ndarray:
    return series()


@pytest.mark.parametrize("part", [0, *map(slow, range(1, PARTS))])
def test_each_mechanism_is_at_work_until_it_is_switched_off(part: int) -> None:
    idle = [
        mechanism.name
        for mechanism in MECHANISMS[part::PARTS]
        if np.array_equal(series(**mechanism.neutral), unchanged())
    ]
    assert idle == []


def test_neutral_values_are_allowed() -> None:
    for mechanism in MECHANISMS:
        for name, value in mechanism.neutral.items():
            least, most = PARAMETERS[name].bounds
            assert least <= value <= most, (mechanism.name, name)


def test_each_mechanism_stands_in_the_section_of_the_models_page_that_it_names() -> None:
    parts = re.split(r"^#{2,3} ([\d.]+) ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {
        number.rstrip("."): text for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    for mechanism in MECHANISMS:
        for name in mechanism.neutral:
            stem, _, channel = name.rpartition("_")
            known = stem if channel in CHANNELS else name
            assert known in sections[mechanism.section], (mechanism.name, name)


def test_mechanisms_have_names_of_their_own_and_every_assumed_response_is_among_them() -> None:
    names = [mechanism.name for mechanism in MECHANISMS]
    assert len(set(names)) == len(names)
    alone = {next(iter(m.neutral)) for m in MECHANISMS if len(m.neutral) == 1}
    assert {name for name, p in PARAMETERS.items() if p.assumed} <= alone
