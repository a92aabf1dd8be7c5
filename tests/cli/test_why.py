"""``openstakes why``: what it runs, keeps, writes and refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from sim.analysis.study import Study
from sim.analysis.why import Why, ask, break_evens, shares
from sim.cli import app
from sim.scenario.scenario import Scenario, load
from sim.sweep.design import Case, Design, with_twins
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.levers import text_of
from sim.sweep.parts import StoreError
from tests.sweep import fake

NAMES = ("openness_class", "us_share_abroad", "frontier_growth")


def world(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    """Three headlines, moved by what P1 and the assessment are made of."""
    found = replace(fake.world(scenario, replication, seed), names=NAMES)
    found.values[fake.START :, :2] -= fake.SHIFT * len(scenario.policy)
    found.values[:] /= 16
    control = scenario.policy.get("open-weight-control")
    if control:
        friction = control.kyc_friction if control.kyc else 0.0
        moved = friction - 0.1 * bool(control.targets) - 0.1 * control.opening_cost * control.kyc
        found.values[fake.START :, 1] += moved
        found.values[fake.START :, 0] -= control.opening_cost / 8
    return found


def never(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    raise AssertionError(f"{scenario.name} was run again")


def plan(draws: int = 2, **rest: object) -> Design:
    reference = load("status-quo")
    cases = [Case("status-quo", reference, "status-quo")]
    cases += [Case(name, load(name), "status-quo") for name in ("p1-blanket", "targeted-bundle")]
    made = tuple({"network_weight": 0.5 + i / 100} for i in range(draws))
    return Design(with_twins(tuple(cases)), 2, 3, made, **rest)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished comparison; worlds and reports cost nothing."""
    monkeypatch.setattr("sim.sweep.execution.simulate_world", world)
    monkeypatch.setattr("sim.report.write", lambda study, out: Path(out) / "report.html")
    execute(plan(), workers=1, out=tmp_path / "made")
    return tmp_path / "made"


def call(folder: Path, *questions: str) -> Result:
    return CliRunner().invoke(app.app, ["why", str(folder), *questions, "--workers", "1"])


def brief(folder: Path) -> str:
    """What names the file to open, and is all that is said where nothing is run."""
    return f"brief: {folder / 'brief.html'}\n"


def test_parts_are_run_once_under_the_same_draws_and_add_up(folder, monkeypatch):
    done = call(folder, "parts")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{folder / 'report.html'}\n"
    assert done.stderr.endswith(brief(folder))
    assert done.stderr.startswith("cost: ")
    ours, theirs = Study.open(folder / "why" / "parts").design, Study.open(folder).design
    assert (ours.seed, ours.replications, ours.draws) == (3, 2, theirs.draws)
    held = {case.scenario.id for case in theirs.cases}
    assert not any(case.scenario.id in held for case in ours.cases)
    found = Why.of(folder)
    p1 = found.parts[(found.parts["scenario"] == "p1-blanket")]
    p1 = p1[p1["outcome"] == "us_share_abroad"].set_index(["measure", "part"])["median"]
    assert p1["total", ""] == pytest.approx(100 * (0.15 - 0.1 - 0.05), abs=1e-3)
    assert p1["first", "the know-your-customer check"] == pytest.approx(15, abs=1e-3)
    assert p1["last", "the know-your-customer check"] == pytest.approx(10, abs=1e-3)
    assert p1["share", "the know-your-customer check"] == pytest.approx(12.5, abs=1e-3)
    assert p1["interaction", ""] == pytest.approx(-5, abs=1e-3)
    monkeypatch.setattr("sim.sweep.execution.simulate_world", never)
    again = call(folder, "parts")
    assert again.exit_code == 0
    assert again.stderr == brief(folder)


