"""Labs: they plan releases, decide their mode, and bring them out."""

from __future__ import annotations

from math import exp, log, log10
from typing import TYPE_CHECKING

from sim import data
from sim.model.agents.lab_records import COMPONENTS, FRINGE_COMPONENTS, Draft, Record
from sim.model.agents.researcher import Researcher
from sim.model.duties import (
    NOTHING,
    OPENING_DRAWS,
    PUBLIC_DRAWS,
    Assessment,
    ComputeDuty,
    Owed,
    bars,
    binding,
    covering,
    refused,
)
from sim.model.law import Law
from sim.months import month_name
from sim.vocabulary import API, CN, GATED, HOLD, MODES, OPEN, OPEN_SOURCE, OPEN_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim import data
    from sim.model.duties import Programme
    from sim.model.world import World

BELOW = 1e-6
"""OOM by which a run that avoids a threshold stays below it."""
RECORD_MONTHS = 12
"""Months before the handover whose releases tell how a lab decides: judgement, 12-24. The record
moves: 43, 31 and 19 % of notable US models were open in 2023, 2024 and the first half of 2025."""
PRIOR = 4.0
"""Releases at the mean of its origin that are added to a lab's own: judgement, 2-8."""
STAGGER = 3
"""Flagships that are overdue at the handover come out over so many months."""
SHORTEST_CADENCE = 2
"""Months between two flagships of a lab, at least."""
WIDEST_LEAD, LEAD_UNIT = 40.0, 10.0
"""Index points beyond which a lead counts no more (judgement, 20-60), and those to which its slope
refers."""
USE_UNIT = 0.05
"""Share of people who use AI at which the utility of the market is 0."""


