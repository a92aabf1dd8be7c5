"""What of a run is no result."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.sweep.parts import USE, Series, channel_names, country_codes


def check_series(series: Series, first: Series | None = None) -> None:
    """Refuse what is no result.

    That is what is not finite, and arrays that do not fit their names or another run of the case.

    Raises
    ------
    ValueError
        With what does not fit, or the first month that is not finite and its outcomes.
    """
    if series.values.shape != (len(series.months), len(series.names)):
        raise ValueError(
            f"series of shape {series.values.shape} for {len(series.months)} months and "
            f"{len(series.names)} outcomes"
        )
    if series.countries.shape != (len(series.moments), *series.panel.shape, len(USE)):
        raise ValueError(
            f"country table of shape {series.countries.shape} for a panel of shape "
            f"{series.panel.shape}"
        )
    if series.families is not None:
        shape = (len(series.moments), *series.panel.shape)
        if series.families.shape[:-1] != shape or not np.isfinite(series.families).all():
            raise ValueError(
                f"shares of families of shape {series.families.shape}: must be finite, and of "
                f"shape {shape} and families"
            )
    if first is not None and _form(series) != _form(first):
        raise ValueError("the run has other outcomes or months than the ones before it")
    _check_finite(series)


def _check_finite(series: Series) -> None:
    """Refuse series with nan or infinity.

    An outcome that means nothing yet is 0 by its definition.
    """
    finite = np.isfinite(series.values)
    if not finite.all():
        month = int(np.argmin(finite.all(axis=1)))
        names = [name for name, fine in zip(series.names, finite[month], strict=True) if not fine]
        more = f" and {len(names) - 1} more outcomes" if len(names) > 1 else ""
        value = series.values[month, series.names.index(names[0])]
        raise ValueError(
            f"outcome {names[0]} is {value} in {series.months[month]}{more}: no finite number"
        )
    if not np.isfinite(series.countries).all():
        moment, country, channel, use = np.argwhere(~np.isfinite(series.countries))[0]
        _, countries, channels, _ = series.countries.shape
        what = (
            f"{USE[use]} of country {country_codes(countries)[country]}, "
            f"channel {channel_names(channels)[channel]},"
        )
        value = series.countries[moment, country, channel, use]
        raise ValueError(f"{what} is {value} in {series.moments[moment]}: no finite number")


def _form(series: Series) -> tuple[Any, ...]:
    return series.names, series.months, series.moments, series.panel.shape
