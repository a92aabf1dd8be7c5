"""Safeguards of open releases: how dear they are to strip, what is left of a stripped release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.model.duties import Safeguard
from sim.vocabulary import DOMAINS


class Way(NamedTuple):
    """A way round a safeguard.

    Attributes
    ----------
    cost : float
        Factor on the cost of stripping.
    filtered : tuple of (domain, share)
        Domains whose knowledge is missing, with the share of a release's worth there that can be
        supplied in context.
    """

    cost: float
    filtered: tuple[tuple[str, float], ...]


class Carried(NamedTuple):
    """What one release carries.

    Refusal or tamper resistance to strip, filtered knowledge to do without or to teach.
    """

    strip_factor: float = 1.0
    relearn_factor: float = 1.0
    filtered: tuple[tuple[str, float], ...] = ()

    def ways(self) -> tuple[Way, ...]:
        """Strip the release as it is; where knowledge was filtered, also teach that again."""
        as_it_is = Way(self.strip_factor, self.filtered)
        if not self.filtered:
            return (as_it_is,)
        return as_it_is, Way(self.strip_factor * self.relearn_factor, ())


def carry(duties: Sequence[Safeguard]) -> Carried:
    """What a release carries that several duties bind.

    Costs multiply; the strictest filter of a domain counts.
    """
    strip_factor = relearn_factor = 1.0
    filtered: dict[str, float] = {}
    for duty in duties:
        strip_factor *= duty.strip_factor
        relearn_factor *= duty.relearn_factor
        for domain in duty.filtered:
            filtered[domain] = min(duty.in_context, filtered.get(domain, 1.0))
    return Carried(strip_factor, relearn_factor, tuple(sorted(filtered.items())))


class Safeguards:
    """All that releases of a world carry, by number, and every way round it; number 0 is nothing.

    Attributes
    ----------
    carried : list of Carried
    number_of : int array (way,), what the way goes round
    factor : array (way,), on the cost of stripping
    withheld : array (way, domain), share of a release's points above no model that is missing
    """

    def __init__(self) -> None:
        self.carried: list[Carried] = []
        self.number(Carried())

    def __len__(self) -> int:
        return len(self.carried)

    def number(self, carried: Carried) -> int:
        """Number of what a release carries; something new gets the next one."""
        if carried not in self.carried:
            self.carried.append(carried)
            ways = [(k, way) for k, one in enumerate(self.carried) for way in one.ways()]
            self.number_of = np.array([k for k, _ in ways])
            self.factor = np.array([way.cost for _, way in ways])
            missing = [{domain: 1.0 - share for domain, share in way.filtered} for _, way in ways]
            self.withheld = np.array(
                [[row.get(domain, 0.0) for domain in DOMAINS] for row in missing]
            )
        return self.carried.index(carried)
