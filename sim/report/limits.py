"""What to know before quoting a number: limits of model and study."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis import rubric, wording
from sim.analysis.countries import ENOUGH
from sim.model.parameters import DEFAULTS
from sim.months import month_name
from sim.report.view import policies
from sim.sweep.distributions import settled
from sim.sweep.uncertainties import is_calibrated

if TYPE_CHECKING:
    from sim.analysis.study import Study

_USUAL = 48
"""Months that are compared where the horizon is long enough."""
_FEW = 0.01
"""Chance of a clear sign without any effect from which pairs are called few."""
_MANY = 1000
"""Pairs of which chance gives no clear sign (1e-160), and the binomial sum takes long."""

_MOST_NAMED = 5
"""Scenarios that a line names one by one."""

_CONDITIONAL = (
    "All results hold under the model and the values listed above. They compare policies; they do "
    "not predict."
)
_NOT_ADDED = "The factors of the rubric are not weighted and not added up."
_PAPER = (
    "The paper's signs are this project's reading of its public summary in prose; its scored table "
    "was not read."
)
_FITTED = (
    "Parameters are fitted to targets up to mid 2025 where a target speaks of them, and are "
    "judgement elsewhere; docs/explanation/calibration.md says which, and which targets are "
    "missed. Policy steps come from sources up to 2026; the five channels, who serves whom, growth "
    "of use, distillation and growth of chip stocks in 2025 were chosen with later figures in "
    "sight."
)
_INPUT_DRIVEN = (
    "Which lab serves whom is an input, mostly judgement (sim/data/serving.csv). Shares that "
    "follow from it are input-driven: those of restricted countries first (access_restricted), "
    "then of China (access_us_in_china), Chinese and open shares of consumer use outside China, "
    "and Chinese services outside China (reach_cn_abroad, reach_cn_home, reach_no_assistant)."
)
_SATURATION = (
    "What tasks and misuse ask of a model rises slowly or not at all, while capability keeps "
    "rising: late in the horizon most releases are good enough for most uses and most kinds of "
    "misuse, so differences in capability count for little there, and price, openness, familiarity "
    "and habit decide."
)
_UNDER_DETERMINED = (
    "Network, breadth, familiarity and novelty effects serve the same targets, which cannot tell "
    "them apart. The same holds for distillation, its fading and the role of compute, and for "
    "level, exponent, slope and thresholds of misuse. Audit numbers and the weights of origins in "
    "consumer use have no target."
)


def by_chance(pairs: int) -> float:
    """Return how probably so many coin flips agree as often as a clear sign needs."""
    if pairs > _MANY:
        return 0.0
    needed = math.ceil(rubric.AGREEMENT * pairs - 1e-9)
    favourable = sum(math.comb(pairs, k) for k in range(needed, pairs + 1))
    return min(1.0, 2 * favourable / 2**pairs)


def intervals(study: Study) -> str:
    """Return what intervals hold, and what they leave out."""
    return (
        f"Intervals hold {study.interval_holds}; true uncertainty is larger: the model's form is "
        "one of many."
    )


def few(study: Study) -> str:
    """Return a warning where there are too few pairs for the word clear, else nothing."""
    if study.pairs == 1:
        return wording.SINGLE
    if study.pairs < rubric.FEWEST:
        return f"Too few for a sign other than 0 ({study.pairs} {study.unit}): run at least 8."
    chance = by_chance(study.pairs)
    if chance <= _FEW:
        return ""
    return (
        f"Few {study.unit} ({study.pairs}): by chance alone, "
        f"{wording.percent(chance)} of cells would "
        "have the same sign as often as the word clear asks for. Run more before quoting."
    )


def limits(study: Study) -> list[str]:
    """Return what the reader must keep in mind, as far as study and model tell."""
    paired = (
        f"Each scenario was run {wording.counted(study.pairs, 'time')}; run k of every scenario "
        "uses the same random numbers, so differences are paired. "
    )
    if study.draws > 1:
        of = " of the calibrated ensemble" if is_calibrated(study.design) else ""
        paired += (
            f"They are {wording.sample(study.draws, study.replications)}, with luck of its own: "
            f"sets of values of {wording.counted(len(study.design.draws.names), 'number')}{of}. "
            f"The intervals are over all these pairs and hold {study.interval_holds}."
        )
    else:
        paired += (
            "Parameters keep one value each: the intervals show chance between replications, not "
            "uncertainty about parameters."
        )
    fraud = wording.plain(DEFAULTS["harm_fraud"])
    harm = (
        f"Harm is counted in the model's own units: a fraud has a mean harm of {fraud}. It is "
        "neither money nor lives."
    )
    country = (
        f"A country is shown on the map where its pooled effective sample is at least {ENOUGH} "
        "users; at that size chance alone can move a share by eight percentage points."
    )
    lines = [
        _CONDITIONAL,
        paired,
        _NOT_ADDED,
        _PAPER,
        harm,
        country,
        _FITTED,
        _INPUT_DRIVEN,
        _SATURATION,
        _UNDER_DETERMINED,
    ]
    lines += [warning for warning in (few(study),) if warning]
    if left := settled(study.design):
        lines.append(
            "Not drawn with the uncertain numbers, since a scenario or a lever sets them: "
            f"{wording.listing(left)}."
        )
    lines += _short_windows(study)
    failed = len(study.failures)
    if failed:
        lines.append(f"Failed runs, left out with their pairs: {failed}.")
    return lines


def _short_windows(study: Study) -> list[str]:
    """Return which scenarios are compared over fewer months than usual: a line for each period."""
    found: dict[tuple[int, int], list[str]] = {}
    for name in policies(study):
        first, last = study.window(name)
        if last - first + 1 < _USUAL:
            found.setdefault((first, last), []).append(study.titles[name])
    lines = []
    for (first, last), names in found.items():
        more = len(names) - _MOST_NAMED
        named = [*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])]
        period = wording.period(month_name(first), month_name(last))
        lines.append(
            f"{wording.listing(named)} {'is' if len(names) == 1 else 'are'} compared over "
            f"{last - first + 1} months only ({period}), not the usual {_USUAL}."
        )
    return lines
