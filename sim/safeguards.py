"""Safeguards that open releases carry: how dear they are to strip, and what a stripped release is still worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.duties import Safeguard


class Way(NamedTuple):
    """A way round a safeguard.

    Attributes
    ----------
    cost : float
        Factor on the cost of stripping.
    filtered : tuple of (domain, share)
        Domains whose knowledge is missing, with the share of a release's worth there that can be supplied in context.
    """

    cost: float
    filtered: tuple[tuple[str, float], ...]


class Carried(NamedTuple):
    """What one release carries: refusal or tamper resistance to strip, filtered knowledge to do without or to teach."""

    strip_factor: float = 1.0
    relearn_factor: float = 1.0
    filtered: tuple[tuple[str, float], ...] = ()

    def ways(self) -> tuple[Way, ...]:
        """Strip the release as it is; where knowledge was filtered, also strip it and teach that again."""
        as_it_is = Way(self.strip_factor, self.filtered)
        if not self.filtered:
            return (as_it_is,)
        return as_it_is, Way(self.strip_factor * self.relearn_factor, ())


def carry(duties: Sequence[Safeguard]) -> Carried:
    """What a release carries that several duties bind: costs multiply, the strictest filter of a domain counts."""
    strip_factor = relearn_factor = 1.0
    filtered: dict[str, float] = {}
    for duty in duties:
        strip_factor *= duty.strip_factor
        relearn_factor *= duty.relearn_factor
        for domain in duty.filtered:
            filtered[domain] = min(duty.in_context, filtered.get(domain, 1.0))
    return Carried(strip_factor, relearn_factor, tuple(sorted(filtered.items())))
