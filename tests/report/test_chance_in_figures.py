"""Figures over several draws: whiskers end where the table says, and chance alone is told apart."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis import wording
from sim.analysis.study import Study
from sim.report import differences, figure_data, figures, over_time, pictures
from sim.report.view import View
from sim.sweep.design import Case, Design, Draws
from sim.sweep.execution import execute
from sim.sweep.runs import RunId
from tests.sweep import fake


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
