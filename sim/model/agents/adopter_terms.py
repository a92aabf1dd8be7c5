"""Terms of the choice from parameters and tables: sizes, traits of countries, weights, factors."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.identity import identity
from sim.model.kernels.market import LINEAR, LOGISTIC, N_CHANNELS, ChannelFactors, ChoiceWeights
from sim.model.parameters import by_channel
from sim.model.uptake import log_gdp_per_head
from sim.vocabulary import CN, DEVELOPER, ORIGINS

if TYPE_CHECKING:
    from sim.model.parameters import ParameterValues
    from sim.model.world import World

USUAL_LOG_GDP, SPREAD_LOG_GDP = 9.5, 1.5
"""Log GDP per head (USD) at which the price weight is as stated, and the step over which
``price_income`` acts: judgement, 9-10 and 1-2."""
INCOME_FACTOR = 0.4, 2.0
"""Least and largest factor of income on the price weight: judgement, 0.2-0.6 and 1.5-3."""
BENDS = {"logistic": LOGISTIC, "linear": LINEAR}
"""Bends of the worth of capability by the scenario's structure."""
ELASTICITY = {"fixed": 0.0, "elastic": 1.0}
"""By how much tokens of a user of the market channel answer to price, by the scenario's structure:
at 1 he spends the same whatever it is."""
BY_GDP, BY_PEOPLE = 0.7, 0.3
"""Elasticities of a country's projects to GDP and to people, together 1: judgement, 0.5-0.9 for
GDP."""


def channel_sizes(world: World) -> np.ndarray:
    """Size of each country by channel, each channel summing to 1.

    That is people, GDP (three times), or projects.
    """
    people = np.array([c.working_age_m for c in world.countries])
    gdp = np.array([c.gdp_usd_bn for c in world.countries])
    projects = np.array([c.gdp_usd_bn**BY_GDP * c.people_m**BY_PEOPLE for c in world.countries])
    sizes = np.stack((people, gdp, gdp, projects, gdp), axis=1)
    return sizes / sizes.sum(axis=0)


class Traits(NamedTuple):
    """What does not change in a country's adopters.

    Attributes
    ----------
    capacity, income, alignment : array (country,)
        Own capacity 0-1, factor on the price weight, alignment with the US 0-1.
    concern : array (country, channel), utils by unit of risk
    taste : array (country, origin), utils
    home : int array (family,), country of the lab
    """

    capacity: np.ndarray
    income: np.ndarray
    alignment: np.ndarray
    concern: np.ndarray
    taste: np.ndarray
    home: np.ndarray


def fixed_traits(world: World) -> Traits:
    """Traits of countries from the tables and the parameters; tastes are drawn once."""
    p = world.p
    log_gdp = np.array(log_gdp_per_head())
    scaled = (log_gdp - log_gdp.min()) / (log_gdp.max() - log_gdp.min())
    alignment = np.array([c.alignment for c in world.countries])
    draws = world.streams("country taste")
    taste = np.zeros((len(world.countries), len(ORIGINS)))
    taste[:, CN] = [p.taste_country_sd * draws.normal(identity(c.code)) for c in world.countries]
    return Traits(
        capacity=p.capacity_floor + (1.0 - p.capacity_floor) * scaled,
        income=np.clip(
            1.0 + p.price_income * (USUAL_LOG_GDP - log_gdp) / SPREAD_LOG_GDP, *INCOME_FACTOR
        ),
        alignment=alignment,
        concern=p.security_weight
        * alignment[:, None]
        * np.array(by_channel(p, "security_factor"))[None, :],
        taste=taste,
        home=np.array([lab.home for lab in world.labs]),
    )


def choice_weights(p: ParameterValues, capability: str) -> ChoiceWeights:
    """Weights of the choice that hold in every channel, with a form of the capability term."""
    return ChoiceWeights(
        capability=p.capability_weight,
        width=p.capability_width,
        bends=BENDS[capability],
        openness=p.openness_weight,
        price=p.price_weight,
        novelty_months=p.novelty_months,
        price_fall=log(p.price_fall),
        price_points=p.price_points,
        price_floor=log(p.price_floor),
        mirror_denial=p.mirror_denial,
        clean=p.clean_effect,
        flagged=p.flagged_effect,
        home=p.home_weight,
    )


def channel_factors(p: ParameterValues) -> ChannelFactors:
    """Factors on the weights by channel; that of price in the market may grow with time."""
    breadth = np.zeros(N_CHANNELS)
    breadth[DEVELOPER] = p.breadth_weight
    return ChannelFactors(
        capability=np.array(by_channel(p, "capability_factor")),
        openness=np.array(by_channel(p, "openness_factor")),
        price=np.array(by_channel(p, "price_factor")),
        novelty=np.array(by_channel(p, "novelty_factor")) * p.novelty_weight,
        breadth=breadth,
    )


def ways_of_use(p: ParameterValues) -> np.ndarray:
    """Draws below which an adopter uses open weights in each way but the last: (channel, 3).

    As :class:`sim.model.kernels.bans.BanTerms` takes them.
    """
    service = np.array(by_channel(p, "own_service"))
    hosted = (1.0 - service) * np.array(by_channel(p, "other_host"))
    alone = service * (1.0 - p.host_instead)
    return np.stack((alone, service, service + hosted), axis=1)
