"""The terrain of a world, from the tables and its parameters alone: which countries and labs a law can speak of."""

from __future__ import annotations

from math import exp
from types import SimpleNamespace

import numpy as np

from sim import data
from sim.law import ORIGINS, US, Terrain
from sim.parameters import CHANNELS


def terrain(p: SimpleNamespace) -> Terrain:
    """Return the terrain of a world with these parameters (see `sim.parameters.values`)."""
    countries, labs = data.countries(), data.labs()
    homes = {country.code: i for i, country in enumerate(countries)}
    access = np.ones((len(countries), len(ORIGINS), len(CHANNELS)))
    for i, country in enumerate(countries):
        if country.bloc == "CN":
            access[i, US] = exp(p.access_us_in_china)
        elif country.bloc == "restricted":
            access[i, US] = exp(p.access_restricted)
    return Terrain(
        tuple(country.code for country in countries),
        tuple(country.bloc for country in countries),
        tuple(country.alignment for country in countries),
        tuple(country.people_m for country in countries),
        tuple(country.gdp_usd_bn for country in countries),
        tuple(country.eu for country in countries),
        tuple(lab.slug for lab in labs),
        tuple(ORIGINS.index(lab.origin) for lab in labs),
        tuple(homes[lab.home] for lab in labs),
        tuple(lab.kind == "fringe" for lab in labs),
        access,
    )
