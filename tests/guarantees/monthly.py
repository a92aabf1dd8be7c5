"""What a month of a run leaves."""

import numpy as np

from sim.vocabulary import PAYERS


def look(world, bans, use):
    """Copy what a month leaves, as plain arrays."""
    adopters, tally = world.adopters, world.tally
    top = 1.0 / (
        1.0
        + np.exp(-(world.tables.use_ceiling + world.p.ceiling_growth * (world.month / 12.0 - 2.5)))
    )
    return {
        "month": world.month,
        "choice": adopters.choice.copy(),
        "counts": adopters.counts.copy(),
        "country": tally.country.copy(),
        "world": tally.world.copy(),
        "slot": tally.slot.copy(),
        "region": tally.region.copy(),
        "alive": set(world.market.slot.tolist()),
        "releases": world.market.release.copy(),
        "incidents": list(world.scene.incidents),
        "banned": bans > world.month,
        "catalogue": len(world.catalogue),
        "controlled": world.catalogue.column("controlled").copy(),
        "mirrored": world.catalogue.column("mirrored").copy(),
        "running": [dict(best) for best in world.frontier.best.values()],
        "trust": (world.trust.supply.copy(), world.trust.security.copy()),
        "use": (use, world.use.copy(), top),
        "stocks": [*world.chips.legal.values(), world.chips.domestic, world.chips.smuggled],
        "ledger": [world.law.ledger(payer) for payer in PAYERS],
        "shares": [lab.share_history[-1] for lab in world.labs],
        "chance": world.scene.chance,
        "odds": world.scene.odds,
        "expected": world.scene.expected,
        "defence": world.defence,
        "derivatives": (world.derivatives.stock.copy(), world.derivatives.tainted.copy()),
    }
