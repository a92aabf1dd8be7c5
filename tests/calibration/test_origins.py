"""Rolling origin: what is fitted and entered up to an origin, and how later points are scored."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sim import data
from sim.calibration import origins as module
from sim.calibration.baselines import BASELINES
from sim.calibration.measures import Run
from sim.calibration.observed import observed
from sim.calibration.origins import (
    FITTED_UNTIL,
    HORIZONS,
    STORED,
    by_quantity,
    compared,
    foretold_from,
    observable,
    readings_after,
    rolled,
    scored,
    skill,
    stored,
    stored_ensembles,
    window_end,
)
from sim.calibration.quantities import CUT, QUANTITIES
from sim.calibration.record import digests, ensemble_csv, ensemble_digest
from sim.calibration.scores import FEWEST
from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.model.world import World
from sim.months import month_index
from sim.scenario.scenario import load
from sim.sweep.execution import RunFailedError
from sim.sweep.sampling import parameter_range, sample

DRAWS = sample({name: parameter_range(name) for name in PARAMETERS}, 3, "latin-hypercube", 2)


@pytest.mark.parametrize(
    ("window", "month"),
    [
        ("2023", "2023-12"),
        ("2023-2024", "2024-12"),
        ("2023-09-30", "2023-09"),
        ("2020..2025-06", "2025-06"),
        ("2023-03..2025-06", "2025-06"),
        ("H1 2025", "2025-06"),
        ("mid 2025", "2025-07"),
        ("12 months to 2025-08", "2025-08"),
        ("2024-06", "2024-06"),
    ],
)
def test_a_window_ends_where_its_words_say(window, month):
    assert window_end(window) == month


def test_every_window_of_the_table_has_an_end_inside_the_record():
    ends = {target.id: window_end(target.window) for target in data.targets()}
    assert {name for name, end in ends.items() if end > CUT} == {"C16", "C25"}
    assert min(ends.values()) == "2023-09"


def test_what_could_be_observed_by_an_origin():
    names = {
        origin: {target.id for target in observable(origin)} for origin in (*FITTED_UNTIL, None)
    }
    assert names["2023-12"] == {"C10", "C13", "C21"}
    assert names["2024-06"] == names["2023-12"] | {"C23"}
    assert names["2024-12"] == names["2024-06"] | {"C11", "C12", "C14", "C22", "C24", "C26"}
    assert names[None] == {target.id for target in data.targets() if target.role == "target"}


def test_windows_begin_after_the_origin_and_are_no_input_and_none_twice():
    before: set = set()
    for origin in reversed(FITTED_UNTIL):
        asked = readings_after(origin)
        assert all(origin < reading.first <= reading.last <= CUT for reading in asked)
        assert not any(QUANTITIES[reading.quantity].inputs for reading in asked)
        assert "incidents-12m" not in {reading.quantity for reading in asked}
        assert before < set(asked), "an earlier origin has more to foretell"
        before = set(asked)
    assert len(before) >= FEWEST


def test_the_record_is_entered_to_the_origin_and_releases_are_generated_after_it(monkeypatch):
    """Best releases are those of the replay to June 2024, and each run's own in June 2025."""
    scenario = load("history-2023-2026", settings=[f"horizon.end={CUT}"])
    runs = []
    monkeypatch.setattr(module, "Run", lambda series, p: runs.append(series) or Run(series, p))
    for replication in (0, 1):
        rolled(scenario, replication, 0, origin="2024-06")
    replay = World(scenario, rng=0).run()
    origin = month_index("2024-06")
    best, models = (replay.names.index(name) for name in ("frontier_us", "notable_releases_us"))
    for series in runs:
        same = series.values[:, [best, models]] == replay.values[:, [best, models]]
        assert same[: origin + 1].all()
        assert not same[origin + 1, 1], "the first month after the origin has generated releases"
    assert len({float(series.values[-1, best]) for series in (*runs, replay)}) == 3


def test_an_ensemble_is_run_and_read_after_its_origin(tmp_path):
    found = foretold_from("2024-12", DRAWS, 1, out=tmp_path / "runs", workers=1)
    assert found.shape == (3, len(readings_after("2024-12")))
    assert len(np.unique(found[:, 0])) == 3
    rows = scored("2024-12", found)
    assert {row["origin"] for row in rows} == {"2024-12"}
    assert {row["horizon"] for row in rows} == {6}


