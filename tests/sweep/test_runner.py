"""Same bits whatever the order and the extension.

Finished runs are never repeated; a failed run stops nothing.
Deaths of workers and drivers are in tests/faults.
"""

import errno
import multiprocessing
import threading
from collections import Counter
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

import sim
import sim.sweep
from sim.analysis.study import Study
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep import runner
from sim.sweep.design import BLOCK, Case, Design, Draws, Keep, with_twins
from sim.sweep.estimate import estimate
from sim.sweep.execution import RunFailedError, execute, run_chunk
from sim.sweep.executors import InProcess, executor_factory
from sim.sweep.faults import MachineError
from sim.sweep.folder import Folder
from sim.sweep.parts import hash_of
from sim.sweep.runner import ATTEMPTS, run_chunks
from sim.sweep.sampling import parameter_range, sample
from sim.sweep.store import Store
from tests.sweep import fake

LEVER = "policy.audit-0.strength"


def case(policies, against="status-quo", name=None, **levers):
    table = fake.scenario(name or f"audits-{policies}", policies).as_table()
    words = [name or f"audits-{policies}"]
    for path, value in levers.items():
        _, policy, field = path.split(".")
        table["policy"][policy][field] = value
        words.append(f"{field}={value}")
    return Case(" ".join(words), fake.Scenario.model_validate(table), against, levers=levers)


def plan(replications=8, cases=(1,), draws=1, values=()):
    """The reference, scenarios with some policies, one of them with lever values.

    Sobol draws of one parameter.
    """
    known = [
        case(0, name="status-quo"),
        *map(case, cases),
        *(case(1, **{LEVER: value}) for value in values),
    ]
    drawn = (
        sample({"leak_hazard": parameter_range("leak_hazard")}, draws, "sobol", 3)
        if draws > 1
        else ({},)
    )
    return Design(tuple(known), replications, 3, Draws.of(drawn))


def read(store, design):
    """Every number a study gives, run by run and over runs."""
    study = Study(store, design, described=fake.DESCRIBED)
    names = [known.name for known in study.cases]
    found = {(name, o): study.values(name, o) for name in names for o in study.outcomes()}
    found |= {(name, "countries"): study.country_sums(name)[0] for name in names}
    found |= {
        (name, "means"): study.means(name, study.outcomes(), study.window(name)) for name in names
    }
    found |= {(name, "mean"): study.means(name, ["alpha"], study.window(name)) for name in names}
    return found


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for key, array in a.items():
        np.testing.assert_array_equal(array, b[key], err_msg=str(key))


# Bits


def rough(scenario, replication, seed):
    """Series of very different sizes, whose sums depend on the order in which they are added."""
    found = fake.responds(scenario, replication, seed)
    rng = np.random.default_rng([seed, replication])
    found.values[:] *= 10.0 ** rng.uniform(-8, 8, found.values.shape)
    found.countries[:] *= 10.0 ** rng.uniform(-14, 0, found.countries.shape)
    return found


GROWTH = {
    "replications": [plan(3), plan(20)],
    "one replication": [plan(7), plan(8)],
    "draws": [plan(3, draws=4), plan(3, draws=16)],
    "cases": [plan(10), plan(10, cases=(1, 2, 3))],
    "lever values": [plan(3, values=(0.5,)), plan(3, values=(0.25, 0.5, 0.75))],
    "everything, step by step": [
        plan(2, draws=4),
        plan(3, draws=4),
        plan(3, draws=8, values=(0.5,)),
        plan(9, draws=16, cases=(1, 2), values=(0.25, 0.5)),
    ],
}


class Count:
    """A world that counts its runs, and refuses to run one again."""

    def __init__(self, simulate):
        self.simulate = simulate
        self.done = Counter()

    def __call__(self, scenario, replication, seed):
        key = scenario.id, replication
        assert key not in self.done
        self.done[key] += 1
        return self.simulate(scenario, replication, seed)


