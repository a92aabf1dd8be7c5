"""The law: fields, how writes combine, windows, ramps, the ledger."""

import numpy as np
import pytest

from sim.messages import ScenarioError
from sim.model.jurisdictions import Jurisdictions
from sim.model.kernels.numerics import logarithm
from sim.model.law import Law, _written, law_of_month
from sim.model.law_fields import FIELDS
from sim.model.randomness import Streams
from sim.policies import LEVERS
from sim.vocabulary import OPEN, ORIGINS, PAYERS, US


@pytest.fixture
def jurisdictions():
    """Four countries and four labs."""
    return Jurisdictions(
        countries=("USA", "CHN", "DEU", "JPN"),
        blocs=("US", "CN", "us_aligned", "us_aligned"),
        alignment=(1.0, 0.0, 0.8, 0.9),
        people_m=(330.0, 1400.0, 80.0, 120.0),
        gdp=(27000.0, 18000.0, 4500.0, 4200.0),
        eu=(False, False, True, False),
        labs=("meta", "alibaba", "mistral", "us_fringe"),
        lab_origins=(0, 1, 2, 0),
        lab_homes=(0, 1, 2, 0),
        fringe=(False, False, False, True),
    )


# fields


def test_without_writes_every_field_is_its_default(jurisdictions):
    law = Law(jurisdictions).combine()
    for name, spec in FIELDS.items():
        value = getattr(law, name)
        if spec.combine == "list":
            assert value == ()
        else:
            assert (np.asarray(value) == spec.default).all()
            assert np.shape(value) == tuple(jurisdictions.sizes[axis] for axis in spec.axes)


def test_settling_leaves_the_defaults_alone(jurisdictions):
    law = Law(jurisdictions)
    law.write("a", "access", 0.5)
    assert law.combine().access[0, 0, 0] == 0.5
    assert Law(jurisdictions).combine().access[0, 0, 0] == 1.0


def test_unknown_fields_and_axes_are_refused(jurisdictions):
    law = Law(jurisdictions)
    for words, name, place in (
        ("policy a: .* 'opening_costs', which is no .*; did you mean", "opening_costs", {}),
        ("'stringency' by country: it has no .*: none", "stringency", {"countries": [0]}),
        ("'price_factor' by lab: .*: country, origin", "price_factor", {"labs": [0]}),
        ("'access' by labs and by origins", "access", {"labs": [0], "origins": [0]}),
    ):
        with pytest.raises(ScenarioError, match=words):
            law.write("a", name, 1.0, **place)
    assert law.writes == []


def test_a_write_reaches_its_place_and_no_other(jurisdictions):
    law = Law(jurisdictions)
    law.write("a", "friction", 0.7, countries=[2], origins=[US], modes=OPEN)
    found = law.combine().friction
    assert (found[2, US][:, list(OPEN)] == 0.7).all()
    assert found.sum() == pytest.approx(0.7 * 5 * 2)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("friction", (0.3, 0.4), 0.7),
        ("opening_cost", (1.0, 2.5), 3.5),
        ("defence", (0.1, 0.2), 0.3),
        ("smuggling", (0.5, 0.5), 0.25),
        ("gate_leak", (0.5, 0.3), 0.15),
        ("access", (0.5, 0.4), 0.2),
        ("stringency", (0.8, 0.6), 0.8),
        ("controlled", (0.2, 0.9), 0.9),
    ],
)
def test_writes_combine_as_their_field_declares(jurisdictions, name, values, expected):
    law = Law(jurisdictions)
    for n, value in enumerate(values):
        law.write(f"policy-{n}", name, value)
    assert np.asarray(getattr(law.combine(), name)).ravel()[0] == pytest.approx(expected)


def test_every_field_says_what_it_is():
    for name, spec in FIELDS.items():
        assert spec.meaning, name
        assert spec.combine in ("add", "multiply", "max", "list"), name
        neutral = {"add": 0.0, "multiply": 1.0, "max": 0.0, "list": 0.0}[spec.combine]
        assert spec.default == neutral, name


# who is bound


