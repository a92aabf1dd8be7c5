"""Who joins a measure: countries and firms by name, and countries that follow their peers."""

from itertools import pairwise
from math import log

import numpy as np
import pytest

from sim.data import countries
from sim.messages import ScenarioError
from sim.model.identity import identity
from sim.model.joining import followed
from sim.model.jurisdictions import Jurisdictions
from sim.model.law import law_of_month
from sim.model.law_fields import FIELDS
from sim.model.randomness import Streams
from sim.months import month_index
from sim.policies import LEVERS
from sim.policies.families import BindingLabs, Joinable
from sim.scenario.scenario import load
from sim.vocabulary import OTHER

JOINABLE = [key for key, cls in LEVERS.items() if issubclass(cls, Joinable)]
LABS_BOUND = [key for key, cls in LEVERS.items() if issubclass(cls, BindingLabs)]
WHERE = Jurisdictions.of_tables()
START = 36
SOON, LATE = 48, 90


def law_under(policy, key, month=START, streams=None, **fields):
    return law_of_month(WHERE, [("x", policy(key, **fields))], month, streams)


def joined(policy, key, month=START, streams=None, **fields):
    """Codes and slugs of who joined a measure."""
    one = policy(key, **fields)
    countries, labs = one.joined(law_of_month(WHERE, [("x", one)], month, streams), "x")
    return [WHERE.countries[i] for i in countries], {WHERE.labs[i] for i in labs}


def bound(law):
    """Labs and countries that the writes of a law name, in fields and in records."""
    labs, places = set(), set()
    for write in law.writes:
        axes = dict(zip(FIELDS[write.field].axes, write.where, strict=True))
        labs |= set(axes.get("class") or axes.get("lab") or getattr(write.value, "labs", ()))
        places |= set(axes.get("country") or getattr(write.value, "countries", ()))
    return {WHERE.labs[i] for i in labs}, {WHERE.countries[i] for i in places}


# by name


def test_every_lever_that_others_can_join_by_alignment_takes_names():
    assert [key for key, cls in LEVERS.items() if "allied_coverage" in cls.model_fields] == JOINABLE
    assert {"L6", "L8"} == set(JOINABLE) - set(LABS_BOUND)


@pytest.mark.parametrize("key", LABS_BOUND)
def test_a_country_joins_with_its_firms_and_a_firm_without_its_country(key, policy):
    alone, france, mistral, unnamed = (
        bound(law_under(policy, key, **fields))
        for fields in ({}, {"allies": ("FRA",)}, {"allied_labs": ("mistral",)}, {"allies": ()})
    )
    assert alone == unnamed
    assert france[0] == mistral[0] == alone[0] | {"mistral"}
    assert mistral[1] == alone[1]  # governments that join L5 bind those who modify at home
    assert france[1] == alone[1] | ({"FRA"} if key == "L5" else set())


@pytest.mark.parametrize("key", LABS_BOUND)
def test_names_add_to_those_of_the_highest_alignment(key, policy):
    _, aligned = joined(policy, key, allied_coverage=0.4)
    _, both = joined(policy, key, allied_coverage=0.4, allies=("KOR",), allied_labs=("tii",))
    assert len(aligned) == 2
    assert both == aligned | {"lg", "tii"}


def test_governments_join_audits_by_name(policy):
    alone, with_them = (
        law_under(policy, "L6", allies=allies).audits[0] for allies in ((), ("KEN", "BRA"))
    )
    assert with_them.countries == WHERE.country_indices(("USA", "KEN", "BRA"))
    ratio = with_them.audits_a_month / alone.audits_a_month
    assert ratio == pytest.approx(WHERE.economy(with_them.countries))


def test_named_countries_join_any_ban_and_aligned_ones_that_of_the_us(policy):
    for home in ("USA", "AUS", "CHN"):
        fields = {"countries": (home,), "allied_coverage": 0.1, "allies": ("FRA", "KEN")}
        law = law_under(policy, "L8", **fields)
        banning = {WHERE.countries[i] for i in np.flatnonzero(law.use_ban.any((1, 2, 3)))}
        aligned = {WHERE.countries[i] for i in WHERE.bound_countries(0.1)} if home == "USA" else ()
        assert banning == {home, "FRA", "KEN", *aligned}
        who, _ = joined(policy, "L8", **fields)
        assert set(who) == banning - {home}


