"""Compaction: few files hold the same runs to the bit, and old hashes still resolve."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from sim.analysis.study import Study
from sim.sweep.compaction import compact, resolve
from sim.sweep.design import Design, Keep
from sim.sweep.execution import execute
from sim.sweep.files import StoreError, only_writer
from sim.sweep.folder import Folder
from sim.sweep.parts import DamagedPartError
from tests.faults.conftest import undisturbed as undisturbed
from tests.faults.harness import assert_whole, files, plan, values
from tests.sweep import fake


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A finished sweep of 10 parts."""
    execute(plan(), out=tmp_path / "out", workers=1, simulate=fake.world)
    return tmp_path / "out"


def parts_of(out: Path) -> dict[str, bytes]:
    """Return the bytes of every part, by hash."""
    return {Path(name).stem: data for name, data in files(out).items() if "/" in name}


def study(out: Path) -> Study:
    return Study(*Folder.open(out), described=fake.DESCRIBED)


def test_what_is_read_is_the_same_and_every_old_hash_resolves(out, undisturbed, capsys) -> None:
    before, old = study(out), parts_of(out)
    frames = [before.frame(), before.runs(), before.table(), before.countries(), before.summary()]
    capsys.readouterr()
    assert compact(out) == (10, 1)
    after = study(out)
    assert values(out) == undisturbed
    again = [after.frame(), after.runs(), after.table(), after.countries(), after.summary()]
    for one, other in zip(frames, again, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert_whole(out)
    new = parts_of(out)
    assert len(new) == 2
    for name, data in old.items():
        assert resolve(out, name) == data
    for name, data in new.items():
        assert resolve(out, name) == data
    told = capsys.readouterr().err.splitlines()
    removed = [re.sub(r" was merged into [0-9a-f]{64}: removed$", "", line) for line in told]
    parts = before.store.parts.values()
    assert sorted(removed) == sorted(
        [
            *(f"series/{part.name}.parquet" for part in parts),
            *(f"countries/{part.countries}.parquet" for part in parts),
        ]
    )


def test_a_compacted_folder_takes_more_and_is_compacted_again(out) -> None:
    first = parts_of(out)
    compact(out)
    second = parts_of(out)
    execute(plan(60), out=out, workers=1, simulate=fake.world)
    third, before = parts_of(out), values(out)
    assert compact(out) == (6, 1)
    assert values(out) == before
    execute(plan(60), out=out, workers=1, simulate=fake.never)
    assert_whole(out, 120)
    for name, data in {**first, **second, **third}.items():
        assert resolve(out, name) == data


def test_the_same_folder_again_is_left_as_it_is(out, capsys) -> None:
    compact(out)
    before = files(out)
    capsys.readouterr()
    assert compact(out) == (1, 1)
    assert files(out) == before
    assert capsys.readouterr().err == ""


def test_files_are_merged_up_to_a_size(out) -> None:
    size = max(
        path.stat().st_size for kind in ("series", "countries") for path in (out / kind).iterdir()
    )
    before = values(out)
    assert compact(out, full=int(2.5 * size)) == (10, 4)
    assert values(out) == before
    assert compact(out, full=int(2.5 * size))[1] == 4  # those are full


def test_parts_of_other_cases_and_of_failed_runs_stay_apart(tmp_path) -> None:
    out = tmp_path / "out"
    cases = [fake.scenario("a"), fake.scenario("b", 1), fake.scenario("c", adopters=4000)]
    design = Design.of(cases, 24, 3, also_without_assumed=False)
    execute(design, out=out, workers=1, simulate=fake.fails_sometimes)
    before, failures = values(out), Folder.open(out)[0].failures()
    assert failures
    compact(out)
    store, _ = Folder.open(out)
    assert values(out) == before
    assert store.failures() == failures
    held = [
        ({design.run(run).case for run in part.runs}, part.failures)
        for part in store.parts.values()
    ]
    assert [cases for cases, failed in held if not failed and "c" in cases] == [{"c"}]
    assert sum(len(failed) for _, failed in held) == len(failures)
    execute(design, out=out, workers=1, simulate=fake.world, again="failed")
    assert_whole(out, 72)


@pytest.mark.parametrize(
    "keep",
    [
        Keep(("beta",), "year-ends", "none"),
        Keep((), "all", "year-ends"),
        Keep(None, ("2030-12",), "year-ends"),
    ],
    ids=["one outcome", "no outcome", "countries of year-ends"],
)
def test_whatever_was_kept(tmp_path, keep) -> None:
    out = tmp_path / "out"
    base = plan()
    design = Design(base.cases, 40, 3, keep=keep)
    execute(design, out=out, workers=1, simulate=fake.world)
    before, old = values(out), parts_of(out)
    assert compact(out) == (10, 1)
    assert values(out) == before
    for name, data in old.items():
        assert resolve(out, name) == data


def test_the_manifest_names_what_is_there_and_where_it_was_made(out, monkeypatch) -> None:
    before = json.loads((out / "manifest.json").read_bytes())
    monkeypatch.setattr("sim.sweep.folder.environment", lambda: {"python": "elsewhere"})
    compact(out)
    after = json.loads((out / "manifest.json").read_bytes())
    assert len(after["parts"]) == 1
    for manifest in (before, after):
        del manifest["parts"], manifest["sha256"]
    assert after == before


def test_a_lost_manifest_is_made_again_from_merged_parts(out) -> None:
    compact(out)
    before = files(out)
    manifest = out / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"runs": 80', b'"runs": 81'))
    execute(plan(), out=out, workers=1, simulate=fake.never)
    assert files(out) == before


@pytest.mark.parametrize("left", [1, 5, 10])
def test_parts_that_are_left_beside_the_one_they_were_merged_into_do_no_harm(
    out, undisturbed, capsys, left
) -> None:
    """Whichever of them are there still, and in whatever order they are read."""
    old = sorted(files(out).items())
    compact(out)
    after = files(out)
    capsys.readouterr()
    series = [(name, data) for name, data in old if name.startswith("series/")]
    for first in range(0, len(series), left):
        for name, data in series[first : first + left]:
            (out / name).write_bytes(data)
        for name, data in old:
            if name.startswith("countries/"):
                (out / name).write_bytes(data)
        assert values(out) == undisturbed
        execute(plan(), out=out, workers=1, simulate=fake.never)
        assert files(out) == after
        assert capsys.readouterr().err.count(" was merged into ") == min(left, len(series) - first)


def test_it_refuses_while_a_sweep_writes(out) -> None:
    before = files(out)
    with only_writer(out), pytest.raises(StoreError, match="another sweep is writing to"):
        compact(out)
    assert files(out) == before


def test_it_refuses_what_holds_no_results_or_damaged_ones(out, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    for place in (tmp_path / "other", tmp_path / "nowhere"):
        with pytest.raises(StoreError, match="holds no results"):
            compact(place)
    assert not (tmp_path / "nowhere").exists()
    min((out / "series").iterdir()).write_bytes(b"damaged")
    before = files(out)
    with pytest.raises(DamagedPartError, match="is damaged"):
        compact(out)
    assert files(out) == before


def test_a_damaged_merged_part_is_found_and_its_runs_are_done_again(out, undisturbed) -> None:
    compact(out)
    (part,) = (out / "series").iterdir()
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(DamagedPartError, match="is damaged"):
        Folder.open(out)
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert_whole(out)
    assert values(out) == undisturbed


def test_a_hash_that_is_not_known_is_refused_in_words(out) -> None:
    for _ in range(2):
        with pytest.raises(
            StoreError, match=f"holds no part {'0' * 64}, nor one that it was merged"
        ):
            resolve(out, "0" * 64)
        compact(out)
