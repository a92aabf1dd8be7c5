"""The page of the calibration, written from its record."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.likelihood import DISCREPANCY, TAIL
from sim.calibration.markdown import number, span, table
from sim.calibration.met import CRITERION, counts, kind, stand
from sim.calibration.record import LEARNED, MOVED
from sim.calibration.waves import RULED_OUT
from sim.model.parameters import PARAMETERS

Record = dict[str, Any]
Cells = tuple[str, ...]
QUARTER = NormalDist().inv_cdf(0.75)
"""Standard deviations from the middle of a normal beyond which a quarter of it lies."""


def page(record: Record, *sections: str) -> str:
    """Return the page of a calibration in Markdown: what was fitted, how well, what was learned.

    Parameters
    ----------
    record
        Of the calibration.
    sections
        What else was found out about it.
    """
    parts = [
        "# Calibration: what the record says of the parameters",
        _how(record),
        _targets(record),
        _parameters(record),
        _ends(record),
        _assumed(record),
        _waves(record),
        *sections,
        _again(record),
    ]
    return "\n\n".join(parts) + "\n"


def _how(record: Record) -> str:
    sizes = record["sizes"]
    runs = sum(sizes["waves"])
    return f"""{len(FITTED)} parameters were fitted to the targets of `sim/data/targets.csv` by
history matching, block by block: emulators learn every target from runs, points that cannot meet
the record within {RULED_OUT:g} standard deviations are ruled out, and what is left is run again.
{len(sizes["waves"])} waves ran {runs:,} candidates. {sizes["verified"]} more, drawn by the
likelihood that the emulators give, were verified by {sizes["replications"]} runs each, weighted by
what the runs say, and resampled to {sizes["draws"]} draws. Parameters that no target speaks of keep
their range: each draw takes a value of them.

The likelihood of a target reads its range as the 90 % interval of a normal around its value. To
this observation error it adds the model's own error, {DISCREPANCY:g} times as large (a judgement),
and the luck of the one world that was observed. Each run of each candidate has luck of its own.

The fit is that of `openstakes calibrate`, seed {record["seed"]}, which writes the figures of this
page; those on whether it finds the truth, if they are here, are written by
`benchmarks/truths.py`."""


def _targets(record: Record) -> str:
    rows: dict[str, list[Cells]] = {}
    for one in record["targets"]:
        cells = (
            one["id"],
            f"{one['quantity']} ({one['window']})",
            number(one["value"]),
            span(one["low"], one["high"]),
            number(one["q50"]),
            span(one["q05"], one["q95"]),
            _yes(one["in_range"]),
            _yes(one["inside"]),
            f"{one['distance']:.1f}",
        )
        rows.setdefault(kind(one), []).append(cells)
    heads = (
        "Id", "Quantity", "Record", "Range", "Median", "90 % of runs", "In range", "Inside",
        "Distance",
    )  # fmt: skip
    fitted, imposed, paths = counts(record["targets"])
    return f"""## Targets

What the ensemble gives, over its draws and their luck. *In range*: the median lies in the range.
*Inside*: the record's value lies inside the 90 % of runs. *Distance*: how far the median lies from
the value, in halves of the range. {CRITERION}

{fitted}

{table(heads, rows["fitted"])}

Imposed, and shown as a check only. {imposed}

{table(heads, rows["imposed"])}

{paths} Openness of generated releases leans by the whole record of releases to June 2025, so
`openness-2025` is a weak test: what it is held against acts on it.

{table(heads, rows["path"])}

Figures that repeat a target, and are counted nowhere:

{table(heads, rows["copy"])}

{_central(record)}"""


def _central(record: Record) -> str:
    """Return what the draw that single runs take misses in its own runs."""
    sizes, measures = record["sizes"], record["central"]["measures"]
    rows = [one | stand(one, np.array(measures[one["id"]])) for one in record["targets"]]
    fitted = [one for one in rows if kind(one) == "fitted"]
    missed = [
        f"{one['id']} {one['quantity']} {number(one['q50'])}, range {span(one['low'], one['high'])}"
        for one in fitted
        if not one["in_range"]
    ]
    return f"""The central draw, which single runs take, was chosen among the {sizes["draws"]} by
{sizes["replications"]} runs of each. In {sizes["central"]} runs of its own the median of
{len(fitted) - len(missed)} of {len(fitted)} fitted targets is in range; out of range:
{"; ".join(missed) or "none"}."""


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "**no**"


def _parameters(record: Record) -> str:
    block_of = {name: title for title, block in BLOCKS.items() for name in block.parameters}
    heads = ("Parameter", "Block", "Before: 50 %, 5–95 %", "After: 50 %, 5–95 %", "Moved", "Width")
    by_width = sorted(record["parameters"], key=lambda one: one["width"])
    learned = [
        (
            f"`{one['name']}`",
            block_of[one["name"]],
            f"{number(one['median'])}, {span(one['low'], one['high'])}",
            f"{number(one['q50'])}, {span(one['q05'], one['q95'])}",
            f"{one['moved']:+.1f}".replace("-", "−"),
            f"{one['width']:.2f}",
        )
        for one in by_width
        if one["learned"]
    ]
    others = [f"`{one['name']}`" for one in by_width if not one["learned"]]
    pairs = [
        (f"`{one['first']}`", f"`{one['second']}`", f"{one['correlation']:+.2f}".replace("-", "−"))
        for one in record["pairs"]
    ]
    together = (
        table(("Parameter", "Parameter", "Correlation"), pairs)
        if pairs
        else "No two parameters are correlated by more than chance could make them."
    )
    return f"""## Parameters: learned or not

