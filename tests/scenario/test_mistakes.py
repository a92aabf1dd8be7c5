"""Mistakes that people make in scenarios, and what they are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sim.cli import app
from sim.messages import ScenarioError, as_number
from sim.policies import LEVERS, called, lever_meant
from sim.scenario import library
from sim.scenario.scenario import load
from sim.sweep.experiment import load_experiment
from tests.scenario.mistakes import write

POLICY = "policy.open-weight-control"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(
        app.app, [str(argument) for argument in arguments], prog_name="openstakes"
    )


def problem_of(source: object, *settings: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(str(source), settings=settings)
    (problem,) = caught.value.problems
    return problem


# Values as people write them


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("15%", "0.15"),
        ("15 %", "0.15"),
        ("0,5", "0.5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0.5", "0.5"),
        ("1,000,000", "1000000"),
        ("20 million", "20000000"),
        ("2.5bn", "2500000000"),
        ("2026-01", ""),
        ("half", ""),
        ("1.000,5", ""),
        ("", ""),
        ("%", ""),
        (".", ""),
        ("5 apples", ""),
    ],
)
def test_a_number_is_known_however_people_write_it(text: str, number: str) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("kyc_friction = 15%", "write kyc_friction = 0.15"),
        ("kyc_friction = 0,5", "write kyc_friction = 0.5"),
        ("kyc_friction = .5   # half", "write kyc_friction = 0.5"),
        ("compliance_cost = 20 million", "write compliance_cost = 20000000"),
        ("start = 2026-01", 'write start = "2026-01"'),
        ("start = \u201c2026-01\u201d", 'write start = "2026-01"'),
        ('start: "2026-01"', 'write start = "2026-01"'),
        ("kyc_friction: 0.5", "write kyc_friction = 0.5"),
        ("kyc = yes", "write kyc = true"),
        ("targets = [CHN, RUS]", 'write targets = ["CHN", "RUS"]'),
        ("start = 2026-01-01", 'must be a month such as "2026-01"'),
        ('kyc_friction = "15%"', "write 0.15, without quotes"),
        ("kyc_friction = 3.500,0", "numbers as 0.5"),
    ],
)
def test_a_value_written_another_way_gets_the_line_to_write(
    tmp_path: Path, line: str, instead: str
) -> None:
    path = write(tmp_path, f'name = "mine"\nextends = "p1-blanket"\n[{POLICY}]\n{line}\n')
    assert instead in problem_of(path)


@pytest.mark.parametrize("value", ["15%", "0,15"])
def test_a_setting_written_another_way_gets_the_number_to_write(value: str) -> None:
    assert "write 0.15, without quotes" in problem_of(
        "p1-blanket", f"{POLICY}.kyc_friction={value}"
    )
    assert "write 0.15, without quotes" in problem_of(
        "p1-blanket", f"parameters.leak_hazard={value}"
    )


def test_a_byte_order_mark_is_skipped_and_other_encodings_are_told_how_to_save(
    tmp_path: Path,
) -> None:
    text = 'name = "mine"\nextends = "p1-blanket"\nquestion = "Caf\u00e9?"\n'
    assert load(write(tmp_path, text.encode("utf-8-sig"))) == load(write(tmp_path, text))
    latin = problem_of(write(tmp_path, text.encode("latin-1")))
    assert "not UTF-8 text (line 3); save it as UTF-8" in latin
    assert "is UTF-16 text; save it as UTF-8" in problem_of(write(tmp_path, text.encode("utf-16")))


# Keys in other places


def test_a_field_of_another_lever_says_whose_it_is() -> None:
    found = problem_of("p1-blanket", f"{POLICY}.stringency=0.5")
    assert found.endswith("stringency: unknown key; it belongs to L3 (Chip export control)")
    assert "belongs to L1 (Export control on open weights)" in problem_of(
        "p1-blanket", "parameters.kyc_refusal=0.1"
    )


def test_a_field_without_its_path_says_the_paths_that_end_in_it() -> None:
    assert f"did you mean {POLICY}.kyc_friction?" in problem_of("p1-blanket", "kyc_friction=0.2")
    several = problem_of("status-quo", "stringency=1")
    assert "policy.chips-2022-10.stringency" in several
    assert "policy.chips-2026-01.stringency" in several
    assert "belongs to L1" in problem_of("status-quo", "kyc_friction=0.2")
    assert "write policy.NAME.kyc_friction" in problem_of("p1-blanket", "policy.kyc_friction=0.2")


def test_a_path_in_quotes_is_told_to_drop_them(tmp_path: Path) -> None:
    path = write(tmp_path, f'name = "mine"\nextends = "p1-blanket"\n"{POLICY}.strength" = 0.5\n')
    assert f"a path is written without quotes: {POLICY}.strength = ..." in problem_of(path)
    plain = write(tmp_path, f'name = "mine"\nextends = "p1-blanket"\n{POLICY}.strength = 0.5\n')
    assert load(plain).policy["open-weight-control"].strength == 0.5


# Names


@pytest.mark.parametrize("text", ["P1", "p1", "p1_blanket", "P1-Blanket", "p1 blanket"])
def test_a_command_finds_a_scenario_in_any_case_with_underscores_and_as_the_papers_policy(
    text: str,
) -> None:
    assert load(text) == load("p1-blanket")
    result = call("diff", text, "p1-blanket")
    assert "No difference." in result.stdout


def test_each_policy_of_the_paper_has_one_scenario() -> None:
    names = [load(f"P{number}").name for number in (1, 2, 3, 4)]
    assert names == [
        "p1-blanket",
        "p2-risk-assessment",
        "p3-government-audits",
        "p4-audit-repository",
    ]
    assert "did you mean" not in problem_of("P9")


@pytest.mark.parametrize("text", ["P1", "p1_blanket", "P1-Blanket"])
def test_inside_a_file_the_name_itself_is_asked_for(tmp_path: Path, text: str) -> None:
    assert "did you mean 'p1-blanket'?" in problem_of(
        write(tmp_path, f'name = "mine"\nextends = "{text}"\n')
    )


@pytest.mark.parametrize("lever", sorted(LEVERS))
def test_a_lever_by_another_name_is_pointed_to_the_lever(lever: str) -> None:
    policy = LEVERS[lever]
    for text in {lever.lower(), called(policy), called(policy).replace("-", "_"), policy.paper} - {
        "",
        lever,
    }:
        assert lever_meant(text) == lever
        assert f"did you mean '{lever}' ({policy.title})?" in problem_of(
            "status-quo", f"policy.x.lever={text}"
        )
        assert json.loads(call("list", "policies", text, "--json").stdout)["lever"] == lever


def test_the_name_of_a_lever_in_place_of_a_scenario_is_explained() -> None:
    assert "it is lever L1: openstakes list policies L1" in problem_of("open-weight-control")


def test_a_policys_name_with_underscores_gets_the_name_to_write() -> None:
    assert "did you mean 'open-weight-control'?" in problem_of(
        "p1-blanket", "policy.open_weight_control.strength=0.5"
    )


@pytest.mark.parametrize("command", ["check", "run", "experiment", "sweep"])
def test_a_folder_or_a_file_of_another_ending_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, 'name = "mine"\n', "mine.txt")
    result = call(command, "mine.txt")
    assert result.exit_code == 2
    assert "the name of a file ends in .toml" in result.stderr
    if command != "sweep":  # a sweep takes a folder for results to go on with
        (tmp_path / "folder").mkdir()
        assert "is a folder; name a file in it" in call(command, "folder").stderr
        assert "a folder; name a file in it" in call(command, "folder/").stderr


def test_countries_labs_and_groups_are_listed_by_code_name_and_any_spelling() -> None:
    assert "Kenya" in call("list", "countries", "KEN").stdout
    assert json.loads(call("list", "countries", "kenya", "--json").stdout)["name"] == "KEN"
    assert json.loads(call("list", "labs", "OpenAI", "--json").stdout)["name"] == "openai"
    assert "DEU" in json.loads(call("list", "groups", "european union", "--json").stdout)["members"]
    result = call("list", "countries", "EU")
    assert result.exit_code == 2
    assert "a group of countries; name one of them: AUT" in result.stderr
    assert (
        "a group of countries"
        in call("explain", "p1-blanket", "--month", "2026-01", "--country", "EU").stderr
    )


# Files that other files name


def ensemble_problem(folder: Path, ensemble: object) -> str:
    text = (
        'name = "mine"\nscenarios = ["p1-blanket"]\n'
        f"[uncertainties]\nensemble = {json.dumps(ensemble)}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        load_experiment(write(folder, text, "experiment.toml"))
    (problem,) = caught.value.problems
    return problem


def test_an_ensemble_is_a_file_of_the_experiments_folder_and_nothing_else_is_opened(
    tmp_path: Path,
) -> None:
    secret = write(tmp_path, "secret line of another user\n1\n", "secret.csv")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "link.csv").symlink_to(secret)
    (folder / "sub").symlink_to(tmp_path)
    write(folder, "secret line\n", "draws.txt")
    for ensemble in (
        "../secret.csv",
        str(secret),
        "link.csv",
        "sub/secret.csv",
        "draws.txt",
        "../../../etc/passwd",
    ):
        found = ensemble_problem(folder, ensemble)
        said = (
            "must be a .csv file in the folder of the experiment"
            if ensemble.endswith(".csv")
            else "a file of your own ends in .csv"
        )
        assert said in found
        assert "secret line" not in found
        assert "root:" not in found
    (folder / "data").mkdir()
    write(folder / "data", "leak_hazard\n0.5\n", "draws.csv")
    (folder / "inner.csv").symlink_to("data/draws.csv")
    for ensemble in ("data/draws.csv", "inner.csv"):
        text = (
            f'name = "mine"\nscenarios = ["p1-blanket"]\n[uncertainties]\nensemble = "{ensemble}"\n'
        )
        assert len(load_experiment(write(folder, text, "experiment.toml"))[1].draws) == 1


def test_no_line_is_shown_of_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """Tables of an experiment, and options, may come from somebody else.

    Who may not read the files that they name.
    """
    secret = str(write(tmp_path, "secret line\n", "secret"))
    tables = {"name": "mine", "scenarios": ["p1-blanket"]}
    found = [problem_of(secret)]
    for experiment in (secret, tables | {"scenarios": [secret]}, tables | {"against": secret}):
        with pytest.raises(ScenarioError) as caught:
            load_experiment(experiment)
        found.append(str(caught.value))
    with pytest.raises(ScenarioError) as caught:
        load("p1-blanket", overrides=secret)
    for message in (*found, str(caught.value)):
        assert "the name of a file ends in .toml; rename one that has another" in message
        assert "secret line" not in message


def test_a_policys_name_with_underscores_or_capitals_is_told_how_it_is_written(
    tmp_path: Path,
) -> None:
    for name in ("my_control", "My-Control"):
        text = (
            'name = "mine"\nextends = "status-quo"\n'
            f'[policy.{name}]\nlever = "L1"\nstart = "2026-01"\n'
        )
        assert problem_of(write(tmp_path, text)).endswith("; write my-control")


def test_a_link_out_of_the_folder_is_no_scenario_of_it(tmp_path: Path) -> None:
    write(tmp_path, "secret line\n", "secret.toml")
    folder = tmp_path / "study"
    (folder / "assumptions").mkdir(parents=True)
    for link in (folder / "base.toml", folder / "assumptions" / "base.toml"):
        link.symlink_to(tmp_path / "secret.toml")
    for text in ('extends = "base"', 'extends = "status-quo"\nassumptions = "base"'):
        found = problem_of(write(folder, f'name = "mine"\n{text}\n'))
        assert "is a link out of the folder" in found
        assert "secret line" not in found
    with pytest.raises(ScenarioError, match="is a link out of the folder"):
        library.find("scenario", "base", folder)


def test_a_wrong_item_of_a_list_is_one_problem_and_a_country_is_named(tmp_path: Path) -> None:
    ban = '[policy.ban]\nlever = "L8"\nstart = "2026-01"\n'
    head = 'name = "mine"\nextends = "status-quo"\n'
    write(tmp_path, f'{head}{ban}offers = ["app"]\n', "mine.toml")
    said = call("check", tmp_path / "mine.toml").output
    assert "offers.0 = 'app': must be one of service" in said
    assert "problems" not in said
    write(tmp_path, f"{head}{ban}offers = []\n", "mine.toml")
    assert "must name at least one such as" in call("check", tmp_path / "mine.toml").output
    write(tmp_path, f'{head}{ban}countries = ["Korea"]\n', "mine.toml")
    assert "did you mean 'KOR' (South Korea)?" in call("check", tmp_path / "mine.toml").output


def test_policies_of_one_lever_overlap_where_country_lab_and_sector_do(tmp_path: Path) -> None:
    def said(fields: str) -> str:
        text = f'name = "mine"\nextends = "status-quo"\n[policy.ban]\nlever = "L8"\n{fields}\n'
        write(tmp_path, text, "mine.toml")
        return call("check", tmp_path / "mine.toml").output

    assert "more than once" not in said('countries = ["BRA"]')
    assert "more than once" not in said('countries = ["AUS"]\nsectors = ["market"]')
    assert "more than once" not in said('countries = ["AUS"]\nlabs = ["zhipu"]')
    both = said('countries = ["AUS"]\nlabs = ["deepseek"]')
    assert "policy.ban and policy.deepseek-aus-2025-02: L8" in both
