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
    [uncertainties.numbers]
    leak_hazard = "range"
    compute_elasticity = { uniform = [0.4, 1.0] }

    [keep]
    outcomes = ["us_share_*", "incidents"]
    months = "year-ends"

A lever on a policy varies the compared scenarios that have the policy; the reference stays as it is. A lever on any
other field of a scenario sets the stage: it varies the reference too, and each case is compared with its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from math import inf, isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim import library
from sim.checks import field_range, sentence, validation_problems
from sim.layers import flatten, nest
from sim.parameters import PARAMETERS
from sim.problems import ScenarioError, nearest, shown
from sim.scenario import Month, Name, Scenario, load
from sim.sweep.design import Case, Design, Keep, with_twins
from sim.sweep.sampling import (
    METHODS,
    MOST_DRAWS,
    Choice,
    Draw,
    Law,
    LogUniform,
    Range,
    Uniform,
    combinations,
    parameter_range,
    read_ensemble,
    sample,
)
from sim.tomlfile import dotted, read_toml

MOST_REPLICATIONS = 99_999
LARGEST_SEED = 2**63 - 1
MOST_CASES = 10_000
EVERY = "*"

Value = str | bool | int | float


class _Record(BaseModel):
    """Frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _dotted_paths(table: object, own: tuple[str, ...]) -> object:
    """Return a table with nested tables as dotted paths: ``policy.x.y`` may be written with or without quotes."""
    if not isinstance(table, Mapping):
        return table
    paths: dict[str, object] = {}
    waiting: list[tuple[tuple[str, ...], object]] = [((str(name),), value) for name, value in table.items()]
    for key, value in waiting:  # grows while it is read
        if isinstance(value, Mapping) and value and not set(value) & set(own):
            waiting.extend(((*key, str(name)), below) for name, below in value.items())
        else:
            paths[".".join(key)] = value
    return paths


class Span(_Record):
    """Evenly spaced values of a lever, both ends included."""

    first: float = Field(alias="from")
    last: float = Field(alias="to")
    steps: int = Field(ge=2, le=1000)

    def values(self) -> list[float]:
        """Return the values."""
        return [round(self.first + (self.last - self.first) * i / (self.steps - 1), 12) for i in range(self.steps)]


class Distribution(_Record):
    """The law of an uncertain number: exactly one of three."""

    uniform: tuple[float, float] | None = None
    log_uniform: tuple[float, float] | None = Field(None, alias="log-uniform")
    choice: Annotated[tuple[float, ...], Field(min_length=1, max_length=1000)] | None = None

    @model_validator(mode="after")
    def _one_law(self) -> Distribution:
        given = [law for law in (self.uniform, self.log_uniform, self.choice) if law is not None]
        if len(given) != 1:
            raise ValueError("needs exactly one of uniform = [low, high], log-uniform = [low, high], choice = [...]")
        for ends in (self.uniform, self.log_uniform):
            if ends is not None and not ends[0] < ends[1]:
                raise ValueError(f"= {shown(ends)}: the low end must be below the high end")
        if self.log_uniform is not None and self.log_uniform[0] <= 0:
            raise ValueError(f"log-uniform = {shown(self.log_uniform)}: both ends must be above 0")
        return self

    def law(self) -> Law:
        """Return the law."""
        if self.choice is not None:
            return Choice(self.choice)
        if self.log_uniform is not None:
            return LogUniform(*self.log_uniform)
        assert self.uniform is not None
        return Uniform(*self.uniform)


class Uncertainties(_Record):
    """Numbers nobody knows: their laws and how they are sampled, or a file of draws."""

    draws: int | None = Field(None, ge=1, le=MOST_DRAWS)
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube"
    numbers: dict[str, Literal["range"] | Distribution] = {}
    ensemble: str | None = Field(None, max_length=200)

    @field_validator("numbers", mode="before")
    @classmethod
    def _paths(cls, numbers: object) -> object:
        return _dotted_paths(numbers, ("uniform", "log-uniform", "choice"))

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

    outcomes: Annotated[tuple[str, ...], Field(min_length=1)] = (EVERY,)
    months: Literal["all", "year-ends"] | Annotated[tuple[Month, ...], Field(min_length=1)] = "all"
    countries: Literal["none", "last", "year-ends"] = "last"

    def resolved(self) -> Keep:
        """Return it with patterns such as ``us_share_*`` replaced by names.

        Raises
        ------
        ValueError
            If a name or pattern fits no outcome.
        """
        if self.outcomes == (EVERY,):
            return Keep(None, self.months, self.countries)
        from sim.outcomes import OUTCOMES

        for pattern in self.outcomes:
            if not any(fnmatchcase(name, pattern) for name in OUTCOMES):
                raise ValueError(f"has {shown(pattern)}: no outcome of that name{nearest(pattern, OUTCOMES)}")
        chosen = [name for name in OUTCOMES if any(fnmatchcase(name, pattern) for pattern in self.outcomes)]
        return Keep(tuple(chosen), self.months, self.countries)


class Experiment(_Record):
    """One experiment, as written in ``experiment.toml``."""

    name: Name
    question: str = Field("", max_length=2000)
    scenarios: Annotated[tuple[Name, ...], Field(min_length=1)]
    against: Name = "status-quo"
    replications: int = Field(32, ge=1, le=MOST_REPLICATIONS)
    seed: int = Field(0, ge=0, le=LARGEST_SEED)
    also_without_assumed: bool = True
    levers: dict[str, Annotated[tuple[Value, ...], Field(min_length=1, max_length=1000)] | Span] = {}
    uncertainties: Uncertainties | None = None
    keep: Kept = Kept()

    @field_validator("levers", mode="before")
    @classmethod
    def _paths(cls, levers: object) -> object:
        return _dotted_paths(levers, ("from", "to", "steps"))

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
    beside: Path | None = None
    if isinstance(source, Mapping):
        file, table = "experiment", nest(flatten(json.loads(json.dumps(source)), "experiment"))
    else:
        text = os.fspath(source)
        path = Path(text) if library.is_path(text) else library.find("experiment", text)
        beside = path.parent if library.is_path(text) else None
        file = library.label(path)
        table = nest(flatten(read_toml(path, file), file))
    changed = {"replications": replications, "seed": seed}
    table |= {key: value for key, value in changed.items() if value is not None}
    try:
        experiment = Experiment.model_validate(table)
    except ValidationError as error:
        found = validation_problems(error, Experiment)
        raise ScenarioError(f"{file}: {sentence(problem)}" for problem in found) from None
    return experiment, _design(experiment, beside, file)


def _design(experiment: Experiment, beside: Path | None, file: str) -> Design:
    problems: list[str] = []
    cases = _cases(experiment, beside, file, problems)
    _refuse(problems)
    draws = _draws(experiment, cases, beside, file)
    try:
        keep = experiment.keep.resolved()
    except ValueError as error:
        raise ScenarioError([f"{file}: keep.outcomes {error}"]) from None
    return Design(
        with_twins(cases) if experiment.also_without_assumed else cases,
        experiment.replications,
        experiment.seed,
        tuple(draws),
        keep,
        experiment.name,
        experiment.question,
    )


# Levers


def _cases(experiment: Experiment, beside: Path | None, file: str, problems: list[str]) -> tuple[Case, ...]:
    """Return the reference and the compared scenarios with every combination of the levers."""
    levers = {path: _lever_values(given) for path, given in experiment.levers.items()}
    stage = {path: values for path, values in levers.items() if not path.startswith("policy.")}
    others = [name for name in experiment.scenarios if name != experiment.against]
    plain = {name: _loaded(name, beside, {}, file, problems) for name in (experiment.against, *others)}
    problems.extend(_lever_problems(levers, [plain[name] for name in others], file))
    if problems:
        return ()
    count = len(others)
    for values in levers.values():
        count *= len(values)
    if count > MOST_CASES:
        problems.append(f"{file}: levers: {count} cases; at most {MOST_CASES}")
        return ()
    short = _short_names(levers)
    cases = []
    for setting in combinations(stage):
        against = _case_name(experiment.against, setting, short)
        for name in (experiment.against, *others):
            of_policies = {path: values for path, values in levers.items() if path not in stage}
            own = {path: values for path, values in of_policies.items() if _has_policy(plain[name], path)}
            for choice in combinations(own if name != experiment.against else {}):
                changes = {**setting, **choice}
                scenario = _loaded(name, beside, changes, file, problems) if changes else plain[name]
                if scenario is not None:
                    cases.append(Case(_case_name(name, changes, short), scenario, against, levers=changes))
    return tuple(cases)


def _lever_values(given: tuple[Value, ...] | Span) -> list[Value]:
    return list(given.values()) if isinstance(given, Span) else list(given)


def _has_policy(scenario: Scenario | None, path: str) -> bool:
    return scenario is not None and path.split(".")[1] in scenario.policy


def _lever_problems(
    levers: Mapping[str, list[Value]], scenarios: Iterable[Scenario | None], file: str
) -> Iterable[str]:
    """Yield levers that could not change anything, and values that occur twice."""
    loaded = [scenario for scenario in scenarios if scenario is not None]
    policies = sorted({name for scenario in loaded for name in scenario.policy})
    for path, values in levers.items():
        key = dotted(("levers", path))
        parts = path.split(".")
        if parts[0] == "policy" and len(parts) != 3:
            yield f"{file}: {key}: a lever on a policy is written policy.NAME.FIELD"
        elif parts[0] == "policy" and parts[1] not in policies:
            yield f"{file}: {key}: no compared scenario has a policy {parts[1]!r}{nearest(parts[1], policies)}"
        elif parts[0] in ("name", "question", "description", "extends", "remove"):
            yield f"{file}: {key}: cannot be a lever"
        if len({json.dumps(value) for value in values}) < len(values):
            yield f"{file}: {key} = {shown(values)}: a value occurs twice"


def _short_names(levers: Iterable[str]) -> dict[str, str]:
    """Return the last part of each lever's path, or the whole path where two levers end alike."""
    paths = list(levers)
    ends = [path.rpartition(".")[2] for path in paths]
    return {path: end if ends.count(end) == 1 else path for path, end in zip(paths, ends, strict=True)}


