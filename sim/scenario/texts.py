"""The texts of a scenario: its name for programs, its title and lists of notes for people."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from sim.scenario import library

LONGEST_TITLE = 48
"""Letters of a title: what figures and tables have room for on two lines."""


def _checked_name(text: str) -> str:
    problem = library.name_problem(text)
    if problem:
        raise ValueError(problem)
    return text


def _checked_title(text: str) -> str:
    if text != text.strip():
        raise ValueError("must not begin or end with a blank")
    return text


Name = Annotated[
    str,
    AfterValidator(_checked_name),
    WithJsonSchema({"type": "string", "pattern": library.NAME_PATTERN}),
]
Title = Annotated[
    str,
    AfterValidator(_checked_title),
    Field(max_length=LONGEST_TITLE, json_schema_extra={"pattern": r"^(\S(.*\S)?)?$"}),
]
Texts = tuple[Annotated[str, Field(min_length=1, max_length=500)], ...]


def short_texts() -> Any:
    """Return a field of up to twenty short texts; files hold it as a list."""
    return Field((), max_length=20, strict=False)
