"""Phases say what they write, and write nothing else."""

import hashlib
import inspect
import re

import mesa

from sim.model.phases import PHASES, phase_texts
from sim.model.world import World
from tests.guarantees import state


def attributes(world):
    """Digest of each attribute of a world, agents and records within it included.

    Streams only remember their keys.
    """
    left_out = {*vars(mesa.Model()), "datacollector", "streams", "scenario"}
    found = {}
    for name, value in vars(world).items():
        if name not in left_out:
            digest = hashlib.sha256()
            state.feed(value, digest, {id(world), id(world.streams)}, [])
            found[name] = digest.hexdigest()
    return found


def test_a_phase_changes_nothing_but_what_it_says_it_writes(everything):
    """In March and September: with policies, both kinds of releases, and a crisis."""
    world = World(everything, rng=1)
    said = {phase.name: set(phase.writes) for phase in phase_texts()}
    changed = {name: set() for name in said}

    def watch(phase):
        def run(world):
            if world.month % 6 == 2:
                before = attributes(world)
                phase(world)
                after = attributes(world)
                changed[phase.__name__] |= {
                    name for name, value in after.items() if before.get(name) != value
                }
            else:
                phase(world)

        return run

    world.phases = tuple(watch(phase) for phase in PHASES)
    world.run()
    assert {name: names - said[name] for name, names in changed.items()} == {
        name: set() for name in said
    }
    assert all(changed.values()), "a phase does nothing"


def test_a_world_says_what_each_of_its_attributes_holds(everything):
    world = World(everything, rng=1)
    world.step()
    _, _, text = inspect.cleandoc(World.__doc__).partition("Attributes\n")
    said = {
        name
        for line in re.findall(r"^(\w[\w, ]*) : ", text, re.MULTILINE)
        for name in line.split(", ")
    }
    held = set(vars(world)) - set(vars(mesa.Model())) - {"datacollector"}
    assert held == said