def _case_name(scenario: str, changes: Mapping[str, object], short: Mapping[str, str]) -> str:
    words = [f"{short[path]}={f'{v:.12g}' if isinstance(v, float) else v}" for path, v in changes.items()]
    return " ".join([scenario, *words])


def _loaded(
    name: str, beside: Path | None, changes: Mapping[str, object], file: str, problems: list[str]
) -> Scenario | None:
    """Return a scenario with lever values set, or None after noting its problems."""
    settings = [f"{path}={json.dumps(value)}" for path, value in changes.items()]
    try:
        found = library.find("scenario", name, beside)
        return load(name if found == library.scenarios().get(name) else found, settings=settings)
    except ScenarioError as error:
        where = "levers: " if changes else ""
        lines = (f"{file}: {problem.replace('--set: ', where).replace('--set ', where)}" for problem in error.problems)
        problems.extend(line for line in lines if line not in problems)
        return None


# Uncertainties


def _draws(experiment: Experiment, cases: tuple[Case, ...], beside: Path | None, file: str) -> list[Draw]:
    """Return the draws, one empty draw if nothing is uncertain."""
    asked = experiment.uncertainties
    if asked is None:
        return [{}]
    ranges = _ranges(cases)
    if asked.ensemble is not None:
        path = Path(asked.ensemble) if beside is None else beside / asked.ensemble
        draws = read_ensemble(path, library.label(path), list(ranges))
        if asked.draws is not None and asked.draws > len(draws):
            raise ScenarioError([f"{file}: uncertainties.draws = {asked.draws}: {path} has {len(draws)}"])
        draws = draws[: asked.draws]
    else:
        assert asked.draws is not None
        laws = _laws(asked.numbers, ranges, file)
        draws = sample(laws, asked.draws, asked.method, experiment.seed)
    _refuse(_draw_problems(draws, ranges, cases, file))
    return draws


