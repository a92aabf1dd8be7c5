"""Experiments: one file that says which worlds are run for a question, how often, what is kept.

    name = "how-much-friction"
    question = "Where does a blanket control turn over?"
    scenarios = ["p1-blanket"]
    against = "status-quo"
    replications = 8

    [levers]                                                    # every combination
    "policy.open-weight-control.kyc_friction" = { from = 0.0, to = 0.3, steps = 4 }
    "policy.open-weight-control.start" = ["2026-01", "2027-01"]

    [uncertainties]                                             # every case meets every draw
    draws = 64
    method = "sobol"
    [uncertainties.numbers]                                     # parameters, and policy.NAME.FIELD
    leak_hazard = "range"                                       # "*" = "range": every parameter
    compute_elasticity = { uniform = [0.4, 1.0] }               # or log-uniform, or choice

    [keep]
    outcomes = ["us_share_*", "incidents"]
    months = "year-ends"

In place of numbers, or beside them, ``ensemble = "draws.csv"`` names a file with a column for each
number and a row for each draw; ``ensemble = "calibrated"`` is the shipped one, of which a number is
left out that a scenario or a lever sets.

A lever on a policy varies the compared scenarios that have the policy; the reference stays as it
is. A lever on any other field of a scenario sets the stage: it varies the reference too, and each
case is compared with its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator

from sim.messages import LARGEST_SEED, ScenarioError, nearest, shown
from sim.months import month_index, month_name
from sim.scenario import library
from sim.scenario.overlay import flatten, nest
from sim.scenario.plain import plain
from sim.scenario.problems import sentence, validation_problems
from sim.scenario.scenario import FileRecord, Scenario, load
from sim.scenario.texts import Name
from sim.scenario.toml import content_problems, dotted, read_toml
from sim.sweep.design import OF_EACH_DRAW, REPLICATIONS, Design, Keep, with_twins
from sim.sweep.distributions import EVERY
from sim.sweep.levers import SPAN, SeveralError, Value, by_path, lever_values, make_cases
from sim.sweep.runs import MOST_REPLICATIONS
from sim.sweep.uncertainties import CALIBRATED, Uncertainties, draws_of


def _not_empty(items: tuple[str, ...]) -> tuple[str, ...]:
    if not items:
        raise ValueError("must not be empty")
    return items


Names = Annotated[tuple[str, ...], AfterValidator(_not_empty)]


class Kept(FileRecord):
    """What is kept of each run.

    Everything monthly, and countries at the last month, unless said otherwise. ``families`` keeps
    each family's share by country and channel at the same moments as countries.
    """

    outcomes: Names = (EVERY,)
    months: Any = "all"
    countries: Literal["none", "last", "year-ends", "half-years"] = "last"
    families: bool = False

    @field_validator("months", mode="before")
    @classmethod
    def _months(cls, months: object) -> object:
        if months in ("all", "year-ends"):
            return months
        if (
            not isinstance(months, list | tuple)
            or not months
            or not all(isinstance(month, str) for month in months)
        ):
            raise ValueError(
                'must be "all", "year-ends" or a list of months, such as ["2027-12", "2030-12"]'
            )
        return tuple(
            month_name(index) for index in sorted({month_index(month) for month in months})
        )

    def resolved(self, horizons: Iterable[Scenario]) -> tuple[Keep, list[str]]:
        """Return it with patterns such as ``us_share_*`` replaced by names, and problems.

        Parameters
        ----------
        horizons
            Scenarios that must have the months.
        """
        from sim.model.outcomes import OUTCOMES

        problems = [
            f"keep.outcomes has {shown(pattern)}: no outcome of that "
            f"name{nearest(pattern, OUTCOMES)}"
            for pattern in self.outcomes
            if not any(fnmatchcase(name, pattern) for name in OUTCOMES)
        ]
        chosen = tuple(
            name
            for name in OUTCOMES
            if any(fnmatchcase(name, pattern) for pattern in self.outcomes)
        )
        if isinstance(self.months, tuple):
            last = min((scenario.months for scenario in horizons), default=0) - 1
            outside = [month for month in self.months if not 0 <= month_index(month) <= last]
            if outside and last >= 0:
                words = f"outside the months run, {month_name(0)} to {month_name(last)}"
                problems.append(f"keep.months has {shown(outside[0])}: {words}")
        if self.families and self.countries == "none":
            problems.append(
                'keep.families = true with keep.countries = "none": families are kept where '
                'countries are; choose "last", "year-ends" or "half-years"'
            )
        outcomes = None if len(chosen) == len(OUTCOMES) else chosen
        return Keep(outcomes, self.months, self.countries, self.families), problems


class Experiment(FileRecord):
    """One experiment, as written in ``experiment.toml``."""

    name: Name
    question: str = Field("", max_length=2000)
    scenarios: Annotated[tuple[Name, ...], AfterValidator(_not_empty)]
    against: Name = "status-quo"
    replications: int | None = Field(
        None,
        ge=1,
        le=MOST_REPLICATIONS,
        description="Runs of each case under each draw. Default: 32, with uncertain numbers 1",
    )
    seed: int = Field(0, ge=0, le=LARGEST_SEED)
    also_without_assumed: bool = True
    levers: dict[str, Any] = Field(default_factory=dict)
    uncertainties: Uncertainties | None = None
    keep: Kept = Kept()

    @field_validator("levers", mode="before")
    @classmethod
    def _levers(cls, levers: object) -> object:
        return by_path(levers, SPAN, lever_values)

    @field_validator("scenarios")
    @classmethod
    def _once_each(cls, scenarios: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in scenarios if scenarios.count(name) > 1})
        if twice:
            raise ValueError(f"names {twice[0]!r} more than once")
        return scenarios


def load_experiment(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    draws: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
) -> tuple[Experiment, Design]:
    """Read an experiment and return it with its design.

    Parameters
    ----------
    source
        Name of a shipped experiment, a file, or the tables that a file would hold, in which numpy's
        numbers and arrays and ranges stand for numbers and lists. A scenario that is not shipped is
        NAME.toml beside the file; tables name it by its path, such as "mine/my-control.toml".
    draws, replications, seed
        In place of those of the experiment. Draws of one without uncertain numbers are those of the
        calibrated ensemble, and its own replications, which are meant for one draw, do not count.

    Raises
    ------
    ScenarioError
        With every problem of the experiment, or of its scenarios.
    """
    table, file, beside = _read(source)
    if draws is not None:
        table |= _plain(_with_draws(table, draws), file)
    table |= _plain(
        {key: x for key, x in (("replications", replications), ("seed", seed)) if x is not None},
        file,
    )
    files = _own_files(table, file) if isinstance(source, Mapping) else {}
    experiment = _valid(table, file)
    return experiment, _design(experiment, beside, file, files)


def read_experiment(source: str | os.PathLike[str]) -> Experiment:
    """Read an experiment's file alone, without its scenarios and draws.

    Raises
    ------
    ScenarioError
        With every problem of the file.
    """
    table, file, _ = _read(source)
    return _valid(table, file)


def _valid(table: Mapping[str, object], file: str) -> Experiment:
    try:
        return Experiment.model_validate(table)
    except ValidationError as error:
        raise ScenarioError(f"{file}: {problem}" for problem in _problems(error)) from None


def _read(
    source: str | os.PathLike[str] | Mapping[str, Any],
) -> tuple[dict[str, object], str, Path | None]:
    """Return the tables of an experiment, its name in messages, and its folder if a user's own."""
    beside: Path | None = None
    if isinstance(source, Mapping):
        file = "experiment"
        table = _plain(source, file)
    else:
        text = os.fspath(source)
        path, beside = library.locate("experiment", text)
        file = library.label(path)
        table = read_toml(path, file)
        library.refuse_other("experiment", table, file)
    return nest(flatten(table, file)), file, beside


