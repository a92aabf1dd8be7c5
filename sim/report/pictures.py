"""The pictures of the page: which there are, where they stand, what is said under them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sim.analysis import wording
from sim.months import month_name
from sim.report import figure_data, figures, maps
from sim.report.cells import changes_eu
from sim.report.figure_data import Grid
from sim.report.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Section = Literal["adoption", "misuse", "lags", "map", "costs"]

_ROWS = (
    "Left: medians over runs, with the bands of the reference. Right: the paired "
    "difference from the reference over the months compared, with its median and its word on "
    "the ladder."
)
_PANELS = (
    "One panel per policy, on one scale: the reference in black and grey, the policy in colour. "
    "The numbers are the medians of the last month."
)
EU_SLUG = "eu-shares"
"""The picture of the EU, which only studies have that change its duties."""
_ABROAD = "share of use outside the US and China"


@dataclass(frozen=True)
class Picture:
    """One picture of the page.

    Attributes
    ----------
    slug : str
        Name of its files and of its place on the page.
    section : str
        Where it stands.
    title, caption : str
        For people.
    draw : callable
        Takes a view of a study, returns a figure.
    outcomes : tuple of str
        Outcomes it draws, as far as the study holds them; empty for maps.
    """

    slug: str
    section: Section
    title: str
    caption: str
    draw: Callable[[View], Figure]
    outcomes: tuple[str, ...] = ()


def _adoption(
    slug: str, title: str, draw: Callable[[View], Figure], outcomes: list[str]
) -> Picture:
    return Picture(
        slug, "adoption", title, _ROWS if len(outcomes) > 1 else _PANELS, draw, tuple(outcomes)
    )


PICTURES = (
    _adoption("us-share", f"US {_ABROAD}", figures.us_share, ["us_share_abroad"]),
    _adoption("cn-share", f"Chinese {_ABROAD}", figures.cn_share, ["cn_share_abroad"]),
    _adoption(
        "us-share-blocs",
        "US share of use by bloc of countries",
        figures.us_share_by_bloc,
        figures.by_bloc("us"),
    ),
    _adoption(
        "cn-share-blocs",
        "Chinese share of use by bloc of countries",
        figures.cn_share_by_bloc,
        figures.by_bloc("cn"),
    ),
    _adoption(
        "us-share-channels",
        f"US {_ABROAD} by channel",
        figures.us_share_by_channel,
        figures.by_channel("us"),
    ),
    _adoption(
        "cn-share-channels",
        f"Chinese {_ABROAD} by channel",
        figures.cn_share_by_channel,
        figures.by_channel("cn"),
    ),
    _adoption(
        EU_SLUG,
        "Use in the EU by origin, of open releases and of EU labs",
        figures.shares_in_eu,
        list(figures.EU_SHARES),
    ),
    Picture(
        "misuse-actors",
        "misuse",
        "Harm by kind of actor",
        _ROWS,
        figures.misuse_by_actor,
        tuple(figures.by_actor()),
    ),
    Picture(
        "misuse-routes",
        "misuse",
        "Incidents by route",
        _ROWS,
        figures.misuse_by_route,
        tuple(figures.by_route()),
    ),
    Picture(
        "lags", "lags", "Capability lags, measured and true", _ROWS, figures.lags, figures.LAGS
    ),
    Picture("us-map", "map", "US share of use by country under the reference", "", maps.us_map),
    Picture(
        "cn-map", "map", "Chinese share of use by country under the reference", "", maps.cn_map
    ),
    Picture("us-change-map", "map", "Where the US share changes", "", maps.us_change_map),
    Picture("cn-change-map", "map", "Where the Chinese share changes", "", maps.cn_change_map),
    Picture(
        "costs",
        "costs",
        "What policies charge for what is done, by who pays",
        _ROWS,
        figures.costs,
        tuple(figures.by_payer()),
    ),
)


def drawable(view: View) -> list[Picture]:
    """Return the pictures for which a study holds what they draw, and of what it changes."""
    return [picture for picture in PICTURES if _drawable(view, picture)]


def _drawable(view: View, picture: Picture) -> bool:
    if picture.slug == EU_SLUG and not any(changes_eu(view, name) for name in view.policies):
        return False
    if picture.outcomes:
        return bool(shown(view, picture))
    return bool(view.policies) or "change" not in picture.slug


def shown(view: View, picture: Picture) -> list[str]:
    """Return the outcomes that a picture draws: those held, of costs those that are not all 0."""
    held = view.present(picture.outcomes)
    return figures.charged(view) if picture.section == "costs" and held else held


def caption(view: View, picture: Picture) -> str:
    """Return what is said under a picture.

    Under a map: which month it shows, and which months the findings average.
    """
    if picture.outcomes:
        return picture.caption
    last = wording.month(month_name(view.reference.months - 1))
    policy = maps.largest_change(view) if "change" in picture.slug else None
    shown = view.policies if policy is None else [policy]
    windows = dict.fromkeys(view.study.window(name) for name in shown)
    months = wording.listing(
        [wording.period(month_name(first), month_name(end)) for first, end in windows]
    )
    return (
        f"{last} only{f'; the findings average the months compared ({months})' if months else ''}."
    )


def frames(view: View, picture: Picture) -> dict[str, pd.DataFrame]:
    """Return the plotted numbers for other programs, each frame under the name of its file."""
    held = view.present(picture.outcomes)
    if not held:
        origin = picture.slug.partition("-")[0]
        policy = maps.largest_change(view) if "change" in picture.slug else None
        return {picture.slug: maps.frame(view, origin, policy)}
    found = {picture.slug: figure_data.levels_frame(view, held)}
    if view.policies:
        found[f"{picture.slug}-changes"] = figure_data.changes_frame(view, held)
    return found


def grids(view: View, picture: Picture) -> list[tuple[str, Grid]]:
    """Return the tables under a picture: the plotted numbers."""
    held = shown(view, picture)
    found = []
    for name in held:
        outcome = view.study.outcome(name)
        label, holds = figure_data.label(outcome), f"5 to 95 %: {view.study.interval_holds}"
        title = f"{label}: median ({holds}) at year ends"
        found.append((title, figure_data.year_end_grid(view, name)))
        if view.policies:
            title = f"{label}: paired difference ({holds})"
            found.append((title, figure_data.difference_grid(view, name)))
    if held:
        return found
    policy = maps.largest_change(view) if "change" in picture.slug else None
    scenarios = [view.against] if policy is None else [view.against, policy]
    return [("Shares in the last month", maps.share_grid(view, scenarios))]
