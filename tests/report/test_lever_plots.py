"""Plots over levers: lines and cells for what was run, in words that name it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sim.analysis.study import Study
from sim.report import grid_words
from sim.report.levers import places, with_unit
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from sim.sweep.store import Store
from tests.report.plots import ENFORCEMENT, STRENGTH, lines, said
from tests.sweep import fake


def test_dose_has_a_line_for_each_value_of_the_other_lever(grid):
    frame = grid.plotted("alpha", kind="dose", lever=ENFORCEMENT)
    assert list(dict.fromkeys(frame["line"])) == ["Audits (strength 0.5)", "Audits (strength 1)"]
    table = grid.table(["alpha"]).set_index("scenario")
    whole = frame[frame["interval_holds"] == "chance and parameters"].set_index("scenario")
    np.testing.assert_allclose(whole["mean"], table.loc[whole.index, "difference"])
    assert list(whole["value"]) == list(table.loc[whole.index, ENFORCEMENT])
    figure = grid.plot("alpha", kind="dose", lever="enforcement")
    drawn = lines(figure, "dose")
    assert len(drawn) == 2
    for line in drawn:
        assert (np.diff(line.get_ydata()) > 0).all()


def test_dose_of_a_sweep_without_a_reference_is_the_level():
    cases = []
    for size in (3500, 4000):
        scenario = fake.scenario("status-quo", adopters=size)
        name = f"status-quo adopters={size}"
        cases.append(Case(name, scenario, name, levers={"adopters": size}))
    plan = Design(tuple(cases), 4, 3)
    study = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    frame = study.plotted("alpha", kind="dose")
    assert set(frame["response"]) == {"level"}
    np.testing.assert_allclose(frame["mean"], [study.values(c.name, "alpha").mean() for c in cases])
    assert "level by adopters" in said(study.plot("alpha", kind="dose"))
    with pytest.raises(ValueError, match="needs a scenario that is compared"):
        study.plot("alpha", kind="differences")


def test_references_that_vary_with_a_lever_are_no_line_of_differences():
    cases = []
    for size in (3500, 4000):
        for name, policies in (("status-quo", 0), ("audits", 1)):
            scenario = fake.scenario(name, policies, adopters=size)
            against = f"status-quo adopters={size}"
            levers = {"adopters": size}
            cases.append(Case(f"{name} adopters={size}", scenario, against, levers=levers))
    plan = Design(tuple(cases), 4, 3)
    study = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    frame = study.plotted("alpha", kind="dose")
    assert list(frame["line"]) == ["audits", "audits"]
    np.testing.assert_allclose(frame["mean"], fake.SHIFT)
    figure = study.plot("alpha", ["audits adopters=4000"])
    assert "Black and grey: status-quo (adopters 4000)" in said(figure)
    text = said(study.plot("alpha", "audits", kind="differences"))
    assert "paired difference from the reference of each" in text
    assert "against status-quo (adopters 3500)" in text


def test_heat_has_the_rows_of_the_table(grid):
    frame = grid.plotted("alpha", kind="heat", lever=("enforcement", STRENGTH))
    table = grid.table(["alpha"]).set_index("scenario")
    assert len(frame) == 6
    for column in ("median", "low", "high", "sign", ENFORCEMENT, STRENGTH):
        assert list(frame[column]) == list(table.loc[frame["scenario"], column])
    figure = grid.plot("alpha", kind="heat", lever=("enforcement", STRENGTH))
    (axes,) = figure.axes
    (mesh,) = [c for c in axes.collections if c.get_gid() == "heat"]
    assert mesh.get_array().shape == (2, 3)
    assert "++" in said(figure)
    assert axes.get_xlabel() == "enforcement, 0-1"


def test_a_cell_that_was_not_run_is_blank_and_said_so(grid):
    named = [case.name for case in grid.cases[1:-1]]  # all but one corner
    figure = grid.plot("alpha", named, kind="heat", lever=(ENFORCEMENT, STRENGTH))
    (mesh,) = [c for c in figure.axes[0].collections if c.get_gid() == "heat"]
    assert mesh.get_array().mask.sum() == 1
    assert "Blank: not run." in said(figure)


@pytest.mark.parametrize(
    ("path", "values", "said"),
    [
        ("policy.guards.method", ("refusal", "data-filtering"), "method"),
        ("policy.guards.lever", ("L11", "L6"), "lever"),
        ("policy.guards.strip_cost_multiplier", (3.0, 30.0), "strip cost multiplier, factor"),
        ("adopters", (4000, 5000), "adopters"),
    ],
)
def test_a_lever_has_its_unit_only_where_it_has_one(path, values, said):
    guards = {"guards": {"lever": "L11", "start": "2026-01"}}
    scenario = Scenario.model_validate({"name": "safe", "policy": guards})
    cases = [Case("status-quo", fake.scenario("status-quo"), "status-quo")]
    cases += [Case(f"safe {x}", scenario, "status-quo", levers={path: x}) for x in values]
    study = Study(Store(), Design(tuple(cases), 1, 1), described=fake.DESCRIBED)
    assert with_unit(study, path) == said


def test_scenarios_of_one_title_are_lines_of_their_own():
    cases = [Case("status-quo", fake.scenario("status-quo"), "status-quo")]
    for name in ("a", "b"):
        scenario = fake.scenario(name, 1, title="Audits")
        cases += [
            Case(f"{name} {x}", scenario, "status-quo", levers={STRENGTH: x}) for x in (0.5, 1.0)
        ]
    plan = Design(tuple(cases), 2, 3)
    study = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    frame = study.plotted("alpha", kind="dose", lever=STRENGTH)
    assert list(dict.fromkeys(frame["line"])) == ["Audits (a)", "Audits (b)"]


def test_sentences_name_scenarios_by_title_and_numbers_that_are_no_levers_as_they_are(grid):
    row = SimpleNamespace(scenario="audits", others="strength 0.5")
    assert grid_words.line_title(grid, row) == "Audits (strength 0.5)"
    said = [grid_words.named(grid, name) for name in (STRENGTH, "leak_hazard")]
    assert said == ["strength", "leak_hazard"]


def test_values_that_are_no_numbers_stand_in_a_row():
    assert places([0.5, 2, 0.5]) == {0.5: 0.5, 2: 2.0}
    assert places(["2027-01", "2026-01"]) == {"2027-01": 0.0, "2026-01": 1.0}
    assert places([False, True]) == {False: 0.0, True: 1.0}
