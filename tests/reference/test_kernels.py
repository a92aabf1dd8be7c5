"""Single compiled functions against their plain equals on random small inputs."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from sim import data
from sim.model.agents.malicious import ACTORS
from sim.model.catalogue import Catalogue
from sim.model.kernels import attempts, numerics
from sim.model.kernels import misuse as routes
from sim.model.kernels.choice import draw_tastes, run_race, weigh
from sim.model.kernels.market import FAMILY, VECTOR
from sim.model.kernels.shares import spread_use
from sim.vocabulary import ROUTE_KINDS
from tests.reference import draws, misuse
from tests.reference.pair import NEAR_TIE
from tests.reference.panel import read_releases

bits64 = st.integers(0, 2**64 - 1)
unit = st.floats(0.0, 1.0)
SALTS = [draws.salt(f"slot {number}") for number in range(128)]


def single(low, high):
    return st.floats(low, high, width=32)


# numbers


@given(bits64, st.integers(0, 2**32 - 1))
def test_draws_equal_exact_integer_arithmetic(key, slot):
    assert int(numerics.mix64(np.uint64(key))) == draws.mix64(key)
    assert int(numerics.mix32(np.uint32(slot))) == draws.mix32(slot)
    assert float(numerics.draw32(np.uint64(key), np.uint32(slot))) == draws.draw32(key, slot)
    assert float(numerics.unit32(np.uint64(key))) == draws.unit32(key)
    assert float(numerics.unit64(np.uint64(key))) == draws.unit64(key)


def test_draws_stay_inside_zero_and_one():
    for bits in (0, 1, 2**64 - 1, 2**41 - 1, 2**12 - 1):
        assert 0.0 < float(numerics.unit32(np.uint64(bits))) < 1.0
        assert 0.0 < float(numerics.unit64(np.uint64(bits))) < 1.0
    drawn = [draws.draw32(key, salt) for key in range(0, 2**64, 2**58) for salt in SALTS[:64]]
    assert min(drawn) > 0.0
    assert max(drawn) < 1.0


@pytest.mark.parametrize("slots", [1, 64])
def test_draws_are_uniform(slots):
    """Chi-square over 256 classes: by person for one slot, and over the slots of few persons."""
    n = 50_000
    people = [draws.nth(2026, i) for i in range(n // slots)]
    salts = [np.uint32(salt) for salt in SALTS[:slots]]
    drawn = np.array([numerics.draw32(np.uint64(key), salt) for key in people for salt in salts])
    seen = np.bincount((drawn * 256).astype(int), minlength=256)
    statistic = ((seen - drawn.size / 256) ** 2).sum() / (drawn.size / 256)
    assert chi2.ppf(0.001, 255) < statistic < chi2.ppf(0.999, 255)


def test_neighbouring_slots_and_persons_are_unrelated():
    drawn = np.array(
        [[draws.draw32(draws.nth(7, i), salt) for salt in SALTS[:20]] for i in range(4000)]
    )
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.02


@given(single(2.0**-126, 2.0**127))
def test_log32(x):
    assert float(numerics.log32(np.float32(x))) == pytest.approx(math.log(x), rel=2.6e-7, abs=0.0)


def test_log32_over_the_draws():
    for u in ((np.arange(0, 2**23, 401) + 0.5) * 2.0**-23).tolist():
        assert abs(float(numerics.log32(np.float32(u))) / math.log(u) - 1.0) < 2.4e-7


@given(single(-80.0, 80.0))
def test_exp32(x):
    assert float(numerics.exp32(np.float32(x))) == pytest.approx(math.exp(x), rel=2.7e-7)


@given(st.floats(1e-300, 1e300))
def test_log64(x):
    assert float(numerics.log64(x)) == pytest.approx(math.log(x), rel=8e-16, abs=3e-16)


@given(st.floats(-700.0, 700.0))
def test_exp64(x):
    assert float(numerics.exp64(x)) == pytest.approx(math.exp(x), rel=5e-16)


@pytest.mark.parametrize("x", [701.0, 1e4, 1e300])
def test_exp64_of_what_no_float64_can_hold_stays_at_its_ends(x):
    assert float(numerics.exp64(x)) == float(numerics.exp64(700.0))
    assert float(numerics.exp64(-x)) == float(numerics.exp64(-700.0))


@given(st.floats(-1e6, 1e6))
def test_logistic64(x):
    assert float(numerics.logistic64(x)) == pytest.approx(draws.logistic(max(x, -700.0)), rel=3e-15)


# choice


@given(
    bits64,
    st.lists(st.tuples(bits64, st.integers(0, 4)), min_size=1, max_size=3),
    st.lists(st.text(max_size=9), min_size=1, max_size=40),
)
def test_tastes_are_one_of_256_levels(key, cells, families):
    salts = np.array([draws.salt(name) for name in families], np.uint32)
    start = np.cumsum([0, *(adopters for _, adopters in cells)])
    cell_key = np.array([cell for cell, _ in cells], np.uint64)
    tastes = draw_tastes(start, cell_key, np.uint64(key), salts)
    people = [draws.nth(key + cell, i) for cell, adopters in cells for i in range(adopters)]
    plain = [[draws.taste(x, name) for name in families] for x in people]
    assert len(tastes) == len(people)
    assert [[draws.TASTES[x] for x in row[: len(families)]] for row in tastes.tolist()] == plain
    assert not tastes[:, len(families) :].any()


def test_tastes_are_standard_normal_and_unrelated_between_families():
    drawn = np.array(
        [[draws.taste(draws.nth(5, i), lab.slug) for lab in data.labs()[:12]] for i in range(5000)]
    )
    np.testing.assert_allclose(drawn.mean(axis=0), 0.0, atol=4 / 5000**0.5)
    np.testing.assert_allclose(drawn.std(axis=0), 1.0, atol=4 / (2 * 5000) ** 0.5)
    related = np.corrcoef(drawn.T) - np.eye(12)
    assert np.abs(related).max() < 4.5 / 5000**0.5


def race(key, slots, families, v, taste):
    """Winner of the kernel's race for utilities v and tastes (utils)."""
    lists = np.zeros((1, 4, len(v)), np.uint8)
    lists[0, FAMILY] = families
    salts = np.array([[SALTS[slot] for slot in slots]], np.uint32)
    odds = np.exp(max(v) - np.array(v)).astype(np.float32)
    keep = np.array([math.exp(-t) for t in taste], np.float32)
    return int(run_race(np.uint64(key), len(v), lists, salts, 0, odds, keep))


