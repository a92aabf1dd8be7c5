"""A default run over the arithmetic of its kernels, which is the limit for everything around them.

One run records what kernels are given in every `EVERY`-th month. A round makes a whole run, and
calls the kernels with fresh copies of what was recorded from a loop that does nothing else. Of each
call is taken off what a compiled function that does nothing costs with the same arguments.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from copy import deepcopy
from types import FunctionType, ModuleType
from typing import Any

import numba as nb
from numba.core.dispatcher import Dispatcher

from benchmarks.rounds import Figure, interleaved, level, ratio, took
from sim.model.world import World
from sim.scenario.scenario import load

EVERY = 7
"""Months from one that is recorded to the next: no divisor of a year, so that each month of the
year comes in."""

Call = tuple[Callable[..., Any], tuple[Any, ...]]


@nb.njit
def nothing(*arguments):
    """Take arguments as a kernel does."""
    return 0


def kernels() -> list[tuple[ModuleType, str, Dispatcher]]:
    """Return where the package has compiled functions that Python calls: module, name, function.

    Functions of the kernels' room that are not compiled call some, too.
    """
    found = []
    for name, module in sorted(sys.modules.items()):
        if name.startswith("sim.model") and not name.startswith("sim.model.kernels"):
            for key, value in vars(module).items():
                if isinstance(value, Dispatcher):
                    found.append((module, key, value))
                elif isinstance(value, FunctionType) and "kernels" in value.__module__:
                    home = sys.modules[value.__module__]
                    called = ((key, vars(home).get(key)) for key in value.__code__.co_names)
                    found += [(home, key, x) for key, x in called if isinstance(x, Dispatcher)]
    return found


def recorded(world: World) -> list[Call]:
    """Run a world; return the kernel calls of every `EVERY`-th month with copies of arguments."""
    calls: list[Call] = []

    def recording(kernel: Dispatcher) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if world.month % EVERY == EVERY // 2:
                calls.append((kernel, deepcopy(arguments)))
            return kernel(*arguments)

        return call

    places = kernels()
    for module, name, kernel in places:
        setattr(module, name, recording(kernel))
    try:
        world.run()
    finally:
        for module, name, kernel in places:
            setattr(module, name, kernel)
    return calls


def arithmetic(calls: list[Call]) -> float:
    """Return the processor seconds of kernel calls, less those of calls that do nothing."""
    seconds = 0.0
    for kernel, arguments in calls:
        fresh = deepcopy(arguments)
        start = time.process_time()
        kernel(*fresh)
        between = time.process_time()
        nothing(*fresh)
        seconds += 2.0 * between - start - time.process_time()
    return seconds


def measure(rounds: int) -> list[Figure]:
    """Return the ratio."""
    scenario = load("status-quo")
    calls = recorded(World(scenario, rng=1))
    share = scenario.months / len(range(EVERY // 2, scenario.months, EVERY))
    arithmetic(calls)
    seconds = interleaved(
        (
            lambda number: took(lambda: World(scenario, rng=1, replication=number).run()),
            lambda number: share * arithmetic(calls),
        ),
        rounds,
    )
    note = f"{{over}} and {{under}}; {len(calls)} calls recorded in one run"
    what = "default run, over the arithmetic of its kernels"
    run = level("run", "default run, processor time", 1000.0 * seconds[:, 0], "ms")
    return [run, ratio("run_over_kernels", what, *seconds.T, note)]
