"""The pictures of the report, one function per picture.

Two forms are used throughout. `comparison` has one row per outcome: the level over time on the
left, and, on the same label, the paired difference from the reference over the months compared on
the right. `plot` has one panel per policy with the bands of policy and reference. The reference
scenario is in every panel of both.

Every function takes a view of a study and returns a `matplotlib.figure.Figure`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sim.report.differences import comparison
from sim.report.over_time import plot
from sim.report.view import View
from sim.vocabulary import ACTOR_KINDS, CHANNELS, PAYERS, REGIONS, ROUTE_KINDS

PARTS_ABROAD = REGIONS[1:5]  # abroad and its blocs
EU_SHARES = ("us_share_eu", "cn_share_eu", "open_share_eu", "eu_labs_in_eu")
LAGS = ("lag_us_cn", "lag_us_cn_true", "lag_open_closed", "lag_open_closed_true")


def us_share(view: View) -> Figure:
    """US share of use abroad, policy by policy with bands."""
    return plot(view, "us_share_abroad")


def cn_share(view: View) -> Figure:
    """Chinese share of use abroad, policy by policy with bands."""
    return plot(view, "cn_share_abroad")


def us_share_by_bloc(view: View) -> Figure:
    """US share of use by bloc of countries."""
    return comparison(view, view.present(by_bloc("us")))


def cn_share_by_bloc(view: View) -> Figure:
    """Chinese share of use by bloc of countries."""
    return comparison(view, view.present(by_bloc("cn")))


def us_share_by_channel(view: View) -> Figure:
    """US share of use outside both countries by channel."""
    return comparison(view, view.present(by_channel("us")))


def cn_share_by_channel(view: View) -> Figure:
    """Chinese share of use outside both countries by channel."""
    return comparison(view, view.present(by_channel("cn")))


def shares_in_eu(view: View) -> Figure:
    """Shares of use in the EU: by origin, of open releases, of labs at home there."""
    return comparison(view, view.present(EU_SHARES))


def misuse_by_actor(view: View) -> Figure:
    """Expected harm by kind of actor."""
    return comparison(view, view.present(by_actor()))


def misuse_by_route(view: View) -> Figure:
    """Incidents by the route the actor took."""
    return comparison(view, view.present(by_route()))


def lags(view: View) -> Figure:
    """Capability lags in months, measured and true."""
    return comparison(view, view.present(LAGS))


def costs(view: View) -> Figure:
    """Charges by who pays."""
    return comparison(view, charged(view), steps=True)


def charged(view: View) -> list[str]:
    """Return the charges that are not 0 in every month and difference drawn of them."""
    held = view.present(by_payer())
    bands, paired = view.bands(held), view.paired(held)
    return [
        name
        for name in held
        if any(np.nan_to_num(bands[scenario, name]).any() for scenario in view.names)
        or any(
            np.nan_to_num(cell.levels).any()
            for cell in (paired[scenario, name] for scenario in view.policies)
        )
    ]


def by_bloc(origin: str) -> list[str]:
    """Return the names of the share of one origin in each bloc."""
    return [f"{origin}_share_{bloc}" for bloc in PARTS_ABROAD]


def by_channel(origin: str) -> list[str]:
    """Return the names of the share of one origin abroad in each channel."""
    return [f"{origin}_share_abroad_{channel}" for channel in CHANNELS]


def by_actor() -> list[str]:
    """Return the names of expected harm by actor."""
    return [f"harm_{actor}" for actor in ACTOR_KINDS]


def by_route() -> list[str]:
    """Return the names of incidents by route."""
    return [f"incidents_{route}" for route in ROUTE_KINDS]


def by_payer() -> list[str]:
    """Return the names of what policies charge, by who pays."""
    return [f"cost_charged_{payer}" for payer in PAYERS]
