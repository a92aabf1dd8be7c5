"""The study pairs by draw and replication, over the right months, and reads what was stored."""

import csv
import inspect
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import sim
from sim import api, report
from sim.analysis import results
from sim.analysis.comparison import PairIndex, compare
from sim.analysis.countries import RANKED
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.months import month_name
from sim.scenario.scenario import Scenario
from sim.sweep import store
from sim.sweep.design import Case, Design, Draws, Keep, with_twins
from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from sim.sweep.runs import RunId
from sim.sweep.store import Store
from tests.analysis.tidy import read_tidy
from tests.sweep import fake

EVERYTHING = Keep()
ENFORCEMENT = "policy.audit-0.enforcement"


def study(replications=8, simulate=fake.world, scenarios=None, twins=False):
    known = scenarios or [
        fake.scenario("status-quo"),
        fake.scenario("audits", 1),
        fake.scenario("more-audits", 2),
    ]
    plan = Design.of(known, replications, 3, also_without_assumed=twins)
    return Study(execute(plan, workers=1, simulate=simulate), plan, described=fake.DESCRIBED)


@pytest.fixture(scope="module")
def three():
    return study()


@pytest.fixture(scope="module")
def lossy():
    return study(simulate=fake.fails_sometimes)


HAZARDS = [0.1, 0.2, 0.4, 0.8, 0.2]
DRAWS = Draws.of(
    [{"leak_hazard": hazard, ENFORCEMENT: (i + 1) / 8} for i, hazard in enumerate(HAZARDS)]
)


def fails_in_places(scenario, luck, seed):
    """Fail in the third draw always, in the fourth in one replication, if there is a policy."""
    hazard = scenario.parameters.get("leak_hazard", 0)
    if scenario.policy and (hazard == 0.4 or luck == RunId("", 3, 1).luck):
        raise ValueError("no")
    return fake.responds(scenario, luck, seed)


def uncertain(simulate=fake.responds, draws=DRAWS, keep=EVERYTHING, twins=False):
    """Cases with a lever, draws of a parameter and of a policy's number, three replications."""
    cases = [Case("status-quo", fake.scenario("status-quo"), "status-quo")]
    for strength in (0.5, 1.0):
        policy = {"audit-0": {"lever": "L7", "start": "2026-01", "strength": strength}}
        scenario = Scenario.model_validate({"name": "audits", "policy": policy})
        levers = {"policy.audit-0.strength": strength}
        cases.append(Case(f"audits strength={strength:g}", scenario, "status-quo", levers=levers))
    known = tuple(cases)
    plan = Design(with_twins(known) if twins else known, 3, 3, draws, keep)
    return Study(execute(plan, workers=1, simulate=simulate), plan, described=fake.DESCRIBED)


@pytest.fixture(scope="module")
def drawn():
    return uncertain()


@pytest.fixture(scope="module")
def holed():
    return uncertain(fails_in_places)


CASE = "audits strength=0.5"


# Pairs by replication


def test_a_constant_shift_gives_exactly_that_difference(three):
    assert three.window("audits") == (48, 95)
    for name, policies in (("audits", 1), ("more-audits", 2)):
        np.testing.assert_array_equal(
            three.differences(name, "alpha"), np.full(8, policies * fake.SHIFT)
        )
        np.testing.assert_array_equal(three.differences(name, "gamma"), np.zeros(8))


def test_series_are_read_once_and_held_as_far_as_there_is_room(monkeypatch):
    found, read = study(), []
    monkeypatch.setattr(found.store, "_series", lambda part, names: read.append(names) or whole)
    whole = np.zeros((8 * 3, 96, 1), np.float32)
    monkeypatch.setattr(store, "HELD", 2 * whole.nbytes)
    for part in list(found.store.parts.values())[:1]:
        for name in ("alpha", "beta", "alpha", "gamma", "alpha", "beta"):
            found.store.series(part, [name])
    assert read == [["alpha"], ["beta"], ["gamma"], ["beta"]]


def test_held_series_cannot_be_written_to(three):
    part = next(iter(three.store.parts.values()))
    with pytest.raises(ValueError, match="read-only"):
        three.store.series(part, ["alpha"])[:] = 0


@pytest.mark.parametrize("scenarios", [1, 12])
def test_a_batch_of_all_cases_is_held_and_one_of_few_cases_is_small(monkeypatch, scenarios):
    known = [fake.scenario(f"s{i}") for i in range(scenarios)]
    found = Study(Store(), Design.of(known, 5, 3, also_without_assumed=False))
    one = 5 * 96 * 4
    monkeypatch.setattr(results, "HELD", 3 * one * max(scenarios, results.FEWEST_CASES))
    names = list("abcdefgh")
    assert list(found.batches(names)) == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]]


