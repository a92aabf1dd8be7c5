"""Scores of forecasts against closed forms and their properties."""

from math import erf, exp, pi, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.calibration.scores import FEWEST, chance_of, covers, crps, verdict

NUMBERS = st.floats(-1e3, 1e3)
SAMPLES = st.lists(NUMBERS, min_size=1, max_size=30).map(np.array)


def of_a_normal(mean, width, value):
    """Continuous ranked probability score of a normal (Gneiting and Raftery 2007)."""
    z = (value - mean) / width
    below, density = 0.5 * (1.0 + erf(z / sqrt(2.0))), exp(-0.5 * z * z) / sqrt(2.0 * pi)
    return width * (z * (2.0 * below - 1.0) + 2.0 * density - 1.0 / sqrt(pi))


@pytest.mark.parametrize(("mean", "width", "value"), [(0, 1, 0), (2, 0.5, 3.1), (-1, 4, -9)])
def test_the_score_of_a_normal_is_its_closed_form(mean, width, value):
    steps = (np.arange(2000) + 0.5) / 2000
    sample = np.array([NormalDist(mean, width).inv_cdf(p) for p in steps])
    assert crps(sample, value) == pytest.approx(of_a_normal(mean, width, value), rel=2e-3)


@given(SAMPLES, NUMBERS)
def test_the_score_is_its_definition_and_never_below_0(sample, value):
    inside = np.abs(sample[:, None] - sample[None, :]).mean()
    assert crps(sample, value) == pytest.approx(
        np.abs(sample - value).mean() - 0.5 * inside, abs=1e-9
    )
    assert crps(sample, value) >= -1e-9


@given(NUMBERS, NUMBERS, st.integers(1, 9))
def test_of_a_single_point_it_is_the_distance(point, value, times):
    assert crps(np.full(times, point), value) == pytest.approx(abs(point - value), abs=1e-9)
    assert crps(np.full(times, value), value) == pytest.approx(0.0, abs=1e-9)


@given(SAMPLES, SAMPLES)
def test_the_score_is_proper(truth, other):
    """If values come from a sample, no other one is expected to score better than itself."""
    own, others = (np.mean([crps(s, x) for x in truth]) for s in (truth, other))
    assert own <= others + 1e-9


def test_coverage_counts_what_lies_in_the_middle():
    sample = np.arange(101.0)
    assert [covers(sample, x) for x in (4.9, 5.0, 50.0, 95.0, 95.1)] == [0, 1, 1, 1, 0]
    assert not covers(sample, 20.0, part=0.5)


def test_chances_of_a_coin():
    assert chance_of(5, 10) == 1.0
    assert chance_of(10, 10) == chance_of(0, 10) == pytest.approx(2.0 / 1024.0)
    assert chance_of(9, 10) == pytest.approx(22.0 / 1024.0)


def test_nothing_is_better_below_the_stated_number_of_cases():
    assert verdict(FEWEST - 1, FEWEST - 1) == "too few"
    assert verdict(FEWEST, FEWEST) == "better"
    assert verdict(0, FEWEST) == "worse"
    assert verdict(FEWEST // 2 + 1, FEWEST) == "not told apart"
