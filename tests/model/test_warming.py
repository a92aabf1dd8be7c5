"""What a usual run calls is compiled ahead once, by this process and a helper."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.model import warming
from sim.model.kernels import folders, notices
from sim.model.kernels.numerics import kernel
from tests.model.compiled import cache, doubled

ROOT = Path(__file__).resolve().parents[2]
__all__ = ["cache"]


@pytest.fixture
def one_kernel(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder of a model of one kernel that compiles at once, without a helper."""
    monkeypatch.setattr("sim.model.kernels.numerics.KERNELS", [])
    monkeypatch.setattr(warming, "_helper", lambda: None)
    monkeypatch.setattr(warming, "_choices_first", lambda: kernel(doubled)(1.5))
    monkeypatch.setattr(warming, "_whole_month", lambda: kernel(doubled)(1.5))
    return cache


def called(code: str) -> dict[str, Any]:
    """Return what a process prints as JSON; compiled code comes from where tests keep it."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


READY = """
import json
from sim.model import warming
from sim.model.kernels.numerics import KERNELS
def ready(): return sorted(kernel.__name__ for kernel in KERNELS if kernel.signatures)
def versions(): return sum(len(kernel.signatures) for kernel in KERNELS)
"""


def test_what_is_compiled_ahead_is_all_that_a_usual_run_calls() -> None:
    code = """
warming._choices_first()
warming._whole_month()
first, kinds = ready(), versions()
from sim.model.world import World
World(rng=1).run()
names = sorted(kernel.__name__ for kernel in KERNELS)
print(json.dumps({"first": first, "new": versions() - kinds, "names": names}))
"""
    found = called(READY + code)
    assert found["new"] == 0
    assert set(found["first"]) == set(found["names"]) - set(warming.SELDOM)
    assert set(warming.SELDOM) < set(found["names"])


def test_the_helper_begins_with_what_this_process_comes_to_last() -> None:
    ends = {
        end: called(f"{READY}\nwarming.{end}()\nprint(json.dumps({{'ready': ready()}}))")["ready"]
        for end in ("_choices_first", "misuse_first")
    }
    assert {"fill_views", "draw_attempts", "tally"} <= set(ends["misuse_first"])
    assert "choose" not in ends["misuse_first"]
    assert {"choose", "build", "obey"} <= set(ends["_choices_first"])
    assert not {"fill_views", "draw_attempts", "tally"} & set(ends["_choices_first"])


def test_it_is_done_once_with_progress(one_kernel: Path, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[int, int]] = []
    assert folders.kept_whole() is None
    warming.warm(lambda *counts: seen.append(counts))
    place = folders.kept_whole()
    assert place is not None
    assert place.parent == one_kernel
    assert seen
    assert all(0 <= ready <= total for ready, total in seen)
    assert caplog.messages == [notices.COMPILING]
    seen.clear()
    warming.warm(lambda *counts: seen.append(counts))
    assert seen == []


def test_kernels_left_as_python_are_not_compiled(
    one_kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    warming.warm()
    assert not one_kernel.exists()


def test_code_that_was_not_kept_is_not_called_kept(
    one_kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_index", full)
    warming.warm()
    assert folders.kept_whole() is None


def test_a_place_that_cannot_be_written_is_left_to_the_run(
    one_kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_kernel.write_text("a file where the folder would be")
    monkeypatch.setattr(warming, "_choices_first", lambda: pytest.fail("compiled"))
    warming.warm()
    assert folders.kept_whole() is None


def test_without_a_helper_this_process_compiles_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert warming._helper() is None
    with warming._helped():
        pass


def test_the_helper_ends_with_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    started = []

    def started_helper() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        return started[-1]

    monkeypatch.setattr(warming, "_helper", started_helper)
    with pytest.raises(KeyboardInterrupt), warming._helped():
        raise KeyboardInterrupt
    assert started[0].returncode is not None
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    with warming._helped():
        assert len(started) == 1
