"""`openstakes calibrate`: what it leaves, what it refuses, and what its page says."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from sim import data
from sim.calibration import calibrate as module
from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.calibrate import OF_ORIGIN, QUICK, Sizes, calibrate
from sim.calibration.origins import observable
from sim.calibration.page import page
from sim.calibration.record import central_csv, digests, ensemble_csv, record
from sim.calibration.simulate import NAMES
from sim.cli.app import app
from sim.cli.calibrate import FILES
from sim.model.parameters import PARAMETERS
from sim.sweep.sampling import read_ensemble
from tests.calibration.made_up import TINY, TOLD, made_up


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(module, "calibrate", partial(calibrate, simulate=made_up))


@pytest.fixture(scope="module")
def fit():
    return calibrate(Sizes((256,), 4000, 80, 4, 60, 5), seed=3, simulate=made_up)


def call(*arguments):
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


def test_it_leaves_draws_a_central_one_and_a_page(fake, tmp_path):
    done = call("--out", tmp_path / "fit", "--quick")
    assert done.exit_code == 0, done.output
    assert [line.rpartition("/")[2] for line in done.stdout.split()] == list(FILES)
    draws = read_ensemble(tmp_path / "fit" / "ensemble.csv", "ensemble.csv", PARAMETERS)
    assert len(draws) == QUICK.draws
    assert set(draws.names) == set(PARAMETERS)
    found = json.loads((tmp_path / "fit" / "calibration.json").read_text())
    assert (tmp_path / "fit" / "calibration.md").read_text() == page(found)
    assert call("--out", tmp_path / "fit", "--quick").exit_code == 0, "the same again is no fault"


def test_a_fit_to_part_of_the_record_leaves_its_draws_only(monkeypatch, tmp_path):
    asked = []

    def fake(sizes, *, targets, **_):
        asked.append((sizes, {observed.target.id for observed in targets}))
        return calibrate(TINY, targets=targets, simulate=made_up)

    monkeypatch.setattr(module, "calibrate", fake)
    done = call("--until", "2024-06", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert asked == [(OF_ORIGIN, {target.id for target in observable("2024-06")})]
    assert {path.name for path in tmp_path.iterdir()} == {"ensemble.csv", "written.json"}
    draws = read_ensemble(tmp_path / "ensemble.csv", "ensemble.csv", PARAMETERS)
    assert len(draws) == TINY.draws
    wrong = call("--until", "2024-07", "--out", tmp_path)
    assert wrong.exit_code == 2
    assert "2024-12" in wrong.output


def test_files_of_a_user_are_not_written_over(fake, tmp_path):
    (tmp_path / "ensemble.csv").write_text("mine")
    done = call("--out", tmp_path, "--quick")
    assert done.exit_code == 2
    assert "ensemble.csv would be written over" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ensemble.csv"]


def test_without_scikit_learn_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = call("--out", tmp_path / "fit")
    assert done.exit_code == 2
    assert "pip install 'openstakes[calibrate]'" in done.stderr
    assert not (tmp_path / "fit").exists()


def test_progress_counts_all_runs_of_all_steps():
    told = []

    def counted(draws, replications, seed, *, progress, **_):
        runs = len(draws) * replications
        for done in (0, runs // 2, runs):
            progress(done, 0, runs)
        return made_up(draws, replications, seed)

    calibrate(TINY, simulate=counted, progress=lambda *counts: told.append(counts))
    done = [finished for finished, _, _ in told]
    assert done == sorted(done)
    assert {total for *_, total in told} == {TINY.runs} == {done[-1]}


def test_each_step_keeps_its_runs_in_a_folder_of_its_own(tmp_path):
    """So a calibration that was stopped goes on, and no step takes another's runs for its own."""
    asked = []

    def kept(draws, replications, seed, *, out, **_):
        asked.append((out.name, seed))
        return made_up(draws, replications, seed)

    calibrate(TINY, seed=5, out=tmp_path, simulate=kept)
    names, seeds = zip(*asked, strict=True)
    assert names == ("wave-1", "verified", "ensemble", "central")
    assert len(set(seeds)) == len(seeds), "no step shares the luck of another"


# record


def test_the_record_says_what_the_draws_give(fit):
    found = record(fit, SIZES := Sizes((256,), 4000, 80, 4, 60, 5), 3)
    assert found["sizes"]["verified"] == SIZES.verified
    assert found["digests"] == digests()
    targets = {one["id"]: one for one in found["targets"]}
    assert list(targets) == [target.id for target in data.targets()]
    one = targets["C05"]
    values = fit.values[:, :, NAMES.index("C05")]
    assert one["q50"] == pytest.approx(np.median(values))
    assert one["inside"] == (np.quantile(values, 0.05) <= one["value"] <= np.quantile(values, 0.95))
    assert one["in_range"] == (one["low"] <= one["q50"] <= one["high"])
    learned = {one["name"] for one in found["parameters"] if one["learned"]}
    assert set(TOLD.values()) <= learned
    assert len(learned) < len(FITTED) / 2
    assert set(found["left"]) == set(found["effective"]) == set(BLOCKS)
    json.dumps(found)  # holds plain values only


def test_pairs_are_named_that_chance_alone_would_not_make(fit):
    """Draws of independent parameters name none; two that are tied are named, with their sign."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((400, len(FITTED)))
    independent = replace(fit, scores=scores, effective=dict.fromkeys(BLOCKS, 400.0))
    assert record(independent, TINY, 3)["pairs"] == []
    first, second = BLOCKS["choice"].parameters[:2]
    scores[:, FITTED.index(second)] = (
        0.2 * scores[:, FITTED.index(second)] - scores[:, FITTED.index(first)]
    )
    (pair,) = record(independent, TINY, 3)["pairs"]
    assert (pair["first"], pair["second"]) == (first, second)
    assert pair["correlation"] < -0.9
    few = replace(independent, effective=dict.fromkeys(BLOCKS, 4.0))
    assert record(few, TINY, 3)["pairs"] == [], "few effective draws say less"


def test_targets_that_the_draws_miss_are_said_to_be_missed(fit):
    found = record(fit, TINY, 3)
    one = next(one for one in found["targets"] if one["id"] == "C16")
    one |= {"inside": False, "in_range": False, "distance": 2.34, "q50": 0.7}
    row = next(line for line in page(found).splitlines() if line.startswith("| C16"))
    assert "**no**" in row
    assert "**2.3**" in row
    fitted = [
        one for one in found["targets"] if (one["role"], one["mode"] != "input") == ("target", True)
    ]
    met = sum(one["inside"] and one["in_range"] for one in fitted)
    assert f"{met} of the {len(fitted)} fitted targets are inside and in range" in page(found)


def test_digests_notice_a_change_of_targets_ranges_and_blocks(monkeypatch):
    before = digests()
    monkeypatch.setitem(
        BLOCKS, "use", BLOCKS["use"]._replace(parameters=BLOCKS["use"].parameters[1:])
    )
    assert {name for name, digest in digests().items() if digest != before[name]} == {"blocks"}


def test_the_files_hold_the_draws(fit):
    rows = list(csv.DictReader(ensemble_csv(fit).splitlines()))
    assert len(rows) == len(fit.ensemble)
    for row, draw in zip(rows, fit.ensemble, strict=True):
        assert {k: float(v) for k, v in row.items()} == pytest.approx(dict(draw), rel=1e-5)
    lines = [line for line in central_csv(fit).splitlines() if not line.startswith("#")]
    values = {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}
    assert tuple(values) == FITTED
    assert values == pytest.approx(record(fit, TINY, 3)["central"]["values"], rel=1e-5)
