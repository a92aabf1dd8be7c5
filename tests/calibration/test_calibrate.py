"""The calibration finds what a made-up model hides, and says what it cannot find."""

from dataclasses import replace

import numpy as np
import pytest

from sim import data
from sim.calibration import calibrate as module
from sim.calibration import simulate as simulate_module
from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import (
    Stages,
    calibrate,
    candidates_at,
    central_of,
    explored,
    values_at,
)
from sim.calibration.emulator import Emulator
from sim.calibration.likelihood import DISCREPANCY, TAIL, Observed
from sim.calibration.measures import MEASURES
from sim.calibration.origins import observable
from sim.calibration.simulate import NAMES, candidates, measured
from sim.calibration.waves import (
    RULED_OUT,
    Pool,
    columns,
    first_points,
    likely_points,
    next_points,
)
from sim.model.parameters import PARAMETERS
from sim.scenario.scenario import load
from sim.sweep.draws import Draws
from sim.sweep.execution import RunFailedError
from sim.sweep.runs import RunId
from tests.calibration.made_up import SMALL, TINY, TOLD, made_up

TARGETS = {t.id: t for t in data.targets() if t.role == "target"}


@pytest.fixture(scope="module")
def fit():
    return calibrate(SMALL, seed=3, simulate=made_up)


def test_what_moves_a_target_is_learned_and_nothing_else(fit):
    """The target is met one unit above the middle of the range, a quarter of a unit wide."""
    drawn = fit.scores
    told = [FITTED.index(name) for name in TOLD.values()]
    np.testing.assert_allclose(drawn[:, told].mean(axis=0), 0.95, atol=0.25)
    assert (drawn[:, told].std(axis=0) < 0.5).all()
    others = np.delete(drawn, told, axis=1)
    assert abs(others.mean()) < 0.1
    assert 0.8 < others.std() < 1.2


def test_a_fit_to_part_of_the_record_learns_from_nothing_else():
    """By the end of 2023 the first targets of chips and misuse were known, and no others."""
    known = [Observed(target) for target in observable("2023-12")]
    part = calibrate(replace(SMALL, waves=(256,)), seed=3, targets=known, simulate=made_up)
    assert set(part.explained) == {"C10", "C13", "C21"}
    for block, told in (
        ("chips", True), ("misuse", True), ("use", False), ("choice", False), ("releases", False)
    ):  # fmt: skip
        drawn = part.scores[:, FITTED.index(BLOCKS[block].parameters[0])]
        assert (drawn.std() < 0.6) == told, block
        assert (drawn.mean() > 0.6) == told, block


def test_waves_rule_out_what_the_record_does_not_allow(fit):
    for name, block in BLOCKS.items():
        assert set(block.targets) & set(TOLD)
        assert 0.05 < fit.left[name][-1] < 0.99
    assert all((fit.explained[name] > 0.4) == (name in TOLD) for name in fit.explained)


def test_a_parameter_that_comes_anew_changes_no_draw_of_the_others(monkeypatch):
    scores = np.random.default_rng(0).standard_normal((8, len(FITTED)))
    now = module._ensemble(scores, 3)
    gone = next(name for name in PARAMETERS if name not in FITTED)
    fewer = {name: one for name, one in PARAMETERS.items() if name != gone}
    monkeypatch.setattr(module, "PARAMETERS", fewer)
    before = module._ensemble(scores, 3)
    kept = [now.names.index(name) for name in before.names]
    np.testing.assert_array_equal(before.values, now.values[:, kept])
    free = [name for name in before.names if name not in FITTED]
    other = module._ensemble(scores, 4)
    for name in before.names:
        one, two = (x.values[:, x.names.index(name)] for x in (now, other))
        assert (one == two).all() == (name in FITTED or one.std() == 0.0)
    orders = {tuple(np.argsort(before.values[:, before.names.index(name)])) for name in free}
    assert len(orders) > len(free) / 2


def test_the_ensemble_holds_every_parameter_inside_its_bounds(fit):
    assert fit.ensemble.names == tuple(PARAMETERS)
    assert len(fit.ensemble) == SMALL.draws
    for name, column in zip(fit.ensemble.names, fit.ensemble.values.T, strict=True):
        low, high = PARAMETERS[name].bounds
        assert ((column >= low) & (column <= high)).all(), name
        assert name in FITTED or len(set(column)) > 1, name
    columns = [fit.ensemble.names.index(name) for name in FITTED]
    np.testing.assert_allclose(fit.ensemble.values[:, columns], values_at(fit.scores), rtol=1e-12)
    assert fit.values.shape == (SMALL.draws, SMALL.replications, len(NAMES))
    assert fit.central_values.shape == (SMALL.central, len(NAMES))
    assert all(1.0 <= size <= SMALL.verified for size in fit.effective.values())


