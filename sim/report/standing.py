"""The standing costs of policies: inputs, read from the scenarios and not from runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.analysis import wording
from sim.model.jurisdictions import Jurisdictions
from sim.model.law import law_of_month
from sim.months import month_index
from sim.report.figure_data import Grid
from sim.report.prose import added, reference

if TYPE_CHECKING:
    from sim.analysis.study import Study


def standing_grid(study: Study) -> Grid:
    """Return the standing costs as a study's scenarios set them, one row per policy and payer.

    That is before anybody joins by mimicry, leaves, or chooses to break a rule.

    Of the reference all, of every other scenario those of policies that it adds or changes. Amounts
    are those at a policy's full strength; what is 0 is left out.
    """
    base, where = reference(study), Jurisdictions.of_tables()
    rows = []
    for scenario in (base, *(s for s in study.scenarios if s is not base)):
        own = sorted(base.policy.items()) if scenario is base else added(scenario, base)
        for name, policy in own:
            for payer, usd in _standing(where, name, policy):
                lever = f"{name} ({type(policy).lever})"
                title = study.titles[scenario.name]
                rows.append((title, lever, payer.replace("_", " "), wording.significant(usd)))
    head = ("Scenario", "Policy (lever)", "Paid by", "USD a year at full strength")
    return Grid(head, tuple(rows), names=2)


def _standing(where: Jurisdictions, name: str, policy: Any) -> list[tuple[str, float]]:
    """Return payers and amounts of a policy's standing costs once it is phased in."""
    last = month_index(policy.start) + policy.ramp_months
    if policy.end is not None:
        last = min(last, month_index(policy.end) - 1)
    law = law_of_month(where, [(name, policy)], last)
    return [(payer, usd) for payer, usd, _ in law.expenses if usd > 0.0]
