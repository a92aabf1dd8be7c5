"""Licences by training compute (L5): who is bound, who trains below, what modifiers owe."""

import numpy as np
import pytest

from sim.model.duties import is_monetised
from sim.vocabulary import API, CN, DEVELOPER, GATED, HOLD, OPEN, OPEN_SOURCE, OPEN_WEIGHTS, US
from tests.policies.conftest import DRAW, DRAWS, kept, named, opened, under


def near(lab, policy, above=0.05, **fields):
    """A licence whose threshold lies just below the lab's run."""
    return policy(
        "L5", threshold_flop=10.0 ** (lab.training_run(False) - above), **{"refusal": 0.0, **fields}
    )


def test_labs_near_a_threshold_train_below_it_the_sooner_the_more_it_costs(world, policy):
    lab = named(world, "meta")
    held = []
    for cost in (0.0, 1e6, 1e7, 1e8):
        under(world, near(lab, policy, duties_cost=cost))
        held.append(lab._stays_below(150.0, DRAW))
    assert held[0] == 0.0
    assert held == sorted(held)
    assert held[-1] == pytest.approx(0.05, abs=1e-4)
    under(world, near(lab, policy, above=2.0, duties_cost=1e7))
    assert lab._stays_below(150.0, DRAW) == 0.0  # too far to go


def test_who_trains_below_has_less_capability_and_owes_nothing(world_at, policy):
    one, other = world_at(32), world_at(32)
    lab, twin = named(one, "meta"), named(other, "meta")
    under(one, near(lab, policy, duties_cost=1e8))
    for each in (lab, twin):
        each.next_flagship = 32
        each.plan(32)
    loss = twin.drafts[0].underlying - lab.drafts[0].underlying
    assert loss == pytest.approx(one.p.capability_slope * 0.05, abs=1e-3)
    assert lab.expense == 0.0


def test_liability_and_delay_close_those_who_are_bound(world_at, policy):
    free, bound, held_up = world_at(30), world_at(30), world_at(30)
    under(bound, policy("L5", threshold_flop=1e23, liability=1.5, licence_months=0))
    under(held_up, policy("L5", threshold_flop=1e23, liability=0.0, licence_months=12))
    us = [lab.info.slug for lab in free.labs if lab.origin == US and not lab.fringe]
    assert {opened(named(bound, slug)) < opened(named(free, slug)) for slug in us} == {True}
    assert any(opened(named(held_up, slug)) < opened(named(free, slug)) for slug in us)
    assert opened(named(bound, "alibaba")) == opened(named(free, "alibaba"))


def test_a_duty_binds_releases_above_its_threshold_only(world, policy):
    lab = named(world, "meta")
    run = lab.training_run(False)
    for threshold, owed in ((run - 0.01, True), (run + 0.01, False)):
        law = under(world, policy("L5", threshold_flop=10.0**threshold)).law
        assert bool(lab.owes(DRAW, False, law)[OPEN_WEIGHTS]) == owed
        assert bool(lab.owes(DRAW, False, law)[API]) == owed
    assert lab.training_run(True) < run


def test_generated_releases_are_trained_as_near_to_the_largest_run_as_recorded_ones(world_at):
    """Else thresholds of compute would bind labs that have never come near them."""
    from sim import data

    world = world_at(31)
    for lab in world.labs:
        assert lab.shortfall is not None
        assert lab.training_run(False) == pytest.approx(lab.run_size() - lab.shortfall)
    assert named(world, "deepseek").shortfall > 0.5
    recorded = [
        row.log_flop
        for row in data.releases()
        if row.lab == "deepseek"
        and row.usable
        and row.size == "flagship"
        and row.log_flop
        and row.month >= 0
    ]
    assert abs(named(world, "deepseek").training_run(False) - max(recorded)) < 0.5
    known = sorted(lab.shortfall for lab in world.labs)
    unknown = named(world, "moonshot")
    assert known[0] < unknown.shortfall < known[-1]


def test_open_releases_may_be_exempt(world, policy):
    lab = named(world, "meta")
    law = under(world, policy("L5", threshold_flop=1e23, open_exemption=True)).law
    assert lab.owes(DRAW, False, law)[OPEN_WEIGHTS] == lab.owes(DRAW, False, law)[OPEN_SOURCE] == []
    assert lab.owes(DRAW, False, law)[API]


def test_a_licence_spares_open_releases_whether_they_earn_money_or_not(world, policy):
    lab = named(world, "meta")
    law = under(world, policy("L5", threshold_flop=1e23, open_exemption=True)).law
    earning = [draw for draw in DRAWS if is_monetised(lab, draw)]
    assert earning
    assert not any(lab.owes(draw, False, law)[mode] for draw in earning for mode in OPEN)


def test_what_is_held_back_owes_nothing(world, policy):
    owed = named(world, "meta").owes(
        DRAW, False, under(world, policy("L5", threshold_flop=1e20)).law
    )
    assert owed[API]
    assert not owed[HOLD]


