"""Trust, and what governments measure: which way each cause works inside its mechanism."""

from itertools import pairwise

import numpy as np
import pytest

from sim.model.phases import respond
from sim.model.trust import meet_alarms
from sim.vocabulary import API, CN, OPEN_SOURCE, US


def alarm(world, country, origin, mode, events):
    """Users of one origin and mode in one country meet so many refusals, once."""
    default = world.law.alarm
    world.law.alarm = np.zeros_like(default)
    world.law.alarm[country, origin, mode] = events
    meet_alarms(world)
    world.law.alarm = default


def test_alarm_costs_trust_where_the_origin_is_used_and_trust_heals_by_half(world_at):
    world = world_at(30)
    country = next(i for i, c in enumerate(world.countries) if c.bloc == "us_aligned")
    alarm(world, country, US, API, 5.0)
    fallen = float(world.trust.supply[country, US])
    assert fallen < 1.0
    assert world.trust.supply[country, CN] == 1.0
    alarm(world, country, US, API, 5.0)
    assert world.trust.supply[country, US] < fallen
    depth = 1.0 - world.trust.supply[country, US]
    for _ in range(round(world.p.trust_half_life)):
        respond(world)
    assert 1.0 - world.trust.supply[country, US] == pytest.approx(depth / 2.0)


def test_nobody_loses_trust_in_what_they_do_not_use(world_at):
    world = world_at(30)
    world.tally.ways[5] = 0.0
    world.tally.ways[5, CN * 4 + OPEN_SOURCE] = 1.0
    alarm(world, 5, US, OPEN_SOURCE, 100.0)
    alarm(world, 5, CN, API, 100.0)
    assert world.trust.supply[5, US] == 1.0
    assert world.trust.supply[5, CN] == 1.0
    alarm(world, 5, CN, OPEN_SOURCE, 1.0)
    assert world.trust.supply[5, CN] == pytest.approx(1.0 - world.p.trust_penalty)
    alarm(world, 5, CN, OPEN_SOURCE, 1e6)
    assert world.trust.supply[5, CN] == 0.0


def test_alarm_comes_through_the_law_alone(world_at, decree):
    calm = world_at(36)
    assert (calm.trust.supply == 1.0).all()
    alarmed = world_at(36, refusals=decree("alarm", 1.0, origins=(US,)))
    assert (alarmed.trust.supply[:, US] < 1.0).any()
    assert (alarmed.trust.supply[:, CN] == 1.0).all()


def test_evaluators_err_by_their_bias_and_noise(world_at):
    world = world_at(1, {"measurement_bias_cn": 4.0, "measurement_noise": 2.0})
    measured = {
        origin: np.array(
            [world.us_government.measure(100.0, origin, 3, draw) for draw in range(2000)]
        )
        for origin in (US, CN)
    }
    assert measured[US].mean() == pytest.approx(100.0, abs=0.2)
    assert measured[US].std() == pytest.approx(2.0, rel=0.1)
    np.testing.assert_allclose(measured[CN] - measured[US], 4.0)


def test_governments_look_at_their_own_pace(world_at):
    world = world_at(1, {"review_months": 6.0})
    seen = []
    for _ in range(24):
        world.step()
        seen.append(dict(world.us_government.indicators))
    changes = [month for month, (a, b) in enumerate(pairwise(seen), start=2) if a != b]
    assert changes
    assert all(month % 6 == 0 for month in changes)
