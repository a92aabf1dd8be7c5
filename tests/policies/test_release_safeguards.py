"""Safeguards of open releases: what they cost whom to get round.

What they achieve is a finding and stands nowhere.
"""

import numpy as np
import pytest

from sim.model.agents.malicious import Scene
from sim.model.duties import Safeguard
from sim.model.kernels.misuse import KIND, ORIGIN
from sim.model.safeguards import Carried, Way, carry
from sim.vocabulary import CN, DOMAINS, GATED, OPEN_WEIGHTS, OTHER, ROUTES, US

STRIP_US = ROUTES.index("strip_us")
CHEM_BIO, CYBER = DOMAINS.index("chem_bio"), DOMAINS.index("cyber")


def duty(**fields):
    known = {
        "labs": (0,), "strip_factor": 1.0, "filtered": (), "in_context": 1.0,
        "relearn_factor": 1.0, "tax": 0.0, "cost": 0.0, "strength": 1.0,
    }  # fmt: skip
    return Safeguard(**{**known, **fields})


@pytest.fixture
def scene_with(world_at, decree, release_by_hand, origins):
    """The month's scene where one US open release stands far above all others.

    It carries what is asked for.
    """

    def make(capability=190.0, **fields):
        world = world_at(40, {"capability_noise": 0.0})
        if fields:
            lab = origins(world, US)[0]
            world.law.safeguards = (duty(labs=(lab.index,), **fields),)
        release_by_hand(world, capability=capability)
        return Scene(world), world

    return make


def test_tamper_resistance_makes_its_release_stripped_less_the_less_one_can_pay(scene_with):
    """The dearer it is, the less often it is chosen; success once stripped is what it was."""
    found = []
    for factor in (1.0, 10.0, 1000.0):
        scene, world = scene_with(strip_factor=factor)
        found.append(scene.odds[:, :, STRIP_US])
        safe = scene.way[:, :, STRIP_US] == (0 if factor == 1.0 else 1)
    poor = world.actors.budget < 1e4
    assert (found[1] <= found[0] + 1e-12).all()
    assert (found[2] <= found[1] + 1e-12).all()
    assert found[2][poor].sum() < found[0][poor].sum()
    rich = world.actors.budget > 1e6
    lost = 1.0 - found[1].sum(axis=1) / np.maximum(found[0].sum(axis=1), 1e-12)
    assert lost[rich].max() < lost[poor].max()
    assert safe.any(), "nobody strips the safeguarded release: the test compares nothing"


def test_weights_that_are_out_carry_no_safeguard_of_later_law(world_at, policy):
    """Actors fall back on the best release without one where the new is too dear to strip."""
    world = world_at(60, tamper=policy("L11", strip_cost_multiplier=100.0))
    c = world.catalogue
    bound = c.column("safeguard") > 0
    assert bound.any()
    assert (c.column("month")[bound] >= 36).all()
    plain, dear = world.scene.releases[0][STRIP_US], world.scene.releases[1][STRIP_US]
    assert not bound[plain]
    assert bound[dear]
    ways = world.scene.way[:, :, STRIP_US][world.scene.odds[:, :, STRIP_US] > 0.0]
    assert set(ways.tolist()) == {0, 1}


def test_filtered_knowledge_is_missing_in_its_domain_and_no_other(scene_with):
    plain, world = scene_with()
    filtered, _ = scene_with(filtered=("chem_bio",), in_context=0.3, relearn_factor=1e9)
    knows = (
        world.actors.known[:, STRIP_US]
        & (world.actors.mix[:, CHEM_BIO] > 0.0)
        & (world.actors.budget < 1e4)
    )
    before, after = (s.chance[knows, CHEM_BIO, STRIP_US] for s in (plain, filtered))
    assert (after < before).all()
    acting = world.actors.mix[:, CYBER] > 0.0
    np.testing.assert_array_equal(filtered.chance[acting, CYBER], plain.chance[acting, CYBER])
    np.testing.assert_array_equal(filtered.odds[acting, CYBER], plain.odds[acting, CYBER])


def test_the_more_can_be_supplied_in_context_the_less_a_filter_withholds(scene_with):
    found = []
    for in_context in (0.5, 0.7, 1.0):
        scene, world = scene_with(
            260.0, filtered=("chem_bio",), in_context=in_context, relearn_factor=1e9
        )
        knows = (
            world.actors.known[:, STRIP_US]
            & (world.actors.mix[:, CHEM_BIO] > 0.0)
            & (world.actors.budget < 1e4)
        )
        found.append(scene.chance[knows, CHEM_BIO, STRIP_US])
    assert (found[0] <= found[1]).all()
    assert (found[1] <= found[2]).all()
    assert found[0].sum() < found[1].sum() < found[2].sum()


