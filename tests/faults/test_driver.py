"""The process that runs a sweep is killed or stopped.

What is finished stays, nobody is left, the rest follows.
"""

from __future__ import annotations

import random
import signal
import time

import pytest

from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.parts import StoreError
from tests.faults.harness import (
    COMMAND,
    Driver,
    assert_whole,
    needs_proc,
    parts,
    plan,
    sweep_script,
    until,
    values,
    values_of,
    write_experiment,
)
from tests.marks import slow
from tests.sweep import fake

DASK = "'dask'"


def moments(seed: int, kills: int) -> list[tuple[int, float]]:
    """Return seeded random moments: so many parts written, then a delay of up to a chunk."""
    rng = random.Random(seed)
    return [(rng.randrange(4), rng.uniform(0.0, 0.2)) for _ in range(kills)]


def kill_at(driver: Driver, out, moment: tuple[int, float]) -> None:
    """Kill a sweep when it has written so many more parts and a little time has gone by."""
    there = len(parts(out))
    until(lambda: len(parts(out)) >= there + moment[0] or driver.process.poll() is not None)
    time.sleep(moment[1])
    started = bool(driver.others())
    driver.kill()
    # A fork server that is still reading the model in cannot look up before it has done so.
    assert until(lambda: not driver.others(), 1.0 if moment[0] else 10.0), (
        f"left: {driver.others()} ({started=})"
    )


@needs_proc
@pytest.mark.parametrize("seed", [0, slow(1), slow(2), slow(3), slow(4)])
def test_a_killed_sweep_goes_on(tmp_path, undisturbed, seed) -> None:
    out = tmp_path / "out"
    for moment in moments(seed, 2):
        with Driver(tmp_path, sweep_script(out)) as driver:
            assert driver.line() == "begin"
            kill_at(driver, out, moment)
        kept = {path.name for path in parts(out)}
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert_whole(out)
    assert values(out) == undisturbed
    assert kept <= {path.name for path in parts(out)}


@needs_proc
@pytest.mark.slow
def test_a_killed_sweep_on_dask_goes_on(tmp_path, undisturbed) -> None:
    out = tmp_path / "out"
    with Driver(tmp_path, sweep_script(out, executor=DASK)) as driver:
        assert driver.line() == "begin"
        kill_at(driver, out, (2, 0.1))
    assert 2 <= len(parts(out)) < 10
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert_whole(out)
    assert values(out) == undisturbed


EVERY_STEP = """
import os, signal, sys
import pyarrow.parquet
from pathlib import Path
from sim.sweep.execution import execute
from sim.sweep.manifest import environment, made_by
from tests.faults.harness import plan
from tests.sweep import fake

environment(), made_by()  # once for all

class Torn:
    '''A file that is written in two halves.'''
    def __init__(self, file, step):
        self.file, self.step = file, step
    def __getattr__(self, name):
        return getattr(self.file, name)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.file.close()
    def write(self, data):
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        self.step()
        self.file.write(data[len(data) // 2 :])

def killed(last, out):
    '''Sweep in a process that dies just before its so-manieth change of a file or folder.

    Return whether it died.
    '''
    pid = os.fork()
    if not pid:
        count = 0
        def step():
            nonlocal count
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
        def stepping(call):
            def wrapped(*arguments, **named):
                step()
                return call(*arguments, **named)
            return wrapped
        plain = Path.open
        def torn(path, mode="r", *arguments, **named):
            file = plain(path, mode, *arguments, **named)
            return Torn(file, step) if mode == "xb" else file
        Path.open, os.fsync, os.mkdir = torn, stepping(os.fsync), stepping(os.mkdir)
        Path.unlink, Path.replace = stepping(Path.unlink), stepping(Path.replace)
        execute(plan(8), out=out, workers=1, simulate=fake.world)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

steps = 0
while killed(steps + 1, Path(sys.argv[1]) / f"out-{steps}"):
    steps += 1
print(steps)
"""


def test_death_at_every_step_of_writing(tmp_path) -> None:
    with Driver(tmp_path, EVERY_STEP, str(tmp_path)) as driver:
        steps = int(driver.line())
        assert driver.wait() == 0
    assert steps > 30
    whole = values_of(execute(plan(12), workers=1, simulate=fake.world))
    for step in range(steps + 1):
        out = tmp_path / f"out-{step}"
        # With more replications than before: what was half done then is now done in other chunks.
        execute(plan(12), out=out, workers=1, simulate=fake.world)
        assert_whole(out, 24)
        assert values(out) == whole


@needs_proc
@pytest.mark.parametrize(
    ("executor", "seed"), [("pool", 0), slow("pool", 1), slow("dask", 0), slow("dask", 1)]
)
def test_ctrl_c_keeps_what_is_finished(tmp_path, executor, seed) -> None:
    out = tmp_path / "out"
    first, delay = moments(seed + 5, 1)[0]
    command = [
        "paced", "sweep", write_experiment(tmp_path, 400), "--out", str(out), "--workers", "2",
        "--executor", executor,
    ]  # fmt: skip
    with Driver(tmp_path, COMMAND, *command) as driver:
        assert until(lambda: len(parts(out)) > first)
        time.sleep(delay)
        status = driver.interrupt()
        assert status == 130, driver.errors()
        assert until(lambda: not driver.others(), 1.0), driver.others()
        said = driver.errors().strip().splitlines()
        # A worker that is ended over a file leaves it half-written; its removal is told.
        assert said[0].startswith("cost: ")
        assert all("was left unfinished by a command" in line for line in said[1:-1]), said
        assert said[-1] == (
            f"interrupted; finished runs are kept in {out}, and the same command goes on from there"
        )
    store, design = Folder.open(out)
    assert len(store.parts) > first
    before = set(store.parts)
    again = execute(design, out=out, workers=1, simulate=fake.world)
    assert before <= set(again.parts)
    assert_whole(out, 800)


@needs_proc
@pytest.mark.parametrize("executor", ["pool", slow("dask")])
def test_a_stop_signal_ends_everything(tmp_path, undisturbed, executor) -> None:
    out = tmp_path / "out"
    with Driver(tmp_path, sweep_script(out, executor=repr(executor))) as driver:
        assert driver.line() == "begin"
        assert until(lambda: len(parts(out)) >= 2)
        assert driver.kill(signal.SIGTERM) in (-signal.SIGTERM, 128 + signal.SIGTERM)
        assert until(lambda: not driver.others(), 1.0), driver.others()
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert_whole(out)
    assert values(out) == undisturbed


def test_one_sweep_at_a_time_in_a_folder(tmp_path, undisturbed) -> None:
    out = tmp_path / "out"
    with Driver(tmp_path, sweep_script(out)) as driver:
        assert driver.line() == "begin"
        assert until(lambda: parts(out))
        with pytest.raises(
            StoreError, match=f"another sweep is writing to {out}; wait for it or choose another"
        ):
            execute(plan(), out=out, workers=1, simulate=fake.world)
        assert driver.wait() == 0
    assert values(out) == undisturbed
    execute(plan(41), out=out, workers=1, simulate=fake.world)
    assert_whole(out, 82)