def _with_draws(table: Mapping[str, object], draws: int) -> dict[str, object]:
    """Return what changes in the tables of an experiment for which so many draws are asked."""
    stated = table.get("uncertainties", {"ensemble": CALIBRATED})
    if not isinstance(stated, Mapping):
        return {}  # which is refused with the rest of the tables
    changed: dict[str, object] = {"uncertainties": {**stated, "draws": draws}}
    return changed if "uncertainties" in table else changed | {"replications": OF_EACH_DRAW}


def _plain(source: Mapping[str, Any], file: str) -> dict[str, object]:
    """Return tables from a script as a file would hold them."""
    problems: list[str] = []
    table = plain(source, problems)
    assert isinstance(table, dict)
    found = problems or content_problems(table)
    if found:
        raise ScenarioError(f"{file}: {problem}" for problem in found)
    return table


def _own_files(table: dict[str, object], file: str) -> dict[str, str]:
    """Put the name of its scenario in place of each path of a user's scenario file.

    Return the paths by name.
    """
    asked, against = (
        table.get("scenarios"),
        table.get("against", Experiment.model_fields["against"].default),
    )
    texts = [
        x for x in (*(asked if isinstance(asked, tuple) else ()), against) if isinstance(x, str)
    ]
    names: dict[str, str] = {}
    owner: dict[str, str] = {}
    problems = []
    for text in dict.fromkeys(texts):
        if library.is_path(text):
            try:
                names[text] = load(text).name
            except ScenarioError as error:
                problems.extend(error.problems)
                continue
        name = names.get(text, text)
        known = owner.setdefault(name, text)
        if known != text and os.path.realpath(known) != os.path.realpath(text):
            problems.append(
                f"{shown(known)} and {shown(text)} are both called {name!r}; give one of them "
                f"another name"
            )
    if problems:
        raise ScenarioError(f"{file}: {problem}" for problem in dict.fromkeys(problems))
    if isinstance(asked, tuple):
        table["scenarios"] = tuple(names.get(x, x) if isinstance(x, str) else x for x in asked)
    if isinstance(against, str):
        table["against"] = names.get(against, against)
    return {name: text for text, name in names.items()}


