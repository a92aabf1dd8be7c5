"""Whatever a scenario may set, its run gives finite numbers.

No warning, no share beyond 1, no harm below 0.
"""

from math import isfinite
from random import Random

import numpy as np
import pytest

from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario.scenario import load
from sim.scenario.validation import parameter_problems
from sim.vocabulary import CHANNELS
from tests.marks import slow

SHARES = [i for i, row in enumerate(OUTCOMES.values()) if row.kind == "share"]
NEVER_NEGATIVE = [i for i, name in enumerate(OUTCOMES) if "harm" in name or "incidents" in name]
ROUNDING = 1e-5
CORNERS = 200
BLOCK = 10


def small(end="2024-12", history="free", **changes):
    """A small world in which labs decide from the first month on.

    From 2025-07 if releases are replayed.
    """
    base = load(
        "status-quo", settings=[f"horizon.end={end}", "adopters=3500", f"history={history}"]
    )
    return base.model_copy(update=changes)


def faults(scenario):
    """Names of outcomes of a run that are not as they must be.

    All warnings, numpy's among them, are errors.
    """
    with np.errstate(all="raise", under="ignore"):
        world = World(scenario, rng=1)
        series = world.run()
    values, names = series.values, np.array(series.names)
    wrong = ~np.isfinite(values).all(axis=0)
    wrong[SHARES] |= ((values < -ROUNDING) | (values > 1.0 + ROUNDING)).any(axis=0)[SHARES]
    wrong[NEVER_NEGATIVE] |= (values < 0.0).any(axis=0)[NEVER_NEGATIVE]
    use = series.countries
    beyond = not (np.isfinite(use).all() and use.min() >= -ROUNDING and use.max() <= 1.0 + ROUNDING)
    known = (
        np.isfinite(world.adopters.familiarity).all()
        and 0.0 <= world.adopters.familiarity.max() <= 1.0
    )
    return names[wrong].tolist() + ["use by country"] * beyond + ["familiarity"] * (not known)


def tried(scenario):
    """What is wrong with a run, in words."""
    try:
        return faults(scenario)
    except (ArithmeticError, ValueError, Warning) as error:
        return [f"{type(error).__name__}: {error}"]


def corner(seed, end="2024-12"):
    """Every parameter at one of its ends or just above the lower one.

    Random levers, their numbers at ends as well.
    """
    draw = Random(seed)
    parameters = {}
    for name, parameter in PARAMETERS.items():
        low, high = parameter.bounds
        parameters[name] = draw.choice((low, low + 1e-18 * (high - low), high))
    for channel in CHANNELS[:1]:  # weights that are all 0 are refused
        parameters[f"mix_{channel}"] = parameters[f"criticality_{channel}"] = 1.0
    assert parameter_problems(parameters) == []
    scenario = small(end, draw.choice(("free", "replay")), parameters=parameters)
    policies = dict(scenario.policy) if draw.random() < 0.5 else {}
    for key, lever in LEVERS.items():
        if draw.random() < 0.4:
            policies[f"corner-{key.lower().replace('_', '-')}"] = extreme(lever, draw)
    return scenario.model_copy(update={"policy": policies})


def extreme(lever: type[Policy], draw: Random) -> Policy:
    """A lever's example with numbers at ends of their ranges.

    One that is refused together with another stays.
    """
    fields = {**lever.example, "start": draw.choice(("2023-01", "2023-10", "2024-06"))}
    for name, field in lever.lever_fields.items():
        if field.allowed is None:
            continue
        end = draw.choice((*field.allowed, None))
        if end is not None:
            changed = {**fields, name: int(end) if field.whole else float(end)}
            try:
                lever.model_validate(changed)
            except ValueError:
                continue
            fields = changed
    return lever.model_validate(fields)


def test_every_number_of_a_scenario_has_finite_bounds():
    loose = [
        parameter.name
        for parameter in PARAMETERS.values()
        if not all(map(isfinite, parameter.bounds))
    ]
    for key, lever in LEVERS.items():
        for name, field in lever.lever_fields.items():
            if field.number and not (field.allowed and all(map(isfinite, field.allowed))):
                loose.append(f"{key}.{name}")
    assert loose == []


@pytest.mark.parametrize(
    "first", [slow(n) if n % (2 * BLOCK) else n for n in range(0, len(PARAMETERS), BLOCK)]
)
def test_each_parameter_alone_at_either_end_gives_a_finite_run(first):
    found = {}
    for parameter in list(PARAMETERS.values())[first : first + BLOCK]:
        for end in parameter.bounds:
            alone = {parameter.name: end}
            assert parameter_problems(alone) == []
            found[parameter.name, end] = tried(small(parameters=alone))
    assert {key: words for key, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "first", [first if first < CORNERS // 2 else slow(first) for first in range(0, CORNERS, BLOCK)]
)
def test_all_parameters_at_random_ends_with_random_levers_give_a_finite_run(first):
    wrong = {}
    for seed in range(first, first + BLOCK):
        scenario = corner(seed)
        if words := tried(scenario):
            wrong[seed] = words, sorted(scenario.policy)
    assert wrong == {}


@pytest.mark.parametrize("seed", [1001, 1002, 1003, slow(1004), slow(1005), slow(1006)])
def test_long_runs_at_random_ends_are_finite(seed):
    assert tried(corner(seed, end="2030-12")) == []


def test_an_end_beyond_a_bound_is_refused_with_the_bounds():
    assert parameter_problems({"us_stock_share": 0.0}) == [
        (
            ("parameters", "us_stock_share"),
            "= 0.0: must be from 0.01 to 1 (US share of the stock outside China)",
        )
    ]