def test_the_table_holds_the_paired_statistics(three):
    table = three.table().set_index(["scenario", "outcome"])
    assert len(table) == 6
    row = table.loc["more-audits", "alpha"]
    assert (row.p_higher, row.p_lower, row.p_floor) == (1.0, 0.0, 0.0)
    assert (row.sign, row.word, row.interval_holds) == ("+", "clear", "chance")
    assert (row.first_month, row.last_month) == ("2027-01", "2030-12")
    assert (row.unit, row.months, row.pairs) == ("points", 48, 8)
    reference = three.values("status-quo", "alpha")[:, 48:96].astype(float).mean(axis=1)
    assert (row.reference, row.difference) == (pytest.approx(reference.mean()), 0.5)
    assert row.scale == "percent"
    for level in (row["median"], row.low, row.high):
        assert level == pytest.approx(50 / reference.mean())
    share = table.loc["more-audits", "beta"]
    assert (share.scale, share["median"], share.low, share.high) == ("points", 50, 50, 50)
    assert table.loc["more-audits", "gamma"].sign == "0"


def test_no_table_calls_an_outcome_without_a_goal_better_or_worse(three, tmp_path):
    described = fake.DESCRIBED | {"alpha": fake.Outcome(direction=0)}
    found = Study(three.store, three.design, described=described)
    assert set(found.table(["alpha"])["sign"]) == {"higher"}
    found.to_csv(tmp_path)
    written = pd.read_csv(tmp_path / "table.csv", dtype=str, keep_default_na=False)
    assert set(written.loc[written["outcome"] == "alpha", "sign"]) == {"higher"}


def test_only_asked_outcomes_are_in_the_table(three):
    assert list(three.table(["gamma"]).outcome) == ["gamma", "gamma"]
    pd.testing.assert_frame_equal(three.table("gamma"), three.table(["gamma"]))
    for ask in (three.table, three.summary, three.frame):
        with pytest.raises(
            KeyError, match="no outcome 'alpah' in this study; did you mean 'alpha'"
        ):
            ask(["alpah"])
    with pytest.raises(KeyError, match="no outcome 'gama'; did you mean 'gamma'"):
        three.outcome("gama")
    with pytest.raises(KeyError, match="no outcome 'btea' in this study; did you mean 'beta'"):
        three.plot("btea")
    with pytest.raises(KeyError, match="delta"):
        three.table(["delta"])
    with pytest.raises(KeyError, match="status-quo"):
        three.values("no-such", "alpha")


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        ("2024-01", "2030-12", (24, 71)),
        ("2026-01", "2030-12", (48, 95)),
        ("2027-07", "2030-12", (66, 95)),
        ("2029-12", "2030-12", (95, 95)),
        ("2030-01", "2030-12", (84, 95)),
        ("2031-01", "2030-12", (0, 95)),
        ("2026-01", "2028-06", (48, 65)),
    ],
)
def test_months_compared(start, end, window):
    horizon = {"horizon": {"end": end}}
    late = {"name": "late", **horizon, "policy": {"audits": {"lever": "L7", "start": start}}}
    known = [fake.scenario("status-quo", **horizon), Scenario.model_validate(late)]
    found = study(2, scenarios=known)
    assert found.window("late") == window
    assert found.window("status-quo") == (0, known[0].months - 1)
    assert np.isfinite(found.differences("late", "alpha")).all()


def test_failed_runs_are_left_out_of_pairs(lossy):
    assert [f.replication for f in lossy.failures] == [5, 5]
    assert np.isnan(lossy.differences("audits", "alpha")[5])
    row = lossy.table(["alpha"]).iloc[0]
    assert (row.pairs, row.difference, row.p_higher) == (7, fake.SHIFT, 1.0)
    kept = (
        np.delete(lossy.values("status-quo", "alpha"), 5, axis=0)[:, 48:96]
        .astype(float)
        .mean(axis=1)
    )
    assert row["median"] == pytest.approx(100 * fake.SHIFT / kept.mean())
    frame = lossy.frame(["alpha"])
    assert sorted(frame[frame.scenario == "audits"].replication.unique()) == [0, 1, 2, 3, 4, 6, 7]


