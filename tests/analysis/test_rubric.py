"""The rule of signs against made-up studies, its own promises and the same rule in plain Python."""

import math
import statistics
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sim.analysis import rubric

MANY = 20
"""Draws of a made-up study, with `TIMES` replications each."""
TIMES = 4
DRAW = np.repeat(np.arange(MANY), TIMES)


def signs(changes, kind="level", direction=1):
    return rubric.sign(np.array(changes, float), kind, direction)


def study(ours, theirs, kind="level", direction=1, draw=DRAW):
    """Return the sign of a made-up study: arrays (pair,) of scenario and reference."""
    ours, theirs = (np.broadcast_to(np.asarray(x, float), draw.shape) for x in (ours, theirs))
    return signs(rubric.changes(ours, theirs, draw, kind), kind, direction)


NOISE = np.random.default_rng(1).uniform(0.9, 1.1, MANY * TIMES)
HEAVY = np.repeat(np.geomspace(0.01, 10.0, MANY), TIMES) * NOISE
"""Levels over three orders of magnitude between draws, with noise between replications."""


# Made-up studies


def test_a_difference_near_zero_has_neither_percent_nor_sign():
    theirs = 0.01 * (NOISE - 1.0)
    changes = rubric.changes(theirs - 1.5, theirs, DRAW, "difference")
    assert changes == pytest.approx(-1.5)
    assert rubric.chances(changes, "difference") == (0.0, 1.0, 0.0)
    assert rubric.chances(np.zeros(4), "difference") == (0.0, 0.0, 1.0)
    assert rubric.sign(changes, "difference", -1) == ""


@pytest.mark.parametrize(
    ("factor", "found"),
    [
        (1 - 0.01 * NOISE, "0"),  # unanimous and small
        (1 + 0.05 * NOISE, "+"),  # unanimous and moderate
        (1 - 0.30 * NOISE, "--"),  # unanimous and large
        (1 + np.where(np.arange(80) % 3, 0.4, -0.4), "?"),  # split and large
        (1 + np.where(np.arange(80) % 11, 0.4, -0.4), "++"),  # one in eleven does not split it
        (1 + np.where(np.arange(80) % 3, 0.4, 0.0), "+"),  # large where it is anything: likely
    ],
)
@pytest.mark.parametrize("level", [NOISE, HEAVY])
def test_made_up_levels(factor, found, level):
    """How far levels lie apart between draws changes nothing."""
    assert study(level * factor, level) == found


@pytest.mark.parametrize(
    ("points", "found"), [(0.4, "0"), (0.5, "+"), (4.9, "+"), (5.0, "++"), (-3.0, "-"), (0.0, "0")]
)
def test_made_up_shares_are_in_points_whatever_their_level(points, found):
    changes = rubric.changes(np.full(80, points / 100), np.zeros(80), DRAW, "share")
    np.testing.assert_allclose(changes, points)
    assert signs(changes, "share") == found


def test_one_nearly_empty_replication_does_not_decide():
    """A pair is measured by its draw and not by itself: a rise from almost nothing is small."""
    theirs = np.full(80, 100.0)
    ours = theirs * 1.03
    theirs[::TIMES], ours[::TIMES] = 1e-6, 1e-3
    assert np.abs(rubric.changes(ours, theirs, DRAW, "level")).max() < 5
    assert study(ours, theirs) == "+"
    # where every draw has one replication it is one pair of many
    lone = np.arange(80)
    theirs, ours = np.full(80, 100.0), np.full(80, 101.0)
    theirs[3], ours[3] = 1e-6, 1e3
    assert study(ours, theirs, draw=lone) == "0"


def test_a_level_of_nothing_but_zeros_does_not_change():
    assert study(0.0, 0.0) == "0"
    assert rubric.median(rubric.changes(np.zeros(80), np.zeros(80), DRAW, "level")) == 0


def test_what_leaves_a_reference_of_zero_is_beyond_every_floor():
    changes = rubric.changes(np.full(80, 1e-9), np.zeros(80), DRAW, "level")
    assert (changes == math.inf).all()
    assert signs(changes) == "++"
    assert signs(changes, direction=-1) == "--"
    assert rubric.median(changes) == math.inf
    assert rubric.interval(changes) == (math.inf, math.inf)
    some = np.where(np.arange(80) < 30, changes, 1.0)
    assert rubric.chances(some, "level") == (30 / 80, 0.0, 50 / 80)
    assert signs(some) == "0"
    assert rubric.interval(some) == (1.0, math.inf)
    one = np.r_[-math.inf, 1.0, 2.0, math.inf]
    assert rubric.interval(one) == (-math.inf, math.inf), "the ends hold at least 90 % of changes"
    few = np.r_[np.arange(28.0), math.inf, math.inf]
    # 5 % and 95 % of 30 changes lie at places 1.45 and 27.55: down to place 1, up to place 28.
    assert rubric.interval(few) == (1.0, math.inf)
    falls = np.r_[-math.inf, -math.inf, np.arange(2.0, 30.0)]
    assert rubric.interval(falls) == (-math.inf, 28.0)
    torn = np.array([-math.inf, math.inf] * 4)
    assert math.isnan(rubric.median(torn))
    assert signs(torn) == "?"


