"""Mesa's first example: agents give a unit of wealth to anybody. A line asks for one run."""

import sys
import time

import mesa


class Holder(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.wealth = 1

    def give(self):
        if self.wealth:
            self.model.random.choice(self.model.holders).wealth += 1
            self.wealth -= 1


class Wealth(mesa.Model):
    def __init__(self, agents, number):
        super().__init__(seed=number)
        self.holders = [Holder(self) for _ in range(agents)]

    def step(self):
        self.agents.shuffle_do("give")


for line in sys.stdin:
    agents, steps, number = map(int, line.split())
    start = time.process_time()
    model = Wealth(agents, number)
    for _ in range(steps):
        model.step()
    assert sum(holder.wealth for holder in model.holders) == agents
    print(time.process_time() - start, flush=True)
