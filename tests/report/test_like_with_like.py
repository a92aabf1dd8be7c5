"""Each scenario is compared with its own level and months.

Whatever differs beside policy is named everywhere.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.console import Console

from sim import report
from sim.analysis import wording
from sim.cli import results, terminal
from sim.months import month_name
from sim.report import cells, pictures, prose
from sim.report.matrix import Row
from sim.report.page import write_report
from sim.report.pictures import PICTURES
from sim.report.view import View
from sim.scenario.differences import differences, other_differences
from sim.scenario.overlay import LABELS
from sim.scenario.scenario import Scenario, load
from tests.analysis.tidy import read_tidy
from tests.report.conftest import DRAWN

INPUTS = {
    "parameters": {"parameters": {"leak_hazard": 0.25}},
    "assumptions": {"assumptions": "no-assumed-responses", "parameters": {"state_push": 0.0}},
    "history": {"history": "free"},
    "structure": {"structure": {"capability": "linear"}},
    "adopters": {"adopters": 5000},
    "crisis": {"crisis": {"back-door": {"month": "2028-03", "origin": "CN"}}},
    "horizon": {"horizon": {"end": "2029-12"}},
}
SAID = {
    "parameters": "parameters.leak_hazard 0.25 against 0.5",
    "assumptions": "assumptions no-assumed-responses against none",
    "history": "history free against replay",
    "structure": "structure.capability linear against logistic",
    "adopters": "adopters 5000 against 6000",
    "crisis": "crisis.back-door.month 2028-03 against none",
    "horizon": "horizon.end 2029-12 against 2030-12",
}


def altered(scenario: Scenario, **fields) -> Scenario:
    return Scenario.model_validate(
        scenario.model_dump(exclude={"policy"}) | {"policy": scenario.policy} | fields
    )


@pytest.fixture(scope="module")
def later(make):
    """The status quo, a control from 2026, the same from 2028, and one with another panel."""

    def change(scenario: Scenario) -> Scenario:
        if scenario.name == "p2-risk-assessment":
            moved = load("p1-blanket", settings=["policy.open-weight-control.start=2028-01"])
            return altered(moved, name=scenario.name)
        return (
            altered(scenario, adopters=5000)
            if scenario.name == "p3-government-audits"
            else scenario
        )

    return make((0, 1, 2, 3), change=change, twin=False)


def test_every_input_that_is_no_policy_and_no_text_counts() -> None:
    assert set(INPUTS) == set(Scenario.model_fields) - {"policy", *LABELS}
    base = load("status-quo")
    for field, change in INPUTS.items():
        found = other_differences(altered(base, **change), base)
        assert {key.split(".")[0] for key, _, _ in found} >= {field}
        assert all(right is not None for key, _, right in found if key.startswith("parameters."))
    shipped = load("p1-blanket")
    assert differences(shipped, base)
    assert other_differences(shipped, base) == []


@pytest.mark.parametrize("field", [field for field in INPUTS if field != "horizon"])
def test_it_changes_nothing_is_never_said_where_an_input_differs(make, field) -> None:
    study = make(
        (0, 1),
        change=lambda s: altered(s, **INPUTS[field]) if s.name == "p1-blanket" else s,
        twin=False,
    )
    (_, one) = prose.introductions(study)
    assert one.changes[-1].startswith("Not only a policy differs: ")
    assert SAID[field] in one.changes[-1]
    bare = make((0, 1), change=lambda s: s if s.name != "p1-blanket" else bared(field), twin=False)
    (_, one) = prose.introductions(bare)
    assert len(one.changes) == 1
    assert one.changes[0].startswith("No policy differs, but: ")
    assert SAID[field] in one.changes[0]


def bared(field: str) -> Scenario:
    return altered(load("status-quo"), name="mine", **INPUTS[field])


def test_the_rubric_says_months_and_what_else_differs_and_gives_no_paper_sign_then(later) -> None:
    rubric = later.rubric().set_index("scenario")
    for name in ("p1-blanket", "p2-risk-assessment", "p3-government-audits"):
        first, last = (month_name(index) for index in later.window(name))
        assert set(rubric.loc[name, "first_month"]) == {first}
        assert set(rubric.loc[name, "last_month"]) == {last}
    assert set(rubric["first_month"]) == {"2027-01", "2029-01", "2024-01"}
    assert set(rubric.loc["p3-government-audits", "also_differs"]) == {"adopters 5000 against 6000"}
    assert set(rubric.loc["p3-government-audits", "paper"]) == {""}
    assert set(rubric.loc["p1-blanket", "also_differs"]) == {""}
    assert set(rubric.loc["p1-blanket", "paper"]) != {""}


def test_the_terminal_says_level_months_and_what_else_differs(later, capsys) -> None:
    results.print_comparison(later)
    shown = capsys.readouterr().out
    names = [case.name for case in later.cases]
    tables = {
        name: part
        for name in names
        for part in shown.split("\n\n")
        if " ".join(part.split()).startswith(f"{later.titles[name]} minus")
    }
    assert "mean of 2027-01 to" in tables["p1-blanket"]
    assert "mean of 2029-01 to" in tables["p2-risk-assessment"]
    rubric = later.rubric()
    levels = rubric[rubric.outcome == "us_share_abroad"].set_index("scenario")["reference"]
    assert len(set(levels)) == 3
    for name, level in levels.items():
        assert (
            wording.number(level, later.outcome("us_share_abroad"))
            in tables[name].split("Global power")[1]
        )
    assert (
        shown.count("Not only a policy differs: adopters 5000 against 6000 (in Status quo).") == 1
    )
    assert "adopters 5000" in tables["p3-government-audits"]
    content = results.comparison_content(later)
    also = {"key": "adopters", "value": 5000, "reference": 6000}
    assert content["also_differs"] == {
        "p1-blanket": [],
        "p2-risk-assessment": [],
        "p3-government-audits": [also],
    }


@pytest.mark.usefixtures("no_bitmaps")
def test_each_column_of_the_matrix_has_its_own_level_and_months(
    later, make, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(pictures, "PICTURES", ())
    text = report.write(later, tmp_path / "mixed").read_text(encoding="utf-8")
    matrix = re.search(r'<section id="rubric">.*?</table>', text, re.DOTALL)[0]
    heads = re.search(r"<thead>.*?</thead>", matrix, re.DOTALL)[0].split("<th ")[2:]
    for name, head in zip([case.name for case in later.cases[1:]], heads, strict=True):
        assert later.titles[name] in head
        assert wording.period(*(month_name(index) for index in later.window(name))) in head
        assert ("adopters 5000 against 6000" in head) == (name == "p3-government-audits")
    for row in later.rubric().itertuples():
        cell = re.search(
            f'<td[^>]*data-scenario="{row.scenario}" data-outcome="{row.outcome}">.*?</td>', matrix
        )[0]
        assert f"Status quo: {wording.value(row.reference, later.outcome(row.outcome))}" in cell
    equal = report.write(make((0, 1, 5), twin=False), tmp_path / "equal").read_text(
        encoding="utf-8"
    )
    matrix = re.search(r'<section id="rubric">.*?</table>', equal, re.DOTALL)[0]
    assert matrix.count("Status quo: ") == len(set(later.rubric()["factor"]))


def test_one_level_stands_over_several_columns_only_if_their_months_are_the_same(later) -> None:
    found = cells.headlines(View(later))
    same = tuple(replace(cell, reference=1.0) for cell in found if cell.factor == found[0].factor)
    assert len({cell.first_month for cell in same}) == 3
    assert Row("factor", "outcome", same).level == ""
    assert Row("factor", "outcome", same[:1] * 2).level == same[0].level != ""


@pytest.mark.usefixtures("no_bitmaps")
def test_findings_say_the_months_of_each_comparison(later, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pictures, "PICTURES", ())
    report.write(later, tmp_path)
    frame = read_tidy(tmp_path / "findings.csv")
    head = frame[frame.part == "headline"]
    assert set(zip(head.scenario, head.first_month, strict=True)) == {
        ("p1-blanket", "2027-01"),
        ("p2-risk-assessment", "2029-01"),
        ("p3-government-audits", "2024-01"),
    }


# Files and tables for other eyes


def test_every_csv_of_a_report_is_tidy(page) -> None:
    frames = {path.name: read_tidy(path) for path in sorted(page.folder.rglob("*.csv"))}
    assert {f"{picture.slug}.csv" for picture in DRAWN} < set(frames)
    for picture in DRAWN:
        changes = (
            frames.get(f"{picture.slug}-changes.csv")
            if picture.form is pictures.OVER_TIME
            else None
        )
        if changes is not None:
            assert set(changes.outcome) == set(picture.outcomes)
            assert changes.p50.notna().all()
        assert ("change" in frames[f"{picture.slug}.csv"]) == ("change" in picture.slug)
    table = page.study.table(["us_share_abroad"]).set_index("scenario")
    for row in frames["us-share-changes.csv"].itertuples():
        assert row.p50 == pytest.approx(table.loc[row.scenario, "median"], rel=1e-6)
    moved = frames["us-change-map.csv"].pivot_table(
        index="country", columns="scenario", values=["share", "change"]
    )
    (policy,) = moved["change"].columns
    expected = (moved["share"][policy] - moved["share"]["status-quo"]).dropna()
    assert moved["change"][policy].dropna().to_numpy() == pytest.approx(
        expected.to_numpy(), abs=1e-4
    )


@pytest.mark.usefixtures("no_bitmaps")
def test_a_report_for_excel_marks_every_csv(make, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        pictures, "PICTURES", tuple(p for p in PICTURES if p.slug in ("us-share", "cn-change-map"))
    )
    write_report(make((0, 1), twin=False), tmp_path, encoding="utf-8-sig")
    paths = sorted(tmp_path.rglob("*.csv"))
    assert len(paths) == 11
    for path in paths:
        read_tidy(path, mark=True)


def test_what_is_missing_or_infinite_is_blank(make, tmp_path) -> None:
    study = make((0, 1), twin=False)
    study.values("status-quo", "lag_us_cn")[:] = 0.0
    study.values("p1-blanket", "openness_class")[:] = float("nan")
    paths = study.to_csv(tmp_path)
    frame = read_tidy(paths[0]).set_index("outcome")
    assert study.table(["lag_us_cn"])["median"][0] == float("inf")
    assert frame.loc[["lag_us_cn", "openness_class"], "median"].isna().all()
    assert frame.loc["lag_us_cn", ["p_higher", "sign"]].tolist() == [1.0, "higher"]


def test_no_cell_of_a_table_is_cut_on_a_narrow_screen(capsys) -> None:
    screen = Console(width=30, markup=False, highlight=False)
    names = [f"open-weight-control-with-a-heavy-check-{end}" for end in "ab"]
    table = terminal.new_table(("Name", "Prose", "Number"), right=(2,), whole=(0, 2))
    for name in names:
        table.add_row(name, "some words that fold", "1,234,567.89")
    terminal.print_table(screen, table)
    shown = capsys.readouterr().out
    assert all(name in shown for name in names)
    assert shown.count("1,234,567.89") == 2
    assert screen.width == 30
