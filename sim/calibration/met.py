"""Whether targets are met: one criterion for the fit, the hind-cast, reports and checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.calibration.measures import Floats
from sim.calibration.scores import quantiles

CRITERION = (
    "A target or path is met if the median lies in its range and the record's value inside the "
    "90 % of runs."
)
OF_ONE_DRAW = (
    "One draw spreads by chance alone, so that only its median is asked to lie in range: whether a "
    "target is met is asked of the ensemble."
)
KINDS = {
    "fitted": "fitted targets",
    "imposed": "imposed targets",
    "path": "paths that were never fitted",
}
"""What is counted, each by itself. A copy repeats a fitted target and is counted nowhere."""


def kind(one: Mapping[str, Any]) -> str:
    """Return what a row of the table of targets is: one of `KINDS`, or "copy"."""
    if one["role"] != "target":
        return str(one["role"])
    return "imposed" if one["mode"] == "input" else "fitted"


def stand(one: Mapping[str, Any], values: Floats) -> dict[str, Any]:
    """Return how runs stand to a row of the table of targets.

    Parameters
    ----------
    one
        With ``low``, ``value`` and ``high``.
    values
        What the runs give, in its unit; what is no number is left out.

    Returns
    -------
    dict
        Quantiles of the values; ``in_range``: whether the median lies in the range; ``inside``:
        whether the record's value lies inside their 90 %.
    """
    found = quantiles(values)
    return {
        **found,
        "in_range": one["low"] <= found["q50"] <= one["high"],
        "inside": found["q05"] <= one["value"] <= found["q95"],
    }


def counts(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each of `KINDS`: how many rows the ensemble meets, and which not.

    Parameters
    ----------
    rows
        With ``role``, ``mode``, ``quantity``, ``in_range`` and ``inside``.
    """
    for name, words in KINDS.items():
        own = [one for one in rows if kind(one) == name]
        missed = [one for one in own if not (one["in_range"] and one["inside"])]
        text = f"{len(own) - len(missed)} of {len(own)} {words} are met: {_held(own)}"
        yield _with(text, "missed", missed)


def counts_of_one_draw(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each of `KINDS`: of how many rows one draw has the median in range.

    Parameters
    ----------
    rows
        As for `counts`.
    """
    for name, words in KINDS.items():
        own = [one for one in rows if kind(one) == name]
        missed = [one for one in own if not one["in_range"]]
        yield _with(f"Of {len(own)} {words} {_held(own)}", "out of range", missed)


def _held(own: Sequence[Mapping[str, Any]]) -> str:
    in_range, inside = (sum(one[part] for one in own) for part in ("in_range", "inside"))
    return f"{in_range} have the median in range, {inside} the record's value inside the 90 %"


def _with(text: str, words: str, rows: Sequence[Mapping[str, Any]]) -> str:
    names = "; ".join(one["quantity"] for one in rows)
    return f"{text}; {words}: {names}." if names else f"{text}."
