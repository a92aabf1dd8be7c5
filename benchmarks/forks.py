"""What forking saves: processor time of a chunk's runs, forked over each by itself.

    python benchmarks/forks.py [--rounds 30] [--save]

A round makes the six scenarios of four-policies for one replication, forked and each by itself, in
turns of order; both must give the same bits. The ratio is that of the medians, its interval 95 % of
2,000 bootstrap samples of rounds. ``--save`` also writes the output to benchmarks/output/forks.txt.
"""

from __future__ import annotations

import argparse
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np

from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.design import Run
from sim.sweep.forks import Forks
from sim.sweep.manifest import made_by

SCENARIOS = (
    "status-quo", "p1-blanket", "p2-risk-assessment", "p3-government-audits",
    "p4-audit-repository", "targeted-bundle",
)  # fmt: skip


def forked(runs: list[Run]) -> list[bytes]:
    """Make the runs of a chunk as a worker does."""
    forks = Forks(runs, 1)
    return [forks.make(run).values.tobytes() for run in runs]


def alone(runs: list[Run]) -> list[bytes]:
    """Make each run in a world of its own."""
    return [
        World(run.scenario, rng=1, replication=run.replication).run().values.tobytes()
        for run in runs
    ]


def measure(rounds: int) -> np.ndarray:
    """Return processor seconds: array (round, 2: forked, alone)."""
    scenarios = [load(name) for name in SCENARIOS]
    World(scenarios[0], rng=1).run()
    seconds = np.empty((rounds, 2))
    for number in range(rounds):
        runs = [Run(one.id, one.name, one, number) for one in scenarios]
        made = {}
        for place in (0, 1) if number % 2 else (1, 0):
            start = time.process_time()
            made[place] = (forked, alone)[place](runs)
            seconds[number, place] = time.process_time() - start
        assert made[0] == made[1], f"round {number}: forked runs have other bits"
    return seconds


def main() -> None:
    """Measure, print, and save if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args()
    seconds = measure(given.rounds)
    luck = np.random.default_rng(0)
    picked = seconds[luck.integers(given.rounds, size=(2000, given.rounds))]
    ratios = np.median(picked[:, :, 0], axis=1) / np.median(picked[:, :, 1], axis=1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    medians = np.median(seconds, axis=0)
    versions = ", ".join(f"{name} {text}" for name, text in made_by().items())
    text = (
        f"python benchmarks/forks.py --rounds {given.rounds}\n"
        f"{date.today()}, {versions}, Python {platform.python_version()}\n"
        f"{len(SCENARIOS)} scenarios of one replication, processor seconds, medians: "
        f"forked {medians[0]:.2f}, each by itself {medians[1]:.2f}\n"
        f"ratio {medians[0] / medians[1]:.3f} (95 %: {low:.3f} to {high:.3f})\n"
    )
    print(text, end="")
    if given.save:
        output = Path(__file__).parent / "output" / "forks.txt"
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