def test_a_scenario_whose_every_run_failed_is_undecided(tmp_path):
    found = study(simulate=always_fails_policies)
    row = found.table(["alpha"]).iloc[0]
    assert (row.sign, row.pairs) == ("?", 0)
    assert np.isnan(row.difference)
    assert (found.map_shares("audits").effective == 0).all()
    assert found.frame(["alpha"]).scenario.unique().tolist() == ["status-quo"]
    assert found.runs().scenario.unique().tolist() == ["status-quo"]
    assert found.countries().scenario.unique().tolist() == ["status-quo"]
    assert found.summary(["alpha"])["mean"].isna().sum() == 2 * 96
    assert len(found.to_csv(tmp_path)) == 5
    assert pq.read_table(found.to_parquet(tmp_path / "all.parquet")).num_rows == 8 * 96


def test_an_export_writes_over_its_own_and_nobody_elses(tmp_path):
    found = study()
    path = found.to_parquet(tmp_path / "all.parquet")
    assert found.to_parquet(path) == path
    foreign = [tmp_path / name for name in ("thesis.txt", "data.parquet", "link.parquet")]
    foreign[0].write_text("mine")
    pd.DataFrame({"a": [1.0]}).to_parquet(foreign[1])
    foreign[2].symlink_to(path)
    before = [place.read_bytes() for place in foreign]
    for place in foreign:
        with pytest.raises(StoreError, match=f"{place.name} is there and was not written by"):
            found.to_parquet(place)
    assert foreign[2].is_symlink()
    assert [place.read_bytes() for place in foreign] == before


def always_fails_policies(scenario, replication, seed):
    if scenario.policy:
        raise RuntimeError("no")
    return fake.world(scenario, replication, seed)


# Pairs by draw


def slow_comparison(found, case, outcome):
    """Differences, the reference and changes, pair by pair, in plain Python."""
    first, last = found.window(case)
    months = [i for i, month in enumerate(found.months(case)) if first <= fake_index(month) <= last]
    ours, theirs = (found.values(name, outcome) for name in (case, found.against))
    differences, references, changes = [], [], []
    for draw in range(found.draws):
        own = []
        for pair in range(draw * found.replications, (draw + 1) * found.replications):
            a, b = (
                sum(map(float, values[pair][months])) / len(months) for values in (ours, theirs)
            )
            if np.isfinite(a) and np.isfinite(b):
                own.append((a - b, b))
        differences += [difference for difference, _ in own]
        references += [reference for _, reference in own]
        level = sum(reference for _, reference in own) / max(1, len(own))
        size = 1 if found.outcome(outcome).kind == "share" else level
        changes += [100 * difference / size for difference, _ in own]
    return np.array(differences), np.array(references), np.array(changes)


def fake_index(month):
    return (int(month[:4]) - 2023) * 12 + int(month[5:]) - 1


@pytest.mark.parametrize("name", ["drawn", "holed"])
def test_statistics_over_draws_are_those_of_a_slow_reference(request, name):
    found = request.getfixturevalue(name)
    table = found.table().set_index(["scenario", "outcome"])
    for (case, outcome), row in table.iterrows():
        differences, references, changes = slow_comparison(found, case, outcome)
        assert row.pairs == len(differences)
        assert row.pairs == 15 if name == "drawn" else row.pairs < 13
        assert row.reference == pytest.approx(references.mean())
        assert row.difference == pytest.approx(differences.mean())
        assert row["median"] == pytest.approx(np.median(changes))
        assert [row.low, row.high] == pytest.approx(np.quantile(changes, [0.05, 0.95]))
        floor = 0.5 if row.scale == "points" else 2
        assert row.p_higher == pytest.approx(np.mean(changes >= floor))
        assert row.p_lower == pytest.approx(np.mean(changes <= -floor))
        assert row.p_floor == pytest.approx(1 - row.p_higher - row.p_lower)
        assert row.interval_holds == "chance and parameters"
    assert table.loc[(CASE, "alpha")].sign == "+"


def test_the_difference_of_a_draw_is_its_mean_over_replications(drawn, holed):
    expected = [(i + 1) / 8 * (1 + hazard) for i, hazard in enumerate(HAZARDS)]
    np.testing.assert_allclose(drawn.differences(CASE, "alpha"), expected, rtol=1e-6)
    lost = holed.differences(CASE, "alpha")
    assert np.isnan(lost[2])
    np.testing.assert_allclose(np.delete(lost, 2), np.delete(expected, 2), rtol=1e-6)
    assert (drawn.pairs, drawn.unit) == (15, "pairs")


