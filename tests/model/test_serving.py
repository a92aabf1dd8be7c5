"""Who serves whom: reach acts where the table says, in its direction, and nowhere else."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest

from sim import data
from sim.data import Serving
from sim.model.kernels.choice import NONE
from sim.model.parameters import values
from sim.model.serving import reach_of_labs
from sim.vocabulary import API, BLOCS, CHANNELS, CONSUMER, OPEN_WEIGHTS, ORIGINS, US

THIRD = BLOCS.index("third_country")


def limit(lab: str, place: str, reach: str, channels: str = "consumer", offers: str = "services"):
    return Serving(lab, place, channels, offers, reach, "2025-06-30", "judgement")


@pytest.fixture
def serving(monkeypatch):
    """``serving(*rows)``: these limits and no others from now on."""

    def put(*rows: Serving) -> None:
        monkeypatch.setattr(data, "serving", lambda: rows)

    return put


def in_cell(world, country, channel):
    """Whether an adopter is of a country (bool array) and a channel."""
    cell = np.repeat(np.arange(world.adopters.size.size), np.diff(world.adopters.start))
    return country[cell // len(CHANNELS)] & (cell % len(CHANNELS) == channel)


@pytest.mark.parametrize("reach", ["0.1", "0"])
def test_a_lab_loses_users_where_it_reaches_fewer_and_nobody_else_chooses_anew(
    serving, world_at, reach
):
    """In the first month choices rest on the table and draws alone."""
    serving()
    free = world_at(1)
    serving(limit("openai", "third_country", reach))
    held = world_at(1)
    there = in_cell(free, free.adopters.bloc == THIRD, CONSUMER)
    slot = 4 * free.slugs["openai"] + API
    before, after = free.adopters.choice, held.adopters.choice
    assert (before[~there] == after[~there]).all()
    used = (before[there] == slot).sum(), (after[there] == slot).sum()
    assert 0.2 * there.sum() < used[0]
    assert used[1] < (0.7 * used[0] if reach == "0.1" else 1)
    stayed = there & (before != slot)
    assert (before[stayed] == after[stayed]).all(), "those who did not use it have the same best"


def test_where_nobody_serves_people_are_left_without_a_choice(serving, world_at, policy):
    """Under a ban as well; what they would have used is no way out of it."""
    serving(*(limit(origin, "third_country", "0", offers="services weights") for origin in ORIGINS))
    ban = policy("L8", start="2023-01", countries=("KEN", "USA"), sectors=("consumer",))
    world = world_at(3, ban=ban)
    there = in_cell(world, world.adopters.bloc == THIRD, CONSUMER)
    assert (world.adopters.choice[there] == NONE).all()
    assert (world.adopters.choice[~there] != NONE).all()
    assert np.isfinite(world.history.readings).all()


def test_a_ban_drives_nobody_to_a_lab_that_does_not_serve_there(serving, world_at, decree):
    """Where the rest does not serve, those who are bound keep what they have."""
    serving(*(limit(o, "third_country", "0", offers="services weights") for o in ("CN", "other")))
    world = world_at(0)
    third = tuple(np.flatnonzero(world.adopters.bloc == THIRD).tolist())
    labs = tuple(np.flatnonzero(np.array(world.adopters.origin) == US).tolist())
    where = {"countries": third, "labs": labs, "channels": (CONSUMER,)}
    bans = {
        "a": decree("use_ban", 1.0, "2023-01", **where),
        "b": decree("listed_until", 999.0, "2023-01", **where),
    }
    world = world_at(3, **bans)
    there = in_cell(world, world.adopters.bloc == THIRD, CONSUMER)
    assert (world.adopters.origin[world.adopters.choice[there] // 4] == US).all()


def test_limits_multiply_and_hold_at_their_place(serving):
    countries, labs = data.countries(), data.labs()
    serving(
        limit("US", "restricted", "access_restricted"),
        limit("openai", "everywhere", "0.5", channels="consumer market", offers="services weights"),
        limit("mistral", "home", "0.25"),
        limit("mistral", "elsewhere", "0"),
    )
    p = values({"access_restricted": -1.5})
    zone, table, _ = reach_of_labs(p, countries, labs)
    place = {country.code: zone[i] for i, country in enumerate(countries)}
    slot = {lab.slug: 4 * i for i, lab in enumerate(labs)}

    def reach(country: str, channel: str, lab: str, mode: int = API) -> float:
        return float(table[place[country], CHANNELS.index(channel), slot[lab] + mode])

    assert reach("IRN", "consumer", "openai") == pytest.approx(log(0.5) - 1.5)
    assert reach("IRN", "consumer", "meta") == reach("RUS", "consumer", "us_fringe") == -1.5
    assert reach("IRN", "consumer", "openai", OPEN_WEIGHTS) == pytest.approx(log(0.5))
    assert reach("KEN", "market", "openai") == pytest.approx(log(0.5))
    assert reach("KEN", "enterprise", "openai") == reach("KEN", "consumer", "meta") == 0.0
    assert reach("FRA", "consumer", "mistral") == pytest.approx(log(0.25))
    assert reach("DEU", "consumer", "mistral") == reach("IRN", "consumer", "mistral") == -inf
    assert reach("DEU", "consumer", "mistral", OPEN_WEIGHTS) == 0.0


def test_the_table_says_what_docs_say_of_it():
    """Developers are held back by nobody, and every parameter of reach is named.

    Labs without rows of their own serve everybody, but for what holds for their origin.
    """
    rows = data.serving()
    assert all("developer" not in row.channels for row in rows)
    named = {row.reach for row in rows if isinstance(row.reach, str)}
    assert named == {
        "access_restricted", "access_us_in_china", "reach_no_assistant", "reach_cn_abroad",
        "reach_cn_home", "reach_small_labs",
    }  # fmt: skip
    own = {row.lab for row in rows}
    serves = {lab.slug for lab in data.labs()} - own
    assert serves == {
        "openai", "google", "xai", "anthropic", "meta", "microsoft", "deepseek", "mistral",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "less"), [("reach_cn_abroad", -3), ("reach_cn_home", -0.7)])
def test_chinese_labs_have_fewer_users_abroad_the_less_they_reach(world_at, name, less):
    shares = [
        world_at(36, {name: reach}).observed["cn_share_abroad_consumer"] for reach in (0, less, -12)
    ]
    assert shares[0] > shares[1] > shares[2]
