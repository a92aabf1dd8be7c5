"""Build: which way each cause moves applications and derivatives."""

from math import exp, log

import numpy as np
import pytest

from sim.model.phases import build
from sim.model.records import Derivatives
from sim.vocabulary import AREAS, BLOCS, DEVELOPER, EU, ORIGINS


def built(world):
    return float(sum(sum(row) for row in world.adopters.build()[1]))


def test_applications_are_worth_what_their_base_can_do(world_at):
    world = world_at(24)
    c, before = world.catalogue.columns, built(world)
    c.adaptable[:] *= 0.5
    assert built(world) == pytest.approx(before / 2.0)
    c.capability[:] += log(2.0) / world.p.application_slope
    assert built(world) == pytest.approx(before)


def test_friction_on_developers_costs_applications(world_at):
    world = world_at(24)
    before = built(world)
    world.adopters.who.friction[:, DEVELOPER] += 1.0
    assert built(world) == pytest.approx(before * exp(-1.0), rel=1e-6)
    world.adopters.who.denial[:, DEVELOPER] += 1.0
    assert built(world) < before * exp(-1.0)


def test_applications_fall_to_the_bloc_and_base_that_make_them(world_at):
    world = world_at(24)
    flow, value, _ = world.adopters.build()
    assert (flow >= 0.0).all()
    assert value.shape == (len(ORIGINS), len(AREAS))
    blocs = [AREAS.index(bloc) for bloc in BLOCS]
    assert 0.0 < value[:, EU].sum() < value[:, blocs].sum()
    closed = [lab.index for lab in world.labs if world.slugs["anthropic"] == lab.index]
    assert flow[closed].sum() == 0.0


def test_derivatives_appear_later_and_none_is_lost(world_at):
    """Those of a new family come late; all that began waits or has appeared."""
    prompt, slow = (world_at(24, {"derivative_months": months}) for months in (0.0, 6.0))
    for world in (prompt, slow):
        made, _, _ = world.adopters.build()
        waiting = world.derivatives.waiting.copy()
        build(world)
        np.testing.assert_allclose(
            world.derivatives.waiting + world.derivatives.flow, waiting + made
        )
    assert (prompt.derivatives.waiting == 0.0).all()
    assert 0.0 < slow.derivatives.flow.sum() < prompt.derivatives.flow.sum()
    alone = Derivatives.none(1)
    ages = []
    for month in range(400):
        alone.begin(np.array([float(month == 0)]), np.zeros(1), months=6.0, keep=1.0)
        ages.append(alone.flow[0] * month)
    assert alone.stock[0] == pytest.approx(1.0)
    assert sum(ages) == pytest.approx(6.0)


def test_what_is_mended_stays_mended_when_it_appears():
    waiting = Derivatives.none(2)
    waiting.begin(np.ones(2), np.ones(2), months=4.0, keep=1.0)
    waiting.mend(0, 0.0)
    for _ in range(200):
        waiting.begin(np.zeros(2), np.zeros(2), months=4.0, keep=1.0)
    assert waiting.tainted[0] == 0.0
    assert waiting.tainted[1] == pytest.approx(1.0)


def test_hubs_see_of_chinese_developers_what_they_see_of_their_downloads(world_at):
    unseen, seen = (world_at(24, {"china_downloads": x}) for x in (0.0, 1.0))
    for world in (unseen, seen):
        world.adopters.choice[:] = seen.adopters.choice
        world.adopters.counts[:] = seen.adopters.counts
    (few, value, _), (many, same, _) = (world.adopters.build() for world in (unseen, seen))
    assert few.sum() < many.sum()
    np.testing.assert_array_equal(value, same)


def test_derivatives_fade_and_feed_the_network(world_at):
    world = world_at(24)
    before = world.derivatives.stock.copy()
    build(world)
    left = before * (1.0 - world.p.derivative_decay)
    np.testing.assert_allclose(world.derivatives.stock, left + world.derivatives.flow)
    assert world.derivatives.shares().sum() == pytest.approx(1.0)
