"""How well a median is known, and whether more runs would decide what is undecided."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.comparison import PairIndex
from sim.analysis.precision import half_width, undecided, undecided_sentences
from sim.analysis.study import Study
from sim.sweep.design import Design
from sim.sweep.execution import execute
from tests.sweep import fake


def test_four_times_the_runs_halve_what_the_sample_leaves_open_and_not_the_interval():
    rng = np.random.default_rng(4)
    widths = []
    for number in (200, 800):
        changes = rng.normal(0, 5, number)
        widths.append(half_width(changes, PairIndex(number, 1)))
    # Of a normal law the median of n has 1.2533 of the standard error of the mean.
    assert widths[0] == pytest.approx(1.645 * 1.2533 * 5 / np.sqrt(200), rel=0.3)
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.35)


def test_runs_of_the_same_draw_are_no_new_draws():
    between = np.random.default_rng(5).normal(0, 5, 50)
    once = half_width(between, PairIndex(50, 1))
    assert half_width(np.repeat(between, 20), PairIndex(50, 20)) == pytest.approx(once, rel=0.05)


def test_few_runs_know_nothing():
    assert half_width(np.zeros(7), PairIndex(1, 7)) == np.inf
    assert half_width(np.zeros(40), PairIndex(4, 10)) == np.inf
    assert half_width(np.zeros(8), PairIndex(1, 8)) == 0
    assert half_width(np.r_[np.zeros(7), np.nan], PairIndex(1, 8)) == np.inf


def divided(share):
    """Make alpha rise by half in a share of the replications, and fall by half in the others."""

    def world(scenario, replication, seed):
        found = fake.world(scenario, 0, seed)
        if scenario.policy:
            up = (replication % 20) < 20 * share
            found.values[fake.START :, 0] *= 1.5 if up else 0.5
        return found

    return world


@pytest.mark.parametrize(("share", "helps"), [(0.4, "none"), (0.15, "more runs")])
def test_what_is_surely_divided_no_run_will_decide(share, helps):
    scenarios = [fake.scenario("base"), fake.scenario("audits", 1)]
    plan = Design.of(scenarios, 40, 3, also_without_assumed=False)
    store = execute(plan, workers=1, simulate=divided(share))
    study = Study(store, plan, described=fake.DESCRIBED)
    found = undecided(study, study.table().itertuples())
    row = found[found["outcome"] == "alpha"].iloc[0]
    assert (row["smaller"], row["help"]) == (pytest.approx(share), helps)
    (text,) = [line for line in undecided_sentences(study, found) if "A made-up number" in line]
    if helps == "none":
        assert np.isnan(row["needed"])
        assert "more runs would not help. 40 % of 40 replications" in text
    else:
        # The share must be told from one in ten: 1.645 standard errors away.
        assert row["needed"] == pytest.approx(1.645**2 * 0.15 * 0.85 / 0.05**2, abs=1)
        assert "about 140 replications in all would tell it (15 % of 40" in text