@given(
    bits64,
    st.lists(single(-8.0, 8.0), min_size=1, max_size=96),
    st.lists(single(-2.0, 2.0), min_size=29, max_size=29),
)
def test_the_race_is_won_by_the_highest_utility(key, v, taste):
    slots = np.arange(len(v)) + 3
    families = slots // 4
    won = race(key, slots, families, v, taste)
    utility = [
        x + taste[f] + draws.gumbel(draws.draw32(key, SALTS[s]))
        for x, f, s in zip(v, families.tolist(), slots.tolist(), strict=True)
    ]
    assert max(utility) - utility[won] < NEAR_TIE


def test_a_near_tie_is_closer_than_the_race_can_see():
    """The low seven of 23 bits carry the slot: a gap of 2e-5 decides, one of 2e-7 goes by slot."""
    slots, families, taste = np.array([0, 4]), np.array([0, 1]), [0.0, 0.0]
    by_slot = 0
    for key in range(2000):
        gap = draws.gumbel(draws.draw32(key, SALTS[0])) - draws.gumbel(draws.draw32(key, SALTS[4]))
        assert race(key, slots, families, [0.0, gap + 2e-5], taste) == 1
        assert race(key, slots, families, [0.0, gap - 2e-5], taste) == 0
        by_slot += race(key, slots, families, [0.0, gap + 2e-7], taste) == 0
    assert by_slot > 1000


