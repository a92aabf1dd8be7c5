"""Every parameter is used: moved to another value inside its range, it changes some series."""

from functools import cache

import numpy as np
import pytest

from sim.model.parameters import PARAMETERS, ParameterValues, values
from sim.model.world import World
from sim.scenario.scenario import load

# What a default panel or the scenario below cannot show: neighbours exist from 20,000 adopters,
# growth after 2030, a government's memory that no lever reads yet.
ELSEWHERE = {"peer_weight", "review_months"}
GROUPS = sorted({p.group for p in PARAMETERS.values()})
POLICIES = (
    "policy.audits={lever='L7', start='2023-06'}",
    "policy.suppliers={lever='L6', start='2023-06'}",
    "policy.assess={lever='L4', start='2024-01', capability_floor=0.0}",
    "policy.control={lever='L1', start='2024-06', anticipation_months=12}",
    "policy.hubs={lever='L12', start='2024-06'}",
    "policy.gates={lever='L2', start='2024-06', scope='all', refusal=0.3}",
    "policy.money={lever='L9', start='2023-06'}",
    "policy.rent={lever='L3', start='2024-01', stringency=0.0, remote_access=0.5}",
    (
        "policy.apps={lever='L8', start='2024-01', countries=['USA', 'CHN', 'DEU'], "
        "labs=['alibaba', 'deepseek', 'meta'], sectors=['consumer', 'market', 'enterprise', "
        "'developer', 'government'], offers=['service'], compliance_private=0.9}"
    ),
    (
        "policy.hosts={lever='L8', start='2024-01', countries=['CHN', 'IND', 'RUS', 'BRA'], "
        "origins=['US', 'CN', 'other'], sectors=['consumer', 'market', 'enterprise', 'developer', "
        "'government'], offers=['hosted'], compliance_private=0.9}"
    ),
    "policy.eu={lever='EU_GPAI', start='2024-01'}",
    (
        "policy.licence={lever='L5', start='2024-01', "
        "threshold_flop=1e26, duties_cost=2e7, open_exemption=true}"
    ),
)


PART = 25
LONG = {"research", "release", "leak", "misuse"}
CHOSEN = (
    "structure.compliance=chosen",
    "policy.ban={lever='L8', start='2024-01', sectors=['government', 'enterprise']}",
)
"""Who obeys is chosen, users too: only then the numbers of that choice count."""


@cache
def middle(end, more):
    """The middle of all ranges, with generated releases and every lever in force."""
    settings = (*POLICIES, *more, f"horizon.end={end}", "history=free", "adopters=3500")
    base = load("status-quo", settings=settings)
    return base.model_copy(update={"parameters": {n: p.median for n, p in PARAMETERS.items()}})


def world(end, more, **changes):
    """A world in the middle of all ranges, but for some changes."""
    base = middle(end, more)
    return World(base.model_copy(update={"parameters": base.parameters | changes}), rng=1)


def differs(changed, unchanged):
    """Tell whether a world comes to another month than the one of some series."""
    while changed.running:
        changed.step()
        if not np.array_equal(changed.history.rows[-1], unchanged[changed.month]):
            return True
    return False


def parts(group):
    """Names of a group's parameters in parts that take a few seconds each."""
    names = [p.name for p in PARAMETERS.values() if p.group == group and p.name not in ELSEWHERE]
    return [names[first : first + PART] for first in range(0, len(names), PART)]


@pytest.mark.parametrize(
    ("group", "names"),
    [pytest.param(g, names, id=f"{g}-{names[0]}") for g in GROUPS for names in parts(g)],
)
def test_every_parameter_changes_some_series(group, names):
    end = "2028-12" if group in LONG else "2026-06"
    more = CHOSEN if group == "compliance" else ()
    unchanged = world(end, more).run().values
    idle = []
    for p in map(PARAMETERS.get, names):
        # 12 or 24 months instead of 18 turn too few decisions to show in one run
        others = (p.bounds[1],) if p.name == "backfire_months" else (p.low, p.high)
        changed = (world(end, more, **{p.name: x}) for x in others if x != p.median)
        if not any(differs(one, unchanged) for one in changed):
            idle.append(p.name)
    assert idle == []


def test_every_parameter_lies_inside_its_range_and_bounds():
    for p in PARAMETERS.values():
        assert p.low <= p.median <= p.high, p.name
        assert p.bounds[0] <= p.low, p.name
        assert p.high <= p.bounds[1], p.name
        assert p.source, p.name
        assert p.unit, p.name


def test_every_parameter_has_a_type_so_that_a_misspelt_one_is_found():
    """A type checker knows the attributes of `World.p` by these annotations."""
    assert ParameterValues.__annotations__ == dict.fromkeys(PARAMETERS, float)
    assert list(vars(values())) == list(PARAMETERS)
    assert not hasattr(values(), "no_such")


def test_every_parameter_names_the_phase_in_which_it_acts():
    phases = {phase.__name__ for phase in World.phases}
    assert {p.name: p.phase for p in PARAMETERS.values() if p.phase not in phases} == {}


def test_values_refuse_unknown_names():
    with pytest.raises(KeyError, match="no_such"):
        values({"no_such": 1.0})
