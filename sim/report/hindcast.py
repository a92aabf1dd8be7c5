"""The page of the hind-cast and its picture, written from its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.calibration.quantities import CUT, QUANTITIES
from sim.months import month_index
from sim.report.over_time import mark_handover
from sim.report.style import (
    INK,
    LINE,
    MUTED,
    PALETTE,
    REFERENCE_50,
    REFERENCE_90,
    SMALL,
    WIDTH,
    canvas,
    look,
    place,
    svg,
    wrapped,
    write_lines,
)

Record = dict[str, Any]

PICTURE = "hindcast.svg"
PANELS = (
    "lag-cn-us", "lag-open-closed", "best-cn",
    "openness-us", "openness-cn", "derivatives-alibaba",
    "downloads-cn-of-both", "router-cn", "router-open",
    "enterprise-open", "users-world", "chips-cn",
    "clusters-cn", "incidents",
)  # fmt: skip
"""Quantities that are drawn."""
COLUMNS = 3
PREDICTED = ("Quantity", "Window", "Draws", "Last value", "Trend", "AR(1)", "Points")
LEAST_DRAWN = 0.01
"""Families whose share of derivatives stays below it in 95 % of runs are not on the page."""


# the picture


def picture(record: Record) -> bytes:
    """Return the picture as SVG: bands, observed points, and what baselines say."""
    with look():
        return svg(drawn(record))


def drawn(record: Record) -> Figure:
    """Return the picture as a figure."""
    rows = -(-len(PANELS) // COLUMNS)
    width, height = WIDTH / COLUMNS, 2.2
    figure = canvas(rows * height + 3 * LINE)
    for i, name in enumerate(PANELS):
        left, top = i % COLUMNS * width, i // COLUMNS * height
        _panel(figure, record, name, left, top, width, height)
    text = (
        "Bands: 5 to 95 % and 25 to 75 % of draws, line: median; from the dotted line "
        "on, where releases are generated, predictions. Dots: observed. Blue crosses: last value, "
        "orange ones: trend. Conditional on the structure of the model."
    )
    lines = wrapped(text, WIDTH - 0.2)
    write_lines(figure, 0.1, rows * height + LINE, lines, color=MUTED, size=SMALL)
    return figure


def _panel(
    figure: Figure, record: Record, name: str, left: float, top: float, width: float, height: float
) -> None:
    row = QUANTITIES[name]
    lines = wrapped(f"{row.quantity} ({row.unit})", width - 0.3)[:2]
    write_lines(figure, left + 0.1, top + LINE, lines, size=SMALL, color=INK)
    axes = place(figure, left + 0.45, top + 3 * LINE, width - 0.65, height - 5 * LINE)
    windows = set(row.windows())
    paths = [one for one in record["paths"] if one["id"] == name]
    bands = [one for one in paths if (one["first"], one["last"]) in windows and one["last"] <= CUT]
    later = [one for one in record["predictions"] if one["id"] == name]
    # Windows of the record of generated quantities come from other runs than predictions do.
    for part in (bands, later) if row.generated else (bands + later,):
        _bands(axes, row.time, part)
    seen = [one for one in paths if one["observed"] is not None]
    axes.plot([_time(row.time, one) for one in seen], [one["observed"] for one in seen], "o",
              color=INK, markersize=4)  # fmt: skip
    for baseline, color in (("carry_forward", PALETTE[1]), ("trend", PALETTE[0])):
        said = [one for one in later if one[baseline] is not None]
        axes.plot([_time(row.time, one) for one in said], [one[baseline] for one in said], "x",
                  color=color, markersize=5)  # fmt: skip
    mark_handover(axes)
    axes.set_xlim(0, 48)
    axes.set_xticks([0, 12, 24, 36, 48], ["2023", "2024", "2025", "2026", "2027"])
    if row.unit == "share":
        axes.set_ylim(bottom=0.0)


def _time(time: Any, one: Record) -> float:
    return float(time(month_index(one["first"]), month_index(one["last"])))


def _bands(axes: Axes, time: Any, rows: Sequence[Record]) -> None:
    x = [_time(time, one) for one in rows]
    for low, high, color in (("q05", "q95", REFERENCE_90), ("q25", "q75", REFERENCE_50)):
        axes.fill_between(
            x, [one[low] for one in rows], [one[high] for one in rows], color=color, linewidth=0
        )
    axes.plot(x, [one["q50"] for one in rows], color=INK, linewidth=1.4)


# the page


def page(record: Record) -> str:
    """Return the page of a hind-cast in Markdown."""
    parts = [
        "# Hind-cast: 2023 to 2026 from the ensemble",
        _how(record),
        f"![Bands of the draws, observed points and baselines]({PICTURE})",
        _points(record),
        _targets(record),
        _predictions(record),
        *([_skill(record["skill"])] if "skill" in record else []),
        _definitions(record),
        _again(record),
    ]
    return "\n\n".join(parts) + "\n"


def _how(record: Record) -> str:
    failed = f" {record['failed']} runs failed and are left out." if record["failed"] else ""
    return f"""{record["draws"]} draws of the ensemble, each run once with luck of its own, under
the policies that were made (`{record["scenario"]}`).{failed}

The record of releases is entered to June 2025; after it releases are generated. What the record
says of releases, lags and best scores is compared with runs that generate releases from 2023 on. No
outcome after June 2025 entered these figures but the last two months of the window of downloads.

