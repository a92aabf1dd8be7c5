"""Quantities of a hind-cast: what is read of a run over a window of months, and what it means.

A quantity is one row with its definition in words. Its measure takes a run and the first and last
month of a window, so that the same reading serves the windows of the record, the half-years after
it, and longer ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial

from sim import data
from sim.calibration.measures import Run, downloads_part
from sim.calibration.windows import (
    LEAST_SHARE,
    at_end,
    by_volume,
    chips_of,
    clusters,
    derivative_ratio,
    mean,
    openness,
    overtaking,
    slope,
    total,
)
from sim.model.outcomes import REGION_TEXT
from sim.months import month_index, month_name
from sim.vocabulary import CN, IN_EU, REGIONS, US

Measure = Callable[[Run, str, str], float]

START, CUT, END = "2023-01", "2025-06", "2026-12"
"""First month of a hind-cast, last one of the record, last month."""
HALF_YEARS = tuple(
    month_name(last) for last in range(month_index(START) + 5, month_index(END) + 1, 6)
)
"""Last months of the half-years."""
SINCE = "2023-11"
"""First month of cumulative downloads."""
HALF_YEAR, YEAR, CUMULATIVE, WHOLE = 6, 12, 0, -1
"""Months of a window. Cumulative ones begin at `SINCE`; the whole one ends with the last month."""
AT_END = "at the window's end"
OF_ORIGIN = {"cn": "Chinese", "us": "US"}
ORIGIN_INDEX = {"us": US, "cn": CN}

LATE = "C16 and C25, fitted with it, whose windows end in August and July 2025"
ACCESS = f"access_restricted; {LATE}"
LAGS = "distillation, through the lag that a lab leans by"
SALES = (
    "follows the dated controls of chips and their sales, which are inputs, and not the baselines"
)
WHO_SERVES = "who serves whom, an input; the restricted bloc follows from `access_restricted`"


@dataclass(frozen=True)
class Described:
    """What a quantity is.

    Attributes
    ----------
    id, quantity : str
        Its name in tables, and in words.
    channel : str
        Of the model; "" where it is of none.
    statistic, unit : str
        How a window is summed up, and in what it is measured.
    definition : str
        What it is, in a sentence.
    months : int
        Length of its windows: `HALF_YEAR`, `YEAR`, `CUMULATIVE` or `WHOLE`.
    inputs : str
        What fixes it beside the model; "" if nothing does.
    seen : str
        What acts on it and was set with figures after June 2025 in sight; "" if nothing was.
    unfair : str
        Why it counts for nothing that the model foretells it better than a baseline; "" if it
        counts.
    """

    id: str
    quantity: str
    channel: str
    statistic: str
    unit: str
    definition: str
    months: int = field(default=HALF_YEAR, kw_only=True)
    inputs: str = field(default="", kw_only=True)
    seen: str = field(default="", kw_only=True)
    unfair: str = field(default="", kw_only=True)

    def time(self, first: int, last: int) -> float:
        """Return the month that a window's value speaks of: its middle, or its end."""
        return float(last) if self.statistic == AT_END else 0.5 * (first + last)

    def windows(self) -> tuple[tuple[str, str], ...]:
        """Return first and last months of the windows that end with each half-year."""
        found = []
        for last in HALF_YEARS if self.months >= 0 else (END,):
            first = month_name(month_index(last) + 1 - self.months) if self.months > 0 else SINCE
            if month_index(START) <= month_index(first) <= month_index(last):
                found.append((first, last))
        return tuple(found)


@dataclass(frozen=True)
class Quantity(Described):
    """A quantity that is one number of a run and a window.

    Attributes
    ----------
    measure : callable
        Takes a run, first and last month.
    generated : bool
        Windows of the record are read in runs that generate releases from 2023 on: in others the
        record of releases would be held against itself.
    """

    measure: Measure
    generated: bool = field(default=False, kw_only=True)


