"""Observed points that are computed from the tables."""

import numpy as np
import pytest

from sim import data
from sim.calibration.observed import LAST, observed, users_by_country
from sim.calibration.quantities import HALF_YEARS, QUANTITIES
from sim.months import month_index


def test_points_are_of_known_quantities_in_order_and_inside_the_record():
    for name, points in observed().items():
        assert name in QUANTITIES
        assert [p.last for p in points] == sorted(p.last for p in points)
        late = [point for point in points if point.last > LAST]
        assert not late or name == "downloads-cn-of-both"


def test_points_have_windows_that_the_quantity_has():
    """So that a prediction and the points of its baseline are of one kind."""
    for name in ("lag-cn-us", "best-us", "openness-us", "openness-cn-12m", "incidents-12m"):
        windows = {
            (month_index(first), month_index(last)) for first, last in QUANTITIES[name].windows()
        }
        assert {(point.first, point.last) for point in observed()[name]} <= windows


def test_lags_are_those_of_the_targets():
    """Over the whole window the mean lags are what the targets call their own estimates."""
    means = {
        name: np.mean([point.value for point in observed()[name]])
        for name in ("lag-cn-us", "lag-open-closed")
    }
    assert means["lag-cn-us"] == pytest.approx(6.6, abs=0.1)
    assert means["lag-open-closed"] == pytest.approx(5.5, abs=0.2)


def test_best_scores_are_those_of_the_releases():
    for name, group in (("best-us", "US"), ("best-cn", "CN")):
        labs = {lab.slug for lab in data.labs() if lab.origin == group}
        for month, point in zip(HALF_YEARS, observed()[name], strict=False):
            until = month_index(month)
            scores = [
                row.capability
                for row in data.releases()
                if row.lab in labs and row.month <= until and row.capability is not None
            ]
            assert point.value == max(scores)


def test_openness_and_chips_are_those_of_the_targets():
    target = {t.id: t.value for t in data.targets()}
    points = {name: {p.last: p.value for p in found} for name, found in observed().items()}
    assert points["openness-us-12m"][11] == pytest.approx(target["C10"], abs=1e-3)
    assert points["openness-us"][29] == pytest.approx(target["openness-2025"], abs=1e-3)
    assert points["chips-cn"][month_index("2023-09")] == pytest.approx(target["C13"], abs=1e-3)
    assert points["chips-cn"][month_index("2024-12")] == pytest.approx(target["C14"], abs=1e-3)
    assert [points["incidents-12m"][last] for last in (11, 23)] == [target["C21"], target["C22"]]


def test_use_by_country_leaves_regional_values_out():
    found = users_by_country()
    by_code = {country.code: country for country in data.countries()}
    assert 100 < len(found) < len(by_code)
    assert all(not by_code[code].regional_value for code in found)
    assert found["USA"].value == by_code["USA"].ai_use_2025
