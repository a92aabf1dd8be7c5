"""The page of the chain of causes: which outcome feeds which, and how that is tested."""

from __future__ import annotations

from docs.tables import code, page, table
from sim.model.chain import EDGES, HELD_BY, stage

INTRO = """\
Which outcome feeds which, as it stands in `sim/model/chain.py`. Reports draw their chains from
it: what moved under a policy on the way to a headline. *Sense*: whether more upstream makes more
(+) or less (−) downstream; empty where that depends on which releases gain. *Phase*: where in
[the month](phases.md) it acts; `observe` where the downstream outcome is counted out of the
upstream one. *Feedback*: it acts back on what comes before it in a chain, in later months, and no
report draws it.

A law acts before the table begins. Access, prices and friction are fields of the law and no
outcomes, so that their first effect is a share of releases or of use."""

TESTED = """\
## How an edge is tested

The state that stands for the upstream outcome is overwritten each month of a small world, after
the phase that makes it: the downstream outcome has to move the way the edge says within a year,
and whatever else in the table moves at once has to be reached by a path of edges. *Also*:
outcomes that are read from the same state."""


def chain_page() -> str:
    """Every edge, and what is overwritten to test it."""
    edges = [
        (
            code(edge.upstream),
            code(edge.downstream),
            code(edge.phase),
            {1: "+", -1: "−"}.get(edge.sense, ""),
            "yes" if stage(edge.downstream) < stage(edge.upstream) else "",
            edge.text,
        )
        for edge in EDGES
    ]
    states = [
        (code(name), code(held.phase), held.state, ", ".join(map(code, held.also)))
        for name, held in HELD_BY.items()
    ]
    return page(
        "The chain of causes",
        INTRO,
        table(("Upstream", "Downstream", "Phase", "Sense", "Feedback", "Why"), edges),
        TESTED,
        table(("Outcome", "After the phase", "State that is overwritten", "Also"), states),
    )
