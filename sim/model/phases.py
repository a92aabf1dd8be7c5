"""The phases of a month, in order. Each takes the world and changes it."""

from __future__ import annotations

from math import exp, log
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from sim import data
from sim.model.agents.lab import Draft, Lessons
from sim.model.agents.malicious import Scene
from sim.model.hubs import scan_files
from sim.model.kernels.attempts import Prospects, decide, draw_attempts
from sim.model.kernels.shares import earn, spread_use, use_by_release
from sim.model.observation import measure
from sim.model.outcomes import family_shares
from sim.model.uptake import DECEMBER, use_by_country
from sim.months import month_index
from sim.vocabulary import CN, DEVELOPER, FLAGGED, GOVERNMENT, HOLD, MODES, ORIGINS, US

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.world import World

NOVEMBER_2023 = 10
FORESIGHT = 36
CONTROL_STEP = 0.25
MID_2025 = 30


def law(world: World) -> None:
    """Policies write the month's law."""
    before = world.law
    world.law = world.read_law(world.month)
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
    """Chip stocks grow under the controls; runs grow at the frontier and with each lab's revenue."""
    p, year = world.p, world.month / 12.0
    world.squeeze = min(max(2.0 * (world.law.stringency - 0.5), 0.0), 1.0)
    growth = _path(year, (p.stock_growth_2023, p.stock_growth_2024, p.stock_growth_2025), p.stock_growth_2030)
    coming = world.prospect(world.month + FORESIGHT)
    tightens = coming is not None and coming.stringency > world.law.stringency
    ahead = p.buying_ahead if world.month < NOVEMBER_2023 or tightens else 1.0
    world.legal["row"] *= exp(log(growth) / 12.0)
    world.legal["CN"] *= exp((1.0 - world.squeeze) * log(growth) / 12.0 + log(ahead) / 12.0)
    home_made = log((p.domestic_growth_2023 if year < 2.0 else p.domestic_growth) * world.law.chip_support)
    world.domestic *= exp((home_made + p.domestic_substitution * world.squeeze * log(10.0)) / 12.0)
    leak = min(0.95, p.smuggled_share * world.law.smuggling)
    world.smuggled = (world.legal["CN"] + world.domestic) * leak / (1.0 - leak)
    gap = (log(effective_stock(world)) - log(us_stock(world))) / log(10.0)
    if world.stock_gap_2023 is None:
        world.stock_gap_2023 = gap
    world.stock_gap = gap - world.stock_gap_2023
    step = _path(year, (p.run_growth, p.run_growth), p.run_growth_2030)
    if world.month > 0:
        world.run_frontier += log(step) / log(10.0) / 12.0
    world.run_path.append(world.run_frontier)
    if world.month >= world.handover:
        for lab in world.labs:
            lab.reinvest()


def _path(year: float, known: tuple[float, ...], by_2030: float) -> float:
    """Yearly factor: known years first, then falling geometrically from the last one to its value in 2030."""
    if year < len(known):
        return known[int(year)]
    part = min(1.0, (year - len(known) + 1.0) / (7.0 - len(known) + 1.0))
    return exp((1.0 - part) * log(known[-1]) + part * log(by_2030))


def effective_stock(world: World) -> float:
    """Chinese stock of H100-equivalents: legal, domestic and smuggled."""
    return world.legal["CN"] + world.domestic + world.smuggled


def us_stock(world: World) -> float:
    """US stock of H100-equivalents."""
    return world.p.us_stock_share * world.legal["row"]


def research(world: World) -> None:
    """Labs gain efficiency of their own, from public ideas, from scarcity and from other labs' services."""
    p = world.p
    best = max(world.labs, key=attrgetter("efficiency"))
    spread = (best.efficiency - p.algorithmic_growth * p.secrecy_months / 12.0, best.origin)
    world.ideas.spread(spread)
    ranked = sorted(world.labs, key=attrgetter("best_underlying"), reverse=True)  # stable: of equals the first lab
    world.teachers = [*world.teachers[-1:], [(lab.best_underlying, lab.origin, lab.index) for lab in ranked]]
    lessons = [_lessons(world, origin) for origin in range(len(ORIGINS))]
    credit = world.idea_gains = [0.0, 0.0, 0.0]
    for lab in world.labs:
        lab.research(lessons[lab.origin])
        gains, sources = lab.gains, lab.sources
        credit[lab.origin] += gains["own"]
        credit[lab.origin] += gains["scarcity"]
        credit[sources["public"]] += gains["public"]
        credit[sources["distilled"]] += gains["distilled"]


