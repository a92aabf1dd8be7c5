"""Gates before services (L2): cut-offs, scope, and checks of accounts."""

import numpy as np

from sim.model.kernels.misuse import ROUTES_OF_KIND
from sim.model.randomness import Streams
from sim.vocabulary import API, CN, JAILBREAK, OTHER, US
from tests.policies.conftest import under


def test_a_cut_off_costs_trust_where_services_are_used_and_comes_back_slowly(world_at, policy):
    gates = policy(
        "L2",
        start="2025-03",
        end="2025-04",
        shock_prob=1.0,
        refusal=0.0,
        shock_months=1.0,
        exempt=("DEU",),
        delay_months=0.0,
    )
    before, after, later = (world_at(months, gates=gates) for months in (26, 27, 39))
    codes = [c.code for c in before.countries]
    users = [
        i for i, c in enumerate(before.countries) if c.bloc == "us_aligned" and c.code != "DEU"
    ]
    assert (before.trust.supply == 1.0).all()
    assert (after.trust.supply[users, US] < 1.0).all()
    assert (after.trust.supply[users, US] < later.trust.supply[users, US]).all()
    assert (later.trust.supply[users, US] < 1.0).all()
    for code in ("USA", "DEU"):
        assert after.trust.supply[codes.index(code), US] == 1.0
    assert (after.trust.supply[:, CN] == 1.0).all()
    assert (after.adopters.who.fear >= before.adopters.who.fear).all()
    assert (later.adopters.who.fear[users, US] > 0.0).all()


def test_cut_offs_are_drawn_by_month_and_last_as_long_as_they_should(policy):
    rare, frequent = (
        policy("L2", start="2023-01", shock_prob=x, shock_months=2.5) for x in (0.3, 0.8)
    )
    streams = Streams(1, 0)
    few, many = ([one.cut_off(m, streams) for m in range(96)] for one in (rare, frequent))
    assert all(a <= b for a, b in zip(few, many, strict=True))
    assert sum(few) < sum(many)
    assert set(few) <= {0.0, 0.5, 1.0}
    begun = [
        policy("L2", start="2023-01", shock_prob=0.3, shock_months=1.0).cut_off(m, streams)
        for m in range(96)
    ]
    padded = [0.0, 0.0, *begun]
    expected = [max(padded[m + 2], padded[m + 1], 0.5 * padded[m]) for m in range(96)]
    assert few == expected
    assert 0.5 in few
    assert rare.cut_off(few.index(1.0), None) == 0.0
    assert policy("L2", start="2023-01", shock_prob=0.0).cut_off(few.index(1.0), streams) == 0.0


def test_gates_bar_those_in_scope(world, policy):
    some = under(
        world,
        policy("L2", scope="countries", countries=("KEN", "BRA"), refusal=0.3, delay_months=3.0),
    )
    codes = [c.code for c in world.countries]
    touched = sorted(codes[i] for i in np.flatnonzero((some.law.access != 1.0).any(axis=(1, 2))))
    assert touched == ["BRA", "KEN"]
    assert some.law.friction[codes.index("KEN"), US, 0, API] > 0.0
    assert some.law.friction[:, :, :, 1:].max() == 0.0
    everybody = under(world, policy("L2", scope="all"))
    assert (everybody.law.access[:, US] < 1.0).all()
    assert (everybody.law.access[:, [CN, OTHER]] == 1.0).all()


def test_checks_of_accounts_stop_jailbreaks_and_nothing_else(world_at, policy):
    plain = world_at(32)
    checked = world_at(32, gates=policy("L2", start="2025-08", scope="all", account_check=0.5))
    us = ROUTES_OF_KIND[JAILBREAK] + US
    ratio = (
        checked.scene.chance[:, :, us][plain.scene.chance[:, :, us] > 0.0]
        / plain.scene.chance[:, :, us][plain.scene.chance[:, :, us] > 0.0]
    )
    np.testing.assert_allclose(ratio, 0.5)
    others = [r for r in range(11) if r != us]
    np.testing.assert_array_equal(
        checked.scene.chance[:, :, others], plain.scene.chance[:, :, others]
    )
