"""Openings: open releases that labs bring out behind their closed ones, beside their own plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.model.agents.lab_records import Draft
from sim.model.duties import OPENING_DRAWS, Opening, covering
from sim.months import month_name
from sim.vocabulary import API, OPEN_SOURCE

if TYPE_CHECKING:
    from sim.model.world import World


def open_behind(world: World, opening: Opening) -> None:
    """Finish the month's open release of a lab, if one is due: its best closed one less the gap.

    A lab that has nothing closed opens nothing. The release owes what one of the lab's own owes;
    its numbers are its own, so that the lab's other releases stay as they are.
    """
    lab, month, c = world.labs[opening.lab], world.month, world.catalogue.columns
    luck = world.streams("opening").uniform
    if not opening.due(month) or luck(lab.identity, month) >= opening.strength:
        return
    n = len(world.catalogue)
    closed = np.flatnonzero((c.lab[:n] == lab.index) & (c.mode[:n] == API))
    if not closed.size:
        return
    best = int(closed[np.argmax(c.capability[closed])])
    run = lab.training_run(False) - opening.gap / world.p.capability_slope
    draft = Draft(
        month=month,
        name=f"{lab.info.slug} opened {month_name(month)}",
        draw=OPENING_DRAWS + month,
        mode=OPEN_SOURCE,
        small=False,
        capability=float(c.capability[best]) - opening.gap,
        underlying=float(c.underlying[best]) - opening.gap,
        efficiency=float(c.efficiency[best]),
        run=run,
        parts=opening.parts,
    )
    owed = covering(world.law.compute_duties, lab, draft.draw, run)
    lab.drafts.append(lab.submit(draft, owed))
