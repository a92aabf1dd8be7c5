"""Compiled upkeep from month to month: which slots are on offer, and how known families are.

Familiarity grows with use until it is complete:

    K[h, f] = min(1, K + (base + use * share[h, f]) * (1 - K) / 12)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.kernels.choice import NONE
from sim.model.kernels.numerics import f4, kernel
from sim.vocabulary import OPEN_WEIGHTS


class Slots(NamedTuple):
    """Slots over time.

    Attributes
    ----------
    newest : int array (slot,), month of the newest release
    used : int array (slot,), adopters
    alive : bool array (slot,), whether the slot is on offer; :func:`retire` writes it
    retired : int array (slot,), month of the newest release when the slot retired; written, too
    """

    newest: np.ndarray
    used: np.ndarray
    alive: np.ndarray
    retired: np.ndarray


class Limits(NamedTuple):
    """When a slot is no longer on offer.

    Attributes
    ----------
    after, below : int and float
        Age in months beyond which, and share of adopters below which it retires.
    renewed : int
        Age in months up to which it counts as used by all.
    most : int
        Slots on offer; beyond it the least used retire.
    """

    after: int
    below: float
    renewed: int
    most: int


@kernel
def retire(month, slots, panel, limits):
    """Take new slots up, and retire others; a new release brings a slot back.

    Those go that are old and hardly used, and the least used. Users of a retired slot choose anew.

    Parameters
    ----------
    month : int
    slots : Slots
    panel : sim.model.kernels.choice.Panel
        ``choice`` and ``counts`` are changed in place.
    limits : Limits

    Returns
    -------
    int array (K,)
        Slots on offer.
    """
    newest, used, alive, retired = slots.newest, slots.used, slots.alive, slots.retired
    choice, counts = panel.choice, panel.counts
    gone, left, everybody = np.zeros(NONE + 1, np.bool_), 0, choice.size
    for s in range(alive.size):
        alive[s] = newest[s] > retired[s]
        if alive[s]:
            old = month - newest[s] > limits.after
            gone[s] = old and used[s] < limits.below * everybody
            left += 0 if gone[s] else 1
    while left > limits.most:
        least, fewest = -1, everybody + 1
        for s in range(alive.size):
            if alive[s] and not gone[s]:
                count = used[s] if month - newest[s] > limits.renewed else everybody
                if count < fewest:
                    least, fewest = s, count
        gone[least] = True
        left -= 1
    if gone.any():
        for s in range(alive.size):
            if gone[s]:
                alive[s], retired[s] = False, newest[s]
                for cell in range(counts.shape[0]):
                    counts[cell, s] = 0
        for i in range(choice.size):
            if gone[choice[i]]:
                choice[i] = NONE
    return np.flatnonzero(alive)


@kernel
def count_opened(after, c, n, families):
    """Open releases of each family after a month: int array (family,).

    Parameters
    ----------
    after : int
    c : tuple of int arrays (release,), family, mode and month
    n : int, releases so far
    families : int
    """
    lab, mode, month = c
    found = np.zeros(families, np.int64)
    for r in range(n):
        if mode[r] >= OPEN_WEIGHTS and month[r] > after:
            found[lab[r]] += 1
    return found


@kernel
def learn(familiarity, share, base, use):
    """A month of growing familiarity, in place.

    Parameters
    ----------
    familiarity : array (channel, family), 0-1
    share : float32 array (channel or more, family), of use
    base, use : float, a year: without use, and by share of it
    """
    for h in range(familiarity.shape[0]):
        for f in range(familiarity.shape[1]):
            rate = f4(base) + f4(use) * share[h, f]
            known = familiarity[h, f]
            familiarity[h, f] = min(1.0, known + rate * (1.0 - known) / 12.0)
