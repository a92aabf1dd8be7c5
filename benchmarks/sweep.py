"""What the sweep engine costs: processor time over that of bare runs, and memory of its driver.

Sweeps status-quo and p1-blanket x 50 Latin-hypercube draws of all parameters x replications into a
folder that is removed at the end. Another process makes bare runs of the same worlds in between,
so that both meet the same machine: each round is `RUNS` runs of the sweep and `BARE` bare ones. The
processor time of the sweep is that of the driver and all its workers, their start included; months
that both scenarios share are run once in the sweep, and in each bare run.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.rounds import Figure, Maker, spent_by
from sim.sweep.design import Design
from sim.sweep.execution import execute
from sim.sweep.experiment import load_experiment

ROOT = Path(__file__).resolve().parents[1]
DRAWS, RUNS, BARE = 50, 20, 5
WORKERS = 2
MAKER = """
import sys, time
from benchmarks.sweep import design
from sim.model.world import World
plan = design(1)
worlds = [plan.run(run).scenario for run in plan.asked()]
for line in sys.stdin:
    number, runs = map(int, line.split())
    start = time.process_time()
    for k in range(runs):
        World(worlds[37 * (number * runs + k) % len(worlds)], rng=0, replication=number).run()
    print(time.process_time() - start, flush=True)
"""
"""Run by Python: makes so many bare runs for every line."""


def design(runs: int) -> Design:
    """Return the design of a sweep of about so many runs."""
    return load_experiment(
        {
            "name": "sweep-benchmark",
            "scenarios": ["p1-blanket"],
            "against": "status-quo",
            "replications": max(1, round(runs / (2 * DRAWS))),
            "also_without_assumed": False,
            "uncertainties": {"draws": DRAWS, "numbers": {"*": "range"}},
        }
    )[1]


def memory() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def measure(rounds: int) -> list[Figure]:
    """Return runs a processor second in the sweep over those of bare runs; growth of memory."""
    plan = design(rounds * RUNS)
    levels: list[float] = []
    bare: list[float] = []
    with (
        Maker([sys.executable, "-c", MAKER], ROOT, {"PYTHONPATH": str(ROOT)}) as maker,
        tempfile.TemporaryDirectory() as folder,
    ):
        maker.ask(0, 1)  # warm: kernels are loaded

        def progress(finished: int, failed: int, total: int) -> None:
            levels.append(memory())
            while len(bare) * total < rounds * finished:
                bare.append(float(maker.ask(len(bare), BARE)[0]) / BARE)

        before = spent_by(os.getpid(), maker.process.pid)
        store = execute(plan, workers=WORKERS, out=folder, progress=progress)
        swept = (spent_by(os.getpid(), maker.process.pid) - before) / plan.runs
        files = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
    assert not store.failures(), "runs of the sweep failed"
    alone = sum(bare) / len(bare)
    made = f"{plan.runs:,} runs, {WORKERS} workers"
    what = f"runs a processor second in a sweep of {made}, over bare runs"
    disk = sum(files) / plan.runs / 1024
    note = f"a run {1000 * swept:.0f} ms and {1000 * alone:.0f} ms; {disk:.0f} kB a run"
    grown = f"growth of the driver's memory in a sweep of {made}"
    between = f"{levels[0]:.0f} MB and {levels[-1]:.0f} MB"
    return [
        Figure(f"sweep_rate_{plan.runs}", what, alone / swept, "x", len(bare), note=note),
        Figure(f"sweep_memory_{plan.runs}", grown, levels[-1] - levels[0], "MB", 1, note=between),
    ]
