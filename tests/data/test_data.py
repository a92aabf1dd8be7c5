"""The tables of facts: complete, consistent, sourced, and refused when damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from sim import data
from sim.data import reading
from sim.months import month_index
from sim.vocabulary import BLOCS

EARLIEST = -12  # 2022-01
LAST = 29  # 2025-06


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private copy of the tables that a test may spoil."""
    for table in data.TABLES:
        shutil.copy(reading.FOLDER / f"{table}.csv", tmp_path)
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    data.clear_cache()
    yield tmp_path
    data.clear_cache()


def spoil(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def open_share(group: str, first: int, last: int) -> tuple[int, float]:
    """Number and open-weight share of the notable rows of a country group within months."""
    rows = [
        r for r in data.releases() if r.notable and r.group == group and first <= r.month <= last
    ]
    return len(rows), sum(r.weights for r in rows) / len(rows)


# countries


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


# labs and releases


def test_labs_are_firms_and_two_fringes() -> None:
    labs = data.labs()
    assert 25 <= sum(lab.kind == "firm" for lab in labs) <= 28
    assert {lab.slug: lab.origin for lab in labs if lab.kind == "fringe"} == {
        "us_fringe": "US",
        "cn_fringe": "CN",
    }
    for lab in labs:
        assert lab.origin == {"USA": "US", "CHN": "CN"}.get(lab.home, "other")
        assert lab.frontier == (lab.run_offset >= -0.5)
    assert max(lab.run_offset for lab in labs) == 0


def test_releases_lie_in_the_window_and_are_sorted() -> None:
    releases = data.releases()
    keys = [(r.month, r.lab, r.name) for r in releases]
    assert keys == sorted(keys)
    assert min(r.month for r in releases) == EARLIEST
    assert max(r.month for r in releases) == LAST
    assert {r.lab for r in releases} <= {lab.slug for lab in data.labs()}


def test_release_components_follow_from_the_mode() -> None:
    for release in data.releases():
        is_open = release.mode in ("open_weights", "open_source")
        assert release.weights == float(is_open), release.name
        assert (release.licence > 0) == (release.code > 0) == (release.data > 0) == is_open, (
            release.name
        )
        assert (release.licence == 1) == (release.mode == "open_source"), release.name
        assert release.usable or release.capability is None, release.name
        assert release.notable or release.capability is not None, release.name


def test_well_known_releases() -> None:
    by_name = {(r.lab, r.name): r for r in data.releases()}
    llama = by_name["meta", "Llama 3.1-405B"]
    assert (llama.month, llama.mode, llama.size, llama.licence) == (
        18,
        "open_weights",
        "flagship",
        0.5,
    )
    assert by_name["meta", "Llama 3.1-8B"].size == "small"
    r1 = by_name["deepseek", "DeepSeek-R1"]
    assert (r1.month, r1.mode, r1.capability, r1.log_flop) == (24, "open_source", 139.7, 24.54)
    assert by_name["openai", "GPT-4 (Mar 2023)"].mode == "api"
    assert by_name["openai", "o3"].month == 27


def test_openness_targets_follow_from_the_table() -> None:
    target = {t.id: t.value for t in data.targets()}
    count, share = open_share("US", 0, 11)
    assert count == 83
    assert share == pytest.approx(target["C10"], abs=0.001)
    count, share = open_share("US", 12, 23)
    assert count == 53  # two of 55 are dated by their scored version of 2025
    assert share == pytest.approx(target["C11"], abs=0.02)
    count, share = open_share("CN", 0, 23)
    assert count == 51
    assert share == pytest.approx(target["C12"], abs=0.001)


def test_a_flagship_stands_for_the_notable_models_of_its_lab_in_the_record() -> None:
    rows = [r for r in data.releases() if r.lab == "google" and r.notable and r.month >= 0]
    google = next(lab for lab in data.labs() if lab.slug == "google")
    months = 30 - google.first_month
    flagships = months / google.cadence_months
    assert data.notable_per_flagship()["google"] * flagships == pytest.approx(len(rows))
    assert data.notable_per_flagship()["minimax"] == 0.0


def test_fringe_size_in_the_record() -> None:
    rows = [r for r in data.releases() if r.lab == "us_fringe" and r.notable and 0 <= r.month <= 11]
    assert len(rows) == 28


# chips, targets, signs


def test_steps_of_policy_say_what_is_held_and_what_is_not() -> None:
    steps = data.policy_timeline()
    assert steps[0].date == "2022-10-07"
    assert steps[0].settings == (("stringency", "0.5"),)
    assert {step.checked for step in steps} == {"official text", "secondary copy", "reported"}
    left_out = [step for step in steps if not step.policy]
    assert left_out
    assert all(step.lever == "" and step.settings == () for step in left_out)
    assert all(step.modelled.startswith(("not held", "held through")) for step in left_out)


def test_chip_stocks_give_the_targets() -> None:
    target = {t.id: t.value for t in data.targets()}
    stock = {(s.owner, s.date): s.h100e for s in data.chip_stocks()}
    for name, date in (("C13", "2023-09-30"), ("C14", "2024-12-31")):
        china, rest = stock["CN", date], stock["rest_of_world", date]
        assert china / (china + rest) == pytest.approx(target[name], abs=0.001)
    for owner in data.CHIP_OWNERS:
        series = [s.h100e for s in data.chip_stocks() if s.owner == owner]
        assert len(series) == 14
        assert series == sorted(series)


def test_targets_have_their_range() -> None:
    targets = data.targets()
    assert sum(t.role == "target" for t in targets) == 24
    assert all(t.low <= t.value <= t.high and t.low < t.high for t in targets)


def test_paper_signs() -> None:
    signs = data.paper_signs()
    assert signs["p1-blanket", "progress_specific"] == "--"
    assert signs["p1-blanket", "global_power"] == "-"
    assert ("p1-blanket", "backdoors") not in signs
    assert {policy for policy, _ in signs} == {
        "p1-blanket",
        "p2-risk-assessment",
        "p3-government-audits",
        "p4-audit-repository",
    }
    signs.clear()
    assert len(data.paper_signs()) == 12


@pytest.mark.parametrize(
    ("target", "quantity", "first", "last"),
    [
        ("C05", "users-world", "2025-01", "2025-06"),
        ("C15", "clusters-cn", "2025-05", "2025-05"),
        ("C16", "downloads-cn-of-both", "2024-09", "2025-08"),
        ("C18", "router-cn", "2025-01", "2025-01"),
        ("C19", "router-cn", "2025-06", "2025-06"),
        ("C21", "incidents", "2023-01", "2023-12"),
        ("C22", "incidents", "2024-01", "2024-12"),
        ("C23", "derivative-ratio", "2024-06", "2024-06"),
        ("C24", "derivative-ratio", "2024-12", "2024-12"),
        ("C26", "enterprise-open", "2024-01", "2024-12"),
        ("enterprise-2023", "enterprise-open", "2023-01", "2023-12"),
        ("qwen-2024-01", "derivatives-alibaba", "2024-01", "2024-01"),
    ],
)
def test_the_record_says_what_the_targets_say(
    target: str, quantity: str, first: str, last: str
) -> None:
    inside = (month_index(first), month_index(last))
    points = [
        point.value
        for point in data.record()
        if point.quantity == quantity and inside[0] <= point.first and point.last <= inside[1]
    ]
    found = next(t for t in data.targets() if t.id == target)
    scale = 100.0 if found.unit == "percent" else 1.0
    assert scale * sum(points) == pytest.approx(found.value, rel=0.01)


def test_no_window_of_the_record_ends_after_june_2025_but_the_one_of_c16() -> None:
    late = {point.quantity for point in data.record() if point.last > LAST}
    assert late == {"downloads-cn-of-both"}


# form and faults


def test_every_table_names_source_and_licence() -> None:
    assert sorted(p.stem for p in reading.FOLDER.glob("*.csv")) == sorted(data.TABLES)
    described = (reading.FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    for table in data.TABLES:
        head = data.head_lines(table)
        assert any(line.startswith("source:") for line in head), table
        assert any(line.startswith("licence:") for line in head), table
        assert f"{table}.csv" in described, table


def test_records_are_frozen_and_cached() -> None:
    assert data.countries() is data.countries()
    with pytest.raises(FrozenInstanceError):
        data.countries()[0].bloc = "US"  # type: ignore[misc]


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("countries", "third_country", "neutral",
         r"countries\.csv, line 6, column bloc: expected one of US"),
        ("countries", "\nAGO,", "\nAFG,", "code 'AFG' appears more than once"),
        ("countries", "gdp_usd_bn", "gdp",
         r"countries\.csv, line 4: expected the columns code, name"),
        ("groups", "CAN DEU FRA", "CAN GER FRA",
         r"groups\.csv, line 7, column members: expected codes of countries.csv, got 'CAN GER"),
        ("groups", "CAN DEU FRA", "CAN DEU DEU FRA", "member of G7 'DEU' appears more than once"),
        ("groups", "G7,Group of Seven,2025-06-30", "G7,Group of Seven,2025",
         "column as_of: expected a date such as"),
        ("labs", "OpenAI,openai,USA", "OpenAI,openai,XYZ",
         r"labs\.csv, line 5, column home: expected codes of countries.csv, got 'XYZ'"),
        ("serving", "US,CN,consumer", "usa,CN,consumer",
         r"serving\.csv, line 5, column lab: expected a slug of labs.csv, or one of US, CN, other"),
        ("serving", "US,CN,consumer", "US,China,consumer",
         r"line 5, column place: expected one of home, elsewhere, everywhere, US, CN, us_aligned"),
        ("serving", "government,services weights", "government,services services",
         r"line 5, column offers: expected some of services weights, each once"),
        ("serving", "consumer market enterprise", "consumer firms",
         r"line 5, column channels: expected some of consumer market enterprise developer"),
        ("serving", "services,0,", "services,1.5,",
         r"column reach: expected a number from 0 to 1, or the name of a parameter, got '1.5'"),
        ("serving", "weights,access_us_in_china", "weights,access",
         "line 5, column reach: .* or a parameter of parameters.csv with most at 0, got 'access'"),
        ("serving", "weights,access_us_in_china", "weights,run_growth", "with most at 0"),
        ("serving", "2023-08-15", "2025-07-01",
         r"line 5, column date: expected a date to 2025-06-30, got '2025-07-01'"),
        ("serving", "other,CN,", "US,CN,",
         "limit 'US CN consumer services' appears more than once"),
        ("releases", "2022-01,meta", "2022-13,meta",
         "column month: expected a month such as 2023-01, got '2022-13'"),
        ("releases", ",hold,flagship,0,", ",hold,flagship,1,", "is hold with weights 1"),
        ("policy_timeline", "2022-10-07,", "2022-10-32,", "column date: expected a date such as"),
        ("policy_timeline", "2022-10-07,", "2023-10-07,", "dates are not in order"),
        ("policy_timeline", ",chips-2023-01,", ",chips-2022-10,",
         "policy 'chips-2022-10' appears more than once"),
        ("policy_timeline", ",stringency=0.5,the", ",stringency 0.5,the",
         "column settings: expected settings such as stringency=0.6 countries=ITA,KOR"),
        ("policy_timeline", ",L3,stringency=0.5,the", ",L3,,the",
         "expected policy, lever and settings that are all given, or all empty"),
        ("policy_timeline", ",secondary copy,87", ",hearsay,87", "column checked: expected one of"),
        ("chip_stocks", "9414", "many", "column h100e: expected a number, got 'many'"),
        ("targets", "C01,", "C01,extra,", r"targets\.csv, line 5: expected 11 fields, got 12"),
        ("record", "2024-09,2025-08", "2025-09,2025-08",
         r"record\.csv, line 5: expected a first month that is not after the last"),
        ("record", "router-cn,2025-02,2025-02", "router-cn,2025-01,2025-01",
         "appears more than once"),
        ("paper_signs", "--", "?", "column sign: expected one of"),
        ("countries", "AFG,Afghanistan,Asia,restricted,14.5", "AFG,Afghanistan,Asia,restricted,nan",
         "number from 0 "),
        ("countries", ",1,0,0,working_age,", ",1,0,yes,working_age,",
         "column eu: expected one of 0, 1, got 'yes'"),
        ("targets", ",14,10.5,", ",9,10.5,",
         r"targets\.csv, line 5: expected a value from 10.5 to 17"),
        ("parameters", "run_growth,4.6", "run_growth,9.6",
         r"parameters\.csv, line 6: expected least, low, median"),
        ("parameters", "leak_hazard", "Leak hazard",
         "column name: expected lower-case letters, digits and _"),
        ("parameters", "run_growth_2030,", "run_growth,",
         "name 'run_growth' appears more than once"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_refused(
    damaged: Path, table: str, old: str, new: str, message: str
) -> None:
    spoil(damaged, table, old, new)
    with pytest.raises(data.DataError, match=message):
        getattr(data, table)()


@pytest.mark.parametrize("table", data.TABLES)
def test_a_missing_or_empty_table_is_refused(damaged: Path, table: str) -> None:
    path = damaged / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:4]) + "\n", encoding="utf-8")
    with pytest.raises(data.DataError, match="has no rows"):
        getattr(data, table)()
    path.unlink()
    with pytest.raises(data.DataError, match="is missing"):
        getattr(data, table)()


