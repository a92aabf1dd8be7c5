"""The section on coverage of the page on the calibration, from what was measured last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.tables import code, table
from sim.calibration.coverage import WIDENINGS
from sim.calibration.likelihood import DISCREPANCY
from sim.calibration.ranks import U_SHAPED
from sim.calibration.record import LEARNED, shipped
from sim.calibration.scores import INSIDE

MEASURED = Path(__file__).resolve().parents[1] / "benchmarks" / "output" / "truths.json"
SETS = {"near": "near the record", "far": "whole ranges"}
KINDS = {
    "recovered": "parameters that are recovered",
    "others": "other parameters",
    "outcomes": "outcomes",
}
INSIDES = ("inside50", "inside90")
RANKS = "Inside 50 %", "Inside 90 %", "U", "Ranks by tenth"


def section() -> str:
    """Return the section as Markdown."""
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    near = found["near"]["with"]
    parts = (
        "## Can it find the truth?",
        _how(found),
        _all(found),
        _parameters(near),
        _outcomes(near, found["near"]["without"]),
        _full(found["full"]),
        _widening(found),
    )
    return "\n\n".join(parts)


def _how(found: dict[str, Any]) -> str:
    made, fit, ours = found["made_by"], found["fit"], shipped()
    keys = ("digests", "ensemble")
    same = all(fit[key] == ours[key] for key in keys)
    of_fit = "the shipped fit" if same else "**another fit than the one that is shipped**"
    sizes, apart = fit["sizes"], found["near"]["with"]["truths"] + found["far"]["with"]["truths"]
    return f"""Measured {found["date"]} with openstakes {made["openstakes"]}, code {made["code"]},
on the runs of {of_fit}; `python benchmarks/truths.py DIR` does it again.

A truth is a candidate that was held apart from training. What one run of it gave, with luck of its
own, takes the place of the record's values, around which the ranges of the targets keep their
widths. Emulators trained on the other {sum(sizes["waves"]) - apart:,} runs give its posterior by
the steps of the fit up to the verification: {sizes["verified"]} draws out of {sizes["pool"]:,}
points of each block by the likelihood. {found["near"]["with"]["truths"]} truths are candidates of
the last wave, which stand *near the record*, where it rules nothing out and a fit looks;
{found["far"]["with"]["truths"]} are of the first wave and fill the *whole ranges*, mostly far from
it. Verified candidates are no truths: they were drawn by their likelihood, so that they are nearer
to the middle than a posterior has reason to expect. *Outcomes* are the fitted measures in another
run of the truth.

*With errors*, what is observed has the error of the record and of the model that the likelihood
assumes: if all is right, 50 % and 90 % of the truths are inside. *Without* them the record is exact
and the world is one of the model's, so that more should be."""


def _all(found: dict[str, Any]) -> str:
    rows = [
        (words, error, KINDS[kind], *_shown(one))
        for name, words in SETS.items()
        for error in ("with", "without")
        for kind, one in found[name][error]["pooled"].items()
        if one
    ]
    out = ", ".join(
        f"{words} {_percent(found[name]['with']['ruled_out'])}" for name, words in SETS.items()
    )
    return f"""In brackets: 95 % intervals (Wilson), in which quantities that hang together count as
fewer cases. *U*: the chance of ranks that lie as far from the middle, if they were even; below
{U_SHAPED:g} they are U-shaped, and the draws too sure of themselves.

{table(("Truths", "Errors", "Quantities", *RANKS), rows)}

{_beside(found)}

Ruled out by their own record, with errors: {out}."""


def _beside(found: dict[str, Any]) -> str:
    """Return where intervals hold clearly less than they say, and where clearly more.

    With errors only: without them more are to be held.
    """
    less, more = [], []
    for name, words in SETS.items():
        for kind, one in found[name]["with"]["pooled"].items():
            for part, nominal in zip(INSIDES, (0.5, INSIDE), strict=True):
                if one and not one[part]["low"] <= nominal <= one[part]["high"]:
                    side = less if one[part]["high"] < nominal else more
                    said = f"the {100 * nominal:.0f} % of {KINDS[kind]}, {words}"
                    side.append(f"{said} ({_share(one[part])})")
    return (
        f"With errors, too sure, as they hold clearly less than they say: "
        f"{'; '.join(less) or 'none'}. Too wide, as they hold clearly more: "
        f"{'; '.join(more) or 'none'}. What is too wide is no margin of safety: effects are "
        "said to be less certain than they are."
    )


