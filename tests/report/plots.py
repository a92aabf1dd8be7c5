"""What tests of plots share: a sweep of two levers, and what is read off a figure."""

from __future__ import annotations

from sim.analysis.study import Study
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design, Draws, Keep
from sim.sweep.execution import execute
from tests.report.drawings import texts
from tests.sweep import fake

SHARE, HARM = "us_share_abroad", "cn_state_harm"
STRENGTH, ENFORCEMENT = "policy.audit-0.strength", "policy.audit-0.enforcement"
EVERYTHING = Keep()


def sweep(keep=EVERYTHING, replications=3, hazards=(0.1, 0.2, 0.4, 0.8)):
    """Two levers in full, under some draws; alpha follows enforcement and the draw."""
    cases = [Case("status-quo", fake.scenario("status-quo"), "status-quo")]
    for strength in (0.5, 1.0):
        for enforcement in (0.1, 0.4, 1.0):
            numbers = {"strength": strength, "enforcement": enforcement}
            policy = {"audit-0": {"lever": "L7", "start": "2026-01", **numbers}}
            scenario = Scenario.model_validate(
                {"name": "audits", "title": "Audits", "policy": policy}
            )
            name = f"audits strength={strength:g} enforcement={enforcement:g}"
            levers = {STRENGTH: strength, ENFORCEMENT: enforcement}
            cases.append(Case(name, scenario, "status-quo", levers=levers))
    draws = Draws.of([{"leak_hazard": hazard} for hazard in hazards])
    plan = Design(tuple(cases), replications, 3, draws, keep)
    store = execute(plan, workers=1, simulate=fake.responds)
    return Study(store, plan, described=fake.DESCRIBED)


def lines(figure, gid):
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]


def said(figure) -> str:
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())
