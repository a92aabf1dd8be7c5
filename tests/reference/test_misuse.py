"""Compiled routes, barriers and attempts against their plain equals, on random small inputs."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.agents.malicious import ACTORS
from sim.model.catalogue import Catalogue
from sim.model.kernels import attempts
from sim.model.kernels import misuse as routes
from sim.vocabulary import ROUTE_KINDS
from tests.reference import draws, misuse
from tests.reference.inputs import bits64, single, unit
from tests.reference.panel import read_releases


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
