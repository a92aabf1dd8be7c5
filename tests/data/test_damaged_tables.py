"""Every table names its source, and is refused when damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from sim import data
from sim.data import reading


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
