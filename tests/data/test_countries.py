"""The tables of countries and groups: complete, plausible and consistent with each other."""

from __future__ import annotations

import numpy as np
import pytest

from sim import data
from sim.vocabulary import BLOCS


def test_countries_are_one_by_one_or_in_groups() -> None:
    countries = data.countries()
    single = [c for c in countries if not c.code.startswith("X-")]
    assert len(single) == 152
    assert 8 <= len(countries) - len(single) <= 14
    assert all(c.members == (c.code,) for c in single)
    assert len({c.code for c in countries}) == len(countries)
    assert sum(len(c.members) for c in countries) == 216
    assert [c.code for c in countries] == sorted(c.code for c in single) + sorted(
        c.code for c in countries if c.code.startswith("X-")
    )


def test_country_figures_are_plausible() -> None:
    countries = data.countries()
    assert 7900 < sum(c.people_m for c in countries) < 8200
    assert 95_000 < sum(c.gdp_usd_bn for c in countries) < 120_000
    for country in countries:
        assert 0.4 < country.working_age_m / country.people_m < 0.9, country.code
        assert 150 < country.gdp_per_head < 250_000, country.code


def test_blocs_hold_who_they_should() -> None:
    bloc = {member: c.bloc for c in data.countries() for member in c.members}
    assert set(bloc.values()) == set(BLOCS)
    assert {m for m, b in bloc.items() if b == "US"} == {"USA"}
    assert {m for m, b in bloc.items() if b == "CN"} == {"CHN", "HKG", "MAC"}
    assert {bloc[m] for m in ("JPN", "TWN", "DEU", "ISL")} == {"us_aligned"}
    assert {bloc[m] for m in ("RUS", "PRK", "IRN", "VEN")} == {"restricted"}
    assert {bloc[m] for m in ("IND", "BRA", "SAU", "KEN")} == {"third_country"}


def test_alignment_runs_from_china_to_the_us() -> None:
    alignment = {member: c.alignment for c in data.countries() for member in c.members}
    assert alignment["CHN"] == alignment["HKG"] == alignment["MAC"] == 0
    assert alignment["USA"] == 1
    assert alignment["TWN"] == pytest.approx((alignment["JPN"] + alignment["KOR"]) / 2, abs=0.001)


def test_membership_flags() -> None:
    members = {m for c in data.countries() if c.eu for m in c.members}
    assert len(members) == 27
    assert "LUX" in members
    assert "ISL" not in members
    allies = {m for c in data.countries() if c.treaty_ally for m in c.members}
    assert {"JPN", "KOR", "AUS", "GBR", "ISL"} <= allies
    assert not allies & {"CHN", "IND", "RUS", "CHE"}


def test_groups_agree_with_the_flags_of_the_countries() -> None:
    countries = data.countries()
    members = {group.name: set(group.members) for group in data.groups()}
    assert members["EU"] == {c.code for c in countries if c.eu}
    assert members["US-aligned"] == {c.code for c in countries if c.bloc == "us_aligned"}
    assert members["CN"] == {"CHN", "X-CHINA-SAR"}
    assert members["allies"] == {c.code for c in countries if c.treaty_ally}
    assert members["allies"] - members["NATO"] == {"JPN", "KOR", "AUS", "NZL", "PHL", "THA"}
    assert members["NATO"] - members["allies"] == {"USA"}
    assert members["Five-Eyes"] & members["G7"] == {"USA", "GBR", "CAN"}
    western = members["EU"] | members["G7"] | members["NATO"]
    assert western < members["Global-North"] - members["third-country"] | western
    assert not members["Global-North"] & (members["CN"] | {"IND", "BRA", "ZAF"})
    assert {"US", "restricted", "third-country", "G7", "BRICS", "ASEAN"} <= set(members)


def test_every_group_has_a_day_a_source_and_members_of_the_table() -> None:
    known = [country.code for country in data.countries()]
    for group in data.groups():
        assert group.as_of == data.GROUPS_AS_OF
        assert group.source
        assert set(group.members) <= set(known)
        assert len(set(group.members)) == len(group.members) > 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("eu", "EU"),
        ("European Union", "EU"),
        ("five eyes", "Five-Eyes"),
        ("us_aligned", "US-aligned"),
        ("DEU", None),
    ],
)
def test_a_group_is_known_however_its_name_is_written(text: str, name: str | None) -> None:
    group = data.group_named(text)
    assert (group.name if group else None) == name


def test_no_group_has_the_code_of_a_country() -> None:
    assert not [country.code for country in data.countries() if data.group_named(country.code)]


def test_imputed_figures_are_flagged() -> None:
    imputed = {c.code: set(c.imputed) for c in data.countries()}
    assert imputed["TWN"] == {"gdp", "people", "alignment"}
    assert imputed["CUB"] == {"gdp", "working_age"}
    assert imputed["CHN"] == {"working_age"}
    assert not imputed["USA"]
    assert set().union(*imputed.values()) <= {"gdp", "people", "working_age", "alignment"}
    assert sum(c.ai_use_2025 is not None and not c.regional_value for c in data.countries()) >= 108


def test_use_targets_follow_from_the_table() -> None:
    target = {t.id: t.value for t in data.targets()}
    known = [c for c in data.countries() if c.ai_use_2025 is not None]
    users = sum((c.ai_use_2025 or 0) * c.working_age_m for c in known)
    assert 100 * users / sum(c.working_age_m for c in known) == pytest.approx(
        target["C05"], abs=0.5
    )
    own = [
        c for c in known if not c.regional_value and len(c.members) == 1 and "gdp" not in c.imputed
    ]
    use = np.array([c.ai_use_2025 for c in own])
    income = np.log([c.gdp_per_head for c in own])
    logit = np.log(use / (1 - use))
    slope, start = np.polyfit(income, logit, 1)
    assert slope == pytest.approx(target["C08"], abs=0.01)
    assert np.std(logit - start - slope * income, ddof=2) == pytest.approx(target["C09"], abs=0.01)


def test_tiles_read_as_a_world_map() -> None:
    tiles = {c.code: (c.row, c.column) for c in data.countries()}
    assert len(set(tiles.values())) == len(tiles)
    assert max(row for row, _ in tiles.values()) < 20
    assert max(column for _, column in tiles.values()) < 28
    columns = {
        r: [c.column for c in data.countries() if c.region == r]
        for r in ("Americas", "Africa", "Oceania")
    }
    assert max(columns["Americas"]) < min(columns["Africa"])
    assert max(columns["Africa"]) < min(columns["Oceania"])
    assert tiles["CAN"][0] < tiles["USA"][0] < tiles["MEX"][0] < tiles["BRA"][0] < tiles["ARG"][0]
    assert tiles["PRT"][1] < tiles["DEU"][1] < tiles["UKR"][1] < tiles["IND"][1] < tiles["JPN"][1]
