"""Numbers as text, and the words that may be said of them.

The report and the command line both write numbers through this module, so that a figure reads the
same everywhere: shares in percent and percentage points, everything else with three significant
digits, intervals as "a to b".

The ladder gives each finding one of five words, from its sign and the shares of pairs by the rule
of `sim.analysis.rubric`. With a plus or a minus (or higher, lower) it is `clear` if nine pairs in
ten are on that side beyond the floor, else `likely`. With a `0` it is `no material change` if nine
pairs in ten lie within the floor, else `likely no material change`. With a `?`: `cannot tell`.

A word never stands for a direction alone: it says lower or higher, as the outcome itself moves, and
then whether that is better or worse for the goal.
"""

from __future__ import annotations

import math
from typing import Protocol

from sim.analysis import inputs, rubric

MINUS = "\N{MINUS SIGN}"
NOT_AVAILABLE = "not available"

SINGLE = "One replication shows no chance variation: no words are given. Run at least 8."

WHOLE_PAIRS = 20
"""Pairs from which the 5 % beyond each end of an interval are one pair at least."""

CLEAR = "clear"
LIKELY = "likely"
CANNOT_TELL = "cannot tell"
UNCHANGED = "no material change"
LIKELY_UNCHANGED = f"{LIKELY} {UNCHANGED}"
RUNGS = (CLEAR, LIKELY, CANNOT_TELL, LIKELY_UNCHANGED, UNCHANGED)
WITH_ENDS = (CANNOT_TELL, LIKELY_UNCHANGED)
"""Words that are said with the ends of the interval."""
NOT_FOUND = tuple(inputs.WORDS.values())
"""Said of a difference of costs in place of a word of the ladder; "" says nothing."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_INDEX = "0-1"
HUGE = 1e15
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


class Measured(Protocol):
    """What the texts need to know of an outcome."""

    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def direction(self) -> int: ...


# Numbers


def fixed(x: float, decimals: int) -> str:
    """Return `x` with a fixed number of decimals, a true minus sign and no negative zero."""
    if not math.isfinite(x):
        return NOT_AVAILABLE
    text = f"{x:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def significant(x: float, scale: float | None = None) -> str:
    """Return `x` with three significant digits: 0.0123, 4.56, 1,230, 7.89 million.

    Parameters
    ----------
    x : float
        The number.
    scale : float, optional
        A larger number printed beside it (the wider end of an interval); both then get the same
        decimals.
    """
    if not math.isfinite(x):
        return NOT_AVAILABLE
    size = abs(x) if scale is None else max(abs(x), abs(scale))
    if size == 0:
        return "0"
    size = float(f"{size:.2e}")
    for limit, word in LARGE:
        if size >= limit:
            return f"{fixed(x / limit, _decimals(size / limit))} {word}"
    if size < 1e-6:
        return f"{x:.2e}".replace("-", MINUS)
    return fixed(x, _decimals(size))


def _decimals(size: float) -> int:
    return max(0, 2 - math.floor(math.log10(size)))


def plain(x: float) -> str:
    """Return a number that was set, not measured: up to four digits, none a filled-up zero."""
    if not math.isfinite(x):
        return NOT_AVAILABLE
    if abs(x) >= HUGE:
        digits, power = f"{x:.3e}".split("e")
        mantissa = plain(float(digits))
        return f"10^{int(power)}" if mantissa == "1" else f"{mantissa} x 10^{int(power)}"
    limit, word = next(((limit, f" {word}") for limit, word in LARGE if abs(x) >= limit), (1.0, ""))
    short = float(f"{x / limit:.4g}")
    decimals = max(0, 3 - math.floor(math.log10(abs(short)))) if short else 0
    text = fixed(short, decimals)
    return (text.rstrip("0").rstrip(".") if "." in text else text) + word


def signed(text: str) -> str:
    """Put a plus before a positive number; zero and negative numbers stay as they are."""
    if text == NOT_AVAILABLE or text.startswith(MINUS) or not any(c in "123456789" for c in text):
        return text
    return f"+{text}"


def percent(fraction: float, decimals: int = 1) -> str:
    """Return a fraction in percent: 0.461 gives "46.1 %"."""
    text = fixed(100 * fraction, decimals)
    return text if text == NOT_AVAILABLE else f"{text} %"


# Values and differences of outcomes


def is_percent(outcome: Measured) -> bool:
    """Tell whether an outcome is printed in percent: a share of something.

    An index on a scale of 0 to 1 is not.
    """
    return outcome.unit.startswith("share") or (outcome.kind == "share" and outcome.unit != _INDEX)


def factor(outcome: Measured) -> float:
    """Return the factor from a stored to a printed number."""
    return 100.0 if is_percent(outcome) else 1.0


def unit(outcome: Measured, *, of_difference: bool = False) -> str:
    """Return the unit as printed: "% of use", or percentage points for a difference of shares."""
    if is_percent(outcome) and of_difference:
        return "percentage points"
    if is_percent(outcome):
        return outcome.unit.replace("share", "%", 1) if outcome.unit.startswith("share") else "%"
    return "on a scale of 0 to 1" if outcome.unit == _INDEX else outcome.unit


def number(x: float, outcome: Measured, scale: float | None = None) -> str:
    """Return a value or difference of an outcome in its printed unit, without the unit.

    Shares have one decimal, indices three, everything else three significant digits; `scale` as in
    `significant`.
    """
    if outcome.kind == "share":
        return fixed(x, 3) if outcome.unit == _INDEX else fixed(100 * x, 1)
    k = factor(outcome)
    return significant(k * x, None if scale is None else k * scale)


def value(x: float, outcome: Measured) -> str:
    """Return a level with its unit: "46.1 % of use", "4.56 months"."""
    text = number(x, outcome)
    return text if text == NOT_AVAILABLE else f"{text} {unit(outcome)}".rstrip()


def difference(x: float, outcome: Measured) -> str:
    """Return a signed difference with its unit: "+4.3 percentage points"."""
    text = signed(number(x, outcome))
    return text if text == NOT_AVAILABLE else f"{text} {unit(outcome, of_difference=True)}".rstrip()


def interval(low: float, high: float, outcome: Measured) -> str:
    """Return "low to high" without the unit, both ends with the same decimals."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"{number(low, outcome, high)} to {number(high, outcome, low)}"


