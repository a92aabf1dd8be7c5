"""Starsim's first example: an epidemic (SIR) on a random network. A line asks for one run."""

import sys
import time

answers, sys.stdout = sys.stdout, sys.stderr  # the library prints of the fonts that it makes

import starsim as ss  # noqa: E402

for line in sys.stdin:
    agents, steps, number = map(int, line.split())
    start = time.process_time()
    epidemic = ss.Sim(
        n_agents=agents,
        start=0,
        stop=steps - 1,
        dt=1,
        diseases=ss.SIR(),
        networks=ss.RandomNet(n_contacts=8),
        rand_seed=number,
        verbose=0,
    )
    epidemic.run()
    assert epidemic.t.npts == steps
    print(time.process_time() - start, file=answers, flush=True)
