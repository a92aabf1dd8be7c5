"""Pairs drawn again, which shows how far a statistic hangs on the pairs that were run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.analysis.comparison import PairIndex

RESAMPLES = 400
"""How often pairs are drawn again."""


def resamples(pairs: PairIndex, there: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield pairs drawn again, the same ones each time.

    With several draws those of a draw stay together, since they share its numbers.

    Parameters
    ----------
    pairs
        Which pair is of which draw.
    there
        Array (pair,): which ones may be drawn.

    Yields
    ------
    ndarray of int
        Rows of arrays (pair,). Nothing is yielded where fewer than two draws, or with one draw two
        replications, are there.
    """
    rows = np.flatnonzero(there)
    draw, _ = pairs.of(rows)
    blocks = [rows[draw == i] for i in np.unique(draw)] if pairs.draws > 1 else list(rows[:, None])
    if len(blocks) < 2:
        return
    rng = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(blocks), len(blocks))
        yield np.concatenate([blocks[i] for i in chosen])
