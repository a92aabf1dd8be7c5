"""China's own environment (E1): push, secrecy, support of chips, retaliation."""

import numpy as np
import pytest

from sim.vocabulary import API, CN, DEVELOPER, GATED, OPEN, OPEN_WEIGHTS, US
from tests.policies.conftest import named, opened, published, under


def test_a_push_moves_chinese_firms_only(world_at, policy):
    plain, closing, opening = world_at(30), world_at(30), world_at(30)
    under(closing, policy("E1", openness_push=-1.0, commercial_close_pressure=0.0))
    under(opening, policy("E1", openness_push=1.0, commercial_close_pressure=0.0))
    slug = "alibaba"
    assert opened(named(closing, slug)) < opened(named(plain, slug)) < opened(named(opening, slug))
    for other in ("meta", "mistral"):
        assert opened(named(closing, other)) == opened(named(plain, other))


def test_secrecy_withholds_data_and_code_and_not_weights(world_at, policy):
    world = under(
        world_at(32), policy("E1", openness_push=0.0, commercial_close_pressure=1.0, secrecy=0.5)
    )
    n = published(world, "alibaba", OPEN_WEIGHTS)
    c = world.catalogue.columns
    assert (c.weights[n], c.licence[n]) == (1.0, 0.5)
    assert (c.data[n], c.code[n]) == (0.05, 0.15)


@pytest.mark.parametrize(("mode", "parts"), [(OPEN_WEIGHTS, (1.0, 1.0)), (GATED, (0.0, 0.1))])
def test_a_law_may_ask_for_more_data_and_code_of_open_weights_and_never_for_more_than_all(
    world_at, mode, parts
):
    world = world_at(32)
    world.law.disclosure = np.full(len(world.labs), 20.0)
    n = published(world, "alibaba", mode)
    columns = world.catalogue.columns
    assert (columns.data[n], columns.code[n]) == pytest.approx(parts)


def test_state_support_makes_chips(world_at, policy):
    fields = {"start": "2025-01", "openness_push": 0.0, "commercial_close_pressure": 0.0}
    stocks = [
        world_at(36, e=policy("E1", state_support=x, **fields)).chips.domestic
        for x in (0.0, 0.5, 1.0)
    ]
    assert stocks[0] < stocks[1] < stocks[2]


def test_chips_that_china_declines_are_not_bought_whatever_the_us_allows(world_at, policy):
    def china(refusal, stringency=0.0):
        fields = {"start": "2023-01", "openness_push": 0.0, "commercial_close_pressure": 0.0}
        refuse = policy("E1", import_refusal=refusal, **fields)
        step = policy("L3", start="2023-01", stringency=stringency)
        return world_at(8, refuse=refuse, step=step).chips

    none, half, all_of_it = (china(refusal) for refusal in (0.0, 0.5, 1.0))
    assert none.legal["CN"] > half.legal["CN"] > all_of_it.legal["CN"]
    assert all_of_it.legal["CN"] == china(1.0, stringency=1.0).legal["CN"]
    assert all_of_it.legal["CN"] == pytest.approx(world_at(0).p.stock_cn_2022)
    assert none.legal["row"] == half.legal["row"] == all_of_it.legal["row"]
    assert [chips.shortage for chips in (none, half, all_of_it)] == [0.0, 0.5, 1.0]
    assert china(0.5, stringency=0.75).shortage == pytest.approx(0.75)


def test_retaliation_withholds_chinese_releases_from_those_it_names(world, policy):
    law = under(
        world, policy("E1", retaliation=0.5, openness_push=0.0, commercial_close_pressure=0.0)
    ).law
    blocs = np.array(world.jurisdictions.blocs)
    hit = np.isin(blocs, ("US", "us_aligned"))
    assert (law.access[hit, CN] < 1.0).all()
    assert (law.denial[hit, CN][:, :, list(OPEN)] > 0.0).all()
    assert (law.access[~hit] == 1.0).all()
    assert law.denial[~hit].max() == law.denial[:, US].max() == 0.0


# a stop of open releases

NO_PUSH = {"openness_push": 0.0, "commercial_close_pressure": 0.0}


def chinese(world, since):
    """Modes of what Chinese labs brought out from a month on."""
    c, n = world.catalogue.columns, len(world.catalogue)
    return c.mode[:n][(c.origin[:n] == CN) & (c.month[:n] >= since)]


def test_a_full_stop_leaves_no_chinese_release_open_and_takes_none_back(world_at, policy):
    free = world_at(42)
    stopped = world_at(42, stop=policy("E1", start="2025-09", open_stop=1.0, **NO_PUSH))
    assert np.isin(chinese(free, 32), OPEN).any()
    assert set(chinese(stopped, 32).tolist()) == {API}
    names = {name for name in stopped.catalogue.names if name.startswith("cn_fringe")}
    assert names == {name for name in free.catalogue.names if name.startswith("cn_fringe")}
    kept, all_of_them, later = (
        np.isin(chinese(world, since), OPEN).sum()
        for world, since in ((stopped, -12), (free, -12), (free, 32))
    )
    assert kept == all_of_them - later
    used = stopped.tally.slot[DEVELOPER][np.isin(stopped.market.mode, OPEN)
                                         & (stopped.market.origin == CN)]  # fmt: skip
    assert used.sum() > 0.0


def test_a_stop_binds_with_its_probability_and_the_labs_know(world_at, policy):
    world, slug = world_at(32), "alibaba"
    free = opened(named(under(world), slug))
    found = [
        opened(named(under(world, policy("E1", open_stop=stop, **NO_PUSH)), slug))
        for stop in (0.3, 0.8, 1.0)
    ]
    assert free > found[0] > found[1] > found[2] == set()
    for other in ("meta", "mistral"):
        under(world)
        before = opened(named(world, other))
        under(world, policy("E1", open_stop=1.0, **NO_PUSH))
        assert opened(named(world, other)) == before


def test_a_release_that_waits_when_the_stop_begins_is_a_service(world_at, policy):
    """The lab decided to open before it knew."""
    world = under(world_at(32), policy("E1", open_stop=1.0, **NO_PUSH))
    assert world.catalogue.columns.mode[published(world, "alibaba", OPEN_WEIGHTS)] == API
