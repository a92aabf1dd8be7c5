"""Compiled code made ahead, by two processes at once.

This process goes through a month of a world, and a helper through the same month in another order.
Each reads what the other has kept and compiles what is not there yet, so that without a helper, or
with one that fails, all is made nevertheless.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sim.model.kernels import notices
from sim.model.kernels.folders import MARK, folders, kept_whole

if TYPE_CHECKING:
    from sim.model.world import World

SELDOM = ("choose_parallel", "spend")
"""Kernels that a usual run does not call: of large panels, and subsidised prices."""

Progress = Callable[[int, int], None]
"""Called with the kernels that are ready, and the kernels in all."""


def warm(progress: Progress | None = None) -> None:
    """Compile what a usual run calls and keep it, unless that has been done.

    Where compiled code cannot be kept nothing is done, and a run compiles what it calls. Two
    processes that start at once both compile, and what they keep is the same.

    Parameters
    ----------
    progress
        Called after each kernel with those that are ready, and all.
    """
    place = None if kept_whole() or _interpreted() else _writable()
    if place is None:
        return
    with _helped(), _watched(progress):
        _choices_first()
        _whole_month()
    if not notices.said(notices.UNKEPT):
        (place / MARK).touch()


def _interpreted() -> bool:
    """Return whether numba was told to leave kernels as Python."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"


def _writable() -> Path | None:
    """Return the folder in which compiled code will be kept, or None if it cannot be."""
    for folder in folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


@contextmanager
def _helped() -> Iterator[None]:
    """Have another process compile from the other end meanwhile, where there is a core for it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    helper = _helper() if (cores or 1) > 1 else None
    try:
        yield
    finally:
        if helper is not None:
            helper.terminate()
            helper.wait()


def _helper() -> subprocess.Popen[bytes] | None:
    code = f"import sys; sys.path[:] = {sys.path!r}; from sim.model import warming"
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            [sys.executable, "-c", f"{code}; warming.misuse_first()"],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
        )
    except OSError:  # no process more, or no Python to start: this one compiles all
        return None


@contextmanager
def _watched(progress: Progress | None) -> Iterator[None]:
    """Report how many kernels are ready each time that something has been compiled."""
    from numba.core import event

    from sim.model.kernels.numerics import KERNELS

    class Listener(event.Listener):
        def on_start(self, event: event.Event) -> None:
            pass

        def on_end(self, event: event.Event) -> None:
            if progress is not None:
                usual = [kernel for kernel in KERNELS if kernel.__name__ not in SELDOM]
                progress(sum(bool(kernel.signatures) for kernel in usual), len(usual))

    with event.install_listener("numba:compile", Listener()):
        yield


def _begun() -> World:
    """Return a world in its first month, up to what is out before adopters choose."""
    from sim.model.phases import PHASES, adopt
    from sim.model.world import World

    world = World(rng=0)
    world.month += 1
    world.releases.begin_month()
    world.ledger.begin_month(world.month)
    for phase in PHASES[: PHASES.index(adopt)]:
        phase(world)
    return world


def _choices_first() -> None:
    """Compile what adopters do; meanwhile the helper gets done with what a whole month needs."""
    world = _begun()
    world.adopters.open_market(world.month)
    world.adopters.review_all(world.month)
    world.adopters.build()
    _choose_under_a_ban(world)


def misuse_first() -> None:
    """Compile what the helper has to: what malicious actors do, then what counts use."""
    from sim.model.phases import misuse

    world = _begun()
    misuse(world)
    world.adopters.open_market(world.month)
    world.adopters.count_use()


def _whole_month() -> None:
    from sim.model.world import World

    world = World(rng=0)
    world.step()
    world.series()


def _choose_under_a_ban(world: World) -> None:
    """Let adopters choose as in the years in which the status quo has bans of use."""
    from sim.model.law import Law

    law = Law(world.jurisdictions)
    for field in ("use_ban", "listed_until"):
        law.write("ban", field, 1.0)
    world.law = law.combine()
    world.tables.read(world.law)
    world.adopters.review_all(world.month)