def test_those_who_can_pay_teach_filtered_knowledge_again(scene_with):
    """Teaching again costs a state less than it brings, and a lone actor more as it gets dearer."""
    cheap, world = scene_with(filtered=("chem_bio",), in_context=0.2, relearn_factor=1.0)
    dear, _ = scene_with(filtered=("chem_bio",), in_context=0.2, relearn_factor=1000.0)
    again = 2  # ways: what carries nothing, do without, teach again
    knows = world.actors.known[:, STRIP_US] & (world.actors.mix[:, CHEM_BIO] > 0.0)
    taught = [scene.way[knows, CHEM_BIO, STRIP_US] == again for scene in (cheap, dear)]
    assert taught[0].all()
    assert taught[1].sum() < taught[0].sum()
    budget = world.actors.budget[knows]
    assert taught[1][budget > 1e6].all()


def test_a_safeguard_costs_its_release_capability_and_its_lab_money(scene_with):
    scene, world = scene_with(capability=180.0, tax=0.05, cost=3e6)
    c = world.catalogue
    assert c.column("capability")[-1] == pytest.approx(
        180.0 - 0.05 * (180.0 - world.p.no_model_capability)
    )
    assert c.column("underlying")[-1] == c.column("capability")[-1]
    assert world.ledger.one_off[-1] == (world.month, "labs", 3e6)
    assert scene.releases[0][STRIP_US] == len(c) - 1


def test_only_bound_labs_and_open_releases_carry_it(world_at, policy):
    for coverage in (0.0, 1.0):
        world = world_at(58, rule=policy("L11", allied_coverage=coverage))
        c = world.catalogue
        bound = c.column("safeguard") > 0
        assert bound.any()
        assert not (bound & (c.column("mode") <= GATED)).any()
        assert not (bound & (c.column("origin") == CN)).any()
        assert (bound & (c.column("origin") == OTHER)).any() == (coverage > 0.0)
        generated = (
            (c.column("month") >= 36)
            & (c.column("mode") >= OPEN_WEIGHTS)
            & (c.column("origin") == US)
        )
        firms = np.array([not lab.fringe for lab in world.labs])[c.column("lab")]
        assert (bound == (generated & firms))[c.column("origin") == US].all()


def test_strength_is_the_share_of_releases_bound(world_at, policy):
    shares = []
    for strength in (0.3, 0.7):
        c = world_at(
            60, rule=policy("L11", strength=strength, opening_cost=0.0, capability_tax=0.0)
        ).catalogue
        bound = c.column("safeguard") > 0
        shares.append(bound.sum())
    assert 0 < shares[0] < shares[1]


def test_what_several_duties_ask_for():
    one, two = (
        duty(strip_factor=3.0),
        duty(strip_factor=2.0, filtered=("cyber", "fraud"), in_context=0.5),
    )
    three = duty(filtered=("cyber",), in_context=0.2, relearn_factor=10.0)
    carried = carry((one, two, three))
    assert (
        carried == carry((three, two, one)) == Carried(6.0, 10.0, (("cyber", 0.2), ("fraud", 0.5)))
    )
    assert carried.ways() == (Way(6.0, carried.filtered), Way(60.0, ()))
    assert carry((one,)).ways() == (Way(3.0, ()),)
    assert carry(()) == Carried()


@pytest.mark.parametrize(
    ("method", "strip", "relearn", "filtered"),
    [
        ("refusal", 1.0, 1.0, ()),
        ("tamper-resistant", 10.0, 1.0, ()),
        ("data-filtering", 1.0, 100.0, ("chem_bio",)),
    ],
)
def test_methods_by_default(world_at, policy, method, strip, relearn, filtered):
    from sim.model.law import law_of_month

    rule = policy("L11", method=method, strip_cost_multiplier=None)
    (found,) = law_of_month(world_at(0).jurisdictions, [("x", rule)], 36).safeguards
    assert (found.strip_factor, found.relearn_factor, found.filtered) == (strip, relearn, filtered)


def test_expected_harm_grows_with_capability(scene_with):
    """Harm grows with what open releases can do: attempts and defence are the same."""
    totals = [sum(scene_with(capability=x)[0].expected.values()) for x in (150.0, 170.0, 190.0)]
    assert totals[0] < totals[1] < totals[2]
    assert ORIGIN[STRIP_US] == US
    assert KIND[STRIP_US] == 1
