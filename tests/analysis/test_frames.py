"""Frames and labelled arrays of a study: every number stands at its labels."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.sweep.design import Case, Design
from sim.sweep.execution import execute
from tests.analysis.studies import CASE, DRAWS, HAZARDS, study
from tests.sweep import fake

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
