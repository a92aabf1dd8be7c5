"""Anticipation and courts: labs act before a policy starts, and a ruling relaxes a control."""

import pytest

from sim.model.law import law_of_month
from sim.model.randomness import Streams
from sim.months import month_index
from sim.policies import LEVERS
from sim.vocabulary import OPEN

START = "2026-06"


def opened_before(world, start):
    c = world.catalogue
    rows = zip(
        c.names,
        c.column("month").tolist(),
        c.column("mode").tolist(),
        c.column("origin").tolist(),
        strict=True,
    )
    return {
        name: month
        for name, month, mode, origin in rows
        if world.handover <= month < start and mode in OPEN and origin == 0
    }


def test_labs_open_early_what_a_coming_law_would_cost_them(policy, world_at):
    """Under a costly control announced eight months ahead, more open releases are out before it.

    None is out later.
    """
    start = month_index(START)
    fields = {"start": START, "opening_cost": 5.0}
    surprised, warned = (
        world_at(
            start, {"haste_months": 6.0}, control=policy("L1", anticipation_months=n, **fields)
        )
        for n in (0, 8)
    )
    late, early = opened_before(surprised, start), opened_before(warned, start)
    assert len(early) > len(late)
    hurried = [name for name in early if name in late and early[name] < late[name]]
    assert hurried or set(early) - set(late)
    assert [name for name in late if name in early and early[name] > late[name] + 1] == []


def test_labs_that_cannot_hurry_do_not_act_on_notice(policy, world_at):
    start = month_index(START)
    fields = {"start": START, "opening_cost": 5.0}
    surprised, warned = (
        world_at(
            start, {"haste_months": 0.0}, control=policy("L1", anticipation_months=n, **fields)
        )
        for n in (0, 8)
    )
    assert opened_before(surprised, start) == opened_before(warned, start)


def test_chips_are_bought_ahead_of_an_announced_step(policy, world_at):
    start = month_index(START)
    stocks = [
        world_at(
            start, chips=policy("L3", start=START, stringency=1.0, anticipation_months=n)
        ).chips.legal["CN"]
        for n in (0, 2, 6)
    ]
    assert stocks[0] < stocks[1] < stocks[2]


def test_nothing_is_bought_ahead_of_a_step_that_relaxes(policy, world_at):
    start = month_index(START)
    stocks = [
        world_at(
            start, chips=policy("L3", start=START, stringency=0.1, anticipation_months=n)
        ).chips.legal["CN"]
        for n in (0, 6)
    ]
    assert stocks[0] == stocks[1]


def test_the_prospect_is_the_law_that_comes(policy, world_at):
    """What labs expect of a month is what its law will be, where nobody is surprised."""
    control = policy("L1", start=START, anticipation_months=4, ramp_months=3)
    start = month_index(START)
    world = world_at(start - 3, control=control)
    assert world.month == start - 4
    for month in (start, start + 2):
        expected = law_of_month(world.jurisdictions, world.policies, month)
        assert (world.prospect(month).opening_cost == expected.opening_cost).all()
    assert world.prospect(start - 1) is None
    assert world_at(start - 4, control=control).prospect(start) is None


# courts


@pytest.mark.parametrize(
    "key", [key for key, cls in LEVERS.items() if "challenge_prob" in cls.model_fields]
)
def test_a_ruling_leaves_less_of_a_control(key, policy):
    one = policy(key, start="2024-01", challenge_prob=0.3, challenge_relief=0.75)
    unchallenged = policy(key, start="2024-01")
    ruled = []
    for replication in range(40):
        streams = Streams(1, replication)
        left = [
            one.strength_in_force(m, streams) / unchallenged.strength_in_force(m, streams)
            for m in range(12, 84)
        ]
        assert set(left) <= {1.0, 0.25}
        assert left == sorted(left, reverse=True)  # once struck it stays so
        ruled.append(left[-1] < 1.0)
    assert 0.6 < sum(ruled) / len(ruled) < 1.0  # 1 - 0.7^6 = 0.88


def test_more_challenges_never_come_later(policy):
    for replication in range(10):
        streams = Streams(1, replication)
        first = []
        for prob in (0.05, 0.3, 0.9):
            one = policy("L1", start="2024-01", challenge_prob=prob, challenge_relief=1.0)
            first.append(
                next((m for m in range(12, 84) if one.strength_in_force(m, streams) == 0.0), 84)
            )
        assert first == sorted(first, reverse=True)


def test_courts_do_not_rule_before_the_start(policy):
    one = policy("L1", start="2026-01", challenge_prob=1.0, challenge_relief=0.5)
    assert one.strength_in_force(35, Streams(1, 0)) == 0.0
    assert one.strength_in_force(36, Streams(1, 0)) == 0.5
    assert one.strength_in_force(36, None) == 1.0


def test_the_world_reads_the_relaxed_law(policy, world_at):
    world = world_at(38, control=policy("L1", challenge_prob=1.0, challenge_relief=0.6))
    assert world.law.controlled[0] == pytest.approx(0.4)