@given(st.lists(single(-50.0, 50.0), min_size=1, max_size=96))
def test_weights_are_taken_from_the_best(utilities):
    v = np.array(utilities, np.float32)
    weigh(v, len(utilities))
    plain = [math.exp(min(max(utilities) - x, 60.0)) for x in utilities]
    np.testing.assert_allclose(v, plain, rtol=1e-5)


@given(
    st.lists(bits64, min_size=1, max_size=50), st.lists(single(-50.0, 50.0), min_size=1, max_size=8)
)
def test_nobody_takes_what_only_fills_a_vector(keys, utilities):
    """Lists are filled up by alternatives worth minus infinity.

    Their slot, family and salt are those of slot 0.
    """
    n = len(utilities)
    v = np.array(utilities + [-np.inf] * (2 * VECTOR - n), np.float32)
    weigh(v, v.size)
    lists, salts = np.zeros((1, 4, v.size), np.uint8), np.zeros((1, v.size), np.uint32)
    salts[0, :n] = SALTS[:n]
    for key in keys:
        assert run_race(np.uint64(key), v.size, lists, salts, 0, v, np.ones(8, np.float32)) < n


def test_choice_frequencies_are_those_of_the_logit():
    v, n = [0.0, 0.7, -1.2, 1.5, 0.3, -0.4, 1.1], 40_000
    slots = np.arange(len(v)) * 4
    families = np.arange(len(v))
    counts = np.zeros(len(v))
    for person in range(n):
        counts[race(draws.nth(99, person), slots, families, v, [0.0] * len(v))] += 1
    expected = np.exp(v) / np.exp(v).sum()
    assert (np.abs(counts / n - expected) < 4 * np.sqrt(expected * (1 - expected) / n)).all()


# use


@given(unit, st.floats(-6.0, 6.0), single(-1.0, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 3.0))
def test_a_month_of_uptake(use, ceiling, growth, p, q):
    array = np.array([[use]])
    spread_use(array, np.array([[ceiling]]), growth, p, q)
    top = draws.logistic(ceiling + growth)
    goal = use + (p + q * use / top) * (top - use) / 12.0
    goal = min(goal, top) if use < top else max(goal, top)  # a month's step does not overshoot
    assert array[0, 0] == pytest.approx(goal, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("p", "q", "start"), [(0.23, 1.65, 0.01), (0.05, 0.8, 0.0), (0.0, 1.2, 0.02)]
)
def test_uptake_follows_the_bass_curve_in_small_steps(p, q, start):
    """A month split into n steps comes closer to the closed form: errors halve as n doubles."""
    ceiling, months = 0.4, 60
    first = start / ceiling
    decay = math.exp(-(p + q) * months / 12.0) * (1.0 - first) / (p + q * first)
    exact = ceiling * (1.0 - p * decay) / (1.0 + q * decay)
    errors = []
    for n in (1, 50, 100):
        use = np.array([[start]])
        for _ in range(months * n):
            spread_use(use, np.array([[math.log(ceiling / (1.0 - ceiling))]]), 0.0, p / n, q / n)
        errors.append(abs(use[0, 0] - exact))
    assert errors[0] < 0.02
    assert errors[2] < 2e-4
    assert errors[2] == pytest.approx(errors[1] / 2.0, rel=0.1)


# misuse


@st.composite
def catalogues(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2), st.integers(0, 3), single(80, 200), st.booleans(), st.booleans()
            ),
            max_size=12,
        )
    )
    catalogue = Catalogue(4)
    for number, (origin, mode, capability, controlled, mirrored) in enumerate(rows):
        catalogue.add(
            "x", lab=0, origin=origin, mode=mode, capability=capability,
            controlled=float(controlled), mirrored=mirrored, safeguard=number % 3,
            weights=0.0, data=0.0, code=0.0, licence=0.0,
        )  # fmt: skip
    return catalogue


