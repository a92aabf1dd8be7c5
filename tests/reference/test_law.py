"""The law's fields against a plain dictionary of entries.

Every write of every entry, combined one by one.
"""

from itertools import product
from math import fsum, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.messages import ScenarioError
from sim.model.jurisdictions import Jurisdictions
from sim.model.law import Law, Write, defaults
from sim.model.law_fields import FIELDS
from sim.vocabulary import CHANNELS, MODES, OFFERS, ORIGINS

COUNTRIES = ("USA", "CHN", "FRA")
LABS = ("one", "two", "three", "four", "five")
LAB_ORIGINS = (0, 1, 2, 2, 0)
SIZES = {
    "country": 3,
    "origin": len(ORIGINS),
    "channel": len(CHANNELS),
    "mode": len(MODES),
    "offer": len(OFFERS),
    "lab": 5,
}
SIZES |= {
    "class": SIZES["lab"],
    "student": SIZES["lab"],
}  # what holds for a class holds for each of its labs
AXIS_NAMES = {
    "country": "countries", "origin": "origins", "channel": "channels", "mode": "modes",
    "offer": "offers", "lab": "labs", "class": "labs", "student": "students",
}  # fmt: skip
COMBINE = {
    **dict.fromkeys((
        "friction", "denial", "opening_cost", "compliance_cost", "defence", "alarm", "lock_in",
        "uptake",
    ), "add"),
    **dict.fromkeys((
        "access", "price_factor", "smuggling", "distillation_barrier", "reporting", "disclosure",
        "chip_support", "gate_pass", "gate_leak", "account_pass",
    ), "multiply"),
    **dict.fromkeys((
        "controlled", "containment", "stringency", "import_refusal", "use_ban", "listed_until",
        "takedown", "remirroring", "scan", "entity_listing", "remote_access", "open_stop",
    ), "max"),
}  # fmt: skip
NUMERIC = list(COMBINE)

values = st.one_of(
    st.floats(0.0, 10.0), st.floats(0.5, 2.0), st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0 / 3.0])
)


def jurisdictions():
    return Jurisdictions(
        countries=COUNTRIES,
        blocs=("US", "CN", "us_aligned"),
        alignment=(1.0, 0.0, 0.9),
        people_m=(300.0, 1400.0, 70.0),
        gdp=(27000.0, 18000.0, 3000.0),
        eu=(False, False, True),
        labs=LABS,
        lab_origins=LAB_ORIGINS,
        lab_homes=(0, 1, 2, 2, 0),
        fringe=(False, False, False, False, True),
    )


@st.composite
def writes(draw):
    """A handful of writes to one or two fields, so that they meet."""
    names = draw(st.lists(st.sampled_from(NUMERIC), min_size=1, max_size=2))
    found = []
    for name in draw(st.lists(st.sampled_from(names), max_size=6)):
        where = {}
        for axis in FIELDS[name].axes:
            chosen = draw(st.none() | st.sets(st.integers(0, SIZES[axis] - 1)))
            if chosen is not None:
                where[AXIS_NAMES[axis]] = tuple(sorted(chosen))
        found.append((draw(st.sampled_from(["a", "b", "c"])), name, draw(values), where))
    return found


def settled(all_writes):
    law = Law(jurisdictions())
    for by, name, value, where in all_writes:
        law.write(by, name, value, **where)
    return law.combine()


def entries(name, where):
    """Indices that a write reaches."""
    axes = FIELDS[name].axes
    return product(*(where.get(AXIS_NAMES[axis], range(SIZES[axis])) for axis in axes))


def plain(all_writes):
    """Every field as a dictionary of entries, whose writes combine in order of place and value."""
    fields = {}
    for name in NUMERIC:
        places = product(*(range(SIZES[axis]) for axis in FIELDS[name].axes))
        fields[name] = dict.fromkeys(places, FIELDS[name].default)

    def place(write):
        _, name, value, where = write
        tuples = tuple(where.get(AXIS_NAMES[axis], ()) for axis in FIELDS[name].axes)
        return tuples, repr(value)

    for _, name, value, where in sorted(all_writes, key=place):
        for at in entries(name, where):
            old = fields[name][at]
            combine = {"add": old + value, "multiply": old * value, "max": max(old, value)}
            fields[name][at] = combine[COMBINE[name]]
    return fields