All of it is conditional on the structure of the model, which was chosen with the whole record to
June 2025 in sight, and on policies and events that are inputs. Bands are those of a model, and no
promise that the world lies in them."""


def _points(record: Record) -> str:
    by_name: dict[str, list[bool]] = {}
    for one in record["paths"]:
        if one["observed"] is not None and not one["input_driven"]:
            by_name.setdefault(one["id"], []).append(one["covered"])
    rows = [
        (QUANTITIES[name].quantity, str(len(covered)), str(sum(covered)))
        for name, covered in by_name.items()
    ]
    everything = [inside for covered in by_name.values() for inside in covered]
    return f"""## Observed points to June 2025

{sum(everything)} of {len(everything)} points lie inside the 5 to 95 % of the draws. Many of them
were fitted, and points of one quantity are alike, so this is no test; it shows where the model
misses what is known. Chips by lab are left out, since they follow from an input.

{_table(("Quantity", "Points", "Inside 5 to 95 %"), rows)}"""


def _targets(record: Record) -> str:
    rows = [
        (
            one["id"],
            f"{one['quantity']} ({one['window']})",
            _number(one["value"]),
            f"{_number(one['low'])} to {_number(one['high'])}",
            _span(one),
            "yes" if one["in_range"] else "**no**",
            f"{one['distance']:.1f}",
        )
        for one in record["targets"]
    ]
    heads = ("Id", "Quantity", "Record", "Range", "Draws", "In range", "Distance")
    return f"""## Targets

Median and 5 to 95 % of the draws. *Distance*: of the median from the record's value, in halves of
the range.

{_table(heads, rows)}"""


def _predictions(record: Record) -> str:
    return f"""## Predictions

Median and 5 to 95 % of the draws, and what the record alone would say: the last value, a trend
(logistic for shares, by factors for counts and ratios), a first-order autoregression between
half-years, and how many observed points they rest on. † follows from an input more than from the
model. ‡ not blind: something that acts on it was set with figures after June 2025 in sight.
`hindcast.json` has means, quartiles, and use and origins by country as well; families with less
than {100 * LEAST_DRAWN:g} % of derivatives are only there.

{_table(PREDICTED, prediction_rows(record))}"""


def prediction_rows(record: Record) -> Iterator[Sequence[str]]:
    """Yield the rows of the table of predictions, under the heads `PREDICTED`."""
    by_name: dict[str, list[Record]] = {}
    for one in record["predictions"]:
        if not one["place"]:
            by_name.setdefault(one["id"], []).append(one)
    for name, rows in by_name.items():
        if name.startswith("derivatives-") and max(one["q95"] for one in rows) < LEAST_DRAWN:
            continue
        for i, one in enumerate(rows):
            marks = "†" * one["input_driven"] + "‡" * (not one["blind"])
            said = [one[baseline] for baseline in ("carry_forward", "trend", "ar1")]
            yield (
                f"{one['quantity']} {marks}".strip() if i == 0 else "",
                one["period"],
                _span(one),
                *("–" if value is None else _number(value) for value in said),
                str(one["points"]),
            )


def _skill(skill: Record) -> str:
    observable = [
        (origin, str(len(names)), ", ".join(names)) for origin, names in skill["observable"].items()
    ]
    text = f"""## Skill before June 2025: rolling origin

Ensembles were fitted to the targets whose window had ended by an origin, and every later point of
the record to June 2025 is scored: by the continuous ranked probability score on the scale on which
its unit is compared (logit of shares, logarithm of counts and ratios), and by whether the 5 to 95 %
hold it. Releases are entered up to the origin and generated after it; policies after it are inputs.
The structure of the model and the ranges of its parameters were chosen with the whole record in
sight, and what no target speaks of keeps its range: the scores are conditional on both. Points of
one quantity are alike, so there is less in them than their number says.

{_table(("Origin", "Targets", "Fitted to"), observable)}"""
    if not skill["points"]:
        return f"{text}\n\nNo ensemble of an origin is stored yet: nothing is scored."
    names = {"carry_forward": "last value", "trend": "trend", "ar1": "AR(1)"}
    rows = [
        (
            "all" if one["horizon"] is None else f"{one['horizon']} months",
            names[one["baseline"]],
            str(one["points"]),
            str(one["wins"]),
            one["verdict"],
            f"{one['model_covered']} of {one['points']}",
            f"{one['covered']} of {one['spread']}",
        )
        for one in skill["compared"]
    ]
    heads = ("Horizon", "Against", "Points", "Lower score", "The ensemble is",
             "Covered by it", "Covered by the baseline")  # fmt: skip
    return f"""{text}

*Lower score*: points at which the ensemble's score is the lower one. Better or worse is said only
from {skill["fewest"]} points on, and where tossing a coin would give as much in less than 5 % of
cases.

{_table(heads, rows)}"""


def _definitions(record: Record) -> str:
    lines = [f"- `{name}`: {text}" for name, text in record["definitions"].items()]
    return "## Definitions\n\n" + "\n".join(lines)


def _again(record: Record) -> str:
    made = ", ".join(f"{key} {value}" for key, value in record["made_by"].items())
    return f"""## Doing it again

    openstakes hindcast --seed {record["seed"]} --out DIR

Made by {made}, from ensemble {record["ensemble"]}."""


def _span(one: Record) -> str:
    """Return median, 5 and 95 % points; months that may never come, with their probability."""
    if "probability" in one:
        months = [one[name] or "later or never" for name in ("q50", "q05", "q95")]
        chance = f"; in {100 * one['probability']:.0f} % of runs"
        return f"{months[0]} ({months[1]} to {months[2]}){chance}"
    return f"{_number(one['q50'])} ({_number(one['q05'])} to {_number(one['q95'])})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}".replace("-", "−")
