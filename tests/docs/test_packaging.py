"""The wheel is whole and works from an empty folder.

The repository names no machine, registry or token.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("matplotlib", "mesa", "numba", "pandas", "pyarrow", "scipy")
LIGHT_MODULES = (
    "sim", "sim.cli.app", "sim.data", "sim.model.law", "sim.scenario.library",
    "sim.model.parameters", "sim.policies", "sim.scenario.scenario",
)  # fmt: skip
SUSPECT = {
    "a machine's path": r"/(?:work|root|tmp|home|Users|opt)/\w",
    "a registry's address": r"https?://\S+/simple\b|pypi[.]org|python[h]osted|--(?:extra-)?index-url|--find[-]links",
    "a token": r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{20,}|\bAKIA[0-9A-Z]{16}\b|\bsk-[\w-]{20,}|"
    r"\bhf_[A-Za-z0-9]{30,}|"
    r"\bpypi-[\w-]{50,}|-----BEGIN [A-Z ]*PRIVATE KEY|https?://[^\s/:@]+:[^\s/@]+@",
}


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command and return its stdout; a failure shows what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build_wheel(source: Path, folder: Path) -> Path:
    """Build a wheel with the build backend that is installed here; nothing is downloaded."""
    pip = (
        sys.executable, "-m", "pip", "wheel", "-qq", "--disable-pip-version-check", "--no-deps",
        "--no-index",
    )  # fmt: skip
    run(*pip, "--no-build-isolation", "--wheel-dir", folder, source)
    (wheel,) = folder.glob("openstakes-*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, int]:
    """Return the members of a wheel with their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.CRC for item in archive.infolist()}


def source_files(folder: Path) -> set[str]:
    """Return the files under a folder, caches left out, relative to it."""
    found = (
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    return {path.relative_to(folder).as_posix() for path in found}


def tracked_files() -> list[Path]:
    """Return the files that git knows or would add; without git, those of a source archive."""
    if (ROOT / ".git").exists():
        names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").split(
            "\0"
        )
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return [
        ROOT / name for name in source_files(ROOT) if not name.startswith((".venv", "results/"))
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip = (
        sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps",
        "--no-index",
    )  # fmt: skip
    run(*pip, "--target", target, wheel)
    return target


def test_the_wheel_holds_the_package_and_the_library(wheel: Path) -> None:
    expected = {f"sim/{name}" for name in source_files(ROOT / "sim")}
    for folder in ("scenarios", "experiments"):
        expected |= {f"sim/library/{folder}/{name}" for name in source_files(ROOT / folder)}
    found = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert found == expected
    assert "sim/library/scenarios/status-quo.toml" in found
    assert "sim/library/experiments/four-policies/experiment.toml" in found
    assert "sim/py.typed" in found  # type checkers of those who use the package read its types
    assert {"sim/data/countries.csv", "sim/data/parameters.csv"} <= set(found)
    assert any(name.startswith("sim/report/templates/") for name in found)


def test_a_wheel_from_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path)
    (archive,) = tmp_path.glob("openstakes-*.tar.gz")
    again = build_wheel(archive, tmp_path)
    assert contents(again) == contents(wheel)


def test_the_installed_package_lists_its_library_from_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    path = {"PYTHONPATH": str(installed)}
    where = run(sys.executable, "-P", "-c", "import sim; print(sim.__file__)", cwd=tmp_path, **path)
    assert Path(where.strip()).is_relative_to(installed)
    listed = json.loads(
        run(sys.executable, "-P", "-m", "sim", "list", "scenarios", "--json", cwd=tmp_path, **path)
    )
    names = {item["name"] for item in listed}
    assert names == {path.stem for path in (ROOT / "scenarios").glob("*.toml")}
    assert run(installed / "bin" / "openstakes", "--version", cwd=tmp_path, **path).startswith(
        "openstakes "
    )
    assert list(tmp_path.iterdir()) == []


def test_the_installed_package_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    command = (
        "run", "status-quo", "--replications", "1", "--seed", "1", "--set", "horizon.end=2024-12",
        "--json",
    )  # fmt: skip
    printed = run(
        sys.executable, "-P", "-m", "sim", *command, cwd=tmp_path, PYTHONPATH=str(installed)
    )
    assert json.loads(printed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_importing_is_cheap(module: str) -> None:
    code = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    assert run(sys.executable, "-c", code).strip() == ""


def test_the_repository_names_no_machine_registry_or_token() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, pattern in SUSPECT.items():
            if match := re.search(pattern, text):
                found.append(f"{path.relative_to(ROOT)}: {what}: {match[0][:20]}")
    assert found == []


def test_constraints_pin_every_dependency_within_its_range() -> None:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert [
        line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)
    ] == []
    pinned = {
        canonicalize_name(name): version for name, version in (line.split("==") for line in lines)
    }
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = settings["project"]
    extras = project["optional-dependencies"]
    texts = sum(extras.values(), project["dependencies"] + settings["build-system"]["requires"])
    for requirement in map(Requirement, texts):
        if requirement.name == project["name"]:  # an extra that takes in others
            assert requirement.extras <= set(extras), requirement
            continue
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), (
            requirement
        )


def test_the_version_is_the_same_everywhere() -> None:
    version = run(sys.executable, "-c", "import sim; print(sim.__version__)").strip()
    changelog = (ROOT / "CHANGELOG.md").read_text()
    last = re.findall(r"^## \[(\d+\.\d+\.\d+)\]$", changelog, re.MULTILINE)[0]
    assert f"\nversion: {last}\n" in (ROOT / "CITATION.cff").read_text()
    # Numbers move between releases: what is not released says so.
    assert (version == last) != ("\n## [Unreleased]\n" in changelog)
    assert version == last or (version.endswith(".dev0") and Version(version) > Version(last))


def test_the_scenario_in_the_readme_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    file = tmp_path / "my-control.toml"
    file.write_text(example)
    run(sys.executable, "-m", "sim", "check", file)


def test_the_readme_names_every_command() -> None:
    printed = run(sys.executable, "-m", "sim", "--help", COLUMNS="100", TERM="dumb", NO_COLOR="1")
    commands = set(
        re.findall(r"^\W*([a-z]+)  ", printed.split("Commands", 1)[1], flags=re.MULTILINE)
    )
    table = set(
        re.findall(r"^\| `([a-z]+)[ `]", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    )
    assert commands == table
