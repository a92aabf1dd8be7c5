"""A study in the form of the IAMC, in which teams of modellers exchange scenarios."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.frames import LEVELS, levels_over_runs
from sim.vocabulary import CHANNELS, REGIONS

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study

COLUMNS = ("model", "scenario", "region", "variable", "unit", "year", "value")

_WORLD, _UNION = "World", "European Union"
REGION_NAMES = {
    "world": _WORLD,
    "abroad": "World outside the US and China",
    "us_aligned": "US-aligned countries",
    "third_country": "Third countries",
    "restricted": "Restricted countries",
    "us": "United States",
    "cn": "China",
    "eu": _UNION,
    "north": "Global North",
    "south": "Global South",
}
"""Regions as they stand in the names of outcomes, and as the form calls them."""

_BY_REGION = re.compile(
    rf"((?:us|cn|open)_share|application_value|use|compute|dependence)"
    rf"_({'|'.join((*REGIONS, 'north', 'south'))})((?:_(?:{'|'.join(CHANNELS)}))?)"
)
"""Outcomes that are measured in several regions: what, where, through which channel.

In other names us, cn and other stand for whose releases are meant.
"""
_OF_THE_EU = {
    "eu_labs_in_eu": _UNION,
    "eu_labs_outside_eu": f"World outside the {_UNION}",
    "services_withdrawn_eu": _UNION,
    "use_withdrawn_eu": _UNION,
}
"""Beginnings of names of outcomes that are about the EU alone."""

STATISTICS = ("mean", *("median" if level == "p50" else level for level in LEVELS))


def region_and_variable(outcome: str) -> tuple[str, str]:
    """Return where an outcome is measured, and its name without that."""
    match = _BY_REGION.fullmatch(outcome)
    if match:
        return REGION_NAMES[match[2]], match[1] + match[3]
    regions = (region for begin, region in _OF_THE_EU.items() if outcome.startswith(begin))
    return next(regions, _WORLD), outcome


def iamc(study: Study, outcomes: list[str]) -> pd.DataFrame:
    """Return statistics of yearly means in long form (see `Study.to_iamc`)."""
    import pandas as pd

    from sim import __version__

    frames = []
    for case in study.cases:
        pairs = study.finished_pairs(case.name)
        if not len(pairs):
            continue
        years = np.array([int(month[:4]) for month in study.months(case.name)], np.int64)
        known = np.unique(years)
        for batch in study.batches(outcomes):
            series = study.series(case.name, batch)
            rows = np.array([values[pairs] for values in series.values()], np.float64)
            found = levels_over_runs(_yearly(rows, years, known))
            for name, levels in zip(series, np.swapaxes(found, 0, 1), strict=True):
                region, variable = region_and_variable(name)
                frame = {
                    "model": f"openstakes {__version__}",
                    "scenario": case.name,
                    "region": region,
                    "variable": np.repeat(
                        [f"{variable}|{text}" for text in STATISTICS], len(known)
                    ),
                    "unit": study.outcome(name).unit,
                    "year": np.tile(known, len(STATISTICS)),
                    "value": levels.ravel(),
                }
                frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _yearly(
    rows: NDArray[np.float64], years: NDArray[np.int64], known: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return means over the months of each year: (outcome, run, month) to (outcome, run, year)."""
    return np.stack([rows[..., years == year].mean(axis=-1) for year in known], axis=-1)
