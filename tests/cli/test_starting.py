"""The start of the command line: help, version, compiled code, progress and memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli.progress import Pace, PlainLines, shown_on_stderr
from sim.messages import ScenarioError
from tests.cli.calling import ROOT, call, chance, command

# Starting


def test_help_needs_none_of_the_heavy_modules() -> None:
    code = (
        "import sim.cli.app, sys; "
        "print(sorted({'pydantic', 'rich', 'numpy', 'pandas', 'mesa'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_python_that_strips_descriptions_is_said() -> None:
    for option, said in (("-O", False), ("-OO", True)):
        start = [sys.executable, option, "-m", "sim", "--version"]
        done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("openstakes ")
        assert ("takes out the descriptions" in done.stderr) == said, option


def test_help_comes_at_once_and_names_every_command() -> None:
    code = (
        "import sys; from sim.cli.app import main\n"
        "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    slow = {"numpy", "pandas", "mesa", "numba", "matplotlib", "pyarrow", "pydantic", "scipy"}
    assert not slow & set(done.stderr.split()), (
        "help needs none of these, and they take long to import"
    )
    for name in (
        "run", "compare", "experiment", "report", "warm", "check", "show", "diff", "explain",
        "list",
    ):  # fmt: skip
        assert re.search(rf"^  {name} +[A-Z]", done.stdout, flags=re.MULTILINE)
    assert "not forecasts" in done.stdout


def test_the_version_comes_with_the_place_of_the_package() -> None:
    done = command("--version")
    assert done.stdout == f"openstakes {sim.__version__} ({ROOT / 'sim'})\n"
    assert done.stderr == ""


def test_another_owner_of_the_package_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.metadata.packages_distributions", lambda: {"sim": ["openstakes", "simsim"]}
    )
    result = call("--version")
    assert result.exit_code == 0
    assert "also belongs to simsim" in result.stderr


def test_the_public_names_are_there_when_asked_for() -> None:
    assert set(sim.__all__) <= set(dir(sim))
    for name in sim.__all__:
        assert getattr(sim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'wrold'"):
        _ = sim.wrold


# Progress


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_off_a_terminal_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    lines = PlainLines("compare", clock)
    for second in range(26):
        clock.now = second
        lines(finished=2 * second, failed=0, total=100)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "compare: 20/100 runs, 2.0 a second, 40 s left",
        "compare: 40/100 runs, 2.0 a second, 30 s left",
    ]


def test_no_time_left_is_given_before_a_tenth_of_the_runs() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(50)
    clock.now = 2.0
    pace.note(54)
    assert pace.words(54, 100) == "2.0 a second"
    pace.note(55)
    assert pace.words(55, 100) == "2.5 a second, 18 s left"


def test_runs_found_finished_do_not_count_for_the_rate() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(50)
    clock.now = 5.0
    pace.note(60)
    assert pace.rate == 2.0


def test_progress_on_a_terminal_goes_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown_on_stderr("compare") as show:
        show(0, 0, 4)
        show(3, 1, 4)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "4/4" in captured.err


def test_problems_are_counted_and_cut() -> None:
    assert str(ScenarioError(["one"])) == "one"
    text = str(ScenarioError(f"problem {i}" for i in range(60)))
    assert text.startswith("60 problems:\n")
    assert text.endswith("and 10 more")


@pytest.mark.usefixtures("fake")
def test_progress_is_named_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    named = []

    @contextmanager
    def shown(what: str) -> Iterator[Any]:
        named.append(what)
        yield lambda *_: None

    monkeypatch.setattr("sim.cli.progress.shown_on_stderr", shown)
    assert call("run", "status-quo").exit_code == 0
    assert call("compare", "p1-blanket", *chance(2)).exit_code == 0
    assert call("experiment", "four-policies", "--draws", "1").exit_code == 0
    assert named == ["run", "compare", "experiment"]


# Start-up


def test_warm_says_where_compiled_code_is_or_why_it_is_nowhere(tmp_path: Path) -> None:
    from sim.model.kernels.folders import MARK, folders

    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    start = [sys.executable, "-m", "sim", "warm"]

    def warmed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            start, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    place = tmp_path / "kept" / folders()[0].name
    place.mkdir(parents=True)
    (place / MARK).touch()
    done = warmed()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"nothing to do: compiled code is in {place}\n"
    (tmp_path / "file").touch()
    environment["NUMBA_CACHE_DIR"] = str(tmp_path / "file")
    done = warmed()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"compiled code cannot be kept in {tmp_path / 'file'}" in done.stderr
    assert "NUMBA_CACHE_DIR" in done.stderr


def test_compiling_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim.cli import progress

    times = iter([0.0, 4.0, 11.0, 11.0, 15.0])
    monkeypatch.setattr("sim.model.kernels.folders.kept_whole", lambda: None)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    monkeypatch.setattr("sim.model.warming.warm", lambda report: [report(n, 15) for n in (1, 2, 3)])
    progress.compile_ahead()
    assert capsys.readouterr().err == "compile: 2/15 kernels\n"


def test_numbers_in_json_are_finite_and_lists_of_them_take_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from numpy import float32, nan

    from sim.cli.terminal import print_json

    content = {
        "a": [1.5, nan, 2.0], "b": [0.1, 1e-300], "c": {}, "d": [], "e": (1, True, None),
        "f": [{"x": float32(0.5)}, [float("inf"), "y"]], 3: nan,
    }  # fmt: skip
    print_json(content)
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "a": [1.5, None, 2.0], "b": [0.1, 1e-300], "c": {}, "d": [], "e": [1, True, None],
        "f": [{"x": 0.5}, [None, "y"]], "3": None,
    }  # fmt: skip
    assert ' "a": [1.5, null, 2.0],\n' in printed


def test_collections_wait_until_the_first_runs_are_done() -> None:
    import gc

    from sim.cli.exits import running

    assert gc.isenabled()
    with running("run", None) as progress:
        progress(0, 0, 2)
        assert not gc.isenabled()
        progress(1, 0, 2)
        assert gc.isenabled()
    with pytest.raises(RuntimeError), running("run", None):
        raise RuntimeError
    assert gc.isenabled()


def test_what_the_first_runs_leave_does_not_outlive_the_next_ones() -> None:
    import gc
    import weakref

    from sim.cli.exits import running

    class Left:
        def __init__(self) -> None:
            self.itself = self

    before = []
    for block in range(3):
        with running("run", None) as progress:
            assert all(one() is None for one in before)
            left = Left()
            before.append(weakref.ref(left))
            del left
            progress(1, 0, 1)
            assert gc.get_freeze_count() > 0, block
    gc.unfreeze()
