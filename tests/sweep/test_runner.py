"""Same bits whoever runs it; what raises or dies is named and the rest goes on."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sim.sweep import run_chunk, sweep
from sim.sweep.design import BLOCK, Design, DesignPoint
from sim.sweep.folder import Folder
from sim.sweep.runner import InProcess, ProcessPool, run_chunks
from sim.sweep.study import Study
from tests.sweep import fake


def plan(replications=8, seed=3, **content):
    scenarios = [fake.scenario("status-quo", 0, **content), fake.scenario("audits", 1, **content)]
    return Design.of(scenarios, replications, seed, also_without_assumed=False)


def names_of_parts(store):
    return {key: part.name for key, part in store.parts.items()}


def values(store, plan):
    study = Study(store, plan, described=fake.DESCRIBED)
    return {(s.name, o): study.values(s.name, o) for s in study.scenarios for o in study.outcomes()}


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for key, array in a.items():
        np.testing.assert_array_equal(array, b[key])


def test_workers_do_not_change_a_bit():
    many = plan(replications=40)
    alone = sweep(many, workers=1, simulate=fake.world)
    pool = sweep(many, workers=2, simulate=fake.world)
    assert len(alone.parts) == 2 * 40 / BLOCK
    assert names_of_parts(alone) == names_of_parts(pool)


def test_fewer_replications_are_a_prefix():
    few, many = plan(replications=4), plan(replications=8)
    short, long = (values(sweep(p, workers=1, simulate=fake.world), p) for p in (few, many))
    assert_equal(short, {key: array[:4] for key, array in long.items()})


def test_order_does_not_matter():
    many = plan(replications=2 * BLOCK)
    task = partial(run_chunk, seed=3, folder=None, simulate=fake.world)
    found = {}
    for order in (1, -1):
        receipts = found[order] = {}
        run_chunks(
            task,
            many.chunks()[::order],
            InProcess,
            lambda c, r, to=receipts: to.update({c.key: r}),
            pytest.fail,
            window=1,
        )
    assert found[1] == found[-1]


def test_chunk_plan_depends_on_the_design_alone():
    chunks = plan(replications=BLOCK + 1).chunks()
    assert [(c.scenario.name, c.first, c.stop) for c in chunks] == [
        ("status-quo", 0, BLOCK),
        ("audits", 0, BLOCK),
        ("status-quo", BLOCK, BLOCK + 1),
        ("audits", BLOCK, BLOCK + 1),
    ]
    shorter = {c.key for c in plan(replications=BLOCK).chunks()}
    assert shorter <= {c.key for c in chunks}


def test_equal_worlds_are_run_once():
    twin = Design((DesignPoint(fake.scenario("a")), DesignPoint(fake.scenario("b"))), 3)
    assert twin.runs == 3
    study = Study(sweep(twin, workers=1, simulate=fake.world), twin, described=fake.DESCRIBED)
    np.testing.assert_array_equal(study.values("a", "alpha"), study.values("b", "alpha"))


@pytest.mark.parametrize("wrong", [{"replications": 0}, {"replications": 1.5}, {"seed": -1}, {"seed": True}])
def test_designs_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        plan(**wrong)


def test_names_twice_are_refused():
    with pytest.raises(ValueError, match="occurs twice"):
        Design.of([fake.scenario("a"), fake.scenario("a", 1)], 2, 0, also_without_assumed=False)


def test_a_failing_run_is_recorded_and_stops_nothing():
    calls = []
    store = sweep(plan(), workers=1, simulate=fake.fails_sometimes, progress=lambda *n: calls.append(n))
    (failure,) = store.failures()
    assert (failure.scenario, failure.replication, failure.seed) == ("audits", 5, 3)
    assert failure.error == "ValueError: five is right out"
    assert "fails_sometimes" in failure.traceback
    assert calls[0] == (0, 0, 16)
    assert calls[-1] == (15, 1, 16)
    found = values(store, plan())["audits", "alpha"]
    assert np.isnan(found[5]).all()
    assert np.isfinite(np.delete(found, 5, axis=0)).all()


def test_a_misshapen_run_is_a_failed_run():
    (failure, _) = sweep(plan(), workers=1, simulate=fake.misshapen).failures()
    assert failure.replication == 1
    assert "2 outcomes" in failure.error


def test_a_chunk_that_raises_is_failed_and_the_others_done():
    done, failed = [], []

    def task(chunk):
        if chunk.first == 0 and chunk.scenario.name == "audits":
            raise OSError("disk full")
        return chunk.key

    chunks = plan(replications=2 * BLOCK).chunks()
    run_chunks(
        task, chunks, InProcess, lambda c, r: done.append(r), lambda c, e: failed.append((c.key, str(e))), window=1
    )
    assert failed == [(chunks[1].key, "disk full")]
    assert done == [c.key for c in chunks if c is not chunks[1]]


def test_a_killed_worker_changes_nothing(tmp_path):
    marker = {"description": str(tmp_path / "killed")}
    whole = plan(replications=2 * BLOCK, **marker)
    disturbed = sweep(whole, workers=2, simulate=fake.dies_once)
    assert (tmp_path / "killed").exists()
    assert disturbed.failures() == []
    assert names_of_parts(disturbed) == names_of_parts(sweep(whole, workers=1, simulate=fake.world))


def test_a_chunk_that_kills_its_workers_is_named_and_the_others_done():
    starts = Counter()

    def factory():
        starts["pools"] += 1
        return ProcessPool(2)

    done, failed = [], []
    chunks = plan(replications=2 * BLOCK).chunks()
    task = partial(run_chunk, seed=3, folder=None, simulate=fake.dies_always)
    run_chunks(task, chunks, factory, lambda c, r: done.append(c.key), lambda c, e: failed.append(c.key), window=4)
    assert failed == [chunks[1].key]
    assert sorted(done) == sorted(c.key for c in chunks if c is not chunks[1])
    assert starts["pools"] == 5  # the first, one for the suspects, and one after each death alone


def test_interrupt_leaves_only_finished_parts(tmp_path):
    many = plan(replications=6 * BLOCK)

    def interrupt(done, failed, total):
        if done >= 2 * BLOCK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(many, workers=2, out=tmp_path / "out", simulate=fake.world, progress=interrupt)
    assert [p for p in multiprocessing.active_children() if p.is_alive()] == []
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert [name for name in left if not name.endswith(".parquet")] == ["manifest.json"]
    store, _ = Folder.open(tmp_path / "out")
    assert 2 <= len(store.parts) < len(many.chunks())
    finished = sweep(many, workers=1, out=tmp_path / "out", simulate=fake.world)
    assert names_of_parts(finished) == names_of_parts(sweep(many, workers=1, simulate=fake.world))


DRIVER = """
from sim.sweep import sweep
from tests.sweep import fake
from tests.sweep.test_runner import plan
sweep(plan(replications=64, description={pids!r}), workers=2, out={out!r}, simulate=fake.slow)
"""


def running(pids):
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            continue
        found += [pid] if state != "Z" else []
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_workers_end_with_a_killed_driver_whose_script_has_no_main_guard(tmp_path):
    pids = tmp_path / "pids"
    pids.mkdir()
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.format(pids=str(pids), out=str(tmp_path / "out")))
    root = Path(__file__).parents[2]
    driver = subprocess.Popen([sys.executable, script], cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    try:
        deadline = time.monotonic() + 15
        while len(list(pids.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        workers = [int(p.name) for p in pids.iterdir()]
        assert len(workers) == 2
        assert running(workers) == workers
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    deadline = time.monotonic() + 5
    while running(workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running(workers) == []
