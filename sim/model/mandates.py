"""Records of the law that are more than a number: what policies require of releases, fund, or watch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Safeguard:
    """What an open release of some labs must carry.

    Attributes
    ----------
    labs : tuple of int
    strip_factor : float
        Factor on the cost of stripping the safeguards.
    filtered : tuple of str
        Misuse domains whose knowledge is kept out of the training data.
    in_context : float
        Share of what a release is worth in a filtered domain that can still be supplied in context (0-1).
    relearn_factor : float
        Factor on the cost of stripping at which the filtered knowledge is taught again.
    tax : float
        Share of the release's points above no model that the safeguard costs (0-1).
    cost : float
        USD a release.
    strength : float
        Probability that a release is bound.
    """

    labs: tuple[int, ...]
    strip_factor: float
    filtered: tuple[str, ...]
    in_context: float
    relearn_factor: float
    tax: float
    cost: float
    strength: float


@dataclass(frozen=True, slots=True)
class ModifierDuty:
    """What users in some countries owe who modify a release trained with at least so much compute, whoever made it.

    Attributes
    ----------
    countries : tuple of int
    floor : float
        Training compute of the base from which the duty holds, log10 FLOP.
    exempt_modes : tuple of int
        Release modes of the base that are free of it.
    lost : float
        Share of what would be built on such a base that is given up (0-1).
    """

    countries: tuple[int, ...]
    floor: float
    exempt_modes: tuple[int, ...]
    lost: float


@dataclass(frozen=True, slots=True)
class Programme:
    """Public compute for open models that one lab trains.

    Attributes
    ----------
    compute : float
        H100-equivalents at work.
    parts : tuple of float
        Weights, data, code and licence of its releases, 0 to 1 each.
    lag_target : int
        Months behind the frontier run beyond which it does not reach.
    cadence : int
        Months that a model takes.
    """

    lab: int
    compute: float
    parts: tuple[float, float, float, float]
    lag_target: int
    cadence: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """A government's standing order: watch an indicator, and switch policies on or off when it crosses a threshold.

    Two records are the same trigger whatever the ``will`` to act of the month.

    Attributes
    ----------
    indicator, when : str
        What is watched, and whether it counts "above" or "below" the threshold.
    since : int
        Month of the first review (0 is January 2023); reviews follow every ``review_months``.
    lag_months : int
        Age of the newest data at a review.
    error : float
        Relative standard deviation of a measurement.
    lasting : bool
        Whether a switch stays once thrown, or follows each review.
    switch_on, switch_off : tuple of str
        Names of policies of the scenario.
    will : float
        Probability that a crossing found at a review is acted upon.
    """

    indicator: str
    when: str
    threshold: float
    since: int
    review_months: int
    lag_months: int
    error: float
    lasting: bool
    switch_on: tuple[str, ...]
    switch_off: tuple[str, ...]
    will: float = field(compare=False)
