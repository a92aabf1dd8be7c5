"""Workers are killed: their work is done again.

What always kills its worker is named while the rest goes on.
"""

from __future__ import annotations

import json
from functools import partial

import pytest

from sim.sweep.cluster import DaskCluster
from sim.sweep.execution import execute
from sim.sweep.executors import ProcessPool
from sim.sweep.folder import Folder
from sim.sweep.parts import Failure
from tests.faults import worlds
from tests.faults.harness import COMMAND, FEW, Driver, assert_whole, plan, values, write_experiment
from tests.marks import slow
from tests.sweep import fake

EXECUTORS = {
    "forkserver": partial(ProcessPool, 2, "forkserver"),
    "spawn": partial(ProcessPool, 2, "spawn"),
    "dask": partial(DaskCluster, 2),
}
any_executor = pytest.mark.parametrize(
    "factory",
    [slow(factory) if name != "forkserver" else factory for name, factory in EXECUTORS.items()],
    ids=EXECUTORS,
)


@any_executor
def test_a_killed_worker_changes_nothing(tmp_path, undisturbed, factory) -> None:
    out, marker = tmp_path / "out", tmp_path / "died"
    store = execute(
        plan(), out=out, executor=factory, simulate=partial(worlds.dies_once, marker=str(marker))
    )
    assert marker.exists()
    assert store.failures() == []
    assert_whole(out)
    assert values(out) == undisturbed


@any_executor
def test_a_chunk_that_kills_its_workers_is_named_and_the_rest_is_done(
    tmp_path, undisturbed, factory
) -> None:
    out = tmp_path / "out"
    store = execute(plan(), out=out, executor=factory, simulate=worlds.dies_always)
    (here,), (there,) = plan().points
    chunk = {(point, 0, replication) for point in (here, there) for replication in range(8, 12)}
    assert [(f.scenario, f.point, f.replication, f.seed) for f in store.failures()] == [
        (name, point, replication, 3)
        for name, point in (("audits", there), ("status-quo", here))
        for replication in range(8, 12)
    ]
    lost = json.loads((out / "manifest.json").read_bytes())["lost"]
    assert {Failure(**failure).run for failure in lost} == chunk
    assert values(out) == {run: x for run, x in undisturbed.items() if run not in chunk}
    assert Folder.open(out)[0].failures() == store.failures()

    again = execute(plan(), out=out, workers=1, simulate=fake.world)
    assert again.failures() == Folder.open(out)[0].failures() == []
    assert_whole(out)
    assert values(out) == undisturbed


@pytest.mark.slow
def test_the_command_names_lost_runs_and_does_them_next_time(tmp_path) -> None:
    out = tmp_path / "out"
    command = [
        "sweep", write_experiment(tmp_path, 12, FEW), "--workers", "2", "--out", str(out), "--json",
    ]  # fmt: skip
    with Driver(tmp_path, COMMAND, "real_but_dies", *command) as driver:
        driver.process.communicate(timeout=60)
        assert driver.wait() == 3
    lost = Folder.open(out)[0].lost
    assert len(lost) == 8
    assert "8 of 24 runs failed" in driver.errors()
    for failure in lost:
        where = f"{failure.scenario}, replication {failure.replication} ({failure.point}:"
        assert where in driver.errors()
    with Driver(tmp_path, COMMAND, "model", *command) as driver:
        driver.process.communicate(timeout=60)
        assert driver.wait() == 0, driver.errors()
    assert Folder.open(out)[0].failures() == []
