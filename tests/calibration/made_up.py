"""A made-up model: measures at their targets, one of each block moved by one parameter."""

from statistics import NormalDist

import numpy as np

from sim import data
from sim.calibration.blocks import BLOCKS
from sim.calibration.calibrate import Sizes
from sim.calibration.likelihood import TAIL, scaled, unscaled
from sim.calibration.simulate import NAMES
from sim.sweep.sampling import parameter_range

SMALL = Sizes((256, 128), pool=4000, verified=120, replications=4, draws=100, central=5)
TINY = Sizes((64,), pool=500, verified=20, replications=2, draws=10, central=2)
TOLD = {name: block.parameters[0] for block in BLOCKS.values() for name in block.targets[:1]}
"""In the made-up model the first target of each block speaks of the block's first parameter."""


def score(name, values):
    """Where values of a parameter stand in its range, as normal scores."""
    law = parameter_range(name)
    grid = np.linspace(-3.2, 3.2, 4001)
    normal = NormalDist()
    return np.interp(values, [law(normal.cdf(z)) for z in grid], grid)


def made_up(draws, replications, seed, **_):
    """Measures at their targets, but for one of each block, which a parameter moves."""
    luck = np.random.default_rng(seed)
    found = np.empty((len(draws), replications, len(NAMES)))
    for place, name in enumerate(NAMES):
        target = next(t for t in data.targets() if t.id == name)
        side = (target.high - target.low) / (2.0 * TAIL)
        found[:, :, place] = target.value + 0.02 * side * luck.standard_normal(found.shape[:2])
        if name in TOLD:
            column = draws.values[:, draws.names.index(TOLD[name])]
            found[:, :, place] += 4.0 * side * (score(TOLD[name], column) - 1.0)[:, None]
    return found


def linear(draws, replications, seed, **_):
    """The same on the scales on which values are compared, where emulators can be exact."""
    luck = np.random.default_rng(seed)
    found = np.empty((len(draws), replications, len(NAMES)))
    for place, name in enumerate(NAMES):
        target = next(t for t in data.targets() if t.id == name)
        low, value, high = scaled(np.array([target.low, target.value, target.high]), target.unit)
        side = (high - low) / (2.0 * TAIL)
        there = value + 0.2 * side * luck.standard_normal(found.shape[:2])
        if name in TOLD:
            column = draws.values[:, draws.names.index(TOLD[name])]
            there += 2.0 * side * score(TOLD[name], column)[:, None]
        found[:, :, place] = unscaled(there, target.unit)
    return found
