"""Uncertain numbers as an experiment states them, and the draws that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sim.messages import ScenarioError, nearest, one_of, shown, whole
from sim.scenario import library
from sim.scenario.scenario import FileRecord, Scenario
from sim.sweep.design import DRAWS, OF_EACH_DRAW, REPLICATIONS, Case, Design
from sim.sweep.distributions import (
    LAWS,
    Number,
    check_form,
    draw_problems,
    known_numbers,
    laws,
    numbers_set,
)
from sim.sweep.draws import CERTAIN, Draws
from sim.sweep.levers import by_path
from sim.sweep.sampling import MOST_DRAWS, read_ensemble, sample

CALIBRATED = "calibrated"
"""The shipped ensemble that `draws` of a comparison are taken from."""


class Uncertainties(FileRecord):
    """Numbers nobody knows: their laws and how they are sampled, an ensemble of draws, or both.

    Of an ensemble the first `draws` are taken, else all. Where both speak of a number, its law
    counts.
    """

    draws: int | None = Field(None, ge=1, le=MOST_DRAWS)
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube"
    numbers: dict[str, Any] = Field(default_factory=dict)
    ensemble: str | None = Field(None, max_length=200)

    @field_validator("numbers", mode="before")
    @classmethod
    def _laws(cls, numbers: object) -> object:
        return by_path(numbers, LAWS, check_form)

    @model_validator(mode="after")
    def _laws_or_ensemble(self) -> Uncertainties:
        if self.ensemble is None and not self.numbers:
            raise ValueError(
                f'needs [uncertainties.numbers], ensemble = "{CALIBRATED}" or ensemble = "FILE.csv"'
            )
        if self.numbers and self.draws is None:
            raise ValueError("draws is missing: the number of draws")
        if self.numbers and self.method == "sobol" and self.draws and self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise ValueError(
                f"draws = {self.draws}: Sobol points need a power of 2, such as {below} or "
                f"{2 * below}"
            )
        return self


def draws_of(
    asked: Uncertainties | None, cases: tuple[Case, ...], beside: Path | None, seed: int
) -> tuple[Draws, list[str]]:
    """Return the draws (one of nothing if nothing is uncertain) and problems.

    Numbers with a law of their own take the place of those of an ensemble. Without cases policies
    are not known.
    """
    if asked is None:
        return CERTAIN, []
    known = known_numbers(cases)
    numbers = {
        name: law for name, law in asked.numbers.items() if cases or not name.startswith("policy.")
    }
    found, problems = laws(numbers, known)
    if problems or not cases:
        return CERTAIN, problems
    draws = CERTAIN
    if asked.ensemble is not None:
        try:
            draws = _of_ensemble(asked.ensemble, asked.draws, cases, known, beside).without(found)
        except ScenarioError as error:
            return CERTAIN, error.problems
    if asked.numbers:
        assert asked.draws is not None
        sampled = sample(found, asked.draws, asked.method, seed)
        draws = sampled if asked.ensemble is None else draws.beside(sampled)
    return draws, list(draw_problems(draws, known, cases))


def calibrated(draws: int, cases: tuple[Case, ...]) -> Draws:
    """Return the first draws of the calibrated ensemble, less numbers that a case sets itself.

    Raises
    ------
    ScenarioError
        If there are not so many, or none for this version.
    """
    try:
        number = whole("draws", draws, 1, MOST_DRAWS)
    except ValueError as error:
        raise ScenarioError([str(error)]) from None
    found, problems = draws_of(Uncertainties(draws=number, ensemble=CALIBRATED), cases, None, 0)
    if problems:
        raise ScenarioError(problem.removeprefix("uncertainties.") for problem in problems)
    return found


def comparison(
    scenarios: Sequence[Scenario],
    replications: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    *,
    also_without_assumed: bool,
) -> Design:
    """Return the design of a comparison of scenarios, the reference first.

    Parameters
    ----------
    scenarios, seed, also_without_assumed
        As for `Design.of`.
    replications
        Runs of each scenario, under each draw. Default: 1, without draws 32.
    draws
        So many draws of the calibrated ensemble. 0: every parameter keeps its central value.

    Raises
    ------
    ScenarioError
        As for `Design.of` and `calibrated`.
    """
    usual = REPLICATIONS if draws == 0 else OF_EACH_DRAW
    plan = Design.of(
        scenarios,
        usual if replications is None else replications,
        seed,
        also_without_assumed=also_without_assumed,
    )
    return plan if draws == 0 else replace(plan, draws=calibrated(draws, plan.cases))


def is_calibrated(design: Design) -> bool:
    """Tell whether a design's draws are the first ones of the calibrated ensemble."""
    if not design.draws.names or CALIBRATED not in library.ensembles():
        return False
    asked = Uncertainties(draws=len(design.draws), ensemble=CALIBRATED)
    return draws_of(asked, design.cases, None, 0) == (design.draws, [])


def _of_ensemble(
    ensemble: str,
    wanted: int | None,
    cases: Iterable[Case],
    known: dict[str, Number],
    beside: Path | None,
) -> Draws:
    """Return the first draws of a shipped ensemble, by its name, or of a user's file.

    A shipped one gives way to what cases set; in a user's own file both are a mistake.

    Raises
    ------
    ScenarioError
        With the problems of the file, or if there are not so many draws in it.
    """
    own = ensemble.endswith(".csv")
    if own:
        folder = Path() if beside is None else beside
        path = folder / ensemble
        if not library.is_inside(path, folder):
            words = "must be a .csv file in the folder of the experiment, and no link out of it"
            raise ScenarioError([f"uncertainties.ensemble = {shown(ensemble)}: {words}"])
    elif ensemble in (shipped := library.ensembles()):
        path = shipped[ensemble]
    else:
        words = f"known: {one_of(shipped) or 'none'}; a file of your own ends in .csv"
        raise ScenarioError(
            [f"ensemble {shown(ensemble)} does not exist{nearest(ensemble, shipped)}; {words}"]
        )
    label = library.label(path)
    draws = read_ensemble(
        path, label, known, [name for name, number in known.items() if number.whole]
    )
    if wanted is not None and wanted > len(draws):
        words = f"{label} has {len(draws)}; ask for at most {len(draws)}"
        raise ScenarioError([f"uncertainties.draws = {wanted}: {words}"])
    return (draws if own else draws.without(numbers_set(cases)))[:wanted]
