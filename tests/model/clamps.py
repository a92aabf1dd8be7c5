"""Clamps: what overwrites, month by month, the state that stands for an outcome.

Each is a phase of its own that stands after the one that makes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.model.chain import HELD_BY
from sim.model.frontier import NOTHING
from sim.model.kernels.choice import NONE
from sim.model.kernels.market import N_CHANNELS, N_MODES
from sim.model.kernels.shares import use_by_release
from sim.model.world import World
from sim.vocabulary import (
    ABROAD,
    API,
    AREAS_OF_REGION,
    CHANNELS,
    CLEAN,
    CN,
    DEVELOPER,
    FLAGGED,
    OPEN,
    OPEN_WEIGHTS,
    ORIGINS,
    UNAUDITED,
    US,
)

Act = Callable[[World], None]


class Clamp(NamedTuple):
    """Holds an outcome above (+1) or below (-1) what it would be."""

    outcome: str
    side: int
    act: Act


def held(world: World, clamp: Clamp) -> World:
    """Put a clamp into a world's months to come."""
    names = [phase.__name__ for phase in world.phases]
    place = names.index(HELD_BY[clamp.outcome].phase) + 1
    world.phases = (*world.phases[:place], clamp.act, *world.phases[place:])
    return world


# What labs bring out


def _opening(origin: int, mode: int) -> Act:
    """All firms of an origin open what they finish, or nothing."""

    def act(world: World) -> None:
        for lab in world.labs:
            if lab.origin == origin and not lab.fringe:
                lab.record.recent = 1000
                lab.record.recent_open = 1000 * (mode in OPEN)
                lab.drafts = [draft._replace(mode=mode) for draft in lab.drafts]

    return act


def _shifted(picked: Callable, points: float) -> Act:
    """Releases of a kind are better or worse by some points, those to come too."""
    done = [0]

    def act(world: World) -> None:
        c, n = world.catalogue.columns, len(world.catalogue)
        new = np.arange(done[0], n)
        new, done[0] = new[picked(c.origin[new], c.mode[new] >= OPEN_WEIGHTS)], n
        for column in (c.capability, c.underlying, c.measured):
            column[new] += points
        _rank_again(world)

    return act


def _open_us(origin: np.ndarray, opened: np.ndarray) -> np.ndarray:
    return opened & (origin == US)


def _rank_again(world: World) -> None:
    """The best releases follow from the catalogue as it now is."""
    frontier, c, n = world.frontier, world.catalogue.columns, len(world.catalogue)
    origin, lab, opened = c.origin[:n], c.lab[:n], c.mode[:n] >= OPEN_WEIGHTS

    def best(which: np.ndarray) -> float:
        return float(c.capability[:n][which].max(initial=NOTHING))

    groups = {name.lower(): origin == i for i, name in enumerate(ORIGINS)}
    groups |= {"open": opened, "closed": ~opened, "all": np.ones(n, bool)}
    for name, which in groups.items():
        frontier.best["true"][name] = frontier.paths["true"][name][-1] = best(which)
    frontier._open = [best(opened & (origin == i)) for i in range(len(ORIGINS))]
    tops = sorted(((best(opened & (lab == i)), i) for i in range(len(world.labs))), reverse=True)
    frontier._top = (tops[0], tops[1])


def _more_chips(world: World) -> None:
    chips = world.chips
    if chips.in_china() < world.stock("us"):
        chips.legal["CN"] *= 10.0
        chips.domestic *= 10.0
        chips.smuggled *= 10.0
    chips.gap = float(np.log10(chips.in_china() / world.stock("us"))) - (chips.gap_at_start or 0.0)


# What auditors find


def _hidden(world: World) -> list[int]:
    c, n = world.catalogue.columns, len(world.catalogue)
    hidden = (c.mode[:n] >= OPEN_WEIGHTS) & c.compromised[:n] & (c.public_finding[:n] != FLAGGED)
    return np.flatnonzero(hidden).tolist()


def _flag_all(world: World) -> None:
    for row in _hidden(world):
        world.catalogue.columns.public_finding[row] = FLAGGED
        world.releases.disclose(row)
    world.counts.audits["detections"] += 1.0


def _mend_all(world: World) -> None:
    for row in _hidden(world):
        world.releases.mend(row)
        world.catalogue.columns.compromised[row] = False
    world.counts.audits["scanned"] += 1.0


def _examine_all(world: World) -> None:
    c, n = world.catalogue.columns, len(world.catalogue)
    sound = (c.public_finding[:n] == UNAUDITED) & ~c.compromised[:n]
    c.public_finding[:n][sound] = CLEAN
    c.clean_weight[:n][sound] = 1.0


# What users take