def test_allies_join_in_order_of_alignment(jurisdictions):
    assert jurisdictions.bound_countries() == (0,)
    assert jurisdictions.bound_countries(0.5) == (0, 3)
    assert jurisdictions.bound_countries(1.0) == (0, 2, 3)
    assert jurisdictions.country_indices(["JPN", "CHN", "ZZZ"]) == (1, 3)


def test_labs_that_are_bound(jurisdictions):
    assert jurisdictions.bound_labs() == (0,)
    assert jurisdictions.bound_labs(1.0) == (0, 2)
    assert jurisdictions.covered_labs() == (0, 3)
    assert jurisdictions.covered_labs(1.0) == (0, 2, 3)


# windows, ramps, strength


@pytest.mark.parametrize("key", LEVERS)
def test_a_policy_is_in_force_from_its_start_until_its_end(key, policy):
    one = policy(key, start="2026-03", end="2026-06")
    assert [m for m in range(30, 50) if one.intensity(m) > 0.0] == [38, 39, 40]
    open_ended = policy(key, start="2026-03")
    assert [m for m in range(30, 50) if open_ended.intensity(m) > 0.0] == list(range(38, 50))


@pytest.mark.parametrize("key", LEVERS)
def test_strength_grows_over_the_ramp_to_its_value(key, policy):
    one = policy(key, start="2026-01", ramp_months=3, strength=0.8)
    np.testing.assert_allclose(
        [one.intensity(m) for m in range(35, 42)], [0.0, 0.2, 0.4, 0.6, 0.8, 0.8, 0.8]
    )


@pytest.mark.parametrize("key", LEVERS)
def test_outside_its_window_a_policy_writes_nothing(key, policy, world_at):
    jurisdictions = world_at(0).jurisdictions
    one = policy(key, start="2026-03", end="2026-06")
    for month, writes in ((37, False), (38, True), (40, True), (41, False)):
        law = law_of_month(jurisdictions, [("x", one)], month)
        assert bool(law.writes) == writes
        assert writes or law.expenses == []


@pytest.mark.parametrize("key", LEVERS)
def test_strength_scales_what_a_policy_costs(key, policy, world_at):
    jurisdictions = world_at(0).jurisdictions
    ledgers = []
    for strength in (1.0, 0.5):
        law = law_of_month(jurisdictions, [("x", policy(key, strength=strength))], 36)
        ledgers.append([law.ledger(payer) for payer in PAYERS])
        assert all(usd >= 0.0 for usd in ledgers[-1])
        assert {payer for payer, _, _ in law.expenses} <= set(PAYERS)
    np.testing.assert_allclose(ledgers[1], np.array(ledgers[0]) / 2.0)


def test_a_one_off_cost_counts_for_twelve_months_and_for_its_payer_alone(world_at):
    plain, charged = world_at(10), world_at(10)
    charged.charge("government", 5e6)  # in the month that is under way
    more = []
    for _ in range(13):
        for world in (plain, charged):
            world.step()
        payers = ("labs", "government", "adopters")
        more.append(
            [
                charged.observed[f"cost_policy_{who}"] - plain.observed[f"cost_policy_{who}"]
                for who in payers
            ]
        )
        for who in payers:
            total, charge = (
                charged.observed[f"cost_{kind}_{who}"] for kind in ("policy", "charged")
            )
            assert charge == total - charged.law.ledger(who), who
    assert more == [[0.0, 5e6, 0.0]] * 11 + [[0.0, 0.0, 0.0]] * 2


@pytest.mark.parametrize("key", LEVERS)
def test_a_policy_writes_numbers_only_into_fields_that_exist(key, policy, world_at):
    law = law_of_month(world_at(0).jurisdictions, [("x", policy(key))], 36)
    assert law.writes
    for write in law.writes:
        assert write.by == "x"
        assert write.field in FIELDS
    for name, spec in FIELDS.items():
        if spec.combine != "list":
            assert np.isfinite(getattr(law, name)).all(), name


