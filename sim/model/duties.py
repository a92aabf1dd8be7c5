"""Duties: what a law requires of releases, funds, or watches, and which of it binds a release.

The law holds these records beside its numbers; policies write them, labs, auditors and governments
read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.vocabulary import HOLD, MODES, OPEN

if TYPE_CHECKING:
    from sim.model.agents.lab import Lab


@dataclass(frozen=True, slots=True)
class Assessment:
    """A risk assessment that some labs owe before an open release (paper policy P2).

    Attributes
    ----------
    labs : tuple of int
    floor : float
        Measured capability from which the duty holds, index points.
    reference : str
        "absolute" or "marginal": what a release is compared with (see
        :class:`sim.policies.Judging`).
    delta : float
        Lead over the best open release of any other origin that counts as marginal risk, index
        points.
    margin : float
        Points above the misuse threshold of a domain that count as absolute risk.
    domains : tuple of str
    accuracy : float
        Probability that the judgement is right.
    delay : int
        Months.
    cost : float
        USD a release.
    modes : tuple of int
        Modes that a hazardous release may still come out in.
    strength : float
        Probability that a release is bound.
    reasons : bool
        Whether a rationale is published.
    """

    labs: tuple[int, ...]
    floor: float
    reference: str
    delta: float
    margin: float
    domains: tuple[str, ...]
    accuracy: float
    delay: int
    cost: float
    modes: tuple[int, ...]
    strength: float
    reasons: bool = True


@dataclass(frozen=True, slots=True)
class ComputeDuty:
    """What some labs owe for releases trained with at least so much compute.

    Such are registration, licence, documents.

    Attributes
    ----------
    floor : float
        Training compute from which the duty holds, log10 FLOP.
    exempt_modes, exempt_below : tuple of int and float
        Release modes that are free of it, up to this training compute (log10 FLOP).
    monetised_exempt : bool
        Whether a release that earns money for its lab is free of it as well.
    cost : float
        USD per release.
    burden, liability : float
        Utils to the lab of a release that is bound, and further ones if it is open.
    delay, refusal : int and float
        Months that a licence to open takes, and the probability that it is refused.
    documents : bool
        Whether documentation is published.
    eu : bool
        Whether it is owed for offering in the EU: labs that have left there are free of it.
    """

    labs: tuple[int, ...]
    floor: float
    exempt_modes: tuple[int, ...]
    exempt_below: float
    monetised_exempt: bool
    cost: float
    burden: float
    liability: float
    delay: int
    refusal: float
    documents: bool
    strength: float
    eu: bool = False


@dataclass(frozen=True, slots=True)
class MarketDuty:
    """What some labs owe each year for offering in the EU, and whether they may leave.

    Attributes
    ----------
    labs : tuple of int
    cost : float
        USD a year, each.
    withdrawal : float
        Probability that a lab which owes more than it earns there leaves at a review.
    since, months : int
        First month of the duty (0 is January 2023), and months between reviews.
    consumer_value : float
        What a consumer of a service is worth to its lab, USD a year.
    fine_chance : float
        Probability of a fine that a lab expects if it stays, a year.
    """

    labs: tuple[int, ...]
    cost: float
    withdrawal: float
    since: int
    months: int
    consumer_value: float
    fine_chance: float

    def reviewed(self, month: int) -> bool:
        """Whether labs look at their presence in a month: first when one period has passed."""
        return month > self.since and (month - self.since) % self.months == 0


@dataclass(frozen=True, slots=True)
class AuditProgramme:
    """Audits of open releases by an auditor (paper policies P3 and P4).

    Attributes
    ----------
    auditor : str
        Name of the institution.
    countries : tuple of int
        Where users are covered.
    audits_a_month : float
    priority : str
        "use" or "risk": which releases come first.
    power, traceability, false_positive : float
        Probability that a traced compromise is found, that a compromise can be traced, and that a
        sound release is flagged.
    coverage : float
        Share of a country's government use that the audits reach (0-1).
    public : bool
        Whether findings are published.
    update_lag : int
        Months from an audit to its publication.
    cost : float
        USD that users pay for each.
    """

    auditor: str
    countries: tuple[int, ...]
    audits_a_month: float
    priority: str
    power: float
    traceability: float
    false_positive: float
    coverage: float
    public: bool
    update_lag: int
    cost: float


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
        Share of what a release is worth in a filtered domain that can still be supplied in context
        (0-1).
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
    """What users in some countries owe who modify a release trained with at least so much compute.

    Whoever made that release.

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
class Opening:
    """Open releases that one lab brings out behind its closed ones.

    Attributes
    ----------
    gap : float
        Points below its best closed release.
    since, cadence : int
        Month of the first one (0 is January 2023), and months between two; 0 for one alone.
    parts : tuple of float
        Weights, data, code and licence, 0 to 1 each.
    strength : float
        Probability that one that is due comes out.
    """

    lab: int
    gap: float
    since: int
    cadence: int
    parts: tuple[float, float, float, float]
    strength: float

    def due(self, month: int) -> bool:
        """Whether one is due in a month."""
        age = month - self.since
        return age == 0 or (age > 0 and self.cadence > 0 and age % self.cadence == 0)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A government's standing order: watch an indicator, and switch policies when it crosses.

    They are switched on or off at a threshold. Two records are the same trigger whatever the
    ``will`` to act of the month.

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


