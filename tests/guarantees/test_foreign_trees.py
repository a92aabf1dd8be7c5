"""In an output folder what is not ours is the same after every command.

After a refusal all of it is.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from sim.analysis.study import Study
from sim.cli import app
from sim.months import month_name
from sim.report.page import report_files
from sim.scenario.scenario import Scenario
from sim.sweep.written import LIST, write
from tests.sweep.fake import Series

SMALL = 'name = "{name}"\nextends = "{base}"\nadopters = 3500\n[horizon]\nend = "2024-12"\n'
EXPERIMENT = 'name = "small"\nscenarios = ["control"]\nagainst = "base"\nreplications = 1\n'
NAMES = ("us_share_abroad", "cn_share_abroad", "incidents")
PART = "0123456789abcdef" * 4
POOL = (
    *("notes.txt", "src/.draft.tmp", ".git/config", ".draft.tmp", "thesis/", "Series/a.parquet",
      "REPORT.HTML"),
    *("manifest.json", "designs.parquet", "report.html", "table.csv", "rubric.csv", "findings.csv",
      "runs.csv"),
    *("figures/", "figures/us-share.svg", "figures/about.json", "figures/mine.png",
      "figures/.us-share.svg.tmp"),
    *("csv/", "csv/table.csv", "csv/mine.csv", "scenarios/control.toml", "scenarios/mine.toml",
      LIST, "csv/" + LIST),
    *("series/", "series/gdp.parquet", f"series/{PART}.parquet", f"series/{PART.upper()}.parquet",
      "series/.x.tmp"),
    *("countries/", "countries/borders.parquet", f"countries/.{PART}.parquet.tmp",
      f"series/.{PART}.parquet.0123ABCD.tmp"),
    *(f"inside/series/{PART}.parquet", "inside/manifest.json", "inside/report.html",
      ".report.html.0123abcd"),
)  # fmt: skip
PLACES = ("figures/", "csv/", "scenarios/", "report.html", "thesis/", "notes.txt")
"""One of them is always there."""

OWN_FORM = re.compile(rf"series/{PART}\.parquet")
"""The one name of the pool that is of our own form in our own place.

In a folder of ours it is a damaged part.
"""

COMMANDS = {
    "run": ["run", "control.toml", "--replications", "1", "--workers", "1", "--out", "place/out"],
    "compare": [
        *(
            "compare",
            "control.toml",
            "--against",
            "base.toml",
            "--draws",
            "0",
            "--replications",
            "1",
        ),
        *("--workers", "1", "--out", "place/out"),
    ],
    "sweep": ["sweep", "small.toml", "--csv", "--workers", "1", "--out", "place/out"],
    "sweep DIR": ["sweep", "place/out", "--csv", "--workers", "1"],
    "experiment": ["experiment", "small.toml", "--workers", "1", "--out", "place/out"],
    "report": ["report", "place/out"],
}

Tree = dict[str, object]


def world(scenario: Scenario, replication: int, seed: int) -> Series:
    """Series of three outcomes that cost nothing."""
    values = (
        np.random.default_rng([seed, replication])
        .random((scenario.months, len(NAMES)))
        .astype(np.float32)
    )
    months = tuple(month_name(i) for i in range(scenario.months))
    return Series(
        NAMES,
        months,
        values,
        months[-1:],
        np.full((1, 3, 5, 4), 0.25, np.float32),
        np.full((3, 5), 4),
    )


def report(study: Study, out: Path, **_: object) -> Path:
    """A report of all the names that one may have, in which nothing is drawn."""
    write(out, {name: f"{name} of {study!r}".encode() for name in report_files(study.scenarios)})
    return out / "report.html"


def call(name: str) -> Result:
    result = CliRunner().invoke(app.app, COMMANDS[name], prog_name="openstakes")
    assert result.exit_code in (0, 1, 2, 3), (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to give commands in, with input files and two results folders of ours.

    One is of a comparison, one of a run.
    """
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setattr("sim.sweep.execution.simulate_world", world)
        patched.setattr("sim.report.page.write_report", report)
        patched.setattr("os.fsync", lambda handle: None)
        for name, base in (("base", "status-quo"), ("control", "p1-blanket")):
            Path(f"{name}.toml").write_text(SMALL.format(name=name, base=base))
        Path("small.toml").write_text(EXPERIMENT)
        for kind, name in (("run", "run"), ("compare", "compare"), ("sweep", "experiment")):
            assert call(kind).exit_code == 0
            shutil.move("place/out", f"ours-{name}")
        yield folder


@pytest.fixture
def place(desk: Path) -> Iterator[Path]:
    """A fresh place/ with a user's files outside the output folder.

    Links and hard links lead to them.
    """
    folder = desk / "place"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def begin(place: Path, ours: str = "") -> Path:
    shutil.rmtree(place, ignore_errors=True)
    (place / "elsewhere").mkdir(parents=True)
    (place / "empty").mkdir()
    for name in (
        "victim",
        f"elsewhere/{PART}.parquet",
        "elsewhere/us-share.svg",
        "elsewhere/table.csv",
    ):
        (place / name).write_bytes(f"my {name}".encode())
    out = place / "out"
    if ours:
        shutil.copytree(place.parent / f"ours-{ours}", out)
    else:
        out.mkdir()
    return out


