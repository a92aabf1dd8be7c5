"""What the fault tests share: sweeps in own processes, and what must be true of their folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sim.sweep.design import Design
from sim.sweep.folder import Folder
from sim.sweep.runs import RunId
from sim.sweep.store import Store
from tests.sweep import fake

ROOT = Path(__file__).resolve().parents[2]
MARK = "OPENSTAKES_TEST_MARK"
PATIENCE = 60.0
"""Seconds after which something that should happen is taken never to happen."""

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks at processes through /proc"
)

SWEEP = """
from functools import partial
from sim.sweep import executors
from sim.sweep.execution import execute
from tests.faults import worlds
from tests.faults.harness import plan
# These worlds do without the model.
executors.PRELOADED = ("pyarrow.parquet", "tests.faults.worlds")
print("begin", flush=True)
run = partial(execute, plan({replications}), simulate=worlds.paced)
run(out={out!r}, workers={workers}, executor={executor})
print("end", flush=True)
"""


COMMAND = """
import sys
from sim.cli.app import main
from sim.sweep import cluster, execution, executors
from tests.faults import worlds
world = getattr(worlds, sys.argv.pop(1), None)
if world is not None:
    execution.simulate_world = world
    executors.PRELOADED = ("pyarrow.parquet", "tests.faults.worlds")
cluster.CONNECT_SECONDS = 2
main()
"""
"""The command line; the first argument names a world in tests.faults.worlds.

"model" stands for the model's own.
"""

EXPERIMENT = """
name = "small"
scenarios = ["audits"]
against = "plain"
replications = {replications}
also_without_assumed = false
"""

FEW = '[keep]\noutcomes = ["incidents"]'
"""Ends an experiment of the model's own worlds.

Too little is kept for a report, which takes its time.
"""

SCENARIO = """
name = "{name}"
adopters = 3500
[horizon]
end = "2024-12"
{policies}
"""


def write_experiment(folder: Path, replications: int, rest: str = "") -> str:
    """Write an experiment of two small scenarios and return its file."""
    policies = {"plain": "", "audits": '[policy.a]\nlever = "L7"\nstart = "2024-03"'}
    for name, text in policies.items():
        (folder / f"{name}.toml").write_text(SCENARIO.format(name=name, policies=text))
    file = folder / "small.toml"
    file.write_text(EXPERIMENT.format(replications=replications) + rest)
    return str(file)


def plan(replications: int = 40, seed: int = 3) -> Design:
    """Return a design of two cases: 80 runs in 10 chunks by default."""
    scenarios = [fake.scenario("status-quo"), fake.scenario("audits", 1)]
    return Design.of(scenarios, replications, seed, also_without_assumed=False)


def sweep_script(
    out: Path | str, *, replications: int = 40, workers: int = 2, executor: str = "'pool'"
) -> str:
    """Return a script that sweeps `plan` into a folder; `executor` is code.

    It has no guard for ``__main__``.
    """
    return SWEEP.format(out=str(out), replications=replications, workers=workers, executor=executor)


class Driver:
    """A process that runs a script, and those it starts, known by a mark in their environment."""

    def __init__(
        self,
        folder: Path,
        script: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.mark = uuid4().hex
        file = folder / f"driver-{self.mark}.py"
        file.write_text(script)
        self._errors = folder / f"driver-{self.mark}.txt"
        own = {"PYTHONPATH": str(ROOT), "COLUMNS": "200", MARK: self.mark}
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(file), *arguments],
                cwd=folder,
                env={**os.environ, **own, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in [self.process.pid, *self.others()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.communicate()

    def line(self) -> str:
        """Return the next line that the script prints, "" at its end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def wait(self) -> int:
        """Wait for the script's end and return its exit status."""
        return self.process.wait(PATIENCE)

    def errors(self) -> str:
        """Return what was written to stderr."""
        return self._errors.read_text()

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal to the script, wait for its end and return its exit status."""
        self.process.send_signal(number)
        return self.wait()

    def interrupt(self) -> int:
        """Press Ctrl-C: the signal goes to all processes of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.wait()

    def others(self) -> list[int]:
        """Return the processes that the script has started, itself aside, and that still run."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            pid = int(path.parent.name)
            try:
                mine = f"{MARK}={self.mark}".encode() in path.read_bytes()
            except OSError:  # ended meanwhile, or somebody else's
                continue
            found += [pid] if mine and pid != self.process.pid else []
        return found


def until(holds: Callable[[], Any], seconds: float = PATIENCE) -> bool:
    """Wait until something holds; return whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return bool(holds())
        time.sleep(0.01)
    return True


def parts(out: Path) -> list[Path]:
    """Return the series parts of a folder."""
    return sorted((out / "series").glob("*.parquet"))


def files(out: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def values_of(store: Store) -> dict[RunId, bytes]:
    """Return every number of every run."""
    found = {}
    for part in store.parts.values():
        series = store.series(part, store.outcomes(part))
        tables = store.countries(part) if part.countries else ()
        for i, run in enumerate(part.runs):
            assert run not in found, f"{run} is there twice"
            found[run] = b"".join(array[i].tobytes() for array in (series, *tables))
    return found


def values(out: Path) -> dict[RunId, bytes]:
    """Open a folder, which checks it, and return every number of every run."""
    return values_of(Folder.open(out)[0])


def assert_whole(out: Path, runs: int = 80) -> None:
    """Assert that a folder holds all runs and nothing that does not belong there."""
    store, design = Folder.open(out)
    assert design.runs == runs
    assert sum(len(part.runs) for part in store.parts.values()) == runs
    assert set(files(out)) == {
        "manifest.json",
        "designs.parquet",
        *(f"series/{name}.parquet" for name in store.parts),
        *(f"countries/{part.countries}.parquet" for part in store.parts.values()),
    }
