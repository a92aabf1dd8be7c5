"""Lost workers and faults of the machine: what is tried again, and what is given up."""

import errno
import multiprocessing
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor

import numpy as np
import pytest

from sim.sweep import runner
from sim.sweep.design import BLOCK, Keep
from sim.sweep.execution import execute, run_chunk
from sim.sweep.faults import MachineError
from sim.sweep.folder import Folder
from sim.sweep.runner import ATTEMPTS, run_chunks
from tests.sweep import fake
from tests.sweep.runs import Count, assert_equal, plan, read


class Faulty:
    """A world whose machine is at fault in replication 5 of the scenario with a policy.

    So many times.
    """

    def __init__(self, error, times):
        self.error, self.times, self.tries = error, times, 0

    def __call__(self, scenario, replication, seed):
        if replication == 5 and scenario.policy:
            self.tries += 1
            if self.tries <= self.times:
                raise self.error
        return fake.world(scenario, replication, seed)


MACHINE = {
    "files": (
        OSError(errno.EMFILE, "Too many open files", "table.csv"),
        r"open files: table.csv \(in run .*ulimit -n",
    ),
    "disk": (OSError(errno.ENOSPC, "No space left on device"), "free some space"),
    "drive": (OSError(errno.EIO, "Input/output error"), "see whether the disk"),
    "memory": (MemoryError("too much"), "not enough memory: too much .*use fewer workers"),
    "library": (
        ImportError("libsomething.so: cannot open shared object file"),
        "ImportError: .*installed whole",
    ),
    "unknown": (OSError("odd"), "OSError: odd .* it is an error in the program"),
}


machine = pytest.mark.parametrize(("error", "words"), MACHINE.values(), ids=MACHINE)


@machine
def test_a_passing_fault_of_the_machine_changes_nothing(error, words):
    whole, faulty = plan(2 * BLOCK), Faulty(error, ATTEMPTS - 1)
    store = execute(whole, workers=1, simulate=faulty)
    assert faulty.tries == ATTEMPTS
    assert store.failures() == []
    assert_equal(read(store, whole), read(execute(whole, workers=1, simulate=fake.world), whole))


@machine
def test_a_fault_of_the_machine_that_stays_stops_the_sweep_and_is_no_result(tmp_path, error, words):
    whole, faulty = plan(2 * BLOCK), Faulty(error, 10**6)
    with pytest.raises(MachineError, match=words) as caught:
        execute(whole, workers=1, out=tmp_path, simulate=faulty)
    assert faulty.tries == ATTEMPTS
    assert caught.value.run == f"{whole.points[1][0]}:0:5"
    store, _ = Folder.open(tmp_path)
    assert store.failures() == []
    assert store.parts
    counted = Count(fake.world)
    done = sum(len(part.runs) for part in store.parts.values())
    again = execute(whole, workers=1, out=tmp_path, simulate=counted)
    assert len(counted.done) == whole.runs - done
    assert_equal(read(again, whole), read(execute(whole, workers=1, simulate=fake.world), whole))


def test_a_run_without_memory_is_no_failed_run_but_loses_its_chunk(tmp_path):
    """Another time there may be enough: noted as failed it would never be tried again."""
    (chunk, *_) = plan(cases=()).chunks()
    with pytest.raises(MachineError, match="not enough memory"):
        run_chunk(chunk, made={}, seed=1, keep=Keep(), folder=tmp_path, simulate=starved)
    assert list(tmp_path.iterdir()) == []


def starved(scenario, replication, seed):
    raise MemoryError


