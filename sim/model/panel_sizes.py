"""Sizes of the panel: how many adopters stand for each country and channel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim import data
from sim.vocabulary import CHANNELS

LEAST_PER_CELL = 4
"""Adopters that a country has in each channel, at least."""


def least_adopters() -> int:
    """Return the size that a panel needs for all countries of the table in which people live."""
    return (
        LEAST_PER_CELL * len(CHANNELS) * sum(country.people_m > 0.0 for country in data.countries())
    )


@lru_cache(maxsize=8)
def panel_starts(adopters: int, sizes: tuple[float, ...]) -> np.ndarray:
    """Return the first adopter of every cell (and the total last).

    A cell has at least 4, and of the rest a part by the square root of its size; one without size
    has none.

    Parameters
    ----------
    adopters : int
        At least as many as :func:`least_adopters` says; a scenario has them.
    sizes : tuple of float
        Size of each cell: people, GDP or projects, each summing to 1 over a channel's cells.
    """
    roots = np.sqrt(np.array(sizes))
    least = np.where(roots > 0.0, LEAST_PER_CELL, 0)
    exact = (adopters - int(least.sum())) * roots / roots.sum()
    extra = np.floor(exact).astype(np.int64)
    order = np.argsort(extra - exact, kind="stable")
    extra[order[: round(exact.sum()) - int(extra.sum())]] += 1
    return np.concatenate(([0], np.cumsum(extra + least))).astype(np.int64)