Owed = dict[int, Sequence[ComputeDuty]]
"""Duties that bind a release, by the mode in which it comes out; one that is held back (HOLD) owes
nothing."""
PUBLIC_DRAWS = 1_000_000
"""Releases of public programmes have numbers from here on."""
OPENING_DRAWS = 500_000
"""Releases that closed labs open beside their own plans have numbers from here on."""
NOTHING: Owed = {**dict.fromkeys(range(len(MODES)), ()), HOLD: ()}


def covering(duties: Sequence[ComputeDuty], lab: Lab, draw: int, run: float) -> Owed:
    """Duties that bind a release of a lab, by the mode in which it comes out.

    They follow from its training run (log10 FLOP) and a draw against strength. The draws of a
    release are the same under every duty. A lab that has left the EU is free of duties there.
    """
    if lab.index in lab.model.eu_market.left:
        duties = [duty for duty in duties if not duty.eu]
    return binding(duties, lab, draw, run)


def binding(duties: Sequence[ComputeDuty], lab: Lab, draw: int, run: float) -> Owed:
    """Those that bind a release of a lab wherever it offers; arguments as of :func:`covering`."""
    met = [duty for duty in duties if run >= duty.floor and lab.index in duty.labs]
    if not met:
        return NOTHING
    bound = lab.model.streams("bound by duty").uniform(lab.identity, draw)
    free = [(duty, _spared(duty, lab, draw, run)) for duty in met if bound < duty.strength]
    return {
        **{mode: [duty for duty, modes in free if mode not in modes] for mode in range(len(MODES))},
        HOLD: (),
    }


def _spared(duty: ComputeDuty, lab: Lab, draw: int, run: float) -> tuple[int, ...]:
    """Release modes that are free of a duty."""
    if not duty.exempt_modes or run >= duty.exempt_below:
        return ()
    return duty.exempt_modes if duty.monetised_exempt or not is_monetised(lab, draw) else ()


def is_monetised(lab: Lab, draw: int) -> bool:
    """Whether a release would earn money for its lab if it were open.

    One of a public programme never does.
    """
    return (
        draw < PUBLIC_DRAWS
        and lab.model.streams("monetised").uniform(lab.identity, draw) < lab.model.p.monetised_share
    )


def refused(duty: ComputeDuty, lab: Lab, draw: int) -> bool:
    """Whether a licence to open a release is refused."""
    return lab.model.streams("licence").uniform(lab.identity, draw) < duty.refusal


def bars(duty: Assessment, lab: Lab, capability: float, draw: int) -> bool:
    """Whether a lab expects that an assessment bars its release from being open.

    It knows what is hazardous.
    """
    return not set(OPEN) <= set(duty.modes) and lab.model.assessor.is_hazardous(
        duty, lab, capability, draw
    )
