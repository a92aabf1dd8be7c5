"""Experiments: one file that says which worlds are run to answer a question, how often, and what is kept.

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
    compute_elasticity = { uniform = [0.4, 1.0] }               # or log-uniform = [...], or choice = [...]

    [keep]
    outcomes = ["us_share_*", "incidents"]
    months = "year-ends"

In place of numbers, ``ensemble = "draws.csv"`` names a file with a column for each number and a row for each draw.

A lever on a policy varies the compared scenarios that have the policy; the reference stays as it is. A lever on any
other field of a scenario sets the stage: it varies the reference too, and each case is compared with its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim.messages import ScenarioError, nearest, shown
from sim.months import month_index, month_name
from sim.scenario import library
from sim.scenario.overlay import flatten, nest
from sim.scenario.scenario import Name, Scenario, load
from sim.scenario.toml import content_problems, dotted, read_toml
from sim.scenario.validation import sentence, validation_problems
from sim.sweep.design import CERTAIN, LARGEST_SEED, MOST_REPLICATIONS, Case, Design, Draws, Keep, with_twins
from sim.sweep.distributions import EVERY, LAWS, check_form, draw_problems, known_numbers, laws
from sim.sweep.levers import SPAN, Value, lever_values, make_cases
from sim.sweep.sampling import MOST_DRAWS, read_ensemble, sample


class _Record(BaseModel):
    """Frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _checked_table(table: object, own: tuple[str, ...], check: Callable[[object], object]) -> dict[str, object]:
    """Return a table with nested tables as dotted paths, every value checked.

    ``policy.x.y`` may be written with or without quotes.

    Parameters
    ----------
    own
        Keys of a value that is itself a table.
    check
        Raises ValueError for a value that cannot be used.
    """
    if not isinstance(table, Mapping):
        raise ValueError("must be a table")
    paths: dict[str, object] = {}
    problems = []
    waiting: list[tuple[tuple[str, ...], object]] = [((str(name),), value) for name, value in table.items()]
    for key, value in waiting:  # grows while it is read
        path = ".".join(key)
        if isinstance(value, Mapping) and value and not set(value) & set(own):
            waiting.extend(((*key, str(name)), below) for name, below in value.items())
        elif path in paths:
            problems.append(f"{dotted(key)} is given twice")
        else:
            paths[path] = value
            try:
                check(value)
            except ValueError as error:
                problems.append(f"{dotted(key)} {error}")
    if problems:
        raise _SeveralError(problems)
    return paths


class _SeveralError(ValueError):
    """Several problems of one table."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def _not_empty(items: tuple[str, ...]) -> tuple[str, ...]:
    if not items:
        raise ValueError("must not be empty")
    return items


Names = Annotated[tuple[str, ...], AfterValidator(_not_empty)]


class Uncertainties(_Record):
    """Numbers nobody knows: their laws and how they are sampled, or a file of draws."""

    draws: int | None = Field(None, ge=1, le=MOST_DRAWS)
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube"
    numbers: dict[str, Any] = {}
    ensemble: str | None = Field(None, max_length=200)

    @field_validator("numbers", mode="before")
    @classmethod
    def _laws(cls, numbers: object) -> object:
        return _checked_table(numbers, LAWS, check_form)

    @model_validator(mode="after")
    def _laws_or_file(self) -> Uncertainties:
        if (self.ensemble is None) == (not self.numbers):
            raise ValueError("needs either [uncertainties.numbers] or ensemble = FILE.csv")
        if self.numbers and self.draws is None:
            raise ValueError("draws is missing: the number of draws")
        if self.numbers and self.method == "sobol" and self.draws and self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise ValueError(f"draws = {self.draws}: Sobol points need a power of 2, such as {below} or {2 * below}")
        return self


class Kept(_Record):
    """What is kept of each run; everything monthly, and countries at the last month, unless said otherwise."""

    outcomes: Names = (EVERY,)
    months: Any = "all"
    countries: Literal["none", "last", "year-ends"] = "last"

    @field_validator("months", mode="before")
    @classmethod
    def _months(cls, months: object) -> object:
        if months in ("all", "year-ends"):
            return months
        if not isinstance(months, list | tuple) or not months or not all(isinstance(month, str) for month in months):
            raise ValueError('must be "all", "year-ends" or a list of months, such as ["2027-12", "2030-12"]')
        return tuple(month_name(index) for index in sorted({month_index(month) for month in months}))

    def resolved(self, horizons: Iterable[Scenario]) -> tuple[Keep, list[str]]:
        """Return it with patterns such as ``us_share_*`` replaced by names, and problems.

        Parameters
        ----------
        horizons
            Scenarios that must have the months.
        """
        from sim.model.outcomes import OUTCOMES

        problems = [
            f"keep.outcomes has {shown(pattern)}: no outcome of that name{nearest(pattern, OUTCOMES)}"
            for pattern in self.outcomes
            if not any(fnmatchcase(name, pattern) for name in OUTCOMES)
        ]
        chosen = tuple(name for name in OUTCOMES if any(fnmatchcase(name, pattern) for pattern in self.outcomes))
        if isinstance(self.months, tuple):
            last = min((scenario.months for scenario in horizons), default=0) - 1
            outside = [month for month in self.months if not 0 <= month_index(month) <= last]
            if outside and last >= 0:
                words = f"outside the months run, {month_name(0)} to {month_name(last)}"
                problems.append(f"keep.months has {shown(outside[0])}: {words}")
        return Keep(None if len(chosen) == len(OUTCOMES) else chosen, self.months, self.countries), problems


class Experiment(_Record):
    """One experiment, as written in ``experiment.toml``."""

    name: Name
    question: str = Field("", max_length=2000)
    scenarios: Annotated[tuple[Name, ...], AfterValidator(_not_empty)]
    against: Name = "status-quo"
    replications: int = Field(32, ge=1, le=MOST_REPLICATIONS)
    seed: int = Field(0, ge=0, le=LARGEST_SEED)
    also_without_assumed: bool = True
    levers: dict[str, Any] = {}
    uncertainties: Uncertainties | None = None
    keep: Kept = Kept()

    @field_validator("levers", mode="before")
    @classmethod
    def _levers(cls, levers: object) -> object:
        return _checked_table(levers, SPAN, lever_values)

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
    replications: int | None = None,
    seed: int | None = None,
) -> tuple[Experiment, Design]:
    """Read an experiment and return it with its design.

    Parameters
    ----------
    source
        Name of a shipped experiment, a file, or the tables that a file would hold. A scenario that is not shipped is
        NAME.toml beside the file.
    replications, seed
        In place of those of the experiment.

    Raises
    ------
    ScenarioError
        With every problem of the experiment, or of its scenarios.
    """
    table, file, beside = _read(source)
    changed = {"replications": replications, "seed": seed}
    table |= {key: value for key, value in changed.items() if value is not None}
    try:
        experiment = Experiment.model_validate(table)
    except ValidationError as error:
        raise ScenarioError(f"{file}: {problem}" for problem in _problems(error)) from None
    return experiment, _design(experiment, beside, file)


def _read(source: str | os.PathLike[str] | Mapping[str, Any]) -> tuple[dict[str, object], str, Path | None]:
    """Return the tables of an experiment, how messages name it, and the folder of a user's own file."""
    beside: Path | None = None
    if isinstance(source, Mapping):
        file = "experiment"
        try:
            table: dict[str, object] = json.loads(json.dumps(source))
        except (TypeError, ValueError, RecursionError) as error:
            raise ScenarioError([f"{file}: holds what no file could: {error}"]) from None
        found = content_problems(table)
        if found:
            raise ScenarioError(f"{file}: {problem}" for problem in found)
    else:
        text = os.fspath(source)
        path = Path(text) if library.is_path(text) else library.find("experiment", text)
        beside = path.parent if library.is_path(text) else None
        file = library.label(path)
        table = read_toml(path, file)
    return nest(flatten(table, file)), file, beside