def test_draws_of_other_orders_of_magnitude_count_alike():
    """Harm of 30 % less in every pair is large and clear, however far its levels lie apart."""
    levels = np.repeat(np.geomspace(1.0, 1000.0, 8), 4) * np.tile([0.9, 1.0, 1.1, 1.0], 8)
    harm = fake.Outcome(direction=-1)
    found = compare(0.7 * levels, levels, harm, PairIndex(8, 4))
    assert (found.sign, found.word, found.p_lower) == ("++", "clear", 1.0)
    assert -34 < found.low < found.median < found.high < -26


def test_the_rubric_reads_shares_of_pairs_towards_the_goal(three):
    rows = three.rubric().set_index(["scenario", "factor"])
    better, worse = rows.loc["audits", "transparency"], rows.loc["audits", "chinese_misuse"]
    assert (better.p_better, better.p_worse, better.p_floor) == (1.0, 0.0, 0.0)
    assert (worse.p_better, worse.p_worse, worse.p_floor) == (0.0, 1.0, 0.0)
    described = fake.DESCRIBED | {"alpha": replace(fake.DESCRIBED["alpha"], direction=0)}
    aimless = Study(three.store, three.design, described=described).rubric()
    assert aimless.loc[aimless.outcome == "alpha", ["p_better", "p_worse"]].isna().all(axis=None)
    assert (aimless.loc[aimless.outcome == "alpha", "p_floor"] == 0).all()


def test_pairs_count_one_by_one_however_they_are_spread_over_draws():
    """A change that turns from pair to pair is undecided; one that stays is clear."""
    alpha = fake.DESCRIBED["alpha"]
    turning = np.tile([1.0, -0.6], 50)
    for index in (PairIndex(50, 2), PairIndex(100, 1), PairIndex(1, 100)):
        found = compare(1 + turning, np.ones(100), alpha, index)
        assert (found.low, found.high) == pytest.approx((-60, 100))
        assert (found.p_higher, found.p_lower) == (0.5, 0.5)
        assert found.sign == "?"
        assert compare(np.full(100, 2.0), np.ones(100), alpha, index).sign == "++"
    one = compare(np.full(1, 2.0), np.ones(1), alpha, PairIndex(1, 1))
    assert one.sign == "?", "one pair shows no chance"


def test_draws_of_one_replication_hold_chance_as_replications_of_one_draw_do():
    """Of a number that changes nothing, 40 draws spread like 40 replications, not like one."""
    draws = Draws.of([{ENFORCEMENT: value / 64} for value in range(40)])
    case = Case("a", fake.scenario("a"), "a")
    spreads = []
    for plan in (Design((case,), 1, 3, draws), Design((case,), 40, 3)):
        found = Study(execute(plan, workers=1, simulate=fake.world), plan)
        spreads.append(found.values("a", "gamma").std(axis=0).mean())
    assert spreads[0] == pytest.approx(spreads[1], rel=0.05)


def test_a_world_that_is_the_same_under_all_draws_is_run_with_the_luck_of_each():
    draws = Draws.of([{ENFORCEMENT: value} for value in (0.25, 0.5, 0.75)])
    found = uncertain(draws=draws)
    assert len(set(found.points("status-quo"))) == 1, "the reference has no such policy"
    assert found.finished == found.design.runs == 3 * 3 * 3
    reference = found.values("status-quo", "gamma")
    assert len(np.unique(reference, axis=0)) == 9
    np.testing.assert_array_equal(reference, found.values(CASE, "gamma"))
    assert len(found.frame(["alpha"])) == 3 * 9 * 96


def test_a_design_point_of_one_case_and_another_draw_is_not_taken_for_the_cases_own():
    """Two cases swap their worlds between two draws; each keeps the luck of its own draw."""
    stated = [fake.scenario("a"), fake.scenario("b", parameters={"leak_hazard": 0.75})]
    cases = tuple(Case(one.name, one, "a") for one in stated)
    plan = Design(cases, 2, 3, Draws.of([{ENFORCEMENT: 0.0}, {ENFORCEMENT: 1.0}]))
    plan.__dict__["points"] = [["one", "two"], ["two", "one"]]
    found = Study(execute(plan, workers=1, simulate=fake.world), plan)
    for name in ("a", "b"):
        assert len(np.unique(found.values(name, "gamma"), axis=0)) == 4
        assert found.finished_pairs(name).tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(found.values("a", "gamma"), found.values("b", "gamma"))


def test_two_cases_with_one_world_have_the_same_values():
    twin = Design((Case("a", fake.scenario("a"), "a"), Case("b", fake.scenario("b"), "a")), 3)
    found = Study(execute(twin, workers=1, simulate=fake.world), twin, described=fake.DESCRIBED)
    np.testing.assert_array_equal(found.values("a", "alpha"), found.values("b", "alpha"))
    assert found.table(["alpha"]).iloc[0].difference == 0
    assert list(found.runs(["alpha"]).scenario) == ["a"] * 3 + ["b"] * 3


