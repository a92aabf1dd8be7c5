"""Numbers as text, and the words that may be said of them.

The report and the command line both write numbers through this module, so that a figure reads the
same everywhere: shares in percent and percentage points, everything else with three significant
digits, intervals as "a to b".

The ladder gives each paired difference one of five words, from its sign by the rule of
`sim.analysis.rubric`. `clear`: it has a sign. Of `0`, `no material change`: it is immaterial;
`small against chance`: its interval reaches beyond that, its mean is small against the spread
between runs. Of `?`, `likely`: three replications in four are on one side; `cannot tell`: they are
not.

A word never stands for a direction alone: it says lower or higher, as the outcome itself moves, and
then whether that is better or worse for the goal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from sim.analysis import rubric

MINUS = "\N{MINUS SIGN}"
NOT_AVAILABLE = "not available"

LIKELY = 0.75
"""Share of replications with one sign from which an unclear difference is called likely."""

SINGLE = "One replication shows no chance variation: no words are given. Run at least 8."

WHOLE_PAIRS = 20
"""Pairs from which the 5 % beyond each end of an interval are one pair at least."""

UNCHANGED = "no material change"
SLIGHT = "small against chance"
CANNOT_TELL = "cannot tell"
RUNGS = ("clear", "likely", CANNOT_TELL, SLIGHT, UNCHANGED)
WITH_ENDS = (CANNOT_TELL, SLIGHT)
"""Words that are said with the ends of the interval."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
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


def size(x: float, outcome: Measured) -> str:
    """Return the size of a difference, without its sign: "4.3 percentage points"."""
    return difference(abs(x), outcome).lstrip("+")


def interval(low: float, high: float, outcome: Measured) -> str:
    """Return "low to high" without the unit, both ends with the same decimals."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"{number(low, outcome, high)} to {number(high, outcome, low)}"


def between(low: float, high: float, outcome: Measured) -> str:
    """Return "between -4.1 and +0.5 percentage points": both ends with their signs and the unit."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    ends = f"{signed(number(low, outcome, high))} and {signed(number(high, outcome, low))}"
    return f"between {ends} {unit(outcome, of_difference=True)}".rstrip()


def within(level: float, outcome: Measured) -> str:
    """Return the floor of `no material change` at a level of the reference.

    Such as "within ±0.5 percentage points".
    """
    if not math.isfinite(level):
        return NOT_AVAILABLE
    return f"within ±{size(rubric.bound(level, outcome.kind), outcome)}"


def bound(outcome: Measured) -> str:
    """Return the rule behind `within`: in points, or "±2 % of the reference's level".

    In points it is such as "±0.5 percentage points".
    """
    if outcome.kind == "share":
        return f"±{size(rubric.FLOOR_SHARE, outcome)}"
    return f"±{percent(rubric.FLOOR_RELATIVE, 0)} of the reference's level"


def relative(fraction: float) -> str:
    """Return a relative change: "+4.1 %"."""
    return signed(percent(fraction))


def count_of(share: float, total: int) -> str:
    """Return a share of replications as a count: 0.9375 of 16 gives "15 of 16"."""
    if not math.isfinite(share):
        return NOT_AVAILABLE
    return f"{round(share * total)} of {total}"


# Months


def month(text: str) -> str:
    """Return a month in words: "2026-01" gives "January 2026"."""
    year, number_ = text.split("-")
    return f"{_MONTHS[int(number_) - 1]} {year}"


def period(first: str, last: str) -> str:
    """Return a period in words: "January 2027 to December 2030"."""
    return f"{month(first)} to {month(last)}"


def mean_of(months: Sequence[str], window: int) -> str:
    """Return what a mean is of, for a heading.

    Parameters
    ----------
    months
        The months in the mean, as "YYYY-MM".
    window
        Number of months of the window, kept or not.
    """
    if not months:
        return "no month compared was kept"
    if len(months) == window:
        return f"mean of {months[0]} to {months[-1]}"
    if len(months) == 1:
        return f"{months[0]} alone"
    return f"mean of {len(months)} months from {months[0]} to {months[-1]}"


# Signs and the ladder


def rung(sign: str, share_same_sign: float, slight: bool = False) -> str:
    """Return the word of the ladder for a paired difference.

    Parameters
    ----------
    sign : str
        Result of the sign rule (`sim.analysis.rubric.sign`).
    share_same_sign : float
        Share of replications whose difference has the sign of the mean difference, 0 to 1.
    slight : bool
        Which `0` it is (`sim.analysis.rubric.slight`).
    """
    if sign == "0":
        return SLIGHT if slight else UNCHANGED
    if sign != "?":
        return "clear"
    # A single replication always agrees with itself: the rule gives it no sign, and the ladder no
    # more than that.
    return "likely" if LIKELY <= share_same_sign < rubric.AGREEMENT else CANNOT_TELL


def symbol(sign: str) -> str:
    """Return a sign as printed, with true minus signs."""
    return sign.replace("-", MINUS)


def towards(difference_: float) -> str:
    """Return "higher" or "lower", by the direction in which the outcome itself moves."""
    if not math.isfinite(difference_) or difference_ == 0:
        return "unchanged"
    return "higher" if difference_ > 0 else "lower"


def goal(difference_: float, outcome: Measured) -> str:
    """Return "better" or "worse" by the goal of an outcome; nothing if a move is neither."""
    towards_goal = difference_ * outcome.direction
    if towards_goal == 0 or not math.isfinite(towards_goal):
        return ""
    return "better" if towards_goal > 0 else "worse"


def judgement(word: str, difference_: float, outcome: Measured) -> str:
    """Return what a difference means, such as "lower (better)" or "likely higher (worse)".

    Without a direction: "cannot tell", "no material change".

    An outcome that is neither better nor worse when it moves is called higher or lower.
    """
    return said(word, towards(difference_), difference_, outcome)


def said(word: str, direction: str, difference_: float, outcome: Measured) -> str:
    """Return a word of the ladder with a direction in words and whether that is better or worse."""
    if word in (*WITH_ENDS, UNCHANGED):
        return word
    meant = goal(difference_, outcome)
    return f"{'likely ' if word == 'likely' else ''}{direction}{f' ({meant})' if meant else ''}"


def legend(unit_: str) -> str:
    """Return what the signs mean, wherever they are printed; `unit_` is pairs or replications."""
    agreement, likely, floor = (
        percent(x, 0) for x in (rubric.AGREEMENT, LIKELY, rubric.FLOOR_RELATIVE)
    )
    points = fixed(100 * rubric.FLOOR_SHARE, 1)
    return (
        f"Signs are read towards the factor's goal: + better, {MINUS} worse, doubled where the "
        f"difference is large against the spread between runs of the reference. 0 {UNCHANGED}: at "
        f"least {agreement} of the {unit_} differ by less than {floor} of the reference, for a "
        f"share {points} points; or {SLIGHT}: the mean is below {rubric.SMALL:g} standard "
        f"deviations between runs. ? undecided: neither, and fewer than {agreement} have the same "
        f"sign; in words that is likely (at least {likely}) or {CANNOT_TELL} (fewer)."
    )


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
