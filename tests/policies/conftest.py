"""Worlds under the law of a few policies, for tests of single levers."""

import pytest

from sim.model.law import law_of_month
from sim.vocabulary import OPEN
from tests.model.conftest import decree, origins, policy, release_by_hand, scenario, world_at
from tests.model.labs import named

__all__ = ["decree", "named", "origins", "policy", "release_by_hand", "scenario", "world_at"]
"""Fixtures that worlds of tests/model and of this folder are made with, and how a lab is named."""

DRAWS = range(2, 400, 2)
DRAW = 2


def opened(lab):
    return {
        draw
        for draw in DRAWS
        if lab.decide_mode(150.0, draw, lab.owes(draw, False, lab.model.law)) in OPEN
    }


def published(world, slug, mode):
    """Row of a release that a lab brings out in a mode."""
    lab, row = named(world, slug), len(world.catalogue)
    lab.drafts = []
    lab._draft(world.month, 1000, False, 150.0, 150.0)
    lab.drafts = [lab.drafts[0]._replace(mode=mode, month=world.month)]
    lab.publish(world.month)
    return row


def under(world, *policies):
    """The world with the law of these policies in its present month."""
    named_policies = [(f"p{i}", one) for i, one in enumerate(policies)]
    world.law = law_of_month(world.jurisdictions, named_policies, 36)
    world.tables.read(world.law)
    return world


def kept(world, code="USA"):
    """Share of what developers of a country would build that the duties of modifiers leave.

    By alternative.
    """
    return world.adopters._kept()[
        [c.code for c in world.countries].index(code), world.adopters.market.slot
    ]


@pytest.fixture
def world(world_at):
    return world_at(32)
