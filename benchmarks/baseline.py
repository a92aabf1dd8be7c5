"""Run the status quo to 2030 with mechanisms switched off and store why its main outcomes move.

    python benchmarks/baseline.py [--draws 32] [--seed 0] [--workers 1] [--out FILE]

Each mechanism is switched off by neutral values of its parameters, in every month. How much of a
movement from the first half of 2025 to the second half of 2030 is gone then is paired, draw by
draw. Reports print the table, so it is shipped beside the calibration.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.draws import Fixed, Floats, first, paths
from sim import data
from sim.calibration.baseline import SHIPPED
from sim.calibration.record import shipped
from sim.calibration.scores import quantiles
from sim.months import month_index
from sim.scenario.scenario import load
from sim.sweep.design import ASSUMED_OFF, Case
from sim.sweep.manifest import made_by
from sim.vocabulary import CHANNELS

START, END = ("2025-01", "2025-06"), ("2030-07", "2030-12")
"""First and last month of the windows between which an outcome moves."""
MOVING = {
    "family_share_openai": "",
    "open_share_world_consumer": "who serves whom",
    "lag_us_cn_true": "",
}
"""Outcomes whose movement is told, and the input that one follows from more than from the model."""


class Mechanism(NamedTuple):
    """A mechanism in words, and values of its parameters at which it does nothing."""

    words: str
    neutral: Fixed


MECHANISMS = (
    Mechanism("users choose by capability", {"capability_weight": 0.0}),
    Mechanism("tasks ask for more each year", {"capability_need_growth": 0.0}),
    Mechanism("users choose by price", {"price_weight": 0.0}),
    Mechanism("users choose by openness", {"openness_weight": 0.0}),
    Mechanism("users keep their family", {f"inertia_{name}": 0.0 for name in CHANNELS}),
    Mechanism(
        "families are not known at once",
        {f"familiarity_{name}": 1.0 for name in ("us", "cn", "other")},
    ),
    Mechanism("a large base attracts users", {"network_weight": 0.0}),
    Mechanism("what is new attracts users", {"novelty_weight": 0.0}),
    Mechanism("users prefer labs of their country", {"home_weight": 0.0}),
    Mechanism("concern about Chinese releases", {"security_weight": 0.0}),
    Mechanism(
        "not every lab serves everybody",
        {row.reach: 0.0 for row in data.serving() if isinstance(row.reach, str)},
    ),
    Mechanism("labs learn from better releases", {"distillation": 0.0}),
    Mechanism("labs learn from public ideas", {"public_knowledge": 0.0}),
    Mechanism("followers gain efficiency more slowly", {"follower_growth": 1.0}),
    Mechanism("chips limit Chinese training runs", {"compute_elasticity": 0.0}),
    Mechanism("training runs grow more slowly to 2030", {"run_growth_2030": "run_growth"}),
    Mechanism("revenue pays for larger runs", {"reinvestment": 0.0}),
    Mechanism("luck of single releases", {"capability_noise": 0.0}),
    Mechanism(
        "labs open or close by lead and market",
        {"lead_slope": 0.0, "catchup_slope": 0.0, "market_slope": 0.0},
    ),
    Mechanism("assumed responses", ASSUMED_OFF),
)


def levels(neutral: Fixed, draws: int, seed: int, workers: int) -> Floats:
    """Outcomes of `MOVING` at start and end: (draw, window, outcome)."""
    scenario = load("status-quo")
    case = Case(scenario.name, scenario, scenario.name)
    path = paths([case], first(draws, neutral), tuple(MOVING), seed, workers)[0]
    spans = [slice(month_index(begin), month_index(last) + 1) for begin, last in (START, END)]
    return np.stack([path[:, span].mean(axis=1) for span in spans], axis=1)


def record(draws: int, seed: int, workers: int) -> dict[str, Any]:
    """What moves, and what of it each mechanism makes, as plain tables."""
    base = levels({}, draws, seed, workers)
    moved = base[:, 1] - base[:, 0]
    off = [levels(mechanism.neutral, draws, seed, workers) for mechanism in MECHANISMS]
    return {
        "made_by": made_by(),
        "ensemble": shipped()["ensemble"],
        "scenario": load("status-quo").id,
        "draws": draws,
        "seed": seed,
        "start": START,
        "end": END,
        "movements": [
            {
                "outcome": name,
                "inputs": inputs,
                "start": quantiles(base[:, 0, i]),
                "end": quantiles(base[:, 1, i]),
                "change": quantiles(moved[:, i]),
                "reasons": [
                    {
                        "mechanism": mechanism.words,
                        "off": dict(mechanism.neutral),
                        **_part(moved[:, i] - (found[:, 1, i] - found[:, 0, i])),
                    }
                    for mechanism, found in zip(MECHANISMS, off, strict=True)
                ],
            }
            for i, (name, inputs) in enumerate(MOVING.items())
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