@given(catalogues())
def test_best_release_on_each_route(catalogue):
    plain = read_releases(SimpleNamespace(catalogue=catalogue))
    rows, best = routes.best_by_route(catalogue.columns, len(catalogue), 3, 100.0)
    found = [
        list(zip(*both, strict=True)) for both in zip(rows.tolist(), best.tolist(), strict=True)
    ]
    assert found == misuse.best_by_route(plain, 100.0, 3)


def test_routes_stand_in_the_same_order():
    kinds = [ROUTE_KINDS[kind] for kind in routes.KIND]
    origins = [None if origin == 3 else origin for origin in routes.ORIGIN.tolist()]
    assert [
        misuse.Route(kind, origin) for kind, origin in zip(kinds, origins, strict=True)
    ] == list(misuse.ROUTES)


def triple(low, high):
    return st.lists(st.floats(low, high), min_size=3, max_size=3)


def of_routes(values):
    return st.lists(values, min_size=len(misuse.ROUTES), max_size=len(misuse.ROUTES))


def of_classes(low, high):
    return st.lists(st.floats(low, high), min_size=5, max_size=5)


@given(
    triple(0.0, 1.0), of_classes(0.0, 1.0), of_classes(0.0, 1.0), of_classes(0.0, 20.0),
    st.floats(0.0, 1e6),
    st.lists(st.tuples(st.floats(1.0, 1e3), of_routes(st.integers(0, 4))), min_size=1, max_size=3),
    st.floats(1.0, 1e6),
)  # fmt: skip
def test_barriers(refused, accounts, gate_pass, barred, strip_cost, ways, budget):
    """Ways use releases of any class of labs."""
    factors, classes = zip(*ways, strict=True)
    barriers = routes.Barriers(
        law_class=np.array(classes),
        refused=np.array(refused),
        gate_pass=np.array(gate_pass),
        accounts=np.array([accounts]),
        barred=np.array([barred]),
        strip_cost=strip_cost,
        factor=np.array(factors),
        budget=np.array([budget]),
    )
    passing, cost = routes.weigh_barriers(barriers)
    for w, (factor, labs) in enumerate(ways):
        plain = [
            misuse.passing(route, lab, refused, accounts, gate_pass, barred)
            for route, lab in zip(misuse.ROUTES, labs, strict=True)
        ]
        np.testing.assert_allclose(passing[w, 0], plain, rtol=1e-14, atol=1e-300)
        expected = [misuse.cost(route, strip_cost, factor, budget) for route in misuse.ROUTES]
        np.testing.assert_allclose(cost[w, 0], expected, rtol=1e-15)


def ways_of_routes(values):
    return st.lists(of_routes(values), min_size=1, max_size=3)


