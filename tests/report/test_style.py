"""Style: colours, dashes and labels, and names so long that they are wrapped."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.report import differences, over_time, style
from sim.report.pictures import PICTURES
from sim.report.view import View
from sim.scenario.scenario import load
from tests.report.conftest import SHIPPED
from tests.report.drawings import inside, texts


def test_separated_labels_keep_gaps_and_order():
    placed = style.separated([0.5, 0.5, 0.52, 0.1], 0.1, 0.0, 1.0)
    ordered = sorted(placed)
    assert min(np.diff(ordered)) >= 0.1 - 1e-9
    assert placed[3] == pytest.approx(0.1)
    assert style.separated([0.99, 1.0, 0.98], 0.2, 0.0, 1.0) == pytest.approx([0.8, 1.0, 0.6])
    assert style.separated([0.5] * 5, 0.9, 0.0, 1.0) == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


def test_pens_differ_in_colour_and_dash():
    names = [f"s{i}" for i in range(30)]
    pens = style.pens(names, "s0")
    assert pens["s0"] is style.REFERENCE
    assert len({(pen.color, str(pen.dash)) for pen in pens.values()}) == len(names)


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [*style.PALETTE, style.INK, style.MUTED])
def test_text_colours_stand_out_on_white(color):
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


def long_names(count: int, length: int, rng: random.Random) -> list[str]:
    """Return different names that share beginning and end."""
    fill = "".join(rng.choices("abc-", k=length - 8))
    cut = rng.randrange(len(fill))
    return [f"p{fill[:cut]}{i:02}{fill[cut:]}-end" for i in range(count)]


def test_wrapping_loses_no_letter_so_that_different_names_stay_different():
    rng = random.Random(1)
    for _ in range(4):
        inches = rng.uniform(0.5, 2.5)
        names = long_names(5, rng.choice((20, 40, 63)), rng)
        found = [style.wrapped(name, inches) for name in names]
        assert ["".join(lines) for lines in found] == names
        assert all(style.text_width(line.rstrip()) <= inches for lines in found for line in lines)


@pytest.mark.parametrize("slug", ["us-share", "lags", "us-map", "cn-change-map"])
def test_long_names_are_whole_in_every_figure_and_the_footer_too(make, slug):
    names = iter(long_names(6, 63, random.Random(2)))
    months = iter(("2025-01", "2026-03", "2026-11", "2027-02", "2028-05", "2029-09"))

    def change(scenario):
        start = next(months)
        moved = {
            k: p.model_copy(update={"start": start, "end": None})
            for k, p in scenario.policy.items()
            if k in new
        }
        return scenario.model_copy(
            update={"name": next(names), "title": "", "policy": {**scenario.policy, **moved}}
        )

    new = {name for shipped in SHIPPED for name in load(shipped).policy} - set(
        load("status-quo").policy
    )
    study = make((0, 1, 2, 3, 4, 5), change=change, twin=False)
    view = View(study)
    assert len(over_time.starts(view, view.names)) >= 4
    figure = next(p for p in PICTURES if p.slug == slug).draw(view)
    with style.look():
        FigureCanvasAgg(figure).draw()
    shown = texts(figure)
    assert [t.get_text() for t in shown if not inside(t, figure)] == []
    written = "".join(t.get_text().replace("\n", "") for t in shown)
    assert style.FORECAST in written
    drawn = [s.name for s in study.scenarios] if slug in ("us-share", "lags") else [study.against]
    assert [name for name in drawn if name not in written] == []
    boxes = [t.get_window_extent() for t in shown]
    for a, b in combinations(boxes, 2):
        lie_apart = (
            a.x1 - 1 <= b.x0 + 1
            or b.x1 - 1 <= a.x0 + 1
            or a.y1 - 2 <= b.y0 + 2
            or b.y1 - 2 <= a.y0 + 2
        )
        assert lie_apart


@pytest.mark.parametrize("ends", [(-0.08, 0.05), (-0.0025, 0.0001), (-3.0, 40.0), (-1e5, 2e5)])
def test_labels_under_a_narrow_axis_do_not_touch(ends):
    with style.look():
        figure = style.canvas(2.0)
        axes = style.place(figure, 1.0, 0.3, differences._DIFFERENCE, 1.0)
        axes.set_xlim(*ends)
        differences._few_ticks(axes)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [label.get_window_extent(canvas.get_renderer()) for label in axes.get_xticklabels()]
    assert boxes
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