def _problems(error: ValidationError) -> list[str]:
    """Return the problems of an experiment's form, each a line."""
    lines: list[str] = []
    for details, problem in zip(
        error.errors(), validation_problems(error, Experiment), strict=True
    ):
        several = details.get("ctx", {}).get("error")
        if isinstance(several, SeveralError):
            lines.extend(f"{dotted(problem[0])}.{line}" for line in several.problems)
        else:
            lines.append(sentence(problem))
    return list(dict.fromkeys(lines))


def _design(
    experiment: Experiment, beside: Path | None, file: str, files: Mapping[str, str]
) -> Design:
    def load_case(name: str, changes: Mapping[str, Value]) -> Scenario:
        return _loaded(files.get(name, name), beside, changes)

    # Sorted, so that a case has one name however the file is written.
    levers = {path: lever_values(given) for path, given in sorted(experiment.levers.items())}
    cases, problems = make_cases(experiment.scenarios, experiment.against, levers, load_case)
    keep, of_keep = experiment.keep.resolved(case.scenario for case in cases)
    draws, of_draws = draws_of(experiment.uncertainties, cases, beside, experiment.seed)
    problems = [*problems, *of_keep, *of_draws]
    if not problems:
        try:
            usual = REPLICATIONS if experiment.uncertainties is None else OF_EACH_DRAW
            return Design(
                with_twins(cases) if experiment.also_without_assumed else cases,
                usual if experiment.replications is None else experiment.replications,
                experiment.seed,
                draws,
                keep,
                experiment.name,
                experiment.question,
            )
        except ScenarioError as error:
            problems = error.problems
    raise ScenarioError(f"{file}: {problem}" for problem in dict.fromkeys(problems))


def _loaded(name: str, beside: Path | None, changes: Mapping[str, Value]) -> Scenario:
    """Return the scenario of a name, or of a user's file, with lever values set."""
    found = name if library.is_path(name) else library.find("scenario", name, beside)
    try:
        return load(name if found == library.scenarios().get(name) else found, settings=changes)
    except ScenarioError as error:
        raise ScenarioError(
            problem.replace("--set: ", "levers: ").replace("--set ", "levers: ")
            for problem in error.problems
        ) from None
