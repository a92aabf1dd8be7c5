"""Studies of made-up worlds: by replication alone, and under draws with some of their runs lost."""

from sim.analysis.study import Study
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design, Draws, Keep, with_twins
from sim.sweep.execution import execute
from sim.sweep.runs import RunId
from tests.sweep import fake

EVERYTHING = Keep()
ENFORCEMENT = "policy.audit-0.enforcement"
CASE = "audits strength=0.5"
"""The first of the cases with a lever."""


def study(replications=8, simulate=fake.world, scenarios=None, twins=False):
    known = scenarios or [
        fake.scenario("status-quo"),
        fake.scenario("audits", 1),
        fake.scenario("more-audits", 2),
    ]
    plan = Design.of(known, replications, 3, also_without_assumed=twins)
    return Study(execute(plan, workers=1, simulate=simulate), plan, described=fake.DESCRIBED)


HAZARDS = [0.1, 0.2, 0.4, 0.8, 0.2]
DRAWS = Draws.of(
    [{"leak_hazard": hazard, ENFORCEMENT: (i + 1) / 8} for i, hazard in enumerate(HAZARDS)]
)


def fails_in_places(scenario, luck, seed):
    """Fail in the third draw always, in the fourth in one replication, if there is a policy."""
    hazard = scenario.parameters.get("leak_hazard", 0)
    if scenario.policy and (hazard == 0.4 or luck == RunId("", 3, 1).luck):
        raise ValueError("no")
    return fake.responds(scenario, luck, seed)


def uncertain(simulate=fake.responds, draws=DRAWS, keep=EVERYTHING, twins=False):
    """Cases with a lever, draws of a parameter and of a policy's number, three replications."""
    cases = [Case("status-quo", fake.scenario("status-quo"), "status-quo")]
    for strength in (0.5, 1.0):
        policy = {"audit-0": {"lever": "L7", "start": "2026-01", "strength": strength}}
        scenario = Scenario.model_validate({"name": "audits", "policy": policy})
        levers = {"policy.audit-0.strength": strength}
        cases.append(Case(f"audits strength={strength:g}", scenario, "status-quo", levers=levers))
    known = tuple(cases)
    plan = Design(with_twins(known) if twins else known, 3, 3, draws, keep)
    return Study(execute(plan, workers=1, simulate=simulate), plan, described=fake.DESCRIBED)