def test_scenarios_without_two_parts_have_a_table_without_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.sweep.execution.simulate_world", world)
    monkeypatch.setattr("sim.report.write", lambda study, out: Path(out) / "report.html")
    control = load("p1-blanket")
    own = control.policy["open-weight-control"].model_dump() | {"kyc_friction": 0.05}
    lighter = control.model_dump() | {"name": "lighter"}
    lighter["policy"] = dict(control.policy) | {
        "open-weight-control": type(control.policy["open-weight-control"]).model_validate(own)
    }
    cases = (
        Case("p1-blanket", control, "p1-blanket"),
        Case("lighter", Scenario.model_validate(lighter), "p1-blanket"),
    )
    execute(Design(cases, 1, 3, ({}, {})), workers=1, out=tmp_path / "made")
    done = call(tmp_path / "made", "parts")
    assert (done.exit_code, done.stderr) == (0, brief(tmp_path / "made")), done.output
    found = Why.of(tmp_path / "made")
    assert (len(found.parts), len(found.leading)) == (0, 0)
    assert "scenario" in found.parts
    assert "scenario" in found.leading


def test_it_goes_on_where_it_was_stopped(folder, monkeypatch):
    ran = []

    def stopped(scenario, replication, seed):
        ran.append(scenario.name)
        if len(ran) == 20:
            raise KeyboardInterrupt
        return world(scenario, replication, seed)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", stopped)
    broken = call(folder, "parts")
    assert broken.exit_code == 130
    assert f"kept in {folder / 'why'}" in broken.stderr
    assert Why.of(folder) is None
    monkeypatch.setattr("sim.sweep.execution.simulate_world", world)
    done = call(folder, "parts")
    assert "left of" in done.stderr
    assert Why.of(folder).parts is not None


def test_a_flip_of_the_check_is_found_and_both_sides_of_it_were_run(folder, monkeypatch):
    monkeypatch.setattr(break_evens, "MOST", 1)
    done = call(folder, "break-evens")
    assert done.exit_code == 0, done.output
    frame = Why.of(folder).break_evens
    friction = frame[frame["number"] == "policy.open-weight-control.kyc_friction"]
    flip = friction[(friction["outcome"] == "us_share_abroad") & (friction["found"] == "crossing")]
    assert set(flip["scenario"]) == {"p1-blanket", "targeted-bundle"}  # itself, and the duel
    for row in flip.itertuples():
        assert row.value == pytest.approx(0.15, abs=1e-4)
        assert row.left_change * row.right_change < 0
        assert row.right - row.left <= 0.3 / 16 + 1e-9
    place = folder / "why" / "break-evens" / "policy-open-weight-control-kyc_friction"
    names = {case.name for case in Folder.plan(place).cases}
    for value in (flip["left"].iloc[0], flip["right"].iloc[0]):
        wanted = f"p1-blanket policy.open-weight-control.kyc_friction={text_of(float(value))}"
        assert wanted in names
    assert call(folder, "break-evens").stderr == brief(folder)


def test_shares_of_the_variance_choose_what_is_varied(folder, monkeypatch):
    def moved(scenario, replication, seed):
        found = world(scenario, replication, seed)
        weight = scenario.parameters.get("leak_hazard", 0.5)
        found.values[fake.START :, 2] += ("open-weight-control" in scenario.policy) * weight
        return found

    monkeypatch.setattr("sim.sweep.execution.simulate_world", moved)
    monkeypatch.setattr(shares, "design", partial(shares.design, draws=32))
    ran = partial(execute, workers=1)
    ask.ask(folder, ["variance"], (), lambda design, out: ran(design, out=out))
    found = Why.of(folder).variance
    assert set(found["kind"]) >= {"luck", "remainder", "dummy"}
    own = found[(found["scenario"] == "p1-blanket") & (found["outcome"] == "us_share_abroad")]
    numbers = set(own.loc[own["kind"] == "number", "number"])
    assert "policy.open-weight-control.kyc_friction" in numbers
    growth = found[(found["outcome"] == "frontier_growth") & (found["kind"] == "number")]
    assert growth["number"].iloc[0] == "leak_hazard"
    assert own["draws"].iloc[0] == 32
    study = Study.open(folder)
    chosen = [one.path for one in break_evens.assumptions(study, found)]
    assert "leak_hazard" in chosen


def test_what_was_found_does_not_count_once_the_comparison_has_grown(folder):
    assert call(folder, "parts").exit_code == 0
    execute(plan(draws=3), workers=1, out=folder)
    assert Why.of(folder) is None
    done = call(folder, "parts")
    assert done.exit_code == 0, done.output
    assert "left of" in done.stderr  # what was run stays
    assert Why.of(folder).parts["pairs"].max() == 6