@pytest.mark.parametrize("key", LEVERS)
def test_a_policy_is_frozen_and_writes_the_same_twice(key, policy, world_at):
    one = policy(key)
    with pytest.raises(ValueError, match="frozen"):
        one.strength = 0.5
    laws = [law_of_month(world_at(0).jurisdictions, [("x", one)], 36) for _ in range(2)]
    assert [w.order() for w in laws[0].writes] == [w.order() for w in laws[1].writes]


def test_enforcement_scales_effect_and_not_cost(world_at, policy):
    jurisdictions = world_at(0).jurisdictions
    full, half = (
        law_of_month(jurisdictions, [("x", policy("L7", enforcement=e))], 36) for e in (1.0, 0.5)
    )
    assert half.audits[0].audits_a_month == pytest.approx(full.audits[0].audits_a_month / 2.0)
    assert half.ledger("government") == full.ledger("government")


def test_the_world_reads_the_law_of_its_month(world_at, policy):
    control = policy("L1", start="2023-05", end="2023-09", ramp_months=1)
    world = world_at(0, control=control)
    for month in range(10):
        world.step()
        expected = law_of_month(world.jurisdictions, world.policies, month)
        for name, spec in FIELDS.items():
            if spec.combine != "list":
                np.testing.assert_array_equal(
                    getattr(world.law, name), getattr(expected, name), err_msg=name
                )
    assert len(ORIGINS) == world.law.controlled.size, (
        "classes are the origins where nobody writes single labs"
    )


@pytest.fixture
def drawn(policy):
    """Policies to which something happens: cut-offs, sanctions, rulings of courts."""
    return [
        ("barrier", policy("L13", start="2023-01", sanction_prob=0.5)),
        ("control", policy("L1", start="2023-01", challenge_prob=0.5)),
        ("gates", policy("L2", start="2023-01", shock_prob=0.5)),
    ]


def test_replications_share_the_law_of_a_month(world_at, policy):
    one, two = (
        law_of_month(world_at(0).jurisdictions, [("x", policy("L1", start="2023-01"))], 5)
        for _ in range(2)
    )
    assert one.friction is two.friction
    one.scan = 0.5  # what tests and phases of one's own set stays with one world
    assert two.scan == FIELDS["scan"].default


def test_replications_share_no_law_that_was_drawn_otherwise(world_at, drawn):
    jurisdictions, laws = world_at(0).jurisdictions, []
    for number in range(12):  # each anew, then all from what is kept
        _written.cache_clear()
        laws.append(law_of_month(jurisdictions, drawn, 20, Streams(1, number)))
    assert len({str(law.writes) for law in laws}) > 6
    for number, law in enumerate(laws):
        kept = law_of_month(jurisdictions, drawn, 20, Streams(1, number))
        assert kept.writes == law.writes
        assert kept.expenses == law.expenses


def test_logarithms_follow_the_law(world_at, decree):
    world = world_at(
        0,
        a=decree("access", 0.5, "2023-03", origins=(US,)),
        b=decree("price_factor", 2.0, "2023-05", origins=(US,)),
    )
    for _ in range(6):
        world.step()
        tables, law = world.tables, world.law
        np.testing.assert_array_equal(tables.log_access, logarithm(law.access))
        np.testing.assert_array_equal(
            tables.log_price_factor, logarithm(law.price_factor[:, :, None])[:, :, 0]
        )
    assert world.law.access[:, US].max() == 0.5
    assert world.law.price_factor[:, US].min() == 2.0


def test_tables_follow_a_law_and_back(world_at):
    """What one law changes is gone under the next, and a law that changes other fields keeps it."""
    world = world_at(32)

    def read(**writes):
        law = Law(world.jurisdictions)
        for field, value in writes.items():
            law.write("a policy", field, value)
        world.tables.read(law.combine())
        return world.tables.subsidised, world.tables.services_barred

    assert read() == (False, False)
    assert read(price_factor=0.5) == (True, False)
    assert read(price_factor=0.5, lock_in=1.0) == (True, False)
    assert read(distillation_barrier=0.5, lock_in=2.0) == (False, True)
    assert read(lock_in=3.0) == (False, False)
