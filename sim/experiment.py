"""Experiments: a question, the scenarios compared to answer it, and how often each is run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sim import library
from sim.checks import sentence, validation_problems
from sim.layers import flatten, nest
from sim.problems import ScenarioError
from sim.scenario import Name, Scenario, load
from sim.tomlfile import read_toml

MOST_REPLICATIONS = 99_999
LARGEST_SEED = 2**63 - 1


class Experiment(BaseModel):
    """One comparison, as written in ``experiments/NAME/experiment.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Name
    question: str = Field("", max_length=2000)
    scenarios: Annotated[tuple[Name, ...], Field(min_length=1)]
    against: Name = "status-quo"
    replications: int = Field(32, ge=1, le=MOST_REPLICATIONS)
    seed: int = Field(0, ge=0, le=LARGEST_SEED)

    @field_validator("scenarios")
    @classmethod
    def _once_each(cls, scenarios: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in scenarios if scenarios.count(name) > 1})
        if twice:
            raise ValueError(f"names {twice[0]!r} more than once")
        return scenarios


def load_experiment(name_or_path: str | os.PathLike[str]) -> tuple[Experiment, list[Scenario]]:
    """Read an experiment and its scenarios, the reference first.

    Parameters
    ----------
    name_or_path
        Name of a shipped experiment, or a file; a scenario that is not shipped is then NAME.toml beside it.

    Raises
    ------
    ScenarioError
        With every problem of the experiment, or of its scenarios.
    """
    text = os.fspath(name_or_path)
    path = Path(text) if library.is_path(text) else library.find("experiment", text)
    file = library.label(path)
    table = nest(flatten(read_toml(path, file), file))
    try:
        experiment = Experiment.model_validate(table)
    except ValidationError as error:
        found = validation_problems(error, Experiment)
        raise ScenarioError(f"{file}: {sentence(problem)}" for problem in found) from None
    return experiment, _scenarios(experiment, path.parent if library.is_path(text) else None, file)


def _scenarios(experiment: Experiment, beside: Path | None, file: str) -> list[Scenario]:
    """Return the scenarios of an experiment, the reference first."""
    scenarios: list[Scenario] = []
    problems: list[str] = []
    for name in (experiment.against, *(name for name in experiment.scenarios if name != experiment.against)):
        try:
            found = library.find("scenario", name, beside)
            scenarios.append(load(name if found == library.scenarios().get(name) else found))
        except ScenarioError as error:
            problems.extend(f"{file}: {problem}" for problem in error.problems)
    if problems:
        raise ScenarioError(problems)
    return scenarios
