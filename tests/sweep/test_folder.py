"""A folder is ours or is left alone: users' files, links, removals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sim.analysis.study import Study
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.parts import DamagedPartError, StoreError, encode, hash_of
from tests.sweep import fake
from tests.sweep.folders import PLAN, command, opened, tree

SMALL = 'name = "{name}"\nextends = "{base}"\nadopters = 3500\n[horizon]\nend = "2024-12"\n'


OTHER_PART = "0" * 64 + ".parquet"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"my {name}".encode())


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