@pytest.mark.parametrize("error", [EOFError(), ConnectionRefusedError(), BrokenPipeError()])
def test_a_child_that_is_killed_in_its_start_is_started_again(monkeypatch, error):
    """The fork server answers no more: the pool raises what would end the command wordlessly."""
    times = 0
    start = ProcessPoolExecutor.submit

    def submit(self, *arguments):
        nonlocal times
        times += 1
        if times == 1:
            raise error
        return start(self, *arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    store = execute(plan(), workers=2, simulate=fake.world)
    assert times > 1
    assert_equal(read(store, plan()), read(execute(plan(), workers=1, simulate=fake.world), plan()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_series_that_is_not_finite_is_a_failed_run_that_names_outcome_and_month(value):
    def overflows(scenario, replication, seed):
        found = fake.world(scenario, replication, seed)
        if replication == 2 and scenario.policy:
            found.values[40:, 1] = value
            found.values[50, 0] = value
        if replication == 3 and scenario.policy:
            found.countries[1, 2, 3, 0] = value
        return found

    series, countries = execute(plan(), workers=1, simulate=overflows).failures()
    assert (series.replication, countries.replication) == (2, 3)
    assert series.error == f"ValueError: outcome beta is {value} in 2026-05: no finite number"
    where = "use of country 2, channel developer,"  # a world's countries have codes
    assert countries.error == f"ValueError: {where} is {value} in 2024-12: no finite number"


class Fragile:
    """An executor that breaks, with all it has in hand, when it meets the guilty chunk.

    The first one is slow.
    """

    window = 4
    guilty = 2
    made = 0

    def __init__(self):
        type(self).made += 1
        self.slow, self.broken, self.waiting = self.made == 1, False, []

    def submit(self, task, chunk, /):
        if self.broken:
            raise BrokenExecutor
        future = Future()
        self.waiting.append(future)
        if chunk.number == self.guilty:
            self.broken = True
            for lost in self.waiting:
                lost.set_exception(BrokenExecutor())
        elif not self.slow:
            future.set_result(task(chunk))
            self.waiting = []
        return future

    def release(self):
        """Nothing to end."""

    def shutdown(self, *, at_once):
        """Nothing to end."""


def test_after_a_loss_all_in_flight_are_tried_alone_and_the_guilty_one_is_given_up():
    done, failed = [], []
    chunks = list(plan(2 * BLOCK).chunks())
    run_chunks(
        lambda chunk: chunk.number,
        chunks,
        Fragile,
        lambda chunk, result: done.append(result),
        lambda chunk, error: failed.append(chunk.number),
    )
    assert failed == [Fragile.guilty]
    assert sorted(done) == [chunk.number for chunk in chunks if chunk.number != Fragile.guilty]
    assert (
        Fragile.made == 2 + ATTEMPTS
    )  # the first, one for the suspects, and one after each death alone


class DiesLate(Fragile):
    """An executor whose worker takes its time and then dies over the guilty chunk."""

    made = 0

    def submit(self, task, chunk, /):
        future = Future()
        if chunk.number == self.guilty:
            threading.Timer(0.05, future.set_exception, [BrokenExecutor()]).start()
        else:
            future.set_result(task(chunk))
        return future


def test_a_chunk_is_given_up_however_long_it_takes_to_kill_its_worker(monkeypatch):
    """The runner looks at the executor while it waits: what runs alone then still runs alone."""
    monkeypatch.setattr(runner, "LOOK", 0.005)
    done, failed = [], []
    run_chunks(
        lambda chunk: chunk.number,
        plan(2 * BLOCK).chunks(),
        DiesLate,
        lambda chunk, result: done.append(result),
        lambda chunk, error: failed.append(chunk.number),
    )
    assert failed == [DiesLate.guilty]
    assert DiesLate.made == 1 + 1 + ATTEMPTS


class NeverStarts(Fragile):
    """An executor none of whose workers lives through its start."""

    def submit(self, task, chunk, /):
        raise BrokenExecutor


def test_workers_that_never_start_stop_the_sweep():
    with pytest.raises(MachineError, match="worker processes were ended in their start"):
        run_chunks(lambda chunk: None, plan().chunks(), NeverStarts, pytest.fail, pytest.fail)


def test_an_interrupt_leaves_only_finished_parts_and_no_worker(tmp_path):
    many = plan(6 * BLOCK)

    def interrupt(done, failed, total):
        if done >= 2 * BLOCK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(many, workers=2, out=tmp_path / "out", simulate=fake.world, progress=interrupt)
    assert [p for p in multiprocessing.active_children() if p.is_alive()] == []
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert [name for name in left if not name.endswith(".parquet")] == ["manifest.json"]
    store, _ = Folder.open(tmp_path / "out")
    assert 2 <= len(store.parts) < 12
    finished = execute(many, workers=1, out=tmp_path / "out", simulate=fake.world)
    assert_equal(read(finished, many), read(execute(many, workers=1, simulate=fake.world), many))