def test_labs_and_governments_of_a_country_join_together_or_apart(policy):
    together = [law_under(policy, key, allies=("GBR",)) for key in ("L1", "L6")]
    assert "stability" in bound(together[0])[0]
    assert "GBR" in bound(together[1])[1]
    apart = law_under(policy, "L1", allied_labs=("stability",)), law_under(policy, "L6")
    assert bound(apart[0])[0] == bound(together[0])[0]
    assert "GBR" not in bound(apart[1])[1]


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ('allies=["CHN"]', ("allies", "'CHN' (China)", "China joins no measure of others")),
        ('allies=["FRA", "BRICS"]', ("'CHN' (China)", "a group without it")),
        ('allies=["X-CHINA-SAR"]', ("Hong Kong and Macau", "China joins no measure")),
        ('allies=["mistral"]', ("it is a lab; its home is FRA",)),
        ('allies=["US-aligne"]', ("did you mean 'US-aligned'?",)),
        ('allied_labs=["deepseek"]', ("'deepseek': a lab of CN joins no measure", "mistral")),
        ('allied_labs=["us_fringe"]', ("'us_fringe': a lab of US is bound anyway",)),
        ('allied_labs=["EU"]', ("a group of countries; labs there: mistral",)),
        ('allied_labs=["DEU"]', ("a country; labs there: none",)),
        ("mimicry=-0.1", ("must be from 0 to 12 (a year)",)),
    ],
)
def test_who_cannot_join_is_refused_with_words(setting, parts):
    with pytest.raises(ScenarioError) as refused:
        load("p1-blanket", settings=[f"policy.open-weight-control.{setting}"])
    (problem,) = refused.value.problems
    assert problem.startswith("--set: policy.open-weight-control.")
    assert [part for part in parts if part not in problem] == []


# by mimicry


def plain(members, mimicry, luck, months, parts=400):
    """Month in which each country joins, in small steps of time."""
    codes, blocs, gdp = WHERE.countries, WHERE.blocs, WHERE.gdp
    circle = ["us_aligned" if bloc == "US" else bloc for bloc in blocs]
    since = dict.fromkeys(members, 0.0)
    able = [i for i in range(len(codes)) if blocs[i] not in ("US", "CN") and i not in since]
    borne = dict.fromkeys(able, 0.0)
    limit = {i: -log(luck.uniform(identity(codes[i]))) for i in able}
    for step in range(months * parts):
        share = {}
        for i in able:
            peers = [j for j in range(len(codes)) if circle[j] == circle[i] and j != i]
            have = sum(gdp[j] for j in peers if j in since)
            share[i] = have / sum(gdp[j] for j in peers)
        for i in able:
            borne[i] += mimicry / 12.0 * share[i] / parts
            if borne[i] >= limit[i] and i not in since:
                since[i] = (step + 1) / parts
        able = [i for i in able if i not in since]
    return {codes[i]: when for i, when in since.items() if i not in members}


def test_followers_are_those_of_a_plain_count_in_small_steps():
    members = WHERE.country_indices(("USA", "FRA", "BRA", "IND", "MEX", "RUS"))
    luck = Streams(3, 0).about("joining", "L1")
    found = dict(followed(WHERE, members, 1.0, luck))
    slow = plain(members, 1.0, luck, months=6, parts=20)
    assert len(slow) > 8
    assert {WHERE.blocs[WHERE.countries.index(code)] for code in slow} >= {
        "us_aligned",
        "third_country",
    }
    clear = {code for code, when in found.items() if when <= 5.5}
    assert clear <= slow.keys() <= {code for code, when in found.items() if when <= 6.1}
    for code in clear:
        assert slow[code] == pytest.approx(found[code], abs=0.15)


@pytest.mark.parametrize("key", JOINABLE)
def test_mimicry_draws_nothing_where_it_is_0_and_nobody_follows_at_the_start(key, policy):
    class NoDraws(Streams):
        def about(self, decision, subject):
            assert decision != "joining"
            return super().about(decision, subject)

    for month in (START, LATE):
        assert joined(policy, key, month, NoDraws(1, 0)) == joined(policy, key, month)
    strong = policy(key, mimicry=12.0)
    assert strong.followers(START - 1, Streams(1, 0)) == ()
    assert strong.followers(START, Streams(1, 0)) == ()
    assert strong.followers(LATE, None) == ()
    assert strong.followers(LATE, Streams(1, 0))