def as_dictionary(law, name):
    """A field by entry, by lab where the law holds it by class."""
    value, axes = getattr(law, name), FIELDS[name].axes
    if "class" in axes:
        value = value.take(law.class_of, axis=axes.index("class"))
    return {(): value} if not axes else {at: float(value[at]) for at in np.ndindex(value.shape)}


@given(writes())
def test_fields_equal_the_plain_dictionary_bit_for_bit(all_writes):
    law = settled(all_writes)
    for name, entries_ in plain(all_writes).items():
        assert as_dictionary(law, name) == entries_, name


@given(writes(), st.randoms(use_true_random=False))
def test_any_order_of_writes_gives_the_same_bits(all_writes, luck):
    """Nor does it matter which policies wrote them."""
    law = settled(all_writes)
    shuffled = [(luck.choice("abc"), *rest) for _, *rest in all_writes]
    luck.shuffle(shuffled)
    again = settled(shuffled)
    for name in NUMERIC:
        np.testing.assert_array_equal(getattr(law, name), getattr(again, name))


@given(writes())
def test_what_combining_means(all_writes):
    """In any order of adding up: sums, products, greatest values of the writes to an entry."""
    law = settled(all_writes)
    for name in NUMERIC:
        reached = {}
        for _, field, value, where in all_writes:
            if field == name:
                for at in entries(name, where):
                    reached.setdefault(at, []).append(value)
        whole = {"add": fsum, "multiply": prod, "max": max}[COMBINE[name]]
        for at, found in as_dictionary(law, name).items():
            assert found == pytest.approx(
                whole([FIELDS[name].default, *reached.get(at, [])]), rel=1e-12, abs=1e-12
            )


@given(writes())
def test_classes_are_what_the_writes_tell_apart_and_no_more(all_writes):
    """Two labs are of one class if they are of one origin and in the same writes by class."""
    law = settled(all_writes)
    found = [
        where["labs"]
        for _, name, _, where in all_writes
        if "class" in FIELDS[name].axes and "labs" in where
    ]
    for a, b in product(range(len(LABS)), repeat=2):
        alike = LAB_ORIGINS[a] == LAB_ORIGINS[b] and all(
            (a in labs) == (b in labs) for labs in found
        )
        assert alike == (law.class_of[a] == law.class_of[b])
    assert [int(law.class_origin[k]) for k in law.class_of] == list(LAB_ORIGINS)
    assert law.class_origin.tolist() == sorted(law.class_origin)


def test_classes_do_not_depend_on_what_is_written_where():
    """The same labs in other fields, by other policies, in another order: the same classes."""
    laws = [
        settled([("a", first, 0.5, {"labs": (2,)}), ("b", second, 0.5, {"labs": (0, 2)})])
        for first, second in (("friction", "gate_pass"), ("gate_pass", "access"))
    ]
    laws.append(
        settled([("z", "alarm", 1.0, {"labs": (0, 2)}), ("a", "alarm", 1.0, {"labs": (2,)})])
    )
    for law in laws:
        assert law.class_of.tolist() == [1, 2, 4, 3, 0]
        assert law.class_origin.tolist() == [0, 0, 1, 2, 2]


@pytest.mark.parametrize("name", [name for name in NUMERIC if "class" in FIELDS[name].axes])
def test_origins_stand_for_all_their_labs(name):
    short, long = (
        settled([("a", name, 0.5, where)])
        for where in ({"origins": (0, 2)}, {"labs": (0, 2, 3, 4)})
    )
    assert len(short.class_origin) == len(ORIGINS)
    assert as_dictionary(short, name) == as_dictionary(long, name)
    assert short.writes == long.writes
    with pytest.raises(ScenarioError, match="by labs and by origins"):
        Law(jurisdictions()).write("a", name, 0.5, labs=(0,), origins=(0,))


def test_how_every_field_combines_is_stated_here():
    listed = {name for name, field in FIELDS.items() if field.combine == "list"}
    assert listed == {
        "assessments", "audits", "compute_duties", "modifier_duties", "safeguards", "programmes",
        "triggers", "openings", "market_duties",
    }  # fmt: skip
    assert set(FIELDS) - listed == set(COMBINE)


