"""Frontier, compute and research: which way each cause works inside its mechanism."""

import numpy as np
import pytest

from sim.model.frontier import Frontier
from sim.model.phases import research
from sim.vocabulary import API, CN, GATED, US
from tests.model.labs import command, named

# the frontier


@pytest.mark.parametrize(
    "order", [(130.0, 120.0, 110.0), (110.0, 120.0, 130.0), (120.0, 110.0, 130.0)]
)
def test_a_lab_leads_over_the_best_open_release_of_another_lab(order):
    frontier = Frontier()
    for capability in order:
        frontier.enter(0, US, capability, capability, opened=True)
        frontier.enter(1, CN, capability - 15.0, capability - 15.0, opened=True)
    assert frontier.best_open() == frontier.best_open(excluding_lab=1) == 130.0
    assert frontier.best_open(excluding_lab=0) == 115.0


# compute


def test_without_elasticity_chinese_runs_do_not_follow_chips(world_at):
    world = world_at(24, {"compute_elasticity": 0.0})
    assert world.chips.gap < 0.0
    lab = named(world, "deepseek")
    assert lab.run_size() == world.chips.run_frontier + lab.offset


def test_runs_grow_with_revenue_and_no_faster_than_the_cap(world_at):
    world = world_at(20)
    lab, cap = named(world, "mistral"), world.p.reinvestment_cap / 12.0
    for change, expected in ((0.001, None), (1.0, cap), (-0.001, None), (-1.0, -cap)):
        lab.offset = 0.0
        lab.share_history[-13:] = [0.5] * 13
        lab.share_history[-1] = (
            0.5 + change if abs(change) < 0.5 else (0.999 if change > 0.0 else 0.0)
        )
        lab.reinvest()
        assert np.sign(lab.offset) == np.sign(change)
        assert expected is None or lab.offset == pytest.approx(expected)
        assert abs(lab.offset) <= cap + 1e-15


# research


def test_stronger_distillation_gives_chinese_labs_more_distilled_gain(world_at, origins):
    weak, strong = (world_at(24, {"distillation": k}) for k in (0.3, 0.9))
    assert (
        sum(x.distilled for x in origins(strong, CN))
        > sum(x.distilled for x in origins(weak, CN))
        > 0.0
    )
    assert all(x.distilled == 0.0 for x in origins(strong, US))


def test_distillation_reaches_others_by_its_own_parameter(world_at, origins):
    assert any(
        x.distilled > 0.0 for x in origins(world_at(24, {"distillation_elsewhere": 0.5}), US)
    )


def test_the_law_can_bar_distillation(world_at, origins, decree):
    world = world_at(24, bar=decree("distillation_barrier", 0.0, "2025-01"))
    held = {lab.index: lab.distilled for lab in origins(world, CN)}
    world.step()
    for lab in origins(world, CN):
        assert lab.gains["distilled"] == 0.0
        assert lab.distilled == pytest.approx(
            held[lab.index] * (1.0 - world.p.distilled_fade / 12.0)
        )


def test_scarcity_spurs_only_those_it_hits_and_only_where_assumed(world_at):
    world = world_at(25)
    assert world.chips.shortage > 0.0
    expected = world.p.scarcity_efficiency * world.chips.shortage / 12.0
    for lab in world.labs:
        assert lab.gains["scarcity"] == pytest.approx(expected if lab.origin == CN else 0.0)
    assert all(
        lab.gains["scarcity"] == 0.0 for lab in world_at(25, {"scarcity_efficiency": 0.0}).labs
    )


def test_labs_close_the_gap_to_public_ideas_and_remember_whose_they_are(world_at):
    world = world_at(20)
    best = max(lab.efficiency for lab in world.labs)
    world.ideas.spread((best + 1.0, CN))
    research(world)
    for lab in world.labs:
        gap = (
            best + 1.0 - (lab.efficiency - sum(lab.gains[k] for k in ("own", "public", "scarcity")))
        )
        assert lab.gains["public"] == pytest.approx(world.p.public_knowledge * gap / 12.0)
        assert lab.sources["public"] == CN


def test_a_more_open_release_teaches_more(world_at, release_by_hand):
    pools = []
    for parts in ((1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)):
        world = world_at(10)
        release_by_hand(world, parts=parts, efficiency=5.0)
        pools.append(world.ideas.pool(CN)[0])
    assert pools == sorted(set(pools))
    assert pools[-1] <= 5.0 - world.p.idea_embargo


def test_closed_releases_teach_nobody(world_at, release_by_hand):
    world = world_at(10)
    before = [world.ideas.pool(origin) for origin in (US, CN)]
    release_by_hand(world, mode=API, efficiency=5.0)
    release_by_hand(world, mode=GATED, efficiency=5.0)
    assert [world.ideas.pool(origin) for origin in (US, CN)] == before


def test_distilled_gains_are_not_published_again(world_at, release_by_hand):
    world = world_at(10)
    lab = named(world, "deepseek")
    lab.distilled, before = 3.0, world.ideas.pool(US)
    release_by_hand(world, lab=lab, capability=lab.capability())
    assert world.ideas.pool(US)[0] <= max(before[0], lab.efficiency)


def test_ideas_of_a_controlled_release_reach_china_with_its_mirror(world_at, release_by_hand):
    world = world_at(10, {"leak_hazard": 0.0})
    command(world, controlled=1.0)
    row = release_by_hand(world, efficiency=5.0)
    assert world.ideas.pool(US)[0] > 3.0 > world.ideas.pool(CN)[0]
    world.releases.mirror(row)
    assert world.ideas.pool(CN) == world.ideas.pool(US)
