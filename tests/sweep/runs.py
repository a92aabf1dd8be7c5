"""Designs of tests and what is read of their results."""

from collections import Counter

import numpy as np

from sim.analysis.study import Study
from sim.sweep.design import Case, Design, Draws
from sim.sweep.sampling import parameter_range, sample
from tests.sweep import fake

LEVER = "policy.audit-0.strength"


def case(policies, against="status-quo", name=None, **levers):
    table = fake.scenario(name or f"audits-{policies}", policies).as_table()
    words = [name or f"audits-{policies}"]
    for path, value in levers.items():
        _, policy, field = path.split(".")
        table["policy"][policy][field] = value
        words.append(f"{field}={value}")
    return Case(" ".join(words), fake.Scenario.model_validate(table), against, levers=levers)


def plan(replications=8, cases=(1,), draws=1, values=()):
    """The reference, scenarios with some policies, one of them with lever values.

    Sobol draws of one parameter.
    """
    known = [
        case(0, name="status-quo"),
        *map(case, cases),
        *(case(1, **{LEVER: value}) for value in values),
    ]
    drawn = (
        sample({"leak_hazard": parameter_range("leak_hazard")}, draws, "sobol", 3)
        if draws > 1
        else ({},)
    )
    return Design(tuple(known), replications, 3, Draws.of(drawn))


def read(store, design):
    """Every number a study gives, run by run and over runs."""
    study = Study(store, design, described=fake.DESCRIBED)
    names = [known.name for known in study.cases]
    found = {(name, o): study.values(name, o) for name in names for o in study.outcomes()}
    found |= {(name, "countries"): study.country_sums(name)[0] for name in names}
    found |= {
        (name, "means"): study.means(name, study.outcomes(), study.window(name)) for name in names
    }
    found |= {(name, "mean"): study.means(name, ["alpha"], study.window(name)) for name in names}
    return found


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for key, array in a.items():
        np.testing.assert_array_equal(array, b[key], err_msg=str(key))


class Count:
    """A world that counts its runs, and refuses to run one again."""

    def __init__(self, simulate):
        self.simulate = simulate
        self.done = Counter()

    def __call__(self, scenario, replication, seed):
        key = scenario.id, replication
        assert key not in self.done
        self.done[key] += 1
        return self.simulate(scenario, replication, seed)
