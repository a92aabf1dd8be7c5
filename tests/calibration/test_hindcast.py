"""The hind-cast: runs of the ensemble, and the tables that are made of them."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from sim import data
from sim.calibration import hindcast as module
from sim.calibration.hindcast import (
    LATER,
    foretold,
    hindcast,
    plan,
    readings,
    readings_of_record,
    shipped_ensemble,
)
from sim.calibration.measures import MEASURES
from sim.calibration.observed import observed, users_by_country
from sim.calibration.predictions import BY_COUNTRY, baselines, period, record
from sim.calibration.quantities import CUT, END, QUANTITIES
from sim.calibration.record import ensemble_csv, ensemble_digest
from sim.calibration.record import shipped as shipped_record
from sim.calibration.simulate import NAMES
from sim.calibration.windows import slopes
from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.model.world import HANDOVER, World
from sim.months import month_index
from sim.report.hindcast import PANELS, drawn, page, picture, prediction_rows
from sim.report.over_time import HANDOVER_LINE
from sim.sweep.draws import Draws
from sim.sweep.execution import RunFailedError
from sim.sweep.sampling import read_ensemble
from tests.calibration.made_hindcast import STAND_IN, WIDTH, made_up

FAMILIES = [lab.slug for lab in data.labs()[:2]]
"""Those with consumers in the made-up runs: the others have a thousandth."""
QUANTILES = ["q05", "q25", "q50", "q75", "q95"]


@pytest.fixture(scope="module")
def found():
    return record(made_up())


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Three draws in earnest, and the folder they are in."""
    out = tmp_path_factory.mktemp("hindcast") / "runs"
    return hindcast(STAND_IN[:3], 5, out=out, workers=1), out


# runs


def test_every_run_is_read_in_every_window(few):
    runs, _ = few
    assert runs.failed == 0
    assert runs.measures.shape == (3, len(MEASURES))
    assert runs.values.shape == (3, len(readings()))
    assert runs.consumers.shape == (3, len(LATER), len(data.countries()), WIDTH)
    assert np.isfinite(runs.consumers).all()
    assert set(readings_of_record()) <= set(readings())
    assert max(reading.last for reading in readings()) == END


def test_what_was_stopped_goes_on_and_gives_the_same(few):
    runs, out = few
    calls = []
    again = hindcast(STAND_IN[:3], 5, out=out, progress=lambda *counts: calls.append(counts))
    assert calls[0] == (3, 0, 3), "all runs are there before the first one"
    np.testing.assert_array_equal(runs.values, again.values)
    np.testing.assert_array_equal(runs.consumers, again.consumers)


def test_releases_are_read_where_they_are_generated_and_the_rest_in_the_replay(few):
    """Up to the cut the replay's best scores are those of the record, whatever the draw."""
    runs, _ = few
    column = {reading: runs.values[:, i] for i, reading in enumerate(readings())}
    last = next(r for r in readings() if r.quantity == "best-us" and r.last == CUT)
    assert len(set(column[last])) == 3
    assert len(set(runs.measures[:, NAMES.index("C10")])) > 1, (
        "openness of the replay is one figure"
    )
    scenario = plan(STAND_IN[:1], 5).cases[0].under(STAND_IN[0])
    world = World(scenario, rng=5, replication=0)
    series = world.run()
    for name, outcome in (("router-cn", "cn_share_world_market"), ("best-us", "frontier_us")):
        ends = series.values[-1 if name == "best-us" else slice(-6, None), :]
        expected = ends[..., series.names.index(outcome)].mean()
        reading = next(r for r in readings() if r.quantity == name and r.last == END)
        assert column[reading][0] == pytest.approx(float(expected), rel=1e-5)
    assert series.values[month_index(CUT), series.names.index("frontier_us")] == 148.0


def test_consumers_are_those_of_the_half_years_after_the_record(few):
    runs, _ = few
    scenario = plan(STAND_IN[:1], 5).cases[0].under(STAND_IN[0])
    series = World(scenario, rng=5, replication=0).run()
    places = [series.moments.index(month) for month in LATER]
    np.testing.assert_array_equal(runs.consumers[0][..., :3], series.countries[places][:, :, 0, :3])
    origins = np.array([lab.origin for lab in data.labs()])
    for column, origin in ((1, "US"), (2, "CN")):
        families = runs.consumers[0][..., 3:][..., origins == origin].sum(axis=2)
        np.testing.assert_allclose(families, runs.consumers[0][..., column], atol=1e-5)


def test_each_draw_has_luck_of_its_own():
    twins = hindcast(Draws(STAND_IN.names, STAND_IN.values[[0, 0]]), 5, workers=1)
    assert (twins.values[0] != twins.values[1]).sum() > 10


