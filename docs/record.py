"""Run the checks that explanation/validation.md shows and store what they print.

Each is stored with date, version and command.

python docs/record.py [targets] [handover] [patterns] [ablation]
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
CHECKS = {
    "targets": ("--replications", "16"),
    "handover": ("--replications", "16"),
    "patterns": ("--draws", "32"),
    "ablation": ("--draws", "16"),
}
"""Programs of benchmarks/, and what they are asked for."""


def record(name: str) -> Path:
    """Run one program of benchmarks/ and store its output under a head that says what made it."""
    program, arguments = ROOT / "benchmarks" / f"{name}.py", CHECKS[name]
    shown = f"python benchmarks/{name}.py {' '.join(arguments)}"
    command = [sys.executable, str(program), *arguments]
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
    """Run the checks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="check", help=", ".join(CHECKS))
    asked = parser.parse_args().checks or list(CHECKS)
    if unknown := [name for name in asked if name not in CHECKS]:
        parser.error(f"no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    OUTPUT.mkdir(exist_ok=True)
    for name in asked:
        print(record(name).relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
