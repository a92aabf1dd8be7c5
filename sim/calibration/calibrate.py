"""Calibration by history matching, verified by simulation.

1. A first wave of candidates fills the ranges of the fitted parameters; each is run once.
2. In each block an emulator learns every target from the runs so far. Points whose expected values
   lie further from a target than chance, record and model allow are ruled out, and the next wave is
   drawn from what is left.
3. After the last wave candidates are drawn by the likelihood that the emulators give, and verified
   by several runs of the whole model with luck of their own.
4. Verified candidates get the weight by which the likelihood of the runs corrects that of the
   emulators, and are resampled to the ensemble.

Parameters that no target speaks of keep their range: each draw of the ensemble takes a value of
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim import data
from sim.calibration.blocks import BLOCKS, FITTED, Block
from sim.calibration.emulator import Emulator
from sim.calibration.likelihood import Observed
from sim.calibration.measures import Floats
from sim.calibration.simulate import NAMES, simulate
from sim.model.parameters import PARAMETERS
from sim.sweep.draws import Draws
from sim.sweep.sampling import parameter_range

if TYPE_CHECKING:
    from sim.sweep.workers import Workers

RULED_OUT = 3.0
"""Standard deviations from any target beyond which a point is ruled out (Pukelsheim 1994: 95 % of
any distribution with one mode lie inside)."""
WIDEST = 3.0
"""Normal score beyond which the emulators are not asked: 99.7 % of each range lie inside."""

Told = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is run.

    Attributes
    ----------
    waves : tuple of int
        Candidates of each wave, run once each; powers of 2 fill the first one evenly.
    pool : int
        Points of each block that emulators look at.
    verified, replications : int
        Candidates that are verified, and runs of each.
    draws : int
        Draws of the ensemble.
    """

    waves: tuple[int, ...] = (1024, 512, 512)
    pool: int = 40_000
    verified: int = 400
    replications: int = 8
    draws: int = 200


@dataclass(frozen=True)
class Fit:
    """What came out.

    Attributes
    ----------
    ensemble : Draws
        Draws of all parameters.
    parents : int array (draw,)
        The verified candidate of each draw.
    scores : array (candidate, fitted parameter)
        Verified candidates, as normal scores of their ranges.
    values : array (candidate, replication, measure)
        Their measures.
    weights : array (candidate,)
        Their weights, summing to 1.
    left : dict of str to list of float
        By block: share of the range that is left after each wave.
    explained : dict of str to float
        By target: share of the variance that its last emulator explains in unseen runs.
    """

    ensemble: Draws
    parents: NDArray[np.int64]
    scores: Floats
    values: Floats
    weights: Floats
    left: dict[str, list[float]]
    explained: dict[str, float]

    @property
    def effective(self) -> float:
        """Effective sample size of the verified candidates."""
        return float(1.0 / (self.weights**2).sum())

    @property
    def central(self) -> int:
        """The verified candidate nearest to the posterior median, in widths of the ranges."""
        order = np.argsort(self.scores, axis=0, kind="stable")
        columns = np.arange(self.scores.shape[1])
        below = np.cumsum(self.weights[order], axis=0)
        middle = self.scores[order, columns][(below < 0.5).sum(axis=0), columns]
        away = ((self.scores - middle) ** 2).sum(axis=1)
        held = np.where(self.weights > 0.0, away, np.inf)
        return int(np.argmin(held))


def calibrate(
    sizes: Sizes = Sizes(),
    *,
    seed: int = 0,
    out: Path | None = None,
    workers: int | Workers | None = None,
    tell: Told = lambda _: None,
    simulate: Callable[..., Floats] = simulate,
) -> Fit:
    """Fit the parameters to the targets.

    Parameters
    ----------
    sizes
        How much is run.
    seed
        Root seed of all draws and runs.
    out
        Folder for the runs; a calibration that was stopped goes on from there.
    workers
        As for `sim.compare`.
    tell
        Called with a line about each step.
    simulate
        What runs candidates, as `sim.calibration.simulate.simulate` does.

    Returns
    -------
    Fit
    """

    def run(points: Floats, replications: int, root: int, name: str) -> Floats:
        draws, folder = Draws(FITTED, values_at(points)), out / name if out else None
        return simulate(draws, replications, root, out=folder, workers=workers)

    rng = np.random.default_rng([seed, 1])
    target = {one.id: Observed(one) for one in data.targets() if one.role == "target"}
    known = _Knowledge(target, {}, sizes.pool, {})
    scores, values = np.zeros((0, len(FITTED))), np.zeros((0, len(NAMES)))
    for wave, count in enumerate(sizes.waves):
        points = _next(count, known, rng) if wave else _first(count, seed)
        found = run(points, 1, seed + wave, f"wave-{wave + 1}")[:, 0]
        whole = np.isfinite(found).all(axis=1)
        scores = np.concatenate((scores, points[whole]))
        values = np.concatenate((values, found[whole]))
        known = replace(known, emulators=_learn(scores, values, target))
        tell(f"wave {wave + 1}: {count} candidates, {int((~whole).sum())} failed")
    points, proposed = _likely(sizes.verified, known, rng)
    found = run(points, sizes.replications, seed + len(sizes.waves), "verified")
    weights = _weights(found, proposed, target)
    parents = _resampled(weights, sizes.draws, rng)
    explained = {name: emulator.explained for name, emulator in known.emulators.items()}
    ensemble = _ensemble(points[parents], seed)
    fit = Fit(ensemble, parents, points, found, weights, known.left, explained)
    tell(f"verified: {len(points)} candidates, effective sample size {fit.effective:.0f}")
    return fit


