"""The calibration on record: what a fit found, as plain tables, and the one that is shipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from sim import data
from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import Fit, Sizes, candidates_at, values_at
from sim.calibration.measures import distance
from sim.calibration.met import stand
from sim.calibration.origins import observable
from sim.calibration.scores import quantiles
from sim.calibration.simulate import NAMES
from sim.model.parameters import PARAMETERS
from sim.sweep.draws import Draws
from sim.sweep.manifest import made_by

SHIPPED = Path(__file__).with_name("calibrated.json")
LEARNED = 0.8
"""A parameter is learned if its posterior is narrower than this part of its range (standard
deviations of normal scores), or lies off the middle by more than `MOVED` of them."""
MOVED = 0.5


def shipped() -> dict[str, Any]:
    """Return the record of the calibration that this version comes with."""
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def digests(drawn: Iterable[str] = PARAMETERS, until: str | None = None) -> dict[str, str]:
    """Return digests of what a fit is made from, beside the model: targets, ranges, blocks.

    Parameters
    ----------
    drawn
        Parameters whose ranges count: those that the fit's ensemble draws. One that came into the
        model after it is not among them. Default: all.
    until
        Last month by which windows of the targets had ended. Default: all targets. Paths are no
        part of a fit.
    """
    ranges = [
        (name, p.low, p.median, p.high, p.bounds, name in FITTED)
        for name, p in PARAMETERS.items()
        if name in drawn
    ]
    made_from = {
        "targets": [asdict(target) for target in observable(until)],
        "ranges": ranges,
        "blocks": {name: block._asdict() for name, block in BLOCKS.items()},
    }
    return {
        name: hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
        for name, what in made_from.items()
    }


def record(fit: Fit, sizes: Sizes, seed: int) -> dict[str, Any]:
    """Return what a fit found, as tables of plain values.

    Returns
    -------
    dict
        ``parameters``: the prior and posterior of each fitted one; ``pairs`` that trade off;
        ``targets``: what the ensemble gives, over its draws and replications; ``left``: share of
        each block's range that every wave left; ``effective``: effective sample size of the
        verified candidates by block; ``central``: the central draw and its measures, one row for
        each replication.
    """
    return {
        "made_by": made_by(),
        "digests": digests(),
        "seed": seed,
        "sizes": asdict(sizes),
        "left": fit.left,
        "effective": fit.effective,
        "parameters": [_parameter(name, fit) for name in FITTED],
        "pairs": list(_pairs(fit)),
        "targets": [_target(target, fit) for target in data.targets()],
        "ensemble": ensemble_digest(ensemble_csv(fit.ensemble)),
        "central": {
            "seed": seed + len(sizes.waves) + 2,
            "draw": dict(candidates_at(fit.central[None])[0]),
            "values": dict(zip(FITTED, values_at(fit.central[None])[0].tolist(), strict=True)),
            "measures": dict(zip(NAMES, fit.central_values.T.tolist(), strict=True)),
        },
    }


def origin_record(fit: Fit, until: str, seed: int) -> dict[str, Any]:
    """Return what a fit to the targets known by a month was made from, and which draws it gave."""
    return {
        "made_by": made_by(),
        "until": until,
        "seed": seed,
        "digests": digests(fit.ensemble.names, until),
        "ensemble": ensemble_digest(ensemble_csv(fit.ensemble)),
    }


def ensemble_digest(text: str) -> str:
    """Return the digest of a file of draws."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def ensemble_csv(draws: Draws) -> str:
    """Return an ensemble as a file of draws: a column for each parameter, a row for each draw."""
    rows = [",".join(draws.names)]
    rows += [",".join(f"{x:.6g}" for x in draw) for draw in draws.values.tolist()]
    return "\n".join(rows) + "\n"


def central_csv(fit: Fit) -> str:
    """Return the central draw as the table of the package that holds it."""
    head = (
        "# Central draw of the calibration: the default of every parameter that was fitted.",
        "# source: openstakes calibrate; targets in targets.csv, ranges in parameters.csv",
        "# licence: own work",
        "name,value",
    )
    values = zip(FITTED, values_at(fit.central[None])[0].tolist(), strict=True)
    return "\n".join((*head, *(f"{name},{x:.6g}" for name, x in values))) + "\n"


def _parameter(name: str, fit: Fit) -> dict[str, Any]:
    """Return a fitted parameter's range, and where the draws lie in it."""
    scores = fit.scores[:, FITTED.index(name)]
    moved, width = float(scores.mean()), float(scores.std(ddof=1))
    prior = PARAMETERS[name]
    return {
        "name": name,
        "low": prior.low,
        "median": prior.median,
        "high": prior.high,
        **quantiles(fit.ensemble.values[:, fit.ensemble.names.index(name)]),
        "moved": moved,
        "width": width,
        "learned": width < LEARNED or abs(moved) > MOVED,
    }


def _pairs(fit: Fit) -> Iterator[dict[str, Any]]:
    """Yield pairs of fitted parameters that trade off, the closest of each block first.

    Blocks are put together at random. Inside one, a correlation counts if it is larger than chance
    would make any of the block's (Bonferroni, at 5 %).
    """
    for title, block in BLOCKS.items():
        columns = [FITTED.index(name) for name in block.parameters]
        found: Any = np.corrcoef(fit.scores[:, columns], rowvar=False)
        pairs = sorted(combinations(range(len(columns)), 2), key=lambda pair: -abs(found[pair]))
        chance = NormalDist().inv_cdf(1.0 - 0.025 / len(pairs)) / np.sqrt(fit.effective[title])
        for first, second in pairs:
            if abs(found[first, second]) > chance:
                yield {
                    "first": block.parameters[first],
                    "second": block.parameters[second],
                    "correlation": float(found[first, second]),
                }


def _target(target: data.Target, fit: Fit) -> dict[str, Any]:
    """Return a target, and what the ensemble gives for it."""
    found = stand(asdict(target), fit.values[:, :, NAMES.index(target.id)])
    return {
        "id": target.id,
        "quantity": target.quantity,
        "role": target.role,
        "mode": target.mode,
        "unit": target.unit,
        "window": target.window,
        "value": target.value,
        "low": target.low,
        "high": target.high,
        **found,
        "distance": distance(target, found["q50"]),
        "explained": fit.explained.get(target.id),
    }
