"""Rolling origin: what is fitted and entered up to an origin, and how later points are scored."""

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
    column, origin = replay.names.index("frontier_us"), month_index("2024-06")
    for series in runs:
        same = series.values[: origin + 1, column] == replay.values[: origin + 1, column]
        assert same.all()
    assert len({float(series.values[-1, column]) for series in (*runs, replay)}) == 3


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
    assert ratio["carry_forward"]["covered"] is None, "one earlier point: no spread"
    assert ratio["carry_forward"]["crps"] == pytest.approx(np.log(11.0 / 1.25))


def test_shares_are_scored_by_their_logit():
    rows = {(row["id"], row["last"]): row for row in rows_of("2024-12", [0.151])}
    assert rows["users-world", "2025-06"]["model"]["crps"] == pytest.approx(0.0, abs=1e-12)
    other = {(r["id"], r["last"]): r for r in rows_of("2024-12", [0.5])}
    expected = -np.log(0.151 / 0.849)
    assert other["users-world", "2025-06"]["model"]["crps"] == pytest.approx(expected)


def point(horizon, ours, theirs, covered=None):
    """A scored point whose only baseline is the last value."""
    said = None if theirs is None else {"crps": theirs, "covered": covered}
    model = {"crps": ours, "covered": True}
    return {"horizon": horizon, "model": model, "carry_forward": said, "trend": None, "ar1": None}


def test_the_ensemble_is_compared_where_a_baseline_says_something():
    rows = [
        *(point(6, 1.0, 2.0, True) for _ in range(FEWEST)),
        point(6, 1.0, None),
        *(point(18, 2.0, 1.0) for _ in range(3)),
    ]
    found = {(row["horizon"], row["baseline"]): row for row in compared(rows)}
    assert set(found) == {(h, name) for h in (None, *HORIZONS) for name in BASELINES}
    near = found[6, "carry_forward"]
    assert (near["points"], near["wins"], near["verdict"]) == (FEWEST, FEWEST, "better")
    assert (near["model_covered"], near["spread"], near["covered"]) == (FEWEST,) * 3
    far = found[18, "carry_forward"]
    assert (far["points"], far["wins"], far["verdict"], far["spread"]) == (3, 0, "too few", 0)
    assert found[None, "carry_forward"]["points"] == FEWEST + 3
    assert found[12, "trend"]["points"] == 0
    assert found[12, "trend"]["verdict"] == "too few"


def test_skill_says_what_each_origin_was_fitted_to():
    found = skill(rows_of("2024-12", [0.1, 0.9]))
    assert found["observable"]["2023-12"] == ["C10", "C13", "C21"]
    assert len(found["points"]) == len(readings_after("2024-12"))
    assert found["fewest"] == FEWEST
    assert all(row["verdict"] == "too few" for row in skill([])["compared"])


def test_stored_ensembles_are_those_of_the_origins(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "STORED", tmp_path)
    assert stored_ensembles() == []
    (tmp_path / "2024-06.csv").write_text("ceiling\n-5.5\n-5.7\n", encoding="utf-8")
    ((origin, draws),) = stored_ensembles()
    assert (origin, len(draws)) == ("2024-06", 2)
    (tmp_path / "2024-06.csv").write_text("ceiling\nlow\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"origins/2024-06.csv: line 2"):
        stored("2024-06")
