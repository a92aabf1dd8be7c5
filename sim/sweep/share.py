"""A share of a sweep: what one of several independent jobs does, without knowing of the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_SHARES = 100_000
_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Share:
    """The `number`-th of `of` shares, counted from 1: every `of`-th chunk of the plan.

    Neighbouring chunks hold the same pairs of other cases, so that shares are of about one size and
    all draws are met early in each.
    """

    number: int
    of: int

    @classmethod
    def of_text(cls, text: str) -> Share:
        """Return the share that a text such as "2/8" names.

        Raises
        ------
        ValueError
            If it names none.
        """
        form = _FORM.fullmatch(text)
        number, of = map(int, form.groups()) if form else (0, 0)
        if not 1 <= number <= of <= MOST_SHARES:
            raise ValueError(
                f"{text!r} must be I/N, such as 2/8: share I of N, I from 1 to N, N at most "
                f"{MOST_SHARES:,}"
            )
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, chunk: int) -> bool:
        """Return whether a chunk, by its number from 0, is in this share."""
        return chunk % self.of == self.number - 1


WHOLE = Share(1, 1)
