"""The form of the IAMC: what stands in its rows, and that pyam reads it where it is installed."""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from sim import __version__
from sim.analysis.iamc import COLUMNS, REGION_NAMES, STATISTICS, region_and_variable
from sim.analysis.study import Study
from sim.model.outcomes import OUTCOMES, REGION_TEXT
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design, Keep
from sim.sweep.execution import execute
from tests.sweep import fake

ROW = ["model", "scenario", "region", "variable", "unit", "year"]


def named(scenario: Scenario, luck: int, seed: int) -> fake.Series:
    """A world whose outcomes have names of the model's."""
    found = fake.world(scenario, luck, seed)
    names = ("us_share_abroad", "us_share_cn_market", "incidents")
    return fake.Series(
        names, found.months, found.values, found.moments, found.countries, found.panel
    )


def study(simulate=named, keep: Keep | None = None, runs: int = 8) -> Study:
    cases = tuple(
        Case(name, fake.scenario("audits", levers), "none", levers={"audits": levers})
        for levers, name in enumerate(("none", "audits audits=1"))
    )
    plan = Design(cases, runs, 3, keep=keep or Keep())
    return Study(execute(plan, workers=1, simulate=simulate), plan)


def test_each_row_is_a_statistic_over_runs_of_the_mean_of_a_year() -> None:
    made = study()
    found = made.to_iamc()
    assert tuple(found.columns) == COLUMNS
    assert set(found["model"]) == {f"openstakes {__version__}"}
    assert set(found["scenario"]) == {"none", "audits audits=1"}
    series = made.series("audits audits=1", ["us_share_abroad"])["us_share_abroad"]
    yearly = series.astype(float).reshape(8, -1, 12).mean(axis=2)  # (run, year from 2023 on)
    rows = found[
        (found["scenario"] == "audits audits=1")
        & (found["region"] == "World outside the US and China")
    ]
    assert set(rows["unit"]) == {"share of use"}
    for name, expected in (
        ("mean", yearly.mean(axis=0)),
        ("median", np.median(yearly, axis=0)),
        ("p5", np.quantile(yearly, 0.05, axis=0)),
        ("p95", np.quantile(yearly, 0.95, axis=0)),
    ):
        one = rows[rows["variable"] == f"us_share|{name}"]
        assert one["year"].tolist() == list(range(2023, 2031))
        np.testing.assert_allclose(one["value"], expected, rtol=1e-12)


def test_the_form_has_its_rules() -> None:
    found = study().to_iamc()
    assert len(found) == 2 * 3 * len(STATISTICS) * 8
    assert not found.duplicated(ROW).any()
    assert found["year"].dtype == np.int64
    assert np.isfinite(found["value"]).all()
    for column in ROW[:-1]:
        assert found[column].map(lambda cell: isinstance(cell, str) and cell == cell.strip()).all()
    assert set(found["variable"]) == {
        f"{name}|{statistic}"
        for name in ("us_share", "us_share_market", "incidents")
        for statistic in STATISTICS
    }


def test_only_what_was_kept_and_asked_for_is_there() -> None:
    year_ends = study(keep=Keep(("incidents", "us_share_abroad"), "year-ends"))
    found = year_ends.to_iamc(["incidents"])
    assert set(found["region"]) == {"World"}
    december = year_ends.series("none", ["incidents"])["incidents"]
    one = found[(found["variable"] == "incidents|mean") & (found["scenario"] == "none")]
    np.testing.assert_allclose(one["value"], december.astype(float).mean(axis=0), rtol=1e-12)
    with pytest.raises(KeyError, match="us_share_eu"):
        year_ends.to_iamc(["us_share_eu"])


def test_without_a_finished_run_there_are_no_rows() -> None:
    found = study(simulate=fake.never).to_iamc()
    assert tuple(found.columns) == COLUMNS
    assert found.empty


def test_regions_are_those_that_labels_of_outcomes_speak_of() -> None:
    texts = REGION_TEXT | {"north": "the Global North", "south": "the Global South"}
    for name, outcome in OUTCOMES.items():
        label = outcome.label.partition(",")[0]
        named = [region for region, text in texts.items() if label.endswith(f" in {text}")]
        region, variable = region_and_variable(name)
        if named:
            assert region == REGION_NAMES[named[0]], name
        assert named or region == "World" or "EU" in label or name == "dependence_abroad", name
        if variable != name:
            (where,) = named or ["abroad"]
            assert f"{name}_".replace(f"_{where}_", "_", 1) == f"{variable}_"
    assert len({region_and_variable(name) for name in OUTCOMES}) == len(OUTCOMES)


@pytest.mark.skipif(find_spec("pyam") is None, reason="needs the extra iamc")
def test_pyam_reads_it() -> None:
    found = study().to_iamc()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the packages that pyam imports
        import pyam

        read = pyam.IamDataFrame(found)
    assert read.region == sorted(set(found["region"]))
    assert read.model == [f"openstakes {__version__}"]
    again = read.data[list(COLUMNS)].sort_values(ROW).reset_index(drop=True)
    pd.testing.assert_frame_equal(again, found.sort_values(ROW).reset_index(drop=True))
