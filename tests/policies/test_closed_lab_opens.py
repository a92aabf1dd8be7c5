"""Open releases of closed labs (L15): when they come, what they owe, whom they move."""

import numpy as np
import pytest

from sim.model.duties import OPENING_DRAWS, is_monetised
from sim.vocabulary import API, DEVELOPER, GATED, OPEN, OPEN_SOURCE, US
from tests.policies.conftest import named


def opened(world):
    """Rows of the releases that came out of openings."""
    return [i for i, name in enumerate(world.catalogue.names) if " opened " in name]


def closed_of(world, slug):
    """Rows of the closed releases of a lab."""
    c, n = world.catalogue.columns, len(world.catalogue)
    return np.flatnonzero((c.lab[:n] == named(world, slug).index) & (c.mode[:n] == API))


def test_it_opens_its_best_closed_release_less_the_gap(world_at, policy):
    world = world_at(31, opening=policy("L15", start="2025-07", gap=7.0, cadence_months=0))
    (row,) = opened(world)
    c = world.catalogue.columns
    assert world.catalogue.names[row] == "openai opened 2025-07"
    assert (c.mode[row], c.month[row]) == (OPEN_SOURCE, 30)
    closed = closed_of(world, "openai")
    best = closed[np.argmax(c.capability[closed])]
    for measure in (c.capability, c.underlying):
        assert measure[row] == pytest.approx(measure[best] - 7.0)
    lab = named(world, "openai")
    largest = lab.training_run(False)
    assert c.run[row] == pytest.approx(largest - 7.0 / world.p.capability_slope, abs=1e-3)
    assert (c.weights[row], c.data[row], c.licence[row]) == (1.0, 0.1, 1.0)


def test_the_best_closed_release_counts_and_not_the_newest(world_at, policy, release_by_hand):
    world = world_at(30, opening=policy("L15", start="2025-07", gap=7.0, cadence_months=0))
    weak = release_by_hand(world, API, 90.0, named(world, "openai"))
    world.step()
    (row,) = opened(world)
    c = world.catalogue.columns
    assert closed_of(world, "openai")[-1] == weak
    assert c.capability[row] > c.capability[weak] + 10.0


def test_it_opens_once_or_again_every_so_many_months(world_at, policy):
    for cadence, months in ((0, ["2025-07"]), (3, ["2025-07", "2025-10", "2026-01"])):
        opening = policy("L15", start="2025-07", cadence_months=cadence)
        world = world_at(38, opening=opening)
        assert [world.catalogue.names[i].split()[-1] for i in opened(world)] == months


def test_the_labs_own_releases_and_record_stay_as_they_are(world_at, policy):
    """Without reinvestment and the rivals' lead, which the opening moves as any release would."""
    still = {"reinvestment": 0.0, "lead_slope": 0.0, "catchup_slope": 0.0}
    free, ours = (
        world_at(44, still, **p) for p in ({}, {"opening": policy("L15", start="2025-08")})
    )
    lab, same = named(free, "openai"), named(ours, "openai")
    assert same.leaning() == lab.leaning()
    assert (same.record, same.number, same.next_flagship) == (
        lab.record,
        lab.number,
        lab.next_flagship,
    )
    names = [name for name in ours.catalogue.names if name.startswith("openai")]
    assert [name for name in names if " opened " not in name] == [
        name for name in free.catalogue.names if name.startswith("openai")
    ]


def test_it_owes_what_the_labs_own_releases_owe(world_at, policy):
    """An assessment delays it and may bar it; a safeguard travels with it; duties document it."""
    opening = policy("L15", start="2025-07", cadence_months=0)
    assess = {
        "start": "2025-06", "hazard_reference": "absolute", "capability_floor": 0.0,
        "assessor_accuracy": 1.0, "delay_months": 2,
    }  # fmt: skip
    for margin, mode in ((200.0, OPEN_SOURCE), (-100.0, GATED)):
        duty = policy("L4", hazard_margin=margin, fallback=["gated"], **assess)
        world = world_at(34, opening=opening, duty=duty)
        (row,) = opened(world)
        assert world.catalogue.columns.month[row] == 32
        assert world.catalogue.columns.mode[row] == mode
    barred = policy("L4", hazard_margin=-100.0, fallback=["api"], **assess)
    assert opened(world_at(34, opening=opening, duty=barred)) == []  # it becomes no service
    world = world_at(31, opening=opening, guard=policy("L11", start="2025-06"))
    (row,) = opened(world)
    assert world.catalogue.columns.safeguard[row] > 0
    lab = named(world, "openai")
    assert any(is_monetised(lab, OPENING_DRAWS + month) for month in range(96))


def test_a_lab_without_a_closed_release_opens_nothing(world_at, policy):
    opening = policy("L15", start="2025-07", labs=["databricks"])
    world = world_at(31, opening=opening)
    c, n = world.catalogue.columns, len(world.catalogue)
    mine = c.mode[:n][c.lab[:n] == named(world, "databricks").index]
    assert mine.size
    assert set(mine.tolist()) <= set(OPEN)
    assert opened(world) == []


def test_developers_and_malicious_actors_see_it(world_at, policy):
    """US releases have more of developers' use; the best weights to strip are better."""
    free, ours = (
        world_at(34, **p) for p in ({}, {"opening": policy("L15", start="2025-07", gap=0.0)})
    )
    shares = [
        sum(w.tally.world[DEVELOPER][lab.index] for lab in w.labs if lab.origin == US)
        for w in (free, ours)
    ]
    assert shares[1] > shares[0] + 0.02
    (row,) = opened(ours)[:1]
    assert free.frontier.best_open_of(US) < ours.frontier.best_open_of(US)
    assert any(release == row for release in np.ravel(ours.scene.releases).tolist())
