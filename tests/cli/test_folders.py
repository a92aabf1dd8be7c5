"""Results folders of run and compare: stops, full disks, other results, the report again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.study import Study
from sim.model.world import Series
from tests.cli.calling import ROOT, SMALL, call, chance, fake_world


@pytest.mark.usefixtures("fake")
def test_an_interrupt_gives_status_130_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.sweep.execution.simulate_world", interrupt)
    result = call("compare", "p1-blanket", *chance(1), "--out", tmp_path / "results")
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    assert list(tmp_path.rglob(".*.tmp")) == []


@pytest.mark.usefixtures("fake")
def test_a_full_disk_gives_status_1_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device", "part")

    monkeypatch.setattr("sim.sweep.execution.deposit", full)
    result = call("compare", "p1-blanket", *chance(1), "--out", tmp_path / "results")
    assert result.exit_code == 1
    assert (
        "No space left on device: part: a fault of the machine, which is no result" in result.stderr
    )
    assert (
        f"kept in {tmp_path / 'results'}, and the same command goes on from there" in result.stderr
    )
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("fake")
def test_results_of_something_else_are_not_mixed_in(tmp_path: Path) -> None:
    out = tmp_path / "results"
    assert call("run", "p1-blanket", "--replications", "2", "--out", out).exit_code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    result = call("run", "p1-blanket", "--replications", "2", "--seed", "1", "--out", out)
    assert result.exit_code == 2
    assert "other seed (0 there, 1 here)" in result.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("fake")
def test_the_report_of_a_folder_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def report(study: Study, out: Path, *, encoding: str) -> Path:
        assert encoding == "utf-8"
        written.append(([scenario.name for scenario in study.scenarios], out))
        return out / "report.html"

    monkeypatch.setattr("sim.report.write", report)
    out = tmp_path / "results"
    assert call("compare", "p1-blanket", *chance(2), "--out", out).exit_code == 0
    result = call("report", out)
    assert result.exit_code == 0
    assert result.stdout == f"{out}/report.html\n"
    assert result.stderr.splitlines()[-1] == f"brief: {out}/brief.html"
    assert written == [(["status-quo", "p1-blanket"], out)] * 2


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("stop", [0, 5])
def test_an_unfinished_folder_gets_no_report(
    stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    def interrupted(*arguments: Any) -> Series:
        nonlocal begun
        begun += 1
        if begun > stop:
            raise KeyboardInterrupt
        return fake_world(*arguments)

    monkeypatch.setattr("sim.sweep.execution.simulate_world", interrupted)
    out = tmp_path / "results"
    assert (
        call(
            "compare",
            "p1-blanket",
            *chance(6),
            "--workers",
            "1",
            "--out",
            out,
        ).exit_code
        == 130
    )
    result = call("report", out)
    assert result.exit_code == 2
    assert re.fullmatch(
        rf"{out}: \d+ of 24 runs are finished; run the same command again to finish it\n",
        result.stderr,
    )
    assert not (out / "report.html").exists()


@pytest.mark.usefixtures("fake")
def test_a_damaged_folder_gives_status_1(tmp_path: Path) -> None:
    out = tmp_path / "results"
    assert call("run", "p1-blanket", "--replications", "2", "--out", out).exit_code == 0
    part = sorted(out.glob("series/*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    result = call("report", out)
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_leaves_no_half_written_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SMALL.format(name="base", base="status-quo"))
    arguments = [
        sys.executable, "-m", "sim", "run", "base.toml", "--replications", "500",
        "--out", "results",
    ]  # fmt: skip
    process = subprocess.Popen(
        [*arguments, "--workers", "1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        # Whoever started the tests may have Ctrl-C ignored, and that would be inherited.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    deadline = (
        time.monotonic() + 60
    )  # a busy machine; usually two parts are there after a few seconds
    # The first part counts when its worker has reported it, which is before that worker writes a
    # second one.
    while (
        len(list(tmp_path.glob("results/series/[!.]*.parquet"))) < 2 and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=15)
    assert process.returncode == 130
    assert b"interrupted" in message
    assert b"Traceback" not in message
    assert list(tmp_path.rglob(".*.tmp")) == []
    manifest = json.loads((tmp_path / "results" / "manifest.json").read_text())
    assert 0 < manifest["finished"] < 500
