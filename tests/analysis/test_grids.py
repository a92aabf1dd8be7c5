"""Grids: levers that matter, break-evens with their bands, another reference."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.boxes import boxes, event, peel, pruned
from sim.analysis.grids import break_evens, by_weight, lever_shares, pair_changes
from sim.analysis.study import Study
from sim.messages import ScenarioError
from sim.months import month_index
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.sweep import fake

FRICTION, SIDE = "policy.audit.enforcement", "policy.audit.strength"
START = month_index("2026-01")


def cell(enforcement: float, strength: float) -> Scenario:
    policy = {"lever": "L7", "start": "2026-01", "enforcement": enforcement, "strength": strength}
    return Scenario.model_validate(
        {"name": "audits", "horizon": {"end": "2030-12"}, "policy": {"audit": policy}}
    )


def turns(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    """Beta, a share, falls by 8 points without enforcement and rises to +4 at full.

    Chance moves a pair by up to 1 point; alpha stays.
    """
    found = fake.world(scenario, 0, seed)
    found.values[:] = 0.5
    if scenario.policy:
        enforcement = scenario.policy["audit"].enforcement
        luck = np.random.default_rng([seed, replication]).uniform(-0.01, 0.01)
        found.values[START:, 1] += -0.08 + 0.12 * enforcement + luck
        found.values[START:, 1] += (scenario.policy["audit"].strength - 0.5) / 50
    return found


def study(draws: list[dict[str, float]] | None = None, replications: int = 8) -> Study:
    reference = Case("base", Scenario.model_validate({"name": "base"}), "base")
    base = reference.scenario.model_copy(update={"horizon": cell(1, 1).horizon})
    cases = [Case("base", base, "base")]
    for enforcement in (0.0, 0.5, 1.0):
        for strength in (0.5, 1.0):
            name = f"audits enforcement={enforcement:g} strength={strength:g}"
            levers = {FRICTION: enforcement, SIDE: strength}
            cases.append(Case(name, cell(enforcement, strength), "base", levers=levers))
    plan = Design(tuple(cases), replications, 3, **({"draws": draws} if draws else {}))
    return Study(execute(plan, workers=1, simulate=turns), plan, described=fake.DESCRIBED)


@pytest.fixture(scope="module")
def grid() -> Study:
    return study()


def test_the_lever_that_moves_the_outcome_matters_most(grid):
    shares = lever_shares(grid, grid.table(["beta"]))
    own = shares.set_index("lever")["share"]
    assert own[FRICTION] > 0.95
    assert own.sum() == pytest.approx(1, abs=1e-3)  # nothing acts together in this world
    assert by_weight(shares) == [FRICTION, SIDE]


def test_a_break_even_lies_where_the_world_turns_over_with_a_band_around_it(grid):
    found = break_evens(grid, ["alpha", "beta"], pair_changes(grid, ["alpha", "beta"]), [FRICTION])
    own = found[found["outcome"] == "beta"].set_index("others")
    first, second = own.loc["strength 0.5"], own.loc["strength 1"]
    # -8 + 12 x is zero at 2/3; a point more at full strength moves that by 1/12.
    assert first.break_even == pytest.approx(2 / 3, abs=0.08)
    assert first.break_even - second.break_even == pytest.approx(1 / 12, abs=0.01)
    assert first.low < first.break_even < first.high
    assert first.high - first.low < 2 / 12  # luck moves a pair by a point on either side
    assert (first.crossings, first.beyond_floor, first.beyond_grid) == (1, 2, "")
    still = found[found["outcome"] == "alpha"].iloc[0]
    assert (still.crossings, still.beyond_floor) == (0, 0)
    assert np.isnan(still.break_even)


@pytest.mark.parametrize(
    ("turn", "rises", "spread", "open_"),
    [
        (0.9, 1, 1.0, "high"),
        (0.9, -1, 1.0, "high"),
        (0.1, 1, 1.0, "low"),
        (0.1, -1, 1.0, "low"),
        (0.5, 1, 4.0, "both"),
        (0.5, 1, 0.1, ""),
    ],
)
def test_a_band_that_leaves_the_grid_says_so(grid, turn, rises, spread, open_):
    """Resamples whose line stays on one side have their break-even beyond the values run."""
    luck = spread * np.linspace(-1, 1, grid.pairs)[:, None]
    made = {c.name: rises * (c.levers[FRICTION] - turn + luck) for c in grid.cases if c.levers}
    for row in break_evens(grid, ["beta"], made, [FRICTION]).itertuples():
        assert row.break_even == pytest.approx(turn)
        assert row.beyond_grid == open_
        assert np.isneginf(row.low) == (open_ in ("low", "both"))
        assert np.isposinf(row.high) == (open_ in ("high", "both"))


@pytest.mark.parametrize(("top", "sides"), [(0.2, 1), (0.6, 2)])
def test_only_cells_beyond_the_floor_count_as_a_side(grid, top, sides):
    made = {
        c.name: np.full((grid.pairs, 1), -8.0 if c.levers[FRICTION] < 1 else top)
        for c in grid.cases
        if c.levers
    }
    found = break_evens(grid, ["beta"], made, [FRICTION])
    assert set(found["beyond_floor"]) == {sides}
    assert set(found["crossings"]) == {1}


def test_a_cell_that_is_the_reference_stands_at_zero(grid):
    # Against the cell at the upper end, its own line comes from below and ends at zero.
    other = grid.compared_with("audits enforcement=0.5 strength=1")
    found = break_evens(other, ["beta"], pair_changes(other, ["beta"]), [FRICTION])
    own = found.set_index("others").loc["strength 1"]
    assert own.break_even == 0.5  # the reference is a cell of the line: there it is zero
    assert (own.low, own.high) == (0.5, 0.5)


# Another reference


def test_any_two_cases_of_a_study_are_compared_without_running(grid):
    name = "audits enforcement=0.5 strength=1"
    other = grid.compared_with(name)
    assert other.against == name
    assert {case.name for case in other.cases} == {case.name for case in grid.cases}
    assert other.store is grid.store
    before = grid.values("audits enforcement=1 strength=0.5", "beta")
    np.testing.assert_array_equal(other.values("audits enforcement=1 strength=0.5", "beta"), before)
    there = grid.paired_differences(name, ["beta"])["beta"]
    np.testing.assert_allclose(
        other.paired_differences("base", ["beta"])["beta"], -there, atol=1e-9
    )


def test_a_scenario_with_one_case_may_be_named_by_itself(grid):
    assert grid.compared_with("base").against == "base"
    with pytest.raises(KeyError, match="'audits' has 6 cases"):
        grid.compared_with("audits")
    with pytest.raises(KeyError, match=r"no scenario 'bases' in this study.*did you mean 'base'"):
        grid.compared_with("bases")


def test_cases_with_other_months_are_no_pairs():
    long = fake.scenario("long")
    short = Scenario.model_validate({"name": "short", "horizon": {"end": "2027-12"}})
    cases = (Case("long", long, "long"), Case("short", short, "short"))
    plan = Design(cases, 2, 3)
    with pytest.raises(ScenarioError, match="'short' ends 2027-12, 'long' ends 2030-12"):
        Study(execute(plan, workers=1, simulate=fake.world), plan).compared_with("long")


# Boxes


def test_a_box_is_found_where_the_thing_happens():
    x = np.random.default_rng(1).uniform(0, 1, (600, 4))
    happens = (x[:, 1] > 0.6) & (x[:, 3] < 0.5)
    box = pruned(x, happens, np.arange(600), peel(x, happens), 4)
    assert box.low[1] == pytest.approx(0.6, abs=0.05)
    assert box.high[3] == pytest.approx(0.5, abs=0.05)
    assert (box.low[[0, 2, 3]] == x[:, [0, 2, 3]].min(axis=0)).all()
    assert (box.inside & happens).sum() >= 0.9 * happens.sum()


@pytest.mark.parametrize(("draws", "cases", "numbers"), [(100, 1, 60), (25, 8, 8)])
def test_luck_gives_no_box(draws, cases, numbers):
    """Neither among many numbers, nor where eight cases repeat the luck of a few draws."""
    found = 0
    for seed in range(20):
        x = np.tile(np.random.default_rng(seed).uniform(0, 1, (draws, numbers)), (cases, 1))
        happens = np.tile(np.random.default_rng([seed, 1]).uniform(0, 1, draws) > 0.7, cases)
        draw = np.tile(np.arange(draws), cases)
        found += not pruned(x, happens, draw, peel(x, happens), numbers).inside.all()
    assert found <= 1


@pytest.mark.parametrize(
    ("changes", "direction", "expected"),
    [
        (np.linspace(-10, 0, 50), 1, (-1, 5.0)),
        (np.linspace(-10, 0, 50), -1, (-1, 5.0)),
        (np.linspace(-1, 0, 50), 1, (-1, 0.5)),
        (np.full(50, -9.0), 1, None),
        (np.zeros(50), 1, None),
    ],
)
def test_what_is_looked_for_is_the_change_for_the_worse_that_some_pairs_have(
    changes, direction, expected
):
    found = event(changes, "share", direction)
    assert (found and found[:2]) == expected


def test_boxes_of_a_study_name_levers_with_coverage_and_density():
    draws = [{"leak_hazard": value} for value in np.linspace(0.3, 0.9, 24)]
    found = boxes(other := study(draws, 1), ["beta"], pair_changes(other, ["beta"]))
    # Beta is a share of which less is better. Worse by five points it is only where both levers are
    # at the top, and there where luck is on that side.
    assert dict(zip(found["input"], found["at_least"], strict=True)) == {FRICTION: 1.0, SIDE: 1.0}
    first = found.iloc[0]
    assert (first["side"], first["threshold"], first["coverage"]) == ("higher", 5.0, 1.0)
    assert first["density"] == pytest.approx(6 * first["everywhere"])
    assert first["inside"] == pytest.approx(1 / 6)
