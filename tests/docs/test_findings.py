"""The findings of the shipped experiments are what their tables say."""

import csv
import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from docs import experiment_pages, findings, front, sentences
from experiments import tables
from sim.analysis.rubric import sign as sign_of
from sim.scenario import library
from sim.vocabulary import FACTORS

SHIPPED = sorted(library.experiments())


def test_every_experiment_has_a_finding_and_its_tables():
    assert set(experiment_pages.shipped()) == set(SHIPPED)
    for name in SHIPPED:
        there = {path.stem for path in (sentences.EXPERIMENTS / name / "expected").glob("*.csv")}
        assert there == set(tables.TABLES[name]), name


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_of_a_finding_is_in_a_table(name):
    """Of those with a decimal: what was rounded from a cell of the experiment's own tables."""
    cells = set()
    for path in (sentences.EXPERIMENTS / name / "expected").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                cells |= {cell for cell in row if re.fullmatch(r"-?\d+\.?\d*(e[+-]?\d+)?", cell)}
    rounded = {f"{float(cell):.{places}f}" for cell in cells for places in (1, 2)}
    text = "\n".join(findings.FINDINGS[name]()).replace("−", "-")
    said = re.findall(r"(?<![\d^=a-z-])-?\d+\.\d+(?= points| %|, | to |;|\))", text)
    assert {x for x in said if x not in rounded and f"-{x}" not in rounded} == set()


@pytest.fixture
def rewritten(tmp_path, monkeypatch):
    """A function that puts a changed table in the place of an experiment's own."""

    def change(name, file, column, value, where):
        folder = tmp_path / name / "expected"
        folder.mkdir(parents=True)
        for path in (sentences.EXPERIMENTS / name / "expected").glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines))
            for row in rows if path.stem == file else ():
                if all(row[key] == wanted for key, wanted in where.items()):
                    row[column] = value
            with (folder / path.name).open("w", encoding="utf-8", newline="") as lines:
                writer = csv.DictWriter(lines, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        monkeypatch.setattr(sentences, "EXPERIMENTS", tmp_path)
        sentences.rows.cache_clear()

    yield change
    sentences.rows.cache_clear()


def test_a_sign_that_changes_changes_the_words(rewritten):
    where = {"scenario": "p1-blanket", "factor": "transparency"}
    before = findings.four_policies()[1]
    assert "worse on transparency" in before
    rewritten("four-policies", "rubric", "sign", "+", where)
    after = findings.four_policies()[1]
    assert "better on transparency" in after
    assert "worse on transparency" not in after


def test_a_grid_of_one_sign_turns_over_nowhere(rewritten):
    assert "global power" in findings.where_it_turns()[0]
    rewritten("where-it-turns", "rubric", "sign", "-", {})
    assert "no factor" in findings.where_it_turns()[0]


def test_words_of_signs():
    """Each sign that the rule can give has its word."""
    high, low = [30.0] * 8, [-30.0] * 8
    given = {sign_of(x, "level", d) for x in map(_array, (high, low)) for d in (1, -1, 0)}
    assert given == {"++", "--", "higher", "lower"}
    assert given <= set(sentences.WORDS)
    assert sentences.WORDS["?"] == "cannot tell"


def _array(values):
    import numpy as np

    return np.array(values)


def test_one_outcome_under_several_policies():
    rows = [
        {"title": title, "sign": sign, "scale": "percent", "median": m, "low": low, "high": high}
        for title, sign, m, low, high in (
            ("A", "+", "3.21", "1", "5"), ("B", "++", "30", "20", "41"), ("C", "?", "0", "-9", "9"),
            ("D", "lower", "-2.5", "-3", "-2"), ("E", "0", "0", "0", "0"),
        )
    ]  # fmt: skip
    assert sentences.across(rows, "Use") == (
        "Use: better under A (+3.2 %, 1.0 to 5.0) and B (+30.0 %, 20.0 to 41.0); lower under "
        "D (−2.5 %, −3.0 to −2.0); cannot tell under C; no material change under E."
    )


def test_the_front_page_is_drawn_from_the_tables_that_are_there():
    for name in front.FIGURES:
        drawing = (front.ASSETS / f"{name}.svg").read_text(encoding="utf-8")
        assert f"rubric.csv {front.drawn_from(name)}<" in drawing, "run python -m docs.front"
        assert f"docs/assets/{name}.svg" in Path("README.md").read_text(encoding="utf-8")


def test_a_figure_of_the_front_page_has_the_same_bytes_each_time():
    name = "where-it-turns"
    assert front.svg(name) == front.svg(name)


def test_tables_are_written_for_the_experiment_of_a_study():
    from tests.analysis.test_choice import Made, around, rubric_of

    study = Made({"a": {"transparency": around(3, 1)}, "b": {"backdoors": around(9, 1)}})
    study.rubric = lambda: rubric_of({"a": {}, "b": {}})
    study.design.name = "robust-choice"
    found = tables.files(study)
    assert list(found) == ["rubric.csv", "satisficing.csv", "regret.csv", "firsts.csv"]
    assert found["regret.csv"].count(b"\n") == 1 + 3 * len(FACTORS)
    study.design.name = "mine"
    with pytest.raises(SystemExit, match="results of 'mine'"):
        tables.files(study)


def test_a_table_without_assumed_responses_is_of_the_twin():
    twin = SimpleNamespace(table=lambda names: ("twin", names), without_assumed=None)
    study = SimpleNamespace(table=lambda names: ("stated", names), without_assumed=twin)
    assert tables.outcomes("a")(study) == ("stated", ("a",))
    assert tables.outcomes("a", assumed=False)(study) == ("twin", ("a",))
    with pytest.raises(SystemExit, match="without the runs"):
        tables.outcomes("a", assumed=False)(twin)


def test_a_number_counts_once_and_no_share_is_below_nothing(rewritten):
    found = sentences.of(sentences.rows("sensitivity", "variance"), kind="number")
    names = {row["number"] for row in found}
    assert len(names) < len(found)
    assert f"By themselves {len(names)} of" in findings.sensitivity()[0]
    where = {"outcome": "openness_class", "kind": "remainder"}
    rewritten("sensitivity", "variance", "share", "-0.2", where)
    assert "not told apart 0 %" in findings.sensitivity()[1]


def test_what_a_policy_adds_to_bundles(monkeypatch):
    """The repository alone is best, each other policy beside it costs, without it none is."""
    paths = list(findings._POLICIES)
    repository = "policy.repository.strength"
    made = []
    for values in product(("0.0", "1.0"), repeat=len(paths)):
        row = dict(zip(paths, values, strict=True))
        there = row[repository] == "1.0"
        row["acceptable"] = f"{0.7 - 0.11 * (values.count('1.0') - 1) if there else 0.0}"
        made.append(row)
    monkeypatch.setattr(findings, "rows", lambda name, file: made)
    first, *added = findings.portfolios()
    assert "Of 63 bundles *the public repository* is acceptable most often" in first
    assert "under 70 % of the draws; " in first
    assert "none of those with the control is under more than 59 %" in first
    ends = "acceptable more often by a tenth of the draws or more"
    assert added[0].endswith(f"makes 0 of 31 {ends}, 16 less often.")
    assert added[3].endswith(f"makes 31 of 31 {ends}, 0 less often.")
