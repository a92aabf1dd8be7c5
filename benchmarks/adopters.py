"""What adopters cost: processor time of each and peak memory of a run, from 10^4 to 10^6.

A round runs the status quo for 96 months with each number of adopters, on one thread. Memory is
that of a process of its own, which makes one run and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.rounds import Figure, Maker, digits, interleaved, ratio, took
from sim.model.world import World
from sim.scenario.scenario import load

ROOT = Path(__file__).resolve().parents[1]
SIZES = (10_000, 100_000, 1_000_000)
MAKER = """
from sim.model.world import World
from sim.scenario.scenario import load
World(load("status-quo", settings=[f"adopters={input()}"]), rng=1).run()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) / 1024.0)
"""
"""Run by Python: makes one run, says the most MB that the process had (Linux). What getrusage says
would be the parent's where that has more."""


def peak(adopters: int) -> Figure:
    """Return the most memory of a process that makes one run."""
    with Maker([sys.executable, "-c", MAKER], ROOT) as maker:
        most = float(maker.ask(adopters)[0])
    what = f"most memory of a run with {adopters:,} adopters"
    return Figure(f"memory_{adopters}", what, most, "MB", 1)


def measure(rounds: int) -> list[Figure]:
    """Return what an adopter costs with 10^6 over 10^4, and the peak memory of each size."""
    scenarios = [load("status-quo", settings=[f"adopters={size}"]) for size in SIZES]
    for scenario in scenarios[:2]:
        World(scenario, rng=1).run()

    def by(scenario):
        return lambda number: took(lambda: World(scenario, rng=1, replication=number).run())

    seconds = interleaved([by(scenario) for scenario in scenarios], rounds)
    each = 1e9 * seconds / SIZES / scenarios[0].months
    medians = zip(SIZES, np.median(each, axis=0).tolist(), strict=True)
    note = "; ".join(f"{size:,}: {digits(median)} ns" for size, median in medians)
    what = "an adopter and month among 1,000,000, over one among 10,000"
    cost = ratio("adopter_million_over_ten_thousand", what, each[:, -1], each[:, 0], note)
    return [cost, *map(peak, SIZES)]
