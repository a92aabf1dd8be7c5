"""How long a run takes in this tree, over the same run in another revision.

    python benchmarks/against.py REV [--scenario status-quo] [--rounds 60] [--save]

REV is checked out into a temporary folder. One warm process for each of the two makes the same
replication, in turns of order, and says how much processor time it took and which bits came out.
The ratio is that of the medians, its interval 95 % of 2,000 bootstrap samples of rounds. ``--save``
also writes the output to benchmarks/output/against-REV.txt.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MAKER = """
import hashlib, sys, time
from pathlib import Path
try:
    from sim.model.world import World
    from sim.scenario.scenario import load
except ModuleNotFoundError:  # until 945b6d2 and some time after it both stood elsewhere
    from sim.scenario import load
    from sim.world import World
tree, name = sys.argv[1:]
assert Path(sys.modules["sim"].__file__).is_relative_to(tree), "this is another tree's package"
scenario = load(name)
for line in sys.stdin:
    start = time.process_time()
    series = World(scenario, rng=1, replication=int(line)).run()
    seconds = time.process_time() - start
    bits = hashlib.sha256(series.values.tobytes() + series.countries.tobytes()).hexdigest()
    print(seconds, bits, flush=True)
"""
"""Run by Python in each tree: makes the replications that it is told, a line each."""


class Maker:
    """A warm process that makes runs of one tree."""

    def __init__(self, tree: Path, scenario: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAKER, str(tree), scenario],
            cwd=tree, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, replication: int) -> tuple[float, str]:
        """Processor seconds of one replication, and a digest of its series."""
        self.process.stdin.write(f"{replication}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit("a run failed; its error stands above")
        return float(answer[0]), answer[1]

    def close(self) -> None:
        """End the process: there is nothing more to make."""
        self.process.communicate()


def check_out(revision: str, folder: Path) -> str:
    """Put the tree of a revision into a folder; returns the revision's short name."""
    command = ["git", "rev-parse", "--verify", "--short", f"{revision}^{{commit}}"]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if named.returncode:
        sys.exit(f"REV: this repository has no revision {revision!r}")
    short = named.stdout.strip()
    packed = subprocess.run(
        ["git", "archive", "--format=tar", short], cwd=ROOT, capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    return short


def measure(trees: tuple[Path, Path], scenario: str, rounds: int) -> tuple[np.ndarray, int]:
    """Processor seconds, array (round, tree), and in how many rounds the bits were the same."""
    makers = [Maker(tree, scenario) for tree in trees]
    for maker in makers:
        maker.run(rounds)  # warm: kernels are loaded, and compiled where they never were
    seconds, same = np.empty((rounds, 2)), 0
    for number in range(rounds):
        bits = {}
        for place in (0, 1) if number % 2 else (1, 0):
            seconds[number, place], bits[place] = makers[place].run(number)
        same += bits[0] == bits[1]
    for maker in makers:
        maker.close()
    return seconds, same


def interval(seconds: np.ndarray) -> tuple[float, float, float]:
    """Ratio of the medians of two columns, and both ends of its 95 % interval."""
    rounds = len(seconds)
    picked = seconds[np.random.default_rng(0).integers(rounds, size=(2000, rounds))]
    medians = np.median(picked, axis=1)
    low, high = np.quantile(medians[:, 0] / medians[:, 1], (0.025, 0.975))
    here, there = np.median(seconds, axis=0)
    return float(here / there), float(low), float(high)


def main() -> None:
    """Measure, print, and save if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", metavar="REV")
    parser.add_argument("--scenario", default="status-quo")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short = check_out(given.revision, Path(folder))
        seconds, same = measure((ROOT, Path(folder)), given.scenario, given.rounds)
    ratio, low, high = interval(seconds)
    here, there = 1000.0 * np.median(seconds, axis=0)
    bits = "all series equal to the bit"
    if same < given.rounds:
        bits = f"series equal to the bit in {same} of {given.rounds} rounds: numbers differ"
    text = (
        f"python benchmarks/against.py {short} --scenario {given.scenario} "
        f"--rounds {given.rounds}\n"
        f"{date.today()}, Python {platform.python_version()}, numpy {np.__version__}\n"
        f"one run, processor ms, medians: this tree {here:.0f}, {short} {there:.0f}; {bits}\n"
        f"ratio {ratio:.3f} (95 %: {low:.3f} to {high:.3f})\n"
    )
    print(text, end="")
    if given.save:
        output = ROOT / "benchmarks" / "output" / f"against-{short}.txt"
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
