"""Compiled account of a month's applications: what developers build on open weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.countries import CAPACITY
from sim.model.kernels.market import N_CHANNELS, N_MODES, RELIEF
from sim.model.kernels.numerics import exp64, kernel
from sim.vocabulary import AREAS, DEVELOPER, EU, FLAGGED, ORIGINS

MOST_LOG_WORTH = 60.0  # of one application; the scale has no end, the series do


class Building(NamedTuple):
    """What developers build with.

    Attributes
    ----------
    projects : array (country,), size of the developer channel
    capability, adaptable : array (release,), index points and 0-1
    kept : array (country, slot), share that the duties of modifiers leave
    compromised, public : bool and int8 array (release,), and what public audits found
    slot : array (channel, K), share of the world's use
    used : float32 array (channel or more, family), the same by family
    slope, reference : float, log value by index point, and index points of value 1
    families : int
    bloc : int array (country,), order of BLOCS
    eu : bool array (country,), member of the EU
    seen : array (country,), share of a country's derivatives that hubs see
    """

    projects: np.ndarray
    capability: np.ndarray
    adaptable: np.ndarray
    kept: np.ndarray
    compromised: np.ndarray
    public: np.ndarray
    slot: np.ndarray
    used: np.ndarray
    slope: float
    reference: float
    families: int
    bloc: np.ndarray
    eu: np.ndarray
    seen: np.ndarray


@kernel
def build(market, panel, who, building):
    """Applications that developers build on open weights in one month.

    Parameters
    ----------
    market : sim.model.kernels.market.Market
    panel : sim.model.kernels.choice.Panel
    who : sim.model.kernels.countries.Choosers
    building : Building

    Returns
    -------
    flow : array (family,), applications that hubs will see as derivatives
    value : array (origin, area), value of applications
    tainted : array (family,), part of ``flow`` on releases with a compromise that nobody knows of
    """
    start, counts, h = panel.start, panel.counts, DEVELOPER
    capability, adaptable, kept = building.capability, building.adaptable, building.kept
    projects, bloc, seen, eu = building.projects, building.bloc, building.seen, building.eu
    traits, friction, denial = who.traits, who.friction, who.denial
    flow, value = np.zeros(building.families), np.zeros((len(ORIGINS), len(AREAS)))
    worth = np.empty(market.slot.size)
    for k in range(market.slot.size):
        release = market.release[h, k]
        log_worth = min(building.slope * (capability[release] - building.reference), MOST_LOG_WORTH)
        worth[k] = adaptable[release] * exp64(log_worth)
    for c in range(projects.size):
        cell = c * N_CHANNELS + h
        each = projects[c] * traits[c, h, CAPACITY] / (start[cell + 1] - start[cell])
        for k in range(market.slot.size):
            count = counts[cell, market.slot[k]]
            if count > 0:
                o, way = market.origin[k], market.law_class[k] * N_MODES + market.mode[k]
                lost = friction[c, h, way] + denial[c, h, way] * market.terms[h, RELIEF, k]
                left = exp64(-float(lost)) if lost != 0 else 1.0
                made = each * count * left * kept[c, market.slot[k]]
                flow[market.family[k]] += seen[c] * made * adaptable[market.release[h, k]]
                value[o, bloc[c]] += made * worth[k]
                if eu[c]:
                    value[o, EU] += made * worth[k]
    tainted = np.zeros(building.families)
    for k in range(market.slot.size):
        release, f = market.release[h, k], market.family[k]
        if building.compromised[release] and building.public[release] != FLAGGED:
            used = float(building.used[h, f])
            tainted[f] += flow[f] * (building.slot[h, k] / used if used > 0.0 else 0.0)
    return flow, value, tainted
