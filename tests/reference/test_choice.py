"""Compiled choice and use against their plain equals, on random small inputs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import data
from sim.model.kernels.choice import draw_tastes, run_race, weigh
from sim.model.kernels.market import FAMILY, VECTOR
from sim.model.kernels.shares import spread_use
from tests.reference import draws
from tests.reference.inputs import SALTS, bits64, single, unit
from tests.reference.pair import NEAR_TIE

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
