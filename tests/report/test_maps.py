"""Maps: tiles, their shares and changes, and countries with too few draws."""

from __future__ import annotations

import pytest

from sim.report import maps


def test_countries_with_few_draws_are_grey(study, view):
    shares, effective = study.map_shares("status-quo")
    tiles = maps.shares(view, "status-quo", "us")
    for i, tile in enumerate(tiles):
        assert (tile.value is None) == (effective[i] < 100)
        assert tile.value is None or tile.value == pytest.approx(100 * shares[i, 0])
    said = " ".join(t.get_text() for t in maps.us_map(view).texts)
    grey = sum(tile.value is None for tile in tiles)
    assert f"Grey: {grey} of {len(tiles)} tiles, effective sample below 100 users" in said


def test_changes_are_differences_of_shares(view):
    here, there = (maps.shares(view, name, "us") for name in ("p1-blanket", "status-quo"))
    for a, b, change in zip(here, there, maps.changes(view, "p1-blanket", "us"), strict=True):
        assert change.value is None or change.value == pytest.approx(a.value - b.value)
    assert maps.largest_change(view) == "p1-blanket"


def test_tiles_do_not_share_a_place_and_have_short_codes(view):
    tiles = maps.shares(view, "status-quo", "us")
    places = {(tile.country.row, tile.country.column) for tile in tiles}
    assert len(places) == len(tiles)
    assert {len(maps.code(tile.country)) for tile in tiles} == {3}
    assert len({maps.code(tile.country) for tile in tiles}) == len(tiles)
