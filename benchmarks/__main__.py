"""Speed and memory, as ratios of what was measured in turns.

Prints a table and writes it as JSON, to which figures of the same code on the same machine that it
held before are kept. It can be stopped at any time: what was measured until then is written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks import (
    adopters,
    against,
    causes,
    first,
    forks,
    limit,
    memory,
    peer_models,
    plain,
    sweep,
)
from benchmarks.rounds import FEW, Figure, digits, load, machine
from sim.sweep.manifest import made_by

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "benchmarks" / "output" / "bench.json"
BUSY = 1.5
"""Load a core from which figures mean little: others use the machine."""


class Benchmark(NamedTuple):
    """A benchmark, with what it takes on an idle machine."""

    measure: Callable[..., list[Figure]]
    rounds: int
    each: float
    """Seconds a round."""
    start: float = 0.0
    """Seconds before the first round."""
    long: bool = False


BENCHMARKS = {
    "plain": Benchmark(partial(plain.measure, adopters=6_000), 5, 8),
    "plain-10000": Benchmark(partial(plain.measure, adopters=10_000), 3, 14),
    "plain-100000": Benchmark(partial(plain.measure, adopters=100_000), 1, 200, long=True),
    "limit": Benchmark(limit.measure, 60, 0.3),
    "sweep": Benchmark(sweep.measure, 20, 3, 5),
    "sweep-2400": Benchmark(sweep.measure, 120, 3, 5, long=True),
    "adopters": Benchmark(adopters.measure, 5, 6, 10),
    "causes": Benchmark(causes.measure, 30, 0.4),
    "first": Benchmark(first.measure, 20, 3),
    "compile": Benchmark(first.measure_compile, 3, 20),
    "forks": Benchmark(forks.measure, 60, 1.5),
    "peers": Benchmark(peer_models.measure, 20, 2, 60),
    "memory": Benchmark(partial(memory.measure, end="2024-12"), 1000, 0.04, 2),
    "memory-whole": Benchmark(partial(memory.measure, end="2030-12"), 1000, 0.15, 2, long=True),
}
AGAINST = {
    "against-run": Benchmark(against.measure_run, 60, 0.3, 30),
    "against-pair": Benchmark(partial(against.measure_pair, pairs=1), 20, 2, 35),
    "against-8-pairs": Benchmark(partial(against.measure_pair, pairs=8), 10, 8, 35),
    "against-first": Benchmark(against.measure_result, 60, 4, 25),
    "against-compile": Benchmark(against.measure_compile, 3, 35, 25),
    "against-experiment": Benchmark(against.measure_experiment, 10, 40, 25),
}


def tree_digest() -> str:
    """Return 16 hexadecimal digits of all of the package's code, byte by byte."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "sim").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class Record:
    """The file of figures: those of one code on one machine.

    Attributes
    ----------
    content : dict
        "made_by", "machine", and "figures" by key, each with its date and load.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        of = {"made_by": made_by() | {"tree": tree_digest()}, "machine": machine()}
        held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        same = all(held.get(key) == value for key, value in of.items())
        if held and not same:
            print(
                f"figures that {path.name} holds are of other code or another machine, and go",
                file=sys.stderr,
            )
        self.content: dict[str, Any] = {**of, "figures": held["figures"] if same else {}}

    def add(self, figures: list[Figure], busiest: float) -> None:
        """Enter figures and write the file, whole or not at all."""
        about = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "load": round(busiest, 2)}
        if busiest > BUSY:
            about["busy"] = f"load above {BUSY} a core: others used the machine"
        for figure in figures:
            row = figure._asdict()
            self.content["figures"][row.pop("key")] = row | about
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, self.path)


def shown(figures: list[Figure], record: Record) -> Table:
    """Return figures as a table."""
    of, on = record.content["made_by"], record.content["machine"]
    where = f"{on['processor']}, {on['cores']} cores, Python {on['python']}"
    table = Table(title=f"openstakes {of['openstakes']}, code {of['code']}; {where}")
    for head in ("what", "value", "95 %", "rounds", "of what"):
        table.add_column(head, justify="right" if head in ("value", "95 %", "rounds") else "left")
    for figure in figures:
        value, interval = "none", ""
        if figure.value is not None:
            about = "about " if figure.unit == "x" and figure.rounds < FEW else ""
            value = f"{about}{digits(figure.value)} {figure.unit}"
        if figure.low is not None and figure.high is not None:
            interval = f"{digits(figure.low)} to {digits(figure.high)}"
        table.add_row(figure.what, value, interval, f"{figure.rounds:,}", figure.note)
    return table


def chosen(given: argparse.Namespace) -> dict[str, Benchmark]:
    """Return the benchmarks that are asked for by name."""
    known = dict(BENCHMARKS)
    if given.against:
        for name, one in AGAINST.items():
            known[name] = one._replace(measure=partial(one.measure, revision=given.against))
    if given.only is None:
        return {name: one for name, one in known.items() if given.long or not one.long}
    names = given.only.split(",")
    unknown = [name for name in names if name not in known]
    if set(unknown) & set(AGAINST):
        sys.exit(f"--only {given.only}: {unknown[0]} needs --against REV")
    if unknown:
        sys.exit(f"--only {given.only}: there is no {unknown[0]!r}; there are {', '.join(known)}")
    return {name: known[name] for name in names}


def minutes(benchmarks: dict[str, Benchmark], rounds: int | None) -> float:
    """Return how long benchmarks take on an idle machine with two cores."""
    seconds = sum(one.start + one.each * (rounds or one.rounds) for one in benchmarks.values())
    return seconds / 60.0


def read_arguments() -> argparse.Namespace:
    """Return what the command asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = ", ".join({**BENCHMARKS, **AGAINST})
    parser.add_argument("--only", metavar="NAME,NAME", help=f"these alone: {names}")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each, in place of its own")
    parser.add_argument("--long", action="store_true", help="also those that take long")
    parser.add_argument("--against", metavar="REV", help="also this tree over a revision of git")
    parser.add_argument("--out", type=Path, metavar="FILE", default=OUTPUT, help="the JSON")
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error(f"--rounds {given.rounds}: must be 1 or more")
    return given


def main() -> None:
    """Measure, print and write."""
    given = read_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left behind
    benchmarks = chosen(given)
    total = minutes(benchmarks, given.rounds)
    print(f"about {total:.0f} min on an idle machine with two cores", file=sys.stderr)
    record, figures, start = Record(given.out), [], time.monotonic()
    worst = 0.0
    try:
        for name, one in benchmarks.items():
            rounds = given.rounds or one.rounds
            each = minutes({name: one}, rounds)
            print(f"{name}: {rounds} rounds, about {each:.1f} min", file=sys.stderr)
            before = load()
            found = one.measure(rounds)
            busiest = max(before, load())
            worst = max(worst, busiest)
            record.add(found, busiest)
            figures += found
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    finally:
        if figures:
            Console(width=150).print(shown(figures, record))
            print(
                f"{given.out}: {(time.monotonic() - start) / 60.0:.1f} min, load {worst:.1f} a core"
            )
            if worst > BUSY:
                print(f"load above {BUSY} a core: others used the machine, and figures mean little")


if __name__ == "__main__":
    main()
