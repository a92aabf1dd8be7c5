"""How much of the variance of each headline's change is due to each uncertain number, and to luck.

A share of a number is first-order: the variance of the mean change at each of its values, by the
variance of the changes of single pairs (the correlation ratio, or first-order Sobol index). It is
estimated from any sample: draws are sorted by the number into bins of equal size, and the variance
between the means of bins is taken, less what chance would leave there (Plischke 2013, Borgonovo).
That assumes that numbers are drawn independently, which the sample of `design` is, and misses what
lies within a bin and what numbers do together only; both are in the remainder. Luck is what remains
between replications of a draw.

How much a number without any effect would seem to have is known from dummies: numbers in random
order. A share that does not exceed the largest of 20,000 of them counts as nothing: of 250 numbers
without effect and eight headlines one in ten times a single one is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.comparison import Floats, PairIndex, by_draw, chance_alone, changes
from sim.analysis.tables import headlines
from sim.analysis.why.held import finite, kept, named
from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.sweep.design import STATED, Design
from sim.sweep.distributions import numbers_set
from sim.sweep.uncertainties import Uncertainties, draws_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.study import Study
    from sim.policies.base import LeverField

DRAWS, REPLICATIONS = 512, 2
"""Draws of all uncertain numbers, and runs of each, from which luck is told."""

MOST_BINS, FEWEST_IN_A_BIN = 16, 32
DUMMIES, AT_ONCE = 20_000, 1000

NUMBER, LUCK, REMAINDER, DUMMY = "number", "luck", "remainder", "dummy"
"""Kinds of rows of `variance`."""

COLUMNS = (
    "scenario", "title", "outcome", "label", "kind", "number", "share", "draws", "replications",
)  # fmt: skip
"""Columns of what the variance is due to."""


def uncertain_fields(study: Study) -> dict[str, LeverField]:
    """Return the numbers of policies that state a range, by path, of policies that are compared.

    They are those in which a scenario differs from its reference.
    """
    found = {}
    for case in study.cases:
        theirs = study.scenario(case.against).policy
        for name, policy in case.scenario.policy.items():
            if theirs.get(name) != policy:
                for field in policy.lever_fields.values():
                    if field.likely and field.default is not None and field.name not in policy.idle:
                        found[f"policy.{name}.{field.name}"] = field
    return found


def drawn(study: Study) -> list[str]:
    """Return the numbers that are uncertain in a study: `uncertain_fields` and parameters.

    Parameters that a scenario sets are not among them.
    """
    numbers = [*PARAMETERS, *uncertain_fields(study)]
    fixed = numbers_set(study.cases)
    return [name for name in numbers if name not in fixed]


def design(study: Study, draws: int = DRAWS) -> Design:
    """Return the cases of a study under draws of every uncertain number from its range.

    Raises
    ------
    ScenarioError
        If a scenario may not have one of the values.
    """
    cases = tuple(case for case in study.design.cases if case.variant == STATED)
    # Sobol points of so many numbers fall into the same halves, and cannot tell them apart.
    numbers = dict.fromkeys(drawn(study), "range")
    asked = Uncertainties(draws=draws, method="latin-hypercube", numbers=numbers)
    found, problems = draws_of(asked, cases, None, study.seed)
    if problems:
        raise ScenarioError(problems)
    return Design(cases, REPLICATIONS, study.seed, found, kept(study))


def bins_of(draws: int) -> int:
    """Return into how many bins so many draws are sorted."""
    return max(2, min(MOST_BINS, draws // FEWEST_IN_A_BIN))


def first_order(values: Floats, inputs: Floats) -> Floats:
    """Return the share of the variance of some values that each input explains by itself.

    Parameters
    ----------
    values
        Array (draw,) of finite numbers that are not all the same.
    inputs
        Array (draw, input).

    Returns
    -------
    ndarray of float64, shape (input,)
        At most 1; about 0, and as often below it as above, for an input without effect.
    """
    draws, bins = len(values), bins_of(len(values))
    centred = values - values.mean()
    whole = float(centred @ centred)
    found = np.empty(inputs.shape[1])
    place = np.arange(draws) * bins // draws
    sizes = np.bincount(place, minlength=bins)
    for column in range(inputs.shape[1]):
        order = np.argsort(inputs[:, column], kind="stable")
        sums = np.bincount(place, centred[order], minlength=bins)
        explained = float((sums**2 / sizes).sum()) / whole
        found[column] = 1.0 - (1.0 - explained) * (draws - 1) / (draws - bins)
    return found


def floor_of(values: Floats) -> float:
    """Return the largest share that one of `DUMMIES` numbers without effect seems to have."""
    luck = np.random.Generator(np.random.Philox(0))
    blocks = (luck.random((len(values), AT_ONCE)) for _ in range(DUMMIES // AT_ONCE))
    return max(0.0, *(float(first_order(values, block).max()) for block in blocks))


def variance(study: Study, original: Study) -> pd.DataFrame:
    """Return what the variance of each headline's paired change is due to.

    Parameters
    ----------
    study
        Of the `design`.
    original
        The study that is asked about, whose titles are used.

    Returns
    -------
    DataFrame
        One row per scenario, outcome and cause: columns scenario, title, outcome, label, kind
        ("number" of one whose share exceeds that of every dummy, "luck", "remainder", "dummy"),
        number (name of the parameter, or path of the policy's), share (0-1, of the variance between
        single pairs; of "dummy" the largest share that one seems to have), draws and replications
        behind it. Outcomes that do not vary have no rows.
    """
    import pandas as pd

    outcomes = list(headlines(study))
    rows = []
    for case in study.cases:
        if case.name == case.against:
            continue
        window = study.window(case.name)
        ours, theirs = (study.means(name, outcomes, window) for name in (case.name, case.against))
        for column, outcome in enumerate(outcomes):
            kind, draws = study.outcome(outcome).kind, study.design.draws
            found = changes(ours[:, column], theirs[:, column], kind, study.pair_index)
            head = named(original, case.name, outcome)
            causes = due_to(finite(found), study.pair_index, draws.values, draws.names)
            rows += [head | row for row in causes]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _luck(found: Floats, pairs: PairIndex) -> float:
    """Return the variance between runs of a draw; 0 if none was run twice."""
    rest = chance_alone(found, pairs)
    rest = rest[np.isfinite(rest)]
    return float(np.mean(rest**2)) if len(rest) else 0.0


def due_to(
    found: Floats, pairs: PairIndex, inputs: Floats, names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield what the variance of changes is due to, the largest share first.

    Parameters
    ----------
    found
        Array (pair,), nan where it is not known.
    pairs
        Which pair is of which draw; draws that were run several times tell luck.
    inputs, names
        The uncertain numbers, array (draw, number), and their names.
    """
    means, luck = by_draw(found, pairs), _luck(found, pairs)
    there = np.isfinite(means)
    means, inputs = means[there], inputs[there]
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    whole = max(between - luck / pairs.replications, 0.0) + luck
    if not whole > 0 or not between > 0:
        return
    scale = between / whole
    shares = first_order(means, inputs) * scale
    floor = floor_of(means) * scale
    size = {"draws": len(means), "replications": pairs.replications}
    left = 1.0 - luck / whole
    for i in np.argsort(-shares, kind="stable"):
        if shares[i] > floor:
            yield {"kind": NUMBER, "number": names[i], "share": float(shares[i]), **size}
            left -= float(shares[i])
    yield {"kind": LUCK, "number": "", "share": luck / whole, **size}
    yield {"kind": REMAINDER, "number": "", "share": left, **size}
    yield {"kind": DUMMY, "number": "", "share": floor, **size}
