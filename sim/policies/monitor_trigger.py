"""L14: monitor, and act when an indicator crosses a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import model_validator

from sim.months import month_index
from sim.policies.base import Policy, own

if TYPE_CHECKING:
    from sim.model.duties import Trigger
    from sim.model.law import Law


class MonitorTrigger(Policy):
    """The government watches an indicator and switches other policies on or off when it crosses.

    Indicators: *incidents*, reported incidents a month; *open-closed-gap*, months by which open
    releases trail closed ones, by measured scores; *uplift*, expected harm by Chinese state actors
    from US releases, a year; *us-share*, US share of use abroad. A review sees the mean over the
    months since the last one, ``lag_months`` old, with an error. ``strength`` and ``enforcement``
    are the probability that a crossing is acted upon.

    While the monitor is in force it decides: policies in ``switch_on`` wait until it throws the
    switch, and then begin with their own ramp; policies in ``switch_off`` are in force until then.
    Outside its window both follow their own tables. Several monitors may name the same policy: one
    is enough to switch it on, and off goes before on. Writes: the order to watch the indicator and
    to switch, with its cost.
    """

    lever: ClassVar[str] = "L14"
    title: ClassVar[str] = "Monitor and trigger"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "NTIA (July 2024): collect evidence, evaluate, and act when thresholds are crossed. No "
        "threshold is in force."
    )
    not_modelled: ClassVar[str] = (
        "Politics of a switch: it is thrown with a given probability. Actors who foresee it: "
        "nobody acts on a switch before it is thrown. A monitor that switches monitors."
    )
    assumption: ClassVar[str] = "lag_months"
    main: ClassVar[tuple[str, ...]] = ("indicator", "threshold", "when")
    phase: ClassVar[str] = "respond"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "indicator": "incidents",
        "threshold": 0.0,
        "switch_off": ("chips-2026-01",),
    }

    indicator: Literal["incidents", "open-closed-gap", "uplift", "us-share"] = own(
        "incidents", "what is watched", "", "NTIA 2024; Wilson and Hine 2025"
    )
    threshold: float = own(
        60.0,
        "value that calls for action",
        "of the indicator: incidents a month, months, harm a year, share",
        "scenario",
        allowed=(-1e9, 1e9),
    )
    when: Literal["above", "below"] = own(
        "above", "side of the threshold that calls for action", "", "scenario"
    )
    review_months: int = own(
        6, "months between reviews", "months", "judgement", allowed=(1, 60), likely=(3, 12)
    )
    lag_months: int = own(
        3,
        "age of the newest data at a review",
        "months",
        "judgement",
        allowed=(0, 60),
        likely=(1, 12),
    )
    error: float = own(
        0.1,
        "error of a measurement, relative sd",
        "share",
        "judgement",
        allowed=(0.0, 5.0),
        likely=(0.0, 0.3),
    )
    lasting: bool = own(
        True, "whether a switch stays once thrown, or follows each review", "yes or no", "judgement"
    )
    switch_on: tuple[str, ...] = own(
        (),
        "policies of the scenario that wait for the switch",
        "policy names",
        "scenario",
        kind="policies",
    )
    switch_off: tuple[str, ...] = own(
        (), "policies of the scenario that end with it", "policy names", "scenario", kind="policies"
    )
    cost: float = own(
        5e6,
        "cost of monitoring",
        "USD a year",
        "judgement",
        allowed=(0.0, 1e11),
        likely=(1e6, 50e6),
    )

    @model_validator(mode="after")
    def _one_way(self) -> MonitorTrigger:
        both = sorted(set(self.switch_on) & set(self.switch_off))
        if both:
            raise ValueError(f"{both[0]} stands in switch_on and in switch_off")
        return self

    def trigger(self, strength: float) -> Trigger:
        """The standing order that this policy gives."""
        from sim.model.duties import Trigger

        return Trigger(
            indicator=self.indicator,
            when=self.when,
            threshold=self.threshold,
            since=month_index(self.start),
            review_months=self.review_months,
            lag_months=self.lag_months,
            error=self.error,
            lasting=self.lasting,
            switch_on=tuple(sorted(set(self.switch_on))),
            switch_off=tuple(sorted(set(self.switch_off))),
            will=self.effect(strength),
        )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the trigger into a month's law."""
        law.write(name, "triggers", self.trigger(strength))
        law.spend(name, "government", self.cost * strength)
