"""Calibration by history matching, verified by simulation.

1. A first wave of candidates fills the ranges of the fitted parameters; each is run once.
2. In each block an emulator learns every target from the runs so far. Points whose expected values
   lie further from a target than chance, record and model allow are ruled out, and the next wave is
   drawn from what is left.
3. After the last wave candidates are drawn by the likelihood that the emulators give, and verified
   by several runs of the whole model with luck of their own.
4. In each block verified candidates get the weight by which the likelihood of the runs corrects
   that of the emulators, and are resampled; draws of the ensemble are put together from the blocks.
   Parameters that no target speaks of keep their range: each draw takes a value of them.
5. The ensemble is run anew, as a whole. What it gives for each target is what is reported, so that
   whatever blocks do share, and what other parameters do to targets, shows there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.likelihood import Observed
from sim.calibration.measures import Floats, distance
from sim.calibration.origins import observable
from sim.calibration.simulate import NAMES, simulate
from sim.calibration.waves import Knowledge, columns, first_points, likely_points, next_points
from sim.model.identity import identity
from sim.model.parameters import PARAMETERS
from sim.sweep.draws import Draws
from sim.sweep.execution import Progress
from sim.sweep.sampling import parameter_range

if TYPE_CHECKING:
    from sim.data import Target
    from sim.sweep.workers import Workers


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
        Draws of the ensemble, run as often as verified candidates are.
    central : int
        Runs of the central draw.
    """

    waves: tuple[int, ...] = (1024, 512, 512)
    pool: int = 100_000
    verified: int = 400
    replications: int = 4
    draws: int = 200
    central: int = 16

    @property
    def runs(self) -> int:
        """Runs in all."""
        return sum(self.waves) + (self.verified + self.draws) * self.replications + self.central


QUICK = Sizes((64, 32, 32), 4_000, 32, 4, 24, 4)
"""A try of all steps, no fit."""
OF_ORIGIN = Sizes((512, 256), 20_000, 200, 4, 50, 4)
"""A fit to part of the record, of which draws are few."""


@dataclass(frozen=True)
class Fit:
    """What came out.

    Attributes
    ----------
    scores : array (draw, fitted parameter)
        Draws of the fitted parameters, as normal scores of their ranges.
    ensemble : Draws
        Draws of all parameters.
    values : array (draw, replication, measure)
        What the draws give.
    central : array (fitted parameter,)
        The draw that `central_of` takes, other parameters at the middle of their ranges.
    central_values : array (replication, measure)
        What the central draw gives.
    left : dict of str to list of float
        By block: share of the range that is left after each wave.
    effective : dict of str to float
        By block: effective sample size of the verified candidates.
    explained : dict of str to float
        By target: share of the variance that its last emulator explains in unseen runs.
    """

    scores: Floats
    ensemble: Draws
    values: Floats
    central: Floats
    central_values: Floats
    left: dict[str, list[float]]
    effective: dict[str, float]
    explained: dict[str, float]


def calibrate(
    sizes: Sizes = Sizes(),
    *,
    seed: int = 0,
    targets: Sequence[Observed] = (),
    out: Path | None = None,
    workers: int | Workers | None = None,
    executor: str = "pool",
    progress: Progress = lambda *_: None,
    simulate: Callable[..., Floats] = simulate,
) -> Fit:
    """Fit the parameters to the targets.

    Parameters
    ----------
    sizes
        How much is run.
    seed
        Root seed of all draws and runs.
    targets
        What is fitted; what none of them speaks of keeps its range. Default: the whole record.
    out
        Folder for the runs; a calibration that was stopped goes on from there.
    workers, executor
        As for `sim.run_sweep`.
    progress
        Called with the runs finished, failed and in all.
    simulate
        What runs candidates, as `sim.calibration.simulate.simulate` does.

    Returns
    -------
    Fit
    """
    asked = {"workers": workers, "executor": executor}
    run = Stages(simulate, sizes.runs, seed, out, progress, asked)
    rng = np.random.default_rng([seed, 1])
    known = explored(sizes, run, rng, targets)
    target = known.target
    points, proposed = likely_points(sizes.verified, known, rng)
    found = run(candidates_at(points), sizes.replications, "verified")
    drawn, effective = _resampled(points, found, proposed, target, sizes.draws, rng)
    ensemble = _ensemble(drawn, seed)
    values = run(ensemble, sizes.replications, "ensemble")
    central = central_of(drawn, values, [one.target for one in target.values()])
    return Fit(
        drawn,
        ensemble,
        values,
        central,
        run(candidates_at(central[None]), sizes.central, "central")[0],
        known.left,
        effective,
        {name: emulator.explained for name, emulator in known.emulators.items()},
    )


def explored(
    sizes: Sizes, run: Stages, rng: np.random.Generator, targets: Sequence[Observed] = ()
) -> Knowledge:
    """Return what is known after the waves; arguments are those of `calibrate`."""
    fitted = targets or [Observed(target) for target in observable(None)]
    known = Knowledge.none({one.target.id: one for one in fitted}, sizes.pool)
    for wave, count in enumerate(sizes.waves):
        points = next_points(count, known, rng) if wave else first_points(count, run.seed)
        known = known.after(points, run(candidates_at(points), 1, f"wave-{wave + 1}")[:, 0])
    return known


