"""Outcomes of a finished run, counted again by hand over its adopters, incidents and catalogue."""

from collections import Counter

import numpy as np
import pytest

from sim.model.outcomes import OUTCOMES
from sim.model.parameters import by_channel
from sim.model.uptake import Curve
from sim.vocabulary import CHANNELS

OUTSIDE = ("us_aligned", "third_country", "restricted")
REGIONS = {
    "world": ("US", "CN", *OUTSIDE),
    "abroad": OUTSIDE,
    **{bloc: (bloc,) for bloc in OUTSIDE},
    "us": ("US",),
    "cn": ("CN",),
    "eu": ("EU",),
}  # fmt: skip


def areas(country):
    """The bloc of a country, and the EU if it is a member."""
    return (country.bloc, "EU") if country.eu else (country.bloc,)


@pytest.fixture(scope="module")
def world(default_run):
    return default_run[0]


@pytest.fixture(scope="module")
def mix(world):
    weights = by_channel(world.p, "mix")
    return [w / sum(weights) for w in weights]


@pytest.fixture(scope="module")
def users(world):
    """Use by (area, channel, family, open or closed) and by (country, channel).

    From the adopters one by one.
    """
    inside = {country.code: areas(country) for country in world.countries}
    by_kind, by_country = Counter(), Counter()
    for adopter in world.adopters:
        code, weight = adopter.country, adopter.weight
        opened = adopter.mode.startswith("open")
        for area in inside[code]:
            by_kind[area, adopter.channel, adopter.family, opened] += weight
        by_country[code, adopter.channel] += weight
    return by_kind, by_country


def test_every_row_reads_its_function_or_its_cell(world):
    """What is read in one go is what each row says by itself."""
    for name, row in OUTCOMES.items():
        found = row.function(world)
        assert world.observed[name] == (
            found if row.cell is None else np.asarray(found)[row.cell]
        ), name
    assert list(world.observed) == list(OUTCOMES)


def is_kind(world, kind, family, opened):
    return opened if kind == "open" else world.labs[world.slugs[family]].info.origin.lower() == kind


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("kind", ["us", "cn", "open"])
def test_shares_of_use(world, users, mix, kind, region):
    hub = (
        {"market": world.p.china_tokens, "developer": world.p.china_downloads}
        if region == "world"
        else {}
    )
    shares = []
    for channel in CHANNELS:
        used = total = 0.0
        for (bloc, h, family, opened), weight in users[0].items():
            if h == channel and bloc in REGIONS[region]:
                seen = weight * (hub.get(channel, 1.0) if bloc == "CN" else 1.0)
                total += seen
                used += seen if is_kind(world, kind, family, opened) else 0.0
        shares.append(used / total)
        assert world.observed[f"{kind}_share_{region}_{channel}"] == pytest.approx(
            shares[-1], abs=1e-9
        )
    mixed = sum(w * share for w, share in zip(mix, shares, strict=True))
    assert world.observed[f"{kind}_share_{region}"] == pytest.approx(mixed, abs=1e-9)


def spread(shares):
    return 1.0 - sum(x * x for x in shares)


def test_spread_over_labs_and_countries(world, users, mix):
    mixes = Counter(), Counter()
    for h, channel in enumerate(CHANNELS):
        labs, countries = Counter(), Counter()
        for (area, seen, family, _), weight in users[0].items():
            labs[family] += weight if seen == channel and area != "EU" else 0.0
        for (country, seen), weight in users[1].items():
            countries[country] += weight if seen == channel else 0.0
        for name, part, mixed in (("labs", labs, mixes[0]), ("countries", countries, mixes[1])):
            shares = {key: x / sum(part.values()) for key, x in part.items()}
            assert world.observed[f"power_{name}_{channel}"] == pytest.approx(
                spread(shares.values()), abs=1e-6
            )
            for key, share in shares.items():
                mixed[key] += mix[h] * share
    assert world.observed["power_labs"] == pytest.approx(spread(mixes[0].values()), abs=1e-6)
    assert world.observed["power_countries"] == pytest.approx(spread(mixes[1].values()), abs=1e-6)
    for family, share in mixes[0].items():
        assert world.observed[f"family_share_{family}"] == pytest.approx(share, abs=1e-6)


def test_shares_of_labs_at_home_in_the_eu(world, users, mix):
    """Of Mistral, the one lab of the table whose home is a member."""
    ours = {lab.info.slug for lab in world.labs if world.countries[lab.home].eu}
    assert ours == {"mistral"}
    for name, within in (("in_eu", True), ("outside_eu", False)):
        shares = []
        for channel in CHANNELS:
            used = Counter()
            for (area, h, family, _), weight in users[0].items():
                if h == channel:  # outside is what the blocs have less what the EU has
                    sign = (1.0 if within else -1.0) if area == "EU" else float(not within)
                    used[family in ours] += sign * weight
            shares.append(used[True] / sum(used.values()))
            found = world.observed[f"eu_labs_{name}_{channel}"]
            assert found == pytest.approx(shares[-1], abs=1e-9)
        mixed = sum(w * share for w, share in zip(mix, shares, strict=True))
        assert world.observed[f"eu_labs_{name}"] == pytest.approx(mixed, abs=1e-9)
    assert world.observed["eu_labs_in_eu"] > world.observed["eu_labs_outside_eu"]


