"""Plots for scripts: each kind draws its frame, and the frame says what the study says."""

from __future__ import annotations

import numpy as np
import pytest

from sim.report import distributions, intervals, ranks, style
from sim.report.kinds import KINDS
from sim.sweep.design import Keep
from tests.report.drawings import inside, texts
from tests.report.plots import ENFORCEMENT, HARM, SHARE, STRENGTH, lines, said, sweep

OF_COMPARISONS = [kind for kind in KINDS if not KINDS[kind].levers]
LONG = "A title of a scenario that is so long that it takes three lines or four beside its bar " * 2


@pytest.fixture(scope="module")
def drawn(make):
    """Eight draws, each run four times."""
    return make((0, 1, 5), draws=8, replications=4, twin=False)


@pytest.fixture(scope="module")
def once(make):
    return make((0, 1, 5), replications=1, twin=False)


# Frames say what the study says


def test_bands_are_quantiles_of_the_runs_in_each_month(three):
    frame = three.plotted(SHARE)
    for name in ("status-quo", "p1-blanket"):
        own = frame[frame["scenario"] == name]
        points = 100 * np.quantile(three.values(name, SHARE), (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
        np.testing.assert_allclose(own[["p5", "p25", "p50", "p75", "p95"]].T, points, rtol=1e-6)
        assert list(own["month"]) == three.months(name)
    assert len(three.plot(SHARE).axes) == 2


def test_differences_are_those_of_the_table(three):
    frame = three.plotted(SHARE, kind="differences").set_index("scenario")
    table = three.table([SHARE]).set_index("scenario")
    for ours, theirs in (("p50", "median"), ("p5", "low"), ("p95", "high")):
        np.testing.assert_allclose(frame[ours], table[theirs])
    np.testing.assert_allclose(frame["mean"], 100 * table["difference"])
    assert list(frame["interval_holds"]) == ["chance", "chance"]
    assert list(frame["first_month"]) == list(table["first_month"])
    figure = three.plot(SHARE, kind="differences")
    assert [float(line.get_xdata()[0]) for line in lines(figure, "marker")] == list(frame["p50"])
    assert not lines(figure, "chance")


def test_several_runs_of_each_draw_tell_chance_apart(drawn):
    frame = drawn.plotted(SHARE, "p1-blanket", kind="differences")
    assert list(frame["interval_holds"]) == ["chance and parameters", "chance"]
    found = 100 * drawn.paired_differences("p1-blanket", [SHARE])[SHARE].reshape(8, 4)
    rest = (found - found.mean(axis=1)[:, None]) * np.sqrt(4 / 3) + np.median(found)
    np.testing.assert_allclose(frame["p5"], [np.quantile(x, 0.05) for x in (found, rest)])
    np.testing.assert_allclose(frame["p95"], [np.quantile(x, 0.95) for x in (found, rest)])
    figure = drawn.plot(SHARE, kind="differences")
    assert (len(lines(figure, "interval")), len(lines(figure, "chance"))) == (2, 2)


def test_where_only_the_draw_moves_an_outcome_chance_alone_is_nothing(grid):
    """In the made-up world luck cancels in every pair, so all that is left is the parameter."""
    frame = grid.plotted("alpha", kind="differences")
    chance = frame[frame["interval_holds"] == "chance"]
    assert len(chance) == 6
    np.testing.assert_allclose(chance["p5"], chance["p95"], atol=1e-6)
    whole = frame[frame["interval_holds"] == "chance and parameters"]
    assert (whole["p95"] > whole["p5"] + 0.05).all()


def test_one_run_of_each_draw_has_one_interval(make):
    frame = make((0, 1), draws=8, replications=1, twin=False).plotted(SHARE, kind="differences")
    assert list(frame["interval_holds"]) == ["chance and parameters"]


@pytest.mark.parametrize("month", [None, "2028-06"])
def test_ecdf_and_ridgeline_are_of_the_runs_of_a_month(three, month):
    frame = three.plotted(SHARE, "p1-blanket", kind="ecdf", month=month)
    assert list(dict.fromkeys(frame["scenario"])) == ["status-quo", "p1-blanket"]
    own = frame[frame["scenario"] == "p1-blanket"]
    place = three.months("p1-blanket").index(month or "2030-12")
    runs = 100 * three.values("p1-blanket", SHARE)[:, place].astype(float)
    np.testing.assert_allclose(own["value"], np.sort(runs))
    np.testing.assert_allclose(own["share"], np.arange(1, 17) / 16)
    ridge = three.plotted(SHARE, kind="ridgeline", month=month).query("scenario == 'p1-blanket'")
    points = np.quantile(runs, (0.05, 0.5, 0.95))
    np.testing.assert_allclose(ridge[["p5", "p50", "p95"]].iloc[0], points)
    assert (ridge["value"].min(), ridge["value"].max()) == (runs.min(), runs.max())
    spread = min(runs.std(), np.subtract(*np.quantile(runs, (0.75, 0.25))) / 1.349)
    width = 0.9 * spread * 16**-0.2
    away = (ridge["value"].to_numpy()[:, None] - runs) / width
    kernel = np.exp(-0.5 * away**2).mean(axis=1) / width / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(ridge["density"], kernel, atol=0.01 * kernel.max())


def test_of_many_runs_every_so_many_th_is_a_step():
    steps = distributions.ecdf_steps(np.arange(100_000.0))
    assert len(steps["value"]) == distributions.STEPS
    for value, share in zip(steps["value"], steps["share"], strict=True):
        assert value == round(share * 100_000) - 1


def test_ranks_add_up_and_equal_scenarios_share_theirs():
    values = np.array([[3.0, 1.0, 2.0, np.nan], [3.0, 2.0, 1.0, 1.0], [1.0, 3.0, 3.0, 2.0]])
    shares, pairs = ranks.rank_shares(values, lowest=False)
    assert pairs == 3
    np.testing.assert_allclose(
        shares, [[1 / 6, 1 / 2, 1 / 3], [1 / 6, 1 / 2, 1 / 3], [2 / 3, 0, 1 / 3]]
    )
    turned, _ = ranks.rank_shares(values, lowest=True)
    np.testing.assert_allclose(turned, shares[:, ::-1])


def test_ranks_are_over_the_common_window_towards_the_goal(three):
    first, last = three.common_window()
    for outcome, side, best in ((SHARE, "highest", max), (HARM, "lowest", min)):
        frame = three.plotted(outcome, kind="ranks")
        assert set(frame["first_is"]) == {side}
        wide = frame.pivot_table(index="scenario", columns="rank", values="share", sort=False)
        np.testing.assert_allclose(wide.sum(axis=0), 1)
        np.testing.assert_allclose(wide.sum(axis=1), 1)
        names = list(wide.index)
        means = [
            three.values(n, outcome)[:, first : last + 1].mean(axis=1, dtype=float) for n in names
        ]
        wins = [best(names, key=lambda n, i=i: means[names.index(n)][i]) for i in range(16)]
        for name in names:
            assert wide.loc[name, 1] == pytest.approx(wins.count(name) / 16)


def test_flows_are_the_smallest_movement_and_add_up():
    before = np.array([[50.0, 30.0, 20.0], [50.0, 30.0, 20.0], [40.0, 40.0, 20.0]])
    after = np.array([[40.0, 37.0, 23.0], [50.0, 30.0, 20.0], [45.0, 25.0, 30.0]])
    moved = intervals.smallest_movement(before, after)
    np.testing.assert_allclose(moved[0], [[0, 7, 3], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(moved[1], 0)
    np.testing.assert_allclose(moved[2], [[0, 0, 0], [5, 0, 10], [0, 0, 0]])
    np.testing.assert_allclose(moved.sum(axis=1) - moved.sum(axis=2), after - before)


@pytest.fixture
def shares(make):
    """Shares of use in which the US loses 3 points to China and 1 to others in every pair."""
    study = make((0, 1), twin=False)
    for name, us, cn in (("status-quo", 0.5, 0.3), ("p1-blanket", 0.46, 0.33)):
        study.values(name, SHARE)[:], study.values(name, "cn_share_abroad")[:] = us, cn
        study.values(name, SHARE)[:, :12] = 0.6
    return study


def test_flows_between_scenarios_and_between_months(shares):
    frame = shares.plotted(SHARE, kind="flows").set_index(["source", "target"])
    assert frame.loc[("US", "CN"), "mean"] == pytest.approx(3, abs=1e-4)
    assert frame.loc[("US", "other"), "p50"] == pytest.approx(1, abs=1e-4)
    assert frame["mean"].sum() == pytest.approx(4, abs=1e-4)
    assert set(frame["before"]) == {"status-quo"}
    other = shares.plotted("cn_share_abroad", kind="flows").set_index(["source", "target"])
    assert other["mean"].equals(frame["mean"])
    months = shares.plotted(SHARE, kind="flows", month=("2023-06", "2030-12"))
    assert list(dict.fromkeys(months["scenario"])) == ["status-quo", "p1-blanket"]
    own = months[months["scenario"] == "status-quo"].set_index(["source", "target"])
    assert own.loc[("US", "other"), "mean"] == pytest.approx(10, abs=1e-4)
    drawing = said(shares.plot(SHARE, kind="flows", month=("2023-06", "2030-12")))
    assert "between June 2023 and December 2030" in drawing
    shares.values("p1-blanket", SHARE)[:] = shares.values("status-quo", SHARE)
    shares.values("p1-blanket", "cn_share_abroad")[:] = 0.3
    assert "nothing moves" in said(shares.plot(SHARE, kind="flows"))


def test_map_is_of_the_reference_or_of_one_change(three):
    whole = three.plotted(SHARE, kind="map")
    assert set(whole["scenario"]) == {"status-quo"}
    assert "change" not in whole
    change = three.plotted(SHARE, "p1-blanket", kind="map")
    assert set(change["scenario"]) == {"status-quo", "p1-blanket"}
    assert "Change of the US share" in said(three.plot(SHARE, "p1-blanket", kind="map"))
    with pytest.raises(ValueError, match="one scenario at a time, not 2"):
        three.plot(SHARE, ["p1-blanket", "targeted-bundle"], kind="map")


# What every kind can bear


@pytest.mark.parametrize("kind", OF_COMPARISONS)
def test_same_plot_same_bytes_whatever_the_readers_settings(make, kind):
    import matplotlib

    first, second = (make((0, 1), replications=4, twin=False) for _ in range(2))
    plain = style.svg(first.plot(SHARE, kind=kind))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        assert style.svg(second.plot(SHARE, kind=kind)) == plain


@pytest.mark.parametrize("kind", [kind for kind in OF_COMPARISONS if kind != "map"])
def test_one_run_says_that_there_is_no_interval(once, kind):
    figure = once.plot(SHARE, kind=kind)
    assert "One run: no interval." in said(figure)
    frame = once.plotted(SHARE, kind=kind)
    if "interval_holds" in frame and kind != "bands":
        assert set(frame["interval_holds"]) == {"none"}
        assert frame["p5"].isna().all()
        assert frame["p50"].notna().all()


def test_one_run_of_a_sweep_says_that_there_is_no_interval():
    alone = sweep(replications=1, hazards=(0.1,))
    for kind, lever in (("dose", "enforcement"), ("heat", (ENFORCEMENT, STRENGTH))):
        assert "One run: no interval." in said(alone.plot("alpha", kind=kind, lever=lever))


@pytest.mark.parametrize("kind", OF_COMPARISONS)
def test_long_names_are_wrapped_and_nothing_is_cut_off(make, kind):
    study = make(
        tuple(range(7)),
        change=lambda s: s.model_copy(update={"title": f"{LONG} {s.name}"}),
        replications=4,
        twin=False,
    )
    figure = study.plot(SHARE, kind=kind)
    for text in texts(figure):
        assert inside(text, figure), text.get_text()
        assert text.get_fontsize() >= 9


def spoilt(study, change):
    """A study of the same size whose series of the share are changed in place."""
    for case in study.cases:
        for outcome in (SHARE, "cn_share_abroad"):
            values = study.values(case.name, outcome)
            values[:] = change(values)
    return study


@pytest.mark.parametrize("kind", [kind for kind in OF_COMPARISONS if kind != "map"])
@pytest.mark.parametrize(
    "change",
    [
        lambda values: np.full_like(values, 0.3),
        lambda values: np.zeros_like(values),
        lambda values: -values,
        lambda values: np.where(np.arange(len(values))[:, None] % 2, values, np.nan),
        lambda values: np.full_like(values, np.nan),
    ],
    ids=["constant", "zero", "negative", "holes", "nothing"],
)
def test_odd_series_are_drawn_as_they_are(make, kind, change):
    study = spoilt(make((0, 1), replications=4, twin=False), change)
    figure = study.plot(SHARE, kind=kind)
    for text in texts(figure):
        assert inside(text, figure), text.get_text()
    assert style.svg(figure)


def test_runs_that_failed_are_left_out(make):
    study = spoilt(
        make((0, 1), replications=4, twin=False),
        lambda values: np.where(np.arange(len(values))[:, None] % 2, values, np.nan),
    )
    assert set(study.plotted(SHARE, kind="ecdf")["runs"]) == {2}
    assert set(study.plotted(SHARE, kind="differences")["pairs"]) == {2}
    spoilt(study, lambda values: np.full_like(values, np.nan))
    assert "no run finished" in said(study.plot(SHARE, kind="ecdf"))
    assert "no pair of runs finished" in said(study.plot(SHARE, kind="flows"))


def test_one_month_and_year_ends_are_enough():
    for keep, labels in (
        (Keep(months=("2027-06",)), {"2027-06"}),
        (Keep(months="year-ends"), {"2024"}),
    ):
        study = sweep(keep)
        for kind in ("bands", "ecdf", "ridgeline", "differences", "ranks"):
            figure = study.plot("alpha", kind=kind)
            if kind == "bands":
                assert labels <= {label.get_text() for label in figure.axes[0].get_xticklabels()}
        assert set(study.plotted("alpha")["month"]) == set(study.months("status-quo"))
    with pytest.raises(ValueError, match=r"no month '2027-07' .* did you mean '2027-12'"):
        study.plot("alpha", kind="ecdf", month="2027-07")


def test_a_hundred_thousand_runs_are_summed_up_before_they_are_drawn(make):
    study = make((0, 1), replications=2, twin=False)
    runs = np.random.default_rng(1).normal(0.5, 0.1, (100_000, 1)).astype(np.float32)
    for kind in ("ecdf", "ridgeline"):
        study.replications = 100_000
        study._held = {
            (name, SHARE): np.broadcast_to(runs + shift, (100_000, 96))
            for name, shift in (("status-quo", 0.0), ("p1-blanket", 0.01))
        }
        figure = study.plot(SHARE, kind=kind)
        artists = [artist for axes in figure.axes for artist in axes.get_children()]
        assert len(artists) < 100
        for line in (line for axes in figure.axes for line in axes.lines):
            assert len(line.get_xdata()) <= distributions.STEPS + 2
        assert len(study.plotted(SHARE, kind=kind)) == 2 * distributions.STEPS
