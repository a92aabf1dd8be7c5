"""What the law asks of releases: which duty binds one, and what it may bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.model.law import Assessment, ComputeDuty
from sim.vocabulary import MODES, OPEN

if TYPE_CHECKING:
    from sim.model.agents.lab import Lab

Owed = tuple[Sequence[ComputeDuty], ...]
"""Duties that bind a release, by mode; the last entry is of one that is held back and empty, since that is none."""
PUBLIC_DRAWS = 1_000_000
"""Releases of public programmes have numbers from here on."""
NOTHING: Owed = ((),) * (len(MODES) + 1)


def covering(duties: Sequence[ComputeDuty], lab: Lab, draw: int, run: float) -> Owed:
    """Duties that bind a release of a lab, by its training run (log10 FLOP), a draw against strength, and its mode.

    The draws of a release are the same under every duty.
    """
    met = [duty for duty in duties if run >= duty.floor and lab.index in duty.labs]
    if not met:
        return NOTHING
    bound = lab.model.streams("bound by duty").uniform(lab.index, draw)
    free = [(duty, _spared(duty, lab, draw, run)) for duty in met if bound < duty.strength]
    return (*([duty for duty, modes in free if mode not in modes] for mode in range(len(MODES))), ())


def _spared(duty: ComputeDuty, lab: Lab, draw: int, run: float) -> tuple[int, ...]:
    """Release modes that are free of a duty."""
    if not duty.exempt_modes or run >= duty.exempt_below:
        return ()
    return duty.exempt_modes if duty.monetised_exempt or not is_monetised(lab, draw) else ()


def is_monetised(lab: Lab, draw: int) -> bool:
    """Whether a release would earn money for its lab if it were open; one of a public programme never does."""
    return draw < PUBLIC_DRAWS and lab.model.streams("monetised").uniform(lab.index, draw) < lab.model.p.monetised_share


def refused(duty: ComputeDuty, lab: Lab, draw: int) -> bool:
    """Whether a licence to open a release is refused."""
    return lab.model.streams("licence").uniform(lab.index, draw) < duty.refusal


def bars(duty: Assessment, lab: Lab, capability: float, draw: int) -> bool:
    """Whether a lab expects that an assessment bars its release from being open: it knows what is hazardous."""
    return not set(OPEN) <= set(duty.modes) and lab.model.assessor.is_hazardous(duty, lab, capability, draw)
