"""Numbers read the same everywhere, and words follow the ladder at its thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from sim.analysis import rubric, wording


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
    assert wording.significant(x) == text


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
        (1e23, "10^23"),
        (1.5e25, "1.5 x 10^25"),
        (math.inf, "not available"),
    ],
)
def test_numbers_that_were_set(x, text):
    assert wording.plain(x) == text


def test_both_ends_of_an_interval_have_the_same_decimals():
    assert wording.interval(-0.0012, 12.345, HARM) == "0.0 to 12.3"
    assert wording.interval(-12.345, -0.5, HARM) == "−12.3 to −0.5"
    assert wording.interval(math.nan, 1.0, HARM) == "not available"


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
    assert wording.value(x, outcome) == value
    assert wording.difference(x, outcome) == difference


def test_months_and_periods():
    assert wording.month("2026-01") == "January 2026"
    assert wording.period("2027-01", "2030-12") == "January 2027 to December 2030"


def test_listing():
    assert [wording.listing(list(x)) for x in ("", "a", "ab", "abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_where_five_percent_are_less_than_a_pair_the_ends_are_called_interpolated():
    assert [wording.interpolated(n, "pairs") for n in (0, 1, 20, 400)] == [""] * 4
    for n, few in ((4, True), (19, True), (20, False)):
        values = np.arange(float(n))
        low, high = rubric.interval(values)
        assert (np.mean((low <= values) & (values <= high)) < 0.9) == few
        assert bool(wording.interpolated(n, "pairs")) == few
    said = wording.interpolated(19, "replications")
    assert said.startswith("Fewer than 20 replications (19): the ends of 5 to 95 % are interpol")


@pytest.mark.parametrize(
    ("sign", "share", "word"),
    [
        ("++", 1.0, "clear"),
        ("-", 0.9, "clear"),
        ("higher", 0.9, "clear"),
        ("?", 0.899, "likely"),
        ("?", 0.75, "likely"),
        ("?", 0.7499, "cannot tell"),
        ("?", 0.5, "cannot tell"),
        ("?", math.nan, "cannot tell"),
        ("0", 1.0, "no material change"),
        ("0", 0.5, "no material change"),
    ],
)
def test_ladder(sign, share, word):
    assert wording.rung(sign, share) == word


def test_one_replication_is_never_likely():
    one, reference = np.array([5.0]), np.array([10.0])
    sign = rubric.sign(one, reference, "level", 1)
    assert wording.rung(sign, rubric.same_sign(one)) == "cannot tell"


@pytest.mark.parametrize(
    ("positive", "word"),
    [
        (20, "clear"),
        (18, "clear"),
        (17, "likely"),
        (15, "likely"),
        (14, "cannot tell"),
        (10, "cannot tell"),
    ],
)
def test_the_rule_and_the_ladder_together(positive, word):
    """Differences of +1 and -0.5 in 20 replications, far beyond the floor.

    Only the count of signs decides.
    """
    differences = np.array([1.0] * positive + [-0.5] * (20 - positive))
    reference = np.linspace(1.0, 2.0, 20)
    sign = rubric.sign(differences, reference, "level", 1)
    assert wording.rung(sign, rubric.same_sign(differences)) == word


@pytest.mark.parametrize(
    ("sign", "share", "difference", "outcome", "text"),
    [
        ("++", 1.0, 0.1, SHARE, "higher (better)"),
        ("--", 1.0, 5.0, HARM, "higher (worse)"),
        ("+", 0.95, -5.0, HARM, "lower (better)"),
        ("?", 0.8, -5.0, HARM, "likely lower (better)"),
        ("?", 0.8, -0.1, SHARE, "likely lower (worse)"),
        ("?", 0.6, -0.1, SHARE, "cannot tell"),
        ("0", 0.6, -0.1, SHARE, "no material change"),
        ("lower", 1.0, -0.1, Kind("share", "share of use", 0), "lower"),
        ("?", 0.8, 0.1, Kind("level", "months", 0), "likely higher"),
    ],
)
def test_judgement(sign, share, difference, outcome, text):
    assert wording.judgement(wording.rung(sign, share), difference, outcome) == text


def test_the_ends_are_said_with_signs_and_unit():
    assert wording.between(-0.0123, 0.004, SHARE) == "between −1.2 and +0.4 percentage points"
    assert wording.between(-4.21, 12.0, HARM) == "between −4.2 and +12.0 harm a year"
    assert wording.between(math.nan, 1.0, HARM) == "not available"


def test_the_bound_is_said_in_the_unit_of_the_outcome():
    assert wording.within(447.0, HARM) == "within ±8.94 harm a year"
    assert wording.within(0.4, SHARE) == "within ±0.5 percentage points"
    assert wording.within(0.0227, EXPOSURE) == "within ±0.0454 percentage points"
    assert wording.bound(HARM) == "±2 % of the reference's level"
    assert wording.bound(INDEX) == "±0.005 on a scale of 0 to 1"


def test_the_legend_has_the_thresholds_and_one_meaning_for_every_sign():
    text = wording.legend("pairs")
    for part in (
        "+ better",
        "− worse",
        "0 no material change",
        "? undecided",
        "less than 2 % of the reference",
        "0.5 points",
        "or small against chance: the mean is below 0.2 standard deviations",
        "90 % of the pairs",
    ):
        assert text.count(part) == 1
    assert "likely (at least 75 %) or cannot tell" in text


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1200, "1,200 runs")]
)
def test_counts(n, text):
    assert wording.counted(n, "run") == text