def test_a_draw_whose_run_fails_is_left_out_and_counted(few, monkeypatch, tmp_path):
    runs, _ = few
    bad = STAND_IN[1]["ceiling"]

    def simulate(scenario, replication, seed):
        if scenario.parameters["ceiling"] == bad:
            raise ZeroDivisionError("made to fail")
        return foretold(scenario, replication, seed)

    monkeypatch.setattr(module, "foretold", simulate)
    rest = hindcast(STAND_IN[:2], 5, workers=1)
    assert (rest.draws, rest.failed) == (STAND_IN[:2], 1)
    np.testing.assert_array_equal(rest.values, runs.values[:1])
    with pytest.raises(RunFailedError, match="made to fail"):
        hindcast(STAND_IN[1:2], 5, workers=1)


def test_a_missing_ensemble_is_told_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ENSEMBLE", tmp_path / "calibrated.csv")
    with pytest.raises(ScenarioError, match=r"missing .*openstakes calibrate --out DIR"):
        shipped_ensemble()
    (tmp_path / "calibrated.csv").write_text("ceilling\n-5.5\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="'ceilling': unknown"):
        shipped_ensemble()
    (tmp_path / "calibrated.csv").write_text("ceiling,bass_q\n-5.5,1.5\n", encoding="utf-8")
    assert shipped_ensemble() == Draws(("ceiling", "bass_q"), np.array([[-5.5, 1.5]]))


# tables


def test_every_quantity_is_predicted_for_every_half_year_with_its_definition(found):
    predicted: dict = {}
    for row in found["predictions"]:
        predicted.setdefault(row["id"], []).append(row)
    in_countries = {
        *(row.id for row in BY_COUNTRY),
        *(f"consumer-{slug}-by-country" for slug in FAMILIES),
    }
    slopes = {f"consumer-{slug}-slope-{by}" for slug in FAMILIES for by in ("income", "alignment")}
    assert set(predicted) == {*QUANTITIES, *in_countries, *slopes}
    assert set(predicted) == set(found["definitions"])
    for name, rows in predicted.items():
        many = len(data.countries()) if name in in_countries else 1
        assert len(rows) == many * (1 if name == "overtaking" else 3), name
        for row in rows:
            assert row["last"] > CUT
            values = [row[name] for name in QUANTILES]
            assert values == sorted(values, key=lambda x: x or "9"), row
    assert {row["period"] for row in predicted["router-cn"]} == {"2025-H2", "2026-H1", "2026-H2"}
    keys = {
        *("id", "quantity", "channel", "statistic", "unit", "period", "mean", *QUANTILES),
        *("carry_forward", "trend", "ar1", "points", "input_driven", "blind"),
    }
    assert all(keys <= set(row) for row in found["predictions"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_targets_have_what_the_draws_give_and_how_far_it_lies(found):
    assert [row["id"] for row in found["targets"]] == [target.id for target in data.targets()]
    for row in found["targets"]:
        assert row["in_range"] == (row["low"] <= row["q50"] <= row["high"])
        assert row["inside"] == (row["q05"] <= row["value"] <= row["q95"])
        assert {"value", "mean", "distance", *QUANTILES} <= set(row)


def test_the_draws_that_ran_are_named_by_their_digest(found, tmp_path):
    """Not those of the shipped record: the same file, read, gives the digest of its text."""
    path = tmp_path / "draws.csv"
    path.write_text(ensemble_csv(STAND_IN), encoding="utf-8")
    digest = ensemble_digest(path.read_text(encoding="utf-8"))
    assert found["ensemble"] == digest != shipped_record()["ensemble"]
    read = read_ensemble(path, path.name, PARAMETERS)
    assert record(replace(made_up(), draws=read))["ensemble"] == digest
    assert record(replace(made_up(), draws=STAND_IN[:2]))["ensemble"] != digest
    assert digest in page(found)


def test_observed_points_stand_in_their_windows(found):
    seen = [row for row in found["paths"] if row["observed"] is not None]
    points = [p for of_one in observed().values() for p in of_one if p.first >= 0]
    assert len(seen) == len(points)
    for row in seen:
        inside = row["q05"] <= row["observed"] <= row["q95"]
        assert row["covered"] == inside or abs(row["observed"] - row["q05"]) < 1e-5
    late = [row for row in found["paths"] if row["last"] > CUT]
    assert {row["id"] for row in late} == {"downloads-cn-of-both"}
    assert all(row["covered"] is not None for row in late)


def test_baselines_are_made_from_the_record_of_the_same_quantity(found):
    by_id = {(row["id"], row["period"]): row for row in found["predictions"]}
    last = by_id["lag-cn-us", "2025-H2"]
    assert (last["carry_forward"], last["points"]) == (3.5, 5)
    assert by_id["incidents", "2025-H2"]["trend"] > 75
    nothing = by_id["enterprise-cn", "2026-H1"]
    assert [nothing[name] for name in ("carry_forward", "trend", "ar1")] == [None] * 3
    country = next(r for r in found["predictions"] if r["id"] == "users-by-country")
    assert country["carry_forward"] is None, "the first country has a regional value only"
    usa = next(
        r for r in found["predictions"] if (r["id"], r["place"]) == ("users-by-country", "USA")
    )
    assert usa["carry_forward"] == users_by_country()["USA"].value
    assert usa["trend"] is None


def test_coefficients_of_families_are_those_of_their_shares(found):
    runs = made_up().consumers[:, -1, :, 3]
    row = [r for r in found["predictions"] if r["id"] == f"consumer-{FAMILIES[0]}-slope-alignment"]
    assert row[-1]["period"] == "2026-H2"
    expected = np.mean([slopes(shares)[1] for shares in runs])
    assert row[-1]["mean"] == pytest.approx(expected, rel=1e-4)
    assert row[-1]["input_driven"]


def test_a_stock_is_foretold_for_the_end_of_its_window_and_a_flow_for_its_middle():
    points = observed()["chips-cn"]
    stock = baselines(QUANTITIES["chips-cn"], points, "2025-07", "2025-12")
    assert stock == baselines(QUANTITIES["chips-cn"], points, "2025-12", "2025-12")
    flow = partial(baselines, QUANTITIES["lag-cn-us"], observed()["lag-cn-us"])
    assert flow("2025-07", "2025-12")["trend"] != flow("2025-12", "2025-12")["trend"]


def test_a_month_that_may_never_come_is_told_with_its_chance(found):
    row = next(r for r in found["predictions"] if r["id"] == "overtaking")
    assert (row["q05"], row["q95"], row["mean"]) == ("2025-04", None, None)
    assert row["probability"] == pytest.approx(22 / 24, abs=1e-4)


def test_windows_have_names():
    assert period(QUANTITIES["router-cn"], "2025-07", "2025-12") == "2025-H2"
    assert period(QUANTITIES["incidents-12m"], "2026-01", "2026-12") == "2026"
    assert period(QUANTITIES["incidents-12m"], "2025-07", "2026-06") == "twelve months to 2026-06"
    name = period(QUANTITIES["downloads-cn-cumulative"], "2023-11", "2026-06")
    assert name == "2023-11 to 2026-06"


def test_the_page_tells_all_predictions_but_those_of_countries(found):
    text = page(found)
    for row in QUANTITIES.values():
        assert f"| {row.quantity}" in text
        assert row.definition in text
    assert "users-by-country" in text
    assert " Kenya" not in text
    assert "3 runs failed" in page(found | {"failed": 3})
    rows = list(prediction_rows(found))
    lag = next(row for row in rows if row[0].startswith("lag of the best Chinese"))
    assert lag[0].endswith("‡")
    assert lag[3] == "3.5"


def test_the_picture_is_the_same_each_time_and_has_every_panel(found):
    drawing = picture(found)
    assert drawing.startswith(b"<?xml")
    again = picture(json.loads(json.dumps(found)))
    assert again == drawing
    assert all(name in QUANTITIES for name in PANELS)


def test_the_handover_is_marked_in_every_panel(found):
    panels = drawn(found).axes
    assert len(panels) == len(PANELS)
    for axes in panels:
        marks = [line for line in axes.lines if line.get_gid() == HANDOVER_LINE]
        assert [int(line.get_xdata()[0]) for line in marks] == [HANDOVER]
        assert [text.get_text() for text in axes.texts] == ["generated"]


def test_misses_are_told_by_their_side(found):
    """Where all are on one side it is said; one on each side is luck."""
    paths = [dict(one, covered=True) for one in found["paths"]]
    sides = {"best-cn": (200.0, 200.0, 200.0), "lag-cn-us": (0.0, 200.0)}
    for name, middles in sides.items():
        points = [one for one in paths if one["id"] == name and one["observed"] is not None]
        for one, middle in zip(points, middles, strict=False):
            one |= {"covered": False, "q50": middle}
    text = page(found | {"paths": paths})
    assert "| best Chinese release | 5 | 2 | 3 | 0 |" in text
    assert "| lag of the best Chinese behind the best US release | 5 | 3 | 1 | 1 |" in text
    assert (
        "* best Chinese release: too high at all 3 points missed of 5, the last one in 2024-06"
        in (text)
    )
    assert "* lag of the best Chinese" not in text
    assert "is off, not unlucky" not in page(
        found | {"paths": [dict(one, covered=True) for one in paths]}
    )
