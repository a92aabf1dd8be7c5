"""Numbers read the same everywhere, and words follow the ladder at its thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from sim import rubric
from sim.report import words


@dataclass(frozen=True)
class Kind:
    kind: str
    unit: str
    direction: int = 1


SHARE = Kind("share", "share of use")
INDEX = Kind("share", "0-1")
HARM = Kind("level", "harm a year", -1)
EXPOSURE = Kind("level", "share of critical use", -1)
USD = Kind("level", "USD a year")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (0.012345, "0.0123"),
        (-0.012345, "−0.0123"),
        (4.5678, "4.57"),
        (9.999, "10.0"),
        (99.95, "100"),
        (1234.5, "1,234"),
        (123456.0, "123,456"),
        (2.88e6, "2.88 million"),
        (999_999.9, "1.00 million"),
        (30e9, "30.0 billion"),
        (1e13, "10.0 trillion"),
        (1.234e-8, "1.23e−08"),
        (math.nan, "not available"),
        (math.inf, "not available"),
    ],
)
def test_significant_digits(x, text):
    assert words.significant(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.1, "0.1"),
        (2.0, "2"),
        (-5.63, "−5.63"),
        (1 / 3, "0.3333"),
        (253_000.0, "253,000"),
        (30e9, "30 billion"),
        (2.88e6, "2.88 million"),
        (0.0005, "0.0005"),
        (0.0, "0"),
        (math.inf, "not available"),
    ],
)
def test_numbers_that_were_set(x, text):
    assert words.plain(x) == text


def test_both_ends_of_an_interval_have_the_same_decimals():
    assert words.interval(-0.0012, 12.345, HARM) == "0.0 to 12.3"
    assert words.interval(-12.345, -0.5, HARM) == "−12.3 to −0.5"
    assert words.interval(math.nan, 1.0, HARM) == "not available"


@pytest.mark.parametrize(
    ("x", "outcome", "value", "difference"),
    [
        (0.4612, SHARE, "46.1 % of use", "+46.1 percentage points"),
        (-0.0004, SHARE, "0.0 % of use", "0.0 percentage points"),
        (0.0123, EXPOSURE, "1.23 % of critical use", "+1.23 percentage points"),
        (-0.0123, INDEX, "−0.012 on a scale of 0 to 1", "−0.012 on a scale of 0 to 1"),
        (12.3456, HARM, "12.3 harm a year", "+12.3 harm a year"),
        (2.2e8, USD, "220 million USD a year", "+220 million USD a year"),
    ],
)
def test_values_and_differences(x, outcome, value, difference):
    assert words.value(x, outcome) == value
    assert words.difference(x, outcome) == difference


def test_months_and_periods():
    assert words.month("2026-01") == "January 2026"
    assert words.period("2027-01", "2030-12") == "January 2027 to December 2030"


def test_listing():
    assert [words.listing(list(x)) for x in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("sign", "share", "word"),
    [
        ("++", 1.0, "clear"),
        ("-", 0.9, "clear"),
        ("?", 0.899, "likely"),
        ("?", 0.75, "likely"),
        ("?", 0.7499, "undecided"),
        ("?", 0.5, "undecided"),
        ("?", math.nan, "undecided"),
        ("0", 1.0, "no material change"),
        ("0", 0.5, "no material change"),
    ],
)
def test_ladder(sign, share, word):
    assert words.rung(sign, share) == word


def test_one_replication_is_never_likely():
    one, reference = np.array([5.0]), np.array([10.0])
    sign = rubric.sign(one, reference, "level", 1)
    assert words.rung(sign, rubric.same_sign(one)) == "undecided"


@pytest.mark.parametrize(
    ("positive", "word"),
    [(20, "clear"), (18, "clear"), (17, "likely"), (15, "likely"), (14, "undecided"), (10, "undecided")],
)
def test_the_rule_and_the_ladder_together(positive, word):
    """Differences of +1 and -0.5 in 20 replications, far beyond the floor: only the count of signs decides."""
    differences = np.array([1.0] * positive + [-0.5] * (20 - positive))
    reference = np.linspace(1.0, 2.0, 20)
    sign = rubric.sign(differences, reference, "level", 1)
    assert words.rung(sign, rubric.same_sign(differences)) == word


@pytest.mark.parametrize(
    ("sign", "share", "difference", "outcome", "text"),
    [
        ("++", 1.0, 0.1, SHARE, "strong gain"),
        ("--", 1.0, 5.0, HARM, "strong loss"),
        ("+", 0.95, -5.0, HARM, "gain"),
        ("?", 0.8, -5.0, HARM, "likely gain"),
        ("?", 0.8, -0.1, SHARE, "likely loss"),
        ("?", 0.6, -0.1, SHARE, "undecided"),
        ("0", 0.6, -0.1, SHARE, "no material change"),
        ("-", 1.0, -0.1, Kind("share", "share of use", 0), "lower"),
        ("?", 0.8, 0.1, Kind("level", "months", 0), "likely higher"),
    ],
)
def test_judgement(sign, share, difference, outcome, text):
    assert words.judgement(sign, share, difference, outcome) == text
