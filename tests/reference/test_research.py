"""Compute, research and release mode of running worlds against the equations alone."""

import pytest

from sim.model.duties import NOTHING
from sim.model.world import World
from sim.vocabulary import API, CN, OPEN_SOURCE, US
from tests.reference.pair import everything, small
from tests.reference.research import PlainRecord, PlainResearch


def check(world, plain):
    close = {"rel": 1e-10, "abs": 1e-10}
    assert [lab.efficiency for lab in world.labs] == pytest.approx(plain.efficiency, **close)
    assert [lab.distilled for lab in world.labs] == pytest.approx(plain.distilled, **close)
    assert [lab.offset for lab in world.labs] == pytest.approx(plain.offset, **close)
    assert world.counts.idea_gains == pytest.approx(plain.gains, **close)
    assert world.chips.run_frontier == pytest.approx(plain.run, **close)
    assert world.chips.gap == pytest.approx(plain.gap, **close)
    stocks = (
        world.chips.legal["row"],
        world.chips.legal["CN"],
        world.chips.domestic,
        world.chips.smuggled,
    )
    cuts = [world.chips.cut.get(lab.index, 0.0) for lab in world.labs]
    assert cuts == pytest.approx([plain.lost.get(lab.index, 0.0) for lab in world.labs], **close)
    assert stocks == pytest.approx(
        (plain.row, plain.china, plain.domestic, plain.smuggled), **close
    )


def changed(**changes):
    scenario = everything()
    return scenario.model_copy(update={"parameters": {**scenario.parameters, **changes}})


# Followers so slow and ideas so free that public ideas reach every lab, Chinese ones later under
# control.
IDEAS = {
    "distillation_elsewhere": 0.4,
    "public_knowledge": 1.0,
    "secrecy_months": 18.0,
    "idea_embargo": 0.0,
    "idea_opacity": 0.01,
    "follower_growth": 0.02,
    "scarcity_efficiency": 0.0,
    "smuggled_share": 0.3,
    "leak_hazard": 0.05,
}


@pytest.mark.parametrize(
    "scenario",
    [small(), everything(), changed(**IDEAS)],
    ids=["status quo", "every rule", "public ideas"],
)
def test_compute_and_research_month_by_month(scenario):
    world = World(scenario, rng=3)
    plain = PlainResearch(world)
    read, held = set(), 0
    for _ in range(24):
        world.step()
        plain.step()
        check(world, plain)
        held += plain.public(CN) != plain.public(US)
        read |= {lab.origin for lab in world.labs if lab.gains["public"] > 0.0}
    assert max(plain.distilled) > 0.0
    assert min(abs(x) for x in plain.gains[:2]) > 0.0
    if scenario.parameters.get("public_knowledge") == 1.0:
        assert read == {0, 1, 2}
        assert held > 3


def test_the_paths_to_2030(default_run):
    world, series = default_run
    names = list(series.names)
    stock = series.values[:, names.index("compute_us")]
    p = world.p
    assert stock[11] == pytest.approx(
        p.us_stock_share * p.stock_row_2022 * p.stock_growth_2023, rel=1e-6
    )
    assert stock[35] / stock[23] == pytest.approx(p.stock_growth_2025, rel=1e-6)
    assert (
        p.stock_growth_2025
        > stock[47] / stock[35]
        > stock[95] / stock[83]
        == pytest.approx(p.stock_growth_2030, rel=1e-6)
    )


@pytest.mark.parametrize("name", ["status-quo", "p1-blanket"])
def test_release_modes_follow_the_logit_of_record_and_situation(name):
    """Frequencies over many draws, after two years of real releases, with the law of one month."""
    scenario = small(name)
    if "open-weight-control" in scenario.policy:
        control = scenario.policy["open-weight-control"].model_copy(update={"start": "2024-12"})
        scenario = scenario.model_copy(
            update={"policy": {**scenario.policy, "open-weight-control": control}}
        )
    world = World(scenario, rng=5)
    record = PlainRecord(world)
    use = world.world_use
    for _ in range(24):
        world.step()
        record.step(use)
        use = world.world_use
    assert (world.law.opening_cost.max() > 0.0) == (name == "p1-blanket")
    seen = set()
    for slug in ("openai", "meta", "alibaba", "deepseek", "mistral", "google"):
        lab = world.labs[world.slugs[slug]]
        score = world.frontier.level + 3.0
        cost, friction = float(world.law.opening_cost[lab.index]), world.reach_lost(lab.index)
        likely = record.open_probability(slug, lab.origin, score, cost, friction)
        modes = [lab.decide_mode(score, draw, NOTHING) for draw in range(3000)]
        opened = [mode for mode in modes if mode != API]
        assert len(opened) / 3000 == pytest.approx(
            likely, abs=4 * (likely * (1 - likely) / 3000) ** 0.5
        )
        licence = (sum(record.licences[slug]) + 1) / (len(record.licences[slug]) + 2)
        sd = (licence * (1 - licence) / max(1, len(opened))) ** 0.5
        assert opened.count(OPEN_SOURCE) / max(1, len(opened)) == pytest.approx(
            licence, abs=4 * sd + 1e-9
        )
        seen.add(likely > 0.5)
    assert seen == {True, False}
