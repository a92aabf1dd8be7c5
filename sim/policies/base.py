"""What every policy has: common fields, the form of a lever's own, and when it is in force.

A policy writes the law of a month and never touches an agent. A lever is a class of policies: one
module of this folder holds one, and says what it is, which fields it has and what it writes.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from sim.months import month_index
from sim.policies.completeness import LeverError, unsaid_by_fields, unsaid_by_lever

if TYPE_CHECKING:
    from sim.model.duties import Trigger
    from sim.model.law import Law
    from sim.model.randomness import Streams

Span = tuple[float, float]


def own(
    default: Any,
    description: str,
    unit: str,
    source: str,
    *,
    allowed: Span | None = None,
    likely: Span | None = None,
    kind: Literal["countries", "labs", "policies"] | None = None,
    min_length: int | None = None,
    part: str = "",
) -> Any:
    """Return a field of a lever.

    Parameters
    ----------
    default
        Value where a file does not say.
    description, unit, source
        What the field means; "" as the unit of what has none; where the value comes from. A source
        with the word "judgement" marks a value that no published figure fixes.
    allowed
        Lowest and highest value of a number that a file may set; whole numbers for whole numbers.
    likely
        The 5-95 % range that a number is thought to lie in.
    kind
        What the items of a list name.
    min_length
        Least number of items of a list.
    part
        What the field brings into a policy, in words, if a policy lacks just that where the field
        is 0, no or empty: `openstakes why` takes it out of a policy by itself.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source}
    if part:
        extra["part"] = part
    if likely is not None:
        extra |= {"low": likely[0], "high": likely[1]}
    if kind is not None:
        extra["kind"] = kind
    least, most = allowed or (None, None)
    strict = False if isinstance(default, tuple) else None  # files hold lists
    return Field(
        default,
        description=description,
        json_schema_extra=extra,
        ge=least,
        le=most,
        min_length=min_length,
        strict=strict,
    )


@dataclass(frozen=True, slots=True)
class LeverField:
    """What is known of a field: of a lever, or of another record of a scenario.

    Attributes
    ----------
    name, description, unit, source : str
    allowed : tuple of float or None
        Lowest and highest value that a file may set, where the field is a number with bounds.
    likely : tuple of float or None
        The 5-95 % range, where one is stated.
    choices : tuple of str
        The words that a field takes, or the items of its list; empty where it takes others.
    kind : str
        What the items of a list name ("countries", "labs", "policies"), or "".
    part : str
        What a policy lacks where the field is 0, no or empty, or "" (see `own`).
    default : object
    number, whole : bool
        Whether the field holds a number; whether a whole one.
    """

    name: str
    description: str
    unit: str
    source: str
    allowed: Span | None
    likely: Span | None
    choices: tuple[str, ...]
    kind: str
    part: str
    default: Any
    number: bool
    whole: bool

    @property
    def off(self) -> Any:
        """The value at which a policy lacks what the field brings: 0, no or empty."""
        return type(self.default)()

    @classmethod
    def of(cls, name: str, info: FieldInfo) -> LeverField:
        """Return the record of a field as pydantic holds it."""
        extra: dict[str, Any] = (
            info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        )
        least, most = (
            next((getattr(item, side) for item in info.metadata if hasattr(item, side)), None)
            for side in ("ge", "le")
        )
        types = (info.annotation, *get_args(info.annotation))
        return cls(
            name=name,
            description=info.description or "",
            unit=extra.get("unit", ""),
            source=extra.get("source", ""),
            allowed=None if least is None or most is None else (least, most),
            likely=(extra["low"], extra["high"]) if "low" in extra else None,
            choices=tuple(_choices(info.annotation)),
            kind=extra.get("kind", ""),
            part=extra.get("part", ""),
            default=info.default,
            number=not {int, float}.isdisjoint(types),
            whole=int in types,
        )


def _choices(annotation: Any) -> list[str]:
    """Return the values of a Literal, also inside a tuple or union."""
    below = get_args(annotation)
    if below and all(isinstance(item, str) for item in below):
        return list(below)
    return [choice for item in below for choice in _choices(item)]


DECADES = 6.0
"""Orders of magnitude of compute below their base's over which modifications spread evenly."""


def large_modifications(fraction: float) -> float:
    """Share of modifications that take at least this fraction of their base's compute."""
    return min(1.0, -log10(fraction) / DECADES)


# Common fields that only some levers have: a lever without one has no meaning for it.


def compliance_cost(default: float, description: str, likely: Span) -> Any:
    """``compliance_cost``: what obeying costs those who are bound."""
    return own(default, description, "USD a year", "judgement", allowed=(0.0, 1e11), likely=likely)


def anticipation_months() -> Any:
    """``anticipation_months``: labs know of the policy before it starts and may act on it."""
    return own(
        0, "months before the start in which labs know of it", "months", "scenario", allowed=(0, 36)
    )


