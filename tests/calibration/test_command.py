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
from sim.calibration.likelihood import TAIL
from sim.calibration.measures import MEASURES
from sim.calibration.met import counts
from sim.calibration.origins import observable
from sim.calibration.page import at_an_end, page
from sim.calibration.record import central_csv, digests, ensemble_csv, ensemble_digest, record
from sim.calibration.simulate import NAMES
from sim.cli.app import app
from sim.cli.calibrate import FILES
from sim.model.parameters import PARAMETERS
from sim.sweep.sampling import read_ensemble
from tests.calibration.made_up import TINY, TOLD, made_up

SIZES = Sizes((256,), 4000, 80, 4, 60, 5)


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(module, "calibrate", partial(calibrate, simulate=made_up))


@pytest.fixture(scope="module")
def fit():
    return calibrate(SIZES, seed=3, simulate=made_up)


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
    names = {"ensemble.csv", "calibration.json", "written.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    draws = read_ensemble(tmp_path / "ensemble.csv", "ensemble.csv", PARAMETERS)
    found = json.loads((tmp_path / "calibration.json").read_text())
    assert (found["until"], found["seed"]) == ("2024-06", 0)
    assert found["digests"] == digests(until="2024-06") != digests()
    assert found["ensemble"] == ensemble_digest(ensemble_csv(draws))
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
    found = record(fit, SIZES, 3)
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


@pytest.mark.parametrize(
    ("middle", "width", "learned"),
    [(0.0, 1.0, False), (0.6, 1.0, True), (-0.6, 1.0, True), (0.0, 0.7, True), (0.4, 0.9, False)],
)
def test_learned_is_what_is_narrower_or_has_moved(fit, middle, width, learned):
    even = np.random.default_rng(0).standard_normal((400, len(FITTED)))
    even = (even - even.mean(axis=0)) / even.std(axis=0, ddof=1)
    found = record(replace(fit, scores=middle + width * even), TINY, 3)["parameters"]
    assert {one["learned"] for one in found} == {learned}


@pytest.mark.parametrize(
    ("moved", "width", "is_so"),
    [(0.0, 1.0, False), (1.2, 1.0, True), (-1.2, 1.0, True), (0.9, 0.5, False), (1.6, 0.1, True)],
)
def test_a_parameter_with_a_quarter_of_its_draws_at_an_end_is_named(fit, moved, width, is_so):
    """The 75 % of a normal of the middle and width lies beyond 1.64, the range's 95 %."""
    one = {"moved": moved, "width": width}
    assert at_an_end(one) == is_so
    draws = moved + width * np.random.default_rng(0).standard_normal(100_000)
    assert (max((draws > TAIL).mean(), (draws < -TAIL).mean()) >= 0.25) == is_so
    found = record(fit, TINY, 3)
    found["parameters"] = [other | {"moved": 0.0, "width": 1.0} for other in found["parameters"]]
    assert "No fitted parameter is." in page(found)
    found["parameters"][0] |= one
    named = page(found).partition("## At the end of their range")[2].partition("\n## ")[0]
    assert (f"| `{FITTED[0]}` |" in named) == is_so


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
    other = next(one for one in found["targets"] if one["id"] == "C15")
    other |= {"inside": True, "in_range": False}
    text = page(found)
    row = next(line for line in text.splitlines() if line.startswith("| C16"))
    assert row.endswith("| **no** | **no** | 2.3 |")
    (fitted, imposed, paths) = counts(found["targets"])
    assert all(line in text for line in (fitted, imposed, paths))
    assert f"{one['quantity']}" in fitted.partition("missed")[2]
    assert f"{other['quantity']}" in fitted.partition("missed")[2]


def test_what_is_met_is_counted_by_kind_and_a_copy_nowhere():
    def row(role, mode, *met):
        return {"role": role, "mode": mode, "quantity": f"{role} {met}"} | dict(
            zip(("in_range", "inside"), met, strict=True)
        )

    rows = [
        *(row("target", "replay", *met) for met in ((1, 1), (1, 0), (0, 1))),
        row("target", "input", 1, 1),
        row("path", "free", 0, 0),
        row("copy", "replay", 0, 0),
    ]
    fitted, imposed, paths = counts(rows)
    assert fitted == (
        "1 of 3 fitted targets are met: 2 have the median in range, 2 the record's value inside "
        "the 90 %; missed: target (1, 0); target (0, 1)."
    )
    assert imposed.startswith("1 of 1 imposed targets are met: 1 have the median in range, 1 the")
    assert imposed.endswith("inside the 90 %.")
    assert paths.startswith("0 of 1 paths that were never fitted are met: 0 have")


def test_a_row_that_repeats_a_target_is_a_copy():
    """It has the same measure and figures, and no fit and no count knows it."""
    targets = {target.id: target for target in data.targets()}
    for one in targets.values():
        twins = [t for t in targets.values() if MEASURES[t.id] is MEASURES[one.id]]
        assert [t.role for t in twins].count("copy") == len(twins) - 1, one.id
        for twin in twins:
            same = [(t.value, t.low, t.high, t.unit, t.window, t.mode) for t in (one, twin)]
            assert same[0] == same[1]
            assert twin.role != "copy" or f"(same as {twins[0].id})" in twin.quantity


def test_the_page_names_what_the_central_draw_misses(fit):
    found = record(fit, SIZES, 3)
    target = next(one for one in found["targets"] if one["id"] == "C05")
    found["central"]["measures"]["C05"] = [target["high"] + 1.0] * 5
    text = page(found).replace("\n", " ")
    said = text.partition("The central draw, which single runs take")[2].partition("## ")[0]
    assert "In 5 runs of its own" in said
    assert f"C05 {target['quantity']} 18, range 14 to 17" in said


def test_digests_notice_a_change_of_targets_ranges_and_blocks(monkeypatch):
    before = digests()
    monkeypatch.setitem(
        BLOCKS, "use", BLOCKS["use"]._replace(parameters=BLOCKS["use"].parameters[1:])
    )
    assert {name for name, digest in digests().items() if digest != before[name]} == {"blocks"}


def test_the_files_hold_the_draws(fit):
    rows = list(csv.DictReader(ensemble_csv(fit.ensemble).splitlines()))
    assert len(rows) == len(fit.ensemble)
    for row, draw in zip(rows, fit.ensemble, strict=True):
        assert {k: float(v) for k, v in row.items()} == pytest.approx(dict(draw), rel=1e-5)
    lines = [line for line in central_csv(fit).splitlines() if not line.startswith("#")]
    values = {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}
    assert tuple(values) == FITTED
    assert values == pytest.approx(record(fit, TINY, 3)["central"]["values"], rel=1e-5)