def test_more_labs_than_a_choice_can_name_are_refused(damaged: Path) -> None:
    """A choice is one byte: 63 labs in 4 modes, and 255 for none."""
    row = "Lab {0},lab{0},USA,US,firm,-1,6,0.5,2025-07,0\n"
    path, labs = damaged / "labs.csv", len(data.labs())
    text = path.read_text(encoding="utf-8")
    for more, fits in ((63 - labs, True), (64 - labs, False)):
        path.write_text(text + "".join(row.format(i) for i in range(more)), encoding="utf-8")
        data.clear_cache()
        if fits:
            assert len(data.labs()) == 63
        else:
            with pytest.raises(
                data.DataError, match=r"^labs.csv: has 64 labs, and the model has room for 63$"
            ):
                data.labs()


def test_a_country_has_weight_in_all_or_in_nothing(damaged: Path) -> None:
    row = next(
        line
        for line in (damaged / "countries.csv").read_text(encoding="utf-8").splitlines()
        if "ISL" in line
    )
    fields = row.split(",")
    fields[4] = "0"
    spoil(damaged, "countries", row, ",".join(fields))
    data.clear_cache()
    with pytest.raises(
        data.DataError, match="GDP, people and people 15-64 that are all above 0, or all 0"
    ):
        data.countries()


def test_a_table_of_more_countries_asks_for_a_larger_panel(damaged: Path) -> None:
    """Four adopters for each country and channel: a scenario's least panel would not do."""
    from sim.scenario.scenario import ScenarioError, load

    path = damaged / "countries.csv"
    row = "{0},Country {0},Europe,us_aligned,100,10,6.5,0.5,,0,0,0,,{1},50,"
    rows = [
        row.format(f"Q{a}{b}", 10 * i + j)
        for i, a in enumerate("ABC")
        for j, b in enumerate("ABCDEFGHIJ")
    ]
    path.write_text(
        "\n".join((path.read_text(encoding="utf-8").rstrip(), *rows, "")), encoding="utf-8"
    )
    data.clear_cache()
    least = 20 * len(data.countries())
    assert least > 3500
    with pytest.raises(
        ScenarioError, match=rf"adopters = 3500: must be at least {least}: 4 for each country"
    ):
        load("status-quo", settings=["adopters=3500"])
    assert load("status-quo", settings=[f"adopters={least}"]).adopters == least
