"""A world's seed: Mesa's rng or seed is one number, and worlds that nobody gave one differ."""

import mesa
import numpy as np
import pytest

from sim.model.randomness import Streams, root_seed
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design


@pytest.fixture(scope="module")
def short():
    return load("status-quo", settings=["horizon.end=2024-12", "adopters=3500"])


def luck(world):
    """What tells one root seed from another."""
    return world.seed, world.streams("release").uniform(0), world.adopters.size.tobytes()


@pytest.mark.parametrize("wrong", [np.random.default_rng(1), 7, None, ["status-quo"], {}])
def test_what_is_no_scenario_is_refused_by_name(wrong):
    """A generator, say, that was meant as `rng`."""
    with pytest.raises(TypeError, match=r"scenario = .*: must be the name or file of a scenario"):
        World(wrong)


def test_a_whole_number_is_the_seed(short):
    worlds = [
        World(short, **{name: kind(7)})
        for name in ("rng", "seed")
        for kind in (int, np.int64, np.uint8)
    ]
    assert {luck(world) for world in worlds} == {luck(World(short, rng=7))}
    assert worlds[0].seed == 7
    assert worlds[0].streams("release").key == Streams(7, 0)("release").key


def test_different_generators_give_different_worlds(short):
    worlds = [World(short, rng=np.random.default_rng(n)) for n in range(4)]
    assert (
        len({luck(world) for world in worlds})
        == len({world.streams("release").key for world in worlds})
        == 4
    )


def test_one_generator_gives_every_world_another_seed_and_the_same_ones_again():
    first, again = (np.random.default_rng(3) for _ in range(2))
    seeds = [root_seed(first) for _ in range(50)]
    assert len(set(seeds)) == 50
    assert [root_seed(again) for _ in range(50)] == seeds
    bits = np.random.PCG64(3)
    assert root_seed(bits) != root_seed(bits)


def test_a_seed_sequence_is_one_seed_and_its_children_are_others():
    sequence = np.random.SeedSequence(5)
    children = sequence.spawn(20)
    assert root_seed(sequence) == root_seed(np.random.SeedSequence(5))
    assert len({root_seed(child) for child in (sequence, *children)}) == 21


def test_a_world_without_a_seed_takes_a_fresh_one_and_says_which(short):
    worlds = [World(short), World(short, rng=None), World(short, seed=None)]
    assert len({world.seed for world in worlds}) == 3
    world = worlds[0]
    assert f"rng={world.seed}," in repr(world)
    again = World(short, rng=world.seed).run()
    np.testing.assert_array_equal(world.run().values, again.values)


@pytest.mark.parametrize("name", ["rng", "seed"])
@pytest.mark.parametrize(
    "wrong", [True, np.True_, [1, 2], -1, 1.5, 2.0, np.float64(2), "7", 2**63, (1,), np.array([1])]
)
def test_what_is_no_seed_is_refused_with_what_is(short, name, wrong):
    with pytest.raises(
        ValueError,
        match=rf"^{name} = .*: must be a whole number from 0 to 2\*\*63 - 1, a numpy Gen",
    ):
        World(short, **{name: wrong})


def test_rng_and_seed_together_are_refused(short):
    with pytest.raises(
        ValueError, match="rng and seed are two names of one number; give one of them"
    ):
        World(short, rng=1, seed=1)


@pytest.mark.parametrize(
    ("name", "wrong", "least"),
    [
        *(("replication", wrong, 0) for wrong in (-1, True, 1.0, "1", None)),
        *(("threads", wrong, 1) for wrong in (0, -3, True, 2.0)),
    ],
)
def test_a_replication_or_threads_that_cannot_be_is_refused_by_name(short, name, wrong, least):
    with pytest.raises(
        ValueError, match=rf"^{name} = .*: must be a whole number of at least {least}$"
    ):
        World(short, rng=1, **{name: wrong})


def test_numpy_counts_are_counts(short):
    world = World(short, rng=1, replication=np.int32(2), threads=np.int64(1))
    assert luck(world) == luck(World(short, rng=1, replication=2))
    plan = Design((Case("a", short, "a"),), np.int64(3), np.uint32(4))
    assert (plan.replications, plan.seed) == (3, 4)
    assert (type(plan.replications), type(plan.seed)) == (int, int)


def batch_run(test):
    """A test of Mesa's batch runner, which Mesa 4 has not.

    3.5 warns that its ``iterations`` will go.
    """
    skip = pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has no batch_run")
    return skip(
        pytest.mark.filterwarnings("ignore:The `iterations` keyword:DeprecationWarning")(test)
    )


@batch_run
def test_iterations_of_mesas_batch_runner_are_samples_and_each_can_be_repeated(short):
    rows = mesa.batch_run(World, {"scenario": [short]}, iterations=3, display_progress=False)
    assert [row["iteration"] for row in rows] == [0, 1, 2]
    assert len({row["seed"] for row in rows}) == len({row["us_share_abroad"] for row in rows}) == 3
    again = mesa.batch_run(
        World, {"scenario": [short], "rng": [row["seed"] for row in rows]}, display_progress=False
    )
    assert [row["us_share_abroad"] for row in again] == [row["us_share_abroad"] for row in rows]


@batch_run
def test_a_generator_in_mesas_batch_runner_gives_samples_that_can_be_repeated(short):
    first, again = (
        mesa.batch_run(
            World,
            {"scenario": [short], "rng": np.random.default_rng(1)},
            iterations=2,
            display_progress=False,
        )
        for _ in range(2)
    )
    assert len({row["seed"] for row in first}) == 2
    assert [row["seed"] for row in first] == [row["seed"] for row in again]