In standard deviations of the range: by how much the middle moved, and how wide the draws still are.
Learned is what is narrower than {LEARNED:g}, or moved by more than {MOVED:g}; less is not told from
chance with so few effective draws.

{_before()}

{table(heads, learned)}

Not learned, so that they keep their range: {", ".join(others) or "none"}.

## Parameters that trade off

Pairs inside a block whose correlation is larger than chance would make any of the block's.

{together}"""


def _before() -> str:
    """Return how many ranges before the fit came from an earlier fit to the same record."""
    prototype = [name for name in FITTED if "prototype fitted" in PARAMETERS[name].source]
    return f"""{len(prototype)} of the {len(FITTED)} fitted parameters have a range before the fit
whose middle an earlier, simpler program had fitted to the same targets: of them "not learned" says
that this fit adds nothing, not that the record says nothing."""


def at_an_end(one: Record) -> bool:
    """Tell whether a quarter of a parameter's draws lie in the outermost 5 % of its range.

    As normal scores, so that a range of which much lies on its bound is not at its end by itself.
    """
    return bool(abs(one["moved"]) + QUARTER * one["width"] >= TAIL)


def _ends(record: Record) -> str:
    rows = [
        (f"`{one['name']}`", span(one["low"], one["high"]), span(one["q05"], one["q95"]))
        for one in record["parameters"]
        if at_an_end(one)
    ]
    heads = ("Parameter", "Range before: 5–95 %", "After: 5–95 %")
    found = table(heads, rows) if rows else "No fitted parameter is."
    return f"""## At the end of their range

A term whose parameter the fit drives to an end is either not needed or wants a wider range.
At an end is a parameter that has, by the middle and width of its draws, a quarter of them in the
outermost 5 % of its range on one side. One that is listed here needs a reason to stay in the
[model](model.md), or goes.

{found}"""


def _assumed(record: Record) -> str:
    said = [
        f"`{one['name']}`: {number(one['median'])} ({span(one['low'], one['high'])}) before, "
        f"{number(one['q50'])} ({span(one['q05'], one['q95'])}) after; moved by "
        f"{number(one['moved'])} and {one['width']:.2f} as wide: "
        + ("the record speaks of it." if one["learned"] else "the record says nothing of it.")
        for one in record["parameters"]
        if PARAMETERS[one["name"]].assumed
    ]
    return f"""## Assumed responses among the fitted

Fitted or not, a response that is [assumed](model.md#9-what-is-assumed-what-is-found) stays so: it
is put to 0 with the others in every comparison. Middle and 5–95 %:

{chr(10).join(f"* {line}" for line in said) or "None is fitted."}"""


def _waves(record: Record) -> str:
    explained = {one["id"]: one["explained"] for one in record["targets"]}
    rows = [
        (
            name,
            str(len(block.parameters)),
            ", ".join(_percent(left) for left in record["left"][name]),
            f"{record['effective'][name]:.0f} of {record['sizes']['verified']}",
            ", ".join(f"{one} {explained[one]:.2f}" for one in block.targets),
        )
        for name, block in BLOCKS.items()
    ]
    heads = (
        "Block", "Parameters", "Left after each wave", "Effective sample",
        "Variance of single runs that the emulators explain",
    )  # fmt: skip
    return f"""## What each wave left

Share of a block's range that is not ruled out, and the effective sample size of its verified
candidates.

{table(heads, rows)}"""


def _again(record: Record) -> str:
    made = ", ".join(f"{key} {value}" for key, value in record["made_by"].items())
    return f"""## Doing it again

    openstakes calibrate --out DIR

Made by {made}. The same command on the same machine with the same versions gives the same draws to
the bit."""


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %"
