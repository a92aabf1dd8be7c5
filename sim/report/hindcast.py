"""The page of the hind-cast and its picture, written from its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.calibration.markdown import number, table
from sim.calibration.met import CRITERION, counts
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
COMPARED = ("Horizon", "Against", "Lower score", "Without", "The ensemble is", "Covered by it",
            "Covered by the baseline")  # fmt: skip
RIVALS = {"carry_forward": "last value", "trend": "trend", "ar1": "AR(1)"}
BY_QUANTITY = (
    "Quantity",
    "Points",
    "Forecasts",
    *(f"Lower than {name}" for name in RIVALS.values()),
)
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
outcome after June 2025 entered these figures but those of July and August 2025 in two fitted
windows: downloads (C16, to August) and router tokens (C25, to July).

All of it is conditional on the structure of the model, which was chosen with the whole record to
June 2025 in sight, and on policies and events that are inputs. Bands are those of a model, and no
promise that the world lies in them."""


def _points(record: Record) -> str:
    by_name: dict[str, list[Record]] = {}
    for one in record["paths"]:
        if one["observed"] is not None and not one["input_driven"]:
            by_name.setdefault(one["id"], []).append(one)
    rows, one_sided, all_missed = [], [], 0
    for name, points in by_name.items():
        missed = [one for one in points if not one["covered"]]
        high = sum(one["observed"] < one["q50"] for one in missed)
        words = QUANTITIES[name].quantity
        rows.append((words, len(points), len(points) - len(missed), high, len(missed) - high))
        all_missed += len(missed)
        if len(missed) > 1 and high in (0, len(missed)):
            side, last = "high" if high else "low", max(one["last"] for one in missed)
            one_sided.append(
                f"* {words}: too {side} at all {len(missed)} points missed of {len(points)}, the "
                f"last one in {last}"
            )
    everything = sum(map(len, by_name.values()))
    sides = "\n".join(one_sided)
    told = f"\n\nWhere all misses are on one side the model is off, not unlucky:\n\n{sides}"
    heads = (
        "Quantity", "Points", "Inside 5 to 95 %", "Missed, model too high", "Missed, model too low",
    )  # fmt: skip
    cells = ((words, *map(str, numbers)) for words, *numbers in rows)
    return f"""## Observed points to June 2025

{everything - all_missed} of {everything} points lie inside the 5 to 95 % of the draws. Many of them
were fitted, and points of one quantity are alike, so this is no test; it shows where the model
misses what is known. Chips by lab are left out, since they follow from an input.

{table(heads, cells)}{told if one_sided else ""}"""


def _targets(record: Record) -> str:
    rows = [
        (
            one["id"],
            f"{one['quantity']} ({one['window']})",
            number(one["value"]),
            f"{number(one['low'])} to {number(one['high'])}",
            _span(one),
            *("yes" if one[part] else "**no**" for part in ("in_range", "inside")),
            f"{one['distance']:.1f}",
        )
        for one in record["targets"]
    ]
    heads = ("Id", "Quantity", "Record", "Range", "Draws", "In range", "Inside", "Distance")
    counted = "\n".join(f"* {line}" for line in counts(record["targets"]))
    return f"""## Targets

Median and 5 to 95 % of the draws. *Distance*: of the median from the record's value, in halves of
the range. {CRITERION}

{counted}

{table(heads, rows)}"""


def _predictions(record: Record) -> str:
    return f"""## Predictions

Median and 5 to 95 % of the draws, and what the record alone would say: the last value, a trend
(logistic for shares, by factors for counts and ratios), a first-order autoregression between
half-years, and how many observed points they rest on. † follows from an input more than from the
model. ‡ not blind: something that acts on it was set with figures after June 2025 in sight.
`hindcast.json` has means, quartiles, and use and origins by country as well; families with less
than {100 * LEAST_DRAWN:g} % of derivatives are only there.

{table(PREDICTED, prediction_rows(record))}"""


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
                *("–" if value is None else number(value) for value in said),
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

Not blind to what came after an origin: the structure of the model and the ranges of its parameters
were chosen with the whole record in sight, and what no target speaks of keeps its range; labs have
the cadence of the whole record to June 2025, and as many notable models for each flagship; and in
the fits, which generate releases from 2023 on, labs lean to open or closed by their releases of the
whole record. The scores are conditional on all of it.

{table(("Origin", "Targets", "Fitted to"), observable)}"""
    if not skill["points"]:
        return f"{text}\n\nNo ensemble of an origin is stored yet: nothing is scored."
    return f"""{text}

{len(skill["points"])} forecasts were made of {skill["distinct"]} points: a point that several
origins foretold is one case, with its mean scores over them. Points of which a baseline gives a
single value are left out: its score would be its distance. *Lower score*: points at which the
ensemble's is the lower one. *Without* are those of quantities whose baselines are no fair rivals
(marked in the second table). Better or worse is said of these only, from {skill["fewest"]} points
on, and where tossing a coin would give as much in less than 5 % of cases. Points of one quantity
are alike, so there is less in them than their number says. *Covered*: forecasts whose 5 to 95 %
hold the point.

{table(COMPARED, _compared_rows(skill))}

{table(BY_QUANTITY, _quantity_rows(skill))}

{_marks(skill)}"""


def _compared_rows(skill: Record) -> Iterator[Sequence[str]]:
    for one in skill["compared"]:
        yield (
            "all" if one["horizon"] is None else f"{one['horizon']} months",
            RIVALS[one["baseline"]],
            f"{one['wins']} of {one['points']}",
            f"{one['fair_wins']} of {one['fair']}",
            one["verdict"],
            f"{one['model_covered']} of {one['forecasts']}",
            f"{one['covered']} of {one['forecasts']}",
        )


def _quantity_rows(skill: Record) -> Iterator[Sequence[str]]:
    """Yield a row for each quantity: points at which the ensemble has the lower score."""
    marks = _unfair(skill)
    by_name: dict[str, list[Record]] = {}
    for one in skill["by_quantity"]:
        by_name.setdefault(one["id"], []).append(one)
    forecasts = [one["id"] for one in skill["points"]]
    for name, rivals in by_name.items():
        mark = f" ({marks[rivals[0]['unfair']]})" if rivals[0]["unfair"] else ""
        points = {(one["first"], one["last"]) for one in skill["points"] if one["id"] == name}
        yield (
            f"{QUANTITIES[name].quantity}{mark}",
            str(len(points)),
            str(forecasts.count(name)),
            *(f"{one['wins']} of {one['points']}" if one["points"] else "–" for one in rivals),
        )


def _unfair(skill: Record) -> dict[str, str]:
    """Return the mark of each reason for which baselines are no fair rivals."""
    reasons = dict.fromkeys(one["unfair"] for one in skill["by_quantity"] if one["unfair"])
    return dict(zip(reasons, "abcdefgh", strict=False))


def _marks(skill: Record) -> str:
    lines = [f"({mark}) {reason}" for reason, mark in _unfair(skill).items()]
    return "\n".join(f"* {line}" for line in lines)


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
    return f"{number(one['q50'])} ({number(one['q05'])} to {number(one['q95'])})"
