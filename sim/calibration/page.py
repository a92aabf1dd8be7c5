"""The page of the calibration, written from its record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sim.calibration.blocks import BLOCKS, FITTED
from sim.calibration.likelihood import DISCREPANCY
from sim.calibration.record import LEARNED, MOVED
from sim.calibration.waves import RULED_OUT
from sim.model.parameters import PARAMETERS

Record = dict[str, Any]
Cells = tuple[str, ...]
EDGE = 0.05
"""Part of a range beside an end: who has nearly all draws there is at the end of its range."""


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

All figures of this page are written by `openstakes calibrate`; seed {record["seed"]}."""


def _targets(record: Record) -> str:
    rows: list[tuple[Record, Cells]] = []
    paths: list[tuple[Record, Cells]] = []
    for one in record["targets"]:
        cells = (
            one["id"],
            f"{one['quantity']} ({one['window']})",
            _number(one["value"]),
            _span(one["low"], one["high"]),
            _number(one["q50"]),
            _span(one["q05"], one["q95"]),
            "yes" if one["inside"] else "**no**",
            f"{one['distance']:.1f}" if one["in_range"] else f"**{one['distance']:.1f}**",
        )
        (paths if one["role"] == "path" else rows).append((one, cells))
    heads = ("Id", "Quantity", "Record", "Range", "Median", "90 % of runs", "Inside", "Distance")
    fitted = [cells for one, cells in rows if one["mode"] != "input"]
    imposed = [cells for one, cells in rows if one["mode"] == "input"]
    met = [one for one, _ in rows if one["mode"] != "input" and one["in_range"] and one["inside"]]
    seen = [one for one, _ in paths if one["inside"]]
    return f"""## Targets

What the ensemble gives, over its draws and their luck. *Inside*: the record's value lies inside the
90 % of runs. *Distance*: how far the median lies from the value, in halves of the range; above 1 it
is out of range.
{len(met)} of the {len(fitted)} fitted targets are inside and in range.

{_table(heads, fitted)}

Imposed, and shown as a check only:

{_table(heads, imposed)}

Paths that were never fitted; {len(seen)} of {len(paths)} are inside:

{_table(heads, [cells for _, cells in paths])}"""


def _parameters(record: Record) -> str:
    block_of = {name: title for title, block in BLOCKS.items() for name in block.parameters}
    heads = ("Parameter", "Block", "Before: 50 %, 5–95 %", "After: 50 %, 5–95 %", "Moved", "Width")
    by_width = sorted(record["parameters"], key=lambda one: one["width"])
    learned = [
        (
            f"`{one['name']}`",
            block_of[one["name"]],
            f"{_number(one['median'])}, {_span(one['low'], one['high'])}",
            f"{_number(one['q50'])}, {_span(one['q05'], one['q95'])}",
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
        _table(("Parameter", "Parameter", "Correlation"), pairs)
        if pairs
        else "No two parameters are correlated by more than chance could make them."
    )
    return f"""## Parameters: learned or not

In standard deviations of the range: by how much the middle moved, and how wide the draws still are.
Learned is what is narrower than {LEARNED:g}, or moved by more than {MOVED:g}; less is not told from
chance with so few effective draws.

{_table(heads, learned)}

Not learned, so that they keep their range: {", ".join(others) or "none"}.

## Parameters that trade off

Pairs inside a block whose correlation is larger than chance would make any of the block's.

{together}"""


def at_an_end(one: Record) -> bool:
    """Tell whether 95 % of the draws of a fitted parameter lie at one end of its range, or out."""
    edge = EDGE * (one["high"] - one["low"])
    return bool(one["q95"] <= one["low"] + edge or one["q05"] >= one["high"] - edge)


def _ends(record: Record) -> str:
    rows = [
        (f"`{one['name']}`", _span(one["low"], one["high"]), _span(one["q05"], one["q95"]))
        for one in record["parameters"]
        if at_an_end(one)
    ]
    heads = ("Parameter", "Range before: 5–95 %", "After: 5–95 %")
    found = _table(heads, rows) if rows else "No fitted parameter is."
    return f"""## At the end of their range

A term whose parameter the fit drives to an end is either not needed or wants a wider range.
At an end is a parameter with 95 % of its draws within {100 * EDGE:g} % of the range from one end,
or beyond it. One that is listed here needs a reason to stay in the [model](model.md), or goes.

{found}"""


def _assumed(record: Record) -> str:
    said = [
        f"`{one['name']}`: {_number(one['median'])} ({_span(one['low'], one['high'])}) before, "
        f"{_number(one['q50'])} ({_span(one['q05'], one['q95'])}) after; moved by "
        f"{_number(one['moved'])} and {one['width']:.2f} as wide: "
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

{_table(heads, rows)}"""


def _again(record: Record) -> str:
    made = ", ".join(f"{key} {value}" for key, value in record["made_by"].items())
    return f"""## Doing it again

    openstakes calibrate --out DIR

Made by {made}. The same command on the same machine with the same versions gives the same draws to
the bit."""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(x: float) -> str:
    return f"{x:.3g}".replace("-", "−")


def _span(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %"
