"""Draws go by what a row of a table is called: a new row changes nobody else's luck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim import data
from sim.data import reading

ROOT = Path(__file__).resolve().parents[2]
LAB = "Newcomer,newcomer,BRA,other,firm,-3,9,0.3,2090-01,0"
COUNTRY = "AAA,Nowhere,Europe,us_aligned,0,0,0,0.5,,0,0,0,,99,99,"
RELEASE = "2023-05,meta,Aaa,US,,,hold,flagship,0,0,0,0,0,0"
SCRIPT = """
import sys
from pathlib import Path

import numpy as np

import sim.data.reading

sim.data.reading.FOLDER = Path(sys.argv[1])

from sim import World, load
from sim.vocabulary import MODES

follow = {"lever": "L6", "allies": ["FRA"], "mimicry": 1.0}
settings = {"horizon.end": "2027-12", "policy.release-assessment.mimicry": 1.0}
settings |= {f"policy.audits.{name}": value for name, value in follow.items()}
world = World(load("p2-risk-assessment", settings=settings), rng=1)
series = world.run()
slots = [f"{lab.info.slug} {mode}" for lab in world.labs for mode in MODES]
slots = np.array(slots + ["none"] * 256)
slots[255] = "none"
c = world.catalogue.columns
drawn = np.array([c.capability, c.measured, c.compromised, c.mode])
homes = [world.countries[actor.home].code for actor in world.malicious]
np.savez(
    sys.argv[2],
    names=series.names,
    values=series.values,
    choices=slots[world.adopters.choice],
    releases=world.catalogue.names,
    drawn=drawn[:, : len(world.catalogue)],
    actors=[[home, x.skill, x.budget] for home, x in zip(homes, world.malicious, strict=True)],
)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What a run leaves under tables with rows added in front, by table; made once for each."""
    made = {}

    def get(**rows: str) -> dict[str, np.ndarray]:
        key = tuple(sorted(rows.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("tables")
            shutil.copytree(reading.FOLDER, folder, dirs_exist_ok=True)
            for table, row in rows.items():
                path = folder / f"{table}.csv"
                lines = path.read_text(encoding="utf-8").splitlines()
                first = next(i for i, line in enumerate(lines) if not line.startswith("#")) + 1
                path.write_text(
                    "\n".join((*lines[:first], row, *lines[first:], "")), encoding="utf-8"
                )
            file = folder / "run.npz"
            subprocess.run(
                [sys.executable, "-c", SCRIPT, str(folder), str(file)],
                check=True,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            made[key] = dict(np.load(file))
        return made[key]

    return get


@pytest.mark.parametrize(
    ("table", "row"), [("countries", COUNTRY), ("labs", LAB), ("releases", RELEASE)]
)
def test_a_row_that_does_nothing_changes_nothing_else(run, table, row):
    """At the head of each table: a row that does nothing.

    A country without weight, a lab that never releases, a release that was held back.

    A lab does research and pays for what the law asks before it releases anything. Sums over one
    lab or country more may be rounded in another order.
    """
    before, after = run(), run(**{table: row})
    for what in ("choices", "releases", "actors"):
        assert (before[what] == after[what]).all(), what
    np.testing.assert_allclose(before["drawn"], after["drawn"], rtol=1e-12)
    costs = {"cost_policy_labs", "cost_eu_other"}
    own = {"idea_share_us", "idea_share_cn", *costs} if table == "labs" else set()
    place = {name: i for i, name in enumerate(after["names"].tolist())}
    assert len(place) == len(before["names"]) + 3 * (table == "labs")
    for name, path in zip(before["names"].tolist(), before["values"].T, strict=True):
        if name not in own:
            np.testing.assert_allclose(
                after["values"][:, place[name]], path, rtol=1e-6, atol=1e-7, err_msg=name
            )


def test_a_country_with_people_takes_users_and_actors_and_moves_nobody_between_the_others(run):
    before = run()
    after = run(countries=COUNTRY.replace(",0,0,0,0.5", ",3000,100,65,0.5"))
    homes = [list(map(str, found["actors"][:, 0])) for found in (before, after)]
    assert {new for old, new in zip(*homes, strict=True) if old != new} <= {"AAA"}


def test_names_have_numbers_of_their_own():
    from sim.model.identity import identities
    from sim.vocabulary import CHANNELS, MODES

    cells = [f"{country.code} {channel}" for country in data.countries() for channel in CHANNELS]
    slots = [f"{lab.slug} {mode}" for lab in data.labs() for mode in MODES]
    assert len(set(identities(cells).tolist())) == len(cells)
    assert len(set((identities(slots) & np.uint64(2**32 - 1)).tolist())) == len(slots)