@dataclass
class Stages:
    """Runs candidates stage by stage: each has luck and a folder of its own."""

    simulate: Callable[..., Floats]
    runs: int
    seed: int
    out: Path | None
    progress: Progress
    asked: dict[str, Any]
    stages: int = 0
    finished: int = 0
    failed: int = 0

    def __call__(self, draws: Draws, replications: int, name: str) -> Floats:
        """Return the measures of candidates: array (candidate, replication, measure)."""
        found = self.simulate(
            draws,
            replications,
            self.seed + self.stages,
            out=self.out / name if self.out else None,
            progress=lambda finished, failed, _: self.progress(
                self.finished + finished, self.failed + failed, self.runs
            ),
            **self.asked,
        )
        whole = np.isfinite(found).all(axis=2)
        self.stages += 1
        self.finished += int(whole.sum())
        self.failed += int((~whole).sum())
        return found


# Points are normal scores: where a parameter stands in its range.


def values_at(scores: Floats, names: tuple[str, ...] = FITTED) -> Floats:
    """Return parameters at normal scores of their ranges: array (point, parameter)."""
    normal = NormalDist()
    laws = [parameter_range(name) for name in names]
    return np.array(
        [[law(normal.cdf(z)) for law, z in zip(laws, row, strict=True)] for row in scores.tolist()]
    )


def candidates_at(scores: Floats) -> Draws:
    """Return the fitted parameters at normal scores: all others keep the middle of their range."""
    middles = {name: p.median for name, p in PARAMETERS.items() if name not in FITTED}
    others = np.tile(list(middles.values()), (len(scores), 1))
    return Draws((*FITTED, *middles), np.concatenate((values_at(scores), others), axis=1))


def central_of(scores: Floats, values: Floats, targets: Sequence[Target]) -> Floats:
    """Return the draw nearest to the median among those that meet the most targets.

    Being near alone would tell little: with as many parameters all draws are about as far from the
    middle, and what is one parameter's middle may miss a target together with another's.

    Parameters
    ----------
    scores
        Array (draw, parameter), in widths of the ranges.
    values
        Array (draw, replication, measure). A draw meets a target if its mean is in range;
        one of which a run failed meets none.
    targets
        Those that were fitted.
    """
    means = values.mean(axis=1)
    met = np.zeros(len(scores), int)
    for target in targets:
        met += [distance(target, x) <= 1.0 for x in means[:, NAMES.index(target.id)].tolist()]
    away = ((scores - np.median(scores, axis=0)) ** 2).sum(axis=1)
    central: Floats = scores[np.argmin(np.where(met == met.max(), away, np.inf))]
    return central


def _resampled(
    points: Floats,
    found: Floats,
    proposed: dict[str, Floats],
    target: dict[str, Observed],
    draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, dict[str, float]]:
    """Return draws put together from the blocks of verified points, and effective sizes by block.

    Systematic resampling, each block in an order of its own.
    """
    drawn, effective = np.empty((draws, len(FITTED))), {}
    for name, block in BLOCKS.items():
        weights = _weights(found, proposed[name], [target[t] for t in block.targets if t in target])
        steps = (np.arange(draws) + rng.random()) / draws
        taken = np.searchsorted(np.cumsum(weights), steps).clip(0, len(weights) - 1)
        drawn[:, columns(block)] = points[rng.permutation(taken)][:, columns(block)]
        effective[name] = float(1.0 / (weights**2).sum())
    return drawn, effective


def _weights(found: Floats, proposed: Floats, targets: Sequence[Observed]) -> Floats:
    """Return weights: the likelihood of the runs over that by which candidates were drawn.

    The largest ones are cut at the square root of the number of candidates times their mean, so
    that none of them is most of the ensemble (Ionides 2008).
    """
    likelihood = np.zeros(len(found))
    for observed in targets:
        scaled = observed.scaled(found[:, :, NAMES.index(observed.target.id)])
        # The world that was observed has luck of its own, and the mean over runs an error.
        luck = np.nanmean(scaled.var(axis=1, ddof=1)) * (1.0 + 1.0 / scaled.shape[1])
        likelihood -= 0.5 * observed.misfit(scaled.mean(axis=1), luck) ** 2
    ratio = np.where(np.isfinite(likelihood), likelihood - proposed, -np.inf)
    weights = np.exp(ratio - ratio.max())
    weights = np.minimum(weights, np.sqrt(len(weights)) * weights.mean())
    normed: Floats = weights / weights.sum()
    return normed


def _ensemble(scores: Floats, seed: int) -> Draws:
    """Return draws of all parameters: fitted ones as given, others spread over their ranges.

    Each of the others in an order of its own, which its name gives: a parameter that comes anew
    changes nobody else's draws.
    """
    from sim.sweep.sampling import sample

    columns = dict(zip(FITTED, values_at(scores).T, strict=True))
    for name in PARAMETERS:
        if name not in FITTED:
            law = {name: parameter_range(name)}
            own = sample(law, len(scores), "latin-hypercube", seed + identity(name))
            columns[name] = own.values[:, 0]
    return Draws(tuple(PARAMETERS), np.stack([columns[name] for name in PARAMETERS], axis=1))
