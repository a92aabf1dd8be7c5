"""Tile-grid maps of the world: one tile of equal size per country, placed by `sim.data`.

Area is not influence, so every country gets the same tile; each tile carries its code and its
number, and colour only repeats the number. A tile is grey where too few draws stand behind it.
Places are schematic and say nothing about borders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.analysis import wording
from sim.analysis.countries import ENOUGH
from sim.data import Country, countries
from sim.months import month_name
from sim.report import origin, style
from sim.report.figure_data import Grid
from sim.report.style import FORECAST, INK, MUTED, SMALL
from sim.report.view import View
from sim.vocabulary import CN, US

if TYPE_CHECKING:
    import pandas as pd

MAPPED = {"us": (US, "US"), "cn": (CN, "Chinese")}

_US = LinearSegmentedColormap.from_list("us", ["#f3f7fb", "#9cc3e0", "#2f78b5", "#0b3563"])
_CN = LinearSegmentedColormap.from_list("cn", ["#fdf5ec", "#f3bd85", "#d2691e", "#6e2a05"])
CHANGE = LinearSegmentedColormap.from_list(
    "change", ["#7a3503", "#d9812f", "#f7e3cd", "#f7f7f7", "#d9d3ea", "#7f6bb3", "#3b1f78"]
)


@dataclass(frozen=True)
class Tile:
    """One country on a map: its number in the printed unit, or None where it is not shown."""

    country: Country
    value: float | None


def code(country: Country) -> str:
    """Return the short name on a tile: the country's code, for a group that of its first member."""
    return country.members[0] if country.code.startswith("X-") else country.code


def shares(view: View, scenario: str, origin: str) -> list[Tile]:
    """Return the share of one origin in each country in the last month, in percent."""
    found, effective = view.map_shares(scenario)
    column = MAPPED[origin][0]
    return [
        Tile(country, 100 * float(found[i, column]) if _enough(effective[i]) else None)
        for i, country in enumerate(countries())
    ]


def changes(view: View, scenario: str, origin: str) -> list[Tile]:
    """Return the change of an origin's share per country against the reference, in points."""
    ours, theirs = (shares(view, name, origin) for name in (scenario, view.against))
    return [
        Tile(a.country, a.value - b.value if a.value is not None and b.value is not None else None)
        for a, b in zip(ours, theirs, strict=True)
    ]


def _enough(effective: float) -> bool:
    return bool(effective >= ENOUGH)


def largest_change(view: View) -> str | None:
    """Return the policy with the largest mean change of a country's US or Chinese share.

    None without a policy.
    """
    sizes = {}
    for name in view.policies:
        tiles = [tile for origin in MAPPED for tile in changes(view, name, origin)]
        known = [abs(tile.value) for tile in tiles if tile.value is not None]
        sizes[name] = float(np.mean(known)) if known else 0.0
    return max(sizes, key=lambda name: sizes[name]) if sizes else None


# Pictures of the report


def us_map(view: View) -> Figure:
    """US share of use in each country under the reference scenario."""
    return share_map(view, view.against, "us")


def cn_map(view: View) -> Figure:
    """Chinese share of use in each country under the reference scenario."""
    return share_map(view, view.against, "cn")


def us_change_map(view: View) -> Figure:
    """Change of the US share under the policy that moves the map most."""
    return change_map(view, largest_change(view) or view.against, "us")


def cn_change_map(view: View) -> Figure:
    """Change of the Chinese share under the policy that moves the map most."""
    return change_map(view, largest_change(view) or view.against, "cn")


@style.look()
def share_map(view: View, scenario: str, origin: str) -> Figure:
    """Draw the share of one origin in each country in the last month."""
    tiles = shares(view, scenario, origin)
    title = f"{MAPPED[origin][1]} share of use, %, {_last_month(view)}: {view.title(scenario)}"
    scale = _US if origin == "us" else _CN
    steps = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    return _map(view, tiles, title, scale, (0.0, 100.0), steps, signed=False)


@style.look()
def change_map(view: View, scenario: str, origin: str) -> Figure:
    """Draw the change of one origin's share in each country against the reference."""
    tiles = changes(view, scenario, origin)
    title = (
        f"Change of the {MAPPED[origin][1]} share, percentage points, {_last_month(view)}: "
        f"{view.title(scenario)} against {view.title(view.against)}"
    )
    largest = max((abs(tile.value) for tile in tiles if tile.value is not None), default=1.0)
    end = next((x for x in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if x >= largest), 100.0)
    steps = [-end, -end / 2, 0.0, end / 2, end]
    return _map(view, tiles, title, CHANGE, (-end, end), steps, signed=True)


def share_grid(view: View, scenarios: Sequence[str]) -> Grid:
    """Return the numbers of the maps: shares and effective sample, one row per country."""
    found = {name: view.map_shares(name) for name in scenarios}
    rows = []
    for i, country in enumerate(countries()):
        cells = []
        for name in scenarios:
            part, effective = found[name]
            shown = _enough(effective[i])
            cells += [
                wording.fixed(100 * float(part[i, k]), 1) if shown else "not shown" for k in (0, 1)
            ]
            cells.append(wording.fixed(float(effective[i]), 0))
        rows.append((country.name, code(country), country.bloc.replace("_", " "), *cells))
    columns = ("US share, %", "Chinese share, %", "Effective sample")
    heads = [f"{column}, {view.title(name)}" for name in scenarios for column in columns]
    return Grid(("Country or group", "Tile", "Bloc", *heads), tuple(rows), names=1)


