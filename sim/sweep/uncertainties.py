"""Uncertain numbers as an experiment states them, and the draws that come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sim.messages import ScenarioError, shown
from sim.scenario import library
from sim.scenario.scenario import FileRecord
from sim.sweep.design import Case
from sim.sweep.distributions import LAWS, check_form, draw_problems, known_numbers, laws
from sim.sweep.draws import CERTAIN, Draws
from sim.sweep.levers import by_path
from sim.sweep.sampling import MOST_DRAWS, read_ensemble, sample


class Uncertainties(FileRecord):
    """Numbers nobody knows: their laws and how they are sampled, or a file of draws."""

    draws: int | None = Field(None, ge=1, le=MOST_DRAWS)
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube"
    numbers: dict[str, Any] = Field(default_factory=dict)
    ensemble: str | None = Field(None, max_length=200)

    @field_validator("numbers", mode="before")
    @classmethod
    def _laws(cls, numbers: object) -> object:
        return by_path(numbers, LAWS, check_form)

    @model_validator(mode="after")
    def _laws_or_file(self) -> Uncertainties:
        if (self.ensemble is None) == (not self.numbers):
            raise ValueError("needs either [uncertainties.numbers] or ensemble = FILE.csv")
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

    Without cases policies are not known.
    """
    if asked is None or (asked.ensemble is not None and not cases):
        return CERTAIN, []
    known = known_numbers(cases)
    if asked.ensemble is not None:
        folder = Path() if beside is None else beside
        path = folder / asked.ensemble
        if path.suffix != ".csv" or not library.is_inside(path, folder):
            words = "must be a .csv file in the folder of the experiment, and no link out of it"
            return CERTAIN, [f"uncertainties.ensemble = {shown(asked.ensemble)}: {words}"]
        try:
            whole = [name for name, number in known.items() if number.whole]
            draws = read_ensemble(path, library.label(path), known, whole)
        except ScenarioError as error:
            return CERTAIN, error.problems
        if asked.draws is not None and asked.draws > len(draws):
            return CERTAIN, [
                f"uncertainties.draws = {asked.draws}: {library.label(path)} has {len(draws)}"
            ]
        draws = draws[: asked.draws]
    else:
        numbers = {
            name: law
            for name, law in asked.numbers.items()
            if cases or not name.startswith("policy.")
        }
        found, problems = laws(numbers, known)
        if problems or not cases:
            return CERTAIN, problems
        assert asked.draws is not None
        draws = sample(found, asked.draws, asked.method, seed)
    return draws, list(draw_problems(draws, known, cases))