def test_each_case_is_compared_with_its_own_reference():
    cases, shift = [], {"4000": 0.0, "5000": 10.0}
    for size in (4000, 5000):
        reference = f"status-quo adopters={size}"
        for name, policies in (("status-quo", 0), ("audits", 1)):
            scenario = fake.scenario(name, policies, adopters=size)
            cases.append(
                Case(f"{name} adopters={size}", scenario, reference, levers={"adopters": size})
            )

    def staged(scenario, replication, seed):
        found = fake.world(scenario, replication, seed)
        found.values[:] += shift[str(scenario.adopters)]
        return found

    plan = Design(tuple(cases), 4, 3)
    found = Study(execute(plan, workers=1, simulate=staged), plan, described=fake.DESCRIBED)
    table = found.table(["alpha"])
    assert table.scenario.tolist() == ["audits adopters=4000", "audits adopters=5000"]
    assert table.adopters.tolist() == [4000, 5000]
    assert table.difference.tolist() == [fake.SHIFT] * 2
    assert table.reference.tolist() == pytest.approx([table.reference[0], table.reference[0] + 10])
    assert not found.no_report
    assert found.is_grid


# Only some months


@pytest.mark.parametrize(
    ("months", "inside"),
    [
        ("year-ends", [59, 71, 83, 95]),
        (("2026-01", "2027-01", "2030-12"), [48, 95]),
        (("2025-06",), []),
    ],
)
def test_window_means_use_only_the_months_kept(months, inside):
    plan = Design.of(
        [fake.scenario("status-quo"), fake.scenario("audits", 1)], 4, 3, also_without_assumed=False
    )
    plan = Design(plan.cases, 4, 3, keep=Keep(months=months))
    found = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    assert found.window("audits") == (48, 95)
    row = found.table(["alpha"]).iloc[0]
    named = [month_name(month) for month in inside]
    assert found.months_compared("audits") == named
    assert [row.first_month, row.last_month] == (named[:1] + named[-1:] or ["", ""])
    assert row.months == len(inside)
    if not inside:
        assert (row.sign, row.pairs) == ("?", 0)
        return
    whole = [
        fake.world(fake.scenario("any"), replication, 3).values[inside, 0].mean()
        for replication in range(4)
    ]
    assert row.reference == pytest.approx(np.mean(whole))
    assert row.difference == fake.SHIFT
    assert not found.no_report
    assert found.is_grid


# Frames


def test_the_frame_is_tidy(three):
    frame = three.frame()
    assert list(frame.columns) == ["scenario", "draw", "replication", "month", "outcome", "value"]
    assert len(frame) == 3 * 8 * 96 * 3
    picked = frame[
        (frame.scenario == "audits") & (frame.replication == 6) & (frame.outcome == "beta")
    ]
    assert list(picked.month.astype(str))[:2] == ["2023-01", "2023-02"]
    np.testing.assert_array_equal(picked.value, three.values("audits", "beta")[6])
    assert len(three.frame(["gamma"])) == 3 * 8 * 96
    assert set(frame.draw) == {0}


def test_the_frame_of_a_sweep_has_cases_and_draws(holed):
    frame = holed.frame(["alpha"])
    picked = frame[(frame.scenario == CASE) & (frame.month == "2030-12")]
    assert list(zip(picked.draw, picked.replication, strict=True)) == [
        (draw, replication)
        for draw in range(5)
        for replication in range(3)
        if draw != 2 and (draw, replication) != (3, 1)
    ]
    wide = holed.values(CASE, "alpha")[:, -1]
    np.testing.assert_array_equal(picked.value, wide[~np.isnan(wide)])


def test_runs_hold_the_design_beside_the_outcomes(holed):
    runs = holed.runs()
    assert list(runs.columns) == [
        "scenario", "point", "draw", "replication", "policy.audit-0.strength", *DRAWS.names,
        "alpha", "beta", "gamma",
    ]  # fmt: skip
    assert len(runs) == 15 + 2 * 11
    assert all(runs.point == [holed.points(row.scenario)[row.draw] for row in runs.itertuples()])
    assert holed.finished == 15 + 2 * 11
    assert runs["policy.audit-0.strength"].dtype == float
    assert runs[runs.scenario == "status-quo"]["policy.audit-0.strength"].isna().all()
    assert set(runs[runs.scenario == CASE]["policy.audit-0.strength"]) == {0.5}
    assert runs.leak_hazard.tolist() == [HAZARDS[draw] for draw in runs.draw]
    assert runs.point.tolist() == [
        holed.points(case)[draw] for case, draw in zip(runs.scenario, runs.draw, strict=True)
    ]
    own = runs[(runs.scenario == CASE) & (runs.draw == 4)]
    values = holed.values(CASE, "beta")[12:15, 48:].astype(float).mean(axis=1)
    np.testing.assert_allclose(own.beta, values)


