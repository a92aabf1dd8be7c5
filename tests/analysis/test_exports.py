"""What a study writes: every number is in its files, and no file of others is lost."""

import csv

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim import report
from sim.analysis.study import Study
from sim.sweep.design import Case, Design, Keep
from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from tests.analysis.studies import study, uncertain
from tests.analysis.tidy import read_tidy
from tests.sweep import fake


def test_an_export_writes_over_its_own_and_nobody_elses(tmp_path):
    found = study()
    path = found.to_parquet(tmp_path / "all.parquet")
    assert found.to_parquet(path) == path
    foreign = [tmp_path / name for name in ("thesis.txt", "data.parquet", "link.parquet")]
    foreign[0].write_text("mine")
    pd.DataFrame({"a": [1.0]}).to_parquet(foreign[1])
    foreign[2].symlink_to(path)
    before = [place.read_bytes() for place in foreign]
    for place in foreign:
        with pytest.raises(StoreError, match=f"{place.name} is there and was not written by"):
            found.to_parquet(place)
    assert foreign[2].is_symlink()
    assert [place.read_bytes() for place in foreign] == before


def test_exports_hold_what_the_study_says(three, tmp_path):
    paths = three.to_csv(tmp_path / "tables")
    tables = ("table", "rubric", "series", "runs", "countries")
    assert [p.name for p in paths] == [f"{name}.csv" for name in tables]
    with paths[0].open() as file:
        rows = list(csv.DictReader(file))
    assert [r["difference"] for r in rows if r["outcome"] == "alpha"] == ["0.25", "0.5"]
    wide = pq.read_table(three.to_parquet(tmp_path / "all" / "series.parquet")).to_pandas()
    assert wide.shape == (3 * 8 * 96, 7)
    picked = wide[(wide.scenario == "more-audits") & (wide.replication == 7)]
    np.testing.assert_array_equal(picked.gamma, three.values("more-audits", "gamma")[7])
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == ["series.parquet"]


def test_every_number_of_a_sweep_is_in_its_files(holed, tmp_path):
    wide = pq.read_table(holed.to_parquet(tmp_path / "series.parquet")).to_pandas()
    keys = ["scenario", "draw", "replication", "month"]
    long = wide.melt(keys, var_name="outcome").sort_values([*keys, "outcome"], ignore_index=True)
    frame = holed.frame().astype({"scenario": str, "month": str, "outcome": str})
    frame = frame.sort_values([*keys, "outcome"], ignore_index=True)
    pd.testing.assert_frame_equal(long, frame, check_dtype=False)
    assert len(long) == holed.finished * 96 * 3
    read = {path.stem: pd.read_csv(path) for path in holed.to_csv(tmp_path / "csv")}
    for name, frame in {
        "table": holed.table(),
        "runs": holed.runs(),
        "series": holed.summary(),
    }.items():
        empty = frame.columns[(frame.astype(object) == "").all()]
        assert read[name][empty].isna().all(axis=None)
        numbers = frame.drop(columns=empty), read[name].drop(columns=empty)
        pd.testing.assert_frame_equal(*numbers, check_dtype=False, rtol=1e-6)


def test_every_csv_of_a_sweep_is_tidy_with_the_mark_for_excel_and_without(holed, tmp_path):
    plain = {path.name: read_tidy(path) for path in holed.to_csv(tmp_path / "plain")}
    marked = {
        path.name: read_tidy(path, mark=True)
        for path in holed.to_csv(tmp_path / "excel", "utf-8-sig")
    }
    assert plain.keys() == marked.keys()
    for name, frame in plain.items():
        pd.testing.assert_frame_equal(frame, marked[name])
    assert len(plain) == 5


def test_a_study_without_outcomes_of_the_rubric_has_tables_all_the_same(tmp_path):
    found = uncertain(keep=Keep(("gamma",)))
    assert found.rubric().empty
    assert len(found.table()) == 2
    assert len(found.to_csv(tmp_path)) == 5


def test_a_report_asks_the_question_of_its_experiment(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "sim.report.page.write_report",
        lambda study, out, question, encoding: asked.append(question) or out,
    )
    cases = (Case("a", fake.scenario("a"), "a"), Case("b", fake.scenario("b", 1), "a"))
    for question in ("Who gains?", ""):
        plan = Design(cases, 2, question=question)
        report.write(
            Study(execute(plan, workers=1, simulate=fake.world), plan, described=fake.DESCRIBED),
            tmp_path,
        )
    assert asked == ["Who gains?", None]
