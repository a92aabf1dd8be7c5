"""What the sweep engine costs: memory of its driver, processor time over that of bare runs.

    python benchmarks/sweep.py [--runs 10000] [--workers 2] [--save]

Sweeps status-quo and p1-blanket x 50 Latin-hypercube draws of all parameters x replications into a
folder that is removed at the end. Another process makes bare runs of the same worlds now and then
meanwhile, so that both meet the same machine. The processor time of the sweep is that of the driver
and all its workers, their start included. ``--save`` also writes the output to
benchmarks/output/sweep.txt. Looks at processes through /proc (Linux).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRAWS = 50
SAMPLES, SAMPLE_RUNS = 20, 10
"""How often bare runs are made in the course of a sweep, and how many each time."""


def design(runs: int):
    """Return the design of a sweep of about so many runs."""
    from sim.sweep.experiment import load_experiment

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


def bare() -> None:
    """Make `SAMPLE_RUNS` bare runs for every line read; print the processor seconds they took."""
    from sim.model.world import World

    plan = design(1)
    worlds = [plan.world(point)[1] for point in plan.owners]
    World(worlds[0], rng=0).run()
    print("ready", flush=True)
    for i, _ in enumerate(sys.stdin):
        start = time.process_time()
        for k in range(SAMPLE_RUNS):
            World(worlds[(37 * (SAMPLE_RUNS * i + k)) % len(worlds)], rng=0, replication=i).run()
        print(time.process_time() - start, flush=True)


def memory() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def seconds(without: int) -> float:
    """Return the processor time of this process and its children, but for one child.

    Grandchildren that have ended are included.
    """
    total = time.process_time()
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(fields[1]) == os.getpid() and int(file.parent.name) != without:
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def measure(runs: int, workers: int) -> list[str]:
    """Sweep with bare runs in between and return what was found."""
    from sim.sweep.execution import execute

    plan = design(runs)
    levels: list[float] = []
    spent: list[float] = []
    command = [sys.executable, __file__, "--bare"]
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()

        def progress(finished: int, failed: int, total: int) -> None:
            levels.append(memory())
            while len(spent) * total < SAMPLES * finished:
                print("go", file=other.stdin, flush=True)
                spent.append(float(other.stdout.readline()))

        start, before = time.perf_counter(), seconds(other.pid)
        store = execute(plan, workers=workers, out=folder, progress=progress)
        wall, used = time.perf_counter() - start, seconds(other.pid) - before
        disk = (
            sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20
        )
        other.stdin.close()
    size = f"{len(plan.cases)} cases x {len(plan.draws)} draws x {plan.replications} replications"
    alone, swept = sum(spent) / (len(spent) * SAMPLE_RUNS), used / plan.runs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return [
        (
            f"{plan.runs:,} runs ({size}), {len(store.failures())} failed, {workers} workers, "
            f"{wall:.0f} s, {plan.runs / wall:.1f} runs a second"
        ),
        (
            f"driver's memory: {levels[0]:.0f} MB before the first run, "
            f"{levels[-1]:.0f} MB after the last, growth {levels[-1] - levels[0]:.0f} MB; "
            f"peak {peak:.0f} MB, growth to it {peak - levels[0]:.0f} MB"
        ),
        (
            f"processor time of a run: {1000 * swept:.1f} ms in the sweep, "
            f"{1000 * alone:.1f} ms bare ({len(spent)} times {SAMPLE_RUNS} runs in between): "
            f"rate per core {alone / swept:.3f} of bare runs"
        ),
        f"disk: {disk:.0f} MB, {1024 * disk / plan.runs:.0f} kB a run, {len(store.parts):,} parts",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare()
        return
    from sim.sweep.manifest import made_by

    versions = ", ".join(f"{name} {text}" for name, text in made_by().items())
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    lines = [
        f"python benchmarks/sweep.py --runs {options.runs} --workers {options.workers}",
        f"{date.today()}, {versions}",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}",
        "",
        *measure(options.runs, options.workers),
    ]
    print("\n".join(lines))
    if options.save:
        path = ROOT / "benchmarks" / "output" / "sweep.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
