"""Dask: a cluster of somebody else, one that is not there, and one that cannot do the work."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from sim.sweep.folder import Folder
from tests.faults import worlds
from tests.faults.harness import (
    COMMAND,
    Driver,
    assert_whole,
    files,
    needs_proc,
    parts,
    plan,
    sweep_script,
    until,
    values,
    write_experiment,
)
from tests.sweep import fake

SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", dashboard_address="127.0.0.1:0") as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(main())
"""

WORKER = """
import os, sys
from distributed.cli.dask_worker import main
if __name__ == "__main__":
    os.chdir(sys.argv.pop())
    main()
"""


@pytest.fixture
def scheduler(tmp_path) -> Iterator[Driver]:
    """A scheduler on the loopback; its address is in `address`."""
    with Driver(tmp_path, SCHEDULER) as driver:
        driver.address = driver.line()
        yield driver


def start_workers(folder: Path, scheduler: Driver, place: Path, number: int = 2) -> Driver:
    """Start a process with so many workers, whose current folder is `place`."""
    options = [
        "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--nworkers", str(number),
    ]  # fmt: skip
    local = ["--local-directory", str(folder)]
    return Driver(folder, WORKER, scheduler.address, *options, *local, str(place))


def test_a_cluster_that_is_joined(tmp_path, undisturbed, scheduler) -> None:
    out, marker = tmp_path / "out", tmp_path / "died"
    address = f"dask:{scheduler.address}"
    with start_workers(tmp_path, scheduler, tmp_path):
        assert until(lambda: answers(scheduler.address, 2))
        execute(plan(9), executor=address, out=out, simulate=fake.world)
        assert_whole(out, 18)
        dies_once = partial(worlds.dies_once, marker=str(marker))
        execute(plan(), executor=address, out=out, simulate=dies_once)
        assert marker.exists()
        assert_whole(out)
        assert values(out) == undisturbed
        assert scheduler.process.poll() is None  # it is somebody else's


def answers(address: str, workers: int) -> bool:
    """Return whether a scheduler has so many workers."""
    from distributed import Client

    with Client(address, set_as_default=False, timeout=20) as client:
        return len(client.nthreads()) >= workers


def test_workers_that_do_not_see_the_folder(tmp_path, scheduler) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    # What this path means depends on the process, as on machines that do not share a disk.
    command = ["paced", "sweep", write_experiment(tmp_path, 9), "--out", "/proc/self/cwd/out"]
    command += ["--executor", f"dask:{scheduler.address}"]
    script = f"import os\nos.chdir({str(here)!r})\n" + COMMAND
    with start_workers(tmp_path, scheduler, there, 1):
        assert until(lambda: answers(scheduler.address, 1))
        with Driver(tmp_path, script, *command) as driver:
            assert driver.wait() == 2
            assert (
                "does not see /proc/self/cwd/out: all workers need it under that path"
                in driver.errors()
            )
            assert "Traceback" not in driver.errors()
        assert set(files(here / "out")) == {"manifest.json", "designs.parquet"}
        for kind in ("series", "countries"):
            (there / "out" / kind).mkdir(parents=True)
        with Driver(tmp_path, script, *command) as driver:
            assert driver.wait() == 2
            assert "all workers need the same folder under that path" in driver.errors()
            assert "Traceback" not in driver.errors()
    Folder.open(here / "out")


def test_workers_with_other_code(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("sim.sweep.execution.installed", lambda: {"source": "9.8.7"})
    with pytest.raises(
        StoreError, match=r"a worker on .* has other code or libraries: .*this is .*9\.8\.7"
    ):
        execute(plan(), out=tmp_path / "out", workers=2, simulate=fake.world)
    assert parts(tmp_path / "out") == []


@needs_proc
def test_a_scheduler_that_dies(tmp_path, undisturbed, scheduler) -> None:
    out = tmp_path / "out"
    with start_workers(tmp_path, scheduler, tmp_path):
        assert until(lambda: answers(scheduler.address, 2))
        command = ["paced", "sweep", write_experiment(tmp_path, 400), "--out", str(out)]
        with Driver(
            tmp_path, COMMAND, *command, "--executor", f"dask:{scheduler.address}"
        ) as driver:
            assert until(lambda: len(parts(out)) > 2)
            scheduler.kill()
            assert driver.wait() == 1
            assert (
                f"the cluster was lost: no dask scheduler answers at {scheduler.address}"
                in driver.errors()
            )
            assert f"kept in {out}, and the same command goes on from there" in driver.errors()
            assert "Traceback" not in driver.errors()
    store, design = Folder.open(out)
    assert len(store.parts) > 2
    execute(design, out=out, workers=1, simulate=fake.world)
    assert_whole(out, 800)


def refused(folder: Path, executor: str, script: str = COMMAND) -> str:
    """Give a command whose cluster cannot be used; return what it says."""
    command = [
        "paced", "sweep", write_experiment(folder, 9), "--out", str(folder / "out"),
        "--executor", executor,
    ]  # fmt: skip
    with Driver(folder, script, *command) as driver:
        assert driver.wait() == 2, driver.errors()
        assert "Traceback" not in driver.errors()
        return driver.errors()


def test_a_scheduler_that_is_not_there(tmp_path) -> None:
    said = refused(tmp_path, "dask:tcp://127.0.0.1:9")
    assert said.startswith("no dask scheduler answers at tcp://127.0.0.1:9")


def test_a_scheduler_without_workers(tmp_path, scheduler) -> None:
    assert "has no workers" in refused(tmp_path, f"dask:{scheduler.address}")


def test_dask_is_not_installed(tmp_path) -> None:
    said = refused(tmp_path, "dask", 'import sys\nsys.modules["distributed"] = None\n' + COMMAND)
    assert said == "dask is not installed: pip install 'openstakes[cluster]'\n"


def test_an_executor_that_does_not_exist(tmp_path) -> None:
    assert "must be pool, dask, or dask:tcp://HOST:PORT" in refused(tmp_path, "daks")
    assert not (tmp_path / "out").exists()


@needs_proc
def test_a_cluster_listens_on_the_loopback_only_and_says_nothing(tmp_path) -> None:
    with Driver(tmp_path, sweep_script(tmp_path / "out", executor="'dask'")) as driver:
        assert driver.line() == "begin"
        assert until(lambda: parts(tmp_path / "out"))
        processes = [psutil.Process(pid) for pid in (driver.process.pid, *driver.others())]
        heard = {
            c.laddr.ip
            for process in processes
            for c in process.net_connections()
            if c.status == "LISTEN"
        }
        assert heard == {"127.0.0.1"}
        assert driver.wait() == 0
        assert driver.errors() == ""
    assert_whole(tmp_path / "out")
