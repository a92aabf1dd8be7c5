"""What a hind-cast found, as plain tables: targets, paths over the record, predictions after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

import numpy as np

from sim import data
from sim.calibration.baselines import BASELINES, PULL, Series
from sim.calibration.hindcast import LATER, SCENARIO, Hindcast, readings, readings_of_record
from sim.calibration.measures import Floats, distance
from sim.calibration.met import stand
from sim.calibration.observed import Observation, observed, users_by_country
from sim.calibration.quantities import (
    ACCESS,
    CUT,
    END,
    HALF_YEAR,
    QUANTITIES,
    WHO_SERVES,
    WHOLE,
    YEAR,
    Described,
    coefficients,
)
from sim.calibration.record import ensemble_csv, ensemble_digest
from sim.calibration.scores import covers, quantiles
from sim.calibration.simulate import NAMES
from sim.calibration.windows import slopes
from sim.months import month_index, month_name
from sim.sweep.manifest import made_by

Row = dict[str, Any]
DIGITS = 6
"""Significant digits of every number."""

TEXTS = {
    "period": "2025-H2: July to December 2025; a year or 'twelve months to' a month: the twelve "
    "months that end there; else first and last month.",
    "mean, q05 to q95": "over the draws of the ensemble, one run each: parameters and luck.",
    "carry_forward": "the last observed value.",
    "trend": "least squares over all observed points: logistic for shares, by factors for ratios, "
    "counts and chips, else straight; none from fewer than three points.",
    "ar1": "first-order autoregression between half-years around their mean, its coefficient drawn "
    f"to a random walk by {PULL:g} pairs of steps; none without two half-years that follow.",
    "points": "observed points to June 2025 that the baselines are made from (the window of "
    "downloads ends in August 2025); 0 where the record has none, and baselines are null.",
    "input_driven": "true: follows from an input, which `inputs` names, more than from the model.",
    "blind": "false: what `seen` names acts on it and was set with later figures in sight.",
    "month": "the first month in which it happens, by quantiles; null: not by December 2026. "
    "`probability` is the share of runs in which it happens.",
}
"""What the columns of the predictions mean."""

_AT_END = "at the half-year's end"
BY_COUNTRY = (
    Described(
        "users-by-country", "people who use AI, by country", "consumer", _AT_END, "share",
        "Share of people 15-64 who use generative AI in the country at the half-year's end.",
        inputs="the country's use in the first half of 2025, where known",
        seen="ceiling_growth",
    ),
    Described(
        "consumer-us-by-country", "US share of consumers, by country", "consumer", _AT_END,
        "share",
        "Share of people who use releases of US origin among people who use AI in the country.",
        inputs=WHO_SERVES, seen=ACCESS,
    ),
    Described(
        "consumer-cn-by-country", "Chinese share of consumers, by country", "consumer", _AT_END,
        "share",
        "Share of people who use releases of Chinese origin among people who use AI in the "
        "country.",
        inputs=WHO_SERVES, seen=ACCESS,
    ),
)  # fmt: skip
"""Quantities by country, in the order of `Hindcast.consumers`; families follow."""
LEAST_FAMILY = 0.01
"""Families with less of the world's consumers in the mean of draws are left out."""


def record(found: Hindcast) -> Row:
    """Return what a hind-cast found, as tables of plain values.

    Returns
    -------
    dict
        ``targets``: what the draws give for each target of the calibration; ``paths``: quantities
        over the windows to June 2025, with the observed value where there is one;
        ``predictions``: quantities after June 2025; ``definitions``: of quantities by their id;
        ``columns``: what the columns of the predictions mean.
    """
    families = _families(found)
    own = (_of_family(lab) for lab in families)
    rows = (*QUANTITIES.values(), *BY_COUNTRY, *chain.from_iterable(own))
    return {
        "made_by": made_by(),
        "ensemble": ensemble_digest(ensemble_csv(found.draws)),
        "scenario": SCENARIO,
        "first": "2023-01",
        "cut": CUT,
        "last": END,
        "draws": len(found.draws),
        "failed": found.failed,
        "seed": found.seed,
        "columns": TEXTS,
        "definitions": {row.id: row.definition for row in rows},
        "targets": list(_targets(found)),
        "paths": list(_paths(found)),
        "predictions": [
            *_predictions(found),
            *_by_country(found),
            *_by_family(found, families),
        ],
    }


def _targets(found: Hindcast) -> Iterator[Row]:
    for target in data.targets():
        values = found.measures[:, NAMES.index(target.id)]
        summed, there = _summed(values), stand(asdict(target), values)
        yield {
            "id": target.id,
            "role": target.role,
            "mode": target.mode,
            "quantity": target.quantity,
            "statistic": target.statistic,
            "unit": target.unit,
            "window": target.window,
            "value": target.value,
            "low": target.low,
            "high": target.high,
            **summed,
            "in_range": there["in_range"],
            "inside": there["inside"],
            "distance": _rounded(distance(target, summed["q50"])),
        }


def _paths(found: Hindcast) -> Iterator[Row]:
    """Yield windows to June 2025, and those of the record."""
    points = {
        (name, point.first, point.last): point.value
        for name, of_one in observed().items()
        for point in of_one
    }
    of_record = set(readings_of_record())
    for place, reading in enumerate(readings()):
        if reading.last > CUT and reading not in of_record:
            continue
        window = month_index(reading.first), month_index(reading.last)
        value = points.get((reading.quantity, *window))
        values = found.values[:, place]
        yield {
            "id": reading.quantity,
            "first": reading.first,
            "last": reading.last,
            **_summed(values),
            "observed": None if value is None else _rounded(value),
            "covered": None if value is None else covers(values, value),
            "input_driven": bool(QUANTITIES[reading.quantity].inputs),
        }


