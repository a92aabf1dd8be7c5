"""The parts of the page in their order: numbers and titles come from here and from nowhere else."""

from __future__ import annotations

import string
from typing import NamedTuple


class Part(NamedTuple):
    """A section, or a part of the annex.

    Attributes
    ----------
    id : str
        Its place on the page, for links.
    short, title : str
        In the contents, and above it.
    number : str
        A number, or a letter in the annex.
    annex : bool
        Whether it is of the annex.
    """

    id: str
    short: str
    title: str
    number: str
    annex: bool


_SECTIONS = (
    ("glance", "At one glance", "At one glance"),
    ("why", "Why", "Why"),
    ("who", "Who", "Who gains and who loses"),
    ("adoption", "Adoption", "Adoption: who is used where"),
    ("misuse", "Misuse", "Misuse by actor and by route"),
    ("lags", "Capability lags", "Capability lags: US and China, open and closed"),
    ("map", "Map", "Shares on the map"),
    ("costs", "Costs", "What the policies cost"),
    ("spread", "Spread", "How outcomes are spread over runs"),
    ("findings", "Findings", "Findings in words"),
    ("data", "Against data", "Where the model stands against data"),
    ("limits", "Limits", "Limits"),
)
_ANNEX = (
    ("compared", "Scenarios", "What was compared"),
    ("rubric", "Rubric", "Rubric: all numbers of the matrix"),
    ("measured", "Measures", "What the factors measure"),
    ("paper", "The paper", "The paper and its signs"),
    ("assumptions", "Assumptions", "Assumptions, parameters and settings"),
    ("numbers", "Numbers", "Numbers of the figures"),
    ("reproduce", "Reproduce", "How to reproduce"),
)


def parts() -> dict[str, Part]:
    """Return the parts of the page by their ids, in order."""
    numbers = map(str, range(1, len(_SECTIONS) + 1))
    sections = [Part(*one, n, annex=False) for one, n in zip(_SECTIONS, numbers, strict=True)]
    letters = string.ascii_uppercase[: len(_ANNEX)]
    annex = [Part(*one, letter, annex=True) for one, letter in zip(_ANNEX, letters, strict=True)]
    return {part.id: part for part in (*sections, *annex)}


def css_text(text: str) -> str:
    """Return text as it can stand between quotes in a style sheet, whatever is in it."""
    return "".join(
        c if c in string.ascii_letters + string.digits + " " else f"\\{ord(c):x} " for c in text
    )
