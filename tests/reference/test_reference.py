"""The fast World against the plain one: same choices, same shares, same harm, month by month."""

import random

import numpy as np
import pytest

from sim.model.agents import adopters as fast_adopters
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.policies import LEVERS
from sim.scenario.scenario import Structure, load
from sim.vocabulary import CHANNELS, MODES
from tests.marks import slow
from tests.reference import panel
from tests.reference.draws import neighbours, nth
from tests.reference.pair import NEAR_TIE, Pair, everything, small

HANDFUL = 5
LEFT = list(OUTCOMES).index("services_withdrawn_eu")
EXACT = {"share": 1e-6, "level": 1e-6, "difference": 1e-6}
AFTER_A_TIE = {"share": 2e-3, "level": 2e-2, "difference": 2e-2}


def check_choices(pair):
    assert len(pair.ties) <= HANDFUL, pair.ties
    assert all(gap < NEAR_TIE for _, _, gap in pair.ties), pair.ties


def check_outcomes(pair):
    allowed = AFTER_A_TIE if pair.ties else EXACT
    fast, slow = pair.fast.observed, pair.plain.observed
    off = {
        name: (fast[name], slow[name])
        for name in fast
        if pair.difference(name) > allowed[pair.kind(name)]
    }
    assert not off


def check_state(pair):
    fast, slow = pair.fast, pair.plain
    # Tokens that answer to price carry the single precision of prices.
    loose = 1e-3 if pair.ties else 1e-7 if pair.fast.scenario.structure.tokens == "elastic" else 0.0
    np.testing.assert_allclose(fast.use, slow.use, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(fast.market.slot, slow.market.slot)
    np.testing.assert_array_equal(fast.market.release, slow.market.release)
    np.testing.assert_allclose(fast.market.log_price, slow.market.log_price, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(fast.tally.country, slow.tally.country, atol=1e-6 + loose)
    np.testing.assert_allclose(fast.tally.slot, slow.tally.slot, atol=1e-12 + loose)
    np.testing.assert_allclose(fast.tally.region, slow.tally.region, atol=1e-12 + loose)
    np.testing.assert_allclose(fast.use_of_releases, slow.use_of_releases, atol=1e-12 + loose)
    np.testing.assert_allclose(fast.adopters.familiarity, slow.panel.familiarity, atol=1e-7 + loose)
    np.testing.assert_allclose(
        fast.derivatives.stock, slow.derivatives.stock, rtol=1e-6 + loose, atol=1e-12
    )
    np.testing.assert_allclose(
        fast.derivatives.tainted, slow.derivatives.tainted, rtol=1e-6 + 10 * loose, atol=1e-12
    )
    np.testing.assert_allclose(
        fast.derivatives.value, slow.derivatives.value, rtol=1e-6 + 10 * loose, atol=1e-12
    )
    revenue = [[lab.share_history[-1] for lab in world.labs] for world in (fast, slow)]
    np.testing.assert_allclose(revenue[0], revenue[1], atol=1e-7 + loose)


def check_misuse(pair):
    fast, slow = pair.fast.scene, pair.plain.scene
    assert fast.releases == slow.releases
    known = slow.odds > 0.0
    np.testing.assert_array_equal(fast.way[known], slow.way[known])
    # Tokens that answer to price carry the single precision of prices.
    loose = 1e-3 if pair.ties else 1e-7 if pair.fast.scenario.structure.tokens == "elastic" else 0.0
    np.testing.assert_allclose(fast.chance, slow.chance, rtol=0, atol=1e-9 + loose)
    np.testing.assert_allclose(fast.odds, slow.odds, rtol=0, atol=1e-9 + loose)
    for kind, harm in slow.expected.items():
        assert fast.expected[kind] == pytest.approx(harm, rel=1e-9 + loose)
        # Uplift is a difference of two harms, each as exact as the harm itself.
        assert fast.uplift_us[kind] == pytest.approx(
            slow.uplift_us[kind], rel=1e-8 + loose, abs=2e-9 * max(1.0, harm) + loose
        )
    if not pair.ties:
        ours, theirs = pair.fast.scene.incidents, pair.plain.scene.incidents
        assert [i[:-1] for i in ours] == [i[:-1] for i in theirs]
        np.testing.assert_allclose([i.harm for i in ours], [i.harm for i in theirs], rtol=1e-6)
    np.testing.assert_array_equal(pair.fast.actors.banned_until, pair.plain.actors.banned_until)
    assert pair.fast.defence == pytest.approx(pair.plain.defence, rel=1e-6)


def step_and_check(pair, months):
    for _ in range(months):
        pair.step()
        check_choices(pair)
        check_outcomes(pair)
        check_state(pair)
        check_misuse(pair)


def test_status_quo_month_by_month():
    pair = Pair(small())
    step_and_check(pair, 10)
    np.testing.assert_allclose(
        pair.fast.series().countries, pair.plain.series().countries, atol=1e-6
    )
    np.testing.assert_array_equal(pair.fast.series().panel, pair.plain.series().panel)


def test_every_rule_month_by_month():
    pair = Pair(everything(), seed=5)
    step_and_check(pair, 14)
    rows = pair.plain.panel.releases
    used = set(pair.plain.panel.market.mode.tolist())
    assert used == {0, 1, 2, 3}, (
        "some mode is never on offer: the scenario no longer reaches its rules"
    )
    assert any(r.controlled and not r.mirrored for r in rows)
    assert any(r.mirrored and r.controlled for r in rows)
    assert {r.finding for r in rows} == {0, 1, 2}
    assert pair.fast.actors.banned_until.any()
    assert {i.route for i in pair.incidents} == {"none", "strip", "jailbreak", "gated", "own_state"}
    assert (pair.fast.trust.supply < 1.0).any()
    assert (pair.fast.trust.security < 1.0).any()
    assert len(pair.fast.safeguards) == 3, "neither, tamper resistance, both"
    assert any(name.startswith("us_fringe public") for name in pair.fast.catalogue.names)
    assert 0.0 < pair.fast.hub.shares()[1] < 1.0
    assert max(row[LEFT] for row in pair.fast.history.rows) > 0.0, "no service leaves the EU"
    assert not pair.fast.eu_market.left, "all are back when the duties have ended"
    assert pair.fast.law.class_origin.tolist() == [0, 1, 1, 2, 2, 2, 2], (
        "labs of an origin under different rules"
    )


@pytest.mark.slow
def test_past_the_handover_under_a_control():
    """Replayed releases to June 2025, generated ones from July.

    Late enough for prices to weigh more in the market.
    """
    scenario = load(
        "p1-blanket",
        settings=["adopters=3500", "horizon.end=2025-12", "parameters.price_growth=2.0"],
    )
    control = scenario.policy["open-weight-control"]
    control = control.model_copy(update={"start": "2025-03", "allied_coverage": 0.5})
    filters = LEVERS["L11"](
        start="2025-03", method="data-filtering", domains=("fraud", "cyber"), allied_coverage=1.0
    )
    policies = {**scenario.policy, "open-weight-control": control, "filters": filters}
    pair = Pair(scenario.model_copy(update={"policy": policies}), seed=6)
    step_and_check(pair, 33)
    assert {1, 2} <= set(pair.fast.scene.way[pair.fast.scene.odds > 0.01].tolist()), (
        "do without, and teach again"
    )
    assert pair.fast.law.class_origin.tolist() == [0, 1, 2, 2]
    assert pair.fast.law.controlled.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_other_forms_of_the_equations():
    """A linear worth of capability, and tokens that answer to price and to a subsidy of it."""
    other = Structure(capability="linear", tokens="elastic")
    pair = Pair(everything().model_copy(update={"structure": other}), seed=7)
    step_and_check(pair, 5)
    np.testing.assert_allclose(pair.fast.tally.tokens, pair.plain.tally.tokens, rtol=1e-3)
    assert pair.fast.tally.tokens[CHANNELS.index("market")] > 1.5
    assert pair.fast.tables.subsidised


@pytest.mark.parametrize("draw", [0, slow(1), slow(2)])
def test_parameters_from_anywhere_in_their_ranges(draw):
    luck = random.Random(draw)
    changes = {name: luck.uniform(p.low, p.high) for name, p in PARAMETERS.items()}
    for scenario in (small("p1-blanket"), everything()):
        step_and_check(Pair(scenario.model_copy(update={"parameters": changes}), seed=draw), 4)


def test_neighbours_on_the_graph(monkeypatch):
    monkeypatch.setattr(fast_adopters, "GRAPH_FROM", 3500)
    pair = Pair(small(), seed=2, graph_from=3500)
    without = World(small(), rng=2)
    for _ in range(3):
        step_and_check(pair, 1)
        with monkeypatch.context() as usual:
            usual.setattr(fast_adopters, "GRAPH_FROM", 20_000)
            without.step()
    assert (pair.fast.adopters.choice != without.adopters.choice).any(), "the graph changes nothing"


def test_the_graph_is_a_small_world():
    people = 20_000
    edges = [(i, j) for i in range(0, people, 7) for j in neighbours(nth(0xA5A5, i), i, people)]
    away = np.array([min((j - i) % people, (i - j) % people) for i, j in edges])
    assert np.mean(away > 4) == pytest.approx(0.1, abs=4 * (0.09 / len(away)) ** 0.5 + 0.001)
    assert all(0 <= j < people for _, j in edges)


def test_slots_beyond_the_limit_and_stale_ones_are_dropped(monkeypatch):
    for module, most in ((fast_adopters, "MAX_ALIVE"), (panel, "MOST_ALIVE")):
        monkeypatch.setattr(module, most, 12)
        monkeypatch.setattr(module, "RETIRE_AFTER", 6)
        monkeypatch.setattr(module, "RETIRE_BELOW", 0.02)
    pair = Pair(small(), seed=3)
    step_and_check(pair, 10)
    assert len(pair.plain.panel.newest) > 12 >= pair.fast.market.slot.size
    assert pair.plain.panel.retired


def test_blocks_on_two_threads_give_the_same_bits(monkeypatch):
    monkeypatch.setattr(fast_adopters, "PARALLEL_FROM", 3500)
    monkeypatch.setattr(fast_adopters, "GRAPH_FROM", 3500)
    one, two = World(small(), rng=4), World(small(), rng=4, threads=2)
    for _ in range(3):
        one.step()
        two.step()
        np.testing.assert_array_equal(one.adopters.choice, two.adopters.choice)
        np.testing.assert_array_equal(one.adopters.counts, two.adopters.counts)
        np.testing.assert_array_equal(
            np.array(list(one.observed.values())), np.array(list(two.observed.values()))
        )


def test_views_show_what_the_arrays_hold():
    pair = Pair(small())
    pair.step()
    world, people = pair.fast, pair.plain.panel.adopters
    assert len(world.adopters) == len(people) == 3500
    for i in (0, 1, 777, 2048, 3499, -1):
        seen, plain_one = world.adopters[i], people[i]
        place = plain_one.place
        assert (seen.country, seen.channel) == (
            world.countries[place.country].code,
            CHANNELS[place.channel],
        )
        assert (seen.family, seen.mode) == (
            world.labs[plain_one.using.family].info.slug,
            MODES[plain_one.using.mode],
        )
        assert seen.weight == pytest.approx(place.weight / len(place.adopters), rel=1e-12)
    assert pair.plain.panel.of(3) == [people[a.index] for a in world.country_agents[3].adopters]
