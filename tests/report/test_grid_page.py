"""The page of a grid: what it says stands in its files, and it holds for any sweep."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import report
from sim.analysis import wording
from sim.analysis.study import Study
from sim.report import grid_words
from sim.scenario.scenario import Scenario
from sim.sweep.design import Case, Design, Keep
from sim.sweep.execution import execute
from sim.sweep.experiment import load_experiment
from tests.sweep import fake

FRICTION, SIDE = "policy.audit.enforcement", "policy.audit.strength"
HOSTILE = "Does <b>it</b> turn? </style><script>document.title='x'</script>"


class Texts(HTMLParser):
    """All words of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(page: Path) -> Texts:
    return Texts(page.read_text("utf-8"))


def audits(enforcement: float, strength: float) -> Scenario:
    policy = {"lever": "L7", "start": "2026-01", "enforcement": enforcement, "strength": strength}
    return Scenario.model_validate(
        {"name": "audits", "horizon": {"end": "2030-12"}, "policy": {"audit": policy}}
    )


def world(scenario: Scenario, replication: int, seed: int) -> fake.Series:
    """Beta, a share, falls by 8 points without enforcement and rises to +4 at full."""
    found = fake.world(scenario, 0, seed)
    found.values[:] = 0.5
    if scenario.policy:
        enforcement = scenario.policy["audit"].enforcement
        luck = np.random.default_rng([seed, replication]).uniform(-0.01, 0.01)
        found.values[36:, 1] += -0.08 + 0.12 * enforcement + luck
        found.values[36:, 1] += (scenario.policy["audit"].strength - 0.5) / 50
    return found


def study(
    values=(0.0, 0.5, 1.0), sides=(0.5, 1.0), *, pairs: int = 6, keep: Keep | None = None
) -> Study:
    cases = [Case("base", fake.scenario("base"), "base")]
    for enforcement in values:
        for strength in sides:
            name = f"audits enforcement={enforcement:g} strength={strength:g}"
            levers = {FRICTION: enforcement, SIDE: strength}
            levers = levers if len(sides) > 1 else {FRICTION: enforcement}
            cases.append(Case(name, audits(enforcement, strength), "base", levers=levers))
    keep = keep or Keep(months="year-ends")
    plan = Design(tuple(cases), pairs, 3, keep=keep, question=HOSTILE)
    return Study(execute(plan, workers=1, simulate=world), plan, described=fake.DESCRIBED)


