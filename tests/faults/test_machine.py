"""Faults of the machine in a run are no results.

They are tried again, then the sweep stops, and the same command goes on.
"""

from __future__ import annotations

from functools import partial

import pytest

from sim.sweep.cluster import DaskCluster
from sim.sweep.execution import execute
from sim.sweep.executors import InProcess, ProcessPool
from sim.sweep.faults import MachineError
from sim.sweep.folder import Folder
from tests.faults import worlds
from tests.faults.harness import (
    COMMAND,
    ROOT,
    Driver,
    assert_whole,
    needs_proc,
    parts,
    plan,
    sweep_script,
    until,
    values,
    write_experiment,
)
from tests.marks import slow
from tests.sweep import fake

EXECUTORS = {
    "one process": InProcess,
    "pool": partial(ProcessPool, 2),
    "dask": partial(DaskCluster, 1),
}
any_executor = pytest.mark.parametrize(
    "factory",
    [slow(factory) if name == "dask" else factory for name, factory in EXECUTORS.items()],
    ids=EXECUTORS,
)


@any_executor
def test_a_fault_that_passes_changes_nothing(tmp_path, undisturbed, factory) -> None:
    out, marker = tmp_path / "out", tmp_path / "tries"
    world = partial(worlds.short_of_files, marker=str(marker), times=2)
    store = execute(plan(), out=out, executor=factory, simulate=world)
    assert len(marker.read_text()) == 3
    assert store.failures() == []
    assert_whole(out)
    assert values(out) == undisturbed


@any_executor
def test_a_fault_that_stays_stops_the_sweep_and_is_undone_and_resumable(
    tmp_path, undisturbed, factory
) -> None:
    out, marker = tmp_path / "out", tmp_path / "tries"
    with pytest.raises(
        MachineError, match=r"Too many open files: table.csv \(in run .*:11\).*ulimit -n"
    ) as caught:
        execute(
            plan(),
            out=out,
            executor=factory,
            simulate=partial(worlds.short_of_files, marker=str(marker)),
        )
    assert len(marker.read_text()) == 3
    assert caught.value.run == f"{plan().points[1][0]}:0:11"
    assert Folder.open(out)[0].failures() == []
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert_whole(out)
    assert values(out) == undisturbed


@needs_proc
@pytest.mark.parametrize("workers", [slow(1), 2])
def test_the_command_names_the_fault_what_to_do_and_how_to_go_on(tmp_path, workers) -> None:
    out = tmp_path / "out"
    command = [
        "sweep", write_experiment(tmp_path, 12), "--workers", str(workers), "--out", str(out),
    ]  # fmt: skip
    with Driver(tmp_path, COMMAND, "always_short_of_files", *command) as driver:
        assert driver.wait() == 1
        said = driver.errors().strip().splitlines()[-1]
        assert until(lambda: not driver.others(), 10.0)
    store, design = Folder.open(out)
    run = f"{design.points[1][0]}:0:11"
    assert said == (
        f"failed: Too many open files: table.csv (in run {run}): "
        "a fault of the machine, which is no result; "
        "raise the limit on open files (ulimit -n), or use fewer workers; "
        f"openstakes sweep {out} --alone {run} shows where it is raised; "
        f"finished runs are kept in {out}, and the same command goes on from there"
    )
    assert "Traceback" not in driver.errors()
    assert store.failures() == []
    assert parts(out)
    with Driver(
        tmp_path, COMMAND, "always_short_of_files", "sweep", str(out), "--alone", run
    ) as driver:
        assert driver.wait() == 1
        assert "in short_of_files" in driver.errors()
    execute(design, out=out, workers=1, simulate=fake.world)
    assert_whole(out, 24)


KILLED = """
import os, pathlib, signal
marker = pathlib.Path({marker!r})
if len(marker.read_text()) < {times}:
    marker.write_text(marker.read_text() + "x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_proc
@pytest.mark.parametrize("times", [1, 100])
def test_a_fork_server_killed_in_its_start_is_started_again_or_named(
    tmp_path, undisturbed, times
) -> None:
    out, marker = tmp_path / "out", tmp_path / "deaths"
    marker.touch()
    (tmp_path / "killed.py").write_text(KILLED.format(marker=str(marker), times=times))
    script = sweep_script(out).replace('"tests.faults.worlds")', '"killed")')
    with Driver(tmp_path, script, environment={"PYTHONPATH": f"{ROOT}:{tmp_path}"}) as driver:
        status = driver.wait()
    if times == 1:
        assert status == 0, driver.errors()
        assert values(out) == undisturbed
    else:
        assert "MachineError: worker processes were ended in their start" in driver.errors()
        assert Folder.open(out)[0].failures() == []
    assert marker.read_text()
