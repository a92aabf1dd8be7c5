"""The law book: one file per lever. A policy writes the law and never touches an agent.

To add a policy, add a module with one subclass of :class:`Policy` that has a ``lever``; it is found by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Hashable, Iterable
from math import log10
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.months import month_index
from sim.vocabulary import Domain

if TYPE_CHECKING:
    from sim.model.duties import Assessment, Trigger
    from sim.model.law import Law
    from sim.model.randomness import Streams


def own(default: Any, description: str, unit: str, source: str, **limits: Any) -> Any:
    """A lever's own field with its unit, source, bounds (``ge``, ``le``) and range (``low``, ``high``)."""
    extra: dict[str, Any] = {"unit": unit, "source": source}
    extra.update({key: limits.pop(key) for key in ("low", "high", "kind") if key in limits})
    return Field(default, description=description, json_schema_extra=extra, **limits)


DECADES = 6.0  # modifications spread evenly over so many orders of magnitude of compute below that of their base


def large_modifications(fraction: float) -> float:
    """Share of modifications that take at least this fraction of their base's compute."""
    return min(1.0, -log10(fraction) / DECADES)


# Common fields that only some levers have: a lever without one has no meaning for it.


def compliance_cost(default: float, description: str, low: float, high: float) -> Any:
    """``compliance_cost``: what obeying costs those who are bound."""
    return own(default, description, "USD a year", "judgement", ge=0.0, le=1e11, low=low, high=high)


def allied_coverage(who: str) -> Any:
    """``allied_coverage``: others that apply the same rule, in order of alignment."""
    return own(
        0.0, f"share of {who} that apply the rule, most aligned first, in whole ones", "0-1", "scenario", ge=0.0, le=1.0
    )


def anticipation_months() -> Any:
    """``anticipation_months``: labs know of the policy before it starts and may act on it."""
    return own(0, "months before the start in which labs know of it", "months", "scenario", ge=0, le=36)


class Policy(BaseModel):
    """Fields that every lever has. Effects and costs scale with strength and ramp; effects also with enforcement.

    Attributes
    ----------
    main : tuple of str
        The one to four fields that say what a use of the lever amounts to; reports name them always.
    phase : str
        The phase in which the example first changes something other than the law.
    telling : dict
        Fields beside the example under which labs act before the start if they know of the policy.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    lever: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str] = ""
    main: ClassVar[tuple[str, ...]] = ()
    phase: ClassVar[str]
    example: ClassVar[dict[str, Any]]
    telling: ClassVar[dict[str, Any]] = {}

    start: str = Field(
        "2026-01", description="first month in force", json_schema_extra={"unit": "YYYY-MM", "source": "scenario"}
    )
    end: str | None = Field(
        None, description="first month no longer in force", json_schema_extra={"unit": "YYYY-MM", "source": "scenario"}
    )
    ramp_months: int = own(0, "months until full strength", "months", "scenario", ge=0, le=120)
    strength: float = own(
        1.0,
        "scales effects and costs; for bars, the probability that a release is bound",
        "0-1",
        "scenario",
        ge=0.0,
        le=1.0,
    )
    enforcement: float = own(
        1.0, "share of the effect that enforcement achieves", "0-1", "judgement", ge=0.0, le=1.0, low=0.5, high=1.0
    )

    @field_validator("start", "end")
    @classmethod
    def _month(cls, text: str | None) -> str | None:
        if text is not None:
            month_index(text)
        return text

    @model_validator(mode="after")
    def _order(self) -> Policy:
        if self.end is not None and month_index(self.end) < month_index(self.start):
            raise ValueError(f"end {self.end} is before start {self.start}")
        return self

    def intensity(self, month: int) -> float:
        """Strength in force in a month, 0 outside the window."""
        return 0.0 if self.end is not None and month >= month_index(self.end) else self.planned(month)

    def planned(self, month: int) -> float:
        """Strength in a month if the policy does not end: 0 before its start, then the ramp."""
        age = month - month_index(self.start)
        return self.strength * min(1.0, (age + 1) / (self.ramp_months + 1)) if age >= 0 else 0.0

    @property
    def known_from(self) -> int:
        """First month in which labs may act on the policy: its start less the months of anticipation."""
        return month_index(self.start) - getattr(self, "anticipation_months", 0)

    @property
    def comes(self) -> bool:
        """Whether the policy is ever in force."""
        return self.strength > 0.0 and (self.end is None or month_index(self.end) > month_index(self.start))

    def strength_in_force(self, month: int, streams: Streams | None) -> float:
        """Strength with which the law of a month is written; ``streams`` draws what happens to it, None draws nothing."""
        return self.intensity(month)

    def state_key(self, month: int, streams: Streams | None) -> Hashable:
        """What the month's writes depend on besides the strength: dates, drawn events. The law is made anew with it."""
        return None

    def trigger(self, strength: float) -> Trigger | None:
        """The order to watch an indicator and switch other policies, if this policy is one."""
        return None

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write this policy, called ``name`` in the scenario, into a month's law."""
        raise NotImplementedError(f"lever {self.lever} does not say what it writes")


