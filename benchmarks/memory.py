"""How memory grows over many runs made one after the other in one process.

Resident memory is read after `FIRST` runs, after `WARM` and after the last; what it grows by from
`WARM` on is what would go on growing. Worlds may be shorter than usual.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from benchmarks.rounds import Figure, Maker

ROOT = Path(__file__).resolve().parents[1]
FIRST, WARM = 10, 200
MAKER = """
import resource, sys
from sim.model.world import World
from sim.scenario.scenario import load
for line in sys.stdin:
    first, last, end = line.split()
    names, until = ("status-quo", "p1-blanket"), [f"horizon.end={end}"]
    both = [load(name, settings=until) for name in names]
    for number in range(int(first), int(last)):
        World(both[number % 2], rng=1, replication=number).run()
    pages = int(open("/proc/self/statm").read().split()[1])
    print(pages * resource.getpagesize() / 2**20, flush=True)
"""
"""Run by Python: makes the replications that it is told, says how many MB the process has."""


def measure(rounds: int, end: str) -> list[Figure]:
    """Return by how many MB the process grows from run `WARM` to run `rounds`."""
    stops = (0, min(FIRST, rounds), min(WARM, rounds), rounds)
    with Maker([sys.executable, "-c", MAKER], ROOT) as maker:
        levels = [float(maker.ask(*part, end)[0]) for part in pairwise(stops)]
    what = f"growth of memory from run {stops[2]:,} to run {rounds:,}, worlds to {end}"
    said = (f"{level:.0f} MB after {runs:,}" for level, runs in zip(levels, stops[1:], strict=True))
    growth = levels[-1] - levels[-2]
    return [Figure(f"memory_growth_to_{end}", what, growth, "MB", rounds, note=", ".join(said))]
