"""What a plot refuses: it names what is wrong with what is allowed."""

from __future__ import annotations

import pytest

from sim.analysis.study import Study
from sim.report import ranks
from sim.report.kinds import KINDS
from sim.sweep.design import Keep
from tests.report.plots import HARM, SHARE, STRENGTH, sweep
from tests.sweep import fake

WRONG = {
    "kind": (
        {"kind": "ridgelines"},
        r"no kind of plot 'ridgelines'; there are bands, .*did you mean 'ridgeline'",
    ),
    "outcome": (
        {"outcome": "us_share_abraod"},
        "no outcome 'us_share_abraod' in this study; did you mean 'us_share_abroad'",
    ),
    "scenario": (
        {"scenarios": "p1-blankett"},
        "no scenario 'p1-blankett' in this study.*did you mean 'p1-blanket'",
    ),
    "month": (
        {"kind": "ecdf", "month": "2031-01"},
        "no month '2031-01' of 'status-quo' in this study; it has 2023-01 to 2030-12",
    ),
    "two months": (
        {"kind": "ecdf", "month": ("2030-01", "2030-02")},
        "kind 'ecdf' takes one month, not '2030-01', '2030-02'",
    ),
    "one month": (
        {"kind": "flows", "month": "2030-01"},
        "kind 'flows' takes two months, not '2030-01'",
    ),
    "no month": ({"month": "2030-01"}, "kind 'bands' takes no month, not '2030-01'"),
    "lever": (
        {"kind": "ranks", "lever": "kyc_friction"},
        "kind 'ranks' takes no lever, not 'kyc_friction'",
    ),
    "no lever": ({"kind": "dose"}, "kind 'dose' takes one lever.*this study has none"),
    "flows": (
        {"kind": "flows", "outcome": HARM},
        "needs the share of use of an origin, such as 'us_share_abroad', in place of 'cn_state",
    ),
    "map": (
        {"kind": "map", "outcome": HARM},
        "kind 'map' shows.*us_share_abroad.*not 'cn_state_harm'",
    ),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_what_is_allowed(three, wrong, message):
    error = ValueError if {"kind", "month"} & wrong.keys() else KeyError
    given = {"outcome": SHARE} | wrong
    for method in (three.plot, three.plotted):
        with pytest.raises(error, match=message):
            method(**given)


@pytest.mark.parametrize(
    ("kind", "lever", "message"),
    [
        (
            "dose",
            None,
            "kind 'dose' takes one lever.*; this study has .*strength.* .*enforcement",
        ),
        ("dose", "enforcment", "no lever 'enforcment'; this study has .*did you mean"),
        ("heat", "strength", "kind 'heat' takes two levers"),
        ("heat", ("strength", STRENGTH), "needs two different levers"),
    ],
)
def test_a_lever_that_is_not_there_is_named(grid, kind, lever, message):
    with pytest.raises(ValueError, match=message):
        grid.plot("alpha", kind=kind, lever=lever)


def test_what_was_not_kept_is_named():
    study = sweep(Keep(countries="none", months="year-ends"))
    described = fake.DESCRIBED | {"alpha": fake.Outcome(unit="incidents a month")}
    counted = Study(study.store, study.design, described=described)
    with pytest.raises(ValueError, match=r"did not keep every month \(keep.months"):
        counted.plot("alpha")


def test_more_scenarios_than_can_be_told_apart_are_refused(monkeypatch, three):
    monkeypatch.setitem(KINDS, "ecdf", KINDS["ecdf"]._replace(most=2))
    with pytest.raises(ValueError, match="kind 'ecdf' has room for 2 scenarios, not 3: name some"):
        three.plot(SHARE, kind="ecdf")
    monkeypatch.setattr(ranks, "MOST", 2)
    with pytest.raises(ValueError, match="kind 'ranks' has room for 2 scenarios, not 3"):
        three.plot(SHARE, kind="ranks")
    assert three.plot(SHARE, ["status-quo", "p1-blanket"], kind="ranks").axes


def test_a_scenario_stands_for_all_its_cases(grid):
    assert set(grid.plotted("alpha", "audits", kind="differences")["scenario"]) == {
        case.name for case in grid.cases[1:]
    }
