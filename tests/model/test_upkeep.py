"""Slots that retire, and what the panel keeps of them."""

import numpy as np
import pytest

from sim.model.kernels.choice import NONE, Panel
from sim.model.kernels.upkeep import Limits, Slots, retire
from sim.model.panel_sizes import panel_starts

SLOTS, PEOPLE, MONTH = 30, 400, 40


def a_panel(luck):
    choice = luck.integers(0, SLOTS, PEOPLE).astype(np.uint8)
    choice[luck.random(PEOPLE) < 0.05] = NONE
    counts = np.zeros((2, SLOTS), np.int16)
    for i, slot in enumerate(choice):
        if slot != NONE:
            counts[i // (PEOPLE // 2), slot] += 1
    start = np.array([0, PEOPLE // 2, PEOPLE])
    tastes = np.zeros((choice.size, 8), np.uint8)
    return Panel(start, np.zeros(2, np.uint64), choice, choice, counts, tastes)


@pytest.mark.parametrize("most", [5, 12, SLOTS])
def test_slots_retire_by_age_and_use_and_beyond_the_limit_the_least_used(most):
    luck = np.random.default_rng(most)
    limits = Limits(after=6, below=0.02, renewed=3, most=most)
    for _ in range(40):
        panel = a_panel(luck)
        newest = luck.integers(MONTH - 9, MONTH + 1, SLOTS)
        retired = np.where(luck.random(SLOTS) < 0.2, newest, -1000)
        used, before = panel.counts.sum(axis=0).astype(np.int64), panel.choice.copy()
        slots = Slots(newest, used, np.zeros(SLOTS, bool), retired.copy())
        retire(MONTH, slots, panel, limits)

        known = [s for s in range(SLOTS) if newest[s] > retired[s]]
        old = {s for s in known if MONTH - newest[s] > 6 and used[s] < 0.02 * PEOPLE}
        rest = [s for s in known if s not in old]
        rank = {s: used[s] if MONTH - newest[s] > 3 else PEOPLE for s in rest}
        out = old | set(sorted(rest, key=rank.get)[: max(0, len(rest) - most)])
        assert np.flatnonzero(slots.alive).tolist() == sorted(set(known) - out)
        for s in range(SLOTS):
            assert slots.retired[s] == (newest[s] if s in out else retired[s])
        gone = np.isin(before, sorted(out))
        assert (panel.choice[gone] == NONE).all()
        np.testing.assert_array_equal(panel.choice[~gone], before[~gone])
        assert not panel.counts[:, sorted(out)].any()


def test_counts_have_room_for_the_largest_panel(world_at):
    """Cells of the largest panel that a scenario may ask for fit into 16 bits."""
    world = world_at(0)
    cells = np.diff(panel_starts(1_000_000, tuple(world.adopters.size.ravel().tolist())))
    assert 10_000 < cells.max() <= np.iinfo(world.adopters.counts.dtype).max
