"""Whose a results folder is: ours by its manifest.

In it only what is of our own form in our own places.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from sim.analysis.study import Study
from sim.sweep.design import Design
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.manifest import designs_file, digest
from sim.sweep.parts import DamagedPartError, StoreError, encode, hash_of
from tests.sweep import fake

ROOT = Path(sim.__file__).parents[1]
SMALL = 'name = "{name}"\nextends = "{base}"\nadopters = 3500\n[horizon]\nend = "2024-12"\n'
PLAN = Design.of(
    [fake.scenario("status-quo"), fake.scenario("audits", 1)], 6, 3, also_without_assumed=False
)
OTHER_PART = "0" * 64 + ".parquet"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"my {name}".encode())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "finished"
    execute(PLAN, workers=1, out=folder, simulate=fake.world)
    return folder


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "out"))


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    text = [sys.executable, "-m", "sim", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        text, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


# Folders that are not ours


def test_a_users_project_with_folders_named_like_ours_is_refused_and_kept(tmp_path: Path) -> None:
    for name, base in (("base", "status-quo"), ("control", "p1-blanket")):
        (tmp_path / f"{name}.toml").write_text(SMALL.format(name=name, base=base))
    put(
        tmp_path,
        "proj/series/gdp.parquet",
        "proj/countries/borders.parquet",
        "proj/notes.txt",
        "proj/src/.draft.tmp",
    )
    put(tmp_path, "proj/report.html", "proj/table.csv")
    before = tree(tmp_path)
    asked = [
        "compare", "control.toml", "--against", "base.toml", "--draws", "0", "--replications", "1",
        "--workers", "1",
    ]  # fmt: skip
    done = command(*asked, "--out", "proj", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert (
        "proj holds other files (countries) and no results; choose an empty or new folder"
        in done.stderr
    )
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    [".git/config", ".draft.tmp", f"series/{OTHER_PART}", "manifest.json/x", "Manifest.json"],
)
def test_a_folder_without_our_manifest_must_be_empty(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    for act in (
        lambda: execute(PLAN, workers=1, out=tmp_path, simulate=fake.never),
        Folder(tmp_path).check_free,
    ):
        with pytest.raises(StoreError) as caught:
            act()
        assert name.partition("/")[0] in str(caught.value)
        assert ("hidden files count" in str(caught.value)) == name.startswith(".")
    assert list(tree(tmp_path)) == [name]


FOREIGN = [
    '{"name": "My app", "icons": []}',
    '{"format": 2}',
    "{}",
    "[]",
    '{"format": 1, "made_by": "hand"}',
    "PNG",
    "",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_manifest_of_another_program_is_never_to_be_deleted(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    for act in (
        lambda: execute(PLAN, workers=1, out=tmp_path, simulate=fake.never),
        lambda: Study.open(tmp_path),
        lambda: Folder.plan(tmp_path),
        Folder(tmp_path).check_free,
    ):
        with pytest.raises(
            StoreError, match=r"holds no results: its manifest\.json is none of openstakes"
        ) as caught:
            act()
        assert "delete" not in str(caught.value)
        assert not isinstance(caught.value, DamagedPartError)
    assert tree(tmp_path) == {"manifest.json": text.encode()}


def test_the_manifest_is_there_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at any of its first files, a first run has a folder that the same command takes up."""
    from sim.sweep import files

    real, written = files.write_whole, []

    def killed(path: Path, data: bytes) -> None:
        written.append(path.name)
        if len(written) == stop:
            path.with_name(f".{path.name}.0123abcd.tmp").write_bytes(data[:9])
            raise SystemExit
        real(path, data)

    for stop in (1, 2, 3):
        written.clear()
        out = tmp_path / str(stop)
        with monkeypatch.context() as patched:
            patched.setattr("sim.sweep.files.write_whole", killed)
            patched.setattr("sim.sweep.parts.write_whole", killed)
            with pytest.raises(SystemExit):
                execute(PLAN, workers=1, out=out, simulate=fake.world)
        assert written[0] == "manifest.json"
        Folder(out).check_free()
        execute(PLAN, workers=1, out=out, simulate=fake.world)
        assert not [name for name in tree(out) if name.endswith(".tmp")]
        assert Study.open(out).finished == PLAN.runs


