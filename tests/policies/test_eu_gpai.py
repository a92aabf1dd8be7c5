"""Duties of the EU on general-purpose models: exemptions, thresholds, dates, modifiers."""

import numpy as np
import pytest

from sim.model.duties import PUBLIC_DRAWS, is_monetised
from sim.months import month_index
from sim.scenario.scenario import load
from sim.vocabulary import API, DEVELOPER, OPEN_SOURCE, OPEN_WEIGHTS
from tests.policies.conftest import DRAW, DRAWS, kept, named, under


def test_the_exemption_of_open_source_moves_something_after_the_handover():
    """It did not while every flagship counted as its lab's largest run.

    That run is above the systemic threshold.
    """
    from sim.model.world import World

    found = []
    for name in ("eu-exemption", "eu-no-exemption"):
        world = World(load(name, settings=["horizon.end=2026-12"]), rng=1)
        found.append(world.run().values)
    assert (found[0] != found[1]).any(axis=0).sum() > 10


def test_a_systemic_release_is_a_general_purpose_one(policy):
    with pytest.raises(ValueError, match="systemic_flop 1e\\+24 is below threshold_flop 1e\\+26"):
        policy("EU_GPAI", threshold_flop=1e26, systemic_flop=1e24)


def test_releases_of_public_programmes_are_never_monetised(world):
    lab = named(world, "meta")
    assert not any(is_monetised(lab, PUBLIC_DRAWS + month) for month in range(96))
    assert any(is_monetised(lab, draw) for draw in DRAWS)


def duties(world, policy, mode, run, monetised, **fields):
    """Whether the base duty and the systemic one bind a release of Meta's.

    By its mode, run and business.
    """
    lab = named(world, "meta")
    law = under(world, policy("EU_GPAI", burden=0.1, **{"open_exemption": True, **fields})).law
    draw = next(draw for draw in DRAWS if is_monetised(lab, draw) == monetised)
    lab.offset += run - lab.training_run(False)
    floors = [duty.floor for duty in lab.owes(draw, False, law)[mode]]
    return 23.0 in floors, 25.0 in floors


@pytest.mark.parametrize(
    ("mode", "run", "monetised", "fields", "expected"),
    [
        (API, 24.0, True, {}, (True, False)),
        (API, 25.5, True, {}, (True, True)),
        (API, 22.5, True, {}, (False, False)),
        (OPEN_SOURCE, 24.0, False, {}, (False, False)),
        (OPEN_SOURCE, 24.0, True, {}, (True, False)),
        (OPEN_SOURCE, 24.0, True, {"monetised_exempt": True}, (False, False)),
        (OPEN_SOURCE, 25.5, False, {}, (True, True)),
        (OPEN_WEIGHTS, 24.0, False, {}, (True, False)),
        (OPEN_SOURCE, 24.0, False, {"open_exemption": False}, (True, False)),
    ],
)
def test_the_exemption_and_its_loss(world_at, policy, mode, run, monetised, fields, expected):
    assert duties(world_at(32), policy, mode, run, monetised, **fields) == expected


def test_the_exemption_makes_licences_free(world_at, policy):
    free = []
    for exemption in (True, False):
        world = under(
            world_at(32),
            policy("EU_GPAI", burden=2.0, open_exemption=exemption, monetised_exempt=True),
        )
        lab = named(world, "meta")
        lab.offset += 24.5 - lab.training_run(False)
        free.append(
            {
                draw
                for draw in DRAWS
                if lab._licence(draw, lab.owes(draw, False, world.law)) == OPEN_SOURCE
            }
        )
    assert free[1] < free[0]


def test_duties_bind_firms_of_every_origin_and_document_their_releases(world, policy):
    under(world, policy("EU_GPAI", open_exemption=False, burden=0.0))
    for slug in ("meta", "alibaba", "mistral"):
        lab = named(world, slug)
        lab.drafts = []
        lab.offset += 25.5 - lab.training_run(False)
        lab._draft(32, DRAW, False, 150.0, 150.0)
        assert lab.drafts[0].documented
        assert not lab.drafts[0].rationale
        assert lab.expense == pytest.approx(6e6)
    assert all(
        not lab.owes(DRAW, False, world.law)[OPEN_SOURCE] for lab in world.labs if lab.fringe
    )


def test_the_eus_duties_grow_to_full_force_when_enforcement_begins():
    """The months that the scenarios' texts name: applied August 2025, enforced August 2026."""
    duties = load("status-quo").policy["eu-gpai"]
    force = [
        duties.intensity(month_index(m))
        for m in ("2025-07", "2025-08", "2026-07", "2026-08", "2030-12")
    ]
    assert force[0] == 0.0 < force[1] < force[2] < force[3] == force[4] == 1.0
    wide = load("eu-exemption").policy
    assert (wide["eu-gpai"].end, wide["eu-gpai-2026-08"].start) == ("2026-08", "2026-08")
    assert wide["eu-gpai-2026-08"].intensity(month_index("2026-08")) == 1.0


def test_modifiers_in_the_eu_owe_what_open_modifications_are_not_spared(world, policy):
    run = world.catalogue.columns.run[world.adopters.market.release[DEVELOPER]]
    for exemption, floor in ((True, 25.0), (False, 23.0)):
        under(world, policy("EU_GPAI", modifier_loss=0.3, open_exemption=exemption))
        np.testing.assert_array_equal(kept(world, "FRA") < 1.0, run >= floor)
        assert (kept(world, "USA") == 1.0).all()
    assert under(world, policy("EU_GPAI", modifier_loss=0.0)).law.modifier_duties == ()
