"""Shares of a sweep: together they are the plan, and each is the same each time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.scenario import load
from sim.sweep.design import Case, Design
from sim.sweep.draws import Draws
from sim.sweep.execution import execute
from sim.sweep.files import StoreError
from sim.sweep.folder import Folder
from sim.sweep.share import Share
from tests.faults.conftest import undisturbed as undisturbed
from tests.faults.harness import assert_whole, files, plan, values
from tests.sweep import fake


@pytest.mark.parametrize("text", ["1/1", "1/4", "4/4", "100000/100000"])
def test_a_share_is_written_as_it_is_read(text: str) -> None:
    assert str(Share.of_text(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "0/4",
        "5/4",
        "x",
        "",
        "1",
        "1/",
        "/4",
        "1/0",
        "-1/4",
        "1/4/2",
        "1.5/4",
        "²/4",
        "1/1000000",
        " 1/4",
    ],
)
def test_what_is_no_share_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be I/N, such as 2/8: share I of N, I from 1 to N"):
        Share.of_text(text)


def mixed(draws: int, replications: int) -> Design:
    """Cases of two pasts, one of which occurs twice, under draws that occur twice."""
    cases = [
        fake.scenario("status-quo"),
        fake.scenario("same"),
        fake.scenario("audits", 1),
        fake.scenario("hazard", parameters={"leak_hazard": 0.9}),
    ]
    return Design(
        tuple(Case(case.name, case, "status-quo") for case in cases),
        replications,
        1,
        Draws.of([{"network_weight": 0.5 + 0.1 * (i % 3)} for i in range(draws)]),
    )


@settings(max_examples=40, deadline=None)
@given(
    draws=st.integers(1, 4), replications=st.integers(1, 12), of=st.integers(1, 9), data=st.data()
)
def test_shares_are_the_plan_each_chunk_in_one_of_them(draws, replications, of, data) -> None:
    plan = mixed(draws, replications)
    shares = [Share(number, of) for number in range(1, of + 1)]
    whole = {chunk.number: chunk for chunk in plan.chunks()}
    parted = [list(plan.chunks(share=share)) for share in shares]
    assert sorted(chunk.number for chunks in parted for chunk in chunks) == sorted(whole)
    assert all(chunk == whole[chunk.number] for chunks in parted for chunk in chunks)
    for share, chunks in zip(shares, parted, strict=True):
        runs = [run.id for chunk in chunks for run in chunk.runs]
        assert list(plan.asked(share)) == runs
    runs = sorted(run for share in shares for run in plan.asked(share))
    assert runs == sorted(plan.asked())
    assert len(runs) == len(set(runs)) == plan.runs

    # What is finished changes no chunk's number, so neither its share.
    done = data.draw(st.sets(st.sampled_from(runs)))
    for chunk in plan.chunks(done):
        left = [r for r in whole[chunk.number].runs if r.id not in done]
        assert list(chunk.runs) == left


def test_shares_in_any_order_give_the_folder_of_one_sweep_file_by_file(tmp_path: Path) -> None:
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    execute(plan(), out=whole, workers=1, simulate=fake.world)
    for number in (3, 1, 4, 2):
        counts = []
        execute(
            plan(),
            out=shared,
            workers=1,
            simulate=fake.world,
            share=Share(number, 4),
            progress=lambda *found, counts=counts: counts.append(found),
        )
        assert counts[0][0] == 0
        assert counts[-1] == (counts[-1][2], 0, counts[-1][2])
    assert values(shared) == values(whole)  # it can be read before anything else is done
    execute(plan(), out=shared, workers=1, simulate=fake.never)
    assert files(shared) == files(whole)


def test_a_sweep_without_shares_does_what_is_missing(tmp_path: Path, undisturbed) -> None:
    out = tmp_path / "out"
    for number in (1, 3):
        execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(number, 3))
    there = set(files(out))
    execute(plan(), out=out, workers=1, simulate=fake.world)
    assert there < set(files(out))
    assert_whole(out)
    assert values(out) == undisturbed


def test_the_same_share_again_repeats_nothing_and_fewer_shares_do_no_harm(tmp_path: Path) -> None:
    out = tmp_path / "out"
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(2, 4))
    before = files(out)
    execute(plan(), out=out, workers=1, simulate=fake.never, share=Share(2, 4))
    assert files(out) == before
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 1))
    assert_whole(out)


def test_shares_extend_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    execute(plan(9), out=out, workers=1, simulate=fake.world)
    for number in (1, 2):
        execute(plan(40), out=out, workers=1, simulate=fake.world, share=Share(number, 2))
        assert Folder.plan(out).replications == 40
    assert_whole(out)


def test_a_share_of_another_plan_is_refused_and_nothing_changed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
    before = files(out)
    with pytest.raises(StoreError, match="other seed"):
        execute(plan(seed=4), out=out, workers=1, simulate=fake.never, share=Share(2, 2))
    assert files(out) == before


def test_of_two_first_shares_the_one_of_another_plan_is_refused(tmp_path, monkeypatch) -> None:
    """Both find an empty folder; one of them writes its manifest while the other is about to."""
    from sim.sweep import files as store_files
    from sim.sweep import folder

    out, real = tmp_path / "out", store_files.write_first

    def overtaken(path: Path, data: bytes) -> None:
        monkeypatch.setattr(folder, "write_first", real)
        execute(plan(seed=4), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
        real(path, data)

    monkeypatch.setattr(folder, "write_first", overtaken)
    with pytest.raises(StoreError, match="other seed"):
        execute(plan(), out=out, workers=1, simulate=fake.never, share=Share(2, 2))
    execute(plan(seed=4), out=out, workers=1, simulate=fake.world)
    assert_whole(out)


def test_a_job_that_finds_the_folder_half_made_by_another_goes_on(tmp_path, monkeypatch) -> None:
    """The other one writes its manifest and parts just after this one has found no manifest."""
    from sim.sweep import belonging

    out, real = tmp_path / "out", belonging.manifest_of

    def late(root: Path):
        monkeypatch.setattr(belonging, "manifest_of", real)
        found = real(root)
        execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
        return found

    out.mkdir()
    monkeypatch.setattr(belonging, "manifest_of", late)
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(2, 2))
    assert_whole(out)


def test_a_share_removes_nothing_and_notes_its_kind_of_machine(tmp_path, monkeypatch) -> None:
    out = tmp_path / "out"
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
    part = "a" * 64
    others = [f"series/.{part}.parquet.0123abcd.tmp", f"countries/.{part}.parquet.0123abcd.tmp"]
    for name in others:
        (out / name).write_bytes(b"half")  # another job is writing it
    shutil.copy(next((out / "countries").glob("*.parquet")), out / f"countries/{part}.parquet")
    here = {"python": "of another machine"}
    monkeypatch.setattr("sim.sweep.folder.environment", lambda: here)
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(2, 2))
    assert {*others, f"countries/{part}.parquet"} <= set(files(out))
    assert json.loads((out / "manifest.json").read_bytes())["environments"][-1] == here


def test_a_share_passes_over_a_damaged_part_and_makes_its_own_anew(tmp_path, undisturbed) -> None:
    out = tmp_path / "out"
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
    part = min((out / "series").glob("*.parquet"))
    part.write_bytes(b"damaged")
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(2, 2))
    assert part.read_bytes() == b"damaged"
    execute(plan(), out=out, workers=1, simulate=fake.world, share=Share(1, 2))
    assert values(out) == undisturbed


def test_failed_runs_of_a_share_are_counted_in_it(tmp_path) -> None:
    out, counts = tmp_path / "out", {}
    for number in (1, 2, 3):
        execute(
            plan(),
            out=out,
            workers=1,
            simulate=fake.fails_sometimes,
            share=Share(number, 3),
            progress=lambda *found, number=number: counts.update({number: found}),
        )
    assert sorted(failed for _, failed, _ in counts.values()) == [0, 0, 1]
    assert sum(total for _, _, total in counts.values()) == plan().runs
    (failure,) = Folder.open(out)[0].failures()
    assert failure.replication == 5


def test_a_share_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="needs a folder"):
        execute(plan(), workers=1, simulate=fake.never, share=Share(1, 2))


def test_forks_of_one_past_stay_together() -> None:
    """A chunk of one past is in one share: shares split chunks, never the runs in them."""
    scenarios = [load("status-quo"), load("p1-blanket"), load("p4-audit-repository")]
    design = Design.of(scenarios, 16, 0, also_without_assumed=False)
    for number in (1, 2, 3):
        for chunk in design.chunks(share=Share(number, 3)):
            assert {run.case for run in chunk.runs} == {case.name for case in design.cases}
