"""Same version and seed, same bits: in any process, order and company, at any processor level."""

import random

import numpy as np
import pytest

from sim.model.world import World
from sim.scenario.scenario import load, parse
from tests.guarantees import state
from tests.marks import slow

LEVELS = ("without-avx-512", slow("numpy-baseline"), "old-blas", slow("compiled-generic"))


@pytest.fixture(scope="module")
def here(everything):
    """Fingerprints of the same run in this process."""
    world = World(everything, rng=1)
    series = world.run()
    return {
        "series": state.of_series(series),
        "state": state.of_world(world),
        **state.of_processor(),
    }


def test_the_same_run_twice_in_one_process(everything, status_quo, here):
    World(status_quo, rng=5).run()
    world = World(everything, rng=1)
    assert state.of_series(world.run()) == here["series"]
    assert state.of_world(world) == here["state"]


def test_the_fingerprint_sees_the_whole_state(everything, here):
    world = World(everything, rng=1)
    world.run()
    for change in (
        lambda: world.trust.supply.__setitem__((7, 0), np.nextafter(world.trust.supply[7, 0], 2.0)),
        lambda: setattr(world.labs[3], "efficiency", world.labs[3].efficiency + 1e-15),
        lambda: world.scene.severity.pop(),
        lambda: world.catalogue.columns.mirrored.__setitem__(
            5, not world.catalogue.columns.mirrored[5]
        ),
    ):
        before = state.of_world(world)
        change()
        assert state.of_world(world) != before


def test_a_scenario_that_went_through_a_file_gives_the_same_bits(everything, here):
    assert state.of_series(World(parse(everything.as_toml()), rng=1).run()) == here["series"]


@pytest.mark.parametrize("hash_seed", [slow("0"), slow("1"), "4242"])
def test_a_fresh_process_under_another_hash_seed(everything, here, fresh, hash_seed):
    found = fresh(everything, PYTHONHASHSEED=hash_seed)
    assert (found["series"], found["state"]) == (here["series"], here["state"])


def test_a_replication_does_not_depend_on_the_ones_before_it(status_quo):
    together = [state.of_series(World(status_quo, rng=3, replication=r).run()) for r in range(4)]
    assert state.of_series(World(status_quo, rng=3, replication=3).run()) == together[3]
    assert state.of_series(World(status_quo, rng=3, replication=1).run()) == together[1]
    assert len(set(together)) == 4


def test_seeds_and_replications_are_not_the_same_thing(status_quo):
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (11, 0), (1, 10)]
    assert len(
        {state.of_series(World(status_quo, rng=s, replication=r).run()) for s, r in pairs}
    ) == len(pairs)


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(series_of, status_quo):
    short, long = series_of(status_quo), series_of(load("status-quo"))
    np.testing.assert_array_equal(short.values, long.values[: len(short.months)])
    assert short.months == long.months[: len(short.months)]


def test_global_random_state_is_neither_read_nor_changed(status_quo, series_of):
    expected = state.of_series(series_of(status_quo))
    random.seed(99)
    before = random.getstate()
    legacy = np.random.get_state()  # noqa: NPY002  the state that must not move
    assert state.of_series(World(status_quo, rng=1).run()) == expected
    assert random.getstate() == before
    after = np.random.get_state()  # noqa: NPY002
    assert legacy[0] == after[0]
    np.testing.assert_array_equal(legacy[1], after[1])


@pytest.mark.slow
def test_the_number_of_threads_changes_nothing():
    scenario = load("status-quo", settings=["adopters=100000"])
    found = []
    for threads in (1, 2):
        world = World(scenario, rng=1, threads=threads)
        for _ in range(6):
            world.step()
        found.append((state.of_series(world.series()), world.adopters.choice.copy()))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])


@pytest.mark.parametrize("level", LEVELS)
def test_every_processor_level_gives_the_same_bits(everything, here, fresh, level):
    found = fresh(everything, **_variables(level))
    _assert_the_level_is_another_one(level, here, found)
    assert found["series"] == here["series"]
    assert found["state"] == here["state"]


def _features():
    """Processor features that this NumPy chooses its loops by, and that this processor has."""
    from numpy._core import _multiarray_umath as core

    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]


def _variables(level):
    """Environment variables that take the processor down to a level."""
    if level == "old-blas":
        return {"OPENBLAS_CORETYPE": "Prescott"}
    if level == "compiled-generic":
        return {"NUMBA_CPU_NAME": "generic"}
    off = [
        name
        for name in _features()
        if level == "numpy-baseline" or "AVX512" in name or name == "X86_V4"
    ]
    if not off:
        pytest.skip("this processor has no such features to switch off")
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(off)}


def _assert_the_level_is_another_one(level, here, found):
    """The variables did something: without that the comparison would be empty."""
    if level == "compiled-generic":
        if here["registers"] == "xmm":
            pytest.skip("this processor has no wider registers")
        assert found["registers"] == "xmm"
    elif level == "old-blas":
        if found["product"] == here["product"]:
            pytest.skip("this NumPy's BLAS does not change with OPENBLAS_CORETYPE")
    elif any("AVX512" in name or name == "X86_V4" for name in _features()):
        assert found["exp"] != here["exp"]
