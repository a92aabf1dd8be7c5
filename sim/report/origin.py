"""What a figure or a table that leaves its folder carries: version, seed, scenarios, citation."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sim.analysis import wording
from sim.report.style import FORECAST

if TYPE_CHECKING:
    from sim.analysis.study import Study

AUTHORS = "The openstakes developers"
TITLE = "openstakes: an agent-based model for comparing policies on open-weight AI"
LICENCE = "Apache-2.0"
_DIGITS = 12


def citation() -> str:
    """Return how to cite this version, as CITATION.cff has it."""
    from sim import __version__

    return f"{AUTHORS}. {TITLE}. Version {__version__}. {LICENCE}."


def scenarios_hash(study: Study) -> str:
    """Return 12 hexadecimal digits that tell the scenarios of a study from all others."""
    ids = "\n".join(case.scenario.id for case in study.cases)
    return hashlib.sha256(ids.encode()).hexdigest()[:_DIGITS]


def line(study: Study) -> str:
    """Return what stands at the foot of a picture: version, seed and hash of the scenarios."""
    from sim import __version__

    return f"openstakes {__version__}, seed {study.seed}, scenarios {scenarios_hash(study)}."


def metadata(study: Study, title: str) -> dict[str, str]:
    """Return what the file of a picture carries unseen, by the names of Dublin Core.

    Scenarios are given by their ids (hash of their content): names are a user's text, and stand in
    figures/about.json.
    """
    ids = ", ".join(case.scenario.id for case in study.cases)
    made = wording.sample(study.draws, study.replications)
    return {
        "Title": title,
        "Description": f"{FORECAST} {line(study)} {made}. Ids of the scenarios: {ids}. "
        f"Cite: {citation()}",
        "Creator": AUTHORS,
        "Rights": LICENCE,
        "Source": line(study),
    }
