"""Runs by draw are those of the draw, and a pattern is said to show only where draws agree."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import baseline, patterns
from benchmarks.draws import first, fixed, paths
from benchmarks.mechanisms import MECHANISMS
from sim import data
from sim.calibration.baseline import shipped as shipped_baseline
from sim.calibration.hindcast import shipped_ensemble
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.design import STATED, WITHOUT_ASSUMED, Case
from sim.sweep.runs import RunId

SETTINGS = ("horizon.end=2024-12", "adopters=3500")
OUTCOMES = ("us_share_world_consumer",)


def test_a_run_is_that_of_its_case_and_draw():
    scenario = load("status-quo", settings=SETTINGS)
    cases = [
        Case(name, scenario, "stated", variant)
        for name, variant in (("stated", STATED), ("without", WITHOUT_ASSUMED))
    ]
    draws = fixed(first(2), {"home_weight": 0.25})
    found = paths(cases, draws, OUTCOMES, 3, 1)
    assert found.shape == (2, 2, 24, 1)
    for i, case in enumerate(cases):
        for draw in range(2):
            world = World(case.under(draws[draw]), rng=3, replication=RunId("", draw, 0).luck)
            series = world.run()
            column = series.names.index(OUTCOMES[0])
            np.testing.assert_array_equal(found[i, draw, :, 0], series.values[:, column])


def test_what_is_fixed_has_its_value_in_every_draw_and_the_rest_is_that_of_the_ensemble():
    shipped = shipped_ensemble()
    draws = fixed(first(3), {"home_weight": 0.25})
    assert len(draws) == 3
    for draw in range(3):
        assert draws[draw] == {**shipped[draw], "home_weight": 0.25}
    with pytest.raises(SystemExit, match="--draws 100000: the shipped ensemble has"):
        first(100_000)


def test_equal_access_speaks_of_every_reach_that_is_a_parameter():
    named = {row.reach for row in data.serving() if isinstance(row.reach, str)}
    assert set(patterns.EQUAL_ACCESS) == named
    assert {"access_restricted", "access_us_in_china"} <= named


def test_reasons_are_mechanisms_of_the_table():
    assert set(baseline.REASONS.values()) <= {mechanism.name for mechanism in MECHANISMS}
    assert len(set(baseline.REASONS.values())) == len(baseline.REASONS)


def shares(restricted: float, third: float) -> np.ndarray:
    return np.tile([0.05, third, restricted, 0.9], (20, 1))


@pytest.mark.parametrize(
    ("stated", "equal", "verdict"),
    [
        (shares(0.4, 0.1), shares(0.1, 0.1), "the pattern is the input"),
        (shares(0.4, 0.1), shares(0.4, 0.1), "does not rest on the access put in"),
        (shares(0.1, 0.4), shares(0.1, 0.4), "T5 does not show: 0 % of draws agree, and 95 %"),
    ],
)
def test_the_pattern_of_blocs(stated, equal, verdict):
    lines = list(patterns.blocs_said({"as stated": stated, "equal": equal}))
    assert len(lines) == 3
    assert verdict in lines[-1]


def test_assumed_responses_do_not_act_in_the_window_of_the_pattern_of_blocs():
    """So that one variant of it is enough: each response needs a month after the record."""
    scenario = load("status-quo", settings=(f"horizon.end={patterns.UNTIL}", "adopters=3500"))
    cases = [Case(variant, scenario, STATED, variant) for variant in (STATED, WITHOUT_ASSUMED)]
    outcomes = [f"cn_share_{bloc}_consumer" for bloc in patterns.BLOCS]
    stated, without = paths(cases, first(1), outcomes, 0, 1)
    np.testing.assert_array_equal(stated, without)


def test_shares_of_families_and_of_consumers_follow_from_who_serves_whom():
    """The report marks them, as the model's page and the hind-cast do."""
    driven = {name for name, inputs in baseline.MOVING.items() if inputs}
    assert driven == {"family_share_openai", "open_share_world_consumer"}
    shipped = {one["outcome"]: one["inputs"] for one in shipped_baseline()["movements"]}
    assert shipped == baseline.MOVING


@pytest.mark.parametrize(
    ("stated", "without", "verdict"),
    [
        (20, 20, "without assumed responses as well"),
        (20, 15, "it is an assumption"),
        (18, 18, "T8 does not show"),
    ],
)
def test_the_pattern_of_openness_shows_if_enough_draws_agree(stated, without, verdict):
    def raised(draws: int) -> tuple[np.ndarray, np.ndarray]:
        changes = np.zeros((20, 5))
        changes[:draws, 1] = 0.1
        return np.full((20, 5), 0.5), changes

    found = {
        (variant, patterns.SHARE): raised(draws)
        for variant, draws in zip(patterns.VARIANTS, (stated, without), strict=True)
    }
    lines = list(patterns.years_said(found))
    assert verdict in lines[-1]
    assert "the largest in year 2" in lines[0]
    assert f"raises it in {5 * stated} % of draws" in lines[0]