def _downloads() -> Iterator[Quantity]:
    spans = (
        ("flow", HALF_YEAR, "the half-year"),
        ("12m", YEAR, "the last twelve months"),
        ("cumulative", CUMULATIVE, "all months since November 2023"),
    )
    known = "Months weigh by their volume, which grows by a factor of 3 a year."
    for name, months, when in spans:
        for origin, word in OF_ORIGIN.items():
            yield Quantity(
                f"downloads-{origin}-{name}",
                f"{word} share of downloads, {when}",
                "developer", "share over the window, by volume", "share",
                f"Share of models of {word} origin in the world's downloads of open models whose "
                f"maker is a lab of the model, over {when}. {known}",
                partial(by_volume, outcome=f"{origin}_share_world_developer"), months=months,
                seen=LATE,
            )  # fmt: skip
        yield Quantity(
            "downloads-cn-of-both" if months == YEAR else f"downloads-cn-of-both-{name}",
            f"China's part of downloads of Chinese and US models, {when}",
            "developer", "share over the window, by volume", "share",
            f"Downloads of open models of Chinese origin over those of Chinese or US origin, over "
            f"{when}. {known}",
            downloads_part, months=months, seen=LATE,
        )  # fmt: skip
    yield Quantity(
        "overtaking",
        "month in which Chinese cumulative downloads overtake US ones",
        "developer", "first month", "month",
        "First month in which downloads since November 2023 of models of Chinese origin exceed "
        f"those of US origin, having been at or below them the month before. {known}",
        overtaking, months=WHOLE, seen=LATE,
    )  # fmt: skip


def _shares() -> Iterator[Quantity]:
    for channel, name, what, seen in (
        ("market", "router", "router tokens", f"price_growth, {ACCESS}"),
        ("enterprise", "enterprise", "enterprise workloads", ACCESS),
    ):
        for kind, word in (*OF_ORIGIN.items(), ("open", "open")):
            yield Quantity(
                f"{name}-{kind}",
                f"{word} share of {what}", channel, "mean over months", "share",
                f"Share of {word} releases in the world's {what}, mean over the window's months.",
                partial(mean, outcome=f"{kind}_share_world_{channel}"), seen=seen,
            )  # fmt: skip
    for region, (origin, word) in ((r, o) for r in REGIONS[:IN_EU] for o in OF_ORIGIN.items()):
        yield Quantity(
            f"consumer-{origin}-{region.replace('_', '-')}",
            f"{word} share of consumers in {REGION_TEXT[region]}",
            "consumer", "mean over months", "share",
            f"Share of people who use releases of {word} origin among people who use AI in "
            f"{REGION_TEXT[region]}, mean over the window's months.",
            partial(mean, outcome=f"{origin}_share_{region}_consumer"),
            inputs=WHO_SERVES, seen=ACCESS,
        )  # fmt: skip
    for origin, word in OF_ORIGIN.items():
        for place, row in enumerate(coefficients(origin, word)):
            measure = partial(slope, origin=ORIGIN_INDEX[origin], covariate=place)
            yield Quantity(**asdict(row), measure=measure)


def coefficients(name: str, whose: str) -> Iterator[Described]:
    """Yield what the coefficients of somebody's share of consumers on each covariate are."""
    for covariate, by in (
        ("income", "log GDP per head"),
        ("alignment", "alignment in UN votes, China 0 to US 1"),
    ):
        yield Described(
            f"consumer-{name}-slope-{covariate}",
            f"coefficient of the {whose} share of consumers by country on {covariate}",
            "consumer", "least squares at the half-year's end", f"logit per unit of {by}",
            f"Coefficient on {by} in a regression of the logit of the {whose} share of consumers "
            "on income and alignment at once, over countries outside the US, China and the "
            f"restricted bloc; shares are cut at {LEAST_SHARE:g}.",
            inputs=WHO_SERVES, seen=ACCESS,
        )  # fmt: skip


def _releases() -> Iterator[Quantity]:
    for origin, word in OF_ORIGIN.items():
        for months, name, when in (
            (HALF_YEAR, "", "the half-year"),
            (YEAR, "-12m", "the last twelve months"),
        ):
            yield Quantity(
                f"openness-{origin}{name}",
                f"open share of notable {word} models, {when}", "", "share over the window",
                "share",
                f"Open part of the notable models of {word} labs over {when}, unreleased ones "
                "included.",
                partial(openness, origin=origin), months=months, generated=True,
                seen=LAGS,
            )  # fmt: skip
    for name, outcome, behind in (
        ("lag-cn-us", "lag_us_cn_true", "the best Chinese behind the best US release"),
        ("lag-open-closed", "lag_open_closed_true", "the best open behind the best closed release"),
    ):
        yield Quantity(
            name, f"lag of {behind}", "", "mean over month ends", "months",
            f"Months since the leader's best first exceeded the follower's best: {behind}, by "
            "index scores, mean over the window's month ends.",
            partial(mean, outcome=outcome), generated=True, seen="distillation",
        )  # fmt: skip
    for name, word in (("us", "US"), ("cn", "Chinese"), ("open", "open")):
        yield Quantity(
            f"best-{name}", f"best {word} release", "", AT_END, "index points",
            f"Score of the best {word} release so far on the Epoch Capabilities Index.",
            partial(at_end, outcome=f"frontier_{name}"), generated=True, seen="distillation",
            unfair="a best so far never falls, so that its last value can only be too low",
        )  # fmt: skip


