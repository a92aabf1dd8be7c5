"""Can the calibration find the truth? Fits to made-up records, of which the truth is known.

A truth is a candidate that the emulators were not told of. What one run of it gave takes the place
of the record; another run, with luck of its own, is what has to be foretold. In each fit the rank
of a truth is the share of draws below it. If the fit is right ranks are spread evenly: the middle
90 % of the draws hold 90 % of the truths. Where draws are too sure of themselves ranks pile up at
both ends, in the shape of a U.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import Fit, Sizes, Stages, calibrate, candidates_at, explored
from sim.calibration.likelihood import DISCREPANCY, TAIL, Observed
from sim.calibration.measures import Floats
from sim.calibration.ranks import U_SHAPED, rank, shown
from sim.calibration.record import LEARNED
from sim.calibration.scores import INSIDE
from sim.calibration.simulate import NAMES, simulate
from sim.calibration.waves import RULED_OUT, Knowledge, Pool, columns, taken_by
from sim.sweep.execution import Progress

WIDENINGS = (1.0, 1.5, 2.0, 3.0, 4.0)
"""Factors on the model's own error that are tried, smallest first."""
TRUTHS_SEED = 1_000
"""Beyond the seeds of a fit: the further runs of truths, and after them their fits in full."""

Row = dict[str, Any]
Made = Mapping[str, Observed]
"""A made-up record: what a truth gave in place of each target."""


class Truths(NamedTuple):
    """Candidates of which two runs are known.

    Attributes
    ----------
    scores : array (truth, fitted parameter)
    seen : array (truth, measure)
        The run that takes the place of the record.
    other : array (truth, measure)
        The run that is to be foretold.
    """

    scores: Floats
    seen: Floats
    other: Floats


class Ranks(NamedTuple):
    """Where truths lie among the draws of their fits.

    Attributes
    ----------
    parameters : array (truth, fitted parameter)
        Shares of draws below the truth.
    outcomes : array (truth, outcome)
        The same of the fitted measures of another run of the truth, in the order of `outcomes`.
    widths : array (truth, fitted parameter)
        The 90 % interval of the draws over that of the parameter's range.
    ruled_out : array (truth,)
        Whether the fit rules the truth itself out.
    """

    parameters: Floats
    outcomes: Floats
    widths: Floats
    ruled_out: NDArray[np.bool_]


def outcomes() -> tuple[str, ...]:
    """Return the measures that are fitted, block by block."""
    return tuple(name for block in BLOCKS.values() for name in block.targets)


def held_apart(known: Knowledge, count: int) -> tuple[Knowledge, Floats, Floats]:
    """Take candidates out of the waves and train the emulators on the others.

    Parameters
    ----------
    known
        What is known after the waves.
    count
        How many of the last wave, and as many of the first.

    Returns
    -------
    trained : Knowledge
        Of the others.
    scores, values : array (2 * count, ...)
        Of those held apart: first the last candidates of the last wave, which stand where the
        record ruled nothing out; then the first ones of the first wave, which fill the ranges.

    Raises
    ------
    ValueError
        If fewer than half of the runs would be left.
    """
    runs = len(known.scores)
    if 4 * count > runs:
        raise ValueError(f"{count} truths are too many for {runs} runs: at most {runs // 4}")
    apart = np.concatenate((np.arange(runs - count, runs), np.arange(count)))
    left = np.arange(count, runs - count)
    nothing = Knowledge.none(known.target, known.pool)
    trained = nothing.after(known.scores[left], known.values[left])
    return trained, known.scores[apart], known.values[apart]


def made_up_records(
    seen: Floats, target: Made, rng: np.random.Generator | None = None
) -> list[Made]:
    """Return a record of each truth: the widths of the table around what a run gave.

    Parameters
    ----------
    seen
        Array (truth, measure).
    target
        The targets whose place is taken.
    rng
        Draws the errors that the likelihood assumes: the record's and the model's. Without it what
        the run gave is observed as it is.
    """
    shown = {}
    for name, observed in target.items():
        values = observed.scaled(seen[:, NAMES.index(name)])
        shown[name] = observed.with_error(values, rng) if rng else values
    return [
        {name: replace(observed, at=float(shown[name][truth])) for name, observed in target.items()}
        for truth in range(len(seen))
    ]


