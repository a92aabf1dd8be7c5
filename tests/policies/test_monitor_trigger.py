"""Monitor and trigger: what a review sees, when it acts, what a switch does to its policy."""

import numpy as np
import pytest

from sim.messages import ScenarioError
from sim.model.duties import Trigger
from sim.model.randomness import Streams
from sim.model.schedule import PolicySchedule
from sim.model.world import World
from sim.policies import LEVERS
from sim.scenario.scenario import load
from sim.vocabulary import US

ALWAYS = {"indicator": "incidents", "threshold": -1.0, "when": "above", "error": 0.0}
NEVER = {"indicator": "incidents", "threshold": 1e9, "when": "above"}


def monitor(**fields):
    return LEVERS["L14"](**fields)


def control(**fields):
    return LEVERS["L1"](**{"start": "2026-01", **fields})


def controlled_from(world):
    """First month in which the control binds, by the law of every month."""
    months = []
    while world.running:
        world.step()
        if world.law.controlled[US] > 0.0:
            months.append(world.month)
    return months


@pytest.mark.parametrize(("review", "lag"), [(6, 3), (3, 0), (1, 0), (12, 12)])
def test_a_waiting_policy_begins_in_the_month_after_the_review_that_throws_the_switch(
    world_at, review, lag
):
    watch = monitor(
        start="2026-02", review_months=review, lag_months=lag, switch_on=("later",), **ALWAYS
    )
    world = world_at(0, watch=watch, later=control())
    assert controlled_from(world)[0] == 36, (
        "before the monitor's window a policy follows its own table"
    )
    watch = monitor(
        start="2026-01", review_months=review, lag_months=lag, switch_on=("later",), **ALWAYS
    )
    assert controlled_from(world_at(0, watch=watch, later=control()))[0] == 37


def test_a_threshold_that_is_never_crossed_leaves_a_policy_waiting(world_at, scenario):
    watch = monitor(start="2026-01", switch_on=("later",), cost=0.0, **NEVER)
    waiting, without = world_at(0, watch=watch, later=control()), world_at(0)
    assert controlled_from(waiting) == []
    np.testing.assert_array_equal(waiting.series().values, without.run().values)


def test_after_the_monitor_ends_policies_follow_their_own_tables(world_at):
    watch = monitor(start="2026-01", end="2026-09", switch_on=("later",), **NEVER)
    assert controlled_from(world_at(0, watch=watch, later=control()))[0] == 44
    watch = monitor(start="2026-01", end="2026-09", switch_off=("later",), **ALWAYS)
    months = controlled_from(world_at(0, watch=watch, later=control()))
    assert [m for m in range(36, 60) if m not in months] == list(range(37, 44))


def test_what_is_switched_off_ends_with_the_switch(world_at):
    watch = monitor(start="2026-04", switch_off=("now",), **ALWAYS)
    assert controlled_from(world_at(0, watch=watch, now=control())) == [36, 37, 38, 39]


def test_a_switched_policy_begins_as_if_it_had_been_written_so(world_at):
    """Its ramp and the cut-off that users meet begin with the switch."""
    fields = {"ramp_months": 5, "strength": 0.8}
    watch = monitor(start="2026-01", review_months=6, switch_on=("later",), cost=0.0, **ALWAYS)
    switched = world_at(0, watch=watch, later=control(**fields))
    written = world_at(0, later=control(start="2026-02", **fields))
    ours, theirs = switched.run(), written.run()
    same = [name for name in ours.names if name != "triggers_thrown"]
    columns = [ours.names.index(name) for name in same]
    np.testing.assert_array_equal(ours.values[:, columns], theirs.values[:, columns])


def test_a_switch_follows_each_review_unless_it_is_lasting(world_at):
    for lasting in (True, False):
        world = world_at(
            36,
            watch=monitor(start="2026-01", lasting=lasting, switch_on=("later",)),
            later=control(),
        )
        (trigger,) = world.law.triggers or (
            LEVERS["L14"](lasting=lasting, switch_on=("later",)).trigger(1.0),
        )
        usa = world.us_government
        for found, stands in ((100.0, True), (0.0, lasting)):
            usa.gauge = lambda trigger, month, found=found: found
            usa.watch(trigger, trigger.since)
            assert (trigger in usa.thrown) == stands


def test_reviews_come_at_their_pace_and_see_old_data(world_at):
    """Only data older than the lag and younger than the review before count.

    An error of 0 is none.
    """
    world = world_at(48)
    usa = world.us_government
    trigger = monitor(start="2026-01", review_months=4, lag_months=3, error=0.0).trigger(1.0)
    column = list(world.series().names).index("incidents_reported")
    seen = usa.gauge(trigger, 47)
    assert seen == pytest.approx(world.series().values[41:45, column].mean())
    for month in range(36, 48):
        usa.thrown.clear()
        usa.watch(
            Trigger(**{**{n: getattr(trigger, n) for n in Trigger.__slots__}, "threshold": -1.0}),
            month,
        )
        assert bool(usa.thrown) == (month % 4 == 0)


def test_the_first_month_is_on_record_when_it_is_over(world_at):
    """January 2023 counts like any later month; before it is over a review finds nothing."""
    world = world_at(3)
    trigger = monitor(start="2023-01", review_months=6, lag_months=0, error=0.0).trigger(1.0)
    incidents = world.series().values[:, list(world.series().names).index("incidents_reported")]
    assert incidents[0] != incidents[1]
    assert world.us_government.gauge(trigger, 1) == incidents[0]
    assert world.us_government.gauge(trigger, 2) == pytest.approx(incidents[:2].mean())
    assert np.isnan(world.us_government.gauge(trigger, 0))


