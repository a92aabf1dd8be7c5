"""The box of a report that says how to do it again: what it says is done, and gives the bytes."""

from __future__ import annotations

import html
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.model.outcomes import OUTCOMES
from sim.report import pictures
from sim.scenario.scenario import Scenario
from tests.cli.test_draws import of_all_countries
from tests.sweep import ensemble, fake

OWN_SET = 'name = "own"\n[parameters]\nnetwork_weight = 0.7\n'
MINE = """
name = "mine"
extends = "p1-blanket"
assumptions = "own"
title = "My own"
question = "What of it?"
"""
WORLD = 'name = "world"\nextends = "status-quo"\n[parameters]\nroute_weight = 5.0\n'
ASKED = 'question = "Why?"\nscenarios = ["mine"]\nagainst = "world"\n'
LAW = f"""
name = "law"
{ASKED}
[uncertainties]
draws = 3
ensemble = "calibrated"
[uncertainties.numbers]
leak_hazard = {{ uniform = [0.2, 0.4] }}
"policy.open-weight-control.leakage" = "range"
"""
TWO = """
name = "asked"
question = "Which of the two?"
scenarios = ["p1-blanket", "mine"]
[uncertainties]
ensemble = "calibrated"
draws = 32
"""
PLAIN = f"""
name = "plain"
{ASKED}
also_without_assumed = false
[keep]
countries = "year-ends"
"""
OVER = '[policy."*"]\nstrength = 0.5\n'

CHANGED = (
    "compare mine.toml p1-blanket --against world.toml --override over.toml --set "
    "parameters.leak_hazard=0.25"
)
MADE = (
    "compare p1-blanket --quick",
    f"{CHANGED} --draws 3 --replications 2 --seed 5 --excel",
    "compare p1-blanket --override high-allied-coverage --draws 0 --replications 3",
    "compare p1-blanket --set 'title=Another title' --set 'question=Another?' --draws 2",
    "experiment asked.toml --quick",
    "experiment law.toml",
    "sweep plain.toml --replications 2 --seed 3",
)


def headlines_only(scenario: Scenario, luck: int, seed: int) -> fake.Series:
    """Series that cost nothing, of few outcomes, so that a report is written at once."""
    found = of_all_countries(scenario, luck, seed)
    kept = [i for i, name in enumerate(found.names) if OUTCOMES[name].headline]
    names = tuple(found.names[i] for i in kept)
    return replace(found, names=names, values=found.values[:, kept])


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", headlines_only)
    monkeypatch.setattr(pictures, "PICTURES", pictures.PICTURES[:1])
    (tmp_path / "first").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    for name, text in {
        "mine": MINE,
        "world": WORLD,
        "over": OVER,
        "law": LAW,
        "asked": TWO,
        "plain": PLAIN,
    }.items():
        Path(f"{name}.toml").write_text(text)
    Path("assumptions").mkdir()
    Path("assumptions/own.toml").write_text(OWN_SET)
    ensemble.stand_in(monkeypatch, tmp_path)


def call(*words: str) -> None:
    result = CliRunner().invoke(app.app, list(words), prog_name="openstakes")
    assert result.exit_code == 0, result.output


def boxed(page: Path) -> list[str]:
    """The words of the command in the box of a report."""
    (section,) = re.findall(
        r'<section id="reproduce">(.*?)</section>', page.read_text("utf-8"), re.DOTALL
    )
    text = html.unescape(re.findall(r"<pre>(.*?)</pre>", section, re.DOTALL)[0])
    program, *words = shlex.split(text.replace("\\\n", " "))
    assert program == "openstakes"
    return words


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def done_again(folder: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What a folder holds, and what its box makes from nothing but its scenario files."""
    words = boxed(folder / "report.html")
    again = folder.parent.parent / "again"
    shutil.copytree(folder / "scenarios", again / "scenarios")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(again)
        call(*words, "--workers", "1")
    return contents(folder), contents(again / "results")


@pytest.mark.parametrize("made", MADE)
def test_the_box_gives_the_same_bytes(made: str) -> None:
    call(*shlex.split(made), "--out", "results", "--workers", "1")
    first, again = done_again(Path("results").absolute())
    assert {"report.html", "table.csv", "rubric.csv", "runs.csv", "figures/about.json"} <= set(
        first
    )
    assert sorted(first) == sorted(again)
    assert [name for name in first if first[name] != again[name]] == []