def frame(view: View, origin: str, policy: str | None) -> pd.DataFrame:
    """Return the numbers of a map for other programs, one row per scenario and country.

    What is not shown is blank.

    With a policy its rows follow those of the reference, and `change` holds the difference.
    """
    import pandas as pd

    months = month_name(view.reference.months - 1)
    rows = []
    for scenario in (view.against, *([policy] if policy else [])):
        effective = view.map_shares(scenario).effective
        moved = changes(view, scenario, origin) if scenario != view.against else None
        for i, tile in enumerate(shares(view, scenario, origin)):
            where = (tile.country.code, code(tile.country), tile.country.name, tile.country.bloc)
            change = (None if moved is None else moved[i].value,) if policy else ()
            rows.append(
                (
                    scenario,
                    months,
                    *where,
                    origin,
                    "% of use",
                    tile.value,
                    *change,
                    float(effective[i]),
                )
            )
    places = ("scenario", "month", "country", "tile", "name", "bloc", "origin", "unit", "share")
    return pd.DataFrame(
        rows, columns=[*places, *(["change"] if policy else []), "effective_sample"]
    )


# Drawing


def _last_month(view: View) -> str:
    return wording.month(month_name(view.reference.months - 1))


def _map(
    view: View,
    tiles: Sequence[Tile],
    title: str,
    scale: LinearSegmentedColormap,
    ends: tuple[float, float],
    steps: Sequence[float],
    *,
    signed: bool,
) -> Figure:
    places = [(tile.country.row, tile.country.column) for tile in tiles]
    first_row, first_column = (min(p[k] for p in places) for k in (0, 1))
    rows, columns = (
        max(p[k] for p in places) - low + 1 for k, low in ((0, first_row), (1, first_column))
    )
    wide = (style.WIDTH - 0.1) / columns
    high = max(wide, 0.345)
    titles = style.wrapped(title, style.WIDTH - 0.16, 10.5, "bold")
    text = (
        "Schematic, no position on borders; slanted: first of a group of small states. "
        f"{FORECAST} {origin.line(view.study)}"
    )
    footer = style.wrapped(text, style.WIDTH - 0.16)
    top = 0.45 + style.LINE * (len(titles) - 1)
    figure = style.canvas(top + rows * high + 0.4 + style.LINE * (len(footer) - 1))
    style.write_lines(figure, 0.08, 0.24, titles, size=10.5, weight="bold")
    axes = style.place(figure, 0.05, top, columns * wide, rows * high)
    axes.set_axis_off()
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    decimals = 0 if not signed or max(abs(x) for x in ends) > 10 else 1
    for tile, (row, column) in zip(tiles, places, strict=True):
        where = (column - first_column, row - first_row)
        _tile(axes, tile, where, scale, ends, decimals, signed=signed)
    _key(figure, tiles, scale, ends, steps, top + 0.1, signed=signed)
    style.write_lines(figure, 0.08, top + rows * high + 0.28, footer, size=SMALL, color=MUTED)
    return figure


def _tile(
    axes: Axes,
    tile: Tile,
    where: tuple[int, int],
    scale: LinearSegmentedColormap,
    ends: tuple[float, float],
    decimals: int,
    *,
    signed: bool,
) -> None:
    x, y = where
    if tile.value is None:
        face, ink, number = to_rgb(style.MISSING), MUTED, ""
    else:
        face = scale((tile.value - ends[0]) / (ends[1] - ends[0]))[:3]
        ink = ink_on(face)
        number = wording.fixed(tile.value, decimals)
        number = wording.signed(number) if signed else number
    axes.add_patch(
        Rectangle(
            (x + 0.02, y + 0.02), 0.96, 0.96, facecolor=face, edgecolor="#bdbdbd", linewidth=0.5
        )
    )
    middle = 0.5 if tile.value is None else 0.3
    slant = "italic" if len(tile.country.members) > 1 else "normal"
    centred: dict[str, Any] = {"size": SMALL, "color": ink, "ha": "center", "va": "center_baseline"}
    axes.text(x + 0.5, y + middle, code(tile.country), style=slant, **centred)
    if number:
        axes.text(x + 0.5, y + 0.72, number, weight="bold", **centred)


def ink_on(face: Sequence[float]) -> str:
    """Return white or dark ink, whichever stands out more on a colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in face]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.065 else INK


def _key(
    figure: Figure,
    tiles: Sequence[Tile],
    scale: LinearSegmentedColormap,
    ends: tuple[float, float],
    steps: Sequence[float],
    top: float,
    *,
    signed: bool,
) -> None:
    """Draw the colour scale over the empty north-east, and say why tiles are grey."""
    left, width = style.WIDTH - 3.3, 3.0
    axes = style.place(figure, left, top, width, 0.14)
    axes.imshow(np.linspace(0, 1, 256)[None, :], aspect="auto", cmap=scale, extent=(*ends, 0, 1))
    axes.set_yticks([])
    labels = [wording.fixed(x, 0 if float(x).is_integer() else 1) for x in steps]
    axes.set_xticks(list(steps), [wording.signed(text) for text in labels] if signed else labels)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    grey = sum(tile.value is None for tile in tiles)
    if grey:
        for line, text in enumerate(
            (f"Grey: {grey} of {len(tiles)} tiles,", f"effective sample below {ENOUGH} users")
        ):
            style.write(
                figure,
                left + width,
                top + 0.52 + 0.18 * line,
                text,
                size=SMALL,
                color=MUTED,
                ha="right",
            )
