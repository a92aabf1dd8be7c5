"""Assessment before release (L4): what assessors know."""

from tests.policies.conftest import DRAW, named, under


def test_assessors_know_no_more_of_thresholds_than_their_start_values(world_at, policy):
    found = []
    for threshold in (120.0, 142.0, 170.0):
        world = world_at(30, {"threshold_military": threshold})
        rule = under(world, policy("L4", hazard_reference="absolute")).law.assessments[0]
        lab = named(world, "meta")
        found.append([world.assessor.is_hazardous(rule, lab, x, DRAW) for x in range(140, 190, 5)])
    assert found[0] == found[1] == found[2]
    assert any(found[0])
    assert not all(found[0])