@pytest.mark.parametrize("steps", GROWTH.values(), ids=GROWTH)
def test_a_sweep_that_grows_is_the_sweep_at_once_and_repeats_no_run(tmp_path, steps):
    counted = Count(rough)
    for step in steps:
        store = execute(step, workers=1, out=tmp_path / "out", simulate=counted)
        assert len(counted.done) == step.runs
    last = steps[-1]
    at_once = read(execute(last, workers=1, simulate=rough), last)
    assert_equal(read(store, last), at_once)
    assert_equal(read(*Folder.open(tmp_path / "out")), at_once)


@pytest.mark.parametrize("stop", [1, 9, 20])
def test_a_stopped_sweep_goes_on_where_it_stopped(tmp_path, stop):
    whole = plan(12, cases=(1, 2))
    counted = Count(rough)

    def interrupt(finished, failed, total):
        if finished >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(whole, workers=1, out=tmp_path / "out", simulate=counted, progress=interrupt)
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert [name for name in left if not name.endswith(".parquet")] == ["manifest.json"]
    assert Study.open(tmp_path / "out").finished == len(counted.done) < whole.runs
    store = execute(whole, workers=1, out=tmp_path / "out", simulate=counted)
    assert len(counted.done) == whole.runs
    assert_equal(read(store, whole), read(execute(whole, workers=1, simulate=rough), whole))


def test_order_does_not_matter():
    many = plan(2 * BLOCK, cases=(1, 2))
    task = partial(run_chunk, made={}, seed=3, keep=Keep(), folder=None, simulate=rough)
    parts = []
    for order in (1, -1):
        receipts = {}
        run_chunks(
            task,
            list(many.chunks())[::order],
            InProcess,
            lambda chunk, left, to=receipts: to.update({chunk.number: left}),
            pytest.fail,
        )
        parts.append(receipts)
    assert parts[0] == parts[1]


def test_random_numbers_depend_on_seed_draw_and_replication_only():
    """The same pair of two worlds, of two designs, has the same luck; gamma is nothing else."""
    one, other = plan(4), plan(6, cases=(2, 3), draws=2)
    found, again = (read(execute(p, workers=1, simulate=fake.responds), p) for p in (one, other))
    np.testing.assert_array_equal(found["status-quo", "gamma"], again["audits-3", "gamma"][:4])
    np.testing.assert_array_equal(again["audits-2", "gamma"], again["audits-3", "gamma"])
    assert len(np.unique(again["audits-3", "gamma"], axis=0)) == 2 * 6


def test_the_model_gives_each_pair_the_luck_that_its_draw_and_replication_say():
    """Draws that change nothing differ by luck alone, and a policy of no effect in nothing."""
    end = ["horizon.end=2024-12", "adopters=3500"]
    base = load("status-quo", settings=end)
    idle = load("p1-blanket", settings=[*end, "policy.open-weight-control.strength=0"])
    cases = with_twins((Case("base", base, "base"), Case("idle", idle, "base")))
    plan = Design(cases, 2, 7, Draws.of([{"policy.absent.strength": x} for x in (0.1, 0.2)]))
    study = sim.Study(execute(plan, workers=1), plan)
    assert set(study.points("base")) == {base.id}
    for found in (study, study.without_assumed):
        levels = found.values("base", "us_share_abroad")
        assert len(np.unique(levels, axis=0)) == 4
        for outcome, differences in found.paired_differences("idle", found.outcomes()).items():
            assert not differences.any(), outcome
    for pair, luck in enumerate((0, 1, 100_000, 100_001)):  # seed, draw and replication in full
        alone = World(base, rng=7, replication=luck).run()
        place = alone.names.index("us_share_abroad")
        np.testing.assert_array_equal(
            study.values("base", "us_share_abroad")[pair], alone.values[:, place]
        )


