"""Draw the two figures of the README's front page from the expected tables of the experiments.

python -m docs.front
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.sentences import BETTER, EXPERIMENTS, WORDS, WORSE, Row, label, of, rows, titled
from sim.analysis.wording import fixed, signed, symbol
from sim.model.outcomes import OUTCOMES
from sim.report import sheet, style
from sim.report.levers import CHANGE
from sim.report.maps import ink_on
from sim.report.style import FORECAST, INK, LINE, MUTED, SMALL
from sim.vocabulary import FACTORS

ASSETS = Path(__file__).resolve().parent / "assets"
LESS = {o.factor for o in OUTCOMES.values() if o.headline and o.direction < 0}
"""Factors whose outcome is better when it is less."""
UNITS = {"points": "points", "percent": "% of the reference"}
ACROSS, UP = "kyc_friction", "opening_cost"
"""Levers of the grid, as its cases are named."""


def policies() -> Figure:
    """Change under each policy, on those factors on which some policy does better or worse."""
    found = rows("four-policies", "rubric")
    moved = [
        factor
        for factor in FACTORS
        if any(WORDS[row["sign"]] in (BETTER, WORSE) for row in of(found, factor=factor))
    ]
    cases = list(dict.fromkeys(row["scenario"] for row in found))
    titles = [style.wrapped(titled(of(found, scenario=case)[0]), 2.0) for case in cases]
    high = 0.42
    draws = "Dots: median over draws; lines: 5-95 %, chance and parameters. "
    key = f"{draws}Signs: towards the goal; ? cannot tell, 0 no material change."
    body = 3 * LINE + high * len(cases) + sheet.AXIS
    figure, top = sheet.sheet(
        "Four policies and a bundle against the status quo", key, FORECAST, body
    )
    top += 3 * LINE
    for i, lines in enumerate(titles):
        middle = top + high * (i + 0.5) - LINE * (len(lines) / 2 - 0.75)
        style.write_lines(figure, 0.08, middle, lines, size=SMALL)
    wide = (style.WIDTH - 2.25) / len(moved)
    for j, factor in enumerate(moved):
        own = of(found, factor=factor)
        left = 2.2 + wide * j
        style.write(figure, left + 0.1, top - 0.1 - LINE, label(factor), size=SMALL, weight="bold")
        sense = "less is better" if factor in LESS else "more is better"
        style.write(figure, left + 0.1, top - 0.1, sense, size=SMALL, color=MUTED)
        axes = style.place(figure, left + 0.1, top, wide - 0.5, high * len(cases))
        _dots(axes, own)
    return figure


def _dots(axes: Axes, own: Sequence[Row]) -> None:
    """Draw one factor: a dot and a line for each policy, with its sign."""
    pens = style.pens([row["scenario"] for row in own], "")
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_ylim(len(own) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    for i, row in enumerate(own):
        low, middle, high = (float(row[key]) for key in ("low", "median", "high"))
        pen = pens[row["scenario"]]
        axes.plot([low, high], [i, i], color=pen.color, linewidth=2)
        axes.plot([middle], [i], marker=pen.marker, color=pen.color, markersize=6)
        axes.annotate(
            symbol(row["sign"]), (1, i), (12, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="center", va="center", size=style.BODY,
            weight="bold", color=INK,
        )  # fmt: skip
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel(UNITS[own[0]["scale"]])


def turns() -> Figure:
    """Signs of a blanket control against the bundle over two of its burdens, factor by factor."""
    grid = [row for row in rows("where-it-turns", "rubric") if ACROSS in row["scenario"]]
    moved = [factor for factor in FACTORS if _turns(of(grid, factor=factor))]
    across, up = (sorted({_lever(row["scenario"], name) for row in grid}) for name in (ACROSS, UP))
    key = (
        "Each cell: sign, and median of the control less the bundle. + (purple) control does "
        f"better, {symbol('-')} (orange) bundle does better, ? cannot tell."
    )
    high = 0.46
    body = 2 * LINE + high * len(up) + sheet.AXIS
    title = "Where the order of a blanket control and a targeted bundle turns over"
    figure, top = sheet.sheet(title, key, FORECAST, body)
    top += 2 * LINE
    wide = (style.WIDTH - 0.7) / len(moved)
    for j, factor in enumerate(moved):
        own = of(grid, factor=factor)
        left = 0.6 + wide * j
        head = f"{label(factor)}, {UNITS[own[0]['scale']]}"
        style.write(figure, left, top - 0.1, head, size=SMALL, weight="bold")
        axes = style.place(figure, left, top, wide - 0.2, high * len(up))
        _cells(axes, own, across, up)
        axes.set_yticks([i + 0.5 for i in range(len(up))], [] if j else [f"{y:g}" for y in up])
        if not j:
            axes.set_ylabel("liability")
    return figure


def _turns(own: Sequence[Row]) -> bool:
    """Tell whether a factor that is a share has more than one sign over the grid."""
    return own[0]["scale"] == "points" and len({row["sign"] for row in own}) > 1


def _lever(case: str, name: str) -> float:
    return float(case.partition(f"{name}=")[2].partition(" ")[0])


def _cells(axes: Axes, own: Sequence[Row], across: list[float], up: list[float]) -> None:
    """Draw the cells of one factor."""
    end = max(abs(float(row["median"])) for row in own) or 1.0
    values = [[0.0] * len(across) for _ in up]
    places = {}
    for row in own:
        x, y = across.index(_lever(row["scenario"], ACROSS)), up.index(_lever(row["scenario"], UP))
        values[y][x] = float(row["median"])
        places[x, y] = row
    axes.pcolormesh(values, cmap=CHANGE, vmin=-end, vmax=end, edgecolors="white", linewidth=1.0)
    for (x, y), row in places.items():
        ink = ink_on(CHANGE(0.5 + values[y][x] / (2 * end))[:3])
        number = signed(fixed(float(row["median"]), 1))
        for height, text, weight in ((0.7, symbol(row["sign"]), "bold"), (0.27, number, "normal")):
            axes.text(
                x + 0.5, y + height, text, size=SMALL, color=ink, ha="center",
                va="center_baseline", weight=weight,
            )  # fmt: skip
    axes.set_xticks([i + 0.5 for i in range(len(across))], [f"{x:g}" for x in across])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("check: share of use lost to it")


FIGURES = {"four-policies": policies, "where-it-turns": turns}
"""What draws each figure, by its experiment."""


def drawn_from(name: str) -> str:
    """The mark of the table that a figure is drawn from."""
    table = (EXPERIMENTS / name / "expected" / "rubric.csv").read_bytes()
    return hashlib.sha256(table).hexdigest()[:12]


def svg(name: str) -> bytes:
    """A figure with the mark of its table, by which a test sees that it is up to date."""
    about = {"Description": f"experiments/{name}/expected/rubric.csv {drawn_from(name)}"}
    with style.look():
        return style.svg(FIGURES[name](), about)


def main() -> None:
    """Write both."""
    for name in FIGURES:
        path = ASSETS / f"{name}.svg"
        path.write_bytes(svg(name))
        print(path.relative_to(ASSETS.parents[1]))


if __name__ == "__main__":
    main()
