"""The catalogue: rows, room to grow, newest candidates, openness."""

import numpy as np
import pytest

from sim.model.catalogue import CANDIDATES, Catalogue, Columns
from sim.vocabulary import API, MODES, OPEN_SOURCE, OPEN_WEIGHTS


def add(catalogue, name="release", **row):
    known = {"month": 0, "lab": 0, "origin": 0, "mode": API, "capability": 100.0}
    parts = {"weights": 0.0, "data": 0.0, "code": 0.0, "licence": 0.0}
    return catalogue.add(name, **{**known, **parts, **row})


def test_a_row_is_what_was_added():
    catalogue = Catalogue(3)
    row = add(
        catalogue,
        "first",
        month=5,
        lab=2,
        origin=1,
        mode=OPEN_SOURCE,
        capability=123.4,
        weights=1.0,
        licence=1.0,
    )
    release = catalogue[row]
    assert (len(catalogue), row, release.index) == (1, 0, 0)
    assert (release.name, release.month) == ("first", "2023-06")
    assert (release.origin, release.mode) == ("CN", "open_source")
    assert (release.capability, release.openness) == (123.4, 0.5)
    assert catalogue.column("capability").tolist() == [123.4]


def test_openness_is_the_mean_of_its_components_and_adaptability_needs_weights():
    catalogue = Catalogue(1)
    add(catalogue, mode=OPEN_SOURCE, weights=1.0, data=1.0, code=1.0, licence=1.0)
    add(catalogue, mode=OPEN_WEIGHTS, weights=1.0)
    add(catalogue, mode=API, data=1.0, code=1.0, licence=1.0)
    assert catalogue.column("openness").tolist() == [1.0, 0.25, 0.75]
    full, bare, none = catalogue.column("adaptable").tolist()
    assert full == pytest.approx(1.0)
    assert 0.0 < bare < full
    assert none == 0.0


def test_every_component_makes_weights_more_adaptable():
    catalogue = Catalogue(1)
    for part in ({}, {"data": 1.0}, {"code": 1.0}, {"licence": 1.0}):
        add(catalogue, mode=OPEN_WEIGHTS, weights=1.0, **part)
    bare, *better = catalogue.column("adaptable").tolist()
    assert min(better) > bare


def test_the_catalogue_grows_beyond_its_room():
    catalogue = Catalogue(2, room=4)
    for n in range(11):
        assert add(catalogue, f"r{n}", month=n, lab=n % 2, capability=float(n)) == n
    assert len(catalogue) == 11
    assert catalogue.column("capability").tolist() == [float(n) for n in range(11)]
    assert catalogue.column("month").dtype == np.int64
    assert catalogue.column("mirrored").dtype == np.bool_
    assert all(len(column) >= 11 for column in catalogue.columns)
    assert catalogue.names[10] == "r10"


def test_columns_of_every_row_start_empty():
    catalogue = Catalogue(1)
    add(catalogue)
    for name in (
        "compromised",
        "controlled",
        "contained",
        "mirrored",
        "public_finding",
        "private_finding",
    ):
        assert not catalogue.column(name)[0], name
    assert set(Columns._fields) >= {"month", "lab", "origin", "mode", "capability", "openness"}


def test_candidates_are_the_newest_first():
    catalogue = Catalogue(2)
    for n in range(4):
        add(catalogue, lab=1, capability=100.0 + n)
    slot = catalogue.candidates[1 * len(MODES) + API]
    assert slot[:5].tolist() == [3, 2, 1, 0, -1]
    assert (catalogue.candidates[0] == -1).all()


def test_the_best_release_of_a_slot_stays_a_candidate():
    catalogue = Catalogue(1)
    best = add(catalogue, capability=200.0)
    for n in range(3 * CANDIDATES):
        add(catalogue, capability=100.0 + n)
        slot = catalogue.candidates[API].tolist()
        assert slot[0] == n + 1
        assert best in slot
        kept = [row for row in slot if row >= 0]
        assert len(set(kept)) == len(kept)
    better = add(catalogue, capability=300.0)
    for _ in range(2 * CANDIDATES):
        add(catalogue, capability=1.0)
    assert better in catalogue.candidates[API]
    assert best not in catalogue.candidates[API]


def test_modes_of_a_lab_are_slots_of_their_own():
    catalogue = Catalogue(2)
    rows = [add(catalogue, lab=1, mode=mode) for mode in range(len(MODES))]
    assert [catalogue.candidates[len(MODES) + mode, 0] for mode in range(len(MODES))] == rows


def test_breadth_counts_open_releases_after_a_month():
    catalogue = Catalogue(3)
    for month, lab, mode in (
        (0, 0, OPEN_WEIGHTS),
        (5, 0, OPEN_SOURCE),
        (6, 0, API),
        (6, 2, OPEN_WEIGHTS),
    ):
        add(catalogue, month=month, lab=lab, mode=mode)
    assert catalogue.opened_since(-1, 3).tolist() == [2, 0, 1]
    assert catalogue.opened_since(0, 3).tolist() == [1, 0, 1]
    assert catalogue.opened_since(6, 3).tolist() == [0, 0, 0]


def test_a_field_that_is_no_column_is_refused():
    with pytest.raises(AttributeError, match="colour"):
        add(Catalogue(1), colour=1.0)
