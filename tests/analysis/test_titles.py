"""People read the title of a case, which no other case of the study has."""

from sim.analysis.study import Study
from sim.analysis.titles import labels
from sim.sweep.design import Case, Design
from sim.sweep.store import Store
from tests.sweep import fake


def titled(name, title):
    return fake.scenario(name).model_copy(update={"title": title})


def titles(*cases):
    return Study(Store(), Design(cases, 1, 1), described=fake.DESCRIBED).titles


def test_a_title_stands_for_the_name_and_a_name_where_there_is_no_title():
    found = titles(
        Case("base", titled("base", "Status quo"), "base"), Case("x", titled("x", ""), "base")
    )
    assert found == {"base": "Status quo", "x": "x"}


def test_equal_titles_are_told_apart_by_their_names():
    found = titles(
        Case("a", titled("a", "Control"), "a"),
        Case("b", titled("b", "Control"), "a"),
        Case("c", titled("c", "Audits"), "a"),
    )
    assert found == {"a": "Control (a)", "b": "Control (b)", "c": "Audits"}


def test_the_values_of_levers_follow_the_title():
    found = titles(
        Case("a", titled("a", "Status quo"), "a"),
        Case("b kyc=0.1", titled("b", "Control"), "a", levers={"kyc": 0.1}),
        Case("b kyc=0.2", titled("b", "Control"), "a", levers={"kyc": 0.2}),
    )
    assert list(found.values()) == [
        "Status quo",
        *(f"Control (know-your-customer {x})" for x in (0.1, 0.2)),
    ]


def test_levers_that_end_alike_are_told_apart_by_their_policies():
    paths = ["policy.public-audits.strength", "policy.ban.strength", "policy.ban.kyc_friction"]
    said = ["strength of public audits", "strength of ban", "know-your-customer friction"]
    assert labels(paths) == dict(zip(paths, said, strict=True))
