"""A hind-cast whose runs are made up, and the draws it has in place of the shipped ones."""

import numpy as np

from sim import data
from sim.calibration.hindcast import LATER, Hindcast, readings
from sim.calibration.simulate import NAMES
from sim.model.parameters import PARAMETERS
from sim.sweep.sampling import parameter_range, sample

WIDTH = 3 + len(data.labs())
"""Columns of a country's consumers: use, the shares of the US and China, those of families."""
STAND_IN = sample({name: parameter_range(name) for name in PARAMETERS}, 24, "latin-hypercube", 1)
"""In place of the shipped ensemble."""


def made_up(draws=24):
    """A hind-cast whose runs are numbers of a generator: shares, but a month where one is due."""
    rng = np.random.default_rng(0)
    values = rng.uniform(0.2, 0.6, (draws, len(readings())))
    place = [reading.quantity for reading in readings()].index("overtaking")
    values[:, place] = np.arange(draws) + 26.0
    consumers = rng.uniform(0.1, 0.9, (draws, len(LATER), len(data.countries()), WIDTH))
    consumers[..., 5:] = 0.001
    return Hindcast(rng.random((draws, len(NAMES))), values, consumers, STAND_IN[:draws], 0, 0)
