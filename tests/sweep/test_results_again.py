"""Results that are used, extended or refused by a later sweep."""

import json
import shutil

import pytest

from sim.analysis.study import Study
from sim.sweep.design import Design, Draws, Keep
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.parts import StoreError
from tests.faults.harness import values_of
from tests.sweep import fake
from tests.sweep.stored import REPLICATIONS, contents, files, plan


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
