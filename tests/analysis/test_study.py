"""The study pairs by draw and replication, over the right months, and reads what was stored."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.analysis import results
from sim.analysis.comparison import PairIndex, compare
from sim.analysis.study import Study
from sim.months import month_name
from sim.scenario.scenario import Scenario
from sim.sweep import store
from sim.sweep.design import Case, Design, Draws, Keep
from sim.sweep.execution import execute
from sim.sweep.store import Store
from tests.analysis.studies import CASE, ENFORCEMENT, HAZARDS, study, uncertain
from tests.sweep import fake


@pytest.fixture(scope="module")
def lossy():
    return study(simulate=fake.fails_sometimes)


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