@given(
    ways_of_routes(st.just(-1e9) | st.floats(60.0, 220.0)), ways_of_routes(unit),
    ways_of_routes(st.floats(0.0, 3.0)), of_routes(st.booleans()), st.floats(-12.0, 14.0),
    st.lists(st.floats(100.0, 180.0), min_size=5, max_size=5),
    st.floats(8.0, 16.0), st.floats(3.0, 12.0),
    st.lists(st.lists(st.just(0.0) | unit, min_size=5, max_size=5), min_size=3, max_size=3),
)  # fmt: skip
def test_routes_are_weighed_by_a_logit(
    capability, passing, cost, known, skill, threshold, slope, weight, withheld
):
    n = min(len(capability), len(cost), len(passing))
    capability, cost, passing, known = capability[:n], cost[:n], passing[:n], [True, *known[1:]]
    capability[0][0] = 100.0
    mix, harm = [0.4, 0.3, 0.0, 0.2, 0.1], [1.0, 3.0, 10.0, 10.0, 300.0]
    withheld = np.array(withheld[:n])
    chance, odds, expected, without, taken = routes.weigh_routes(
        routes.Offer(np.array(capability), withheld, 100.0),
        np.array(passing)[:, None],
        np.array(cost)[:, None],
        routes.Seekers(np.array([known]), np.array([skill]), np.array([mix])),
        routes.Harms(np.array(threshold), slope, weight, np.array(harm)),
    )
    success = without_us = 0.0
    for j, share in enumerate(mix):
        if share == 0.0:
            assert not chance[0, j].any()
            assert not odds[0, j].any()
            continue
        there = [
            [misuse.worth(x, 1.0 - withheld[w, j], 100.0) if x > -1e8 else x for x in xs]
            for w, xs in enumerate(capability)
        ]
        view = misuse.weigh(there, passing, cost, known, skill - threshold[j], slope, weight)
        np.testing.assert_allclose(chance[0, j], view.chance, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(odds[0, j], view.odds, rtol=1e-12, atol=1e-14)
        value = [
            [
                weight * draws.logistic((x + skill - threshold[j]) / slope) * keep - c
                for x, c, keep in zip(*way, strict=True)
            ]
            for way in zip(there, cost, passing, strict=True)
        ]
        for r in np.flatnonzero(known):
            offered = [value[w][r] for w in range(n) if capability[w][r] > -1e8]
            if offered:
                assert value[int(taken[0, j, r])][r] == pytest.approx(max(offered), abs=1e-9)
        success += share * harm[j] * view.success
        without_us += share * harm[j] * view.without_us
    assert expected[0] == pytest.approx(success, rel=1e-12, abs=1e-14)
    assert without[0] == pytest.approx(without_us, rel=1e-12, abs=1e-14)


@given(bits64, st.floats(0.0, 8.0))
def test_attempts(key, mean):
    who, drawn = attempts.draw_attempts(np.uint64(key), mean, 4)
    plain = [(actor, draws) for actor in range(4) for draws in misuse.attempts(key, actor, mean)]
    assert list(zip(who.tolist(), drawn.tolist(), strict=True)) == plain


def test_attempts_are_poisson():
    who, drawn = attempts.draw_attempts(np.uint64(12345), 1.7, 20_000)
    count = np.bincount(who, minlength=20_000)
    assert count.mean() == pytest.approx(1.7, abs=4 * (1.7 / 20_000) ** 0.5)
    assert count.var() == pytest.approx(1.7, rel=0.06)
    used = drawn[who < 2000]
    assert (used > 0.0).all()
    assert (used < 1.0).all()
    assert np.abs(np.corrcoef(used.T) - np.eye(4)).max() < 0.08


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12), st.lists(unit, max_size=9))
def test_picks(weights, draws):
    picked = [attempts.pick(np.array(weights), u) for u in draws]
    assert picked == [misuse.pick(weights, u) for u in draws]


@given(st.integers(0, 2**32 - 1), unit, unit)
def test_decisions(seed, success_left, detection):
    """Over random views, one route in four of no chance at all.

    What neither succeeds nor is noticed is left out.
    """
    luck = np.random.default_rng(seed)
    odds = luck.dirichlet(np.ones(len(misuse.ROUTES)), (len(ACTORS), len(misuse.DOMAINS)))
    chance = luck.random(odds.shape) * (luck.random(odds.shape) > 0.25)
    scene = SimpleNamespace(
        odds=odds, chance=chance, success_left=success_left, detection=detection
    )
    who, draws = luck.integers(len(ACTORS), size=50), luck.random((50, 4))
    mix = np.array([kind.domains for kind in ACTORS])
    prospects = attempts.Prospects(mix, odds, chance, success_left, detection)
    decided = attempts.decide(attempts.Attempts(who, draws), prospects)
    actors = [SimpleNamespace(index=i, kind=kind) for i, kind in enumerate(ACTORS)]
    plain = [
        (a, *misuse.decide(actors[a], u, scene))
        for a, u in zip(who.tolist(), draws.tolist(), strict=True)
    ]
    kept = [attempt for attempt in plain if attempt[3] or attempt[4] < 1.0]
    assert list(zip(*(column.tolist() for column in decided), strict=True)) == kept