def _parameters(near: dict[str, Any]) -> str:
    by_width = sorted(near["parameters"], key=lambda one: one["width"])
    rows = [
        (code(one["name"]), f"{one['width']:.2f}", *_shown(one))
        for one in by_width
        if one["recovered"]
    ]
    others = [code(one["name"]) for one in by_width if not one["recovered"]]
    return f"""### Parameters

A parameter is recovered if the 90 % interval of the middle one of the fits near the record is
narrower than {LEARNED:g} times that of its range (*width*).

{table(("Parameter", "Width", *RANKS), rows)}

{_doubted(near["parameters"], "name")}

Not recovered, so that the record says little of them: {", ".join(others) or "none"}."""


def _outcomes(near: dict[str, Any], exact: dict[str, Any]) -> str:
    rows = [
        (one["id"], *_shown(one), _share(other["inside90"]))
        for one, other in zip(near["outcomes"], exact["outcomes"], strict=True)
    ]
    return f"""### Outcomes

Near the record, with errors; in the last column without.

{table(("Outcome", *RANKS, "Inside 90 %, without"), rows)}

{_doubted(near["outcomes"], "id")}"""


def _doubted(rows: list[dict[str, Any]], key: str) -> str:
    few = [code(one[key]) for one in rows if one["inside90"]["high"] < INSIDE]
    bent = [code(one[key]) for one in rows if one["u"] < U_SHAPED / len(rows)]
    return (
        f"90 % intervals that hold clearly less, each looked at by itself: "
        f"{', '.join(few) or 'none'} of {len(rows)} (chance alone makes about one in forty). Ranks "
        f"in the shape of a U, by Bonferroni: {', '.join(bent) or 'none'}."
    )


def _full(full: dict[str, Any] | None) -> str:
    title = "### By the whole procedure"
    if not full:
        return f"{title}\n\nNot done for this fit: `python benchmarks/truths.py DIR --full 5`."
    pooled = {KINDS[kind]: one for kind, one in full["pooled"].items() if one}
    rows = [(kind, *_shown(one)) for kind, one in pooled.items()]
    few = [
        f"{kind} ({_share(one['inside90'])})"
        for kind, one in pooled.items()
        if one["inside90"]["high"] < INSIDE
    ]
    return f"""{title}

The first {full["truths"]} truths near the record, with errors, fitted from nothing with all waves,
verification and resampling.

{table(("Quantities", *RANKS), rows)}

90 % intervals that hold clearly less than they say: {"; ".join(few) or "none"}. The rule that
follows asks what the many truths above show, not these few."""


def _widening(found: dict[str, Any]) -> str:
    rows = [
        (f"{step['factor']:g}", *_held(step), "yes" if step["enough"] else "no")
        for step in found["widening"]
    ]
    factor = found["factor"]
    if factor is None:
        says = "No factor that was tried is enough."
    elif factor == 1.0:
        says = "It is 1: nothing is widened."
    else:
        says = f"It is {factor:g}: the model's own error is to be {factor * DISCREPANCY:g}."
    heads = ("Factor", *(f"Inside 90 %, {KINDS[kind]}" for kind in KINDS), "Enough")
    return f"""### The model's own error

The rule: of the factors {", ".join(f"{x:g}" for x in WIDENINGS)} on the model's own error
({DISCREPANCY:g} of the record's) the smallest is taken at which, near the record and with the
errors as they were, neither recovered parameters nor outcomes are held by 90 % intervals clearly
less often than in 90 %, and the ranks of those parameters are not U-shaped. {says}

{table(heads, rows)}"""


def _held(step: dict[str, Any]) -> Iterator[str]:
    for kind in KINDS:
        yield _share(step[kind]["inside90"]) if step[kind] else ""


def _shown(one: dict[str, Any]) -> tuple[str, ...]:
    shape = "< 0.001" if one["u"] < 0.001 else f"{one['u']:.3f}"
    return (*(_share(one[part]) for part in INSIDES), shape, one["ranks"])


def _share(one: dict[str, float]) -> str:
    return f"{_percent(one['share'])} [{100 * one['low']:.0f}, {100 * one['high']:.0f}]"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
