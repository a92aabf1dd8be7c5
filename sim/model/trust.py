"""Trust: how countries see the supply and the security of each origin, and what strikes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.model.parameters import by_channel
from sim.vocabulary import DEVELOPER, FLAGGED, GOVERNMENT, MODES, ORIGINS

if TYPE_CHECKING:
    from sim.model.world import World


@dataclass(slots=True)
class Trust:
    """Trust of countries in origins.

    Attributes
    ----------
    supply, security : array (country, origin), 0-1
        That supply does not stop, and that releases are not compromised.
    risk : array (origin,), utils at a concern of 1
        What is feared of an origin's releases without any audit.
    """

    supply: np.ndarray
    security: np.ndarray
    risk: np.ndarray

    @classmethod
    def full(cls, countries: int, risk_cn: float) -> Trust:
        """Everybody trusts everybody; risk is perceived in Chinese releases alone."""
        shape = countries, len(ORIGINS)
        return cls(np.ones(shape), np.ones(shape), np.array([0.0, risk_cn, 0.0]))

    def heal(self, half_life: float) -> None:
        """A month: half of what is missing comes back in ``half_life`` months."""
        share = 1.0 - 0.5 ** (1.0 / half_life)
        self.supply += share * (1.0 - self.supply)
        self.security += share * (1.0 - self.security)


def meet_alarms(world: World) -> None:
    """Refusals, cut-offs and failed checks hit users: trust in the supply of an origin falls.

    It is the origin of the labs of which the law raises the alarm.
    """
    law, supply = world.law, world.trust.supply
    if law.alarm.any():
        lost = world.p.trust_penalty * law.alarm * world.tally.ways.reshape(law.alarm.shape)
        for mode in range(len(MODES)):
            fallen = np.zeros_like(supply)
            for law_class, origin in enumerate(law.class_origin.tolist()):
                fallen[:, origin] += lost[:, law_class, mode]
            supply *= 1.0 - np.minimum(1.0, fallen)


def strike(world: World, origin: str, share: float) -> None:
    """A crisis triggers the hidden compromises of one origin.

    The loss falls due and all of them become known.

    Parameters
    ----------
    world : World
    origin : str
        One of ORIGINS.
    share : float, 0-1
        Part of the exposure that turns into loss.
    """
    c, n, wanted = world.catalogue.columns, len(world.catalogue), ORIGINS.index(origin)
    world.counts.crisis_loss += share * exposure(world, wanted)
    hidden = c.compromised[:n] & (c.origin[:n] == wanted) & (c.public_finding[:n] != FLAGGED)
    for row in np.flatnonzero(hidden).tolist():
        c.public_finding[row] = FLAGGED
        world.releases.disclose(row)


def exposure(world: World, origin: int | None = None) -> float:
    """Share of use on compromised, undetected releases and their derivatives.

    Use is weighted by criticality.

    Parameters
    ----------
    world : World
    origin : int, optional
        Only releases of this origin.
    """
    c, market = world.catalogue.columns, world.market
    criticality = np.array(by_channel(world.p, "criticality"))
    hidden = (c.compromised & (c.public_finding != FLAGGED))[market.release]
    if origin is not None:
        hidden &= market.origin == origin
    share = np.where(hidden, world.tally.slot, 0.0)
    if world.law.audits:
        known = c.private_finding[market.release[GOVERNMENT]] == FLAGGED
        covered = world.adopters.covered_use(world.tables.audit_cover)
        share[GOVERNMENT, known] -= covered[known] * hidden[GOVERNMENT, known]
    total = float((criticality * share.sum(axis=1)).sum())
    derivatives = world.derivatives
    stock = float(derivatives.stock.sum())
    if stock > 0.0:
        tainted = derivatives.tainted
        if origin is not None:
            tainted = tainted * world.family_origin[origin]
        total += criticality[DEVELOPER] * float(tainted.sum()) / stock
    return total / float(criticality.sum() + criticality[DEVELOPER])
