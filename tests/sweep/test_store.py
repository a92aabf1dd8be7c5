"""A part is whole or not there, other bytes than those written are found, and a folder has one writer and design."""

import json
import shutil

import numpy as np
import pytest

from sim.sweep import sweep
from sim.sweep.design import BLOCK, Design
from sim.sweep.folder import Folder
from sim.sweep.store import DamagedPartError, StoreError, hash_of, write_whole
from sim.sweep.study import Study
from tests.sweep import fake


def plan(replications=BLOCK + 1, seed=3):
    scenarios = [fake.scenario("status-quo"), fake.scenario("audits", 1)]
    return Design.of(scenarios, replications, seed, also_without_assumed=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "finished"
    sweep(plan(), workers=1, out=folder, simulate=fake.world)
    return folder


@pytest.fixture
def results(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "results")


def parts(folder):
    return sorted((folder / "parts").iterdir())


def contents(folder):
    return {p.relative_to(folder).as_posix(): hash_of(p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


def never(scenario, replication, seed):
    raise AssertionError("run again")


def test_a_folder_holds_what_memory_holds(finished):
    memory = sweep(plan(), workers=1, simulate=fake.world)
    store, design_ = Folder.open(finished)
    assert design_ == plan()
    assert {k: p.name for k, p in store.parts.items()} == {k: p.name for k, p in memory.parts.items()}
    study = Study(store, design_, described=fake.DESCRIBED)
    series = fake.world(fake.scenario("audits", 1), BLOCK, 3)
    np.testing.assert_array_equal(study.values("audits", "gamma")[BLOCK], series.values[:, 2])
    shares, panel = store.countries(list(store.of(design_.points[1].id))[1])
    np.testing.assert_array_equal(shares[0], series.countries)
    np.testing.assert_array_equal(panel[0], series.panel)


def test_files_are_named_by_their_hash_and_nothing_is_left_over(finished):
    assert sorted(p.name for p in finished.iterdir()) == ["designs.parquet", "manifest.json", "parts"]
    assert [p.stem for p in parts(finished)] == [hash_of(p.read_bytes()) for p in parts(finished)]
    manifest = json.loads((finished / "manifest.json").read_text())
    assert (manifest["runs"], manifest["finished"], manifest["failed"]) == (2 * BLOCK + 2, 2 * BLOCK + 2, 0)


def test_finished_results_are_used_again(results):
    before = contents(results)
    again = sweep(plan(), workers=1, out=results, simulate=never)
    assert again.failures() == []
    assert contents(results) == before


def flip(path):
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(len(data))
    data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def empty(path):
    path.write_bytes(b"")


def swap(path):
    other = next(p for p in path.parent.iterdir() if p != path)
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("harm", [flip, truncate, empty, swap, remove])
@pytest.mark.parametrize("which", range(6))
def test_damage_is_found_when_a_folder_is_opened(results, harm, which):
    assert len(parts(results)) == 6  # four series parts; both scenarios have the same country parts
    path = parts(results)[which]
    harm(path)
    with pytest.raises(DamagedPartError, match=path.stem if harm is not remove else "missing"):
        Folder.open(results)


def test_every_bit_of_a_part_counts(results):
    path = parts(results)[0]
    whole = path.read_bytes()
    store, _ = Folder.open(results)
    for place in range(0, 8 * len(whole), 8 * len(whole) // 50):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        with pytest.raises(DamagedPartError):
            store.checked(path.stem)


def test_damage_after_opening_is_found_when_read(results):
    study = Study(*Folder.open(results), described=fake.DESCRIBED)
    for path in parts(results):
        flip(path)
    with pytest.raises(DamagedPartError):
        study.values("audits", "alpha")
    with pytest.raises(DamagedPartError):
        study.map_shares("audits")


def test_damaged_designs_and_manifest_are_found(results):
    flip(results / "designs.parquet")
    with pytest.raises(DamagedPartError, match="designs"):
        Folder.open(results)
    truncate(results / "manifest.json")
    with pytest.raises(StoreError, match="damaged"):
        Folder.open(results)


def test_a_second_writer_is_refused(tmp_path):
    with Folder(tmp_path / "out").writing(plan()), pytest.raises(StoreError, match="another sweep is writing"):
        sweep(plan(), workers=1, out=tmp_path / "out", simulate=never)
    sweep(plan(), workers=1, out=tmp_path / "out", simulate=fake.world)


@pytest.mark.parametrize(
    ("other", "words"),
    [({"seed": 4}, "seed 3 there, 4 here"), ({"replications": 2}, f"replications {BLOCK + 1} there, 2 here")],
)
def test_a_folder_of_another_design_is_refused(results, other, words):
    before = contents(results)
    with pytest.raises(StoreError, match=words):
        sweep(plan(**other), workers=1, out=results, simulate=never)
    assert contents(results) == before


def test_a_folder_of_other_code_is_refused(results, monkeypatch):
    monkeypatch.setattr("sim.sweep.folder._code", lambda: "other")
    with pytest.raises(StoreError, match=r"code .* there, other here"):
        sweep(plan(), workers=1, out=results, simulate=never)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        sweep(plan(), workers=1, out=tmp_path, simulate=never)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(StoreError, match="is a file"):
        sweep(plan(), workers=1, out=tmp_path / "thesis.tex", simulate=never)


def test_a_folder_without_results_cannot_be_opened(tmp_path):
    with pytest.raises(StoreError, match="no results"):
        Folder.open(tmp_path)


def test_a_part_of_other_results_is_refused(results, tmp_path):
    other = tmp_path / "other"
    sweep(plan(seed=4), workers=1, out=other, simulate=fake.world)
    for path in parts(other):
        shutil.copy(path, results / "parts")
    with pytest.raises(StoreError, match="belongs to other results"):
        Folder.open(results)


def test_a_half_written_file_is_never_there(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(tmp_path / "a", b"data")
    assert list(tmp_path.iterdir()) == []


def test_failed_runs_are_read_back(tmp_path):
    made = sweep(plan(), workers=1, out=tmp_path / "out", simulate=fake.fails_sometimes).failures()
    read, _ = Folder.open(tmp_path / "out")
    assert read.failures() == made
    assert [f.replication for f in made] == [5]
