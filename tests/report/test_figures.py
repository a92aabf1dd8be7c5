"""Every picture over time shows the reference, nothing overlaps, nothing is too small."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from sim.analysis import wording
from sim.analysis.study import Study
from sim.model.world import HANDOVER
from sim.report import differences, figure_data, figures, maps, over_time, pictures, style
from sim.report.pictures import PICTURES
from sim.report.view import View, yearly
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design, Draws
from sim.sweep.execution import execute
from sim.sweep.runs import RunId
from tests.report.conftest import SHIPPED
from tests.sweep import fake

OVER_TIME = [p for p in PICTURES if p.form is pictures.OVER_TIME]


@pytest.fixture(scope="module")
def drawn(view):
    """Return each picture, drawn once."""
    made = {p.slug: p.draw(view) for p in PICTURES}
    with style.look():
        for figure in made.values():
            FigureCanvasAgg(figure).draw()
    return made


def texts(figure) -> list[Text]:
    found = [*figure.texts]
    for axes in figure.axes:
        found += axes.texts
        found += ticks(axes) if axes.axison else []
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def ticks(axes) -> list[Text]:
    """Return the tick labels that are drawn: matplotlib keeps some outside the limits."""
    found = []
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        pairs = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        found += [label for place, label in pairs if min(ends) <= place <= max(ends)]
    return found


def inside(text: Text, figure) -> bool:
    box, edge = text.get_window_extent(), figure.bbox
    return (
        box.x0 >= edge.x0 - 1
        and box.x1 <= edge.x1 + 1
        and box.y0 >= edge.y0 - 1
        and box.y1 <= edge.y1 + 1
    )


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


# Differences over several draws


def wavers(scenario, luck, seed):
    """A policy acts by draw and by replication, and one of its runs fails."""
    replication = luck % RunId("", 1, 0).luck
    if scenario.policy and scenario.parameters["leak_hazard"] == 0.4 and replication == 3:
        raise ValueError("no")
    found = fake.responds(scenario, luck, seed)
    if scenario.policy:
        found.values[fake.START :, :2] += 0.1 * (replication - 1.5) ** 3
    return found


@pytest.fixture(scope="module")
def three_draws():
    cases = [
        Case(name, fake.scenario(name, policies), "status-quo")
        for policies, name in enumerate(("status-quo", "audits", "more-audits"))
    ]
    plan = Design(
        tuple(cases), 5, 3, Draws.of([{"leak_hazard": hazard} for hazard in (0.1, 0.4, 0.8)])
    )
    return Study(execute(plan, workers=1, simulate=wavers), plan, described=fake.DESCRIBED)


def test_whiskers_end_where_the_table_says(three_draws):
    """Over pairs of a draw and a replication: means of draws lie closer together."""
    names = ["alpha", "beta"]
    view, table = View(three_draws), three_draws.table().set_index(["scenario", "outcome"])
    assert set(table.loc["audits", "pairs"]) == {14}
    figure = figures.comparison(view, names)
    panels = [
        axes
        for axes in figure.axes
        if any(line.get_gid() == "reference-zero" for line in axes.lines)
    ]
    for name, axes in zip(names, panels, strict=True):
        marks = ("reference-zero", over_time.CHANCE_LINE)
        lines = [line for line in axes.lines if line.get_gid() not in marks]
        for scenario, whisker, middle in zip(view.policies, lines[::3], lines[2::3], strict=True):
            pairs = three_draws.paired_differences(scenario, [name])[name]
            low, median, high = np.nanquantile(pairs, (0.05, 0.5, 0.95)) * wording.factor(
                fake.DESCRIBED[name]
            )
            assert tuple(whisker.get_xdata()) == (low, high)
            assert tuple(middle.get_xdata()) == (median,)
            means = np.quantile(three_draws.differences(scenario, name), (0.05, 0.95))
            assert np.nanquantile(pairs, 0.05) < means[0]
            assert means[1] < np.nanquantile(pairs, 0.95)
            if fake.DESCRIBED[name].kind == "share":
                row = table.loc[scenario, name]
                assert (row.low, row["median"], row.high) == pytest.approx((low, median, high))
    for row in figure_data.changes_frame(view, names).itertuples():
        cell = view.paired(names)[row.scenario, row.outcome]
        levels = {"chance and parameters": cell.levels, "chance": cell.chance}[row.interval_holds]
        assert (row.p5, row.p50, row.p95) == (levels[0], levels[2], levels[-1])
        assert row.word == table.loc[(row.scenario, row.outcome), "word"]


def test_chance_alone_is_drawn_and_written_beside_the_wider_interval(three_draws):
    """As `Study.plotted` has it, in every picture of levels and of differences, and in its file."""
    view = View(three_draws)
    plotted = three_draws.plotted("alpha", kind="differences").set_index(
        ["scenario", "interval_holds"]
    )
    written = figure_data.changes_frame(view, ["alpha"]).set_index(["scenario", "interval_holds"])
    assert set(written.index) == set(plotted.index)
    for row in written.index:
        columns = list(figure_data.COLUMNS)
        assert list(written.loc[row, columns]) == pytest.approx(list(plotted.loc[row, columns]))
    rows = differences.comparison(view, ["alpha"])
    whiskers = [line for line in lines_of(rows) if len(line.get_xdata()) == 2]
    ends = {tuple(line.get_xdata()) for line in whiskers}
    assert ends == {tuple(written.loc[(name, "chance"), ["p5", "p95"]]) for name in view.policies}
    panels = over_time.plot(view, "alpha")
    assert len(lines_of(panels)) >= 4 * len(view.policies)
    frame = figure_data.levels_frame(view, ["alpha"])
    assert set(frame["interval_holds"]) == {"chance", "chance and parameters"}
    assert "chance alone" in pictures.holds(view)


def lines_of(figure):
    """Return the lines of chance alone in a figure."""
    lines = [line for axes in figure.axes for line in axes.lines]
    return [line for line in lines if line.get_gid() == over_time.CHANCE_LINE]


def test_without_several_runs_of_each_draw_nothing_is_said_of_chance_alone(view):
    assert view.chance("p1-blanket", "us_share_abroad") is None
    assert not lines_of(over_time.plot(view, "us_share_abroad", ["p1-blanket"]))
    assert "alone" not in " ".join(foot(view).split())
    assert pictures.holds(view) == "Bands and bars hold chance."


def test_every_picture_of_an_interval_says_what_it_holds(three_draws, view, make):
    assert "whiskers hold chance and parameters" in " ".join(foot(View(three_draws)).split())
    assert "whiskers hold chance." in " ".join(foot(view).split())
    assert " hold " not in foot(View(make(replications=1)))


def foot(view):
    return " ".join(over_time.footer(view, view.names))


# Maps


def test_countries_with_few_draws_are_grey(study, view):
    shares, effective = study.map_shares("status-quo")
    tiles = maps.shares(view, "status-quo", "us")
    for i, tile in enumerate(tiles):
        assert (tile.value is None) == (effective[i] < 100)
        assert tile.value is None or tile.value == pytest.approx(100 * shares[i, 0])
    said = " ".join(t.get_text() for t in maps.us_map(view).texts)
    grey = sum(tile.value is None for tile in tiles)
    assert f"Grey: {grey} of {len(tiles)} tiles, effective sample below 100 users" in said


def test_changes_are_differences_of_shares(view):
    here, there = (maps.shares(view, name, "us") for name in ("p1-blanket", "status-quo"))
    for a, b, change in zip(here, there, maps.changes(view, "p1-blanket", "us"), strict=True):
        assert change.value is None or change.value == pytest.approx(a.value - b.value)
    assert maps.largest_change(view) == "p1-blanket"


def test_tiles_do_not_share_a_place_and_have_short_codes(view):
    tiles = maps.shares(view, "status-quo", "us")
    places = {(tile.country.row, tile.country.column) for tile in tiles}
    assert len(places) == len(tiles)
    assert {len(maps.code(tile.country)) for tile in tiles} == {3}
    assert len({maps.code(tile.country) for tile in tiles}) == len(tiles)


# Style


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
