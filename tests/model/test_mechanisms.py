"""Mechanisms that the literature names and other pages of tests do not hold.

Each in its direction of cause.
"""

import numpy as np
import pytest

from sim.vocabulary import CN, OPEN_SOURCE, OPEN_WEIGHTS, US


def test_leaks_carry_controlled_weights_to_actors_whose_route_was_the_gate(
    world_at, decree, release_by_hand
):
    """The faster weights leak, the sooner they can be stripped; what is contained never is."""
    routes = []
    for hazard, contained in ((1.0, 0.0), (0.0, 0.0), (1.0, 1.0)):
        control = {
            "a": decree("controlled", 1.0, origins=(US,)),
            "b": decree("containment", contained, origins=(US,)),
        }
        world = world_at(30, {"leak_hazard": hazard}, **control)
        row = release_by_hand(world, capability=190.0)
        for _ in range(2):
            world.step()
        strip, gated = world.scene.releases[0][1], world.scene.releases[0][7]
        routes.append((strip == row, gated == row))
    assert routes == [(True, False), (False, True), (False, True)]


def test_distillation_brings_chinese_labs_nearer_to_what_they_can_query(world_at, origins):
    """The gap to the best service narrows with the share of it that is closed a year."""
    gaps = []
    for rate in (0.0, 0.5, 0.9):
        world = world_at(48, {"distillation": rate, "capability_noise": 0.0})
        own = [lab.capability() for lab in origins(world, CN)]
        gaps.append(world.frontier.best["true"]["us"] - float(np.mean(own)))
    assert gaps[0] > gaps[1] > gaps[2]


@pytest.mark.parametrize(
    ("part", "moves", "leaves"),
    [
        ("weights", ("adaptable", "openness", "ideas"), ()),
        ("data", ("adaptable", "openness", "ideas"), ()),
        ("code", ("adaptable", "openness", "ideas"), ()),
        ("licence", ("adaptable", "openness"), ("ideas",)),
    ],
)
def test_weights_data_code_and_licence_matter_each_in_its_own_way(
    world_at, release_by_hand, part, moves, leaves
):
    """A licence lets others adapt and teaches nothing; data and code teach more than weights do."""
    found = []
    for share in (0.2, 1.0):
        world = world_at(1, {"secrecy_months": 60.0, "idea_embargo": 0.0, "idea_opacity": 3.0})
        lab = world.labs[world.slugs["meta"]]
        lab.efficiency = 9.0
        parts = {"weights": 0.6, "data": 0.2, "code": 0.2, "licence": 0.2, part: share}
        row = release_by_hand(
            world, lab=lab, mode=OPEN_SOURCE, efficiency=9.0, parts=tuple(parts.values())
        )
        c = world.catalogue.columns
        found.append(
            {
                "adaptable": c.adaptable[row],
                "openness": c.openness[row],
                "ideas": world.ideas.pool(US)[0],
            }
        )
    for name in moves:
        assert found[1][name] > found[0][name], name
    for name in leaves:
        assert found[1][name] == found[0][name], name


def test_a_clean_audit_of_a_chinese_release_lowers_its_perceived_risk_for_the_concerned(world_at):
    """By as much for every origin: what a country makes of it grows with its concern."""
    world = world_at(36)
    c = world.catalogue.columns
    rows = world.market.release[0]
    chinese = world.market.origin == CN
    opened = world.market.mode >= OPEN_WEIGHTS
    c.public_finding[rows], c.clean_weight[rows] = 1, 1.0
    world.adopters.open_market(world.month)
    risk = world.market.terms[0, 3]
    same = world.market.release[0] == rows
    assert (chinese & opened & same).any()
    np.testing.assert_allclose(risk[same], -world.p.clean_effect)
    concern = world.adopters.who.traits[:, :, 1]
    alignment = np.array([info.alignment for info in world.countries])
    order = np.argsort(alignment, kind="stable")
    assert (np.diff(concern[order, 0]) >= 0.0).all()
