"""Files change behind the sweep's back.

It is found before anything is read from them, named, and done again.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sim
from sim.sweep import manifest
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.parts import DamagedPartError, StoreError
from tests.faults.harness import COMMAND, FEW, Driver, files, plan, values, write_experiment
from tests.sweep import fake

SMALL = plan(16)
FLIPS = 200


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A finished folder: 4 series parts, 4 country parts, designs and manifest."""
    out = tmp_path_factory.mktemp("damage") / "out"
    execute(SMALL, out=out, workers=1, simulate=fake.world)
    assert len(files(out)) == 10
    return out


@pytest.fixture
def out(sound, tmp_path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(sound, tmp_path / "out"))


def test_every_flipped_bit_is_found(sound, out) -> None:
    rng = random.Random(8)
    before = files(sound)
    missed = []
    for flip in range(FLIPS):
        name = sorted(before)[flip % len(before)]
        data = bytearray(before[name])
        # A quarter of them in the footer, where Parquet's own checksums do not look.
        position = (
            rng.randrange(max(0, len(data) - 400), len(data))
            if flip % 40 < 10
            else rng.randrange(len(data))
        )
        data[position] ^= 1 << rng.randrange(8)
        (out / name).write_bytes(data)
        try:
            Folder.open(out)
            missed.append((name, position))
        except StoreError as error:
            named = name.rpartition("/")[2] in str(error) or "manifest.json" in name
            missed += [] if named else [(name, position, str(error))]
        (out / name).write_bytes(before[name])
    assert missed == []
    assert values(out) == values(sound)


def series(out: Path, i: int) -> Path:
    return sorted((out / "series").iterdir())[i]


def countries(out: Path, i: int) -> Path:
    return sorted((out / "countries").iterdir())[i]


def truncate(*paths: Path) -> None:
    for path in paths:
        path.write_bytes(path.read_bytes()[:-9])


def empty(*paths: Path) -> None:
    for path in paths:
        path.write_bytes(b"")


def remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def rename(one: Path, other: Path) -> None:
    other.unlink()
    one.rename(other)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated series": lambda out: truncate(series(out, 1)),
    "truncated countries": lambda out: truncate(countries(out, 1)),
    "empty": lambda out: empty(series(out, 0), countries(out, 3)),
    "missing series": lambda out: remove(series(out, 2)),
    "missing countries": lambda out: remove(countries(out, 2)),
    "swapped series": lambda out: swap(series(out, 0), series(out, 3)),
    "swapped countries": lambda out: swap(countries(out, 0), countries(out, 3)),
    "series for countries": lambda out: swap(series(out, 1), countries(out, 1)),
    "renamed": lambda out: rename(series(out, 1), series(out, 2)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_parts_are_named_and_done_again(sound, out, damage) -> None:
    before = files(sound)
    damage(out)
    now = files(out)
    wrong = {name for name, data in before.items() if now.get(name) != data}
    assert wrong
    with pytest.raises(DamagedPartError) as caught:
        Folder.open(out)
    assert all(Path(name).name in str(caught.value) for name in wrong)

    store = execute(SMALL, out=out, workers=1, simulate=fake.world)
    assert isinstance(store, Folder)
    assert {name for name in wrong if name in now} <= set(store.repaired)
    assert files(out) == before


def test_an_open_study_does_not_read_a_part_that_is_damaged_later(out) -> None:
    store, _ = Folder.open(out)
    part = next(iter(store.parts.values()))
    truncate(
        out / "series" / f"{part.name}.parquet", out / "countries" / f"{part.countries}.parquet"
    )
    with pytest.raises(DamagedPartError, match=part.name):
        store.series(part, ("alpha",))
    with pytest.raises(DamagedPartError, match=part.countries):
        store.countries(part)


def test_a_damaged_manifest_is_named_and_made_again(sound, out) -> None:
    truncate(out / "manifest.json")
    with pytest.raises(
        DamagedPartError,
        match=r"manifest\.json is damaged: give the command .* finished parts are .*kept",
    ):
        Folder.open(out)
    execute(SMALL, out=out, workers=1, simulate=never)
    assert files(out) == files(sound)


def test_a_manifest_that_may_be_of_another_program_is_left_as_it_is(out) -> None:
    empty(out / "manifest.json")
    before = files(out)
    for act in (
        lambda: Folder.open(out),
        lambda: execute(SMALL, out=out, workers=1, simulate=never),
    ):
        with pytest.raises(
            StoreError,
            match=r"its manifest\.json is none of openstakes, or damaged beyond recognition",
        ):
            act()
    assert files(out) == before


@pytest.mark.parametrize("damage", [truncate, empty, remove])
def test_damaged_designs_are_named_and_made_again(sound, out, damage) -> None:
    damage(out / "designs.parquet")
    with pytest.raises(
        DamagedPartError, match=r"designs\.parquet is .*: give the same command again"
    ):
        Folder.open(out)
    execute(SMALL, out=out, workers=1, simulate=never)
    assert files(out) == files(sound)


def never(scenario, replication, seed):
    """Do no run: all are finished."""
    raise AssertionError("done twice")


def test_the_command_says_what_was_damaged(tmp_path) -> None:
    out = tmp_path / "out"
    command = [
        "sweep", write_experiment(tmp_path, 1, FEW), "--out", str(out), "--workers", "1", "--json",
    ]  # fmt: skip
    said = []
    for _ in range(2):
        with Driver(tmp_path, COMMAND, "model", *command) as driver:
            driver.process.communicate(timeout=60)
            assert driver.wait() == 0, driver.errors()
        said.append(driver.errors())
        damaged = series(out, 0)
        truncate(damaged)
    assert "damaged" not in said[0]
    assert (
        said[1].count(f"series/{damaged.name} was damaged: removed, and its runs done again\n") == 1
    )


@pytest.fixture
def another_version(monkeypatch) -> Iterator[Callable[[], None]]:
    """Turn this into version 9.8.7 until the end of the test."""

    def turn() -> None:
        monkeypatch.setattr(sim, "__version__", "9.8.7")
        manifest.made_by.cache_clear()

    yield turn
    monkeypatch.undo()
    manifest.made_by.cache_clear()


def test_results_of_another_version_are_refused(out, another_version) -> None:
    before = files(out)
    both = rf"other code \(openstakes {sim.__version__}, .*; this is openstakes 9\.8\.7, "
    another_version()
    with pytest.raises(StoreError, match=both):
        execute(plan(17), out=out, workers=1, simulate=never)
    with pytest.raises(StoreError, match=both):
        Folder.open(out)
    assert files(out) == before
    truncate(out / "manifest.json")  # the parts say it too
    before = files(out)
    with pytest.raises(StoreError, match=both):
        execute(plan(17), out=out, workers=1, simulate=never)
    assert files(out) == before


def test_results_of_another_format_are_refused(out) -> None:
    file = out / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "format": 2}))
    for act in (
        lambda: Folder.open(out),
        lambda: execute(SMALL, out=out, workers=1, simulate=never),
    ):
        with pytest.raises(
            StoreError,
            match="holds results of format 2, and this version reads format 3: give the same "
            "command with another folder, or use the version that made them",
        ):
            act()
