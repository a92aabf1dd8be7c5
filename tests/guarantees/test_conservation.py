"""What holds in every month of every run: nothing is lost, counted twice or out of range."""

from itertools import pairwise

import mesa
import numpy as np
import pytest

from sim.model.agents.auditor import Assessor, Auditor
from sim.model.agents.country import Country
from sim.model.agents.government import Government
from sim.model.agents.lab import Lab
from sim.model.agents.malicious import MaliciousActor
from sim.model.kernels.choice import NONE
from sim.model.outcomes import OUTCOMES
from sim.model.world import World
from sim.scenario.scenario import load
from sim.vocabulary import ACTOR_KINDS, API, CHANNELS, DOMAINS, GATED, MODES, OPEN_WEIGHTS, REGIONS
from sim.vocabulary import ROUTE_KINDS as KINDS_OF_ROUTE
from tests.guarantees.monthly import look

# Rounding: shares are sums of float32 over 29 families.
EPS = 1e-5
# Totals by kind, and the series that must add up to them.
PARTS_OF_INCIDENTS = (
    tuple(f"incidents_{name}" for name in ACTOR_KINDS),
    tuple(f"incidents_{name}" for name in KINDS_OF_ROUTE),
    tuple(f"incidents_{name}" for name in DOMAINS),
    tuple(f"incidents_origin_{name}" for name in ("us", "cn", "other", "no_model")),
)


@pytest.fixture(scope="module", params=["status-quo", "everything", "free"])
def months(request, status_quo, everything):
    """A world that was checked month by month while it ran.

    What each month left, and the world at its end.
    """
    scenario = {
        "status-quo": load("status-quo"),
        "everything": everything,
        "free": status_quo.model_copy(update={"history": "free"}),
    }[request.param]
    world = World(scenario, rng=1)
    found = []
    while world.running:
        bans, use = world.actors.banned_until.copy(), world.use.copy()
        world.step()
        found.append(look(world, bans, use))
    return found, world


# shares and counts


def test_every_adopter_uses_one_living_alternative(months):
    found, world = months
    start = world.adopters.start
    cells = np.repeat(np.arange(start.size - 1), np.diff(start))
    for month in found:
        assert (month["choice"] != NONE).all()
        assert set(np.unique(month["choice"]).tolist()) <= month["alive"]
        counted = np.zeros_like(month["counts"])
        np.add.at(counted, (cells, month["choice"]), 1)
        np.testing.assert_array_equal(counted, month["counts"])
        np.testing.assert_array_equal(month["counts"].sum(axis=1), np.diff(start))


def test_shares_sum_to_one(months):
    found, world = months
    for month in found:
        np.testing.assert_allclose(month["country"].sum(axis=1), 1.0, atol=EPS)
        np.testing.assert_allclose(month["world"].sum(axis=1), 1.0, atol=EPS)
        np.testing.assert_allclose(month["slot"].sum(axis=1), 1.0, atol=1e-12)
        origins, opened = month["region"][:, :, :3], month["region"][:, :, 3]
        np.testing.assert_allclose(origins.sum(axis=2), 1.0, atol=1e-12)
        assert (opened >= 0.0).all()
        assert (opened <= 1.0 + 1e-12).all()
        assert abs(sum(month["shares"]) - 1.0) < 1e-9
    np.testing.assert_allclose(world.series().countries[..., 1:].sum(axis=3), 1.0, atol=EPS)
    np.testing.assert_allclose(world.use_of_releases.sum(), 1.0, atol=1e-12)


