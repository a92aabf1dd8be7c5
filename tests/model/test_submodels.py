"""Every submodel matters: switched off, it moves an outcome it stands for.

Which way it moves is not asked.
"""

import numpy as np
import pytest

from sim.model.parameters import PARAMETERS
from sim.model.phases import PHASES, phase_texts
from sim.model.world import World
from sim.vocabulary import CHANNELS

CONTROL = {"control": "L1"}
PUBLIC = {"audits": "L7"}
# Phase left out, policies in force, outcome that must move.
WITHOUT = {
    "compute": ({}, "compute_us"),
    "research": ({}, "frontier_all"),
    "release": ({}, "frontier_all"),
    "leak": (CONTROL, "us_share_restricted_developer"),
    "audit": (PUBLIC, "audited_share"),
    "build": ({}, "application_value"),
    "respond": (CONTROL, "trust_us"),
}
# Parameters at which a submodel does nothing, and the outcome that must move.
AT_NOTHING = {
    "use": ({"bass_p": 0.0, "bass_q": 0.0}, "use_world"),
    "choice": (
        {f"review_{name}": 0.0 for name in CHANNELS} | {"newcomers": 0.0},
        "us_share_world_market",
    ),
    "network": ({"network_weight": 0.0}, "power_labs"),
    "misuse": ({"attempts": 0.0}, "incidents"),
    "compromise": ({"compromise": 0.0}, "backdoor_exposure"),
    "distillation": ({"distillation": 0.0}, "frontier_cn"),
    "public ideas": ({"public_knowledge": 0.0}, "idea_share_us"),
    "reinvestment": ({"reinvestment": 0.0}, "frontier_all"),
    "defence": ({"defence_growth": 0.0}, "defence"),
}


def column(world, name):
    run = world.series()
    return run.values[:, run.names.index(name)]


def finished(scenario, without=None):
    world = World(scenario, rng=1)
    if without is not None:
        world.phases = tuple(phase for phase in PHASES if phase.__name__ != without)
    world.run()
    return world


@pytest.fixture(scope="module")
def made(scenario, policy):
    """Finished worlds under a set of policies, each run once."""
    kept = {}

    def get(levers):
        key = tuple(levers)
        if key not in kept:
            kept[key] = finished(
                scenario(**{name: policy(lever) for name, lever in levers.items()})
            )
        return kept[key]

    return get


@pytest.mark.parametrize("phase", WITHOUT)
def test_a_month_without_a_phase_goes_on_and_differs(phase, scenario, policy, made):
    levers, outcome = WITHOUT[phase]
    world = finished(
        scenario(**{name: policy(lever) for name, lever in levers.items()}), without=phase
    )
    assert not np.array_equal(column(world, outcome), column(made(levers), outcome))


def test_without_law_no_policy_works(scenario, policy):
    """Both worlds live under the default law: what a policy does, it does through the phase."""
    one, two = (
        finished(scenario(**{name: policy(lever) for name, lever in levers.items()}), without="law")
        for levers in ({}, CONTROL)
    )
    np.testing.assert_array_equal(one.series().values, two.series().values)


@pytest.mark.parametrize("submodel", AT_NOTHING)
def test_a_submodel_set_to_nothing_differs(submodel, scenario):
    parameters, outcome = AT_NOTHING[submodel]
    assert all(PARAMETERS[name].bounds[0] <= value for name, value in parameters.items())
    usual = {name: PARAMETERS[name].median for name in parameters}
    without, world = (finished(scenario(values)) for values in (parameters, usual))
    assert not np.array_equal(column(without, outcome), column(world, outcome))


def test_nothing_is_nothing(scenario):
    """At nothing, the outcome is what it must be."""
    idle = finished(scenario({"attempts": 0.0, "compromise": 0.0, "bass_p": 0.0, "bass_q": 0.0}))
    for name in ("incidents", "cn_state_harm", "other_harm", "backdoor_exposure"):
        assert (column(idle, name) == 0.0).all()
    assert len(set(column(idle, "use_world").tolist())) == 1
    frozen = finished(scenario({f"review_{name}": 0.0 for name in CHANNELS} | {"newcomers": 0.0}))
    assert np.abs(np.diff(column(frozen, "us_share_us"))).max() < 0.02


def test_assumed_responses_at_zero_are_gone(scenario):
    world = finished(scenario({p.name: 0.0 for p in PARAMETERS.values() if p.assumed}))
    assert world.backfire == 0.0
    assert all(lab.gains["scarcity"] == 0.0 for lab in world.labs)
    assert (world.adopters.who.fear == 0.0).all()


def test_the_phases_of_a_month_are_printable_and_in_order():
    said = phase_texts()
    assert [phase.name for phase in said] == [
        "law", "compute", "research", "release", "leak", "audit", "adopt", "build", "misuse",
        "respond", "observe",
    ]  # fmt: skip
    for phase in said:
        assert all(text.endswith(".") for text in (phase.text, phase.reads, phase.why)), phase.name
        assert phase.writes, phase.name
