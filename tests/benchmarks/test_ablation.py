"""The table of ablations: what a cell says, and what is run for it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import ablation
from benchmarks.ablation import change, changes, least_agreeing, rows, shown
from benchmarks.draws import fixed
from benchmarks.mechanisms import MECHANISMS
from sim import data
from sim.calibration.simulate import NAMES
from sim.scenario.scenario import Structure
from sim.sweep.draws import Draws
from sim.sweep.workers import Workers


def test_a_cell_is_the_median_change_in_halves_of_the_range() -> None:
    usual = np.linspace(1.0, 2.0, 16)
    assert change(usual, usual + 0.5, 0.25) == pytest.approx(2.0)
    assert change(usual, usual - 0.5, 0.25) == pytest.approx(-2.0)
    found = changes(np.zeros((16, len(NAMES))), np.full((16, len(NAMES)), 100.0))
    halves = {target.id: 0.5 * (target.high - target.low) for target in data.targets()}
    assert found == pytest.approx([100.0 / halves[name] for name in NAMES])


def test_a_change_on_whose_sign_draws_do_not_agree_is_not_shown() -> None:
    usual, moved = np.zeros(16), np.ones(16)
    moved[:4] = -1.0
    assert change(usual, moved, 1.0) is None
    moved[3] = 1.0
    assert change(usual, moved, 1.0) == 1.0
    assert change(usual, 0.01 * np.ones(16), 1.0) is None
    assert shown(None) == ""
    assert [shown(x) for x in (-0.25, 1.04, 123.4)] == ["-0.2", "+1.0", "+123"]


def test_runs_that_failed_are_left_out() -> None:
    moved = np.ones(16)
    moved[:3] = np.nan
    assert change(np.zeros(16), moved, 1.0) == 1.0
    assert change(np.zeros(16), np.full(16, np.nan), 1.0) is None


def test_so_many_have_to_agree_that_luck_makes_it_in_one_case_of_twenty_at_most() -> None:
    assert [least_agreeing(n) for n in (6, 16, 32)] == [6, 13, 23]


def test_a_row_replaces_the_numbers_of_its_mechanism_in_every_draw_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = tuple(dict.fromkeys(name for m in MECHANISMS for name in m.neutral))
    draws = Draws(names, np.full((2, len(names)), 0.123))
    asked = []

    def run(draws: Draws, structure: Structure, seed: int, workers: Workers) -> np.ndarray:
        asked.append((draws, structure, seed))
        return np.zeros((2, len(NAMES)))

    monkeypatch.setattr(ablation, "run", run)
    found = list(rows(draws, 3, Workers(1)))
    assert len(found) == len(asked) == 1 + len(MECHANISMS) + len(ablation.FORMS)
    assert {seed for *_, seed in asked} == {3}
    for mechanism, (row, _, _), (values, structure, _) in zip(
        MECHANISMS, found[1:], asked[1:], strict=False
    ):
        assert row == mechanism.name
        assert structure == Structure()
        assert values == fixed(draws, mechanism.neutral)
        assert dict(values[1]) == dict(draws[1]) | dict(mechanism.neutral)
    forms = [structure for _, structure, _ in asked[1 + len(MECHANISMS) :]]
    assert forms == list(ablation.FORMS.values())
    assert asked[0][0] == draws
