"""Where the time of a default run goes: by phase, and by cause.

Phases are timed one by one, as `openstakes run --profile` does. Causes are sampled: every
`EVERY` seconds of processor time the innermost call is looked up in its source, and counted as a
call of a kernel, of a random stream, of Mesa's collector, of NumPy, or as Python. What Python does
between two calls counts with the one before, so that causes are good to some points.
"""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Callable
from functools import cache
from linecache import getlines
from types import CodeType, FrameType

from benchmarks.limit import kernels
from benchmarks.rounds import Figure, level
from sim.cli.profile import watched
from sim.model.world import World
from sim.scenario.scenario import load

EVERY = 0.001
NUMPY = re.compile(
    r"\bnp\.|\.(sum|copy|astype|tolist|mean|min|max|any|all|ravel|reshape|argsort|take|dot)\("
)
CAUSES = ("kernels", "small NumPy", "draws", "collector", "Python")


@cache
def kernel_names() -> frozenset[str]:
    """Return the names by which Python calls compiled functions."""
    return frozenset(name for _, name, _ in kernels())


@cache
def source(code: CodeType, instruction: int) -> str:
    """Return the text of the expression that an instruction belongs to."""
    places = list(code.co_positions())
    first, last, start, end = places[min(instruction // 2, len(places) - 1)]
    if first is None or last is None:
        return ""
    lines = [line.rstrip("\n") for line in getlines(code.co_filename)[first - 1 : last]]
    if not lines or start is None or end is None:
        return ""
    lines[-1] = lines[-1].encode()[:end].decode(errors="ignore")
    lines[0] = lines[0].encode()[start:].decode(errors="ignore")
    return " ".join(lines)


def cause(inner: FrameType) -> str:
    """Return what a stack of calls is at work on."""
    files: list[str] = []
    frame: FrameType | None = inner
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    if any("mesa/datacollection" in file for file in files):
        return "collector"
    if any(file.endswith("sim/model/randomness.py") for file in files[:2]):
        return "draws"
    if "numba" in files[0]:
        return "kernels"
    if "numpy" in files[0]:
        return "small NumPy"
    text = source(inner.f_code, inner.f_lasti)
    called = re.match(r"[\w.]*", text)
    if called is not None and called.group().rpartition(".")[2] in kernel_names():
        return "kernels"
    return "small NumPy" if NUMPY.search(text) else "Python"


def sampled(work: Callable[[], object]) -> Counter[str]:
    """Return how often a call was found at work on each cause."""
    found: Counter[str] = Counter()

    def look(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGPROF, signal.SIG_IGN)  # this function is not what is asked about
        if frame is not None:
            found[cause(frame)] += 1
        signal.signal(signal.SIGPROF, look)

    usual = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, usual)
    return found


def measure(rounds: int) -> list[Figure]:
    """Return the share of every phase and of every cause in processor time."""
    scenario = load("status-quo")
    World(scenario, rng=1).run()
    phases, causes = [], []
    for number in range(rounds):

        def make(number: int = number) -> World:
            return World(scenario, rng=1, replication=number)

        times = watched(make)[1]
        phases.append({name: 100.0 * times.share(name) for name in times.parts})
        found = sampled(lambda make=make: make().run())
        causes.append({name: 100.0 * found[name] / found.total() for name in CAUSES})
    return [
        level(
            f"{kind}_{name.replace(' ', '_').lower()}",
            f"share of a default run, by {kind}: {name}",
            [row[name] for row in rows],
            "%",
        )
        for kind, rows in (("phase", phases), ("cause", causes))
        for name in rows[0]
    ]
