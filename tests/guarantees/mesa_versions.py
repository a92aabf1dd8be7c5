"""The same bits on every Mesa: golden numbers and tests of Mesa on each of three versions.

    python tests/guarantees/mesa_versions.py      (or make test-mesa)

Needs nothing but Python. A Python that this machine lacks is named and left out; the others go on.
"""

from __future__ import annotations

import datetime
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = (("3.11", "3.3.1"), ("3.12", "3.5.1"), ("3.13", "4.0.0a0"))
"""Python, and the Mesa that its users have: the oldest allowed, the newest done, the coming one."""
TESTS = (
    "tests/guarantees/test_mesa.py",
    "tests/model/test_seeds.py",
    "tests/guarantees/test_memory.py::test_a_finished_world_is_freed",
)


def find_python(version: str) -> str | None:
    """A Python of this version that can make environments, on the path or among pyenv's."""
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    places = [
        shutil.which(f"python{version}"),
        *sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python")),
    ]
    code = f"import ensurepip, sys, venv; sys.exit(not sys.version.startswith('{version}.'))"
    # A shim of pyenv stands on the path for versions that are not switched on, and fails.
    return next(
        (place for place in places if place and not run([place, "-c", code]).returncode), None
    )


def run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout and keep what it prints."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONPATH"
    } | variables
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def environment(python: str, version: str, mesa: str) -> str:
    """Python of an environment with the project, this Mesa and all else as in constraints.txt.

    Raises
    ------
    RuntimeError
        If a step fails, with the last lines it printed.
    """
    place = ROOT / f".venv-mesa-{version}"
    own = str(place / "bin" / "python")
    ready, constraints = place / "ready", place / "constraints.txt"
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    text = "\n".join(
        [*(line for line in pins if not line.lower().startswith("mesa==")), f"mesa=={mesa}"]
    )
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    state = hashlib.sha256(f"{ROOT}\n{text}\n{pyproject}".encode()).hexdigest()
    if ready.exists() and ready.read_text() == state:
        return own
    backend = tomllib.loads(pyproject)["build-system"]["requires"]
    uv = [
        str(place / "bin" / "uv"), "pip", "install", "-q", "--python", own, "-c", str(constraints),
    ]  # fmt: skip
    steps = [
        [python, "-m", "venv", "--clear", str(place)],
        # uv is minutes faster than pip
        [own, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "uv"],
        [*uv, *backend],
        [*uv, "--no-build-isolation", "-e", ".", "pytest", "hypothesis", f"mesa=={mesa}"],
    ]
    for step in steps:
        done = run(step)
        if done.returncode:
            raise RuntimeError("; ".join((done.stderr or done.stdout).strip().splitlines()[-3:]))
        constraints.write_text(text, encoding="utf-8")
    ready.write_text(state)
    return own


def measure() -> dict[str, Any]:
    """What one environment gives: versions, code digest, and what each shipped scenario gives.

    That is its digest and its matching digits.
    """
    from importlib.metadata import version

    import tests.conftest  # noqa: F401  (names the tests' cache of compiled code before numba is imported)
    from sim.sweep.code import code_digest
    from tests.guarantees import golden

    on_file = golden.read()
    found = {name: golden.measure(name, on_file["outcomes"]) for name in on_file["scenarios"]}
    digits = [
        next(iter(golden.digits(on_file["scenarios"][name], found[name]).values()))
        for name in found
    ]
    return {
        "openstakes": version("openstakes"),
        "versions": {
            "Python": sys.version.split()[0],
            **{x: version(x) for x in ("mesa", "numpy", "numba")},
        },
        "code": code_digest(),
        "series": {name: entry["digest"] for name, entry in found.items()},
        "as_on_file": sum(
            found[name]["digest"] == on_file["scenarios"][name]["digest"] for name in found
        ),
        "digits": min(digits),
    }


def line_of(found: dict[str, Any], tests: str) -> str:
    """What one environment gave, in a line."""
    names = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    same, total = found["as_on_file"], len(found["series"])
    golden = "equal to the bit"
    if same < total:
        golden = f"{same} of {total} equal to the bit, all to {found['digits']} digits"
    return f"{names}: golden numbers {golden}; code {found['code']}; tests of Mesa: {tests}"


def verdict(all_found: list[dict[str, Any]]) -> tuple[str, bool]:
    """The last line, and whether all environments gave the same bits from the same code."""
    several = ", ".join(found["versions"]["mesa"] for found in all_found)
    scenarios = all_found[0]["series"]
    moved = [name for name in scenarios if len({found["series"][name] for found in all_found}) > 1]
    codes = {found["code"] for found in all_found}
    if moved or len(codes) > 1:
        what = ", ".join(moved) or "none"
        return (
            f"NOT the same on Mesa {several}: series of {what}; {len(codes)} code digest(s)",
            False,
        )
    return (
        (
            f"the same bits on Mesa {several}: "
            f"all series of {len(scenarios)} scenarios, and one code digest"
        ),
        True,
    )


def examine(version: str, mesa: str) -> tuple[str, dict[str, Any] | None, bool]:
    """What one version gave: the line to print, what was measured, and whether nothing failed."""
    python = find_python(version)
    if python is None:
        return (
            f"Python {version} (for Mesa {mesa}): not found on this machine, left out",
            None,
            True,
        )
    try:
        own = environment(python, version, mesa)
    except RuntimeError as error:
        return f"Python {version}, Mesa {mesa}: could not be installed: {error}", None, False
    done = run([own, "-m", "tests.guarantees.mesa_versions", "measure"])
    if done.returncode:
        return f"Python {version}, Mesa {mesa}: failed\n{done.stderr}", None, False
    tests = run([own, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS])
    found = json.loads(done.stdout)
    line = line_of(found, tests.stdout.strip().splitlines()[-1].strip("= "))
    return (f"{line}\n{tests.stdout}" if tests.returncode else line), found, not tests.returncode


def main() -> int:
    """Examine all versions at once.

    0 if nothing failed and all that could be made gave the same bits.
    """
    print("make test-mesa", datetime.date.today(), sep="\n", flush=True)
    measured, fine = [], True
    with ThreadPoolExecutor() as pool:
        for line, found, good in pool.map(examine, *zip(*VERSIONS, strict=True)):
            print(line, flush=True)
            measured += [] if found is None else [found]
            fine = fine and good
    if not measured:
        return 1
    text, same = verdict(measured)
    print(text)
    return 0 if fine and same else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        json.dump(measure(), sys.stdout)
    else:
        sys.exit(main())
