"""The look of the figures: one style, one colour and dash per scenario, stable bytes.

Figures are 9.4 inches wide and shown 900 pixels wide, so a point in the figure is a point on the
page; no text is below 9 points. Text becomes paths, ids are salted with a constant, no date is
written: the same study gives the same bytes.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

FORECAST = "Conditional comparison under stated assumptions, not a forecast."
"""Written on every picture."""
CHANCE = "dotted lines and pale bars with caps: chance alone"
"""Said where draws were run several times."""

WIDTH = 9.4
SMALL = 9.0
BODY = 9.5
LINE = 0.16
"""Height of a line of text in inches."""
INK = "#222222"
MUTED = "#595959"
FAINT = "#d9d9d9"
MISSING = "#d4d4d4"
DPI = 144

REFERENCE_90 = "#dcdcdc"
REFERENCE_50 = "#b9b9b9"

# Dark enough for text on white (contrast 4.5 or more), apart for colour-blind readers; dashes and
# labels say it twice.
PALETTE = ("#c24e00", "#0072b2", "#00795a", "#a8457f", "#332288", "#856000", "#007c91", "#7a1f2b")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.2)),
    (0, (7, 2, 1.5, 2)),
    (0, (4, 1, 1, 1, 1, 1)),
    (0, (10, 2)),
)
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")

CAPS: dict[str, Any] = {"linewidth": 1.0, "alpha": 0.6, "marker": "|", "markersize": 5}
"""How the interval of chance alone is drawn under that of all pairs."""

STYLE: dict[Any, Any] = {
    "axes.edgecolor": "#8c8c8c",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.unicode_minus": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": BODY,
    "grid.color": "#ececec",
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "lines.solid_capstyle": "butt",
    "savefig.dpi": DPI,
    "svg.fonttype": "path",
    "svg.hashsalt": "openstakes",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "ytick.color": MUTED,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
}


@dataclass(frozen=True)
class Pen:
    """How one scenario is drawn: colour, dash and marker.

    They go together, so that none has to be told apart alone.
    """

    color: str
    dash: Any
    marker: str
    width: float


REFERENCE = Pen(INK, "-", "o", 1.8)


def pens(names: Sequence[str], against: str) -> dict[str, Pen]:
    """Return the pen of each scenario.

    The reference is black; the others take palette, dashes and markers in order.
    """
    chosen = {against: REFERENCE}
    for i, name in enumerate(name for name in names if name != against):
        # The dash moves on with each turn of the palette, so colour and dash together stay
        # different for 48 scenarios.
        dash = DASHES[(i % len(PALETTE) + i // len(PALETTE)) % len(DASHES)]
        chosen[name] = Pen(PALETTE[i % len(PALETTE)], dash, MARKERS[i % len(MARKERS)], 1.6)
    return chosen


@contextmanager
def look() -> Iterator[None]:
    """Draw in the report's style, whatever the reader's own matplotlib settings.

    Also usable as a decorator.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def canvas(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure without a window or a global registry behind it."""
    return Figure(figsize=(width, height))


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place given in inches from the top left corner."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, 1 - (top + height) / h, width / w, height / h))


def write(figure: Figure, left: float, top: float, text: str, **options: Any) -> None:
    """Write text at a place given in inches from the top left corner."""
    w, h = figure.get_size_inches()
    figure.text(left / w, 1 - top / h, text, **options)


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = SMALL, weight: str = "normal") -> float:
    """Return the width of a text in inches."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight, size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def wrapped(text: str, inches: float, size: float = SMALL, weight: str = "normal") -> list[str]:
    """Return text in lines of a width, broken after spaces and hyphens, else anywhere.

    No letter is ever left out, so that names that differ stay different: the lines put together are
    the text.
    """
    inches *= (
        0.95  # in a PNG letters are fitted to pixels, which makes them up to a twentieth wider
    )
    lines = [""]
    for piece in re.findall(r"[^ -]*[ -]+|[^ -]+", text):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size, weight) > inches:
            lines.append("")
        for part in [piece] if text_width(piece.rstrip(), size, weight) <= inches else piece:
            if lines[-1] and text_width((lines[-1] + part).rstrip(), size, weight) > inches:
                lines.append("")
            lines[-1] += part
    return lines


def write_lines(
    figure: Figure, left: float, top: float, lines: Sequence[str], **options: Any
) -> None:
    """Write lines below each other, the first at inches from the top left corner."""
    for i, line in enumerate(lines):
        write(figure, left, top + i * LINE, line, **options)


def separated(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions as little as needed so that they keep a gap and stay between two ends.

    Parameters
    ----------
    wanted : sequence of float
        Where the labels would like to be.
    gap : float
        Smallest distance between two labels.
    low, high : float
        Ends of the space. If all labels do not fit, they are spaced evenly over it.

    Returns
    -------
    list of float
        Positions in the order of `wanted`.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    if len(order) > 1:
        gap = min(gap, (high - low) / (len(order) - 1))
    placed = np.array([min(max(wanted[i], low), high) for i in order], dtype=float)
    for k in range(1, len(placed)):
        placed[k] = max(placed[k], placed[k - 1] + gap)
    if len(placed) and placed[-1] > high:
        placed[-1] = high
        for k in range(len(placed) - 2, -1, -1):
            placed[k] = min(placed[k], placed[k + 1] - gap)
    result = [0.0] * len(order)
    for position, i in zip(placed, order, strict=True):
        result[i] = float(position)
    return result


def svg(figure: Figure, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the figure as SVG, the same bytes each time.

    Comments are left out, and paths go to a hundredth of a point. `about` has the title, the
    description and the like that the file carries (names of Dublin Core).
    """
    drawing = _saved(figure, "svg", {"Date": None, "Creator": None, **about}).decode()
    drawing = re.sub(r"<!--.*?-->\s*", "", drawing, flags=re.DOTALL)
    return re.sub(r' d="[^"]*"', _rounded, drawing).encode()


def embedded(drawing: bytes) -> str:
    """Return an SVG as the source of an image on a page that fetches nothing."""
    return "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")


def _rounded(path: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", _hundredths, path[0])


def _hundredths(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def png(figure: Figure, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the figure as PNG, the same bytes each time; `about` as for `svg`."""
    return _saved(figure, "png", {"Software": None, **about})


def _saved(figure: Figure, file_format: str, metadata: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with look():
        figure.savefig(buffer, format=file_format, metadata=metadata)
    return buffer.getvalue()
