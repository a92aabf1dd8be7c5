"""Forged manifests, designs and parts are refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.analysis.study import Study
from sim.sweep.folder import Folder
from sim.sweep.manifest import designs_file, digest
from sim.sweep.parts import StoreError, hash_of
from tests.sweep.folders import PLAN, command, opened, tree


@pytest.mark.parametrize("name", ["report.html", "figures"])
def test_report_does_not_follow_links_out_of_a_results_folder(out: Path, name: str) -> None:
    victim = out.parent / "victim"
    if name == "figures":
        victim.mkdir()
    else:
        victim.write_text("mine")
    (out / name).symlink_to(victim)
    before = tree(out.parent)
    done = command("report", "out", cwd=out.parent)
    assert done.returncode == 2, done.stderr
    assert done.stderr == (
        f"out/{name} is a link, and links in a results folder are not followed: move it elsewhere\n"
    )
    assert tree(out.parent) == before


def test_report_of_a_name_that_is_too_long_is_refused_in_words(tmp_path: Path) -> None:
    done = command("report", "a" * 300, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("cannot be read: File name too long\n")


def test_a_manifest_that_is_a_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(
        StoreError, match=r"manifest\.json is no file, as it must be in a results folder"
    ):
        Study.open(tmp_path)


def forged(out: Path, change: Any) -> None:
    """Change what the manifest says, and its hash with it."""
    manifest = json.loads((out / "manifest.json").read_bytes())
    del manifest["sha256"]
    change(manifest)
    (out / "manifest.json").write_text(json.dumps({**manifest, "sha256": digest(manifest)}))


MANIFESTS = {
    "no plan": lambda m: m.pop("plan"),
    "no parts": lambda m: m.pop("parts"),
    "plan is a list": lambda m: m.update(plan=[]),
    "no cases": lambda m: m["plan"].update(cases=[]),
    "scenario of nothing": lambda m: m["plan"]["cases"][0].update(scenario={}),
    "scenario with another type": lambda m: m["plan"]["cases"][0]["scenario"].update(policy=3),
    "another reference": lambda m: m["plan"]["cases"][0].update(against="none"),
    "replications as text": lambda m: m["plan"].update(replications="2"),
    "no replications": lambda m: m["plan"].update(replications=0),
    "more draws than designs": lambda m: m["plan"].update(draws=7),
    "unknown number": lambda m: m["plan"].update(numbers=["leak_hazard"]),
    "keep of something else": lambda m: m["plan"]["keep"].update(months="weekly"),
    "keep with another key": lambda m: m["plan"]["keep"].update(weeks=1),
    "made by nobody": lambda m: m.update(made_by={"openstakes": 3}),
    "lost without words": lambda m: m.update(lost=[{}]),
    "designs is a number": lambda m: m.update(designs=3),
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_forged_manifest_is_refused_in_words(out: Path, change: Any) -> None:
    forged(out, change)
    before = tree(out)
    with pytest.raises(StoreError):
        Study.open(out)
    assert tree(out) == before


def designs(out: Path, table: pa.Table | None) -> None:
    if table is None:
        data = b"PAR1 no parquet"
    else:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        data = sink.getvalue().to_pybytes()
    (out / "designs.parquet").write_bytes(data)
    forged(out, lambda m: m.update(designs=hash_of(data)))


POINTS = pq.read_table(pa.BufferReader(designs_file(PLAN)))


DESIGNS = {
    "no parquet": None,
    "no points": POINTS.drop_columns(["point"]),
    "too few": POINTS.slice(0, 1),
    "too many": pa.concat_tables([POINTS, POINTS]),
    "points are numbers": POINTS.set_column(0, "point", pa.array([1, 2])),
    "points are missing": POINTS.set_column(0, "point", pa.array([None, None], pa.string())),
}


@pytest.mark.parametrize("table", DESIGNS.values(), ids=DESIGNS)
def test_forged_designs_are_refused_in_words(out: Path, table: pa.Table | None) -> None:
    designs(out, table)
    with pytest.raises(StoreError, match="not of the form that openstakes writes"):
        Study.open(out)


def about_with(**changes: Any) -> Any:
    return lambda table, about: (table, about | changes)


def without(key: str) -> Any:
    return lambda table, about: (
        table,
        {name: value for name, value in about.items() if name != key},
    )


PARTS = {
    "series: no outcome": lambda table, about: (table.drop_columns(["beta"]), about),
    "series: texts for numbers": lambda table, about: (
        table.set_column(3, "alpha", table["alpha"].cast(pa.float64()).cast(pa.string())),
        about,
    ),
    "series: too few rows": lambda table, about: (table.slice(1), about),
    "series: no months": without("months"),
    "series: other months": lambda table, about: (
        table,
        about | {"months": ["2050-01"] * len(about["months"])},
    ),
    "series: runs are texts": about_with(runs="abc"),
    "series: a run is three things": about_with(runs=[["a", 1, 2]]),
    "series: a negative replication": lambda table, about: (
        table,
        about | {"runs": [[about["runs"][0][0], -1]]},
    ),
    "series: failures are numbers": about_with(failures=[1]),
    "series: a name that leads elsewhere": about_with(countries="../../secret"),
    "series: says nothing": lambda table, about: (table, None),
    "series: says a list": lambda table, about: (table, []),
    "countries: no panel": lambda table, about: (table.drop_columns(["panel"]), about),
    "countries: another shape": lambda table, about: (
        table,
        about | {"shape": [1, 1, 1, table.num_rows]},
    ),
    "countries: no shape": without("shape"),
}


@pytest.mark.parametrize("what", PARTS)
def test_a_forged_part_is_refused_in_words(out: Path, what: str) -> None:
    kind = what.partition(":")[0]
    table, about, path = opened(out, kind)
    data = stored(*PARTS[what](table, about))
    path.unlink()
    (out / kind / f"{hash_of(data)}.parquet").write_bytes(data)
    if kind == "countries":
        for series in (out / "series").iterdir():
            held, says = (
                pq.read_table(series),
                json.loads(pq.read_metadata(series).metadata[b"openstakes"]),
            )
            if says["countries"] == path.stem:
                series.unlink()
                again = stored(held, says | {"countries": hash_of(data)})
                (out / "series" / f"{hash_of(again)}.parquet").write_bytes(again)
    before = tree(out)
    for act in (lambda: Study.open(out), lambda: Folder(out).look(PLAN)):
        with pytest.raises(StoreError) as caught:
            act()
        assert "openstakes" in str(caught.value) or "missing" in str(caught.value)
    assert tree(out) == before


def stored(table: pa.Table, about: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"openstakes": json.dumps(about)}), sink)
    return bytes(sink.getvalue().to_pybytes())
