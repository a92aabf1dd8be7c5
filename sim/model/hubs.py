"""Hubs that host weights: stripped derivatives, taken down or moved to mirrors, and file scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.model.randomness import ReleaseDraw
from sim.vocabulary import FLAGGED, OPEN_WEIGHTS

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.world import World

FEWEST_LEFT, MOST_TRIES = 0.01, 100.0
"""Below this share of stripped derivatives left, a search takes as many tries as are ever made."""


class Hub:
    """Derivatives without safeguards: ready to download from hubs, from mirrors, or gone.

    They are a share of all derivatives, so only proportions count.

    Attributes
    ----------
    made, hosted, mirrored : float
        Stripped derivatives made, on hubs and on mirrors (applications; they age as all derivatives
        do).
    """

    def __init__(self) -> None:
        self.made = self.hosted = self.mirrored = 0.0

    def host(self, made: float, keep: float, law: Law) -> None:
        """A month: derivatives are uploaded, hubs take some down, part of these goes to mirrors."""
        self.made = keep * self.made + made
        uploaded = keep * self.hosted + made
        self.hosted = uploaded * (1.0 - law.takedown)
        self.mirrored = keep * self.mirrored + uploaded * law.takedown * law.remirroring

    def shares(self) -> tuple[float, float]:
        """Share of stripped derivatives on hubs and on mirrors."""
        return (
            (self.hosted / self.made, self.mirrored / self.made) if self.made > 0.0 else (1.0, 0.0)
        )

    def search(self) -> float:
        """Expected tries until a stripped derivative is found that still exists.

        A factor on the cost of stripping.
        """
        left = self.hosted + self.mirrored
        return (
            self.made / left
            if left > FEWEST_LEFT * self.made
            else (MOST_TRIES if self.made > 0.0 else 1.0)
        )


def scan_files(world: World) -> int:
    """Hubs scan the files of open releases and mend what they find.

    Returns how many were compromised.
    """
    c, luck = world.catalogue.columns, world.streams("release").uniform
    n = len(world.catalogue)
    found = 0
    suspects = (c.mode[:n] >= OPEN_WEIGHTS) & c.compromised[:n] & (c.public_finding[:n] != FLAGGED)
    for row in np.flatnonzero(suspects).tolist():
        key = world.labs[c.lab[row]].identity, int(c.draw[row])
        if (
            luck(*key, ReleaseDraw.FILE_LEVEL) < world.p.file_level
            and luck(*key, ReleaseDraw.SCANNED) < world.law.scan
        ):
            world.releases.mend(row)
            c.compromised[row] = False
            found += 1
    return found
