"""Output of the command line in any encoding, in the order in which it arises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenario.scenario import load
from tests.scenario.mistakes import write

ROOT = Path(__file__).resolve().parents[2]


def printed(*arguments: object, encoding: str | None, cwd: Path) -> tuple[int, bytes]:
    environment = (
        os.environ
        | {"PYTHONPATH": str(ROOT)}
        | ({"PYTHONIOENCODING": encoding} if encoding else {})
    )
    text = [sys.executable, "-m", "sim", *map(str, arguments)]
    done = subprocess.run(
        text,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_output_in_another_encoding_loses_no_character_and_never_fails(
    tmp_path: Path, encoding: str
) -> None:
    write(
        tmp_path,
        'name = "mine"\nextends = "p1-blanket"\nquestion = "\u8c01 \u2192 \U0001f600 caf\u00e9?"\n',
    )
    write(tmp_path, 'name = "bad"\nquestion = \u8c01\n', "bad.toml")
    status, output = printed("show", "mine.toml", encoding=encoding, cwd=tmp_path)
    assert status == 0
    assert (
        load(write(tmp_path, output.decode(encoding), "copy.toml")).question
        == "\u8c01 \u2192 \U0001f600 caf\u00e9?"
    )
    for arguments, wanted in (
        (("list", "countries"), 0),
        (("list", "parameters"), 0),
        (("list", "policies", "L1"), 0),
        (("check", "mine.toml", "bad.toml"), 2),
        (("run", "\u8c01"), 2),
        (("--help",), 0),
    ):
        status, output = printed(*arguments, encoding=encoding, cwd=tmp_path)
        assert status == wanted, output
        assert b"Traceback" not in output
        assert output.decode(encoding).strip()


def test_results_and_problems_stand_in_the_order_in_which_they_arise(tmp_path: Path) -> None:
    write(tmp_path, 'name = "bad"\nadopters = 1\n', "bad.toml")
    _, output = printed(
        "check", "status-quo", "bad.toml", "p1-blanket", "bad.toml", encoding=None, cwd=tmp_path
    )
    assert [line.split(":")[0] for line in output.decode().splitlines()] == [
        "status-quo",
        "bad.toml",
        "p1-blanket",
        "bad.toml",
    ]
