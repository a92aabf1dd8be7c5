"""Promotion of the US stack (L10): prices, use, spending and lock-in."""

import numpy as np
import pytest

from sim.model.law import law_of_month
from sim.policies import LEVERS
from sim.vocabulary import CN, CONSUMER, ENTERPRISE, US


def partner(world, code="IND"):
    return next(i for i, c in enumerate(world.countries) if c.code == code)


def test_a_subsidy_makes_us_releases_cheaper_where_it_is_paid(world_at, policy):
    world = world_at(37, push=policy("L10", subsidy=0.3))
    factor = world.law.price_factor
    here = partner(world)
    assert factor[here, US] == pytest.approx(0.7)
    assert factor[here, CN] == 1.0
    assert factor[partner(world, "DEU"), US] == 1.0


def test_financing_raises_use_in_partner_countries_and_nowhere_else(world_at, policy):
    plain = world_at(48)
    push = world_at(48, push=policy("L10", financing=20e9, subsidy=0.0, bundle_lockin=0.0))
    codes = LEVERS["L10"]().partner_countries
    joined = np.array([c.code in codes for c in plain.countries])
    assert (push.use[joined, CONSUMER] > plain.use[joined, CONSUMER]).all()
    np.testing.assert_array_equal(push.use[~joined], plain.use[~joined])


def test_the_same_money_over_more_people_does_less(world_at, policy):
    jurisdictions = world_at(0).jurisdictions
    people = dict(zip(jurisdictions.countries, jurisdictions.people_m, strict=True))

    def rise(codes):
        law = law_of_month(jurisdictions, [("x", policy("L10", partner_countries=codes))], 36)
        assert set(np.flatnonzero(law.uptake).tolist()) == set(jurisdictions.country_indices(codes))
        return law.uptake.max()

    few, many = rise(("KEN",)), rise(("KEN", "IND"))
    assert few > many > 0.0
    most = LEVERS["L10"]().uptake_most
    linear = [-most * np.log1p(-x / most) for x in (few, many)]
    assert linear[0] / linear[1] == pytest.approx((people["KEN"] + people["IND"]) / people["KEN"])
    assert rise(("EST",)) <= most  # much money for few people has its limit


def test_promotion_without_partners_costs_nothing(world_at, policy):
    world = world_at(38, push=policy("L10", partner_countries=()))
    assert [write for write in world.law.writes if write.by == "push"] == []
    assert (
        world.observed["cost_policy_government"]
        == world_at(38).observed["cost_policy_government"]
        == 0.0
    )


def test_a_subsidy_costs_what_its_users_spend(world_at, policy):
    """The government pays its share of the price on US services that partners use.

    More partners, more to pay.
    """
    paid = []
    for codes in (("KEN",), ("KEN", "IND"), ("KEN", "IND", "BRA")):
        world = world_at(
            37, push=policy("L10", partner_countries=codes, financing=0.0, subsidy=0.3)
        )
        spent = world.adopters.spending()[
            list(world.jurisdictions.country_indices(codes)), US
        ].sum()
        paid.append(world.observed["cost_policy_government"])
        assert paid[-1] == pytest.approx(0.3 * spent / 12.0, rel=1e-6)  # one month of it
    assert 0.0 < paid[0] < paid[1] < paid[2]


def test_spending_adds_up_to_the_worlds(world_at):
    """Users of all countries spend what the model's scale of revenue says.

    Of hosted open weights labs see a part.
    """
    world = world_at(30, {"open_revenue": 1.0})
    assert world.adopters.spending().sum() == pytest.approx(world.p.spend_2025_usd, rel=1e-6)


def test_a_bundle_keeps_its_users(world_at, decree):
    """The dearer it is to leave, the fewer leave; who was never in it is free."""
    kept = []
    for lock in (0.0, 2.0, 6.0):
        world = world_at(40, lock=decree("lock_in", lock, "2026-05", origins=(US,)))
        before = world.adopters.choice.copy()
        world.step()
        after = world.adopters.choice
        origin = world.adopters.origin
        channel = np.repeat(np.arange(world.adopters.size.size) % 5, np.diff(world.adopters.start))
        mine = (origin[before // 4] == US) & (channel == ENTERPRISE)
        stayed = (before // 4 == after // 4)[mine].mean()
        kept.append(stayed)
        others = (origin[before // 4] == CN) & (channel == ENTERPRISE)
        stayed_others = (before // 4 == after // 4)[others].mean()
        if lock == 0.0:
            free = stayed_others
        assert stayed_others == free
    assert kept[0] < kept[1] < kept[2]
    assert kept[2] > 0.97  # newcomers choose afresh


def test_lock_in_does_not_bind_newcomers(world_at, decree):
    """An adopter that chooses afresh has nothing to leave."""
    everybody = {"newcomers": 1.0}
    free = world_at(40, everybody)
    bound = world_at(40, everybody, lock=decree("lock_in", 20.0, "2026-03", origins=(US,)))
    np.testing.assert_array_equal(free.adopters.choice, bound.adopters.choice)
