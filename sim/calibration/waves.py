"""Waves of history matching: what emulators learn from runs, and where they look next.

Points are normal scores: where a parameter stands in its range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.calibration.blocks import BLOCKS, FITTED, Block
from sim.calibration.emulator import Emulator
from sim.calibration.likelihood import Observed
from sim.calibration.measures import Floats
from sim.calibration.simulate import NAMES

RULED_OUT = 3.0
"""Standard deviations from any target beyond which a point is ruled out (Pukelsheim 1994: 95 % of
any distribution with one mode lie inside)."""
WIDEST = 3.0
"""Normal score beyond which the emulators are not asked: 99.7 % of each range lie inside."""


class Pool(NamedTuple):
    """Points of a block's range, and what its emulators expect of them.

    Attributes
    ----------
    points : array (point, parameter)
    expected : dict of str to array (point,)
        By target, on its scale.
    variance : dict of str to float
        By target: that of runs around what is expected.
    """

    points: Floats
    expected: dict[str, Floats]
    variance: dict[str, float]

    def stand(self, target: Mapping[str, Observed]) -> tuple[Floats, Floats]:
        """Return how the points stand to what was observed.

        Returns
        -------
        worst : array (point,)
            Misfit of the target that fits worst.
        likelihood : array (point,)
            Logarithm of the likelihood of all targets.
        """
        worst, likelihood = np.zeros(len(self.points)), np.zeros(len(self.points))
        for name, expected in self.expected.items():
            misfit = target[name].misfit(expected, self.variance[name])
            worst, likelihood = np.maximum(worst, np.abs(misfit)), likelihood - 0.5 * misfit**2
        return worst, likelihood


@dataclass(frozen=True)
class Knowledge:
    """What is known after some waves.

    Attributes
    ----------
    target : dict of str to Observed
        What is fitted to.
    pool : int
        Points of each block that emulators look at.
    scores : array (run, fitted parameter)
        Points that were run.
    values : array (run, measure)
        What they gave.
    emulators : dict of str to Emulator
        By target.
    left : dict of str to list of float
        By block: share of the range that is left after each wave.
    """

    target: dict[str, Observed]
    pool: int
    scores: Floats
    values: Floats
    emulators: dict[str, Emulator]
    left: dict[str, list[float]]

    @classmethod
    def none(cls, target: dict[str, Observed], pool: int) -> Knowledge:
        """Return what is known before the first wave."""
        return cls(target, pool, np.zeros((0, len(FITTED))), np.zeros((0, len(NAMES))), {}, {})

    def after(self, scores: Floats, values: Floats) -> Knowledge:
        """Return what is known with more runs; those that failed are left out."""
        whole = np.isfinite(values).all(axis=1)
        scores = np.concatenate((self.scores, scores[whole]))
        values = np.concatenate((self.values, values[whole]))
        learned = _learn(scores, values, self.target)
        return Knowledge(self.target, self.pool, scores, values, learned, self.left)

    def pool_of(self, name: str, rng: np.random.Generator) -> Pool:
        """Return points that fill the range of a block."""
        block = BLOCKS[name]
        points = np.clip(rng.standard_normal((self.pool, len(block.parameters))), -WIDEST, WIDEST)
        known = {one: self.emulators[one] for one in block.targets if one in self.target}
        return Pool(
            points,
            {one: emulator.predict(points) for one, emulator in known.items()},
            {one: emulator.variance for one, emulator in known.items()},
        )

    def look(self, name: str, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        """Return points of a block's range and how they stand, and note the share that is left."""
        pool = self.pool_of(name, rng)
        worst, likelihood = pool.stand(self.target)
        self.left.setdefault(name, []).append(float((worst < RULED_OUT).mean()))
        return pool.points, worst, likelihood


def columns(block: Block) -> list[int]:
    """Return the places of a block's parameters among the fitted ones."""
    return [FITTED.index(name) for name in block.parameters]


def _learn(scores: Floats, values: Floats, target: dict[str, Observed]) -> dict[str, Emulator]:
    """Return an emulator of each target, of the parameters of its block."""
    return {
        name: Emulator(scores[:, columns(block)], target[name].scaled(values[:, NAMES.index(name)]))
        for block in BLOCKS.values()
        for name in block.targets
        if name in target
    }


def first_points(count: int, seed: int) -> Floats:
    """Return points that fill the ranges evenly: array (point, fitted parameter)."""
    from scipy.stats import norm, qmc

    cube = qmc.Sobol(len(FITTED), rng=np.random.default_rng([seed, 0])).random(count)
    scores: Floats = np.clip(norm.ppf(np.clip(cube, 1e-9, 1.0 - 1e-9)), -WIDEST, WIDEST)
    return scores


def next_points(count: int, known: Knowledge, rng: np.random.Generator) -> Floats:
    """Return points of the next wave: in each block any that are not ruled out."""
    points = np.empty((count, len(FITTED)))
    for name, block in BLOCKS.items():
        pool, worst, _ = known.look(name, rng)
        kept = np.argsort(worst, kind="stable")[: max(count, int((worst < RULED_OUT).sum()))]
        points[:, columns(block)] = pool[rng.choice(kept, count, replace=False)]
    return points


def likely_points(
    count: int, known: Knowledge, rng: np.random.Generator
) -> tuple[Floats, dict[str, Floats]]:
    """Return points drawn by the emulators' likelihood, and its logarithm by block: (point,)."""
    points, proposed = np.empty((count, len(FITTED))), {}
    for name, block in BLOCKS.items():
        pool, _, likelihood = known.look(name, rng)
        taken = taken_by(likelihood, count, rng)
        points[:, columns(block)] = pool[taken]
        proposed[name] = likelihood[taken]
    return points, proposed


def taken_by(likelihood: Floats, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return which points are taken by the logarithm of their likelihood: array (count,)."""
    chance = np.exp(likelihood - likelihood.max())
    return rng.choice(len(likelihood), count, p=chance / chance.sum())
