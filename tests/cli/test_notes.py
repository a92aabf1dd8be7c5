"""Notes on what a scenario does that may not be meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.messages import ScenarioError
from sim.scenario import library
from sim.scenario.scenario import load, load_with_layer
from sim.scenario.warnings import notes
from tests.cli.calling import call
from tests.scenario.written import write

ROOT = Path(__file__).resolve().parents[2]


def noted(name: object, *settings: str) -> list[str]:
    return notes(*load_with_layer(str(name), settings=settings))


@pytest.mark.parametrize("name", sorted(library.scenarios()))
def test_a_shipped_scenario_checks_clean(name: str) -> None:
    assert noted(name) == []


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (["policy.open-weight-control.start=2031-01"],
         "from 2031-01 to the end: outside the horizon 2023-01 to 2030-12"),
        (["policy.x.lever=L7", "policy.x.start=2020-01", "policy.x.end=2022-12"],
         "policy.x: from 2020-01 to 2022-12"),
        (["policy.open-weight-control.end=2026-01"],
         "from 2026-01 to 2026-01: the window is empty"),
        (["policy.open-weight-control.strength=0"], "strength = 0: the policy changes nothing"),
        (["policy.open-weight-control.allied_coverage=0.05"],
         "allied_coverage = 0.05: nobody joins"),
        (["crisis.x.month=2031-01", "crisis.x.origin=CN"],
         "crisis.x.month = 2031-01: outside the horizon"),
        (["horizon.end=2025-12"],
         ("policy.chips-2026-01, policy.chips-declined-2026-01, policy.open-weight-control: "
          "outside the horizon 2023-01 to 2025-12")),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_noted_and_allowed(changes: list[str], part: str) -> None:
    (note,) = noted("p1-blanket", *changes)
    assert part in note


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (["lever=E1", "secrecy=0.9"], ["policy.x.secrecy = 0.9"]),
        (["lever=E1", "secrecy=0.9", "commercial_close_pressure=0.5"], []),
        (["lever=L8", 'labs=["deepseek"]', 'origins=["US"]', "compliance_private=0.4"],
         ["policy.x.origins = ['US']", "policy.x.compliance_private = 0.4"]),
        (["lever=L3", "stringency=0", "remote_access=1"], []),
    ],
)  # fmt: skip
def test_what_does_nothing_beside_the_rest_of_its_policy_is_noted(
    changes: list[str], parts: list[str]
) -> None:
    found = [note for note in noted("status-quo", *(f"policy.x.{x}" for x in changes))
             if "does nothing in this use" in note]  # fmt: skip
    assert len(found) == len(parts)
    assert all(any(part in note for note in found) for part in parts)


def test_a_law_is_explained_in_months_flop_and_words_and_who_joined_in_full() -> None:
    settings = ["--set", 'policy.open-weight-control.allies=["EU"]']
    result = CliRunner().invoke(app.app, ["explain", "p1-blanket", "--month", "2027-06", *settings])
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "deepseek-ita-2025-01: none to for good" in text
    assert "defence-bar-2025-12: none to 2027-07" in text
    assert "floor 10^23 FLOP; exempt_modes open_source; exempt_below 10^25 FLOP" in text
    assert "floor 10^25 FLOP; exempt_modes none" in text
    joined = text.partition("joined by countries ")[2].partition(" joined by")[0].split(", ")
    assert {"AUT", "FRA", "SWE", "X-EU-SMALL"} <= set(joined)
    assert "more" not in joined[-1]


def test_a_window_that_ends_with_the_first_month_is_no_mistake() -> None:
    """Its law holds in the month before the first, where the world starts."""
    changes = ["policy.x.lever=L3", "policy.x.start=2020-01", "policy.x.end=2023-01"]
    assert noted("status-quo", *changes) == []


def test_a_line_that_cannot_be_read_is_shown_with_how_values_are_written(tmp_path: Path) -> None:
    result = call(
        "check", write(tmp_path, 'name = "mine"\nextends = "p1-blanket"\nadopters = 3.500,0\n')
    )
    assert result.exit_code == 2
    message = " ".join(result.stderr.split())
    assert "'adopters = 3.500,0'" in message
    assert 'texts and months stand in quotes ("2026-01")' in message


def test_a_lever_that_stands_twice_at_one_time_is_noted_whatever_its_values() -> None:
    twice = [
        "policy.x.lever=L6",
        "policy.x.start=2026-01",
        "policy.y.lever=L6",
        "policy.y.start=2026-01",
    ]
    (note,) = noted("status-quo", *twice)
    assert note.startswith("policy.x and policy.y: L6 (")
    assert note.endswith(
        "y with the same values; all are in force"
    )  # both are the user's: no name to write instead
    (note,) = noted("status-quo", *twice, "policy.y.audits_a_year=60")
    assert note.startswith("policy.x and policy.y: L6 (")
    assert "same values" not in note


def test_a_second_policy_beside_an_inherited_one_of_its_lever_is_noted_with_the_inherited_name(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        'name = "mine"\nextends = "p1-blanket"\n'
        '[policy.control]\nlever = "L1"\nstart = "2028-01"\n',
    )
    (note,) = noted(path)
    assert note.startswith(
        "policy.control and policy.open-weight-control: "
        "L1 (Export control on open weights) more than"
    )
    assert "write [policy.open-weight-control]" in note
    assert noted(path, "policy.open-weight-control.end=2028-01") == []
    assert noted(path, "policy.control.strength=0") == [
        "policy.control.strength = 0: the policy changes nothing"
    ]
    (note,) = noted("status-quo", "policy.eu.lever=EU_GPAI")
    assert "policy.eu and policy.eu-gpai: EU_GPAI" in note


def test_a_policy_whose_lever_an_extension_changed_is_noted(tmp_path: Path) -> None:
    write(
        tmp_path,
        'name = "base"\nextends = "p1-blanket"\n[policy.open-weight-control]\nlever = "L7"\n',
        "base",
    )
    child = write(
        tmp_path,
        'name = "mine"\nextends = "base"\n'
        '[policy.open-weight-control]\nlever = "L7"\nbudget = 3e6\n',
    )
    for path in (tmp_path / "base.toml", child):
        (note,) = noted(path)
        assert note.startswith(
            "policy.open-weight-control.lever = 'L7': scenarios/p1-blanket.toml has 'L1'"
        ), path
    again = write(
        tmp_path,
        'name = "mine"\nextends = "p1-blanket"\nremove = ["policy.open-weight-control"]\n'
        '[policy.open-weight-control]\nlever = "L7"\n',
    )
    assert noted(again) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("policy.open-weight-control.kyc_friction=0.9",
         "kyc_friction = 0.9: its 5-95 % range is from 0 to 0.3 (0-1)"),
        ("policy.open-weight-control.opening_cost=9",
         "opening_cost = 9: its 5-95 % range is from 0 to 1 (utils)"),
        ("policy.open-weight-control.compliance_cost=20",
         ("compliance_cost = 20: its 5-95 % range is from 2e6 to 1e8 (USD a year); "
          "it is in USD: 20 million is 2e7")),
        ("policy.open-weight-control.enforcement=0.1",
         "enforcement = 0.1: its 5-95 % range is from 0.5 to 1 (0-1)"),
        ("parameters.leak_hazard=0.99",
         "parameters.leak_hazard = 0.99: its 5-95 % range is from 0.3 to 0.9"),
    ],
)  # fmt: skip
def test_a_value_outside_its_range_is_allowed_and_noted(change: str, words: str) -> None:
    (note,) = noted("p1-blanket", change)
    assert words in note


@pytest.mark.parametrize(
    ("form", "change", "words"),
    [
        ("stated", "policy.open-weight-control.penalty=5.0",
         'penalty = 5.0: counts only with structure.compliance = "chosen"'),
        ("stated", "policy.open-weight-control.whistle_blowers=0.2",
         "whistle_blowers = 0.2: counts only"),
        ("stated", "parameters.detection_hubs=0.5", "parameters.detection_hubs = 0.5: counts only"),
        ("chosen", "policy.open-weight-control.enforcement=0.7",
         "enforcement = 0.7: who obeys is chosen"),
    ],
)  # fmt: skip
def test_what_the_form_of_compliance_does_not_read_is_noted(
    form: str, change: str, words: str
) -> None:
    """A number that does nothing is not passed over in silence."""
    other = {"stated": "chosen", "chosen": "stated"}[form]
    (note,) = noted("p1-blanket", f"structure.compliance={form}", change)
    assert words in note
    assert noted("p1-blanket", f"structure.compliance={other}", change) == []


def test_the_ends_of_a_range_and_what_a_shipped_file_says_are_not_noted() -> None:
    assert (
        noted(
            "p1-blanket",
            "policy.open-weight-control.kyc_friction=0.3",
            "parameters.leak_hazard=0.9",
        )
        == []
    )
    assert noted("history-2023-2026", "adopters=4000") == []


def test_a_shipped_name_on_other_content_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "p1-blanket"\nextends = "p1-blanket"\nadopters = 5000\n')
    assert noted(path) == [
        "name = 'p1-blanket': a shipped scenario of other content has this name; choose another one"
    ]
    assert (
        noted(write(tmp_path, 'name = "p1-blanket"\nextends = "p1-blanket"\nquestion = "Mine?"\n'))
        == []
    )
    assert noted("p1-blanket", "adopters=5000") == []


def test_months_beyond_what_is_stated_are_noted() -> None:
    (note,) = noted("p1-blanket", "horizon.end=2031-01")
    assert note.startswith("horizon.end = 2031-01: parameters are stated to 2030")
    (note,) = noted("p1-blanket", "policy.open-weight-control.start=2019-01")
    assert note.startswith("policy.open-weight-control.start = 2019-01: the first month is 2023-01")
    assert (
        noted("p1-blanket", "policy.open-weight-control.start=2023-01", "horizon.end=2030-12") == []
    )


def test_a_run_prints_the_notes_of_its_scenarios_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim import api
    from sim.cli import run as cli_run

    class RanError(Exception):
        pass

    def stop(*_: object, **__: object) -> None:
        raise RanError

    monkeypatch.setattr(api, "run", stop)
    monkeypatch.setattr(cli_run, "carry_out", stop)
    change = ("--set", "policy.*.enforcement=0.1")
    for arguments in (
        ("run", "p1-blanket", *change),
        ("compare", "p1-blanket", "p4-audit-repository", *change),
    ):
        result = call(*arguments)
        assert isinstance(result.exception, RanError)
        assert result.stdout == ""
        wanted = (
            "note: p1-blanket: policy.open-weight-control.enforcement = 0.1: "
            "its 5-95 % range is from 0.5 to 1 (0-1)"
        )
        assert result.stderr.splitlines().count(wanted) == 1
    assert "note: p4-audit-repository: policy." in result.stderr
    assert "note: status-quo" not in result.stderr


def test_checking_a_scenario_builds_no_world() -> None:
    code = (
        "import sys; from sim.scenario.warnings import notes; "
        "from sim.scenario.scenario import load_with_layer\n"
        "assert notes(*load_with_layer('targeted-bundle', ['high-allied-coverage'])) == []\n"
        "print(sorted({'mesa', 'numba', 'pandas', 'sim.model.world'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_allied_coverage_that_somebody_joins_is_not_noted() -> None:
    assert noted("p1-blanket", "policy.open-weight-control.allied_coverage=0.1") == []


def test_assessments_that_leave_no_mode_in_common_are_noted() -> None:
    def found(*changes: str) -> list[str]:
        both = [
            "policy.a.lever=L4",
            'policy.a.fallback=["api"]',
            "policy.b.lever=L4",
            'policy.b.fallback=["gated"]',
        ]
        return [
            note for note in noted("status-quo", *both, *changes) if "more than once" not in note
        ]

    (note,) = found("policy.b.start=2027-03")
    assert note.startswith("from 2027-03 a and b leave openai, ")
    assert "held back" in note
    assert found("policy.a.end=2026-06", "policy.b.start=2026-06") == []


def test_check_prints_notes_and_stays_at_status_0(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'name = "mine"\nextends = "p1-blanket"\n[policy.open-weight-control]\nstrength = 0\n',
    )
    result = call("check", path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == (
        "  note: policy.open-weight-control.strength = 0: the policy changes nothing"
    )


STEP = '[policy.{}]\nlever = "L3"\nstart = "{}"\n'


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (STEP.format("step-2026-01", "2026-01") + 'end = "2027-01"\n'
         + STEP.format("step-2027-01", "2027-01"), True),
        (STEP.format("step-2026-01", "2026-01") + 'end = "2027-02"\n'
         + STEP.format("step-2027-01", "2027-01"), False),
        (STEP.format("step-2026-01", "2026-01") + STEP.format("step-2027-01", "2027-01"), False),
        (STEP.format("step-2026-01", "2026-01") + STEP.format("other-2027-01", "2027-01"), True),
        (STEP.format("step", "2026-01") + STEP.format("step-2027-01", "2027-01"), True),
    ],
)  # fmt: skip
def test_dated_steps_of_one_series_do_not_overlap(tmp_path: Path, text: str, *, fine: bool) -> None:
    path = write(tmp_path, 'name = "mine"\n' + text)
    if fine:
        assert load(path)
        return
    with pytest.raises(
        ScenarioError,
        match=r"policy.step-2027-01.start = '2027-01': step-2026-01 is in force until",
    ):
        load(path)


@pytest.mark.parametrize("stem", ["mix", "criticality"])
def test_weights_may_not_all_be_zero(stem: str) -> None:
    from sim.vocabulary import CHANNELS

    zero = [f"parameters.{stem}_{channel}=0" for channel in CHANNELS]
    with pytest.raises(ScenarioError, match="at least one must be above 0"):
        load("status-quo", settings=zero)
    load("status-quo", settings=zero[:-1])
