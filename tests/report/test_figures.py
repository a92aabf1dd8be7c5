"""Every picture over time shows the reference, nothing overlaps, nothing is too small."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.model.world import HANDOVER
from sim.report import differences, figures, over_time, pictures, style
from sim.report.pictures import PICTURES
from sim.report.view import View, yearly
from sim.scenario.scenario import load
from tests.report.drawings import inside, texts

OVER_TIME = [p for p in PICTURES if p.form is pictures.OVER_TIME]


@pytest.fixture(scope="module")
def drawn(view):
    """Return each picture, drawn once."""
    made = {p.slug: p.draw(view) for p in PICTURES}
    with style.look():
        for figure in made.values():
            FigureCanvasAgg(figure).draw()
    return made


@pytest.mark.parametrize("picture", OVER_TIME, ids=lambda p: p.slug)
def test_the_reference_is_in_every_panel(drawn, picture):
    panels = [
        axes
        for axes in drawn[picture.slug].axes
        if any(line.get_gid() == over_time.START_LINE for line in axes.lines)
    ]
    assert panels
    for axes in panels:
        assert [line for line in axes.lines if line.get_gid() == over_time.REFERENCE_LINE]
        starts = {
            int(line.get_xdata()[0])
            for line in axes.lines
            if line.get_gid() == over_time.START_LINE
        }
        assert starts == {36}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda p: p.slug)
def test_no_text_is_cut_off_or_small(drawn, picture):
    figure = drawn[picture.slug]
    for text in texts(figure):
        assert text.get_fontsize() >= 9
        assert not text.get_parse_math()
        assert inside(text, figure), text.get_text()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda p: p.slug)
def test_no_text_lies_on_another(drawn, picture):
    figure = drawn[picture.slug]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(figure)]
    corners = np.array([[b.x0, b.y0, b.x1, b.y1] for _, b in boxes])
    shrink = np.array([1, 2, -1, -2])
    corners = corners + shrink
    for i, j in combinations(range(len(boxes)), 2):
        a, b = corners[i], corners[j]
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (boxes[i][0], boxes[j][0])


def test_costs_are_steps_that_begin_at_the_start(drawn):
    lines = [line for axes in drawn["costs"].axes for line in axes.lines]
    levels = [
        line
        for line in lines
        if line.get_gid() in (over_time.REFERENCE_LINE, over_time.POLICY_LINE)
    ]
    assert levels
    assert {line.get_drawstyle() for line in levels} == {"steps-post"}


def start_lines(axes) -> list[int]:
    """Return the months of the lines that mark starts in a panel."""
    marks = [line for line in axes.lines if line.get_gid() == over_time.START_LINE]
    return [int(line.get_xdata()[0]) for line in marks]


def test_a_panel_of_one_policy_marks_its_own_start_and_the_foot_those_that_are_drawn(make):
    def change(scenario):
        new = {} if scenario.name != "p1-blanket" else {"start": "2028-05"}
        moved = scenario.policy | {
            name: policy.model_copy(update=new)
            for name, policy in scenario.policy.items()
            if name == "open-weight-control"
        }
        return scenario.model_copy(update={"policy": moved})

    view = View(make((0, 1, 5), change=change, twin=False))
    figure = over_time.plot(view, "us_share_abroad")
    assert [start_lines(axes) for axes in figure.axes] == [[64], [36]]
    rows = differences.comparison(view, ["us_share_abroad"])
    assert start_lines(rows.axes[0]) == [36, 64]
    foot = " ".join(t.get_text() for t in texts(figure))
    assert "(January 2026 and May 2028)" in foot
    one = over_time.plot(view, "us_share_abroad", ["p1-blanket"])
    assert "(May 2028)" in " ".join(t.get_text() for t in texts(one))


def words_in(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("picture", OVER_TIME, ids=lambda p: p.slug)
def test_starts_and_the_handover_are_marked_with_a_word(drawn, picture):
    panels = [axes for axes in drawn[picture.slug].axes if start_lines(axes)]
    for axes in panels:
        assert over_time.START in words_in(axes)
        assert over_time.GENERATED in words_in(axes)


def test_words_of_starts_that_are_close_do_not_lie_on_each_other(make):
    """The first has its word; one that would lie on it goes without."""
    starts = {
        "p1-blanket": "2026-02",
        "p2-risk-assessment": "2026-03",
        "targeted-bundle": "2030-12",
    }

    def change(scenario):
        start = {"start": starts.get(scenario.name, "2026-01")}
        base = load("status-quo").policy
        moved = {
            name: policy if name in base else policy.model_copy(update=start)
            for name, policy in scenario.policy.items()
        }
        return scenario.model_copy(update={"policy": moved})

    view = View(make((0, 1, 2, 5), change=change, twin=False))
    figure = differences.comparison(view, ["us_share_abroad"])
    axes = figure.axes[0]
    assert start_lines(axes) == [37, 38, 95]
    assert words_in(axes).count(over_time.START) == 2


def test_charges_that_are_all_zero_are_neither_drawn_nor_told(make):
    study = make((0, 1), twin=False)
    costs = next(p for p in PICTURES if p.slug == "costs")
    panels = len(costs.draw(View(study)).axes)
    told = [title for title, _ in costs.form.grids(View(study), costs)]
    (first, *others) = costs.outcomes
    for name in ("status-quo", "p1-blanket"):
        study.values(name, first)[:] = 0.0
    view = View(study)
    assert len(costs.draw(view).axes) == panels * len(others) // len(costs.outcomes)
    label = study.outcome(first).label
    assert any(title.startswith(label) for title in told)
    assert not any(title.startswith(label) for title, _ in costs.form.grids(view, costs))
    assert pictures.shown(view, costs) == others
    for frame in costs.form.frames(view, costs).values():
        assert set(frame["outcome"]) == {
            first,
            *others,
        }  # the numbers are in the files all the same
    for name in others:
        study.values("p1-blanket", name)[:] = 0.0
        study.values("status-quo", name)[:] = 0.0
    assert costs not in pictures.drawable(View(study))


def test_there_is_no_legend(drawn):
    assert all(axes.get_legend() is None for figure in drawn.values() for axes in figure.axes)


def test_same_picture_same_bytes(view):
    first, second = (figures.plot(view, "us_share_abroad", ["p1-blanket"]) for _ in range(2))
    assert style.svg(first) == style.svg(second)
    assert style.png(first) == style.png(second)


def test_the_readers_own_settings_do_not_matter(view):
    import matplotlib

    plain = style.svg(figures.plot(view, "lag_us_cn", ["p1-blanket"]))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        assert style.svg(figures.plot(view, "lag_us_cn", ["p1-blanket"])) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_plot_refuses_unknown_names(view):
    with pytest.raises(
        ValueError, match=r"no scenario 'p1-blankett' in this study.*did you mean 'p1-blanket'"
    ):
        figures.plot(view, "us_share_abroad", ["p1-blankett"])


def test_plot_of_the_reference_alone(make):
    figure = figures.plot(View(make((0,))), "us_share_abroad")
    assert any(line.get_gid() == over_time.REFERENCE_LINE for line in figure.axes[0].lines)


def test_bands_are_quantiles_over_replications(study, view):
    levels = view.bands(["us_share_abroad"])["p1-blanket", "us_share_abroad"]
    values = study.values("p1-blanket", "us_share_abroad").astype(float)
    assert levels == pytest.approx(100 * np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0))


def test_counts_are_means_of_twelve_months(study):
    values = study.values("status-quo", "incidents_strip").astype(float)
    smooth = yearly(values)
    assert smooth[:, 0] == pytest.approx(values[:, 0])
    assert smooth[:, 40] == pytest.approx(values[:, 29:41].mean(axis=1))


def test_missing_months_leave_a_gap(make):
    study = make((0, 1))
    study.values("p1-blanket", "lag_us_cn")[:, :10] = np.nan
    study.values("p1-blanket", "lag_us_cn")[2] = np.nan
    levels = View(study).bands(["lag_us_cn"])["p1-blanket", "lag_us_cn"]
    assert np.isnan(levels[:, :10]).all()
    assert np.isfinite(levels[:, 10:]).all()
    style.svg(figures.comparison(View(study), ["lag_us_cn"]))


def handover_lines(axes) -> list[int]:
    """Return the months of the lines that mark the handover in a panel."""
    marks = [line for line in axes.lines if line.get_gid() == over_time.HANDOVER_LINE]
    return [int(line.get_xdata()[0]) for line in marks]


@pytest.mark.parametrize("picture", OVER_TIME, ids=lambda p: p.slug)
def test_the_handover_is_marked_in_every_panel_over_time(drawn, picture):
    figure = drawn[picture.slug]
    panels = [
        axes
        for axes in figure.axes
        if any(line.get_gid() == over_time.REFERENCE_LINE for line in axes.lines)
    ]
    assert panels
    for axes in panels:
        assert handover_lines(axes) == [HANDOVER]
        (line,) = [one for one in axes.lines if one.get_gid() == over_time.HANDOVER_LINE]
        assert line.get_linewidth() < 0.8
        assert line.is_dashed()
        assert [t.get_text() for t in axes.texts].count("generated") == 1
    foot = " ".join(t.get_text() for t in figure.texts)
    assert "From July 2025 on releases are generated." in foot


def test_no_handover_is_marked_where_none_is_crossed(make):
    def later(scenario):
        moved = {
            name: policy.model_copy(update={"start": "2028-05"})
            if name == "open-weight-control"
            else policy
            for name, policy in scenario.policy.items()
        }
        return scenario.model_copy(update={"policy": moved})

    def generated(scenario):
        return scenario.model_copy(update={"history": "free"})

    free = View(make((0, 1), change=generated, twin=False))
    for view in (View(make((0, 1), change=later, twin=False)), free):
        rows = differences.comparison(view, ["us_share_abroad"])
        assert handover_lines(rows.axes[0]) == []
        assert "generated" not in " ".join(t.get_text() for t in texts(rows))
    assert handover_lines(over_time.plot(free, "us_share_abroad").axes[0]) == []