@pytest.fixture
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save no pictures: they are made, and take no time to be written."""
    monkeypatch.setattr("sim.report.style.svg", lambda figure: b"<svg/>")
    monkeypatch.setattr("sim.report.style.png", lambda figure: b"png")


@pytest.fixture(scope="module")
def grid() -> Study:
    return study()


@pytest.fixture(scope="module")
def page(grid, tmp_path_factory) -> Path:
    return report.write(grid, tmp_path_factory.mktemp("grid"))


def test_the_page_says_where_the_sign_turns_over_and_which_lever_matters(page):
    text = read(page).text
    turning = pd.read_csv(page.parent / "break-evens.csv")
    own = turning[(turning["lever"] == FRICTION) & (turning["crossings"] == 1)]
    assert len(own) == 2
    for row in own.itertuples():
        said = f"({row.others}): the sign turns over at enforcement = {row.break_even:.2g}"
        assert said in text
    levers = pd.read_csv(page.parent / "levers.csv").set_index(["outcome", "lever"])["share"]
    assert f"enforcement {wording.percent(levers['beta', FRICTION], 0)}" in text
    signs = pd.read_csv(page.parent / "signs.csv", keep_default_na=False)
    assert signs.groupby("outcome")["cells"].sum().tolist() == [6, 6]
    assert "No material change in any cell: A made-up number." in text


def test_the_weights_of_levers_are_those_of_single_outcomes(grid):
    """No mean over outcomes, which would stand in no table."""
    rows = [("a", FRICTION, 0.9), ("b", FRICTION, 0.42), ("a", SIDE, 0.1), ("b", SIDE, 0.1)]
    shares = pd.DataFrame(rows, columns=["outcome", "lever", "share"])
    said = grid_words.weights(grid, shares, [FRICTION, SIDE])
    assert "enforcement 42 % to 90 % and strength 10 %; the rest" in said


def test_a_crossing_within_the_floor_is_not_told_in_short_and_one_on_one_side_says_so(grid):
    row = {"outcome": "beta", "unit": "points", "lever": FRICTION, "scenario": "audits"}
    row |= {"others": "", "first_value": 0.0, "last_value": 1.0, "median_first": -8.0}
    row |= {"median_last": 0.2, "beyond_floor": 1, "crossings": 1, "break_even": 0.98}
    row |= {"low": 0.9, "high": np.inf}
    rows = pd.DataFrame([row, row | {"beyond_floor": 0}, row | {"crossings": 2}])
    (said,) = grid_words.turning_in_short(grid, rows, FRICTION)
    assert "enforcement = 0.98 (5–95 %: 0.9 to beyond 1); too small to matter on one side" in said


def test_every_picture_has_its_numbers_beside_it(page):
    figures = page.parent / "figures"
    stems = {path.stem for path in figures.iterdir()}
    assert stems == {"break-even", "heat-beta", "dose-beta", "ranks-beta"}
    for stem in stems:
        assert {path.suffix for path in figures.glob(f"{stem}.*")} == {".svg", ".png", ".csv"}
        assert len(pd.read_csv(figures / f"{stem}.csv"))
    lines = pd.read_csv(figures / "break-even.csv", keep_default_na=False)
    assert len(lines) == 6
    assert set(lines["sign"]) <= {"++", "+", "0", "-", "--", "?"}


def test_a_page_runs_no_script_and_asks_nobody(page):
    found = read(page)
    assert "script" not in found.tags
    assert HOSTILE.split("<")[0].strip() in found.text
    source = page.read_text("utf-8")
    assert not re.findall(r'(?:src|href)="https?:', source)
    assert "default-src" in source


def test_the_same_study_gives_the_same_bytes(grid, page, tmp_path):
    again = report.write(grid, tmp_path)
    files = sorted(path.relative_to(page.parent) for path in page.parent.rglob("*"))
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    for name in files:
        if (tmp_path / name).is_file():
            assert (tmp_path / name).read_bytes() == (page.parent / name).read_bytes(), name
    assert again.name == "report.html"


def test_no_file_is_written_that_was_not_foreseen(grid, page):
    written = {
        path.relative_to(page.parent).as_posix()
        for path in page.parent.rglob("*")
        if path.is_file()
    }
    assert written - {"written.json"} <= set(report.files(grid))


def test_the_command_of_the_page_makes_the_same_cases(page, grid):
    text = page.read_text("utf-8")
    assert "openstakes experiment ./scenarios/the_experiment.toml" in text
    plan = load_experiment(page.parent / "scenarios" / "the_experiment.toml")[1]
    assert [case.name for case in plan.cases] == [case.name for case in grid.cases]
    assert plan.points == grid.design.points
    assert plan.keep == replace(grid.design.keep, outcomes=plan.keep.outcomes)
    assert (plan.seed, plan.replications, plan.question) == (3, 6, HOSTILE)


@pytest.mark.usefixtures("_undrawn")
def test_cases_that_a_script_made_have_no_command(tmp_path):
    odd = study((0.0, 1.0), pairs=2)
    plan = replace(odd.design, cases=odd.design.cases[:-1])
    found = Study(odd.store, plan, described=fake.DESCRIBED)
    assert "No experiment file describes these cases" in read(report.write(found, tmp_path)).text


@pytest.mark.usefixtures("_undrawn")
@pytest.mark.parametrize(
    ("made", "stems"),
    [
        (lambda: study((0.0, 1.0), (0.5,), pairs=1), {"dose-beta", "ranks-beta"}),
        (lambda: study((0.5,), (0.5,), keep=Keep(outcomes=("beta",))), {"dose-beta"}),
        (lambda: study((0.0, 1.0), keep=Keep(months=("2025-06",))), set()),
    ],
)
def test_it_holds_for_one_run_for_one_value_and_without_a_month_compared(made, stems, tmp_path):
    page = report.write(made(), tmp_path)
    figures = tmp_path / "figures"
    found = {path.stem for path in figures.iterdir()} if figures.is_dir() else set()
    assert found == stems
    assert "nan" not in read(page).text.split()


@pytest.mark.usefixtures("_undrawn")
def test_one_scenario_alone_shows_its_distributions(tmp_path):
    plan = Design((Case("base", fake.scenario("base"), "base"),), 4, 3, keep=Keep(("beta",)))
    alone = Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED)
    page = report.write(alone, tmp_path)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {"bands-beta", "ecdf-beta"}
    assert "1 case, 0 of them compared" in read(page).text


@pytest.mark.usefixtures("_undrawn")
def test_many_cells_are_thinned_and_the_page_says_so(tmp_path):
    made = study(tuple(np.linspace(0, 1, 30).round(3)), (0.2, 0.5, 1.0), pairs=1)
    text = read(report.write(made, tmp_path)).text
    assert "The first 40 of 90 cells; table.csv has all." in text
    assert "12 of 30 values of enforcement are drawn." in text
    assert "24 of 91 cases are drawn." in text
    assert len(pd.read_csv(tmp_path / "rubric.csv")) == 180