@pytest.mark.parametrize("indicator", ["incidents", "open-closed-gap", "uplift", "us-share"])
def test_measurements_err_by_their_error_and_by_no_more(world_at, indicator):
    world = world_at(40)
    usa = world.us_government
    exact, noisy = (
        monitor(indicator=indicator, error=error, lag_months=3).trigger(1.0) for error in (0.0, 0.2)
    )
    usa.indicator = lambda name, month: 5.0
    assert usa.gauge(exact, 39) == pytest.approx(5.0)
    seen = np.array([usa.gauge(noisy, month) for month in range(600)][10:])
    seen = np.array([s for s in seen if not np.isnan(s)])
    assert usa.gauge(noisy, 39) == usa.gauge(noisy, 39)
    assert seen.std() > 0.0
    assert seen.mean() == pytest.approx(5.0, abs=0.5)


def test_the_gap_is_measured_not_true(world_at):
    world = world_at(50, {"measurement_noise": 20.0})
    gaps = [world.us_government.indicator("open-closed-gap", m) for m in range(30, 49)]
    run = world.series()
    true = run.values[30:49, run.names.index("lag_open_closed_true")]
    assert not np.array_equal(gaps, true)
    world = world_at(50, {"measurement_noise": 0.0})
    gaps = [world.us_government.indicator("open-closed-gap", m) for m in range(30, 49)]
    run = world.series()
    np.testing.assert_array_equal(gaps, run.values[30:49, run.names.index("lag_open_closed_true")])


def test_an_error_moves_the_month_of_the_switch(world_at):
    """Same world, same threshold: how well it is measured decides when the policy begins."""
    begun = set()
    for error in (0.0, 0.3, 0.6, 1.0):
        watch = monitor(
            start="2025-06",
            threshold=21.0,
            error=error,
            review_months=3,
            lag_months=1,
            switch_on=("later",),
        )
        months = controlled_from(world_at(0, watch=watch, later=control(start="2025-06")))
        begun.add(months[0] if months else None)
    assert len(begun) > 1


def test_a_government_of_half_a_will_acts_on_half_of_what_it_finds(world_at):
    world = world_at(1)
    usa = world.us_government
    usa.gauge = lambda trigger, month: 1e6
    acted = 0
    for month in range(400):
        usa.thrown.clear()
        usa.watch(monitor(start="2023-01", review_months=1).trigger(0.5), month)
        acted += bool(usa.thrown)
    assert 150 < acted < 250


def standing(schedule, month):
    """Force of every policy in the month before and in a month."""
    return tuple(tuple(one.strength for one in terms) for terms in schedule.terms(month))


def test_one_of_several_monitors_is_enough_and_off_goes_before_on():
    names = ("a", "b", "later")
    on, never = (
        monitor(start="2023-01", switch_on=("later",)),
        monitor(start="2023-01", switch_on=("later",), **NEVER),
    )
    schedule = PolicySchedule(
        list(zip(names, (on, never, control(start="2023-01")), strict=True)), 24, Streams(0, 0)
    )
    assert schedule.switch(0, ())
    assert standing(schedule, 0)[1] == (1.0, 1.0, 0.0)
    assert schedule.switch(5, {on.trigger(1.0)})
    assert standing(schedule, 5) == ((1.0, 1.0, 0.0), (1.0, 1.0, 1.0))
    assert not schedule.switch(6, {on.trigger(0.4)}), "whose will is less is the same trigger"
    off = monitor(start="2023-01", switch_off=("later",))
    schedule = PolicySchedule(
        list(zip(names, (on, off, control(start="2023-01")), strict=True)), 24, Streams(0, 0)
    )
    schedule.switch(3, {on.trigger(1.0), off.trigger(1.0)})
    assert standing(schedule, 3)[1][2] == 0.0


def test_switching_off_never_lengthens_a_policy():
    short = control(start="2023-01", end="2023-04")
    schedule = PolicySchedule(
        [("a", monitor(start="2023-01", switch_off=("b",), **ALWAYS)), ("b", short)],
        24,
        Streams(0, 0),
    )
    schedule.switch(10, {schedule.monitors[0][1].trigger(1.0)})
    assert [standing(schedule, m)[1][1] for m in range(12)] == [1.0] * 3 + [0.0] * 9


def test_monitors_commute_whatever_they_are_called(world_at):
    watch = monitor(start="2025-08", threshold=18.0, switch_on=("later",), strength=0.6)
    other = monitor(
        start="2025-08", threshold=15.0, switch_off=("later",), lasting=False, review_months=4
    )
    later = control(start="2025-08")
    one = world_at(0, a=watch, z=other, later=later).run()
    two = world_at(0, z=watch, a=other, later=later).run()
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["policy.w={lever='L14', switch_on=['chips-2026-02']}"],
         "no policy of the scenario.*chips-2026-01"),
        (["policy.w={lever='L14', switch_off=['w']}"], "a monitor cannot switch a monitor"),
        (["policy.w={lever='L14', switch_on=['chips-2026-01'], switch_off=['chips-2026-01']}"],
         "stands in switch_on and in switch_off"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_switched_are_refused(settings, message):
    with pytest.raises(ScenarioError, match=message):
        load("status-quo", settings=settings)


def test_the_shipped_monitor_waits_and_acts():
    world = World("monitor-and-trigger", rng=1, replication=2)
    months = controlled_from(world)
    assert months
    assert months[0] > 36