def _ranges(cases: Iterable[Case]) -> dict[str, Range]:
    """Return what may be uncertain and its range: every parameter, and every number of a policy that states one."""
    found = {name: parameter_range(name) for name in PARAMETERS}
    for case in cases:
        for name, policy in case.scenario.policy.items():
            for field, info in type(policy).model_fields.items():
                extra = info.json_schema_extra
                if (
                    isinstance(extra, dict)
                    and {"low", "high"} <= extra.keys()
                    and isinstance(info.default, int | float)
                ):
                    least, most = field_range(info)
                    bounds = -inf if least is None else least, inf if most is None else most
                    low, high = (float(str(extra[side])) for side in ("low", "high"))
                    found[f"policy.{name}.{field}"] = Range(low, float(info.default), high, bounds)
    return found


def _laws(numbers: Mapping[str, str | Distribution], ranges: Mapping[str, Range], file: str) -> dict[str, Law]:
    """Return the law of each uncertain number; ``"*" = "range"`` stands for all parameters."""
    problems = []
    laws: dict[str, Law] = {}
    if EVERY in numbers:
        if numbers[EVERY] != "range":
            problems.append(f'{file}: uncertainties.numbers."*": must be "range"')
        laws |= {name: ranges[name] for name in PARAMETERS}
    for name, given in numbers.items():
        if name == EVERY:
            continue
        if name not in ranges:
            problems.append(f"{file}: {dotted(('uncertainties', 'numbers', name))}: unknown{nearest(name, ranges)}")
            continue
        laws[name] = given.law() if isinstance(given, Distribution) else ranges[name]
    _refuse(problems)
    return laws


def _draw_problems(
    draws: Iterable[Draw], ranges: Mapping[str, Range], cases: Iterable[Case], file: str
) -> Iterable[str]:
    """Yield numbers that are drawn and set as well, and drawn values that are not allowed."""
    names: dict[str, tuple[float, float]] = {}
    for draw in draws:
        for name, value in draw.items():
            low, high = names.get(name, (value, value))
            names[name] = min(low, value), max(high, value)
    for name, (low, high) in names.items():
        least, most = ranges[name].bounds
        if not (isfinite(low) and least <= low and high <= most):
            yield (
                f"{file}: uncertainties: {name} takes values from {low:.6g} to {high:.6g}; "
                f"allowed are {least:.6g} to {most:.6g}"
            )
        for case in cases:
            path = name if name.startswith("policy.") else f"parameters.{name}"
            if path in case.levers or name in case.scenario.parameters:
                yield f"{file}: {name} is uncertain, and set by case {case.name!r} too; keep one of the two"
                break


def _refuse(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    if found:
        raise ScenarioError(found)


__all__ = ["METHODS", "Experiment", "load_experiment"]