@pytest.mark.parametrize("region", REGIONS)
def test_people_who_use_ai(world, region):
    here = [c for c in world.country_agents if set(areas(c.info)) & set(REGIONS[region])]
    people = sum(c.info.working_age_m for c in here)
    users = sum(c.info.working_age_m * c.use["consumer"] for c in here)
    assert world.observed[f"use_{region}"] == pytest.approx(users / people, rel=1e-9)


def test_dependence_is_the_largest_share(world):
    us, cn = world.observed["us_share_abroad"], world.observed["cn_share_abroad"]
    assert world.observed["dependence_abroad"] == pytest.approx(
        max(us, cn, 1.0 - us - cn), abs=1e-9
    )


def test_best_releases_and_lags(world):
    c, n = world.catalogue.columns, len(world.catalogue)
    names = {"us": 0, "cn": 1}
    groups = {
        **{name: [r for r in range(n) if c.origin[r] == origin] for name, origin in names.items()},
        "open": [r for r in range(n) if c.mode[r] >= 2],
        "closed": [r for r in range(n) if c.mode[r] < 2],
        "all": range(n),
    }
    for name, rows in groups.items():
        assert world.observed[f"frontier_{name}"] == max(c.capability[r] for r in rows)
    best = world.observed["frontier_all"] - max(
        c.capability[r] for r in range(n) if c.month[r] <= world.month - 12
    )
    assert world.observed["frontier_growth"] == pytest.approx(best)
    for name, (leader, follower) in {
        "us_cn": ("us", "cn"),
        "open_closed": ("closed", "open"),
    }.items():
        reached = max(c.capability[r] for r in groups[follower])
        ahead = [max(0, c.month[r]) for r in groups[leader] if c.capability[r] > reached]
        assert world.observed[f"lag_{name}_true"] == (world.month - min(ahead) if ahead else 0)


def test_incidents_fall_into_every_table_once(world):
    seen = world.scene.incidents
    assert world.observed["incidents"] == len(seen) > 0
    for field, prefix in (("kind", ""), ("route", ""), ("domain", ""), ("origin", "origin_")):
        counts = Counter(getattr(i, field) for i in seen)
        for value, count in counts.items():
            assert world.observed[f"incidents_{prefix}{value}"] == count


# diffusion


def half_of_peak(shares, month):
    """First month in which a path, known up to a month, had reached half of its highest value.

    None before any use.
    """
    known = shares[: month + 1]
    return (
        next((m for m, share in enumerate(known) if share >= max(known) / 2.0), None)
        if max(known) > 0.0
        else None
    )


def test_months_to_half_of_peak(default_run):
    world, run = default_run
    c, n = world.catalogue.columns, len(world.catalogue)
    seen = Counter()
    for lab in world.labs:
        slug = lab.info.slug
        shares = run.values[:, run.names.index(f"family_share_{slug}")].tolist()
        months = run.values[:, run.names.index(f"months_to_half_peak_{slug}")].tolist()
        first = min(
            (max(0, c.month[row]) for row in range(n) if c.lab[row] == lab.index), default=None
        )
        for month in range(len(run.months)):
            half = half_of_peak(shares, month)
            assert months[month] == (0 if half is None else half - first), (slug, run.months[month])
        assert months == sorted(months)
        seen["later than the launch" if months[-1] else "at once"] += 1
    assert min(seen["later than the launch"], seen["at once"]) > 0


def test_a_curve_by_hand():
    curve = Curve()
    assert curve.months_to_half_peak() == 0
    found = []
    for month, share in enumerate((0.0, 0.0, 0.01, 0.02, 0.1, 0.3, 0.2, 0.05)):
        if month == 1:
            curve.begin(month)
        curve.add(share)
        found.append(curve.months_to_half_peak())
    assert found == [0, 0, 1, 1, 3, 4, 4, 4]
    curve.begin(7)
    assert curve.launch == 1
    old = Curve()
    old.begin(-1)
    assert old.launch == 0


def test_use_by_country_adds_up_to_the_regions(default_run):
    """Every half-year: use and shares of countries, by size, against the series of regions."""
    world, run = default_run
    assert run.moments == tuple(
        f"{year}-{half}" for year in range(2023, 2031) for half in ("06", "12")
    )
    assert run.countries.shape == (16, len(world.countries), len(CHANNELS), 4)
    people = np.array([c.working_age_m for c in world.countries])
    bloc, eu = (np.array([getattr(c, name) for c in world.countries]) for name in ("bloc", "eu"))
    for moment, table in zip(run.moments, run.countries.astype(float), strict=True):
        then = dict(zip(run.names, run.values[run.months.index(moment)].tolist(), strict=True))
        for region, blocs in REGIONS.items():
            here = eu if region == "eu" else np.isin(bloc, blocs)
            used = float(people[here] @ table[here, 0, 0] / people[here].sum())
            assert then[f"use_{region}"] == pytest.approx(used, rel=1e-5)
            for h, channel in enumerate(CHANNELS):
                weight = world.adopters.size[here, h] * table[here, h, 0]
                if region == "world":
                    hub = {
                        "market": world.p.china_tokens,
                        "developer": world.p.china_downloads,
                    }.get(channel, 1.0)
                    weight = weight * np.where(bloc[here] == "CN", hub, 1.0)
                us, cn, other = weight @ table[here, h, 1:] / weight.sum()
                assert then[f"us_share_{region}_{channel}"] == pytest.approx(us, abs=1e-5)
                assert then[f"cn_share_{region}_{channel}"] == pytest.approx(cn, abs=1e-5)
                assert us + cn + other == pytest.approx(1.0, abs=1e-5)