def test_what_was_found_does_not_count_once_the_code_that_answers_has_changed(folder, monkeypatch):
    assert call(folder, "parts").exit_code == 0
    assert Why.of(folder) is not None
    monkeypatch.setattr("sim.analysis.why.ANSWERS", ("analysis/rubric.py",))
    assert Why.of(folder) is None


def test_another_state_of_the_comparison_is_refused(folder, tmp_path):
    assert call(folder, "parts").exit_code == 0
    other = tmp_path / "other"
    execute(replace(plan(), seed=4), workers=1, out=other)
    (folder / "why").rename(other / "why")
    assert Why.of(other) is None
    before = sorted((other / "why").rglob("*"))
    done = call(other, "parts")
    assert done.exit_code == 2
    assert "with other seed (3 there, 4 here); it is of an earlier state" in done.stderr
    assert f"move or remove {other / 'why' / 'parts'}" in done.stderr
    assert sorted((other / "why").rglob("*")) == before


def test_a_grid_and_an_unfinished_folder_are_refused_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.sweep.execution.simulate_world", world)
    reference, other = load("status-quo"), load("p1-blanket")
    path = "policy.open-weight-control.kyc_friction"
    cases = (
        Case("status-quo", reference, "status-quo"),
        Case("p1-blanket kyc_friction=0.15", other, "status-quo", levers={path: 0.15}),
    )
    execute(Design(cases, 1, 0), workers=1, out=tmp_path / "grid")
    done = call(tmp_path / "grid")
    assert done.exit_code == 2
    assert "why asks about whole scenarios" in done.stderr
    execute(Design(cases[:1], 1, 0), workers=1, out=tmp_path / "alone")
    assert "nothing that it is compared with" in call(tmp_path / "alone").stderr

    def stopped(scenario, replication, seed):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.sweep.execution.simulate_world", stopped)
    with pytest.raises(KeyboardInterrupt):
        execute(plan(), workers=1, out=tmp_path / "begun")
    done = call(tmp_path / "begun")
    assert done.exit_code == 2
    assert "runs are finished; run the same command again" in done.stderr
    assert not any((tmp_path / name / "why").exists() for name in ("grid", "alone", "begun"))


def test_a_question_that_does_not_exist_is_named(folder):
    done = call(folder, "part")
    assert done.exit_code == 2
    assert "part: no such question; did you mean 'parts'?; known: parts" in done.stderr
    assert not (folder / "why").exists()


def test_a_file_of_a_user_is_not_written_over(folder):
    (folder / "why").mkdir()
    (folder / "why" / "parts.csv").write_text("mine")
    done = call(folder, "parts")
    assert done.exit_code == 2
    assert "parts.csv would be written over" in done.stderr
    assert (folder / "why" / "parts.csv").read_text() == "mine"
    assert not (folder / "why" / "parts").exists()


def test_a_damaged_table_is_named(folder):
    assert call(folder, "parts").exit_code == 0
    (folder / "why" / "about.json").write_text("{}")
    with pytest.raises(StoreError, match="missing or damaged: openstakes why"):
        Why.of(folder)


def test_failed_runs_are_left_out_and_told(folder, monkeypatch):
    def failing(scenario, replication, seed):
        if replication == 1:
            raise ValueError("out of order")
        return world(scenario, replication, seed)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", failing)
    done = call(folder, "parts")
    assert done.exit_code == 3
    assert "runs failed and are left out; done again by: openstakes sweep" in done.stderr
    assert np.isfinite(Why.of(folder).parts["mean"]).all()


def test_the_same_question_gives_the_same_bytes(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    for place in (folder, tmp_path / "copy"):
        assert call(place, "parts").exit_code == 0
    ours, theirs = (
        {name: (place / "why" / name).read_bytes() for name in ask.files()[:3]}
        for place in (folder, tmp_path / "copy")
    )
    assert ours == theirs
    assert set(json.loads(ours["about.json"])["asked"]) == {"parts"}
