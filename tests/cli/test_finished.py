"""More ways to ask a finished folder, and sweeps that grow until medians are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import sim
from sim.analysis.precision import precision
from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.scenario.scenario import Scenario
from sim.sweep.written import write
from tests.sweep import fake


def noisy(scenario: Scenario, luck: int, seed: int) -> fake.Series:
    """Every outcome falls under a policy, by an amount that luck moves."""
    found = fake.world(scenario, 0, seed)
    values = np.full((scenario.months, len(OUTCOMES)), 0.5, np.float32)
    if "open-weight-control" in scenario.policy:
        values[36:] -= np.random.default_rng([seed, luck]).normal(0.1, 0.02)
    names = tuple(OUTCOMES)
    return fake.Series(names, found.months, values, found.moments, found.countries, found.panel)


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def report(study: sim.Study, out: Path, **_: object) -> Path:
        (page,) = write(Path(out), {"report.html": study.against.encode()})
        return page

    monkeypatch.setattr("sim.sweep.execution.simulate_world", noisy)
    monkeypatch.setattr("sim.report.write", report)
    monkeypatch.chdir(tmp_path)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app.app, list(map(str, arguments)), prog_name="openstakes")


COMPARE = ("compare", "p1-blanket", "--workers", "1", "--out", "results", "--draws", "0")


def test_a_pair_of_a_finished_folder_is_compared_beside_its_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert call(*COMPARE, "--replications", "2").exit_code == 0
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.never)
    result = call("report", "results", "--against", "p1-blanket")
    assert result.stdout == "results/against-p1-blanket/report.html\n"
    assert Path("results/against-p1-blanket/report.html").read_text() == "p1-blanket"
    assert Path("results/report.html").read_text() == "status-quo"
    result = call("report", "results", "--against", "p1-blankets")
    assert result.exit_code == 2
    assert "--against p1-blankets: no scenario 'p1-blankets'" in result.stderr
    assert "did you mean 'p1-blanket'" in result.stderr


def test_two_versions_are_laid_side_by_side() -> None:
    assert call(*COMPARE, "--replications", "8").exit_code == 0
    other = [word.replace("results", "old") for word in COMPARE]
    assert call(*other, "--replications", "8", "--seed", "1").exit_code == 0
    result = call("report", "results", "--versus", "old")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 findings of ")
    assert set(pd.read_csv("results/versus.csv", keep_default_na=False)["differs"]) == {""}
    assert call("run", "status-quo", "--workers", "1", "--out", "alone").exit_code == 0
    result = call("report", "results", "--versus", "alone")
    assert result.exit_code == 2
    assert "different questions: only the newer folder has p1-blanket" in result.stderr


PRECISE = ("--replications", "8", "--until-precision", "us_share_abroad=0.4")


def test_a_comparison_grows_until_its_median_is_known_and_goes_on_where_it_stopped() -> None:
    result = call(*COMPARE, *PRECISE)
    assert result.exit_code == 0
    assert "8 replications: median us_share_abroad of p1-blanket to ±" in result.stderr
    assert "every median asked for is known as precisely as asked" in result.stderr
    grown = sim.Study.open("results")
    assert grown.replications in (16, 32, 64, 128)
    assert precision(grown, ["us_share_abroad"])["half_width"].tolist() <= [0.4]
    again = call(*COMPARE, *PRECISE)
    assert again.exit_code == 0
    assert again.stdout == result.stdout
    other = [word.replace("results", "other") for word in COMPARE]
    wanted = ("--replications", grown.replications)
    assert call(*other, *wanted).exit_code == 0
    np.testing.assert_array_equal(
        sim.Study.open("other").values("p1-blanket", "us_share_abroad"),
        grown.values("p1-blanket", "us_share_abroad"),
    )


def test_growth_ends_at_the_cap_and_says_so() -> None:
    result = call(*COMPARE, *PRECISE, "--at-most", "16")
    assert result.exit_code == 0
    assert "not precise enough, and 32 replications are more than --at-most 16" in result.stderr
    assert sim.Study.open("results").replications == 16


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--until-precision", "us_share_abroad"), "must be OUTCOME=NUMBER, a positive number"),
        (("--until-precision", "us_share_abroad=-1"), "must be OUTCOME=NUMBER, a positive number"),
        (("--until-precision", "us_share=1"), "no outcome 'us_share' is kept"),
        (("--at-most", "64"), "--at-most: only with --until-precision"),
        ((*PRECISE, "--at-most", "4"), "the sweep begins with 8"),
        (("--until-precision", "us_share_abroad=1", "--draws", "32", "--at-most", "512"), "200"),
    ],
)
def test_what_cannot_grow_is_refused_before_anything_is_run(arguments, words) -> None:
    result = call(*COMPARE, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not Path("results").exists()
