"""Workers that stay: the same bits, no run twice, and no trouble of one call in the next."""

import os
import signal
from multiprocessing import active_children

import numpy as np
import pytest

import sim
from sim.sweep import workers as module

SHORT = ["horizon.end=2025-06", "adopters=3500"]


def control(friction, *more):
    changed = (f"policy.open-weight-control.kyc_friction={friction}",)
    return sim.load("p1-blanket", settings=[*SHORT, *START, *changed, *more])


START = ("policy.open-weight-control.start=2024-06",)
REFERENCE = sim.load("status-quo", settings=SHORT)


def compared(friction, workers, replications=2, **more):
    return sim.compare(
        control(friction), REFERENCE, draws=0, replications=replications, workers=workers, **more
    )


def values(study):
    return {
        (case.name, outcome): array
        for case in study.cases
        for outcome, array in study.series(case.name, study.outcomes()).items()
    }


def assert_equal(study, other):
    found, expected = values(study), values(other)
    assert found.keys() == expected.keys()
    for key, array in found.items():
        np.testing.assert_array_equal(array, expected[key], err_msg=str(key))


@pytest.fixture(scope="module")
def alone():
    return {friction: compared(friction, 1) for friction in (0.1, 0.3)}


def first_counts():
    """What progress says before anything runs, and the callback that notes it."""
    said = []
    return said, lambda finished, failed, runs: said.append((finished, failed, runs))


def test_a_reference_is_run_once_and_every_bit_is_that_of_new_workers(alone):
    with sim.Workers(1) as workers:
        for friction, known in ((0.1, 0), (0.3, 4), (0.1, 8)):
            said, progress = first_counts()
            study = compared(friction, workers, progress=progress)
            assert said[0] == (known, 0, 8)
            assert study.finished == 8
            assert_equal(study, alone[friction])
            assert_equal(study.without_assumed, alone[friction].without_assumed)


def test_another_seed_finds_nothing_and_fewer_replications_find_only_their_own():
    with sim.Workers(1) as workers:
        compared(0.1, workers)
        for more, known, runs in (
            ({"seed": 1}, 0, 8),
            ({"replications": 1}, 4, 4),
            ({"replications": 3}, 8, 12),
        ):
            said, progress = first_counts()
            study = compared(0.1, workers, progress=progress, **more)
            assert said[0] == (known, 0, runs), more
            assert study.finished == runs


def test_runs_used_longest_ago_are_forgotten_first(alone, monkeypatch):
    with sim.Workers(1) as workers:
        compared(0.1, workers)
        held = sum(receipt.size for _, receipt in workers._kept.values())
        monkeypatch.setattr(module, "MOST_BYTES", 1.1 * held)
        assert_equal(compared(0.3, workers), alone[0.3])
        assert sum(receipt.size for _, receipt in workers._kept.values()) <= 1.1 * held
        said, progress = first_counts()
        compared(0.3, workers, progress=progress)
        assert said[0][0] == 8
        monkeypatch.setattr(module, "MOST_BYTES", 0)
        assert_equal(compared(0.1, workers), alone[0.1])
    assert not workers._kept


def test_processes_stay_until_the_block_ends_and_one_that_is_killed_is_replaced(alone):
    with sim.Workers(2) as workers:
        assert_equal(compared(0.1, workers), alone[0.1])
        before = {process.pid for process in active_children()}
        assert len(before) == 2
        assert_equal(compared(0.3, workers), alone[0.3])
        assert {process.pid for process in active_children()} == before
        os.kill(min(before), signal.SIGKILL)
        assert_equal(compared(0.1, workers, replications=1), compared(0.1, 1, replications=1))
        said, progress = first_counts()
        other = sim.compare(
            control(0.2),
            REFERENCE,
            draws=0,
            replications=2,
            seed=1,
            workers=workers,
            progress=progress,
        )
        assert said[0][0] == 0
        assert other.finished == 8
        assert not before & {process.pid for process in active_children()}
    assert active_children() == []


def test_studies_arrive_as_runs_finish_and_agree_with_the_last_one(alone):
    arrived = []
    with sim.Workers(1) as workers:
        last = compared(0.1, workers, arrived=lambda study: arrived.append(values_and_table(study)))
    counts = [count for count, _, _ in arrived]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == last.finished == 8
    assert len(set(counts)) >= 5
    assert [pairs for _, _, pairs in arrived] == [[], [1], [2], [2], [2]]
    final = values(last)
    for _, found, _ in arrived:
        for key, array in found.items():
            there = ~np.isnan(array)
            np.testing.assert_array_equal(array[there], final[key][there])
    assert_equal(last, alone[0.1])


def values_and_table(study):
    found = values(study) if study.outcomes() else {}
    return study.finished, found, sorted(set(study.table().get("pairs", ())))


def test_what_a_callback_raises_ends_this_comparison_and_not_the_next(alone):
    class EnoughError(Exception):
        pass

    def stop(study):
        if study.finished:
            raise EnoughError

    with sim.Workers(2) as workers:
        with pytest.raises(EnoughError):
            compared(0.1, workers, arrived=stop)
        assert_equal(compared(0.1, workers), alone[0.1])


def test_a_folder_is_written_in_full_and_keeps_nothing_in_memory(alone, tmp_path):
    with sim.Workers(2) as workers:
        compared(0.1, workers, out=tmp_path / "out")
        assert not workers._kept
    assert_equal(sim.Study.open(tmp_path / "out"), alone[0.1])


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "two"])
def test_a_wrong_number_of_workers_is_named(count):
    with pytest.raises(ValueError, match="workers"):
        sim.Workers(count)


def test_workers_that_stay_are_no_cluster():
    with sim.Workers(1) as workers, pytest.raises(ValueError, match="a pool of their own"):
        sim.run_sweep("four-policies", replications=1, workers=workers, executor="dask")