@pytest.mark.parametrize("name", NUMERIC)
def test_two_writes_of_each_field(name):
    law = settled([("a", name, 0.75, {}), ("b", name, 0.5, {})])
    spec = FIELDS[name]
    start = spec.default
    expected = {"add": start + 1.25, "multiply": start * 0.375, "max": max(start, 0.75)}[
        COMBINE[name]
    ]
    assert as_dictionary(law, name)[(0,) * len(spec.axes)] == pytest.approx(expected, rel=1e-15)


def test_no_write_leaves_the_default_law():
    law = settled([])
    for name in NUMERIC:
        assert set(as_dictionary(law, name).values()) == {FIELDS[name].default}
    assert law.assessments == law.compute_duties == ()
    assert law.audits == ()


def test_records_are_listed_in_the_order_of_policies():
    law = Law(jurisdictions())
    law.write("z", "audits", "last")
    law.write("a", "audits", "first")
    assert law.combine().audits == ("first", "last")


def test_a_write_to_an_axis_the_field_does_not_have_is_refused():
    law = Law(jurisdictions())
    with pytest.raises(ScenarioError, match="'access' by mode: it has no such axis"):
        law.write("a", "access", 0.5, modes=(0,))


@pytest.mark.parametrize(
    ("axis", "entries"), [("countries", ("USA",)), ("origins", ["CN"]), ("labs", (0.5,))]
)
def test_a_write_that_names_no_indices_is_refused(axis, entries):
    field = {"labs": "compliance_cost"}.get(axis, "price_factor")
    law = Law(jurisdictions())
    with pytest.raises(ScenarioError, match=f"policy a: its lever writes '{field}'.*indices"):
        law.write("a", field, 0.5, **{axis: entries})
    assert law.writes == []


def test_a_charge_to_nobody_that_pays_is_refused():
    law = Law(jurisdictions())
    with pytest.raises(ScenarioError, match=r"charges 'lab': must be .*did you mean 'labs'"):
        law.spend("a", "lab", 1.0)
    assert law.expenses == []


def test_settling_does_not_change_the_writes():
    law = Law(jurisdictions())
    law.write("a", "access", 0.5)
    before = list(law.writes)
    law.combine()
    assert law.writes == before == [Write("a", "access", 0.5, (None, None, None))]


def test_what_nobody_writes_is_the_one_default_and_cannot_be_changed():
    ground = jurisdictions()
    law = Law(ground)
    law.write("a", "denial", 1.0, countries=(0,))
    law.combine()
    for name in NUMERIC:
        if FIELDS[name].axes:
            assert (getattr(law, name) is defaults(ground)[name]) == (name != "denial")
    with pytest.raises(ValueError, match="read-only"):
        law.friction[0] = 1.0
    assert not defaults(ground)["denial"].any()


def test_ledger():
    law = Law(jurisdictions())
    law.spend("b", "labs", 3.0)
    law.spend("a", "labs", 2.0)
    law.spend("a", "government", 5.0)
    law.combine()
    assert (law.ledger("labs"), law.ledger("government"), law.ledger("adopters")) == (5.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("coverage", "labs", "countries"),
    [(0.0, (0, 3), (0, 4)), (0.5, (0, 2, 3), (0, 2, 4)), (1.0, (0, 1, 2, 3), (0, 2, 4, 5))],
)
def test_allies_join_in_the_order_of_their_alignment(coverage, labs, countries):
    ground = Jurisdictions(
        countries=("USA", "CHN", "FRA", "KEN", "PRI", "JPN"),
        blocs=("US", "CN", "us_aligned", "third_country", "US", "us_aligned"),
        alignment=(1.0, 0.0, 0.9, 0.5, 1.0, 0.8),
        people_m=(300.0, 1400.0, 70.0, 50.0, 3.0, 120.0),
        gdp=(27000.0, 18000.0, 3000.0, 100.0, 1000.0, 4200.0),
        eu=(False, False, True, False, False, False),
        labs=("us", "low", "high", "us2", "cn", "fringe"),
        lab_origins=(0, 2, 2, 0, 1, 0),
        lab_homes=(0, 5, 2, 0, 1, 0),
        fringe=(False, False, False, False, False, True),
    )
    assert ground.bound_labs(coverage) == labs
    assert ground.covered_labs(coverage) == (*labs, 5)
    assert ground.bound_countries(coverage) == countries
    assert ground.country_indices(("KEN", "USA", "nowhere")) == (0, 3)
    assert ground.economy((0, 4)) == 1.0
    assert ground.economy((5, 4, 0)) == pytest.approx(1.15)