def test_more_draws_and_more_replications_keep_the_runs_that_were_made(tmp_path):
    first, counted = plan(2, draws=2), Count(fake.responds)
    before = read(execute(first, out=tmp_path, workers=1, simulate=fake.responds), first)
    draws, both = plan(2, draws=4), plan(3, draws=4)
    for more in (draws, both):
        store = execute(more, out=tmp_path, workers=1, simulate=counted)
        after = read(store, more)
    assert len(counted.done) == both.runs - first.runs
    for key in ((case, outcome) for case in ("status-quo", "audits-1") for outcome in fake.NAMES):
        values = before[key]
        folded = after[key].reshape(4, 3, -1)[:2, :2]
        np.testing.assert_array_equal(folded.reshape(values.shape), values)
    whole = execute(both, workers=1, simulate=fake.responds)
    assert_equal(after, read(whole, both))


def test_a_point_of_the_model_is_the_run_that_the_same_settings_give():
    friction = "policy.open-weight-control.kyc_friction"
    settings = ["horizon.end=2024-12", "adopters=3500"]
    study = sim.run_sweep(
        {
            "name": "mine",
            "scenarios": ["p1-blanket"],
            "replications": 1,
            "also_without_assumed": False,
            "levers": {"horizon.end": ["2024-12"], "adopters": [3500], friction: [0.3]},
            "uncertainties": {"draws": 1, "numbers": {"leak_hazard": {"choice": [0.25]}}},
        }
    )
    name = study.cases[1].name
    same = load(
        "p1-blanket", settings=[*settings, f"{friction}=0.3", "parameters.leak_hazard=0.25"]
    )
    alone = sim.run(same)
    assert study.points(name) == [same.id]
    for outcome in alone.outcomes():
        np.testing.assert_array_equal(
            study.values(name, outcome), alone.values("p1-blanket", outcome)
        )


# Failures


def test_a_failing_run_is_recorded_and_stops_nothing():
    calls = []
    store = execute(
        plan(), workers=1, simulate=fake.fails_sometimes, progress=lambda *n: calls.append(n)
    )
    (failure,) = store.failures()
    assert (failure.scenario, failure.replication, failure.seed) == ("audits-1", 5, 3)
    assert failure.point == plan().points[1][0]
    assert failure.error == "ValueError: five is right out"
    assert "fails_sometimes" in failure.traceback
    assert calls[0] == (0, 0, 16)
    assert calls[-1] == (15, 1, 16)
    found = read(store, plan())["audits-1", "alpha"]
    assert np.isnan(found[5]).all()
    assert np.isfinite(np.delete(found, 5, axis=0)).all()


def test_a_misshapen_run_is_a_failed_run():
    (failure, _) = execute(plan(), workers=1, simulate=fake.misshapen).failures()
    assert failure.replication == 1
    assert "2 outcomes" in failure.error


def test_a_run_of_another_form_than_those_before_is_a_failed_run(tmp_path):
    def growing(scenario, replication, seed):
        longer = fake.scenario("longer", horizon={"end": "2031-12"})
        return fake.world(longer if replication == 2 else scenario, replication, seed)

    failures = execute(plan(), workers=1, out=tmp_path, simulate=growing).failures()
    assert {failure.replication for failure in failures} == {2}
    assert "other outcomes or months" in failures[0].error


def test_the_first_failure_stops_a_sweep_that_is_to_stop_then(tmp_path):
    whole = plan(2 * BLOCK)
    with pytest.raises(
        RunFailedError, match="audits-1, replication 5 failed: ValueError: five"
    ) as caught:
        execute(whole, workers=1, out=tmp_path, on_error="stop", simulate=fake.fails_sometimes)
    assert "fails_sometimes" in caught.value.failure.traceback
    store, _ = Folder.open(tmp_path)
    assert sum(len(part.runs) for part in store.parts.values()) == 2 * BLOCK - 1
    # The failure is known now and does not stop the rest; nor does it stand for a new one.
    execute(whole, workers=1, out=tmp_path, on_error="stop", simulate=fake.world)
    with pytest.raises(RunFailedError, match="replication 17"):
        execute(plan(3 * BLOCK), workers=1, out=tmp_path, on_error="stop", simulate=fails_late)