class Lab(Researcher):
    """One developer: it trains and learns, and decides how to release."""

    def __init__(self, model: World, index: int, info: data.Lab, home: int) -> None:
        super().__init__(model, index, info, home)
        self.last_flagship: int | None = None
        self.next_flagship = info.first_month
        self.number = 0
        self.expense = 0.0
        self.drafts: list[Draft] = []
        self.record = Record()
        self.public_flop, self.public_months = 0.0, 0

    def take_over(self, month: int, low_quality: float, usual_shortfall: float) -> None:
        """From the handover on flagships follow the lab's cadence, counted from its last real one.

        A lab that was never scored takes over with the lower quartile of the quality of labs that
        were, and one whose training runs are unknown with the median shortfall of those that are
        known.
        """
        if self.shortfall is None:
            self.shortfall = usual_shortfall
        if self.best_score < 0.0:
            self.quality = low_quality
        cadence = round(self.info.cadence_months)
        if self.last_flagship is not None:
            first, spread = self.last_flagship + cadence, STAGGER
        else:
            first, spread = self.info.first_month, max(SHORTEST_CADENCE, cadence)
        self.next_flagship = max(month + self.identity % spread, first)

    def leaning(self) -> float:
        """Log odds of opening from the lab's own recent record, shrunken to its origin's mean."""
        opened, usual = self.record.recent_open, self.model.releases.usual_openness(self.origin)
        closed = self.record.recent - opened
        return log((opened + PRIOR * usual) / (closed + PRIOR * (1.0 - usual)))

    def remember(self, month: int, mode: str, capability: float | None) -> None:
        """Enter a real release into the record that later decisions are measured against."""
        record, opened = self.record, mode.startswith("open")
        if month >= self.model.handover - RECORD_MONTHS:
            record.recent += 1
            record.recent_open += opened
        record.opened += opened
        record.free += mode == "open_source"
        if capability is not None and month >= 0:
            self._note_situation(capability)

    def _note_situation(self, capability: float) -> None:
        self.record.situations += 1
        self.record.lead += self._lead_utility(capability)
        self.record.market += self._market()

    def _lead_utility(self, capability: float) -> float:
        p = self.model.p
        lead = capability - self.model.frontier.best_open(excluding_lab=self.index)
        slope = p.lead_slope if lead > 0.0 else p.catchup_slope
        return slope * min(max(lead, -WIDEST_LEAD), WIDEST_LEAD) / LEAD_UNIT

    def _market(self) -> float:
        return log10(self.model.world_use / USE_UNIT)

    def decide_mode(self, capability: float, draw: int, owed: Owed) -> int:
        """Release mode by a logit: open against closed, given what each mode owes.

        Open is with or without a free licence; a lab knows whether it may open at all. Lead and
        market count as differences from their mean over the lab's own record, which the leaning
        already contains; backfire counts control steps since the record.
        """
        world, p, record = self.model, self.model.p, self.record
        if self._may_not_open(draw):
            return API
        noise, n = world.streams("release mode"), record.situations
        lead, market, closed = self._lead_utility(capability), self._market(), 0.0
        if n:
            closed = lead - record.lead / n + p.market_slope * (market - record.market / n)
        closed -= sum(duty.burden for duty in owed[API])
        open_mode = self._licence(draw, owed)
        cost = self._opening_cost(capability, draw, world.law, owed[open_mode])
        opened = self.leaning() - world.reach_lost(self.index) - cost
        if self.origin == CN:
            opened += p.state_push + world.backfire
        opened += noise.gumbel(self.identity, draw, 0)
        closed += noise.gumbel(self.identity, draw, 1)
        return API if opened < closed else open_mode

    def _may_not_open(self, draw: int) -> bool:
        """Whether a stop of open releases is in force and binds this one."""
        stop = float(self.model.law.open_stop[self.index])
        return stop > 0.0 and self.model.streams("open stop").uniform(self.identity, draw) < stop

    def _licence(self, draw: int, owed: Owed) -> int:
        """Open with a free licence as often as earlier, more if the law asks more of others."""
        free = (self.record.free + 1.0) / (self.record.opened + 2.0)
        if owed[OPEN_WEIGHTS] or owed[OPEN_SOURCE]:
            kept = sum(duty.burden + duty.liability for duty in owed[OPEN_WEIGHTS])
            freed = sum(duty.burden + duty.liability for duty in owed[OPEN_SOURCE])
            free = 1.0 / (1.0 + (1.0 - free) / free * exp(freed - kept))
        luck = self.model.streams("release mode").uniform(self.identity, draw, 2)
        return OPEN_SOURCE if luck < free else OPEN_WEIGHTS

    def _opening_cost(
        self, capability: float, draw: int, law: Law, owed: Sequence[ComputeDuty]
    ) -> float:
        """Utils that a law takes from an open release: cost, liability, months it is held up."""
        cost = float(law.opening_cost[self.index])
        cost += sum(duty.burden + duty.liability for duty in owed)
        months = sum(duty.delay for duty in self._duties(capability, draw, law))
        months += sum(duty.delay for duty in owed)
        return cost + self.model.p.delay_cost * months

    def owes(self, draw: int, small: bool, law: Law) -> Owed:
        """Duties that a law lays on a release of this size, by mode."""
        duties = law.compute_duties
        return covering(duties, self, draw, self.training_run(small)) if duties else NOTHING

    def plan(self, month: int) -> None:
        """Finish a flagship when one is due; decide its mode; have it assessed if the law asks."""
        early = month < self.next_flagship
        if early and not (self.model.schedule.notice_given and self._hurries(month)):
            return
        p, streams = self.model.p, self.model.streams
        luck = streams("capability noise")
        self.number += 1
        underlying = self.capability()
        noisy = underlying + p.capability_noise * luck.normal(self.identity, self.number, 0)
        if self.model.law.compute_duties:
            self.held_back = self._stays_below(noisy, 2 * self.number)
            lost = p.capability_slope * self.held_back
            underlying, noisy = underlying - lost, noisy - lost
        self._draft(month, 2 * self.number, False, underlying, noisy)
        jitter = streams("cadence").normal(self.identity, self.number)
        cadence = self.info.cadence_months * exp(p.cadence_jitter * jitter)
        self.next_flagship = month + max(SHORTEST_CADENCE, round(cadence))
        if streams("small variant").uniform(self.identity, self.number) < p.small_variants:
            small = underlying - p.small_gap
            noisy = small + p.capability_noise * luck.normal(self.identity, self.number, 1)
            self._draft(month + 1, 2 * self.number + 1, True, small, noisy)
        self.held_back = 0.0

    def _stays_below(self, capability: float, draw: int) -> float:
        """OOM by which a run is kept smaller, so that a duty does not bind the release."""
        p, run, law = self.model.p, self.training_run(False), self.model.law
        worth = p.threshold_avoidance / p.capability_slope / 1e7  # OOM for each dollar of a duty
        near = [d for d in law.compute_duties if d.floor <= run < d.floor + worth * d.cost]
        if not near:
            return 0.0
        owed = self.owes(draw, False, law)
        mode = self.decide_mode(capability, draw, owed)
        return max((run - duty.floor + BELOW for duty in owed[mode] if duty in near), default=0.0)

    def _hurries(self, month: int) -> bool:
        """Whether to open the next flagship early, since its month's law would cost more or bar it.

        A month too early costs as much as a month's delay. What is out before a law starts is not
        bound by it.
        """
        world, early = self.model, self.next_flagship - month
        law = world.prospect(self.next_flagship) if early <= world.p.haste_months else None
        if law is None:
            return False
        draw = 2 * (self.number + 1)
        luck = world.streams("capability noise").normal(self.identity, self.number + 1, 0)
        capability = self.capability() + world.p.capability_noise * luck
        owed = self.owes(draw, False, world.law)
        mode = self.decide_mode(capability, draw, owed)
        if mode not in OPEN:
            return False
        now = self._opening_cost(capability, draw, world.law, owed[mode])
        now += world.p.delay_cost * early
        duties = self._duties(capability, draw, law)
        barred = any(bars(duty, self, capability, draw) for duty in duties)
        owed = self.owes(draw, False, law)
        then = self._opening_cost(capability, draw, law, owed[self._licence(draw, owed)])
        return barred or now < then

    def plan_fringe(self, month: int) -> None:
        """Academic and small labs release at an outside rate and openness."""
        p, world = self.model.p, self.model
        luck = world.streams("fringe")
        rate = p.fringe_us_2023 if month < 12 else p.fringe_us
        if self.origin == CN:
            rate = p.fringe_cn
        for n in range(luck.poisson(rate / 12.0, self.identity, month)):
            self.number += 1
            opened = luck.uniform(self.identity, month, n, 1) < p.fringe_openness
            mode, underlying = OPEN_SOURCE if opened else API, self.capability()
            noisy = underlying + p.capability_noise * luck.normal(self.identity, month, n, 2)
            run, able = self.training_run(False), (noisy, underlying, self.efficiency)
            draw = 2 * self.number
            draft = Draft(month, self._name(draw), draw, mode, False, *able, run=run)
            self.drafts.append(draft)

    def train_public(self, programmes: list[Programme], month: int) -> None:
        """Train on public chips; the model comes out open when its time is over.

        Then the next one begins. Programmes of one lab pool their chips; the nearest target and the
        widest openness count. A release owes what one of the lab's own would owe.
        """
        world, p = self.model, self.model.p
        self.public_flop += sum(x.compute for x in programmes) * 10.0**p.public_run_flop
        self.public_months += 1
        if self.public_months < min(x.cadence for x in programmes):
            return
        path, lag = world.chips.run_path, min(x.lag_target for x in programmes)
        target = path[max(0, len(path) - 1 - lag)]
        run = min(log10(max(self.public_flop, 1.0)), target)
        self.public_flop, self.public_months = 0.0, 0
        underlying = world.points(run + self.efficiency + self.distilled) + self.quality
        draw = PUBLIC_DRAWS + month
        luck = world.streams("capability noise").normal(self.identity, draw)
        able = underlying + p.capability_noise * luck, underlying, self.efficiency
        weights, records, code, licence = (max(x.parts[i] for x in programmes) for i in range(4))
        parts = weights, records, code, licence
        name = f"{self.info.slug} public {month_name(month)}"
        draft = Draft(month, name, draw, OPEN_SOURCE, False, *able, True, run=run, parts=parts)
        self.drafts.append(self.submit(draft, covering(world.law.compute_duties, self, draw, run)))

    def _name(self, draw: int) -> str:
        return f"{self.info.slug} {draw // 2}{' small' if draw % 2 else ''}"

    def _draft(
        self, month: int, draw: int, small: bool, underlying: float, capability: float
    ) -> None:
        """Decide the mode of a finished release and submit it to the law."""
        run, owed = self.training_run(small), self.owes(draw, small, self.model.law)
        mode = self.decide_mode(capability, draw, owed)
        able = capability, underlying, self.efficiency
        draft = Draft(month, self._name(draw), draw, mode, small, *able, run=run)
        self.drafts.append(self.submit(draft, owed))

    def submit(self, draft: Draft, owed: Owed) -> Draft:
        """Have a release assessed and licensed where the law asks, and pay for both.

        Returns the draft as it may come out.
        """
        law, mode, draw, capability = self.model.law, draft.mode, draft.draw, draft.capability
        month, left, rationale = draft.month, set(range(len(MODES))), False
        if mode in OPEN:
            for duty in self._duties(capability, draw, law):
                month += duty.delay
                rationale |= duty.reasons
                self._pay(duty.cost)
                if self.model.assessor.judges_hazardous(duty, self, capability, draw):
                    left = left.intersection(duty.modes)
            for licence in owed[mode]:
                month += licence.delay
                if refused(licence, self, draw):
                    left = left.difference(OPEN)
        if len(left) < len(MODES):
            mode = self._fall_back(left, draft)
        for paid in owed[mode]:
            self._pay(paid.cost)
        self._note_eu(draft, owed[mode], mode)
        documented = draft.documented or rationale or any(paid.documents for paid in owed[mode])
        return draft._replace(month=month, mode=mode, documented=documented, rationale=rationale)

    def _note_eu(self, draft: Draft, owed: Sequence[ComputeDuty], mode: int) -> None:
        """Note what a release costs in the EU, or would if the lab had not left."""
        market, left = self.model.eu_market, self.index in self.model.eu_market.left
        if left:  # `owed` is without duties in the EU
            owed = binding(self.model.law.compute_duties, self, draft.draw, draft.run)[mode]
        market.charge(self, sum(duty.cost for duty in owed if duty.eu), not left)

    def _pay(self, usd: float) -> None:
        """Bear a one-off cost of the law."""
        self.expense += usd
        self.model.charge("labs", usd)

    def _duties(self, capability: float, draw: int, law: Law) -> list[Assessment]:
        """Assessments that a law asks for before an open release of this capability."""
        duties = law.assessments
        if not duties:
            return []
        measured = self.model.us_government.measure(capability, self.origin, self.identity, draw)
        bound = self.model.streams("bound by assessment").uniform(self.identity, draw)
        return [
            d for d in duties if self.index in d.labs and measured >= d.floor and bound < d.strength
        ]

    def _fall_back(self, left: set[int], draft: Draft) -> int:
        """An open-minded lab keeps weights for vetted users if it may, else serves or holds.

        What public money paid for, or a closed lab set out to open, is gated or held: it becomes no
        closed service.
        """
        if draft.parts is not None:
            return GATED if GATED in left else HOLD
        if GATED in left and API in left:
            likely = 1.0 / (1.0 + exp(-self.leaning()))
            luck = self.model.streams("release mode").uniform(self.identity, draft.draw, 3)
            return GATED if luck < likely else API
        return min(left) if left else HOLD

    def publish(self, month: int) -> None:
        """Bring out the drafts that are due; what may not be open any more is a service."""
        due = [d for d in self.drafts if d.month <= month]
        self.drafts = [d for d in self.drafts if d.month > month]
        for draft in due:
            if draft.mode in OPEN and self._may_not_open(draft.draw):
                draft = draft._replace(mode=API if draft.parts is None else HOLD)
            if not draft.small:
                opened_behind = OPENING_DRAWS <= draft.draw < PUBLIC_DRAWS
                notable = 1.0 if opened_behind else data.notable_per_flagship()[self.info.slug]
                self.model.releases.count_notable(self, draft.mode, notable)
            if draft.mode != HOLD:
                self.model.releases.bring_out(self, draft, self._parts(draft))
            if self.model.handover == 0 and draft.parts is None:
                self._note_situation(draft.capability)

    def _parts(self, draft: Draft) -> tuple[float, float, float, float]:
        """Weights, data, code and licence that come with a release."""
        if draft.parts is not None and draft.mode in OPEN:
            return draft.parts
        components = FRINGE_COMPONENTS if self.fringe else COMPONENTS
        weights, data, code, licence = components[draft.mode]
        shown = float(self.model.law.disclosure[self.index]) if draft.mode in OPEN else 1.0
        return weights, min(1.0, data * shown), min(1.0, code * shown), licence
