"""Two versions of the model on one question, and a folder that another version made."""

from __future__ import annotations

import pytest

from sim.analysis.study import Study
from sim.analysis.versus import _differs, opened, versus
from sim.messages import ScenarioError
from sim.scenario.scenario import Scenario
from sim.sweep.design import Design
from sim.sweep.execution import execute
from sim.sweep.parts import StoreError
from tests.sweep import fake


def design(name: str = "audits", end: str = "2030-12") -> Design:
    policy = {"audit": {"lever": "L7", "start": "2026-01"}}
    scenarios = [
        Scenario.model_validate({"name": "base", "horizon": {"end": end}}),
        Scenario.model_validate({"name": name, "horizon": {"end": end}, "policy": policy}),
    ]
    return Design.of(scenarios, 6, 3, also_without_assumed=False)


def moved(scenario, replication, seed):
    """Alpha falls by half under the policy where it rose a little before; beta stays."""
    found = fake.world(scenario, replication, seed)
    if scenario.policy:
        found.values[fake.START :, 0] *= 0.5
    return found


def study(plan: Design, simulate=fake.world, out=None) -> Study:
    store = execute(plan, workers=1, simulate=simulate, out=out)
    return Study(store, plan, described=fake.DESCRIBED)


def test_only_what_the_versions_give_differently_is_marked():
    found = versus(study(design(), moved), study(design())).set_index("outcome")
    assert found.loc["alpha", "differs"] == "sign, interval"
    assert (found.loc["alpha", "old_sign"][0], found.loc["alpha", "new_sign"][0]) == ("+", "-")
    assert found.loc["beta", "differs"] == ""
    assert found.loc["beta", "old_median"] == found.loc["beta", "new_median"]


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (design("others"), "only the older folder has others"),
        (design(end="2029-12"), "'audits' is another scenario: "),
    ],
)
def test_another_question_is_refused_with_what_differs(old, words):
    with pytest.raises(ScenarioError, match="answer different questions") as error:
        versus(study(design()), study(old))
    assert words in str(error.value)


def test_a_folder_of_another_version_is_read_for_this_and_for_nothing_else(tmp_path, monkeypatch):
    study(design(), out=tmp_path)
    other = {"openstakes": "9", "code": "another"}
    monkeypatch.setattr("sim.sweep.belonging.made_by", lambda: other)
    with pytest.raises(StoreError, match="made by other code"):
        Study.open(tmp_path)
    assert opened(tmp_path).finished == 12


def test_a_doubled_sign_is_no_other_sign_and_intervals_are_apart_on_either_side():
    import pandas as pd

    rows = [
        ("+", "++", 1.0, 2.0, 1.5, 3.0, ""),
        ("+", "-", 1.0, 2.0, 1.5, 3.0, "sign"),
        ("+", "+", 1.0, 2.0, 2.5, 3.0, "interval"),
        ("+", "+", 2.5, 3.0, 1.0, 2.0, "interval"),
        ("0", "+", 2.5, 3.0, 1.0, 2.0, "sign, interval"),
    ]
    names = ["old_sign", "new_sign", "old_low", "old_high", "new_low", "new_high", "said"]
    found = pd.DataFrame(rows, columns=names)
    assert _differs(found) == list(found["said"])