def test_runs_average_every_case_over_the_same_months():
    policy = {"audits": {"lever": "L7", "start": "2027-01"}}
    known = [
        fake.scenario("status-quo"),
        fake.scenario("audits", 1),
        fake.scenario("late", policy=policy),
    ]
    found = study(2, scenarios=known)
    assert (found.window("audits"), found.window("late")) == ((48, 95), (60, 95))
    first, last = found.common_window()
    runs = found.runs(["alpha"]).set_index(["scenario", "replication"]).alpha
    for name in ("status-quo", "audits", "late"):
        expected = found.values(name, "alpha")[1, first : last + 1].astype(float).mean()
        assert runs[name, 1] == pytest.approx(expected)


def test_levers_that_are_texts_stay_texts():
    scenario = fake.scenario("audits", 1)
    levers = ({}, {"policy.audit-0.priority": "popularity"}, {"policy.audit-0.strength": 1})
    cases = tuple(
        Case(f"case {i}", scenario, "case 0", levers=lever) for i, lever in enumerate(levers)
    )
    plan = Design(cases, 2, 3)
    found = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    for frame, rows in ((found.runs(["alpha"]), 2), (found.table(["alpha"]), 1)):
        priority = frame["policy.audit-0.priority"]
        assert [x for x in priority if isinstance(x, str)] == ["popularity"] * rows
        assert frame["policy.audit-0.strength"].dtype == float


def test_the_summary_holds_mean_and_quantiles(three):
    rows = three.summary(["beta"]).set_index(["scenario", "month"])
    values = three.values("audits", "beta")[:, 50].astype(float)
    row = rows.loc["audits", "2027-03"]
    assert row["mean"] == pytest.approx(values.mean())
    assert [row.p5, row.p25, row.p50, row.p75, row.p95] == pytest.approx(
        np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    )


def test_the_summary_of_draws_is_over_all_runs(holed):
    rows = holed.summary(["beta"]).set_index(["scenario", "month"])
    values = holed.values(CASE, "beta")[:, 95].astype(float)
    assert rows.loc[CASE, "2030-12"]["mean"] == pytest.approx(np.nanmean(values))
    assert rows.loc[CASE, "2030-12"].p50 == pytest.approx(np.nanmedian(values))


# Rubric and twins


def test_the_rubric_is_ordered_and_reads_signs_towards_the_goal(three):
    rubric = three.rubric()
    assert list(rubric.factor) == ["transparency", "chinese_misuse"] * 2
    assert [sign[0] for sign in rubric.sign] == [
        "+",
        "-",
    ] * 2  # both outcomes rise; of the second less is better
    assert set(rubric.agreement) == {"not compared with the paper"}
    assert set(rubric.sign_without_assumed) == {""}
    assert three.without_assumed is None


def test_the_papers_signs_are_beside_ours(monkeypatch):
    made = study(scenarios=[fake.scenario("status-quo"), fake.scenario("p4-audit-repository", 8)])
    for shipped, expected in (
        (True, ("++", "+", "agrees")),
        (False, ("++", "", "not compared with the paper")),
    ):
        monkeypatch.setattr(
            "sim.scenario.scenario.is_shipped", lambda scenario, answer=shipped: answer
        )
        row = made.rubric().set_index("factor").loc["transparency"]
        assert (row.sign, row.paper, row.agreement) == expected


def test_the_paper_compares_with_the_status_quo_and_with_nothing_else(monkeypatch):
    monkeypatch.setattr("sim.scenario.scenario.is_shipped", lambda scenario: True)
    made = study(
        scenarios=[fake.scenario("targeted-bundle"), fake.scenario("p4-audit-repository", 8)]
    )
    assert set(made.rubric().paper) == {""}
    assert set(made.rubric().agreement) == {"not compared with the paper"}


def half_assumed(scenario, replication, seed):
    """Policies lift alpha only while the assumed responses stand at their start values."""
    found = fake.world(scenario, replication, seed)
    if scenario.parameters:
        found.values[fake.START :, 0] -= fake.SHIFT * len(scenario.policy)
    return found