def test_the_same_seed_gives_the_same_fit():
    one, same, other = (calibrate(TINY, seed=seed, simulate=made_up) for seed in (3, 3, 4))
    assert one.ensemble == same.ensemble != other.ensemble


def test_the_central_draw_meets_most_targets_and_is_then_the_nearest_to_the_median():
    scores = np.array([[0.0, 3.0], [1.0, 1.0], [0.1, 0.0], [-1.0, -1.0], [0.2, 0.2]])
    targets = [TARGETS[name] for name in ("C01", "C22")]
    values = np.zeros((5, 2, len(NAMES)))
    for target in targets:
        values[:, :, NAMES.index(target.id)] = target.value
    np.testing.assert_array_equal(central_of(scores, values, targets), [0.2, 0.2])
    low = TARGETS["C22"].low
    values[4, :, NAMES.index("C22")] = low - 2.0, low + 1.0  # out of range in the mean
    np.testing.assert_array_equal(central_of(scores, values, targets), [0.1, 0.0])
    assert (central_of(scores, values, targets[:1]) == [0.2, 0.2]).all(), "none but what is fitted"


def test_candidates_keep_other_parameters_at_the_middle_of_their_range():
    """So a fit does not depend on the central draw that an earlier one left."""
    draws = candidates_at(np.ones((2, len(FITTED))))
    others = {name for name in PARAMETERS if name not in FITTED}
    assert set(draws.names) == set(PARAMETERS)
    assert all(draws[0][name] == PARAMETERS[name].median for name in others)
    np.testing.assert_array_equal(
        [draws[1][name] for name in FITTED], values_at(np.ones((1, len(FITTED))))[0]
    )


def at_target(candidates, replications):
    """Runs that give every target its value."""
    return np.array([[[t.value for t in data.targets()]] * replications] * candidates)


def test_weights_correct_for_how_candidates_were_drawn():
    """Runs that say the same of two candidates: the one drawn half as readily counts twice."""
    targets = [Observed(one) for one in TARGETS.values()]
    weights = module._weights(at_target(20, 3), np.array([0.0, -np.log(2.0)] * 10), targets)
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights[1::2] / weights[0::2], 2.0)


def test_weights_are_the_likelihood_of_the_runs():
    """A candidate two standard deviations off a target has exp(-2) of the weight of one on it."""
    target = Observed(TARGETS["C01"])
    found, place = at_target(40, 3), NAMES.index("C01")
    off = target.misfit(target.scaled(np.array([13.0])))[0]
    found[20:, :, place] = 14.0 + (13.0 - 14.0) * 2.0 / abs(off)
    weights = module._weights(found, np.zeros(40), [target])
    np.testing.assert_allclose(weights[20:] / weights[0], np.exp(-2.0), rtol=1e-9)


def test_weights_leave_room_for_the_luck_of_the_one_world():
    """The spread of a candidate's runs, and the error of their mean, are added to the errors."""
    target, place = Observed(TARGETS["C01"]), NAMES.index("C01")
    found = at_target(40, 3)
    found[:, :, place] += [-2.0, 0.0, 2.0]
    found[20:, :, place] -= 3.0
    weights = module._weights(found, np.zeros(40), [target])
    off = target.misfit(np.array([11.0]), 4.0 * (1.0 + 1.0 / 3.0))[0]
    np.testing.assert_allclose(weights[20:] / weights[0], np.exp(-0.5 * off**2), rtol=1e-9)
    assert abs(off) < 0.9 * abs(target.misfit(np.array([11.0]))[0])


@pytest.fixture(scope="module")
def known():
    """What a first wave of the made-up model told."""
    run = Stages(made_up, 0, 3, None, lambda *_: None, {})
    return explored(replace(SMALL, waves=(256,)), run, np.random.default_rng(3))


def stands(known, points):
    """How points stand to the targets: by block, worst misfit and logarithm of the likelihood."""
    for name, block in BLOCKS.items():
        own = points[:, columns(block)]
        told = {one: known.emulators[one] for one in block.targets}
        expected = {one: emulator.predict(own) for one, emulator in told.items()}
        variance = {one: emulator.variance for one, emulator in told.items()}
        yield name, *Pool(own, expected, variance).stand(known.target)


def test_the_next_wave_takes_no_point_that_is_ruled_out(known):
    points = next_points(100, known, np.random.default_rng(1))
    assert all(left[-1] * SMALL.pool >= 100 for left in known.left.values())
    assert all((worst < RULED_OUT).all() for _, worst, _ in stands(known, points))
    evenly = first_points(128, 1)
    assert any((worst >= RULED_OUT).any() for _, worst, _ in stands(known, evenly))


def test_candidates_are_proposed_with_the_likelihood_by_which_they_were_drawn(known):
    points, proposed = likely_points(50, known, np.random.default_rng(1))
    for name, _, likelihood in stands(known, points):
        np.testing.assert_allclose(proposed[name], likelihood, rtol=1e-6, atol=1e-9)
        assert proposed[name].std() > 0.0


