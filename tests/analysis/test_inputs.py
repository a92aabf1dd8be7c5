"""Costs that fields of a scenario set are inputs: they get no sign and no word of the ladder."""

import numpy as np
import pytest

from sim.analysis import inputs
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES
from sim.report.view import View
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.sweep import fake

NAMES = ("cost_policy_labs", "cost_charged_labs", "cost_policy_government", "us_share_abroad")
CASES = ("base", "typed", "charged", "both", "nothing")
"""Each has as many policies as its place says: equal scenarios would be one world."""
STANDING = {"typed": 200e6, "both": 200e6}
CHARGED = {"charged": 4e6, "both": 4e6}


def pays(scenario, luck, seed):
    """Labs pay what the case says; charges go with luck, standing costs do not."""
    found, case = fake.world(scenario, luck, seed), CASES[len(scenario.policy)]
    late = slice(fake.START, None)
    values = np.zeros((scenario.months, len(NAMES)), np.float32)
    values[:, 1] = 16e6 + 1e6 * luck
    values[late, 1] += CHARGED.get(case, 0.0) * (1 + luck / 8)
    values[:, 0] = 40e6 + values[:, 1]
    values[late, 0] += STANDING.get(case, 0.0)
    values[late, 3] = 0.5 - 0.125 * (case != "base")
    return fake.Series(NAMES, found.months, values, found.moments, found.countries, found.panel)


@pytest.fixture(scope="module")
def study():
    cases = tuple(Case(name, fake.scenario(name, i), "base") for i, name in enumerate(CASES))
    plan = Design(cases, 8, 1)
    return Study(execute(plan, workers=1, simulate=pays), plan, described=OUTCOMES)


def test_costs_are_told_apart_by_what_was_charged(study):
    table = study.table().set_index(["scenario", "outcome"])
    rows = {name: table.loc[name, "cost_policy_labs"] for name in table.index.levels[0]}
    assert {name: row.input for name, row in rows.items()} == {
        "typed": "all", "charged": "", "both": "part", "nothing": "",
    }  # fmt: skip
    assert (rows["typed"].word, rows["typed"].sign) == ("input", "")
    assert (rows["both"].word, rows["both"].sign) == ("partly input", "")
    assert (rows["charged"].word, rows["nothing"].word) == ("clear", "no material change")
    for name in ("charged", "both"):
        assert table.loc[(name, "cost_charged_labs"), "word"] == "clear"
    assert set(table.loc[(slice(None), "us_share_abroad"), "input"]) == {""}


def test_a_cost_that_was_kept_without_its_charges_is_left_as_it_is(study):
    assert inputs.typed_in(study, "typed") == {"cost_policy_labs": "all"}
    assert set(study.table(["cost_policy_government"])["input"]) == {""}


def test_the_report_says_input_where_it_would_say_clear(study):
    paired = View(study).paired(["cost_policy_labs", "cost_charged_labs"])
    assert paired["typed", "cost_policy_labs"].word == "input"
    assert paired["both", "cost_policy_labs"].word == "partly input"
    assert paired["both", "cost_charged_labs"].word == "clear"
