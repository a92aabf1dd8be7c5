"""The tutorials and how-to pages work as printed.

Their files are written, their Python and their commands are run.

A page that changes the package itself (it names files of the repository) is followed in a copy of
the repository, each of its sections after the files of those before it.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import mesa
import pytest
import yaml
from typer.testing import CliRunner

from sim.analysis.study import Study
from sim.cli import app
from sim.scenario import library
from sim.sweep.share import Share
from sim.sweep.written import write
from tests.docs.blocks import ROOT, Block, Checkout, blocks
from tests.marks import slow

SWEEPS = ROOT / "docs" / "tutorial" / "sweeps.md"
FOLLOWED = sorted(
    path for folder in ("tutorial", "how-to") for path in (ROOT / "docs" / folder).glob("*.md")
)
CHANGING = [
    page
    for page in FOLLOWED
    if any((block.file or "").startswith("sim/") for block in blocks(page))
]

LONG = ("scripts", "sweeps", "change-a-parameter", "add-an-outcome")
"""Pages that take half a minute and more."""


def sections(page: Path) -> list[Any]:
    """Sections of a page that run something; the last one has the files of all others."""
    *others, last = dict.fromkeys(block.section for block in blocks(page) if not block.file)
    end = slow(page, last) if page.stem in LONG else (page, last)
    return [*(slow(page, x) for x in others), end]


SECTIONS = [section for page in CHANGING for section in sections(page)]
PAGES = pytest.mark.parametrize(
    "page",
    [slow(p) if p.stem in LONG else p for p in FOLLOWED if p not in CHANGING],
    ids=lambda page: page.stem,
)
LANGUAGES = {"python", "toml", "console", "csv", "markdown", "bash", "yaml"}
QUICK = 2
"""Most draws and replications of a command in the test."""


def execute(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block as the page's next lines; a traceback names the line of the page."""
    code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
    exec(code, namespace)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in.

    Figures need no screen, and the report, which has tests of its own, is not drawn.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.report.page.write_report", fake_report)
    matplotlib.use("Agg")
    return tmp_path