def emulated(
    known: Knowledge,
    pools: Mapping[str, Pool],
    truths: Truths,
    records: Sequence[Made],
    draws: int,
    rng: np.random.Generator,
) -> Ranks:
    """Return the ranks of truths in fits by emulators: what a calibration has before it verifies.

    Parameters
    ----------
    known
        Emulators that were not told of the truths.
    pools
        Points of each block.
    truths, records
        The truths, and the record of each.
    draws
        Draws of each fit.
    rng
        Takes draws, and gives runs of them their luck.
    """
    itself = {
        one: known.emulators[one].predict(truths.scores[:, columns(block)])
        for name, block in BLOCKS.items()
        for one in pools[name].expected
    }
    fits = []
    for place, record in enumerate(records):
        scores, other = truths.scores[place], truths.other[place]
        drawn, foretold, worst = np.empty((draws, len(FITTED))), {}, 0.0
        for name, block in BLOCKS.items():
            pool = pools[name]
            taken = taken_by(pool.stand(record)[1], draws, rng)
            drawn[:, columns(block)] = pool.points[taken]
            for one, expected in pool.expected.items():
                luck = pool.variance[one] ** 0.5 * rng.standard_normal(draws)
                foretold[one] = expected[taken] + luck
                misfit = record[one].misfit(itself[one][[place]], pool.variance[one])
                worst = max(worst, float(np.abs(misfit[0])))
        happened = {one: record[one].scaled(other[None, NAMES.index(one)])[0] for one in foretold}
        fits.append(_ranked(drawn, foretold, scores, happened, worst))
    return _together(fits)


def in_full(fits: Sequence[Fit], truths: Truths) -> Ranks:
    """Return the ranks of truths in fits by the whole procedure."""
    ranked = []
    for fit, scores, other in zip(fits, truths.scores, truths.other, strict=True):
        foretold = {one: fit.values[:, :, NAMES.index(one)].ravel() for one in outcomes()}
        happened = {one: other[NAMES.index(one)] for one in foretold}
        ranked.append(_ranked(fit.scores, foretold, scores, happened, 0.0))
    return _together(ranked)


def _ranked(
    drawn: Floats,
    foretold: Mapping[str, Floats],
    scores: Floats,
    happened: Mapping[str, float],
    worst: float,
) -> Ranks:
    """Return the ranks of one truth, without the axis of truths."""
    low, high = np.quantile(drawn, [0.5 - 0.5 * INSIDE, 0.5 + 0.5 * INSIDE], axis=0)
    return Ranks(
        rank(drawn, scores),
        np.array([rank(foretold[one], happened[one]) for one in outcomes()]),
        (high - low) / (2.0 * TAIL),
        np.array(worst >= RULED_OUT),
    )


def _together(fits: Sequence[Ranks]) -> Ranks:
    return Ranks(*(np.array(parts) for parts in zip(*fits, strict=True)))


# What a set of truths shows.


def recovered(ranks: Ranks) -> list[bool]:
    """Return which parameters are recovered: most fits are much narrower than the range.

    The middle one of the 90 % intervals, over the truths, is narrower than `LEARNED` times that of
    the range.
    """
    found: list[bool] = (np.median(ranks.widths, axis=0) < LEARNED).tolist()
    return found


def pooled(ranks: Ranks, learned: Sequence[bool]) -> Row:
    """Return what ranks show of quantities of a kind taken together; None of a kind without any."""
    kinds = {
        "recovered": ranks.parameters[:, np.array(learned)],
        "others": ranks.parameters[:, ~np.array(learned)],
        "outcomes": ranks.outcomes,
    }
    return {kind: shown(of_kind) if of_kind.size else None for kind, of_kind in kinds.items()}


def table(ranks: Ranks, learned: Sequence[bool]) -> Row:
    """Return what the ranks of a set of truths show, as plain tables."""
    widths = np.median(ranks.widths, axis=0).tolist()
    return {
        "truths": len(ranks.parameters),
        "ruled_out": float(ranks.ruled_out.mean()),
        "pooled": pooled(ranks, learned),
        "parameters": [
            {"name": name, "width": widths[i], "recovered": learned[i]}
            | shown(ranks.parameters[:, [i]])
            for i, name in enumerate(FITTED)
        ],
        "outcomes": [
            {"id": name} | shown(ranks.outcomes[:, [i]]) for i, name in enumerate(outcomes())
        ],
    }


def enough(kinds: Row) -> bool:
    """Return whether neither recovered parameters nor outcomes show that draws are too sure.

    Their pooled 90 % intervals do not hold clearly less than 90 % of the truths, and the ranks of
    the parameters are not U-shaped. Those of outcomes are not asked: most of their spread is luck,
    and of so many ranks a U shows that takes nothing worth naming from the intervals.
    """
    told = [kinds[kind] for kind in ("recovered", "outcomes") if kinds[kind]]
    few = any(one["inside90"]["high"] < INSIDE for one in told)
    bent = kinds["recovered"] is not None and kinds["recovered"]["u"] < U_SHAPED
    return not few and not bent