def _moved(
    channels: Sequence[int], taken: Callable[[World, int], np.ndarray], *, abroad: bool = True
) -> Act:
    """Adopters take other slots: `taken` gives, for a channel, the new slot of each slot."""

    def act(world: World) -> None:
        panel, slots = world.adopters, world.adopters.counts.shape[1]
        away = np.array([c.bloc in AREAS_OF_REGION[ABROAD] for c in world.countries]) | (not abroad)
        cell = np.repeat(np.arange(len(panel.start) - 1), np.diff(panel.start))
        for channel in channels:
            new = np.arange(256, dtype=np.uint8)  # nobody chooses for those without a choice
            new[:slots] = taken(world, channel)
            mine = away[cell // N_CHANNELS] & (cell % N_CHANNELS == channel)
            panel.choice[mine] = new[panel.choice[mine]]
        chosen = panel.choice != NONE
        places = cell[chosen] * slots + panel.choice[chosen]
        panel.counts[:] = np.bincount(places, minlength=panel.counts.size).reshape(-1, slots)
        world.tally = panel.count_use()
        world.use_of_releases = use_by_release(
            world.market, world.tally.slot, world.mix, len(world.catalogue)
        )

    return act


def _to_origin(left: int, gone_to: int) -> Callable[[World, int], np.ndarray]:
    """Users of one origin take the most used release of another."""

    def taken(world: World, channel: int) -> np.ndarray:
        slots = np.arange(world.adopters.counts.shape[1])
        market = world.market
        there = market.origin == gone_to
        if channel == DEVELOPER:
            there = there & (market.mode >= OPEN_WEIGHTS)
        used = np.where(there, world.tally.slot[channel], -1.0)
        leave = world.adopters.origin[slots // N_MODES] == left
        return np.where(leave, market.slot[used.argmax()], slots)

    return taken


def _to_services(world: World, channel: int) -> np.ndarray:
    """Users of open weights take the service of the same lab, where it has one."""
    slots = np.arange(world.adopters.counts.shape[1])
    service = slots // N_MODES * N_MODES + API
    opened = slots % N_MODES >= OPEN_WEIGHTS
    return np.where(opened & np.isin(service, world.market.slot), service, slots)


def _fewer_users(world: World) -> None:
    others = [i for i in range(len(CHANNELS)) if i != DEVELOPER]
    world.use[:, others] *= 0.5
    people = world.adopters.own_people
    world.world_use = float((people * world.use[:, 0]).sum() / people.sum())
    world.tally = world.adopters.count_use()


# What developers have built, what defends, whom countries trust


def _fewer_derivatives(world: World) -> None:
    built = world.derivatives
    for stock in (built.stock, built.flow, built.tainted, built.waiting, built.waiting_tainted):
        stock[world.family_origin[US] > 0.0] *= 0.1


def _taken_down(world: World) -> None:
    world.hub.hosted *= 0.05


def _less_defence(world: World) -> None:
    world.defence *= 0.5


def _less_trust(origin: int) -> Act:
    def act(world: World) -> None:
        world.trust.supply[:, origin] = 0.3

    return act


def clamps() -> list[Clamp]:
    """Return one clamp of each upstream outcome, made anew for each world."""
    rest = [i for i in range(len(CHANNELS)) if i != DEVELOPER]
    return [
        Clamp("compute_cn", 1, _more_chips),
        Clamp("open_releases_us", 1, _opening(US, OPEN_WEIGHTS)),
        Clamp("open_releases_cn", -1, _opening(CN, API)),
        Clamp("frontier_open_us", -1, _shifted(_open_us, -8.0)),
        Clamp("frontier_open", 1, _shifted(lambda _, opened: opened, 8.0)),
        Clamp("frontier_us", 1, _shifted(lambda origin, opened: ~opened & (origin == US), 8.0)),
        Clamp("frontier_cn", 1, _shifted(lambda origin, _: origin == CN, 12.0)),
        Clamp("audit_detections", 1, _flag_all),
        Clamp("scan_detections", 1, _mend_all),
        Clamp("audited_share", 1, _examine_all),
        Clamp("us_share_abroad_developer", -1, _moved([DEVELOPER], _to_origin(US, CN))),
        Clamp("us_share_abroad", -1, _moved(rest, _to_origin(US, CN))),
        Clamp("cn_share_abroad", -1, _moved(rest, _to_origin(CN, US))),
        Clamp("open_share_world", -1, _moved(rest, _to_services, abroad=False)),
        Clamp("use_world", -1, _fewer_users),
        Clamp("derivative_share_us", -1, _fewer_derivatives),
        Clamp("stripped_on_hubs", -1, _taken_down),
        Clamp("defence", -1, _less_defence),
        Clamp("trust_us", -1, _less_trust(US)),
        Clamp("trust_cn", -1, _less_trust(CN)),
    ]  # fmt: skip
