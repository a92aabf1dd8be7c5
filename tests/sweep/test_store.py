"""A part is whole or not there, and other bytes than those written are found.

A folder has one writer and plan.
"""

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
from tests.faults.harness import values_of
from tests.sweep import fake

REPLICATIONS = BLOCK + 1


def plan(replications=REPLICATIONS, seed=3, scenarios=None, **content):
    known = scenarios or [
        fake.scenario("status-quo", **content),
        fake.scenario("audits", 1, **content),
    ]
    return Design.of(known, replications, seed, also_without_assumed=False)


def kept(keep, draws=({},), replications=3):
    known = [
        Case(name, fake.scenario(name, i), "status-quo")
        for i, name in enumerate(("status-quo", "audits"))
    ]
    return Design(tuple(known), replications, 3, Draws.of(draws), keep)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "finished"
    execute(plan(), workers=1, out=folder, simulate=fake.world)
    return folder


@pytest.fixture
def results(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "results")


def files(folder, kind="series"):
    return sorted((folder / kind).iterdir())


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): hash_of(p.read_bytes())
        for p in folder.rglob("*")
        if p.is_file()
    }


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


# Whose a folder is


def test_finished_results_are_used_again(results):
    before = contents(results)
    again = execute(plan(), workers=1, out=results, simulate=fake.never)
    assert again.failures() == []
    assert contents(results) == before


def test_failed_runs_are_not_done_again(tmp_path):
    execute(plan(), workers=1, out=tmp_path, simulate=fake.fails_sometimes)
    again = execute(plan(), workers=1, out=tmp_path, simulate=fake.never)
    assert [failure.replication for failure in again.failures()] == [5]


def test_again_failed_does_failed_runs_anew_and_leaves_every_other_run_its_bits(tmp_path):
    execute(plan(), workers=1, out=tmp_path / "out", simulate=fake.fails_sometimes)
    before = contents(tmp_path / "out")
    made = []

    def noted(scenario, replication, seed):
        made.append((scenario.name, replication))
        return fake.world(scenario, replication, seed)

    again = execute(plan(), workers=1, out=tmp_path / "out", again="failed", simulate=noted)
    assert made == [("audits", 5)]
    read, design = Folder.open(tmp_path / "out")
    for store in (again, read):
        assert store.failures() == []
        assert len(store.finished) == design.runs
        assert values_of(store) == values_of(execute(plan(), workers=1, simulate=fake.world))
    after = contents(tmp_path / "out")
    assert {
        name: after[name] for name in before if name.endswith(".parquet")
    }.items() <= before.items()
    execute(plan(), workers=1, out=tmp_path / "out", again="failed", simulate=fake.never)


def test_a_run_that_fails_again_is_named_once(tmp_path):
    for times in range(3):
        store = execute(
            plan(), workers=1, out=tmp_path / "out", again="failed", simulate=fake.fails_sometimes
        )
        assert len(store.parts) == len(Folder.open(tmp_path / "out")[0].parts)
        for found in (store, Folder.open(tmp_path / "out")[0]):
            assert [failure.replication for failure in found.failures()] == [5], times
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert (manifest["finished"], manifest["failed"]) == (plan().runs - 1, 1)


def test_failed_runs_done_again_are_counted_as_not_done_yet(tmp_path):
    execute(plan(), workers=1, out=tmp_path / "out", simulate=fake.fails_sometimes)
    calls = []
    execute(
        plan(),
        workers=1,
        out=tmp_path / "out",
        again="failed",
        simulate=fake.world,
        progress=lambda *numbers: calls.append(numbers),
    )
    assert calls == [(plan().runs - 1, 0, plan().runs), (plan().runs, 0, plan().runs)]


def test_what_else_should_be_done_again_is_refused(tmp_path):
    with pytest.raises(ValueError, match="again = 'all': must be 'failed'"):
        execute(plan(), out=tmp_path / "out", again="all", simulate=fake.never)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (plan(seed=4), "other seed (3 there, 4 here)"),
        (plan(replications=2), f"holds {REPLICATIONS} replications, and 2 are asked for"),
        (Design(plan().cases, REPLICATIONS, 3, keep=Keep(countries="none")), "with other keep"),
        (plan(scenarios=[fake.scenario("status-quo"), fake.scenario("audits", 2)]),
         "'audits', with another content"),
        (plan(scenarios=[fake.scenario("status-quo")]), "'audits', which is not asked for"),
        (Design(plan().cases, REPLICATIONS, 3, Draws.of([{"leak_hazard": 0.1}])),
         "draw that is not asked"),
    ],
    ids=["seed", "replications", "keep", "content", "case", "draws"],
)  # fmt: skip
def test_a_folder_of_another_plan_is_refused_and_left_as_it_is(results, other, words):
    before = contents(results)
    for action in (
        lambda: execute(other, workers=1, out=results, simulate=fake.never),
        lambda: Folder(results).look(other),
    ):
        with pytest.raises(StoreError) as caught:
            action()
        assert words in str(caught.value)
        assert "choose another folder" in str(caught.value)
        assert contents(results) == before


def test_texts_for_people_may_change(results):
    known = [
        scenario.model_copy(update={"question": "New?"})
        for scenario in (case.scenario for case in plan().cases)
    ]
    execute(plan(scenarios=known), workers=1, out=results, simulate=fake.never)
    assert Folder.open(results)[1].cases[0].scenario.question == "New?"


def test_a_second_writer_is_refused(tmp_path):
    with (
        Folder(tmp_path / "out").writing(plan()),
        pytest.raises(StoreError, match="another sweep is writing"),
    ):
        execute(plan(), workers=1, out=tmp_path / "out", simulate=fake.never)
    execute(plan(), workers=1, out=tmp_path / "out", simulate=fake.world)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        execute(plan(), workers=1, out=tmp_path, simulate=fake.never)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(StoreError, match="is a file"):
        execute(plan(), workers=1, out=tmp_path / "thesis.tex", simulate=fake.never)


def test_a_folder_without_results_cannot_be_opened(tmp_path):
    for read in (Folder.open, Folder.plan, Study.open):
        with pytest.raises(StoreError, match="no results"):
            read(tmp_path)


@pytest.mark.parametrize("seed", range(4, 10))
def test_a_part_of_another_seed_is_refused(results, tmp_path, seed):
    """Wherever the names of its files stand among the folder's own."""
    execute(plan(seed=seed), workers=1, out=tmp_path / "other", simulate=fake.world)
    for kind in ("series", "countries"):
        for path in files(tmp_path / "other", kind):
            shutil.copy(path, results / kind)
    with pytest.raises(StoreError, match="belongs to other results"):
        Folder.open(results)


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