# Changes: points of a share, percent of a level of the reference, else the outcome's unit


def change_unit(outcome: Measured) -> str:
    """Return what changes of an outcome are in: "points", "%" of the reference, or its unit."""
    return {"share": "points", "level": "%"}.get(outcome.kind, outcome.unit)


def change(x: float, outcome: Measured) -> str:
    """Return a signed change: "+4.3 points", "−0.9 %"; "from 0" where there is no percentage."""
    if math.isinf(x):
        return "from 0"
    text = change_number(x, outcome)
    return text if text == NOT_AVAILABLE else f"{text} {change_unit(outcome)}"


def change_number(x: float, outcome: Measured) -> str:
    """Return a signed change without the unit."""
    return signed(_of_change(x, outcome))


def change_interval(low: float, high: float, outcome: Measured) -> str:
    """Return the ends of a change as "low to high", without the unit."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"{_of_change(low, outcome, high)} to {_of_change(high, outcome, low)}"


def _of_change(x: float, outcome: Measured, beside: float | None = None) -> str:
    return number(x, outcome, beside) if outcome.kind == "difference" else fixed(x, 1)


def between(low: float, high: float, outcome: Measured) -> str:
    """Return "between −4.1 and +0.5 points": both ends of a change with their signs, the unit."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"between {signed(fixed(low, 1))} and {signed(fixed(high, 1))} {change_unit(outcome)}"


def bound(outcome: Measured) -> str:
    """Return the floor of an outcome: "±0.5 points", "±2 % of the reference"."""
    floor = f"±{rubric.FLOOR[outcome.kind]:g} {change_unit(outcome)}"
    return floor if outcome.kind == "share" else f"{floor} of the reference"


def count(share: float, total: int) -> str:
    """Return a share of pairs as a number: 0.9375 of 16 gives "15"."""
    return f"{round(share * total)}" if math.isfinite(share) else NOT_AVAILABLE


# Months


def month(text: str) -> str:
    """Return a month in words: "2026-01" gives "January 2026"."""
    year, number_ = text.split("-")
    return f"{_MONTHS[int(number_) - 1]} {year}"


def period(first: str, last: str) -> str:
    """Return a period in words: "January 2027 to December 2030"."""
    return f"{month(first)} to {month(last)}"


# Signs and the ladder


