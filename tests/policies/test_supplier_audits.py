"""Audits by suppliers and governments (L6): what they cost whom, and when."""

import pytest

from tests.policies.conftest import under


def test_more_join_at_the_price_of_their_size(world, policy):
    """Others that audit or ban pay in proportion to GDP, and audit as many more."""
    gdp = {
        bloc: sum(c.gdp_usd_bn for c in world.countries if c.bloc == bloc)
        for bloc in ("US", "us_aligned")
    }
    size = 1.0 + gdp["us_aligned"] / gdp["US"]
    alone, together = (under(world, policy("L6", allied_coverage=x)).law.audits for x in (0.0, 1.0))
    assert together[0].audits_a_month == pytest.approx(size * alone[0].audits_a_month)
    costs = [
        under(world, policy("L8", countries=("USA",), allied_coverage=x)).law.ledger("adopters")
        for x in (0.0, 1.0)
    ]
    assert costs[0] > 0.0
    assert costs[1] == pytest.approx(size * costs[0])
    germany = under(world, policy("L8", countries=("DEU",))).law.ledger("adopters")
    assert 0.0 < germany < costs[0] / 2.0


def test_audits_are_paid_when_they_are_done(world_at, policy):
    """Suppliers plan more audits than there are releases in use by governments."""
    few, many = (
        world_at(60, audits=policy("L6", audits_a_year=x, cost_per_audit=1e5))
        for x in (2.0, 2000.0)
    )
    for world in (few, many):
        paid = [usd for _, payer, usd in world.ledger.one_off if payer == "adopters"]
        assert world.observed["cost_policy_adopters"] == sum(paid)
        assert set(paid) == {1e5}
    assert few.observed["cost_policy_adopters"] == 2e5
    assert many.observed["cost_policy_adopters"] < 100 * 1e5
