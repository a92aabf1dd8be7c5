"""Draws of uncertain numbers: each number has a law, a sample of the unit cube says which point of each law is taken.

A law turns a probability into a value. Samples come from `scipy.stats.qmc`. Sobol points continue: more draws keep the
ones before. A Latin hypercube of another size is another sample.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from pathlib import Path
from statistics import NormalDist

from sim.parameters import PARAMETERS
from sim.problems import ScenarioError, nearest, shown

METHODS = ("latin-hypercube", "sobol")
MOST_DRAWS = 100_000
LARGEST_ENSEMBLE = 64 * 1024 * 1024
TAIL = NormalDist().inv_cdf(0.95)

Draw = dict[str, float]
"""One value for each uncertain number, by name."""

Quantile = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Range:
    """The law of a number known by its 5, 50 and 95 % points.

    A normal with one width below the median and another above it (two-piece normal), so that the three points are met
    exactly, cut at the bounds. Numbers that must be positive are treated so in their logarithm, shares in their logit,
    if the three points allow it.
    """

    low: float
    median: float
    high: float
    bounds: tuple[float, float]

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        to, back = self._scale()
        middle, score = to(self.median), NormalDist().inv_cdf(probability)
        width = (to(self.high) - middle if score > 0 else middle - to(self.low)) / TAIL
        value = back(middle + width * score) if width else self.median
        return min(max(value, self.bounds[0]), self.bounds[1])

    def _scale(self) -> tuple[Quantile, Quantile]:
        if self.bounds == (0.0, 1.0) and self.low > 0.0 and self.high < 1.0:
            return _logit, _logistic
        if self.bounds[0] >= 0.0 and self.low > 0.0:
            return log, exp
        return float, float


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every value between two ends is as likely as another."""

    low: float
    high: float

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return self.low + (self.high - self.low) * probability


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Every factor between two positive ends is as likely as another."""

    low: float
    high: float

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return exp(log(self.low) + log(self.high / self.low) * probability)


@dataclass(frozen=True, slots=True)
class Choice:
    """Every value of a list is as likely as another."""

    values: tuple[float, ...]

    def __call__(self, probability: float) -> float:
        """Return the value at a probability between 0 and 1."""
        return self.values[min(int(probability * len(self.values)), len(self.values) - 1)]


Law = Range | Uniform | LogUniform | Choice


def _logit(share: float) -> float:
    return log(share / (1.0 - share))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + exp(-x)) if x > 0 else exp(x) / (1.0 + exp(x))


def parameter_range(name: str) -> Range:
    """Return the law of a parameter by its 5, 50 and 95 % points (`sim.parameters`)."""
    parameter = PARAMETERS[name]
    return Range(parameter.low, parameter.value, parameter.high, parameter.bounds)


def sample(laws: Mapping[str, Law], draws: int, method: str, seed: int) -> list[Draw]:
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
        Root seed; the sample depends on it, the names' number and the draws' number only.
    """
    import numpy as np
    from scipy.stats import qmc

    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(METHODS.index(method),)))
    maker = qmc.Sobol if method == "sobol" else qmc.LatinHypercube
    cube = maker(len(laws), rng=rng).random(draws)
    inside = np.clip(cube, 2.0**-53, 1.0 - 2.0**-53).tolist()
    return [{name: law(u) for (name, law), u in zip(laws.items(), row, strict=True)} for row in inside]


def read_ensemble(path: Path, label: str, names: Sequence[str]) -> list[Draw]:
    """Return the draws of an ensemble file: CSV, one column per number, one row per draw.

    Parameters
    ----------
    path, label
        The file, and how messages name it.
    names
        What a column may be called.

    Raises
    ------
    ScenarioError
        With every problem of the file.
    """
    try:
        if path.stat().st_size > LARGEST_ENSEMBLE:
            raise ScenarioError([f"{label}: more than {LARGEST_ENSEMBLE // 2**20} MB"])
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ScenarioError([f"{label}: cannot be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise ScenarioError([f"{label}: not UTF-8 text (byte {error.start})"]) from None
    rows = csv.reader(io.StringIO(text, newline=""))
    head = next(rows, [])
    problems = [f"{label}: column {shown(name)}: unknown{nearest(name, names)}" for name in head if name not in names]
    problems += [f"{label}: column {shown(name)} occurs twice" for name in sorted(set(head)) if head.count(name) > 1]
    draws: list[Draw] = []
    for number, row in enumerate(rows, start=2):
        if len(problems) >= 20 or len(draws) == MOST_DRAWS:
            problems.append(
                f"{label}: at most {MOST_DRAWS} draws" if len(draws) == MOST_DRAWS else f"{label}: and so on"
            )
            break
        if len(row) != len(head):
            problems.append(f"{label}: line {number}: {len(row)} values for {len(head)} columns")
            continue
        values = [_number(cell) for cell in row]
        problems += [
            f"{label}: line {number}, {name} = {shown(cell)}: must be a finite number"
            for name, cell, value in zip(head, row, values, strict=True)
            if value is None
        ]
        draws.append({name: value for name, value in zip(head, values, strict=True) if value is not None})
    if not head or not (draws or problems):
        problems.append(f"{label}: needs a first line of names and at least one draw")
    if problems:
        raise ScenarioError(problems)
    return draws


def _number(cell: str) -> float | None:
    try:
        value = float(cell) if len(cell) < 60 else float("nan")
    except ValueError:
        return None
    return value if isfinite(value) else None


def combinations(levers: Mapping[str, Iterable[object]]) -> list[dict[str, object]]:
    """Return every combination of lever values, the last lever varying fastest."""
    found: list[dict[str, object]] = [{}]
    for path, values in levers.items():
        found = [{**one, path: value} for one in found for value in values]
    return found