def test_a_refused_licence_leaves_no_open_release(world, policy):
    under(world, policy("L5", threshold_flop=1e20, refusal=1.0, liability=0.0))
    for lab in world.labs:
        if lab.origin == US and not lab.fringe:
            for draw in DRAWS:
                lab._draft(32, draw, False, 150.0, 150.0)
            assert {draft.mode for draft in lab.drafts} <= {API, GATED}


def test_the_more_modifications_count_the_more_are_given_up(world, policy):
    left = [
        kept(under(world, policy("L5", threshold_flop=1e23, modifier_fraction=f))).min()
        for f in (1.0, 0.33, 0.01)
    ]
    assert left[0] == 1.0
    assert left[0] > left[1] > left[2] == pytest.approx(1.0 - 0.3 / 3.0)


def test_modifiers_owe_by_the_training_run_of_their_base_and_by_where_they_are(world, policy):
    """Bases of any origin from the threshold on, in the countries that are bound.

    What is unknown is below.
    """
    rows = world.adopters.market.release[DEVELOPER]
    run, origin = (
        world.catalogue.columns[world.catalogue.columns._fields.index(x)][rows]
        for x in ("run", "origin")
    )
    assert (run == 0.0).any()
    under(world, policy("L5", threshold_flop=1e24, modifier_fraction=0.1, allied_coverage=0.5))
    bound = world.jurisdictions.bound_countries(0.5)
    left = world.adopters._kept()[:, world.adopters.market.slot]
    np.testing.assert_array_equal(left[list(bound)] < 1.0, [run >= 24.0] * len(bound))
    assert (np.delete(left, bound, axis=0) == 1.0).all()
    assert {US, CN} <= set(origin[kept(world) < 1.0].tolist())
    under(world, policy("L5", threshold_flop=1e24, open_exemption=True))
    assert (kept(world)[np.isin(world.adopters.market.mode, OPEN)] == 1.0).all()


def test_modifiers_give_up_and_do_not_choose_otherwise(world_at, policy):
    fields = {
        "start": "2025-09",
        "threshold_flop": 1e24,
        "liability": 0.0,
        "refusal": 0.0,
        "modifier_fraction": 1e-6,
    }
    free, bound = (world_at(33, duty=policy("L5", modifier_loss=x, **fields)) for x in (0.0, 0.5))
    np.testing.assert_array_equal(free.adopters.choice, bound.adopters.choice)
    value, less = (np.array(world.derivatives.value) for world in (free, bound))
    assert (less[:, 0] <= value[:, 0]).all()
    assert less[:, 0].sum() < value[:, 0].sum()
    np.testing.assert_array_equal(less[:, 1:], value[:, 1:])  # blocs without the US
    assert (bound.derivatives.flow <= free.derivatives.flow).all()
    assert bound.reach_lost(US) == free.reach_lost(US) == 0.0


def test_the_catalogue_knows_the_training_runs(world_at):
    from sim import data

    world = world_at(34)
    recorded = {row.name: row.log_flop or 0.0 for row in data.releases()}
    found = dict(zip(world.catalogue.names, world.catalogue.column("run").tolist(), strict=True))
    assert all(found[name] == run for name, run in recorded.items() if name in found)
    made = [name for name in found if name not in recorded]
    assert made
    assert all(20.0 < found[name] < world.chips.run_frontier + 1.0 for name in made)


def test_a_burden_in_any_mode_counts_where_open_releases_are_exempt(world_at, policy):
    """It stands on both sides of the choice and cancels, unless one side is exempt."""
    fields = {"threshold_flop": 1e23, "liability": 0.0, "licence_months": 0}
    for exemption, compare in ((False, set.__eq__), (True, set.__lt__)):
        light, heavy = (
            under(world_at(30), policy("L5", burden=x, open_exemption=exemption, **fields))
            for x in (0.0, 2.0)
        )
        assert compare(opened(named(light, "meta")), opened(named(heavy, "meta")))


def test_strength_is_the_probability_that_a_release_is_bound(world, policy):
    lab = named(world, "meta")
    bound = []
    for strength in (0.2, 0.6, 1.0):
        law = under(world, policy("L5", threshold_flop=1e23, strength=strength)).law
        bound.append({draw for draw in DRAWS if lab.owes(draw, False, law)[API]})
    assert bound[0] < bound[1] < bound[2] == set(DRAWS)
    assert len(bound[0]) / len(DRAWS) == pytest.approx(0.2, abs=0.09)


def test_of_two_duties_of_modifiers_the_one_that_costs_more_counts(world_at, policy):
    def left(**losses):
        rules = {
            name: policy("L5", threshold_flop=1e23, modifier_loss=loss, start="2023-01")
            for name, loss in losses.items()
        }
        return kept(world_at(30, **rules))

    np.testing.assert_array_equal(left(a=0.5, b=0.2), left(a=0.5))
    assert left(a=0.5).min() < left(b=0.2).min() < 1.0
