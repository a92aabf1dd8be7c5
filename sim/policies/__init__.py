"""The law book: one file per lever. A policy writes the law and never touches an agent.

To add a policy, add a module with one subclass of :class:`Policy` that has a ``lever``; it is found by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.months import month_index

if TYPE_CHECKING:
    from sim.law import Law
    from sim.mandates import Trigger


def own(default: Any, description: str, unit: str, source: str, **limits: Any) -> Any:
    """A lever's own field with its unit, source, bounds (``ge``, ``le``) and range (``low``, ``high``)."""
    extra: dict[str, Any] = {"unit": unit, "source": source}
    extra.update({key: limits.pop(key) for key in ("low", "high", "kind") if key in limits})
    return Field(default, description=description, json_schema_extra=extra, **limits)


class Policy(BaseModel):
    """Fields that every lever has. Effects and costs scale with strength and ramp; effects also with enforcement."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    lever: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str] = ""
    example: ClassVar[dict[str, Any]]

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
        age = month - month_index(self.start)
        if age < 0 or (self.end is not None and month >= month_index(self.end)):
            return 0.0
        return self.strength * min(1.0, (age + 1) / (self.ramp_months + 1))

    def trigger(self, strength: float) -> Trigger | None:
        """The order to watch an indicator and switch other policies, if this policy is one."""
        return None

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write this policy, called ``name`` in the scenario, into a month's law."""
        raise NotImplementedError(f"lever {self.lever} does not say what it writes")


def _levers() -> dict[str, type[Policy]]:
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Policy) and item is not Policy:
                found[item.lever] = item
    return dict(sorted(found.items(), key=lambda pair: (pair[0][0] != "L", int(pair[0][1:]))))


LEVERS: dict[str, type[Policy]] = _levers()
