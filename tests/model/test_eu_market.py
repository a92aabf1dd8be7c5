"""The EU as a market: whose services leave it, what that does there, and when they come back."""

from __future__ import annotations

from itertools import pairwise, permutations, product

import numpy as np
import pytest

from sim.model.eu_market import FINE_SHARE, LEAST_FINE, Paid
from sim.model.kernels.market import N_CHANNELS
from sim.model.phases import _pay
from sim.months import month_index
from sim.vocabulary import API, CONSUMER, DEVELOPER, ENTERPRISE, HOMES, MARKET, MODES
from tests.guarantees import state

START, REVIEW = "2025-08", "2026-02"
AFTER = month_index(REVIEW) + 1
"""Months that a world has made when labs have looked at their presence once."""


@pytest.fixture
def duties(policy):
    """The EU's duties under which labs may leave, with other fields."""

    def make(**fields):
        usual = {"start": START, "review_months": 6, "withdrawal": 1.0, "burden": 0.0}
        return policy("EU_GPAI", **{**usual, "compliance_cost": 100e6, **fields})

    return make


@pytest.fixture
def market_at(world_at, duties):
    """A world under these duties after some months."""

    def make(months=AFTER, parameters=None, **fields):
        return world_at(months, parameters, **{"eu-gpai": duties(**fields)})

    return make


def slugs(world):
    return {world.labs[lab].info.slug for lab in world.eu_market.left}


def in_eu(world):
    """Whether an adopter is of the EU: bool array."""
    cell = np.repeat(np.arange(world.adopters.size.size), np.diff(world.adopters.start))
    return world.adopters.in_eu[cell // N_CHANNELS]


def services(world):
    return [lab * len(MODES) + API for lab in world.eu_market.left]


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ("compliance_cost", (0.0, 30e6, 300e6, 1e10)),
        ("systemic_cost", (0.0, 100e6, 1e9)),
        ("fine_chance", (0.0, 0.5, 1.0)),
    ],
)
def test_the_higher_the_duties_the_more_leave(market_at, more, fields):
    kept = {"compliance_cost": 0.0, "duties_cost": 0.0, "systemic_cost": 0.0, "systemic_flop": 1e23}
    unmoved = {"threshold_avoidance": 0.0}  # otherwise labs keep runs below the threshold
    gone = [slugs(market_at(AFTER, unmoved, **{**kept, more: value})) for value in fields]
    assert all(one <= other for one, other in pairwise(gone))
    assert len(gone[0]) < len(gone[-1])


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ({"spend_2025_usd": 10e9}, {"spend_2025_usd": 60e9}),
        ({"consumer_value": 0.0}, {"consumer_value": 100.0}),
    ],
)
def test_the_larger_the_market_the_fewer_leave(market_at, smaller, larger):
    def gone(values):
        fields = {name: x for name, x in values.items() if name == "consumer_value"}
        return slugs(market_at(AFTER, {} if fields else values, compliance_cost=200e6, **fields))

    assert gone(larger) < gone(smaller)


def test_users_in_the_eu_take_the_best_of_the_rest_and_nobody_else_chooses_anew(market_at):
    """In the month of the withdrawal, before installed bases tell."""
    stayed, gone = market_at(withdrawal=0.0), market_at()
    assert gone.eu_market.left
    assert not stayed.eu_market.left
    inside, before, after = in_eu(gone), stayed.adopters.choice, gone.adopters.choice
    assert (before[~inside] == after[~inside]).all()
    used = np.isin(before, services(gone))
    assert (used & inside).sum() > 0
    assert not np.isin(after[inside], services(gone)).any()
    kept = inside & ~used
    assert (before[kept] == after[kept]).all(), "those who did not use them have the same best"
    cells = np.repeat(np.arange(gone.adopters.start.size - 1), np.diff(gone.adopters.start))
    counted = np.zeros_like(gone.adopters.counts)
    np.add.at(counted, (cells, after), 1)
    np.testing.assert_array_equal(counted, gone.adopters.counts)
    share = gone.observed["use_withdrawn_eu"]
    assert 0.0 < share < 1.0
    assert gone.observed["services_withdrawn_eu"] == len(gone.eu_market.left)


