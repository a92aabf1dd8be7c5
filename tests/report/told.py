"""Made-up studies of few outcomes, one with effects that are typed in: what matters is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from sim.model.outcomes import OUTCOMES
from sim.report.cells import BESIDE
from tests.report.conftest import MONTHS, SHIPPED, START, MadeUpStudy

PAIRS = 16
KEPT = tuple(
    name
    for name, outcome in OUTCOMES.items()
    if outcome.headline or any(name in beside for beside in BESIDE.values())
)
"""Outcomes of the study: those that findings are of."""
HEADLINES = tuple(name for name in KEPT if OUTCOMES[name].headline)
P1, P2, P3, P4, BUNDLE = SHIPPED[1:]


class Small(MadeUpStudy):
    """The made-up study with those outcomes alone."""

    _names = KEPT


Effects = Mapping[tuple[str, str], float | Sequence[float]]


class Told(Small):
    """Status quo and some policies; an effect is in points or percent, alike in all pairs or not.

    Shares are 50 % and levels 100 under the status quo; what is not typed in stays so.
    """

    def __init__(
        self,
        effects: Effects,
        policies: Sequence[str] = SHIPPED[1:],
        *,
        zero: Effects | None = None,
    ) -> None:
        self.effects, self.zero = effects, zero
        super().__init__((0, *map(SHIPPED.index, policies)), replications=PAIRS)

    @cached_property
    def without_assumed(self):
        policies = [name for name in self._by_name if name != self.against]
        return None if self.zero is None else Told(self.zero, policies)

    def _made(self, scenario, outcome):
        share = OUTCOMES[outcome].kind == "share"
        effect = np.broadcast_to(self.effects.get((scenario, outcome), 0.0), self.pairs) / 100
        late = np.arange(MONTHS) >= START
        changed = effect[:, None] * late
        return (0.5 + changed if share else 100 * (1 + changed)).astype(np.float32)


def unsure(size: float) -> list[float]:
    """Return an effect that three pairs in four have."""
    return [size] * (3 * PAIRS // 4) + [0.0] * (PAIRS // 4)


def split(size: float) -> list[float]:
    """Return an effect of which half of the pairs say the contrary."""
    return [size, -size] * (PAIRS // 2)