# Folders of ours


def test_a_users_files_in_a_folder_of_ours_are_left_alone(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(
        out,
        "series/gdp.parquet",
        "countries/borders.parquet",
        "src/.draft.tmp",
        ".notes.tmp",
        "report.html",
    )
    put(
        out,
        "series/.gdp.parquet.0123abcd.tmp",
        f"series/.{OTHER_PART}.tmp",
        f".{OTHER_PART}.0123abcd.tmp",
    )
    put(out, f"old/series/{OTHER_PART}", f"series/{OTHER_PART.upper()}", "Series/x.parquet")
    before = tree(out)
    execute(PLAN, workers=1, out=out, simulate=fake.never)
    assert tree(out) == before
    assert Study.open(out).finished == PLAN.runs
    assert capsys.readouterr().err == ""


def test_every_removal_is_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(out)
    part = min((out / "series").iterdir())
    countries = opened(out, "series")[1]["countries"]
    part.write_bytes(b"damaged")
    put(out, f"countries/.{OTHER_PART}.0123abcd.tmp", ".designs.parquet.0123abcd.tmp")
    orphan = encode([pa.table({"a": [1]})], {})
    (out / "countries" / f"{hash_of(orphan)}.parquet").write_bytes(orphan)
    execute(PLAN, workers=1, out=out, simulate=fake.world)
    assert tree(out) == before
    told = capsys.readouterr().err.splitlines()
    assert sorted(told) == sorted(
        [
            f"series/{part.name} was damaged: removed, and its runs done again",
            f"countries/{countries}.parquet is named by no series part: removed",
            f"countries/{hash_of(orphan)}.parquet is named by no series part: removed",
            (
                ".designs.parquet.0123abcd.tmp "
                "was left unfinished by a command that was stopped: removed"
            ),
            (
                f"countries/.{OTHER_PART}.0123abcd.tmp "
                "was left unfinished by a command that was stopped: removed"
            ),
        ]
    )


def linked(out: Path, name: str) -> None:
    (out / name).rename(out.parent / "elsewhere")
    (out / name).symlink_to(out.parent / "elsewhere")


@pytest.mark.parametrize(
    "name", ["manifest.json", "designs.parquet", "series", "countries", "a part"]
)
def test_links_in_a_folder_of_ours_are_not_followed(out: Path, name: str) -> None:
    if name == "a part":
        name = min(path.relative_to(out).as_posix() for path in (out / "series").iterdir())
    linked(out, name)
    before = tree(out.parent)
    for act in (
        lambda: execute(PLAN, workers=1, out=out, simulate=fake.never),
        lambda: Folder(out).look(PLAN),
        lambda: Study.open(out),
    ):
        with pytest.raises(
            StoreError,
            match=f"{name} is a link, and links in a results folder are not followed: move it",
        ):
            act()
        assert tree(out.parent) == before


def test_a_link_that_appears_during_the_run_is_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "elsewhere").mkdir()

    def links(scenario: Any, replication: int, seed: int) -> Any:
        if not (out / "series").is_symlink():
            (out / "series").rmdir()
            (out / "series").symlink_to(tmp_path / "elsewhere")
        return fake.world(scenario, replication, seed)

    with pytest.raises(StoreError, match="series is a link"):
        execute(PLAN, workers=1, out=out, simulate=links)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_of_ours_may_be_reached_through_a_link(out: Path) -> None:
    (out.parent / "short").symlink_to(out)
    execute(PLAN, workers=1, out=out.parent / "short", simulate=fake.never)
    assert Study.open(out.parent / "short").finished == PLAN.runs


# Commands on folders that somebody else made


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


def opened(out: Path, kind: str) -> tuple[pa.Table, dict[str, Any], Path]:
    """Return a part's table, what it says of itself and its file."""
    path = min((out / kind).iterdir())
    table = pq.read_table(path)
    return table, json.loads(pq.read_metadata(path).metadata[b"openstakes"]), path


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
