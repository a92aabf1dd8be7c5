"""What labs plan and remember: drafts, the record of real releases, and a month's lessons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sim.vocabulary import API, GATED, OPEN_SOURCE, OPEN_WEIGHTS

# Openness components of generated releases by mode: weights, data, code, licence. Judgement, as in
# the release table.
COMPONENTS = {
    API: (0.0, 0.0, 0.0, 0.0),
    GATED: (0.5, 0.0, 0.1, 0.2),
    OPEN_WEIGHTS: (1.0, 0.1, 0.3, 0.5),
    OPEN_SOURCE: (1.0, 0.1, 0.5, 1.0),
}
FRINGE_COMPONENTS = {
    **COMPONENTS,
    OPEN_WEIGHTS: (1.0, 0.6, 0.8, 0.5),
    OPEN_SOURCE: (1.0, 0.6, 0.8, 1.0),
}


class Draft(NamedTuple):
    """A release that is decided but not out yet.

    Attributes
    ----------
    draw : int
        Its permanent number within the lab.
    run : float
        Training compute (log10 FLOP), 0 where unknown.
    parts : tuple of float or None
        Openness components of a release of a public programme or one that a closed lab opens;
        None: those of its mode.
    """

    month: int
    name: str
    draw: int
    mode: int
    small: bool
    capability: float
    underlying: float
    efficiency: float
    documented: bool = False
    rationale: bool = False
    run: float = 0.0
    parts: tuple[float, float, float, float] | None = None


@dataclass(slots=True)
class Record:
    """What a lab's real releases say of how it decides.

    Attributes
    ----------
    recent, recent_open : int
        Releases from 12 months before generated ones begin, and open ones among them.
    opened, free : int
        Open releases, and those under a free licence.
    situations : int
    lead, market : float
        Sums of the utilities of lead and market over the situations in which it released.
    """

    recent: int = 0
    recent_open: int = 0
    opened: int = 0
    free: int = 0
    situations: int = 0
    lead: float = 0.0
    market: float = 0.0


class Lessons(NamedTuple):
    """What labs of one origin can learn from this month.

    Attributes
    ----------
    pool, author : float and int
        Best public efficiency in their reach (OOM) and the origin it came from.
    distillation : float
        Share of the gap to the best service that they close in a year.
    """

    pool: float
    author: int
    distillation: float
