"""The same bits whoever runs a sweep, in whatever order, in one go or in two."""

from __future__ import annotations

from functools import partial

import pytest

from sim.scenario.scenario import load
from sim.sweep.cluster import DaskCluster
from sim.sweep.design import Design
from sim.sweep.execution import execute
from sim.sweep.executors import ProcessPool
from tests.faults.harness import assert_whole, parts, plan, values, values_of
from tests.marks import slow
from tests.sweep import fake


@pytest.mark.parametrize(
    ("workers", "method"),
    [(1, "forkserver"), (2, "forkserver"), (4, "spawn")],
)
def test_workers_and_their_start(undisturbed, workers, method) -> None:
    store = execute(plan(), executor=partial(ProcessPool, workers, method), simulate=fake.world)
    assert values_of(store) == undisturbed


@pytest.mark.parametrize("workers", [1, slow(2)])
def test_dask(tmp_path, undisturbed, workers) -> None:
    assert (
        values_of(execute(plan(), executor="dask", workers=workers, simulate=fake.world))
        == undisturbed
    )
    execute(plan(), executor="dask", workers=workers, simulate=fake.world, out=tmp_path / "out")
    assert_whole(tmp_path / "out")
    assert values(tmp_path / "out") == undisturbed


class Reversed(Design):
    """A design whose chunks come last to first."""

    def chunks(self, *asked):
        return reversed(list(super().chunks(*asked)))


@pytest.mark.parametrize("workers", [1, 2])
def test_order(undisturbed, workers) -> None:
    back = Reversed(plan().cases, 40, 3)
    first = next(iter(back.chunks()))
    assert {run.id.replication for run in first.runs} == set(range(36, 40))
    assert values_of(execute(back, workers=workers, simulate=fake.world)) == undisturbed


def test_ten_replications_then_a_hundred(tmp_path) -> None:
    out = tmp_path / "out"
    made = []

    def noted(scenario, replication, seed):
        made.append((scenario.name, replication))
        return fake.world(scenario, replication, seed)

    execute(plan(10), out=out, workers=1, simulate=noted)
    few = values(out)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in parts(out)}
    execute(plan(100), out=out, workers=1, simulate=noted)
    assert len(made) == len(set(made)) == 200
    assert_whole(out, 200)
    many = values(out)
    assert {run: many[run] for run in few} == few
    after = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in parts(out)}
    assert before.items() <= after.items()
    assert many == values_of(execute(plan(100), workers=2, simulate=fake.world))


@pytest.fixture(scope="module")
def model() -> tuple[Design, dict[tuple[str, int], bytes]]:
    """A design of the model's own worlds, and what it gives in this process."""
    small = ["horizon.end=2024-12", "adopters=3500"]
    scenarios = [load("status-quo", settings=small), load("p3-government-audits", settings=small)]
    design = Design.of(scenarios, 9, 2**63 - 1, also_without_assumed=False)
    return design, values_of(execute(design, workers=1))


@pytest.mark.parametrize(
    "factory",
    [
        partial(ProcessPool, 2),
        slow(partial(ProcessPool, 2, "spawn")),
        slow(partial(DaskCluster, 2)),
    ],
    ids=["forkserver", "spawn", "dask"],
)
def test_the_model_itself(tmp_path, model, factory) -> None:
    design, alone = model
    assert len(alone) == 18
    execute(design, executor=factory, out=tmp_path / "out")
    assert_whole(tmp_path / "out", 18)
    assert values(tmp_path / "out") == alone
