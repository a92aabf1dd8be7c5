"""The phases of a month, in order. Each takes the world and changes it.

A phase says what it reads, what it writes (names of :class:`sim.model.world.World`) and why it
stands where it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import exp
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.agents.lab_records import Lessons
from sim.model.agents.malicious import Scene
from sim.model.eu_market import close, leaving
from sim.model.hubs import scan_files
from sim.model.kernels.attempts import Prospects, decide, draw_attempts
from sim.model.kernels.shares import spread_use, use_by_release
from sim.model.kernels.spending import earn
from sim.model.observation import measure
from sim.model.openings import open_behind
from sim.model.readings import family_shares
from sim.model.trust import meet_alarms, strike
from sim.model.uptake import HALF_YEAR, use_by_country
from sim.months import month_index
from sim.vocabulary import CN, CONSUMER, DEVELOPER, ORIGINS, US, WORLD

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.world import World

CONTROL_STEP = 0.25
"""Rise in the stringency of chip controls that counts as a step of control: judgement, 0.1-0.5."""
MID_2025 = 30
"""Last month to which the world's spending is scaled (0 is January 2023): June 2025."""
CEILING_YEAR = 2.5
"""Years after the start of 2023 at which ceilings of use are as stated: mid 2025, since use is of
its first half."""
SMALLEST_REVENUE = 1e-9


def law(world: World) -> None:
    """Policies write the month's law.

    Reads: policies, triggers that governments threw up to last month.
    Writes: law, tables, schedule, backfire.
    Why here: everything else in the month happens under this law.
    """
    before = world.law
    world.renew_law()
    if world.month >= world.handover:  # earlier steps are in the labs' own records
        world.backfire *= exp(-1.0 / world.p.backfire_months)
        if world.law is not before:
            rise = max(0.0, world.law.stringency - before.stringency) / CONTROL_STEP
            rise += max(0.0, us_control(world.law) - us_control(before))
            world.backfire += world.p.backfire * rise


def us_control(law: Law) -> float:
    """Share of open weights that the lab in the US that is bound most may not publish freely."""
    return float(law.controlled[law.class_origin == US].max())


def compute(world: World) -> None:
    """Chip stocks grow under the controls; runs grow at the frontier and with each lab's revenue.

    Reads: the law's chip controls and those announced, revenue of labs up to last month.
    Writes: chips, labs, schedule.
    Why here: research and releases of the month use its training runs.
    """
    world.chips.grow(world)
    if world.month >= world.handover:
        for lab in world.labs:
            lab.reinvest()


def research(world: World) -> None:
    """Labs gain efficiency of their own, from public ideas, scarcity and other labs' services.

    Reads: chips, law, releases up to last month, public ideas.
    Writes: labs, ideas, releases, counts.
    Why here: what is learned this month goes into its releases; services teach as they were two
    months ago.
    """
    p, ideas, counts = world.p, world.ideas, world.counts
    best = max(world.labs, key=attrgetter("efficiency"))
    ideas.spread((best.efficiency - p.algorithmic_growth * p.secrecy_months / 12.0, best.origin))
    world.releases.rank_teachers()
    lessons = [_lessons(world, origin) for origin in range(len(ORIGINS))]
    credit = counts.idea_gains = [0.0] * len(ORIGINS)
    for lab in world.labs:
        lab.research(lessons[lab.origin], credit)


def _lessons(world: World, origin: int) -> Lessons:
    """Chinese labs distil in full, others as far as assumed."""
    p = world.p
    pool, author = world.ideas.pool(origin)
    reach = 1.0 if origin == CN else p.distillation_elsewhere
    return Lessons(pool, author, reach * p.distillation)


def release(world: World) -> None:
    """Labs finish releases and decide their mode; before the handover the record is replayed.

    Reads: law, labs, chips, use of AI last month, the frontier, what the EU earned and cost labs.
    Writes: labs, catalogue, releases, frontier, ideas, safeguards, adopters, history, ledger,
    eu_market, schedule.
    Why here: adopters choose among all that is out by the end of the month.
    """
    world.eu_market.review(world)
    if world.month < world.handover:
        world.releases.replay(world.month)
    else:
        _generate(world)
    for number in {programme.lab: None for programme in world.law.programmes}:
        mine = [programme for programme in world.law.programmes if programme.lab == number]
        world.labs[number].train_public(mine, world.month)
    for opening in world.law.openings:
        open_behind(world, opening)
    for lab in world.labs:  # what came beside the labs' own, which are out already
        if lab.drafts:
            lab.publish(world.month)
    world.frontier.close_month()


