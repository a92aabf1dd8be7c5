"""Open releases of closed labs (L15): when they come, what they owe, whom they move."""

import numpy as np
import pytest

from sim.model.duties import OPENING_DRAWS, Opening, covering, is_monetised
from sim.model.openings import open_behind
from sim.vocabulary import API, DEVELOPER, GATED, OPEN, OPEN_SOURCE, US
from tests.policies.conftest import named, under


def opened(world):
    """Rows of the releases that came out of openings."""
    return [i for i, name in enumerate(world.catalogue.names) if " opened " in name]


def closed_of(world, slug):
    """Rows of the closed releases of a lab."""
    c, n = world.catalogue.columns, len(world.catalogue)
    return np.flatnonzero((c.lab[:n] == named(world, slug).index) & (c.mode[:n] == API))


def drafted(world, lab, **fields):
    """Draft that an opening due this month adds to a lab's."""
    usual = {"gap": 7.0, "since": world.month, "cadence": 0, "strength": 1.0}
    parts = (1.0, 0.1, 0.5, 1.0)
    open_behind(world, Opening(lab=lab.index, parts=parts, **{**usual, **fields}))
    return lab.drafts[-1]


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


def test_all_it_takes_is_its_own_best_closed_releases(world, release_by_hand):
    """Though another lab has a better one, and itself one that only measures worse; one may be
    the newest of all. What the lab has in hand stays there."""
    lab = named(world, "openai")
    release_by_hand(world, API, 900.0, named(world, "google"))
    release_by_hand(world, API, 300.0, lab, underlying=800.0, efficiency=1.0)
    release_by_hand(world, API, 400.0, lab, underlying=390.0, efficiency=2.0)
    planned = drafted(world, lab)._replace(name="planned", month=world.month + 3)
    lab.drafts = [planned]
    found = drafted(world, lab)
    assert lab.drafts == [planned, found]
    assert (found.capability, found.underlying, found.efficiency) == (393.0, 383.0, 2.0)
    assert not found.small


def test_strength_is_the_chance_of_each_by_lab_and_month(world_at, policy):
    labs = ("anthropic", "google", "openai")
    fields = {"start": "2025-07", "labs": labs, "cadence_months": 1}
    sure, maybe = (
        world_at(42, opening=policy("L15", strength=strength, **fields)) for strength in (1.0, 0.5)
    )

    def months(world, slug):
        names = [world.catalogue.names[i].split() for i in opened(world)]
        return {month for lab, _, month in names if lab == slug}

    assert all(set() < months(maybe, slug) < months(sure, slug) for slug in labs)
    assert len({frozenset(months(maybe, slug)) for slug in labs}) == len(labs)


def test_each_owes_what_its_own_run_and_number_make_it_owe(world, policy):
    """The duty begins between its run and the lab's largest, or just below its run."""
    lab, half = named(world, "openai"), 3.5 / world.p.capability_slope
    run = lab.training_run(False) - 2.0 * half
    found = {}
    for floor in (run + half, run - half):
        fields = {"threshold_flop": 10.0**floor, "systemic_flop": 1e32, "open_exemption": False}
        under(world, policy("EU_GPAI", strength=0.5, **fields))
        for world.month in range(32, 44):
            lab.expense = 0.0
            draft = drafted(world, lab)
            owed = covering(world.law.compute_duties, lab, draft.draw, run)[OPEN_SOURCE]
            assert lab.expense == sum(duty.cost for duty in owed)
            assert draft.documented == bool(owed)
            found[floor, draft.draw] = draft.documented
    assert len(found) == 24
    assert not any(found[run + half, draw] for floor, draw in found)
    assert {found[run - half, draw] for floor, draw in found} == {True, False}
