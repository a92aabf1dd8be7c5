"""The paper whose policies and factors are scored, and where its signs are read."""

from __future__ import annotations

from sim.analysis import wording
from sim.data import paper_signs
from sim.report.cells import FACTOR_NAMES
from sim.report.figure_data import Grid

REFERENCE = (
    "Claudia Wilson and Emmie Hine, US Open-Source AI Governance: Balancing Ideological and "
    "Geopolitical Considerations with China Competition. Center for AI Policy and Yale Digital "
    "Ethics Center, 11 February 2025."
)
LINK = "https://ethicalreckoner.substack.com/p/wr-53-part-2-us-open-source-ai-governance"
"""An author's own account of the paper, which leads to it."""
READ = (
    "Its scored table was not to be had. Each sign is this project's reading of its prose: of the "
    "authors' summary on the web, in our words and not in theirs. Only directions are compared."
)
P1, P2, P3, P4 = "p1-blanket", "p2-risk-assessment", "p3-government-audits", "p4-audit-repository"
READINGS = {
    (P1, "progress_specific"): "on P1: a check of every user burdens those who build applications",
    (P1, "progress_frontier"): "on P1: the effect on the frontier is limited",
    (P1, "chinese_misuse"): "on P1: of limited efficacy, since weights that are out leak",
    (P1, "global_power"): "on P1: a real risk that other countries choose other suppliers",
    (P1, "other_misuse"): "on P1: a control by country leaves domestic misuse unaddressed",
    (P2, "progress_specific"): "on P2: less disruptive than P1",
    (P2, "chinese_misuse"): "on P2: the more reasonable alternative, which could do better than P1",
    (P2, "other_misuse"): "on P2: covers domestic misuse too",
    (P3, "transparency"): "on P3: results of the audits are rarely public",
    (P3, "backdoors"): "on P3: helps, if the information that audits need is there",
    (P4, "transparency"): "on P4: audits are public and build trust",
    (P4, "backdoors"): "on P4: a valuable public good, if components can be traced and it is paid",
}
"""Where in the authors' summary each sign comes from, and what is said there, in our words."""


def signs_grid() -> Grid:
    """Return the signs that can be read, with the place each comes from."""
    rows = [
        (
            f"{policy.partition('-')[0].upper()}, {policy.partition('-')[2].replace('-', ' ')}",
            FACTOR_NAMES[factor],
            wording.symbol(sign),
            f"Summary, {READINGS[policy, factor]}",
        )
        for (policy, factor), sign in paper_signs().items()
    ]
    head = ("Policy of the paper", "Factor", "Sign as we read it", "Where from, in our words")
    return Grid(head, tuple(rows), names=2)
