"""Quantities of the hind-cast, on series made by hand."""

from functools import partial
from math import log

import numpy as np
import pytest

from sim import data
from sim.calibration.quantities import CUT, END, HALF_YEARS, QUANTITIES, SINCE
from sim.months import month_index
from tests.calibration.made import made_until

made = partial(made_until, END)
H1, H2 = ("2025-01", "2025-06"), ("2025-07", "2025-12")
JUNE, DECEMBER = ("2025-06", "2025-06"), ("2025-12", "2025-12")
STEPS = np.arange(6.0)


@pytest.mark.parametrize(
    ("key", "window", "run", "expected"),
    [
        ("router-cn", H2, made(cn_share_world_market={H2: STEPS}), 2.5),
        ("router-us", H2, made(us_share_world_market={H2: STEPS}), 2.5),
        ("router-open", H1, made(open_share_world_market={H1: 0.3}), 0.3),
        ("enterprise-cn", H1, made(cn_share_world_enterprise={H1: STEPS}), 2.5),
        ("enterprise-us", H1, made(us_share_world_enterprise={H1: 0.8}), 0.8),
        ("enterprise-open", H2, made(open_share_world_enterprise={H2: STEPS}), 2.5),
        ("consumer-cn-third-country", H1, made(cn_share_third_country_consumer={H1: 0.2}), 0.2),
        ("consumer-us-world", H2, made(us_share_world_consumer={H2: STEPS}), 2.5),
        ("openness-cn", H1, made(notable_releases_cn={H1: 4.0}, notable_open_cn={H1: 1.0}), 0.25),
        (
            "openness-us-12m",
            (H1[0], H2[1]),
            made(notable_releases_us={H1: 3.0, H2: 1.0}, notable_open_us={H1: 1.0, H2: 1.0}),
            0.5,
        ),
        ("lag-cn-us", H2, made(lag_us_cn_true={H2: STEPS}), 2.5),
        ("lag-open-closed", H2, made(lag_open_closed_true={H2: STEPS}), 2.5),
        ("best-us", H2, made(frontier_us={DECEMBER: 150.0}), 150.0),
        ("best-cn", H1, made(frontier_cn={JUNE: 140.0}), 140.0),
        ("best-open", H1, made(frontier_open={JUNE: 138.0}), 138.0),
        ("users-world", H1, made(use_world={H1: STEPS}), 2.5),
        ("users-north", H1, made(use_north={H1: 0.2}), 0.2),
        ("users-south", H1, made(use_south={H1: 0.1}), 0.1),
        ("chips-cn", H2, made(compute_share_cn={DECEMBER: 0.06}), 0.06),
        (
            "clusters-cn",
            H2,
            made({"us_stock_share": 0.8}, compute_cn={DECEMBER: 2.0}, compute_us={DECEMBER: 6.4}),
            0.2,
        ),
        (
            "chips-openai",
            H2,
            made(compute_us={("2024-12", "2024-12"): 2.0, DECEMBER: 5.0}),
            2.5 * 386_000,
        ),
        ("derivatives-alibaba", H2, made(derivative_share_alibaba={H2: STEPS}), 2.5),
        ("derivatives-origin-us", H1, made(derivative_share_us={H1: STEPS}), 2.5),
        (
            "derivative-ratio",
            H1,
            made(derivative_share_meta={H1: 0.3}, derivative_share_alibaba={H1: STEPS}),
            0.12,
        ),
        ("incidents", H2, made(incidents_reported={H2: STEPS}), 15.0),
        (
            "incidents-12m",
            (H1[0], H2[1]),
            made(incidents_reported={H1: STEPS, H2: 1.0}),
            21.0,
        ),
        (
            "downloads-cn-flow",
            H1,
            made(cn_share_world_developer={H1: [1, 0, 0, 0, 0, 0]}),
            1.0 / sum(3.0 ** (k / 12.0) for k in range(6)),
        ),
        (
            "downloads-us-12m",
            (H1[0], H2[1]),
            made(us_share_world_developer={H1: 0.0, H2: 1.0}),
            3.0**0.5 / (1.0 + 3.0**0.5),
        ),
        (
            "downloads-cn-of-both-cumulative",
            (SINCE, H2[1]),
            made(
                cn_share_world_developer={(SINCE, H2[1]): 0.1},
                us_share_world_developer={(SINCE, H2[1]): 0.3},
            ),
            0.25,
        ),
    ],
)  # fmt: skip
def test_a_quantity_reads_its_outcome_in_its_window_and_nothing_else(key, window, run, expected):
    """All else is 7 in these series, which none of the expected figures holds."""
    assert QUANTITIES[key].measure(run, *window) == pytest.approx(expected, rel=1e-5)


