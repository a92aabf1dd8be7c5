"""``openstakes new``: what it begins runs as it is, and nothing is written by halves or over."""

from __future__ import annotations

import errno
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import sim
from sim.cli import app
from sim.report import pictures
from sim.scenario.scenario import load, load_with_layer
from sim.scenario.warnings import notes
from sim.sweep.experiment import Experiment, load_experiment
from tests.cli.test_reproduction import headlines_only
from tests.sweep import ensemble


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sim.sweep.execution.simulate_world", headlines_only)
    monkeypatch.setattr(pictures, "PICTURES", pictures.PICTURES[:1])
    ensemble.stand_in(monkeypatch, tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def call(*words: str) -> Result:
    return CliRunner().invoke(app.app, list(words), prog_name="openstakes")


def everything() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_a_new_experiment_runs_and_reports_by_the_command_that_is_printed() -> None:
    result = call("new", "experiment", "mine")
    assert result.exit_code == 0, result.output
    assert everything() == ["mine", "mine/README.md", "mine/experiment.toml"]
    *written, run = result.stdout.splitlines()
    assert written == ["mine/experiment.toml", "mine/README.md"]
    program, *words = shlex.split(run.removeprefix("run it: "))
    assert program == "openstakes"
    again = call(*words, "--workers", "1")
    assert again.exit_code == 0, again.output
    study = sim.Study.open("results/mine")
    assert (study.draws, study.design.name, study.against) == (4, "mine", "status-quo")
    assert study.without_assumed is not None
    assert Path("results/mine/report.html").is_file()


def test_the_page_of_a_new_experiment_has_commands_that_work() -> None:
    call("new", "experiment", "mine")
    page = Path("mine/README.md").read_text("utf-8")
    assert page.startswith("# mine\n")
    lines = re.findall(r"^ {4}openstakes (.+)$", page, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["sweep", "experiment"]
    assert call(*shlex.split(lines[0])).exit_code == 0
    asked, written = shlex.split(lines[1]), re.findall("`(.*)/report.html`", page)
    assert (asked[-2], [asked[-1]]) == ("--out", written)


def test_what_is_commented_out_in_a_new_experiment_can_be_used() -> None:
    call("new", "experiment", "mine")
    file = Path("mine/experiment.toml")
    text = file.read_text("utf-8")
    levers = text[text.index("# [levers]") :]
    file.write_text(text.replace(levers, levers.replace("# ", "")))
    plan = load_experiment("mine/experiment.toml")[1]
    assert sum(bool(case.levers) for case in plan.cases) == 2 * 4, "with and without assumed"


def test_a_new_scenario_checks_clean_and_stands_in_an_experiment_beside_it() -> None:
    call("new", "experiment", "mine")
    for name in ("mine/my-check", "mine/other-check.toml"):
        result = call("new", "scenario", name)
        assert result.exit_code == 0, result.output
        file = f"{name.removesuffix('.toml')}.toml"
        assert result.stdout.startswith(f"{file}\nrun it: openstakes compare {file} --quick ")
        assert notes(*load_with_layer(file)) == []
        assert load(file).title
        assert load(file).policy.keys() - load("status-quo").policy.keys()
    experiment = Path("mine/experiment.toml")
    text = experiment.read_text("utf-8").replace('"p1-blanket"', '"my-check"')
    experiment.write_text(text)
    assert load_experiment("mine/experiment.toml")[0].scenarios[0] == "my-check"


@pytest.mark.parametrize("folder", ["NAME of FILE", "it's", "a\nb"])
def test_folders_with_unusual_names_break_no_file(folder: str) -> None:
    Path(folder).mkdir()
    assert call("new", "experiment", f"{folder}/mine").exit_code == 0
    assert call("new", "scenario", f"{folder}/mine/own").exit_code == 0
    experiment, _ = load_experiment(f"{folder}/mine/experiment.toml")
    assert isinstance(experiment, Experiment)
    assert (experiment.name, load(f"{folder}/mine/own.toml").name) == ("mine", "own")


def test_a_long_name_has_a_title_that_is_allowed() -> None:
    name = "x" * 60
    assert call("new", "scenario", name).exit_code == 0
    assert load(f"{name}.toml").name == name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["experiment", "there"], "there is there already; choose another name"),
        (["experiment", "file"], "file is there already; choose another name"),
        (["experiment", "dangling"], "dangling is there already; choose another name"),
        (["scenario", "there/own.toml"], "there/own.toml is there already; choose another name"),
        (["experiment", "Mine"], "a name is small letters, digits and hyphens"),
        (["experiment", "../"], "a name is small letters, digits and hyphens"),
        (["experiment", ""], "a name is small letters, digits and hyphens"),
        (["scenario", "2030"], "add a word to it"),
        (["experiment", "four-policies"], "a shipped experiment has this name"),
        (["scenario", "p1-blanket"], "a shipped scenario has this name"),
        (["experiment", "nowhere/mine"], "there is no folder nowhere"),
        (["scenario", "file/mine"], "there is no folder file"),
        (["study", "mine"], "'study' is not one of 'experiment', 'scenario'"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(
    words: list[str], said: str
) -> None:
    Path("there").mkdir()
    Path("there/own.toml").write_text("mine")
    Path("file").write_text("mine")
    Path("dangling").symlink_to("nothing")
    before = everything()
    result = call("new", *words)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert everything() == before
    assert Path("there/own.toml").read_text() == Path("file").read_text() == "mine"


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def full(path: Path, text: str, encoding: str | None = None) -> int:
        if path.name == "README.md":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", full)
    result = call("new", "experiment", "mine")
    assert result.exit_code == 1
    assert result.stderr.startswith("failed: ")
    assert "Traceback" not in result.stderr
    assert everything() == []
