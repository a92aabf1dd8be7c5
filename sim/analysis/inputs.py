"""Costs of policies are prices times acts, and scenarios set the prices: no cost is a finding.

A world keeps two kinds of costs apart. Standing costs stand in the law's ledger while a policy is
in force. Charges follow from what agents do, at prices that fields of the scenario set: releases
that are assessed, audits that are made, use that is subsidised.

No cost has a sign or a word of the ladder. Its difference is an input where prices differ and no
pair differs in acts, partly an input where both may; where prices are the reference's nothing is
said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.vocabulary import PAYERS

if TYPE_CHECKING:
    from sim.analysis.paired import PairedResults
    from sim.policies.base import Policy
    from sim.scenario.scenario import Scenario

COST = "cost_"
"""How names of costs begin."""
CHARGED = {f"cost_policy_{payer}": f"cost_charged_{payer}" for payer in PAYERS}
"""Of each cost the outcome that holds its charges; the rest of it is standing."""

ALL, PART, NONE = "all", "part", ""
WORDS = {ALL: "input", PART: "partly input", NONE: ""}
"""What is said of a difference of costs in place of a word of the ladder."""

ROUNDING = 1e-6
"""Relative size below which a standing cost is the rounding of 32-bit series."""


def typed_in(study: PairedResults, scenario: str, outcomes: Sequence[str]) -> dict[str, str]:
    """Return how far the difference of each cost from the reference is an input.

    Parameters
    ----------
    study
        Finished runs.
    scenario
        Name of a case.
    outcomes
        Names of outcomes that were kept.

    Returns
    -------
    dict
        By name of each cost among the outcomes. `NONE` if nothing differs, or if all policies that
        have a price are the reference's. `ALL` of a cost that was kept with its charges, if
        these do not differ and the difference is the same in every pair, so that neither luck nor
        choices are in it. `PART` of any other.
    """
    costs = [name for name in outcomes if name.startswith(COST)]
    against, kept = study.case(scenario).against, set(study.outcomes())
    if not costs or _priced(study.scenario(scenario)) == _priced(study.scenario(against)):
        return dict.fromkeys(costs, NONE)
    charges = {name: CHARGED[name] for name in costs if CHARGED.get(name) in kept}
    names = list(dict.fromkeys((*costs, *charges.values())))
    window = study.window(scenario)
    ours, theirs = (study.means(name, names, window) for name in (scenario, against))
    differences = dict(zip(names, np.nan_to_num(ours - theirs).T, strict=True))
    sizes = dict(zip(names, np.nan_to_num(np.maximum(abs(ours), abs(theirs))).T, strict=True))
    found = {}
    for name in costs:
        change, rounding = differences[name], ROUNDING * sizes[name]
        same = (abs(change - np.median(change)) <= rounding).all()
        acts = name not in charges or differences[charges[name]].any()
        moved = (abs(change) > rounding).any()
        found[name] = NONE if not moved else PART if acts or not same else ALL
    return found


def _priced(scenario: Scenario) -> dict[str, Policy]:
    """Return the policies of a scenario that have a field in USD."""
    return {
        name: policy
        for name, policy in scenario.policy.items()
        if any(field.unit.startswith("USD") for field in policy.lever_fields.values())
    }
