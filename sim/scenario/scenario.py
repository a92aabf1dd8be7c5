"""Scenarios: TOML files read, laid over each other, checked and frozen.

A scenario is data: assumptions and policies, kept apart. `load` reports every problem at once, each
with the file, key path, value, allowed range and nearest valid name.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from sim.messages import ScenarioError, shown
from sim.model.panel_sizes import LEAST_PER_CELL, least_adopters
from sim.model.parameters import DEFAULTS
from sim.months import MONTH_RULE, month_index, month_name
from sim.policies.base import Policy
from sim.scenario import library
from sim.scenario.files import read_layer
from sim.scenario.overlay import LABELS, Layer, flatten, nest, refuse, sources
from sim.scenario.problems import refuse_problems, sentence, validation_problems, with_hints
from sim.scenario.texts import Name, Texts, Title, short_texts
from sim.scenario.toml import dotted, parse_toml
from sim.scenario.validation import parameter_problems, policies_from_table
from sim.vocabulary import Origin

__all__ = [
    "Crisis",
    "Horizon",
    "Scenario",
    "ScenarioError",
    "Structure",
    "load",
    "month_index",
    "month_name",
    "parse",
]


def _checked_month(text: str) -> str:
    month_index(text)
    return text


Month = Annotated[
    str,
    AfterValidator(_checked_month),
    WithJsonSchema({"type": "string", "pattern": f"^{MONTH_RULE}$"}),
]


class FileRecord(BaseModel):
    """A table of a file: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Horizon(FileRecord):
    """First and last month of the runs. The start is fixed: the world's state is dated there."""

    start: Literal["2023-01"] = "2023-01"
    end: Month = Field("2030-12", json_schema_extra={"unit": "YYYY-MM"})

    @field_validator("end")
    @classmethod
    def _end_within_range(cls, end: str) -> str:
        if not month_index("2024-12") <= month_index(end) <= month_index("2040-12"):
            raise ValueError("must be from 2024-12 to 2040-12")
        return end


class Structure(FileRecord):
    """Forms of equations that evidence does not decide: a finding should hold under each."""

    capability: Literal["logistic", "linear"] = Field(
        "logistic",
        description="Worth of capability to users: levels off above what tasks ask for, or does "
        "not",
    )
    tokens: Literal["fixed", "elastic"] = Field(
        "fixed",
        description="Tokens of a user in the market channel: the same at every price, or the more "
        "the lower it is (elasticity 1)",
    )
    compliance: Literal["stated", "chosen"] = Field(
        "stated",
        description="Share who obey a rule: as its policy states, or those for whom breaking it "
        "does not pay",
    )


class Crisis(FileRecord):
    """An event: latent compromise in releases of one origin is triggered in one month."""

    month: Month = Field(json_schema_extra={"unit": "YYYY-MM"})
    origin: Origin
    share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of compromised, undetected use that is hit",
        json_schema_extra={"unit": "0-1"},
    )


class Scenario(FileRecord):
    """One frozen, checked scenario, resolved: nothing in it refers to another file.

    Attributes
    ----------
    name, title, question, description : str
        For people; they do not enter `id`. The title says in a few words what the name stands for.
    modelled, not_modelled, sources : tuple of str
        For people as well: what of the matter the scenario holds, what it leaves out, and on which
        texts or pages it rests.
    history : str
        "replay": releases to 2025-06 as they were; "free": generated from the start.
    horizon : Horizon
    adopters : int
        Size of the panel of adopters.
    structure : Structure
        Forms of equations.
    assumptions : str or None
        The shipped assumption set that `parameters` and `structure` include. Of a user's own set
        they have the values, and nothing has the name.
    parameters : dict
        Parameters that differ from their defaults.
    policy : dict
        Policies (`sim.policies`) by name.
    crisis : dict
        Crisis events by name.
    """

    name: Name
    title: Title = ""
    question: str = Field("", max_length=2000)
    description: str = Field("", max_length=20_000)
    modelled: Texts = short_texts()
    not_modelled: Texts = short_texts()
    sources: Texts = short_texts()
    history: Literal["replay", "free"] = "replay"
    horizon: Horizon = Horizon()
    adopters: int = Field(6000, ge=3500, le=1_000_000, json_schema_extra={"unit": "adopters"})
    structure: Structure = Structure()
    assumptions: Name | None = None
    parameters: dict[str, float] = {}
    policy: dict[str, SerializeAsAny[Policy]] = {}
    crisis: dict[Name, Crisis] = {}

    @field_validator("adopters")
    @classmethod
    def _room_for_every_country(cls, adopters: int) -> int:
        least = least_adopters()
        if adopters < least:
            raise ValueError(
                f"must be at least {least}: {LEAST_PER_CELL} for each country and channel"
            )
        return adopters

    @field_validator("parameters", mode="before")
    @classmethod
    def _known_parameters(cls, parameters: object) -> object:
        refuse_problems(parameter_problems(parameters))
        assert isinstance(parameters, Mapping)
        # Adding 0.0 turns -0.0 into 0.0, so that equal scenarios have equal ids.
        numbers = {name: float(value) + 0.0 for name, value in parameters.items()}
        return {name: value for name, value in sorted(numbers.items()) if value != DEFAULTS[name]}

    @field_validator("policy", mode="before")
    @classmethod
    def _known_policies(cls, policy: object) -> object:
        policies, problems = policies_from_table(policy)
        refuse_problems(problems)
        return policies

    @property
    def id(self) -> str:
        """16 hexadecimal digits of what decides a run: everything but the texts for people.

        The usual structure is left out: it is what scenarios had before there was a choice.
        """
        usual = ("structure",) if self.structure == Structure() else ()
        content = {
            key: value
            for key, value in self.as_table().items()
            if key not in (*LABELS, "assumptions", *usual)
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """Title, or the name of a scenario without one: what people read."""
        return self.title or self.name

    @property
    def months(self) -> int:
        """Number of months from 2023-01 to the end of the horizon."""
        return month_index(self.horizon.end) + 1

    def as_table(self) -> dict[str, Any]:
        """Return the scenario as plain nested tables.

        `Scenario.model_validate` and `parse` read them back.
        """
        table: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "description": self.description,
            "modelled": list(self.modelled),
            "not_modelled": list(self.not_modelled),
            "sources": list(self.sources),
            "history": self.history,
            "adopters": self.adopters,
        }
        if self.assumptions is not None:
            table["assumptions"] = self.assumptions
        table["horizon"] = self.horizon.model_dump()
        table["structure"] = self.structure.model_dump()
        table["parameters"] = dict(self.parameters)
        table["policy"] = {
            name: policy_table(policy) for name, policy in sorted(self.policy.items())
        }
        table["crisis"] = {
            name: crisis.model_dump() for name, crisis in sorted(self.crisis.items())
        }
        return {key: value for key, value in table.items() if value not in ("", [], {})}

    def as_toml(self) -> str:
        """Return the scenario as the text of a file that needs no other file."""
        import tomli_w

        return tomli_w.dumps(self.as_table(), multiline_strings=True)


