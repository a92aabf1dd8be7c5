"""How to do a comparison again: command, files of scenarios, versions behind the numbers."""

from __future__ import annotations

import csv
import io
import platform
import shlex
from collections.abc import Iterable
from importlib import metadata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sim.analysis.frames import EXCEL
from sim.analysis.grids import lever_values
from sim.scenario import library
from sim.sweep.design import Keep
from sim.sweep.uncertainties import CALIBRATED, is_calibrated

if TYPE_CHECKING:
    from sim.analysis.study import Study
    from sim.scenario.scenario import Scenario
    from sim.sweep.draws import Draws

_PACKAGES = ("numpy", "numba", "mesa", "pandas", "pyarrow", "matplotlib")
_TABLES = ("parameters", "policy", "crisis")

EXPERIMENT, DRAWS = "scenarios/the_experiment.toml", "scenarios/the_draws.csv"
"""What the command needs beside the scenarios: no scenario can have a name with "_"."""


def command(study: Study, encoding: str = "utf-8") -> str:
    """Return the command that makes the same numbers and the same tables again.

    Parameters
    ----------
    study
        Finished runs.
    encoding
        Of the tables beside the page: their bytes, and so the hash on it, are of this encoding.

    Returns
    -------
    str
        "" of a design with levers that no experiment describes, since a script made its cases.
    """
    out = ["--out", "results", *(["--excel"] if encoding == EXCEL else [])]
    if study.lever_paths and not _is_of_an_experiment(study):
        return ""
    if _needs_experiment(study):
        return shlex.join(["openstakes", "experiment", f"./{EXPERIMENT}", *out])
    words = [
        "openstakes",
        "compare",
        *(_argument(s) for s in study.scenarios if s.name != study.against),
    ]
    words += [
        "--against",
        _argument(study.scenario(study.against)),
        "--draws",
        str(study.draws if study.design.draws.names else 0),
        "--replications",
        str(study.replications),
    ]
    return shlex.join([*words, "--seed", str(study.seed), *out])


def files(study: Study) -> dict[str, bytes]:
    """Return the files beside the report that its command reads: name and content of each.

    The file of a scenario with levers has their values in its first case.
    """
    found = {scenario_file(s): s.as_toml().encode() for s in reversed(study.scenarios)}
    if _needs_experiment(study):
        found[EXPERIMENT] = _experiment(study).encode()
        if _has_own_draws(study):
            found[DRAWS] = _draws(study.design.draws).encode()
    return found


def file_names(scenarios: Iterable[Scenario]) -> list[str]:
    """Return the names of all files that `files` may give for some scenarios."""
    return [EXPERIMENT, DRAWS, *map(scenario_file, scenarios)]


def _needs_experiment(study: Study) -> bool:
    """Tell whether the command compare would make another study or another page.

    It draws from the calibrated ensemble, runs all twice, keeps the usual and asks no question.

    Not if a scenario is only told from a shipped one by its file: experiments know names alone.
    """
    if study.lever_paths:
        return True
    design, shipped = study.design, library.scenarios()
    compared = (
        not _has_own_draws(study)
        and design.keep == Keep()
        and study.without_assumed is not None
        and not design.question
    )
    by_name = all(
        _argument(s) == s.name if s.name in shipped else library.is_name(s.name)
        for s in study.scenarios
    )
    return by_name and not compared


def _has_own_draws(study: Study) -> bool:
    return bool(study.design.draws.names) and not is_calibrated(study.design)


def _experiment(study: Study) -> str:
    """Return the text of an experiment that is the study's design, draw by draw."""
    import tomli_w

    design, against = study.design, study.scenario(study.against).name
    names = dict.fromkeys(s.name for s in study.scenarios if s.name != against)
    table: dict[str, Any] = {
        "name": design.name or "again",
        "question": design.question,
        "scenarios": [*names] or [against],
        "against": against,
        "replications": design.replications,
        "seed": design.seed,
        "also_without_assumed": study.without_assumed is not None,
        "keep": {key: value for key, value in design.keep.table().items() if value is not None},
    }
    if levers := lever_values(study):
        table["levers"] = levers
    if _has_own_draws(study):
        table["uncertainties"] = {"ensemble": PurePosixPath(DRAWS).name}
    elif design.draws.names:
        table["uncertainties"] = {"ensemble": CALIBRATED, "draws": len(design.draws)}
    return tomli_w.dumps(table)


def _is_of_an_experiment(study: Study) -> bool:
    """Tell whether a study's cases are all that its scenarios and levers make, read by name.

    A scenario is read from the file beside the report, where its levers have the values of its
    first case, unless it is shipped.
    """
    from sim.scenario.scenario import load
    from sim.sweep.levers import make_cases

    first = {case.scenario.name: case for case in reversed(study.cases)}
    if not all(map(library.is_name, first)):
        return False
    for name, case in first.items():
        shipped = load(name, settings=case.levers) if name in library.scenarios() else None
        if shipped is not None and shipped.id != case.scenario.id:
            return False
    against = study.scenario(study.against).name
    names = list(dict.fromkeys(case.scenario.name for case in study.cases))
    made, problems = make_cases(
        names, against, lever_values(study), lambda name, _: first[name].scenario
    )
    ours = [(case.name, case.against) for case in study.cases]
    return not problems and [(case.name, case.against) for case in made] == ours


def _draws(draws: Draws) -> str:
    """Return draws as an ensemble file, every number with all its digits."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([draws.names, *draws.values.tolist()])
    return text.getvalue()


def _argument(scenario: Scenario) -> str:
    """Return a shipped scenario by name, any other by the file written beside the report."""
    if scenario.name in library.scenarios():
        from sim.scenario.scenario import load

        if load(scenario.name) == scenario:  # texts for people, which stand on the page, too
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
