"""The rows of the tables: a record for each, with what every column may hold.

A column's type says how its text is read and which values it takes; the reader refuses all others.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, model_validator
from pydantic.dataclasses import dataclass

from sim.data.columns import (
    Code,
    Day,
    DayOfMonth,
    Flag,
    Month,
    Name,
    Number,
    Origin,
    Reach,
    Settings,
    Share,
    Text,
    Tile,
    Words,
    maybe,
    number,
    one_of,
    some_of,
)
from sim.vocabulary import BLOCS, CHANNELS, FACTORS, RECORDED_MODES, SIGNS

SIZES = ("flagship", "small")
RECORD_GROUPS = ("US", "CN", "US+CN", "EU_UK", "other")
CHECKS = ("official text", "secondary copy", "reported")
CHIP_OWNERS = ("CN", "rest_of_world")
HOME, ELSEWHERE, EVERYWHERE = "home", "elsewhere", "everywhere"
PLACES = (HOME, ELSEWHERE, EVERYWHERE, *BLOCS)
"""Where a lab serves: its home country, all others, everywhere, or a bloc."""
SERVED = ("services", "weights")
LAST_DATE = "2025-06-30"
"""Facts about who serves whom are not later: the record ends here."""


def _in_record(date: str) -> str:
    if date > LAST_DATE:
        raise ValueError(f"a date to {LAST_DATE}")
    return date


@dataclass(frozen=True, slots=True)
class Country:
    """One country, or a regional group of countries too small or too sparse to stand alone.

    ``alignment`` runs from 0 (votes like China) to 1 (votes like the US); ``ai_use_2025`` is the
    fraction of people 15-64 who used generative AI in early 2025, None where unknown; ``imputed``
    names fields filled by a stated rule. A group whose members all stand alone has no weight: GDP
    and people are 0, and nobody lives there in the model.
    """

    code: Code
    name: Text
    region: Text
    bloc: Annotated[str, one_of(*BLOCS)]
    gdp_usd_bn: Annotated[float, number(0, 1e6)]
    people_m: Annotated[float, number(0, 2e3)]
    working_age_m: Annotated[float, number(0, 2e3)]
    alignment: Share
    ai_use_2025: Annotated[float | None, maybe(0, 1)]
    regional_value: Flag
    treaty_ally: Flag
    eu: Flag
    imputed: Words
    row: Tile
    column: Tile
    members: Words

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        if len({self.gdp_usd_bn > 0.0, self.people_m > 0.0, self.working_age_m > 0.0}) > 1:
            raise ValueError("GDP, people and people 15-64 that are all above 0, or all 0")
        return self

    @property
    def gdp_per_head(self) -> float | None:
        """GDP per head in US dollars; None without people."""
        if self.people_m == 0.0:
            return None
        return 1000.0 * self.gdp_usd_bn / self.people_m


@dataclass(frozen=True, slots=True)
class Group:
    """Countries that go by one name.

    ``members`` are codes of `countries`, as of the day ``as_of``.
    """

    name: Text
    title: Text
    as_of: Day
    members: Words
    source: Text


@dataclass(frozen=True, slots=True)
class Lab:
    """A developer: a firm by its real name, or the fringe of one country.

    The fringe is its academic and small developers.
    ``run_offset`` is the largest training run against the frontier in orders of magnitude;
    ``first_month`` counts from 2023-01 = 0.
    """

    name: Text
    slug: Text
    home: Text
    origin: Origin
    kind: Annotated[str, one_of("firm", "fringe")]
    run_offset: Annotated[float, number(-6, 0)]
    cadence_months: Annotated[float, number(0.5, 36)]
    price_class: Annotated[float, number(0.01, 10)]
    first_month: Month
    frontier: Flag


@dataclass(frozen=True, slots=True)
class Release:
    """One recorded release; ``month`` counts from 2023-01 = 0 and is negative in 2022.

    ``notable`` marks the rows the openness record counts, ``group`` is the country group of that
    record, and ``usable`` marks models of a kind people choose between (language models, or any
    with an index score).
    """

    month: Month
    lab: Text
    name: Text
    group: Annotated[str, one_of(*RECORD_GROUPS)]
    capability: Annotated[float | None, maybe(0, 200)]
    log_flop: Annotated[float | None, maybe(10, 30)]
    mode: Annotated[str, one_of(*RECORDED_MODES)]
    size: Annotated[str, one_of(*SIZES)]
    weights: Share
    data: Share
    code: Share
    licence: Share
    notable: Flag
    usable: Flag


@dataclass(frozen=True, slots=True)
class Serving:
    """One limit to whom a lab serves; limits on the same users multiply.

    Attributes
    ----------
    lab : str
        Slug of a lab, or an origin for all its labs.
    place : str
        One of ``PLACES``.
    channels, offers : tuple of str
        Channels and offers that the limit holds for: services, or weights as well.
    reach : float or str
        Share of the users there whom the lab reaches, 0-1, or the name of a parameter that holds
        the logarithm of a share that is not known.
    date : str
        Day that the fact stands for.
    """

    lab: Text
    place: Annotated[str, one_of(*PLACES)]
    channels: Annotated[Words, some_of(*CHANNELS)]
    offers: Annotated[Words, some_of(*SERVED)]
    reach: Reach
    date: Annotated[Day, AfterValidator(_in_record)]
    source: Text


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """A dated step of policy, and how the status quo holds it.

    ``policy``, ``lever`` and ``settings`` are those of the scenario file, where the step is in
    force from the month of ``date``; all are empty for a step that it does not hold. ``modelled``
    says what the settings stand for, or why there are none; ``checked`` how it was looked up.
    """

    date: Day
    actor: Text
    event: Text
    policy: str
    lever: str
    settings: Settings
    modelled: Text
    checked: Annotated[str, one_of(*CHECKS)]
    source: Text

    @model_validator(mode="after")
    def _whole_or_none(self) -> Self:
        if len({bool(self.policy), bool(self.lever), bool(self.settings)}) > 1:
            raise ValueError("policy, lever and settings that are all given, or all empty")
        return self


@dataclass(frozen=True, slots=True)
class ChipStock:
    """Nvidia chips in place at a quarter's end, in H100-equivalents.

    ``owner`` is "CN" or "rest_of_world".
    """

    owner: Annotated[str, one_of(*CHIP_OWNERS)]
    month: Month
    date: DayOfMonth
    h100e: Annotated[float, number(0)]


@dataclass(frozen=True, slots=True)
class Target:
    """An observed quantity; ``low`` and ``high`` bound the range to score against.

    A target is fitted; a path is looked at afterwards and never fitted. A copy has the figure of a
    target once more, under the name of a path, and counts as neither.
    """

    id: Text
    role: Annotated[str, one_of("target", "path", "copy")]
    quantity: Text
    statistic: Text
    value: Number
    low: Number
    high: Number
    unit: Text
    window: Text
    mode: Annotated[str, one_of("replay", "free", "input")]
    source: Text

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"a value from {self.low:g} to {self.high:g}")
        return self


@dataclass(frozen=True, slots=True)
class PaperSign:
    """The direction that the paper gives for a policy and a factor."""

    policy: Text
    factor: Annotated[str, one_of(*FACTORS)]
    sign: Annotated[str, one_of(*SIGNS)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model about the world.

    Attributes
    ----------
    name, unit, group, source : str
        A source that starts with "judgement" marks a number that no published figure fixes.
    median, low, high : float
        Middle of the range before the calibration, and its 5-95 % points.
    least, most : float
        What a scenario may set: finite, far beyond the range, and such that every run inside is
        finite.
    assumed : bool
        True for assumed responses (scarcity spurs efficiency, backfire, state push, hedging), which
        ``no-assumed-responses`` sets to 0.
    phase : str
        The phase of a month in which the number acts (docs/model.md, section 7).
    """

    name: Name
    median: Number
    low: Number
    high: Number
    least: Number
    most: Number
    unit: Text
    assumed: Flag
    group: Text
    phase: Text
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.least <= self.low <= self.median <= self.high <= self.most:
            raise ValueError("least, low, median, high and most in this order")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and highest value that a scenario may set."""
        return self.least, self.most


@dataclass(frozen=True, slots=True)
class CentralValue:
    """A parameter's value in the central draw of the calibration."""

    name: Name
    value: Number


@dataclass(frozen=True, slots=True)
class Point:
    """An observed value of a quantity (`sim.calibration.quantities`) over months, both included."""

    quantity: Text
    first: Month
    last: Month
    value: Number
    unit: Text
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("a first month that is not after the last")
        return self
