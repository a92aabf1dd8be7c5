"""Which costs of policies are inputs: set by fields of a scenario, and so no finding.

A world keeps two kinds of costs apart. Standing costs stand in the law's ledger while a policy is
in force, whatever anybody does. Charges follow from what agents do: releases that are assessed,
audits that are made, use that is subsidised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.vocabulary import PAYERS

if TYPE_CHECKING:
    from sim.analysis.paired import PairedResults

CHARGED = {f"cost_policy_{payer}": f"cost_charged_{payer}" for payer in PAYERS}
"""Of each cost the outcome that holds its charges; the rest of it is standing."""

ALL, PART = "all", "part"
WORDS = {ALL: "input", PART: "partly input"}
"""What is said of a difference of costs in place of a word of the ladder."""

ROUNDING = 1e-6
"""Relative size below which a standing cost is the rounding of 32-bit series."""


def typed_in(study: PairedResults, scenario: str) -> dict[str, str]:
    """Return how far the difference of each cost from the reference is an input.

    Parameters
    ----------
    study
        Finished runs.
    scenario
        Name of a case.

    Returns
    -------
    dict
        By name of a cost: `ALL` if no pair differs in charges, `PART` if some do. Costs whose
        standing part is the reference's are left out, and so are those that were not kept together
        with their charges.
    """
    kept = set(study.outcomes())
    held = [(cost, charge) for cost, charge in CHARGED.items() if {cost, charge} <= kept]
    if not held:
        return {}
    names, window = [name for pair in held for name in pair], study.window(scenario)
    ours = study.means(scenario, names, window)
    theirs = study.means(study.case(scenario).against, names, window)
    found = {}
    for i, (cost, _) in enumerate(held):
        total, charged = (np.nan_to_num((ours - theirs)[:, 2 * i + k]) for k in (0, 1))
        size = np.nan_to_num(np.maximum(np.abs(ours[:, 2 * i]), np.abs(theirs[:, 2 * i])))
        if (np.abs(total - charged) > ROUNDING * size).any():
            found[cost] = PART if charged.any() else ALL
    return found
