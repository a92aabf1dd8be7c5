"""The calibration that is shipped belongs to this model, these targets and these ranges."""

import numpy as np
import pytest

from benchmarks.baseline import MOVING, levels
from sim import data
from sim.calibration import baseline
from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import values_at
from sim.calibration.emulator import Emulator
from sim.calibration.hindcast import shipped_ensemble
from sim.calibration.likelihood import Observed
from sim.calibration.met import kind
from sim.calibration.page import page
from sim.calibration.record import LEARNED, digests, ensemble_digest, shipped
from sim.calibration.simulate import NAMES, measured
from sim.model.parameters import DEFAULTS, PARAMETERS
from sim.scenario import library
from sim.scenario.scenario import load
from sim.sweep.sampling import read_ensemble
from tests.guarantees import golden

AGAIN = "fit anew: make calibrate"


@pytest.fixture(scope="module")
def found():
    return shipped()


def test_it_was_made_for_these_targets_ranges_and_blocks(found):
    assert found["digests"] == digests(shipped_ensemble().names), AGAIN


def test_the_central_draw_still_gives_what_it_gave(found):
    """If equations, tables or scenario change what the targets see, the fit is of another model.

    To the bit where the golden numbers were written, elsewhere to three digits: a choice that
    falls out otherwise in one of thousands moves a share by less.
    """
    base = load("status-quo", settings=["horizon.end=2025-09"])
    candidate = base.model_copy(update={"parameters": {**found["central"]["draw"]}})
    here = measured(candidate, 0, found["central"]["seed"]).values[0]
    there = np.array([found["central"]["measures"][name][0] for name in NAMES])
    same = golden.environment() == golden.read()["environment"]
    np.testing.assert_allclose(here, there, rtol=1e-6 if same else 1e-3, err_msg=AGAIN)


def test_the_default_of_every_fitted_parameter_is_the_central_draw(found):
    assert data.central() == pytest.approx(found["central"]["values"], rel=1e-5)
    assert set(data.central()) == set(FITTED)
    for name, parameter in PARAMETERS.items():
        assert DEFAULTS[name] == data.central().get(name, parameter.median)


def test_the_shipped_draws_are_those_of_the_record(found):
    path = library.root() / "scenarios" / "assumptions" / "calibrated.csv"
    draws = read_ensemble(path, path.name, PARAMETERS)
    assert len(draws) == found["sizes"]["draws"]
    assert ensemble_digest(path.read_text(encoding="utf-8")) == found["ensemble"], AGAIN
    for one in found["parameters"]:
        column = draws.values[:, draws.names.index(one["name"])]
        assert np.median(column) == pytest.approx(one["q50"], rel=1e-4, abs=1e-6)


def test_most_targets_are_met_by_the_ensemble(found):
    """A bar of 19 of 21. Before the first fit it was 17 of the 20 that were fitted then.

    C27 came after a look at what the first shipped fit gave for it: that it is met is no success.
    """
    fitted = [one for one in found["targets"] if kind(one) == "fitted"]
    met = [one["id"] for one in fitted if one["inside"] and one["in_range"]]
    assert len(fitted) == 21
    assert len(met) >= 19, f"met: {met}"
    missed = sum((not one["inside"]) + (not one["in_range"]) for one in found["targets"])
    assert page(found).count("**no**") == missed


def test_a_block_is_found_again_from_a_few_runs(found):
    """The block of chips, refitted: it gives the middles and widths that the shipped draws have."""
    pytest.importorskip("sklearn")
    block = BLOCKS["chips"]
    rng = np.random.default_rng(0)
    points = rng.standard_normal((48, len(block.parameters)))
    base = load("status-quo", settings=["horizon.end=2025-09", "adopters=3500"])
    values = values_at(points, block.parameters)
    runs = np.empty((len(points), len(NAMES)))
    for row, run in zip(values.tolist(), runs, strict=True):
        parameters = dict(zip(block.parameters, row, strict=True))
        run[:] = measured(base.model_copy(update={"parameters": parameters}), 0, 0).values[0]
    targets = {t.id: Observed(t) for t in data.targets()}
    pool = rng.standard_normal((20_000, len(block.parameters)))
    likelihood = np.zeros(len(pool))
    for name in block.targets:
        emulator = Emulator(points, targets[name].scaled(runs[:, NAMES.index(name)]))
        likelihood -= 0.5 * targets[name].misfit(emulator.predict(pool), emulator.variance) ** 2
    weights = np.exp(likelihood - likelihood.max())
    weights /= weights.sum()
    kept = {one["name"]: one for one in found["parameters"]}
    learned = []
    for i, name in enumerate(block.parameters):
        middle = float((weights * pool[:, i]).sum())
        width = float((weights * (pool[:, i] - middle) ** 2).sum()) ** 0.5
        assert middle == pytest.approx(kept[name]["moved"], abs=0.5), name
        assert width == pytest.approx(kept[name]["width"], abs=0.25), name
        learned += [name] if width < LEARNED else []
    assert learned == [name for name in block.parameters if kept[name]["width"] < LEARNED]
    assert learned, "a fit that learns nothing is none"


def test_the_status_quo_still_moves_as_the_report_says(found):
    """The first draw's run to 2030 is that of the stored movements, as exactly as above."""
    moved = baseline.shipped()
    assert moved["ensemble"] == found["ensemble"], "make calibrate stores both"
    assert moved["draws"] >= 16
    here = levels({}, 1, moved["seed"], workers=1)[0]
    assert tuple(one["outcome"] for one in moved["movements"]) == tuple(MOVING)
    same = golden.environment() == golden.read()["environment"]
    again = "the status quo moves otherwise now: python benchmarks/baseline.py"
    tolerance = 1e-6 if same else 1e-2
    np.testing.assert_allclose(here, moved["first_draw"], rtol=tolerance, err_msg=again)