def _lessons(world: World, origin: int) -> Lessons:
    """Scarcity spurs Chinese labs only; others distil as far as assumed."""
    p = world.p
    pool, author = world.ideas.pool(origin)
    scarcity = p.scarcity_efficiency * world.squeeze / 12.0 if origin == CN else 0.0
    reach = 1.0 if origin == CN else p.distillation_elsewhere
    return Lessons(pool, author, scarcity, reach * p.distillation)


def release(world: World) -> None:
    """Labs finish releases and decide their mode; before the handover the record is replayed."""
    if world.month < world.handover:
        for row in world.replay.get(world.month, ()):
            replay_one(world, row)
    else:
        _generate(world)
    for number in {programme.lab: None for programme in world.law.programmes}:
        mine = [programme for programme in world.law.programmes if programme.lab == number]
        world.labs[number].train_public(mine, world.month)
    for lab in world.labs:  # what public programmes finished; the labs' own are out already
        if lab.drafts:
            lab.publish(world.month)
    world.frontier.close_month()


def _generate(world: World) -> None:
    if world.month == world.handover:
        scored = sorted(lab.quality for lab in world.labs if lab.best_score > 0.0)
        short = sorted(lab.shortfall for lab in world.labs if lab.shortfall is not None and not lab.fringe)
        for lab in world.labs:
            quality = scored[len(scored) // 4] if scored else 0.0
            lab.take_over(world.month, quality, short[len(short) // 2] if short else 0.0)
    for lab in world.labs:
        if lab.fringe:
            lab.plan_fringe(world.month)
        else:
            lab.plan(world.month)
        if lab.drafts:
            lab.publish(world.month)


def replay_one(world: World, row: data.Release) -> None:
    """Enter one historical release: into its lab's record, and into the catalogue where its capability is known."""
    lab = world.labs[world.slugs[row.lab]]
    mode = HOLD if row.mode == "hold" else MODES.index(row.mode)
    capability = row.capability
    if capability is None and row.log_flop is not None:
        years = max(0.0, row.month / 12.0)
        capability = world.points(row.log_flop + world.p.algorithmic_growth * years)
    if row.capability is not None and row.size == "flagship" and mode != HOLD and row.month >= 0 and not lab.fringe:
        lab.assimilate(row.capability)
    if row.log_flop is not None and row.usable and row.size == "flagship" and mode != HOLD and row.month >= 0:
        lab.compare_run(row.log_flop)
    if capability is not None and row.usable and mode != HOLD:
        lab.replayed += 1
        draft = Draft(
            row.month, row.name, -lab.replayed, mode, row.size == "small", capability, capability, lab.efficiency,
            run=row.log_flop or 0.0,
        )  # fmt: skip
        world.release(lab, draft, (row.weights, row.data, row.code, row.licence))
        if row.size == "flagship":
            lab.last_flagship = row.month
    lab.remember(row.month, row.mode, capability)


def leak(world: World) -> None:
    """Gated and controlled weights reach mirrors and stay out; closed weights are rarely stolen.

    Weights that are no longer under control are free.
    """
    for row in world.leaks.pop(world.month, ()):
        world.mirror(row)
    c, luck = world.catalogue.columns, world.streams("release")
    for row in world.ideas.held():
        lab = int(c.lab[row])
        if luck.uniform(lab, int(c.draw[row]), 0) >= world.law.controlled[world.law.class_of[lab]]:
            world.mirror(row)


def audit(world: World) -> None:
    """Hubs scan files; auditors examine open releases and publish what is due."""
    world.month_audits = {"detections": 0.0, "false_alarms": 0.0, "scanned": 0.0}
    if world.law.scan > 0.0 and world.month > 0:  # in the first month nothing is in use yet
        world.month_audits["scanned"] = float(scan_files(world))
    for auditor in world.auditors:
        auditor.work(world.month)


def adopt(world: World) -> None:
    """Use spreads; adopters that review take the release of highest utility."""
    p = world.p
    spread_use(world.use, world.ceiling, p.ceiling_growth * (world.month / 12.0 - 2.5), p.bass_p, p.bass_q)
    world.use[:, DEVELOPER] = 1.0
    people = world.adopters.own_people
    world.world_use = float((people * world.use[:, 0]).sum() / people.sum())
    world.adopters.open_market(world.month)
    world.adopters.review_all(world.month)
    world.tally = world.adopters.count_use()
    world.region_shares = world.tally.region.tolist()
    world.use_of_releases = use_by_release(world.market, world.tally.slot, world.mix, len(world.catalogue))
    world.adopters.learn()
    _pay(world)


def _pay(world: World) -> None:
    """Revenue of every lab: price times use in market and enterprise channels, less compliance cost."""
    p, market = world.p, world.market
    revenue = earn(market, world.tally.slot, p.open_revenue, len(world.labs)).tolist()
    volume = world.world_use
    if world.month <= MID_2025:
        world.usd_per_unit = p.spend_2025_usd / max(sum(revenue) * volume, 1e-9)
    standing = world.law.compliance_cost.tolist()
    cost = [standing[lab.index] + 12.0 * lab.expense for lab in world.labs]
    net = [max(0.0, r * volume * world.usd_per_unit - cost[i]) for i, r in enumerate(revenue)]
    total = sum(net) or 1.0
    for lab, x in zip(world.labs, net, strict=True):
        lab.share_history.append(x / total)
        lab.expense = 0.0
    if world.subsidised:  # a price below the full one is paid up by the government that promotes the services
        paid = np.maximum(0.0, 1.0 - world.law.price_factor) * world.adopters.spending()
        world.charge("government", float(paid.sum()) / 12.0)


def build(world: World) -> None:
    """Developers build applications on open weights; derivatives add to the installed base."""
    flow, value = world.adopters.build()
    keep = 1.0 - world.p.derivative_decay
    c, market = world.catalogue.columns, world.market
    tainted = np.zeros_like(flow)
    rows = market.release[DEVELOPER]
    for k in np.flatnonzero(c.compromised[rows] & (c.public_finding[rows] != FLAGGED)).tolist():
        family = int(market.family[k])
        used = float(world.tally.world[DEVELOPER, family])
        tainted[family] += flow[family] * (world.tally.slot[DEVELOPER, k] / used if used > 0.0 else 0.0)
    world.derivatives = keep * world.derivatives + flow
    world.tainted = keep * world.tainted + tainted
    world.derivative_flow, world.application_value = flow, value.tolist()
    world.hub.host(float(flow.sum()), keep, world.law)


def misuse(world: World) -> None:
    """Malicious actors look at their routes, estimate success, and act."""
    scene = Scene(world)
    key = np.uint64(world.streams("attempts").bits(world.month))
    attempts = draw_attempts(key, scene.attempts_each, len(world.malicious))
    prospects = Prospects(world.actors.mix, scene.odds, scene.chance, scene.success_left, scene.detection)
    decided = decide(attempts, prospects)
    for actor, domain, route, noticed, luck in zip(*(column.tolist() for column in decided), strict=True):
        world.malicious[actor].act(domain, route, noticed, luck, scene)
    world.scene = scene
    world.month_incidents = scene.incidents
    world.incidents.extend(scene.incidents)
    world.defence += world.p.defence_growth * defenders_progress(world) / 12.0 + world.law.defence / 12.0


def defenders_progress(world: World) -> float:
    """Speed of defence against the law of 2023 (1): defenders' access to open weights, reporting, audits."""
    lost = _developers_lost(world) if any(world.developers_lost) else 0.0
    return (1.0 - lost) * world.law.reporting * (1.0 + world.p.defence_audits * world.audited_share())


def _developers_lost(world: World) -> float:
    """Share of developers' use that friction and denial take: of each class of labs by its part of its origin's use."""
    law, lost = world.law, 0.0
    used = np.bincount(law.class_of, world.tally.world[DEVELOPER], len(law.class_origin)).tolist()
    origins = law.class_origin.tolist()
    for origin, here, part in zip(origins, used, world.developers_lost, strict=True):
        if here > 0.0:
            share = here / sum(x for x, o in zip(used, origins, strict=True) if o == origin)
            lost += world.region_shares[0][DEVELOPER][origin] * share * part
    return lost


def respond(world: World) -> None:
    """Trust heals or falls with what countries meet; crises strike; governments review."""
    p = world.p
    heal = 1.0 - 0.5 ** (1.0 / p.trust_half_life)
    world.supply += heal * (1.0 - world.supply)
    world.security += heal * (1.0 - world.security)
    meet_alarms(world)
    for crisis in world.scenario.crisis.values():
        if month_index(crisis.month) == world.month:
            strike(world, crisis.origin, crisis.share)
    for government in world.governments:
        government.review(world.month)
    for trigger in world.law.triggers:
        world.us_government.watch(trigger, world.month)


def meet_alarms(world: World) -> None:
    """Refusals, cut-offs and failed checks hit users of the labs alarmed: trust in the supply of their origin falls."""
    law = world.law
    if law.alarm.any():
        lost = world.p.trust_penalty * law.alarm * world.tally.ways.reshape(law.alarm.shape)
        for mode in range(len(MODES)):
            fallen = np.zeros_like(world.supply)
            for law_class, origin in enumerate(law.class_origin.tolist()):
                fallen[:, origin] += lost[:, law_class, mode]
            world.supply *= 1.0 - np.minimum(1.0, fallen)


def strike(world: World, origin: str, share: float) -> None:
    """A crisis triggers the hidden compromises of one origin: the loss falls due and all of them become known."""
    c, n = world.catalogue.columns, len(world.catalogue)
    wanted = ("US", "CN", "other").index(origin)
    world.crisis_loss += share * exposure(world, wanted)
    for row in np.flatnonzero(
        c.compromised[:n] & (c.origin[:n] == wanted) & (c.public_finding[:n] != FLAGGED)
    ).tolist():
        c.public_finding[row] = FLAGGED
        world.disclose(row)


def exposure(world: World, origin: int | None = None) -> float:
    """Share of use, weighted by criticality, on compromised and undetected releases and their derivatives."""
    c, market, crit = world.catalogue.columns, world.market, world.criticality
    hidden = (c.compromised & (c.public_finding != FLAGGED))[market.release]
    if origin is not None:
        hidden &= market.origin == origin
    share = np.where(hidden, world.tally.slot, 0.0)
    if world.law.audits:
        known = c.private_finding[market.release[GOVERNMENT]] == FLAGGED
        share[GOVERNMENT, known] -= world.adopters.covered_use(world.audit_cover)[known] * hidden[GOVERNMENT, known]
    total = float((crit * share.sum(axis=1)).sum())
    stock = float(world.derivatives.sum())
    if stock > 0.0:
        mine = world.tainted if origin is None else world.tainted * world.family_origin[origin]
        total += crit[DEVELOPER] * float(mine.sum()) / stock
    return total / float(crit.sum() + crit[DEVELOPER])


def observe(world: World) -> None:
    """Everything in the table of outcomes is measured."""
    for curve, share in zip(world.curves, family_shares(world).tolist(), strict=True):
        curve.add(share)
    world.readings = measure(world)
    world.rows.append(world.readings.astype(np.float32))
    if world.month % 12 == DECEMBER:
        world.year_ends.append(use_by_country(world))


PHASES = (law, compute, research, release, leak, audit, adopt, build, misuse, respond, observe)

__all__ = ["PHASES", "replay_one"]