def _predictions(found: Hindcast) -> Iterator[Row]:
    """Yield predictions of quantities that are one number of a run and a window."""
    of_record = set(readings_of_record())
    for place, reading in enumerate(readings()):
        row, values = QUANTITIES[reading.quantity], found.values[:, place]
        if reading.last <= CUT or reading in of_record:
            continue
        summed = _first_month(values) if row.months == WHOLE else _summed(values)
        points = observed().get(row.id, ())
        yield _prediction(row, "", reading.first, reading.last, summed, points)


def _by_country(found: Hindcast) -> Iterator[Row]:
    """Yield predictions of use and origins among consumers, by country."""
    users = users_by_country()
    for column, row in enumerate(BY_COUNTRY):
        yield from _in_countries(found, row, column, users if column == 0 else {})


def _in_countries(
    found: Hindcast, row: Described, column: int, points: Mapping[str, Observation]
) -> Iterator[Row]:
    """Yield predictions of a column of `Hindcast.consumers`."""
    for place, country in enumerate(data.countries()):
        seen = (points[country.code],) if country.code in points else ()
        for half, last in enumerate(LATER):
            summed = _summed(found.consumers[:, half, place, column])
            yield _prediction(row, country.code, _first_of(last), last, summed, seen)


def _families(found: Hindcast) -> list[int]:
    """Return the labs whose families have at least `LEAST_FAMILY` of the world's consumers."""
    people = np.array([country.working_age_m for country in data.countries()])
    users = people * found.consumers[..., 0]
    parts = (users[..., None] * found.consumers[..., 3:]).sum(axis=2) / users.sum(axis=2)[..., None]
    return np.flatnonzero(parts.mean(axis=0).max(axis=0) >= LEAST_FAMILY).tolist()


def _of_family(lab: int) -> tuple[Described, ...]:
    """Return what is said of a family: its share by country, and its coefficients."""
    slug, name = data.labs()[lab].slug.replace("_", "-"), data.labs()[lab].name
    share = Described(
        f"consumer-{slug}-by-country", f"{name}'s share of consumers, by country", "consumer",
        _AT_END, "share",
        f"Share of people who use releases of {name} among people who use AI in the country.",
        inputs=WHO_SERVES, seen=ACCESS,
    )  # fmt: skip
    return share, *coefficients(slug, name)


def _by_family(found: Hindcast, families: Sequence[int]) -> Iterator[Row]:
    """Yield predictions of families' shares of consumers by country, and their coefficients."""
    for lab in families:
        share, *of_covariates = _of_family(lab)
        yield from _in_countries(found, share, 3 + lab, {})
        for half, last in enumerate(LATER):
            both = np.array([slopes(run) for run in found.consumers[:, half, :, 3 + lab]])
            for row, values in zip(of_covariates, both.T, strict=True):
                yield _prediction(row, "", _first_of(last), last, _summed(values), ())


def _first_of(last: str) -> str:
    """Return the first month of the half-year that ends with a month."""
    return month_name(month_index(last) + 1 - HALF_YEAR)


def _prediction(
    row: Described,
    place: str,
    first: str,
    last: str,
    summed: Row,
    points: Sequence[Observation],
) -> Row:
    found: Row = {
        "id": row.id,
        "quantity": row.quantity,
        "channel": row.channel,
        "place": place,
        "statistic": row.statistic,
        "unit": row.unit,
        "period": period(row, first, last),
        "first": first,
        "last": last,
        **summed,
        **baselines(row, points, first, last),
        "points": len(points),
        "input_driven": bool(row.inputs),
        "blind": not row.seen,
    }
    return found | {key: text for key in ("inputs", "seen") if (text := getattr(row, key))}


def baselines(row: Described, points: Sequence[Observation], first: str, last: str) -> Row:
    """Return what each baseline says of a window; None where it says nothing."""
    if not points:
        return dict.fromkeys(BASELINES)
    series = Series(
        np.array([row.time(point.first, point.last) for point in points]),
        np.array([point.value for point in points]),
        row.unit,
    )
    time = row.time(month_index(first), month_index(last))
    said = {name: baseline(series, time) for name, baseline in BASELINES.items()}
    return {name: forecast and _rounded(forecast.value) for name, forecast in said.items()}


def period(row: Described, first: str, last: str) -> str:
    """Return the name of a window."""
    year, half = last[:4], "H1" if last.endswith("-06") else "H2"
    if row.months == HALF_YEAR:
        return f"{year}-{half}"
    if row.months == YEAR:
        return year if half == "H2" else f"twelve months to {last}"
    return f"{first} to {last}"


def _summed(values: Floats) -> Row:
    named = {"mean": float(values.mean()), **quantiles(values)}
    return {name: _rounded(value) for name, value in named.items()}


def _first_month(values: Floats) -> Row:
    """Return a month by quantiles: null where it lies after the last one, as does the mean."""
    after = month_index(END) + 1
    named = {
        name: month_name(round(x)) if round(x) < after else None
        for name, x in quantiles(values).items()
    }
    return {"mean": None, **named, "probability": _rounded(float((values < after).mean()))}


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