def test_twins_without_assumed_responses_are_compared_with_each_other():
    known = [fake.scenario("status-quo"), fake.scenario("audits", 8)]
    found = study(scenarios=known, twins=True, simulate=half_assumed)
    assert [s.name for s in found.scenarios] == ["status-quo", "audits"]
    assert (found.differences("audits", "alpha") == 8 * fake.SHIFT).all()
    twin = found.without_assumed
    assert (twin.differences("audits", "alpha") == 0).all()
    assert twin.without_assumed is None
    row = found.rubric().set_index("factor").loc["transparency"]
    assert (row.sign, row.sign_without_assumed) == ("++", "0")


def test_draws_of_assumed_responses_alone_leave_one_twin_with_the_luck_of_each():
    (assumed, *_) = sorted(name for name, parameter in PARAMETERS.items() if parameter.assumed)
    draws = Draws.of([{assumed: PARAMETERS[assumed].high * (i + 1) / 4} for i in range(4)])
    found = uncertain(draws=draws, twins=True)
    assert found.finished == found.design.runs == 2 * 3 * 4 * 3
    twin = found.without_assumed
    assert twin.draws == 4
    assert len(set(twin.points(CASE))) == 1
    assert np.isfinite(twin.differences(CASE, "alpha")).all()
    assert len(np.unique(twin.values(CASE, "gamma"), axis=0)) == 4 * 3


# Countries


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


# Files


def test_exports_hold_what_the_study_says(three, tmp_path):
    paths = three.to_csv(tmp_path / "tables")
    tables = ("table", "rubric", "series", "runs", "countries")
    assert [p.name for p in paths] == [f"{name}.csv" for name in tables]
    with paths[0].open() as file:
        rows = list(csv.DictReader(file))
    assert [r["difference"] for r in rows if r["outcome"] == "alpha"] == ["0.25", "0.5"]
    wide = pq.read_table(three.to_parquet(tmp_path / "all" / "series.parquet")).to_pandas()
    assert wide.shape == (3 * 8 * 96, 7)
    picked = wide[(wide.scenario == "more-audits") & (wide.replication == 7)]
    np.testing.assert_array_equal(picked.gamma, three.values("more-audits", "gamma")[7])
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == ["series.parquet"]


def test_every_number_of_a_sweep_is_in_its_files(holed, tmp_path):
    wide = pq.read_table(holed.to_parquet(tmp_path / "series.parquet")).to_pandas()
    keys = ["scenario", "draw", "replication", "month"]
    long = wide.melt(keys, var_name="outcome").sort_values([*keys, "outcome"], ignore_index=True)
    frame = holed.frame().astype({"scenario": str, "month": str, "outcome": str})
    frame = frame.sort_values([*keys, "outcome"], ignore_index=True)
    pd.testing.assert_frame_equal(long, frame, check_dtype=False)
    assert len(long) == holed.finished * 96 * 3
    read = {path.stem: pd.read_csv(path) for path in holed.to_csv(tmp_path / "csv")}
    for name, frame in {
        "table": holed.table(),
        "runs": holed.runs(),
        "series": holed.summary(),
    }.items():
        empty = frame.columns[(frame.astype(object) == "").all()]
        assert read[name][empty].isna().all(axis=None)
        numbers = frame.drop(columns=empty), read[name].drop(columns=empty)
        pd.testing.assert_frame_equal(*numbers, check_dtype=False, rtol=1e-6)


def test_every_csv_of_a_sweep_is_tidy_with_the_mark_for_excel_and_without(holed, tmp_path):
    plain = {path.name: read_tidy(path) for path in holed.to_csv(tmp_path / "plain")}
    marked = {
        path.name: read_tidy(path, mark=True)
        for path in holed.to_csv(tmp_path / "excel", "utf-8-sig")
    }
    assert plain.keys() == marked.keys()
    for name, frame in plain.items():
        pd.testing.assert_frame_equal(frame, marked[name])
    assert len(plain) == 5


def test_a_study_without_outcomes_of_the_rubric_has_tables_all_the_same(tmp_path):
    found = uncertain(keep=Keep(("gamma",)))
    assert found.rubric().empty
    assert len(found.table()) == 2
    assert len(found.to_csv(tmp_path)) == 5


def test_a_report_asks_the_question_of_its_experiment(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "sim.report.page.write_report",
        lambda study, out, question, encoding: asked.append(question) or out,
    )
    cases = (Case("a", fake.scenario("a"), "a"), Case("b", fake.scenario("b", 1), "a"))
    for question in ("Who gains?", ""):
        plan = Design(cases, 2, question=question)
        report.write(
            Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED),
            tmp_path,
        )
    assert asked == ["Who gains?", None]