@pytest.mark.parametrize("key", JOINABLE)
def test_who_followed_stays_while_the_measure_is_in_force(key, policy):
    one = policy(key, mimicry=0.5, end="2030-01")
    for replication in range(3):
        streams = Streams(1, replication)
        path = [set(one.followers(month, streams)) for month in range(START, month_index(one.end))]
        assert all(less <= more for less, more in pairwise(path))
        assert path[0] < path[-1]
        assert one.followers(month_index(one.end), streams) == ()


def test_a_follower_comes_with_its_firms_and_its_government(policy):
    streams = Streams(1, 0)
    for key in ("L1", "L5", "L6", "L8"):
        fields = {"mimicry": 12.0} | ({"countries": ("USA",)} if key == "L8" else {})
        followers = policy(key, **fields).followers(LATE, streams)
        assert {"FRA", "CAN", "KOR"} <= set(followers)
        labs, places = bound(law_under(policy, key, LATE, streams, **fields))
        assert (key in LABS_BOUND) == ({"mistral", "cohere", "lg"} <= labs)
        assert (key != "L1") == ({"FRA", "CAN", "KOR"} <= places)
        assert "ARE" not in followers  # nobody of its bloc was first


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        ({"mimicry": 0.3}, {"mimicry": 0.5}),
        ({"mimicry": 0.3}, {"mimicry": 0.3, "allies": ("DEU", "BRA")}),
        ({"mimicry": 0.3, "allies": ("BRA",)}, {"mimicry": 0.3, "allies": ("BRA", "IND", "ZAF")}),
        ({"mimicry": 0.3}, {"mimicry": 0.3, "allied_coverage": 0.4}),
        ({"mimicry": 0.0, "allies": ("BRA",)}, {"mimicry": 0.1, "allies": ("BRA",)}),
    ],
)
def test_stronger_mimicry_and_more_first_movers_only_add_members(weak, strong, policy):
    more = 0
    for replication in range(12):
        for month in (SOON, LATE):
            few, many = (
                {WHERE.countries[i] for i in one.members(WHERE, one.followers(month, streams))}
                for one, streams in (
                    (policy("L6", **fields), Streams(5, replication)) for fields in (weak, strong)
                )
            )
            assert few <= many
            extra = many - few - set(strong.get("allies", ()))
            more += len(extra)
    assert more > 0


def test_more_coverage_of_labs_takes_no_firm_away_that_would_have_followed(policy):
    for replication in range(20):
        streams = Streams(6, replication)
        few, many = (
            bound(law_under(policy, "L1", LATE, streams, mimicry=0.5, allied_coverage=share))[0]
            for share in (0.0, 0.3)
        )
        assert few <= many


def test_the_share_of_peers_counts_by_weight(policy):
    """With its largest economy a bloc follows sooner than with a small one."""
    chances = []
    for first in ("IND", "BDI"):
        one = policy("L6", mimicry=0.5, allies=(first,))
        third = [c.code for c in countries() if c.bloc == "third_country" and c.code != first]
        found = [set(one.followers(LATE, Streams(2, k))) & set(third) for k in range(10)]
        chances.append(sum(map(len, found)))
    assert chances[0] > 10 * chances[1]


def test_followers_of_others_than_the_us_have_no_peer_in_it(policy):
    ban = {"countries": ("RUS",), "mimicry": 12.0}
    found = policy("L8", **ban).followers(LATE, Streams(1, 0))
    assert {WHERE.blocs[WHERE.countries.index(code)] for code in found} == {"restricted"}
    american = policy("L8", countries=("USA",), mimicry=12.0).followers(LATE, Streams(1, 0))
    assert {WHERE.blocs[WHERE.countries.index(code)] for code in american} == {"us_aligned"}


