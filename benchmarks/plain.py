"""The World over the same model with one Mesa agent per adopter and nothing compiled.

The plain model is that of tests/reference. A round makes and runs both for 24 months; what adopters
use in the end must be the same but for near ties.
"""

from __future__ import annotations

import numpy as np

from benchmarks.rounds import Figure, interleaved, ratio, took
from sim.model.world import World
from sim.scenario.scenario import load
from tests.reference.plain import PlainWorld

TIES = 2e-3
"""Share of adopters whose choice may differ: ties nearer than single precision, and what followed
from them."""


def measure(rounds: int, adopters: int) -> list[Figure]:
    """Return how many times as long the plain model takes."""
    scenario = load("status-quo", settings=[f"adopters={adopters}", "horizon.end=2024-12"])
    World(scenario, rng=1).run()
    choices: dict[int, list[np.ndarray]] = {number: [] for number in range(rounds)}

    def fast(number: int) -> float:
        def work() -> None:
            world = World(scenario, rng=1, replication=number)
            world.run()
            choices[number].append(world.adopters.choice)

        return took(work)

    def plain(number: int) -> float:
        def work() -> None:
            world = PlainWorld(scenario, rng=1, replication=number)
            world.run()
            used = [adopter.using.number for adopter in world.panel.adopters]
            choices[number].append(np.array(used))

        return took(work)

    seconds = interleaved((plain, fast), rounds)
    differ = [float((first != second).mean()) for first, second in choices.values()]
    assert max(differ) < TIES, f"the plain model makes other choices: {differ} of all"
    what = f"one Mesa agent for each of {adopters:,} adopters, nothing compiled, over openstakes"
    note = f"24 months: {{over}} and {{under}}; {max(differ):.2%} of choices differ at most"
    return [ratio(f"plain_mesa_{adopters}", what, *seconds.T, note)]
