"""The disk is full, or may not be written.

One clear message, a sound folder, and the sweep goes on when it can.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.analysis.study import Study
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from tests.faults.harness import (
    COMMAND,
    Driver,
    assert_whole,
    files,
    needs_proc,
    parts,
    until,
    values,
    values_of,
    write_experiment,
)
from tests.marks import slow
from tests.sweep import fake

LIMITED = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n" + COMMAND
"""Room for the manifest and parts of one run, 2 kB, not for countries of eight runs, 4 kB."""


@pytest.fixture
def mount(tmp_path) -> Iterator[Path]:
    """A folder on a file system of its own of 256 kB."""
    place = tmp_path / "mounted"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting takes root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def sweep(
    folder: Path, out: Path, replications: int = 40, script: str = COMMAND, workers: int = 2
) -> tuple[int, str]:
    """Give the command for a sweep; return its exit status and what it said."""
    command = [
        "sweep", write_experiment(folder, replications), "--workers", str(workers),
        "--out", str(out),
    ]  # fmt: skip
    with Driver(folder, script, "paced", *command) as driver:
        driver.process.communicate(timeout=60)
        status = driver.wait()
        assert until(lambda: not driver.others(), 10.0)
        return status, driver.errors().strip()


def finish(out: Path, runs: int) -> None:
    """Complete a sweep, and assert that it is what it would have been without trouble."""
    design = Folder.plan(out)
    execute(design, out=out, workers=1, simulate=fake.world)
    assert_whole(out, runs)
    assert values(out) == values_of(execute(design, workers=1, simulate=fake.world))


@needs_proc
def test_a_full_disk(tmp_path, mount) -> None:
    out = mount / "out"
    (mount / "ballast").write_bytes(b"\0" * (100 * 1024))
    status, said = sweep(tmp_path, out, 400)
    assert status == 1, said
    assert "failed: No space left on device: a fault of the machine" in said
    assert "; free some space there; " in said
    assert said.endswith(
        f"finished runs are kept in {out}, and the same command goes on from there"
    )
    kept = values(out)
    assert 0 < len(kept) < 800
    (mount / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=8m", str(mount)], check=True)
    finish(out, 800)
    assert kept.items() <= values(out).items()


@needs_proc
@pytest.mark.parametrize("workers", [1, slow(2)])
def test_a_limit_on_the_size_of_files(tmp_path, workers) -> None:
    out = tmp_path / "out"
    execute_few(tmp_path, out)
    kept = values(out)
    status, said = sweep(tmp_path, out, 40, LIMITED, workers)
    assert status == 1, said
    assert "failed: File too large" in said
    assert kept.items() <= values(out).items()
    finish(out, 80)
    assert kept.items() <= values(out).items()


def execute_few(folder: Path, out: Path) -> None:
    """Sweep the experiment with one replication only: the files are then small."""
    from sim.sweep.experiment import load_experiment

    execute(
        load_experiment(write_experiment(folder, 1))[1], out=out, workers=1, simulate=fake.world
    )


@needs_proc
def test_a_place_that_may_not_be_written(tmp_path, mount) -> None:
    execute_few(tmp_path, mount / "old")
    before = files(mount)
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    for name in ("new", "old"):
        status, said = sweep(tmp_path, mount / name)
        assert status == 2, said
        place = mount if name == "new" else mount / name
        assert said == f"--out {mount / name}: no permission to write in {place}"
    assert files(mount) == before
    assert Study.open(mount / "old").design.runs == 2  # reading needs no more than that


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(tmp_path) -> None:
    place = tmp_path / "closed"
    place.mkdir(mode=0o555)
    status, said = sweep(tmp_path, place / "out")
    assert (status, said) == (2, f"--out {place / 'out'}: no permission to write in {place}")
    assert parts(place / "out") == []
