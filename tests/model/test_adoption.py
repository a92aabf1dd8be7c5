"""Use and choice: which way each cause works inside its mechanism."""

from math import exp, log

import numpy as np
import pytest

from sim.model.kernels.choice import NONE
from sim.model.kernels.market import LOGISTIC, worth
from sim.model.kernels.shares import spread_use
from sim.model.phases import adopt
from sim.model.uptake import log_gdp_per_head
from sim.vocabulary import CHANNELS, CN, GATED, MODES, OPEN, OPEN_WEIGHTS, US

CONSUMER, MARKET, ENTERPRISE, DEVELOPER, GOVERNMENT = range(5)
# Everybody chooses afresh every month: one month shows what the alternatives are worth.
AFRESH = {f"review_{name}": 1.0 for name in CHANNELS} | {
    f"inertia_{name}": 0.0 for name in CHANNELS
}


def share(world, countries, channel, wanted):
    """Share of the adopters of some countries and a channel whose slot is wanted(family, mode)."""
    adopters, kept = world.adopters, []
    for c in countries:
        cell = c * len(CHANNELS) + channel
        slots = adopters.choice[adopters.start[cell] : adopters.start[cell + 1]].tolist()
        kept += [bool(wanted(slot // len(MODES), slot % len(MODES))) for slot in slots]
    return float(np.mean(kept))


def from_origin(world, origin, modes=tuple(range(4))):
    return lambda family, mode: world.labs[family].origin == origin and mode in modes


def places(world, *blocs):
    return [i for i, c in enumerate(world.countries) if c.bloc in blocs]


# use


def test_richer_countries_have_higher_ceilings(world_at):
    low, high = (world_at(0, {"income_elasticity": e}) for e in (0.3, 0.5))
    gained = (high.tables.use_ceiling - low.tables.use_ceiling)[:, CONSUMER]
    np.testing.assert_allclose(gained, 0.2 * np.array(log_gdp_per_head()))
    # Countries without a figure of their own and without a draw lie on the line itself.
    world = world_at(0, {"ceiling_sd": 0.0})
    own = [i for i, c in enumerate(world.countries) if c.regional_value or c.ai_use_2025 is None]
    order = np.argsort(np.array(log_gdp_per_head())[own])
    assert (np.diff(world.tables.use_ceiling[own, CONSUMER][order]) > 0.0).all()


def test_use_moves_towards_its_ceiling_faster_with_more_users():
    ceiling = np.array([[0.0, 1.0, -1.0]])
    top = 1.0 / (1.0 + np.exp(-ceiling))
    for q in (0.0, 1.0, 2.0):
        use = np.full((1, 3), 0.05)
        spread_use(use, ceiling, 0.0, 0.2, q)
        np.testing.assert_allclose(
            use, 0.05 + (0.2 + q * 0.05 / top) * (top - 0.05) / 12.0, rtol=1e-12
        )
    still = top.copy()
    spread_use(still, ceiling, 0.0, 0.2, 1.5)
    np.testing.assert_allclose(still, top, rtol=1e-12)
    above = top + 0.1
    spread_use(above, ceiling, 0.0, 0.2, 1.5)
    assert (above < top + 0.1).all()


def test_without_imitation_use_follows_the_closed_form():
    use, p = np.full((1, 1), 0.02), 0.3
    for _ in range(48):
        spread_use(use, np.array([[0.4]]), 0.1, p, 0.0)
    top = 1.0 / (1.0 + exp(-0.5))
    np.testing.assert_allclose(use, top - (top - 0.02) * (1.0 - p / 12.0) ** 48, rtol=1e-12)


def test_ceilings_grow_with_time(world_at):
    slow, fast = (world_at(45, {"ceiling_growth": g}) for g in (0.08, 0.25))
    assert (fast.use[:, CONSUMER] > slow.use[:, CONSUMER]).all()


# choice: what makes an alternative worth more to those who read it


def test_a_higher_price_weight_moves_use_to_cheaper_releases(world_at):
    paid = []
    for weight in (0.0, 0.2, 1.0, 3.0):
        world = world_at(20, {**AFRESH, "price_weight": weight})
        paid.append(float((world.market.log_price[MARKET] * world.tally.slot[MARKET]).sum()))
    assert paid == sorted(paid, reverse=True)
    assert paid[0] - paid[-1] > 0.1


def test_the_poor_feel_a_price_more(world_at):
    flat, steep = (world_at(0, {"price_income": x}) for x in (0.0, 0.6))
    order = np.argsort(np.array(log_gdp_per_head()))
    assert set(flat.adopters.traits.income.tolist()) == {1.0}
    assert (np.diff(steep.adopters.traits.income[order]) <= 0.0).all()


@pytest.mark.parametrize(
    ("parameter", "low", "high", "column", "channel", "sign"),
    [
        ("capability_weight", 0.0, 0.31, "capability", ENTERPRISE, 1),
        ("openness_weight", 0.0, 3.0, "openness", DEVELOPER, 1),
        ("novelty_weight", 0.0, 4.0, "month", CONSUMER, 1),
        ("capability_need", 100.0, 125.0, "capability", CONSUMER, 1),
    ],
)
def test_a_higher_weight_moves_use_to_releases_that_have_more_of_it(
    world_at, use_weighted, parameter, low, high, column, channel, sign
):
    means = []
    for value in (low, high):
        world = world_at(20, {**AFRESH, parameter: value})
        means.append(use_weighted(world, getattr(world.catalogue.columns, column), channel))
    assert sign * (means[1] - means[0]) > 0.0


def test_people_prefer_labs_of_their_own_country_by_the_home_weight(world_at):
    for bloc, origin, channel in (("US", US, DEVELOPER), ("CN", CN, DEVELOPER)):
        shares = []
        for weight in (-4.0, 0.0, 4.0):
            world = world_at(28, {**AFRESH, "home_weight": weight})
            shares.append(share(world, places(world, bloc), channel, from_origin(world, origin)))
        assert shares == sorted(shares)
        assert shares[-1] > shares[0]


def test_less_access_to_services_means_less_use_of_them(world_at, decree):
    free = world_at(30, AFRESH)
    aligned = tuple(places(free, "us_aligned"))
    cut = world_at(30, AFRESH, cut=decree("access", 0.05, countries=aligned, origins=(US,)))
    before, after = (share(w, aligned, CONSUMER, from_origin(w, US, (0,))) for w in (free, cut))
    assert after < before
    # Downloads are no service.
    gained = [share(w, aligned, DEVELOPER, from_origin(w, US)) for w in (free, cut)]
    assert gained[1] == pytest.approx(gained[0], abs=0.02)


def test_friction_price_and_denial_move_use_away_from_what_they_burden(world_at, decree):
    free = world_at(30, AFRESH)
    third = tuple(places(free, "third_country"))
    for field, value, where, channel, modes in (
        ("friction", 2.0, {"origins": (US,), "modes": OPEN}, DEVELOPER, OPEN),
        ("denial", 3.0, {"origins": (CN,), "modes": OPEN}, DEVELOPER, OPEN),
        ("price_factor", 1e6, {"origins": (US,)}, MARKET, tuple(range(4))),
    ):
        world = world_at(30, AFRESH, burden=decree(field, value, countries=third, **where))
        origin = where["origins"][0]
        before, after = (
            share(w, third, channel, from_origin(w, origin, modes)) for w in (free, world)
        )
        assert after < before, field


def test_checks_of_gated_access_cost_use(world_at, release_by_hand):
    used = []
    for friction in (0.0, 1.0, 4.0):
        world = world_at(30, {**AFRESH, "gate_friction": friction})
        row = release_by_hand(world, mode=GATED, capability=170.0)
        world.step()
        used.append(float(world.use_of_releases[row]))
    assert used[0] > used[1] > used[2]


def test_a_mirror_relieves_denial(world_at, decree):
    found = []
    for left in (0.0, 0.3, 1.0):
        parameters = {**AFRESH, "mirror_denial": left}
        world = world_at(30, parameters, bar=decree("denial", 3.0, origins=(US,), modes=OPEN))
        everywhere = range(len(world.countries))
        found.append(share(world, everywhere, DEVELOPER, from_origin(world, US, OPEN)))
    assert found[0] > found[1] > found[2]


def test_distrust_in_supply_hits_what_can_be_cut_off(world_at):
    calm, wary = world_at(30, AFRESH), world_at(30, AFRESH)
    wary.trust.supply[:, US] = 0.3
    for world in (calm, wary):
        world.step()
    everywhere = range(len(calm.countries))
    services = [
        share(w, everywhere, ENTERPRISE, from_origin(w, US, (0, GATED))) for w in (calm, wary)
    ]
    weights = [share(w, everywhere, ENTERPRISE, from_origin(w, US, OPEN)) for w in (calm, wary)]
    assert services[1] < services[0]
    assert weights[1] >= weights[0]


def test_distrust_in_security_hits_an_origin_where_it_is_a_concern(world_at):
    for channel, feels in ((GOVERNMENT, True), (DEVELOPER, False)):
        parameters = {**AFRESH, "security_factor_developer": 0.0}
        calm, wary = world_at(30, parameters), world_at(30, parameters)
        wary.trust.security[:, CN] = 0.2
        for world in (calm, wary):
            adopt(world)
        aligned = places(calm, "us_aligned")
        before, after = (share(w, aligned, channel, from_origin(w, CN)) for w in (calm, wary))
        assert (after < before) == feels
        assert feels or after == before


def test_an_installed_base_attracts(world_at):
    plain, pulled = world_at(30, AFRESH), world_at(30, AFRESH)
    family = plain.slugs["mistral"]
    pulled.derivatives.stock[family] += 100.0 * pulled.derivatives.stock.sum()
    for world in (plain, pulled):
        adopt(world)
    everywhere = range(len(plain.countries))
    before, after = (
        share(w, everywhere, ENTERPRISE, lambda f, m: f == family) for w in (plain, pulled)
    )
    assert after > before


def test_inertia_keeps_people_where_they_are(world_at):
    moved = []
    for inertia in (0.0, 2.0, 6.0):
        world = world_at(24, {**AFRESH, "inertia_consumer": inertia, "newcomers": 0.0})
        before = world.adopters.choice // len(MODES)
        world.step()
        channel = np.repeat(
            np.arange(world.adopters.start.size - 1), np.diff(world.adopters.start)
        ) % len(CHANNELS)
        moved.append(
            float((world.adopters.choice // len(MODES) != before)[channel == CONSUMER].mean())
        )
    assert moved[0] > moved[1] > moved[2]


def test_nobody_moves_without_reviews(world_at):
    world = world_at(12, {**{f"review_{name}": 0.0 for name in CHANNELS}, "newcomers": 0.0})
    before = world.adopters.choice.copy()
    world.step()
    there = np.isin(before, world.market.slot)
    np.testing.assert_array_equal(world.adopters.choice[there], before[there])
    assert there.mean() > 0.9


def test_who_used_a_retired_alternative_chooses_anew(world_at):
    world = world_at(40)
    world.adopters.choice[:50] = NONE
    world.step()
    assert (world.adopters.choice != NONE).all()


def test_use_makes_familiar_and_records_make_known(world_at):
    world = world_at(20)
    before = world.adopters.familiarity.copy()
    world.adopters.learn()
    gained = (world.adopters.familiarity - before) / (1.0 - before)
    p, used = world.p, world.tally.world[: len(CHANNELS)]
    np.testing.assert_allclose(
        gained, (p.familiarity_base + p.familiarity_use * used) / 12.0, rtol=1e-5
    )
    family = world.slugs["deepseek"]
    known = world.adopters.familiarity.copy()
    world.adopters.notice(family)
    assert (world.adopters.familiarity[:, family] > known[:, family]).all()
    others = np.arange(known.shape[1]) != family
    np.testing.assert_array_equal(world.adopters.familiarity[:, others], known[:, others])
    assert (world.adopters.familiarity <= 1.0).all()


def test_a_family_gains_users_by_a_second_mode_only_among_developers(world_at):
    """Two modes with the same terms: one alternative for users of services, two for developers."""
    world = world_at(30, AFRESH)
    market = world.adopters.market
    salts = {}
    for k, slot in enumerate(market.slot.tolist()):
        salts.setdefault(slot // len(MODES), []).append(market.salt[:, k])
    several = [rows for rows in salts.values() if len(rows) > 1]
    assert several
    for rows in several:
        for h, channel in enumerate(CHANNELS):
            drawn = {int(row[h]) for row in rows}
            assert len(drawn) == (len(rows) if channel == "developer" else 1)


def test_capability_is_worth_ever_less_below_what_tasks_need():
    """The logistic where it serves, a line below: continuous, and so is its slope."""
    x = np.linspace(-4.0, 3.0, 1401)
    found = np.array([worth(v, LOGISTIC) for v in x])
    upper = x >= -1.0
    np.testing.assert_allclose(found[upper], 1.0 / (1.0 + np.exp(-x[upper])))
    steps = np.diff(found)
    np.testing.assert_allclose(steps[x[1:] <= -1.0], steps[0])
    assert np.abs(np.diff(steps)).max() < 1e-5
    assert worth(-30.0, LOGISTIC) < -5.0


def test_no_price_falls_below_the_floor(world_at):
    low, high = (world_at(30, {"price_floor": x}) for x in (0.001, 0.05))
    for world in (low, high):
        world.adopters.open_market(world.month)
    assert low.adopters.market.log_price.min() < log(0.05)
    assert high.adopters.market.log_price.min() == pytest.approx(log(0.05))
    cheap = low.adopters.market.log_price < log(0.05)
    assert cheap.any()


def test_openness_of_releases_in_use_is_what_the_outcome_says(world_at):
    world = world_at(30)
    c, use = world.catalogue, world.use_of_releases
    assert world.observed["openness_class"] == pytest.approx(float(use @ c.column("openness")))
    opened = use[c.column("mode") >= OPEN_WEIGHTS].sum()
    assert 0.0 < opened < 1.0
