"""Start-up: the first result of a fresh process, with compiled code at hand and without.

The first result is set against a process that only imports the libraries, which is its limit, and
the first compile against the first result.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import Figure, interleaved, level, ratio, took

ROOT = Path(__file__).resolve().parents[1]
IMPORT = ("-c", "import mesa, numba, pyarrow, pydantic, typer")
RESULT = ("-m", "sim", "run", "status-quo", "--json")


def process(*arguments: str, tree: Path = ROOT, **environment: str) -> None:
    """Run Python to its end in a tree; what it prints is shown only if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")


def result(tree: Path = ROOT) -> None:
    """Get a first result."""
    process(*RESULT, tree=tree)


def result_without_compiled_code(tree: Path = ROOT) -> None:
    """Get a first result where nothing has been compiled yet."""
    with tempfile.TemporaryDirectory() as folder:
        process(*RESULT, tree=tree, NUMBA_CACHE_DIR=folder)


def by_both_clocks(work: Callable[[], object], wall: list[float]) -> float:
    """Return the processor seconds of a call; add those by the clock to a list."""
    start = time.perf_counter()
    seconds = took(work)
    wall.append(time.perf_counter() - start)
    return seconds


def measure(rounds: int) -> list[Figure]:
    """Return the time of a first result, and over that of importing the libraries."""
    process(*RESULT)
    wall: list[float] = []
    seconds = interleaved(
        (
            lambda number: by_both_clocks(result, wall),
            lambda number: took(lambda: process(*IMPORT)),
        ),
        rounds,
    )
    what = "first result, over importing the libraries alone"
    return [
        level("first_result", "first result of a fresh process, by the clock", wall, "s"),
        ratio("first_result_over_imports", what, *seconds.T, "{over} and {under}"),
    ]


def measure_compile(rounds: int) -> list[Figure]:
    """Return the time of a first result without compiled code, and over one with it."""
    process(*RESULT)
    wall: list[float] = []
    seconds = interleaved(
        (
            lambda number: by_both_clocks(result_without_compiled_code, wall),
            lambda number: took(result),
        ),
        rounds,
    )
    what = "first result where nothing is compiled yet, over one where all is"
    return [
        level("first_compile", "first result where nothing is compiled, by the clock", wall, "s"),
        ratio("first_compile_over_result", what, *seconds.T, "{over} and {under}", "s"),
    ]
