"""This tree over another revision: a run, comparisons, a first result, a first compile.

The revision is checked out into a temporary folder, where its kernels are compiled once. One warm
process of each tree makes the runs and comparisons that it is told; of runs both say which bits
came out. A comparison is of a policy that was not compared before, by two workers that stay where
the tree has such, and by its default otherwise.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import first
from benchmarks.rounds import Figure, Maker, interleaved, ratio, spent_by
from sim.analysis.wording import counted

ROOT = Path(__file__).resolve().parents[1]
REPLICATIONS = 8
MAKER = """
import hashlib, sys, time
from inspect import signature
from pathlib import Path
import sim
try:
    from sim.model.world import World
    from sim.scenario.scenario import load
except ModuleNotFoundError:  # until 945b6d2 and some time after it both stood elsewhere
    from sim.scenario import load
    from sim.world import World
if __name__ == "__main__":
    assert Path(sim.__file__).is_relative_to(sys.argv[1]), "this is another tree's package"
    workers = sim.Workers(2) if hasattr(sim, "Workers") else None
    for line in sys.stdin:
        task, name, number = line.split()
        scenario, digest = load(name), hashlib.sha256()
        start = time.process_time()
        if task == "run":
            series = World(scenario, rng=1, replication=int(number)).run()
            digest.update(series.values.tobytes() + series.countries.tobytes())
        else:
            friction = f"policy.open-weight-control.kyc_friction={0.01 + int(number) / 10000}"
            scenario = load(name, settings=[friction])
            draws = {"draws": 0} if "draws" in signature(sim.compare).parameters else {}
            sim.compare(scenario, replications=int(task), seed=1, workers=workers, **draws)
        print(time.process_time() - start, digest.hexdigest(), flush=True)
    if workers is not None:
        workers.close()
"""
"""Run by Python in each tree: a run, or a comparison of so many pairs, for every line."""


@contextmanager
def trees(revision: str) -> Iterator[tuple[Path, Path]]:
    """Yield this tree and that of a revision, which goes again."""
    command = ["git", "rev-parse", "--verify", "--short", f"{revision}^{{commit}}"]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if named.returncode:
        sys.exit(f"--against {revision}: this repository has no such revision")
    packed = subprocess.run(
        ["git", "archive", "--format=tar", revision], cwd=ROOT, capture_output=True, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(folder, filter="data")
        yield ROOT, Path(folder)


@contextmanager
def makers(revision: str) -> Iterator[list[Maker]]:
    """Yield a warm process for each tree."""
    with trees(revision) as both, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        script = Path(folder) / "maker.py"  # a file, since worker processes import it
        script.write_text(MAKER, encoding="utf-8")
        yield [
            stack.enter_context(
                Maker([sys.executable, script, tree], tree, {"PYTHONPATH": str(tree)})
            )
            for tree in both
        ]


class Answers(NamedTuple):
    """What both trees said, each array (round, tree).

    Attributes
    ----------
    own, whole, wall
        Seconds: processor time of the process itself, the same with its workers, by the clock.
    same : str
        In how many rounds both gave the same bits.
    """

    own: np.ndarray
    whole: np.ndarray
    wall: np.ndarray
    same: str


def asked(revision: str, rounds: int, task: object, name: str) -> Answers:
    """Have both trees do a task in turns, once before the rounds to warm up."""
    whole, wall = np.empty((2, rounds + 1, 2))
    bits: list[set[str]] = [set() for _ in range(rounds + 1)]
    with makers(revision) as both:

        def by(place: int) -> Callable[[int], float]:
            def timer(number: int) -> float:
                process = both[place].process.pid
                before, start = spent_by(process), time.perf_counter()
                seconds, digest = both[place].ask(task, name, number)
                wall[number, place] = time.perf_counter() - start
                whole[number, place] = spent_by(process) - before
                bits[number].add(digest)
                return float(seconds)

            return timer

        own = interleaved((by(0), by(1)), rounds + 1)
    same = sum(len(digests) == 1 for digests in bits[1:])
    said = "equal to the bit" if same == rounds else f"bits equal in {same} of {rounds} rounds"
    return Answers(own[1:], whole[1:], wall[1:], said)


def measure_run(rounds: int, revision: str) -> list[Figure]:
    """Return the ratio of a default run."""
    found = asked(revision, rounds, "run", "status-quo")
    note = f"{{over}} and {{under}}; {found.same}"
    return [ratio("against_run", f"default run, over {revision}", *found.own.T, note)]


def measure_pair(rounds: int, revision: str, pairs: int) -> list[Figure]:
    """Return the ratio of a comparison of a new policy, by the processor and by the clock."""
    found = asked(revision, rounds, pairs, "p1-blanket")
    what = f"sim.compare of a new policy, {counted(pairs, 'replication')}, over {revision}"
    note = "{over} and {under}"
    return [
        ratio(f"against_pairs_{pairs}", what, *found.whole.T, note),
        ratio(f"against_pairs_{pairs}_wall", f"{what}, by the clock", *found.wall.T, note),
    ]


def measure_start(
    rounds: int, revision: str, key: str, what: str, work: Callable[[Path], None]
) -> list[Figure]:
    """Return the ratio of what processes that start and end do, by the processor and the clock."""
    walls: tuple[list[float], list[float]] = [], []
    with trees(revision) as both:
        for tree in both:
            first.result(tree)  # compiles

        def by(place: int) -> Callable[[int], float]:
            return lambda number: first.by_both_clocks(lambda: work(both[place]), walls[place])

        seconds = interleaved((by(0), by(1)), rounds)
    what, note = f"{what}, over {revision}", "{over} and {under}"
    over, under = map(np.array, walls)
    return [
        ratio(f"against_{key}", what, *seconds.T, note, "s"),
        ratio(f"against_{key}_wall", f"{what}, by the clock", over, under, note, "s"),
    ]


def measure_result(rounds: int, revision: str) -> list[Figure]:
    """Return the ratio of a first result."""
    return measure_start(rounds, revision, "first_result", "first result", first.result)


def measure_compile(rounds: int, revision: str) -> list[Figure]:
    """Return the ratio of a first result where nothing is compiled."""
    work = first.result_without_compiled_code
    return measure_start(rounds, revision, "first_compile", "first compile", work)


def measure_experiment(rounds: int, revision: str) -> list[Figure]:
    """Return the ratio of the whole experiment four-policies, its report included."""

    def work(tree: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            draws = (tree / "sim" / "calibration").is_dir()  # luck by draw: as many runs
            number = ("--draws" if draws else "--replications", str(REPLICATIONS))
            options = (*number, "--workers", "2")
            out = ("--out", str(Path(folder) / "results"))
            first.process("-m", "sim", "experiment", "four-policies", *options, *out, tree=tree)

    what = f"experiment four-policies, {REPLICATIONS} runs of each"
    return measure_start(rounds, revision, "experiment", what, work)