def widening(
    known: Knowledge,
    pools: Mapping[str, Pool],
    truths: Truths,
    records: Sequence[Made],
    learned: Sequence[bool],
    draws: int,
    rng: np.random.Generator,
) -> list[Row]:
    """Return what ranks show if fits allow a larger error of the model, by the factor on it.

    Arguments are those of `emulated` and `pooled`; records stay as they were observed.
    """
    steps = []
    for factor in WIDENINGS:
        allowed = [
            {one: replace(seen, discrepancy=factor * DISCREPANCY) for one, seen in record.items()}
            for record in records
        ]
        kinds = pooled(emulated(known, pools, truths, allowed, draws, rng), learned)
        steps.append({"factor": factor, "enough": enough(kinds), **kinds})
    return steps


@dataclass(frozen=True)
class Asked:
    """What coverage is asked of.

    Attributes
    ----------
    sizes, seed
        Of the fit.
    fit
        Folder with the fit's runs.
    out
        Folder for further runs; what was stopped goes on from there.
    truths
        How many, near the record and as many over the whole ranges.
    full
        How many of the first ones are found by the whole procedure too.
    workers, progress, simulate
        As for `calibrate`.
    """

    sizes: Sizes
    seed: int
    fit: Path
    out: Path
    truths: int = 100
    full: int = 0
    workers: int | None = None
    progress: Progress = lambda *_: None
    simulate: Callable[..., Floats] = simulate


def coverage(asked: Asked) -> Row:
    """Return how often fits hold the truth.

    Returns
    -------
    dict
        ``near`` and ``far``: truths that the record does not rule out, and over the whole ranges;
        in each ``with`` and ``without`` the errors of a record that the likelihood assumes (see
        `table`). ``widening``: near truths by factor on the model's own error, and ``factor``, the
        smallest at which neither parameters nor outcomes show that draws are too sure; None if none
        is. ``full``: near truths by the whole procedure, or None.
    """
    sizes, rng = asked.sizes, np.random.default_rng([asked.seed, 1])
    told = {"workers": asked.workers, "executor": "pool"}
    runs = Stages(asked.simulate, sum(sizes.waves), asked.seed, asked.fit, asked.progress, told)
    known, scores, seen = held_apart(explored(sizes, runs, rng), asked.truths)
    further = Stages(
        asked.simulate, len(scores), asked.seed + TRUTHS_SEED, asked.out, asked.progress, told
    )
    other = further(candidates_at(scores), 1, "truths")[:, 0]
    whole = np.isfinite(other).all(axis=1)
    rng = np.random.default_rng([asked.seed, 2])
    pools = {name: known.pool_of(name, rng) for name in BLOCKS}
    near = np.arange(len(scores)) < asked.truths
    ranks, records = {}, {}
    for name, rows in (("near", near & whole), ("far", ~near & whole)):
        truths = Truths(scores[rows], seen[rows], other[rows])
        for error, errors in (("with", rng), ("without", None)):
            made = made_up_records(truths.seen, known.target, errors)
            records[name, error] = truths, made
            ranks[name, error] = emulated(known, pools, truths, made, sizes.verified, rng)
    learned = recovered(ranks["near", "with"])
    found: Row = {
        name: {error: table(ranks[name, error], learned) for error in ("with", "without")}
        for name in ("near", "far")
    }
    truths, made = records["near", "with"]
    steps = widening(known, pools, truths, made, learned, sizes.verified, rng)
    least = next((step["factor"] for step in steps if step["enough"]), None)
    full = _full(asked, truths, made, learned) if asked.full else None
    return found | {"widening": steps, "factor": least, "full": full}


def _full(asked: Asked, truths: Truths, made: Sequence[Made], learned: Sequence[bool]) -> Row:
    """Return what fits by the whole procedure show of the first truths."""
    first = Truths(*(rows[: asked.full] for rows in truths))
    fits = [
        calibrate(
            asked.sizes,
            seed=asked.seed + TRUTHS_SEED * (2 + place),
            targets=list(record.values()),
            out=asked.out / f"truth-{place + 1}",
            workers=asked.workers,
            progress=asked.progress,
            simulate=asked.simulate,
        )
        for place, record in enumerate(made[: asked.full])
    ]
    ranks = in_full(fits, first)
    return {"truths": len(fits), "pooled": pooled(ranks, learned)}
