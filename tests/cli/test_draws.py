"""``--draws``: scenarios and experiments over the calibrated ensemble, on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from typer.testing import CliRunner, Result

import sim
from sim.cli import app, options
from sim.data import countries
from sim.report import pictures
from sim.scenario.scenario import Scenario
from sim.sweep import sampling
from sim.sweep.draws import Draws
from sim.sweep.runs import MOST_REPLICATIONS
from tests.cli.sweeping import fake_world
from tests.sweep import ensemble, fake

MINE = 'name = "mine"\nextends = "p1-blanket"\n[parameters]\nleak_hazard = 0.25\n'
NOTE = "note: not drawn, since a scenario or a lever sets them: leak_hazard\n"


def of_all_countries(scenario: Scenario, luck: int, seed: int) -> fake.Series:
    """Series that cost nothing, for a report: with every country."""
    found, n = fake_world(scenario, luck, seed), len(countries())
    use, panel = np.full((1, n, 5, 4), 1 / 3, np.float32), np.full((n, 5), 40)
    return replace(found, moments=found.months[-1:], countries=use, panel=panel)


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Draws:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", of_all_countries)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    Path("mine.toml").write_text(MINE)
    return ensemble.stand_in(monkeypatch, tmp_path)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app.app, list(map(str, arguments)), prog_name="openstakes")


def experiment(**content: Any) -> str:
    Path("experiment.toml").write_text(tomli_w.dumps({"name": "mine", **content}))
    return "experiment.toml"


def test_options_allow_what_sweeps_allow() -> None:
    assert (options.MOST_DRAWS, options.MOST_REPLICATIONS) == (
        sampling.MOST_DRAWS, MOST_REPLICATIONS,
    )  # fmt: skip


def test_a_comparison_over_draws_is_printed_in_words_with_what_is_not_drawn() -> None:
    result = call("compare", "mine.toml", "--draws", 12, "--workers", 1)
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "mine minus Status quo" in text
    assert "12 draws of the uncertain numbers, each run once" in text
    assert "Change: median of the pairs" in text
    assert "holds chance and parameters" in text
    assert "Few pairs" not in text
    assert result.stderr.count(NOTE) == 1
    assert call("compare", "p1-blanket", "--draws", 4, "--workers", 1).stderr.count("note:") == 0


def test_json_says_draws_and_replications_in_numbers_and_words() -> None:
    arguments = ("compare", "p1-blanket", "--draws", 4, "--replications", 2, "--json")
    content = json.loads(call(*arguments, "--workers", 1).stdout)
    assert (content["draws"], content["replications"]) == (4, 2)
    assert content["sample"] == "4 draws of the uncertain numbers, each run 2 times"
    chance = (*arguments[:2], "--draws", 0, "--json", "--workers", 1)
    alone = json.loads(call(*chance).stdout)
    assert (alone["draws"], alone["sample"]) == (1, "32 replications")


def test_a_comparison_draws_unless_told_otherwise_and_a_first_look_draws_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = json.loads(call("compare", "p1-blanket", "--json", "--workers", 1).stdout)
    assert (usual["draws"], usual["replications"], usual["interval_holds"]) == (
        32, 1, "chance and parameters",
    )  # fmt: skip
    look = json.loads(call("compare", "p1-blanket", "--quick", "--json", "--workers", 1).stdout)
    assert (look["draws"], look["replications"]) == (4, 1)
    monkeypatch.setattr(pictures, "PICTURES", pictures.PICTURES[:1])
    stated = experiment(scenarios=["p1-blanket"], replications=9)
    result = call("experiment", stated, "--quick", "--out", "look", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert (sim.Study.open("look").draws, sim.Study.open("look").replications) == (4, 1)
    for what in (("compare", "p1-blanket"), ("experiment", stated)):
        both = call(*what, "--quick", "--draws", 8)
        assert both.exit_code == 2
        assert both.stderr == "--quick means --draws 4: give one of the two\n"


def test_a_folder_of_a_comparison_takes_more_draws_by_the_same_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "PICTURES", pictures.PICTURES[:1])
    folder = ("--out", "results", "--workers", 1)
    assert call("compare", "mine.toml", "--draws", 3, *folder).exit_code == 0
    page = " ".join(Path("results/report.html").read_text("utf-8").replace("\\\n", " ").split())
    assert "3 draws of the uncertain numbers, each run once under each scenario" in page
    assert "--draws 3 --replications 1 --seed 0" in page
    refused = call("sweep", "results", "--draws", 5)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "--draws 5: results was made with 3; more are added by the command that made it, with "
        "--draws 5 and --out results\n"
    )
    assert call("compare", "mine.toml", "--draws", 5, *folder).exit_code == 0
    study = sim.Study.open("results")
    assert (study.draws, study.replications) == (5, 1)
    assert study.finished == study.design.runs == 5 * 2 * 2
    fewer = call("compare", "mine.toml", "--draws", 3, *folder)
    assert fewer.exit_code == 2
    assert "a scenario or draw that is not asked for" in fewer.stderr


def test_experiments_and_sweeps_take_draws() -> None:
    asked = {"scenarios": ["p1-blanket"], "keep": {"months": "year-ends"}}
    stated = experiment(**asked, replications=9, also_without_assumed=False)
    for what in ("experiment", "sweep"):
        result = call(what, stated, "--draws", 4, "--out", what, "--workers", 1)
        assert result.exit_code == 0, result.output
        study = sim.Study.open(what)
        assert (study.draws, study.replications) == (4, 1)
    dry = json.loads(call("sweep", stated, "--draws", 4, "--dry-run", "--json").stdout)
    assert (dry["draws"], dry["replications"], dry["runs"]) == (4, 1, 8)
    lever = experiment(**asked, levers={"parameters.leak_hazard": [0.25, 0.5]})
    assert NOTE in call("sweep", lever, "--draws", 2, "--out", "levers", "--workers", 1).stderr


def test_a_first_look_runs_each_draw_once_whatever_the_experiment_says() -> None:
    drawn = {"ensemble": "calibrated", "draws": 8}
    asked = {"scenarios": ["p1-blanket"], "replications": 3, "uncertainties": drawn}
    stated = experiment(**asked, keep={"months": "year-ends"}, also_without_assumed=False)
    assert call("experiment", stated, "--quick", "--out", "look", "--workers", 1).exit_code == 0
    study = sim.Study.open("look")
    assert (study.draws, study.replications) == (4, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "p1-blanket", "--draws", 33], "has 32; ask for at most 32"),
        (["compare", "p1-blanket", "--draws", -1], "--draws"),
        (["experiment", "four-policies", "--draws", 33], "has 32; ask for at most 32"),
    ],
)
def test_draws_that_are_not_there_give_one_message_and_no_run(
    monkeypatch: pytest.MonkeyPatch, arguments: list[object], words: str
) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", fake.never)
    result = call(*arguments, "--out", "new")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("new").exists()
