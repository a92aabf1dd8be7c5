"""Chains of causes: what moved, in order, and only as the model's table says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.analysis.chains import COLUMNS, MOST, beside, longest
from sim.model.chain import EDGES, stage
from sim.model.outcomes import OUTCOMES
from tests.report.conftest import MadeUpStudy

P1 = {
    "open_releases_us": -10.0,
    "frontier_open_us": -3.0,
    "us_share_abroad_developer": -8.0,
    "derivative_share_us": -9.0,
    "us_share_abroad": -2.0,
    "cn_share_abroad": 1.0,
}


def names(headline: str, moved: dict[str, float]) -> list[str]:
    """Outcomes of the longest chain to a headline."""
    return [step.outcome for step in longest(headline, moved)]


def test_a_chain_goes_from_the_first_effect_to_the_headline_by_what_moved():
    assert names("us_share_abroad", P1) == list(P1)[:5]
    assert names("openness_class", P1) == []


@pytest.mark.parametrize("left", ["frontier_open_us", "derivative_share_us"])
def test_what_did_not_move_is_no_step(left):
    """The chain goes round it, if the table knows another way."""
    without = {name: change for name, change in P1.items() if name != left}
    assert names("us_share_abroad", without) == list(without)[:4]


def test_what_moved_the_other_way_is_no_step():
    """Better open US releases do not explain that fewer developers take them."""
    assert "frontier_open_us" not in names("us_share_abroad", P1 | {"frontier_open_us": 3.0})


def test_a_step_that_may_go_either_way_comes_in_only_where_no_other_leads_there():
    """Audits explain less exposure, so that derivatives need not; without audits they may."""
    moved = P1 | {"backdoor_exposure": -50.0}
    assert names("backdoor_exposure", moved)[-2:] == ["derivative_share_us", "backdoor_exposure"]
    audited = moved | {"audited_share": 40.0}
    assert names("backdoor_exposure", audited) == ["audited_share", "backdoor_exposure"]


def test_a_feedback_into_later_months_is_no_step():
    """What is built on US bases moves developers later; without first effects nothing precedes."""
    moved = {"derivative_share_us": -9.0, "us_share_abroad_developer": -8.0}
    assert names("us_share_abroad_developer", moved) == ["us_share_abroad_developer"]


def test_a_headline_that_moves_alone_is_a_chain_of_one():
    assert names("other_harm", {"other_harm": -3.0}) == ["other_harm"]


def test_what_else_feeds_the_headline_is_named_and_mirror_images_are_not():
    moved = {"frontier_open_us": -3.0, "defence": 1.0, "other_harm": -4.0}
    assert beside(longest("other_harm", moved), moved) == ["defence"]
    assert beside(longest("us_share_abroad", P1), P1) == []


def test_the_chains_of_a_study_follow_edges_and_hold_only_what_moved(study):
    """Each step after the first has its edge, in the order of stages; numbers are the table's."""
    found = study.chain()
    assert list(found.columns) == list(COLUMNS)
    assert len(found)
    edges = {(edge.upstream, edge.downstream): edge for edge in EDGES}
    for _, steps in found.groupby(["scenario", "headline"], sort=False):
        outcomes = list(steps["outcome"])
        assert list(steps["step"]) == list(range(1, len(steps) + 1))
        assert len(steps) <= MOST + 1
        assert outcomes[-1] == steps["headline"].iloc[0]
        assert OUTCOMES[outcomes[-1]].headline
        assert set(steps["word"]) <= {"clear", "likely"}
        for before, after in pairwise(outcomes):
            assert stage(before) <= stage(after)
            assert edges[before, after].text in set(steps["why"])
    table = study.table().set_index(["scenario", "outcome"])
    for row in found.itertuples():
        same = table.loc[(row.scenario, row.outcome)]
        assert (row.median, row.low, row.sign) == (same["median"], same["low"], same["sign"])


@pytest.fixture(scope="module")
def study():
    return MadeUpStudy((0, 1, 5), replications=8)
