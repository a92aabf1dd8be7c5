"""The tutorials work as printed: their files are written, their Python is run, their commands are run."""

from __future__ import annotations

import re
import shlex
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import pytest
from typer.testing import CliRunner

from sim.analysis.study import Study
from sim.cli import app
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario import library

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL, SWEEPS = ROOT / "docs" / "tutorial.md", ROOT / "docs" / "sweeps.md"
PAGES = pytest.mark.parametrize("page", [TUTORIAL, SWEEPS], ids=lambda page: page.stem)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.(?:toml|py))\n")
QUICK = 2
"""Most replications of a command in the test."""


class Block(NamedTuple):
    """A fenced block: its page, its language, its text, the line it starts on and the file it says it is."""

    page: Path
    language: str
    text: str
    line: int
    file: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        named = FILE.match(match[2])
        line = text.count("\n", 0, match.start()) + 2
        found.append(Block(page, match[1], match[2], line, named[1] if named else None))
    return found


def execute(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block as the page's next lines; a traceback names the line of the page."""
    code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
    exec(code, namespace)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in. Figures need no screen, and the report, which has tests of its own, is not drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.report.page.write_report", fake_report)
    matplotlib.use("Agg")
    return tmp_path


def fake_report(study: Study, out: Path, *, question: str | None = None) -> Path:
    """A report without figures."""
    page = out / "report.html"
    page.write_text(repr(study), encoding="utf-8")
    return page


@pytest.fixture
def levers() -> Iterator[dict[str, type[Policy]]]:
    """The law book, put back afterwards."""
    before = dict(LEVERS)
    yield LEVERS
    LEVERS.clear()
    LEVERS.update(before)


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a cluster that is running already, for the page that joins one: one worker, in this process."""
    if request.getfixturevalue("page") != SWEEPS:
        yield ""
        return
    import distributed

    settings = {"host": "127.0.0.1", "protocol": "tcp://", "dashboard_address": None, "silence_logs": False}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, **settings) as found:
        yield found.scheduler_address


@PAGES
def test_every_block_is_of_a_kind_that_is_tested(page: Path) -> None:
    assert {block.language for block in blocks(page)} == {"python", "toml", "console"}


@PAGES
def test_the_page_runs_from_top_to_bottom(
    page: Path, place: Path, cluster: str, levers: dict[str, type[Policy]], capsys: pytest.CaptureFixture[str]
) -> None:
    session: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "toml":
            assert block.file, f"line {block.line}: a scenario says in its first line which file it is"
            (place / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_commands(block.text, cluster, session)
        elif block.file is None:
            with warnings.catch_warnings():
                # Mesa says at import that batch_run's successor will differ.
                warnings.filterwarnings("ignore", category=FutureWarning)
                # It imports what is not installed, and calls pandas as its next version will not be called.
                warnings.filterwarnings("ignore", module="ema_workbench")
                execute(block, session)
        elif block.file.startswith("tests/"):
            run_tests(block)
        else:
            add_policy(block, levers)
    assert capsys.readouterr().out


def run_commands(text: str, cluster: str, session: dict[str, Any]) -> None:
    """Run each command for real and look for the lines printed below it; those that simulate use small worlds.

    A line ^C below a command is Ctrl-C, which arrives when the first runs are finished. HOST:PORT and POINT stand for
    the running cluster and for a design point of the last study.
    """
    for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *below = command.strip().splitlines()
        words = [word.replace("tcp://HOST:8786", cluster) for word in shlex.split(line)]
        if "--replications" in words:
            assert int(words[words.index("--replications") + 1]) <= QUICK
        if "POINT:0" in words:
            study = session["study"]
            words[words.index("POINT:0")] = f"{study.points(study.against)[0]}:0"
        stopped = below[:1] == ["^C"]
        assert words.pop(0) == "openstakes", line
        with pytest.MonkeyPatch.context() as patch:
            if stopped:
                patch.setattr("sim.cli.progress.PlainLines.__call__", press_ctrl_c)
            result = CliRunner().invoke(app.app, words, prog_name="openstakes")
        assert result.exit_code == (app.INTERRUPTED if stopped else 0), f"{line}\n{result.output}"
        assert (result.output.splitlines()[1 - len(below) :] == below[1:]) if stopped else not below


def press_ctrl_c(lines: object, finished: int, failed: int, total: int) -> None:
    """In place of a line of progress: Ctrl-C once the first runs are finished and others are not."""
    assert finished < total
    if finished:
        signal.raise_signal(signal.SIGINT)


def add_policy(block: Block, levers: dict[str, type[Policy]]) -> None:
    """Do what putting the file into sim/policies/ does: its one policy is found by its lever."""
    module: dict[str, Any] = {"__name__": "tutorial"}
    execute(block, module)
    found = [value for value in module.values() if isinstance(value, type) and issubclass(value, Policy)]
    (policy,) = [value for value in found if value is not Policy]
    assert policy.lever not in levers
    policy.model_rebuild(_types_namespace={})
    policy(**policy.example)
    levers[policy.lever] = policy


def run_tests(block: Block) -> None:
    """Run the test functions of a block."""
    module: dict[str, Any] = {"__name__": "tutorial_test"}
    execute(block, module)
    tests = [value for name, value in module.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_the_commands_of_the_readme_and_the_tutorial_exist() -> None:
    """Every `openstakes` command in the pages answers --help, and every scenario named in the README is shipped."""
    known = {command.name or command.callback.__name__ for command in app.app.registered_commands if command.callback}
    for page in (TUTORIAL, SWEEPS, ROOT / "README.md", ROOT / "docs" / "model.md", ROOT / "docs" / "validation.md"):
        text = page.read_text(encoding="utf-8")
        for command in re.findall(r"openstakes ([a-z]+)\b", text):
            if command in known:
                assert CliRunner().invoke(app.app, [command, "--help"], prog_name="openstakes").exit_code == 0
        for name in re.findall(r"`((?:p\d|status)-[a-z-]+)`", text):
            assert name in library.scenarios(), f"{page.name}: no scenario {name}"
