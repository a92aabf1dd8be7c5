"""Control of open weights (L1): the checks it puts before its users."""

import numpy as np

from sim.vocabulary import CN, DEVELOPER, OPEN_WEIGHTS, US


def test_checks_on_us_weights_burden_builders_everywhere(world_at, policy):
    """The check falls on every user of controlled weights, targeted or not.

    It does so from the first month it is in force.
    """
    free, checked = (
        world_at(37, {"leak_hazard": 0.0}, control=policy("L1", kyc_friction=x, reassurance=0.0))
        for x in (0.0, 0.3)
    )
    share = free.adopters.who.friction[:, DEVELOPER, US * 4 + OPEN_WEIGHTS]
    burden = checked.adopters.who.friction[:, DEVELOPER, US * 4 + OPEN_WEIGHTS]
    assert (share == 0.0).all()
    np.testing.assert_allclose(burden, -np.log(0.7), rtol=1e-6)
    other = checked.adopters.who.friction[:, DEVELOPER, CN * 4 + OPEN_WEIGHTS]
    assert (other == 0.0).all()
