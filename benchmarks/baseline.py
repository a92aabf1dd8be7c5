"""Run the status quo to 2030 with mechanisms switched off and store why its main outcomes move.

    python benchmarks/baseline.py [--draws 32] [--seed 0] [--workers 1] [--out FILE]

Each mechanism is switched off by neutral values of its parameters, in every month. How much of a
movement from the first half of 2025 to the second half of 2030 is gone then is paired, draw by
draw. Reports print the table, so it is shipped beside the calibration.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.draws import Floats, first, fixed, paths
from benchmarks.mechanisms import MECHANISMS
from sim.calibration.baseline import SHIPPED
from sim.calibration.record import shipped
from sim.calibration.scores import quantiles
from sim.months import month_index
from sim.scenario.scenario import load
from sim.sweep.design import Case
from sim.sweep.manifest import made_by

START, END = ("2025-01", "2025-06"), ("2030-07", "2030-12")
"""First and last month of the windows between which an outcome moves."""
MOVING = {
    "family_share_openai": "who serves whom",
    "open_share_world_consumer": "who serves whom",
    "lag_us_cn_true": "",
}
"""Outcomes whose movement is told, and the input that one follows from more than from the model."""


REASONS = {
    "users choose by capability": "capability",
    "tasks ask for more each year": "need grows",
    "users choose by price": "price",
    "users choose by openness": "openness",
    "users keep their family": "inertia",
    "families are not known at once": "familiarity",
    "a large base attracts users": "network",
    "what is new attracts users": "novelty",
    "users prefer labs of their country": "a lab of one's own country",
    "concern about Chinese releases": "perceived risk",
    "not every lab serves everybody": "reach (who serves whom)",
    "labs learn from better releases": "distillation",
    "labs learn from public ideas": "public knowledge",
    "followers gain efficiency more slowly": "followers progress more slowly",
    "chips limit Chinese training runs": "Chinese runs follow chips",
    "revenue pays for larger runs": "runs follow revenue",
    "luck of single releases": "noise of releases",
    "labs that lead close": "who leads closes",
    "labs that are behind open": "who is behind opens",
    "labs close as the market grows": "a larger market closes",
    "assumed responses": "all assumed responses",
}
"""Mechanisms of `benchmarks.mechanisms` that may be a reason, as a sentence names them."""


def levels(neutral: Mapping[str, float], draws: int, seed: int, workers: int) -> Floats:
    """Outcomes of `MOVING` at start and end: (draw, window, outcome)."""
    scenario = load("status-quo")
    case = Case(scenario.name, scenario, scenario.name)
    path = paths([case], fixed(first(draws), neutral), tuple(MOVING), seed, workers)[0]
    spans = [slice(month_index(begin), month_index(last) + 1) for begin, last in (START, END)]
    return np.stack([path[:, span].mean(axis=1) for span in spans], axis=1)


def record(draws: int, seed: int, workers: int) -> dict[str, Any]:
    """What moves, and what of it each mechanism makes, as plain tables."""
    base = levels({}, draws, seed, workers)
    moved = base[:, 1] - base[:, 0]
    neutral = {mechanism.name: mechanism.neutral for mechanism in MECHANISMS}
    off = [levels(neutral[name], draws, seed, workers) for name in REASONS.values()]
    return {
        "made_by": made_by(),
        "ensemble": shipped()["ensemble"],
        "draws": draws,
        "seed": seed,
        "start": START,
        "end": END,
        "first_draw": base[0].tolist(),
        "movements": [
            {
                "outcome": outcome,
                "inputs": inputs,
                "start": quantiles(base[:, 0, i]),
                "end": quantiles(base[:, 1, i]),
                "change": quantiles(moved[:, i]),
                "reasons": [
                    {
                        "mechanism": words,
                        "off": neutral[name],
                        **_part(moved[:, i] - (found[:, 1, i] - found[:, 0, i])),
                    }
                    for (words, name), found in zip(REASONS.items(), off, strict=True)
                ],
            }
            for i, (outcome, inputs) in enumerate(MOVING.items())
        ],
    }


def _part(part: Floats) -> dict[str, float]:
    """A mechanism's part in a movement, and how often the draws agree on its sign."""
    agree = max(float((part > 0.0).mean()), float((part < 0.0).mean()))
    return {**quantiles(part), "agree": agree}


def main() -> None:
    """Store the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    found = record(asked.draws, asked.seed, asked.workers)
    asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(asked.out.name)


if __name__ == "__main__":
    main()
