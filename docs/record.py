"""Run the checks that explanation/validation.md shows and store what they print.

Each is stored with date, version and command.

python docs/record.py [--replications 16] [--only targets]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sim.sweep.manifest import made_by

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "benchmarks" / "output"
CHECKS = {"targets": "--replications", "handover": "--replications", "ablation": "--draws"}
"""Programs of benchmarks/, each with its option for how much is run."""


def record(name: str, runs: int) -> Path:
    """Run one program of benchmarks/ and store its output under a head that says what made it."""
    program = ROOT / "benchmarks" / f"{name}.py"
    shown = f"python benchmarks/{name}.py {CHECKS[name]} {runs}"
    command = [sys.executable, str(program), CHECKS[name], str(runs)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=False
    )  # progress and errors are seen as they come
    if done.returncode != 0:
        raise SystemExit(f"{shown} failed")
    made = ", ".join(f"{key} {value}" for key, value in made_by().items())
    head = f"{shown}\n{datetime.now(UTC):%Y-%m-%d}, {made}\n"
    body = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    path = OUTPUT / f"{name}.txt"
    path.write_text(f"{head}\n{body}\n", encoding="utf-8")
    return path


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=16, help="or draws")
    parser.add_argument("--only", choices=CHECKS, help="one of them")
    options = parser.parse_args()
    OUTPUT.mkdir(exist_ok=True)
    for name in (options.only,) if options.only else CHECKS:
        print(record(name, options.replications).relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
