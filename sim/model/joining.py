"""Joining by mimicry: countries that follow their peers into a measure.

A country follows with a hazard of ``mimicry`` times the share of its peers that have the measure.
Peers are the countries of its bloc; those of US-aligned countries are the others and the US. They
count by GDP: large markets are watched, copied and competed with most (Simmons, Dobbin and Garrett
2006; Shipan and Volden 2008), and a table that splits or merges small countries changes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf, log
from typing import TYPE_CHECKING

from sim.model.identity import identity
from sim.vocabulary import ABROAD, AREAS_OF_REGION

if TYPE_CHECKING:
    from sim.model.jurisdictions import Jurisdictions
    from sim.model.randomness import Stream

PATHS_KEPT = 64


@lru_cache(maxsize=PATHS_KEPT)
def followed(
    where: Jurisdictions, members: tuple[int, ...], mimicry: float, luck: Stream
) -> tuple[tuple[str, float], ...]:
    """Countries that follow, in order, and when.

    Each has one draw: how much hazard it bears before it joins. Whoever joins earlier, or more of
    them, or a stronger mimicry, can therefore only make others join earlier too.

    Parameters
    ----------
    where
    members : tuple of int
        Countries that have the measure from its start.
    mimicry : float, a year
        Hazard where all peers have joined.
    luck : Stream
        Draws by the identity of a country's code.

    Returns
    -------
    tuple of (str, float)
        Code, and months from the start of the measure until it joins. Who never does is left out.
    """
    left = {
        i: -log(luck.uniform(identity(code)))
        for i, code in enumerate(where.countries)
        if i not in members and where.blocs[i] in AREAS_OF_REGION[ABROAD]
    }
    circle = ["us_aligned" if bloc == "US" else bloc for bloc in where.blocs]
    weight, joined = dict.fromkeys(circle, 0.0), dict.fromkeys(circle, 0.0)
    for i, bloc in enumerate(circle):
        weight[bloc] += where.gdp[i]
        joined[bloc] += where.gdp[i] if i in members else 0.0
    found: list[tuple[str, float]] = []
    now = 0.0
    while left:
        hazard = {
            i: _hazard(mimicry, joined[circle[i]], weight[circle[i]] - where.gdp[i]) for i in left
        }
        waits = {i: left[i] / rate if rate > 0.0 else inf for i, rate in hazard.items()}
        first = min(waits, key=waits.__getitem__)
        if waits[first] == inf:
            break
        wait = waits[first]
        now += wait
        left = {i: bears - wait * hazard[i] for i, bears in left.items() if i != first}
        joined[circle[first]] += where.gdp[first]
        found.append((where.countries[first], now))
    return tuple(found)


def _hazard(mimicry: float, joined: float, peers: float) -> float:
    """Hazard a month of a country, from the GDP of its peers that have joined and of all."""
    return mimicry / 12.0 * joined / peers if peers > 0.0 else 0.0
