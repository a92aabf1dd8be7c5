"""Shares and changes of countries, at the months that were kept."""

from dataclasses import replace

import numpy as np

from sim.analysis.countries import RANKED
from sim.sweep.design import Draws, Keep
from tests.analysis.studies import CASE, uncertain
from tests.sweep import fake


def test_country_shares_are_pooled(three):
    values = np.concatenate(
        [
            three.store.countries(part)[0][three.rows("audits", part)]
            for part in three.store.of(three.points("audits"))
        ]
    )
    found = three.map_shares("audits", "developer")
    np.testing.assert_allclose(
        found.shares, values[:, -1, :, 3, 1:].mean(axis=0, dtype=float), rtol=1e-8
    )
    assert (found.effective == 4 * 8).all()
    mix = three.map_shares("audits")
    assert mix.shares.shape == (4, 3)
    assert (mix.effective > 4 * 8).all()
    assert (mix.effective <= 5 * 4 * 8).all()


def test_changes_of_countries_are_paired_and_means_over_the_months_of_the_window():
    """Every run has its own noise; the policy lifts each US share by an eighth."""

    def lifted(scenario, replication, seed):
        found = fake.world(scenario, replication, seed)
        found.countries[:, :, :, 1] += 0.125 * len(scenario.policy)
        return replace(found, panel=np.full((4, 5), 400))

    found = uncertain(lifted, keep=Keep(countries="year-ends")).country_changes()
    assert list(found.columns) == list(RANKED)
    moved = found[found.origin == "US"]
    assert len(moved) == 4 * found.scenario.nunique()
    np.testing.assert_allclose(moved[["mean", "low", "high"]], 12.5, rtol=1e-5)
    np.testing.assert_allclose(found[found.origin == "CN"]["mean"], 0, atol=1e-5)
    assert set(moved["first_month"]) == {"2027-12"}
    assert set(moved["last_month"]) == {"2030-12"}


def test_without_countries_no_country_changes():
    assert len(uncertain(keep=Keep(countries="none")).country_changes()) == 0


def test_countries_are_means_over_runs_at_the_months_kept():
    found = uncertain(keep=Keep(countries="year-ends"))
    frame = found.countries()
    assert list(frame.columns) == [
        "scenario", "month", "country", "channel", "use", "US", "CN", "other", "panel",
    ]  # fmt: skip
    assert len(frame) == 3 * 8 * 4 * 5
    cell = frame[(frame.scenario == CASE) & (frame.month == "2027-12") & (frame.country == "2")]
    whole = [
        fake.world(fake.scenario("any"), run.luck, 3).countries[4, 2]
        for run in found.design.asked()
        if run.point in found.points(CASE)
    ]
    assert len(whole) == 5 * 3
    np.testing.assert_allclose(
        cell[["use", "US", "CN", "other"]], np.mean(whole, axis=0), rtol=1e-6
    )
    assert cell.channel.tolist() == ["consumer", "market", "enterprise", "developer", "government"]
    assert (cell.panel == 4 * 5 * 3).all()
    assert (frame[frame.scenario == "status-quo"].panel == 4 * 5 * 3).all()


def test_without_countries_there_are_none():
    found = uncertain(keep=Keep(countries="none"))
    assert len(found.countries()) == 0
    assert np.isnan(found.map_shares(CASE).shares).all()


def test_draws_of_equal_numbers_count_each():
    def by_hazard(scenario, replication, seed):
        found = fake.world(scenario, replication, seed)
        found.countries[:] = scenario.parameters["leak_hazard"]
        return found

    found = uncertain(
        by_hazard, Draws.of([{"leak_hazard": hazard} for hazard in (0.25, 0.25, 0.25, 0.75)])
    )
    np.testing.assert_allclose(found.countries().US, 0.375)
    np.testing.assert_allclose(found.map_shares(CASE, "developer").shares, 0.375)
    assert (found.map_shares(CASE, "developer").effective == 4 * 3 * 4).all()
