"""What takes time and changes no result is said in one line on stderr.

No trouble with compiled code fails a run.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.model.kernels import notices
from sim.model.kernels.numerics import kernel
from sim.sweep.executors import ProcessPool
from tests.model.compiled import cache, doubled

ROOT = Path(__file__).resolve().parents[2]
__all__ = ["cache"]


def kept(cache: Path) -> set[str]:
    return {path.suffix for path in cache.rglob("*") if path.is_file()}


def test_compiling_is_said_once_and_only_if_something_is_compiled(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        assert kernel(doubled)(1.5) == 3.0
        assert kernel(doubled)(1) == 2.0
        assert caplog.messages == [notices.COMPILING]
    monkeypatch.setattr(notices, "_said", set())
    assert kernel(doubled)(1.5) == 3.0
    assert caplog.messages == [notices.COMPILING]
    assert kept(cache) == {".nbi", ".nbc"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.EROFS, errno.EIO])
def test_compiled_code_that_cannot_be_kept_costs_no_run(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_index", full)
    for _ in range(2):
        assert kernel(doubled)(1.5) == 3.0
        assert kernel(doubled)(1) == 2.0
    compiling, unkept = caplog.messages
    assert compiling == notices.COMPILING
    assert f"{os.strerror(number)}" in unkept
    assert "NUMBA_CACHE_DIR names another folder" in unkept


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"no pickle"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_compiled_code_that_is_not_whole_costs_no_run_and_is_made_again(
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    suffix: str,
    content: bytes,
) -> None:
    kernel(doubled)(1.5)
    for path in cache.rglob(f"*{suffix}"):
        path.write_bytes(content)
    for _ in range(2):
        monkeypatch.setattr(notices, "_said", set())
        assert kernel(doubled)(1.5) == 3.0
        assert (
            caplog.messages == [notices.COMPILING] * 2
        )  # before the damage and after it; then it is mended


def test_a_machine_without_a_folder_for_compiled_code_runs_kernels(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def nowhere(self: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("numba.core.caching._CacheLocator.ensure_cache_path", nowhere)
    for _ in range(2):
        assert kernel(doubled)(1.5) == 3.0
    unkept, compiling = caplog.messages
    assert compiling == notices.COMPILING
    assert os.strerror(errno.EROFS) in unkept


SCRIPT = """
from sim.model.kernels.numerics import exp64
print(exp64(0.0))
"""


def test_a_full_disk_of_compiled_code_costs_no_run(tmp_path: Path) -> None:
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting takes root")
    try:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(place), "PYTHONPATH": str(ROOT)}
        made = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
    assert (made.returncode, made.stdout) == (0, "1.0\n"), made.stderr
    compiling, unkept = made.stderr.splitlines()
    assert compiling == notices.COMPILING
    assert unkept.startswith(
        "compiled code cannot be kept (OSError: [Errno 28] No space left on device)"
    )


def test_compiled_code_is_known_by_what_kernels_say_and_not_by_where_they_lie(
    tmp_path: Path,
) -> None:
    """A copy takes it over; a change in any kernel, or in a fixed word, has all made anew."""
    copy, environment = tmp_path / "copy", os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    shutil.copytree(ROOT / "sim", copy / "sim", ignore=shutil.ignore_patterns("__pycache__"))

    def said(place: Path) -> str:
        command = [sys.executable, "-c", SCRIPT]
        return subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=True
        ).stderr

    assert said(ROOT).splitlines() == [notices.COMPILING]
    assert said(ROOT) == said(copy) == ""
    for changed in ("model/kernels/shares.py", "vocabulary.py"):
        with (copy / "sim" / changed).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert said(copy).splitlines() == [notices.COMPILING]
    assert said(ROOT) == ""


def says(number: int) -> int:
    notices.compiling()
    return os.getpid()


def test_workers_that_all_compile_say_so_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    # Workers of a fork server that an earlier test has started would write to what stderr was then.
    pool = ProcessPool(2, "spawn")
    futures = [pool.submit(says, number) for number in range(8)]
    assert os.getpid() not in {future.result() for future in futures}
    pool.shutdown(at_once=False)
    assert capfd.readouterr().err.splitlines() == [notices.COMPILING]


def test_check_compiles_nothing() -> None:
    """It needs the law of the policies and no world, so it does not even read the compiler in."""
    text = (
        "import sys\n"
        "from sim.cli.app import app\n"
        "app(['check', 'p2-risk-assessment', 'p1-blanket'], standalone_mode=False)\n"
        "print(sorted({'numba', 'mesa', 'sim.model.world'} & set(sys.modules)))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    made = subprocess.run(
        [sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True
    )
    assert made.stdout.splitlines()[-1] == "[]"
    assert made.stderr == ""
