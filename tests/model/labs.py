"""Labs of a world by name, and the law that binds those of the US."""

import numpy as np

from sim.vocabulary import US


def named(world, slug):
    return world.labs[world.slugs[slug]]


def command(world, **fields):
    """Write values into the law of the present month for US labs."""
    for name, value in fields.items():
        setattr(
            world.law, name, np.where(world.law.class_origin == US, value, getattr(world.law, name))
        )
