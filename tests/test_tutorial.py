"""The tutorial works as printed: its files are written, its Python is run, its commands are run."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import pytest
from typer.testing import CliRunner

from sim import cli, library
from sim.policies import LEVERS, Policy
from sim.sweep.study import Study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.(?:toml|py))\n")
QUICK = 2
"""Most replications of a command in the test."""


class Block(NamedTuple):
    """A fenced block: its language, its text, the line it starts on and the file it says it is."""

    language: str
    text: str
    line: int
    file: str | None


def blocks() -> list[Block]:
    page = PAGE.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(page):
        named = FILE.match(match[2])
        found.append(Block(match[1], match[2], page.count("\n", 0, match.start()) + 2, named[1] if named else None))
    return found


def execute(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block as the page's next lines; a traceback names the line of the page."""
    code = compile("\n" * (block.line - 1) + block.text, str(PAGE), "exec")
    exec(code, namespace)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in. Figures need no screen, and the report, which has tests of its own, is not drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.report.html.write_report", fake_report)
    matplotlib.use("Agg")
    return tmp_path


def fake_report(study: Study, out: Path) -> Path:
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


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    assert {block.language for block in blocks()} == {"python", "toml", "console"}


def test_the_page_runs_from_top_to_bottom(
    place: Path, levers: dict[str, type[Policy]], capsys: pytest.CaptureFixture[str]
) -> None:
    session: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks():
        if block.language == "toml":
            assert block.file, f"line {block.line}: a scenario says in its first line which file it is"
            (place / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_commands(block.text)
        elif block.file is None:
            with warnings.catch_warnings():
                # Mesa says at import that batch_run's successor will differ.
                warnings.filterwarnings("ignore", category=FutureWarning)
                execute(block, session)
        elif block.file.startswith("tests/"):
            run_tests(block)
        else:
            add_policy(block, levers)
    assert capsys.readouterr().out


def run_commands(text: str) -> None:
    """Run each command line for real; those that simulate are in files with short horizons and few adopters."""
    for line in text.strip().splitlines():
        assert line.startswith("$ openstakes "), line
        words = shlex.split(line.removeprefix("$ openstakes "))
        if "--replications" in words:
            assert int(words[words.index("--replications") + 1]) <= QUICK
        result = CliRunner().invoke(cli.app, words, prog_name="openstakes")
        assert result.exit_code == 0, f"{line}\n{result.output}"


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
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    for page in (PAGE, ROOT / "README.md", ROOT / "docs" / "model.md", ROOT / "docs" / "validation.md"):
        text = page.read_text(encoding="utf-8")
        for command in re.findall(r"openstakes ([a-z]+)\b", text):
            if command in known:
                assert CliRunner().invoke(cli.app, [command, "--help"], prog_name="openstakes").exit_code == 0
        for name in re.findall(r"`((?:p\d|status)-[a-z-]+)`", text):
            assert name in library.scenarios(), f"{page.name}: no scenario {name}"
