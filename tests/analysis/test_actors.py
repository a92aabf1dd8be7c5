"""Who gains and who loses: signs from the actor's side, intervals that hold 0, ranks with ties."""

from __future__ import annotations

import numpy as np
import pytest

from sim import data
from sim.analysis import actors, wording
from sim.analysis.comparison import PairIndex, chance_alone, compare
from sim.analysis.countries import ENOUGH, ranked
from sim.data import countries
from sim.model.outcomes import OUTCOMES
from tests.report.conftest import MadeUpStudy

LAB = OUTCOMES["family_share_meta"]


@pytest.fixture(scope="module")
def study():
    return MadeUpStudy((0, 1, 5), replications=4, draws=4)


def verdict(changes: list[float], side: int = 1) -> str:
    """The verdict on changes of a share in points."""
    from dataclasses import replace

    theirs = np.full(len(changes), 0.4)
    ours = theirs + np.array(changes) / 100
    known = replace(LAB, direction=side)
    return actors.verdict(compare(ours, theirs, known, PairIndex(1, len(changes))), side)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([2.0] * 20, actors.GAINS),
        ([-2.0] * 20, actors.LOSES),
        ([0.1] * 20, wording.UNCHANGED),
        ([2.0] * 12 + [-2.0] * 8, wording.CANNOT_TELL),
        ([2.0] * 18 + [-0.8] * 2, actors.GAINS),  # as the rubric says, though the interval holds 0
        ([2.0] * 17 + [-0.8] * 3, wording.CANNOT_TELL),
        ([2.0] * 3, wording.CANNOT_TELL),
    ],
)
def test_winners_and_losers_are_those_of_the_rule_of_signs(changes, said):
    assert verdict(changes) == said


def test_less_harm_is_a_gain_and_what_is_neither_has_no_verdict():
    assert verdict([-2.0] * 20, side=-1) == actors.GAINS
    assert verdict([2.0] * 20, side=0) == ""


def test_every_lab_and_bloc_has_a_row_and_the_numbers_of_the_table(study):
    found = study.actors()
    assert list(found.columns) == list(actors.COLUMNS)
    for group, origin in (("US labs", "US"), ("Chinese labs", "CN"), ("Other labs", "other")):
        named = set(found.loc[found["group"] == group, "actor"])
        assert named == {lab.name for lab in data.labs() if lab.origin == origin}
    table = study.table().set_index(["scenario", "outcome"])
    for row in found[found["outcome"] != actors.OTHERS].itertuples():
        same = table.loc[(row.scenario, row.outcome)]
        assert (row.median, row.low, row.high) == (same["median"], same["low"], same["high"])


def test_what_the_us_and_china_leave_of_use_abroad_is_the_mirror_image_of_both(study):
    found = study.actors()
    powers = found[found["group"] == actors.POWERS]
    assert list(powers["actor"].unique()) == ["the US", "China", "other origins"]
    np.testing.assert_allclose(powers.groupby("scenario")["difference"].sum(), 0, atol=1e-12)


def test_costs_have_no_sign_and_no_verdict(study):
    costs = study.actors().query("group == 'Costs'")
    assert len(costs)
    assert set(costs["sign"]) == set(costs["verdict"]) == {""}


def test_chance_alone_is_narrower_than_chance_and_parameters():
    """Draws that differ by 10 with luck of 1: what is left of each draw has luck alone."""
    rng = np.random.default_rng(1)
    pairs = PairIndex(50, 4)
    luck = rng.normal(0, 1, (50, 4))
    values = (10 * rng.normal(0, 1, (50, 1)) + luck).ravel()
    assert chance_alone(values, pairs).std() == pytest.approx(1, rel=0.1)


# Countries

MANY = len(countries())
SEEN = np.full(MANY, float(ENOUGH))


@pytest.mark.parametrize("draws", [4, 8, 32])
def test_noise_alone_is_one_tie(draws):
    """In nine studies of ten at least; here in all of twenty but two."""
    ties = 0
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 3, (draws, MANY))
        ties += {row["rank"] for row in ranked(noise, SEEN)} == {1}
    assert ties >= 18


def test_two_clusters_apart_are_two_groups():
    moved = np.random.default_rng(0).normal(0, 0.5, (16, MANY))
    moved[:, :40] -= 10.0
    found = ranked(moved, SEEN)
    assert [row["rank"] for row in found] == [1] * (MANY - 40) + [MANY - 40 + 1] * 40
    assert {row["country"] for row in found[-40:]} == {c.code for c in countries()[:40]}
    assert {row["below"] for row in found[:-40]} == {40}


def test_countries_with_a_small_sample_or_few_draws_have_no_rank():
    moved = np.random.default_rng(0).normal(0, 0.5, (16, MANY))
    effective = SEEN.copy()
    effective[3] = ENOUGH - 1
    assert countries()[3].code not in {row["country"] for row in ranked(moved, effective)}
    assert ranked(moved[:3], SEEN) == []
    moved[3:, 5] = np.nan
    assert countries()[5].code not in {row["country"] for row in ranked(moved, SEEN)}