def test_no_candidate_is_most_of_the_ensemble():
    targets = [Observed(one) for one in TARGETS.values()]
    weights = module._weights(at_target(16, 3), np.array([-3.0, *[0.0] * 15]), targets)
    assert weights[0] == weights.max() < 0.5


def test_a_block_is_weighed_by_its_own_targets():
    """What another block's targets say of a candidate is no reason to drop this block's part."""
    block, other = BLOCKS["use"], BLOCKS["misuse"]
    found, rng = at_target(40, 3), np.random.default_rng(0)
    found[:20, :, [NAMES.index(name) for name in block.targets]] *= 1.5
    found[20:, :, [NAMES.index(name) for name in other.targets]] *= 3.0
    points = np.repeat([[1.0], [-1.0]], 20, axis=0) * np.ones(len(FITTED))
    proposed, target = (
        dict.fromkeys(BLOCKS, np.zeros(40)),
        {k: Observed(t) for k, t in TARGETS.items()},
    )
    drawn, effective = module._resampled(points, found, proposed, target, 100, rng)
    assert (drawn[:, [FITTED.index(name) for name in block.parameters]] == -1.0).mean() > 0.9
    assert (drawn[:, [FITTED.index(name) for name in other.parameters]] == 1.0).mean() > 0.9
    assert effective["chips"] == pytest.approx(40.0)


def test_failed_runs_of_a_candidate_leave_it_without_weight():
    found = at_target(8, 3)
    found[0, 1] = np.nan
    weights = module._weights(found, np.zeros(8), [Observed(one) for one in TARGETS.values()])
    assert weights[0] == 0.0
    np.testing.assert_allclose(weights[1:], 1.0 / 7.0)


def test_blocks_speak_of_every_target_once_and_share_no_parameter():
    spoken = [name for block in BLOCKS.values() for name in block.targets]
    assert sorted(spoken) == sorted(name for name, t in TARGETS.items() if t.mode != "input")
    assert len(set(FITTED)) == len(FITTED)
    assert set(FITTED) <= set(PARAMETERS)


# parts


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_range_is_read_as_a_90_percent_interval_with_the_models_own_error(name):
    target, observed = TARGETS[name], Observed(TARGETS[name])
    ends = observed.scaled(np.array([target.low, target.value, target.high]))
    misfit = observed.misfit(ends)
    assert misfit[1] == 0.0
    expected = TAIL / (1.0 + DISCREPANCY**2) ** 0.5
    for end in (0, 2):
        if ends[end] != ends[1]:
            assert abs(misfit[end]) == pytest.approx(expected)
    assert (np.abs(observed.misfit(ends, 4.0)) <= np.abs(misfit)).all()


def test_an_emulator_learns_a_quadratic_and_says_how_much_is_noise():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((400, 4))
    truth = points[:, 0] + 0.5 * points[:, 1] * points[:, 2]
    emulator = Emulator(points, truth + 0.3 * rng.standard_normal(400))
    fresh = rng.standard_normal((200, 4))
    error = emulator.predict(fresh) - (fresh[:, 0] + 0.5 * fresh[:, 1] * fresh[:, 2])
    assert np.sqrt(np.mean(error**2)) < 0.1
    assert emulator.variance == pytest.approx(0.09, rel=0.3)
    assert 0.85 < emulator.explained < 1.0


def test_a_candidate_is_measured_in_both_histories_with_luck_of_its_own():
    base = load("status-quo", settings=["adopters=3500", "horizon.end=2025-09"])
    one, same, changed = (measured(*run, 1) for run in ((base, 0), (base, 0), (base, 100_000)))
    assert one.names == NAMES == tuple(MEASURES)
    assert one.values.shape == (1, len(NAMES))
    assert np.isfinite(one.values).all()
    np.testing.assert_array_equal(one.values, same.values)
    assert (one.values != changed.values).sum() > 10, "the luck of another draw is its own"


def test_candidates_are_worlds_of_the_status_quo_under_their_parameters():
    draws = Draws(("ceiling", "bass_q"), np.array([[-5.5, 1.5], [-5.7, 1.8]]))
    plan = candidates(draws, 2, 5)
    assert plan.runs == 4
    world = plan.run(RunId(plan.points[0][1], 1, 0)).scenario
    assert world.parameters["ceiling"] == -5.7
    assert module.NAMES == NAMES


def test_candidates_that_all_fail_end_the_fit_with_the_reason(monkeypatch):
    def broken(scenario, replication, seed):
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr(simulate_module, "measured", broken)
    with pytest.raises(RunFailedError, match="made to fail"):
        simulate_module.simulate(candidates_at(np.zeros((2, len(FITTED)))), 1, 0, workers=1)
