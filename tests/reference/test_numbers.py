"""Compiled draws, logarithms and exponentials against their plain equals, on random inputs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from sim.model.kernels import numerics
from tests.reference import draws
from tests.reference.inputs import SALTS, bits64, single


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
