"""The rubric of a study: signs towards the goal, beside the paper's and those of its twins."""

from dataclasses import replace

import numpy as np

from sim.analysis.study import Study
from sim.model.parameters import PARAMETERS
from sim.sweep.design import Draws
from tests.analysis.studies import CASE, study, uncertain
from tests.sweep import fake


def test_the_rubric_reads_shares_of_pairs_towards_the_goal(three):
    rows = three.rubric().set_index(["scenario", "factor"])
    better, worse = rows.loc["audits", "transparency"], rows.loc["audits", "chinese_misuse"]
    assert (better.p_better, better.p_worse, better.p_floor) == (1.0, 0.0, 0.0)
    assert (worse.p_better, worse.p_worse, worse.p_floor) == (0.0, 1.0, 0.0)
    described = fake.DESCRIBED | {"alpha": replace(fake.DESCRIBED["alpha"], direction=0)}
    aimless = Study(three.store, three.design, described=described).rubric()
    assert aimless.loc[aimless.outcome == "alpha", ["p_better", "p_worse"]].isna().all(axis=None)
    assert (aimless.loc[aimless.outcome == "alpha", "p_floor"] == 0).all()


def test_the_rubric_is_ordered_and_reads_signs_towards_the_goal(three):
    rubric = three.rubric()
    assert list(rubric.factor) == ["transparency", "chinese_misuse"] * 2
    assert [sign[0] for sign in rubric.sign] == [
        "+",
        "-",
    ] * 2  # both outcomes rise; of the second less is better
    assert set(rubric.agreement) == {"not compared with the paper"}
    assert set(rubric.sign_without_assumed) == {""}
    assert three.without_assumed is None


def test_the_papers_signs_are_beside_ours(monkeypatch):
    made = study(scenarios=[fake.scenario("status-quo"), fake.scenario("p4-audit-repository", 8)])
    for shipped, expected in (
        (True, ("++", "+", "agrees")),
        (False, ("++", "", "not compared with the paper")),
    ):
        monkeypatch.setattr(
            "sim.scenario.scenario.is_shipped", lambda scenario, answer=shipped: answer
        )
        row = made.rubric().set_index("factor").loc["transparency"]
        assert (row.sign, row.paper, row.agreement) == expected


def test_the_paper_compares_with_the_status_quo_and_with_nothing_else(monkeypatch):
    monkeypatch.setattr("sim.scenario.scenario.is_shipped", lambda scenario: True)
    made = study(
        scenarios=[fake.scenario("targeted-bundle"), fake.scenario("p4-audit-repository", 8)]
    )
    assert set(made.rubric().paper) == {""}
    assert set(made.rubric().agreement) == {"not compared with the paper"}


def half_assumed(scenario, replication, seed):
    """Policies lift alpha only while the assumed responses stand at their start values."""
    found = fake.world(scenario, replication, seed)
    if scenario.parameters:
        found.values[fake.START :, 0] -= fake.SHIFT * len(scenario.policy)
    return found


def test_twins_without_assumed_responses_are_compared_with_each_other():
    known = [fake.scenario("status-quo"), fake.scenario("audits", 8)]
    found = study(scenarios=known, twins=True, simulate=half_assumed)
    assert [s.name for s in found.scenarios] == ["status-quo", "audits"]
    assert (found.differences("audits", "alpha") == 8 * fake.SHIFT).all()
    twin = found.without_assumed
    assert (twin.differences("audits", "alpha") == 0).all()
    assert twin.without_assumed is None
    row = found.rubric().set_index("factor").loc["transparency"]
    assert (row.sign, row.sign_without_assumed) == ("++", "0")


def test_draws_of_assumed_responses_alone_leave_one_twin_with_the_luck_of_each():
    (assumed, *_) = sorted(name for name, parameter in PARAMETERS.items() if parameter.assumed)
    draws = Draws.of([{assumed: PARAMETERS[assumed].high * (i + 1) / 4} for i in range(4)])
    found = uncertain(draws=draws, twins=True)
    assert found.finished == found.design.runs == 2 * 3 * 4 * 3
    twin = found.without_assumed
    assert twin.draws == 4
    assert len(set(twin.points(CASE))) == 1
    assert np.isfinite(twin.differences(CASE, "alpha")).all()
    assert len(np.unique(twin.values(CASE, "gamma"), axis=0)) == 4 * 3
