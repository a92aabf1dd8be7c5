"""The chain of causes: every edge moves what it says, and no edge is missing."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from sim.model.chain import EDGES, HELD_BY, NODES, reached
from sim.model.outcomes import OUTCOMES
from sim.model.phases import PHASES
from sim.model.world import World
from sim.scenario.scenario import load
from tests.model.clamps import clamps, held

SINCE, MONTHS, WORLDS = 42, 12, 4
AT_ONCE = 2
"""Months in which a clamp reaches what it feeds directly, and little that comes back."""
SEEN = 0.2
"""Points of a share, or percent of a level, that count as a move."""


@pytest.fixture(scope="module")
def runs() -> dict[str, np.ndarray]:
    """Changes under each clamp: array (world, month, node), in points or percent.

    The same worlds for all clamps: labs decide by the release, so one world may stand still.
    """
    scenario = load("status-quo", settings=["adopters=3500", "horizon.end=2028-12"])
    found: dict[str, list[np.ndarray]] = {}
    for seed in range(1, 1 + WORLDS):
        world = World(scenario, rng=seed)
        while world.month < SINCE - 1:
            world.step()
        free = _run(copy.deepcopy(world))
        shares = [OUTCOMES[name].kind == "share" for name in NODES]
        size = np.where(shares, 1.0, np.maximum(np.abs(free), 1e-9))
        for clamp in clamps():
            run = _run(held(copy.deepcopy(world), clamp))
            found.setdefault(clamp.outcome, []).append(100.0 * (run - free) / size)
    return {outcome: np.stack(changes) for outcome, changes in found.items()}


def _run(world: World) -> np.ndarray:
    """Step through the months of a test; nodes of each."""
    for _ in range(MONTHS):
        world.step()
    columns = [list(OUTCOMES).index(name) for name in NODES]
    return np.array(world.history.rows, float)[SINCE:, columns]


SIDES = {clamp.outcome: clamp.side for clamp in clamps()}


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.upstream}-{edge.downstream}")
def test_an_edge_moves_its_downstream_outcome_the_way_it_says(runs, edge):
    """With the upstream outcome held elsewhere from a month on, and all else as it was."""
    up, down = (NODES.index(name) for name in (edge.upstream, edge.downstream))
    moved = runs[edge.upstream]
    side = SIDES[edge.upstream]
    assert side * moved[..., up].mean() > SEEN, "the clamp does not hold its outcome"
    change = moved[..., down].mean()
    if edge.sense == 0:
        assert np.abs(moved[..., down]).mean() > SEEN
    else:
        assert edge.sense * side * change > SEEN


@pytest.mark.parametrize("outcome", HELD_BY)
def test_no_edge_is_missing(runs, outcome):
    """What moves as soon as an outcome is held elsewhere is reached from it by a path of edges."""
    at_once = np.abs(runs[outcome][:, :AT_ONCE].mean(axis=(0, 1)))
    moved = {name for name, size in zip(NODES, at_once, strict=True) if size > SEEN}
    known = set().union(*map(reached, (outcome, *HELD_BY[outcome].also)))
    assert moved <= known, f"{outcome} moves {sorted(moved - known)}"


def test_the_table_is_of_outcomes_and_phases_and_says_what_holds_each():
    """A headline ends each chain: one without an upstream outcome could not be explained."""
    names = {phase.__name__ for phase in PHASES}
    assert set(NODES) == {name for edge in EDGES for name in edge[:2]} <= set(OUTCOMES)
    assert len(NODES) == len(set(NODES))
    assert {edge.phase for edge in EDGES} | {held.phase for held in HELD_BY.values()} <= names
    assert list(HELD_BY) == [clamp.outcome for clamp in clamps()]
    assert {edge.upstream for edge in EDGES} == set(HELD_BY)
    assert len({edge[:2] for edge in EDGES}) == len(EDGES)
    headlines = {name for name, outcome in OUTCOMES.items() if outcome.headline}
    assert headlines <= {edge.downstream for edge in EDGES}
    assert all(edge.text.endswith(".") for edge in EDGES)
