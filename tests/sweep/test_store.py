"""Parts of a results folder: what they hold, and how damage is found and mended."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from sim.analysis.study import Study
from sim.sweep.design import BLOCK, Case, Design, Draws, Keep
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.parts import DamagedPartError, StoreError, encode, hash_of, write_whole
from tests.sweep import fake
from tests.sweep.stored import REPLICATIONS, contents, files, plan


def kept(keep, draws=({},), replications=3):
    known = [
        Case(name, fake.scenario(name, i), "status-quo")
        for i, name in enumerate(("status-quo", "audits"))
    ]
    return Design(tuple(known), replications, 3, Draws.of(draws), keep)


# What a folder holds


def test_a_folder_holds_what_memory_holds(finished):
    memory = execute(plan(), workers=1, simulate=fake.world)
    store, design = Folder.open(finished)
    assert design == plan()
    assert store.finished == memory.finished
    study, held = (Study(one, design, described=fake.DESCRIBED) for one in (store, memory))
    for outcome in study.outcomes():
        for case in ("audits", "status-quo"):
            np.testing.assert_array_equal(study.values(case, outcome), held.values(case, outcome))
    series = fake.world(fake.scenario("audits", 1), BLOCK, 3)
    np.testing.assert_array_equal(study.values("audits", "gamma")[BLOCK], series.values[:, 2])
    (here,), (there,) = design.points
    part = next(part for part in store.of([there]) if len(part.runs) == 2)
    assert part.runs == ((here, 0, BLOCK), (there, 0, BLOCK))
    assert part.moments == ("2030-12",)
    use, panel = store.countries(part)
    np.testing.assert_array_equal(use[1, 0], series.countries[-1])
    np.testing.assert_array_equal(panel[1, 0], series.panel)


def test_files_are_named_by_their_hash_and_nothing_is_left_over(finished):
    assert sorted(p.name for p in finished.iterdir()) == [
        "countries",
        "designs.parquet",
        "manifest.json",
        "series",
    ]
    for kind in ("series", "countries"):
        assert [p.stem for p in files(finished, kind)] == [
            hash_of(p.read_bytes()) for p in files(finished, kind)
        ]
    manifest = json.loads((finished / "manifest.json").read_text())
    runs = 2 * REPLICATIONS
    assert (manifest["runs"], manifest["finished"], manifest["failed"]) == (runs, runs, 0)
    assert manifest["parts"] == [path.stem for path in files(finished)]


def test_equal_tables_give_equal_bytes():
    def table(values):
        texts = pa.DictionaryArray.from_arrays(np.zeros(3, np.int32), ["a"])
        return pa.table({"name": texts, "value": np.array(values, np.float32)})

    one = encode([table([1, 2, 3])], {"a": 1})
    assert encode([table([1, 2, 3])], {"a": 1}) == one
    assert encode([table([1, 2, 4])], {"a": 1}) != one
    assert encode([table([1, 2, 3])], {"a": 2}) != one


@pytest.mark.parametrize(
    ("countries", "moments"),
    [
        ("none", ()),
        ("last", ("2030-12",)),
        ("year-ends", tuple(f"{year}-12" for year in range(2023, 2031))),
    ],
)
def test_countries_are_kept_when_asked(tmp_path, countries, moments):
    store = execute(
        kept(Keep(countries=countries)), workers=1, out=tmp_path / "out", simulate=fake.world
    )
    files = list((tmp_path / "out" / "countries").iterdir())
    assert len(files) == (0 if countries == "none" else len(store.parts))
    for part in store.parts.values():
        assert part.moments == moments
        if moments:
            whole = [fake.world(fake.scenario("any"), run.luck, 3).countries for run in part.runs]
            np.testing.assert_array_equal(
                store.countries(part)[0], np.array(whole)[:, -len(moments) :]
            )


def test_only_the_outcomes_and_months_asked_for_are_kept():
    plan = kept(Keep(("gamma", "alpha"), ("2026-02", "2030-12")))
    store = execute(plan, workers=1, simulate=fake.world)
    whole = fake.world(fake.scenario("audits", 1), 2, 3)
    for part in store.parts.values():
        assert part.months == ("2026-02", "2030-12")
        assert store.outcomes(part) == ("gamma", "alpha")
    study = Study(store, plan, described=fake.DESCRIBED)
    assert study.months("audits") == ["2026-02", "2030-12"]
    np.testing.assert_array_equal(study.values("audits", "alpha")[2], whole.values[[37, 95], 0])


def test_failed_runs_are_read_back(tmp_path):
    made = execute(
        plan(), workers=1, out=tmp_path / "out", simulate=fake.fails_sometimes
    ).failures()
    read, _ = Folder.open(tmp_path / "out")
    assert read.failures() == made
    assert [failure.replication for failure in made] == [5]


def test_an_empty_plan_of_a_folder_that_does_not_exist_writes_nothing(tmp_path):
    Folder(tmp_path / "none").look(plan())
    assert list(tmp_path.iterdir()) == []


# Damage; tests/faults has every bit, and kill -9


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def swap(path):
    other = next(p for p in path.parent.iterdir() if p != path)
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("harm", [truncate, swap, remove])
@pytest.mark.parametrize("kind", ["series", "countries"])
def test_damage_is_found_at_opening_and_mended_by_the_same_sweep(results, harm, kind):
    before = contents(results)
    path = files(results, kind)[0]
    harm(path)
    with pytest.raises(DamagedPartError, match=f"{path.stem}.* is (damaged|missing|of no use)"):
        Folder.open(results)
    store = execute(plan(), workers=1, out=results, simulate=fake.world)
    assert contents(results) == before
    assert bool(store.repaired) == (harm is not remove or kind == "countries")


def test_a_long_list_of_damaged_parts_is_cut(tmp_path):
    many = plan(16 * BLOCK)
    execute(many, workers=1, out=tmp_path, simulate=fake.world)
    for path in files(tmp_path):
        truncate(path)
    with pytest.raises(DamagedPartError, match=r"; and 20 more\. The same sweep"):
        Folder.open(tmp_path)


def test_a_run_that_is_in_two_parts_counts_once(results, tmp_path):
    """A worker of a killed sweep, on a cluster say, leaves its part after the next has begun."""
    execute(plan(BLOCK - 1), workers=1, out=tmp_path / "other", simulate=fake.world)
    for kind in ("series", "countries"):
        for path in files(tmp_path / "other", kind):
            shutil.copy(path, results / kind)
    with pytest.raises(DamagedPartError, match="of no use: its runs are in another part too"):
        Folder.open(results)
    store = execute(plan(), workers=1, out=results, simulate=fake.world)
    assert sum(len(part.runs) for part in store.parts.values()) == 2 * REPLICATIONS
    assert (
        len(Study(*Folder.open(results), described=fake.DESCRIBED).frame(["alpha"]))
        == 2 * REPLICATIONS * 96
    )


def test_a_damaged_manifest_and_lost_designs_are_made_again_from_the_parts(results, capsys):
    before = contents(results)
    truncate(results / "manifest.json")
    (results / "designs.parquet").unlink()
    execute(plan(), workers=1, out=results, simulate=fake.never)
    assert contents(results) == before
    assert capsys.readouterr().err == "manifest.json was damaged: written anew from the parts\n"


@pytest.mark.parametrize(
    "harm", [remove, lambda path: path.write_bytes(b"")], ids=["lost", "emptied"]
)
def test_parts_whose_manifest_is_lost_are_saved_as_the_message_says(results, tmp_path, harm):
    before = contents(results)
    harm(results / "manifest.json")
    with pytest.raises(StoreError) as caught:
        execute(plan(), workers=1, out=results, simulate=fake.never)
    steps = (
        "give the command that made it with a new folder, stop it, "
        "copy series/ and countries/ there, and give it again"
    )
    assert steps in str(caught.value)
    with pytest.raises(KeyboardInterrupt):
        execute(plan(), workers=1, out=tmp_path / "new", simulate=stopped)
    for kind in ("series", "countries"):
        shutil.copytree(results / kind, tmp_path / "new" / kind, dirs_exist_ok=True)
    execute(plan(), workers=1, out=tmp_path / "new", simulate=fake.never)
    assert contents(tmp_path / "new") == before


def stopped(scenario, replication, seed):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "other",
    [
        plan(seed=4),
        plan(scenarios=[fake.scenario("status-quo"), fake.scenario("audits", 2)]),
        Design(plan().cases, REPLICATIONS, 3, keep=Keep(months="year-ends")),
        Design(plan().cases, REPLICATIONS, 3, Draws.of([{"leak_hazard": 0.1}])),
    ],
    ids=["seed", "scenario", "keep", "draws"],
)
def test_parts_alone_know_whose_they_are(results, other):
    truncate(results / "manifest.json")
    before = contents(results)
    with pytest.raises(StoreError, match="belongs to other results"):
        execute(other, workers=1, out=results, simulate=fake.never)
    assert contents(results) == before


def test_a_half_written_file_is_never_there(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(tmp_path / "a", b"data")
    assert list(tmp_path.iterdir()) == []


def test_parts_share_what_they_all_say():
    """A sweep of a million runs must fit in memory.

    Months and versions are held once, not once a part.
    """
    store = execute(plan(4 * BLOCK), workers=1, simulate=fake.world)
    for shared in ("months", "moments", "made_by", "keep"):
        assert len({id(getattr(part, shared)) for part in store.parts.values()}) == 1
