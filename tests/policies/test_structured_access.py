"""Structured access: which weights are gated, and what better gates stop."""

import numpy as np

from sim.model.duties import Assessment
from sim.model.kernels.misuse import ROUTES_OF_KIND
from sim.vocabulary import API, GATED, GATED_ROUTE, OPEN, US
from tests.policies.conftest import DRAW, DRAWS, named, under


def test_hazardous_weights_are_gated_and_others_are_not(world, policy):
    fields = {
        "hazard_reference": "absolute",
        "assessor_accuracy": 1.0,
        "capability_floor": 0.0,
        "domains": ("fraud",),
    }
    for margin, expected in ((-10.0, {GATED, API}), (180.0, {*OPEN, API})):
        under(world, policy("STRUCTURED_ACCESS", hazard_margin=margin, **fields))
        lab = named(world, "meta")
        lab.drafts = []
        for draw in DRAWS:
            lab._draft(32, draw, False, 150.0, 150.0)
        modes = {draft.mode for draft in lab.drafts}
        assert modes <= expected
        assert modes & (expected - {API})


def test_better_gates_stop_malicious_users_and_leaks(world_at, policy, release_by_hand):
    worlds = world_at(32), world_at(32)
    under(worlds[1], policy("STRUCTURED_ACCESS", vetting=0.5, containment=0.5))
    leaks = []
    for world in worlds:
        for _ in range(40):
            release_by_hand(world, mode=GATED)
        leaks.append({row: month for month, rows in world.releases.leaks.items() for row in rows})
    later = [leaks[1][row] >= month for row, month in leaks[0].items() if row in leaks[1]]
    assert all(later)
    assert sum(leaks[1][row] > month for row, month in leaks[0].items() if row in leaks[1]) > 5
    for world in worlds:
        world.phases[8](world)
    us = ROUTES_OF_KIND[GATED_ROUTE] + US
    one, two = (world.scene.chance[:, :, us] for world in worlds)
    np.testing.assert_allclose(two[one > 0.0] / one[one > 0.0], 0.5)


def test_labs_expect_to_be_barred_if_their_release_is_hazardous(world):
    from sim.model.duties import bars

    lab = named(world, "meta")
    duty = Assessment(
        (lab.index,), 0.0, "absolute", 6.0, 4.0, ("fraud",), 0.8, 0, 0.0, (GATED,), 1.0
    )
    assert bars(duty, lab, 200.0, DRAW)
    assert not bars(duty, lab, 80.0, DRAW)
