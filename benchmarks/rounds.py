"""Rounds: what is compared takes turns, and every figure says how sure it is.

The machine may be busy with something else, so times are processor times unless a figure says
otherwise, and what is compared is measured in the same minutes: a round measures each once, in an
order that turns from round to round. A ratio is that of the medians over rounds; its interval is
95 % of `SAMPLES` bootstrap samples of whole rounds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

SAMPLES = 2000
FEW, TOO_FEW = 20, 5
"""A ratio from fewer rounds is given as "about"; and from fewer without an interval."""


class Figure(NamedTuple):
    """One number that was measured.

    Attributes
    ----------
    key, what : str
        Its name for programs, and for people.
    value, unit
        The number, None if it could not be measured; the unit is "x" for a ratio.
    rounds : int
        In how many rounds it was measured.
    low, high : float or None
        Ends of its 95 % interval.
    note : str
        What it is made of: medians in ms, kinds of workload.
    """

    key: str
    what: str
    value: float | None
    unit: str
    rounds: int
    low: float | None = None
    high: float | None = None
    note: str = ""


def spent() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def spent_by(process: int, without: int = 0) -> float:
    """Return the processor seconds of a process and all that it started, but for one of them.

    Those that have ended count too; those that are alive are looked up in /proc (Linux), to a
    hundredth of a second.
    """
    families: dict[int, list[tuple[int, float]]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        ticks = sum(map(int, fields[11:15]))
        families.setdefault(int(fields[1]), []).append((int(file.parent.name), ticks))
        if int(file.parent.name) == process:
            families.setdefault(0, []).append((process, ticks))
    total, waiting = 0.0, [one for one in families.get(0, []) if one[0] == process]
    while waiting:
        number, ticks = waiting.pop()
        if number != without:
            total += ticks
            waiting += families.get(number, [])
    return total / os.sysconf("SC_CLK_TCK")


def took(work: Callable[[], object], clock: Callable[[], float] = spent) -> float:
    """Return the seconds that a call takes by a clock."""
    start = clock()
    work()
    return clock() - start


def interleaved(timers: Sequence[Callable[[int], float]], rounds: int) -> np.ndarray:
    """Measure every one once in each round, in turns of order.

    Parameters
    ----------
    timers
        Each takes the number of the round and returns the seconds that its work took.
    rounds
        How many.

    Returns
    -------
    array (round, timer) of seconds
    """
    seconds = np.empty((rounds, len(timers)))
    for number in range(rounds):
        places = range(len(timers))
        for place in reversed(places) if number % 2 else places:
            seconds[number, place] = timers[place](number)
    return seconds


def ratio(
    key: str, what: str, over: np.ndarray, under: np.ndarray, note: str = "", unit: str = "ms"
) -> Figure:
    """Return the ratio of the medians of two columns of rounds, with its interval.

    `note` may show both medians, as {over} and {under} in ms, or in s if `unit` says so.
    """
    picked = resampled(len(over))
    ends = interval(np.median(over[picked], axis=1) / np.median(under[picked], axis=1), len(over))
    medians = {"over": float(np.median(over)), "under": float(np.median(under))}
    scale = {"ms": 1000.0, "s": 1.0}[unit]
    texts = {name: f"{digits(scale * median)} {unit}" for name, median in medians.items()}
    value = medians["over"] / medians["under"]
    return Figure(key, what, value, "x", len(over), *ends, note.format(**texts))


def level(key: str, what: str, values: Sequence[float], unit: str, note: str = "") -> Figure:
    """Return the median of a column of rounds, with its interval."""
    column = np.array(values)
    ends = interval(np.median(column[resampled(len(column))], axis=1), len(column))
    return Figure(key, what, float(np.median(column)), unit, len(column), *ends, note)


def resampled(rounds: int) -> np.ndarray:
    """Return numbers of rounds, drawn with replacement: array (sample, round)."""
    return np.random.default_rng(0).integers(rounds, size=(SAMPLES, rounds))


def interval(samples: np.ndarray, rounds: int) -> tuple[float | None, float | None]:
    """Return both ends of 95 % of the samples; none if there were too few rounds to know."""
    if rounds < TOO_FEW:
        return None, None
    low, high = np.quantile(samples, (0.025, 0.975))
    return float(low), float(high)


def digits(number: float) -> str:
    """Return a number with three digits that count, and no exponent."""
    if number == 0.0 or abs(number) >= 100.0:
        return f"{number:,.0f}"
    return f"{number:.{2 - int(np.floor(np.log10(abs(number))))}f}"


class Maker:
    """A warm process that makes what it is told: a line in, a line of words out.

    It ends with the `with` block.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.command = list(command)
        self.process = subprocess.Popen(
            self.command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *error: object) -> None:
        """Let the process end, or end it where it is in the midst of something."""
        if error[0] is not None:
            self.process.kill()
        self.process.communicate()

    def ask(self, *words: object) -> list[str]:
        """Return the words of the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):  # then there is no answer either
            print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit(f"{self.command[0]} ended; its error stands above")
        return answer


def machine() -> dict[str, str | int]:
    """Return what times depend on besides the code: processor, cores, Python."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def load() -> float:
    """Return the load of the last minute on each core."""
    return os.getloadavg()[0] / len(os.sched_getaffinity(0))