def test_weights_stay_in_use_where_the_service_has_left(market_at):
    gone = market_at(AFTER + 3, compliance_cost=1e10)
    labs = set(gone.eu_market.left)
    market, within = gone.market, gone.tally.eu.sum(axis=0)
    open_ones = np.isin(market.family, list(labs)) & (market.mode != API)
    assert within[open_ones].sum() > 0.0
    assert within[np.isin(market.slot, services(gone))].sum() == 0.0
    assert gone.tally.eu[DEVELOPER].sum() > 0.0
    assert gone.tally.slot[:, np.isin(market.slot, services(gone))].sum() > 0.0, (
        "elsewhere they are"
    )


def test_who_has_left_owes_and_earns_nothing_there(market_at):
    stayed, gone = market_at(withdrawal=0.0), market_at()
    releases = sum(note.usd for note in gone.eu_market.paid if not note.due)
    spared = 100e6 * len(gone.eu_market.left) + releases
    costs = [w.observed["cost_policy_labs"] for w in (stayed, gone)]
    assert costs[0] - costs[1] == pytest.approx(spared)
    by_home = [
        sum(w.observed[f"cost_eu_{home}"] for home in ("eu", "us", "cn", "other"))
        for w in (stayed, gone)
    ]
    assert by_home[0] - by_home[1] == pytest.approx(spared)
    lab = gone.labs[next(iter(gone.eu_market.left))]
    lab.offset += 26.0 - lab.training_run(False)
    assert not any(duty.eu for duty in lab.owes(2, False, gone.law)[API])
    before = lab.expense
    lab._draft(gone.month, 1000, False, 150.0, 150.0)
    assert lab.expense == before
    note = gone.eu_market.paid[-1]
    assert (note.lab, note.due) == (lab.index, False)
    assert note.usd == pytest.approx(6e6)


def test_what_a_lab_that_left_is_spared_stays_in_its_net_revenue(market_at):
    gone, releases = market_at(), 1e5
    for lab in gone.labs:
        lab.expense = releases
    _pay(gone)  # once more, with releases of this cost in the month
    market, tally, p = gone.market, gone.tally, gone.p
    unit = gone.world_use * gone.ledger.usd_per_unit

    def net(lab):
        used = tally.slot - tally.eu * (lab in gone.eu_market.left)
        paid = sum(
            float(used[h, k])
            * float(tally.tokens[h])
            * np.exp(float(market.log_price[h, k]))
            * (1.0 if market.mode[k] < 2 else p.open_revenue)
            for h in (MARKET, ENTERPRISE)
            for k in np.flatnonzero(market.family == lab)
        )
        owed = float(gone.law.compliance_cost[lab]) - 100e6 * (lab in gone.eu_market.left)
        return max(0.0, paid * unit - owed - 12.0 * releases)

    large = gone.slugs["openai"]
    assert large not in gone.eu_market.left
    known = [lab for lab in gone.eu_market.left if net(lab) > 0.0]
    assert known
    for lab in known:
        shares = (gone.labs[one].share_history[-1] for one in (lab, large))
        assert next(shares) / next(shares) == pytest.approx(net(lab) / net(large), rel=1e-5)


def test_releases_of_twelve_months_count_in_a_review(market_at):
    world = market_at(AFTER - 1)
    market, lab = world.eu_market, world.slugs["ai21"]
    market.paid = [Paid(world.month - age, lab, 1.0, True) for age in (0, 11, 12, 30)]
    market.review(world)
    assert [world.month - entry.month for entry in market.paid] == [0, 11]


def test_revenue_is_price_times_use_in_the_eu_and_in_the_world(market_at):
    """What labs earn, counted over the month's alternatives."""
    world = market_at(AFTER - 1)
    market, tally, p = world.market, world.tally, world.p
    unit = world.world_use * world.ledger.usd_per_unit
    places = ((tally.eu, world.eu_market.earned[-1]), (tally.slot, world.eu_market.turnover))
    for slug, (use, found) in product(("openai", "meta"), places):
        lab = world.slugs[slug]
        mine = np.flatnonzero(market.family == lab)
        paid = sum(
            float(use[h, k])
            * float(tally.tokens[h])
            * np.exp(float(market.log_price[h, k]))
            * (1.0 if market.mode[k] < 2 else p.open_revenue)
            for h in (MARKET, ENTERPRISE)
            for k in mine
        )
        served = sum(float(use[CONSUMER, k]) for k in mine if market.mode[k] == API)
        users = served * world.world_use * 1e6 * sum(c.working_age_m for c in world.countries)
        assert found[lab] == pytest.approx(paid * unit + 10.0 * users, rel=1e-6)