def policy_table(policy: Policy) -> dict[str, Any]:
    """Return a policy as it is written in a file: lever and fields, without the empty ones."""
    fields = policy.model_dump(mode="json")
    return {"lever": type(policy).lever} | {
        name: value for name, value in fields.items() if value is not None
    }


def given(scenario: object) -> Scenario:
    """Return the scenario that is meant: itself, or the one of a name or file.

    Raises
    ------
    TypeError
        If it is anything else.
    ScenarioError
        If it cannot be read.
    """
    if isinstance(scenario, Scenario):
        return scenario
    if isinstance(scenario, str | os.PathLike):
        return load(scenario)
    raise TypeError(
        f"scenario = {shown(scenario)}: must be the name or file of a scenario, or a Scenario"
    )


def load(
    name_or_path: str | os.PathLike[str],
    overrides: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    settings: str | Iterable[str] | Mapping[str, object] = (),
) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    name_or_path
        Name of a shipped scenario, or a file (the text ends in .toml or contains a separator).
    overrides
        One or several files whose values replace those of the scenario, or names of shipped
        overrides. ``[policy."*"]`` in an override speaks of every policy of the scenario that has
        the field and that the status quo does not have.
    settings
        One or several texts "path=value", such as "policy.open-weight-control.strength=0.5", or
        values by path, such as {"policy.open-weight-control.strength": 0.5}; numpy's numbers and
        arrays are understood.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    return load_with_layer(name_or_path, overrides, settings)[0]


def is_shipped(scenario: Scenario) -> bool:
    """Tell whether a scenario has the policies of the shipped one of its name.

    It has not if a file or option changed them.
    """
    shipped = library.scenarios().get(scenario.name)
    return shipped is not None and load(str(shipped)).policy == scenario.policy


def load_with_origins(
    name_or_path: str | os.PathLike[str],
    overrides: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    settings: str | Iterable[str] | Mapping[str, object] = (),
) -> tuple[Scenario, dict[str, str]]:
    """Read a scenario as `load` does; also return what gave each value, by key path.

    That is a file, "--set" or "default".

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    scenario, layer = load_with_layer(name_or_path, overrides, settings)
    origins = {
        dotted(key): layer[key].source if key in layer else "default"
        for key in flatten(scenario.as_table(), "")
    }
    return scenario, origins


def load_with_layer(
    name_or_path: str | os.PathLike[str],
    overrides: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    settings: str | Iterable[str] = (),
) -> tuple[Scenario, Layer]:
    """Read a scenario as `load` does; also return the values as files and settings gave them.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    files = [overrides] if isinstance(overrides, str | os.PathLike) else overrides
    changes = [settings] if isinstance(settings, str) else settings
    layer, file, problems = read_layer(
        os.fspath(name_or_path), [os.fspath(file) for file in files], changes
    )
    scenario, found = _validated(layer, file)
    refuse(problems + found)
    assert scenario is not None
    return scenario, layer


def parse(text: str, label: str = "scenario") -> Scenario:
    """Return the scenario that the text of a resolved file (`Scenario.as_toml`) describes.

    Raises
    ------
    ScenarioError
        With every problem found; ``extends`` and ``remove`` are refused.
    """
    scenario, problems = _validated(flatten(parse_toml(text.encode(), label), label), label)
    refuse(problems)
    assert scenario is not None
    return scenario


def _validated(layer: Layer, file: str) -> tuple[Scenario | None, list[str]]:
    """Return the scenario that a layer describes, or None, and its problems with their files."""
    table = nest(layer)
    try:
        return Scenario.model_validate(table), []
    except ValidationError as error:
        problems = with_hints(validation_problems(error, Scenario), table.get("policy"))
    # What is wrong with numbers and policies comes first: the rest often follows from it.
    problems.sort(key=lambda problem: problem[0][0] not in ("parameters", "policy"))
    given = sources(layer)
    lines = [f"{_source(given, path, file)}: {sentence((path, words))}" for path, words in problems]
    return None, list(dict.fromkeys(lines))


def _source(given: Mapping[tuple[str, ...], str], path: tuple[str, ...], otherwise: str) -> str:
    """Return the file that gave the value at a path, or the table around it."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((given[key] for key in around if key in given), otherwise)