def fake_report(study: Study, out: Path, **_: object) -> Path:
    """A report without figures."""
    (page,) = write(out, {"report.html": repr(study).encode()})
    return page


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a cluster that is running already, for the page that joins one.

    One worker, in this process.
    """
    if request.getfixturevalue("page") != SWEEPS:
        yield ""
        return
    import distributed

    settings = {
        "host": "127.0.0.1",
        "protocol": "tcp://",
        "dashboard_address": None,
        "silence_logs": False,
    }
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, **settings
    ) as found:
        yield found.scheduler_address


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_every_block_is_of_a_kind_that_is_tested(page: Path) -> None:
    found = blocks(page)
    assert found
    assert {block.language for block in found} <= LANGUAGES
    for block in found:
        assert block.file or block.language in ("python", "console"), (
            f"line {block.line}: which file is it?"
        )


@PAGES
def test_the_page_runs_from_top_to_bottom(page: Path, place: Path, cluster: str) -> None:
    session: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.file:
            assert block.where is None
            (place / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_commands(block.text, cluster, session)
        elif "mesa.batch_run" not in block.text or hasattr(
            mesa, "batch_run"
        ):  # Mesa 4 has none, as the page says
            with warnings.catch_warnings():
                # Mesa says at import that batch_run's successor will differ.
                warnings.filterwarnings("ignore", category=FutureWarning)
                # It imports what is not installed, and calls pandas as its next version will not be
                # called.
                warnings.filterwarnings("ignore", module="ema_workbench")
                execute(block, session)


@pytest.mark.parametrize(
    ("page", "section"), SECTIONS, ids=lambda part: getattr(part, "stem", part)
)
def test_the_recipe_works_in_a_copy_of_the_repository(
    page: Path, section: str, tmp_path: Path
) -> None:
    """Files are put where the page says; then what the section says is run.

    Files of earlier sections are put there too.
    """
    checkout, reached = Checkout(tmp_path), False
    for block in blocks(page):
        if reached and block.section != section:
            break
        reached = block.section == section
        if block.file and "HASH" in block.text and not reached:
            continue  # a line of the changelog: nothing that follows reads it
        if block.file:
            checkout.save(block)
        elif reached and block.language == "console":
            for line in re.findall(r"^\$ (.+)$", block.text, re.MULTILINE):
                checkout.command(line)
        elif reached:
            checkout.run("-c", block.text)


CLUSTER = ROOT / "docs" / "how-to" / "run-on-a-cluster.md"
RECORD = """#!/bin/sh
printf '%s\\n' "$*" >> given.txt
"""


def given_by(place: Path, command: list[str], **environment: str) -> str:
    """Run a job in a folder where openstakes only writes down what it is given; return that."""
    program = place / "openstakes"
    program.write_text(RECORD)
    program.chmod(0o755)
    variables = os.environ | {"PATH": f"{place}:{os.environ['PATH']}"} | environment
    subprocess.run(command, cwd=place, env=variables, check=True, timeout=20)
    return (place / "given.txt").read_text().splitlines()[-1]


def test_job_scripts_give_each_share_once(tmp_path: Path) -> None:
    scripts = {block.file: block.text for block in blocks(CLUSTER)}
    (tmp_path / "levels.sh").write_text(scripts["levels.sh"])
    first, last = map(int, re.findall(r"--array=(\d+)-(\d+)", scripts["levels.sh"])[0])
    slurm = [
        given_by(
            tmp_path,
            ["bash", "levels.sh"],
            SLURM_ARRAY_TASK_ID=str(number),
            SLURM_ARRAY_TASK_COUNT=str(last - first + 1),
            SLURM_CPUS_PER_TASK="16",
        )
        for number in range(first, last + 1)
    ]
    job = yaml.safe_load(scripts["levels.yaml"])["spec"]
    (container,) = job["template"]["spec"]["containers"]
    kubernetes = [
        given_by(tmp_path, container["command"], JOB_COMPLETION_INDEX=str(number))
        for number in range(job["completions"])
    ]
    alone = [
        line
        for block in blocks(CLUSTER)
        if block.language == "console"
        for line in re.findall(r"^\$ openstakes (sweep .*) --share", block.text, re.MULTILINE)
    ]
    for given, more in ((slurm, " --workers 16"), (kubernetes, "")):
        words = {line.rpartition(" ")[0] for line in given}
        assert words == {f"{alone[0]}{more} --share"}
        shares = [Share.of_text(line.rpartition(" ")[2]) for line in given]
        assert shares == [Share(number, len(given)) for number in range(1, len(given) + 1)]


def run_commands(text: str, cluster: str, session: dict[str, Any]) -> None:
    """Run each command for real and look for the lines printed below it.

    Commands that simulate use small worlds.

    A line ^C below a command is Ctrl-C, which arrives when the first runs are finished. HOST:PORT
    and POINT stand for the running cluster and for a design point of the last study.
    """
    for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *below = command.strip().splitlines()
        words = [word.replace("tcp://HOST:8786", cluster) for word in shlex.split(line)]
        assert "compare" not in words or "--draws" in words, line
        for option in {"--draws", "--replications"}.intersection(words):
            assert int(words[words.index(option) + 1]) <= QUICK
        if "POINT:0:0" in words:
            study = session["study"]
            words[words.index("POINT:0:0")] = f"{study.points(study.against)[0]}:0:0"
        stopped = below[:1] == ["^C"]
        assert words.pop(0) == "openstakes", line
        with pytest.MonkeyPatch.context() as patch:
            if stopped:
                patch.setattr("sim.cli.progress.PlainLines.__call__", press_ctrl_c)
            result = CliRunner().invoke(app.app, words, prog_name="openstakes")
        assert result.exit_code == (app.INTERRUPTED if stopped else 0), f"{line}\n{result.output}"
        assert result.output, line
        assert (result.output.splitlines()[1 - len(below) :] == below[1:]) if stopped else not below


def press_ctrl_c(lines: object, finished: int, failed: int, total: int) -> None:
    """In place of a line of progress: Ctrl-C once first runs are finished and others are not."""
    assert finished < total
    if finished:
        signal.raise_signal(signal.SIGINT)


def test_the_commands_of_the_pages_exist() -> None:
    """Commands on a line of their own exist, and so does every shipped scenario that is named."""
    known = {
        command.name or command.callback.__name__
        for command in app.app.registered_commands
        if command.callback
    }
    for command in known:
        assert (
            CliRunner().invoke(app.app, [command, "--help"], prog_name="openstakes").exit_code == 0
        )
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        assert (
            set(re.findall(r"^ *(?:\$ |\.venv/bin/)openstakes ([a-z]+)\b", text, re.MULTILINE))
            <= known
        ), page.name
        for name in re.findall(r"`((?:p\d|status)-[a-z-]+)`", text):
            assert name in library.scenarios(), f"{page.name}: no scenario {name}"
