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
    ("sign", "chances", "word"),
    [
        ("++", (1.0, 0.0, 0.0), "clear"),
        ("-", (0.0, 0.9, 0.1), "clear"),
        ("higher", (0.9, 0.1, 0.0), "clear"),
        ("lower", (0.1, 0.89, 0.01), "likely"),
        ("+", (0.5, 0.0, 0.5), "likely"),
        ("?", (0.5, 0.5, 0.0), "cannot tell"),
        ("?", (1.0, 0.0, 0.0), "cannot tell"),  # few pairs
        ("?", (math.nan,) * 3, "cannot tell"),
        ("0", (0.1, 0.0, 0.9), "no material change"),
        ("0", (0.11, 0.0, 0.89), "likely no material change"),
        ("0", (0.0, 0.5, 0.5), "likely no material change"),
    ],
)
def test_ladder(sign, chances, word):
    assert wording.word(sign, rubric.Chances(*chances)) == word
    assert word in wording.RUNGS


@pytest.mark.parametrize(
    ("better", "worse", "word"),
    [
        (20, 0, "clear"),
        (18, 2, "clear"),
        (18, 0, "clear"),
        (17, 2, "likely"),
        (11, 2, "likely"),
        (17, 3, "cannot tell"),
        (9, 2, "likely no material change"),
        (3, 3, "cannot tell"),
        (2, 2, "likely no material change"),
        (2, 0, "no material change"),
    ],
)
def test_the_rule_and_the_ladder_together(better, worse, word):
    """20 pairs, so many of them on either side of the floor, the others within it."""
    changes = np.array([30.0] * better + [-30.0] * worse + [0.0] * (20 - better - worse))
    sign = rubric.sign(changes, "level", 1)
    assert wording.word(sign, rubric.chances(changes, "level")) == word


@pytest.mark.parametrize(
    ("word", "change", "outcome", "text"),
    [
        ("clear", 10.0, SHARE, "higher (better)"),
        ("clear", 5.0, HARM, "higher (worse)"),
        ("clear", math.inf, HARM, "higher (worse)"),
        ("likely", -5.0, HARM, "likely lower (better)"),
        ("likely", -10.0, SHARE, "likely lower (worse)"),
        ("cannot tell", -10.0, SHARE, "cannot tell"),
        ("no material change", -0.1, SHARE, "no material change"),
        ("likely no material change", -0.1, SHARE, "likely no material change"),
        ("clear", -0.1, Kind("share", "share of use", 0), "lower"),
        ("likely", 0.1, Kind("level", "months", 0), "likely higher"),
    ],
)
def test_judgement(word, change, outcome, text):
    assert wording.judgement(word, change, outcome) == text


def test_a_change_is_in_points_or_percent():
    assert wording.change(4.26, SHARE) == "+4.3 points"
    assert wording.change(-2.6, INDEX) == "−2.6 points"
    assert wording.change(-0.01, HARM) == "0.0 %"
    assert wording.change(1234.5, EXPOSURE) == "+1,234.5 %"
    assert wording.change(math.nan, HARM) == "not available"
    assert wording.change(math.inf, HARM) == wording.change(-math.inf, HARM) == "from 0"
    assert wording.change_interval(-4.21, 12.0, HARM) == "−4.2 to 12.0"
    assert wording.change_interval(1.0, math.inf, HARM) == "not available"


def test_a_change_of_a_difference_is_in_its_unit_and_without_a_word():
    uplift = Kind("difference", "units of harm a year", -1)
    assert wording.change(-1.62, uplift) == "−1.62 units of harm a year"
    assert wording.change_interval(-4.21, 12.0, uplift) == "−4.2 to 12.0"
    assert wording.judgement(wording.word("", rubric.Chances(1.0, 0.0, 0.0)), 1.0, uplift) == ""


def test_the_ends_are_said_with_signs_and_unit():
    assert wording.between(-1.23, 0.4, SHARE) == "between −1.2 and +0.4 points"
    assert wording.between(-4.21, 12.0, HARM) == "between −4.2 and +12.0 %"
    assert wording.between(math.nan, 1.0, HARM) == "not available"


def test_the_bound_is_said_in_points_or_percent():
    assert wording.bound(HARM) == wording.bound(EXPOSURE) == "±2 % of the reference"
    assert wording.bound(INDEX) == wording.bound(SHARE) == "±0.5 points"


def test_the_rule_has_the_thresholds_and_one_meaning_for_every_sign(monkeypatch):
    text = " ".join(wording.rule("pairs"))
    for part in (
        "A pair is better or worse if",
        "at least 0.5 points of a share or 2 % of a level",
        "? cannot tell: more than 10 % of the pairs are better and more than 10 % are worse",
        "fewer than 4 and not all are within the floor",
        "0 no material change",
        "called likely no material change",
        "+ better, − worse",
        "clear if at least 90 % of the pairs are on that side, else likely",
        "at least 5 points of a share or 20 % of a level",
    ):
        assert text.count(part) == 1
    monkeypatch.setattr(rubric, "SPLIT", 0.07)
    monkeypatch.setattr(rubric, "AGREEMENT", 0.93)
    monkeypatch.setattr(rubric, "LARGE", {"share": 6.0, "level": 33.0})
    text = " ".join(wording.rule("replications"))
    for part in ("more than 7 % of the replications", "at least 93 %", "6 points", "33 %"):
        assert part in text


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1200, "1,200 runs")]
)
def test_counts(n, text):
    assert wording.counted(n, "run") == text