def _problems(error: ValidationError) -> list[str]:
    """Return the problems of an experiment's form, each a line."""
    lines: list[str] = []
    for details, problem in zip(error.errors(), validation_problems(error, Experiment), strict=True):
        several = details.get("ctx", {}).get("error")
        if isinstance(several, _SeveralError):
            lines.extend(f"{dotted(problem[0])}.{line}" for line in several.problems)
        else:
            lines.append(sentence(problem))
    return list(dict.fromkeys(lines))


def _design(experiment: Experiment, beside: Path | None, file: str) -> Design:
    def load_case(name: str, changes: Mapping[str, Value]) -> Scenario:
        return _loaded(name, beside, changes)

    # Sorted, so that a case has one name however the file is written.
    levers = {path: lever_values(given) for path, given in sorted(experiment.levers.items())}
    cases, problems = make_cases(experiment.scenarios, experiment.against, levers, load_case)
    keep, of_keep = experiment.keep.resolved(case.scenario for case in cases)
    draws, of_draws = _draws(experiment, cases, beside)
    problems = [*problems, *of_keep, *of_draws]
    if not problems:
        try:
            return Design(
                with_twins(cases) if experiment.also_without_assumed else cases,
                experiment.replications,
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
    """Return a scenario with lever values set."""
    settings = [f"{path}={json.dumps(value, ensure_ascii=False)}" for path, value in changes.items()]
    found = library.find("scenario", name, beside)
    try:
        return load(name if found == library.scenarios().get(name) else found, settings=settings)
    except ScenarioError as error:
        raise ScenarioError(
            problem.replace("--set: ", "levers: ").replace("--set ", "levers: ") for problem in error.problems
        ) from None


def _draws(experiment: Experiment, cases: tuple[Case, ...], beside: Path | None) -> tuple[Draws, list[str]]:
    """Return the draws, one of nothing if nothing is uncertain, and problems; without cases policies are not known."""
    asked = experiment.uncertainties
    if asked is None or (asked.ensemble is not None and not cases):
        return CERTAIN, []
    known = known_numbers(cases)
    if asked.ensemble is not None:
        path = Path(asked.ensemble) if beside is None else beside / asked.ensemble
        try:
            draws = read_ensemble(path, library.label(path), known)
        except ScenarioError as error:
            return CERTAIN, error.problems
        if asked.draws is not None and asked.draws > len(draws):
            return CERTAIN, [f"uncertainties.draws = {asked.draws}: {library.label(path)} has {len(draws)}"]
        draws = draws[: asked.draws]
    else:
        numbers = {name: law for name, law in asked.numbers.items() if cases or not name.startswith("policy.")}
        found, problems = laws(numbers, known)
        if problems or not cases:
            return CERTAIN, problems
        assert asked.draws is not None
        draws = sample(found, asked.draws, asked.method, experiment.seed)
    return draws, list(draw_problems(draws, known, cases))