def test_labs_at_home_in_the_eu_stay(market_at):
    gone = slugs(market_at(compliance_cost=1e10))
    assert "mistral" not in gone
    assert {"openai", "google"} <= gone


def test_a_fine_is_a_share_of_turnover_but_at_least_a_sum(market_at):
    world = market_at(AFTER - 1, compliance_cost=0.0, fine_chance=1.0)
    market = world.eu_market
    market.paid = []
    large, small = (world.slugs[slug] for slug in ("openai", "ai21"))
    turnover = market.turnover
    assert market._cost(world, large) == pytest.approx(FINE_SHARE * turnover[large])
    assert FINE_SHARE * turnover[large] > LEAST_FINE > FINE_SHARE * turnover[small]
    assert market._cost(world, small) == pytest.approx(LEAST_FINE)


def test_a_chance_decides_and_the_draws_are_shared(market_at):
    sure, maybe, never = (
        slugs(market_at(withdrawal=x, compliance_cost=1e10)) for x in (1.0, 0.5, 1e-9)
    )
    assert never < maybe < sure


def test_services_come_back_when_the_duties_end(market_at, world_at):
    ended = market_at(AFTER + 1, end="2026-03")
    assert ended.eu_market.left == {}
    assert ended.adopters.reach.log is not ended.adopters.served.log
    np.testing.assert_array_equal(ended.adopters.reach.log, ended.adopters.served.log)
    assert ended.observed["services_withdrawn_eu"] == 0.0
    assert ended.eu_market.earned == [], "what was earned under them counts in no later review"


def test_services_come_back_when_the_duties_let_nobody_leave_any_more(duties, world_at):
    kept = {"heavy": duties(end="2026-03"), "firm": duties(start="2026-03", withdrawal=0.0)}
    world = world_at(AFTER, **{"eu-gpai": kept["heavy"], "firm": kept["firm"]})
    assert world.eu_market.left
    world.step()
    assert world.eu_market.left == {}


def test_services_come_back_when_a_review_finds_that_it_pays(duties, world_at):
    """Not before it: duties become light in March 2026, and labs look again in September."""
    once = {"duties_cost": 0.0, "systemic_cost": 0.0}
    heavy = duties(end="2026-03", **once)
    light = duties(start="2026-03", compliance_cost=0.0, **once)
    world = world_at(month_index("2026-09"), **{"eu-gpai": heavy, "light": light})
    gone = dict(world.eu_market.left)
    assert gone
    world.step()
    assert not world.eu_market.left
    for _ in range(3):
        world.step()
    used = world.tally.eu[:, np.isin(world.market.slot, [4 * lab + API for lab in gone])]
    assert used.sum() > 0.0


def test_a_larger_market_brings_services_back_that_duties_kept_away(duties, world_at):
    """A lab expects the share of the market that it had."""
    world = world_at(AFTER, **{"eu-gpai": duties(compliance_cost=60e6)})
    lab = next(iter(world.eu_market.left))
    before = world.eu_market.left[lab]
    while world.month < month_index("2026-08") - 1:
        world.step()
    world.eu_market.earned = [3.0 * 60e6 / before.revenue * row for row in world.eu_market.earned]
    world.step()
    assert lab not in world.eu_market.left


def test_the_fields_of_a_withdrawal_do_nothing_without_it(market_at):
    one, other = (
        market_at(AFTER + 2, withdrawal=0.0, **fields)
        for fields in ({}, {"review_months": 1, "consumer_value": 0.0, "fine_chance": 1.0})
    )
    assert state.of_series(one.series()) == state.of_series(other.series())


