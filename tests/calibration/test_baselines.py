"""Baselines on records made by hand."""

import numpy as np
import pytest

from sim.calibration.baselines import PULL, Series, autoregression, carry_forward, trend
from sim.calibration.likelihood import BY_FACTORS, scaled, unscaled

ENDS = np.array([5.0, 11.0, 17.0, 23.0, 29.0])


def series(values, unit="months", times=ENDS):
    return Series(times[: len(values)], np.array(values), unit)


def test_the_last_value_is_carried_forward_with_the_steps_seen_so_far():
    found = carry_forward(series([1.0, 2.0, 4.0]), 23.0)
    assert (found.points, found.value) == (3, 4.0)
    assert found.spread == pytest.approx(np.sqrt((1.0 + 4.0) / 2.0))
    later = carry_forward(series([1.0, 2.0, 4.0]), 29.0)
    assert later.spread == pytest.approx(np.sqrt(2.0) * found.spread)


def test_a_single_point_has_no_spread_and_no_trend():
    one = series([0.2], "share")
    found = carry_forward(one, 23.0)
    assert (found.spread, found.value) == (None, pytest.approx(0.2))
    np.testing.assert_allclose(found.sample(), [0.2])
    assert trend(one, 23.0) is None
    assert autoregression(one, 23.0) is None
    assert trend(series([0.2, 0.3], "share"), 23.0) is None


def test_a_trend_goes_on_by_factors_or_by_odds():
    assert trend(series([2.0, 4.0, 8.0], "count"), 23.0).value == pytest.approx(16.0)
    odds = np.array([0.25, 0.5, 1.0])
    found = trend(series((odds / (1.0 + odds)).tolist(), "share"), 23.0)
    assert found.value == pytest.approx(2.0 / 3.0)
    assert found.spread == pytest.approx(0.0, abs=1e-9)
    assert trend(series([1.0, 2.0, 3.0]), 23.0).value == pytest.approx(4.0)


def test_the_spread_of_a_trend_is_that_of_a_new_point():
    values = np.array([1.0, 3.0, 2.0, 4.0])
    times = ENDS[:4]
    found = trend(series(values), 35.0)
    design = np.stack([np.ones(4), times], axis=1)
    fitted, (left,), *_ = np.linalg.lstsq(design, values, rcond=None)
    row = np.array([1.0, 35.0])
    inverse = np.linalg.inv(design.T @ design)
    assert found.value == pytest.approx(row @ fitted)
    assert found.spread == pytest.approx(np.sqrt(left / 2.0 * (1.0 + row @ inverse @ row)))


def test_an_autoregression_is_drawn_to_a_random_walk():
    """Few pairs are not believed: values that look like noise keep more than they would say."""
    values = [0.0, 1.0, 0.2, 1.0, 2.0]
    found = autoregression(series(values), 35.0)
    mean, variance = np.mean(values), np.var(values)
    now, then = np.array(values[:-1]) - mean, np.array(values[1:]) - mean
    alone = (now * then).sum() / (now**2).sum()
    keep = ((now * then).sum() + PULL * variance) / ((now**2).sum() + PULL * variance)
    assert alone < 0.1 < 0.4 < keep < 1.0
    assert found.points == 4
    assert found.value == pytest.approx(mean + keep * (2.0 - mean))
    assert found.spread == pytest.approx(np.sqrt(((then - keep * now) ** 2).mean()))
    swings = Series(5.0 + 6.0 * np.arange(9), np.array([9.0, -9.0] * 4 + [9.0]), "months")
    assert autoregression(swings, 59.0).value == pytest.approx(1.0), "the mean, and no swing"


def test_an_autoregression_returns_to_the_mean():
    path = [autoregression(series([0.0, 1.0, 0.2, 1.0, 2.0]), 29.0 + 6.0 * h) for h in range(1, 60)]
    values = [found.value for found in path]
    assert values == sorted(values, reverse=True)
    assert values[0] < 2.0
    assert values[-1] == pytest.approx(0.84, abs=0.05)
    spreads = [found.spread for found in path]
    assert spreads == sorted(spreads)


def test_points_of_one_half_year_are_one_step():
    """Six months of 2025 after one of 2024: a pair, not six."""
    times = np.array([22.0, 24.0, 25.0, 26.0, 27.0, 28.0, 29.0])
    found = autoregression(Series(times, np.arange(7.0), "months"), 33.0)
    assert found.points == 1
    gap = autoregression(Series(np.array([5.0, 23.0]), np.array([1.0, 2.0]), "months"), 33.0)
    assert gap is None


def test_what_never_moved_stays_for_sure():
    for baseline in (carry_forward, trend, autoregression):
        np.testing.assert_allclose(baseline(series([3.0, 3.0, 3.0]), 35.0).sample(), 3.0)


@pytest.mark.parametrize("unit", ["share", *BY_FACTORS, "months"])
def test_scales_are_undone(unit):
    values = np.array([0.02, 0.5, 0.9])
    np.testing.assert_allclose(unscaled(scaled(values, unit), unit), values)


def test_a_sample_keeps_the_shape_of_its_scale():
    sample = carry_forward(series([0.5, 0.9, 0.95], "share"), 41.0).sample()
    assert ((sample > 0.0) & (sample < 1.0)).all()
    assert np.median(sample) == pytest.approx(0.95)
    assert 0.95 - sample[5] > sample[-6] - 0.95
