"""Bans of use (L8): who obeys, from when on, and which allies ban too."""

import numpy as np
import pytest

from sim import data
from sim.model.kernels.bans import fill_barred
from sim.vocabulary import (
    API,
    CHANNELS,
    CN,
    DEVELOPER,
    DOWNLOADED,
    GATED,
    GOVERNMENT,
    HOSTED,
    OPEN_WEIGHTS,
    SERVICE,
    US,
)  # fmt: skip
from tests.policies.conftest import named, under


def banned_use(world, country, channel, origin=CN):
    i = next(i for i, c in enumerate(world.countries) if c.code == country)
    return [
        a.index
        for a in world.adopters.of(i)
        if a.channel == channel and a.family and named(world, a.family).origin == origin
    ]


def test_who_is_banned_leaves_at_once_and_only_they(world_at, policy):
    plain = world_at(33)
    ban = {
        "countries": ("USA", "DEU"), "sectors": ("developer",), "compliance_private": 1.0,
        "waiver_rate": 0.0, "start": "2025-09",
    }  # fmt: skip
    bound = world_at(33, ban=policy("L8", **ban))
    for country in ("USA", "DEU"):
        assert banned_use(plain, country, "developer")
        assert banned_use(bound, country, "developer") == []
    changed = {
        plain.adopters[i].country
        for i in np.flatnonzero(plain.adopters.choice != bound.adopters.choice).tolist()
    }
    assert changed == {"USA", "DEU"}
    channels = {
        plain.adopters[i].channel
        for i in np.flatnonzero(plain.adopters.choice != bound.adopters.choice).tolist()
    }
    assert channels == {"developer"}


def test_compliance_and_waivers_decide_how_many_obey(world_at, policy):
    fields = {"countries": ("USA",), "sectors": ("developer",), "start": "2025-09"}
    users = [
        set(
            banned_use(
                world_at(33, ban=policy("L8", compliance_private=c, waiver_rate=w, **fields)),
                "USA",
                "developer",
            )
        )
        for c, w in ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (1.0, 0.0))
    ]
    assert users[3] == set()
    assert users[1] <= users[2] <= users[0]
    assert users[1] != users[0]


def test_a_release_is_banned_from_the_list_after_it(policy, world_at, release_by_hand):
    """A list is renewed every three months.

    A strong release that comes out after it is used until the next one.
    """
    ban = policy(
        "L8", start="2025-09", countries=("USA",), sectors=("developer",), compliance_private=1.0,
        waiver_rate=0.0, list_update_days=91,
    )  # fmt: skip
    assert [ban.listed(m) for m in range(32, 40)] == [32, 32, 32, 35, 35, 35, 38, 38]
    world = world_at(33, ban=ban)
    world.month += 1
    world.renew_law()
    lab = named(world, "alibaba")
    release_by_hand(world, capability=400.0, lab=lab)
    world.month -= 1
    used = []
    for _ in range(3):
        world.step()
        used.append(len(banned_use(world, "USA", "developer")))
    assert used[0] > 0
    assert used[2] == 0


