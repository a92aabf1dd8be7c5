"""The rule of signs against cases made by hand and against the same rule in plain Python."""

import math
import statistics

import numpy as np
import pytest

from sim.analysis import rubric


def signs(differences, reference, kind="level", direction=1):
    return rubric.sign(np.array(differences, float), np.array(reference, float), kind, direction)


TEN = [100.0 + x for x in (-2, -1, 0, 1, 2, -2, -1, 0, 1, 2)]  # sd 1.49


def test_strong_and_plain_signs():
    assert signs([10] * 10, TEN) == "++"
    assert signs([-10] * 10, TEN) == "--"
    assert signs([2.5] * 10, [x + 20 * (i % 2) for i, x in enumerate(TEN)]) == "+"
    assert signs([-2.5] * 10, [x + 20 * (i % 2) for i, x in enumerate(TEN)]) == "-"


def test_signs_are_read_towards_the_goal():
    assert signs([10] * 10, TEN, direction=-1) == "--"
    assert signs([-10] * 10, TEN, direction=-1) == "++"


def test_an_outcome_without_a_goal_is_higher_or_lower_and_never_better_or_worse():
    assert signs([10] * 10, TEN, direction=0) == "higher"
    assert signs([-10] * 10, TEN, direction=0) == "lower"
    assert signs([0] * 10, TEN, direction=0) == "0"
    assert signs([10, -10] * 5, TEN, direction=0) in "0?"


def test_the_floor_of_a_level_is_two_percent_of_the_replications_own_reference():
    assert signs([1.5] * 10, [100.0] * 5 + [100.5] * 5) == "0"
    assert signs([2.0] * 10, [100.0] * 10) == "++"  # exactly 2 % is not inside
    assert signs([1.999] * 10, [100.0] * 10) == "0"
    assert signs([1.5] * 10, [10.0] * 5 + [1000.0] * 5) != "++"


def test_the_floor_of_a_share_is_half_a_point():
    noise = [0.4, 0.41]
    assert signs([0.004] * 2, noise, "share") == "0"
    assert signs([0.005] * 2, noise, "share") == "+"  # exactly half a point is not inside; d = 0.71
    assert signs([0.0499] * 2, [4.0, 4.1], "level") == "0"


def test_the_bound_is_the_floor_at_a_level():
    assert rubric.bound(0.4, "share") == 0.005
    assert rubric.bound(-100.0, "level") == 2.0


def test_nine_in_ten_inside_the_floor_is_no_change():
    assert signs([1.0] * 9 + [50.0], TEN) == "0"
    assert signs([1.0] * 8 + [50.0] * 2, TEN) == "++"


def test_small_d_is_no_change_whatever_the_floor():
    wide = [100.0, 300.0] * 5  # sd 105.4
    assert signs([21.0] * 10, wide) == "0"
    assert signs([21.2] * 10, wide) == "+"
    assert signs([84.0] * 10, wide) == "+"
    assert signs([85.0] * 10, wide) == "++"


def test_nine_in_ten_on_one_side_is_needed():
    assert signs([10.0] * 9 + [-10.0], TEN) == "++"
    assert signs([10.0] * 8 + [-10.0] * 2, TEN) == "?"
    assert signs([10.0] * 8 + [0.0] * 2, TEN) == "?"
    # nine small falls and one huge rise: the mean and most replications point apart
    assert signs([-3.0] * 9 + [200.0], TEN) == "?"


def test_a_reference_that_does_not_vary():
    assert rubric.effect_size(np.zeros(3), np.ones(3)) == 0
    assert rubric.effect_size(np.ones(3), np.ones(3)) == math.inf
    assert rubric.effect_size(-np.ones(3), np.ones(3)) == -math.inf
    assert signs([0.0] * 3, [0.0] * 3) == "0"
    assert signs([1.0] * 3, [0.0] * 3) == "++"


def test_one_replication_decides_nothing():
    assert signs([10.0], [100.0]) == "?"
    assert signs([1.0], [100.0]) == "0"
    assert signs([], []) == "?"
    assert math.isnan(rubric.same_sign(np.array([])))
    assert all(math.isnan(x) for x in rubric.interval(np.array([])))


def test_the_interval_is_five_to_ninety_five_percent():
    assert rubric.interval(np.arange(101.0)) == (5.0, 95.0)


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


def plain(differences, reference, kind, direction):
    """The rule in plain Python, step by step."""
    n = len(differences)
    mean = statistics.fmean(differences)
    sd = statistics.stdev(reference)
    d = mean / sd if sd else (0.0 if mean == 0 else math.copysign(math.inf, mean))
    inside = 0
    for change, level in zip(differences, reference, strict=True):
        if kind == "share":
            inside += abs(change) < 0.005
        else:
            inside += change == 0 or (level != 0 and abs(change / level) < 0.02)
    if inside / n >= 0.9 or abs(d) < 0.2:
        return "0"
    same = sum(1 for change in differences if change * mean > 0)
    if same / n < 0.9:
        return "?"
    if direction == 0:
        return "higher" if mean > 0 else "lower"
    mark = "+" if mean * direction > 0 else "-"
    return mark * 2 if abs(d) > 0.8 else mark


def test_the_rule_is_the_plain_rule():
    rng = np.random.default_rng(20)
    seen = set()
    for case in range(3000):
        n = int(rng.integers(2, 40))
        kind = ("level", "share")[case % 2]
        level = 0.4 if kind == "share" else float(rng.choice([0.0, 3.0, 500.0]))
        spread = float(rng.choice([0.0, 0.01, 0.1])) * (level or 1.0)
        reference = level + spread * rng.standard_normal(n)
        size = float(rng.choice([0.0, 0.002, 0.02, 0.05, 0.2])) * (level or 1.0)
        differences = size * (
            rng.choice([-1.0, 1.0]) + rng.choice([0.0, 0.3, 1.0]) * rng.standard_normal(n)
        )
        direction = int(rng.integers(-1, 2))
        found = rubric.sign(differences, reference, kind, direction)
        assert found == plain(differences.tolist(), reference.tolist(), kind, direction)
        seen.add(found)
    assert seen == {"++", "+", "0", "?", "-", "--", "higher", "lower"}