def sprinkle(
    rng: random.Random, out: Path, number: int, keep: frozenset[str] = frozenset()
) -> list[str]:
    """Put some things of a user's into a folder; what is there under a name in `keep` stays.

    Return their names.
    """
    put = []
    for name in (rng.choice(PLACES), *rng.sample(POOL, number)):
        path = out / name.rstrip("/")
        parents = [path.parent, *path.parent.parents]
        if name in keep or any(p.is_symlink() or (p.exists() and not p.is_dir()) for p in parents):
            continue
        if path.is_symlink() or (path.is_dir() and not name.endswith("/")):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        kind = rng.choice(("plain", "plain", "link", "hard link", "folder"))
        if name.endswith("/"):
            kind = rng.choice(("folder", "link"))
        if kind == "plain":
            path.write_bytes(rng.randbytes(rng.randrange(40)))
        elif kind == "link":
            path.symlink_to(
                out.parent
                / (rng.choice(("elsewhere", "empty")) if name.endswith("/") else "victim")
            )
        elif kind == "hard link":
            os.link(out.parent / "victim", path)
        else:
            path.mkdir()
        put.append(name.rstrip("/"))
    return put


def tree(folder: Path) -> Tree:
    """Return everything in a folder: the bytes of files, where links lead, and folders."""
    found: Tree = {}
    for top, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(top, name)
            key = path.relative_to(folder).as_posix()
            found[key] = (
                path.readlink()
                if path.is_symlink()
                else None
                if path.is_dir()
                else path.read_bytes()
            )
    return found


def assert_kept(before: Tree, after: Tree, names: list[str], said: str) -> None:
    """Assert that a user's things are as they were.

    What is of our own form may be removed, and is told.
    """
    outside = {name for name in {**before, **after} if not name.startswith("out/")}
    for name in (*(f"out/{name}" for name in names), *sorted(outside)):
        if OWN_FORM.fullmatch(name.removeprefix("out/")) and name not in after:
            assert f"{name.removeprefix('out/')} was damaged: removed" in said
        else:
            assert (name in after, after.get(name)) == (name in before, before.get(name)), (
                name,
                said,
            )


@pytest.mark.parametrize("block", range(5))
def test_a_folder_of_somebody_else_is_refused_and_the_same_to_the_byte(
    place: Path, block: int
) -> None:
    rng = random.Random(f"foreign {block}")
    for _ in range(20):
        out = begin(place)
        while not sprinkle(rng, out, rng.randint(1, 6)):
            continue
        before = tree(place)
        name = rng.choice(list(COMMANDS))
        result = call(name)
        assert result.exit_code in (1, 2), (name, result.output, before)
        assert result.stderr.strip()
        assert tree(place) == before, (name, result.output)


@pytest.mark.parametrize("block", range(5))
def test_in_a_folder_of_ours_what_is_a_users_stays_the_same(place: Path, block: int) -> None:
    rng = random.Random(f"ours {block}")
    keep = frozenset({"manifest.json", "designs.parquet", "series/", "countries/"})
    done = 0
    for _ in range(14):
        name = rng.choice(list(COMMANDS))
        ours = {"run": "run", "compare": "compare"}.get(name, "experiment")
        out = begin(place, ours)
        put = sprinkle(rng, out, rng.randint(0, 3), keep)
        before = tree(place)
        result = call(name)
        after = tree(place)
        if result.exit_code:
            assert after == before, (name, put, result.output)
        else:
            done += 1
            assert_kept(before, after, put, result.stderr)
    assert done


@pytest.mark.parametrize("block", range(3))
def test_what_appears_during_a_run_stays_the_same(
    place: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(f"appears {block}")
    keep = frozenset({"manifest.json", "designs.parquet", "series/", "countries/"})
    for _ in range(10):
        out = begin(place)
        there = Appearing(place, rng, rng.randint(1, 4), keep)
        with monkeypatch.context() as patched:
            patched.setattr("sim.sweep.execution.simulate_world", there.world)
            result = call(rng.choice(("run", "compare", "sweep", "experiment")))
        assert out.is_dir()
        assert_kept(there.before, tree(place), there.put, result.stderr)


class Appearing:
    """A user who puts things into the output folder while the first world runs."""

    def __init__(self, place: Path, rng: random.Random, number: int, keep: frozenset[str]) -> None:
        self.put: list[str] = []
        self.before: Tree = {}
        self._how = place, rng, number, keep

    def world(self, scenario: Scenario, replication: int, seed: int) -> Series:
        if not self.before:
            place, rng, number, keep = self._how
            self.put = sprinkle(rng, place / "out", number, keep)
            self.before = tree(place)
        return world(scenario, replication, seed)
