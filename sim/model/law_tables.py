"""What phases read of a law: its tables as kernels take them, and what follows from them."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.model.kernels.numerics import logarithm
from sim.vocabulary import DEVELOPER, GATED, OPEN_WEIGHTS

if TYPE_CHECKING:
    from sim.model.law import Law

LEAST_REACH = 1e-9


class LawTables:
    """What phases read of the law in force; set out anew when the law changes.

    A way is a class of labs and a mode: class * 4 + mode.

    Parameters
    ----------
    law : Law
        The first law.
    gate_friction : float, utils
        Burden on users of gated weights without any policy.
    use_ceiling : array (country, channel), logit
        Ceiling of AI use without any policy.
    developers : array (country,)
        Size of each country in the developer channel, summing to 1.

    Attributes
    ----------
    friction : array (country, channel, way), utils
        The law's friction and that of gates; ``friction32`` is the same in single precision.
    denial : float32 array (country, channel, way), utils
    log_access : array (country, class, channel)
    log_price_factor : array (country, origin)
    lock_in : float32 array (country, channel, origin), utils
    use_ceiling, ceiling : array (country, channel), logit
        Ceiling of AI use without any policy, and under the law.
    audit_cover : array (country,), share of government use that private audits reach;
        ``audit_cover32`` is the same in single precision
    developers_lost : list of float (class,), share of developers whom friction and denial take from
        open weights
    subsidised, services_barred : bool
        Whether any service price is below the full one, and any lab kept from learning from
        services.
    """

    friction: np.ndarray
    friction32: np.ndarray
    denial: np.ndarray
    log_access: np.ndarray
    log_price_factor: np.ndarray
    lock_in: np.ndarray

    def __init__(
        self, law: Law, *, gate_friction: float, use_ceiling: np.ndarray, developers: np.ndarray
    ) -> None:
        self.use_ceiling, self._gate_friction, self._developers = (
            use_ceiling,
            gate_friction,
            developers,
        )
        self._read: dict[str, np.ndarray] = {}
        self.read(law)

    def read(self, law: Law) -> None:
        """Set the tables out of a law; what stands in it as in the one before is kept.

        Compiled phases get copies, since defaults of the law are read-only arrays.
        """
        if self._changed("friction", law):
            friction = law.friction.copy()
            friction[:, :, :, GATED] += self._gate_friction
            self.friction = _by_way(friction)
            self.friction32 = self.friction.astype(np.float32)
        if self._changed("denial", law):
            self.denial = _by_way(law.denial).astype(np.float32)
        if self._changed("access", law):
            self.log_access = logarithm(law.access.copy())
        if self._changed("price_factor", law):
            self.log_price_factor = logarithm(law.price_factor[:, :, None].copy())[:, :, 0]
            self.subsidised = bool((law.price_factor < 1.0).any())
        if self._changed("lock_in", law):
            self.lock_in = law.lock_in.transpose(0, 2, 1).astype(np.float32)
        if self._changed("distillation_barrier", law):
            self.services_barred = bool((law.distillation_barrier != 1.0).any())
        self.ceiling = self.use_ceiling + law.uptake[:, None]
        self.audit_cover = _audit_cover(law, len(self._developers))
        self.audit_cover32 = self.audit_cover.astype(np.float32)
        self.developers_lost = _developers_lost(law, self._developers)

    def _changed(self, name: str, law: Law) -> bool:
        """Whether a field differs from what was read last; most are the one default."""
        before, now = self._read.get(name), getattr(law, name)
        self._read[name] = now
        return before is None or not (before is now or np.array_equal(before, now))

    def reach_lost(self, law_class: int) -> float:
        """Utils that friction and denial take from the reach of open weights of a class of labs.

        That is over developers.
        """
        return -log(max(LEAST_REACH, 1.0 - self.developers_lost[law_class])) + 0.0


def _by_way(table: np.ndarray) -> np.ndarray:
    """A field by (country, class, channel, mode) as the choice reads: (country, channel, way)."""
    country, classes, channel, mode = table.shape
    return table.transpose(0, 2, 1, 3).reshape(country, channel, classes * mode)


def _audit_cover(law: Law, countries: int) -> np.ndarray:
    cover = np.zeros(countries)
    for programme in law.audits:
        if not programme.public:
            bound = list(programme.countries)
            cover[bound] = np.maximum(cover[bound], programme.coverage)
    return cover


def _developers_lost(law: Law, developers: np.ndarray) -> list[Any]:
    friction = (
        law.friction[:, :, DEVELOPER, OPEN_WEIGHTS] + law.denial[:, :, DEVELOPER, OPEN_WEIGHTS]
    )
    if not friction.any():
        return [0.0] * len(law.class_origin)
    lost = [[1.0 - exp(-x) for x in row] for row in friction.T.tolist()]
    return (np.array(lost) * developers).sum(axis=1).tolist()