def _generate(world: World) -> None:
    if world.month == world.handover:
        scored = sorted(lab.quality for lab in world.labs if lab.best_score > 0.0)
        short = sorted(
            lab.shortfall for lab in world.labs if lab.shortfall is not None and not lab.fringe
        )
        quality = scored[len(scored) // 4] if scored else 0.0
        for lab in world.labs:
            lab.take_over(world.month, quality, short[len(short) // 2] if short else 0.0)
    for lab in world.labs:
        if lab.fringe:
            lab.plan_fringe(world.month)
        else:
            lab.plan(world.month)
        if lab.drafts:
            lab.publish(world.month)


def leak(world: World) -> None:
    """Gated and controlled weights reach mirrors and stay out; closed weights are rarely stolen.

    Weights that are no longer under control are free.

    Reads: law, months of leaks drawn at release.
    Writes: releases, catalogue, ideas.
    Why here: after releases, so that weights freed by this month's law are on mirrors when adopters
    choose.
    """
    world.releases.leak(world.month)


def audit(world: World) -> None:
    """Hubs scan files; auditors examine open releases and publish what is due.

    Reads: law, use of releases last month, trust.
    Writes: catalogue, auditors, counts, derivatives, trust, ledger.
    Why here: findings are public before adopters choose; what was most used last month comes first.
    """
    world.counts.audits = {"detections": 0.0, "false_alarms": 0.0, "scanned": 0.0}
    if world.law.scan > 0.0 and world.month > 0:  # in the first month nothing is in use yet
        world.counts.audits["scanned"] = float(scan_files(world))
    for auditor in world.auditors:
        auditor.work(world.month)


def adopt(world: World) -> None:
    """Use spreads; adopters that review take the release of highest utility.

    Reads: tables, law, catalogue, frontier, trust, tally and derivatives of last month.
    Writes: use, world_use, adopters, tally, use_of_releases, labs, ledger, eu_market.
    Why here: all that is out, leaked and found this month is known; who uses what decides on all
    that follows.
    """
    p = world.p
    growth = p.ceiling_growth * (world.month / 12.0 - CEILING_YEAR)
    spread_use(world.use, world.tables.ceiling, growth, p.bass_p, p.bass_q)
    world.use[:, DEVELOPER] = 1.0
    people = world.adopters.own_people
    world.world_use = float((people * world.use[:, CONSUMER]).sum() / people.sum())
    if tuple(world.eu_market.left) != world.eu_market.closed:
        close(world.eu_market, world.adopters)
    world.adopters.open_market(world.month)
    world.adopters.review_all(world.month)
    world.tally = world.adopters.count_use()
    world.use_of_releases = use_by_release(
        world.market, world.tally.slot, world.mix, len(world.catalogue)
    )
    world.adopters.learn()
    _pay(world)


def _pay(world: World) -> None:
    """Revenue of every lab: price times use (market, enterprise channel), less compliance cost.

    A lab that has left the EU earns and owes nothing there.
    """
    p, market, ledger, eu = world.p, world.market, world.ledger, world.eu_market
    used = world.tally
    revenue = earn(market, used.slot, used.tokens, p.open_revenue, len(world.labs)).tolist()
    volume = world.world_use
    if world.month <= MID_2025:
        ledger.usd_per_unit = p.spend_2025_usd / max(sum(revenue) * volume, SMALLEST_REVENUE)
    if leaving(world.law):
        inside = earn(market, used.eu, used.tokens, p.open_revenue, len(world.labs))
        usd = volume * ledger.usd_per_unit
        eu.note(world, inside * usd, np.array(revenue) * usd)
        revenue = [r - float(inside[i]) * (i in eu.left) for i, r in enumerate(revenue)]
    standing, spared = world.law.compliance_cost.tolist(), eu.spared(world.law)
    cost = [
        standing[lab.index] - spared.get(lab.index, 0.0) + 12.0 * lab.expense for lab in world.labs
    ]
    net = [max(0.0, r * volume * ledger.usd_per_unit - cost[i]) for i, r in enumerate(revenue)]
    total = sum(net) or 1.0
    for lab, x in zip(world.labs, net, strict=True):
        lab.share_history.append(x / total)
        lab.expense = 0.0
    if (
        world.tables.subsidised
    ):  # a price below the full one is paid up by the government that promotes the services
        paid = np.maximum(0.0, 1.0 - world.law.price_factor) * world.adopters.spending()
        world.charge("government", float(paid.sum()) / 12.0)


def build(world: World) -> None:
    """Developers build applications on open weights; derivatives add to the installed base.

    Reads: law, tables, catalogue, what developers use this month.
    Writes: derivatives, hub.
    Why here: before misuse, which strips derivatives that hubs hold.
    """
    made, value, tainted = world.adopters.build()
    keep, derivatives = 1.0 - world.p.derivative_decay, world.derivatives
    derivatives.begin(made, tainted, world.p.derivative_months, keep)
    derivatives.value = value.tolist()
    world.hub.host(float(derivatives.flow.sum()), keep, world.law)


def misuse(world: World) -> None:
    """Malicious actors look at their routes, estimate success, and act.

    Reads: law, tables, catalogue, safeguards, hub, tally, defence of last month.
    Writes: scene, actors, defence.
    Why here: after use and derivatives of the month, which decide how many try and what they find.
    """
    scene = Scene(world)
    key = np.uint64(world.streams("attempts").bits(world.month))
    attempts = draw_attempts(key, scene.attempts_each, len(world.malicious))
    prospects = Prospects(
        world.actors.mix, scene.odds, scene.chance, scene.success_left, scene.detection
    )
    scene.carry_out(decide(attempts, prospects), world.actors)
    world.scene = scene
    world.defence += (
        world.p.defence_growth * defenders_progress(world) / 12.0 + world.law.defence / 12.0
    )


def defenders_progress(world: World) -> float:
    """Speed of defence; 1 is that under the law of 2023.

    It follows from defenders' access to open weights, reporting and audits.
    """
    lost = _developers_lost(world) if any(world.tables.developers_lost) else 0.0
    return (
        (1.0 - lost) * world.law.reporting * (1.0 + world.p.defence_audits * world.audited_share())
    )


def _developers_lost(world: World) -> float:
    """Share of developers' use that friction and denial take.

    Each class of labs counts by its part of its origin's use.
    """
    law, lost = world.law, 0.0
    used = np.bincount(law.class_of, world.tally.world[DEVELOPER], len(law.class_origin)).tolist()
    origins, by_origin = law.class_origin.tolist(), world.tally.region[WORLD, DEVELOPER].tolist()
    for origin, here, part in zip(origins, used, world.tables.developers_lost, strict=True):
        if here > 0.0:
            share = here / sum(x for x, o in zip(used, origins, strict=True) if o == origin)
            lost += by_origin[origin] * share * part
    return lost


def respond(world: World) -> None:
    """Trust heals or falls with what countries meet; crises strike; governments review.

    Reads: law, tally, frontier, history, crises of the scenario.
    Writes: trust, counts, catalogue, derivatives, governments.
    Why here: what happened in the month moves trust and triggers from next month on.
    """
    world.trust.heal(world.p.trust_half_life)
    meet_alarms(world)
    world.counts.crisis_loss = 0.0
    for crisis in world.scenario.crisis.values():
        if month_index(crisis.month) == world.month:
            strike(world, crisis.origin, crisis.share)
    for government in world.governments:
        government.review(world.month)
    for trigger in world.law.triggers:
        world.us_government.watch(trigger, world.month)


def observe(world: World) -> None:
    """Everything in the table of outcomes is measured.

    Reads: the whole world.
    Writes: history.
    Why here: last, so that the record of a month is of its end.
    """
    history = world.history
    for curve, share in zip(history.curves, family_shares(world).tolist(), strict=True):
        curve.add(share)
    history.readings = measure(world)
    history.rows.append(history.readings.astype(np.float32))
    if (world.month + 1) % HALF_YEAR == 0:
        history.half_years.append(use_by_country(world))


def keep_families(world: World) -> None:
    """Shares of families by country and channel are kept every half-year.

    It is no phase of a usual month: put it after the others of a world that is asked for them.
    """
    if (world.month + 1) % HALF_YEAR == 0:
        world.history.families.append(world.adopters.family_shares())


PHASES = (law, compute, research, release, leak, audit, adopt, build, misuse, respond, observe)


class PhaseText(NamedTuple):
    """What a phase says of itself.

    Attributes
    ----------
    name, text : str
        Name of the function, and what happens in a sentence.
    reads, why : str
        What it reads of the world, and why it stands where it does.
    writes : tuple of str
        Attributes of the world that it changes.
    """

    name: str
    text: str
    reads: str
    writes: tuple[str, ...]
    why: str


def phase_texts(phases: Iterable[Callable[[World], None]] = PHASES) -> list[PhaseText]:
    """What every phase says of itself, in order; empty where it does not say it."""
    found = []
    for phase in phases:
        text, *lines = (phase.__doc__ or "").strip().splitlines() or [""]
        said, head = dict.fromkeys(("Reads", "Writes", "Why here"), ""), ""
        for line in map(str.strip, lines):
            start, colon, rest = line.partition(": ")
            if colon and start in said:
                head, said[start] = start, rest
            elif head and line:
                said[head] += f" {line}"
        reads, writes, why = said.values()
        names = tuple(name for name in writes.rstrip(".").split(", ") if name)
        found.append(PhaseText(phase.__name__, text, reads, names, why))
    return found


__all__ = ["PHASES", "PhaseText", "phase_texts"]
