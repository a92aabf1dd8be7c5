"""Runs made by hand."""

from types import SimpleNamespace

import numpy as np

from sim import data
from sim.calibration.measures import Run
from sim.model.outcomes import OUTCOMES
from sim.model.records import Series
from sim.months import month_index, month_name
from sim.vocabulary import CHANNELS, CONSUMER


def made_until(end, p=None, use=None, shares=None, **paths):
    """A run in which outcomes are 7 but where it is said: (first, last) month to value or path.

    `use` and `shares`, an array (country, origin), are of consumers in June 2025; all else in the
    tables by country is 0.5.
    """
    months = tuple(month_name(i) for i in range(month_index(end) + 1))
    moments = tuple(month for month in months if month.endswith(("-06", "-12")))
    moments += (end,) if end not in moments else ()
    values = np.full((len(months), len(OUTCOMES)), 7.0, np.float32)
    for name, changes in paths.items():
        for (first, last), value in changes.items():
            place = slice(month_index(first), month_index(last) + 1)
            values[place, list(OUTCOMES).index(name)] = value
    n = len(data.countries())
    countries = np.full((len(moments), n, len(CHANNELS), 4), 0.5, np.float32)
    if use is not None:
        countries[moments.index("2025-06"), :, CONSUMER, 0] = use
    if shares is not None:
        countries[moments.index("2025-06"), :, CONSUMER, 1:] = shares
    panel = np.ones((n, len(CHANNELS)), np.int64)
    return Run(
        Series(tuple(OUTCOMES), months, values, moments, countries, panel),
        SimpleNamespace(**(p or {})),
    )
