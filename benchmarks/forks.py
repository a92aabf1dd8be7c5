"""What forking saves: the runs of a chunk, forked over each by itself.

A round makes the six scenarios of four-policies for one replication both ways; both must give the
same bits.
"""

from __future__ import annotations

import gc

from benchmarks.rounds import Figure, interleaved, ratio, took
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.forks import Forks
from sim.sweep.runs import Run, RunId

SCENARIOS = (
    "status-quo", "p1-blanket", "p2-risk-assessment", "p3-government-audits",
    "p4-audit-repository", "targeted-bundle",
)  # fmt: skip


def forked(runs: list[Run]) -> list[bytes]:
    """Make the runs of a chunk as a worker does."""
    forks = Forks(runs, 1)
    return [forks.make(run).values.tobytes() for run in runs]


def alone(runs: list[Run]) -> list[bytes]:
    """Make each run in a world of its own."""
    return [
        World(run.scenario, rng=1, replication=run.id.luck).run().values.tobytes() for run in runs
    ]


def measure(rounds: int) -> list[Figure]:
    """Return the ratio; rounds whose bits differ end it."""
    scenarios = [load(name) for name in SCENARIOS]
    World(scenarios[0], rng=1).run()
    gc.freeze()  # as a worker does with what it has imported
    made: dict[int, list[bytes]] = {}

    def by(way):
        def timer(number: int) -> float:
            runs = [Run(RunId(one.id, 0, number), one.name, one) for one in scenarios]
            made.setdefault(number, [])
            return took(lambda: made[number].append(way(runs)))

        return timer

    seconds = interleaved((by(forked), by(alone)), rounds)
    differ = [number for number, (first, second) in made.items() if first != second]
    assert not differ, f"rounds {differ}: forked runs have other bits"
    note = (
        f"{len(SCENARIOS)} scenarios of one replication: {{over}} and {{under}}, equal to the bit"
    )
    what = "comparison forked, over each run by itself"
    return [ratio("forked_over_unforked", what, *seconds.T, note)]