def test_a_level_that_may_be_negative_is_measured_by_its_size():
    theirs = np.tile([-2.0, 2.0, -2.0, 2.0], MANY)
    np.testing.assert_allclose(rubric.changes(theirs + 1, theirs, DRAW, "level"), 50.0)


# The rule


def test_signs_are_read_towards_the_goal():
    assert [signs([10] * 10, direction=d) for d in (1, -1, 0)] == ["+", "-", "higher"]
    assert [signs([-30] * 10, direction=d) for d in (1, -1, 0)] == ["--", "++", "lower"]


def test_an_outcome_without_a_goal_is_never_better_or_worse():
    assert signs([0] * 10, direction=0) == "0"
    assert signs([10, -10] * 5, direction=0) == "?"


@pytest.mark.parametrize(("kind", "floor", "large"), [("level", 2, 20), ("share", 0.5, 5)])
def test_exactly_the_floor_matters_and_exactly_large_is_large(kind, floor, large):
    assert signs([floor] * 10, kind) == "+"
    assert signs([0.999 * floor] * 10, kind) == "0"
    assert signs([large] * 10, kind) == "++"
    assert signs([0.999 * large] * 10, kind) == "+"


def test_one_pair_in_ten_on_the_other_side_does_not_count():
    assert signs([10] * 9 + [-10]) == "+"
    assert signs([10] * 8 + [-10] * 2) == "?"
    assert signs([1] * 6 + [10, 10, -10, -10]) == "?"
    assert signs([10] * 8 + [-1] * 2) == "+"  # within the floor is no other side
    # nine small falls and one huge rise: the median decides, not the mean
    assert signs([-3.0] * 9 + [200.0]) == "-"


def test_a_doubled_sign_asks_for_a_large_median_and_for_nine_pairs_in_ten():
    assert signs([30] * 9 + [0]) == "++"
    assert signs([30] * 8 + [0] * 2) == "+"
    assert signs([10] * 6 + [90] * 4) == "+"


@pytest.mark.parametrize("pairs", [1, 2, 3, 4])
def test_few_pairs_decide_nothing_beyond_the_floor(pairs):
    assert signs([10.0] * pairs) == ("?" if pairs < 4 else "+")
    assert signs([1.0] * pairs) == "0"
    assert signs([1.0] * (pairs - 1) + [10.0]) == ("?" if pairs < 4 else "0")


def test_no_pairs_are_undecided():
    none = np.array([])
    assert signs(none) == "?"
    assert all(math.isnan(x) for x in (*rubric.chances(none, "level"), rubric.median(none)))
    assert all(math.isnan(x) for x in rubric.interval(none))
    assert len(rubric.changes(none, none, none.astype(int), "level")) == 0


def test_the_interval_is_five_to_ninety_five_percent():
    assert rubric.interval(np.arange(101.0)) == (5.0, 95.0)


def test_the_page_of_the_rule_has_the_numbers_of_the_rule():
    page = Path(__file__).parents[2] / "docs" / "explanation" / "rubric.md"
    text = " ".join(page.read_text(encoding="utf-8").split())
    floor, large = (
        f"{x['share']:g} points or {x['level']:g} %" for x in (rubric.FLOOR, rubric.LARGE)
    )
    split, most = (f"{100 * x:g} % of the pairs are" for x in (rubric.SPLIT, rubric.AGREEMENT))
    for said in (
        f"change of less than {floor} is within the floor",
        f"more than {split} better and more than",
        f"doubled if at least {most} on that side and the median is at least {large}",
        "Fewer than four pairs",
    ):
        assert text.count(said) == 1, said
    assert rubric.FEWEST == 4


# What the rule promises

FINITE = st.floats(-300, 300, allow_subnormal=False)
PAIRS = st.integers(4, 40)
KINDS = st.sampled_from(["level", "share"])
NEIGHBOURS = {
    frozenset(pair)
    for pair in (("0", "+"), ("+", "++"), ("0", "-"), ("-", "--"), *(("?", x) for x in "0+-"))
}


def jump(path, start, end, steps=60):
    """Return two signs that follow on each other and are no neighbours, or None.

    A jump is looked for by halves, until the two ends are the same to the last bits.
    """
    first, last = path(start), path(end)
    for _ in range(steps):
        if first == last or frozenset((first, last)) in NEIGHBOURS:
            return None
        middle = (start + end) / 2
        found = path(middle)
        if frozenset((first, found)) in NEIGHBOURS or first == found:
            start, first = middle, found
        else:
            end, last = middle, found
    return first, last


@given(st.data(), PAIRS, KINDS)
def test_a_sign_never_jumps(data, pairs, kind):
    """Whatever changes turn into whatever others: on the way every sign has its neighbour beside.

    The changes go straight from one set to another; signs are taken at many places in order.
    """
    begin, finish = (data.draw(arrays.arrays(float, pairs, elements=FINITE)) for _ in range(2))

    def path(t):
        return signs(begin + t * (finish - begin), kind)

    places = np.linspace(0, 1, 41)
    for start, end in pairwise(places):
        assert jump(path, start, end) is None


