"""Levers as their fields can turn them: what holds for a lever's example holds for these too.

An example shows one use of a lever; fields that it leaves at their defaults are looked at here.
"""

import pytest

from sim.policies import LEVERS
from tests.guarantees import test_levers as levers
from tests.guarantees import test_pairing as pairing
from tests.guarantees.conftest import lever

LISTED = ("deepseek", "moonshot", "minimax")
VARIANTS = {
    "entity listing": ("L3", {"labs": LISTED}),
    "remote access": ("L3", {"stringency": 0.0, "remote_access": 1.0}),
    "open stop": ("E1", {"openness_push": 0.0, "commercial_close_pressure": 0.0, "open_stop": 1.0}),
    "ban of an app": (
        "L8",
        {
            "labs": ("alibaba", "deepseek"),
            "offers": ("service",),
            "countries": ("CHN", "IND"),
            "sectors": ("consumer", "enterprise", "government"),
            "compliance_private": 0.9,
        },
    ),
    "blacklist": ("L13", {"labs": LISTED}),
}
ANNOUNCED = ("entity listing",)
"""Variants on whose notice labs act."""


@pytest.fixture(params=VARIANTS)
def variant(request):
    return VARIANTS[request.param]


def made(fields):
    """A lever's example with these fields, and others on top."""

    def make(key, **more):
        return lever(key, **{**fields, **more})

    return make


@pytest.mark.parametrize("nothing", pairing.NOTHING)
def test_without_force_it_changes_nothing(variant, nothing, with_policies, status_quo, series_of):
    key, fields = variant
    pairing.test_a_policy_without_force_changes_nothing(
        key, nothing, made(fields), with_policies, status_quo, series_of
    )


def test_it_changes_something_and_nothing_before_its_start(
    variant, with_policies, status_quo, series_of
):
    key, fields = variant
    pairing.test_a_lever_changes_something_and_nothing_before_its_start(
        key, made(fields), with_policies, status_quo, series_of
    )


def test_one_that_ends_equals_one_that_does_not_until_then(variant, with_policies, series_of):
    key, fields = variant
    pairing.test_a_lever_that_ends_equals_one_that_does_not_until_then(
        key, made(fields), with_policies, series_of
    )


@pytest.mark.parametrize("other", LEVERS)
def test_it_commutes_with_every_lever(variant, other, status_quo):
    key, fields = variant

    def policy(asked, **joining):
        mine.append(asked)
        return lever(asked, **((joining | fields) if len(mine) == 1 else {}))

    mine = []
    pairing.test_policies_commute_in_the_law((key, other), policy, status_quo)


@pytest.mark.parametrize("field", ["strength", "enforcement"])
def test_hardly_any_strength_hardly_changes_the_law(variant, field, status_quo):
    key, fields = variant
    levers.test_hardly_any_strength_hardly_changes_the_law(key, field, made(fields), status_quo)


@pytest.mark.parametrize("name", ANNOUNCED)
def test_notice_moves_labs_as_it_does_for_the_example(name, with_policies, status_quo, series_of):
    key, fields = VARIANTS[name]
    args = key, made(fields), with_policies
    levers.test_notice_moves_labs_before_the_start_and_not_before_they_know(
        *args, status_quo, series_of
    )
    levers.test_labs_that_do_nothing_on_notice_are_as_if_surprised(*args, series_of)
    levers.test_notice_of_what_never_comes_moves_nothing(*args, status_quo, series_of)
    levers.test_labs_do_not_foresee_an_end(*args, series_of)