def rows_of(origin, values):
    count = len(readings_after(origin))
    return scored(origin, np.repeat(np.array(values)[:, None], count, axis=1))


def test_an_origin_of_which_every_run_fails_ends_with_the_reason(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr(module, "rolled", broken)
    with pytest.raises(RunFailedError, match="made to fail"):
        foretold_from("2024-12", DRAWS, workers=1)


def test_points_are_scored_against_what_the_record_said_up_to_the_origin():
    rows = {(row["id"], row["last"]): row for row in rows_of("2024-06", [0.1, 0.2, 0.3])}
    lag = rows["lag-cn-us", "2024-12"]
    said = [point.value for point in observed()["lag-cn-us"] if point.last <= 17]
    assert lag["carry_forward"]["crps"] < abs(lag["observed"] - said[-1])
    assert lag["carry_forward"]["crps"] > 0.0
    assert lag["horizon"] == 6
    assert rows["lag-cn-us", "2025-06"]["horizon"] == 12
    users = rows["users-world", "2025-06"]
    assert [users[name] for name in BASELINES] == [None] * 3, "no earlier point, nothing said"
    assert users["model"]["covered"]
    assert not lag["model"]["covered"]
    ratio = rows["derivative-ratio", "2024-12"]
    assert ratio["carry_forward"] is None, "one earlier point is a value and no distribution"


@pytest.mark.parametrize("origin", FITTED_UNTIL)
def test_baselines_are_made_from_nothing_after_the_origin(origin):
    """Quarter ends of chips: the next one is three months away."""
    row, last = QUANTITIES["chips-cn"], month_index(origin)
    seen = [point.value for point in observed()["chips-cn"] if point.last <= last]
    said = module._baselines(row, origin, last + 6.0)["carry_forward"]
    assert said is not None
    assert said.points == len(seen)
    assert said.value == pytest.approx(seen[-1])


def test_shares_are_scored_by_their_logit():
    rows = {(row["id"], row["last"]): row for row in rows_of("2024-12", [0.151])}
    assert rows["users-world", "2025-06"]["model"]["crps"] == pytest.approx(0.0, abs=1e-12)
    other = {(r["id"], r["last"]): r for r in rows_of("2024-12", [0.5])}
    expected = -np.log(0.151 / 0.849)
    assert other["users-world", "2025-06"]["model"]["crps"] == pytest.approx(expected)


def point(horizon, ours, theirs, covered=True, name="users-world", last="2025-06", origin=""):
    """A scored point whose only baseline is the last value."""
    said = None if theirs is None else {"crps": theirs, "covered": covered}
    model = {"crps": ours, "covered": True}
    place = {"origin": origin, "id": name, "first": last, "last": last, "horizon": horizon}
    return {**place, "model": model, "carry_forward": said, "trend": None, "ar1": None}


def points(count, *scores, **of_point):
    """As many distinct points."""
    return [point(*scores, last=f"point {i}", **of_point) for i in range(count)]


def found_by(rows):
    return {(row["horizon"], row["baseline"]): row for row in compared(rows)}


def test_the_ensemble_is_compared_where_a_baseline_says_something():
    found = found_by([*points(FEWEST, 6, 1.0, 2.0), point(6, 1.0, None), *points(3, 18, 2.0, 1.0)])
    assert set(found) == {(h, name) for h in (None, *HORIZONS) for name in BASELINES}
    near = found[6, "carry_forward"]
    assert (near["points"], near["wins"], near["verdict"]) == (FEWEST, FEWEST, "better")
    assert (near["model_covered"], near["forecasts"], near["covered"]) == (FEWEST,) * 3
    far = found[18, "carry_forward"]
    assert (far["points"], far["wins"], far["verdict"], far["forecasts"]) == (3, 0, "too few", 3)
    assert found[None, "carry_forward"]["forecasts"] == FEWEST + 3
    assert found[12, "trend"]["points"] == 0
    assert found[12, "trend"]["verdict"] == "too few"


def test_a_slightly_worse_score_is_no_win():
    assert found_by(points(FEWEST, 6, 1.01, 1.0))[6, "carry_forward"]["wins"] == 0
    assert found_by(points(FEWEST, 6, 1.0, 1.0))[6, "carry_forward"]["wins"] == 0
    assert found_by(points(FEWEST, 6, 1.0, 1.01))[6, "carry_forward"]["wins"] == FEWEST


def test_a_point_of_several_origins_is_one_case_with_its_mean_score():
    """Tossed as coins of their own, ten points from three origins would show what ten do not."""
    rows = [row for origin in FITTED_UNTIL for row in points(10, 6, 1.0, 2.0, origin=origin)]
    one = found_by(rows)[None, "carry_forward"]
    assert (one["points"], one["forecasts"], one["wins"]) == (10, 30, 10)
    assert one["verdict"] == "too few"
    torn = [point(18, 1.0, 4.0), point(12, 3.0, 2.0), point(6, 3.0, 2.0)]
    assert found_by(torn)[None, "carry_forward"]["wins"] == 1, "on the mean of its scores"
    torn[0] = point(18, 1.0, 2.5)
    assert found_by(torn)[None, "carry_forward"]["wins"] == 0


def test_nothing_is_better_by_quantities_whose_baselines_are_no_fair_rivals():
    easy = [name for name, row in QUANTITIES.items() if row.unfair]
    assert sorted(easy) == ["best-cn", "best-open", "best-us", "chips-cn", "clusters-cn"]
    rows = [*points(FEWEST, 6, 1.0, 2.0, name="best-us"), *points(FEWEST, 6, 2.0, 1.0)]
    one = found_by(rows)[None, "carry_forward"]
    assert (one["points"], one["wins"]) == (2 * FEWEST, FEWEST)
    assert (one["fair"], one["fair_wins"], one["verdict"]) == (FEWEST, 0, "worse")
    alone = found_by(rows[:FEWEST])[None, "carry_forward"]
    assert (alone["wins"], alone["verdict"]) == (FEWEST, "too few")


def test_scores_stand_by_quantity_too():
    rows = [*points(2, 6, 1.0, 2.0, name="best-us"), *points(3, 6, 2.0, 1.0)]
    found = {row["id"]: row for row in by_quantity(rows) if row["baseline"] == "carry_forward"}
    assert list(found) == ["best-us", "users-world"]
    assert [(row["points"], row["wins"]) for row in found.values()] == [(2, 2), (3, 0)]
    assert found["best-us"]["unfair"]
    assert not found["users-world"]["unfair"]


def test_skill_says_what_each_origin_was_fitted_to():
    rows = rows_of("2024-12", [0.1, 0.9])
    found = skill(rows)
    assert skill(rows + rows)["distinct"] == found["distinct"] == len(rows)
    assert found["observable"]["2023-12"] == ["C10", "C13", "C21"]
    assert len(found["points"]) == len(readings_after("2024-12"))
    assert found["fewest"] == FEWEST
    assert all(row["verdict"] == "too few" for row in skill([])["compared"])


@pytest.mark.parametrize("origin", FITTED_UNTIL)
def test_stored_draws_were_fitted_to_these_targets_ranges_and_blocks(origin):
    """Another table of targets, or other draws, want the origins fitted anew: make origins."""
    found = json.loads((STORED / f"{origin}.json").read_text(encoding="utf-8"))
    draws = stored(origin)
    assert draws is not None
    assert found["until"] == origin
    assert found["digests"] == digests(draws.names, origin)
    assert found["ensemble"] == ensemble_digest(ensemble_csv(draws))


def test_a_digest_of_targets_is_of_those_that_were_known(monkeypatch):
    """And of no path: what is only looked at is no part of a fit."""
    known = {until: digests(until=until)["targets"] for until in (*FITTED_UNTIL, None)}
    assert len(set(known.values())) == 4
    changed = ("C25", "qwen-2024-01")
    moved = tuple(replace(t, value=t.high) if t.id in changed else t for t in data.targets())
    monkeypatch.setattr(data, "targets", lambda: moved)
    again = {until: digests(until=until)["targets"] for until in known}
    assert [until for until in known if known[until] != again[until]] == [None]


def test_stored_ensembles_are_those_of_the_origins(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "STORED", tmp_path)
    assert stored_ensembles() == []
    (tmp_path / "2024-06.csv").write_text("ceiling\n-5.5\n-5.7\n", encoding="utf-8")
    ((origin, draws),) = stored_ensembles()
    assert (origin, len(draws)) == ("2024-06", 2)
    (tmp_path / "2024-06.csv").write_text("ceiling\nlow\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"origins/2024-06.csv: line 2"):
        stored("2024-06")