# Points are normal scores: where a parameter stands in its range.


def values_at(scores: Floats, names: tuple[str, ...] = FITTED) -> Floats:
    """Return parameters at normal scores of their ranges: array (point, parameter)."""
    normal = NormalDist()
    laws = [parameter_range(name) for name in names]
    return np.array(
        [[law(normal.cdf(z)) for law, z in zip(laws, row, strict=True)] for row in scores.tolist()]
    )


def _first(count: int, seed: int) -> Floats:
    """Return points that fill the ranges evenly."""
    from scipy.stats import norm, qmc

    cube = qmc.Sobol(len(FITTED), rng=np.random.default_rng([seed, 0])).random(count)
    scores: Floats = np.clip(norm.ppf(np.clip(cube, 1e-9, 1.0 - 1e-9)), -WIDEST, WIDEST)
    return scores


def _columns(block: Block) -> list[int]:
    return [FITTED.index(name) for name in block.parameters]


def _learn(scores: Floats, values: Floats, target: dict[str, Observed]) -> dict[str, Emulator]:
    """Return an emulator of each target, of the parameters of its block."""
    return {
        name: Emulator(
            scores[:, _columns(block)], target[name].scaled(values[:, NAMES.index(name)])
        )
        for block in BLOCKS.values()
        for name in block.targets
    }


@dataclass(frozen=True)
class _Knowledge:
    """What is known of the targets after some waves: emulators, and where points are ruled out."""

    target: dict[str, Observed]
    emulators: dict[str, Emulator]
    pool: int
    left: dict[str, list[float]]

    def look(self, name: str, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return points of a block's range and their misfits, and note the share that is left.

        Arrays (point, parameter) and (point, target).
        """
        block = BLOCKS[name]
        points = np.clip(rng.standard_normal((self.pool, len(block.parameters))), -WIDEST, WIDEST)
        misfits = np.stack(
            [
                self.target[one].misfit(
                    self.emulators[one].predict(points), self.emulators[one].variance
                )
                for one in block.targets
            ],
            axis=1,
        )
        allowed = np.abs(misfits).max(axis=1) < RULED_OUT
        self.left.setdefault(name, []).append(float(allowed.mean()))
        return points, misfits


def _next(count: int, known: _Knowledge, rng: np.random.Generator) -> Floats:
    """Return points of the next wave: in each block any that are not ruled out."""
    points = np.empty((count, len(FITTED)))
    for name, block in BLOCKS.items():
        pool, misfits = known.look(name, rng)
        worst = np.abs(misfits).max(axis=1)
        kept = np.argsort(worst, kind="stable")[: max(count, int((worst < RULED_OUT).sum()))]
        points[:, _columns(block)] = pool[rng.choice(kept, count, replace=False)]
    return points


def _likely(count: int, known: _Knowledge, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return points drawn by the emulators' likelihood, and its logarithm: (point,)."""
    points, proposed = np.empty((count, len(FITTED))), np.zeros(count)
    for name, block in BLOCKS.items():
        pool, misfits = known.look(name, rng)
        likelihood = -0.5 * (misfits**2).sum(axis=1)
        chance = np.exp(likelihood - likelihood.max())
        taken = rng.choice(len(pool), count, p=chance / chance.sum())
        points[:, _columns(block)] = pool[taken]
        proposed += likelihood[taken]
    return points, proposed


def _weights(found: Floats, proposed: Floats, target: dict[str, Observed]) -> Floats:
    """Return weights: the likelihood of the runs over that by which candidates were drawn.

    The largest ones are cut at the square root of the number of candidates times their mean, so
    that none of them is most of the ensemble (Ionides 2008).
    """
    likelihood = np.zeros(len(found))
    for name, observed in target.items():
        if observed.target.mode == "input":
            continue
        scaled = observed.scaled(found[:, :, NAMES.index(name)])
        mean, noise = scaled.mean(axis=1), scaled.var(axis=1, ddof=1) / scaled.shape[1]
        likelihood -= 0.5 * observed.misfit(mean, noise) ** 2
    ratio = np.where(np.isfinite(likelihood), likelihood - proposed, -np.inf)
    weights = np.exp(ratio - ratio.max())
    weights = np.minimum(weights, np.sqrt(len(weights)) * weights.mean())
    normed: Floats = weights / weights.sum()
    return normed


def _resampled(weights: Floats, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which candidate each draw takes: systematic resampling."""
    steps = (np.arange(draws) + rng.random()) / draws
    return np.searchsorted(np.cumsum(weights), steps).clip(0, len(weights) - 1)


def _ensemble(scores: Floats, seed: int) -> Draws:
    """Return draws of all parameters: fitted ones as given, others spread over their ranges."""
    from sim.sweep.sampling import sample

    others = {name: parameter_range(name) for name in PARAMETERS if name not in FITTED}
    spread = sample(others, len(scores), "latin-hypercube", seed)
    names = (*FITTED, *others)
    values = np.concatenate((values_at(scores), spread.values), axis=1)
    order = [names.index(name) for name in PARAMETERS]
    return Draws(tuple(PARAMETERS), values[:, order])
