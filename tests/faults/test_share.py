"""Shares of a sweep as jobs of their own, which write one folder; some are killed and repeated."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from sim.sweep.compaction import compact
from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from sim.sweep.folder import Folder
from tests.faults.harness import (
    COMMAND,
    Driver,
    assert_whole,
    files,
    needs_proc,
    parts,
    plan,
    sweep_script,
    until,
    values,
    write_experiment,
)
from tests.sweep import fake


def share_script(out: Path, share: str, replications: int = 40) -> str:
    """Return a script that does a share of `plan` in a process of its own."""
    script = sweep_script(out, replications=replications, workers=1)
    return script.replace("simulate=", f"share=Share.of_text({share!r}), simulate=").replace(
        "from sim.sweep import", "from sim.sweep.share import Share\nfrom sim.sweep import"
    )


@needs_proc
def test_shares_at_once_one_of_them_killed_and_one_of_them_twice(tmp_path, undisturbed) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    with ExitStack() as stack:
        jobs = [
            stack.enter_context(Driver(tmp_path, share_script(out, share)))
            for share in ("1/3", "2/3", "2/3", "3/3")
        ]
        assert [job.line() for job in jobs] == ["begin"] * 4
        assert until(lambda: len(parts(out)) >= 2)
        jobs[0].kill()
        for job in jobs[1:]:
            assert job.wait() == 0, job.errors()
            assert job.errors() == ""
    execute(plan(), out=whole, workers=1, simulate=fake.world)
    with Driver(tmp_path, share_script(out, "1/3")) as again:
        assert again.wait() == 0, again.errors()
    assert {path.name for path in parts(out)} == {path.name for path in parts(whole)}
    assert values(out) == undisturbed
    execute(plan(), out=out, workers=1, simulate=fake.never)
    assert_whole(out)


@needs_proc
def test_a_sweep_without_shares_does_what_a_killed_one_has_left(tmp_path, undisturbed) -> None:
    out = tmp_path / "out"
    with Driver(tmp_path, share_script(out, "1/1")) as job:
        assert job.line() == "begin"
        assert until(lambda: len(parts(out)) >= 3)
        time.sleep(0.05)
        job.kill()
    kept = {path.name for path in parts(out)}
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert kept <= {path.name for path in parts(out)}
    assert_whole(out)
    assert values(out) == undisturbed


@needs_proc
def test_while_a_share_is_at_work_nothing_else_changes_the_folder(tmp_path, undisturbed) -> None:
    out = tmp_path / "out"
    with Driver(tmp_path, share_script(out, "1/1")) as job:
        assert job.line() == "begin"
        assert until(lambda: parts(out))
        for act in (lambda: execute(plan(), out=out, simulate=fake.never), lambda: compact(out)):
            with pytest.raises(StoreError, match=f"another sweep is writing to {out}"):
                act()
        assert job.wait() == 0, job.errors()
    assert values(out) == undisturbed


def command(folder: Path, *words: str) -> tuple[int, str]:
    """Give a command for a sweep; return its exit status and what it said."""
    with Driver(folder, COMMAND, "paced", "sweep", *words) as driver:
        return driver.wait(), driver.errors().strip()


@needs_proc
def test_the_command_says_what_a_share_did_and_what_finishes_the_sweep(tmp_path) -> None:
    out, file = tmp_path / "out", write_experiment(tmp_path, 12)
    for share in ("1/2", "2/2"):
        status, said = command(tmp_path, file, "--out", str(out), "--share", share)
        assert status == 0, said
        runs = 16 if share == "1/2" else 8
        next_step = f"openstakes sweep {out} does what is missing and prints the results"
        assert said.splitlines()[-2:] == [
            f"share {share}: {runs} of {runs} runs finished, 0 failed",
            f"when all shares are done: {next_step}",
        ]
    assert_whole(out, 24)
    assert not [name for name in files(out) if name.startswith(("report", "csv"))]
    assert Folder.plan(out).replications == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--share", "0/4"], "'0/4' must be I/N, such as 2/8"),
        (["--share", "5/4"], "'5/4' must be I/N, such as 2/8"),
        (["--share", "x"], "'x' must be I/N, such as 2/8"),
        (["--share", "1/4", "--csv"], "--share 1/4: not with --csv"),
        (["--share", "1/4", "--dry-run", "--json"], "--share 1/4: not with --dry-run, --json"),
        (["--share", "1/4", "--alone", "a:0"], "--share 1/4: not with --alone"),
    ],
)
def test_wrong_shares_are_refused_in_words_and_leave_nothing(tmp_path, words, said) -> None:
    out = tmp_path / "out"
    status, told = command(tmp_path, write_experiment(tmp_path, 2), "--out", str(out), *words)
    assert status == 2
    assert " ".join(said.split()) in " ".join(told.replace("│", " ").split()), told
    assert "Traceback" not in told
    assert not out.exists()


def test_a_share_without_a_folder_is_refused_in_words(tmp_path) -> None:
    status, said = command(tmp_path, write_experiment(tmp_path, 2), "--share", "1/4")
    assert (status, said) == (
        2,
        "--share 1/4: all shares need the same folder for their results: --out DIR",
    )
