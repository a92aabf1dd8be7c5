"""Barriers to distillation (L13): who learns less, from whom instead, how long sanctions last."""

from sim import data
from sim.model.randomness import Streams
from sim.vocabulary import CN, US


def test_a_sanction_lasts_its_months(policy):
    barrier = policy("L13", start="2026-01", end="2026-02", sanction_prob=1.0, sanction_months=3)
    months = [m for m in range(30, 48) if barrier.sanctioned("deepseek", m, Streams(1, 0))]
    assert months == [36, 37, 38]


def test_barriers_to_services_slow_those_who_distil(world_at, policy):
    plain = world_at(27)
    barred = world_at(
        27, barrier=policy("L13", start="2025-03", detect_prob=0.8, sanction_prob=0.0)
    )
    pairs = [
        (one.gains["distilled"], two.gains["distilled"])
        for one, two in zip(plain.labs, barred.labs, strict=True)
    ]
    assert all(two <= one for one, two in pairs)
    assert any(two < one for one, two in pairs)
    own = [
        [lab.gains[kind] for lab in world.labs for kind in ("own", "public", "scarcity")]
        for world in (plain, barred)
    ]
    assert own[0] == own[1]


def test_a_barred_student_asks_the_teacher_it_learns_most_from(world_at, decree):
    """A wall round US services leaves those of others.

    What a lab learns falls, and it comes from elsewhere.
    """
    world = world_at(36, bar=decree("distillation_barrier", 0.0, "2025-12", origins=(US,)))
    student = next(lab for lab in world.labs if lab.origin == CN and lab.distilled > 0.0)
    known = world.releases.teachers[0][0][0] - 60.0
    open_score, open_origin, _ = world_at(36).releases.teacher(
        world_at(36).labs[student.index], known
    )
    score, origin, share = world.releases.teacher(student, known)
    assert origin != US
    assert share == 1.0
    assert score <= open_score
    assert open_origin == US or score == open_score


def test_sanctions_last_and_are_drawn_by_lab(policy):
    one = policy("L13", start="2024-01", sanction_prob=0.5, sanction_months=6)
    streams = Streams(3, 0)
    paths = [
        [one.sanctioned(lab, m, streams) for m in range(12, 84)]
        for lab in (lab.slug for lab in data.labs()[:12])
    ]
    assert len({tuple(path) for path in paths}) > 6
    for path in paths:
        runs = "".join("x" if hit else " " for hit in path).strip().split()
        assert all(len(run) >= 6 for run in runs[:-1])
    assert not any(one.sanctioned("deepseek", m, None) for m in range(12, 84))


def test_a_blacklist_stops_those_it_names(world_at, policy):
    """With ``labs`` nobody else meets the barrier or a sanction."""
    named_labs = ("deepseek", "moonshot", "minimax")
    barrier = policy("L13", start="2025-03", labs=named_labs, sanction_prob=1.0)
    caught = barrier.drawn(38, Streams(1, 0))
    assert caught
    assert set(caught) <= set(named_labs)
    law = world_at(39, barrier=barrier).law
    stopped = [lab for lab, row in zip(data.labs(), law.distillation_barrier, strict=True)
               if row.min() < 1.0]  # fmt: skip
    assert {lab.slug for lab in stopped} == set(named_labs)
