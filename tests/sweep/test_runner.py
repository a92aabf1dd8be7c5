"""A sweep's runs: order, chance, growth, failures and their estimate."""

from functools import partial

import numpy as np
import pytest

import sim
import sim.sweep
from sim.analysis.study import Study
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.design import BLOCK, Case, Design, Draws, Keep, with_twins
from sim.sweep.estimate import estimate
from sim.sweep.execution import RunFailedError, execute, run_chunk
from sim.sweep.executors import InProcess, executor_factory
from sim.sweep.faults import MachineError
from sim.sweep.folder import Folder
from sim.sweep.parts import hash_of
from sim.sweep.runner import run_chunks
from sim.sweep.store import Store
from tests.sweep import fake
from tests.sweep.runs import Count, assert_equal, plan, read

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
