"""Who serves whom: the reach of labs by place, channel and mode, from sim/data/serving.csv.

It is a fact about labs and not about the law: policies act on the law's graded access, which comes
on top.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import inf, log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import data
from sim.data.rows import ELSEWHERE, EVERYWHERE, HOME
from sim.vocabulary import API, BLOCS, CHANNELS, MODES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.data import Country, Lab, Serving
    from sim.model.parameters import ParameterValues

_MODES_OF = {"services": slice(API, API + 1), "weights": slice(WEIGHTS[0], WEIGHTS[-1] + 1)}


class Reach(NamedTuple):
    """Log reach of labs, by zones: countries in which all labs serve alike.

    Attributes
    ----------
    zone : int array (country,)
    log : float32 array (zone, channel, slot), utils
        Minus infinity where a lab serves nobody. A slot is lab * 4 + mode.
    eu : bool array (zone,)
    """

    zone: np.ndarray
    log: np.ndarray
    eu: np.ndarray


def reach_of_labs(p: ParameterValues, countries: Sequence[Country], labs: Sequence[Lab]) -> Reach:
    """Return how far labs reach, as the table and the parameters that it names say.

    Parameters
    ----------
    p : ParameterValues
    countries, labs
        Rows of the tables, in the order of the world's arrays.
    """
    homes = {lab.home for lab in labs}
    kinds = tuple([(c.bloc, c.code if c.code in homes else "", c.eu) for c in countries])
    zones = _zones(kinds, tuple([(lab.slug, lab.origin, lab.home) for lab in labs]), data.serving())
    reach = np.zeros((len(zones.eu), len(CHANNELS), len(labs) * len(MODES)))
    for row, places in zones.places:
        reach.ravel()[places] += _log_reach(row, p)
    return Reach(zones.of, reach.astype(np.float32), zones.eu)


class _Zones(NamedTuple):
    """Zone of each country, which zones are in the EU, and where in the reach each row acts."""

    of: np.ndarray
    eu: np.ndarray
    places: list[tuple[Serving, np.ndarray]]


@lru_cache(maxsize=8)
def _zones(
    kinds: tuple[tuple[str, str, bool], ...],
    labs: tuple[tuple[str, str, str], ...],
    table: tuple[Serving, ...],
) -> _Zones:
    """What of the reach all runs share, by bloc, code and EU of countries and names of labs."""
    zones = list(dict.fromkeys(kinds))
    home = np.array([[code == own for _, _, own in labs] for _, code, _ in zones])
    where = {EVERYWHERE: np.ones_like(home), HOME: home, ELSEWHERE: ~home}
    for bloc in BLOCS:
        where[bloc] = np.repeat([[of == bloc] for of, _, _ in zones], len(labs), axis=1)
    places = []
    for row in table:
        meant = np.array([row.lab in (slug, origin) for slug, origin, _ in labs])
        acts = np.zeros((len(zones), len(CHANNELS), len(labs), len(MODES)), bool)
        for channel, offer in product(row.channels, row.offers):
            there = (where[row.place] & meant)[:, :, None]
            acts[:, CHANNELS.index(channel), :, _MODES_OF[offer]] |= there
        places.append((row, np.flatnonzero(acts)))
    of, inside = np.array([zones.index(k) for k in kinds]), np.array([eu for _, _, eu in zones])
    of.flags.writeable = inside.flags.writeable = False  # all worlds share them
    return _Zones(of, inside, places)


def without_services(reach: Reach, labs: Sequence[int]) -> Reach:
    """Return the same where services of some labs reach nobody in the EU; weights do."""
    log = reach.log.copy()
    for lab in labs:
        log[reach.eu, :, lab * len(MODES) + API] = -inf
    return reach._replace(log=log)


def _log_reach(row: Serving, p: ParameterValues) -> float:
    if isinstance(row.reach, str):
        return float(getattr(p, row.reach))
    return log(row.reach) if row.reach > 0.0 else -inf