def test_luck_goes_by_lever_and_country_and_not_by_row(policy):
    luck = Streams(1, 0).about("joining", "L6")
    reverse = list(reversed(range(len(WHERE.countries))))
    places = ("countries", "blocs", "alignment", "people_m", "gdp", "eu")
    turned = {name: tuple(getattr(WHERE, name)[i] for i in reverse) for name in places}
    labs = {
        "labs": WHERE.labs,
        "lab_origins": WHERE.lab_origins,
        "lab_homes": tuple(reverse.index(home) for home in WHERE.lab_homes),
        "fringe": WHERE.fringe,
    }
    other = Jurisdictions(**turned, **labs)
    ours, theirs = (
        dict(followed(where, where.country_indices(("USA", "BRA")), 0.5, luck))
        for where in (WHERE, other)
    )
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()))
    assert set(followed(WHERE, (WHERE.countries.index("USA"),), 0.0, luck)) == set()
    two = Streams(1, 0)
    assert policy("L6", mimicry=0.3).followers(SOON, two) != policy("L1", mimicry=0.3).followers(
        SOON, two
    )


# in a world


def test_mimicry_starts_when_a_monitor_switches_the_measure_on(policy, world_at):
    watch = policy(
        "L14", start="2024-01", indicator="incidents", threshold=0.0, when="above",
        switch_off=(), switch_on=("audits",),
    )  # fmt: skip
    audits = policy("L6", start="2023-06", mimicry=3.0)
    world = world_at(42, watch=watch, audits=audits)
    begun = month_index(dict(world.policies)["audits"].start)
    assert begun > month_index("2024-01")
    found = []
    for month in range(begun, world.month + 1):
        late = dict(world.policies)["audits"].followers(month, world.streams)
        assert late == audits.followers(month_index(audits.start) + month - begun, world.streams)
        found.append(len(late))
    assert found[0] == 0 < found[-1]
    (programme,) = world.law.audits
    assert len(programme.countries) == 1 + found[-1]


def test_runs_in_which_the_same_have_joined_share_a_law_and_it_is_made_anew_when_one_joins(
    policy, world_at
):
    world = world_at(37, control=policy("L6", mimicry=1.0))
    found, laws = [], []
    while len(found) < 8:
        world.step()
        found.append(world.law.states["control"].followers)
        laws.append(world.law)
        programme = world.law.audits[0]
        assert programme.countries == world.jurisdictions.country_indices(("USA", *found[-1]))
    for (before, old), (after, new) in pairwise(zip(found, laws, strict=True)):
        assert (before == after) == (old is new)
    assert len(set(found)) > 2


def test_nobody_who_hears_of_a_measure_foresees_who_will_follow(policy, world_at):
    """The law that labs expect has those who joined by now, and none of a measure to come."""
    follow = {"mimicry": 6.0, "anticipation_months": 6}
    coming = policy("L1", start="2025-06", **follow)
    standing = policy("L5", start="2024-06", **follow)
    world = world_at(27, coming=coming, standing=standing)
    start = month_index(coming.start)
    expected = world.prospect(start + 12)
    assert expected.states["coming"].followers == ()
    assert coming.followers(start + 12, world.streams) != ()
    now = standing.followers(world.month, world.streams)
    assert expected.states["standing"].followers == now
    assert now != standing.followers(start + 12, world.streams)


def test_the_jurisdictions_tell_who_is_bound():
    mistral, lg = WHERE.labs.index("mistral"), WHERE.labs.index("lg")
    us = set(WHERE.bound_labs())
    assert set(WHERE.bound_labs(0.0, ("FRA",))) == us | {mistral}
    assert set(WHERE.bound_labs(0.0, ("FRA",), ("lg",))) == us | {mistral, lg}
    assert set(WHERE.bound_labs(1.0)) == us | set(WHERE.labs_of(OTHER))
    assert set(WHERE.bound_labs(0.0, ("CHN", "DEU"))) == us
    fringe = WHERE.labs.index("us_fringe")
    assert set(WHERE.covered_labs(0.0, ("FRA",))) == us | {mistral, fringe}


def test_a_country_without_weight_changes_nothing():
    none = Jurisdictions(
        countries=("USA", "FRA"), blocs=("US", "us_aligned"), alignment=(1.0, 0.5),
        people_m=(1.0, 1.0), gdp=(0.0, 0.0), eu=(False, True), labs=(), lab_origins=(),
        lab_homes=(), fringe=(),
    )  # fmt: skip
    assert followed(none, (0,), 12.0, Streams(1, 0).about("joining", "L1")) == ()