def _use_and_chips() -> Iterator[Quantity]:
    for place, word in (
        ("world", "world"), ("north", "Global North"), ("south", "Global South")
    ):  # fmt: skip
        yield Quantity(
            f"users-{place}", f"people who use AI, {word}", "consumer", "mean over months",
            "share",
            f"Share of people 15-64 who use generative AI, {word} as Microsoft AI Diffusion draws "
            "it, mean over the window's months.",
            partial(mean, outcome=f"use_{place}"), seen="ceiling_growth",
        )  # fmt: skip
    yield Quantity(
        "chips-cn", "China's part of installed Nvidia chips", "", AT_END, "share",
        "Nvidia chips in China by legal sales over those of the world, H100-equivalents, at the "
        "window's end.",
        partial(at_end, outcome="compute_share_cn"), seen="stock_growth_2025", unfair=SALES,
    )  # fmt: skip
    yield Quantity(
        "clusters-cn", "China's part of AI cluster performance", "", AT_END,
        "share",
        "Chips in China, smuggled and Chinese-made ones included, over all chips, at the window's "
        "end.",
        clusters, seen="stock_growth_2025", unfair=SALES,
    )  # fmt: skip
    for lab in ("openai", "google", "meta", "anthropic", "xai"):
        yield Quantity(
            f"chips-{lab}", f"chips of {_name(lab)}", "", AT_END,
            "H100-equivalents",
            f"Chips that {_name(lab)} uses at the window's end: its part of the chips of the US "
            "is that of December 2024, and only the chips of the US follow from the model.",
            partial(chips_of, lab=lab),
            inputs="the lab's part of US chips in December 2024, held constant",
            seen="stock_growth_2025",
        )  # fmt: skip


def _derivatives() -> Iterator[Quantity]:
    for lab in data.labs():
        yield Quantity(
            f"derivatives-{lab.slug.replace('_', '-')}",
            f"{lab.name}'s share of new derivatives", "developer", "mean over months", "share",
            f"Share of new derivatives on hubs that build on releases of {lab.name}, mean over "
            "the window's months.",
            partial(mean, outcome=f"derivative_share_{lab.slug}"), seen=LATE,
        )  # fmt: skip
    for origin, word in OF_ORIGIN.items():
        yield Quantity(
            f"derivatives-origin-{origin}",
            f"share of new derivatives on {word} bases", "developer", "mean over months", "share",
            f"Share of new derivatives on hubs that build on releases of {word} origin, mean over "
            "the window's months.",
            partial(mean, outcome=f"derivative_share_{origin}"), seen=LATE,
        )  # fmt: skip
    yield Quantity(
        "derivative-ratio", "new derivatives, Meta's per Alibaba's", "developer",
        "ratio of means over months", "ratio",
        "New derivatives of Meta's releases per new derivative of Alibaba's, as hubs see them, "
        "over the window.",
        derivative_ratio, seen=LATE,
    )  # fmt: skip


def _misuse() -> Iterator[Quantity]:
    for months, name, when in (
        (HALF_YEAR, "", "the half-year"),
        (YEAR, "-12m", "the last twelve months"),
    ):
        yield Quantity(
            f"incidents{name}", f"reported malicious incidents, {when}", "",
            "sum over the window", "count",
            f"Incidents of malicious use over {when} that are reported, as matched by keywords in "
            "the AI Incident Database.",
            partial(total, outcome="incidents_reported"), months=months,
            seen="defence_growth",
        )  # fmt: skip


def _name(slug: str) -> str:
    return next(lab.name for lab in data.labs() if lab.slug == slug)


QUANTITIES: dict[str, Quantity] = {
    row.id: row
    for part in (_downloads, _shares, _releases, _use_and_chips, _derivatives, _misuse)
    for row in part()
}
"""Every quantity that is one number of a run and a window, by its id."""