# Labelled arrays


def test_a_labelled_number_is_that_of_its_scenario_draw_replication_and_month(holed):
    found = holed.dataset()
    assert found["alpha"].dims == ("scenario", "draw", "replication", "month")
    assert {found[name].dtype for name in found} == {np.dtype(np.float32)}
    tidy = holed.frame()
    assert len(tidy)
    labels = tidy[["scenario", "draw", "replication", "month"]]
    labels = labels.astype({"scenario": str, "month": str, "draw": int, "replication": int})
    for name in found:
        rows = tidy["outcome"] == name
        stacked = found[name].to_series().dropna()
        expected = pd.Series(tidy["value"][rows].to_numpy(), pd.MultiIndex.from_frame(labels[rows]))
        pd.testing.assert_series_equal(
            stacked.sort_index(), expected.sort_index(), check_names=False
        )


def test_labels_say_what_was_measured_and_what_was_varied(drawn):
    found = drawn.dataset(["gamma"], [CASE, "audits strength=1"])
    assert list(found) == ["gamma"]
    assert list(found["scenario"].values) == [CASE, "audits strength=1"]
    assert list(found["policy.audit-0.strength"].values) == [0.5, 1.0]
    assert set(found["against"].values) == {"status-quo"}
    np.testing.assert_array_equal(found["leak_hazard"], HAZARDS)
    assert found["leak_hazard"].dims == ("draw",)
    known = drawn.outcome("gamma")
    assert found["gamma"].attrs == {
        key: getattr(known, key) for key in ("unit", "label", "definition", "measure")
    }
    known = (3, sim.__version__, "")
    assert tuple(found.attrs[key] for key in ("seed", "version", "question")) == known
    whole = drawn.dataset("alpha")
    assert np.isnan(whole["policy.audit-0.strength"].sel(scenario="status-quo"))
    assert whole.sizes == {"scenario": 3, "draw": 5, "replication": 3, "month": 96}


def test_a_case_has_no_number_beyond_its_own_horizon():
    known = []
    for years in (2026, 2028):
        world = fake.scenario("status-quo", horizon={"end": f"{years}-12"})
        known.append(
            Case(f"to {years}", world, f"to {years}", levers={"horizon.end": f"{years}-12"})
        )
    plan = Design(tuple(known), 2, 3)
    held = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    found = held.dataset()["alpha"]
    assert found.sizes["month"] == 72
    assert found.sel(scenario="to 2026", month=slice("2027-01", None)).isnull().all()
    assert found.sel(scenario="to 2026", month=slice(None, "2026-12")).notnull().all()
    assert found.sel(scenario="to 2028").notnull().all()
    assert list(found["horizon.end"].values) == ["2026-12", "2028-12"]


def test_an_unknown_name_is_no_labelled_array(three):
    with pytest.raises(KeyError, match="no outcome 'alpah' in this study; did you mean 'alpha'"):
        three.dataset(["alpah"])
    with pytest.raises(KeyError, match="no scenario 'audit' in this study"):
        three.dataset(["alpha"], ["audit"])
    with pytest.raises(KeyError, match=r"no channel 'consumr'.*did you mean 'consumer'"):
        three.map_shares("audits", "consumr")


def test_names_of_labels_never_meet():
    """Outcomes, uncertain numbers and dimensions are names of one dataset."""
    names = [*PARAMETERS, *OUTCOMES, "scenario", "draw", "replication", "month", "against"]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "." in name]  # as in key paths of levers


# What a caller is told


CALLS = {
    name: call
    for name, call in inspect.getmembers(Study)
    if name[0] != "_" and inspect.isroutine(call) and callable(call)
}
CALLS |= {f"report.{name}": getattr(report, name) for name in report.__all__}
CALLS |= {name: getattr(api, name) for name in ("run", "compare", "run_sweep")}


@pytest.mark.parametrize("name", CALLS)
def test_a_public_call_says_what_it_takes_and_gives(name):
    text, signature = inspect.getdoc(CALLS[name]), inspect.signature(CALLS[name])
    section = re.split(r"\n\w+\n-+\n", text.partition("Parameters\n----------\n")[2])[0]
    listed = {word for line in section.splitlines() for word in line.split(" : ")[0].split(", ")}
    assert {word for word in signature.parameters if word not in ("self", "study")} <= listed
    assert signature.return_annotation == "None" or re.search(
        r"^(Returns|Yields)\n-+$", text, re.MULTILINE
    )
