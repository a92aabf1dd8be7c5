"""How to do a comparison again: command, files of scenarios, versions behind the numbers."""

from __future__ import annotations

import platform
import shlex
from importlib import metadata
from typing import TYPE_CHECKING

from sim.analysis.frames import EXCEL
from sim.scenario import library
from sim.sweep.uncertainties import is_calibrated

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario

_PACKAGES = ("numpy", "numba", "mesa", "pandas", "pyarrow", "matplotlib")
_TABLES = ("parameters", "policy", "crisis")


def command(study: Study, encoding: str = "utf-8") -> str:
    """Return the command that makes the same numbers and the same tables again.

    Parameters
    ----------
    study
        Finished runs.
    encoding
        Of the tables beside the page: their bytes, and so the hash on it, are of this encoding.
    """
    excel = ["--excel"] if encoding == EXCEL else []
    drawn = is_calibrated(study.design)
    if study.design.draws.names and not drawn:
        return shlex.join(["openstakes", "sweep", "results", *excel])
    words = [
        "openstakes",
        "compare",
        *(_argument(s) for s in study.scenarios if s.name != study.against),
    ]
    words += [
        "--against",
        _argument(study.scenario(study.against)),
        "--draws",
        str(study.draws if drawn else 0),
        "--replications",
        str(study.replications),
    ]
    return shlex.join([*words, "--seed", str(study.seed), "--out", "results", *excel])


def _argument(scenario: Scenario) -> str:
    """Return a shipped scenario by name, any other by the file written beside the report."""
    if scenario.name in library.scenarios():
        from sim.scenario.scenario import load

        if load(scenario.name).id == scenario.id:
            return scenario.name
    return f"./{scenario_file(scenario)}"


def scenario_text(scenario: Scenario, base: Scenario) -> str:
    """Return a scenario as the page prints it.

    The reference in full; of another what the reference does not have.
    """
    if scenario is base:
        return scenario.as_toml()
    import tomli_w

    table, theirs = scenario.as_table(), base.as_table()
    own = {
        key: value
        for key, value in table.items()
        if value != theirs.get(key) and key not in _TABLES
    }
    for key in _TABLES:
        here, there = table.get(key, {}), theirs.get(key, {})
        found = {name: value for name, value in here.items() if value != there.get(name)}
        own |= {key: found} if found else {}
    dropped = [
        f"{key}.{name}"
        for key in _TABLES
        for name in theirs.get(key, {})
        if name not in table.get(key, {})
    ]
    head = f"# Not here, but in {base.name}: {', '.join(dropped)}\n" if dropped else ""
    return head + tomli_w.dumps(own, multiline_strings=True)


def scenario_file(scenario: Scenario) -> str:
    """Return the path, inside the report's folder, of the file that holds a scenario."""
    stem = scenario.name if library.is_name(scenario.name) else scenario.id
    return f"scenarios/{stem}.toml"


def versions() -> list[tuple[str, str]]:
    """Return the versions of this package, of Python and of the packages behind the numbers."""
    from sim import __version__

    found = [("openstakes", __version__), ("Python", platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    return found
