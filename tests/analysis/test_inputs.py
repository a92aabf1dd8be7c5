"""No cost has a sign or a word of the ladder: fields of scenarios set the prices."""

import numpy as np
import pytest

from sim.analysis import inputs
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES
from sim.report.view import View
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.sweep import fake

NAMES = (
    "cost_policy_labs", "cost_charged_labs", "cost_policy_government", "us_share_abroad",
    "cost_eu_us",
)  # fmt: skip
CASES = ("base", "typed", "charged", "both", "nothing", "joined")
"""Each has as many policies as its place says: equal scenarios would be one world."""
ACTS = "acts"
"""A case with the policies of the base, and so its prices, under which other acts are charged."""
STANDING = {"typed": 200e6, "both": 200e6}
CHARGED = {"charged": 4e6, "both": 4e6, ACTS: 4e6}


def pays(scenario, luck, seed):
    """Labs pay what the case says; charges go with luck, standing costs do not."""
    found = fake.world(scenario, luck, seed)
    case = ACTS if scenario.parameters else CASES[len(scenario.policy)]
    late = slice(fake.START, None)
    values = np.zeros((scenario.months, len(NAMES)), np.float32)
    values[:, 1] = 16e6 + 1e6 * luck
    values[late, 1] += CHARGED.get(case, 0.0) * (1 + luck / 8)
    values[:, 0] = 40e6 + values[:, 1]
    values[late, 0] += STANDING.get(case, 0.0)
    values[late, 0] += 1e6 * luck * (case == "joined")
    values[:, 4] = 30e6 * (case == "typed")
    values[late, 3] = 0.5 - 0.125 * (case != "base")
    return fake.Series(NAMES, found.months, values, found.moments, found.countries, found.panel)


@pytest.fixture(scope="module")
def study():
    cases = tuple(Case(name, fake.scenario(name, i), "base") for i, name in enumerate(CASES))
    acts = Case(ACTS, fake.scenario(ACTS, parameters={"leak_hazard": 0.02}), "base")
    plan = Design((*cases, acts), 8, 1)
    return Study(execute(plan, workers=1, simulate=pays), plan, described=OUTCOMES)


def test_costs_are_told_apart_by_prices_and_acts(study):
    table = study.table().set_index(["scenario", "outcome"])
    rows = {name: table.loc[name, "cost_policy_labs"] for name in table.index.levels[0]}
    assert {name: row.word for name, row in rows.items()} == {
        "typed": "input", "charged": "partly input", "both": "partly input", "nothing": "",
        "joined": "partly input", ACTS: "",
    }  # fmt: skip
    assert (rows["typed"].input, rows["both"].input, rows[ACTS].input) == ("all", "part", "")
    charged = {name: table.loc[(name, "cost_charged_labs"), "word"] for name in rows}
    assert charged == {
        "typed": "", "charged": "partly input", "both": "partly input", "nothing": "",
        "joined": "", ACTS: "",
    }  # fmt: skip
    assert table.loc[("typed", "cost_eu_us"), "word"] == "partly input"
    assert table.loc[(ACTS, "us_share_abroad"), "word"] == "clear"


def test_no_cost_has_a_sign_or_a_direction(study):
    table = study.table()
    costs = table[table.outcome.str.startswith("cost_")]
    assert set(costs.sign) == {""}
    assert {o.direction for name, o in OUTCOMES.items() if name.startswith("cost_")} == {0}


def test_a_cost_that_was_kept_without_its_charges_is_partly_input_where_it_differs(study):
    assert inputs.typed_in(study, "typed", ["cost_policy_government", "cost_eu_us"]) == {
        "cost_policy_government": "", "cost_eu_us": "part",
    }  # fmt: skip


def test_the_report_says_input_where_it_would_say_clear(study):
    paired = View(study).paired(["cost_policy_labs", "cost_charged_labs"])
    assert paired["typed", "cost_policy_labs"].word == "input"
    assert paired["both", "cost_policy_labs"].word == "partly input"
    assert paired[ACTS, "cost_charged_labs"].word == ""
