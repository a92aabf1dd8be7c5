"""Runs that share a past: forked where they part, each is what it would be by itself."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from sim.model.world import World
from sim.months import month_name
from sim.policies import LEVERS
from sim.scenario.scenario import Crisis, Scenario, load
from sim.sweep.forks import Forks, parting_month, past_of
from sim.sweep.runs import Run, RunId
from tests.guarantees import state
from tests.guarantees.conftest import JOINING

SHORT = load("status-quo", settings=["horizon.end=2026-06"])
STARTS = ("2023-01", "2024-06", "2025-05", "2025-07", "2025-11", "2026-02")


def scenario(policies: dict[str, Any], crisis: dict[str, Crisis] | None = None) -> Scenario:
    added = {"policy": {**SHORT.policy, **policies}, "crisis": crisis or {}}
    return SHORT.model_copy(update=added)


def lever(key: str, **fields: Any) -> Any:
    known = {name: value for name, value in fields.items() if name in LEVERS[key].model_fields}
    return LEVERS[key].model_validate({**LEVERS[key].example, **known})


ALONE: dict[tuple[str, int], str] = {}


def alone(one: Scenario, luck: int) -> str:
    """The bits of a world of its own."""
    key = one.id, luck
    if key not in ALONE:
        ALONE[key] = state.of_series(World(one, rng=7, replication=luck).run())
    return ALONE[key]


def check(*scenarios: Scenario, draws: int = 1, replications: int = 1) -> None:
    """A chunk of these scenarios gives the bits that each gives by itself."""
    runs = [
        Run(RunId(one.id, draw, replication), str(i), one)
        for draw in range(draws)
        for replication in range(replications)
        for i, one in enumerate(scenarios)
    ]
    forks = Forks(runs, 7)
    for run in runs:
        series = forks.make(run)
        assert state.of_series(series) == alone(run.scenario, run.id.luck), run.case


@pytest.mark.parametrize("key", LEVERS)
def test_each_lever_forks_from_the_status_quo(key):
    """With notice, and with what makes labs act on it; others join."""
    known = {"anticipation_months": 4, **LEVERS[key].telling, **JOINING}
    fields = {"start": "2025-10", **known}
    here, there = lever(key, **fields), lever(key, **fields, strength=0.4)
    check(SHORT, scenario({"x": here}), scenario({"x": there}))


def mixed(luck: random.Random) -> dict[str, Any]:
    """Some levers from any month, with notice and an end at times; a monitor may switch them."""
    policies = {}
    for number in range(luck.randrange(4)):
        start = luck.choice(STARTS)
        policies[f"p{number}"] = lever(
            luck.choice(sorted(LEVERS)),
            start=start,
            end=luck.choice((None, None, "2026-04", start)),
            ramp_months=luck.choice((0, 5)),
            strength=luck.choice((0.0, 0.5, 1.0)),
            anticipation_months=luck.choice((0, 3)),
            **(JOINING if luck.random() < 0.5 else {}),
            **({"challenge_prob": 0.9} if luck.random() < 0.5 else {}),
        )
    if policies and luck.random() < 0.7:
        policies["watch"] = lever(
            "L14",
            start=luck.choice(STARTS[:4]),
            indicator="open-closed-gap",
            when=luck.choice(("above", "below")),
            threshold=luck.choice((0.0, 8.0, 100.0)),
            switch_on=("p0",),
            switch_off=("p1",) if "p1" in policies else (),
        )
    return policies


@pytest.mark.parametrize("seed", range(12))
def test_any_scenarios_fork_where_they_part(seed):
    """Policies added, taken away and changed, monitors and crises among them."""
    luck = random.Random(seed)
    shared, crises = mixed(luck), {"leak": Crisis(month=luck.choice(STARTS[1:]), origin="CN")}
    worlds = [scenario({**shared, **mixed(luck)}, luck.choice(({}, crises))) for _ in range(2)]
    check(scenario(shared), *worlds, scenario(shared, crises))


def test_policies_that_a_monitor_switched_part_at_their_ends():
    """What the monitor began keeps its month and ramp in the world that is forked long after."""
    watch = lever(
        "L14",
        start="2023-06",
        indicator="open-closed-gap",
        when="above",
        threshold=0.0,
        switch_on=("p",),
        switch_off=(),
    )
    policy = lever("L1", start="2023-01", ramp_months=60)
    ends = [policy.model_copy(update={"end": end}) for end in ("2025-11", "2026-02", None)]
    worlds = [scenario({"watch": watch, "p": one}) for one in ends]
    assert {month_name(parting_month(worlds[0], one)) for one in worlds[1:]} == {"2025-11"}
    check(*worlds)


def test_replications_and_draws_have_trunks_of_their_own():
    control = scenario({"x": lever("L1", start="2025-08")})
    other = SHORT.model_copy(update={"parameters": {"leak_hazard": 0.2}})
    assert past_of(other) != past_of(SHORT)
    check(SHORT, control, other, draws=2, replications=2)


def test_scenarios_part_when_labs_may_know_of_a_policy():
    for months in (0, 5):
        policy = lever("L1", start="2025-10", anticipation_months=months)
        assert (
            month_name(parting_month(SHORT, scenario({"x": policy}))) == f"2025-{10 - months:02d}"
        )
    crisis = {"leak": Crisis(month="2025-03", origin="CN")}
    assert month_name(parting_month(SHORT, scenario({}, crisis))) == "2025-03"
    assert parting_month(SHORT, SHORT) == SHORT.months
    assert parting_month(SHORT, scenario({"x": lever("L1", start="2022-10")})) == 0


def test_the_months_before_the_fork_are_made_once(monkeypatch):
    months = []
    made = World.step

    def step(world):
        made(world)
        months.append(world.month)

    monkeypatch.setattr(World, "step", step)
    control = scenario({"x": lever("L1", start="2026-01")})
    runs = [Run(RunId(one.id, 0, 0), one.name, one) for one in (SHORT, control, control)]
    forks = Forks(runs, 7)
    for run in runs:
        forks.make(run)
    assert months == [*range(42), *range(36, 42), *range(36, 42)]


def test_when_the_trunk_fails_the_others_are_made_whole(monkeypatch):
    control = scenario({"x": lever("L1", start="2026-01")})
    runs = [Run(RunId(one.id, 0, 0), one.name, one) for one in (SHORT, control)]
    forks = Forks(runs, 7)
    made = World.step

    def step(world):
        if world.month == 20 and "x" not in world.scenario.policy:
            raise ArithmeticError("of the trunk")
        made(world)

    monkeypatch.setattr(World, "step", step)
    with pytest.raises(ArithmeticError):
        forks.make(runs[0])
    assert state.of_series(forks.make(runs[1])) == alone(control, 0)


def test_a_copied_world_goes_on_as_the_first_and_leaves_it_alone():
    import copy

    world = World(SHORT, rng=7)
    while world.month < 34:
        world.step()
    other = copy.deepcopy(world)
    assert state.of_series(other.run()) == state.of_series(world.run()) == alone(SHORT, 0)
    np.testing.assert_equal(
        other.datacollector.get_model_vars_dataframe().to_numpy(),
        world.datacollector.get_model_vars_dataframe().to_numpy(),
    )
