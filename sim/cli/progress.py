"""Progress of a sweep on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 10.0
ENOUGH = 0.1
"""Share of the runs that must be done before the time left is estimated.

The first runs include start-up.
"""

Report = Callable[[int, int, int], None]
"""Called with the runs finished, failed and in all."""


@contextmanager
def shown_on_stderr(what: str) -> Iterator[Report]:
    """Yield the function to call as runs finish; on a terminal the bar is removed at the end.

    Parameters
    ----------
    what
        The command, in one word.
    """
    if not sys.stderr.isatty():
        yield PlainLines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs {task.fields[rate]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        pace = Pace()

        def report(finished: int, failed: int, total: int) -> None:
            pace.note(finished + failed)
            words = pace.words(finished + failed, total)
            bar.update(
                task,
                completed=finished + failed,
                total=total,
                rate=words + (f", {failed} failed" if failed else ""),
            )

        yield report


class Pace:
    """Runs a second since the first call; runs found finished already do not count.

    Parameters
    ----------
    clock
        Seconds since any fixed moment.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start: tuple[float, int] | None = None
        self.rate = 0.0

    def note(self, done: int) -> None:
        """Take in the number of runs done."""
        if self._start is None:
            self._start = (self._clock(), done)
        seconds, before = self._clock() - self._start[0], self._start[1]
        self.rate = (done - before) / seconds if seconds > 0 else 0.0

    def words(self, done: int, total: int) -> str:
        """Return the rate and, once a tenth of the runs is done, the time left.

        Before the first run there is nothing to say.
        """
        if self._start is None or self.rate <= 0:
            return ""
        before, rate = self._start[1], f"{self.rate:.1f} a second"
        if done - before < ENOUGH * (total - before):
            return rate
        return f"{rate}, {(total - done) / self.rate:.0f} s left"


class PlainLines:
    """Writes one line to stderr at most every ten seconds: done, total, rate and time left."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._clock = clock
        self._pace = Pace(clock)
        self._written = clock()

    def __call__(self, finished: int, failed: int, total: int) -> None:
        """Take in the runs finished, failed and in all."""
        done = finished + failed
        self._pace.note(done)
        if self._clock() - self._written < EVERY_SECONDS or done >= total:
            return
        self._written = self._clock()
        words = [f"{self._what}: {done}/{total} runs", self._pace.words(done, total)]
        words += [f"{failed} failed"] if failed else []
        print(", ".join(part for part in words if part), file=sys.stderr, flush=True)


def compile_ahead() -> None:
    """Compile what a usual run calls and this machine has not kept yet, with a line now and then.

    Kernels take too unlike times for a rate.
    """
    from sim.model.kernels.folders import kept_whole

    if kept_whole() is not None:
        return
    from sim.model.warming import warm

    written = time.monotonic()

    def report(ready: int, total: int) -> None:
        nonlocal written
        if time.monotonic() - written >= EVERY_SECONDS:
            written = time.monotonic()
            print(f"compile: {ready}/{total} kernels", file=sys.stderr, flush=True)

    warm(report)
