"""Worlds stopped in a month, for tests that look inside a mechanism."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from sim.model.law import Law
from sim.model.world import World
from sim.policies import LEVERS
from sim.policies.base import Policy, own
from sim.scenario.scenario import Scenario, load
from sim.vocabulary import OPEN_WEIGHTS, US


class Decree(Policy):
    """Mechanisms are moved through the law, as policies do.

    Writes: one value into one field of the law.
    """

    lever: ClassVar[str] = "T1"
    title: ClassVar[str] = "Decree of a test"
    pulled_by: ClassVar[str] = "labs"
    real: ClassVar[str] = "None."
    not_modelled: ClassVar[str] = "The world."
    assumption: ClassVar[str] = "enforcement"
    main: ClassVar[tuple[str, ...]] = ("field",)
    phase: ClassVar[str] = "law"
    example: ClassVar[dict[str, Any]] = {"field": "reporting", "value": 1.0}

    field: str = own("reporting", "field of the law", "", "test")
    value: Any = own(1.0, "what is written there", "", "test")
    places: dict[str, tuple[int, ...]] = own({}, "where", "", "test")

    __hash__, __eq__ = object.__hash__, object.__eq__  # values of tests need not have any

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        law.write(name, self.field, self.value, **self.places)


@pytest.fixture(scope="session")
def decree() -> Callable[..., Policy]:
    """``decree(field, value, start, origins=(0,))``: a policy that writes it from a month on."""

    def make(field: str, value: Any, start: str = "2025-06", **places: tuple[int, ...]) -> Policy:
        return Decree(field=field, value=value, start=start, places=places)

    return make


@pytest.fixture(scope="session")
def policy() -> Callable[..., Policy]:
    """A lever's example with other fields."""

    def make(key: str, **fields: Any) -> Policy:
        return LEVERS[key].model_validate({**LEVERS[key].example, **fields})

    return make


@pytest.fixture(scope="session")
def scenario() -> Callable[..., Scenario]:
    """A world to the end of 2027 with parameters and policies of one's own.

    Of the status quo it has chip controls and the EU's duties: what else is in force would stand
    beside the policies under test.
    """

    def make(parameters: dict[str, float] | None = None, **policies: Policy) -> Scenario:
        base = load("status-quo", settings=["horizon.end=2027-12"])
        held = {name: p for name, p in base.policy.items() if p.lever in ("L3", "EU_GPAI")}
        return base.model_copy(
            update={"parameters": parameters or {}, "policy": {**held, **policies}}
        )

    return make


@pytest.fixture(scope="session")
def world_at(scenario) -> Callable[..., World]:
    """A world after some months; two calls with the same arguments are twins."""

    def make(months: int, parameters: dict[str, float] | None = None, **policies: Policy) -> World:
        world = World(scenario(parameters, **policies), rng=1)
        while world.month < months - 1:
            world.step()
        return world

    return make


@pytest.fixture(scope="session")
def release_by_hand() -> Callable[..., int]:
    """Bring a release out this month, of the first US firm by default; returns its row."""
    from sim.model.agents.lab_records import Draft

    def make(
        world: World,
        mode: int = OPEN_WEIGHTS,
        capability: float = 150.0,
        lab: Any = None,
        **fields: Any,
    ) -> int:
        lab = lab or next(x for x in world.labs if x.origin == US and not x.fringe)
        lab.number += 1
        parts = fields.pop(
            "parts", (1.0, 0.1, 0.3, 0.5) if mode >= OPEN_WEIGHTS else (0.0, 0.0, 0.0, 0.0)
        )
        known = {
            "month": world.month,
            "name": f"by hand {len(world.catalogue)}",
            "mode": mode,
            "small": False,
            "capability": capability,
            "underlying": capability,
            "efficiency": lab.efficiency,
            **Draft._field_defaults,
            "draw": 2 * lab.number,
        }
        content = {name: {**known, **fields}[name] for name in Draft._fields}
        return world.releases.bring_out(lab, Draft(**content), parts)

    return make


@pytest.fixture(scope="session")
def origins() -> Callable[..., list]:
    """Labs of an origin."""

    def of(world: World, origin: int, fringe: bool = False) -> list:
        return [lab for lab in world.labs if lab.origin == origin and (fringe or not lab.fringe)]

    return of


@pytest.fixture(scope="session")
def use_weighted() -> Callable[..., float]:
    """Mean of a catalogue column over the use of one channel."""

    def mean(world: World, column: np.ndarray, channel: int) -> float:
        share, rows = world.tally.slot[channel], world.market.release[channel]
        return float((share * column[rows]).sum() / share.sum())

    return mean
