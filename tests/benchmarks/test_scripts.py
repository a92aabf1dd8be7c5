"""The programs of benchmarks/ start as their pages say, as scripts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_neighbour_of_a_script_hides_a_package() -> None:
    """The folder of a script comes first when it imports, and numba asks for optional packages."""
    command = [sys.executable, "benchmarks/handover.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
