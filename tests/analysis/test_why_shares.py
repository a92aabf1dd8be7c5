"""Shares of the variance: known ones are found, and a number without effect counts as nothing."""

import numpy as np
import pytest

from sim.analysis.comparison import PairIndex
from sim.analysis.why import shares
from sim.analysis.why.shares import DUMMY, LUCK, NUMBER, REMAINDER


def found(values, inputs, replications=1):
    pairs = PairIndex(len(inputs), replications)
    names = [f"x{i}" for i in range(inputs.shape[1])]
    rows = list(shares.due_to(values, pairs, inputs, names))
    numbers = {row["number"]: row["share"] for row in rows if row["kind"] == NUMBER}
    return numbers, {row["kind"]: row["share"] for row in rows if row["kind"] != NUMBER}


def test_the_shares_of_a_linear_function_are_those_of_its_squares():
    rng = np.random.default_rng(1)
    inputs = rng.random((512, 6))
    numbers, others = found(inputs @ np.array([4.0, 2.0, 1.0, 0, 0, 0]), inputs)
    assert list(numbers) == ["x0", "x1", "x2"]  # and none of those without effect
    assert numbers["x0"] == pytest.approx(16 / 21, abs=0.05)
    assert numbers["x1"] == pytest.approx(4 / 21, abs=0.06)
    assert numbers["x2"] == pytest.approx(1 / 21, abs=0.04)
    assert others[LUCK] == 0


def test_the_shares_of_ishigami_are_its_first_order_indices():
    rng = np.random.default_rng(2)
    x = rng.uniform(-np.pi, np.pi, (4096, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    numbers, others = found(y, x)
    assert list(numbers) == ["x1", "x0"]  # the third acts only together with the first
    assert numbers["x0"] == pytest.approx(0.314, abs=0.03)
    assert numbers["x1"] == pytest.approx(0.442, abs=0.04)
    assert others[REMAINDER] == pytest.approx(0.244, abs=0.06)
    assert others[DUMMY] < 0.02


def test_where_luck_acts_alone_no_number_has_a_share():
    rng = np.random.default_rng(3)
    numbers, others = found(rng.normal(size=1024), rng.random((512, 60)), replications=2)
    assert numbers == {}
    assert others[LUCK] == pytest.approx(1, abs=0.1)


def test_luck_and_a_number_share_the_variance_as_they_make_it():
    rng = np.random.default_rng(4)
    inputs = rng.random((512, 3))
    effect = np.repeat(inputs[:, 0], 2) * np.sqrt(12)  # variance 1
    numbers, others = found(effect + rng.normal(size=1024), inputs, replications=2)
    assert list(numbers) == ["x0"]
    assert numbers["x0"] == pytest.approx(0.5, abs=0.08)
    assert others[LUCK] == pytest.approx(0.5, abs=0.08)
    assert numbers["x0"] + others[LUCK] + others[REMAINDER] == pytest.approx(1)


def test_draws_that_failed_are_left_out_and_what_does_not_vary_has_no_shares():
    rng = np.random.default_rng(5)
    inputs = rng.random((256, 2))
    values = 3 * inputs[:, 0]
    values[:20] = np.nan
    numbers, _ = found(values, inputs)
    assert list(numbers) == ["x0"]
    assert found(np.zeros(256), inputs) == ({}, {})
    assert found(np.full(256, np.nan), inputs) == ({}, {})
