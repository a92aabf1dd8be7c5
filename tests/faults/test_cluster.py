"""Dask: a cluster of somebody else, one that is not there, and one that cannot do the work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest

from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from sim.sweep.folder import Folder
from sim.sweep.runner import ATTEMPTS
from tests.faults import worlds
from tests.faults.harness import (
    COMMAND,
    ROOT,
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
    port = int(sys.argv[1]) if sys.argv[1:] else 0
    place = {"host": "127.0.0.1", "port": port, "dashboard_address": "127.0.0.1:0"}
    async with Scheduler(**place) as scheduler:
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


def start_workers(
    folder: Path, scheduler: Driver, place: Path, number: int = 2, **environment: str
) -> Driver:
    """Start a process with so many workers, whose current folder is `place`."""
    options = [
        "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--nworkers", str(number),
    ]  # fmt: skip
    local = ["--local-directory", str(folder)]
    arguments = (scheduler.address, *options, *local, str(place))
    return Driver(folder, WORKER, *arguments, environment=environment)


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


@pytest.mark.slow
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


@pytest.mark.slow
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
            assert driver.wait() == 4
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
        said = driver.errors()
        return said.partition("\n")[2] if said.startswith("cost: ") else said


def test_a_scheduler_that_is_not_there(tmp_path) -> None:
    said = refused(tmp_path, "dask:tcp://127.0.0.1:9")
    assert said.startswith("no dask scheduler answers at tcp://127.0.0.1:9")


@needs_proc
def test_a_cluster_without_workers_is_waited_for(tmp_path, undisturbed, scheduler) -> None:
    out = tmp_path / "out"
    script = sweep_script(out, executor=repr(f"dask:{scheduler.address}"))
    with Driver(tmp_path, script) as driver:
        assert driver.line() == "begin"
        waiting = (
            f"waiting for workers: start some by: dask worker {scheduler.address} --nthreads 1"
        )
        assert until(lambda: driver.errors() == waiting + "\n"), driver.errors()
        assert parts(out) == []
        with start_workers(tmp_path, scheduler, tmp_path, 1):
            assert driver.wait() == 0, driver.errors()
        assert driver.errors() == waiting + "\n"
    assert_whole(out)
    assert values(out) == undisturbed


@pytest.mark.slow
@needs_proc
def test_workers_that_join_late_are_used(tmp_path, undisturbed, scheduler) -> None:
    """One worker at first; then runs only go on while three are at work at the same time."""
    out, busy = tmp_path / "out", tmp_path / "busy"
    busy.mkdir()
    world = partial(worlds.gathers, place=str(busy), wanted=3, after=8)
    address = f"dask:{scheduler.address}"
    with start_workers(tmp_path, scheduler, tmp_path, 1), ExitStack() as stack:
        assert until(lambda: answers(scheduler.address, 1))
        late: list[Driver] = []

        def more(finished: int, *_: int) -> None:
            if finished and not late:
                late.append(stack.enter_context(start_workers(tmp_path, scheduler, tmp_path, 3)))

        execute(plan(), out=out, executor=address, simulate=world, progress=more)
        assert late
    assert (busy / "gathered").exists()
    assert_whole(out)
    assert values(out) == undisturbed


@pytest.mark.slow
def test_an_adaptive_cluster_starts_from_nothing(tmp_path, undisturbed, capsys) -> None:
    import distributed

    out = tmp_path / "out"
    with distributed.LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=False,
    ) as cluster:
        cluster.adapt(minimum=0, maximum=2, interval="200ms")
        address = f"dask:{cluster.scheduler_address}"
        execute(plan(), out=out, executor=address, simulate=worlds.paced)
    assert "waiting for workers" in capsys.readouterr().err
    assert_whole(out)
    assert values(out) == undisturbed


@pytest.mark.slow
def test_a_chunk_that_loses_its_workers_by_chance_is_done_in_the_end(tmp_path, undisturbed) -> None:
    """In company that counts for nothing, alone less than three times; a walltime can do it."""
    out, marker = tmp_path / "out", tmp_path / "deaths"
    world = partial(worlds.loses_workers, marker=str(marker), times=ATTEMPTS)
    strict = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with Driver(tmp_path, SCHEDULER, environment=strict) as scheduler:
        scheduler.address = scheduler.line()
        with start_workers(tmp_path, scheduler, tmp_path, 2):
            assert until(lambda: answers(scheduler.address, 2))
            store = execute(plan(9), out=out, executor=f"dask:{scheduler.address}", simulate=world)
    assert len(marker.read_text()) > ATTEMPTS
    assert store.failures() == []
    assert_whole(out, 18)
    assert values(out).items() <= undisturbed.items()


@pytest.mark.slow
@needs_proc
def test_another_scheduler_in_place_of_one_that_died_is_used(tmp_path, scheduler) -> None:
    out = tmp_path / "out"
    script = sweep_script(out, replications=100, executor=repr(f"dask:{scheduler.address}"))
    with start_workers(tmp_path, scheduler, tmp_path), ExitStack() as stack:
        assert until(lambda: answers(scheduler.address, 2))
        driver = stack.enter_context(Driver(tmp_path, script))
        assert until(lambda: len(parts(out)) > 2)
        scheduler.kill()
        other = stack.enter_context(
            Driver(tmp_path, SCHEDULER, scheduler.address.rpartition(":")[2])
        )
        assert other.line() == scheduler.address
        stack.enter_context(start_workers(tmp_path, scheduler, tmp_path, 1))
        assert driver.wait() == 0, driver.errors()
    assert Folder.open(out)[0].failures() == []
    assert_whole(out, 200)


@pytest.mark.slow
@needs_proc
def test_a_node_with_another_version_is_named_and_the_rest_go_on(
    tmp_path, undisturbed, scheduler, capsys
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    shutil.copytree(ROOT / "sim", other / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", other / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "sim" / "months.py").open("a") as file:
        file.write("# another version\n")
    with (
        start_workers(tmp_path, scheduler, tmp_path, 1, PYTHONPATH=str(other)),
        start_workers(tmp_path, scheduler, tmp_path, 1),
    ):
        assert until(lambda: answers(scheduler.address, 2))
        execute(plan(), out=out, executor=f"dask:{scheduler.address}", simulate=worlds.paced)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" has other code or libraries")[1] != "" for line in said] == [True]
    assert said[0].startswith("the worker at tcp://127.0.0.1:")
    assert_whole(out)
    assert values(out) == undisturbed


@pytest.mark.slow
@needs_proc
def test_a_node_whose_disk_is_full_is_named_and_the_rest_go_on(
    tmp_path, undisturbed, scheduler, capsys
) -> None:
    out = tmp_path / "out"
    with (
        start_workers(tmp_path, scheduler, tmp_path, 1, OPENSTAKES_TEST_FULL="yes"),
        start_workers(tmp_path, scheduler, tmp_path, 1),
    ):
        assert until(lambda: answers(scheduler.address, 2))
        execute(plan(), out=out, executor=f"dask:{scheduler.address}", simulate=worlds.full)
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert said.startswith("the worker at tcp://127.0.0.1:")
    assert "is not used any more: No space left on device" in said
    assert_whole(out)
    assert values(out) == undisturbed


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
