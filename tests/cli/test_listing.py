"""What ``check`` and ``list`` print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.cli.listing import KINDS
from sim.policies import LEVERS
from sim.scenario.scenario import load
from tests.cli.calling import SMALL, call


def test_check_tells_good_files_from_bad_ones(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(SMALL.format(name="good", base="p1-blanket"))
    bad.write_text('name = "bad"\nadopters = 1\nhistory = 2\n')
    result = call("check", "status-quo", good)
    assert result.exit_code == 0
    assert f"{good}: ok, good, id " in result.stdout
    result = call("check", good, bad)
    assert result.exit_code == 2
    assert "2 problems" in result.stderr
    assert "good.toml: ok" in result.stdout


def test_check_calls_nothing_ok_whose_law_cannot_be_written(tmp_path, monkeypatch) -> None:
    """A law that was made before is kept, so the policy is one of its own."""

    def misspelt(self, law, name, strength, month):
        law.write(name, "price_factr", 0.5)

    monkeypatch.setattr(LEVERS["L1"], "write", misspelt)
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\nextends = "p1-blanket"\n'
        "[policy.open-weight-control]\nkyc_friction = 0.1234\n"
    )
    result = call("check", file)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "did you mean 'price_factor'?" in result.stderr


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_listed_as_text_and_as_json(kind: str) -> None:
    result = call("list", kind)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= 100
    rows = json.loads(call("list", kind, "--json").stdout)
    for row in rows[:3]:
        assert row["name"] in result.stdout
        detail = json.loads(call("list", kind, row["name"], "--json").stdout)
        assert detail["name"] == row["name"]
        assert call("list", kind, row["name"]).exit_code == 0


def test_a_listed_scenario_prints_as_a_file_that_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    path.write_text(call("list", "scenarios", "targeted-bundle").stdout)
    assert load(path) == load("targeted-bundle")


def test_a_lever_is_listed_with_its_fields() -> None:
    detail = json.loads(call("list", "policies", "L1", "--json").stdout)
    assert detail["name"] == "open-weight-control"
    fields = {field["name"]: field for field in detail["fields"]}
    assert fields["kyc_friction"]["largest"] == 0.9
    assert fields["kyc_friction"]["source"]
