"""A finished folder of results, and its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import sim
from sim.sweep.design import Design
from tests.sweep import fake

ROOT = Path(sim.__file__).parents[1]


PLAN = Design.of(
    [fake.scenario("status-quo"), fake.scenario("audits", 1)], 6, 3, also_without_assumed=False
)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    text = [sys.executable, "-m", "sim", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        text, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def opened(out: Path, kind: str) -> tuple[pa.Table, dict[str, Any], Path]:
    """Return a part's table, what it says of itself and its file."""
    path = min((out / kind).iterdir())
    table = pq.read_table(path)
    return table, json.loads(pq.read_metadata(path).metadata[b"openstakes"]), path