@given(st.data(), PAIRS, KINDS)
def test_a_growing_effect_passes_nothing_plus_and_double_plus_in_this_order(data, pairs, kind):
    effect = data.draw(arrays.arrays(float, pairs, elements=st.floats(0.01, 100)))
    sizes = np.geomspace(1e-4, 1e6, 100)
    found = [signs(size * effect, kind) for size in sizes]
    order = ["0", "+", "++"]
    assert [order.index(sign) for sign in found] == sorted(order.index(sign) for sign in found)
    assert (found[0], found[-1]) == ("0", "++")
    for start, end in pairwise(sizes):
        assert jump(lambda size: signs(size * effect, kind), start, end) is None


@given(
    st.integers(0, 2**32 - 1),
    arrays.arrays(float, MANY, elements=st.floats(1e-6, 1e6)),
    st.floats(-1, 1),
)
def test_the_unit_of_a_level_in_a_draw_changes_nothing(seed, units, effect):
    rng = np.random.default_rng(seed)
    theirs = rng.lognormal(0, 1, 80)
    ours = theirs * (1 + effect * rng.uniform(0, 1, 80))
    unit = np.repeat(units, TIMES)
    changes = rubric.changes(ours, theirs, DRAW, "level")
    np.testing.assert_allclose(
        rubric.changes(ours * unit, theirs * unit, DRAW, "level"), changes, rtol=1e-9, atol=1e-9
    )


@given(st.data(), PAIRS, KINDS, st.sampled_from([-1, 0, 1]))
def test_what_is_good_turned_round_is_bad(data, pairs, kind, direction):
    changes = data.draw(arrays.arrays(float, pairs, elements=FINITE))
    turned = {"+": "-", "-": "+", "++": "--", "--": "++", "higher": "lower", "lower": "higher"}
    found = signs(changes, kind, direction)
    assert signs(-changes, kind, direction) == turned.get(found, found)
    assert sum(rubric.chances(changes, kind)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("found", "paper", "words"),
    [
        ("-", "--", "agrees"),
        ("--", "-", "agrees"),
        ("0", "--", "disagrees"),
        ("+", "--", "disagrees"),
        ("0", "0/+", "agrees"),
        ("++", "0/+", "agrees"),
        ("-", "0/+", "disagrees"),
        ("-", "-/0", "agrees"),
        ("+", "-/0", "disagrees"),
        ("?", "+", "undecided"),
        ("?", None, "paper silent"),
        ("++", "", "paper silent"),
    ],
)
def test_agreement_goes_by_direction(found, paper, words):
    assert rubric.agreement(found, paper) == words


def plain(ours, theirs, draws, kind, direction):
    """The rule in plain Python, step by step."""
    changes = []
    for a, b, draw in zip(ours, theirs, draws, strict=True):
        if kind == "share":
            changes.append(100 * (a - b))
            continue
        own = [abs(level) for level, d in zip(theirs, draws, strict=True) if d == draw]
        size = statistics.fmean(own)
        if size:
            changes.append(100 * (a - b) / size)
        else:
            changes.append(math.copysign(math.inf, a - b) if a != b else 0.0)
    floor, large = (0.5, 5) if kind == "share" else (2, 20)
    n = len(changes)
    rises = sum(change >= floor for change in changes)
    falls = sum(change <= -floor for change in changes)
    if n < 4 and rises + falls:
        return "?"
    if 10 * rises > n and 10 * falls > n:
        return "?"
    middle = statistics.median(changes)
    if -floor < middle < floor:
        return "0"
    if direction == 0:
        return "higher" if middle > 0 else "lower"
    mark = "+" if middle * direction > 0 else "-"
    return mark * 2 if abs(middle) >= large and 10 * max(rises, falls) >= 9 * n else mark


def test_the_rule_is_the_plain_rule():
    rng = np.random.default_rng(20)
    seen = set()
    for case in range(3000):
        kind = ("level", "share")[case % 2]
        draw = np.repeat(np.arange(int(rng.integers(1, 10))), int(rng.integers(2, 6)))
        n = len(draw)
        level = 0.4 if kind == "share" else float(rng.choice([0.0, 3.0, 500.0]))
        theirs = level * (1 + float(rng.choice([0.0, 0.01, 0.1])) * rng.standard_normal(n))
        size = float(rng.choice([0.0, 0.002, 0.02, 0.05, 0.2, 0.4])) * (level or 1.0)
        ours = theirs + size * (
            rng.choice([-1.0, 1.0]) + rng.choice([0.0, 0.3, 1.0]) * rng.standard_normal(n)
        )
        direction = int(rng.integers(-1, 2))
        found = signs(rubric.changes(ours, theirs, draw, kind), kind, direction)
        assert found == plain(ours.tolist(), theirs.tolist(), draw.tolist(), kind, direction)
        seen.add(found)
    assert seen == {"++", "+", "0", "?", "-", "--", "higher", "lower"}
