"""Forms of equations that a scenario may choose between, each in its direction of cause."""

import numpy as np
import pytest

from sim.model.kernels.market import LINEAR, LOGISTIC, worth
from sim.model.world import World
from sim.scenario.scenario import Structure, load
from sim.vocabulary import CONSUMER, MARKET, US


@pytest.fixture
def world_of(scenario):
    """A world of a structure after some months."""

    def make(months, policies=None, **forms):
        world = World(
            scenario(**(policies or {})).model_copy(update={"structure": Structure(**forms)}), rng=1
        )
        while world.month < months - 1:
            world.step()
        return world

    return make


def test_the_line_touches_the_logistic_at_the_need():
    step = 1e-4
    for at in (LOGISTIC, LINEAR):
        assert worth(0.0, at) == 0.5
        slope = (worth(step, at) - worth(-step, at)) / (2.0 * step)
        assert slope == pytest.approx(0.25, rel=1e-6)
    x = np.linspace(-8.0, 8.0, 33)
    np.testing.assert_allclose([worth(v, LINEAR) for v in x], 0.5 + 0.25 * x, atol=1e-15)


def test_capability_beyond_what_tasks_ask_for_counts_only_on_the_line(world_of, use_weighted):
    """By 2027 most releases are good enough: only the line still draws users to the best."""
    found = []
    for form in ("logistic", "linear"):
        world = world_of(54, capability=form)
        found.append(use_weighted(world, world.catalogue.columns.capability, CONSUMER))
    assert found[1] > found[0] + 1.0


def test_cheap_releases_have_more_of_the_tokens_if_these_answer_to_price(world_of):
    """The choices of the first month are the same, and so are all other channels."""
    fixed, elastic = (world_of(1, tokens=form) for form in ("fixed", "elastic"))
    np.testing.assert_array_equal(fixed.adopters.choice, elastic.adopters.choice)
    price = np.exp(fixed.market.log_price[MARKET])
    means = [world.tally.slot[MARKET] @ price for world in (fixed, elastic)]
    assert means[1] < 0.8 * means[0]
    assert fixed.tally.tokens.tolist() == [1.0] * 5
    assert elastic.tally.tokens[MARKET] > 1.2
    others = [h for h in range(5) if h != MARKET]
    np.testing.assert_array_equal(fixed.tally.slot[others], elastic.tally.slot[others])
    np.testing.assert_array_equal(fixed.tally.use, elastic.tally.use)


def test_users_whose_tokens_answer_to_price_all_spend_the_same(world_of):
    world = world_of(24, tokens="elastic")
    spent = world.tally.slot[MARKET] @ np.exp(world.market.log_price[MARKET].astype(float))
    assert spent * world.tally.tokens[MARKET] == pytest.approx(1.0, rel=1e-6)


def test_a_subsidy_buys_tokens_only_if_they_answer_to_price(world_of, decree):
    """In the month in which it begins nothing but tokens can differ for the same choices."""
    found = {}
    for form in ("fixed", "elastic"):
        for factor in (1.0, 0.5):
            price = {"subsidy": decree("price_factor", factor, "2023-01", origins=(US,))}
            found[form, factor] = world_of(1, price, tokens=form).tally.tokens[MARKET]
    assert found["fixed", 0.5] == found["fixed", 1.0] == 1.0
    assert found["elastic", 0.5] > 1.2 * found["elastic", 1.0]


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("linear-capability", {"capability": "linear"}),
        ("elastic-tokens", {"tokens": "elastic"}),
        ("compliance-chosen", {"compliance": "chosen"}),
    ],
)
def test_an_assumption_set_chooses_a_form_and_makes_another_design_point(name, forms):
    usual = load("status-quo")
    other = load("status-quo", settings=[f"assumptions={name}"])
    assert other.structure == Structure(**forms) != usual.structure
    assert other.parameters == usual.parameters
    assert other.id != usual.id