class Contestable(Policy):
    """A control that a court may strike down or narrow, as happened to export control of published software."""

    challenge_prob: float = own(
        0.0, "probability a year that a court relaxes the control", "0-1",
        "Bernstein v. DOJ, 9th Cir., 6 May 1999: 0.05-0.2; judgement", ge=0.0, le=1.0, low=0.0, high=0.2,
    )  # fmt: skip
    challenge_relief: float = own(
        0.5, "share of the control that a ruling ends", "0-1", "judgement", ge=0.0, le=1.0, low=0.2, high=1.0
    )

    def strength_in_force(self, month: int, streams: Streams | None) -> float:
        """Strength in a month, less what a court has ended since the start."""
        strength = self.intensity(month)
        if strength == 0.0 or streams is None or not self.ruled(month, streams):
            return strength
        return strength * (1.0 - self.challenge_relief)

    def ruled(self, month: int, streams: Streams) -> bool:
        """Whether a court has ruled since the start; all controls of a lever share the draw of a month."""
        hazard = 1.0 - (1.0 - self.challenge_prob) ** (1.0 / 12.0)
        luck = streams.about("legal challenge to", self.lever).uniform
        return hazard > 0.0 and any(luck(m + 1) < hazard for m in range(month_index(self.start), month + 1))


class Judging(Policy):
    """A rule by which releases are judged before they come out: which are hazardous, and how often that is seen."""

    telling: ClassVar[dict[str, Any]] = {
        "hazard_reference": "absolute",
        "capability_floor": 0.0,
        "hazard_margin": -50.0,
    }

    capability_floor: float = own(
        150.0, "releases below are free", "index points", "judgement", ge=0.0, le=400.0, low=140.0, high=160.0
    )
    hazard_reference: Literal["marginal", "absolute"] = own(
        "marginal",
        "what a release is compared with once it has passed the misuse threshold of a domain: the best open release of "
        "any other origin, or that threshold",
        "",
        "Kapoor et al. 2024; scenario",
    )
    delta: float = own(
        6.0,
        "lead over the best open release of any other origin that counts as marginal risk",
        "index points",
        "judgement",
        ge=0.0,
        le=100.0,
        low=2.0,
        high=12.0,
    )
    hazard_margin: float = own(
        23.0, "points above the misuse threshold of a domain that count as absolute risk", "index points", "judgement",
        ge=-100.0, le=200.0, low=13.0, high=33.0,
    )  # fmt: skip
    domains: tuple[Domain, ...] = own(
        ("military", "cyber", "chem_bio"), "domains assessed; the one of the lowest threshold decides, if that is above the floor", "",
        "Seger et al. 2023; judgement", strict=False,
    )  # fmt: skip
    assessor_accuracy: float = own(
        0.8, "probability that the judgement is right", "0-1", "judgement", ge=0.0, le=1.0, low=0.5, high=0.95
    )
    allied_coverage: float = allied_coverage("other non-Chinese labs")
    anticipation_months: int = anticipation_months()

    def assessment(self, law: Law, strength: float, modes: Iterable[int], **duties: Any) -> Assessment:
        """The assessment that bound labs owe, which leaves a hazardous release some modes; ``duties`` are its others."""
        from sim.model.duties import Assessment

        return Assessment(
            labs=law.jurisdictions.bound_labs(self.allied_coverage),
            floor=self.capability_floor,
            reference=self.hazard_reference,
            delta=self.delta,
            margin=self.hazard_margin,
            domains=tuple(self.domains),
            accuracy=self.assessor_accuracy,
            modes=tuple(sorted(modes)),
            strength=strength * self.enforcement,
            **duties,
        )


def _levers() -> dict[str, type[Policy]]:
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Policy) and item.__module__ == module.__name__:
                found[item.lever] = item
    return {lever: found[lever] for lever in sorted(found, key=_place)}


def _place(lever: str) -> tuple[bool, int, str]:
    """L1, L2, ... by number, then all others by name."""
    numbered = lever[:1] == "L" and lever[1:].isdecimal()
    return not numbered, int(lever[1:]) if numbered else 0, lever


LEVERS: dict[str, type[Policy]] = _levers()
