"""Draws of uncertain numbers: a law for each number, and a sample of the unit cube.

The sample says which point of each law is taken.

A law turns a probability into a value. Samples come from `scipy.stats.qmc`. Sobol points continue:
more draws keep the ones before. A Latin hypercube of another size is another sample.
"""

from __future__ import annotations

import csv
import io
import stat
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import exp, floor, isfinite, log
from pathlib import Path
from statistics import NormalDist

import numpy as np

from sim.messages import ScenarioError, nearest, shown
from sim.model.parameters import PARAMETERS
from sim.scenario.toml import decoded
from sim.sweep.draws import Draws

METHODS = ("latin-hypercube", "sobol")
MOST_DRAWS = 100_000
LARGEST_ENSEMBLE = 64 * 1024 * 1024
MOST_PROBLEMS = 20
NORMAL = NormalDist()
TAIL = NORMAL.inv_cdf(0.95)
LARGEST_LOG = 709.0  # of what a float can hold; bounds are far below

Quantile = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Range:
    """The law of a number known by its 5, 50 and 95 % points.

    A normal with one width below the median and another above it (two-piece normal), so that the
    three points are met exactly, cut at the bounds. Numbers that must be positive are treated so in
    their logarithm, shares in their logit, if the three points allow it.
    """

    low: float
    median: float
    high: float
    bounds: tuple[float, float]

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        to, back = self._scale()
        middle, score = to(self.median), NORMAL.inv_cdf(probability)
        width = (to(self.high) - middle if score > 0 else middle - to(self.low)) / TAIL
        value = back(middle + width * score) if width else self.median
        return min(max(value, self.bounds[0]), self.bounds[1])

    def _scale(self) -> tuple[Quantile, Quantile]:
        if self.bounds[0] >= 0.0 and self.bounds[1] == 1.0 and self.low > 0.0 and self.high < 1.0:
            return _logit, _logistic
        if self.bounds[0] >= 0.0 and self.low > 0.0:
            return log, _exponential
        return float, float


def _exponential(x: float) -> float:
    return exp(min(x, LARGEST_LOG))


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every value between two ends is as likely as another."""

    low: float
    high: float

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return min(self.low + (self.high - self.low) * probability, self.high)


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Every factor between two positive ends is as likely as another."""

    low: float
    high: float

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        value = exp(log(self.low) + (log(self.high) - log(self.low)) * probability)
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """Every value of a list is as likely as another."""

    values: tuple[float, ...]

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return self.values[min(int(probability * len(self.values)), len(self.values) - 1)]


@dataclass(frozen=True, slots=True)
class Whole:
    """The law of a whole number: another law's value plus a shift, rounded down, at most `high`."""

    law: Range | Uniform | LogUniform
    shift: float
    high: float

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return min(float(floor(self.law(probability) + self.shift)), self.high)


Law = Range | Uniform | LogUniform | Choice | Whole


def of_whole_numbers(law: Range | Uniform | LogUniform) -> Whole:
    """Return a law in whole numbers.

    Between two ends, both whole, each number n is as likely as the law between n and n + 1 if it
    went on to just below high + 1: under a uniform law all are equally likely, the ends included.
    Of a range each number has what lies nearer to it than to any other, so that three points that
    are whole stay where they are.
    """
    if isinstance(law, Range):
        return Whole(law, 0.5, law.bounds[1])
    return Whole(type(law)(law.low, law.high + 1.0), 0.0, law.high)


def _logit(share: float) -> float:
    return log(share / (1.0 - share))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + exp(-x)) if x > 0 else exp(x) / (1.0 + exp(x))


def parameter_range(name: str) -> Range:
    """Return the law of a parameter by its 5, 50 and 95 % points (`sim.model.parameters`)."""
    parameter = PARAMETERS[name]
    return Range(parameter.low, parameter.median, parameter.high, parameter.bounds)


def sample(laws: Mapping[str, Law], draws: int, method: str, seed: int) -> Draws:
    """Return draws of several independent numbers.

    Parameters
    ----------
    laws
        The law of each number by name.
    draws
        How many; a power of 2 for Sobol points.
    method
        One of `METHODS`.
    seed
        Root seed; the sample depends on it, the names' number and order and the draws' number only.
    """
    from scipy.stats import qmc

    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(METHODS.index(method),)))
    maker = qmc.Sobol if method == "sobol" else qmc.LatinHypercube
    cube = np.clip(maker(len(laws), rng=rng).random(draws), 2.0**-53, 1.0 - 2.0**-53)
    for column, law in enumerate(laws.values()):
        cube[:, column] = [law(u) for u in cube[:, column].tolist()]
    return Draws(laws, cube)


def read_ensemble(
    path: Path, label: str, names: Collection[str], whole: Collection[str] = ()
) -> Draws:
    """Return the draws of an ensemble file: CSV, one column per number, one row per draw.

    Parameters
    ----------
    path, label
        The file, and how messages name it.
    names
        What a column may be called.
    whole
        Columns of whole numbers, which may be written 2 or 2.0.

    Raises
    ------
    ScenarioError
        With the problems of the file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ScenarioError([f"{label}: not a file"])
        with path.open("rb") as file:
            content = file.read(LARGEST_ENSEMBLE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ScenarioError([f"{label}: cannot be read: {reason}"]) from None
    if len(content) > LARGEST_ENSEMBLE:
        raise ScenarioError([f"{label}: more than {LARGEST_ENSEMBLE // 2**20} MB"])
    text = decoded(content, label)
    problems: list[str] = []
    values = array("d")
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [cell.strip() for cell in next(rows, [])]
        problems.extend(_head_problems(head, label, names))
        for row in rows:
            if row:
                found = _read_row(row, head, f"{label}: line {rows.line_num}", values, whole)
                problems.extend(islice(found, MOST_PROBLEMS))
            if len(problems) >= MOST_PROBLEMS or len(values) > MOST_DRAWS * max(1, len(head)):
                break
    except csv.Error as error:
        problems.append(f"{label}: line {rows.line_num}: {error}")
    if len(values) > MOST_DRAWS * max(1, len(head)):
        problems.append(f"{label}: at most {MOST_DRAWS} draws")
    if not problems and not values:
        problems.append(f"{label}: needs a first line of names and at least one draw")
    if problems:
        raise ScenarioError(problems)
    return Draws(head, np.frombuffer(values, np.float64).reshape(-1, len(head)))


def _head_problems(head: list[str], label: str, names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the names of an ensemble's columns."""
    unknown = [name for name in head if name not in names]
    for name in unknown[:MOST_PROBLEMS]:
        yield f"{label}: column {shown(name)}: unknown{nearest(name, names)}"
    twice = [name for name, times in Counter(head).items() if times > 1]
    yield from (f"{label}: column {shown(name)} occurs twice" for name in twice[:MOST_PROBLEMS])


def _read_row(
    row: list[str], head: list[str], where: str, values: array[float], whole: Collection[str]
) -> Iterator[str]:
    """Add the numbers of a row to the values, or yield what is wrong with it."""
    if len(row) != len(head):
        yield f"{where}: {len(row)} values for {len(head)} columns"
        return
    for name, cell in zip(head, row, strict=True):
        value = _number(cell)
        if value is None:
            yield f"{where}, {shown(name)} = {shown(cell)}: must be a finite number"
        elif name in whole and not value.is_integer():
            yield f"{where}, {shown(name)} = {shown(cell)}: must be a whole number"
        else:
            values.append(value)


def _number(cell: str) -> float | None:
    try:
        value = float(cell) if len(cell) < 60 else float("nan")
    except ValueError:
        return None
    return value if isfinite(value) else None
