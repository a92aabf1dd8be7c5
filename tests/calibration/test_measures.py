"""Measures of the calibration targets, on series made by hand."""

from functools import partial
from math import log

import numpy as np
import pytest

from sim import data
from sim.calibration.measures import LAST_MONTH, MEASURES, distance
from tests.calibration.made import made_until

Y23, Y24 = (("2023-01", "2023-12"), ("2024-01", "2024-12"))
H25, MAY = ("2025-01", "2025-06"), ("2025-05", "2025-05")
ALL, SCORED = ("2023-01", "2025-06"), ("2023-03", "2025-06")
made = partial(made_until, LAST_MONTH)


def test_every_row_of_the_table_has_its_measure_and_no_other():
    assert list(MEASURES) == [target.id for target in data.targets()]
    assert all(measure.__doc__ for measure in MEASURES.values())


@pytest.mark.parametrize(
    ("key", "run", "expected"),
    [
        ("C01", made(frontier_us={SCORED: 100.0 + np.arange(28)}), 12.0),
        ("C02", made(lag_us_cn_true={ALL: np.arange(30.0)}), 14.5),
        ("C03", made(lag_open_closed_true={ALL: 4.0}), 4.0),
        ("C04", made({"run_growth": 4.5}), 4.5),
        ("C05", made(use_world={H25: 0.15}), 15.0),
        ("C07", made(use_north={H25: 0.23}, use_south={H25: 0.13}), 10.0),
        ("C10", made(notable_releases_us={Y23: 6.0}, notable_open_us={Y23: 2.0}), 1 / 3),
        ("C11", made(notable_releases_us={Y24: 5.0}, notable_open_us={Y24: 1.0}), 0.2),
        (
            "C12",
            made(notable_releases_cn={Y23: 3.0, Y24: 1.0}, notable_open_cn={Y23: 1.0, Y24: 1.0}),
            0.5,
        ),
        ("C13", made(compute_share_cn={("2023-09", "2023-09"): 0.16}), 0.16),
        ("C14", made(compute_share_cn={("2024-12", "2024-12"): 0.07}), 0.07),
        ("C15", made({"us_stock_share": 0.8}, compute_cn={MAY: 2.0}, compute_us={MAY: 6.4}), 0.2),
        ("C18", made(cn_share_world_market={("2025-01", "2025-01"): 0.09}), 0.09),
        ("C19", made(cn_share_world_market={("2025-06", "2025-06"): 0.21}), 0.21),
        ("C21", made(incidents_reported={Y23: 5.0}), 60.0),
        ("C22", made(incidents_reported={Y24: np.arange(12.0)}), 66.0),
        ("C23", made(derivative_ratio_us_cn={("2024-06", "2024-06"): 11.0}), 11.0),
        ("C24", made(derivative_ratio_us_cn={("2024-12", "2024-12"): 1.25}), 1.25),
        ("C25", made(open_share_world_market={("2025-05", "2025-07"): 0.25}), 0.75),
        ("C27", made(frontier_us={("2025-06", "2025-06"): 148.5}), 148.5),
        ("C26", made(open_share_world_enterprise={Y24: 0.19}), 0.19),
        ("enterprise-2023", made(open_share_world_enterprise={Y23: 0.2}), 0.2),
        ("enterprise-2024", made(open_share_world_enterprise={Y24: 0.3}), 0.3),
        ("router-2024-11", made(cn_share_world_market={("2024-11", "2024-11"): 0.012}), 0.012),
        ("qwen-2024-01", made(derivative_share_alibaba={("2024-01", "2024-01"): 0.01}), 0.01),
        ("openness-2025", made(notable_releases_us={H25: 4.0}, notable_open_us={H25: 1.0}), 0.25),
    ],
)  # fmt: skip
def test_a_measure_reads_its_outcome_in_its_window_and_nothing_else(key, run, expected):
    """All else is 7 in these series, which none of the expected figures holds."""
    assert MEASURES[key](run) == pytest.approx(expected, rel=1e-5)


def test_downloads_count_by_their_volume():
    """China's share moves from all to nothing in mid window: the later half weighs more."""
    halves = ("2024-09", "2025-02"), ("2025-03", "2025-08")
    early, late = (
        made(
            cn_share_world_developer={halves[0]: first, halves[1]: second},
            us_share_world_developer={halves[0]: second, halves[1]: first},
        )
        for first, second in ((1.0, 0.0), (0.0, 1.0))
    )
    assert MEASURES["C16"](early) == pytest.approx(1.0 - MEASURES["C16"](late))
    assert 0.6 < MEASURES["C16"](late) < 0.7


def test_the_regression_on_income_finds_the_slope_and_spread_that_were_put_in():
    countries = data.countries()
    kept = [bool(c.ai_use_2025 and c.gdp_per_head and not c.regional_value) for c in countries]
    x = np.array([log(c.gdp_per_head) if c.gdp_per_head else 9.0 for c in countries])
    noise = np.where(np.arange(len(x)) % 2 == 0, 0.3, -0.3)
    logit = -5.0 + 0.4 * x + noise
    run = made(use=1.0 / (1.0 + np.exp(-logit)))
    assert MEASURES["C08"](run) == pytest.approx(0.4, abs=0.03)
    assert MEASURES["C09"](run) == pytest.approx(0.3, abs=0.01)
    others = np.where(kept, logit, 3.0)
    changed = made(use=1.0 / (1.0 + np.exp(-others)))
    assert MEASURES["C08"](changed) == pytest.approx(MEASURES["C08"](run), rel=1e-4)


def test_openness_of_no_models_is_no_number():
    run = made(notable_releases_us={Y23: 0.0})
    assert np.isnan(MEASURES["C10"](run))


def test_a_run_that_ends_too_early_is_refused():
    run = made()
    with pytest.raises(ValueError, match=f"ends in {LAST_MONTH}, before 2026-01"):
        run.mean("use_world", "2025-01", "2026-01")


def test_distance_is_1_at_either_end_of_the_range_and_0_at_the_value():
    for target in data.targets():
        assert distance(target, target.value) == 0.0
        for end in (target.low, target.high):
            if end != target.value:
                assert distance(target, end) == pytest.approx(1.0)
    wide = next(target for target in data.targets() if target.id == "C03")
    assert distance(wide, wide.high + (wide.high - wide.value)) == pytest.approx(2.0)