def test_what_a_departure_records_is_what_the_lab_had_since_the_last_review(market_at):
    world = market_at(AFTER - 1)
    market, within, mix = world.market, world.tally.eu, world.mix
    earned = np.mean(world.eu_market.earned, axis=0)
    world.step()
    assert world.eu_market.left
    for lab, gone in world.eu_market.left.items():
        served = (market.family == lab) & (market.mode == API)
        shares = [within[h, served].sum() / within[h].sum() for h in range(N_CHANNELS)]
        assert gone.use == pytest.approx(np.dot(shares, mix))
        assert (gone.revenue, gone.market) == pytest.approx((earned[lab], earned.sum()))


def test_a_review_looks_at_all_months_since_the_last_and_in_any_order_alike(market_at):
    found = []
    for order in ((4.0, 4.0, 4.0), *permutations((0.0, 2.0, 10.0))):
        world = market_at(AFTER - 1)
        row = world.eu_market.earned[-1]
        world.eu_market.earned = [k * row for k in order]
        world.step()
        found.append(slugs(world))
        assert len(world.eu_market.earned) == 1, "the month of the review"
    assert found[0]
    assert all(gone == found[0] for gone in found)


def test_who_left_stays_away_while_it_does_not_pay_and_its_loss_is_that_of_then(market_at):
    once, twice = (market_at(months, compliance_cost=1e10) for months in (AFTER, AFTER + 6))
    assert once.eu_market.left
    assert once.eu_market.left.items() <= twice.eu_market.left.items()


def test_each_review_draws_anew_and_who_left_before_stays_out_of_reach(market_at):
    chance = {"withdrawal": 0.5, "compliance_cost": 1e10}
    once, twice = (market_at(months, **chance) for months in (AFTER, AFTER + 6))
    would = slugs(market_at(compliance_cost=1e10))
    assert slugs(once) < slugs(twice)
    assert would & slugs(twice) - slugs(once), "who stayed by luck may leave at the next review"
    reach = twice.adopters.reach
    assert (reach.log[reach.eu][:, :, services(twice)] == -np.inf).all()
    assert twice.tally.eu[:, np.isin(twice.market.slot, services(twice))].sum() == 0.0


def test_who_owes_nothing_stays_even_where_it_earns_nothing(market_at):
    world = market_at(AFTER - 1, compliance_cost=0.0, duties_cost=0.0, systemic_cost=0.0)
    world.eu_market.earned = [0.0 * row for row in world.eu_market.earned]
    world.step()
    assert world.eu_market.left == {}


def test_a_lab_that_left_reckons_with_what_its_releases_would_have_cost(market_at):
    world = market_at()
    market, lab = world.eu_market, next(iter(world.eu_market.left))
    market.paid = []
    standing = market._cost(world, lab)
    for due in (True, False):
        market.paid = [Paid(world.month, lab, 5e6, due)]
        assert market._cost(world, lab) == pytest.approx(standing + 5e6)


@pytest.mark.parametrize(
    ("slug", "home"), [("mistral", "eu"), ("openai", "us"), ("deepseek", "cn"), ("ai21", "other")]
)
def test_what_a_release_costs_is_counted_at_its_labs_home(market_at, slug, home):
    world = market_at(AFTER - 1)
    market, costs = world.eu_market, []
    for paid in ([], [Paid(world.month, world.slugs[slug], 7e6, True)]):
        market.paid = paid
        costs.append(np.array(market.costs(world.law)))
    np.testing.assert_allclose(costs[1] - costs[0], 7e6 * (np.array(HOMES) == home))


def test_of_two_duties_costs_add_up_and_the_higher_worth_and_chance_count(duties, world_at):
    none = {"duties_cost": 0.0, "systemic_cost": 0.0, "systemic_liability": 0.0}
    one = duties(compliance_cost=100e6, **none)
    parts = (
        duties(compliance_cost=60e6, consumer_value=0.0, **none),
        duties(compliance_cost=40e6, withdrawal=1e-9, **none),
    )
    single = world_at(AFTER, **{"eu-gpai": one})
    assert single.eu_market.left
    for first, second in (parts, parts[::-1]):
        double = world_at(AFTER, **{"eu-gpai": first, "more": second})
        assert double.eu_market.left == single.eu_market.left
        assert double.eu_market.spared(double.law) == single.eu_market.spared(single.law)