def test_regions_are_the_countries_they_name(months):
    """Shares of every region counted again, adopter by adopter."""
    _, world = months
    adopters, p = world.adopters, world.p
    cells = np.repeat(np.arange(adopters.start.size - 1), np.diff(adopters.start))
    country, channel = cells // len(CHANNELS), cells % len(CHANNELS)
    bloc = np.array([c.bloc for c in world.countries])[country]
    weight = (adopters.size * world.use).ravel()[cells] / np.diff(adopters.start)[cells]
    # Hubs see some of China's downloads, routers some of its tokens.
    china = np.array([1.0, p.china_tokens, 1.0, p.china_downloads, 1.0])[channel]
    origin = np.array([lab.origin for lab in world.labs])[adopters.choice // len(MODES)]
    kinds = [origin == 0, origin == 1, origin == 2, adopters.choice % len(MODES) >= OPEN_WEIGHTS]
    regions = {
        "world": weight * np.where(bloc == "CN", china, 1.0),
        "abroad": weight * ((bloc != "US") & (bloc != "CN")),
        **{name: weight * (bloc == name) for name in ("us_aligned", "third_country", "restricted")},
        "us": weight * (bloc == "US"),
        "cn": weight * (bloc == "CN"),
        "eu": weight * np.array([c.eu for c in world.countries])[country],
    }
    assert tuple(regions) == REGIONS
    for r, counted in enumerate(regions.values()):
        for h in range(len(CHANNELS)):
            here = counted * (channel == h)
            expected = [here[kind].sum() / here.sum() for kind in kinds]
            np.testing.assert_allclose(world.tally.region[r, h], expected, rtol=1e-9, atol=1e-12)
    people = adopters.own_people
    outside = np.array([c.bloc not in ("US", "CN") for c in world.countries])
    expected = (people * world.use[:, 0])[outside].sum() / people[outside].sum()
    np.testing.assert_allclose(world.tally.people[REGIONS.index("abroad")], expected)


def test_ways_of_counting_agree(months):
    """Series of parts against series of wholes, in every month."""
    run = months[1].series()
    values = {name: run.values[:, i].astype(float) for i, name in enumerate(run.names)}
    families = [name for name in run.names if name.startswith("family_share_")]
    np.testing.assert_allclose(sum(values[name] for name in families), 1.0, atol=EPS)
    for parts in PARTS_OF_INCIDENTS:
        np.testing.assert_array_equal(sum(values[name] for name in parts), values["incidents"])
    by_base = sum(values[f"application_value_{name}_base"] for name in ("us", "cn", "other"))
    blocs = ("us", "cn", "us_aligned", "third_country", "restricted")
    by_place = sum(values[f"application_value_{name}"] for name in blocs)
    np.testing.assert_allclose(by_base, values["application_value"], rtol=EPS)
    np.testing.assert_allclose(by_place, values["application_value"], rtol=EPS)
    by_actor = sum(values[f"harm_{name}"] for name in ACTOR_KINDS)
    np.testing.assert_allclose(by_actor, values["cn_state_harm"] + values["other_harm"], rtol=EPS)
    assert (values["idea_share_us"] + values["idea_share_cn"] <= 1.0 + EPS).all()
    assert (np.abs(values["uplift_us_releases"]) <= values["cn_state_harm"]).all()
    best = np.maximum(values["frontier_open"], values["frontier_closed"])
    np.testing.assert_array_equal(best, values["frontier_all"])


def test_no_number_is_missing_or_out_of_range(months):
    run = months[1].series()
    assert run.values.dtype == np.float32
    assert np.isfinite(run.values).all()
    for i, name in enumerate(run.names):
        column = run.values[:, i]
        if OUTCOMES[name].kind == "share":
            assert column.min() >= 0.0, name
            assert column.max() <= 1.0 + EPS, name
        elif name != "uplift_us_releases":  # a difference
            assert column.min() >= 0.0, name
    assert ((run.countries >= 0.0) & (run.countries <= 1.0 + EPS)).all()
    assert run.panel.min() >= 4
    assert run.panel.sum() == len(months[1].adopters)


def test_months_and_names_fit_the_values(months):
    run = months[1].series()
    assert run.names == tuple(OUTCOMES)
    assert run.values.shape == (months[1].months, len(OUTCOMES))
    assert (run.months[0], run.months[-1]) == ("2023-01", months[1].scenario.horizon.end)
    halves = [month for month in run.months[:-1] if month.endswith(("-06", "-12"))]
    assert run.moments == (*halves, run.months[-1])
    assert run.countries.shape == (len(run.moments), *run.panel.shape, 4)
    assert run.countries.dtype == np.float32


def test_moments_of_countries_are_ends_of_half_years_and_the_month_reached():
    """Also where a run is looked at before its end, or ends within a year.

    Looking changes nothing.
    """
    world = World(load("status-quo", settings=["horizon.end=2025-03"]), rng=1)
    found = {}
    while world.running:
        world.step()
        found[world.month_text] = world.series()
    assert found["2023-01"].moments == ("2023-01",)
    assert found["2023-12"].moments == ("2023-06", "2023-12")
    assert found["2025-03"].moments == ("2023-06", "2023-12", "2024-06", "2024-12", "2025-03")
    for i, moment in enumerate(found["2025-03"].moments):
        np.testing.assert_array_equal(found[moment].countries[-1], found["2025-03"].countries[i])
    assert not np.array_equal(found["2025-02"].countries[-1], found["2025-03"].countries[-1])


# incidents


def test_every_incident_has_one_actor_route_month_and_at_most_one_release(months):
    found, world = months
    c = world.catalogue.columns
    assert sum(len(month["incidents"]) for month in found) > 50
    for month in found:
        for incident in month["incidents"]:
            assert incident.month == month["month"]
            assert world.malicious[incident.actor].kind.name == incident.kind in ACTOR_KINDS
            assert incident.route in KINDS_OF_ROUTE
            assert incident.domain in DOMAINS
            assert incident.harm > 0.0
            row = incident.release
            if incident.route == "none":
                assert (incident.origin, row) == ("no_model", -1)
            else:
                assert 0 <= row < month["catalogue"]
                assert incident.origin == ("us", "cn", "other")[c.origin[row]]
                assert c.month[row] <= incident.month
            if incident.route == "own_state":
                assert (incident.kind, incident.origin) == ("cn_state", "cn")
            elif incident.route == "jailbreak":
                assert c.mode[row] == API
            elif incident.route == "strip":
                assert month["mirrored"][row] or (
                    c.mode[row] >= OPEN_WEIGHTS and not month["controlled"][row]
                )
            elif incident.route == "gated":
                assert c.mode[row] == GATED or month["controlled"][row]


def test_actors_take_known_routes_only(months):
    found, world = months
    for month in found:
        open_to = world.actors.known & ~month["banned"]
        taken = month["odds"].sum(axis=1) > 0.0
        assert not (taken & ~open_to).any()
        acting = world.actors.mix > 0.0
        np.testing.assert_allclose(month["odds"].sum(axis=2)[acting], 1.0, atol=1e-12)
        assert ((month["chance"] >= 0.0) & (month["chance"] <= 1.0)).all()
        assert all(value >= 0.0 for value in month["expected"].values())


def test_defence_never_falls(months):
    levels = [month["defence"] for month in months[0]]
    assert levels == sorted(levels)


# what only grows, and what stays in its bounds


def test_running_bests_and_the_catalogue_never_shrink(months):
    found, _ = months
    for before, after in pairwise(found):
        assert after["catalogue"] >= before["catalogue"]
        for earlier, later in zip(before["running"], after["running"], strict=True):
            assert all(later[group] >= earlier[group] for group in earlier)
        rows = before["catalogue"]
        assert (after["mirrored"][:rows] >= before["mirrored"][:rows]).all()


def test_use_stays_between_its_start_and_its_ceiling(months):
    for month in months[0]:
        before, after, top = month["use"]
        others = np.arange(len(CHANNELS)) != CHANNELS.index("developer")
        assert (after >= 0.0).all()
        assert (after[:, others] <= np.maximum(before, top)[:, others] + 1e-12).all()
        assert (after[:, ~others] == 1.0).all()


def test_trust_stocks_and_ledger_stay_in_bounds(months):
    for month in months[0]:
        for trust in month["trust"]:
            assert ((trust >= 0.0) & (trust <= 1.0)).all()
        assert min(month["stocks"]) >= 0.0
        assert min(month["ledger"]) >= 0.0
        whole, tainted = month["derivatives"]
        assert (tainted >= 0.0).all()
        assert (tainted <= whole * (1.0 + EPS)).all()


def test_catalogue_columns_fit_their_modes(months):
    _, world = months
    n, c = len(world.catalogue), world.catalogue
    mode, opened = c.column("mode"), c.column("mode") >= OPEN_WEIGHTS
    assert len(c.names) == n == len(c.column("month"))
    assert set(mode.tolist()) <= set(range(len(MODES)))
    assert (c.column("lab") < len(world.labs)).all()
    np.testing.assert_array_equal(
        c.column("origin"), [world.labs[i].origin for i in c.column("lab").tolist()]
    )
    for part in ("weights", "data", "code", "licence"):
        assert ((c.column(part) >= 0.0) & (c.column(part) <= 1.0)).all()
    parts = sum(c.column(part) for part in ("weights", "data", "code", "licence"))
    np.testing.assert_allclose(c.column("openness"), parts / 4.0)
    assert (c.column("weights")[opened] == 1.0).all()
    assert (c.column("openness")[mode == API] == 0.0).all()
    assert not (c.column("controlled").astype(bool) & ~opened).any()
    assert not (c.column("compromised") & ~opened).any()
    assert not (c.column("contained") & ~c.column("controlled").astype(bool)).any()
    assert not (c.column("contained") & c.column("mirrored")).any()
    assert c.column("mirrored")[opened & ~c.column("controlled").astype(bool)].all()
    assert not ((c.column("public_finding") > 0) & ~opened).any()
    assert (np.diff(c.column("month")) >= 0).all()
    assert (world.market.release < n).all()


# views


def test_views_of_adopters_agree_with_the_arrays(months):
    _, world = months
    adopters = world.adopters
    assert len(list(adopters)) == len(adopters) == world.scenario.adopters
    some = [0, 1, len(adopters) // 2, len(adopters) - 1]
    for i in some:
        view = adopters[i]
        cell = int(np.repeat(np.arange(adopters.start.size - 1), np.diff(adopters.start))[i])
        assert view.cell == cell
        assert view.country == world.countries[cell // len(CHANNELS)].code
        assert view.channel == CHANNELS[cell % len(CHANNELS)]
        assert view.family == world.labs[adopters.choice[i] // len(MODES)].info.slug
        assert view.mode == MODES[adopters.choice[i] % len(MODES)]
    assert adopters[-1].index == len(adopters) - 1
    assert [view.index for view in adopters[3:6]] == [3, 4, 5]
    with pytest.raises(IndexError):
        adopters[len(adopters)]
    for agent in world.country_agents[:3]:
        assert {view.country for view in agent.adopters} == {agent.info.code}
        assert agent.use["consumer"] == world.use[agent.index, 0]
        assert agent.trust["US"] == world.trust.supply[agent.index, 0]
    weight = np.array([view.weight for view in adopters])
    for h, channel in enumerate(CHANNELS):
        stood_for = weight[[view.channel == channel for view in adopters]].sum()
        np.testing.assert_allclose(stood_for, (adopters.size[:, h] * world.use[:, h]).sum())


def test_releases_as_objects_agree_with_the_arrays(months):
    _, world = months
    for row in (0, len(world.catalogue) // 2, len(world.catalogue) - 1):
        release = world.catalogue[row]
        assert release.name == world.catalogue.names[row]
        assert release.capability == world.catalogue.columns.capability[row]
        assert release.mode == MODES[world.catalogue.columns.mode[row]]


# a Mesa model


def test_everyone_who_acts_is_a_registered_mesa_agent(months):
    _, world = months
    assert isinstance(world, mesa.Model)
    kinds = {
        Country: world.country_agents,
        Lab: world.labs,
        MaliciousActor: world.malicious,
        Government: world.governments,
        Auditor: world.auditors,
        Assessor: (world.assessor,),
    }
    for kind, members in kinds.items():
        assert issubclass(kind, mesa.Agent)
        assert set(world.agents_by_type[kind]) == set(members)
    assert len(world.agents) == sum(len(members) for members in kinds.values())
    assert all(agent.model is world for agent in world.agents)


def test_the_data_collector_gives_frames(months):
    _, world = months
    frame = world.datacollector.get_model_vars_dataframe()
    run = world.series()
    assert list(frame["month"]) == list(run.months)
    for name in ("us_share_abroad", "cn_state_harm"):
        np.testing.assert_allclose(frame[name], run.values[:, run.names.index(name)], rtol=1e-6)


def test_a_finished_run_does_not_go_on(months):
    _, world = months
    assert not world.running
    assert world.month == world.months - 1
    assert len(world.run().months) == world.months
