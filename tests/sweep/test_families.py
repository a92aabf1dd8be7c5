"""Shares of families by country and channel: kept when asked for, and the same as the origins'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim import data
from sim.analysis.study import Study
from sim.model.phases import keep_families
from sim.model.world import World
from sim.scenario.scenario import load
from sim.sweep.compaction import compact
from sim.sweep.design import Case, Design, Keep
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.forms import check_countries
from sim.sweep.parts import FAMILY, encode
from sim.vocabulary import CHANNELS, ORIGINS

SETTINGS = ("adopters=3500", "horizon.end=2025-03")
ASKED = Keep(months="year-ends", countries="half-years", families=True)


def design(keep: Keep = ASKED) -> Design:
    """Two scenarios that part in 2025, twice each."""
    base = load("status-quo", settings=SETTINGS)
    control = load("p1-blanket", settings=(*SETTINGS, "policy.open-weight-control.start=2025-01"))
    cases = (Case(base.name, base, base.name), Case(control.name, control, base.name))
    return Design(cases, 2, 1, keep=keep)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("families")
    execute(design(), workers=1, out=out)
    return out


def test_families_of_an_origin_sum_to_its_share(folder):
    study = Study(*Folder.open(folder))
    frame = study.families()
    assert frame.columns.tolist() == ["scenario", "month", "country", "channel", "family", "share"]
    moments = ["2023-06", "2023-12", "2024-06", "2024-12", "2025-03"]
    assert frame["month"].unique().tolist() == moments
    assert len(frame) == 2 * 5 * len(data.countries()) * len(CHANNELS) * len(data.labs())
    origin = {lab.slug: lab.origin for lab in data.labs()}
    place = ["scenario", "month", "country", "channel"]
    summed = frame.assign(origin=frame["family"].map(origin)).pivot_table(
        "share", place, "origin", aggfunc="sum"
    )
    expected = study.countries().set_index(place)[list(ORIGINS)]
    np.testing.assert_allclose(
        summed.loc[expected.index, list(ORIGINS)].to_numpy(), expected.to_numpy(), atol=1e-6
    )
    assert frame.groupby("family")["share"].max().gt(0.2).sum() > 2


def test_forked_worlds_keep_what_worlds_of_their_own_do(folder):
    store, plan = Folder.open(folder)
    for part in store.parts.values():
        for run, found in zip(part.runs, store.families(part), strict=True):
            world = World(plan.run(run).scenario, rng=plan.seed, replication=run.luck)
            world.phases = (*world.phases, keep_families)
            series = world.run()
            np.testing.assert_array_equal(found, series.families)
            used = world.adopters.choice // 4 == world.slugs["openai"]
            cell = world.adopters.start[:6]
            counted = [used[cell[h] : cell[h + 1]].mean() for h in range(len(CHANNELS))]
            np.testing.assert_allclose(found[-1, 0, :, world.slugs["openai"]], counted, atol=1e-6)


def test_compaction_keeps_them(folder, tmp_path):
    execute(replace(design(), replications=9), workers=1, out=tmp_path)
    before = Study(*Folder.open(tmp_path)).families()
    assert compact(tmp_path) == (3, 1)
    after = Study(*Folder.open(tmp_path)).families()
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_nothing_is_kept_that_was_not_asked_for(tmp_path):
    keep = replace(ASKED, families=False)
    execute(replace(design(keep), replications=1), workers=1, out=tmp_path)
    study = Study(*Folder.open(tmp_path))
    assert study.families().empty
    for part in study.store.parts.values():
        names = study.store.file("countries", part.countries)[0].schema_arrow.names
        assert not any(name.startswith(FAMILY) for name in names)
        assert len(study.store.families(part)[0, 0, 0, 0]) == 0
    world = World(load("status-quo", settings=SETTINGS), rng=1)
    world.step()
    assert world.history.families == []
    assert world.series().families is None


def test_a_country_part_with_other_columns_is_refused(folder):
    store, _ = Folder.open(folder)
    part = next(iter(store.parts.values()))
    file, about = store.file("countries", part.countries)
    named = file.read().rename_columns(
        [name.replace(f"{FAMILY}meta", "meta") for name in file.schema_arrow.names]
    )
    other = pq.ParquetFile(pa.BufferReader(encode([named], {"shape": about["shape"]})))
    with pytest.raises(ValueError, match="columns"):
        check_countries(other, about)
    check_countries(file, about)
