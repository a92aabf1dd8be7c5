"""The EU as a market: what labs earn and owe there, and whose services have left it.

A lab that has left owes nothing for offering in the EU. Its service reaches nobody there, which is
a fact about the lab and not about the law; its weights stay in use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.kernels.choice import NONE
from sim.model.kernels.market import N_CHANNELS
from sim.model.serving import without_services
from sim.vocabulary import API, CONSUMER, HOMES, MODES

if TYPE_CHECKING:
    from sim.model.agents.adopters import Adopters
    from sim.model.agents.lab import Lab
    from sim.model.duties import MarketDuty
    from sim.model.law import Law
    from sim.model.world import World

MONTHS = 12
"""Months for which costs of releases count."""
FINE_SHARE, LEAST_FINE = 0.03, 16.2e6
"""Highest fine on a provider: the higher of a share of worldwide yearly turnover and EUR 15 m, in
USD at the mean rate of 2024 (AI Act, Art. 101; European Central Bank)."""


class Paid(NamedTuple):
    """What a release cost its lab in the EU, or would have cost it had the lab not left.

    Attributes
    ----------
    month, lab : int
    usd : float
    due : bool
        Whether it was owed.
    """

    month: int
    lab: int
    usd: float
    due: bool


class Departure(NamedTuple):
    """What a lab gave up when its service left.

    Attributes
    ----------
    use : float
        Share of the service in use in the EU, mix of channels.
    revenue, market : float, USD a year
        What it earned there, and what all labs did.
    """

    use: float
    revenue: float
    market: float


@dataclass(slots=True)
class EuMarket:
    """What labs earn and owe in the EU, and whose services have left it.

    Attributes
    ----------
    homes : tuple of int (lab,)
        Place in HOMES of each lab.
    at_home : bool array (lab,)
        Labs whose home is in the EU: they do not leave.
    people : float
        People 15-64 in the world.
    left : dict of int to Departure
        Labs whose services have left, in ascending order.
    closed : tuple of int
        Labs whose services adopters in the EU do not reach.
    earned : list of arrays (lab,)
        What use in the EU is worth, USD a year, in each month since the last review.
    turnover : array (lab,)
        What use in the world is worth, USD a year, this month. Both are kept while the law lets
        labs leave.
    paid : list of Paid
        Costs of releases in the last 12 months.
    """

    homes: tuple[int, ...]
    at_home: np.ndarray
    people: float
    left: dict[int, Departure] = field(default_factory=dict)
    closed: tuple[int, ...] = ()
    earned: list[np.ndarray] = field(default_factory=list)
    turnover: np.ndarray = field(default_factory=lambda: np.zeros(0))
    paid: list[Paid] = field(default_factory=list)

    @classmethod
    def of(cls, world: World) -> EuMarket:
        """Nobody has left."""
        inside = [world.jurisdictions.eu[lab.home] for lab in world.labs]
        homes = tuple(
            HOMES.index("eu") if within else 1 + lab.origin
            for lab, within in zip(world.labs, inside, strict=True)
        )
        return cls(homes, np.array(inside), 1e6 * sum(c.working_age_m for c in world.countries))

    def charge(self, lab: Lab, usd: float, due: bool) -> None:
        """Note what a release costs its lab for being offered in the EU."""
        if usd > 0.0:
            self.paid.append(Paid(lab.model.month, lab.index, usd, due))

    def costs(self, law: Law) -> list[float]:
        """What labs pay for duties in the EU, USD a year, by home.

        That is standing costs, and those of releases in the last 12 months.
        """
        costs = [0.0] * len(HOMES)
        for duty in law.market_duties:
            for lab in duty.labs:
                if lab not in self.left:
                    costs[self.homes[lab]] += duty.cost
        for entry in self.paid:
            if entry.due:
                costs[self.homes[entry.lab]] += entry.usd
        return costs

    def spared(self, law: Law) -> dict[int, float]:
        """Standing costs that labs which have left do not bear, USD a year."""
        return {
            lab: sum(duty.cost for duty in law.market_duties if lab in duty.labs)
            for lab in self.left
        }

    def note(self, world: World, inside: np.ndarray, everywhere: np.ndarray) -> None:
        """Keep what use of the month in the EU and in the world is worth to labs.

        Consumers are worth to a service what the law's duty says. Weights have no consumers of
        their lab's own.

        Parameters
        ----------
        world : World
        inside, everywhere : array (lab,), USD a year in market and enterprise channels
        """
        market, tally = world.market, world.tally
        worth = max(duty.consumer_value for duty in leaving(world.law))
        worth *= world.world_use * self.people
        served = (market.mode == API) * np.stack((tally.eu[CONSUMER], tally.slot[CONSUMER]))
        here, there = (np.bincount(market.family, users, len(self.homes)) for users in served)
        self.earned.append(inside + worth * here)
        self.turnover = everywhere + worth * there

    def review(self, world: World) -> None:
        """Labs that owe more than they earn leave, and those that would earn more come back.

        They look at it in the months that a duty says; without any that lets them leave all come
        back. A lab that left expects the share of the market that it had.
        """
        self.paid = [entry for entry in self.paid if entry.month > world.month - MONTHS]
        duties = leaving(world.law)
        if not duties:
            if self.earned:
                self.left, self.earned = {}, []
            return
        due = [duty for duty in duties if duty.reviewed(world.month)]
        if not due or not self.earned:
            return
        chance = max(duty.withdrawal for duty in due)
        earned, left = np.mean(self.earned, axis=0), {}
        total = float(earned.sum())
        for lab in sorted({lab for duty in due for lab in duty.labs}):
            cost, revenue, before = self._cost(world, lab), float(earned[lab]), self.left.get(lab)
            if before is not None:
                if before.revenue * total / max(before.market, 1.0) <= cost:
                    left[lab] = before
            elif revenue < cost and not self.at_home[lab]:
                use = _service_use(world, lab)
                luck = world.streams("withdrawal").uniform(world.labs[lab].identity, world.month)
                if use > 0.0 and luck < chance:
                    left[lab] = Departure(use, revenue, total)
        self.left, self.earned = left, []

    def _cost(self, world: World, lab: int) -> float:
        """What offering in the EU costs a lab, USD a year, a fine that it expects included."""
        cost = sum(entry.usd for entry in self.paid if entry.lab == lab)
        for duty in world.law.market_duties:
            if lab in duty.labs:
                fine = max(FINE_SHARE * float(self.turnover[lab]), LEAST_FINE)
                cost += duty.cost + duty.fine_chance * fine
        return cost


def leaving(law: Law) -> list[MarketDuty]:
    """Duties under which labs may leave."""
    return [duty for duty in law.market_duties if duty.withdrawal > 0.0]


def close(market: EuMarket, adopters: Adopters) -> None:
    """Adopters in the EU reach no services of labs that have left; those of labs back they do.

    Who used one of them is left without a choice, and so takes the best of the rest in this month's
    review.
    """
    gone = tuple(lab for lab in market.left if lab not in market.closed)
    market.closed = tuple(market.left)
    adopters.reach = without_services(adopters.served, market.closed)
    slots = [lab * len(MODES) + API for lab in gone]
    inside = np.repeat(adopters.in_eu, N_CHANNELS)
    adopters.counts[np.outer(inside, np.isin(np.arange(adopters.counts.shape[1]), slots))] = 0
    lost = np.isin(adopters.choice, slots) & np.repeat(inside, np.diff(adopters.start))
    adopters.choice[lost] = NONE


def _service_use(world: World, lab: int) -> float:
    """Share of a lab's service in use in the EU, mix of channels."""
    within = world.tally.eu
    served = (world.market.family == lab) & (world.market.mode == API)
    shares = within[:, served].sum(axis=1) / within.sum(axis=1)
    return float((shares * world.mix).sum())