def fails_late(scenario, replication, seed):
    if replication == 17:
        raise ValueError("late")
    return fake.world(scenario, replication, seed)


def test_a_part_that_cannot_be_written_ends_the_sweep(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.sweep.execution.deposit", full)
    with pytest.raises(
        MachineError, match=r"No space left on device: a fault of the machine.*free some space"
    ):
        execute(plan(), workers=1, out=tmp_path / "out", simulate=fake.world)


def test_a_chunk_that_raises_is_failed_and_the_others_done():
    done, failed = [], []

    def task(chunk):
        if chunk.number == 1:
            raise MemoryError("too much")
        return chunk.number

    run_chunks(
        task,
        plan(2 * BLOCK).chunks(),
        InProcess,
        lambda chunk, result: done.append(result),
        lambda chunk, error: failed.append((chunk.number, str(error))),
    )
    assert failed == [(1, "too much")]
    assert done == [0, 2, 3]


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


# Calls


def test_a_sweep_takes_tables_and_other_numbers(monkeypatch):
    monkeypatch.setattr("sim.sweep.execution.simulate_world", small)
    content = {
        "name": "mine",
        "scenarios": ["p1-blanket"],
        "replications": 2,
        "also_without_assumed": False,
    }
    study = sim.run_sweep(content, replications=3, seed=5)
    assert isinstance(study, sim.Study)
    assert (study.replications, study.seed) == (3, 5)
    assert sim.run_sweep(content).replications == 2


def small(scenario, replication, seed):
    from sim.model.outcomes import OUTCOMES

    found = fake.world(scenario, replication, seed)
    values = np.zeros((scenario.months, len(OUTCOMES)), np.float32)
    return fake.Series(
        tuple(OUTCOMES), found.months, values, found.moments, found.countries, found.panel
    )


@pytest.mark.parametrize("executor", ["pol", "dask:http://x", ""])
def test_an_unknown_executor_is_refused_before_anything_is_written(tmp_path, executor):
    with pytest.raises(ValueError, match="must be pool, dask, or dask:tcp://HOST:PORT"):
        execute(plan(), out=tmp_path / "out", executor=executor, simulate=fake.never)
    with pytest.raises(ValueError, match="workers = 0"):
        execute(plan(), out=tmp_path / "out", workers=0, simulate=fake.never)
    assert list(tmp_path.iterdir()) == []
    assert executor_factory("pool", 1) is InProcess


def test_an_estimate_counts_the_design_and_writes_nothing(tmp_path):
    whole = plan(20, cases=(1, 2), draws=4)
    execute(plan(5, cases=(1, 2), draws=4), workers=1, out=tmp_path / "out", simulate=fake.world)
    before = {path: hash_of(path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    store = Folder(tmp_path / "out")
    store.look(whole)
    found = estimate(whole, store, 2, simulate=fake.world)
    assert (found.cases, found.draws, found.replications) == (3, 4, 20)
    assert (found.points, found.runs, found.finished, found.workers) == (12, 240, 60, 2)
    assert (
        found.startup > found.seconds_per_run
    )  # a new process reads the package before its first run
    assert found.seconds == pytest.approx(found.startup + found.seconds_per_run * 180 / 2)
    assert found.bytes == pytest.approx(found.bytes_per_run * 180)
    assert found.bytes_per_run > 0
    assert found.worker_memory > 1e6
    assert (found.sample, found.sample_failed) == (4, 0)
    assert {
        path: hash_of(path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()
    } == before


def test_an_estimate_says_that_its_sample_failed():
    found = estimate(plan(), Store(), 1, simulate=fake.never)
    assert (found.points, found.sample, found.sample_failed) == (2, 2, 2)
