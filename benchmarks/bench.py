"""Speed and memory of runs, in one process per figure.

    python benchmarks/bench.py [--save]

Prints the default run (6,000 adopters, 96 months) warm, its phases, the cost per adopter at 10^6
against 10^4, the peak memory of a run with 10^6 adopters, and the time to `--help` and to a first
result. ``--save`` also writes the output to benchmarks/output/, with date and version.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]


def default_run(runs: int = 15) -> list[str]:
    """Wall time of warm default runs and the share of every phase."""
    from sim.model.world import World
    from sim.scenario.scenario import load

    scenario = load("status-quo")
    World(scenario, rng=0).run()
    wall = []
    for replication in range(runs):
        start = time.perf_counter()
        World(scenario, rng=0, replication=replication).run()
        wall.append(1000.0 * (time.perf_counter() - start))
    phases: dict[str, float] = defaultdict(float)
    world = World(scenario, rng=0)
    world.phases = tuple(_timed(phase, phases) for phase in world.phases)
    world.run()
    parts = ", ".join(f"{name} {1000.0 * seconds:.0f}" for name, seconds in phases.items())
    return [
        (
            f"default run, warm, {runs} runs: min {min(wall):.0f} ms, "
            f"median {median(wall):.0f} ms, max {max(wall):.0f} ms"
        ),
        f"  phases of one run (ms): {parts}",
    ]


def _timed(phase, phases):
    def run(world):
        start = time.perf_counter()
        phase(world)
        phases[phase.__name__] += time.perf_counter() - start

    return run


def panel(adopters: int) -> list[str]:
    """Wall time and peak memory of one warm run with a panel of a given size."""
    from sim.model.world import World
    from sim.scenario.scenario import load

    World(load("status-quo", settings=["adopters=20000", "horizon.end=2024-12"]), rng=0).run()
    scenario = load("status-quo", settings=[f"adopters={adopters}"])
    start = time.perf_counter()
    World(scenario, rng=0).run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    each = 1e9 * seconds / adopters / 96
    return [
        (
            f"run with {adopters:,} adopters: {seconds:.2f} s, "
            f"{each:.0f} ns an adopter and month, peak {peak:.0f} MB"
        )
    ]


def start_up() -> list[str]:
    """Wall time of a fresh process: help, and a first result of one run."""
    lines = []
    for label, arguments in (
        ("--help", ["--help"]),
        ("first result, one run", ["run", "status-quo", "--json"]),
    ):
        wall = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "sim", *arguments], cwd=ROOT, check=True, capture_output=True
            )
            wall.append(time.perf_counter() - start)
        lines.append(f"{label}: min {min(wall):.2f} s, median {median(wall):.2f} s")
    return lines


def main() -> None:
    """Print all figures; each in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true")
    parser.add_argument(
        "--only", choices=("default", "small", "large", "start"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    parts = {
        "default": default_run,
        "small": lambda: panel(10_000),
        "large": lambda: panel(1_000_000),
        "start": start_up,
    }
    if options.only:
        print("\n".join(parts[options.only]()))
        return
    from sim import __version__

    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"
    lines = [f"openstakes {__version__}, {date.today()}, {machine}"]
    print(lines[0])
    for part in parts:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, __file__, "--only", part]
        result = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        )
        lines.append(result.stdout.rstrip())
        print(lines[-1], flush=True)
    if options.save:
        folder = ROOT / "benchmarks" / "output"
        folder.mkdir(exist_ok=True)
        path = folder / f"bench-{__version__}-{date.today()}.txt"
        path.write_text("\n".join(lines) + "\n")
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
