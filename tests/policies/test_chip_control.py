"""Chip control (L3): fewer chips and smaller runs, what takes their place, who bears the cost."""

import numpy as np
import pytest

from sim.model.law import law_of_month
from sim.policies import LEVERS
from sim.vocabulary import CN
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


# single labs

LISTED = ("deepseek", "moonshot", "minimax")


def runs(world):
    return {lab.info.slug: lab.run_size() for lab in world.labs}


def test_an_entity_listing_takes_chips_from_the_listed_alone(world_at, policy):
    still = {"reinvestment": 0.0}  # revenue moves runs too
    free = world_at(40, still)
    listed = world_at(40, still, step=policy("L3", start="2025-06", labs=LISTED))
    assert listed.chips.in_china() == free.chips.in_china()
    assert listed.backfire == free.backfire
    ours, theirs = runs(listed), runs(free)
    fallen = {slug for slug in ours if ours[slug] < theirs[slug]}
    assert fallen == set(LISTED)
    assert {slug for slug in ours if ours[slug] == theirs[slug]} == set(ours) - fallen
    scarce = {lab.info.slug: lab.gains["scarcity"] for lab in listed.labs if lab.origin == CN}
    assert {scarce[slug] for slug in LISTED} == {max(scarce.values())}


def test_what_a_listing_took_is_not_given_back_at_its_end(world_at, policy):
    ended, lasting = (
        world_at(46, step=policy("L3", start="2025-06", end=end, labs=("deepseek",)))
        for end in ("2026-03", None)
    )
    lab = named(ended, "deepseek").index
    assert lasting.chips.behind[lab] < ended.chips.behind[lab] < 1.0
    assert ended.chips.shortage_of(lab) == ended.chips.shortage
    assert lasting.chips.shortage_of(lab) > lasting.chips.shortage


def test_a_listing_milder_than_the_control_on_all_changes_no_run(world_at, policy):
    step = policy("L3", start="2025-06", labs=LISTED, stringency=0.5)
    assert runs(world_at(40, step=step)) == runs(world_at(40))


def test_a_lab_whose_listing_is_announced_buys_ahead(world_at, policy):
    fields = {"start": "2026-01", "labs": ("deepseek",), "anticipation_months": 8}
    world = world_at(34, step=policy("L3", **fields))
    assert set(world.chips.behind) == {named(world, "deepseek").index}
    assert min(world.chips.behind.values()) > 1.0


def test_rented_chips_are_lost_to_those_the_rule_names(world_at, policy):
    """In mid 2025 the rented share is the parameter; stringency is none of the rule's business."""
    free = world_at(30)
    for labs, who in (((), {lab.info.slug for lab in free.labs if lab.origin == CN}),
                      (("alibaba",), {"alibaba"})):  # fmt: skip
        rule = policy("L3", start="2025-06", labs=labs, stringency=0.0, remote_access=0.5)
        ours, theirs = runs(world_at(30, rule=rule)), runs(free)
        left = free.p.compute_elasticity * np.log10(1.0 - 0.5 * free.p.rented_share)
        lost = {slug: ours[slug] - theirs[slug] for slug in ours}
        assert {slug for slug, x in lost.items() if x} == who
        assert [lost[slug] for slug in who] == pytest.approx([left] * len(who))


def test_rented_chips_are_a_larger_part_where_china_falls_behind(world_at, policy):
    """They grow with what the rest of the world has."""
    rule = policy("L3", start="2025-06", stringency=0.0, remote_access=1.0)
    loose, strict = (
        world_at(60, rule=rule, step=policy("L3", start="2025-08", stringency=s))
        for s in (0.0, 1.0)
    )
    assert strict.chips.gap < loose.chips.gap < loose.chips.gap_when_stated
    lab = named(loose, "alibaba").index
    assert strict.chips.cut[lab] < loose.chips.cut[lab]
    assert loose.chips.cut[lab] < np.log10(1.0 - loose.p.rented_share)


def test_rented_chips_are_out_of_reach_of_a_listing(world_at, policy):
    step = policy("L3", start="2025-06", labs=("alibaba",))
    cuts = [world_at(45, {"rented_share": share}, step=step).chips.cut for share in (0.0, 0.4)]
    (alone,), (cushioned,) = (cut.values() for cut in cuts)
    assert alone < cushioned < 0.0


@pytest.mark.parametrize("key", ["L3", "L13"])
def test_a_lab_that_is_not_chinese_is_no_target(key):
    with pytest.raises(ValueError, match="mistral is no Chinese lab; Chinese labs: alibaba, "):
        LEVERS[key](labs=("mistral",))
