"""The shipped scenarios still give the numbers on file; a change of them is in the changelog."""

import re

import pytest

from sim.scenario import library
from tests.guarantees import golden

COMMAND = "python tests/guarantees/refresh_golden.py (or make golden)"


@pytest.fixture(scope="module")
def on_file():
    return golden.read()


def test_every_shipped_scenario_has_golden_numbers(on_file):
    assert sorted(on_file["scenarios"]) == sorted(library.scenarios()), (
        f"write them again: {COMMAND}"
    )
    assert (on_file["seed"], on_file["replication"]) == (golden.SEED, golden.REPLICATION)


@pytest.mark.parametrize("name", sorted(library.scenarios()))
def test_numbers_are_those_on_file(name, on_file, record_property):
    """To the last bit in the environment that wrote them; to ten digits in any other."""
    expected = on_file["scenarios"][name]
    found = golden.measure(name, on_file["outcomes"])
    again = f"if the change is meant: {COMMAND}"
    assert found["scenario"] == expected["scenario"], f"the scenario itself changed; {again}"
    digits = golden.digits(expected, found)
    worst, fewest = next(iter(digits.items()))
    record_property("matching_digits", fewest)
    record_property("same_bits", found["digest"] == expected["digest"])
    report = f"{name}: {worst} agrees to {fewest} digits"
    if golden.environment() == on_file["environment"]:
        assert found["values"] == expected["values"], f"{report}; {again}"
        assert found["digest"] == expected["digest"], (
            f"a series changed although no headline value did; {again}"
        )
    else:
        assert fewest >= golden.DIGITS, f"{report}; written in {on_file['environment']}; {again}"


def test_the_changelog_names_the_golden_numbers(on_file):
    """A change of numbers needs an entry under Numbers, in the newest release that has one."""
    text = golden.CHANGELOG.read_text(encoding="utf-8")
    entries = re.findall(r"^### Numbers\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert entries, "CHANGELOG.md has no heading Numbers"
    assert golden.short(on_file) in entries[0], (
        "CHANGELOG.md, newest heading Numbers: "
        f"add '- Golden numbers `{golden.short(on_file)}`: what moved and why.'"
    )


@pytest.mark.parametrize("experiment", sorted(library.experiments()))
def test_expected_tables_say_of_which_golden_numbers_they_are(on_file, experiment):
    """So that it cannot be forgotten when numbers move: no test makes it, which takes minutes."""
    text = (golden.CHANGELOG.parent / "experiments" / experiment / "README.md").read_text("utf-8")
    assert re.findall(r"golden numbers\s+`(\w+)`", text) == [golden.short(on_file)], (
        f"run the experiment again, python experiments/tables.py results/{experiment} --expected, "
        "make docs, and name the golden numbers in its README"
    )


def test_matching_digits():
    assert golden.matching_digits(1.0, 1.0) == 17
    assert golden.matching_digits(0.0, 0.0) == 17
    assert golden.matching_digits(1.0, 2.0) == 0
    assert golden.matching_digits(1234.5678901, 1234.5678902) == 10
    assert golden.matching_digits(0.0, 1e-9) == 0
