"""The slow, plain model: one mesa.Agent per adopter, Python floats, every equation written out.

It is what the compiled World is held to, and the model as one would write it in Mesa alone. The
phases that the World compiles (adopt, build, misuse) are written again here and call nothing
compiled; the others are shared. At the end of a phase the results are handed over as the arrays
that shared parts read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.model.phases import PHASES
from sim.model.world import World
from tests.reference.adopter import Adopter
from tests.reference.draws import logistic
from tests.reference.misuse import by_lab, misuse
from tests.reference.panel import CONSUMER, DEVELOPER, Panel
from tests.reference.tally import build, count, pay

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario


def adopt(world: PlainWorld) -> None:
    """Use spreads; adopters review; shares are counted."""
    names = (
        "access", "friction", "denial", "price_factor", "lock_in", "uptake", "use_ban",
        "listed_until",
    )  # fmt: skip
    world.by_lab = {name: by_lab(world.law, name).tolist() for name in names}
    spread_use(world)
    world.review_bits = world.streams("review").bits(world.month)
    world.choice_bits = world.streams("choice").bits(world.month)
    world.panel.derivative_share = [float(x) for x in world.derivatives.shares()]
    world.panel.open_market()
    adopters = world.agents_by_type[Adopter]
    adopters.do("remember")
    adopters.do("review")
    count(world)
    world.panel.learn()
    pay(world)


def spread_use(world: PlainWorld) -> None:
    """A month of Bass uptake towards each place's ceiling.

    Developers are counted by projects, not by use.
    """
    p = world.p
    growth = p.ceiling_growth * (world.month / 12.0 - 2.5)
    for place in world.panel.places:
        at = place.country, place.channel
        financed = world.by_lab["uptake"][place.country]
        use, ceiling = (
            float(world.use[at]),
            logistic(float(world.tables.use_ceiling[at]) + financed + growth),
        )
        change = (p.bass_p + p.bass_q * use / ceiling) * (ceiling - use) / 12.0
        world.use[at] = 1.0 if place.channel == DEVELOPER else max(0.0, use + change)
    people = [info.working_age_m for info in world.countries]
    world.world_use = sum(
        n * float(use) for n, use in zip(people, world.use[:, CONSUMER], strict=True)
    ) / sum(people)


PLAIN = {phase.__name__: phase for phase in (adopt, build, misuse)}


class PlainWorld(World):
    """The World with one agent per adopter and nothing compiled.

    Parameters
    ----------
    graph_from : int
        Adopters from which neighbours on a graph count.
    """

    phases = tuple(PLAIN.get(phase.__name__, phase) for phase in PHASES)

    def __init__(
        self,
        scenario: str | Scenario = "status-quo",
        *,
        rng: int = 0,
        replication: int = 0,
        graph_from: int = 20_000,
    ) -> None:
        super().__init__(scenario, rng=rng, replication=replication)
        self.by_lab: dict[str, list] = {}
        self.review_bits = self.choice_bits = 0
        self.panel = self.adopters = Panel(self, self.scenario.adopters, graph_from)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
