"""Every lever, by reflection: a new one is covered by being there."""

import hashlib
import re

import numpy as np
import pytest

from sim.model.law import law_of_month
from sim.model.law_fields import FIELDS
from sim.model.randomness import Streams
from sim.model.world import World
from sim.months import month_index
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario.differences import first_difference
from sim.scenario.members import expanded, membership_problems
from tests.guarantees import state
from tests.guarantees.conftest import joining
from tests.guarantees.test_pairing import moved
from tests.reference.misuse import by_lab

# What a world keeps of its law: set out of the law when it changes, and read by agents later.
OF_THE_LAW = {"law", "tables", "schedule", "backfire", "policies", "scenario", "streams"}
WITH_NOTICE = [key for key, cls in LEVERS.items() if "anticipation_months" in cls.model_fields]


def fingerprint(world):
    """Digest of what a world holds apart from its law."""
    import mesa

    kept = set(vars(mesa.Model())) | {"datacollector", "phases"} | OF_THE_LAW
    found = hashlib.sha256()
    state.feed(
        {name: value for name, value in vars(world).items() if name not in kept},
        found,
        {id(world)},
        [],
    )
    return found.hexdigest()


def watched(scenario, start, seed):
    """A world whose phases leave a fingerprint each, from its month ``start`` on."""
    world, prints = World(scenario, rng=seed), []

    def watch(phase):
        def run(world):
            phase(world)
            if world.month >= start:
                prints.append((phase.__name__, fingerprint(world)))

        return run

    world.phases = tuple(watch(phase) for phase in World.phases)
    return world, prints


@pytest.mark.parametrize("key", LEVERS)
def test_the_example_acts_first_in_the_phase_that_the_lever_names(
    key, policy, with_policies, status_quo
):
    """The first thing that differs from the status quo differs after that phase, not before it.

    Whether it is seen there may be luck, such as a lab at the margin of opening: then it is in
    another world or under a strong case of the lever, and never earlier in any.
    """
    order = [phase.__name__ for phase in World.phases]
    found = []
    for seed in range(1, 21):
        found.append(order.index(first_to_differ(key, policy, with_policies, status_quo, seed)))
        if order[found[-1]] == LEVERS[key].phase:
            break
    assert order[min(found)] == LEVERS[key].phase


STRONG = {"L12": {"identity_loss": 0.3}}
"""Fields at the upper end of their range, where the example's are seldom felt in its phase."""


def first_to_differ(key, policy, with_policies, status_quo, seed):
    added = policy(key, **STRONG.get(key, {}))
    start = month_index(added.start)
    (ours, mine), (theirs, other) = (
        watched(s, start, seed) for s in (with_policies({"added": added}), status_quo)
    )
    while ours.running and mine == other:
        ours.step()
        theirs.step()
    differing = [one for one, two in zip(mine, other, strict=True) if one != two]
    assert differing, f"the example of {key} changes nothing in a run"
    return differing[0][0]


@pytest.mark.parametrize("key", LEVERS)
def test_a_lever_names_a_phase_of_the_month(key):
    """All else that a lever says of itself is asked for when its class is made (tests/policies)."""
    assert LEVERS[key].lever == key
    assert LEVERS[key].phase in [phase.__name__ for phase in World.phases]


# What says which or when, beside a field that says how much.
QUALIFIERS = {"containment", "listed_until", "remirroring"}


# The number of each record of the law that shrinks with strength: chips at work are thousands.
WEAKENED = {
    "assessments": "strength",
    "compute_duties": "strength",
    "market_duties": "withdrawal",
    "safeguards": "strength",
    "modifier_duties": "lost",
    "audits": "audits_a_month",
    "programmes": "compute",
    "openings": "strength",
    "triggers": "will",
}


def loud_fields(policy):
    """Own numbers of a policy that are 0, at the upper end of their range.

    A 0 hides that strength is forgotten.
    """
    ends = {name: field.likely[1] for name, field in policy.lever_fields.items() if field.likely}
    return {name: high for name, high in ends.items() if high and getattr(policy, name) == 0.0}


@pytest.mark.parametrize("key", LEVERS)
@pytest.mark.parametrize("field", ["strength", "enforcement"])
def test_hardly_any_strength_hardly_changes_the_law(key, field, policy, status_quo):
    """Every number that a lever writes shrinks with its strength.

    All but costs shrink with its enforcement.
    """
    jurisdictions = World(status_quo, rng=0).jurisdictions
    who = {**loud_fields(policy(key)), **joining(key)}
    full, hardly = (
        law_of_month(jurisdictions, [("x", policy(key, **who, **{field: x}))], 36)
        for x in (1.0, 1e-9)
    )
    default = law_of_month(jurisdictions, [], 36)
    for name, spec in FIELDS.items():
        if (
            spec.combine != "list"
            and name not in QUALIFIERS
            and not (field == "enforcement" and name == "compliance_cost")
        ):
            ours, most, none = (by_lab(law, name) for law in (hardly, full, default))
            left, whole = (float(np.abs(law - none).max()) for law in (ours, most))
            words = f"{key} moves {name} by {whole:g}, and at {field} 1e-9 still by {left:g}"
            assert left <= 1e-6 * whole + 1e-12, words
        elif spec.combine == "list":
            assert all(getattr(record, WEAKENED[name]) < 1e-3 for record in getattr(hardly, name))