class Policy(BaseModel):
    """Fields that every lever has.

    Effects and costs scale with strength and ramp; effects also with enforcement.

    Attributes
    ----------
    pulled_by : str
        Who pulls the lever, one of `sim.vocabulary.PULLERS`.
    real, not_modelled : str
        For the lever's card: what exists in the world, with date and source (*reported* where only
        the news has it), and what of it the model leaves out. What it models stands in the
        docstring.
    assumption : str
        The field on whose value a finding about the lever rests most, with a 5-95 % range.
    main : tuple of str
        The one to four fields that say what a use of the lever amounts to; reports name them
        always.
    phase : str
        The phase in which the example first changes something other than the law.
    telling : dict
        Fields beside the example under which labs act before the start if they know of the policy.
    idle_without : dict
        Fields that do nothing while another one is 0, no or empty, by the name of that one.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, strict=True, defer_build=True
    )

    lever: ClassVar[str]
    title: ClassVar[str]
    pulled_by: ClassVar[str]
    real: ClassVar[str]
    not_modelled: ClassVar[str]
    assumption: ClassVar[str]
    paper: ClassVar[str] = ""
    main: ClassVar[tuple[str, ...]] = ()
    phase: ClassVar[str]
    example: ClassVar[dict[str, Any]]
    telling: ClassVar[dict[str, Any]] = {}
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {}
    lever_fields: ClassVar[dict[str, LeverField]]

    start: str = own("2026-01", "first month in force", "YYYY-MM", "scenario")
    end: str | None = own(None, "first month no longer in force", "YYYY-MM", "scenario")
    ramp_months: int = own(0, "months until full strength", "months", "scenario", allowed=(0, 120))
    strength: float = own(
        1.0,
        "scales effects and costs; for bars, the probability that a release is bound",
        "0-1",
        "scenario",
        allowed=(0.0, 1.0),
    )
    enforcement: float = own(
        1.0,
        "share of the effect that enforcement achieves",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.5, 1.0),
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

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Keep the record of each field; refuse a lever that does not say all that is asked of it.

        A class without ``lever`` holds what several levers have in common.

        Raises
        ------
        LeverError
            With all that is missing.
        """
        super().__pydantic_init_subclass__(**options)
        cls.lever_fields = {
            name: LeverField.of(name, info) for name, info in cls.model_fields.items()
        }
        missing = [*unsaid_by_fields(cls), *(unsaid_by_lever(cls) if hasattr(cls, "lever") else ())]
        if missing:
            raise LeverError(cls, missing)

    def intensity(self, month: int) -> float:
        """Strength in force in a month, 0 outside the window."""
        return (
            0.0 if self.end is not None and month >= month_index(self.end) else self.planned(month)
        )

    def planned(self, month: int) -> float:
        """Strength in a month if the policy does not end: 0 before its start, then the ramp."""
        age = month - month_index(self.start)
        return self.strength * min(1.0, (age + 1) / (self.ramp_months + 1)) if age >= 0 else 0.0

    def effect(self, strength: float) -> float:
        """Share of its full effect that the policy has at a strength.

        Costs have all of that, effects what is enforced.
        """
        return strength * self.enforcement

    @property
    def obeyed_by(self) -> tuple[str, ...]:
        """Kinds of those who have to obey (`sim.policies.families.Rule`); here nobody has to."""
        return ()

    @property
    def idle(self) -> tuple[str, ...]:
        """Own fields that do nothing in this use, whatever they are set to.

        Reports leave them out, and `openstakes check` names those that a file sets.
        """
        off = (fields for key, fields in self.idle_without.items() if not getattr(self, key))
        return tuple(dict.fromkeys(field for fields in off for field in fields))

    @property
    def known_from(self) -> int:
        """First month in which labs may act on the policy: its start less its anticipation."""
        return month_index(self.start) - getattr(self, "anticipation_months", 0)

    @property
    def comes(self) -> bool:
        """Whether the policy is ever in force."""
        return self.strength > 0.0 and (
            self.end is None or month_index(self.end) > month_index(self.start)
        )

    def strength_in_force(self, month: int, streams: Streams | None) -> float:
        """Strength with which the law of a month is written; 0 outside the window.

        ``streams`` draws what happens to it, None draws nothing.
        """
        return self.intensity(month)

    def state_key(self, month: int, streams: Streams | None) -> Hashable:
        """What the month's writes depend on besides the strength: dates, drawn events.

        The law is made anew with it, and `write` reads it as ``law.states[name]``: runs share the
        laws of policies that stand alike, so what is drawn acts through it alone.
        """
        return None

    def trigger(self, strength: float) -> Trigger | None:
        """The order to watch an indicator and switch other policies, if this policy is one."""
        return None

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write this policy, called ``name`` in the scenario, into a month's law."""
        raise NotImplementedError(f"lever {self.lever} does not say what it writes")


Policy.lever_fields = {
    name: LeverField.of(name, info) for name, info in Policy.model_fields.items()
}
