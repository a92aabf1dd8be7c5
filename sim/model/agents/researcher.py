"""How labs train and what they know: size of runs, efficiency, what they learn from each other."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import mesa

from sim.model.identity import identity
from sim.vocabulary import CN, ORIGINS

if TYPE_CHECKING:
    from sim import data
    from sim.model.agents.lab_records import Lessons
    from sim.model.world import World

BARELY_SOLD = 0.002
"""Share of revenue added to every lab's, which keeps the growth of the smallest finite: judgement,
0.0005-0.01."""


class Researcher(mesa.Agent):
    """A developer as far as it trains and learns; how it releases is in :class:`Lab`.

    Attributes
    ----------
    efficiency, distilled : float
        Algorithmic efficiency a and distilled gain d (orders of magnitude, OOM).
    offset : float
        Largest run against the frontier run (OOM).
    shortfall : float or None
        OOM by which its flagships are trained smaller than its largest run: the least in its record
        (None: no record).
    held_back : float
        OOM by which the flagship being planned is trained smaller, to stay below a threshold of the
        law.
    quality : float
        What the replayed record shows beyond compute and efficiency (index points); not shared with
        anybody.
    gains, sources : dict
        Efficiency gained this month (OOM) by kind (own, scarcity, public, distilled), and the
        origin of what came from others.
    share_history : list of float
        Share of all labs' revenue, by month.
    """

    def __init__(self, model: World, index: int, info: data.Lab, home: int) -> None:
        super().__init__(model)
        self.index, self.info, self.home = index, info, home
        self.identity = identity(info.slug)
        self.origin = ORIGINS.index(info.origin)
        self.fringe = info.kind == "fringe"
        self.offset = info.run_offset
        self.shortfall: float | None = None
        self.efficiency = self.distilled = self.quality = self.held_back = 0.0
        self.gains = {"own": 0.0, "scarcity": 0.0, "public": 0.0, "distilled": 0.0}
        self.sources = {"public": self.origin, "distilled": self.origin}
        self.share_history: list[float] = []
        self.best_score = self.best_released = self.best_underlying = -1e9

    def run_size(self) -> float:
        """Largest training run (log10 FLOP)."""
        world = self.model
        catch = 0.0
        if self.origin == CN:
            catch = world.p.compute_elasticity * world.chips.gap_of(self.index)
        return world.chips.run_frontier + self.offset + catch

    def training_run(self, small: bool) -> float:
        """Training compute of a release, log10 FLOP.

        A flagship is as far below the lab's largest run as its record was; a small variant has what
        its capability explains.
        """
        p = self.model.p
        flagship = self.run_size() - (self.shortfall or 0.0) - self.held_back
        return flagship - (p.small_gap / p.capability_slope if small else 0.0)

    def capability(self) -> float:
        """Index points that a flagship would have today, without noise."""
        return self.model.points(self.run_size() + self.efficiency + self.distilled) + self.quality

    def reinvest(self) -> None:
        """Runs grow with the change over 12 months of the lab's share of revenue."""
        p, history = self.model.p, self.share_history
        if len(history) > 12:
            change = log((history[-1] + BARELY_SOLD) / (history[-13] + BARELY_SOLD))
            cap = p.reinvestment_cap / 12.0
            self.offset += min(max(p.reinvestment * change / 12.0, -cap), cap)

    def research(self, lessons: Lessons, credit: list[float]) -> None:
        """Own progress, public ideas, efficiency from scarcity, and distillation.

        What is distilled is the best release in reach. ``credit`` counts gains by the origin that
        they come from.
        """
        p = self.model.p
        own = p.algorithmic_growth * (1.0 if self.info.frontier else p.follower_growth) / 12.0
        pool, author, distillation = lessons
        public = p.public_knowledge * max(0.0, pool - self.efficiency) / 12.0
        scarce, learned, teacher_origin = 0.0, 0.0, self.origin
        if self.origin == CN:  # scarcity spurs Chinese labs only
            scarce = p.scarcity_efficiency * self.model.chips.shortage_of(self.index) / 12.0
        if distillation > 0.0:
            margin, own_points = p.distillation_margin, self.capability()
            releases = self.model.releases
            teacher, teacher_origin, share = releases.teacher(self, margin + own_points)
            gap = max(0.0, (teacher - margin - own_points) / p.capability_slope)
            learned = distillation * share * gap / 12.0
        self.efficiency += own + public + scarce
        self.distilled += learned - p.distilled_fade * self.distilled / 12.0
        self.gains = {"own": own, "scarcity": scarce, "public": public, "distilled": learned}
        self.sources = {"public": author, "distilled": teacher_origin}
        credit[self.origin] += own
        credit[self.origin] += scarce
        credit[author] += public
        credit[teacher_origin] += learned

    def assimilate(self, score: float) -> None:
        """A replayed flagship sets the lab's record: its quality is what explains the score."""
        if score > self.best_score:
            self.best_score = score
            # A score above what a lab's own compute explains rests on somebody else's base.
            self.quality = min(0.0, self.quality + score - self.capability())

    def compare_run(self, log_flop: float) -> None:
        """A replayed flagship of known compute shows how near releases come to the largest run."""
        short = max(0.0, self.run_size() - log_flop)
        self.shortfall = short if self.shortfall is None else min(short, self.shortfall)