def downloads(**changes):
    """A run in which China has a fifth of downloads and the US two fifths, but where it is said."""
    whole = {(SINCE, END): 0.4}
    return made(
        us_share_world_developer=whole,
        cn_share_world_developer={(SINCE, END): 0.2} | {(m, END): x for m, x in changes.items()},
    )


def test_overtaking_is_the_month_in_which_the_sums_cross():
    """China has 1 from some month on: the sum of volumes overtakes when it has made up for all."""
    overtaking = QUANTITIES["overtaking"].measure
    run = downloads(**{"2025-01": 1.0})
    found = overtaking(run, SINCE, END)
    weight = 3.0 ** (np.arange(month_index(SINCE), month_index(END) + 1) / 12.0)
    months = np.arange(month_index(SINCE), month_index(END) + 1)
    lead = np.cumsum(weight * np.where(months < month_index("2025-01"), -0.2, 0.6))
    assert found == months[lead > 0.0][0] > month_index("2025-01")
    assert overtaking(downloads(), SINCE, END) == month_index(END) + 1
    ahead_from_the_start = downloads(**{SINCE: 1.0})
    assert overtaking(ahead_from_the_start, SINCE, END) == month_index(END) + 1


def test_coefficients_on_covariates_are_those_that_were_put_in():
    """Countries of the US, China and the restricted bloc may have any share."""
    table, n = data.countries(), len(data.countries())
    x = np.array([log(c.gdp_per_head) if c.gdp_per_head else 9.0 for c in table])
    alignment = np.array([c.alignment for c in table])
    logit = 2.0 - 0.3 * x + 0.5 * alignment
    shares = np.zeros((n, 3))
    shares[:, 1] = 1.0 / (1.0 + np.exp(-logit))
    closed = [i for i, c in enumerate(table) if c.bloc in ("US", "CN", "restricted")]
    shares[closed, 1] = 0.9
    run = made(shares=shares)
    slopes = [
        QUANTITIES[f"consumer-cn-slope-{c}"].measure(run, *H1) for c in ("income", "alignment")
    ]
    np.testing.assert_allclose(slopes, [-0.3, 0.5], atol=1e-3)
    assert QUANTITIES["consumer-us-slope-income"].measure(run, *H1) == pytest.approx(0.0, abs=1e-6)


def test_every_quantity_has_windows_up_to_the_end_and_says_what_it_is():
    for name, quantity in QUANTITIES.items():
        assert quantity.id == name
        windows = quantity.windows()
        assert windows[-1][1] == END, name
        assert all("2023-01" <= first <= last for first, last in windows), name
        assert quantity.definition.endswith("."), name
        if quantity.months >= 0:
            after = [last for _, last in windows if last > CUT]
            assert after == [month for month in HALF_YEARS if month > CUT], name


def test_the_record_speaks_of_known_quantities_in_their_units():
    for point in data.record():
        assert QUANTITIES[point.quantity].unit == point.unit, point


def test_what_follows_from_an_input_is_said():
    driven = {name for name, quantity in QUANTITIES.items() if quantity.inputs}
    assert {name for name in QUANTITIES if name.startswith("consumer-")} <= driven
    assert {"chips-openai", "chips-xai"} <= driven
    assert not driven & {"router-cn", "openness-us", "derivatives-alibaba", "users-world"}
    for name, seen in (
        ("users-world", "ceiling_growth"),
        ("chips-cn", "stock_growth_2025"),
        ("incidents", "defence_growth"),
        ("lag-cn-us", "distillation"),
        ("openness-us", "distillation"),
        ("router-open", "C25"),
        ("derivatives-alibaba", "C16"),
        ("derivative-ratio", "C16"),
        ("downloads-cn-12m", "C16"),
    ):
        assert seen in QUANTITIES[name].seen, name