@pytest.mark.parametrize("key", LEVERS)
def test_countries_and_labs_that_a_lever_names_by_default_exist(key):
    """A file that names others is refused with words; a default would bind nobody in silence."""
    given = {name: field.default for name, field in LEVERS[key].lever_fields.items()}
    for fields in (given, {**given, **LEVERS[key].example}):
        named = expanded(LEVERS[key], fields)
        assert list(membership_problems((key,), LEVERS[key], named)) == []


def test_levers_stand_in_order():
    """Those with a number by it, L9 before L10; then the others by name."""
    others = sorted(lever for lever in LEVERS if not re.fullmatch("L[0-9]+", lever))
    numbered = sorted(LEVERS.keys() - set(others), key=lambda lever: int(lever[1:]))
    assert list(LEVERS) == [*numbered, *others]
    assert {"L9", "L10"} <= set(numbered)
    assert len(others) > 1


def test_common_fields_mean_the_same_everywhere():
    """One name, one unit, one range of what is allowed, whichever lever has the field."""
    for name in (
        "compliance_cost",
        "allied_coverage",
        "allied_labs",
        "allies",
        "mimicry",
        "anticipation_months",
        "challenge_prob",
        "challenge_relief",
    ):
        found = {
            (str(cls.model_fields[name].annotation), cls.lever_fields[name].unit)
            for cls in LEVERS.values()
            if name in cls.model_fields
        }
        assert len(found) == 1, name
    assert {"start", "end", "ramp_months", "strength", "enforcement"} == set(Policy.model_fields)


# anticipation


@pytest.mark.parametrize("key", WITH_NOTICE)
def test_notice_moves_labs_before_the_start_and_not_before_they_know(
    key, policy, with_policies, status_quo, series_of
):
    fields = {"start": "2026-06", **LEVERS[key].telling, **joining(key)}
    warned, surprised = (
        with_policies({"added": policy(key, anticipation_months=n, **fields)}) for n in (5, 0)
    )
    known, start = (first_difference(scenario, status_quo) for scenario in (warned, surprised))
    assert (known, start) == (month_index("2026-01"), month_index("2026-06"))
    early, late, without = (
        series_of(scenario).values for scenario in (warned, surprised, status_quo)
    )
    assert (early[:known] == without[:known]).all()
    assert (late[:start] == without[:start]).all()
    assert (early[known:start] != late[known:start]).any(), "notice does nothing before the start"


@pytest.mark.parametrize("key", WITH_NOTICE)
def test_labs_that_do_nothing_on_notice_are_as_if_surprised(key, policy, with_policies, series_of):
    """Haste and buying ahead are all that notice does."""
    fields = {"start": "2026-06", **LEVERS[key].telling}
    warned, surprised = (
        with_policies(
            {"added": policy(key, anticipation_months=n, **fields)},
            parameters={"haste_months": 0.0, "buying_ahead": 1.0},
        )
        for n in (5, 0)
    )
    assert moved(series_of(warned), series_of(surprised)) == []


@pytest.mark.parametrize("key", WITH_NOTICE)
def test_notice_of_what_never_comes_moves_nothing(
    key, policy, with_policies, status_quo, series_of
):
    for fields in ({"strength": 0.0}, {"end": "2026-06"}, {"start": "2041-01"}):
        fields = {"start": "2026-06", "anticipation_months": 8, **fields}
        assert (
            moved(series_of(with_policies({"idle": policy(key, **fields)})), series_of(status_quo))
            == []
        )


@pytest.mark.parametrize("key", WITH_NOTICE)
def test_labs_do_not_foresee_an_end(key, policy, with_policies, series_of):
    lasting, ending = (
        with_policies({"added": policy(key, start="2026-03", end=end, anticipation_months=5)})
        for end in (None, "2026-05")
    )
    end = first_difference(lasting, ending)
    assert end == month_index("2026-05")
    assert (series_of(lasting).values[:end] == series_of(ending).values[:end]).all()


IDLE = [
    pytest.param(key, switch, field, id=f"{key}-{field}")
    for key, lever in LEVERS.items()
    for switch, fields in lever.idle_without.items()
    for field in fields
]


@pytest.mark.parametrize(("key", "switch", "field"), IDLE)
def test_a_field_that_is_idle_writes_nothing_whatever_it_is(key, switch, field, policy, status_quo):
    """What reports leave out and `check` names does nothing: the law of a year is the same."""
    off = {float: 0.0, bool: False, tuple: ()}[type(getattr(policy(key), switch))]
    known = LEVERS[key].lever_fields[field]
    where = World(status_quo, rng=0).jurisdictions
    laws = []
    for value in known.allowed:
        value = int(value) if known.whole else value
        one = policy(key, **{switch: off} | ({} if field == switch else {field: value}))
        assert field in one.idle
        terms = [("one", one)]
        laws.append([law_of_month(where, terms, month, Streams(3, 0)) for month in range(34, 46)])
    for low, high in zip(*laws, strict=True):
        duties = ("market_duties",)  # who may not leave looks at nothing: tests of the EU's market
        assert [w for w in low.writes if w.field not in duties] == [
            w for w in high.writes if w.field not in duties
        ]
        assert low.expenses == high.expenses