def test_who_obeys_a_ban_is_held_by_contracts_like_everybody(world_at, decree):
    """Users of US releases choose under a ban as if nobody could reach what it forbids.

    Lock-in included.
    """
    chinese = tuple(i for i, lab in enumerate(data.labs()) if lab.origin == "CN")
    lock = {"lock": decree("lock_in", 1.5, "2025-06", origins=(US,))}
    ban = {
        "ban": decree("use_ban", 1.0, "2025-09", labs=chinese),
        "list": decree("listed_until", 99.0, "2025-09"),
    }
    before = world_at(32, **lock).adopters
    banned = world_at(33, **lock, **ban).adopters
    barred = world_at(33, **lock, bar=decree("access", 1e-30, "2025-09", origins=(CN,))).adopters
    free = world_at(33, **lock).adopters
    slots = len(banned.world.labs) * 4
    us_slots = [slot for slot in range(slots) if banned.world.labs[slot // 4].origin == US]
    others = np.repeat(
        np.arange(banned.start.size - 1) % len(CHANNELS) != DEVELOPER, np.diff(banned.start)
    )
    held = np.isin(before.choice, us_slots) & others
    assert (banned.choice[held] != free.choice[held]).sum() > 5
    np.testing.assert_array_equal(banned.choice[held], barred.choice[held])


def test_a_ban_of_a_lab_by_name_leaves_others_of_its_origin_alone(policy, world_at):
    ban = policy(
        "L8", labs=("alibaba",), start="2025-09", countries=("USA",), sectors=("developer",),
        compliance_private=1.0, waiver_rate=0.0,
    )  # fmt: skip
    plain, bound = world_at(33), world_at(33, ban=ban)

    def users(world, slug):
        places = banned_use(world, "USA", "developer")
        return {a for a in places if world.adopters[a].family == slug}

    assert users(plain, "alibaba")
    assert users(bound, "alibaba") == set()
    assert users(plain, "deepseek")
    assert users(bound, "deepseek") >= users(plain, "deepseek")


def test_what_a_lab_banned_by_name_brings_out_is_barred_from_its_first_day(
    policy, world_at, release_by_hand
):
    """Other bans hold for what is on the list, which is years old here."""
    fields = {
        "start": "2025-01", "countries": ("USA",), "sectors": ("developer",),
        "compliance_private": 1.0, "waiver_rate": 0.0, "list_update_days": 3650,
    }  # fmt: skip
    for ban, left in (
        (policy("L8", labs=("alibaba",), **fields), False),
        (policy("L8", **fields), True),
    ):
        world = world_at(33, ban=ban)
        release_by_hand(world, capability=400.0, lab=named(world, "alibaba"))
        world.step()
        used = {world.adopters[a].family for a in banned_use(world, "USA", "developer")}
        assert ("alibaba" in used) == left


def test_allies_that_ban_too(world, policy):
    law = under(world, policy("L8", allied_coverage=0.5, sectors=("government",))).law
    banned = law.use_ban[:, :, GOVERNMENT].max(axis=2)
    assert {world.countries[i].bloc for i in np.flatnonzero(banned.any(1))} == {"US", "us_aligned"}
    assert {world.labs[i].origin for i in np.flatnonzero(banned.any(0))} == {CN}
    assert (law.use_ban.any((0, 2, 3)) == [lab.origin == CN for lab in world.labs]).all()


def test_allies_join_a_ban_of_the_us_and_no_other(world, policy):
    def banning(**fields):
        return {
            world.jurisdictions.countries[i]
            for i in np.flatnonzero(under(world, policy("L8", **fields)).law.use_ban.any((1, 2, 3)))
        }

    assert banning(countries=("CHN",), origins=("US",), allied_coverage=0.8) == {"CHN"}
    assert len(banning(countries=("USA",), allied_coverage=0.8)) > 10


def test_where_all_is_banned_people_choose_as_without_a_ban(world_at, decree):
    """Nobody is left without a choice."""
    everything = {
        "ban": decree("use_ban", 1.0, "2025-09"),
        "list": decree("listed_until", 99.0, "2025-09"),
    }
    free, banned = world_at(33), world_at(33, **everything)
    assert banned.law.banned.size > 0
    np.testing.assert_array_equal(banned.adopters.choice, free.adopters.choice)


# offers: service, weights at hosts, weights on machines of one's own

IN_CHINA = {
    "start": "2025-09", "countries": ("CHN",), "sectors": CHANNELS, "compliance": 1.0,
    "compliance_private": 1.0, "waiver_rate": 0.0,
}  # fmt: skip


def left(world_at, policy, parameters=None, **fields):
    """Adopters in China who use Chinese releases under a ban: of services, and of weights."""
    ban = {"ban": policy("L8", **IN_CHINA, **fields)} if fields else {}
    world = world_at(33, parameters, **ban)
    users = [i for channel in CHANNELS for i in banned_use(world, "CHN", channel)]
    served = {i for i in users if world.adopters[i].mode == "api"}
    return served, set(users) - served


def test_who_is_bound_by_a_narrower_ban_is_bound_by_a_wider_one(world_at, policy):
    offers = (("service",), ("service", "hosted"), ("service", "hosted", "downloaded"))
    (_, free), *found = (
        left(world_at, policy, **({"offers": x} if x else {})) for x in (None, *offers)
    )
    assert [served for served, _ in found] == [set()] * 3  # a closed service is a service to all
    by_app, by_host, by_any = (weights for _, weights in found)
    assert by_any == set()
    assert set() < by_host < by_app
    assert free - by_app
    assert free - by_host > free - by_app


def test_a_ban_of_weights_leaves_services_alone(world_at, policy):
    free, _ = left(world_at, policy)
    served, weights = left(world_at, policy, offers=("hosted", "downloaded"))
    assert served >= free
    assert free
    assert weights < left(world_at, policy)[1]


def test_who_would_use_a_host_instead_keeps_the_weights(world_at, policy):
    """That is their own choice, and none where hosts are banned too."""
    names = (f"{name}_{channel}" for name in ("own_service", "other_host") for channel in CHANNELS)
    shares = dict.fromkeys(names, 0.5)
    _, free = left(world_at, policy, shares)
    for moving, kept in ((1.0, 1.0), (0.5, 0.75), (0.0, 0.5)):
        parameters = {**shares, "host_instead": moving}
        _, weights = left(world_at, policy, parameters, offers=("service",))
        assert len(free & weights) / len(free) == pytest.approx(kept, abs=0.1)
    _, most = left(world_at, policy, {**shares, "host_instead": 1.0}, offers=("service", "hosted"))
    _, least = left(world_at, policy, {**shares, "host_instead": 0.0}, offers=("service", "hosted"))
    assert most == least


def test_the_app_of_one_lab_can_be_banned_alone(world_at, policy):
    """With or without ``labs`` an offer means the same."""
    app = policy("L8", labs=("deepseek",), offers=("service",), **IN_CHINA)
    both = policy("L8", labs=("deepseek",), **IN_CHINA)
    users = []
    for ban in ({}, {"ban": app}, {"ban": both}):
        world = world_at(33, **ban)
        users.append(
            {
                i
                for channel in CHANNELS
                for i in banned_use(world, "CHN", channel)
                if world.adopters[i].family == "deepseek"
            }
        )
    free, app_banned, all_banned = users
    assert all_banned == set()
    assert app_banned
    assert free - app_banned
    assert app_banned <= free


@pytest.mark.parametrize(
    ("mode", "offer", "bound"),
    [
        (API, SERVICE, (1, 1, 1, 1)),
        (API, HOSTED, (0, 0, 0, 0)),
        (GATED, SERVICE, (0, 0, 0, 0)),
        (GATED, HOSTED, (1, 1, 1, 0)),
        (GATED, DOWNLOADED, (0, 0, 0, 1)),
        (OPEN_WEIGHTS, SERVICE, (1, 0, 0, 0)),
        (OPEN_WEIGHTS, HOSTED, (0, 0, 1, 0)),
        (OPEN_WEIGHTS, DOWNLOADED, (0, 0, 0, 1)),
    ],
)
def test_whom_a_ban_of_one_offer_binds_by_mode_and_way_of_use(mode, offer, bound):
    """Nobody runs gated weights as the service of their lab: who would takes them from a host."""
    barred = np.full(4, np.nan)
    fill_barred(barred, mode, *(float(offer == one) for one in (SERVICE, HOSTED, DOWNLOADED)))
    assert tuple(barred) == bound


def test_who_chooses_again_meets_the_barriers_of_the_own_country(world_at, decree):
    """A denial of US weights in a country reaches those too whom a ban makes choose again."""
    usa = next(i for i, c in enumerate(world_at(33).countries) if c.code == "USA")
    place = {"countries": (usa,), "channels": (DEVELOPER,)}
    chinese = {**place, "labs": tuple(lab.index for lab in world_at(33).labs if lab.origin == CN)}
    ban = {
        "ban": decree("use_ban", 1.0, "2025-09", **chinese),
        "list": decree("listed_until", 99.0, "2025-09", **chinese),
    }
    denied = decree("denial", 30.0, "2025-09", origins=(US,), **place)
    free, barred = world_at(33, **ban), world_at(33, **ban, denied=denied)
    moved = set(banned_use(world_at(33), "USA", "developer"))
    used = [
        {i for i in banned_use(world, "USA", "developer", US) if i in moved}
        for world in (free, barred)
    ]
    assert used[0]
    assert len(used[1]) < len(used[0])