def word(sign: str, chances: rubric.Chances) -> str:
    """Return the word of the ladder for a finding; "" for what has no sign.

    Parameters
    ----------
    sign : str
        Result of the sign rule (`sim.analysis.rubric.sign`).
    chances : Chances
        Shares of the pairs above, below and within the floor.
    """
    if not sign:
        return ""
    if sign == "?":
        return CANNOT_TELL
    if sign == "0":
        return UNCHANGED if chances.floor >= rubric.AGREEMENT else LIKELY_UNCHANGED
    return CLEAR if max(chances.higher, chances.lower) >= rubric.AGREEMENT else LIKELY


def symbol(sign: str) -> str:
    """Return a sign as printed, with true minus signs."""
    return sign.replace("-", MINUS)


def towards(change_: float) -> str:
    """Return "higher" or "lower", by the direction in which the outcome itself moves."""
    if math.isnan(change_) or change_ == 0:
        return "unchanged"
    return "higher" if change_ > 0 else "lower"


def goal(change_: float, outcome: Measured) -> str:
    """Return "better" or "worse" by the goal of an outcome; nothing if a move is neither."""
    if outcome.direction == 0 or math.isnan(change_) or change_ == 0:
        return ""
    return "better" if change_ * outcome.direction > 0 else "worse"


def judgement(word_: str, change_: float, outcome: Measured) -> str:
    """Return what a change means, such as "lower (better)" or "likely higher (worse)".

    Without a direction: "cannot tell", "no material change".

    An outcome that is neither better nor worse when it moves is called higher or lower.
    """
    return said(word_, towards(change_), change_, outcome)


def said(word_: str, direction: str, change_: float, outcome: Measured) -> str:
    """Return a word of the ladder with a direction in words and whether that is better or worse."""
    if word_ in (*WITH_ENDS, UNCHANGED, *NOT_FOUND):
        return word_
    meant = goal(change_, outcome)
    return f"{'likely ' if word_ == LIKELY else ''}{direction}{f' ({meant})' if meant else ''}"


def rule(unit_: str) -> list[str]:
    """Return the rule of the signs with its thresholds and words, a sentence or two for each sign.

    Parameters
    ----------
    unit_
        "pairs" or "replications".
    """
    most, split = (percent(x, 0) for x in (rubric.AGREEMENT, rubric.SPLIT))
    floor, large = (
        f"{kinds['share']:g} points of a share or {kinds['level']:g} % of a level"
        for kinds in (rubric.FLOOR, rubric.LARGE)
    )
    sides = (
        f"A {unit_.removesuffix('s')} is better or worse if it changes by at least {floor}, seen "
        "from the factor's goal; else it is within the floor."
    )
    undecided = (
        f"? {CANNOT_TELL}: more than {split} of the {unit_} are better and more than {split} are "
        f"worse; or there are fewer than {rubric.FEWEST} and not all are "
        "within the floor."
    )
    unchanged = (
        f"Otherwise 0 {UNCHANGED}: the median is within the floor; with fewer than {most} of the "
        f"{unit_} there it is called {LIKELY_UNCHANGED}."
    )
    single = (
        f"Otherwise + better, {MINUS} worse, by the side of the median: {CLEAR} if at least "
        f"{most} of the {unit_} are on that side, else {LIKELY}."
    )
    doubled = (
        f"Doubled (++ or {2 * MINUS}): {CLEAR}, and large in itself, with a median of at least "
        f"{large}. What is large is a judgement."
    )
    return [sides, undecided, unchanged, single, doubled]


def interpolated(pairs: int, unit_: str, what: str = "of 5 to 95 %") -> str:
    """Return what the ends of an interval are where 5 % is less than one pair, else nothing.

    Parameters
    ----------
    pairs
        Number of pairs of the study.
    unit_
        "pairs" or "replications".
    what
        Whose ends they are, as in a sentence.
    """
    if not 1 < pairs < WHOLE_PAIRS:
        return ""
    return (
        f"Fewer than {WHOLE_PAIRS} {unit_} ({pairs}): the ends {what} are interpolated between "
        "them, and single ones may lie beyond."
    )


def counted(n: int, noun: str) -> str:
    """Return a number with its noun: "1 replication", "8 replications"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def sample(draws: int, replications: int) -> str:
    """Return how often a scenario was run: "8 replications"; "32 draws of ..., each run once"."""
    if draws == 1:
        return counted(replications, "replication")
    times = "once" if replications == 1 else counted(replications, "time")
    return f"{counted(draws, 'draw')} of the uncertain numbers, each run {times}"


def listing(items: list[str]) -> str:
    """Join names in a sentence: "a", "a and b", "a, b and c"."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
