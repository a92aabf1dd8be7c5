"""Chip control (L3): fewer chips and smaller runs, what takes their place, who bears the cost."""

import numpy as np
import pytest

from sim.model.law import law_of_month
from tests.policies.conftest import named


def test_stricter_chip_control_leaves_china_fewer_chips_and_smaller_runs(world_at, policy):
    loose, strict = (
        world_at(22, step=policy("L3", start="2023-06", stringency=s)) for s in (0.6, 1.0)
    )
    assert strict.chips.legal["CN"] < loose.chips.legal["CN"]
    assert strict.stock("cn") < loose.stock("cn")
    assert strict.chips.legal["row"] == loose.chips.legal["row"]
    assert strict.stock("us") == loose.stock("us")
    assert named(strict, "deepseek").run_size() < named(loose, "deepseek").run_size()
    assert named(strict, "meta").run_size() == named(loose, "meta").run_size()


def test_full_chip_control_ends_legal_growth(world_at, policy):
    before, after = (
        world_at(n, step=policy("L3", start="2023-11", stringency=1.0)) for n in (14, 20)
    )
    assert after.chips.legal["CN"] == before.chips.legal["CN"]
    assert after.chips.domestic > before.chips.domestic
    assert after.chips.legal["row"] > before.chips.legal["row"]


def test_the_smuggled_share_is_its_factor_times_the_start_value(world_at, policy):
    for factor in (0.0, 1.0, 3.0):
        world = world_at(12, step=policy("L3", start="2023-01", smuggling=factor))
        assert world.chips.smuggled / world.stock("cn") == pytest.approx(
            factor * world.p.smuggled_share
        )


def test_tighter_control_adds_backfire_that_decays(world_at, policy):
    calm, half, full, eased = (
        world_at(37, **({"step": policy("L3", start="2026-01", stringency=s)} if s else {}))
        for s in (0.0, 0.8, 1.0, 0.3)
    )
    added = [world.backfire - calm.backfire for world in (half, full, eased)]
    assert added[0] > 0.0
    assert added[1] == pytest.approx(2.0 * added[0])  # from 0.6, twice the rise
    assert added[2] == 0.0
    for world in (calm, full):
        world.step()
    left = np.exp(-1.0 / calm.p.backfire_months)
    assert full.backfire - calm.backfire == pytest.approx(left * added[1])


def test_a_control_phased_in_over_months_is_not_many_controls(world_at, policy):
    calm = world_at(50).backfire
    at_once, slowly = (
        world_at(50, step=policy("L3", start="2026-01", stringency=1.0, ramp_months=n)).backfire
        for n in (0, 6)
    )
    assert calm < slowly < at_once * 1.5


def test_chips_made_at_home_take_the_place_of_those_withheld(world_at, policy):
    """Their share rises with a control by arithmetic, their number as substitution is assumed."""
    found = {}
    for response in (0.0, 0.3):
        for strict in (0.0, 1.0):
            world = world_at(
                48,
                {"domestic_substitution": response},
                step=policy("L3", start="2024-01", stringency=strict),
            )
            found[response, strict] = world.chips.domestic, world.observed["compute_domestic_cn"]
    assert found[0.0, 1.0][0] == found[0.0, 0.0][0]
    assert found[0.0, 1.0][1] > found[0.0, 0.0][1]
    assert found[0.3, 1.0][0] > found[0.3, 0.0][0]
    assert found[0.3, 1.0][1] > found[0.0, 1.0][1]


def test_the_strictest_chip_step_in_force_counts(world_at, policy):
    jurisdictions = world_at(0).jurisdictions
    steps = [
        ("a", policy("L3", stringency=0.6)),
        ("b", policy("L3", stringency=0.9, end="2026-03")),
    ]
    found = [law_of_month(jurisdictions, steps, m).stringency for m in (35, 36, 38)]
    assert found == [0.0, 0.9, 0.6]


def test_what_chip_makers_lose_is_theirs(world_at, policy):
    world = world_at(37, step=policy("L3", compliance_cost=2e9))
    assert world.observed["cost_policy_chip_makers"] == 2e9
    plain = world_at(37, step=policy("L3", compliance_cost=0.0))
    assert world.observed["cost_policy_labs"] == plain.observed["cost_policy_labs"]
    assert [lab.offset for lab in world.labs] == [lab.offset for lab in plain.labs]
