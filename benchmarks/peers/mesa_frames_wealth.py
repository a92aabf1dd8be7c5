"""The wealth example as rows of a table: givers give a unit to anybody. A line asks for one run."""

import sys
import time

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF


class Holders(AgentSetPolars):
    def __init__(self, model, agents):
        super().__init__(model)
        self.add(pl.DataFrame({"unique_id": np.arange(agents), "wealth": np.ones(agents, int)}))

    def step(self):
        wealth = self.agents["wealth"].to_numpy()
        givers = wealth > 0
        takers = self.model.luck.integers(len(wealth), size=int(givers.sum()))
        given = np.bincount(takers, minlength=len(wealth))
        self.agents = self.agents.with_columns(wealth=pl.Series(wealth - givers + given))


class Wealth(ModelDF):
    def __init__(self, agents, number):
        super().__init__()
        self.luck = np.random.default_rng(number)
        self.holders = Holders(self, agents)
        self.agents += self.holders


for line in sys.stdin:
    agents, steps, number = map(int, line.split())
    start = time.process_time()
    model = Wealth(agents, number)
    for _ in range(steps):
        model.agents.do("step")
    (holders,) = model.agents._agentsets
    assert holders.agents["wealth"].sum() == agents
    print(time.process_time() - start, flush=True)
